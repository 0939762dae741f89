"""Laws of the rules on weights: updates, rest, learning rates, workers, and how they start."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.training.catalogue import RULES
from analysis.training.findings import Case, Finding
from analysis.training.rules.updates import change
from tests.analysis.training.recorded import Recorded, only_reductions, recording

N = 16


def ask(name: str, made: Recorded, **settings) -> Finding:
    rule = RULES[name]
    return rule.check(Case(made, rule.settings(settings), now=0.0))


def weights(
    paths: dict[str, Sequence[float]],
    *,
    without_gradient: Sequence[str] = (),
    every: int = 1,
    loss: Sequence[float] = (),
) -> Recorded:
    """Weights of which every element follows a path, with gradients of 0.1, and a loss."""
    made: dict[str, dict] = {}
    for name, path in paths.items():
        layer, _, parameter = name.rpartition(".")
        full = f"Net_{layer}.{parameter or 'weight'}"
        made[full] = {("TRAIN", every * s): np.full(N, x) for s, x in enumerate(path)}
        if name not in without_gradient:
            made[f"gradient/{full}"] = {
                ("TRAIN", every * s): np.full(N, 0.1) for s in range(len(path))
            }
    if loss:
        made["CrossEntropyLoss_output_0"] = {("TRAIN", every * s): x for s, x in enumerate(loss)}
    return recording(made)


def moving(ratio: float, steps: int = 8, start: float = 1.0) -> list[float]:
    return [start * (1 + ratio) ** s for s in range(steps)]


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40),
    st.lists(st.floats(-1e6, 1e6), min_size=40, max_size=40),
)
def test_a_change_is_what_numpy_says(old: list[float], new: list[float]):
    """Norms and ``allclose`` of NumPy are the oracle."""
    a, b = np.array(new[: len(old)]), np.array(old)
    moved, size, close = change(a, b, 1e-5, 1e-8, 0.0)
    assert moved == pytest.approx(np.linalg.norm(a - b), rel=1e-12, abs=1e-150)
    assert size == pytest.approx(np.linalg.norm(b), rel=1e-12, abs=1e-150)
    assert bool(close) == np.allclose(a, b)


@pytest.mark.parametrize("equal_nan", [False, True])
@pytest.mark.parametrize("a", [[1.0, np.nan], [np.inf, 1.0], [-np.inf, 1.0], [1.0, 1.0]])
@pytest.mark.parametrize("b", [[1.0, np.nan], [np.inf, 1.0], [1.0, 1.0 + 1e-9]])
def test_agreement_of_what_is_not_finite_is_numpys(a, b, equal_nan: bool):
    """NaN is like nothing unless asked, and an infinity like its own."""
    with np.errstate(all="ignore"):
        _, _, close = change(np.array(a), np.array(b), 1e-5, 1e-8, float(equal_nan))
    assert bool(close) == np.allclose(np.array(a), np.array(b), equal_nan=equal_nan)


def test_what_has_no_value_before_it_has_not_changed():
    """The first value, and one of another shape: not known."""
    one = np.ones(3)
    for before in (None, np.ones(4)):
        assert np.isnan(change(one, before, 1e-5, 1e-8, 0.0)).all()


@pytest.mark.parametrize(
    ("factor", "fires"), [(10.5, True), (9.5, False), (0.5e-8, True), (2e-8, False)]
)
def test_an_update_is_held_to_both_limits(factor: float, fires: bool):
    """‖W − W before‖ over ‖W before‖ above 10 or below 10⁻⁸, and nothing between."""
    found = ask("WeightUpdateRatio", weights({"a.": moving(factor, 4)}))
    assert (found.status == "fired") == fires
    if fires:
        assert found.value == pytest.approx(factor, rel=1e-3)
        assert (found.mode, found.first_step) == ("TRAIN", 1)


def test_healthy_weights_never_hide_one_that_rests():
    """Nor do they change its tensors; the worst stands first."""
    paths = {"a.": [1.0] * 6, "b.": moving(1e-9, 6)}
    few = ask("WeightUpdateRatio", weights(paths))
    many = ask("WeightUpdateRatio", weights(paths | {f"l{i}.": moving(0.01, 6) for i in range(30)}))
    assert few.tensors == many.tensors == ("Net_a.weight", "Net_b.weight")


def test_a_frozen_layer_is_explained():
    """No gradient while others have one, and no change: by design."""
    made = weights({"a.": [1.0] * 6, "b.": moving(0.01, 6)}, without_gradient=["a."])
    for rule in ("WeightUpdateRatio", "UnchangedTensor"):
        found = ask(rule, made)
        assert found.status == "not_fired"
        assert found.explained[0].startswith("Frozen: a (1 parameter)")


def test_what_rests_is_an_alarm_where_it_has_a_gradient_or_none_was_saved():
    """A gradient that moves nothing is trouble; without gradients nothing says "frozen"."""
    paths = {"a.": [1.0] * 6, "b.": moving(0.01, 6)}
    for without in ((), ("a.", "b.")):
        for rule in ("WeightUpdateRatio", "UnchangedTensor"):
            found = ask(rule, weights(paths, without_gradient=without))
            assert found.tensors == ("Net_a.weight",)


def test_a_parameter_that_starts_at_zero_is_explained():
    """Its first update is infinitely large beside it by construction."""
    found = ask("WeightUpdateRatio", weights({"a.bias": [0.0, 0.1, 0.11, 0.12]}))
    assert found.status == "not_fired"
    assert found.explained[0].startswith("Zero at the start: a (1 parameter)")


def test_accumulated_gradients_are_explained():
    """An update at every fourth step, regularly: the rest between is no alarm."""
    path = [1.0 + 0.01 * (s // 4) for s in range(17)]
    made = weights({"a.": path})
    for rule in ("WeightUpdateRatio", "UnchangedTensor"):
        found = ask(rule, made)
        assert found.status == "not_fired"
        assert "an update at every 4th saved step" in found.explained[0]
    path[6:] = [x + 0.01 for x in path[6:]]
    assert ask("WeightUpdateRatio", weights({"a.": path})).status == "fired"


def test_a_single_number_may_pass_through_zero():
    """Beside it any update is large there; a vector of as small numbers is an alarm."""
    path = [0.2, 0.001, 0.1]
    one = {"Net_a.bias": {("TRAIN", s): np.array([x]) for s, x in enumerate(path)}}
    assert ask("WeightUpdateRatio", recording(one)).status == "not_fired"
    assert ask("WeightUpdateRatio", weights({"a.bias": path})).status == "fired"


def test_more_steps_back_may_be_asked_for():
    """Small steps add up: 3 steps of 4 times are one of 124."""
    made = weights({"a.": moving(4.0, 6)})
    assert ask("WeightUpdateRatio", made).status == "not_fired"
    found = ask("WeightUpdateRatio", made, num_steps=3)
    assert found.status == "fired"
    assert found.value == pytest.approx(5**3 - 1, rel=1e-6)


def test_updates_cannot_be_told_from_reductions():
    """Norms before and after say nothing of the way between."""
    made = only_reductions(weights({"a.": moving(0.1)}, loss=[1.0, 2.0]))
    for rule in ("WeightUpdateRatio", "LearningRateTooHigh", "LearningRateTooLow"):
        found = ask(rule, made)
        assert (found.status, bool(found.remedy)) == ("unknown", True)


@pytest.mark.parametrize(("same", "status"), [(2, "not_fired"), (3, "fired")])
def test_a_tensor_must_rest_for_as_many_steps_as_set(same: int, status: str):
    """Three equal values in a row fire, two do not."""
    path = [1.0, 1.1, *[1.2] * same, 1.3, 1.4]
    found = ask("UnchangedTensor", weights({"a.": path}))
    assert found.status == status
    if status == "fired":
        assert (found.first_step, found.value) == (4, 3)


def test_rest_is_not_counted_over_two_tensors_or_workers():
    """The last of one and the first of the next are not in a row."""
    paths = {"a.": [1.0, 2.0, 3.0, 3.0], "b.": [3.0, 3.0, 2.0, 1.0]}
    assert ask("UnchangedTensor", weights(paths)).status == "not_fired"
    value = {
        ("TRAIN", s, f"worker_{w}"): np.full(N, [1.0, 2.0, 2.0][s] + w)
        for s in range(3)
        for w in range(2)
    }
    assert ask("UnchangedTensor", recording({"Net_a.weight": value})).status == "not_fired"


def test_reductions_can_tell_that_a_tensor_changes():
    """Its extremes do; that it rests they cannot."""
    assert ask("UnchangedTensor", only_reductions(weights({"a.": moving(0.1)}))).status == (
        "not_fired"
    )
    assert ask("UnchangedTensor", only_reductions(weights({"a.": [1.0] * 6}))).status == "unknown"


def test_a_learning_rate_is_too_high_when_weights_leap_and_the_loss_rises():
    """Either alone is no alarm."""
    rising, falling = [2.0, 3.0, 4.0, 5.0], [2.0, 1.0, 0.5, 0.2]
    leaps, steps = {"a.": moving(0.2, 4)}, {"a.": moving(0.05, 4)}
    assert ask("LearningRateTooHigh", weights(leaps, loss=rising)).status == "fired"
    assert ask("LearningRateTooHigh", weights(leaps, loss=falling)).status == "not_fired"
    assert ask("LearningRateTooHigh", weights(steps, loss=rising)).status == "not_fired"
    assert ask("LearningRateTooHigh", weights(leaps)).status == "unknown"


def test_a_learning_rate_is_too_low_when_no_weight_moves_and_the_loss_stays():
    """Either alone is no alarm; nor is one weight that moves among many that do not."""
    flat, falling = [2.0] * 8, [2.0 - 0.2 * s for s in range(8)]
    still = {"a.": moving(1e-7), "b.": moving(1e-8)}
    assert ask("LearningRateTooLow", weights(still, loss=flat)).status == "fired"
    assert ask("LearningRateTooLow", weights(still, loss=falling)).status == "not_fired"
    one_moves = still | {"c.": moving(1e-4)}
    assert ask("LearningRateTooLow", weights(one_moves, loss=flat)).status == "not_fired"
    assert ask("LearningRateTooLow", weights(still)).status == "unknown"


def test_steps_between_saved_ones_are_a_random_walk():
    """Over 100 steps a weight may move ten times as far as in one."""
    made = weights({"a.": moving(0.5, 4)}, every=100, loss=[1.0, 3.0, 3.0, 3.0])
    found = ask("LearningRateTooHigh", made)
    assert (found.status, found.value) == ("not_fired", pytest.approx(0.05))


def of_workers(kind: str, of: dict[str, float], steps: int = 6) -> Recorded:
    name = {"loss": "CrossEntropyLoss_output_0"}.get(kind, f"{kind}Net_a.weight")
    rng = np.random.default_rng(1)
    value = {
        ("TRAIN", s, worker): size * (1 + 0.1 * rng.random()) * np.ones(1 if kind == "loss" else N)
        for s in range(steps)
        for worker, size in of.items()
    }
    return recording({name: value})


def test_weights_of_workers_must_be_the_same():
    """By a part in 10,000 of their norm; which worker is apart is named."""
    value = {
        ("TRAIN", s, f"worker_{w}"): np.full(N, 1.0 + (w == 2) * (s >= 3) * 2e-4)
        for s in range(6)
        for w in range(4)
    }
    found = ask("WorkerDivergence", recording({"Net_a.weight": value}))
    assert (found.status, found.first_step) == ("fired", 3)
    assert "worker_2 is farthest" in found.sentence
    assert found.value == pytest.approx(2e-4, rel=1e-3)
    assert ask("WorkerDivergence", recording({"Net_a.weight": value}), tolerance=3e-4).status == (
        "not_fired"
    )


@pytest.mark.parametrize("kind", ["gradient/", "loss"])
@pytest.mark.parametrize(("size", "status"), [(4.0, "not_fired"), (27.0, "fired")])
def test_a_worker_may_not_be_of_another_size_for_long(kind: str, size: float, status: str):
    """Gradients and losses are of batches of their own: alike on average alone."""
    found = ask("WorkerDivergence", of_workers(kind, {"worker_0": 1.0, "worker_1": size}))
    assert found.status == status


def test_one_odd_batch_is_no_divergence():
    """A worker that is apart at a single step is not so usually."""
    value = {
        ("TRAIN", s, f"worker_{w}"): np.full(N, 100.0 if (s, w) == (2, 1) else 1.0)
        for s in range(6)
        for w in range(2)
    }
    assert ask("WorkerDivergence", recording({"gradient/Net_a.weight": value})).status == (
        "not_fired"
    )


def test_one_worker_has_none_to_agree_with():
    """Then nothing can be told."""
    assert ask("WorkerDivergence", weights({"a.": [1.0, 2.0]})).status == "unknown"


def beginning(spread: float, loss: Sequence[float], relus: Sequence[float] = ()) -> Recorded:
    grid = np.linspace(-0.5, 0.5, 1001)
    made: dict[str, dict] = {
        "gradient/Net_a.weight": {("TRAIN", s): spread * grid for s in range(len(loss))},
        "CrossEntropyLoss_output_0": {("TRAIN", s): x for s, x in enumerate(loss)},
    }
    for layer, std in enumerate(relus):
        made[f"l{layer}.relu_input_0"] = {
            ("TRAIN", s): std * np.resize([1.0, -1.0], (4, 6)) for s in range(len(loss))
        }
    return recording(made)


def test_a_poor_start_shows_in_gradients_or_layers_and_in_the_loss():
    """A narrow gradient or layers that vary unlike, and a loss that finds no new low."""
    flat, falling = [2.0] * 8, [2.0 - 0.1 * s for s in range(8)]
    poor = "PoorWeightInitialization"
    # the range from the 5th to the 95th percentile is 0.9 of the whole
    assert ask(poor, beginning(1e-3 / 0.95, flat)).status == "fired"
    assert ask(poor, beginning(1e-3 / 0.85, flat)).status == "not_fired"
    assert ask(poor, beginning(1e-4, falling)).status == "not_fired"
    assert ask(poor, beginning(1e-4, [2.0, 2.0])).status == "unknown"
    apart = beginning(1.0, flat, relus=[1.0, 0.3])  # variances 1 and 0.09
    assert ask(poor, apart).status == "fired"
    assert ask(poor, apart, threshold=12.0).status == "not_fired"


def test_a_start_is_judged_by_its_first_steps():
    """A gradient that grows narrow later, as a model converges, is no poor start."""
    grid = np.linspace(-0.5, 0.5, 101)
    made = recording(
        {
            "gradient/Net_a.weight": {("TRAIN", s): 10.0**-s * grid for s in range(10)},
            "CrossEntropyLoss_output_0": {("TRAIN", s): 1.0 for s in range(10)},
        }
    )
    assert ask("PoorWeightInitialization", made).status == "not_fired"
