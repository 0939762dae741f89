"""Which labels and predictions of a training were saved, and are they classes?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.training.recording import MODES, Mode, Recording

MOST_CLASSES_OF = 5
"""Labels that take more than a fifth as many values as there are of them are no classes."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The newest saved labels, and the predictions of the same samples where they were saved.

    ``label`` and ``prediction`` count in ``classes``. They come from the saved steps ``first`` to
    ``last`` of ``mode``; ``names`` are their tensors.
    """

    names: tuple[str, ...]
    mode: Mode
    first: int
    last: int
    classes: tuple[str, ...]
    label: NDArray[np.intp]
    prediction: NDArray[np.intp] | None

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Counts by label (rows) and prediction (columns)."""
        k = len(self.classes)
        if self.prediction is None:
            return np.zeros((k, k), np.int64)
        return np.bincount(self.label * k + self.prediction, minlength=k * k).reshape(k, k)


def newest_answers(
    recording: Recording, labels: str, predictions: str, samples: int, modes: tuple[Mode, ...]
) -> Answers | str:
    """The newest steps that hold ``samples`` labels together, or why there are none, a sentence.

    Parameters
    ----------
    labels, predictions : str
        Regular expressions; the first tensor whose name they match counts.
    modes : tuple of str
        The first of these in which labels were saved counts.
    """
    truth = _named(recording, labels)
    if truth is None:
        return f"No tensor with a name like “{labels.removesuffix('$')}” was saved."
    mode = next((m for m in modes if len(recording.statistics.rows_of(truth, m))), None)
    if mode is None:
        return f"{recording.tensors[truth].name} was not saved in mode {' or '.join(modes)}."
    answered = _named(recording, predictions)
    told: list[tuple[int, NDArray[np.generic], NDArray[np.generic] | None]] = []
    n, whole = 0, False
    for step, label, prediction in _backwards(recording, truth, answered, mode):
        # XGBoost saves the labels of its whole data set in every step: counted once
        whole = bool(told) and np.array_equal(label, told[-1][1])
        if whole or n >= samples:
            break
        told.append((step, label, prediction))
        n += len(label)
    if not told:
        return f"Of {recording.tensors[truth].name} no values were saved."
    if n < samples and not whole:
        return f"{n:,} labels were saved; {samples:,} are needed."
    label = np.concatenate([each[1] for each in told])
    if not _are_classes(label):
        return f"The {n:,} labels take {len(np.unique(label)):,} values: numbers, not classes."
    some = [each[2] for each in told]
    known = [each for each in some if each is not None]
    guess = _classes_of(np.concatenate(known), label) if len(known) == len(some) else None
    both = label if guess is None else np.concatenate([label, guess])
    values, codes = np.unique(both, return_inverse=True)
    given = [truth] if guess is None or answered is None else [truth, answered]
    return Answers(
        names=tuple(recording.tensors[at].name for at in given),
        mode=mode,
        first=told[-1][0],
        last=told[0][0],
        classes=tuple(_name(value) for value in values),
        label=codes[: len(label)],
        prediction=None if guess is None else codes[len(label) :],
    )


def constant_loss(recording: Recording, metric: str) -> float:
    """What the best answer that is the same for all would cost, by the newest saved labels.

    Known of XGBoost's ``rmse``, ``mae``, ``logloss``, ``mlogloss``, ``error`` and ``merror``; nan
    of any other and without labels.
    """
    at = next((i for i, t in enumerate(recording.tensors) if t.kind == "label"), None)
    if at is None:
        return math.nan
    value = recording.value(int(recording.statistics.rows_of(at)[-1]))
    if value is None or value.dtype.kind not in "fiub" or not value.size:
        return math.nan
    label = value.astype(np.float64).ravel()
    if metric == "rmse":
        return float(label.std())
    if metric == "mae":
        return float(np.abs(label - np.median(label)).mean())
    share = np.unique(label, return_counts=True)[1] / len(label)
    if metric in ("logloss", "mlogloss"):
        return float(-(share * np.log(share)).sum())
    return float(1 - share.max()) if metric in ("error", "merror") else math.nan


def _named(recording: Recording, pattern: str) -> int | None:
    # as AWS's rules do, from the start of a name on
    wanted = re.compile(pattern)
    return next((i for i, t in enumerate(recording.tensors) if wanted.match(t.name)), None)


def _backwards(
    recording: Recording, truth: int, answered: int | None, mode: Mode
) -> Iterator[tuple[int, NDArray[np.generic], NDArray[np.generic] | None]]:
    """Step, labels and predictions of each step and worker, the newest first."""
    told = recording.statistics
    beside = {}
    if answered is not None:
        rows = told.rows_of(answered)
        beside = {(told.mode[r], told.step[r], told.worker[r]): int(r) for r in rows}
    for row in told.rows_of(truth, mode)[::-1]:
        label = recording.value(int(row))
        if label is None or not label.size:
            continue
        other = beside.get((MODES.index(mode), told.step[row], told.worker[row]))
        guess = None if other is None else recording.value(other)
        flat = _flat(label)
        if guess is not None and (not guess.size or len(_flat(guess)) != len(flat)):
            guess = None
        yield int(told.step[row]), flat, None if guess is None else _flat(guess)


def _flat(value: NDArray[np.generic]) -> NDArray[np.generic]:
    """One answer a sample: of a vector each (one-hot, or a score of each class) its largest."""
    if value.ndim >= 2 and value.shape[-1] > 1 and value.dtype.kind in "fiub":
        largest: NDArray[np.intp] = np.argmax(value.reshape(-1, value.shape[-1]), axis=1)
        return largest
    flat: NDArray[np.generic] = value.ravel()
    # 1.0 and 1 are one class
    whole = flat.dtype.kind == "f" and bool(np.all(flat == np.floor(flat.astype(np.float64))))
    return flat.astype(np.int64) if whole else flat


def _are_classes(label: NDArray[np.generic]) -> bool:
    if label.dtype.kind == "f":
        return False
    found = len(np.unique(label))
    return found <= 2 or found * MOST_CLASSES_OF <= len(label)


def _classes_of(
    prediction: NDArray[np.generic], label: NDArray[np.generic]
) -> NDArray[np.generic] | None:
    """Predictions as classes: a score of two classes counts from the middle on."""
    answers = {0, 1}
    if not set(np.unique(label).tolist()) <= answers:
        return None if prediction.dtype.kind == "f" else prediction
    if set(np.unique(prediction).tolist()) <= answers or prediction.dtype.kind not in "fi":
        return prediction
    score = prediction.astype(np.float64)
    middle = 0.5 if score.min() >= 0 and score.max() <= 1 else 0.0  # a logit's is 0
    return (score > middle).astype(np.int64)


def _name(value: np.generic) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
