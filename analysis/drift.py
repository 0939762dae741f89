"""Has a feature's distribution moved, and by how much?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.estimates import Estimate, TestResult

Kind = Literal["numeric", "categorical"]
State = Literal["drift", "none", "cannot_tell", "no_data"]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A cumulative distribution, thinned for drawing: share of values at or below each x."""

    x: NDArray[np.float64]
    share: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CategoryShift:
    """How much more often one category comes now than in the reference."""

    label: str
    reference: float
    current: float
    difference: Estimate


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
