"""What does one look at a shadow test find? Questions in, analysis over them, one report out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import agreement, coverage, deltas, drift
from analysis.evidence import Evidence
from analysis.policy import alpha_each
from analysis.report import IngestCounts, Report
from analysis.sorted_samples import sort_sample
from analysis.verdict import judge
from queries.metrics import Metrics, read_metrics
from queries.opened import Opened, open_test, read
from queries.windows import block_seconds, bounds

if TYPE_CHECKING:
    from analysis.agreement import Agreement
    from analysis.coverage import HoursOfWeek, Pairing, PairingSeries
    from analysis.deltas import Scores
    from analysis.drift import FeatureDrift
    from analysis.estimates import Window
    from queries.answers import Answer
    from queries.config import Config, Test
    from queries.ingest import Progress

__all__ = ["load", "read", "report"]

# Cells of the Bland-Altman picture, and points of the curve of differences.
CELLS = 60
SHARES = np.linspace(0, 1, 1001)


def load(
    config: Config,
    test: Test,
    window: str = "all",
    *,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Read what is new, pair it, and report on one window.

    Raises
    ------
    SourceError
        When captures cannot be listed. CloudWatch failing is not raised: the report says so.
    NotComparable
        When a variant has no captures, or no record carries a time.
    QuestionError
        When ``window`` names no window, or one outside the time of the test.
    """
    return report(open_test(config, test, progress=progress), window)


def report(opened: Opened, window_text: str) -> Report:
    """Report on one window of an opened test."""
    window = opened.window(window_text)
    kind = opened.reading.kind
    # the scores of two different labels measure different things
    scored = kind == "regression" or (kind == "binary" and opened.reading.output.score is not None)
    alpha = alpha_each(opened.policy, kind, scored=scored)
    rows = opened.engine.run("rows_by_block", block_s=block_seconds(window), **bounds(window))
    pairs = opened.engine.run("agreement_by_block", block_s=block_seconds(window), **bounds(window))
    pairing = _pairing(opened, window, rows, pairs)
    table = _confusion(opened, window) if kind in ("binary", "multiclass") else None
    agreed = _agreement(opened, window, pairs, pairing, table, alpha)
    scores, moved = None, None
    if scored:
        scores, moved = _scores(opened, window, alpha)
    elif table is not None:
        moved = drift.categorical_drift(
            "prediction",
            table.labels,
            table.counts.sum(axis=1),
            table.counts.sum(axis=0),
            tolerance=opened.policy.max_prediction_drift,
            alpha=alpha,
        )
    metrics = read_metrics(opened, window, alpha=alpha)
    hours = _hours_of_week(opened, window)
    found = _judged(opened, window, pairing, agreed, scores, moved, metrics, hours, rows)
    if opened.compared is None:
        return found
    from queries import measures

    return replace(found, comparison=measures.comparison(opened, window))


def _judged(
    opened: Opened,
    window: Window,
    pairing: Pairing,
    agreed: Agreement | None,
    scores: Scores | None,
    moved: FeatureDrift | None,
    metrics: Metrics,
    hours: HoursOfWeek,
    rows: Answer,
) -> Report:
    unreadable = int(rows["unreadable"].sum())
    evidence = Evidence(
        kind=opened.reading.kind,
        agreement=agreed,
        scores=scores,
        prediction_drift=moved,
        latency=metrics.latency,
        errors=metrics.errors,
        pairing=pairing,
        hours=hours,
        window=window,
        unreadable=unreadable,
        rows=int(rows["n"].sum()) - unreadable,
    )
    return Report(
        test=opened.test.name,
        kind=opened.reading.kind,
        window=window,
        production=opened.test.production,
        shadow=opened.test.shadow,
        reading=opened.reading.sentence,
        reading_guessed=opened.reading.guessed,
        pairing=pairing,
        agreement=agreed,
        comparison=None,
        scores=scores,
        prediction_drift=moved,
        latency=metrics.latency,
        paired_latency=metrics.paired,
        overhead=metrics.overhead,
        latency_problem=metrics.problem,
        errors=metrics.errors,
        hours=hours,
        ingest=_counts(opened),
        verdict=judge(evidence, opened.policy),
    )


def _pairing(opened: Opened, window: Window, rows: Answer, pairs: Answer) -> Pairing:
    """Rows, pairs and what is left of each variant; what the sampling rates lead one to expect."""
    methods = opened.engine.run("pairs_by_method", **bounds(window))
    left = opened.engine.run("unpaired_rows", **bounds(window))
    alone = dict(zip(left["variant"], left["alone"], strict=True))
    unsure = dict(zip(left["variant"], left["ambiguous"], strict=True))
    total = {
        side: int(rows["n"][rows["variant"] == side].sum()) for side in ("production", "shadow")
    }
    percent = opened.test.capture_percent, opened.test.shadow_percent
    capture, copied = (None if p is None else p / 100 for p in percent)
    known = capture is not None and copied is not None
    # whether one draw decides for both variants is not documented: two draws make the fewest pairs
    share = (capture or 0) * (copied or 0)
    both = total["production"] + total["shadow"]
    return coverage.Pairing(
        production=total["production"],
        shadow=total["shadow"],
        paired=int(pairs["paired"].sum()),
        by_method=tuple(
            coverage.MethodCount(str(method), int(n))
            for method, n in zip(methods["method"], methods["n"], strict=True)
        ),
        production_only=int(alone.get("production", 0)),
        shadow_only=int(alone.get("shadow", 0)),
        ambiguous=int(sum(unsure.values())),
        collisions=opened.paired.collisions,
        different_input=int(methods["different_input"].sum()),
        expected=total["production"] * share if known else None,
        capture_share=capture,
        shadow_share=copied,
        sample_ratio=(
            coverage.sample_ratio(total["shadow"], copied / (1 + copied), both)
            if known and copied is not None
            else None
        ),
        series=_pairing_series(window, rows, pairs, share if known else None),
    )


def _pairing_series(
    window: Window, rows: Answer, pairs: Answer, share: float | None
) -> PairingSeries:
    blocks = np.union1d(rows["block"], pairs["block"]).astype(np.int64)

    def laid_out(block: Any, n: Any) -> Any:
        found = np.zeros(len(blocks), dtype=np.int64)
        found[np.searchsorted(blocks, block)] = n
        return found

    side = {
        name: laid_out(rows["block"][chosen], rows["n"][chosen])
        for name in ("production", "shadow")
        for chosen in [rows["variant"] == name]
    }
    return coverage.PairingSeries(
        start=_starts(blocks, window),
        production=side["production"],
        shadow=side["shadow"],
        paired=laid_out(pairs["block"], pairs["paired"]),
        expected=side["production"] * (np.nan if share is None else share),
    )


def _confusion(opened: Opened, window: Window) -> agreement.Confusion:
    answer = opened.engine.run("confusion", **bounds(window))
    production, shadow = answer["production_label"].tolist(), answer["shadow_label"].tolist()
    return agreement.confusion(production, shadow, answer["n"])


def _agreement(
    opened: Opened,
    window: Window,
    pairs: Answer,
    pairing: Pairing,
    table: agreement.Confusion | None,
    alpha: float,
) -> Agreement | None:
    n = int(pairs["n"].sum())
    if n == 0:
        return None
    if pairing.expected is not None:
        missing = max(0, round(pairing.expected) - pairing.paired)
    else:
        missing = pairing.production_only
    return agreement.assess(
        int(pairs["agreed"].sum()),
        n,
        missing,
        agreement.agreement_series(
            _starts(pairs["block"], window),
            pairs["agreed"],
            pairs["n"],
            confidence=opened.policy.confidence,
        ),
        confidence=opened.policy.confidence,
        alpha=alpha,
        planned=opened.policy.planned_pairs,
        table=table,
        tolerance=opened.policy.tolerance if opened.reading.kind == "regression" else None,
        rule=opened.rules.sentence if opened.rules is not None else "",
    )


def _scores(
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
    answer = opened.engine.run("scores", **bounds(window))
    production, shadow = answer["production_score"], answer["shadow_score"]
    differences = np.sort(shadow - production)
    found = deltas.scores(
        deltas.DeltaSums(
            sums.count("n"),
            *(float(sums.one(name)) for name in ("sum_p", "sum_s", "sum_pp", "sum_ss", "sum_ps")),
        ),
        SHARES,
        differences[np.rint(SHARES * (len(differences) - 1)).astype(np.int64)],
        mean_edges,
        delta_edges,
        counts,
        confidence=opened.policy.confidence,
        alpha=alpha,
        planned=opened.policy.planned_pairs,
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


def _hours_of_week(opened: Opened, window: Window) -> HoursOfWeek:
    answer = opened.engine.run("agreement_by_block", block_s=3600, **bounds(window))
    starts = (answer["block"].astype(np.int64) * 3600).astype("datetime64[s]")
    return coverage.hours_of_week(starts, answer["paired"])


def _counts(opened: Opened) -> IngestCounts:
    """The account of everything read of both variants, whatever the window."""
    segments = opened.ingested.segments
    return IngestCounts(
        # both sides of a paired log are read from the same objects
        objects=len({part.identity for segment in segments for part in segment.parts})
        + len(opened.ingested.failed),
        failed=len(opened.ingested.failed),
        lines=sum(segment.lines for segment in segments),
        records=sum(segment.records for segment in segments),
        rejected=sum(len(segment.rejects) for segment in segments),
        rows=sum(segment.rows for segment in segments),
        unreadable=sum(segment.unreadable for segment in segments),
        without_time=sum(segment.without_time for segment in segments),
        absent=sum(segment.absent for segment in segments),
        bytes=sum(segment.bytes for segment in segments),
    )


def _starts(blocks: Any, window: Window) -> Any:
    return (blocks.astype(np.int64) * block_seconds(window)).astype("datetime64[s]")
