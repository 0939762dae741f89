"""What does the report say of the inputs, of what was left out, and of what it rests on?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts import heatmaps, multiples, theme, timelines
from pages.document.blocks import Grid, Picture, Points, Section, Words, facts, timeline
from pages.parts import coverage, explaining, features, format, usual
from pages.parts.tables import Table, columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pages.document.blocks import Block
    from queries.dossier import Dossier

COLOURS = theme.LIGHT
MOST_CURVES = 12
_REFERENCES = {"baseline": "the baseline", "previous": "the window before"}
HOW = (
    "Agreement: share of pairs with the same answer; Wilson's interval for one look, a "
    "beta-binomial confidence sequence for every look.",
    "Latency: percentiles of the whole window, never averages of percentiles; intervals from "
    "batches of time, of paired logs from the requests (MOVER).",
    "Errors: Newcombe's interval of the difference for one look, two confidence sequences for "
    "every look.",
    "Drift: KS distance or Cramér's V with its interval, corrected for the number of features "
    "(Benjamini–Hochberg); the size of the effect decides, not the p-value.",
    "Drift over time: each block against the same reference, beyond chance after allowing for all "
    "blocks of all features; changes by permuting whole blocks among those of the same hour.",
    "Whole requests: energy distance with a permutation p; a classifier trained on half of the "
    "requests and asked about the other half, with Mann–Whitney's p.",
    "Slices: searched in one half of the traffic, by Fisher's exact test corrected for the number "
    "of slices; confirmed by the other half alone. Wilson's interval in the slice, Newcombe's of "
    "the difference from the rest.",
    "No data is written as no data. What is not paired counts neither for nor against.",
)


def inputs(dossier: Dossier) -> Section:
    """Whether the requests have changed, against every reference there is."""
    blocks: list[Block] = []
    for reference, found in dossier.inputs:
        if isinstance(found, str):
            blocks.append(Words(f"Against {_REFERENCES[reference]}: not compared. {found}"))
            continue
        said = features.summary(found.features)
        blocks.append(Words(f"Against {_REFERENCES[reference]}: {said}"))
        blocks.append(Words(features.plain_basis(found), small=True))
        if found.features:
            shown = found.features[:MOST_CURVES]
            blocks.append(Picture(multiples.features(shown, COLOURS)))
            blocks.append(Grid(features.ranked(found.features)))
            if len(found.features) > MOST_CURVES:
                blocks.append(
                    Words(f"The {MOST_CURVES} most changed are drawn, all are listed.", small=True)
                )
    return Section("inputs", "Drift of the inputs", tuple(blocks))


def pairing(dossier: Dossier) -> Section:
    """How pairs were found, and when they came."""
    report = dossier.report
    return Section(
        "pairing",
        "Pairing and coverage",
        (
            Grid(coverage.methods(report.pairing)),
            Words(coverage.expected(report.pairing)),
            timeline(
                timelines.pairing(report.pairing.series, COLOURS),
                "Pairs over time",
                report.interruptions,
            ),
            Picture(heatmaps.hours_of_week(report.hours, COLOURS), "Pairs by hour of the week"),
            Words(f"{report.hours.seen} of 168 hours of the week were seen."),
            *_usual(dossier),
        ),
    )


def _usual(dossier: Dossier) -> Iterator[Block]:
    """Yield what the pairs are against the usual traffic."""
    if isinstance(dossier.usual, str):
        yield Words(f"What traffic is usual is not known. {dossier.usual}")
        return
    known = usual.met_of(dossier.report, dossier.usual)
    yield Picture(heatmaps.against_usual(known, COLOURS), "The same against the usual traffic")
    yield Words(usual.sentence(known, dossier.usual))
    yield Grid(usual.parts(known, dossier.report.verdict.policy))


def left_out(dossier: Dossier) -> Section:
    """What was read or expected and is in no number above."""
    raw = tuple((r.file, r.line, r.offset, r.reason) for r in dossier.rejects)
    blocks: list[Block] = [Grid(coverage.not_compared(dossier.report))]
    if raw:
        shown = min(len(raw), coverage.MOST_REJECTS_SHOWN)
        blocks.append(Grid(coverage.rejected_lines(raw), f"Not readable, {shown} of {len(raw)}"))
    return Section("not-compared", "What was not compared", tuple(blocks))


def _explained() -> Table:
    names = "number", "how it is computed", "assumes", "source", "wrong when"
    rows = tuple(
        (each.name, each.how, each.assumes, each.source, each.wrong)
        for each in explaining.OF_A_TEST.values()
    )
    return Table(columns(*(name.capitalize() for name in names)), rows, names, rows)


def basis(dossier: Dossier) -> Section:
    """By which settings and programs the numbers were made, and how."""
    report = dossier.report
    rows = (
        ("Window", format.span(report.window)),
        ("Written", format.moment(dossier.at)),
        ("Captures", dossier.test.source),
        ("Answers read as", report.reading + (" (guessed)" if report.reading_guessed else "")),
        (
            "Read",
            f"{format.count(report.ingest.objects)} files, "
            f"{format.count(report.ingest.records)} records"
            + ("" if report.ingest.bytes is None else f", {format.size(report.ingest.bytes)}"),
        ),
        *((name, version) for name, version in dossier.versions),
        ("SHA-256 of the settings", dossier.config_hash),
        ("SHA-256 of the policy", dossier.policy_hash),
    )
    return Section(
        "basis",
        "What this rests on",
        (
            facts(rows),
            Points(HOW),
            Grid(coverage.in_force(dossier.settings), "Settings in force"),
            Grid(_explained(), "How each number is computed"),
        ),
    )
