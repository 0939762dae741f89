"""Are loss curves put together, and training and validation laid side by side, as they were?"""

from __future__ import annotations

import numpy as np
import pytest

from analysis.training import losses, trend
from tests.analysis.training.recorded import only_reductions, recording
from tests.analysis.training.trained import LOSS, of_losses, of_xgboost


def test_a_curve_is_what_was_saved():
    """Steps in order, one value each, the parts by their modes."""
    made = of_losses([2.0, 1.0, 0.5], [2.5, 1.5])
    training, validation = losses.curves(made)
    assert (training.part, training.mode, validation.part) == ("training", "TRAIN", "validation")
    assert training.step.tolist() == [0, 10, 20]
    assert training.value.tolist() == [2.0, 1.0, 0.5]
    assert validation.value.tolist() == [2.5, 1.5]
    assert training.best == 2


def test_a_loss_of_which_only_reductions_were_saved_is_a_curve():
    """The mean of a scalar is the scalar."""
    made = only_reductions(of_losses([2.0, 1.0, 0.5]))
    assert losses.curves(made)[0].value.tolist() == [2.0, 1.0, 0.5]


def test_a_loss_that_is_not_a_number_is_nan_and_never_best():
    """What blew up has no mean of what is left of it."""
    made = recording({LOSS: {("TRAIN", 0): 3.0, ("TRAIN", 1): np.inf, ("TRAIN", 2): np.nan}})
    (curve,) = losses.curves(made)
    assert np.isnan(curve.value[1:]).all()
    assert curve.best == 0


def test_workers_are_averaged_with_their_extremes_or_shown_each():
    """Each worker sees batches of its own; the mean lies between."""
    made = recording({LOSS: {("TRAIN", 0, "worker_0"): 1.0, ("TRAIN", 0, "worker_1"): 3.0}})
    (mean,) = losses.curves(made)
    assert (mean.value[0], mean.low[0], mean.high[0], mean.worker) == (2.0, 1.0, 3.0, "")
    each = losses.curves(made, each_worker=True)
    assert [(curve.worker, curve.value[0]) for curve in each] == [
        ("worker_0", 1.0),
        ("worker_1", 3.0),
    ]


def test_what_grows_as_a_model_gets_better_is_no_loss():
    """XGBoost's collection of losses holds aucpr and ndcg as well."""
    names = ("train-logloss", "train-aucpr", "train-ndcg@5")
    made = recording({name: {("GLOBAL", 0): 0.5} for name in names}, collections={"losses": names})
    assert [curve.tensor for curve in losses.curves(made)] == ["train-logloss"]


def test_xgboost_pairs_by_the_name_of_the_measure():
    """Both sets in one step stand side by side."""
    (pair,) = losses.rounds(losses.curves(of_xgboost([0.5, 0.3], [0.6, 0.7])))
    assert pair.training.tensor == "train-logloss"
    assert pair.trained.tolist() == [0.5, 0.3]
    assert pair.validated.tolist() == [0.6, 0.7]


def test_an_evaluation_stands_beside_the_training_before_it():
    """Batches of one evaluation are averaged, and training losses since the one before."""
    made = of_losses([4.0, 2.0, 1.0, 0.5], [5.0, 3.0])
    (pair,) = losses.rounds(losses.curves(made))
    assert pair.trained.tolist() == [4.0, 2.0]
    assert pair.validated.tolist() == [5.0, 3.0]
    assert pair.gap.tolist() == pytest.approx([0.25, 0.5])


def test_a_long_training_before_one_evaluation_is_not_averaged_whole():
    """The training loss at the time of an evaluation is that of the steps just before it."""
    made = recording(
        {LOSS: {**{("TRAIN", at): 10.0 - at / 10 for at in range(50)}, ("EVAL", 0): 5.0}}
    )
    (pair,) = losses.rounds(losses.curves(made))
    assert pair.trained[0] == pytest.approx(np.mean([10.0 - at / 10 for at in range(40, 50)]))


def test_overfitting_begins_at_the_lowest_validation_loss():
    """Where validation rises for good while training falls."""
    (pair,) = losses.rounds(losses.curves(of_xgboost([5, 3, 2, 1], [6, 4, 5, 6])))
    assert pair.overfits_from() == 1


@pytest.mark.parametrize(
    ("train", "validation"),
    [([5, 3, 2, 1], [6, 4, 3, 2]), ([5, 3, 4, 5], [6, 4, 5, 6]), ([5, 3, 2], [6, 4, 4.1])],
    ids=["still falling", "training rises too", "hardly a rise"],
)
def test_what_is_no_overfitting_begins_nowhere(train: list[float], validation: list[float]):
    """A falling validation loss, a training that diverges, a ripple."""
    (pair,) = losses.rounds(losses.curves(of_xgboost(train, validation)))
    assert pair.overfits_from() is None


def test_no_losses_are_no_curves():
    """Nothing saved is nothing, not an error."""
    made = recording({"Net_fc.0.weight": {("TRAIN", 0): np.ones((2, 2))}})
    assert losses.curves(made) == ()
    assert losses.rounds(()) == ()


def test_a_trend_is_mann_kendalls():
    """Worked out by hand: 28 pairs, two of them falling; the variance is n(n-1)(2n+5)/18."""
    rising = np.array([1.0, 2, 3, 5, 4, 7, 6, 8])  # two inversions: S = 24
    assert trend.score(rising) == pytest.approx((24 - 1) / np.sqrt(8 * 7 * 21 / 18))
    assert trend.score(-rising) == pytest.approx(-trend.score(rising))
    assert trend.falls(-rising)


def test_a_trend_ignores_a_constant_and_what_is_no_number():
    """Only the order counts."""
    values = np.random.default_rng(3).normal(size=40)
    assert trend.score(values + 100) == trend.score(values)
    assert trend.score(np.insert(values, 5, np.nan)) == trend.score(values)
    assert trend.score(np.ones(20)) == 0


def test_a_long_series_is_thinned_and_keeps_its_trend():
    """A million losses are no million million pairs."""
    values = np.random.default_rng(3).normal(size=200_000)
    assert abs(trend.score(values)) < 4
    assert trend.falls(values - np.linspace(0, 1, len(values)))
