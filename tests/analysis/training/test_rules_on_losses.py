"""Do the rules on losses say what AWS publishes of them, at the edges, and what noise is?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.training.catalogue import RULES
from analysis.training.findings import Case, Finding
from analysis.training.recording import MODES
from tests.analysis.training.recorded import Recorded, recording
from tests.analysis.training.trained import LOSS, of_losses, of_xgboost

FALLING = [2.0 * 0.9**at for at in range(20)]
FLAT = [2.3 + 0.02 * (-1) ** at for at in range(20)]


def ask(rule: str, made: Recorded | None, *, now: float = 2e6, **settings: object) -> Finding:
    asked = RULES[rule]
    return asked.check(Case(made, asked.settings(settings), now))  # type: ignore[arg-type]


def at_steps(losses: dict[int, float], mode: str = "EVAL") -> Recorded:
    return recording({LOSS: {(mode, step): np.float32(loss) for step, loss in losses.items()}})


def swapped(made: Recorded) -> Recorded:
    """TRAIN for EVAL, step for step."""
    told = made.statistics
    mode = told.mode.copy()
    mode[told.mode == MODES.index("TRAIN")] = MODES.index("EVAL")
    mode[told.mode == MODES.index("EVAL")] = MODES.index("TRAIN")
    return replace(made, statistics=replace(told, mode=mode))


def same_steps(train: list[float], validation: list[float]) -> Recorded:
    """One TRAIN and one EVAL loss of each step, TRAIN first, as many of both."""
    made = of_losses(train, validation, every=1)
    order = np.argsort(made.statistics.mode, kind="stable")
    assert (order == np.arange(len(order))).all()
    return made


@pytest.mark.parametrize("mode", ["EVAL", "TRAIN", "GLOBAL"])
def test_the_loss_of_awss_own_test_fires_at_step_12(mode: str):
    """AWS's test of 2019: at step 12 the loss is that of step 0, the newest ten steps before."""
    made = at_steps({0: 0.30, 4: 0.33, 8: 0.31, 12: 0.30, 16: 0.28}, mode)
    found = ask("LossNotDecreasing", made, allow_for_noise=False)
    assert (found.status, found.first_step, found.mode) == ("fired", 12, mode)
    assert "0.3 at" in found.sentence
    assert "step 0" in found.sentence


def test_checks_are_num_steps_apart():
    """Saved every three steps, the next check after the one at step 12 is at 24."""
    losses = {step: 1 - step / 100 for step in range(0, 31, 3)} | {15: 5.0, 18: 5.0, 21: 5.0}
    assert ask("LossNotDecreasing", at_steps(losses)).status == "not_fired"


@pytest.mark.parametrize(("loss", "status"), [(0.99901, "fired"), (0.99899, "not_fired")])
def test_the_fall_must_reach_diff_percent(loss: float, status: str):
    """A tenth of a percent of the loss before is the published default."""
    made = recording({LOSS: {("EVAL", 0): 1.0, ("EVAL", 10): loss}})
    found = ask("LossNotDecreasing", made)
    assert found.status == status
    if status == "fired":
        assert found.value == pytest.approx(100 * (1 - loss))


def test_a_batch_that_is_worse_by_chance_is_noise():
    """A falling training has batches with a higher loss than the one before."""
    noisy = [loss * (1.3 if at % 2 else 1) for at, loss in enumerate(FALLING)]
    found = ask("LossNotDecreasing", of_losses(noisy))
    assert found.status == "not_fired"
    assert "Batches differ" in found.explained[0]
    assert ask("LossNotDecreasing", of_losses(noisy), allow_for_noise=False).status == "fired"


def test_noise_without_a_fall_fires():
    """Batches that jump about one level have not learned."""
    found = ask("LossNotDecreasing", of_losses(FLAT))
    assert found.status == "fired"
    assert found.mode == "TRAIN"


def test_validation_is_asked_before_training():
    """The order that AWS documents: EVAL, TRAIN, GLOBAL; of the first that is long enough."""
    made = of_losses(FALLING, [2.0] * 12)
    assert ask("LossNotDecreasing", made).mode == "EVAL"
    short = of_losses(FLAT, [2.0] * 3)
    assert ask("LossNotDecreasing", short).mode == "TRAIN"
    assert ask("LossNotDecreasing", short, mode="EVAL").status == "unknown"


@given(st.lists(st.floats(0.1, 10), min_size=11, max_size=30), st.floats(0, 100))
def test_adding_a_constant_never_stops_it(losses: list[float], constant: float):
    """A fall of so many percent is a larger fall of a larger loss."""
    places = {("EVAL", at): np.float64(loss) for at, loss in enumerate(losses)}
    raised = {place: loss + constant for place, loss in places.items()}
    before = ask("LossNotDecreasing", recording({LOSS: places}))
    after = ask("LossNotDecreasing", recording({LOSS: raised}))
    if before.status == "fired" and abs(before.value - before.threshold) > 1e-9:
        assert after.status == "fired"


def test_a_loss_that_becomes_no_number_fires():
    """NaN has not fallen."""
    made = recording({LOSS: {("EVAL", 0): 2.0, ("EVAL", 10): np.nan, ("EVAL", 20): np.nan}})
    found = ask("LossNotDecreasing", made)
    assert (found.status, found.first_step) == ("fired", 10)
    assert "not a number" in found.sentence


def test_a_loss_of_zero_cannot_fall():
    """A training error of 0 is as good as can be."""
    made = of_xgboost([0.1, *[0.0] * 30], [0.3 * 0.9**at for at in range(31)], "error")
    assert ask("LossNotDecreasing", made).status == "not_fired"


@pytest.mark.parametrize("rule", ["LossNotDecreasing", "Overfit", "Overtraining", "Underfitting"])
def test_without_losses_nothing_can_be_told(rule: str):
    """What was not saved is not healthy, and the remedy says how to save it."""
    made = recording({"Net_fc.0.weight": {("TRAIN", 0): np.ones((2, 2))}})
    for found in (ask(rule, made), ask(rule, None)):
        assert found.status == "unknown"
        assert "losses" in found.remedy


def test_overfit_needs_more_than_patience_evaluations_in_a_row():
    """One evaluation over the ratio is allowed; the second fires."""
    train = [1.0, 0.9, 0.8, 0.7, 0.6]
    assert ask("Overfit", of_losses(train, [1.0, 0.9, 1.0, 0.6, 0.8])).status == "not_fired"
    found = ask("Overfit", of_losses(train, [1.0, 0.9, 1.0, 1.0, 0.5]))
    assert (found.status, found.first_step, found.mode) == ("fired", 3, "EVAL")
    assert found.value == pytest.approx(100 * 0.3 / 0.7)
    assert "lowest" not in found.sentence  # it ends below


def test_overfit_starts_at_start_step():
    """What lies before is left out."""
    made = of_losses([1.0, 0.9, 0.8, 0.7], [1.0, 1.2, 1.2, 0.7])
    assert ask("Overfit", made).status == "fired"
    assert ask("Overfit", made, start_step=2).status == "not_fired"


def test_a_wide_gap_is_no_overfit_while_validation_gets_better():
    """It is explained, not alarmed about; AWS's own rule fires."""
    made = of_losses([1.0, 0.5, 0.25, 0.1], [1.0, 0.8, 0.7, 0.6])
    found = ask("Overfit", made)
    assert found.status == "not_fired"
    assert "new lows" in found.explained[0]
    assert ask("Overfit", made, allow_new_lows=False).status == "fired"


@pytest.mark.parametrize("make", [same_steps, of_xgboost], ids=["modes", "xgboost"])
def test_swapping_training_and_validation_flips_overfit(make):
    """A gap has a direction."""
    train = [2.0, 1.0, 0.5, 0.3, 0.2, 0.1]
    validation = [2.0, 1.5, 1.6, 1.7, 1.8, 1.9]
    assert ask("Overfit", make(train, validation)).status == "fired"
    assert ask("Overfit", make(validation, train)).status == "not_fired"


def test_one_evaluation_cannot_tell_overfit():
    """With patience 1 two are needed."""
    found = ask("Overfit", of_losses([1.0, 0.5], [3.0]))
    assert found.status == "unknown"
    assert "1 evaluation" in found.sentence


def test_overtraining_is_when_both_have_waited_in_vain():
    """Training for five losses, validation for ten, none better by a hundredth."""
    train = [2.0, 1.5, 1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2] + [0.199] * 6
    found = ask("Overtraining", of_losses(train, [1.0, *[0.995] * 14]))
    # the training's last new optimum is its ninth loss, five later is the fourteenth
    assert (found.status, found.first_step) == ("fired", 13)
    assert ask("Overtraining", of_losses(train, [1.0, *[0.995] * 8])).status == "unknown"
    better = [1.0 - 0.02 * at for at in range(15)]
    assert ask("Overtraining", of_losses(train, better)).status == "not_fired"


def test_a_training_that_never_learned_is_not_overtrained():
    """That is another rule's, and told so."""
    found = ask("Overtraining", of_losses(FLAT, [2.3] * 20))
    assert found.status == "not_fired"
    assert "LossNotDecreasing" in found.explained[0]


def test_underfitting_is_a_plateau_near_the_start():
    """Flat at the first loss fires; a fall, or one that goes on, does not."""
    assert ask("Underfitting", of_losses(FLAT)).status == "fired"
    assert ask("Underfitting", of_losses(FALLING)).status == "not_fired"
    slow = [2.0 - 0.005 * at for at in range(20)]
    found = ask("Underfitting", of_losses(slow))
    assert found.status == "not_fired"
    assert "still falling" in found.sentence


def test_underfitting_knows_what_a_constant_answer_costs():
    """XGBoost starts from 0.5: far above a model that always answers the mean."""
    labels = np.array([0.0, 20.0] * 10)  # a standard deviation of 10
    names = ("train-rmse", "validation-rmse")
    rmse = [15.0] + [10.0 + 0.01 * (at % 2) for at in range(20)]
    places = {name: {("GLOBAL", s): x for s, x in enumerate(rmse)} for name in names}
    made = recording(places | {"labels": {("GLOBAL", 0): labels}}, collections={"losses": names})
    found = ask("Underfitting", made)
    assert found.status == "fired"
    assert "one answer for all" in found.sentence
    assert ask("Underfitting", recording(places, collections={"losses": names})).status != "fired"


def test_too_few_losses_show_no_plateau():
    """Six losses can't tell."""
    assert ask("Underfitting", of_losses(FLAT[:6])).status == "unknown"
