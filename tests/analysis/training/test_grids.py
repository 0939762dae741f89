"""Does the layer × step picture show what was recorded, and nothing that was not?"""

from __future__ import annotations

import numpy as np
import pytest

from analysis.training.contrast import contrasts
from analysis.training.grids import (
    LARGE,
    NO_DATA,
    NOT_FINITE,
    SMALL,
    USUAL,
    Grid,
    grid,
    jumps,
    marks,
    modes_of,
    rows_of,
)
from analysis.training.picture import picture
from tests.analysis.training.recorded import Recorded, only_reductions, recording

WEIGHT, BIAS = "Net_fc.{}.weight", "Net_fc.{}.bias"


def trained(
    sizes: list[list[float]], *, workers: tuple[str, ...] = ("worker_0",), n: int = 4
) -> Recorded:
    """A layer for each list; its gradient holds that number at each step."""
    given: dict[str, dict] = {}
    for layer in range(len(sizes)):
        given[WEIGHT.format(layer)] = {("TRAIN", 0, workers[0]): np.ones(n)}
        given[BIAS.format(layer)] = {("TRAIN", 0, workers[0]): np.ones(2)}
    for layer in reversed(range(len(sizes))):
        for name in (BIAS, WEIGHT):
            given["gradient/" + name.format(layer)] = {
                ("TRAIN", 10 * step, worker): np.full(n, size * (1 + at))
                for step, size in enumerate(sizes[layer])
                for at, worker in enumerate(workers)
            }
    return recording(given)


def gradients(made: Recorded, **given: object) -> Grid:
    rows = rows_of(made, "gradient", biases=False)
    return grid(made, rows, "gradient", "norm", **{"mode": "TRAIN", **given})


def test_rows_are_in_network_order():
    """The input's layer is the first row, whichever order the hook wrote gradients in."""
    found = gradients(trained([[1.0], [1.0], [1.0]]))
    assert [tensor.layer for tensor in found.tensors] == ["fc.0", "fc.1", "fc.2"]
    assert [tensor.parameter for tensor in found.tensors] == ["weight"] * 3


def test_a_cell_is_the_norm_of_its_value():
    """The norm of four equal numbers is twice their size."""
    found = gradients(trained([[0.5, 3.0]]))
    assert found.steps.tolist() == [0, 10]
    assert found.value.tolist() == [[1.0, 6.0]]
    assert found.state.tolist() == [[USUAL, USUAL]]
    assert found.n == 2
    assert (found.start, found.end) == (1_000_000.0, 1_000_010.0)


def test_workers_are_shown_by_their_median_and_spread():
    """Of three workers the middle one; one worker alone is what it wrote, without a spread."""
    made = trained([[1.0]], workers=("worker_0", "worker_1", "worker_2"))
    every = gradients(made)
    assert every.value[0, 0] == 4.0
    assert every.spread[0, 0] == 3.0
    one = gradients(made, worker="worker_2")
    assert one.value[0, 0] == 6.0
    assert np.isnan(one.spread[0, 0])


def test_an_even_number_of_workers_has_a_median_too():
    """Of two workers it is the mean; where one of them wrote nothing, the other."""
    made = trained([[1.0, 1.0]], workers=("worker_0", "worker_1"))
    missing = (made.statistics.worker == 1) & (made.statistics.step == 10)
    kept = np.flatnonzero(~missing)
    made = Recorded(
        made.name,
        made.tensors,
        made.workers,
        made.statistics.take(kept),
        tuple(made.values[row] for row in kept),
    )
    found = gradients(made)
    assert found.value.tolist() == [[3.0, 2.0]]
    assert np.isnan(found.spread[0, 1])


def test_what_was_not_saved_is_no_data():
    """A step at which only other layers were saved is nan, never 0."""
    found = gradients(trained([[1.0, 1.0], [1.0]]))
    assert found.state.tolist() == [[USUAL, USUAL], [USUAL, NO_DATA]]
    assert np.isnan(found.value[1, 1])


@pytest.mark.parametrize("size", [0.0, 9e-8])
def test_a_vanished_gradient_is_marked(size: float):
    """Below AWS's 1e-7 for the mean of |g| a cell is too small; at it, it is not."""
    found = gradients(trained([[size, 1e-6, size], [1e-7, 1e-6, 1e-3]]))
    assert found.state.tolist() == [[SMALL, USUAL, SMALL], [USUAL] * 3]
    (mark,) = marks(found)
    assert (mark.row, mark.state, mark.first_step, mark.steps, mark.of) == (0, SMALL, 0, 2, 3)
    assert mark.extreme == 2 * size


def test_an_explosion_is_a_jump_against_the_rows_own_past():
    """A row that was always large is no explosion; one that grows 1,000 times at once is."""
    found = gradients(trained([[1e-3, 1e-3, 1e21, 1e-3], [1e4, 1e4, 1e4, 1e4]]))
    assert found.state.tolist() == [[USUAL, USUAL, LARGE, USUAL], [USUAL] * 4]
    (mark,) = marks(found)
    assert (mark.first_step, mark.extreme) == (20, 2e21)


def test_jumps_are_the_same_at_any_scale():
    """A jump is a ratio: another unit changes nothing."""
    values = 10.0 ** np.array([0, 1, -1, 5, 0, 9, 1])
    assert jumps(values).tolist() == jumps(1e-9 * values).tolist()
    assert jumps(values).tolist() == [False, False, False, True, False, True, False]


def test_what_is_not_finite_is_worse_than_anything():
    """A NaN of any worker marks the cell, whatever the other worker wrote."""
    given = {
        ("TRAIN", step, worker): np.full(4, np.nan if (step, worker) == (10, "b") else 1.0)
        for step in (0, 10)
        for worker in ("a", "b")
    }
    found = gradients(recording({"gradient/Net_fc.0.weight": given}))
    assert found.state.tolist() == [[USUAL, NOT_FINITE]]
    assert np.isnan(found.value[0, 1])
    (mark,) = marks(found)
    assert (mark.state, mark.first_step, mark.steps, mark.of) == (NOT_FINITE, 10, 1, 2)


def test_reductions_say_what_they_can():
    """Without values a norm is known; a share of zeros is not, and shows no state of its own."""
    made = only_reductions(trained([[1e-9]]))
    assert gradients(made).state.tolist() == [[SMALL]]
    rows = rows_of(made, "gradient", biases=False)
    zeros = grid(made, rows, "gradient", "zeros", mode="TRAIN")
    assert np.isnan(zeros.value).all()
    assert zeros.state.tolist() == [[NO_DATA]]


def test_an_update_is_a_share_of_the_weight_before():
    """‖W − W before‖ over ‖W before‖, held to AWS's two limits; a first step has none."""
    steps = ([1.0, 1.5], [1.0, 1.0 + 1e-9], [1.0, 20.0])
    given = {
        WEIGHT.format(layer): {("TRAIN", step): np.full(4, size) for step, size in enumerate(sizes)}
        for layer, sizes in enumerate(steps)
    }
    made = recording(given)
    found = grid(made, rows_of(made, "weight"), "weight", "update", mode="TRAIN")
    assert np.isnan(found.value[:, 0]).all()
    assert found.value[:, 1].tolist() == pytest.approx([0.5, 1e-9, 19.0])
    assert found.state.tolist() == [[NO_DATA, USUAL], [NO_DATA, SMALL], [NO_DATA, LARGE]]


def test_modes_are_those_that_were_saved():
    """A mode without a value of these tensors is not offered; one that is asked for is empty."""
    made = trained([[1.0]])
    rows = rows_of(made, "gradient")
    assert modes_of(made, rows) == ("TRAIN",)
    empty = gradients(made, mode="EVAL")
    assert empty.value.shape == (1, 0)
    assert empty.n == 0
    assert np.isnan(empty.start)
    assert picture(empty).shown.shape == (1, 0)


def test_few_steps_stay_single():
    """Up to the most columns, a column is a step, and its colour log10 within the range."""
    drawn = picture(gradients(trained([[0.5, 5e-4, 5e-20, 5e3]])))
    assert drawn.first.tolist() == drawn.last.tolist() == drawn.step[0].tolist()
    assert drawn.step.tolist() == [[0, 10, 20, 30]]
    assert drawn.shown.tolist() == [[0.0, -3.0, -8.0, 0.0]]
    assert drawn.steps_a_column == 1


def test_many_steps_show_the_worst_of_each_column():
    """Whatever happens at one of 1,000 steps is still in the picture of 200 columns."""
    sizes = np.full(1_000, 0.1)
    sizes[[3, 500, 777, 999]] = 1e-12, np.inf, 1e9, 0.01
    found = gradients(trained([sizes.tolist()]))
    drawn = picture(found, most=200)
    assert drawn.shown.shape == (1, 200)
    assert drawn.steps_a_column == 5
    states = drawn.state[0]
    assert np.flatnonzero(states == SMALL).tolist() == [0]
    assert np.flatnonzero(states == NOT_FINITE).tolist() == [100]
    assert np.flatnonzero(states == LARGE).tolist() == [155]
    assert drawn.value[0, 199] == pytest.approx(0.02)
    assert drawn.step[0, [0, 100, 155, 199]].tolist() == [30, 5000, 7770, 9990]
    assert (drawn.first <= drawn.step).all()
    assert (drawn.step <= drawn.last).all()


def test_columns_hold_every_step_once():
    """First and last of the columns follow each other without a gap or an overlap."""
    for total in (1, 199, 200, 201, 399, 401, 1_000):
        found = gradients(trained([np.ones(total).tolist()]))
        drawn = picture(found, most=200)
        assert len(drawn.first) <= 200
        spanned = [
            step
            for first, last in zip(drawn.first, drawn.last, strict=True)
            for step in range(first, last + 10, 10)
        ]
        assert spanned == found.steps.tolist()


def test_two_trainings_differ_by_decades():
    """Exchange the trainings, and the sign of every difference flips."""
    here = gradients(trained([[1e-10] * 3, [1e-2] * 3]))
    there = gradients(trained([[1e-2] * 3, [1e-2] * 3, [1.0]]))
    first, second, third = contrasts(here, there)
    assert (first.layer, first.parameter) == ("fc.0", "weight")
    assert first.decades == pytest.approx(-8)
    assert second.decades == pytest.approx(0)
    assert (third.n_here, third.n_there) == (0, 1)
    assert np.isnan(third.decades)
    back = contrasts(there, here)
    assert [each.layer for each in back] == ["fc.0", "fc.1", "fc.2"]
    assert back[0].decades == pytest.approx(8)


def test_an_exact_zero_is_infinitely_far():
    """A gradient of 0 against one that is not is −∞; two of 0 do not differ."""
    zero, some = gradients(trained([[0.0]])), gradients(trained([[1.0]]))
    assert contrasts(zero, some)[0].decades == -np.inf
    assert contrasts(zero, zero)[0].decades == 0.0
