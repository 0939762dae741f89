"""Has a feature's distribution moved, and by how much?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.categories import (
    CategoryShift,
    chi_square,
    cramer_v,
    jensen_shannon,
    largest_shift,
    population_stability,
)
from analysis.chance import cramer_von_mises_p, dkw_margin, smirnov_p
from analysis.estimates import Estimate, TestResult, no_estimate
from analysis.multiplicity import benjamini_hochberg
from analysis.sorted_samples import (
    Sample,
    decile_counts,
    in_sd,
    ks_distance,
    overlay,
    sort_sample,
    thin_curve,
    wasserstein,
    winsorised_sd,
)
from analysis.squared_distance import cramer_von_mises

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CategoryShift",
    "Curve",
    "FeatureDrift",
    "adjust",
    "categorical_drift",
    "numeric_drift",
    "numeric_drift_sorted",
]

KS_D = "KS D"
CRAMER_V = "Cramér V"

Kind = Literal["numeric", "categorical"]
State = Literal["drift", "none", "cannot_tell", "no_data"]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A cumulative distribution, thinned for drawing: share of values at or below each x."""

    x: NDArray[np.float64]
    share: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureDrift:
    """One feature, reference against current. What does not apply to its kind is nan or None.

    Attributes
    ----------
    name, kind
    n_reference, n_current : int
        Values that are there; missing ones are counted apart.
    missing_reference, missing_current : int
    effect : Estimate
        The size of the change: KS D or bias-corrected Cramér V, 0 to 1.
    effect_name : str
        ``KS D`` or ``Cramér V``.
    p, q : float
        p of the test belonging to the effect; q after Benjamini–Hochberg, nan until adjusted.
    psi, psi_expected, psi_p : float
        Population stability index, its mean when nothing has changed, and its p.
    js : float
        Jensen–Shannon distance, base 2.
    wasserstein, wasserstein_scaled : float
        In the feature's unit; winsorised in standard deviations of the reference.
    cvm, cvm_p : float
        Two-sample Cramér–von Mises statistic and its p.
    chi2 : TestResult or None
    largest_shift : CategoryShift or None
        The category whose share changed most.
    tolerance : float
        The effect up to which a change is harmless.
    state : str
        ``drift``, ``none``, ``cannot_tell`` or ``no_data``.
    reference_curve, current_curve : Curve or None
    labels : tuple of str
        Categories, the most frequent in the reference first.
    reference_shares, current_shares : ndarray or None
        Shares of ``labels``.
    reference_error : float
        Share by which the reference's curve may be off, where it comes from a sketch.
    """

    name: str
    kind: Kind
    n_reference: int
    n_current: int
    missing_reference: int
    missing_current: int
    effect: Estimate
    effect_name: str
    p: float
    q: float
    psi: float
    psi_expected: float
    psi_p: float
    js: float
    wasserstein: float
    wasserstein_scaled: float
    cvm: float
    cvm_p: float
    chi2: TestResult | None
    largest_shift: CategoryShift | None
    tolerance: float
    state: State
    reference_curve: Curve | None
    current_curve: Curve | None
    labels: tuple[str, ...]
    reference_shares: NDArray[np.float64] | None
    current_shares: NDArray[np.float64] | None
    reference_error: float = 0.0


def numeric_drift(
    name: str, reference: ArrayLike, current: ArrayLike, *, tolerance: float, alpha: float
) -> FeatureDrift:
    """Compare two samples (n,), (m,) of numbers in any order; nan is missing."""
    return numeric_drift_sorted(
        name, sort_sample(reference), sort_sample(current), tolerance=tolerance, alpha=alpha
    )


def numeric_drift_sorted(
    name: str,
    reference: Sample,
    current: Sample,
    *,
    tolerance: float,
    alpha: float,
    reference_error: float = 0.0,
) -> FeatureDrift:
    """Compare two sorted samples.

    The effect is the Kolmogorov–Smirnov distance D with an interval from the bound of Dvoretzky,
    Kiefer & Wolfowitz with Massart's constant (1990), at alpha/2 for each sample: it assumes
    nothing about the distribution and nothing about how the two samples depend on each other. p is
    Smirnov's asymptotic one (1939), which with ties errs on the quiet side.

    Parameters
    ----------
    tolerance : float
        D up to which a change is harmless.
    alpha : float
        Of the interval and the test.
    reference_error : float
        Share by which the reference's cumulative curve may be off anywhere, as a sketch's is. The
        interval widens by it on both sides, and p is that of a D smaller by it. The tests of PSI
        and Cramér–von Mises allow for no such error and are left out.
    """
    if reference.n == 0 or current.n == 0:
        return _without_data(name, "numeric", reference, current, tolerance)
    pair = overlay(reference.values, current.values)
    distance = ks_distance(pair)
    margin = dkw_margin(reference.n, alpha=alpha / 2) + dkw_margin(current.n, alpha=alpha / 2)
    margin += reference_error
    exact = reference_error == 0
    raw, trimmed = wasserstein(pair)
    bins = _with_missing(decile_counts(pair), reference.missing, current.missing)
    stability = population_stability(*bins)
    cvm = cramer_von_mises(pair) if exact else math.nan
    drift = FeatureDrift(
        name=name,
        kind="numeric",
        n_reference=reference.n,
        n_current=current.n,
        missing_reference=reference.missing,
        missing_current=current.missing,
        effect=Estimate(
            distance,
            max(0.0, distance - margin),
            min(1.0, distance + margin),
            min(reference.n, current.n),
        ),
        effect_name=KS_D,
        p=smirnov_p(max(0.0, distance - reference_error), reference.n, current.n),
        q=math.nan,
        psi=stability.psi,
        psi_expected=stability.expected,
        psi_p=stability.p if exact else math.nan,
        js=jensen_shannon(*bins),
        wasserstein=raw,
        wasserstein_scaled=in_sd(trimmed, winsorised_sd(reference.values)),
        cvm=cvm,
        cvm_p=cramer_von_mises_p(cvm, reference.n, current.n) if exact else math.nan,
        chi2=None,
        largest_shift=None,
        tolerance=tolerance,
        state="cannot_tell",
        reference_curve=Curve(*thin_curve(reference.values)),
        current_curve=Curve(*thin_curve(current.values)),
        labels=(),
        reference_shares=None,
        current_shares=None,
        reference_error=reference_error,
    )
    return replace(drift, state=state_of(drift, drift.p, alpha))


def categorical_drift(
    name: str,
    labels: Sequence[str],
    reference_counts: ArrayLike,
    current_counts: ArrayLike,
    *,
    tolerance: float,
    alpha: float,
    missing_reference: int = 0,
    missing_current: int = 0,
) -> FeatureDrift:
    """Compare counts (k,) of the same categories.

    The effect is Cramér's V, corrected for bias, with the interval of its noncentrality; p is that
    of the two-sample chi-square test. Missing values are a category of their own for PSI and the
    Jensen–Shannon distance only.
    """
    reference = np.asarray(reference_counts, dtype=np.int64)
    current = np.asarray(current_counts, dtype=np.int64)
    n, m = int(reference.sum()), int(current.sum())
    if n == 0 or m == 0:
        sides = Sample(np.empty(n), missing_reference), Sample(np.empty(m), missing_current)
        return _without_data(name, "categorical", *sides, tolerance)
    order = np.argsort(-reference, kind="stable")
    names = tuple(labels[i] for i in order)
    reference, current = reference[order], current[order]
    bins = _with_missing((reference, current), missing_reference, missing_current)
    stability = population_stability(*bins)
    test = chi_square(reference, current)
    drift = FeatureDrift(
        name=name,
        kind="categorical",
        n_reference=n,
        n_current=m,
        missing_reference=missing_reference,
        missing_current=missing_current,
        effect=replace(cramer_v(test, alpha=alpha), n=min(n, m)),
        effect_name=CRAMER_V,
        p=test.p,
        q=math.nan,
        psi=stability.psi,
        psi_expected=stability.expected,
        psi_p=stability.p,
        js=jensen_shannon(*bins),
        wasserstein=math.nan,
        wasserstein_scaled=math.nan,
        cvm=math.nan,
        cvm_p=math.nan,
        chi2=test,
        largest_shift=largest_shift(names, reference, current, alpha=alpha),
        tolerance=tolerance,
        state="cannot_tell",
        reference_curve=None,
        current_curve=None,
        labels=names,
        reference_shares=reference / n,
        current_shares=current / m,
    )
    return replace(drift, state=state_of(drift, drift.p, alpha))


def adjust(features: Iterable[FeatureDrift], *, alpha: float) -> tuple[FeatureDrift, ...]:
    """Allow for the number of features asked about, and put the worst first.

    q is p after Benjamini & Hochberg over all features with data; the state rests on q from here
    on. Features without data come last.
    """
    given = tuple(features)
    adjusted = benjamini_hochberg([feature.p for feature in given])
    done = (
        replace(feature, q=float(q), state=state_of(feature, float(q), alpha))
        for feature, q in zip(given, adjusted, strict=True)
    )
    return tuple(
        sorted(done, key=lambda f: (not f.effect.known, -f.effect.value if f.effect.known else 0))
    )


def state_of(feature: FeatureDrift, q: float, alpha: float) -> State:
    """Judge by size, not by p: with a million rows every change is significant."""
    if not feature.effect.known:
        return "no_data"
    if feature.effect.value > feature.tolerance and q < alpha:
        return "drift"
    if feature.effect.high <= feature.tolerance:
        return "none"
    return "cannot_tell"


def _with_missing(
    bins: tuple[NDArray[np.int64], NDArray[np.int64]], reference: int, current: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Add the missing values as one more bin, where there are any."""
    if reference == current == 0:
        return bins
    return np.append(bins[0], reference), np.append(bins[1], current)


def _without_data(
    name: str, kind: Kind, reference: Sample, current: Sample, tolerance: float
) -> FeatureDrift:
    nan = math.nan
    return FeatureDrift(
        name=name,
        kind=kind,
        n_reference=reference.n,
        n_current=current.n,
        missing_reference=reference.missing,
        missing_current=current.missing,
        effect=no_estimate(),
        effect_name=KS_D if kind == "numeric" else CRAMER_V,
        p=nan,
        q=nan,
        psi=nan,
        psi_expected=nan,
        psi_p=nan,
        js=nan,
        wasserstein=nan,
        wasserstein_scaled=nan,
        cvm=nan,
        cvm_p=nan,
        chi2=None,
        largest_shift=None,
        tolerance=tolerance,
        state="no_data",
        reference_curve=None,
        current_curve=None,
        labels=(),
        reference_shares=None,
        current_shares=None,
    )
