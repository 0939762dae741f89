"""What was compared, how it was matched, and what was left out?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.charts import marks, timelines
from pages.parts import drawing, escape, format, states, tables, unread, usual, words
from queries import cached_answers
from queries.errors import UnderstudyError
from queries.settings import settings_in_force

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.coverage import Pairing
    from analysis.latency import Latency
    from analysis.report import Report
    from pages.charts.theme import Palette
    from queries.config import Config, Test
    from queries.settings import Setting

MOST_REJECTS_SHOWN = 20


def share_of_production(found: Pairing) -> str:
    """Say which share of production's rows found its answer by the shadow."""
    if not found.production:
        return "production was not captured"
    share = found.paired / found.production
    return (
        f"{format.percent(share, decimals=1)} of {format.count(found.production)} production rows"
    )


def not_compared(report: Report) -> tables.Table:
    """Give everything that was read or expected but not compared, with the reason."""
    found, read = report.pairing, report.ingest
    rows = (
        (
            "Production rows without a shadow answer",
            found.production_only,
            "never counted as disagreement",
        ),
        (
            "Shadow rows without a production answer",
            found.shadow_only,
            "never counted as disagreement",
        ),
        (
            "Rows with several possible partners",
            found.ambiguous,
            "identical inputs, different answers",
        ),
        ("Ids used more than once", found.collisions, "matched by nearest time"),
        (
            "Pairs whose inputs differ",
            found.different_input,
            "matched by id, the inputs are not equal",
        ),
        ("Rows whose prediction could not be read", read.unreadable, "read as: " + report.reading),
        ("Records without a usable time", read.without_time, "cannot be placed in a window"),
        ("Lines rejected", read.rejected, "no capture record; listed below"),
        ("Files not readable", read.failed, f"of {format.count(read.objects)} files"),
        *_missing_periods(report.latency),
        *_interruptions(report),
    )
    return tables.Table(
        columns=tables.columns("What", "How many >", "Remark"),
        rows=tuple((what, format.count(n), remark) for what, n, remark in rows),
        export_columns=("what", "count", "remark"),
        export_rows=rows,
    )


def _interruptions(report: Report) -> tuple[tuple[str, int, str], ...]:
    """Count the stretches without captures, or with too full a disk, of each variant."""
    counted = []
    for what, kind in (("Stretches without captures of", "gap"), ("Disks too full of", "disk")):
        for variant, name in (("production", "production"), ("shadow", "the shadow")):
            some = [i for i in report.interruptions if i.kind == kind and i.variant == variant]
            if some:
                longest = max(some, key=lambda each: each.end - each.start)
                counted.append((f"{what} {name}", len(some), words.interruption(longest)))
    return tuple(counted)


def left_out(report: Report) -> None:
    """List everything that was read or expected but not compared, with the reason."""
    tables.draw(
        not_compared(report),
        name=f"{report.test}-not-compared",
        key="left_out_table",
    )
    if report.ingest.unreadable:
        unread.question(report)
    if report.ingest.rejected or report.ingest.failed:
        _rejects(report.test)


def _missing_periods(latency: Latency | None) -> tuple[tuple[str, int, str], ...]:
    if latency is None:
        return ()
    return tuple(
        (
            f"Periods without latency of {name}",
            int((~(variant.series.n > 0)).sum()),
            f"of {format.count(len(variant.series.n))} periods of {variant.series.period_s} s; "
            f"missing, not zero",
        )
        for name, variant in (("production", latency.production), ("the shadow", latency.shadow))
    )


def _rejects(test: str) -> None:
    try:
        rejected = list(cached_answers.rejects(test))
    except UnderstudyError as error:
        states.failed(error, what="the list of rejected lines")
        return
    raw = tuple((r.file, r.line, r.offset, r.reason) for r in rejected)
    shown = min(MOST_REJECTS_SHOWN, len(raw))
    st.markdown(
        f"**Lines and files that could not be read** — {shown} of {format.count(len(raw))} shown, "
        "all in the file"
    )
    tables.draw(rejected_lines(raw), name=f"{test}-rejected-lines", key="rejects_table")


def rejected_lines(raw: Sequence[tuple[str, int, int, str]]) -> tables.Table:
    """Give the first rejected lines (file, line, byte offset, reason); the file gets all.

    Line 0 stands for a whole file.
    """
    return tables.Table(
        columns=tables.columns("File : line", "Byte >", "Reason"),
        rows=tuple(
            (
                escape.clip_left(str(file), 96) + (f":{line}" if line else ""),
                format.count(offset) if line else "the whole file",
                str(reason),
            )
            for file, line, offset, reason in raw[:MOST_REJECTS_SHOWN]
        ),
        export_columns=("file", "line", "offset", "reason"),
        export_rows=tuple(raw),
    )


def in_force(settings: Sequence[Setting]) -> tables.Table:
    """Give every setting in force for a test, and which of them the configuration states."""
    rows = tuple((s.key, s.value, s.origin) for s in settings)
    return tables.Table(
        columns=tables.columns("Setting", "Value", "From"),
        rows=rows,
        export_columns=("setting", "value", "from"),
        export_rows=rows,
    )


def settings(config: Config, test: Test) -> None:
    """List every setting in force for the test, and which of them the configuration states."""
    tables.draw(
        in_force(settings_in_force(config, test)),
        name=f"{test.name}-settings",
        key="settings_table",
    )


def methods(found: Pairing) -> tables.Table:
    """Give by which key how many pairs were found."""
    rows = tuple((words.METHODS.get(m.method, m.method), m.pairs) for m in found.by_method)
    return tables.Table(
        columns=tables.columns("Matched by", "Pairs >", "Share >"),
        rows=tuple(
            (how, format.count(n), format.percent(n / found.paired, decimals=1)) for how, n in rows
        ),
        export_columns=("matched_by", "pairs"),
        export_rows=rows,
    )


def pairing(report: Report, window: str, colours: Palette) -> None:
    """Draw by which key pairs were found, how complete they are, and when they came."""
    found = report.pairing
    left, right = st.columns([2, 3], gap="large")
    with left:
        tables.draw(methods(found), name=f"{report.test}-pairing", key="pairing_table")
        st.markdown(expected(found))
        st.markdown(f"{report.hours.seen} of 168 hours of the week were seen.")
    with right:
        st.markdown("**Pairs over time, against those expected**")
        drawing.draw(
            marks.interrupted(
                timelines.pairing(found.series, colours), report.interruptions, colours
            ),
            key="pairing_hours",
        )
    usual.draw(report, window, colours)


def expected(found: Pairing) -> str:
    """Say how many pairs were expected, and how many there are."""
    if found.expected is None:
        return (
            "How many pairs to expect is not known: `capture_percent` and `shadow_percent` "
            "of this test are not in the configuration."
        )
    text = (
        f"{format.count(found.expected)} pairs were expected from the sampling rates, "
        f"{format.count(found.paired)} were found."
    )
    if found.sample_ratio is not None:
        text += f" Sample-ratio check: p {format.p_value(found.sample_ratio.p)}."
    return text
