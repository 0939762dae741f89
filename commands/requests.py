"""What has one person asked for that another has to let through, and is it let through?

Exit codes of ``approve`` are those of ``promote``; ``list`` and ``decline`` exit with 0.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.asking import config_option, format_option, say, test_option, window_option
from commands.carrying_out import carry_out, confirm_option, leave, reason_option, wait_option
from commands.grounds import place_of, stand
from pages.document import terminal_deployment as terminal

if TYPE_CHECKING:
    from actions.standings import Standing
    from commands.grounds import Place

change_argument = click.argument("change")


@click.group()
def requests() -> None:
    """What waits for a second person: list it, approve it or decline it."""


@requests.command("list")
@config_option
@test_option
@format_option
def list_requests(path: Path | None, name: str | None, form: str) -> None:
    """List what was asked for and waits, the oldest first."""
    from actions.documents import request_document
    from actions.people import may_approve
    from actions.standings import asked_for

    place = place_of(path, name)
    person, now = place.person(), datetime.now(UTC)
    found = [
        request_document(
            each,
            hindrance=may_approve(
                person, each.plan.action, place.config, now, asked_by=each.intent.person
            ),
        )
        for each in asked_for(place.ledger.read(place.target))
    ]
    say({"endpoint": place.target, "requests": found}, form, terminal.requests)


@requests.command("approve")
@change_argument
@reason_option
@confirm_option
@wait_option
@config_option
@test_option
@window_option
@format_option
def approve(
    change: str,
    reason: str,
    confirm: str,
    wait: bool,
    path: Path | None,
    name: str | None,
    window: str,
    form: str,
) -> None:
    """Let through what another asked for: CHANGE is its mark, or the beginning of it."""
    from actions.checks.deciding import TAKES_THE_SHADOW

    place = place_of(path, name)
    asked = _asked(place, change)
    grounds = stand(place, window, judged=asked.plan.action in TAKES_THE_SHADOW)
    carry_out(
        grounds,
        asked.plan,
        reason=reason,
        confirm=confirm,
        wait=wait,
        form=form,
        approved=asked,
    )


@requests.command("decline")
@change_argument
@reason_option
@config_option
@test_option
@format_option
def decline(change: str, reason: str, path: Path | None, name: str | None, form: str) -> None:
    """Do not let it through: CHANGE is its mark, or the beginning of it."""
    place = place_of(path, name)
    leave(place, _asked(place, change), reason=reason, form=form)


def _asked(place: Place, change: str) -> Standing:
    """The one request whose mark begins so.

    Raises
    ------
    NotDone
        When there is none, or several.
    """
    from actions.standings import asked_for
    from queries.errors import NotDone

    waiting = asked_for(place.ledger.read(place.target))
    found = [each for each in waiting if change and each.change.startswith(change)]
    if len(found) != 1:
        marks = ", ".join(each.change for each in waiting) or "none"
        which = "Several requests" if found else "No request"
        raise NotDone(f"{which} of {place.target} begin with {change!r}; there are {marks}.")
    return found[0]
