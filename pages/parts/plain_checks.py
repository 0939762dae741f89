"""What does each check of a verdict mean to somebody who does not compute?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.parts import format

if TYPE_CHECKING:
    from analysis.verdict import Guardrail

SUBJECTS = {
    "agreement": "How often both models give the same answer",
    "label_shift": "Whether the new model gives some answer more or less often",
    "score_bias": "Whether the new model's numbers are higher or lower on the whole",
    "prediction_drift": "Whether all answers taken together look the same",
    "p50_latency": "How long a usual answer takes",
    "p99_latency": "How long the slowest one in a hundred answers takes",
    "4xx_errors": "How often a request is turned away as faulty",
    "5xx_errors": "How often the service fails to answer",
    "model_errors": "How often the model itself fails",
    "slices": "How often the answers differ in the part of the requests where they differ most",
    "unreadable": "Whether all answers can be read",
    "pairing": "Whether the requests that should be compared were",
    "sample_ratio": "Whether as many copies arrived as were set up",
    "pairs": "Whether enough requests were compared",
    "hours_of_week": "Whether every hour of the week was seen",
    "days": "Whether the test ran long enough",
    "weekday_pairs": "Whether enough requests came from Monday to Friday",
    "weekend_pairs": "Whether enough requests came on weekends",
    "day_pairs": "Whether enough requests came by day",
    "night_pairs": "Whether enough requests came by night",
    "training": "Whether the new model was trained soundly",
}
"""What a check is about, as the beginning of a sentence."""

REMEDIES = {
    "agreement": "Have somebody who knows the requests look at those that were answered "
    "differently (pages Agreement and Slices).",
    "label_shift": "Find out why some answer is given more or less often than before, and whether "
    "that is wanted.",
    "score_bias": "Find out why the numbers moved, and whether a threshold has to move with them.",
    "prediction_drift": "Find out in which answers the two models part (page Drift).",
    "p50_latency": "Make the new model faster, or give it larger machines.",
    "p99_latency": "Make the new model's slow answers faster, or give it larger machines.",
    "4xx_errors": "Look up in the logs which requests the new model turns away.",
    "5xx_errors": "Look up in the logs why the new model's service fails.",
    "model_errors": "Look up in the logs why the new model fails.",
    "slices": "Look at the part of the requests in which the models differ most (page Slices).",
    "unreadable": "Find out what the answers look like that could not be read.",
    "pairing": "Find out why requests are missing from the comparison.",
    "sample_ratio": "Find out why the number of copies is not the one that was set up.",
    "training": "Have the training of the new model looked at (page Rules).",
}
"""What to do about a check that is missed."""

TIME_BRINGS = {
    *("pairs", "hours_of_week", "days"),
    *("weekday_pairs", "weekend_pairs", "day_pairs", "night_pairs"),
}
"""Checks that waiting alone mends: nothing has to be done about them."""
MANY = (100, 1_000, 10_000, 100_000, 1_000_000)
SHARES = {
    *("agreement", "pairing", "label_shift", "unreadable"),
    *("4xx_errors", "5xx_errors", "model_errors"),
}
"""Checks whose value and limit are told as so many of a round number."""


def subject(guardrail: Guardrail) -> str:
    """Say what a check is about; one that is not known here by its own name."""
    return SUBJECTS.get(guardrail.name, guardrail.name.replace("_", " ").capitalize())


def remedy(guardrail: Guardrail) -> str:
    """Say what to do about a check that is missed."""
    return REMEDIES.get(guardrail.name, f"Look into it: {guardrail.sentence}")


def found(guardrail: Guardrail) -> str:
    """Say what a decided check found, and what was allowed."""
    if guardrail.name not in SUBJECTS:
        return guardrail.sentence
    return f"{subject(guardrail)}: {_value(guardrail)}; {_limit(guardrail)}."


def still_open(guardrail: Guardrail) -> str:
    """Say how an undecided check stands, and that it may turn out either way."""
    if guardrail.name not in SUBJECTS:
        return guardrail.sentence
    return (
        f"{subject(guardrail)}: so far {_value(guardrail)}; {_limit(guardrail)}. It is too early "
        "to say which it will be."
    )


def _value(g: Guardrail) -> str:
    if g.name in SHARES:
        shown = f"{of_many(abs(g.value), _many(g))}"
        if g.name in ("agreement", "pairing"):
            return shown
        if g.name == "unreadable":
            return f"{shown} cannot"
        return f"{shown} {'more' if g.value >= 0 else 'fewer'} than now"
    match g.name:
        case "p50_latency" | "p99_latency":
            size = format.percent(abs(g.value), decimals=0)
            return f"{size} {'longer' if g.value >= 0 else 'shorter'} than now"
        case "score_bias":
            size = format.percent(abs(g.value), decimals=0)
            return f"{'higher' if g.value >= 0 else 'lower'} by {size} of what they usually vary"
        case "prediction_drift":
            far = format.number(g.value, decimals=2)
            return f"{far} apart, where 0 is alike and 1 has nothing in common"
        case "sample_ratio":
            return "they did" if g.status == "ok" else "they did not"
        case "training":
            return "no serious fault" if g.status == "ok" else "serious faults"
        case _:
            return format.quantity(g.value, g.unit)


def _limit(g: Guardrail) -> str:
    way = " either way" if g.direction == "within" else ""
    if g.name in SHARES:
        shown = of_many(g.limit, _many(g))
        if g.direction == "at_least":
            return f"at least {shown} is asked for"
        return f"up to {shown}{way} is allowed"
    match g.name:
        case "p50_latency" | "p99_latency":
            return f"up to {format.limit(g.limit, 'ratio')} longer is allowed"
        case "score_bias":
            return f"up to {format.limit(g.limit, 'ratio')}{way} is allowed"
        case "prediction_drift":
            return f"up to {format.number(g.limit, decimals=2)} is allowed"
        case "sample_ratio":
            return "they have to"
        case "training":
            return "there may be none"
        case _:
            least = "at least" if g.direction == "at_least" else "up to"
            return f"{least} {format.limit(g.limit, g.unit)} asked for"


def _many(g: Guardrail) -> int:
    """Choose of how many value and limit are told: the fewest that tell them apart."""
    value = abs(g.value)
    for many in MANY:
        shown = (round(value * many), round(g.limit * many))
        exact = abs(g.limit * many - shown[1]) < 1e-6
        fine = many * min(value, 1 - value) >= 1 or value in (0, 1)
        apart = shown[0] != shown[1] or value == g.limit
        if exact and fine and apart:
            return many
    return MANY[-1]


def of_many(share: float, many: int) -> str:
    """Write a share as so many of a round number, never as none or all where it is not.

    >>> of_many(0.973, 1000), of_many(0.0, 100), of_many(0.00001, 1000)
    ('973 of 1,000', 'none of 100', 'fewer than 1 of 1,000')
    """
    shown = round(share * many)
    if share == 0:
        return f"none of {many:,}"
    if shown == 0:
        return f"fewer than 1 of {many:,}"
    if shown == many and share < 1:
        return f"all but fewer than 1 of {many:,}"
    return f"{shown:,} of {many:,}"
