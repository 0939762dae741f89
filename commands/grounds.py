"""On what does a command that changes something rest: who asks, what runs, what was found?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from commands.asking import choose, meter

if TYPE_CHECKING:
    from pathlib import Path

    from actions.ledger import Ledger
    from actions.people import Person
    from actions.steps import Check, Plan
    from analysis.report import Report
    from queries.config import Config, Test
    from queries.live import Live
    from queries.opened import Opened


@dataclass(frozen=True, slots=True, eq=False)
class Grounds:
    """What a plan is made from. ``opened`` and ``report`` are None where nothing was compared."""

    config: Config
    test: Test
    endpoint: str
    person: Person
    live: Live
    opened: Opened | None
    report: Report | None
    window: str

    def look(self, plan: Plan) -> tuple[Check, ...]:
        """Look at everything that may go wrong."""
        from actions.preflight import Known, find_out, preflight
        from queries.answer_forms import answers_of

        known = Known(
            config=self.config,
            person=self.person,
            now=datetime.now(UTC),
            report=self.report,
            answers=answers_of(self.opened) if self.opened is not None else None,
        )
        return preflight(plan, self.live, find_out(plan, self.live, known))

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
            return as_html(found, demo=self.config.demo).encode()
        finally:
            logging.disable(logging.NOTSET)


def stand(path: Path | None, name: str | None, window: str = "", *, judged: bool) -> Grounds:
    """Read what runs, and, where ``judged``, what the test found in the window.

    Raises
    ------
    UnderstudyError
        When the test deploys to no endpoint, or it cannot be read.
    """
    from actions import people
    from queries import aws, reports
    from queries.errors import NotComparable
    from queries.opened import open_test
    from queries.reading_live import read_live

    config, test, endpoint = endpoint_of(path, name)
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
        config=config,
        test=test,
        endpoint=endpoint,
        person=people.at_terminal(config.actions, datetime.now(UTC)),
        live=read_live(aws.client(config.aws, "sagemaker"), endpoint),
        opened=opened,
        report=report,
        window=window,
    )


def endpoint_of(path: Path | None, name: str | None) -> tuple[Config, Test, str]:
    """The configuration, the test asked for, and the endpoint that it deploys to.

    Raises
    ------
    NotDone
        When it deploys to none.
    """
    from queries.errors import NotDone

    config, test, _ = choose(path, name)
    if test.deployment.kind != "endpoint" or test.endpoint is None:
        raise NotDone(
            f"{test.name} deploys to no endpoint of SageMaker: name its `endpoint` in "
            f"[tests.{test.name}]. An alias or a stage is deployed to from the page."
        )
    return config, test, test.endpoint


def ledger_of(config: Config) -> Ledger:
    """Where changes are written down."""
    from actions.ledger import opened

    return opened(config.actions.audit, config.aws)
