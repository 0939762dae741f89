"""How is a check told to the reader, in one sentence with value, interval, limit and n?

Every sentence of a verdict is written here, so that it can be reworded or translated in one place.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.scales import SHARE, THIN, Scale, about, count, duration, interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.guardrails import Direction, Guardrail, Status
    from analysis.training.findings import Finding

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
    "slices": "the worst slice",
    "unreadable": "unreadable answers",
    "pairing": "pairing",
    "sample_ratio": "sample ratio",
    "pairs": "pairs",
    "hours_of_week": "hours of the week",
    "days": "days",
    "weekday_pairs": "pairs of weekdays",
    "weekend_pairs": "pairs of weekends",
    "day_pairs": "pairs by day",
    "night_pairs": "pairs by night",
    "training": "the shadow's training",
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
    "weekday_pairs",
    "weekend_pairs",
    "day_pairs",
    "night_pairs",
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
    "slices": "Slices are not known: none holds as many pairs as the policy asks for.",
    "unreadable": "Whether answers can be read is not known: there are none.",
    "pairing": "Pairing is not known: neither variant has answers.",
    "sample_ratio": "The sample ratio is not known: neither variant has answers.",
    "training": "Whether the shadow was trained soundly is not known",
}
"""What to say where there are no data."""


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


def worth(what: str, least: float | None) -> str:
    """Name what is counted, and how many independent ones those that hang together are worth."""
    return what if least is None else f"{what}, worth at least {count(least)} independent ones"


def label_shift(label: str) -> str:
    """Name the label whose share moves most."""
    return f"Shadow's share of the label ‘{label}’ differs by"


def score_bias() -> str:
    """Name the mean difference of the scores."""
    return "Shadow's score differs on average by"


def prediction_drift(effect_name: str) -> str:
    """Name the distance of the two distributions of answers."""
    return f"The two distributions of answers differ by {effect_name} ="


def worst_slice(name: str, tested: int) -> str:
    """Name the slice that disagrees most, and of how many."""
    shown = name if len(name) <= 120 else name[:119] + "…"
    return f"Disagreement in the worst of {count(tested)} slices, ‘{shown}’, is"


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


def pairs_in(part: str, n: int, limit: int, hours: float | None, night: tuple[int, int]) -> str:
    """Say how many pairs a part of the week has and how many it must have."""
    first, end = night
    span = f"{first}:00 to {end}:00" if part == "night" else f"{end}:00 to {first}:00"
    when = {"weekday": "from Monday to Friday", "weekend": "on Saturday and Sunday"}.get(part, span)
    sentence = (
        f"{count(n)} pairs came {'' if part.startswith('week') else 'from '}{when} (UTC); "
        f"at least {count(limit)} are required."
    )
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


def training(trial: str, fired: Sequence[Finding], critical: int) -> str:
    """Say which critical rules fired in the record of the shadow's training."""
    where = f"in the shadow's training ({trial})"
    if not fired:
        return f"None of {critical} critical rules fired {where}; none may."
    named = [
        each.rule if each.first_step is None else f"{each.rule} from step {each.first_step:,}"
        for each in fired
    ]
    return f"{len(fired)} of {critical} critical rules fired {where}: {_listed(named)}; none may."


def training_unknown(trial: str, why: str) -> str:
    """Say why it is not known how the shadow was trained."""
    where = f" ({trial})" if trial else ""
    return f"{UNKNOWN['training']}{where}: {why}"


def training_silent(trial: str, unknown: Sequence[Finding]) -> str:
    """Say which critical rules cannot tell; without any, that no rule is critical."""
    if not unknown:
        return training_unknown(trial, "no rule is critical, so none was asked.")
    several = f" {len(unknown) - 1} more cannot tell." if len(unknown) > 1 else ""
    first = unknown[0]
    return training_unknown(trial, f"{first.rule} cannot tell. {first.sentence}{several}")


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
    if state == "outside":
        state = "outside their limits" if several else "outside its limit"
    return f"{_listed(names)} {'are' if several else 'is'} {state}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
