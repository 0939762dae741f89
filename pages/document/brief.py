"""How does a verdict become one page for somebody who decides?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.document.blocks import Points, Section, Words
from pages.document.page import page
from pages.parts import format, words
from pages.parts.plain import plain

if TYPE_CHECKING:
    from datetime import datetime

    from analysis.report import Report


def as_html(report: Report, *, at: datetime, demo: bool = False) -> str:
    """Write the verdict in plain words as one HTML page, to read, print or send on."""
    told = plain(report)
    about = [f"{format.span(report.window)} · written {format.moment(at)} by Understudy"]
    if demo:
        about.append("Demo account: made-up captures, no AWS.")
    decision = report.verdict.decision
    return page(
        f"May the new model take over? {report.test}",
        about,
        (decision, words.DECISIONS[decision].upper(), f"{told.answer} {told.reason}"),
        tuple(
            Section(title.lower().replace(" ", "-"), title, (Points(sentences),))
            for title, sentences in told.chapters
        ),
    )


def section(report: Report) -> Section:
    """The same as the first chapter of the whole report, whose others are the evidence."""
    told = plain(report)
    blocks: list[Words | Points] = [Words(f"{told.answer} {told.reason}")]
    for title, sentences in told.chapters:
        blocks += [Words(f"{title}:"), Points(sentences)]
    return Section("plain", "In plain words", tuple(blocks))
