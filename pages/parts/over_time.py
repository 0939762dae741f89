"""Which sentences and tables say when a feature moved?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.drift_over_time import FEWEST_ROWS
from pages.parts import escape, format, tables

if TYPE_CHECKING:
    from analysis.drift_over_time import DriftOverTime, FeatureOverTime
    from queries.inputs_over_time import InputsOverTime

LEGEND = (
    "Colour: the effect, where it is beyond chance; faintest: what chance explains; blank: fewer "
    f"than {FEWEST_ROWS} values; ✕ no rows; ◆ the distribution changed."
)


def headline(found: DriftOverTime) -> str:
    """Say in one sentence which feature moved most, or that none did."""
    moved = [each for each in found.features if each.moved(found.tolerance, found.alpha).any()]
    judged = int(sum((~np.isnan(each.effect.value)).sum() for each in found.features))
    if not judged:
        return f"Nothing can be told: no block of time holds {FEWEST_ROWS} values of any feature."
    if not moved:
        return (
            f"No feature was further than {found.tolerance:.2g} from its reference beyond chance "
            f"in any of {len(found.start)} blocks of {_length(found)}."
        )
    first = moved[0]
    out = first.moved(found.tolerance, found.alpha)
    name = escape.clip(first.name, 60)
    return (
        f"{len(moved)} of {len(found.features)} features moved. {name} most: "
        f"{int(out.sum())} of {int((~np.isnan(first.effect.value)).sum())} blocks of "
        f"{_length(found)}, from {_moment(found, int(np.flatnonzero(out)[0]))} on."
    )


def basis(found: InputsOverTime) -> str:
    """Say what was held against what, and how changes were looked for."""
    drift = found.drift
    gaps = int(drift.gaps.sum())
    marked = sum(len(each.changes) for each in drift.features)
    turn, rhythm = ("day", "daily") if drift.block_s < 86_400 else ("week", "weekly")
    parts = [
        f"{found.reference} Reference {format.count(found.n_reference)} rows, "
        f"{format.count(float(drift.rows.sum()))} rows captured in {len(drift.start)} blocks of "
        f"{_length(drift)} (UTC).",
        f"{marked} {'change' if marked == 1 else 'changes'} found; "
        + (
            f"what comes again every {turn} was taken out first."
            if drift.by_kind
            else f"with fewer than three whole {turn}s a {rhythm} rhythm would be found as changes."
        ),
    ]
    if gaps:
        parts.append(f"{gaps} {'block has' if gaps == 1 else 'blocks have'} no rows.")
    return " ".join([*parts, found.note]).strip()


def _length(found: DriftOverTime) -> str:
    hours = found.block_s // 3600
    return "a day" if hours == 24 else "an hour" if hours == 1 else f"{hours} hours"


def _moment(found: DriftOverTime, at: int) -> str:
    return f"{np.datetime_as_string(found.start[at], 'm').replace('T', ' ')} UTC"


def features(found: DriftOverTime) -> tables.Table:
    """Give each feature: in how many blocks it moved, when most, and when it changed."""
    return tables.Table(
        columns=tables.columns(
            *("Feature", "Moved, of blocks >", "Largest effect >", "Chance there >"),
            *("Values there >", "When", "Changed at"),
        ),
        rows=tuple(_row(found, each) for each in found.features),
        export_columns=(
            *("feature", "start", "values", "missing", "measure", "value", "without_drift_below"),
            *("p", "q", "changed"),
        ),
        export_rows=tuple(
            (
                *(each.name, str(start), int(each.n[at]), int(each.missing[at])),
                *(course.name, float(course.value[at]), float(course.chance[at])),
                *((each.p[at], each.q[at]) if course is each.effect else (math.nan, math.nan)),
                at in {change.at for change in each.changes},
            )
            for each in found.features
            for course in each.courses
            for at, start in enumerate(found.start)
        ),
    )


def _row(found: DriftOverTime, each: FeatureOverTime) -> tuple[str, ...]:
    effect = each.effect
    judged = ~np.isnan(effect.value)
    changed = ", ".join(
        f"{_moment(found, change.at)} (p {format.p_value(change.p)})" for change in each.changes
    )
    if not judged.any():
        return (escape.clip(each.name, 60), "0 of 0", *(format.UNKNOWN,) * 4, changed)
    at = int(np.nanargmax(effect.value))
    return (
        escape.clip(each.name, 60),
        f"{int(each.moved(found.tolerance, found.alpha).sum())} of {int(judged.sum())}",
        f"{effect.name} {format.number(effect.value[at], decimals=3)}",
        f"< {format.number(effect.chance[at], decimals=3)}",
        format.count(float(each.n[at])),
        _moment(found, at),
        changed or "–",
    )
