"""How is a check told to the reader, in one sentence with value, interval, limit and n?

Every sentence of a verdict is written here, so that it can be reworded or translated in one place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.guardrails import Direction, Guardrail, Status

THIN = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"

TITLES = {
    "agreement": "agreement",
    "label_shift": "label shift",
    "score_bias": "score bias",
    "prediction_drift": "prediction drift",
    "p50_latency": "p50 latency",
    "p99_latency": "p99 latency",
    "4xx_errors": "4xx errors",
    "5xx_errors": "5xx errors",
    "model_errors": "model errors",
    "unreadable": "unreadable answers",
    "pairing": "pairing",
    "sample_ratio": "sample ratio",
    "pairs": "pairs",
    "hours_of_week": "hours of the week",
    "days": "days",
}
"""A guardrail's name in words, for the middle of a sentence."""

PLURAL = {
    "4xx_errors",
    "5xx_errors",
    "model_errors",
    "unreadable",
    "pairs",
    "hours_of_week",
    "days",
}
"""Guardrails whose title takes a verb in the plural."""

UNKNOWN = {
    "agreement": "Agreement is not known: no production answer has met its shadow answer.",
    "label_shift": "Label shift is not known: no pair of labels was found.",
    "score_bias": "Score bias is not known: no pair of scores, or production's never vary.",
    "prediction_drift": "Prediction drift is not known: one of the variants has no answers.",
    "p50_latency": "p50 latency is not known: there is no figure for both variants.",
    "p99_latency": "p99 latency is not known: there is no figure for both variants.",
    "4xx_errors": "4xx errors are not known: there is no count of both variants' requests.",
    "5xx_errors": "5xx errors are not known: there is no count of both variants' requests.",
    "model_errors": "Model errors are not known: there is no count of both variants' requests.",
    "unreadable": "Whether answers can be read is not known: there are none.",
    "pairing": "Pairing is not known: neither variant has answers.",
    "sample_ratio": "The sample ratio is not known: neither variant has answers.",
}
"""What to say where there are no data."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How numbers of one guardrail are written: times ``factor``, then ``suffix``.

    ``finer`` adds decimals to those that the interval asks for, ``several`` says that the unit is
    a plural.
    """

    factor: float = 1.0
    suffix: str = ""
    signed: bool = False
    finer: int = 0
    several: bool = False

    def write(self, value: float, decimals: int) -> str:
        """Write one number with so many decimals."""
        if math.isinf(value):
            return ("+" if value > 0 else MINUS) + "∞"
        text = f"{abs(value) * self.factor:,.{decimals}f}"
        shown_zero = not any(digit in text for digit in "123456789")
        sign = "" if shown_zero else MINUS if value < 0 else "+" if self.signed else ""
        return f"{sign}{text}{self.suffix}"

    def decimals(self, low: float, high: float) -> int:
        """Choose decimals so that half the interval is two or more of the last one."""
        half = (high - low) / 2 * self.factor
        if not (half > 0 and math.isfinite(half)):
            return 2
        return min(5, max(0, math.ceil(-math.log10(half / 2)) + self.finer))

    def limit(self, value: float) -> str:
        """Write a limit with no more digits than it has."""
        return f"{value * self.factor:.6g}{self.suffix}".replace("-", MINUS)


SHARE = Scale(100, f"{THIN}%")
CHANGE = Scale(100, f"{THIN}%", signed=True)
POINTS = Scale(100, " percentage points", signed=True, several=True)
DEVIATIONS = Scale(1, " standard deviations", signed=True, several=True)
BARE = Scale(finer=1)


def count(n: float) -> str:
    """Write a count with thousands set apart: 20,000."""
    return f"{n:,.0f}"


def duration(hours: float) -> str:
    """Write a length of time in the unit that suits it.

    >>> duration(0.5), duration(11.2), duration(200)
    ('30 min', '11 h', '8 days')
    """
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    if hours < 48:
        return f"{round(hours)} h"
    days = hours / 24
    return f"{round(days)} days" if days < 730 else f"{round(days / 365)} years"


def about(n: float) -> str:
    """Round up to two digits that count: a forecast should not look exact.

    >>> about(3187), about(7)
    ('3,200', '7')
    """
    step = 10 ** max(0, math.floor(math.log10(max(n, 1))) - 1)
    return count(math.ceil(n / step) * step)


def interval(scale: Scale, value: float, low: float, high: float) -> tuple[str, str]:
    """Write a value, and its interval with an en dash or, where signs are shown, "to"."""
    if math.isnan(low) or math.isnan(high):
        return scale.write(value, scale.decimals(0, abs(value) / 50)), "no interval yet"
    digits = scale.decimals(low, high)
    plain = Scale(scale.factor, THIN + "%" if scale.suffix.endswith("%") else "", scale.signed)
    if scale.signed:
        ends = f"{plain.write(low, digits)} to {plain.write(high, digits)}"
    else:
        ends = f"{BARE.write(low * scale.factor, digits)}{DASH}{plain.write(high, digits)}"
    return scale.write(value, digits), ends


def measured(
    subject: str,
    scale: Scale,
    status: Status,
    value: float,
    low: float,
    high: float,
    *,
    n: float,
    what: str,
    limit: str,
    watched: bool,
    wait: str,
) -> str:
    """Write one sentence for a guardrail judged on an interval, and one more where it is not ok.

    Parameters
    ----------
    subject : str
        What comes before the value, with its verb.
    what : str
        What ``n`` counts.
    limit : str
        The limit as half a sentence.
    watched : bool
        Whether the interval holds at every look, or for one only.
    wait : str
        What would decide, for a status that is not decided.
    """
    shown, ends = interval(scale, value, low, high)
    holds = "" if math.isnan(low) else " at any time" if watched else " for one look"
    sentence = f"{subject} {shown} ({ends}{holds}, n = {count(n)} {what}); {limit}."
    if status == "breach":
        return sentence + " The whole interval lies outside."
    return f"{sentence} {wait}" if status == "inconclusive" else sentence


def waiting(needed: float | None, unit: str, hours: float | None, *, interval: bool) -> str:
    """Say how much longer it takes to decide.

    Parameters
    ----------
    needed : float or None
        Further observations, in ``unit``; None where none would do.
    hours : float or None
        The time they take at the present rate.
    interval : bool
        Whether there is an interval already.
    """
    if needed is None:
        return f"No reasonable number of further {unit} would decide: it is too near the limit."
    state = "The interval does not decide yet" if interval else "There is no interval yet"
    if unit == "hours":
        return f"{state}; about {duration(needed)} more would decide."
    time = "" if hours is None else f" ({duration(hours)} at the present rate)"
    return f"{state}; about {about(needed)} more {unit}{time} would decide."


def allowed(direction: Direction, scale: Scale, limit: float) -> str:
    """Write the limit as half a sentence."""
    shown, verb = scale.limit(limit), "are" if scale.several else "is"
    if direction == "at_least":
        return f"at least {shown} {verb} required"
    if direction == "within":
        return f"at most {shown} either way {verb} allowed"
    return f"at most {'+' if scale.signed else ''}{shown} {verb} allowed"


def agreement(tolerance: float | None, rule: str = "") -> str:
    """Name agreement, with the tolerance of numbers or the rule of answers of several parts."""
    if rule:
        return f"Agreement ({rule}) is"
    if tolerance is None:
        return "Agreement is"
    return f"Agreement within {SHARE.limit(tolerance)} is"


def label_shift(label: str) -> str:
    """Name the label whose share moves most."""
    return f"Shadow's share of the label ‘{label}’ differs by"


def score_bias() -> str:
    """Name the mean difference of the scores."""
    return "Shadow's score differs on average by"


def prediction_drift(effect_name: str) -> str:
    """Name the distance of the two distributions of answers."""
    return f"The two distributions of answers differ by {effect_name} ="


def latency(percentile: int, production_ms: float, shadow_ms: float) -> str:
    """Name a percentile with both of its values."""
    before, after = (
        f"{ms:,.{0 if ms >= 100 else 1}f}{THIN}ms" for ms in (production_ms, shadow_ms)
    )
    return f"p{percentile} latency is {after} against production's {before},"


def errors(kind: str, production: float, shadow: float) -> str:
    """Name a kind of error with both of its rates."""
    title = TITLES[kind]
    after, before = (SHARE.limit(float(f"{rate:.2g}")) for rate in (shadow, production))
    return f"{title[0].upper()}{title[1:]} are {after} against production's {before}, a change of"


def unreadable(bad: int, rows: int, limit: float) -> str:
    """Say how many answers gave no prediction."""
    share = SHARE.write(bad / rows, 3 if bad else 0)
    most = allowed("at_most", SHARE, limit)
    return f"{count(bad)} of {count(rows)} answers could not be read, {share}; {most}."


def pairing(paired: int, share: float, base: float, expected: bool, limit: float) -> str:
    """Say how many of the expected pairs were found."""
    of = "expected pairs" if expected else "rows of the variant that has more"
    # Rounded down: one pair missing is not all of them.
    shown, least = (
        SHARE.write(math.floor(share * 1000 + 1e-9) / 1000, 1),
        allowed("at_least", SHARE, limit),
    )
    return f"{count(paired)} of {count(base)} {of} were found, {shown}; {least}."


def sample_ratio(production: int, shadow: int, p: float, limit: float) -> str:
    """Say whether the two variants' rows are in the ratio that the sampling rates promise."""
    chance = f"p = {p:.2g}" if p >= 0.0001 else "p < 0.0001"
    fit = "in line" if p >= limit else "out of line"
    return (
        f"Production has {count(production)} rows and shadow {count(shadow)}, {fit} with the "
        f"configured sampling rates ({chance}; below {limit:g} is an alarm)."
    )


def pairs(n: int, limit: int, hours: float | None) -> str:
    """Say how many pairs there are and how many there must be."""
    sentence = f"{count(n)} pairs were compared; at least {count(limit)} are required."
    if n >= limit:
        return sentence
    time = "" if hours is None else f" ({duration(hours)} at the present rate)"
    return f"{sentence} {count(limit - n)} more are needed{time}."


def hours_of_week(seen: int, limit: int) -> str:
    """Say how much of the week was seen."""
    sentence = f"{seen} of the week's 168 hours have pairs; at least {limit} are required."
    return sentence if seen >= limit else f"{sentence} At least {limit - seen} h more are needed."


def days(length: float, limit: float) -> str:
    """Say for how long pairs were collected."""
    # Rounded down, so that what is short of its limit never reads as having reached it.
    span = math.floor(length * 10 + 1e-9) / 10
    sentence = f"Pairs span {span:.1f} days; at least {limit:g} are required."
    if length >= limit:
        return sentence
    return f"{sentence} {duration((limit - length) * 24)} more are needed."


def headline(decision: str, guardrails: Sequence[Guardrail]) -> str:
    """Sum a verdict up in one sentence that names what stands in the way."""
    passed = sum(guardrail.status == "ok" for guardrail in guardrails)
    outside = [g for g in guardrails if g.status == "breach"]
    if decision == "promote":
        return f"Promote: all {len(guardrails)} checks pass."
    if decision == "reject":
        fatal = [g for g in outside if g.critical]
        return f"Reject: {_are(fatal, 'outside')}; {passed} of {len(guardrails)} checks pass."
    parts = [f"Hold: {passed} of {len(guardrails)} checks pass"]
    undecided = [g for g in guardrails if g.status == "inconclusive"]
    unknown = [g for g in guardrails if g.status == "no_data"]
    for group, state in ((outside, "outside"), (undecided, "not decided"), (unknown, "not known")):
        if group:
            parts.append(_are(group, state))
    return "; ".join(parts) + "."


def _are(guardrails: Sequence[Guardrail], state: str) -> str:
    names = [TITLES[guardrail.name] for guardrail in guardrails]
    several = len(names) > 1 or guardrails[0].name in PLURAL
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    if state == "outside":
        state = "outside their limits" if several else "outside its limit"
    return f"{listed} {'are' if several else 'is'} {state}"
