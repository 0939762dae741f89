"""What came of production's answers, where the shadow answers alike and where not?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts import dots
from pages.parts import escape, format

if TYPE_CHECKING:
    from analysis.consequences import Consequence
    from analysis.estimates import Estimate
    from pages.charts.theme import Chart, Palette

MOST_ROWS = 12
LEAST_PAIRS = 30
"""Of fewer the interval is so wide that nothing else could be read off the axis."""


def means(found: Consequence, colours: Palette) -> Chart:
    """Draw the mean outcome by agreement, and by the answers of the pairs that differ.

    The tick of each row is the mean of all pairs. Answers of few pairs are in the table alone.
    """
    differing = [each for each in found.answers if not each.agreed and each.mean.n >= LEAST_PAIRS][
        :MOST_ROWS
    ]
    rows: list[tuple[str, Estimate]] = [
        ("both agree", found.agreed),
        ("they differ", found.differed),
        *(
            (f"production {_text(each.production)}, shadow {_text(each.shadow)}", each.mean)
            for each in differing
        ),
    ]
    known = [row for row in rows if row[1].known]
    return dots.dots(
        [
            dots.Dot(
                name,
                mean.value,
                mean.low,
                mean.high,
                f"{escape.plotly(name)}: {format.estimate(mean)}",
                mark=found.every.value,
            )
            for name, mean in known
        ],
        colours,
        title="mean outcome of production’s answers",
        percent=found.share,
        alt="Mean outcome of production’s answers: "
        + "; ".join(f"{name} {format.estimate(mean)}" for name, mean in known)
        + ".",
    )


def _text(label: str) -> str:
    return escape.clip(escape.visible(label), 20)
