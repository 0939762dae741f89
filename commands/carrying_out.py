"""How is a plan shown at a terminal, carried out by who may, and waited for?

Exit codes: 0 done, or begun where nothing more is waited for; 1 a second person has to let it
through; 2 refused by a check, or taken back; 3 error.
"""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Any

import click

from commands.asking import say
from pages.document import terminal_deployment as terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from actions.acting import Acting
    from actions.execute import Receipt
    from actions.rehearsal import Rehearsed
    from actions.standings import Standing
    from actions.stepping import Rehearse
    from actions.steps import Plan, Rehearsal
    from commands.grounds import Grounds, Place
    from queries.config import Config, Test

NOT_PROMOTED, REFUSED = 1, 2
LOOKS_EVERY_S = 10.0
UNSAID = "The reason given when it is confirmed"

_SECOND = "second_person"

reason_option = click.option("--reason", required=True, help="Why; it is kept in the audit.")
confirm_option = click.option(
    "--confirm", required=True, help="The name of what is changed, to confirm."
)
wait_option = click.option(
    "--wait", is_flag=True, help="End when it is over, not when it has begun."
)


def show(grounds: Grounds, planned: Plan, form: str, *, export: str | None = None) -> None:
    """Say what would be done and what stands in its way, or write it in a form for elsewhere."""
    from actions import exports
    from actions.documents import plan_document

    if export is not None:
        write: dict[str, Callable[[Plan], str]] = {
            "boto3": exports.boto3,
            "cli": exports.aws_cli,
            "terraform": exports.terraform,
            "cloudformation": exports.cloudformation,
        }
        click.echo(write[export](planned))
        return
    say(plan_document(planned, grounds.look(planned)), form, terminal.plan)


def carry_out(
    grounds: Grounds,
    planned: Plan,
    *,
    reason: str,
    confirm: str,
    wait: bool,
    form: str,
    approved: Standing | None = None,
) -> None:
    """Look once more, then do it, or ask for it where a second person has to let it through."""
    from actions import people
    from actions.documents import plan_document, receipt_document
    from actions.preflight import forbids

    asks = people.needs_another(planned.action, grounds.place.config.actions) and approved is None
    asked_by = approved.intent.person if approved is not None else None
    checks = grounds.look(planned, asked_by=asked_by)
    if forbids(each for each in checks if not (asks and each.name == _SECOND)):
        say(plan_document(planned, checks), form, terminal.plan)
        click.echo("Nothing was done: a check forbids it.", err=True)
        end(REFUSED)
    outbox = grounds.place.tell.outbox
    told = outbox.problems
    try:
        receipt = _done(grounds, planned, reason, confirm, wait=wait, asks=asks, approved=approved)
    finally:
        for problem in outbox.finish():
            if problem not in told:
                click.echo(problem.sentence, err=True)
    say(receipt_document(planned, checks, receipt), form, terminal.receipt)
    codes = {"asked": NOT_PROMOTED, "failed": REFUSED}
    end(codes.get(receipt.state, 0))


def leave(place: Place, standing: Standing, *, reason: str, form: str) -> None:
    """End a change where it is, begun or only asked for, and say so."""
    from actions import execute
    from actions.documents import receipt_document

    receipt = execute.give_up(
        place.target,
        standing.change,
        ledger=place.ledger,
        person=place.person(),
        config=place.config,
        reason=reason,
    )
    say(receipt_document(standing.plan, (), receipt), form, terminal.receipt)


def end(code: int) -> None:
    """End the command with an exit code; 0 ends nothing."""
    if code:
        click.get_current_context().exit(code)


def rehearse(config: Config, test: Test, acting: Acting) -> Rehearse:
    """Give what sends a test's captured requests where a plan rehearses."""

    def send(planned: Plan, step: Rehearsal) -> Rehearsed:
        from actions import rehearsal
        from queries.opened import open_test

        client = acting.client("sagemaker-runtime")
        return rehearsal.rehearse(client, planned, step, open_test(config, test))

    return send


def _done(
    grounds: Grounds,
    planned: Plan,
    reason: str,
    confirm: str,
    *,
    wait: bool,
    asks: bool,
    approved: Standing | None,
) -> Receipt:
    from actions import execute
    from actions.acting import Acting

    place, report = grounds.place, grounds.report
    change = approved.change if approved is not None else ""
    acting = Acting(place.config, grounds.person, planned, change=change)
    given: dict[str, Any] = {
        "ledger": place.ledger,
        "config": place.config,
        "client_of": acting.client,
        "person": grounds.person,
        "reason": reason,
        "typed": confirm,
        "evidence": grounds.evidence() if approved is None else None,
        "verdict": report.verdict.headline if report is not None and approved is None else "",
        "tell": place.tell,
    }
    if asks:
        return execute.request(planned, **given)
    sending = rehearse(place.config, place.test, acting)
    receipt = execute.execute(planned, **given, approves=change, rehearse=sending)
    # what is to be done after a wait is done by this command, or by nobody
    wait = wait or _waits_within(planned)
    told = ""
    while wait and receipt.state == "unfinished":
        if receipt.sentence != told:
            click.echo(receipt.sentence, err=True)
            told = receipt.sentence
        sleep(LOOKS_EVERY_S)
        going = execute.advance(
            planned.target,
            ledger=place.ledger,
            acting=acting.of,
            rehearse=sending,
            tell=place.tell,
        )
        mine = (each for each in going if each.change == receipt.change)
        # another viewer may have written the end of it
        receipt = next(mine, None) or execute.receipt(
            place.ledger.read(planned.target), receipt.change
        )
    return receipt


def _waits_within(planned: Plan) -> bool:
    """Whether a call comes after something that is waited for."""
    waits = [hasattr(step, "until") for step in planned.steps]
    return True in waits and not all(waits[waits.index(True) :])
