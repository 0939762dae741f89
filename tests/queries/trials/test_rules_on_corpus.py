"""Does every real trial of the corpus fire the rules that it should, and no other?"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.training.catalogue import RULES
from queries.trials.opened import OpenedTrial, open_trial
from queries.trials.reviews import Review, document, review

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "trials"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of trials is not here")

NOTHING_LEARNED = {"LossNotDecreasing", "Underfitting"}
STILL = {"WeightUpdateRatio", "UnchangedTensor"}
# What each trial was made for, and what follows from it. A loss that rises on validation data has
# not decreased, so an overfit fires LossNotDecreasing too, as AWS's rule does.
FIRES = {
    "pt_healthy_mlp": set(),
    "pt_vanishing_sigmoid": {"VanishingGradient", *STILL, *NOTHING_LEARNED},
    "pt_exploding_rnn": {"ExplodingTensor", "WeightUpdateRatio", "LossNotDecreasing"},
    # finite, so ExplodingTensor is silent; afterwards every ReLU is dead and its gradients are 0
    "pt_exploding_lr": {"VanishingGradient", "AllZero", *STILL, *NOTHING_LEARNED},
    "pt_dead_relu": {"DeadRelu", "VanishingGradient", "AllZero", *STILL, *NOTHING_LEARNED},
    "pt_overfit": {"Overfit", "Overtraining", "LossNotDecreasing"},
    "pt_loss_not_decreasing": NOTHING_LEARNED,
    "pt_reductions_only": set(),
    "pt_reductions_and_raw": set(),
    "pt_ddp_2workers": set(),
    "pt_killed_midway": {"StalledTraining"},
    # a tensor of NaN and ∞ is in it
    "pt_dtypes": {"ExplodingTensor"},
    "tf_tape_healthy": set(),
    # depth 12
    "xgb_binary_overfit": {"Overfit", "Overtraining", "LossNotDecreasing", "TreeDepth"},
    # its validation error stops at 62 while that of training falls to 25
    "xgb_regression": {"Overfit"},
    "pt_cnn_tensorboard": set(),
    "pt_global_mode": set(),
    "pt_update_too_small": {*STILL, *NOTHING_LEARNED},
    "pt_frozen_layers": set(),
}
OURS_OF_TENSORS: set[str] = {
    rule.name
    for rule in RULES.values()
    if rule.origin == "understudy" and rule.about == "tensors" and rule.name != "Underfitting"
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trials")


def opened(name: str, cache: Path) -> OpenedTrial:
    return open_trial(str(CORPUS / name), cache=cache)


def reviewed(name: str, cache: Path, **more: object) -> Review:
    return review(opened(name, cache), **more)  # type: ignore[arg-type]


def names(found: Review) -> set[str]:
    return {finding.rule for finding in found.fired}


@pytest.mark.parametrize("name", FIRES)
def test_a_trial_fires_what_it_should(name: str, cache: Path):
    """The rules of the manifest, and no other of AWS's."""
    found = reviewed(name, cache)
    assert names(found) - OURS_OF_TENSORS == FIRES[name]
    assert not [f for f in found.findings if "The rule failed" in f.sentence]


def test_every_trial_of_the_corpus_is_judged():
    """None is left out."""
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} == set(FIRES)


def test_what_fired_stands_first_and_the_critical_before_it(cache: Path):
    """Then what can't tell, then the rest; every rule once."""
    found = reviewed("pt_dead_relu", cache)
    order = [("fired", "unknown", "not_fired").index(f.status) for f in found.findings]
    assert order == sorted(order)
    weights = [finding.critical for finding in found.fired]
    assert weights == sorted(weights, reverse=True)
    assert [f.rule for f in found.critical_fired] == [f.rule for f in found.fired if f.critical]
    assert sorted(f.rule for f in found.findings) == sorted(RULES)


def test_a_finding_names_its_step_its_tensors_and_its_numbers(cache: Path):
    """Where overfitting was first seen, on what, and by how much."""
    (finding,) = [f for f in reviewed("pt_overfit", cache).fired if f.rule == "Overfit"]
    assert finding.tensors == ("CrossEntropyLoss_output_0",)
    assert (finding.mode, finding.first_step) == ("EVAL", 2)
    assert finding.value > finding.threshold == 10
    assert finding.remedy


def test_a_healthy_gap_is_explained(cache: Path):
    """The healthy model does better on what it was trained on, and ever better on the rest."""
    (finding,) = [f for f in reviewed("pt_healthy_mlp", cache).findings if f.rule == "Overfit"]
    assert finding.status == "not_fired"
    assert finding.explained


def test_settings_decide_what_fires(cache: Path):
    """A gap of 57 % is allowed where new lows are not asked for but the ratio is 1."""
    strict = {"Overfit": {"allow_new_lows": False}}
    assert "Overfit" in names(reviewed("pt_healthy_mlp", cache, settings=strict))
    wide = {"Overfit": {"allow_new_lows": False, "ratio_threshold": 1.0}}
    assert "Overfit" not in names(reviewed("pt_healthy_mlp", cache, settings=wide))


def test_two_runs_are_compared(cache: Path):
    """A run is like itself, and unlike one with another seed."""
    healthy = opened("pt_healthy_mlp", cache)
    same = {f.rule: f for f in review(healthy, other=healthy).findings}["SimilarAcrossRuns"]
    assert same.status == "not_fired"
    other = opened("pt_dead_relu", cache)
    found = review(healthy, other=other)
    assert "SimilarAcrossRuns" in names(found)
    assert found.against == other.name


def test_a_running_trial_is_not_stalled_at_once(cache: Path):
    """Half an hour after its last tensor, not before."""
    killed = opened("pt_killed_midway", cache)
    last = datetime.fromtimestamp(killed.last_time, UTC)
    assert "StalledTraining" not in names(review(killed, now=last + timedelta(minutes=29)))
    assert "StalledTraining" in names(review(killed, now=last + timedelta(minutes=31)))


def test_a_review_is_plain_json(cache: Path):
    """Strictly: no NaN, no infinity, and what a pipeline asks for by name."""
    found = reviewed("xgb_binary_overfit", cache)
    told = json.loads(json.dumps(document(found), allow_nan=False))
    assert told["modes"] == ["GLOBAL"]
    assert told["steps"] == {"GLOBAL": {"count": 20, "first": 0, "last": 57}}
    assert told["workers"] == ["worker_0"]
    assert "train-logloss" in told["tensors"]
    assert "train-logloss" in told["collections"]["losses"]
    rules = {each["name"]: each for each in told["rules"]}
    assert rules["TreeDepth"]["status"] == "fired"
    assert (rules["TreeDepth"]["value"], rules["TreeDepth"]["threshold"]) == (12, 4)
    assert rules["Confusion"]["value"] is None


def test_a_training_of_which_nothing_was_saved_can_be_reviewed():
    """Then no rule can tell, and none has fired."""
    found = review(None, name="job-7")
    assert not found.fired
    assert found.trial == "job-7"
    assert found.last_step is None
    assert document(found)["newest"] is None
