"""Which model is nearer to the truth, in one window of a test?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.bland_altman import DeltaSums
from analysis.calibration import calibration
from analysis.classes import macro, of_class
from analysis.correctness import accuracy, outcomes, watched, who_was_right
from analysis.labels import LabelCoverage, LabelSeries, delay_of, selection
from analysis.losses import log_loss_sums, mean_loss, root_mean_square, squared_sums
from analysis.measured import Measure
from analysis.quality import Quality, accuracy_series, error_series
from analysis.roc import roc_areas
from queries.errors import QuestionError
from queries.reading import as_label
from queries.windows import block_seconds, bounds

if TYPE_CHECKING:
    from analysis.calibration import Calibration
    from analysis.classes import ClassQuality
    from analysis.correctness import McNemar, Outcomes, Watched
    from analysis.estimates import Window
    from analysis.quality import QualitySeries
    from queries.answers import Answer
    from queries.labelled import Labelled
    from queries.opened import Opened

MOST_CLASSES = 50
"""Classes that are told one by one, the most frequent ones."""
SHOWN_FOREIGN = 5
_CLASSES = ("precision", "recall", "f1")


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the labels of one kind of answer say."""

    n: int = 0
    foreign: int = 0
    foreign_labels: tuple[str, ...] = ()
    positive: str | None = None
    measures: tuple[Measure, ...] = ()
    mcnemar: McNemar | None = None
    classes: tuple[ClassQuality, ...] = ()
    series: QualitySeries | None = None
    watched: Watched | None = None
    calibration: Calibration | None = None


def quality(opened: Opened, window_text: str) -> Quality:
    """Both models against the ground truth, in one window of an opened test.

    Answers of several parts have no measures: of them only the coverage is told.

    Raises
    ------
    QuestionError
        When the test has no ground truth, or ``window_text`` names no window.
    SourceError
        When the ground truth cannot be read.
    UnderstudyError
        Whatever else the engine meets.
    """
    if opened.labels is None:
        raise QuestionError(
            f"Nothing says where the right answers of {opened.test.name} lie; add `location` to "
            f"[tests.{opened.test.name}.truth]."
        )
    window = opened.window(window_text)
    labelled = opened.labels.read()
    blocks = opened.engine.run("label_coverage", block_s=block_seconds(window), **bounds(window))
    coverage = _coverage(opened, window, blocks)
    kind = opened.reading.kind
    if kind in ("binary", "multiclass"):
        judged = _classified(opened, window, labelled)
    elif kind == "regression":
        judged = _numbers(opened, window)
    else:
        judged = _Judged(n=int(blocks["compared"].sum()))
    return Quality(
        kind=kind,
        window=window,
        positive=judged.positive,
        n=judged.n,
        unreadable=coverage.labelled - judged.n - judged.foreign,
        foreign=judged.foreign,
        counts=labelled.counts,
        coverage=coverage,
        measures=judged.measures,
        mcnemar=judged.mcnemar,
        classes=judged.classes,
        series=judged.series,
        ids=labelled.ids,
        foreign_labels=judged.foreign_labels,
        behind=opened.labels.behind(),
        watched=judged.watched,
        calibration=judged.calibration,
    )


def _coverage(opened: Opened, window: Window, blocks: Answer) -> LabelCoverage:
    methods = opened.engine.run("labels_by_method", **bounds(window))
    delays = opened.engine.run("label_delays", **bounds(window))
    total = {name: int(blocks[name].sum()) for name in blocks}
    agreement, rest, difference = selection(
        total["agreed"],
        total["compared"],
        total["agreed_rest"],
        total["compared_rest"],
        confidence=opened.policy.confidence,
    )
    return LabelCoverage(
        pairs=total["paired"],
        labelled=total["labelled"],
        by_method=tuple(
            (str(method), int(n)) for method, n in zip(methods["method"], methods["n"], strict=True)
        ),
        delay=delay_of(delays["minutes"], delays["n"]),
        agreement=agreement,
        agreement_rest=rest,
        selection=difference,
        series=LabelSeries(
            _starts(blocks["block"], window),
            blocks["paired"].astype(np.int64),
            blocks["labelled"].astype(np.int64),
        ),
    )


def _classified(opened: Opened, window: Window, labelled: Labelled) -> _Judged:
    rows = opened.engine.run("outcomes", block_s=block_seconds(window), **bounds(window))
    binary = opened.reading.kind == "binary"
    truth, n = rows["truth"], rows["n"].astype(np.int64)
    fits = np.ones(len(n), bool)
    if binary and opened.reading.output.label is None:
        # a score and a threshold: no other labels can be given
        fits = np.isin(truth.astype(str), [labelled.yes, labelled.no])
    foreign = sorted(set(truth[~fits].tolist()))
    block = rows["block"][fits]
    table = outcomes(
        truth[fits].tolist(),
        rows["production_label"][fits].tolist(),
        rows["shadow_label"][fits].tolist(),
        n[fits],
    )
    found = who_was_right(table)
    confidence = opened.policy.confidence
    positive = _positive(opened, labelled, table) if binary else None
    calibrated = None
    if positive is not None:
        one = of_class(table, positive, confidence=confidence)
        scored, calibrated = _scored(opened, window, labelled, positive)
        more = (one.precision, one.recall, one.f1, *scored)
    else:
        more = tuple(macro(table, name, confidence=confidence) for name in _CLASSES)
    first = accuracy(found, **_every_look(opened))
    return _Judged(
        n=table.n,
        foreign=int(n[~fits].sum()),
        foreign_labels=tuple(foreign[:SHOWN_FOREIGN]),
        positive=positive,
        measures=(first, *more),
        mcnemar=found,
        classes=_classes(table, confidence),
        series=_accuracies(block, table, window, confidence) if table.n else None,
        watched=watched(found, alpha=1 - confidence, planned=opened.policy.planned_pairs),
        calibration=calibrated,
    )


def _positive(opened: Opened, labelled: Labelled, table: Outcomes) -> str | None:
    """The label that precision and recall are about; None where nothing tells which it is."""
    declared = opened.test.truth and opened.test.truth.positive
    if declared:
        label = as_label(declared) or declared
        words = {"true": labelled.yes, "1": labelled.yes, "false": labelled.no, "0": labelled.no}
        return words.get(label.lower(), label)
    known = opened.reading.output.label is None or not table.labels or labelled.yes in table.labels
    return labelled.yes if known else None


def _classes(table: Outcomes, confidence: float) -> tuple[ClassQuality, ...]:
    support = np.bincount(table.truth, table.counts, len(table.labels))
    order = sorted(range(len(table.labels)), key=lambda at: -support[at])[:MOST_CLASSES]
    return tuple(of_class(table, table.labels[at], confidence=confidence) for at in order)


def _accuracies(block: Any, table: Outcomes, window: Window, confidence: float) -> QualitySeries:
    blocks, at = np.unique(block, return_inverse=True)
    hits = [
        np.bincount(at, table.counts * (side == table.truth), len(blocks))
        for side in (table.production, table.shadow)
    ]
    n = np.bincount(at, table.counts, len(blocks)).astype(np.int64)
    return accuracy_series(_starts(blocks, window), n, *hits, confidence=confidence)


def _scored(
    opened: Opened, window: Window, labelled: Labelled, positive: str
) -> tuple[tuple[Measure, ...], Calibration | None]:
    """What scores of the positive label say; one beside a label may be of whichever was given."""
    output = opened.reading.output
    if output.score is None or output.label is not None or output.argmax:
        return (), None
    if positive != labelled.yes:
        return (), None
    rows = opened.engine.run(
        "labelled_scores",
        positive=positive,
        **bounds(window),
        either=labelled.yes,
        other=labelled.no,
    )
    truth = rows["positive"].astype(bool)
    scores = rows["production_score"], rows["shadow_score"]
    areas = roc_areas(truth, *scores, confidence=opened.policy.confidence)
    losses = log_loss_sums(truth, *scores)
    found = (Measure("auc", "higher", *areas, None),)
    if losses is None:
        return found, None
    error, calibrated = calibration(truth, *scores, confidence=opened.policy.confidence)
    every_look = _every_look(opened)
    return (
        error,
        *found,
        mean_loss("log_loss", losses, better="lower", **every_look),
        mean_loss("brier", squared_sums(truth, *scores), better="lower", **every_look),
    ), calibrated if losses.n else None


def _numbers(opened: Opened, window: Window) -> _Judged:
    rows = opened.engine.run("error_sums", block_s=block_seconds(window), **bounds(window))
    total = {name: float(np.nansum(rows[name])) for name in rows}
    n, foreign = int(total["n"]), int(total["foreign_labels"])
    every_look = _every_look(opened)
    squares = _sums(total, "sum_pp", "sum_ss", "sum_pppp", "sum_ssss", "sum_ppss")
    absolute = _sums(total, "abs_p", "abs_s", "sum_pp", "sum_ss", "abs_ps")
    signed = _sums(total, "sum_p", "sum_s", "sum_pp", "sum_ss", "sum_ps")
    labels = opened.engine.run("labels_without_number", **bounds(window)) if foreign else None
    return _Judged(
        n=n,
        foreign=foreign,
        foreign_labels=() if labels is None else tuple(labels["label"].tolist()),
        measures=(
            mean_loss("mae", absolute, better="lower", **every_look),
            root_mean_square(squares, confidence=opened.policy.confidence),
            mean_loss("bias", signed, better="", **every_look),
        ),
        series=_errors(rows, window, opened.policy.confidence) if n else None,
    )


def _sums(total: dict[str, float], *names: str) -> DeltaSums:
    return DeltaSums(int(total["n"]), *(total[name] for name in names))


def _errors(rows: Answer, window: Window, confidence: float) -> QualitySeries:
    with_labels = rows["n"] > 0
    column = {name: rows[name][with_labels] for name in rows}
    return error_series(
        _starts(column["block"], window),
        column["n"],
        (column["abs_p"], column["sum_pp"]),
        (column["abs_s"], column["sum_ss"]),
        confidence=confidence,
    )


def _every_look(opened: Opened) -> dict[str, Any]:
    """Quality is no check of the verdict: each measure may err by itself."""
    policy = opened.policy
    return {
        "confidence": policy.confidence,
        "alpha": 1 - policy.confidence,
        "planned": policy.planned_pairs,
    }


def _starts(blocks: Any, window: Window) -> Any:
    return (blocks.astype(np.int64) * block_seconds(window)).astype("datetime64[s]")
