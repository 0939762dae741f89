"""May this be done at all, by this person and now?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actions import hours, people
from actions.steps import Check

if TYPE_CHECKING:
    from actions.checks.known import Known
    from actions.steps import Plan


def checks(plan: Plan, known: Known) -> Iterator[Check]:
    """Whether the person may, whether another has to agree, and whether it is the time."""
    yield _person(plan, known)
    yield _second_person(plan, known)
    yield _hours(plan, known)


def _person(plan: Plan, known: Known) -> Check:
    why = people.may(known.person, plan.action, known.config, known.now)
    if why is not None:
        return Check("person", "blocked", why)
    named = f"{known.person.name} ({known.person.known_by})"
    who = "Whoever reaches this page" if known.person.known_by == "not signed in" else named
    return Check("person", "ok", f"{who} may do this.")


def _second_person(plan: Plan, known: Known) -> Check:
    actions = known.config.actions
    if not people.needs_another(plan.action, actions):
        why = "it goes back or stops something" if actions.four_eyes else "`four_eyes` is off"
        return Check("second_person", "ok", f"No second person is asked for: {why}.")
    if known.asked_by is None:
        return Check(
            "second_person",
            "blocked",
            "Two people are asked for here: what one requests, another approves.",
            "Request it; an approver then finds the request under Deployment.",
        )
    refused = people.may_approve(
        known.person, plan.action, known.config, known.now, asked_by=known.asked_by
    )
    if refused is not None:
        return Check("second_person", "blocked", refused)
    return Check(
        "second_person", "ok", f"{known.asked_by} asked for this, {known.person.name} approves it."
    )


def _hours(plan: Plan, known: Known) -> Check:
    closed = hours.closed(known.config.actions, known.now)
    if closed is None:
        return Check("hours", "ok", "It is within the hours of deployment, and nothing is frozen.")
    if plan.action in people.AT_ONCE:
        return Check("hours", "warn", f"{closed} Going back and stopping wait for no hour.")
    return Check("hours", "blocked", closed, "Wait, or change `windows` or `freeze` in [actions].")
