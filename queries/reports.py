"""What does one look at a shadow test find? Questions in, analysis over them, one report out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import agreement, clustered_drift, coverage, drift
from analysis.evidence import Evidence
from analysis.policy import alpha_each
from analysis.report import Report
from analysis.verdict import judge
from queries import clustered
from queries.errors import NotComparable
from queries.interrupted import interrupted
from queries.metrics import read_metrics
from queries.opened import Opened, open_test, read
from queries.score_distances import score_distances
from queries.windows import block_seconds, bounds

if TYPE_CHECKING:
    from analysis.agreement import Agreement
    from analysis.clustered_shares import Moves
    from analysis.clusters import Clusters
    from analysis.comparison import Comparison
    from analysis.coverage import HoursOfWeek, Pairing, PairingSeries
    from analysis.deltas import Scores
    from analysis.drift import FeatureDrift
    from analysis.estimates import Window
    from analysis.slices import Search
    from analysis.soundness import Training
    from queries.answers import Answer
    from queries.config import Config, Test
    from queries.progress import Progress

__all__ = ["load", "read", "report"]


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


@dataclass(frozen=True, slots=True, eq=False)
class _Answered:
    """What the answers of one window say, before CloudWatch and before any verdict."""

    rows: Answer
    pairing: Pairing
    agreement: Agreement | None
    comparison: Comparison | None
    scores: Scores | None
    moved: FeatureDrift | None
    hours: HoursOfWeek


def report(opened: Opened, window_text: str) -> Report:
    """Report on one window of an opened test."""
    window = opened.window(window_text)
    found = _answered(opened, window)
    metrics = read_metrics(opened, window, alpha=_alpha(opened))
    unreadable = int(found.rows["unreadable"].sum())
    evidence = Evidence(
        kind=opened.reading.kind,
        agreement=found.agreement,
        scores=found.scores,
        prediction_drift=found.moved,
        latency=metrics.latency,
        errors=metrics.errors,
        pairing=found.pairing,
        hours=found.hours,
        window=window,
        unreadable=unreadable,
        rows=int(found.rows["n"].sum()) - unreadable,
        training=_training(opened),
        slices=_slices(opened, window_text),
    )
    return Report(
        test=opened.test.name,
        kind=opened.reading.kind,
        window=window,
        production=opened.test.production,
        shadow=opened.test.shadow,
        reading=opened.reading.sentence,
        reading_guessed=opened.reading.guessed,
        pairing=found.pairing,
        agreement=found.agreement,
        comparison=found.comparison,
        scores=found.scores,
        prediction_drift=found.moved,
        latency=metrics.latency,
        paired_latency=metrics.paired,
        overhead=metrics.overhead,
        latency_problem=metrics.problem,
        errors=metrics.errors,
        hours=found.hours,
        ingest=opened.captured.counts,
        verdict=judge(evidence, opened.policy),
        interruptions=interrupted(window, found.rows, metrics),
    )


def inside(opened: Opened, whole: Report) -> Report:
    """The report of all traffic, with what the answers say inside the filter ``opened`` has.

    The verdict and the account of what was read stay those of all traffic, since a verdict is not
    reached by choosing requests; latency and errors do too where they come from CloudWatch, which
    does not know one request from another. Which answers of the shadow found no partner is not
    known inside a filter, nor the ratio of the rows.
    """
    if opened.where is None:
        return whole
    found = _answered(opened, whole.window)
    if opened.test.log is not None:  # a log knows them request by request
        metrics = read_metrics(opened, whole.window, alpha=_alpha(opened))
        whole = replace(
            whole,
            latency=metrics.latency,
            paired_latency=metrics.paired,
            latency_problem=metrics.problem,
            errors=metrics.errors,
        )
    return replace(
        whole,
        pairing=replace(found.pairing, sample_ratio=None),
        agreement=found.agreement,
        comparison=found.comparison,
        scores=found.scores,
        prediction_drift=found.moved,
        hours=found.hours,
        where=opened.where.text,
    )


def _training(opened: Opened) -> Training | None:
    if not opened.policy.require_sound_training:
        return None
    # what reads a training's record is imported for those who ask for it
    from queries.shadow_training import shadow_training

    return shadow_training(opened.config, opened.test)


def _slices(opened: Opened, window_text: str) -> Search | None:
    if not opened.policy.asks_of_slices:
        return None
    from queries import slices

    try:
        return slices.slices(opened, window_text)
    except NotComparable:  # no pair, which the other guardrails say too
        return None


def _scored(opened: Opened) -> bool:
    """Whether scores can be compared: those of two different labels measure different things."""
    kind = opened.reading.kind
    return kind == "regression" or (kind == "binary" and opened.reading.output.score is not None)


def _alpha(opened: Opened) -> float:
    return alpha_each(opened.policy, opened.reading.kind, scored=_scored(opened))


def _answered(opened: Opened, window: Window) -> _Answered:
    alpha = _alpha(opened)
    rows = opened.engine.run("rows_by_block", block_s=block_seconds(window), **bounds(window))
    pairs = opened.engine.run("agreement_by_block", block_s=block_seconds(window), **bounds(window))
    pairing = _pairing(opened, window, rows, pairs)
    labels = opened.reading.kind in ("binary", "multiclass")
    table = _confusion(opened, window) if labels else None
    clusters = clustered.clusters(opened, window, alpha=alpha)
    moves = clustered.moves(opened, window, table, clusters)
    scores, moved = None, None
    if _scored(opened):
        scores, moved = score_distances(opened, window, alpha)
    elif table is not None:
        moved = drift.categorical_drift(
            "prediction",
            table.labels,
            table.counts.sum(axis=1),
            table.counts.sum(axis=0),
            tolerance=opened.policy.max_prediction_drift,
            alpha=alpha,
        )
        if moves is not None:
            both = np.diag(table.counts).tolist()
            moved = clustered_drift.of_clusters(moved, moves, both, alpha=alpha)
    return _Answered(
        rows=rows,
        pairing=pairing,
        agreement=_agreement(
            opened, window, pairs, pairing, table, alpha, clusters=clusters, moves=moves
        ),
        comparison=_comparison(opened, window),
        scores=scores,
        moved=moved,
        hours=_hours_of_week(opened, window),
    )


def _comparison(opened: Opened, window: Window) -> Comparison | None:
    if opened.compared is None:
        return None
    from queries import measures

    return measures.comparison(opened, window)


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
        collisions=opened.captured.collisions,
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
    *,
    clusters: Clusters | None,
    moves: tuple[Moves, ...] | None,
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
        clusters=clusters,
        moves=moves,
    )


def _hours_of_week(opened: Opened, window: Window) -> HoursOfWeek:
    answer = opened.engine.run("agreement_by_block", block_s=3600, **bounds(window))
    starts = (answer["block"].astype(np.int64) * 3600).astype("datetime64[s]")
    return coverage.hours_of_week(starts, answer["paired"])


def _starts(blocks: Any, window: Window) -> Any:
    return (blocks.astype(np.int64) * block_seconds(window)).astype("datetime64[s]")
