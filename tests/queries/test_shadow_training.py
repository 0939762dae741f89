"""Does a verdict that asks for a sound training look at the training, and only then?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.guardrails import Guardrail
from analysis.policy import Policy
from demo import trials
from queries import reports
from queries.config import Config, Test, Training, Trial
from queries.opened import open_test
from tests.queries.capturing import capture_file, line

ASKING = Policy(require_sound_training=True, critical=("training",))
PRODUCTION, SHADOW = "fraud-net-production", "fraud-net-shadow"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's trials: production's is sound, in the shadow's gradients vanish."""
    folder = tmp_path_factory.mktemp("trials")
    trials.write(folder, end_ms=1_795_399_426_000, seed=1)
    return folder


def training(
    folder: Path,
    recorded: Path,
    trained: Training,
    *,
    policy: Policy = ASKING,
    rules: dict[str, dict[str, bool]] | None = None,
) -> Guardrail:
    """The last check of a small test with these trainings; rules that say nothing do not count."""
    for variant in ("AllTraffic", "Shadow"):
        lines = [line(f"{n},1", "0.9", at=60 * n, inference=f"r{n}", event=f"e{n}") for n in (0, 1)]
        capture_file(folder / "captures", lines, variant=variant)
    test = Test(
        name="t",
        captures=str(folder / "captures"),
        production="AllTraffic",
        shadow="Shadow",
        training=trained,
    )
    config = Config(
        tests=(test,),
        policies=(policy,),
        trials=tuple(
            Trial(name=name, location=str(recorded / name / "debug-output"))
            for name in (PRODUCTION, SHADOW)
        ),
        rules=rules or {},
        cache=folder / "cache",
    )
    return reports.report(open_test(config, test), "all").verdict.guardrails[-1]


def test_the_shadows_training_is_judged(tmp_path: Path, recorded: Path) -> None:
    """A critical rule that fired is named with its first step; production's trial is not asked."""
    found = training(tmp_path, recorded, Training(production=PRODUCTION, shadow=SHADOW))
    assert (found.name, found.status, found.critical) == ("training", "breach", True)
    assert "VanishingGradient from step 0" in found.sentence
    assert f"({SHADOW})" in found.sentence


def test_a_sound_training_passes(tmp_path: Path, recorded: Path) -> None:
    """With every critical rule able to tell, and none fired, the check is passed."""
    found = training(tmp_path, recorded, Training(shadow=PRODUCTION))
    assert (found.status, found.value) == ("ok", 0)


def test_what_cannot_be_told_is_no_data_until_it_is_not_asked(
    tmp_path: Path, recorded: Path
) -> None:
    """A network without ReLUs cannot say whether they are dead: the file asks, or does not."""
    quiet = {"VanishingGradient": {"critical": False}, "DeadRelu": {"critical": True}}
    unsure = training(tmp_path, recorded, Training(shadow=SHADOW), rules=quiet)
    assert unsure.status == "no_data"
    assert "DeadRelu cannot tell." in unsure.sentence
    quiet["DeadRelu"] = {"critical": False}
    assert training(tmp_path, recorded, Training(shadow=SHADOW), rules=quiet).status == "ok"


def test_without_a_trial_it_is_not_known(tmp_path: Path, recorded: Path) -> None:
    """No trial, and one that is gone, are no data; the sentence says what to do."""
    none = training(tmp_path, recorded, Training(production=PRODUCTION))
    assert none.status == "no_data"
    assert "name its trial as `shadow` in [tests.t.training]." in none.sentence
    moved = tmp_path / "moved"
    shutil.copytree(recorded / PRODUCTION, moved / PRODUCTION)
    gone = training(tmp_path, moved, Training(shadow=SHADOW))
    assert gone.status == "no_data"
    assert str(moved / SHADOW) in gone.sentence


def test_a_policy_that_does_not_ask_reads_no_trial(tmp_path: Path, recorded: Path) -> None:
    """By default there is no such check, and the trial's place need not even exist."""
    found = training(tmp_path, tmp_path, Training(shadow=SHADOW), policy=Policy())
    assert found.name == "days"
    assert not (tmp_path / "cache" / "trials").exists()
