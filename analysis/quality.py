"""Which model is nearer to the truth? Everything known about it, in one result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.intervals import student_quantile, wilson_bands

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from analysis.calibration import Calibration
    from analysis.classes import ClassQuality
    from analysis.correctness import McNemar, Watched
    from analysis.estimates import Window
    from analysis.labels import LabelCounts, LabelCoverage, LabelsBehind
    from analysis.measured import Measure
    from analysis.policy import PredictionKind

SHOWN_IDS = 5
"""Ids of either side that are shown where none of them match."""


@dataclass(frozen=True, slots=True, eq=False)
class SideSeries:
    """One model's quality in blocks of time, each with its own interval; nan without pairs.

    ``value``, ``low`` and ``high`` are of shape (t,).
    """

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class QualitySeries:
    """Both models' accuracy, or mean absolute error, in equal blocks of time.

    Attributes
    ----------
    measure : str
        ``accuracy`` or ``mae``.
    start : ndarray (t,) of datetime64[s]
        Start of each block of requests (not of labels), UTC.
    n : ndarray (t,) of int64
        Labelled pairs.
    production, shadow : SideSeries
    """

    measure: Literal["accuracy", "mae"]
    start: NDArray[np.datetime64]
    n: NDArray[np.int64]
    production: SideSeries
    shadow: SideSeries


@dataclass(frozen=True, slots=True)
class Ids:
    """Some ids of the ground truth and of production's captures, for a reader to compare."""

    truth: tuple[str, ...]
    inference_ids: tuple[str, ...]
    event_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """Both models against the ground truth, in one window of a test.

    Attributes
    ----------
    kind : str
    window : Window
    positive : str or None
        Binary answers: the label that precision and recall are about.
    n : int
        Labelled pairs that are compared. ``coverage.labelled = n + unreadable + foreign``.
    unreadable, foreign : int
        Labelled pairs of which an answer could not be read, and of which the label is none that a
        model of this kind can give (text where a number is expected).
    counts : LabelCounts
    coverage : LabelCoverage
    measures : tuple of Measure
        The most important one first; empty for kinds that are not compared with the truth.
    mcnemar : McNemar or None
    classes : tuple of ClassQuality
        The most frequent first.
    series : QualitySeries or None
    ids : Ids
    foreign_labels : tuple of str
        Some of the labels that no model of this kind can give.
    behind : LabelsBehind or None
        What has come since the labels were joined; None where they are all there are.
    watched : Watched or None
        McNemar's question at every look, where ``mcnemar`` is that of one.
    calibration : Calibration or None
        Where both models give a score of the positive label that may be a probability.
    """

    kind: PredictionKind
    window: Window
    positive: str | None
    n: int
    unreadable: int
    foreign: int
    counts: LabelCounts
    coverage: LabelCoverage
    measures: tuple[Measure, ...]
    mcnemar: McNemar | None
    classes: tuple[ClassQuality, ...]
    series: QualitySeries | None
    ids: Ids
    foreign_labels: tuple[str, ...]
    behind: LabelsBehind | None = None
    watched: Watched | None = None
    calibration: Calibration | None = None

    def measure(self, name: str) -> Measure | None:
        """The measure of that name; None where this kind of answer has none."""
        return next((each for each in self.measures if each.name == name), None)


def accuracy_series(
    start: ArrayLike, n: ArrayLike, production: ArrayLike, shadow: ArrayLike, *, confidence: float
) -> QualitySeries:
    """Accuracy of both models in blocks (t,), with Wilson's intervals, from counts of hits."""
    pairs = np.asarray(n, np.int64)

    def side(right: ArrayLike) -> SideSeries:
        hits = np.asarray(right, np.float64)
        low, high = wilson_bands(hits, pairs, confidence=confidence)
        return SideSeries(hits / np.where(pairs > 0, pairs, np.nan), low, high)

    return QualitySeries(
        "accuracy", np.asarray(start, "datetime64[s]"), pairs, side(production), side(shadow)
    )


def error_series(
    start: ArrayLike,
    n: ArrayLike,
    production: tuple[ArrayLike, ArrayLike],
    shadow: tuple[ArrayLike, ArrayLike],
    *,
    confidence: float,
) -> QualitySeries:
    """Mean absolute error of both models in blocks (t,), with Student's t.

    ``production`` and ``shadow`` are sums of absolute and of squared errors; a block of one pair,
    or of errors that are all alike, has a value and no interval.
    """
    pairs = np.asarray(n, np.int64)
    t = np.array([student_quantile(confidence, each - 1) for each in pairs.tolist()])

    def side(sums: tuple[ArrayLike, ArrayLike]) -> SideSeries:
        total, squares = (np.asarray(each, np.float64) for each in sums)
        count = np.where(pairs > 0, pairs, np.nan)
        mean = total / count
        free = np.where(pairs > 1, pairs - 1, np.nan)
        variance = np.maximum(0.0, (squares - total * mean) / free)
        half = t * np.sqrt(np.where(variance > 0, variance, np.nan) / count)
        return SideSeries(mean, np.maximum(0.0, mean - half), mean + half)

    return QualitySeries(
        "mae", np.asarray(start, "datetime64[s]"), pairs, side(production), side(shadow)
    )
