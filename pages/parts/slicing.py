"""Which sentences and which table say where the two models disagree?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.parts import escape, format, tables
from queries.dimensions import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.slices import Search, Slice

MOST_DRAWN = 20
HOW = (
    "● agreement of the slice with its interval, ◆ less than the rest beyond chance, │ the rest. "
    "Worst first: by how many more requests are answered differently than at the rest’s rate."
)


def headline(found: Search) -> str:
    """Name the slice that does most harm, or say that none stands out."""
    out = found.standing_out
    if not out:
        looked = format.count(len(found.slices))
        return (
            f"No slice stands out: none of {looked} agrees less than the rest of the traffic "
            "beyond chance."
        )
    return f"{escape.clip(out[0].name, 100)}: {comparison(out[0])}"


def comparison(each: Slice) -> str:
    """Set a slice beside the rest, in one sentence."""
    inside, rest = each.agreement, each.rest
    said = (
        f"{format.percent(inside.value)} of {format.count(each.n)} answers agree "
        f"({format.interval(inside.low, inside.high, 'share')}) against "
        f"{format.percent(rest.value)} elsewhere"
    )
    if round(each.harm) < 1:
        return f"{said}."
    more = round(each.harm)
    noun = "disagreement" if more == 1 else "disagreements"
    return f"{said}; {format.count(more)} more {noun} than elsewhere’s rate would give."


def basis(found: Search) -> str:
    """Say what was looked at, what was left out, and how much to believe."""
    out, all_ = format.count(len(found.standing_out)), format.count(len(found.slices))
    parts = [
        f"{out} of {all_} slices by {len(found.dimensions)} dimensions stand out "
        f"(q ≤ {found.alpha:.2g}, adjusted for having looked at all of them); "
        f"{format.n(found.n)} pairs."
    ]
    if found.small:
        parts.append(
            f"{format.count(found.small)} slices are not listed: they or the rest hold fewer than "
            f"{found.min_pairs} pairs."
        )
    if found.undivided:
        named = ", ".join(escape.clip(name, 60) for name in found.undivided[:8])
        parts.append(f"Not cut, because all requests are alike or each is its own: {named}.")
    if {*found.dimensions, *found.undivided} <= BUILT_IN:
        parts.append("The requests hold no features that can be read.")
    parts.append(
        "Intervals are for one look, and the worst of many slices looks worse than it is: a place "
        "to look at, not a verdict."
    )
    return " ".join(parts)


def table(slices: Sequence[Slice], every: Sequence[Slice]) -> tables.Table:
    """Give slices beside the rest; the file gets ``every`` one with unrounded numbers."""
    return tables.Table(
        columns=tables.columns(
            *("Slice", "Pairs >", "Agreement >", "Interval >", "Elsewhere >"),
            *("Difference >", "Interval of it >", "More disagreements >", "q >"),
        ),
        rows=tuple(
            (
                escape.clip(each.name, 60),
                format.count(each.n),
                format.percent(each.agreement.value),
                format.interval(each.agreement.low, each.agreement.high, "share"),
                format.percent(each.rest.value),
                format.points(each.difference.value),
                format.interval(each.difference.low, each.difference.high, "share", signed=True),
                format.count(round(each.harm)),
                format.p_value(each.q),
            )
            for each in slices
        ),
        export_columns=(
            *("dimension", "slice", "filter", "pairs", "agreed", "agreement", "low", "high"),
            *("elsewhere", "difference", "difference_low", "difference_high", "harm", "p", "q"),
        ),
        export_rows=tuple(
            (
                *(each.dimension, each.name, each.where, each.n, each.agreed),
                *(each.agreement.value, each.agreement.low, each.agreement.high),
                *(each.rest.value, each.difference.value),
                *(each.difference.low, each.difference.high, each.harm, each.p, each.q),
            )
            for each in every
        ),
    )
