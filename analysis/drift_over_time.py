"""When did a feature move: how far was each hour or day from the reference, and is that chance?

Blocks of time are counts over bins that the reference sets, so that nothing but counts is needed
of the requests, however many there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.categories import (
    chi_square,
    corrected_v,
    jensen_shannon,
    pooled,
    population_stability,
    two_rows,
)
from analysis.chance import smirnov_limit, smirnov_p
from analysis.change_points import Change, change_points, strata
from analysis.drift import CRAMER_V, KS_D
from analysis.moved_mass import Yardstick, chance, moved
from analysis.multiplicity import benjamini_hochberg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

PSI, JS, WASSERSTEIN = "PSI", "Jensen–Shannon", "Wasserstein, sd"
CELLS = 20
FEWEST_ROWS = 100
"""A block with fewer values says nothing that its hour could be blamed for."""


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Counts (t, k) of a feature by block over k bins, and those of the reference, (k,).

    ``coarse`` is where each bin of PSI and Jensen–Shannon begins among the k: of a number these are
    tenths of the reference where D has twentieths, of texts they are the categories. Missing values
    are counted apart. ``yardstick`` says how far the bins of a number are from each other; None
    where its reference has no spread, and for texts.
    """

    name: str
    kind: Literal["numeric", "categorical"]
    counts: Counts
    reference: Counts
    coarse: Counts
    missing: Counts
    missing_reference: int
    reference_error: float = 0.0
    yardstick: Yardstick | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One measure of drift, block by block, (t,).

    ``chance`` is what it stays below with the confidence asked for where nothing has moved, at that
    block's number of values; nan, as ``value``, in a block of too few.
    """

    name: str
    value: Floats
    chance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class FeatureOverTime:
    """One feature: the size of its drift in each block, (t,), and when it changed.

    The first of ``courses`` is the effect (KS D or Cramér's V), ``p`` and ``q`` are its own: q is
    adjusted for all blocks of all features. ``n`` are values that are there.
    """

    name: str
    kind: Literal["numeric", "categorical"]
    n: Counts
    missing: Counts
    n_reference: int
    courses: tuple[Course, ...]
    p: Floats
    q: Floats
    changes: tuple[Change, ...]

    @property
    def effect(self) -> Course:
        """The size of the drift."""
        return self.courses[0]

    def moved(self, tolerance: float, alpha: float) -> NDArray[np.bool_]:
        """Blocks (t,) further from the reference than the tolerance, and beyond chance."""
        found: NDArray[np.bool_] = (self.effect.value > tolerance) & (self.q < alpha)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class DriftOverTime:
    """All features, the most moved first, over the same blocks.

    Attributes
    ----------
    start : ndarray (t,) of datetime64[s]
        Start of each block, UTC, without a gap.
    block_s : int
        Length of a block in seconds.
    rows : ndarray (t,) of int64
        Rows captured in each block; none is a gap in the capture.
    by_kind : bool
        Whether what is usual at a time of the day or a day of the week was taken out before
        changes were looked for.
    """

    start: NDArray[np.datetime64]
    block_s: int
    rows: Counts
    features: tuple[FeatureOverTime, ...]
    tolerance: float
    alpha: float
    by_kind: bool

    @property
    def gaps(self) -> NDArray[np.bool_]:
        """Blocks (t,) of which nothing was captured."""
        found: NDArray[np.bool_] = self.rows == 0
        return found


def edges(values: Floats) -> tuple[Floats, Counts]:
    """Twentieths of a sorted reference, equal ones once, and where tenths begin among the bins.

    A bin holds what is above one edge and up to the next; the outer ones are open.
    """
    n = len(values)
    if n == 0:
        return np.empty(0), np.zeros(1, dtype=np.int64)
    ranks = np.ceil(np.arange(1, CELLS) * n / CELLS).astype(np.int64) - 1
    fine = np.unique(values[ranks])
    tenths = np.unique(values[ranks[1::2]])
    return fine, np.append(0, np.searchsorted(fine, tenths) + 1)


def over_time(
    bins: Sequence[Bins],
    start: NDArray[np.datetime64],
    rows: Counts,
    *,
    block_s: int,
    tolerance: float,
    alpha: float,
) -> DriftOverTime:
    """How far each feature was from its reference in each block, and when it changed.

    Of a number the effect is D at the twentieths of the reference: at most a twentieth below the
    exact one, never above. Beside each measure stands what it stays below, with probability
    1 − alpha for each block, where nothing has moved: Smirnov's limit of D (conservative, for D is
    looked at in 19 places only), chi-square's for V, for PSI (Yurdakul 2018) and for Jensen–Shannon
    (whose divergence is chi-square/8 · (1/n + 1/m) nats where shares are near each other, Lin
    1991), and that of a Brownian bridge for the Wasserstein distance of the bins
    (:mod:`analysis.moved_mass`). A reference that is a sketch widens D's by its error; the others
    have none then.
    """
    kinds = strata(start, block_s)
    given = [_feature(each, alpha) for each in bins]
    q = benjamini_hochberg(np.concatenate([np.empty(0), *(each.p for each in given)]))
    series = [np.column_stack([each.counts, each.missing]) for each in bins]
    changes = change_points(series, kinds, alpha=alpha)
    features = [
        replace(each, q=q[at * len(start) : (at + 1) * len(start)], changes=marks)
        for at, (each, marks) in enumerate(zip(given, changes, strict=True))
    ]
    features.sort(key=lambda each: (-int(each.moved(tolerance, alpha).sum()), -_mean(each)))
    by_kind = bool(len(kinds)) and bool(kinds.max() > 0)
    return DriftOverTime(start, block_s, rows, tuple(features), tolerance, alpha, by_kind)


def _mean(feature: FeatureOverTime) -> float:
    value = feature.effect.value[~np.isnan(feature.effect.value)]
    return float(value.mean()) if len(value) else -math.inf


def _feature(bins: Bins, alpha: float) -> FeatureOverTime:
    n, m = bins.counts.sum(axis=1), int(bins.reference.sum())
    effect, p = _distances(bins, alpha) if bins.kind == "numeric" else _v(bins, alpha)
    stability, divergence = _shares(bins, alpha)
    return FeatureOverTime(
        name=bins.name,
        kind=bins.kind,
        n=n,
        missing=bins.missing,
        n_reference=m,
        courses=(effect, stability, divergence, *_mass(bins, alpha)),
        p=p,
        q=np.full(len(n), math.nan),
        changes=(),
    )


def _asked(bins: Bins) -> Counts:
    """The blocks with enough values, where the reference has them too."""
    enough = bins.counts.sum(axis=1) >= FEWEST_ROWS
    return np.flatnonzero(enough & (bins.reference.sum() >= FEWEST_ROWS))


def _empty(bins: Bins) -> tuple[Floats, Floats, Floats]:
    value, chance, p = np.full((3, len(bins.counts)), math.nan)
    return value, chance, p


def _distances(bins: Bins, alpha: float) -> tuple[Course, Floats]:
    value, chance, p = _empty(bins)
    m = int(bins.reference.sum())
    reference = bins.reference.cumsum() / max(m, 1)
    for at in _asked(bins):
        n = int(bins.counts[at].sum())
        value[at] = np.abs(bins.counts[at].cumsum() / n - reference).max()
        chance[at] = smirnov_limit(m, n, alpha=alpha) + bins.reference_error
        p[at] = smirnov_p(max(0.0, value[at] - bins.reference_error), m, n)
    return Course(KS_D, value, chance), p


def _v(bins: Bins, alpha: float) -> tuple[Course, Floats]:
    from scipy.special import chdtri

    value, chance, p = _empty(bins)
    for at in _asked(bins):
        test = chi_square(bins.reference, bins.counts[at])
        value[at], chance[at], p[at] = 0.0, 0.0, test.p
        if test.df > 0:
            value[at] = corrected_v(test.statistic, test.df, test.n)
            chance[at] = corrected_v(float(chdtri(test.df, alpha)), test.df, test.n)
    return Course(CRAMER_V, value, chance), p


def _shares(bins: Bins, alpha: float) -> tuple[Course, Course]:
    """PSI and Jensen–Shannon, over tenths or categories, missing values a bin of their own."""
    from scipy.special import chdtri

    psi, psi_chance, js = _empty(bins)
    js_chance = psi_chance.copy()
    reference = _coarse(bins.reference, bins.coarse, bins.missing_reference)
    exact = bins.reference_error == 0
    for at in _asked(bins):
        current = _coarse(bins.counts[at], bins.coarse, int(bins.missing[at]))
        table = pooled(two_rows(reference, current))
        stability = population_stability(*table)
        psi[at], js[at] = stability.psi, jensen_shannon(*table)
        if exact:
            df = table.shape[1] - 1
            spread = float((1 / table.sum(axis=1)).sum())
            limit = float(chdtri(df, alpha)) * spread if df else 0.0
            psi_chance[at], js_chance[at] = limit, math.sqrt(limit / (8 * math.log(2)))
    return Course(PSI, psi, psi_chance), Course(JS, js, js_chance)


def _mass(bins: Bins, alpha: float) -> Iterator[Course]:
    """The Wasserstein distance of a number whose reference has a spread."""
    if bins.kind != "numeric" or bins.yardstick is None:
        return
    value, limit, _ = _empty(bins)
    asked, m = _asked(bins), int(bins.reference.sum())
    if len(asked):
        n = bins.counts[asked].sum(axis=1)
        reference = bins.reference / m
        shares = bins.counts[asked] / n[:, None]
        value[asked] = moved(bins.yardstick, np.cumsum(reference - shares, axis=1))
        if bins.reference_error == 0:
            spread = np.sqrt(1 / n + 1 / m)
            limit[asked] = chance(bins.yardstick, reference, alpha=alpha) * spread
    yield Course(WASSERSTEIN, value, limit)


def _coarse(counts: Counts, starts: Counts, missing: int) -> Counts:
    return np.append(np.add.reduceat(counts, starts), missing)


def searched(values: ArrayLike, at: Floats) -> Counts:
    """Count a sorted sample (n,) in the bins between edges (k − 1,), as ``edges`` parts them."""
    upto = np.searchsorted(np.asarray(values, dtype=np.float64), at, "right")
    return np.diff(upto, prepend=0, append=len(np.asarray(values)))
