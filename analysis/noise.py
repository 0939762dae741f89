"""How much of the disagreement does production already have with itself?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.correctness import paired_share
from analysis.estimates import Estimate, no_estimate
from analysis.intervals import share
from analysis.sequences import difference_sequence

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Repeat:
    """Inputs that came more than once, counted by how their first two pairs were answered.

    Attributes
    ----------
    production_same, shadow_same : bool
        The variant gave the same answer both times.
    agreed : bool
        The first time, both variants gave the same answer.
    n : int
        Inputs.
    """

    production_same: bool
    shadow_same: bool
    agreed: bool
    n: int


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """What either variant's answers to one input vary by, and what the shadow's differ by beyond.

    Every input counts once, by the first two times it came, so that inputs are independent of each
    other however often one of them came. All is about the same inputs.

    Attributes
    ----------
    inputs : int
        Inputs that are compared: they came more than once, and both variants answered each time.
    repeated : int
        All such inputs, of which ``inputs`` may be a sample.
    production, shadow : Estimate
        Share of them which the variant answered otherwise the second time (Wilson).
    disagreement : Estimate
        Share of them on which the two variants disagreed the first time (Wilson).
    excess : Estimate
        ``disagreement`` − ``production``, two shares of the same inputs, for one look.
    sequence : Estimate
        The same with an interval that holds at every look.
    """

    inputs: int
    repeated: int
    production: Estimate
    shadow: Estimate
    disagreement: Estimate
    excess: Estimate
    sequence: Estimate

    @property
    def noisy(self) -> bool:
        """Whether production ever answered the same input otherwise."""
        return self.production.known and self.production.value > 0


def noise_floor(
    repeats: Iterable[Repeat], repeated: int, *, confidence: float, alpha: float, planned: int
) -> NoiseFloor:
    """Hold the disagreement of the two variants against that of production with itself.

    The self-disagreement of production on identical payloads is what a second production would
    show, as Diffy measures it with one (its "noise"); what is beyond is the shadow's, negative
    where the shadow is steadier than production: one that always gave production's most frequent
    answer would disagree with it less often than production with itself.

    Parameters
    ----------
    repeated : int
        Inputs that came more than once, of which ``repeats`` may be a sample.
    confidence, alpha : float
        Of the intervals for one look, and of the one for every look.
    planned : int
        Pairs planned for the test.
    """
    counted = list(repeats)

    def of(which: Iterable[bool]) -> int:
        return sum(each.n for each, yes in zip(counted, which, strict=True) if yes)

    n = sum(each.n for each in counted)
    if n == 0:
        nothing = no_estimate("share")
        return NoiseFloor(0, repeated, nothing, nothing, nothing, nothing, nothing)
    both = of(not each.agreed and not each.production_same for each in counted)
    beyond = of(not each.agreed and each.production_same for each in counted)
    within = of(each.agreed and not each.production_same for each in counted)
    ends = difference_sequence(both + beyond, n, both + within, n, alpha=alpha, planned=planned)
    excess = paired_share(both, beyond, within, n - both - beyond - within, confidence=confidence)
    return NoiseFloor(
        inputs=n,
        repeated=repeated,
        production=share(both + within, n, confidence=confidence),
        shadow=share(of(not each.shadow_same for each in counted), n, confidence=confidence),
        disagreement=share(both + beyond, n, confidence=confidence),
        excess=excess,
        sequence=Estimate(excess.value, *ends, n, "share"),
    )
