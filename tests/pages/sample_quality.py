"""Two models against the truth as a page gets them, made by hand of counted answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis import quality as truth
from analysis.bland_altman import DeltaSums
from analysis.calibration import calibration
from analysis.classes import macro, of_class
from analysis.consequences import Cell, Consequences, consequence
from analysis.correctness import accuracy, outcomes, watched, who_was_right
from analysis.estimates import Window
from analysis.labels import (
    LabelCounts,
    LabelCoverage,
    LabelsBehind,
    LabelSeries,
    delay_of,
    selection,
)
from analysis.losses import mean_loss, root_mean_square
from analysis.measured import Measure
from analysis.quality import Ids, Quality
from analysis.roc import roc_areas
from tests.pages import sample

LABELLED = 8_400
_LOOK = {"confidence": 0.95, "alpha": 0.05, "planned": 10_000}


def classified(labels: tuple[str, ...] = ("0", "1")) -> Quality:
    """The shadow finds more of the second class; two other labels are nobody's."""
    no, yes = labels[:2]
    table = outcomes(
        [no, no, no, no, yes, yes, yes, yes],
        [no, yes, no, yes, yes, no, yes, no],
        [no, no, yes, yes, yes, yes, no, no],
        [7_400, 60, 40, 100, 500, 190, 30, 80],
    )
    found = who_was_right(table)
    classes = tuple(of_class(table, label, confidence=0.95) for label in (no, yes))
    rng = np.random.default_rng(3)
    positive = np.repeat([False, True], (7_600, 800))
    scores = [rng.normal(positive * apart, 1) for apart in (2.0, 2.2)]
    area = Measure("auc", "higher", *roc_areas(positive, *scores, confidence=0.95), None)
    given = [1 / (1 + np.exp(-(2 * each - 4.2))) for each in scores]
    error, calibrated = calibration(positive, *given, confidence=0.95)
    losses = [np.logaddexp(0, -np.where(positive, s, -s)) for s in scores]
    loss = mean_loss("log_loss", _sums(*losses), better="lower", **_LOOK)
    n = sample.rhythm() * LABELLED // sample.PAIRS
    return Quality(
        kind="binary",
        window=Window(sample.START, sample.END),
        positive=yes,
        n=LABELLED,
        unreadable=3,
        foreign=2,
        counts=counts(),
        coverage=coverage(),
        measures=(
            accuracy(found, **_LOOK),
            *(getattr(classes[1], name) for name in ("precision", "recall", "f1")),
            macro(table, "f1", confidence=0.95),
            error,
            area,
            loss,
        ),
        mcnemar=found,
        watched=watched(found, alpha=0.05, planned=10_000),
        calibration=calibrated,
        classes=classes,
        series=truth.accuracy_series(
            sample.hours(), n, np.round(0.96 * n), np.round(0.975 * n), confidence=0.95
        ),
        ids=Ids(("order-1",), ("order-1",), ("5f2bd1e4",)),
        foreign_labels=("maybe",),
    )


def numbers() -> Quality:
    """The same for numbers, where the shadow is further from the truth."""
    rng = np.random.default_rng(4)
    production, shadow = rng.normal(0, 3, LABELLED), rng.normal(0.2, 3.4, LABELLED)
    n = sample.rhythm() * LABELLED // sample.PAIRS
    found = classified()
    return replace(
        found,
        kind="regression",
        positive=None,
        measures=(
            root_mean_square(_sums(production**2, shadow**2), confidence=0.95),
            mean_loss("mae", _sums(abs(production), abs(shadow)), better="lower", **_LOOK),
            mean_loss("bias", _sums(production, shadow), better="", **_LOOK),
        ),
        mcnemar=None,
        watched=None,
        calibration=None,
        classes=(),
        series=truth.error_series(
            *(sample.hours(), n, (2.4 * n, 9.0 * n), (2.7 * n, 11.6 * n)), confidence=0.95
        ),
    )


def unmatched() -> Quality:
    """Labels were read, and none of them has the id of a captured request."""
    found = classified()
    nothing = replace(
        found.counts, used=0, duplicates=0, conflicts=0, unknown_id=found.counts.lines
    )
    nothing = replace(nothing, without_id=0, unreadable=0, repeated_id=0, unpaired=0, misfit=0)
    return replace(
        found,
        n=0,
        unreadable=0,
        foreign=0,
        counts=nothing,
        coverage=replace(found.coverage, labelled=0, by_method=(), delay=delay_of([], [])),
        measures=(),
        mcnemar=None,
        watched=None,
        calibration=None,
        classes=(),
        series=None,
        ids=Ids(("ORDER_1", "ORDER_2"), ("order-1", "order-2", "order-3"), ("5f2bd1e4",)),
    )


def consequences() -> Consequences:
    """Conversion and revenue of 8,000 pairs, of which the models differ on 500; a third unknown."""
    answers = (
        ("0", "0", 6_800, 1_020),
        ("1", "1", 700, 350),
        ("0", "1", 300, 90),
        ("1", "0", 200, 40),
    )
    look = {"pairs": sample.PAIRS, "confidence": 0.95, "most": 10}
    shares = [Cell(p == s, p, s, n, k, k, n) for p, s, n, k in answers]
    sums = [Cell(p == s, p, s, n, 20.0 * k, 900.0 * k, n - k) for p, s, n, k in answers]
    nothing = replace(counts(), used=0, unknown_id=counts().unknown_id + counts().used)
    return Consequences(
        (counts(), counts(), nothing),
        Ids((), (), ()),
        (
            consequence("conversion", shares, **look),
            consequence("revenue <b>EUR</b>", sums, **look),
            consequence("profit", [], **look),
        ),
        (None, LabelsBehind(files=2), None),
    )


def counts() -> LabelCounts:
    return LabelCounts(
        location="s3://bucket/truth",
        files=7,
        failed=1,
        lines=9_000,
        used=8_405,
        duplicates=120,
        conflicts=4,
        without_id=10,
        unreadable=5,
        unknown_id=400,
        repeated_id=20,
        unpaired=38,
        misfit=2,
    )


def coverage() -> LabelCoverage:
    agreement, rest, apart = selection(
        *(8_000, LABELLED + 5, 11_400, sample.PAIRS - LABELLED - 5), confidence=0.95
    )
    n = sample.rhythm()
    return LabelCoverage(
        pairs=sample.PAIRS,
        labelled=LABELLED + 5,
        by_method=(("inference_id", 8_000), ("event_id", 405)),
        delay=delay_of([90, 300, 1_500], [4_000, 4_000, 405]),
        agreement=agreement,
        agreement_rest=rest,
        selection=apart,
        series=LabelSeries(sample.hours(), n, n * LABELLED // sample.PAIRS),
    )


def _sums(production: np.ndarray, shadow: np.ndarray) -> DeltaSums:
    p, s = production, shadow
    return DeltaSums(len(p), *(float(x.sum()) for x in (p, s, p * p, s * s, p * s)))
