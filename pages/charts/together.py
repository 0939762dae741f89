"""By which features can the requests of now be told from the reference?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts.dots import Dot, dots
from pages.parts import escape, format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.two_sample_classifier import Explained
    from pages.charts.theme import Chart, Palette


def explained(shown: Sequence[Explained], colours: Palette) -> Chart:
    """Draw by how much the area falls without each feature: the mean of both halves, and each."""
    said = "; ".join(f"{each.name} {format.number(each.fall, decimals=3)}" for each in shown[:5])
    return dots(
        [
            Dot(
                each.name,
                each.fall,
                each.least,
                each.most,
                f"{escape.plotly(each.name, length=60)}: the area falls by "
                f"{format.number(each.fall, decimals=3)}, in the two halves by "
                f"{format.number(each.least, decimals=3)} and "
                f"{format.number(each.most, decimals=3)}",
            )
            for each in shown
        ],
        colours,
        title="fall of the area under the curve, feature shuffled",
        alt=f"By how much {len(shown)} features tell requests of now from the reference, most "
        f"telling first: {escape.visible(said)}.",
        zero=True,
    )
