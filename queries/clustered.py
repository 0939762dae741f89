"""By what do the pairs of a test hang together, in each of the numbers that are judged?

Asked only where a key is named, or the rows of a record make several pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.clustered_shares import Moves
from analysis.clusters import ClusterSums, assess
from analysis.deltas import STRAYING, ScoreSpreads, residual_parameters
from analysis.design_effects import Spread
from analysis.errors import ErrorClusters
from queries.windows import bounds

if TYPE_CHECKING:
    from analysis.agreement import Confusion
    from analysis.clusters import Clusters
    from analysis.deltas import DeltaSums
    from analysis.estimates import Window
    from queries.answers import Answer
    from queries.opened import Opened


def clusters(opened: Opened, window: Window, *, alpha: float) -> Clusters | None:
    """What pairs hang together by; None where no key is named and every record holds one row."""
    if not _asked(opened):
        return None
    found = opened.engine.run("agreement_by_cluster", **bounds(window))
    return assess(_sums(found, 0, "pairs", "agreed"), opened.test.cluster or "", alpha=alpha)


def moves(
    opened: Opened, window: Window, table: Confusion | None, found: Clusters | None
) -> tuple[Moves, ...] | None:
    """What each label of the table gained and lost in clusters; None without either."""
    if table is None or found is None:
        return None
    answer, whole = opened.engine.run("label_moves_by_cluster", **bounds(window)), found.sums
    places = {label: at for at, label in enumerate(answer["label"].tolist())}

    def sums(at: int | None, side: str) -> ClusterSums:
        names = (side, f"{side}_products", f"{side}_squares", f"{side}_by_size")
        a, *rest = (0.0 if at is None else float(answer[name][at]) for name in names)
        # a label that came or went in no pair did so in all these clusters
        sizes = whole.largest, whole.keyless, whole.size_squares
        return ClusterSums(whole.clusters, whole.pairs, round(a), *sizes, *rest)

    made = []
    for at in map(places.get, table.labels):
        products = 0.0 if at is None else float(answer["products"][at])
        made.append(Moves(sums(at, "gained"), sums(at, "lost"), products))
    return tuple(made)


def score_spreads(opened: Opened, window: Window, sums: DeltaSums) -> ScoreSpreads | None:
    """How the differences of scores hang together."""
    if not _asked(opened):
        return None
    bias, mean, sd, slope = residual_parameters(sums)
    found = opened.engine.run(
        "scores_by_cluster", bias=bias, mean=mean, sd=sd, slope=slope, **bounds(window)
    )
    if found.count("pairs") == 0:
        return None

    def spread(of: str) -> Spread:
        return Spread(
            found.count("clusters"),
            found.count("pairs"),
            found.count("largest"),
            float(found.one("size_squares")),
            between=float(found.one(f"{of}_between")),
            among=float(found.one(f"{of}_among")),
            most=max(STRAYING, float(found.one(f"{of}_most"))),
        )

    return ScoreSpreads(bias=spread("d"), standardised=spread("u"))


def error_clusters(opened: Opened, window: Window) -> dict[str, ErrorClusters]:
    """What the requests of a paired log hang together by, for each kind of failure."""
    if opened.test.cluster is None:
        return {}
    found = opened.engine.run("failures_by_cluster", **bounds(window))
    named = zip(found["kind"].tolist(), found["variant"].tolist(), strict=True)
    made = {key: _sums(found, at, "requests", "failed") for at, key in enumerate(named)}
    return {
        kind: ErrorClusters(of_production, made[kind, "shadow"])
        for (kind, side), of_production in made.items()
        if side == "production" and (kind, "shadow") in made
    }


def _asked(opened: Opened) -> bool:
    return opened.test.cluster is not None or opened.reading.batched


def _sums(answer: Answer, at: int, of: str, counted: str) -> ClusterSums:
    """One row of sums over clusters of ``of``, of which some are ``counted``."""
    counts = ("clusters", of, counted, "largest", "keyless")
    squares = ("size_squares", "products", f"{counted}_squares", f"{counted}_by_size")
    # a sum over nothing is 0
    return ClusterSums(
        *(round(float(np.nan_to_num(answer[name][at]))) for name in counts),
        *(float(np.nan_to_num(answer[name][at])) for name in squares),
    )
