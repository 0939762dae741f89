"""What goes on at an endpoint, and what was done to it before?

Exit codes of ``watch``: 0 the config that was asked for is in force, 1 it goes on (``--once``), 2
another one is in force, 3 error or an endpoint that needs repair. Of ``history``: 3 where the chain
of records is broken.
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
from commands.deploying import LOOKS_EVERY_S
from commands.grounds import endpoint_of, ledger_of
from pages.document import terminal_deployment as terminal

if TYPE_CHECKING:
    from actions.ledger import Ledger
    from actions.rehearsal import Rehearsed
    from actions.standings import Standing
    from actions.steps import Plan, Rehearsal, Step
    from queries.config import Config, Test
    from queries.updates import Progress

GOES_ON, ELSEWHERE, BROKEN = 1, 2, 3
_ENDS = {"succeeded": 0, "update_rollback_failed": BROKEN}


@click.command()
@click.option("--once", is_flag=True, help="Look once, and do not wait for the end.")
@click.option("--carry-on", is_flag=True, help="Take the steps that are left of what was begun.")
@config_option
@test_option
@format_option
def watch(once: bool, carry_on: bool, path: Path | None, name: str | None, form: str) -> None:
    """Watch an update until it is over; the exit code is 0 only where its config is in force."""
    from actions.documents import progress_document

    watched = _Watched(*endpoint_of(path, name))
    told = ""
    while True:
        if carry_on:
            watched.carry_on()
        else:
            watched.write_down()
        found = watched.look()
        line = terminal.progress(progress_document(found))
        if found.over or once:
            break
        if line != told:
            click.echo(line, err=True)
            told = line
        sleep(LOOKS_EVERY_S)
    say(progress_document(found), form, terminal.progress)
    code = _ENDS.get(found.outcome, ELSEWHERE) if found.over else GOES_ON
    click.get_current_context().exit(code)


@click.command()
@config_option
@test_option
@format_option
def history(path: Path | None, name: str | None, form: str) -> None:
    """Say who changed what at an endpoint, when, why and on which evidence."""
    from actions.documents import history_document

    config, _, endpoint = endpoint_of(path, name)
    ledger = ledger_of(config)
    found = history_document(ledger.location, ledger.read(endpoint))
    say(found, form, terminal.history)
    click.get_current_context().exit(BROKEN if found["broken"] else 0)


@dataclass(frozen=True, slots=True)
class _Watched:
    """An endpoint, and the newest change of it that was begun here."""

    config: Config
    test: Test
    endpoint: str

    def look(self) -> Progress:
        """That change's update, else what the endpoint itself says is pending."""
        from queries import aws
        from queries.reading_live import read_live
        from queries.updates import look

        sagemaker, cloudwatch = (
            aws.client(self.config.aws, service) for service in ("sagemaker", "cloudwatch")
        )
        newest = self._newest()
        if newest is None or not any(map(_is_update, newest.plan.steps)):
            live = read_live(sagemaker, self.endpoint)
            pending = live.pending or {}
            wanted = pending.get("EndpointConfigName", live.config_name)
            return look(sagemaker, self.endpoint, wanted, cloudwatch=cloudwatch)
        planned = newest.plan
        update = next(i for i, step in enumerate(planned.steps) if _is_update(step))
        sent = next((r for r in newest.records if r.step == update), newest.records[0])
        first: dict[str, Any] = next(iter(planned.after.get("ProductionVariants") or ()), {})
        found = look(
            sagemaker,
            self.endpoint,
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
        from actions import execute, people, rehearsal
        from actions.acting import Acting
        from actions.notify import notifier
        from queries.errors import NotDone
        from queries.opened import open_test

        now = datetime.now(UTC)
        person = people.at_terminal(self.config.actions, now)
        newest = self._newest()
        if newest is None or newest.state != "unfinished":
            return
        refused = people.may(person, newest.plan.action, self.config, now)
        if refused is not None:
            raise NotDone(refused)
        acting = Acting(self.config, person, newest.plan, change=newest.change)

        def rehearse(planned: Plan, step: Rehearsal) -> Rehearsed:
            runtime = acting.client("sagemaker-runtime")
            return rehearsal.rehearse(runtime, planned, step, open_test(self.config, self.test))

        tell = notifier(self.config)
        execute.advance(
            self.endpoint,
            ledger=self._ledger(),
            acting=acting.of,
            rehearse=rehearse,
            tell=tell,
        )
        tell.outbox.finish()

    def write_down(self) -> None:
        """Write down what became of what was begun, as it is seen; AWS is only looked at."""
        from actions import execute
        from queries import aws
        from queries.errors import UnderstudyError

        reader = partial(aws.client, self.config.aws)
        try:
            execute.advance(
                self.endpoint, ledger=self._ledger(), acting=lambda _: reader, act=False
            )
        except UnderstudyError as error:
            # the endpoint can be looked at all the same
            click.echo(str(error), err=True)

    def _newest(self) -> Standing | None:
        from actions.standings import standings

        begun = [
            each
            for each in standings(self._ledger().read(self.endpoint))
            if each.state != "asked" and each.plan.action != "abort"
        ]
        return begun[-1] if begun else None

    def _ledger(self) -> Ledger:
        return ledger_of(self.config)


def _is_update(step: Step) -> bool:
    return getattr(step, "operation", "") == "UpdateEndpoint"
