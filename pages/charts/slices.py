"""Which slices of the traffic agree less than the rest?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts.dots import Dot, dots
from pages.parts import escape, format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.slices import Slice
    from pages.charts.theme import Chart, Palette


def worst(shown: Sequence[Slice], colours: Palette) -> Chart:
    """Draw agreement and interval of each slice in the half that was held out, in the order given.

    Beside it a tick for the rest of that half, and a ring for the half that was searched.
    """
    said = "; ".join(
        f"{each.name} {format.percent(each.held.agreement.value)}, elsewhere "
        f"{format.percent(each.held.rest.value)}"
        for each in shown[:5]
    )
    return dots(
        [
            Dot(
                each.name,
                each.held.agreement.value,
                each.held.agreement.low,
                each.held.agreement.high,
                _hover(each),
                mark=each.held.rest.value,
                ring=each.searched.agreement.value,
                loud=each.confirmed,
            )
            for each in shown
        ],
        colours,
        title="answers that agree (%)",
        alt=f"Agreement of {len(shown)} slices beside the rest of the half that was held out, "
        f"confirmed and most harmful first: {escape.visible(said)}.",
        percent=True,
    )


def _hover(each: Slice) -> str:
    state = "confirmed" if each.confirmed else "not confirmed" if each.found else "not found"
    return (
        f"{escape.plotly(each.name, length=80)}<br>held out: {format.estimate(each.held.agreement)}"
        f"<br>elsewhere {format.estimate(each.held.rest)}"
        f"<br>searched: {format.estimate(each.searched.agreement)}"
        f"<br>{state}; {format.count(round(each.harm))} more disagreements than elsewhere"
    )
