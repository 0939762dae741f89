"""What does the report say of the right answers?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts import quality as charts
from pages.charts import reliability, theme
from pages.document.blocks import Grid, Picture, Section, Words, numbers, timeline
from pages.parts import calibration, labels, quality, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analysis.interruptions import Interruption
    from analysis.quality import Quality
    from pages.document.blocks import Block
    from queries.dossier import Dossier

TITLE = "Quality"
COLOURS = theme.LIGHT


def section(dossier: Dossier) -> Section:
    """Which model is nearer to the truth, where right answers are known."""
    found = dossier.quality
    if found is None:
        return Section("quality", TITLE, (Words("No right answers are configured for this test."),))
    if isinstance(found, str):
        return Section("quality", TITLE, (Words(f"Not judged. {found}"),))
    marked = dossier.report.interruptions
    return Section(
        "quality",
        TITLE,
        (*_judged(found, marked), *_labelled(found, dossier.test.name, marked)),
    )


def _judged(found: Quality, interruptions: Sequence[Interruption]) -> Iterator[Block]:
    lack = labels.missing(found)
    if lack is not None:
        yield Words(" ".join(lack))
        if not found.counts.used:
            yield Grid(labels.ids(found.ids))
        return
    yield Words(quality.headline(found))
    yield Words(quality.basis(found), small=True)
    yield numbers(quality.tiles_of(found))
    yield Picture(
        charts.differences(found.measures, COLOURS), "Shadow − production, on the same pairs"
    )
    yield Grid(quality.measures(found))
    yield Words(quality.INTERVALS, small=True)
    if found.mcnemar is not None:
        yield Grid(quality.who_was_right(found.mcnemar), "Who was right")
        yield Words(quality.surprise(found.mcnemar))
    if found.watched is not None and found.watched.shadow_right.known:
        yield Words(quality.at_every_look(found.watched))
    if found.calibration is not None:
        yield Picture(reliability.curves(found.calibration, COLOURS), calibration.TITLE)
        yield Words(calibration.sentences(found.calibration))
        yield Words(calibration.ABOUT, small=True)
        yield Grid(calibration.bins(found.calibration))
    if found.series is not None:
        yield timeline(charts.over_time(found.series, COLOURS), "Over time", interruptions)
    if found.classes:
        for name in quality.OF_A_CLASS:
            yield Grid(
                quality.classes(found.classes, name, found.classes),
                f"Class by class: {words.MEASURES[name].lower()}",
            )


def _labelled(found: Quality, test: str, interruptions: Sequence[Interruption]) -> Iterator[Block]:
    if found.coverage.labelled:
        yield timeline(
            charts.coverage(found.coverage.series, COLOURS),
            "Which pairs have a label",
            interruptions,
        )
        yield Words(labels.selection(found.coverage))
        yield Words(labels.found_by(found.coverage), small=True)
    yield Grid(labels.account(found.counts), "Every line of the labels’ files")
    yield Words(labels.source(found.counts), small=True)
    for problem in found.counts.problems:
        yield Words(problem, small=True)
    if found.behind is not None:
        yield Words(labels.behind(found.behind, test), small=True)
