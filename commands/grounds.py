"""On what does a command that changes something rest: who asks, what runs, what was found?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from commands.asking import choose, meter

if TYPE_CHECKING:
    from pathlib import Path

    from actions.ledger import Ledger
    from actions.notify import Notifier
    from actions.people import Person
    from actions.steps import Check, Plan
    from analysis.report import Report
    from queries.config import Config, Test
    from queries.live import Live
    from queries.live_generic import LiveAlias, LiveStage
    from queries.opened import Opened


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A test and what it deploys to: an endpoint, an alias or a stage, and the audit of it."""

    config: Config
    test: Test
    target: str
    ledger: Ledger
    tell: Notifier

    def settle(self) -> None:
        """Write down what became of everything that was begun, as it is seen, whoever began it.

        AWS is only looked at. What cannot be looked at is told, and hinders nothing here.
        """
        from actions.reconcile import reconcile
        from queries import aws
        from queries.errors import UnderstudyError

        try:
            reader = partial(aws.client, self.config.aws)
            _, problems = reconcile(self.ledger, reader, tell=self.tell)
        except UnderstudyError as error:
            problems = (str(error),)
        unsent = (each.sentence for each in self.tell.outbox.finish())
        for sentence in (*problems, *unsent):
            click.echo(sentence, err=True)

    def person(self) -> Person:
        """Who started the command."""
        from actions import people

        return people.at_terminal(self.config.actions, datetime.now(UTC))


@dataclass(frozen=True, slots=True, eq=False)
class Grounds:
    """What a plan is made from. ``opened`` and ``report`` are None where nothing was compared."""

    place: Place
    person: Person
    live: Live | LiveAlias | LiveStage
    opened: Opened | None
    report: Report | None
    window: str

    @property
    def endpoint(self) -> Live:
        """What runs, which has to be an endpoint of SageMaker.

        Raises
        ------
        NotDone
            When it is an alias or a stage.
        """
        from queries.errors import NotDone
        from queries.live import Live

        if isinstance(self.live, Live):
            return self.live
        kind = "an alias of Lambda" if self.place.test.deployment.kind == "alias" else "a stage"
        raise NotDone(f"{self.place.target} is {kind}; this is for endpoints of SageMaker.")

    def look(self, plan: Plan, *, asked_by: str | None = None) -> tuple[Check, ...]:
        """Look at everything that may go wrong; ``asked_by`` asked for what is let through here."""
        from actions.preflight import Known, find_out, preflight
        from queries.answer_forms import answers_of
        from queries.live import Live

        known = Known(
            config=self.place.config,
            person=self.person,
            now=datetime.now(UTC),
            report=self.report,
            answers=answers_of(self.opened) if self.opened is not None else None,
            asked_by=asked_by,
        )
        if isinstance(self.live, Live):
            known = find_out(plan, self.live, known)
        return preflight(plan, self.live, known)

    def evidence(self) -> bytes | None:
        """The report to keep with the decision; None where there is none."""
        if self.opened is None:
            return None
        import logging

        from queries import dossier

        # the parts of the pages are used without a page, which streamlit would remark on
        logging.disable(logging.WARNING)
        try:
            from pages.document.report import as_html

            found = dossier.collect(self.opened, self.window)
            return as_html(found, demo=self.place.config.demo).encode()
        finally:
            logging.disable(logging.NOTSET)


def place_of(path: Path | None, name: str | None) -> Place:
    """The configuration, the test asked for, and what it deploys to.

    Raises
    ------
    NotDone
        When it deploys to nothing.
    """
    from actions.ledger import opened
    from actions.notify import notifier
    from actions.targets import target_of

    config, test, _ = choose(path, name)
    ledger = opened(config.actions.audit, config.aws)
    return Place(config, test, target_of(test), ledger, notifier(config))


def stand(place: Place, window: str = "", *, judged: bool) -> Grounds:
    """Settle what was begun, then read what runs, and, where ``judged``, what the test found.

    Raises
    ------
    UnderstudyError
        When it cannot be read.
    """
    from actions.targets import running
    from queries import aws, reports
    from queries.errors import NotComparable
    from queries.opened import open_test

    place.settle()
    config, test = place.config, place.test
    opened = report = None
    if judged:
        try:
            opened = open_test(config, test, progress=meter())
            report = reports.report(opened, window)
        except NotComparable as error:
            # told among the checks as not known; a promotion by its verdict is refused for it
            opened = None
            click.echo(f"Nothing was judged: {error}", err=True)
    return Grounds(
        place=place,
        person=place.person(),
        live=running(test, partial(aws.client, config.aws)),
        opened=opened,
        report=report,
        window=window,
    )
