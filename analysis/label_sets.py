"""How alike are two sets of labels?"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelSetLikeness:
    """How alike two sets of labels are.

    Attributes
    ----------
    exact : bool
        The very same labels.
    jaccard : float
        Common labels over all labels of either; 1 for two empty sets.
    hamming : float
        Labels that one set has and the other has not, over all labels there are; nan where it is
        not known how many there are.
    gained, lost : frozenset of str
        Labels that only the shadow gave, and that only production gave.
    """

    exact: bool
    jaccard: float
    hamming: float
    gained: frozenset[str]
    lost: frozenset[str]


def compare(
    production: Collection[str], shadow: Collection[str], *, labels: int | None = None
) -> LabelSetLikeness:
    """Compare two sets of labels (Jaccard 1901; Hamming's distance over ``labels`` in all).

    >>> compare({"cat", "dog"}, {"dog", "bird"}).jaccard
    0.3333333333333333
    >>> compare({"cat", "dog"}, {"dog", "bird"}, labels=10).hamming
    0.2
    """
    before, after = frozenset(production), frozenset(shadow)
    either = before | after
    return LabelSetLikeness(
        exact=before == after,
        jaccard=len(before & after) / len(either) if either else 1.0,
        # a list of the labels that leaves some out says nothing about how many there are
        hamming=len(before ^ after) / labels if labels and len(either) <= labels else math.nan,
        gained=after - before,
        lost=before - after,
    )
