"""On what does every button rest: who is there, what runs, what was found, what was done before?"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from actions import execute, people, preflight, rehearsal
from actions.acting import Acting
from actions.checks.deciding import TAKES_THE_SHADOW
from actions.notify import notifier
from pages.parts.deployment import judged
from queries import aws, cached, cached_answers
from queries.errors import NotDone, UnderstudyError
from queries.live import Live
from queries.live_generic import LiveAlias, LiveStage

if TYPE_CHECKING:
    from collections.abc import Callable

    from actions.execute import Receipt
    from actions.ledger import Ledger
    from actions.people import Person
    from actions.records import Chain
    from actions.rehearsal import Rehearsed
    from actions.standings import Standing
    from actions.steps import Action, Check, Plan, Rehearsal
    from analysis.compatibility import Answers
    from analysis.report import Report
    from queries.config import Config, Test

Running = TypeVar("Running", bound=Live | LiveAlias | LiveStage)
"""What runs: at an endpoint, behind an alias, or at a stage."""

SECOND = "second_person"
"""The check that another person has to agree: what cannot be done can still be asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Desk(Generic[Running]):
    """What a page about one target has read, at one moment; a press rests on the same."""

    config: Config
    test: Test
    person: Person
    live: Running
    report: Report | None
    ledger: Ledger
    chain: Chain

    def refused(self, action: Action) -> str | None:
        """Why this person may not do this; None if they may."""
        return people.may(self.person, action, self.config, datetime.now(UTC))

    def needs_another(self, action: Action) -> bool:
        """Whether this is only asked for, and done when a second person lets it through."""
        return people.needs_another(action, self.config.actions)

    def look(self, plan: Plan, *, asked_by: str | None = None) -> tuple[Check, ...]:
        """Look at everything that may go wrong, anew."""
        known = preflight.Known(
            config=self.config,
            person=self.person,
            now=datetime.now(UTC),
            # going back and stopping rest on no verdict
            report=self.report if plan.action in TAKES_THE_SHADOW else None,
            answers=self._answers() if plan.action in TAKES_THE_SHADOW else None,
            asked_by=asked_by,
        )
        live = self.live
        if isinstance(live, Live):
            known = preflight.find_out(plan, live, known)
        found = preflight.preflight(plan, live, known)
        if asked_by is None and self.needs_another(plan.action):
            found = tuple(each for each in found if each.name != SECOND)
        return found

    def _answers(self) -> tuple[Answers, Answers] | None:
        if self.report is None:
            return None
        try:
            return cached_answers.answer_forms(self.test.name)
        except UnderstudyError:
            # said as not known among the checks
            return None

    def act(
        self,
        plan: Plan,
        reason: str,
        *,
        evidence: bool = False,
        approved: Standing | None = None,
    ) -> Receipt:
        """Look once more, then do it, or ask for it where a second person has to agree.

        Raises
        ------
        UnderstudyError
            When something forbids it, or it fails; the message says what was done of it.
        """
        asked_by = approved.intent.person if approved is not None else None
        found = self.look(plan, asked_by=asked_by)
        blocked = [each.sentence for each in found if each.status == "blocked"]
        if blocked:
            raise NotDone(" ".join(blocked))
        change = approved.change if approved is not None else uuid.uuid4().hex
        acting = Acting(self.config, self.person, plan, change=change)
        do: Callable[..., Receipt] = execute.request
        if approved is not None or not self.needs_another(plan.action):
            do = partial(
                execute.execute,
                change=change,
                approves=change if approved is not None else "",
                rehearse=rehearse(self.test.name, acting),
            )
        return do(
            plan,
            ledger=self.ledger,
            config=self.config,
            client_of=acting.client,
            person=self.person,
            reason=reason,
            typed=plan.target,
            evidence=self._report() if evidence else None,
            verdict=judged.sentence(self.report) if evidence else "",
            tell=notifier(self.config),
        )

    def _report(self) -> bytes | None:
        """The whole report as a file, to be kept with what is decided on it."""
        if self.report is None:
            return None
        from pages.document.report import as_html

        found = cached_answers.dossier(self.test.name, "all")
        return as_html(found, demo=self.config.demo).encode()


def rehearse(test: str, acting: Acting) -> Callable[[Plan, Rehearsal], Rehearsed]:
    """Give what sends a test's captured requests where a plan rehearses."""

    def send(plan: Plan, step: Rehearsal) -> Rehearsed:
        client = acting.client("sagemaker-runtime")
        return rehearsal.rehearse(client, plan, step, cached.opened_test(test))

    return send


def onward(
    config: Config, test: Test, person: Person, ledger: Ledger, standing: Standing, *, act: bool
) -> Receipt:
    """Take what steps of a change can be taken; with ``act`` False only look how things are.

    Raises
    ------
    UnderstudyError
        When the audit cannot be read or written.
    """
    acting = Acting(config, person, standing.plan, change=standing.change)
    clients = acting.client if act else partial(aws.client, config.aws)
    found = execute.advance(
        standing.plan.target,
        ledger=ledger,
        acting=lambda _: clients,
        rehearse=rehearse(test.name, acting),
        tell=notifier(config),
        act=act,
    )
    mine = (each for each in found if each.change == standing.change)
    return next(mine, None) or execute.receipt(ledger.read(standing.plan.target), standing.change)
