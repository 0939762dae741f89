"""How alike are answers of several parts, over all pairs, and in which parts do they differ?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.bounded import bounded_mean_sequence
from analysis.estimates import Estimate, no_estimate
from analysis.intervals import share, student_quantile
from analysis.sequences import bernoulli_sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    from analysis.policy import PredictionKind

BINS = 50
"""Bars of a measure's picture."""
SHOWN_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One measure over all pairs.

    Attributes
    ----------
    name : str
    mean : Estimate
        With an interval: Wilson's where every value is 0 or 1 and Student's where nothing bounds
        them, both for one look; elsewhere the one for every look.
    watched : tuple of float
        Ends of the mean's interval for every look; nan where nothing bounds the values.
    quantiles : tuple of (share, value)
    edges, counts : ndarray (b + 1,), (b,)
        Histogram of the values; of a measure without range, of those between the quantiles 0.001
        and 0.999, with what lies beyond in the outer bars.
    missing : int
        Pairs to which the measure does not apply.
    """

    name: str
    mean: Estimate
    watched: tuple[float, float]
    quantiles: tuple[tuple[float, float], ...]
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    missing: int


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field of the answers: in how many pairs it is there, and in how many it differs.

    Attributes
    ----------
    name : str
        A path, a label, an output or a place of a ranking.
    n : int
        Pairs in which either side has it.
    differs : Estimate
        Share of ``n`` (Wilson); what only one side has counts as different.
    only_production, only_shadow : int
    bias : Estimate
        Mean of shadow − production over the pairs in which both are numbers (Student's interval);
        no data where there are none.
    sd, largest : float
        Standard deviation and largest size of those differences; nan where there are none.
    """

    name: str
    n: int
    differs: Estimate
    only_production: int
    only_shadow: int
    bias: Estimate
    sd: float
    largest: float


@dataclass(frozen=True, slots=True)
class DeltaSums:
    """Sums over the pairs in which a field is a number on both sides, of shadow − production."""

    n: int
    total: float
    squares: float
    largest: float


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Answers of several parts, compared pair by pair.

    Attributes
    ----------
    kind : str
    rule : str
        In words, when two answers agree.
    limit : float
        From which value of the first measure on they do.
    n, not_compared, cut : int
        Pairs that could be compared; pairs with an answer that is not of the kind, or none; pairs
        of ``n`` with an answer too long to be compared whole.
    measures : tuple of Measured
    fields : tuple of FieldDifference
        The most differing first; none for texts.
    problem : str
        Why a measure that was asked for is not there; empty where all are.
    step : int
        The measures are those of every so-manieth pair; counts and fields are of all.
    """

    kind: PredictionKind
    rule: str
    limit: float
    n: int
    not_compared: int
    cut: int
    measures: tuple[Measured, ...]
    fields: tuple[FieldDifference, ...]
    problem: str = ""
    step: int = 1


def measured(
    name: str, values: ArrayLike, *, span: tuple[float, float], confidence: float, planned: int
) -> Measured:
    """Sum up one measure.

    Parameters
    ----------
    values : array (n,)
        One a pair; nan where the measure does not apply.
    span : tuple of float
        Between which values it lies; infinite where nothing bounds it.
    planned : int
        Pairs planned for the test.
    """
    given = np.asarray(values, np.float64)
    known = np.sort(given[np.isfinite(given)])
    n = len(known)
    if n == 0:
        none, unknown = np.zeros(0, np.int64), (math.nan, math.nan)
        return Measured(name, no_estimate(), unknown, (), np.zeros(0), none, len(given))
    edges = _edges(known, span)
    ranks = np.maximum(np.ceil(np.array(SHOWN_QUANTILES) * n).astype(int), 1) - 1
    return Measured(
        name,
        *_mean(known, span, confidence, planned),
        tuple(zip(SHOWN_QUANTILES, known[ranks].tolist(), strict=True)),
        edges,
        np.histogram(np.clip(known, edges[0], edges[-1]), edges)[0].astype(np.int64),
        len(given) - n,
    )


def field_difference(
    name: str, n: int, changed: int, only: tuple[int, int], deltas: DeltaSums, *, confidence: float
) -> FieldDifference:
    """Sum up one field from counts: ``changed`` differ on both sides, ``only`` are on one."""
    bias, sd, largest = no_estimate(), math.nan, math.nan
    if deltas.n:
        mean, largest = deltas.total / deltas.n, deltas.largest
        if deltas.n > 1:
            # rounding may leave a little less than nothing
            spread = max(0.0, deltas.squares - deltas.n * mean * mean)
            sd = math.sqrt(spread / (deltas.n - 1))
        half = student_quantile(confidence, deltas.n - 1) * sd / math.sqrt(deltas.n)
        bias = Estimate(mean, mean - half, mean + half, deltas.n)
    return FieldDifference(
        name,
        n,
        share(changed + sum(only), n, confidence=confidence),
        only_production=only[0],
        only_shadow=only[1],
        bias=bias,
        sd=sd,
        largest=largest,
    )


def most_different_first(found: Iterable[FieldDifference]) -> tuple[FieldDifference, ...]:
    """Sort fields by how often they differ, then by how many pairs say so, then by name."""
    return tuple(sorted(found, key=lambda field: (-field.differs.value, -field.n, field.name)))


def _edges(known: NDArray[np.float64], span: tuple[float, float]) -> NDArray[np.float64]:
    low, high = span
    if not (math.isfinite(low) and math.isfinite(high)):
        # one answer a hundred times as long must not press all others into one bar
        low, high = (float(known[round(q * (len(known) - 1))]) for q in (0.001, 0.999))
    if high <= low:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, BINS + 1)


def _mean(
    known: NDArray[np.float64], span: tuple[float, float], confidence: float, planned: int
) -> tuple[Estimate, tuple[float, float]]:
    """The mean with its interval, and the ends of the one for every look."""
    n, value, alpha = len(known), float(known.mean()), 1 - confidence
    if span == (0.0, 1.0) and np.isin(known, span).all():
        # a share is decided soonest by a sequence that knows what is planned
        ones = int(known.sum())
        ends = bernoulli_sequence(ones, n, alpha=alpha, planned=planned)
        return share(ones, n, confidence=confidence), ends
    if math.isfinite(span[0]) and math.isfinite(span[1]):
        ends = bounded_mean_sequence(known, span=span, alpha=alpha)
        return Estimate(value, *ends, n), ends
    half = math.nan
    if n > 1:
        half = student_quantile(confidence, n - 1) * float(known.std(ddof=1)) / math.sqrt(n)
    return Estimate(value, value - half, value + half, n), (math.nan, math.nan)
