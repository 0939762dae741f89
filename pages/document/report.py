"""How does everything known of a test become one file for a colleague?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.document import (
    brief,
    consequences,
    machines,
    monitor,
    proof,
    quality,
    sections,
    slices,
)
from pages.document.page import page
from pages.document.together import inputs_over_time, inputs_together
from pages.parts import format, words

if TYPE_CHECKING:
    from queries.dossier import Dossier


def as_html(dossier: Dossier, *, demo: bool = False) -> str:
    """Write the report as one HTML file, under 5 MB, that needs no network."""
    report, verdict = dossier.report, dossier.report.verdict
    about = [
        f"{report.production} (production) and {report.shadow} (shadow) · "
        f"{format.span(report.window)} · {format.count(report.pairing.paired)} pairs",
        f"Policy {verdict.policy.name} · written {format.moment(dossier.at)} by Understudy",
    ]
    if dossier.test.description:
        about.insert(0, dossier.test.description)
    if demo:
        about.append("Demo account: made-up captures, no AWS.")
    decision = words.DECISIONS[verdict.decision]
    return page(
        f"Shadow test {report.test}",
        about,
        (
            verdict.decision,
            decision.upper(),
            _sentence(verdict.headline.removeprefix(f"{decision}: ")),
        ),
        (
            brief.section(report),
            sections.checks(report),
            sections.agreement(report, dossier.noise, dossier.second_source),
            slices.section(dossier),
            quality.section(dossier),
            consequences.section(dossier),
            sections.latency(report),
            sections.predictions(report),
            proof.inputs(dossier),
            inputs_over_time(dossier),
            inputs_together(dossier),
            monitor.section(dossier),
            machines.resources(dossier, demo=demo),
            machines.setup(dossier),
            proof.pairing(dossier),
            proof.left_out(dossier),
            proof.basis(dossier),
        ),
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
