"""Does what was found of the two models speak for the change, and is there a way back?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from actions.checks.lasting import lasting
from actions.steps import Check
from analysis.compatibility import compare

if TYPE_CHECKING:
    from actions.checks.known import Known
    from actions.steps import Plan
    from analysis.compatibility import Difference
    from queries.live import Live

STALE = timedelta(hours=24)
"""A verdict on answers older than this is told as old: traffic of a day is missing from it."""

TAKES_THE_SHADOW = frozenset(
    {"promote", "complete_experiment", "blue_green", "promote_alias", "promote_stage"}
)
"""What gives production's place to the shadow's model."""

_MOST_TOLD = 5
_UNKNOWN_ANSWERS = "Both variants' answers must be captured."


def checks(plan: Plan, known: Known) -> Iterator[Check]:
    """The verdict and its age, and whether answers keep their form, where the shadow takes over."""
    if plan.action in TAKES_THE_SHADOW:
        yield from _verdict(known)
        yield _compatibility(known)


def _verdict(known: Known) -> Iterator[Check]:
    report = known.report
    if report is None:
        yield Check(
            "verdict",
            "unknown",
            "No shadow test was judged for this.",
            "Name the test, so that its answers are compared first.",
        )
        return
    decision = report.verdict.decision
    told = f"The verdict of {report.test} says: {report.verdict.headline.rstrip('.')}."
    if decision == "reject":
        yield Check("verdict", "blocked", told, "Keep production, and see which limits it broke.")
    elif decision == "hold":
        yield Check("verdict", "warn", told, "Let the test run on, or say in the reason why now.")
    else:
        yield Check("verdict", "ok", told)
    age = known.now - report.window.end.astimezone(UTC)
    sentence = f"The last answer it rests on was given {lasting(age)} ago."
    if age > STALE:
        yield Check("verdict_age", "warn", sentence, "Let newer traffic be captured and judged.")
    else:
        yield Check("verdict_age", "ok", sentence)


def _compatibility(known: Known) -> Check:
    if known.answers is None or not all(each.n for each in known.answers):
        return Check(
            "compatibility",
            "unknown",
            "Whether the shadow answers in production's form is not known: no answers of both "
            "were seen.",
            _UNKNOWN_ANSWERS,
        )
    production, shadow = known.answers
    found = compare(production, shadow)
    breaking = [each for each in found if each.breaking]
    others = [each for each in found if not each.breaking]
    looked_at = f"({production.n:,} answers of production and {shadow.n:,} of the shadow)"
    if breaking:
        return Check(
            "compatibility",
            "blocked",
            f"Callers may not understand the shadow: {_told(breaking)} {looked_at}.",
            "Have the new model answer in the form of the old one.",
        )
    if others:
        return Check(
            "compatibility",
            "warn",
            f"The shadow answers in another form here and there: {_told(others)} {looked_at}.",
            "Make sure that callers can read it.",
        )
    return Check(
        "compatibility",
        "ok",
        f"Content types, outputs and labels are the same {looked_at}.",
    )


def _told(differences: list[Difference]) -> str:
    some = "; ".join(
        f"the {each.part} {each.name!r} is in {each.production:,} of {each.production_n:,} of "
        f"production's and {each.shadow:,} of {each.shadow_n:,} of the shadow's"
        for each in differences[:_MOST_TOLD]
    )
    more = len(differences) - _MOST_TOLD
    return f"{some}; and {more:,} more" if more > 0 else some


def way_back(plan: Plan, live: Live) -> str:
    """The endpoint config to go back to: of a rollback, the one it goes to. "" where none is.

    Where AWS is to name that config, it is as the one in force, which has the same model.
    """
    if plan.action in ("rollback", "repair"):
        return plan.config_name
    return plan.previous or (live.config_name if plan.action in TAKES_THE_SHADOW else "")


def can_go_back(plan: Plan, live: Live, known: Known) -> Check:
    """Whether the config to go back to, its models and their data exist."""
    config, revision = way_back(plan, live), known.revision
    if revision is None or revision.config != config:
        return Check(
            "way_back", "unknown", f"Whether {config} could be gone back to was not looked at."
        )
    if revision.missing:
        lost = " ".join(revision.missing)
        return Check(
            "way_back",
            "blocked",
            f"There is no going back to {config}. {lost}",
            "Put back what is missing, or choose another config.",
        )
    if revision.unknown:
        return Check(
            "way_back",
            "unknown",
            f"Whether {config} can be gone back to is not sure. {' '.join(revision.unknown)}",
            "Let the role that reads look at the data of the models.",
        )
    return Check("way_back", "ok", f"{config}, its models and their data exist: it can be run.")
