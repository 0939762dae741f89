"""Which tiles and which table set what both variants used side by side?"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.estimates import Estimate
from pages.parts import format, tables, tiles, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.resources import Change, Rate, Resources, Utilisation


def tiles_of(used: Resources) -> list[tiles.Tile]:
    """Make the tiles: money, time and requests first, then how busy the instances were."""
    load, pace = _in_words(used)
    return [
        _tile(
            "Price of 1,000 requests",
            used.per_thousand.each,
            explained="price_of_requests",
            help="Price of the instances while both ran, over their requests, idle time included.",
        ),
        _tile(
            "Price an hour",
            used.hourly,
            explained="price_an_hour",
            help="Of all instances of a variant.",
        ),
        _tile(
            "CPU time a request",
            used.cpu_time.each,
            explained="cpu_time",
            help="Time of one core: utilisation × cores × instances × time, over the requests. "
            "What is used while waiting is in it.",
        ),
        _tile(f"Requests {pace}", load, explained="request_rate"),
        *(
            _tile(_name(found), found.mean, explained="utilisation", help=f"Mean, in {_of(found)}.")
            for found in used.utilisations
            if found.metric != "disk"
        ),
    ]


def _tile(name: str, change: Change, *, explained: str, help: str | None = None) -> tiles.Tile:
    """What the shadow has, and below it the difference from what production has."""
    name, apart = f"{name}, shadow", change.difference
    if not change.known:
        return tiles.Tile(name, format.UNKNOWN, "no data", help, explained)
    production, shadow = (
        None if math.isnan(side) else format.quantity(side, apart.unit)
        for side in (change.production, change.shadow)
    )
    if not apart.known:
        basis = "no data of production" if production is None else f"production {production}"
        return tiles.Tile(name, shadow or format.UNKNOWN, basis, help, explained)
    between = (
        format.interval(apart.low, apart.high, apart.unit, signed=True)
        if apart.bounded
        else "no interval below 10 blocks"
    )
    value = format.quantity(apart.value, apart.unit, signed=True)
    return tiles.Tile(
        name,
        shadow or format.UNKNOWN,
        f"{value} on production’s {production} · {between} · {format.n(apart.n)} blocks",
        help,
        explained,
    )


def compared(used: Resources) -> tables.Table:
    """Give every number of both variants with the difference, its interval and what is behind."""
    rows = list(_rows(used))
    return tables.Table(
        columns=tables.columns(
            "", "Production >", "Shadow >", "Difference >", "Interval >", "Rests on >"
        ),
        rows=tuple(
            (
                name,
                _side(change.production, change.difference.unit, most[0]),
                _side(change.shadow, change.difference.unit, most[1]),
                format.quantity(change.difference.value, change.difference.unit, signed=True),
                format.interval(
                    change.difference.low,
                    change.difference.high,
                    change.difference.unit,
                    signed=True,
                ),
                basis,
            )
            for name, change, most, basis in rows
        ),
        export_columns=(
            *("what", "unit", "production", "shadow", "production_highest", "shadow_highest"),
            *("difference", "low", "high", "blocks"),
        ),
        export_rows=tuple(
            (
                *(name, apart.unit, change.production, change.shadow, *most),
                *(apart.value, apart.low, apart.high, apart.n),
            )
            for name, change, most, _ in rows
            for apart in (change.difference,)
        ),
    )


def _rows(used: Resources) -> Iterator[tuple[str, Change, tuple[float, float], str]]:
    """Each number: its name, both sides, their highest values, and what it rests on."""
    nothing = math.nan, math.nan
    for found in used.utilisations:
        one, other = found.production, found.shadow
        basis = f"{format.count(one.samples)} and {format.count(other.samples)} values"
        yield f"{_name(found)}, {_of(found)}", found.mean, (one.most, other.most), basis
    load, pace = _in_words(used)
    factor, _ = words.pace(_fastest(used))
    busiest = factor * used.load.production_busiest, factor * used.load.shadow_busiest
    requests = (
        f"{format.count(used.load.production_requests)} and "
        f"{format.count(used.load.shadow_requests)} requests"
    )
    yield f"Requests {pace}", load, busiest, requests
    yield "Instances", used.instances, nothing, f"{used.instances.difference.n} blocks"
    for name, rate in (
        ("CPU time a request", used.cpu_time),
        ("GPU time a request", used.gpu_time),
    ):
        if rate.each.known:
            yield name, rate.each, nothing, _requests(rate)
    if used.hourly.known:
        yield "Price an hour", used.hourly, nothing, f"{used.hourly.difference.n} blocks"
    if used.per_thousand.each.known:
        rate = used.per_thousand
        yield "Price of 1,000 requests", rate.each, nothing, _requests(rate)


def table(test: str, used: Resources) -> None:
    """Draw every number of both variants, and the button that saves them."""
    tables.draw(compared(used), name=f"{test}-resources", key="resources_table")


def _in_words(used: Resources) -> tuple[Change, str]:
    """Requests in the unit that is read with ease, and the name of that unit."""
    factor, pace = words.pace(_fastest(used))
    mean = used.load.mean
    apart = mean.difference
    scaled = Estimate(factor * apart.value, factor * apart.low, factor * apart.high, apart.n)
    return replace(
        mean, production=factor * mean.production, shadow=factor * mean.shadow, difference=scaled
    ), pace


def _fastest(used: Resources) -> float:
    busiest = used.load.production_busiest, used.load.shadow_busiest
    return max((each for each in busiest if math.isfinite(each)), default=math.nan)


def _side(value: float, unit: str, most: float) -> str:
    shown = format.quantity(value, unit)
    return shown if math.isnan(most) else f"{shown} ({format.quantity(most, unit)})"


def _requests(rate: Rate) -> str:
    return (
        f"{format.count(rate.production_requests)} and {format.count(rate.shadow_requests)} "
        "requests"
    )


def _name(found: Utilisation) -> str:
    return words.UTILISATIONS[found.metric]


def _of(found: Utilisation) -> str:
    parts = words.PARTS_OF_AN_INSTANCE if found.whole else words.PARTS_OF_ONE
    return parts[found.metric]
