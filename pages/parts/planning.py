"""What is said of a planned test: how long it runs, what it rests on, and what it costs?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.scales import about, duration
from pages.parts import format, tables, tiles, words

if TYPE_CHECKING:
    from analysis.planning import Expected, Need, Plan
    from analysis.policy import Policy

EXPECTED = {"ok": "within", "breach": "over limit", "inconclusive": "on its limit"}


def headline(plan: Plan) -> str:
    """Say how long the test must run, and what makes it so long."""
    longest = words.CHECKS[plan.longest.name]
    if plan.hours is None:
        why = (
            "what is expected sits on its limit, or too near to it"
            if plan.longest.n is None
            else "no pairs come"
        )
        return f"Such a test never decides: {longest}, {why}."
    chance = format.percent(plan.chance, decimals=0)
    outside = [words.CHECKS[n.name] for n in plan.needs if n.expected == "breach"]
    end = f" It is expected to find {', '.join(outside)} over the limit." if outside else ""
    return (
        f"Run it for {duration(plan.hours)}: then all is decided with a chance of {chance}. "
        f"Longest: {longest}.{end}"
    )


def tiles_of(
    less: Plan, sure: Plan, price: float | None, currency: str, instances: int
) -> list[tiles.Tile]:
    """Give the length of the test, its pairs, and what the second fleet costs until then."""
    return [
        *(_length(plan) for plan in (less, sure)),
        tiles.Tile(
            "Pairs",
            format.UNKNOWN if sure.pairs is None else about(sure.pairs),
            f"in that time, {format.percent(sure.chance, decimals=0)} chance",
            explained="plan_pairs",
        ),
        _fleet(sure, price, currency, instances),
    ]


def _length(plan: Plan) -> tiles.Tile:
    chance = format.percent(plan.chance, decimals=0)
    if plan.hours is None:
        return tiles.Tile(
            f"With {chance} chance", format.UNKNOWN, "never decided", explained="plan_length"
        )
    return tiles.Tile(
        f"With {chance} chance",
        duration(plan.hours),
        f"each check with {format.percent(plan.each, decimals=1)}",
        help="So that all checks are decided together, each must be by a little more.",
        explained="plan_length",
    )


def _fleet(plan: Plan, price: float | None, currency: str, instances: int) -> tiles.Tile:
    name = "Second fleet"
    if price is None:
        return tiles.Tile(name, format.UNKNOWN, "no price is known", explained="plan_fleet")
    if plan.hours is None:
        return tiles.Tile(name, format.UNKNOWN, "for no known time", explained="plan_fleet")
    # an instance is paid for as long as it runs, whatever it answers
    whole = format.money(plan.hours * instances * price, currency)
    return tiles.Tile(
        name,
        whole,
        f"{instances} × {format.money(price, currency)} an hour, {duration(plan.hours)}",
        help="Instances alone, at the price of the configuration: captured data, their requests "
        "and what the dashboard reads come to it.",
        explained="plan_fleet",
    )


def table(less: Plan, sure: Plan) -> tables.Table:
    """Give when each check is decided: how many observations and how long, at two chances."""
    chances = [format.percent(plan.chance, decimals=0) for plan in (less, sure)]
    both = list(zip(less.needs, sure.needs, strict=True))
    return tables.Table(
        columns=tables.columns(
            "Check",
            "Expected",
            f"Needed, {chances[1]} >",
            *(f"Time, {chance} >" for chance in chances),
        ),
        rows=tuple(
            (
                words.CHECKS[b.name],
                EXPECTED[b.expected],
                _needed(b),
                _time(a),
                _time(b),
            )
            for a, b in both
        ),
        export_columns=(
            *("check", "expected", "unit", "chance", "needed", "hours"),
            *("higher_chance", "needed_then", "hours_then"),
        ),
        export_rows=tuple(
            (
                *(b.name, b.expected, b.unit, less.chance, a.n, a.hours),
                *(sure.chance, b.n, b.hours),
            )
            for a, b in both
        ),
    )


def _needed(need: Need) -> str:
    if need.n is None:
        return format.UNKNOWN
    # what the policy asks for is no forecast
    counted = need.name in ("pairs", "hours_of_week", "days")
    return f"{(format.count if counted else about)(need.n)} {need.unit}"


def _time(need: Need) -> str:
    return "never" if need.hours is None else duration(need.hours)


def basis(plan: Plan, expected: Expected, policy: Policy) -> str:
    """Say what the forecast rests on, and what it leaves out."""
    said = (
        "Each number is the size at which the very interval that the verdict judges lies on its "
        "side of the limit, with the chance named, if what you expect is true: counts of shares "
        "are counted, a bias and a latency are taken to be found as a normal distribution has "
        "them, a distance of scores as you write it. The limits are those of the policy "
        f"{policy.name}, at {format.percent(policy.confidence, decimals=0)} over all checks "
        "together; sampling rates of capture and of the shadow are taken for two draws. "
    )
    said += _hanging_together(expected)
    if plan.unplanned:
        names = ", ".join(words.CHECKS[name] for name in plan.unplanned)
        said += f" Not planned: {names}: how they vary is known only from data."
    return said


def _hanging_together(expected: Expected) -> str:
    effect = expected.design_effect
    if effect == 1:
        return "Requests that hang together need more."
    return (
        f"{format.number(effect, decimals=2)} pairs count as one independent pair (design effect), "
        "and more of them until there are enough to tell, in agreement, labels and scores alike; "
        "the distance of scores and errors are judged as if all were independent."
    )
