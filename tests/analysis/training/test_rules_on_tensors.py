"""Laws of the rules on any tensor and on activations: NaN, zeros, variance, dead and flat units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.training.catalogue import RULES
from analysis.training.findings import Case, Finding
from tests.analysis.training.recorded import Recorded, only_reductions, recording


def ask(name: str, made: Recorded, **settings) -> Finding:
    rule = RULES[name]
    return rule.check(Case(made, rule.settings(settings), now=0.0))


def one(values: list[object], name: str = "Net_a.weight", **more) -> Recorded:
    return recording({name: {("TRAIN", s): x for s, x in enumerate(values)}}, **more)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_one_odd_element_explodes(odd: float):
    """Of a thousand, at its step."""
    value = np.ones(1000)
    value[7] = odd
    found = ask("ExplodingTensor", one([np.ones(1000), value]))
    assert (found.status, found.first_step, found.value) == ("fired", 1, 1)
    assert found.critical
    only_nan = ask("ExplodingTensor", one([np.ones(1000), value]), only_nan=True)
    assert (only_nan.status == "fired") == np.isnan(odd)


def test_what_is_finite_does_not_explode():
    """10³⁰ is a number; the rule on finite explosions is for it."""
    assert ask("ExplodingTensor", one([np.full(3, 1e30)])).status == "not_fired"


def test_where_it_began_stands_first():
    """The tensor that exploded at the earliest step, though another is worse later."""
    made = recording(
        {
            "Net_a.weight": {("TRAIN", s): [1.0, np.nan if s > 2 else 1.0] for s in range(5)},
            "Net_b.weight": {("TRAIN", s): [np.nan] * 2 if s > 3 else [1.0] * 2 for s in range(5)},
        }
    )
    found = ask("ExplodingTensor", made)
    assert found.tensors == ("Net_a.weight", "Net_b.weight")
    assert "It begins in Net_a.weight (1 of its 2 elements)" in found.sentence


def test_tensors_are_chosen_by_collection_or_name():
    """What is not chosen is not judged; what cannot be read as a pattern chooses nothing."""
    made = recording(
        {"odd/x": {("TRAIN", 0): np.nan}, "Net_a.weight": {("TRAIN", 0): 1.0}},
        collections={"mine": ["odd/x"]},
    )
    assert ask("ExplodingTensor", made, collection_names="weights").status == "not_fired"
    assert ask("ExplodingTensor", made, collection_names="weights, mine").status == "fired"
    assert ask("ExplodingTensor", made, tensor_regex="odd/").status == "fired"
    assert ask("ExplodingTensor", made, tensor_regex="dd/").status == "unknown"
    assert ask("ExplodingTensor", made, tensor_regex="(").status == "unknown"


def test_leaves_of_trees_hold_nan_by_design():
    """XGBoost writes it where there is nothing to split."""
    found = ask("ExplodingTensor", one([[0.5, np.nan]], "trees/Split"))
    assert found.status == "unknown"
    assert "trees/Split holds NaN by design" in found.explained[0]


def reduced(**columns: list[float]) -> Recorded:
    made = only_reductions(one([np.ones(4)] * 3))
    told = {name: np.array(values) for name, values in columns.items()}
    return replace(made, statistics=replace(made.statistics, **told))


def test_reductions_tell_what_is_finite_and_what_stopped_being():
    """A finite mean has no NaN under it; one that was saved and is no number is NaN."""
    assert ask("ExplodingTensor", reduced()).status == "not_fired"
    nan, none = [1.0, 1.0, np.nan], [np.nan] * 3
    everything = dict.fromkeys(("mean", "low", "high", "l1", "l2", "mean_abs"), none)
    found = ask("ExplodingTensor", reduced(**everything | {"mean": nan}))
    assert (found.status, found.first_step) == ("fired", 2)
    assert ask("ExplodingTensor", reduced(**everything)).status == "unknown"
    infinite = reduced(l2=[1.0, np.inf, 1.0])
    assert ask("ExplodingTensor", infinite).first_step == 1
    assert ask("ExplodingTensor", infinite, only_nan=True).status == "not_fired"


@given(st.integers(0, 20), st.integers(1, 100))
def test_zeros_are_held_to_their_share(zeros: int, threshold: int):
    """At the threshold it fires, below it does not."""
    value = np.r_[np.zeros(zeros), np.ones(20 - zeros)]
    found = ask("AllZero", one([value, value]), threshold=float(threshold))
    assert (found.status == "fired") == (100 * zeros / 20 >= threshold)


def test_what_starts_at_zero_is_explained_and_what_stays_there_is_not():
    """Zero at the first step alone is an initialisation."""
    found = ask("AllZero", one([np.zeros(4), np.ones(4), np.ones(4)]))
    assert found.status == "not_fired"
    assert "Zero at the first step alone: a (1 tensor)" in found.explained[0]
    assert ask("AllZero", one([np.zeros(4)] * 3)).status == "fired"
    assert ask("AllZero", one([np.ones(4), np.zeros(4)])).status == "fired"


def test_reductions_tell_zeros_where_all_must_be():
    """A largest absolute value of 0 is all zeros; a share of them is not known."""
    zero = [0.0, 0.0, 0.0]
    assert ask("AllZero", reduced(low=zero, high=zero)).status == "fired"
    assert ask("AllZero", reduced()).status == "not_fired"
    assert ask("AllZero", reduced(), threshold=50.0).status == "unknown"
    assert ask("AllZero", one([1.0], "loss")).status == "unknown"


def test_variance_is_held_to_the_limits_that_are_set():
    """Above the upper, below the lower, and not judged where there is none."""
    made = one([np.array([1.0, 3.0]), np.array([1.0, 5.0])])  # variances 1 and 4
    assert ask("TensorVariance", made).status == "unknown"
    above = ask("TensorVariance", made, max_threshold=3.9)
    assert (above.status, above.first_step, above.value) == ("fired", 1, 4)
    assert ask("TensorVariance", made, max_threshold=4.0).status == "not_fired"
    below = ask("TensorVariance", made, min_threshold=1.1)
    assert (below.status, below.first_step, below.threshold) == ("fired", 0, 1.1)
    assert ask("TensorVariance", made, min_threshold=1.0).status == "not_fired"


def relu(dead: int, of: int = 10, examples: int = 8, name: str = "act.0_output_0") -> Recorded:
    value = np.ones((examples, of))
    value[:, :dead] = 0
    made = {name: {("TRAIN", 0): value}}
    return recording(made, collections={"relu": [name]})


@pytest.mark.parametrize(("dead", "status"), [(5, "not_fired"), (6, "fired")])
def test_more_than_half_of_the_units_must_be_dead(dead: int, status: str):
    """Half is not more than half."""
    found = ask("DeadRelu", relu(dead))
    assert (found.status, found.value, found.unit) == (status, 10.0 * dead, "% of the units")


def test_a_unit_that_one_example_switches_on_lives():
    """Active on 1 of 100 examples is not less than 1 %; on 1 of 101 it is."""
    for examples, status in ((100, "not_fired"), (101, "fired")):
        value = np.zeros((examples, 4))
        value[0] = 1.0
        made = recording({"a.relu_output_0": {("TRAIN", 0): value}})
        assert ask("DeadRelu", made).status == status


def test_a_channel_of_an_image_is_one_unit():
    """Dead places of a channel do not make it dead; PyTorch's channels come first, others' last."""
    value = np.zeros((2, 4, 6, 6))
    value[0, :, 3, 3] = 1.0
    first = recording({"a.relu_output_0": {("TRAIN", 0): value}})
    assert ask("DeadRelu", first).value == 0
    last = recording({"a/relu_output": {("TRAIN", 0): np.moveaxis(value, 1, -1)}})
    assert ask("DeadRelu", last).value == 0
    assert ask("DeadRelu", recording({"relu_1": {("TRAIN", 0): value}})).status == "unknown"


def test_relus_are_known_by_their_names():
    """AWS's regular expression, or a module named so; not one whose name only holds the word."""
    for name in ("a.relu_output_0", "layer1.relu2_output_0", "ReLU_output_0"):
        made = recording({name: {("EVAL", 3): np.zeros((4, 4))}})
        found = ask("DeadRelu", made)
        assert (found.status, found.mode, found.first_step) == ("fired", "EVAL", 3)
    other = recording({"prelude_output_0": {("TRAIN", 0): np.zeros((4, 4))}})
    assert ask("DeadRelu", other).status == "unknown"


def test_other_names_may_be_given():
    """Then those alone are judged."""
    made = recording({"mine": {("TRAIN", 0): np.zeros((4, 4))}})
    assert ask("DeadRelu", made).status == "unknown"
    assert ask("DeadRelu", made, tensor_regex="mi").status == "fired"
    assert ask("DeadRelu", relu(10), tensor_regex="mi").status == "unknown"


def test_units_cannot_be_told_from_reductions_or_from_nan():
    """Nothing is known of a unit then."""
    assert ask("DeadRelu", only_reductions(relu(10))).status == "unknown"
    made = recording({"a.relu_output_0": {("TRAIN", 0): np.full((4, 4), np.nan)}})
    assert ask("DeadRelu", made).status == "unknown"


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("a.tanh_input_0", 9.49, "not_fired"),
        ("a.tanh_input_0", 9.5, "fired"),
        ("a.tanh_input_0", -9.5, "fired"),
        ("a.sigmoid_input_0", -9.5, "not_fired"),
        ("a.sigmoid_input_0", 17.0, "fired"),
        ("a.sigmoid_input_0", -23.1, "fired"),
    ],
)
def test_each_function_is_flat_beyond_its_own_limits(name: str, value: float, status: str):
    """Tanh beyond ±9.4999, sigmoid below −23 and above 17."""
    made = recording({name: {("TRAIN", 0): np.full((8, 4), value)}})
    assert ask("SaturatedActivation", made).status == status


def test_scaling_what_goes_in_and_its_limits_alike_changes_nothing():
    """Only their ratio decides."""
    rng = np.random.default_rng(3)
    value = 8 * rng.normal(size=(64, 20))
    plain = ask("SaturatedActivation", recording({"a.tanh_input_0": {("TRAIN", 0): value}}))
    scaled = ask(
        "SaturatedActivation",
        recording({"a.tanh_input_0": {("TRAIN", 0): 4 * value}}),
        threshold_tanh_min=-4 * 9.4999,
        threshold_tanh_max=4 * 9.4999,
    )
    assert plain.value == scaled.value


def test_healthy_layers_never_hide_a_dead_one():
    """Verdict and tensors stay as they are."""
    names = [f"l{i}.relu_output_0" for i in range(9)]
    made = {name: {("TRAIN", 0): np.full((4, 4), float(i != 3))} for i, name in enumerate(names)}
    assert ask("DeadRelu", recording(made)).tensors == ("l3.relu_output_0",)
