"""How alike are two orders of items?"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

PERSISTENCE = 0.9
"""p of rank-biased overlap: the first ten ranks carry 86 % of the weight."""
DEEPEST = 1_000
"""Items of a ranking that are compared; what stands below has no weight that could be seen."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Items, best first, with their ranks; equal ranks are ties."""

    items: tuple[Hashable, ...]
    ranks: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RankingLikeness:
    """How alike two rankings are, best item first.

    Attributes
    ----------
    top_1 : bool
        The same first item.
    overlap : float
        Share of the first k items that both have, of the k (or fewer) that the longer one has.
    rbo : float
        Extrapolated rank-biased overlap.
    tau : float
        Kendall's τ-b over the items that both have; nan below two common items.
    """

    top_1: bool
    overlap: float
    rbo: float
    tau: float


def ranking(items: Sequence[Hashable], ranks: Sequence[float] | None = None) -> Ranking:
    """Put items in order; without ranks the order they are listed in is theirs.

    An item named twice counts where it stands first; at most ``DEEPEST`` items are kept.

    >>> ranking(["a", "b", "a"]).items
    ('a', 'b')
    """
    given = range(len(items)) if ranks is None else ranks
    # sorting is stable: tied items stay as they are listed
    ordered = sorted(zip(given, items, strict=True), key=lambda one: one[0])
    first: dict[Hashable, float] = {}
    for rank, item in ordered:
        if len(first) == DEEPEST:
            break
        first.setdefault(item, float(rank))
    return Ranking(tuple(first), tuple(first.values()))


def compare(production: Ranking, shadow: Ranking, *, top_k: int) -> RankingLikeness:
    """Compare two rankings, of equal or of different length."""
    return RankingLikeness(
        top_1=production.items[:1] == shadow.items[:1],
        overlap=overlap(production.items, shadow.items, top_k),
        rbo=rank_biased_overlap(production.items, shadow.items),
        tau=kendall_tau_b(*_common_ranks(production, shadow)),
    )


def overlap(production: Sequence[Hashable], shadow: Sequence[Hashable], k: int) -> float:
    """Share of the first ``k`` that is common; 1 for two empty rankings.

    >>> overlap("abc", "acd", 2)
    0.5
    """
    before, after = set(production[:k]), set(shadow[:k])
    longer = max(len(before), len(after))
    return len(before & after) / longer if longer else 1.0


def rank_biased_overlap(
    production: Sequence[Hashable], shadow: Sequence[Hashable], p: float = PERSISTENCE
) -> float:
    """Extrapolated rank-biased overlap of two rankings without repeated items.

    Equation 32 of Webber, Moffat & Zobel (2010), "A similarity measure for indefinite rankings",
    ACM TOIS 28:4, for lists of unequal length: agreement at each depth weighs p to that depth, and
    the agreement seen so far is taken to go on beyond what is listed.

    >>> rank_biased_overlap("abc", "abc")
    1.0
    """
    short, long = sorted((list(production), list(shadow)), key=len)
    s, length = len(short), len(long)
    if length == 0:
        return 1.0
    if s == 0:
        return 0.0
    if short == long:
        return 1.0
    seen_short: set[Hashable] = set()
    seen_long: set[Hashable] = set()
    common, at_s = 0, 0
    weighted = 0.0
    for depth in range(1, length + 1):
        new = long[depth - 1]
        common += new in seen_short
        seen_long.add(new)
        if depth <= s:
            other = short[depth - 1]
            # the item just added to the longer list may be the very same one
            common += other in seen_long
            seen_short.add(other)
        if depth == s:
            at_s = common
        weighted += common / depth * p**depth
        if depth > s:
            weighted += at_s * (depth - s) / (s * depth) * p**depth
    rest = ((common - at_s) / length + at_s / s) * p**length
    # rounding may leave an ulp beyond 1
    return min(1.0, (1 - p) / p * weighted + rest)


def kendall_tau_b(production: Sequence[float], shadow: Sequence[float]) -> float:
    """Kendall's rank correlation τ-b of two columns (n,), which allows for ties.

    τ-b = (C − D)/√((n₀ − n₁)(n₀ − n₂)) (Kendall 1945, Biometrika 33), C and D counted in one pass
    over production's order, as Knight (1966, JASA 61) does. nan where a column has fewer than two
    different values.

    >>> kendall_tau_b([1, 2, 3], [1, 3, 2])
    0.3333333333333333
    """
    n = len(production)
    order = sorted(zip(production, shadow, strict=True))
    before: list[float] = []
    score, at = 0, 0
    while at < n:
        # pairs tied in production count neither way: they are added together
        end = at
        while end < n and order[end][0] == order[at][0]:
            value = order[end][1]
            score += bisect_left(before, value) - (len(before) - bisect_right(before, value))
            end += 1
        for _, value in order[at:end]:
            insort(before, value)
        at = end
    pairs = n * (n - 1) // 2
    free = [
        pairs - sum(t * (t - 1) // 2 for t in Counter(c).values()) for c in (production, shadow)
    ]
    return score / math.sqrt(free[0] * free[1]) if all(free) else math.nan


def _common_ranks(production: Ranking, shadow: Ranking) -> tuple[list[float], list[float]]:
    place = dict(zip(shadow.items, shadow.ranks, strict=True))
    common = [
        (rank, place[item])
        for item, rank in zip(production.items, production.ranks, strict=True)
        if item in place
    ]
    return [at for at, _ in common], [at for _, at in common]
