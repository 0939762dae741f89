"""How well does each classifier find each class?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.correctness import paired_share
from analysis.estimates import Estimate, no_estimate
from analysis.intervals import normal_quantile, share, wilson
from analysis.measured import Measure, no_measure
from analysis.paired_latency import mover

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.correctness import Outcomes


@dataclass(frozen=True, slots=True)
class ClassQuality:
    """How well each model finds one class.

    ``support`` counts pairs of this class; ``production_given`` and ``shadow_given`` how often each
    model named it.
    """

    label: str
    support: int
    production_given: int
    shadow_given: int
    precision: Measure
    recall: Measure
    f1: Measure


def of_class(table: Outcomes, label: str, *, confidence: float) -> ClassQuality:
    """Precision, recall and F1 of one class for both models; no data where they are undefined.

    Intervals. A recall is a share of the pairs of this class: Wilson's, and Newcombe's for pairs.
    A precision is a share of what a model named so, and F1 = 2J/(1 + J) with J the share of hits
    among pairs that are of this class or are named so (F* of Hand, Christen & Kirielle 2021):
    Wilson's, for F1 through J. Their differences join both models' intervals by MOVER (Zou &
    Donner 2008) with the correlation that the delta method gives for the counts of the pairs.
    Unlike the plain delta method this covers near 0 and 1 too.
    """
    at = table.labels.index(label) if label in table.labels else -1
    true = table.truth == at
    named = [table.production == at, table.shadow == at]
    count = [int(table.counts[side].sum()) for side in named]
    hits = [int(table.counts[side & true].sum()) for side in named]
    support = int(table.counts[true].sum())
    return ClassQuality(
        label,
        support,
        count[0],
        count[1],
        _precision(table, true, named, hits, count, confidence=confidence),
        _recall(table, true, named, hits, support, confidence=confidence),
        _f1(table, true, named, hits, count, support, confidence=confidence),
    )


def _recall(
    table: Outcomes,
    true: NDArray[np.bool_],
    named: list[NDArray[np.bool_]],
    hits: list[int],
    support: int,
    *,
    confidence: float,
) -> Measure:
    if support == 0:
        return no_measure("recall", "share", better="higher")
    both = int(table.counts[true & named[0] & named[1]].sum())
    lost, gained = hits[0] - both, hits[1] - both
    return Measure(
        "recall",
        "higher",
        share(hits[0], support, confidence=confidence),
        share(hits[1], support, confidence=confidence),
        paired_share(both, gained, lost, support - both - gained - lost, confidence=confidence),
        None,
    )


def _precision(
    table: Outcomes,
    true: NDArray[np.bool_],
    named: list[NDArray[np.bool_]],
    hits: list[int],
    count: list[int],
    *,
    confidence: float,
) -> Measure:
    each = [share(h, n, confidence=confidence) for h, n in zip(hits, count, strict=True)]
    rows = int(table.counts[named[0] | named[1]].sum())
    pulls = [side * (true - one.value) for side, one in zip(named, each, strict=True)]
    return _joined("precision", each, pulls, table.counts, rows)


def _f1(
    table: Outcomes,
    true: NDArray[np.bool_],
    named: list[NDArray[np.bool_]],
    hits: list[int],
    count: list[int],
    support: int,
    *,
    confidence: float,
) -> Measure:
    each = [
        _f1_of(h, n + support - h, confidence=confidence) for h, n in zip(hits, count, strict=True)
    ]
    rows = int(table.counts[named[0] | named[1] | true].sum())
    pulls = [
        2.0 * (side & true) - one.value * (side.astype(np.float64) + true)
        for side, one in zip(named, each, strict=True)
    ]
    return _joined("f1", each, pulls, table.counts, rows)


def _f1_of(hits: int, union: int, *, confidence: float) -> Estimate:
    if union == 0:
        return no_estimate("share")
    value, low, high = (
        2 * j / (1 + j) for j in (hits / union, *wilson(hits, union, confidence=confidence))
    )
    return Estimate(value, low, high, union, "share")


def _joined(
    name: str,
    each: list[Estimate],
    pulls: list[NDArray[np.float64]],
    counts: NDArray[np.int64],
    rows: int,
) -> Measure:
    """A measure of two shares that rest on different pairs; ``pulls`` are their influences."""
    if not (each[0].known and each[1].known):
        return Measure(name, "higher", each[0], each[1], no_estimate("share"), None)
    spread = [float(counts @ (pull * pull)) for pull in pulls]
    size = math.sqrt(spread[0] * spread[1])
    # where one share is 0 or 1 its influences are all 0, and nothing is known of a correlation
    rho = float(counts @ (pulls[0] * pulls[1])) / size if size > 0 else 0.0
    before, after = ((e.low, e.value, e.high) for e in each)
    low, high = mover(before, after, max(-1.0, min(1.0, rho)))
    value = each[1].value - each[0].value
    difference = Estimate(value, max(-1.0, low), min(1.0, high), rows, "share")
    return Measure(name, "higher", each[0], each[1], difference, None)


def macro(table: Outcomes, name: str, *, confidence: float) -> Measure:
    """Mean over the classes of the truth of ``precision``, ``recall`` or ``f1``; each weighs alike.

    Classes for which either model's number is undefined (a precision of what was never named) are
    left out for both. Intervals by the delta method over the counts of the pairs; none where
    nothing varies.
    """
    sums = np.zeros(2)
    pulls = np.zeros((2, len(table.counts)))
    used = 0
    for at in np.unique(table.truth).tolist():
        true = table.truth == at
        sides = [(table.production == at), (table.shadow == at)]
        found = [_share_and_pull(name, table.counts, true, side) for side in sides]
        if any(math.isnan(value) for value, _ in found):
            continue
        used += 1
        for i, (value, pull) in enumerate(found):
            sums[i] += value
            pulls[i] += pull
    if used == 0:
        return no_measure(f"macro_{name}", "share", better="higher")
    n, z = table.n, normal_quantile(confidence)
    values: NDArray[np.float64] = sums / used
    pulls /= used
    production, shadow, difference = (
        _around(value, z * math.sqrt(float(table.counts @ (pull * pull))), n, low)
        for value, pull, low in (
            (float(values[0]), pulls[0], 0.0),
            (float(values[1]), pulls[1], 0.0),
            (float(values[1] - values[0]), pulls[1] - pulls[0], -1.0),
        )
    )
    return Measure(f"macro_{name}", "higher", production, shadow, difference, None)


def _share_and_pull(
    name: str, counts: NDArray[np.int64], true: NDArray[np.bool_], named: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float64]]:
    """A ratio of counts (nan for 0/0), and what one pair of each combination pulls it by."""
    hits = (named & true).astype(np.float64)
    above, below = {
        "precision": (hits, named.astype(np.float64)),
        "recall": (hits, true.astype(np.float64)),
        "f1": (2 * hits, named.astype(np.float64) + true),
    }[name]
    top, base = float(counts @ above), float(counts @ below)
    if base == 0:
        return math.nan, np.zeros(len(counts))
    return top / base, (above - top / base * below) / base


def _around(value: float, half: float, n: int, lowest: float) -> Estimate:
    if not half > 0:
        return Estimate(value, math.nan, math.nan, n, "share")
    return Estimate(value, max(lowest, value - half), min(1.0, value + half), n, "share")
