"""Which tests stand beside the chosen one, and what is said of them together?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analysis.several import LIKENESS, Entry, overlap
from pages.charts.dots import Dot, dots
from pages.parts import escape, format, loading, selection, states, tables, words
from queries import cached_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.estimates import Estimate, Window
    from analysis.several import Column, SideBySide
    from pages.charts.theme import Chart, Palette
    from queries.config import Config, Test

NAMES = {
    "agreement": "Agreement with production",
    "p99_latency": "Change of p99 latency",
    "5xx_errors": "More 5xx errors",
    "accuracy": "Gain in accuracy",
    "mae": "Change of the mean absolute error",
}
MOST = 6
KEY = "beside"


def choose(config: Config) -> list[str]:
    """Ask which tests to set beside the chosen one: at first those that look like its rivals."""
    test = selection.test_of(config)
    others = [each for each in config.tests if each.name != test.name]
    rivals = [each.name for each in others if _rivals(each, test)]
    return st.multiselect(
        f"Beside {escape.markdown(test.name, length=60)}",
        [each.name for each in others],
        default=rivals[: MOST - 1],
        max_selections=MOST - 1,
        placeholder="Choose tests of the same production",
        key=KEY,
        bind="query-params",
        persist_state="session",
        format_func=lambda name: escape.clip(escape.visible(name), 60),
        help="Tests of the same endpoint, one after the other or side by side on several, and "
        "tests of the same production on endpoints of their own. Chosen at first are those of the "
        "same endpoint, and those whose requests and answers have the same form.",
    )


def _rivals(one: Test, other: Test) -> bool:
    """Of one endpoint, or of two that take the same features and answer in the same form."""
    if one.endpoint is not None and one.endpoint == other.endpoint:
        return True
    return one.features is not None and (one.features, one.production, one.prediction) == (
        other.features,
        other.production,
        other.prediction,
    )


def entries(config: Config, names: Sequence[str], window: str) -> list[Entry]:
    """Read the tests, each over the time they share, or over its own where they share none.

    A test that cannot be read, or whose answers are of another kind, is told of and left out.
    """
    spans: dict[str, Window] = {}
    for name in names:

        def span(name: str = name) -> Window:
            loading.read(name)
            return cached_answers.span(name, window)

        found = states.attempt(span, what=f"the captures of {name}")
        if found is not None:
            spans[name] = found
    common = overlap(list(spans.values())) if spans else None
    read = []
    for name in spans:

        def entry(name: str = name) -> Entry:
            over = window if common is None else common.text
            report = cached_answers.report(name, over)
            if config.test(name).truth is None:
                return Entry(report)
            return Entry(report, cached_answers.quality(name, over))

        one = states.attempt(entry, what=f"the test {name}")
        if one is not None:
            read.append(one)
    return _alike(read)


def _alike(read: list[Entry]) -> list[Entry]:
    """Those that answer as the first does and have pairs; says why the others are left out."""
    kept: list[Entry] = []
    for entry in read:
        if not entry.report.pairing.paired:
            states.nothing(f"{entry.test} is left out.", "It has no pairs in this time.")
        elif kept and entry.report.kind != kept[0].report.kind:
            states.nothing(
                f"{entry.test} is left out.",
                f"Its models answer {words.KINDS[entry.report.kind]}, those of {kept[0].test} "
                f"{words.KINDS[kept[0].report.kind]}.",
            )
        else:
            kept.append(entry)
    return kept


def headline(found: SideBySide) -> str:
    """Name the best where the data can tell, and say what each leads in."""
    leads: dict[str, list[str]] = {}
    for column in found.columns:
        if column.leader:
            leads.setdefault(column.leader, []).append(f"“{NAMES[column.name]}”")
    said = "; ".join(
        f"{'it' if leader == found.best else leader} leads in {', '.join(names)}"
        for leader, names in sorted(leads.items(), key=lambda each: each[0] != found.best)
    )
    if not found.together:
        return (
            "They did not run at the same time, so none is named the best: a difference may be the "
            "traffic’s."
        )
    if found.best is not None:
        # to agree with production is not to be right
        alike = all(column.name == LIKENESS for column in found.columns if column.leader)
        what = "nearest to production" if alike else "the best"
        return f"{found.best} is {what} of {len(found.tests)}: {said}."
    if not leads:
        return "The data cannot tell these apart yet."
    return f"None is the best of {len(found.tests)}: {said}."


def basis(found: SideBySide, entries: Sequence[Entry], endpoints: int) -> str:
    """Say over which time, and what the intervals hold for."""
    sure = format.percent(found.confidence, decimals=0)
    of = len(found.tests) * len(found.columns)
    span = (
        f"All over the time that they share: {format.span(entries[0].report.window)}. "
        if found.together
        else "Each over its own time, as the table says. "
    )
    other = (
        "They run on different endpoints: only if those get the same traffic is a difference the "
        "shadows’. "
        if endpoints > 1
        else ""
    )
    return (
        f"{span}{other}The {of} intervals hold together with {sure}, each with "
        f"{format.percent(1 - found.alpha_each)} (Bonferroni), and at every look. One leads where "
        "its interval lies clear of all others; it is the best where no other leads in anything "
        "and its own verdict does not reject it. Differences are shadow − production. To agree "
        "with production is not to be right: where right answers are known, agreement names no "
        "best."
    )


def chart(tests: Sequence[str], column: Column, colours: Palette) -> Chart:
    """Draw one measure of every shadow with its interval; a star marks the one that leads."""
    name = NAMES[column.name]
    share = _unit(column) in ("share", "ratio")
    drawn = [
        Dot(
            test + (" ★" if test == column.leader else ""),
            each.value,
            each.low,
            each.high,
            f"{escape.plotly(test)}: {_written(column, each)}",
        )
        for test, each in zip(tests, column.estimates, strict=True)
    ]
    said = "; ".join(
        f"{test} {_written(column, each)}"
        for test, each in zip(tests, column.estimates, strict=True)
    )
    title = name if column.name == "agreement" else f"{name} (shadow − production)"
    return dots(
        drawn,
        colours,
        title=title,
        alt=f"{title} of each shadow: {said}.",
        percent=share,
        zero=column.name != "agreement",
    )


def _unit(column: Column) -> str:
    return column.estimates[0].unit


def _written(column: Column, each: Estimate) -> str:
    return format.estimate(each, signed=column.name != "agreement")


def table(found: SideBySide, entries: Sequence[Entry]) -> tables.Table:
    """Give every shadow's verdict, and measure by measure each shadow's value with its interval."""
    rows = [
        (
            *("Verdict", entry.test, words.DECISIONS[entry.report.verdict.decision], ""),
            format.count(entry.report.pairing.paired),
            *(() if found.together else (format.span(entry.report.window),)),
        )
        for entry in entries
    ]
    raw = []
    for column in found.columns:
        signed = column.name != "agreement"
        for entry, each in zip(entries, column.estimates, strict=True):
            report = entry.report
            rows.append(
                (
                    *(
                        NAMES[column.name],
                        entry.test + (" ★" if column.leader == entry.test else ""),
                    ),
                    format.quantity(each.value, each.unit, signed=signed),
                    format.interval(each.low, each.high, each.unit, signed=signed),
                    format.count(each.n) if each.known else "no data",
                    *(() if found.together else (format.span(report.window),)),
                )
            )
            raw.append(
                (
                    *(entry.test, report.verdict.decision, report.pairing.paired),
                    *(report.window.text, column.name, each.value, each.low, each.high),
                    *(each.n, each.unit, column.leader == entry.test),
                )
            )
    return tables.Table(
        columns=tables.columns(
            *("", "Test", "Value >", "Interval >", "n >"),
            *(() if found.together else ("Time",)),
        ),
        rows=tuple(rows),
        export_columns=(
            *("test", "verdict", "pairs", "window", "measure", "value", "low", "high"),
            *("n", "unit", "leads"),
        ),
        export_rows=tuple(raw),
    )
