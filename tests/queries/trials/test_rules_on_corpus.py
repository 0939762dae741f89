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
TOO_LOW = {"LearningRateTooLow"}
BLOWN_UP = {"FiniteExplosion", "LearningRateTooHigh", "WeightUpdateRatio"}
# What each trial was made for, and what follows from it. A loss that rises on validation data has
# not decreased, so an overfit fires LossNotDecreasing too, as AWS's rule does.
FIRES = {
    "pt_healthy_mlp": set(),
    # gradients spread over less than 0.001 from the first step on, and the loss stays
    "pt_vanishing_sigmoid": {
        *("VanishingGradient", "PoorWeightInitialization"),
        *(*STILL, *NOTHING_LEARNED),
    },
    # finite at steps 1 and 2, NaN from then on
    "pt_exploding_rnn": {"ExplodingTensor", *BLOWN_UP, "LossNotDecreasing"},
    # finite, so ExplodingTensor is silent; afterwards every ReLU is dead and its gradients are 0
    "pt_exploding_lr": {"VanishingGradient", "AllZero", *BLOWN_UP, *STILL, *NOTHING_LEARNED},
    # a bias of −12 is no good start
    "pt_dead_relu": {
        *("DeadRelu", "VanishingGradient", "AllZero", "PoorWeightInitialization"),
        *(*STILL, *NOTHING_LEARNED),
    },
    "pt_overfit": {"Overfit", "Overtraining", "LossNotDecreasing"},
    "pt_loss_not_decreasing": {*TOO_LOW, *NOTHING_LEARNED},
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
    "pt_update_too_small": {*TOO_LOW, *STILL, *NOTHING_LEARNED},
    "pt_frozen_layers": set(),
}
# Where AWS's documented defaults alarm, or cannot know, and ours say why they need not.
EXPLAINED = {
    ("pt_frozen_layers", "WeightUpdateRatio"): "Frozen: fc.0 (2 parameters)",
    ("pt_frozen_layers", "UnchangedTensor"): "Frozen: fc.0 (1 parameter)",
    ("tf_tape_healthy", "WeightUpdateRatio"): "Zero at the start: dense to dense_3",
    ("xgb_binary_overfit", "ExplodingTensor"): "trees/Split holds NaN by design",
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
    """The rules of the manifest, and no other."""
    found = reviewed(name, cache)
    assert names(found) == FIRES[name]
    assert not [f for f in found.findings if "The rule failed" in f.sentence]


@pytest.mark.parametrize(("name", "rule"), EXPLAINED)
def test_what_is_so_by_design_is_explained_and_does_not_fire(name: str, rule: str, cache: Path):
    """One sentence names the layers and the reason."""
    (finding,) = [f for f in reviewed(name, cache).findings if f.rule == rule]
    assert finding.status == "not_fired"
    assert EXPLAINED[name, rule] in " ".join(finding.explained)


def test_gradients_are_judged_as_the_probe_counted_them(cache: Path):
    """10 gradients of 5 layers below 10⁻⁷, the smallest at 2 × 10⁻¹¹; 2 × 10²¹ and finite."""
    found = {f.rule: f for f in reviewed("pt_vanishing_sigmoid", cache).findings}
    vanishing = found["VanishingGradient"]
    assert vanishing.value == pytest.approx(2.0521263507933263e-11, rel=1e-6)  # probe.json
    assert (vanishing.mode, vanishing.first_step, len(vanishing.tensors)) == ("TRAIN", 0, 10)
    assert "Gradients vanish in fc.0 to fc.4" in vanishing.sentence
    found = {f.rule: f for f in reviewed("pt_exploding_lr", cache).findings}
    assert found["FiniteExplosion"].first_step == 2
    assert found["ExplodingTensor"].status == "not_fired"
    rnn = {f.rule: f for f in reviewed("pt_exploding_rnn", cache).findings}
    assert rnn["FiniteExplosion"].first_step == 1
    assert (rnn["ExplodingTensor"].first_step, len(rnn["ExplodingTensor"].tensors)) == (2, 13)


def test_of_reductions_what_they_hold_is_judged(cache: Path):
    """Gradients by their mean absolute value, NaN by what is finite; no update without values."""
    found = {f.rule: f.status for f in reviewed("pt_reductions_only", cache).findings}
    assert found["VanishingGradient"] == found["ExplodingTensor"] == "not_fired"
    assert found["FiniteExplosion"] == "not_fired"
    assert found["WeightUpdateRatio"] == found["LearningRateTooLow"] == "unknown"


def test_every_trial_of_the_corpus_is_judged():
    """None is left out."""
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} == set(FIRES)


def test_what_fired_stands_first_and_the_critical_before_it(cache: Path):
    """Then what can't tell, then the rest; every rule once."""
    found = reviewed("pt_dead_relu", cache)
    order = [
        (not f.applies, ("fired", "unknown", "not_fired").index(f.status)) for f in found.findings
    ]
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
    """A run is like itself, and unlike another, which alarms who expects the same run again."""
    healthy = opened("pt_healthy_mlp", cache)
    same = {f.rule: f for f in review(healthy, other=healthy).findings}["SimilarAcrossRuns"]
    assert same.status == "not_fired"
    other = opened("pt_dead_relu", cache)
    assert "SimilarAcrossRuns" not in names(review(healthy, other=other))
    again = {"SimilarAcrossRuns": {"expect_same": True}}
    found = review(healthy, other=other, settings=again)
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
    assert found.steps == ()
    assert document(found)["newest"] is None
