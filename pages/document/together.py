"""What does the report say of drift over time, and of whole requests?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts import drift_over_time, theme
from pages.charts import together as charts
from pages.document.blocks import Grid, Picture, Section, Words, timeline
from pages.parts import over_time, together

if TYPE_CHECKING:
    from pages.document.blocks import Block
    from queries.dossier import Dossier

_REFERENCES = {"baseline": "the baseline", "previous": "the window before"}


def inputs_over_time(dossier: Dossier) -> Section:
    """When the requests changed, against every reference there is."""
    blocks: list[Block] = []
    interruptions = dossier.report.interruptions
    for reference, found in dossier.inputs_over_time:
        against = f"Against {_REFERENCES[reference]}"
        if isinstance(found, str):
            blocks.append(Words(f"{against}: not compared. {found}"))
            continue
        blocks.append(Words(f"{against}: {over_time.headline(found.drift)}"))
        blocks.append(Words(over_time.basis(found), small=True))
        if found.drift.features:
            worst = found.drift.features[0]
            blocks += [
                timeline(drift_over_time.features(found.drift, theme.LIGHT), "", interruptions),
                Words(over_time.LEGEND, small=True),
                timeline(
                    drift_over_time.course(found.drift, worst, worst.effect, theme.LIGHT),
                    f"{worst.name}, the most moved",
                    interruptions,
                ),
                Grid(over_time.features(found.drift)),
            ]
    return Section("inputs-over-time", "Drift of the inputs over time", tuple(blocks))


def inputs_together(dossier: Dossier) -> Section:
    """Whether whole requests changed, against every reference there is."""
    blocks: list[Block] = []
    confidence = dossier.report.verdict.policy.confidence
    for reference, found in dossier.inputs_together:
        against = f"Against {_REFERENCES[reference]}"
        if isinstance(found, str):
            blocks.append(Words(f"{against}: not compared. {found}"))
            continue
        blocks.append(Words(f"{against}: {together.headline(found, 1 - confidence)}"))
        blocks.append(Words(together.basis(found), small=True))
        blocks.append(Grid(together.numbers(found, confidence)))
        told = found.separation
        if told is not None and told.p < 1 - confidence:
            shown = told.explained[: together.MOST_EXPLAINED]
            drawn = charts.explained(shown, theme.LIGHT)
            blocks.append(Picture(drawn, "Features that tell them apart"))
    return Section("inputs-together", "Drift of whole requests", tuple(blocks))
