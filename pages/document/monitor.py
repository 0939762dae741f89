"""What does the report say of Model Monitor's findings?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.document.blocks import Grid, Section, Words
from pages.parts import monitoring

if TYPE_CHECKING:
    from queries.dossier import Dossier

TITLE = "Model Monitor"


def section(dossier: Dossier) -> Section:
    """What Model Monitor reported, beside the drift against the first reference there is."""
    found = dossier.monitor
    if found is None:
        none = "Neither violations nor constraints of Model Monitor are configured for this test."
        return Section("monitor", TITLE, (Words(none),))
    if isinstance(found, str):
        return Section("monitor", TITLE, (Words(f"Not read. {found}"),))
    drift = next((each for _, each in dossier.inputs if not isinstance(each, str)), None)
    said = tuple(Words(line) for line in monitoring.lines(found))
    table = Grid(monitoring.beside(found, drift.features if drift else ()))
    against = Words(f"Drift here: {drift.reference}" if drift else "No drift to compare.")
    shown = (table, against) if found.findings else ()
    return Section("monitor", TITLE, (*said, *shown, Words(monitoring.NOT_JUDGED, small=True)))
