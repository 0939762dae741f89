"""Laws of the rules on gradients: what vanishes, what explodes, and what is tiny by design."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.training.catalogue import RULES
from analysis.training.findings import Case, Finding
from analysis.training.recording import Statistics
from tests.analysis.training.recorded import Recorded, only_reductions, recording

STEPS = range(12)


def ask(name: str, made: Recorded, **settings) -> Finding:
    rule = RULES[name]
    return rule.check(Case(made, rule.settings(settings), now=0.0))


def gradients(layers: dict[str, float], steps=STEPS, n: int = 40) -> Recorded:
    """A gradient for each layer of which every element has this size, at every step."""
    signs = np.resize([1.0, -1.0], n)
    return recording(
        {
            f"gradient/Net_{layer}.weight": {("TRAIN", step): size * signs for step in steps}
            for layer, size in layers.items()
        }
    )


def over_steps(sizes: list[float], kind: str = "gradient/Net_a.weight") -> Recorded:
    signs = np.resize([1.0, -1.0], 30)
    return recording({kind: {("TRAIN", at): size * signs for at, size in enumerate(sizes)}})


def lacking(made: Recorded, *columns: str) -> Recorded:
    nan = np.full(len(made.statistics), np.nan)
    told: Statistics = replace(made.statistics, **dict.fromkeys(columns, nan))
    return replace(made, statistics=told)


def test_a_gradient_vanishes_below_the_threshold_and_not_at_it():
    """At 10⁻⁷ it does not fire, one step of float64 below it does."""
    at, below = 1e-7, float(np.nextafter(1e-7, 0))
    # the mean of many equal numbers is rounded; that of one is not
    one = {"gradient/Net_a.weight": {("TRAIN", 0): np.array([at])}}
    assert ask("VanishingGradient", recording(one)).status == "not_fired"
    one["gradient/Net_a.weight"]["TRAIN", 0] = np.array([below])
    found = ask("VanishingGradient", recording(one))
    assert (found.status, found.first_step, found.value) == ("fired", 0, below)


@given(st.floats(1e-12, 1e12), st.sampled_from([0.1, 0.99, 1.01, 10.0]))
def test_scaling_gradients_and_threshold_alike_changes_nothing(scale: float, size: float):
    """Only the ratio of the two decides."""
    made = gradients({"a": 1e-7 * size * scale, "b": scale}, range(2))
    found = ask("VanishingGradient", made, threshold=1e-7 * scale)
    assert (found.status == "fired") == (size < 1)


def test_healthy_layers_never_hide_one_that_vanishes():
    """Added layers change neither the verdict nor the tensors."""
    few = ask("VanishingGradient", gradients({"a": 1e-9}))
    many = ask("VanishingGradient", gradients({"a": 1e-9, **{f"l{i}": 0.1 for i in range(50)}}))
    assert few.tensors == many.tensors == ("gradient/Net_a.weight",)
    assert "1 of 51 gradients at 12 of 12 steps" in many.sentence


def test_the_worst_gradient_stands_first():
    """The smallest, and 0 before any."""
    found = ask("VanishingGradient", gradients({"a": 1e-8, "b": 0.0, "c": 1e-12, "d": 1.0}))
    assert [name[-8] for name in found.tensors] == ["b", "c", "a"]
    assert "the smallest is exactly 0" in found.sentence


def test_what_was_not_saved_is_not_taken_for_healthy():
    """No gradient, or none of which a size is known: can't tell, and how to save it."""
    nothing = ask("VanishingGradient", recording({"Net_a.weight": {("TRAIN", 0): np.ones(3)}}))
    assert nothing.status == "unknown"
    made = lacking(only_reductions(gradients({"a": 1.0})), "mean_abs", "l1", "l2")
    assert ask("VanishingGradient", made).status == "unknown"
    assert "abs_mean" in ask("VanishingGradient", made).remedy


@pytest.mark.parametrize(("size", "status"), [(1e-9, "fired"), (1e-4, "not_fired")])
def test_saved_reductions_are_enough(size: float, status: str):
    """The mean absolute value, l1 over n, and l2 where it leaves no doubt give one verdict."""
    made = only_reductions(gradients({"a": size}))
    for missing in ((), ("mean_abs",), ("mean_abs", "l1")):
        assert ask("VanishingGradient", lacking(made, *missing)).status == status


def test_a_norm_that_leaves_doubt_decides_nothing():
    """l2/n below the threshold and l2/√n above it: the mean may be on either side."""
    made = lacking(only_reductions(gradients({"a": 3e-7})), "mean_abs", "l1")
    assert ask("VanishingGradient", made, threshold=1e-7).status == "unknown"


def convolution(bias: float, weight: float, norm: str = "bn") -> Recorded:
    """A convolution of 8 channels, what follows it with 8 scales and shifts, and a head."""
    rng = np.random.default_rng(0)
    shapes = {"conv.weight": (8, 3, 3, 3), "conv.bias": (8,), "head.weight": (4, 8)}
    if norm:
        shapes |= {f"{norm}.weight": (8,), f"{norm}.bias": (8,)}
    order = ["conv.weight", "conv.bias", f"{norm}.weight", f"{norm}.bias", "head.weight"]
    names = [name for name in order if name in shapes]
    size = {"conv.bias": bias, "conv.weight": weight}
    values = {}
    for name in names:
        values[f"Net_{name}"] = {("TRAIN", s): rng.normal(size=shapes[name]) for s in STEPS}
    for name in reversed(names):
        values[f"gradient/Net_{name}"] = {
            ("TRAIN", s): size.get(name, 0.1) * rng.normal(size=shapes[name]) for s in STEPS
        }
    return recording(values)


def test_a_bias_before_batch_norm_is_explained():
    """Its gradient is rounding error by design: it does not fire, and a sentence says why."""
    found = ask("VanishingGradient", convolution(1e-9, 1e-2))
    assert found.status == "not_fired"
    assert "The bias of conv" in found.explained[0]
    assert "bn normalises" in found.explained[0]


def test_a_tiny_bias_is_an_alarm_where_nothing_undoes_it():
    """Without a normalising layer of its width it fires; so it does where its weight vanishes."""
    assert ask("VanishingGradient", convolution(1e-9, 1e-2, norm="")).status == "fired"
    both = ask("VanishingGradient", convolution(1e-9, 1e-9))
    assert set(both.tensors) == {"gradient/Net_conv.bias", "gradient/Net_conv.weight"}
    assert both.explained == ()


def test_the_keys_of_attention_are_explained():
    """Softmax is the same when all keys are shifted: their bias has no gradient."""
    made = {
        f"gradient/Net_{layer}.{end}": {
            ("TRAIN", s): np.full(4, 1e-10 if (layer, end) == ("attn.key", "bias") else 0.1)
            for s in STEPS
        }
        for layer in ("attn.value", "attn.key", "attn.query")
        for end in ("bias", "weight")
    }
    found = ask("VanishingGradient", recording(made))
    assert found.status == "not_fired"
    assert "attn.key" in found.explained[0]


def test_a_gradient_behind_a_zero_is_zero_once():
    """Where a weight starts at 0 what lies behind it has no gradient at the first step alone."""
    made = {
        "Net_a.weight": {("TRAIN", s): np.ones(3) for s in STEPS},
        "Net_b.weight": {("TRAIN", s): np.full(3, 0.1 * s) for s in STEPS},
        "gradient/Net_b.weight": {("TRAIN", s): np.ones(3) for s in STEPS},
        "gradient/Net_a.weight": {("TRAIN", s): np.full(3, 0.01 * s) for s in STEPS},
    }
    found = ask("VanishingGradient", recording(made))
    assert found.status == "not_fired"
    assert "the gradient of a" in found.explained[0]
    del made["Net_b.weight"]
    assert ask("VanishingGradient", recording(made)).status == "fired"


def test_an_exploded_gradient_does_not_vanish():
    """The finite rest of a tensor with NaN says nothing of its size."""
    made = recording({"gradient/Net_a.weight": {("TRAIN", 0): np.array([np.nan, 1e-12])}})
    assert ask("VanishingGradient", made).status == "not_fired"


def test_a_jump_of_a_thousand_explodes_and_less_does_not():
    """1,000 times its usual size fires, 999 times does not."""
    history = [1.0] * 8
    assert ask("FiniteExplosion", over_steps([*history, 999.0])).status == "not_fired"
    found = ask("FiniteExplosion", over_steps([*history, 1000.0, 1.0]))
    assert (found.status, found.first_step, found.critical) == ("fired", 8, True)
    assert found.value == pytest.approx(1000)


@given(st.floats(1e-15, 1e15))
def test_only_its_own_history_decides(scale: float):
    """Multiplying all of a run's numbers by anything moves no verdict."""
    assert ask("FiniteExplosion", over_steps([scale] * 6 + [2e3 * scale])).status == "fired"
    assert ask("FiniteExplosion", over_steps([scale] * 6 + [5e2 * scale])).status == "not_fired"


@pytest.mark.parametrize(
    "sizes",
    [
        [0.1 * 1.5**s for s in range(16)],  # warm-up to 440 times
        [1.0, *[1e-6] * 10, 0.5, *[1e-6] * 5],  # converged, with a spike
        [0.0, 0.0, 1e-6, 1e-3, 1.0, 1.0],  # that starts at 0, as others do not
        [1.0, 3e2, 1e-2, 1e2, 1.0, 3e2, 1e-3, 1e2, 1e4, 1e-1, 1e3, 1e4],  # very noisy
    ],
    ids=["warm-up", "spike after convergence", "start at 0", "noise"],
)
def test_a_healthy_history_does_not_explode(sizes: list[float]):
    """Growth of a few hundred times, spikes to where it began, and starting near 0 are usual."""
    signs = np.resize([1.0, -1.0], 30)
    made = {
        "gradient/Net_head.weight": {("TRAIN", s): signs for s in range(len(sizes))},
        "gradient/Net_a.weight": {("TRAIN", s): x * signs for s, x in enumerate(sizes)},
    }
    assert ask("FiniteExplosion", recording(made)).status == "not_fired"


def test_growth_from_step_to_step_explodes_in_the_end():
    """Ten times a step is no jump at any; the level it began at is not forgotten."""
    found = ask("FiniteExplosion", over_steps([10.0**s for s in range(12)]))
    assert found.status == "fired"


def test_explosions_of_weights_and_losses_count_too():
    """Each by its own history; and numbers beyond float32 have a size."""
    weight = ask("FiniteExplosion", over_steps([1.0, 1.0, 1e100], "Net_a.weight"))
    assert weight.tensors == ("Net_a.weight",)
    loss = {"CrossEntropyLoss_output_0": {("TRAIN", s): x for s, x in enumerate([2.3, 2.2, 1e4])}}
    assert ask("FiniteExplosion", recording(loss)).first_step == 2


def test_one_step_has_no_history():
    """Then nothing can be told."""
    assert ask("FiniteExplosion", over_steps([1e30])).status == "unknown"
