"""Which slices of the traffic agree less than the rest?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts.dots import Dot, dots
from pages.parts import escape, format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.slices import Slice
    from pages.charts.theme import Chart, Palette


def worst(shown: Sequence[Slice], loud: Sequence[Slice], colours: Palette) -> Chart:
    """Draw agreement and interval of each slice beside a tick for the rest, in the order given.

    ``loud`` are the slices that differ beyond chance.
    """
    said = "; ".join(
        f"{each.name} {format.percent(each.agreement.value)}, elsewhere "
        f"{format.percent(each.rest.value)}"
        for each in shown[:5]
    )
    return dots(
        [
            Dot(
                each.name,
                each.agreement.value,
                each.agreement.low,
                each.agreement.high,
                _hover(each),
                mark=each.rest.value,
                loud=each in loud,
            )
            for each in shown
        ],
        colours,
        title="answers that agree (%)",
        alt=f"Agreement of {len(shown)} slices beside the rest of the traffic, most harmful first: "
        f"{escape.visible(said)}.",
        percent=True,
    )


def _hover(each: Slice) -> str:
    return (
        f"{escape.plotly(each.name, length=80)}<br>{format.estimate(each.agreement)}"
        f"<br>elsewhere {format.estimate(each.rest)}"
        f"<br>{format.count(round(each.harm))} more disagreements than at that rate"
    )
