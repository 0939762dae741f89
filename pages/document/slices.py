"""What does the report say of the slices of the traffic?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts import slices as charts
from pages.charts import theme
from pages.document.blocks import Grid, Picture, Section, Words
from pages.parts import slicing

if TYPE_CHECKING:
    from queries.dossier import Dossier


def section(dossier: Dossier) -> Section:
    """Where in the traffic the two models disagree more than elsewhere."""
    found = dossier.slices
    if isinstance(found, str):
        return Section("slices", "Slices", (Words(f"Not looked at. {found}"),))
    if not found.slices:
        why = f"No slice, or what is left beside it, holds {found.min_pairs} pairs in each half."
        return Section("slices", "Slices", (Words(why),))
    shown = found.slices[: slicing.MOST_DRAWN]
    return Section(
        "slices",
        "Slices",
        (
            Words(slicing.headline(found)),
            Words(slicing.basis(found), small=True),
            Picture(charts.worst(shown, theme.LIGHT)),
            Words(slicing.HOW, small=True),
            Grid(slicing.table(found.slices, found.slices)),
        ),
    )
