"""What goes on at an endpoint, an alias or a stage, and what was done to it before?

Exit codes of ``watch``: 0 what was asked for is in force, 1 it goes on (``--once``), 2 something
else is in force, 3 error or an endpoint that needs repair. Of ``history``: 3 where the chain of
records is broken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import click

from commands.asking import config_option, format_option, say, test_option
from commands.carrying_out import LOOKS_EVERY_S, rehearse
from commands.grounds import place_of
from pages.document import terminal_deployment as terminal

if TYPE_CHECKING:
    from actions.standings import Standing
    from actions.steps import Step
    from commands.grounds import Place
    from queries.live import Live
    from queries.updates import Progress

GOES_ON, ELSEWHERE, BROKEN = 1, 2, 3
# What goes on beside an update, or after it, and says nothing of what is in force.
_BESIDE = ("abort", "remove_green", "remove_alarms")
_ENDS = {"succeeded": 0, "update_rollback_failed": BROKEN}


@click.command()
@click.option("--once", is_flag=True, help="Look once, and do not wait for the end.")
@click.option("--carry-on", is_flag=True, help="Take the steps that are left of what was begun.")
@config_option
@test_option
@format_option
def watch(once: bool, carry_on: bool, path: Path | None, name: str | None, form: str) -> None:
    """Watch a change until it is over; the exit code is 0 only where what it put is in force."""
    watched = _Watched(place_of(path, name))
    told = ""
    while True:
        if carry_on:
            watched.carry_on()
        else:
            watched.place.settle()
        found, over = watched.look()
        line = terminal.progress(found)
        if over or once:
            break
        if line != told:
            click.echo(line, err=True)
            told = line
        sleep(LOOKS_EVERY_S)
    say(found, form, terminal.progress)
    code = _ENDS.get(found["outcome"], ELSEWHERE) if over else GOES_ON
    click.get_current_context().exit(code)


@click.command()
@config_option
@test_option
@format_option
def history(path: Path | None, name: str | None, form: str) -> None:
    """Say who changed what, when, why and on which evidence."""
    from actions.documents import history_document
    from actions.retention import retention

    place = place_of(path, name)
    held = retention(place.ledger.location, place.config.aws)
    found = history_document(place.ledger.location, place.ledger.read(place.target), held)
    say(found, form, terminal.history)
    click.get_current_context().exit(BROKEN if found["broken"] else 0)


@dataclass(frozen=True, slots=True)
class _Watched:
    """What a test deploys to, and the newest change of it that was begun here."""

    place: Place

    def look(self) -> tuple[dict[str, Any], bool]:
        """That change, else what the target itself says of itself; and whether it is over."""
        from actions.arrivals import arrival
        from actions.documents import arrival_document, progress_document
        from actions.targets import running
        from queries import aws
        from queries.live import Live

        live = running(self.place.test, partial(aws.client, self.place.config.aws))
        if isinstance(live, Live):
            progress = self._update(live)
            return progress_document(progress), progress.over
        arrived = arrival(live, self._newest())
        return arrival_document(arrived), arrived.over

    def _update(self, live: Live) -> Progress:
        from queries import aws
        from queries.updates import look

        sagemaker, cloudwatch = (
            aws.client(self.place.config.aws, service) for service in ("sagemaker", "cloudwatch")
        )
        newest = self._newest()
        if newest is None or not any(map(_is_update, newest.plan.steps)):
            pending = live.pending or {}
            wanted = pending.get("EndpointConfigName", live.config_name)
            return look(sagemaker, live.endpoint, wanted, cloudwatch=cloudwatch)
        planned = newest.plan
        update = next(i for i, step in enumerate(planned.steps) if _is_update(step))
        sent = next((r for r in newest.records if r.step == update), newest.records[0])
        first: dict[str, Any] = next(iter(planned.after.get("ProductionVariants") or ()), {})
        found = look(
            sagemaker,
            live.endpoint,
            planned.config_name,
            before=planned.previous,
            model=first.get("ModelName"),
            began=sent.at,
            cloudwatch=cloudwatch,
        )
        if newest.state == "unfinished" and newest.step <= update:
            # its own steps before the update may change the endpoint as well
            step = planned.steps[newest.step]
            return replace(found, outcome="in_progress", sentence=step.purpose, remedy="")
        return found

    def carry_on(self) -> None:
        """Take what steps can be taken of that change.

        Raises
        ------
        NotDone
            When who started the command may not.
        """
        from actions import execute, people
        from actions.acting import Acting
        from queries.errors import NotDone

        place = self.place
        person = place.person()
        newest = self._newest()
        if newest is None or newest.state != "unfinished":
            return
        refused = people.may(person, newest.plan.action, place.config, datetime.now(UTC))
        if refused is not None:
            raise NotDone(refused)
        acting = Acting(place.config, person, newest.plan, change=newest.change)
        execute.advance(
            place.target,
            ledger=place.ledger,
            acting=acting.of,
            rehearse=rehearse(place.config, place.test, acting),
            tell=place.tell,
        )
        place.tell.outbox.finish()

    def _newest(self) -> Standing | None:
        from actions.standings import standings

        begun = [
            each
            for each in standings(self.place.ledger.read(self.place.target))
            if each.state != "asked" and each.plan.action not in _BESIDE
        ]
        return begun[-1] if begun else None


def _is_update(step: Step) -> bool:
    return getattr(step, "operation", "") == "UpdateEndpoint"
