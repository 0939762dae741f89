"""Which tiles, tables and sentences say which model is nearer to the truth?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.parts import format, labels, tables, tiles, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.classes import ClassQuality
    from analysis.correctness import McNemar, Watched
    from analysis.estimates import Estimate
    from analysis.measured import Measure
    from analysis.quality import Quality

OF_A_CLASS = ("recall", "precision", "f1")
MOST_CLASSES = 15
SURPRISING = 0.05
INTERVALS = (
    "Intervals are for one look. Both models are judged on the same labelled pairs, so the "
    "interval of a difference is narrower than the two models' own."
)
_SAYS = {
    "better": "The shadow is nearer to the truth",
    "worse": "Production is nearer to the truth",
    "different": "The two models differ",
    "unclear": "Neither model is shown to be nearer to the truth",
    "no_data": "Nothing can be said of the truth",
}


def headline(found: Quality) -> str:
    """Say in one sentence what the most important measure says."""
    main = found.measures[0]
    name = words.MEASURES[main.name].lower()
    if not main.difference.known:
        return f"{_SAYS['no_data']}: there is no data on {name}."
    return (
        f"{_SAYS[main.state]}: {name} {_written(main.shadow)} against {_written(main.production)} "
        f"by production, a difference of {format.estimate(main.difference, signed=True)}."
    )


def basis(found: Quality) -> str:
    """Say on which pairs the numbers rest, and which labelled ones are left out."""
    parts = [f"{format.count(found.n)} labelled pairs, {format.span(found.window)}."]
    if found.positive is not None:
        parts.append(f"Precision and recall are about the label “{found.positive}”.")
    if found.unreadable:
        parts.append(
            f"Left out: {format.count(found.unreadable)} labelled pairs of which an answer could "
            "not be read."
        )
    if found.foreign:
        parts.append(labels.foreign(found))
    return " ".join(parts)


def tiles_of(found: Quality) -> list[tiles.Tile]:
    """Make the tiles: both models, their difference for one look and for every look, the labels."""
    main = found.measures[0]
    name = words.MEASURES[main.name]
    made = [
        tiles.of(f"{name}, production", main.production, explained="quality_of_one"),
        tiles.of(f"{name}, shadow", main.shadow, explained="quality_of_one"),
        tiles.of(
            f"Difference: {words.MEASURE_STATES[main.state]}",
            main.difference,
            explained="quality_difference",
            signed=True,
            help="Shadow − production on the same pairs; the interval is for one look.",
        ),
    ]
    if main.sequence is not None:
        made.append(
            tiles.of(
                "Difference, at any time",
                main.sequence,
                explained="quality_sequence",
                signed=True,
                help="The same with an interval that holds however often one looks.",
            )
        )
    return [*made, *labels.tiles_of(found.coverage)]


def measures(found: Quality) -> tables.Table:
    """Give every measure of both models, the paired difference and what it says."""
    return tables.Table(
        columns=tables.columns(
            *("", "Production >", "Interval >", "Shadow >", "Interval >"),
            *("Difference >", "Interval >", "Pairs >", "Shadow is"),
        ),
        rows=tuple(
            (words.MEASURES[each.name], *_cells(each), words.MEASURE_STATES[each.state])
            for each in found.measures
        ),
        export_columns=("measure", *_EXPORTED, *_SEQUENCE),
        export_rows=tuple(
            (each.name, *_export(each), *_ends(each.sequence)) for each in found.measures
        ),
    )


def classes(
    shown: Sequence[ClassQuality], measure: str, every: Sequence[ClassQuality]
) -> tables.Table:
    """Give one measure of classes for both models; the file gets all three of ``every`` one."""
    return tables.Table(
        columns=tables.columns(
            *("Class", "Support >", "Production >", "Interval >", "Shadow >", "Interval >"),
            *("Difference >", "Interval >", "Pairs >", "Shadow is"),
        ),
        rows=tuple(
            (each.label, format.count(each.support), *_cells(of), words.MEASURE_STATES[of.state])
            for each in shown
            for of in (_of(each, measure),)
        ),
        export_columns=(
            *("class", "support", "production_given", "shadow_given"),
            *(f"{name}_{column}" for name in OF_A_CLASS for column in _EXPORTED),
        ),
        export_rows=tuple(
            (
                *(each.label, each.support, each.production_given, each.shadow_given),
                *(value for name in OF_A_CLASS for value in _export(_of(each, name))),
            )
            for each in every
        ),
    )


def who_was_right(found: McNemar) -> tables.Table:
    """Give the labelled pairs by who was right."""

    def cell(pairs: int) -> str:
        return f"{format.count(pairs)} ({format.percent(pairs / found.n, decimals=1)})"

    return tables.Table(
        columns=tables.columns("", "Shadow right >", "Shadow wrong >"),
        rows=(
            ("Production right", cell(found.both), cell(found.only_production)),
            ("Production wrong", cell(found.only_shadow), cell(found.neither)),
        ),
        export_columns=(
            *("both_right", "only_production_right", "only_shadow_right", "neither_right"),
            *("exact_p", "mid_p"),
        ),
        export_rows=(
            (
                *(found.both, found.only_production, found.only_shadow, found.neither),
                *(found.exact_p, found.mid_p),
            ),
        ),
    )


def surprise(found: McNemar) -> str:
    """Say in words how surprising the two discordant counts would be of equally good models."""
    apart = found.only_production + found.only_shadow
    if not apart:
        return "There is no pair that only one of the two gets right: nothing tells them apart."
    share = format.percent(found.only_shadow / apart, decimals=1)
    split = (
        f"{format.count(apart)} pairs are answered rightly by only one of the two, {share} of them "
        "by the shadow. "
    )
    tests = f"McNemar: exact p {format.p_value(found.exact_p)}, mid-p {format.p_value(found.mid_p)}"
    chance = f"Of models that are right equally often, {_of_a_hundred(found.exact_p)} would be at "
    verdict = "this may well be chance" if found.exact_p >= SURPRISING else "this is hardly chance"
    return f"{split}{chance}least as uneven: {verdict} ({tests})."


def at_every_look(found: Watched) -> str:
    """Say the same for whoever has looked before, and will again."""
    half = found.shadow_right.low <= 0.5 <= found.shadow_right.high
    return (
        f"However often one looks: p {format.p_value(found.p)} (e-value {_evidence(found)}), and "
        "of such pairs the shadow is right on "
        f"{format.interval(found.shadow_right.low, found.shadow_right.high, 'share')}, which "
        f"{'does not rule out' if half else 'rules out'} a half."
    )


def _evidence(found: Watched) -> str:
    return "over 1,000,000" if found.evidence > 1e6 else format.number(found.evidence)


def _of_a_hundred(p: float) -> str:
    if p >= 0.01:
        return f"{round(100 * p)} of 100 such tests"
    if p >= 0.0001:
        return f"{round(10_000 * p)} of 10,000 such tests"
    return "fewer than one of 10,000 such tests"


_EXPORTED = (
    *("production", "production_low", "production_high", "production_n"),
    *("shadow", "shadow_low", "shadow_high", "shadow_n"),
    *("difference", "difference_low", "difference_high", "difference_n", "state"),
)
_SEQUENCE = ("any_time_low", "any_time_high")


def _export(measure: Measure) -> tuple[object, ...]:
    numbers = (
        (each.value, each.low, each.high, each.n)
        for each in (measure.production, measure.shadow, measure.difference)
    )
    return (*(value for row in numbers for value in row), measure.state)


def _ends(sequence: Estimate | None) -> tuple[float | None, float | None]:
    return (None, None) if sequence is None else (sequence.low, sequence.high)


def _cells(measure: Measure) -> tuple[str, ...]:
    """Value and interval of both models and of the difference, and the pairs behind it."""
    sides = [
        text
        for each, signed in (
            (measure.production, False),
            (measure.shadow, False),
            (measure.difference, True),
        )
        for text in (
            format.quantity(each.value, each.unit, signed=signed),
            format.interval(each.low, each.high, each.unit, signed=signed),
        )
    ]
    return (*sides, format.count(measure.difference.n))


def _of(found: ClassQuality, name: str) -> Measure:
    return {"recall": found.recall, "precision": found.precision, "f1": found.f1}[name]


def _written(estimate: Estimate) -> str:
    return format.quantity(estimate.value, estimate.unit)
