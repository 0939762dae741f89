"""What would one say of a verdict to somebody who decides and does not compute?

Every sentence is without a term of statistics or of AWS. What each check means to somebody who
uses the model is said in ``plain_checks``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.parts import format, plain_checks, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.interruptions import Interruption
    from analysis.report import Report
    from analysis.verdict import Guardrail

MOST_GAPS = 3
ANSWERS = {
    "promote": (
        "The new model may take over.",
        "Everything that was asked of it before the test is met.",
    ),
    "hold": (
        "The new model should not take over yet.",
        "Nothing that would rule it out was found, but not everything asked of it is shown.",
    ),
    "reject": (
        "The new model should not take over.",
        "It misses something that was called essential before the test.",
    ),
}


@dataclass(frozen=True, slots=True)
class Plain:
    """A verdict in plain words: an answer with its reason, and four lists of sentences."""

    answer: str
    reason: str
    tested: tuple[str, ...]
    found: tuple[str, ...]
    unknown: tuple[str, ...]
    todo: tuple[str, ...]

    @property
    def chapters(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Give the four lists under their headings."""
        return (
            ("What was tested", self.tested),
            ("What was found", self.found),
            ("What is not known", self.unknown),
            ("What to do", self.todo),
        )


def plain(report: Report) -> Plain:
    """Tell a report in plain words."""
    verdict = report.verdict
    answer, reason = ANSWERS[verdict.decision]
    return Plain(
        answer,
        reason,
        tuple(_tested(report)),
        tuple(_found(report)),
        tuple(_unknown(report)),
        tuple(dict.fromkeys(_todo(report))),
    )


def _tested(report: Report) -> Iterator[str]:
    checks, pairing = report.verdict.guardrails, report.pairing
    yield (
        f"A new model ({report.shadow}) was given copies of the requests that the present one "
        f"({report.production}) was answering. Users only ever saw the answers of the present one."
    )
    yield (
        f"From {format.span(report.window)}, both answers to {format.count(pairing.paired)} "
        "requests were set side by side."
    )
    counted = ", ".join(
        f"{n} {'is' if n == 1 else 'are'} {state}"
        for state, statuses in (
            ("met", ("ok",)),
            ("missed", ("breach",)),
            ("open", ("inconclusive", "no_data")),
        )
        for n in (sum(g.status in statuses for g in checks),)
    )
    yield f"{len(checks)} conditions were set (“{report.verdict.policy.name}”): {counted}."


def _found(report: Report) -> Iterator[str]:
    decided = [g for g in report.verdict.guardrails if g.status in ("breach", "ok")]
    # what is missed first: it decides
    for guardrail in sorted(decided, key=lambda g: (g.status == "ok", not g.critical)):
        sign = words.STATUS_SIGNS[guardrail.status]
        yield f"{sign} {plain_checks.found(guardrail)}"
    if not decided:
        yield "Nothing yet that could be relied on."


def _unknown(report: Report) -> Iterator[str]:
    for guardrail in report.verdict.guardrails:
        if guardrail.status == "inconclusive":
            yield f"{words.STATUS_SIGNS['inconclusive']} {plain_checks.still_open(guardrail)}"
        elif guardrail.status == "no_data":
            subject = plain_checks.subject(guardrail)
            yield f"{words.STATUS_SIGNS['no_data']} {subject}: this was not measured."
    found = report.agreement
    if found is not None and found.missing:
        yield (
            f"How the new model would have answered {format.count(found.missing)} requests: its "
            "answers are missing."
        )
    for each in report.interruptions[:MOST_GAPS]:
        yield _gap(each)
    if len(report.interruptions) > MOST_GAPS:
        yield f"The same of {len(report.interruptions) - MOST_GAPS} more stretches of time."
    yield (
        "Which of the two is right where they differ: these conditions compare the models with "
        "each other, not with the truth."
    )
    error = format.count(round(100 * (1 - report.verdict.policy.confidence)))
    yield (
        f"Chance cannot be ruled out altogether: of 100 tests like this one, up to {error} may "
        "say something wrong somewhere."
    )


def _todo(report: Report) -> Iterator[str]:
    verdict = report.verdict
    missed = [g for g in verdict.guardrails if g.status == "breach"]
    for guardrail in sorted(missed, key=lambda g: not g.critical):
        yield plain_checks.remedy(guardrail)
    if verdict.decision == "promote":
        yield (
            "Let the new model take over step by step (page Deploy), with the present one kept "
            "ready to come back."
        )
        return
    if verdict.decision == "reject":
        yield "Keep the present model. Mend what is missed, then test again."
        return
    waits = [g for g in verdict.guardrails if g.status == "inconclusive" and g.needed is not None]
    longest = _longest(waits)
    if longest:
        yield f"Let the test run on: {longest}."
    if any(g.status == "inconclusive" and g.needed is None for g in verdict.guardrails):
        yield (
            "Some results lie right at their limit, where waiting does not help: decide whether "
            "the limit is what is really needed, and write a new one down before the next test."
        )
    nothing = [plain_checks.subject(g) for g in verdict.guardrails if g.status == "no_data"]
    if nothing:
        yield f"Have measured what was not: {_listed(nothing)}."


def _gap(each: Interruption) -> str:
    model = {"production": "present", "shadow": "new"}[each.variant]
    when = f"from {format.moment(each.start)} to {format.moment(each.end)}"
    if each.kind == "gap":
        return f"What the {model} model answered {when}: nothing was recorded of it."
    return f"Whether every answer of the {model} model was recorded {when}: a disk was full."


def _longest(waits: list[Guardrail]) -> str:
    """Say what the slowest of the open conditions still needs, in time where a rate is known."""
    hours = [g.needed_hours for g in waits if g.needed_hours is not None]
    if hours:
        about = format.duration(3600 * max(hours))
        return f"about {about} more at the present number of requests"
    needed = max((g for g in waits if g.needed), key=lambda g: g.needed or 0, default=None)
    return "" if needed is None else f"about {format.count(needed.needed)} more requests"


def _listed(names: list[str]) -> str:
    lower = [name[:1].lower() + name[1:] for name in names]
    return lower[0] if len(lower) == 1 else ", ".join(lower[:-1]) + " and " + lower[-1]
