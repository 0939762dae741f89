"""How did the losses of a training go, and from where on does it overfit?

TRAIN and EVAL count their steps each for itself; the global step says what was saved between
what. XGBoost writes no modes but names: ``train-logloss`` and ``validation-logloss``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.training.recording import Mode, Recording, Tensor

Part = Literal["training", "validation"]

LAST_OF_TRAINING = 10
"""So many training losses at most stand for the time of an evaluation."""
_OF_A_SET = re.compile(r"^(?P<set>[A-Za-z_]+)-(?P<metric>[\w@.+-]+)$")
# XGBoost's collection "losses" leaves out auc and map; these grow as a model gets better too.
_BETTER_IF_HIGHER = re.compile(
    r"^(auc|aucpr|map|ndcg|pre|accuracy|balanced_accuracy|f1|f1_binary|f1_macro|precision|"
    r"precision_macro|precision_micro|recall|recall_macro|recall_micro|r2)(@.*)?-?$"
)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One loss in one mode: a value for each step at which it was saved, in order.

    ``metric`` is what a training and a validation loss share: the tensor's name, without the name
    of the data set where XGBoost put it first. ``worker`` is "" for the mean of all workers, whose
    extremes are ``low`` and ``high``. A value is nan where a worker's loss was NaN or infinite.
    """

    tensor: str
    metric: str
    part: Part
    mode: Mode
    worker: str
    step: NDArray[np.int64]
    global_step: NDArray[np.int64]
    time: NDArray[np.float64]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.step)

    @property
    def best(self) -> int | None:
        """Where the lowest loss stands; None where none is a number."""
        known = np.isfinite(self.value)
        return int(np.nanargmin(np.where(known, self.value, np.nan))) if known.any() else None

    @property
    def whole_data(self) -> bool:
        """Whether a value is of a whole data set, as XGBoost's are, and not of one batch."""
        return self.metric != self.tensor


@dataclass(frozen=True, slots=True, eq=False)
class Rounds:
    """Training and validation loss side by side: one row for each evaluation.

    ``step`` is the validation's own. A training loss is the mean of those saved since the
    evaluation before, of the last ten at most; a validation loss the mean over an evaluation's
    batches. XGBoost saves both in one step.
    """

    training: Curve
    validation: Curve
    step: NDArray[np.int64]
    global_step: NDArray[np.int64]
    trained: NDArray[np.float64]
    validated: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.step)

    @property
    def gap(self) -> NDArray[np.float64]:
        """(validation - training) / training; infinite where the training loss is 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found: NDArray[np.float64] = (self.validated - self.trained) / np.abs(self.trained)
        return found

    def overfits_from(self, rise: float = 0.1) -> int | None:
        """Which row has the lowest validation loss, if the loss rises after it.

        None where it ends less than ``rise`` above its lowest, or where the training loss has not
        fallen since: that is another trouble.
        """
        if not np.isfinite(self.validated).any():
            return None
        best = int(np.nanargmin(self.validated))
        lowest, last = self.validated[best], self.validated[-1]
        if last > lowest + rise * abs(lowest) and self.trained[-1] <= self.trained[best]:
            return best
        return None


def curves(recording: Recording, *, each_worker: bool = False) -> tuple[Curve, ...]:
    """Every loss of every mode, of all workers together or of each one.

    Losses are of the kind ``loss``, without measures that grow as a model gets better.
    """
    return tuple(
        curve
        for at, tensor in enumerate(recording.tensors)
        if tensor.kind == "loss" and not _BETTER_IF_HIGHER.match(_metric(tensor.name))
        for mode in ("TRAIN", "EVAL", "GLOBAL")
        for curve in _of_a_tensor(recording, at, tensor, mode, each_worker)
    )


def rounds(found: Sequence[Curve]) -> tuple[Rounds, ...]:
    """Training and validation of the same loss, evaluation by evaluation."""
    return tuple(
        _in_one_step(training, validation)
        if training.mode == validation.mode
        else _between(training, validation)
        for training in found
        for validation in found
        if training.part == "training"
        and validation.part == "validation"
        and training.metric == validation.metric
        and training.worker == validation.worker
        and (training.mode == "GLOBAL") == (validation.mode == "GLOBAL")
    )


def _of_a_tensor(
    recording: Recording, at: int, tensor: Tensor, mode: Mode, each_worker: bool
) -> Iterator[Curve]:
    told = recording.statistics
    rows = told.rows_of(at, mode)
    workers = np.unique(told.worker[rows]) if each_worker else [None]
    for worker in workers:
        of = rows if worker is None else rows[told.worker[rows] == worker]
        if not len(of):
            continue
        finite = ~(told.non_finite[of] > 0)  # nan: only reductions were saved
        value = np.where(finite, told.mean[of], np.nan)
        step, first, n = np.unique(told.step[of], return_index=True, return_counts=True)
        yield Curve(
            tensor=tensor.name,
            metric=_metric(tensor.name),
            part=_part(tensor.name, mode),
            mode=mode,
            worker="" if worker is None else recording.workers[worker],
            step=step,
            global_step=told.global_step[of][first],
            time=told.time[of][first],
            value=np.add.reduceat(value, first) / n,
            low=np.minimum.reduceat(value, first),
            high=np.maximum.reduceat(value, first),
        )


def _metric(name: str) -> str:
    found = _OF_A_SET.match(name)
    return found["metric"] if found else name


def _part(name: str, mode: Mode) -> Part:
    found = _OF_A_SET.match(name)
    if mode == "GLOBAL" and found:
        return "training" if found["set"].startswith("train") else "validation"
    return "validation" if mode == "EVAL" else "training"


def _in_one_step(training: Curve, validation: Curve) -> Rounds:
    step, here, there = np.intersect1d(training.step, validation.step, return_indices=True)
    return Rounds(
        training,
        validation,
        step,
        validation.global_step[there],
        training.value[here],
        validation.value[there],
    )


def _between(training: Curve, validation: Curve) -> Rounds:
    """Evaluations are told apart by the training steps between them."""
    before = np.searchsorted(training.global_step, validation.global_step)
    seen = before > 0  # an evaluation before any training has nothing to stand beside
    ends, first = np.unique(before[seen], return_index=True)
    starts = np.maximum(np.concatenate(([0], ends[:-1])), ends - LAST_OF_TRAINING)
    last = np.append(first[1:], int(seen.sum()))[: len(first)] - 1
    validated = [
        float(np.mean(validation.value[seen][low : high + 1]))
        for low, high in zip(first, last, strict=True)
    ]
    trained = [
        float(np.mean(training.value[low:high])) for low, high in zip(starts, ends, strict=True)
    ]
    return Rounds(
        training,
        validation,
        validation.step[seen][last],
        validation.global_step[seen][last],
        np.array(trained, np.float64),
        np.array(validated, np.float64),
    )
