"""What would promoting or going back do, and do it: once, as planned, by one who may?

Exit codes: 0 done (or planned), 1 not promoted by the verdict, or asked for
and waiting for a second person, 2 refused: by the verdict, a check, or an alarm that took it back,
3 error.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import click

from commands.asking import config_option, format_option, say, test_option, window_option
from commands.grounds import Grounds, ledger_of, stand
from commands.strategies import strategy_options, wished
from pages.document import terminal_deployment as terminal

if TYPE_CHECKING:
    from actions.execute import Receipt
    from actions.stepping import Tell
    from actions.steps import Plan

NOT_PROMOTED, REFUSED = 1, 2
LOOKS_EVERY_S = 10.0

_UNSAID = "The reason given when it is confirmed"
_SECOND = "second_person"

reason_option = click.option("--reason", required=True, help="Why; it is kept in the audit.")
confirm_option = click.option("--confirm", required=True, help="The endpoint's name, to confirm.")
wait_option = click.option(
    "--wait", is_flag=True, help="End when it is over, not when it has begun."
)
to_option = click.option("--to", help="The config to go back to. Default: what ran before.")
export_option = click.option(
    "--export",
    type=click.Choice(["boto3", "cli", "terraform", "cloudformation"]),
    help="Write the plan as a script or a template instead.",
)


@click.group()
def plan() -> None:
    """Say what would be done, to the letter, and what stands in its way; nothing is changed."""


@plan.command("promote")
@config_option
@test_option
@window_option
@strategy_options
@export_option
@format_option
def plan_promote(
    path: Path | None, name: str | None, window: str, export: str | None, form: str, **wish: Any
) -> None:
    """Plan to put the shadow's model in production's place."""
    grounds = stand(path, name, window, judged=True)
    _show(grounds, _promotion(grounds, wish, _UNSAID), export, form)


@plan.command("rollback")
@to_option
@config_option
@test_option
@export_option
@format_option
def plan_rollback(
    to: str | None, path: Path | None, name: str | None, export: str | None, form: str
) -> None:
    """Plan to go back to an earlier config."""
    grounds = stand(path, name, judged=False)
    _show(grounds, _way_back(grounds, to), export, form)


@click.command()
@reason_option
@confirm_option
@click.option(
    "--if-verdict",
    type=click.Choice(["promote"]),
    help="Only where the verdict says so; else the exit code is that of the verdict.",
)
@wait_option
@config_option
@test_option
@window_option
@strategy_options
@format_option
def promote(
    reason: str,
    confirm: str,
    if_verdict: str | None,
    wait: bool,
    path: Path | None,
    name: str | None,
    window: str,
    form: str,
    **wish: Any,
) -> None:
    """Put the shadow's model in production's place; the exit code says whether it is there."""
    from queries.errors import NotDone

    grounds = stand(path, name, window, judged=True)
    planned = _promotion(grounds, wish, reason)
    if if_verdict is not None:
        if grounds.report is None:
            raise NotDone("There is no verdict to go by, so nothing was done.")
        verdict = grounds.report.verdict
        if verdict.decision != if_verdict:
            click.echo(f"Not promoted: {verdict.decision}. {verdict.headline}", err=True)
            _end(NOT_PROMOTED if verdict.decision == "hold" else REFUSED)
    _act(grounds, planned, reason, confirm, wait, form)


@click.command()
@to_option
@reason_option
@confirm_option
@wait_option
@config_option
@test_option
@format_option
def rollback(
    to: str | None,
    reason: str,
    confirm: str,
    wait: bool,
    path: Path | None,
    name: str | None,
    form: str,
) -> None:
    """Go back to an earlier config; of an endpoint whose rollback failed, repair it so."""
    grounds = stand(path, name, judged=False)
    _act(grounds, _way_back(grounds, to), reason, confirm, wait, form)


def _promotion(grounds: Grounds, wish: dict[str, Any], reason: str) -> Plan:
    from actions import proposals

    return proposals.promotion(
        grounds.live,
        wished(grounds.test.deployment, **wish),
        grounds.report,
        reason=reason,
        at=datetime.now(UTC),
    )


def _way_back(grounds: Grounds, to: str | None) -> Plan:
    from actions.plans import rollback as back
    from queries import aws
    from queries.errors import NotDone
    from queries.reading_live import endpoint_config

    live = grounds.live
    broken = live.status == "UpdateRollbackFailed"
    wanted = to or (live.config_name if broken else _before(grounds))
    config = endpoint_config(aws.client(grounds.config.aws, "sagemaker"), wanted)
    if config is None:
        raise NotDone(f"There is no endpoint config {wanted}.")
    return back.repair(live, config) if broken else back.rollback(live, config)


def _before(grounds: Grounds) -> str:
    """What ran before the config in force, as the audit knows; a guess would be a risk."""
    from actions.histories import entries
    from queries.errors import NotDone
    from queries.revisions import revisions

    live = grounds.live
    done = [
        each.intent.plan
        for each in entries(ledger_of(grounds.config).read(grounds.endpoint))
        if each.state == "done" and each.action != "abort"
    ]
    # where SageMaker names the config itself, no plan does
    if done and done[0].previous and done[0].config_name in ("", live.config_name):
        return done[0].previous
    known = revisions(grounds.config.aws, grounds.endpoint, besides=live.config_name)
    names = ", ".join(each.config for each in known) or "none that begins with its name"
    raise NotDone(
        f"The audit does not say what {grounds.endpoint} ran before {live.config_name}; name a "
        f"config with --to. There are {names}."
    )


def _show(grounds: Grounds, planned: Plan, export: str | None, form: str) -> None:
    from actions import exports
    from actions.documents import plan_document

    if export is not None:
        write = {
            "boto3": exports.boto3,
            "cli": exports.aws_cli,
            "terraform": exports.terraform,
            "cloudformation": exports.cloudformation,
        }
        click.echo(write[export](planned))
        return
    say(plan_document(planned, grounds.look(planned)), form, terminal.plan)


def _act(grounds: Grounds, planned: Plan, reason: str, confirm: str, wait: bool, form: str) -> None:
    from actions import people
    from actions.documents import plan_document, receipt_document
    from actions.notify import notifier
    from actions.preflight import forbids

    checks = grounds.look(planned)
    asks = people.needs_another(planned.action, grounds.config.actions)
    if forbids(each for each in checks if not (asks and each.name == _SECOND)):
        say(plan_document(planned, checks), form, terminal.plan)
        click.echo("Nothing was done: a check forbids it.", err=True)
        _end(REFUSED)
    tell = notifier(grounds.config)
    try:
        receipt = _carried_out(grounds, planned, reason, confirm, wait, asks, tell)
    finally:
        for problem in tell.outbox.finish():
            click.echo(problem.sentence, err=True)
    say(receipt_document(planned, checks, receipt), form, terminal.receipt)
    codes = {"asked": NOT_PROMOTED, "failed": REFUSED}
    _end(codes.get(receipt.state, 0))


def _carried_out(
    grounds: Grounds,
    planned: Plan,
    reason: str,
    confirm: str,
    wait: bool,
    asks: bool,
    tell: Tell,
) -> Receipt:
    from actions import execute
    from actions.acting import Acting
    from queries import aws

    acting = Acting(grounds.config, grounds.person, planned)
    ledger = ledger_of(grounds.config)
    # one that was begun before may be over, and nobody has looked
    reader = partial(aws.client, grounds.config.aws)
    execute.advance(planned.target, ledger=ledger, acting=lambda _: reader, tell=tell, act=False)
    report = grounds.report
    given: dict[str, Any] = {
        "ledger": ledger,
        "config": grounds.config,
        "client_of": acting.client,
        "person": grounds.person,
        "reason": reason,
        "typed": confirm,
        "evidence": grounds.evidence(),
        "verdict": report.verdict.headline if report is not None else "",
        "tell": tell,
    }
    if asks:
        return execute.request(planned, **given)
    receipt = execute.execute(planned, **given)
    # what is to be done after a wait is done by this command, or by nobody
    wait = wait or _waits_within(planned)
    told = ""
    while wait and receipt.state == "unfinished":
        if receipt.sentence != told:
            click.echo(receipt.sentence, err=True)
            told = receipt.sentence
        sleep(LOOKS_EVERY_S)
        going = execute.advance(planned.target, ledger=ledger, acting=acting.of, tell=tell)
        mine = (each for each in going if each.change == receipt.change)
        # another viewer may have written the end of it
        receipt = next(mine, None) or execute.receipt(ledger.read(planned.target), receipt.change)
    return receipt


def _waits_within(planned: Plan) -> bool:
    """Whether a call comes after something that is waited for."""
    waits = [hasattr(step, "until") for step in planned.steps]
    return True in waits and not all(waits[waits.index(True) :])


def _end(code: int) -> None:
    if code:
        click.get_current_context().exit(code)
