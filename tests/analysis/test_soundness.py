"""Is a training taken for sound only where its record says so?"""

from __future__ import annotations

import dataclasses
import math

import pytest

from analysis.policy import Policy
from analysis.soundness import Training
from analysis.training.findings import Finding
from analysis.verdict import judge

ASKING = Policy(require_sound_training=True)


def finding(rule: str, status: str, *, critical: bool = True, step: int | None = None) -> Finding:
    """What one rule said."""
    return Finding(rule, "aws", status, critical, f"{rule} says so.", first_step=step)


SOUND = finding("VanishingGradient", "not_fired")
FIRED = finding("ExplodingTensor", "fired", step=1_200)
MINOR = finding("Overfit", "fired", critical=False)
SILENT = finding("DeadRelu", "unknown")
MINOR_SILENT = finding("TreeDepth", "unknown", critical=False)
OF_TREES = dataclasses.replace(finding("TreeDepth", "unknown"), applies=False)


def judged(evidence, training: Training | None, policy: Policy = ASKING):
    """The verdict of a test that is healthy otherwise, and its check of the training."""
    verdict = judge(dataclasses.replace(evidence(), training=training), policy)
    return verdict, verdict.guardrails[-1]


@pytest.mark.parametrize(
    ("findings", "status", "decision"),
    [
        ((SOUND,), "ok", "promote"),
        ((SOUND, MINOR, MINOR_SILENT), "ok", "promote"),
        ((SOUND, FIRED), "breach", "hold"),
        ((SILENT, FIRED), "breach", "hold"),
        ((SOUND, SILENT), "no_data", "hold"),
        ((SOUND, OF_TREES), "ok", "promote"),
        ((OF_TREES,), "no_data", "hold"),
        ((MINOR,), "no_data", "hold"),
        ((), "no_data", "hold"),
    ],
)
def test_only_critical_rules_count_and_silence_is_not_soundness(
    evidence, findings, status, decision
):
    """Fired is a breach, "can't tell" no data, and neither promotes; other rules do not matter."""
    verdict, check = judged(evidence, Training("fraud-v7", findings))
    assert (check.name, check.status, verdict.decision) == ("training", status, decision)
    assert math.isnan(check.value) == (status == "no_data")


def test_a_policy_that_does_not_ask_has_no_check(evidence):
    """What is found changes nothing where it is not asked for."""
    verdict, check = judged(evidence, Training("fraud-v7", (FIRED,)), Policy())
    assert check.name != "training"
    assert verdict.decision == "promote"


def test_it_rejects_where_the_policy_says_that_it_is_critical(evidence):
    """With `training` among the critical checks a critical rule that fired rejects on its own."""
    policy = dataclasses.replace(ASKING, critical=("training",))
    verdict, check = judged(evidence, Training("fraud-v7", (SOUND, FIRED)), policy)
    assert check.critical
    assert verdict.headline == (
        "Reject: the shadow's training is outside its limit; 15 of 16 checks pass."
    )
    unknown, _ = judged(evidence, Training("", problem="it was not recorded."), policy)
    assert unknown.decision == "hold"


@pytest.mark.parametrize(
    ("training", "words"),
    [
        (Training("fraud-v7", (SOUND,)), "None of 1 critical rules fired in the shadow's training"),
        (
            Training("fraud-v7", (SOUND, FIRED)),
            "1 of 2 critical rules fired in the shadow's training (fraud-v7): "
            "ExplodingTensor from step 1,200; none may.",
        ),
        (
            Training("fraud-v7", (SILENT, SILENT)),
            "is not known (fraud-v7): DeadRelu cannot tell. DeadRelu says so. 1 more cannot tell.",
        ),
        (Training("fraud-v7", (MINOR,)), "no rule is critical, so none was asked."),
        (Training("", problem="there is no trial."), "is not known: there is no trial."),
        (None, "is not known: it was not looked for."),
    ],
)
def test_words(evidence, training, words):
    """The sentence names the trial, the rules that fired and where, or why it is not known."""
    assert words in judged(evidence, training)[1].sentence
