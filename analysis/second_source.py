"""How often does a second fleet of production's own model answer the same requests otherwise?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.clustered_shares import clustered_difference_sequence, spread_of_change
from analysis.clusters import ClusterSums, ratio
from analysis.design_effects import Spread, worth
from analysis.estimates import Estimate, no_estimate
from analysis.intervals import newcombe_paired, share


@dataclass(frozen=True, slots=True)
class Fates:
    """What became of the pairs of production and the shadow that could be compared.

    Attributes
    ----------
    compared : int
        The second source answered the same input, and its answer could be read.
    unanswered : int
        No answer of the second source was found for the request.
    other_input : int
        An id joined three answers that are not to the same input.
    unread : int
        The second source's answer could not be read.
    """

    compared: int
    unanswered: int
    other_input: int
    unread: int

    @property
    def pairs(self) -> int:
        """All of them."""
        return self.compared + self.unanswered + self.other_input + self.unread


@dataclass(frozen=True, slots=True)
class Differing:
    """Sums over clusters of n requests, answered otherwise than by production x and y times.

    x by the second source, y by the shadow.

    Attributes
    ----------
    clusters, requests, largest : int
        Number of clusters, Σn and the largest n.
    second, shadow, both : int
        Σx, Σy, and requests that both answered otherwise than production.
    size_squares, second_products, shadow_products : float
        Σn², Σnx and Σny.
    second_squares, shadow_squares, crossed : float
        Σx², Σy² and Σxy.
    second_by_size, shadow_by_size : float
        Σx²/n and Σy²/n.
    """

    clusters: int
    requests: int
    largest: int
    second: int
    shadow: int
    both: int
    size_squares: float
    second_products: float
    shadow_products: float
    second_squares: float
    shadow_squares: float
    crossed: float
    second_by_size: float
    shadow_by_size: float

    @property
    def of_second(self) -> ClusterSums:
        """The sums of one share: what the second source answered otherwise."""
        return ClusterSums(
            *(self.clusters, self.requests, self.second, self.largest, 0, self.size_squares),
            *(self.second_products, self.second_squares, self.second_by_size),
        )

    @property
    def of_shadow(self) -> ClusterSums:
        """The sums of the other: what the shadow answered otherwise."""
        return ClusterSums(
            *(self.clusters, self.requests, self.shadow, self.largest, 0, self.size_squares),
            *(self.shadow_products, self.shadow_squares, self.shadow_by_size),
        )


@dataclass(frozen=True, slots=True)
class SecondFloor:
    """What production's own model differs from itself by, and the shadow beyond that.

    All shares are of the same requests, those of ``fates.compared``.

    Attributes
    ----------
    noise : Estimate
        Share that the second source answered otherwise than production.
    disagreement : Estimate
        Share that the shadow answered otherwise than production.
    excess : Estimate
        ``disagreement`` − ``noise``, for one look.
    sequence : Estimate
        The same with an interval that holds at every look.
    """

    fates: Fates
    noise: Estimate
    disagreement: Estimate
    excess: Estimate
    sequence: Estimate


def second_floor(
    fates: Fates, found: Differing, *, confidence: float, alpha: float, planned: int
) -> SecondFloor:
    """Hold the shadow's disagreement with production against that of production's own model.

    A second fleet of the same model, asked the same requests, is Diffy's second primary: what it
    answers otherwise is no difference between models. The difference of the two shares has
    Newcombe's interval for pairs, of as many independent requests as these are worth by the design
    effect of the difference (:mod:`analysis.design_effects`); for every look, two sequences at
    alpha/2.

    Parameters
    ----------
    confidence, alpha : float
        Of the intervals for one look, and of the one for every look.
    planned : int
        Pairs planned for the test.
    """
    n = found.requests
    if n <= 0:
        nothing = no_estimate("share")
        return SecondFloor(fates, nothing, nothing, nothing, nothing)
    value = (found.shadow - found.second) / n
    ends = clustered_difference_sequence(
        found.of_shadow, found.of_second, alpha=alpha, planned=planned
    )
    return SecondFloor(
        fates,
        noise=_share(found.of_second, confidence),
        disagreement=_share(found.of_shadow, confidence),
        excess=Estimate(value, *_difference(found, confidence), n, "share"),
        sequence=Estimate(value, *ends, n, "share"),
    )


def _share(sums: ClusterSums, confidence: float) -> Estimate:
    if sums.largest > 1:
        return ratio(sums, confidence=confidence)
    return share(sums.agreed, sums.pairs, confidence=confidence)


def _difference(found: Differing, confidence: float) -> tuple[float, float]:
    part = 1.0
    if found.largest > 1:
        part = worth(spread_of_difference(found), confidence=confidence)
    if math.isnan(part):
        return math.nan, math.nan
    neither = found.requests - found.second - found.shadow + found.both
    return newcombe_paired(
        found.both * part,
        (found.shadow - found.both) * part,
        (found.second - found.both) * part,
        neither * part,
        confidence=confidence,
    )


def spread_of_difference(found: Differing) -> Spread:
    """How the shadow's share − the second source's varies between clusters and among requests."""
    return spread_of_change(
        found.of_shadow, found.of_second, crossed=found.crossed, both=found.both
    )
