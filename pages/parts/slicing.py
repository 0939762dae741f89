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
    "● agreement of the slice in the half that was held out, with its interval; ◆ confirmed; "
    "│ the rest of that half; ○ the half that was searched. Confirmed first, then by harm: by how "
    "many more requests are answered differently than at the rest’s rate."
)


def headline(found: Search) -> str:
    """Name the confirmed slice that does most harm, or say that none is confirmed."""
    if found.confirmed:
        worst = found.confirmed[0]
        return f"{escape.clip(worst.name, 100)}: {comparison(worst)}"
    looked = format.count(found.tested)
    if not found.found:
        return (
            f"No slice stands out: none of {looked} agrees less than the rest of the traffic "
            "beyond chance."
        )
    several = len(found.found)
    return (
        f"No slice is confirmed: {several} of {looked} {'stands' if several == 1 else 'stand'} out "
        f"in the half that was searched, {'but not' if several == 1 else 'none'} in the other."
    )


def comparison(each: Slice) -> str:
    """Set a slice beside the rest, by both halves, in one sentence."""
    inside, rest = each.held.agreement, each.held.rest
    said = (
        f"{format.percent(inside.value)} of {format.count(inside.n)} answers agree in the half "
        f"held out ({format.interval(inside.low, inside.high, 'share')}) against "
        f"{format.percent(rest.value)} elsewhere; "
        f"{format.percent(each.searched.agreement.value)} of "
        f"{format.count(each.searched.agreement.n)} in the half searched. "
    )
    if each.confirmed:
        said += "Confirmed"
    elif each.found:
        said += "Found there, and not confirmed by the other half"
    else:
        said += "Not beyond chance in the half searched"
    more = round(each.harm)
    if more < 1:
        return f"{said}."
    noun = "disagreement" if more == 1 else "disagreements"
    return f"{said}: about {format.count(more)} more {noun} than at elsewhere’s rate."


def basis(found: Search) -> str:
    """Say what was looked at, what was left out, and how much to believe."""
    rate = f"{found.alpha:.2g}"
    parts = [
        f"{format.count(found.tested)} slices by {len(found.dimensions)} dimensions and any two of "
        f"them were searched in {format.count(found.searched)} of {format.n(found.n)} pairs: "
        f"{format.count(len(found.found))} stand out (q ≤ {rate}, adjusted for having looked at "
        f"all of them). The {format.count(found.held)} held out confirm "
        f"{format.count(len(found.confirmed))} (q ≤ {rate} again, adjusted for those found)."
    ]
    if found.small:
        parts.append(
            f"{format.count(found.small)} slices are not listed: they or the rest hold fewer than "
            f"{found.min_pairs} pairs in a half."
        )
    if found.undivided:
        named = ", ".join(escape.clip(name, 60) for name in found.undivided[:8])
        parts.append(f"Not cut, because all requests are alike or each is its own: {named}.")
    if {*found.dimensions, *found.undivided} <= BUILT_IN:
        parts.append("The requests hold no features that can be read.")
    parts.append(
        "What is found looks worse than it is, for it is the worst of many: only the half that was "
        "held out tells how bad it is. Intervals are for one look."
    )
    return " ".join(parts)


def table(slices: Sequence[Slice], every: Sequence[Slice]) -> tables.Table:
    """Give slices beside the rest; the file gets ``every`` one with unrounded numbers."""
    return tables.Table(
        columns=tables.columns(
            *("Slice", "Confirmed", "Pairs >", "Searched >", "Shrunken >", "Held out >"),
            *("Interval >", "Elsewhere >", "More disagreements >", "q searched >", "q held out >"),
        ),
        rows=tuple(
            (
                escape.clip(each.name, 60),
                "yes" if each.confirmed else "no" if each.found else "not found",
                format.count(each.n),
                format.percent(each.searched.agreement.value),
                format.percent(each.shrunken),
                format.percent(each.held.agreement.value),
                format.interval(each.held.agreement.low, each.held.agreement.high, "share"),
                format.percent(each.held.rest.value),
                format.count(round(each.harm)),
                format.p_value(each.searched.q),
                format.p_value(each.held.q) if each.found else format.UNKNOWN,
            )
            for each in slices
        ),
        export_columns=(
            *("dimensions", "slice", "filter", "pairs", "agreed", "searched_pairs"),
            *("searched_agreement", "shrunken_agreement", "searched_p", "searched_q"),
            *("held_pairs", "held_agreement", "held_low", "held_high", "held_elsewhere"),
            *("difference", "difference_low", "difference_high", "held_p", "held_q"),
            *("harm", "harm_beyond_its_parts", "found", "confirmed"),
        ),
        export_rows=tuple(_exported(each) for each in every),
    )


def _exported(each: Slice) -> tuple[object, ...]:
    searched, held = each.searched, each.held
    return (
        *(" × ".join(each.dimensions), each.name, each.where, each.n, each.agreed),
        *(searched.agreement.n, searched.agreement.value, each.shrunken, searched.p, searched.q),
        *(held.agreement.n, held.agreement.value, held.agreement.low, held.agreement.high),
        *(held.rest.value, held.difference.value, held.difference.low, held.difference.high),
        *(held.p, held.q, each.harm, each.beyond, each.found, each.confirmed),
    )
