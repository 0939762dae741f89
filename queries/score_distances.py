"""How far apart are the scores that both variants gave, and did their distribution move?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import deltas, drift
from analysis.sorted_samples import sort_sample
from queries.clustered import score_spreads
from queries.windows import bounds

if TYPE_CHECKING:
    from analysis.deltas import Scores
    from analysis.drift import FeatureDrift
    from analysis.estimates import Window
    from queries.answers import Answer
    from queries.opened import Opened

# Cells of the Bland-Altman picture, and points of the curve of differences.
CELLS = 60
SHARES = np.linspace(0, 1, 1001)


def score_distances(
    opened: Opened, window: Window, alpha: float
) -> tuple[Scores | None, FeatureDrift | None]:
    """The distance between the scores of pairs, and whether their distribution moved."""
    sums = opened.engine.run("score_sums", **bounds(window))
    if sums.count("n") == 0:
        return None, None
    mean, mean_edges = _cells("mean", sums)
    delta, delta_edges = _cells("delta", sums)
    grid = opened.engine.run("score_grid", **mean, **delta, **bounds(window))
    counts = np.zeros((CELLS, CELLS), dtype=np.int64)
    # the largest value lies on the last edge: it belongs to the last cell
    at = (
        np.clip(grid[f"{name}_cell"], 1, CELLS).astype(np.int64) - 1 for name in ("mean", "delta")
    )
    np.add.at(counts, tuple(at), grid["n"].astype(np.int64))
    engine, step = opened.engine.sampled(sums.count("n"))
    answer = engine.run("scores", **bounds(window))
    production, shadow = answer["production_score"], answer["shadow_score"]
    if not len(production):
        return None, None
    differences = np.sort(shadow - production)
    summed = deltas.DeltaSums(
        sums.count("n"),
        *(float(sums.one(name)) for name in ("sum_p", "sum_s", "sum_pp", "sum_ss", "sum_ps")),
    )
    found = deltas.scores(
        summed,
        SHARES,
        differences[np.rint(SHARES * (len(differences) - 1)).astype(np.int64)],
        mean_edges,
        delta_edges,
        counts,
        confidence=opened.policy.confidence,
        alpha=alpha,
        planned=opened.policy.planned_pairs,
        drawn=len(differences),
        step=step,
        spreads=score_spreads(opened, window, summed),
    )
    moved = drift.numeric_drift_sorted(
        "prediction",
        sort_sample(production),
        sort_sample(shadow),
        tolerance=opened.policy.max_prediction_drift,
        alpha=alpha,
    )
    return found, moved


def _cells(name: str, sums: Answer) -> tuple[dict[str, Any], Any]:
    """The parameters and the edges of one side of the grid; equal values still get a cell."""
    low, high = float(sums.one(f"{name}_low")), float(sums.one(f"{name}_high"))
    if not high > low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, CELLS + 1)
    return {f"{name}_low": low, f"{name}_high": high, f"{name}_cells": CELLS}, edges
