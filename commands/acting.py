"""What else may be changed at a test's endpoint, and what is left of a change to be removed?

Each command makes one plan, and with ``--dry-run`` shows it and does nothing. Exit codes are those
of ``promote``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.asking import config_option, format_option, test_option
from commands.carrying_out import (
    UNSAID,
    carry_out,
    confirm_option,
    leave,
    reason_option,
    show,
    wait_option,
)
from commands.grounds import Grounds, place_of, stand
from commands.strategies import Percent

if TYPE_CHECKING:
    from actions.leftovers import Leftovers
    from actions.steps import Plan

_OPTIONS = (
    click.option("--reason", help="Why; it is kept in the audit."),
    click.option("--confirm", help="The endpoint's name, to confirm."),
    wait_option,
    click.option("--dry-run", is_flag=True, help="Show the plan, and do nothing."),
    config_option,
    test_option,
    format_option,
)


@click.group()
def act() -> None:
    """Change the shadow, its test or the shares; abort; remove what a change left behind."""


def _deed(plan: Callable[..., Plan]) -> Callable[..., Any]:
    """A command that shows or carries out what ``plan`` makes of the grounds and a reason."""

    @wraps(plan)
    def command(
        reason: str | None,
        confirm: str | None,
        wait: bool,
        dry_run: bool,
        path: Path | None,
        name: str | None,
        form: str,
        **asked: Any,
    ) -> None:
        if not dry_run and (reason is None or confirm is None):
            raise click.UsageError(
                "Say why with --reason and name it with --confirm, or --dry-run."
            )
        grounds = stand(place_of(path, name), judged=False)
        planned = plan(grounds, reason or UNSAID, **asked)
        if dry_run or reason is None or confirm is None:
            show(grounds, planned, form)
        else:
            carry_out(grounds, planned, reason=reason, confirm=confirm, wait=wait, form=form)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@act.command("abort")
@_deed
def abort(grounds: Grounds, reason: str) -> Plan:
    """Have SageMaker take back the update that goes on, by its abort alarm, while it bakes."""
    from actions.abort import abort_plan
    from queries import aws

    place = grounds.place
    reader = partial(aws.client, place.config.aws)
    return abort_plan(
        grounds.endpoint.endpoint, ledger=place.ledger, client_of=reader, reason=reason
    )


@act.command("resample")
@click.argument("share", type=Percent())
@_deed
def resample(grounds: Grounds, reason: str, share: int) -> Plan:
    """Copy another SHARE of the requests to the shadow: 10%, then 50%, then 100%."""
    from actions.plans import experiment_settings

    return experiment_settings.resample(grounds.endpoint, share)


@act.command("extend")
@click.argument("days", type=click.FloatRange(0, 30, min_open=True))
@_deed
def extend(grounds: Grounds, reason: str, days: float) -> Plan:
    """Let the inference experiment end by itself so many DAYS later."""
    from actions.plans import experiment_settings as settings

    live, now = grounds.endpoint, datetime.now(UTC)
    end = (settings.planned_end(live.experiment) if live.experiment else None) or now
    later = (end + timedelta(days=days)).replace(microsecond=0)
    return settings.extend(live, later, now=now)


@act.command("cancel")
@_deed
def cancel(grounds: Grounds, reason: str) -> Plan:
    """End the inference experiment without a promotion, and remove its shadow."""
    from actions.plans import experiments

    return experiments.cancel(grounds.endpoint, reason=reason)


@act.command("shift")
@click.argument("shares", nargs=-1, required=True)
@_deed
def shift(grounds: Grounds, reason: str, shares: tuple[str, ...]) -> Plan:
    """Share the requests anew among production variants: SHARES such as A=90 B=10, in per cent."""
    from actions.plans import weights

    found: dict[str, float] = {}
    for each in shares:
        name, _, percent = each.rpartition("=")
        try:
            found[name] = float(percent.removesuffix("%"))
        except ValueError:
            raise click.UsageError(f"{each!r} is no share such as AllTraffic=90.") from None
    return weights.shift(grounds.endpoint, found)


@act.command("start")
@click.argument("model")
@click.option("--share", "percent", type=Percent(), default=10, show_default="10%")
@click.option(
    "--days",
    type=click.IntRange(0, 30),
    default=7,
    show_default=True,
    help="Until the experiment ends by itself. With 0 the shadow is part of the config and stays.",
)
@click.option("--role", help="The role that SageMaker runs the experiment as.")
@click.option("--instance-type", help="Default: production's.")
@click.option("--count", type=click.IntRange(min=1), help="Instances. Default: as production's.")
@_deed
def start(
    grounds: Grounds,
    reason: str,
    model: str,
    percent: int,
    days: int,
    role: str | None,
    instance_type: str | None,
    count: int | None,
) -> Plan:
    """Start a shadow test of MODEL, a model of SageMaker."""
    from actions import proposals
    from queries import aws

    if days and role is None:
        raise click.UsageError("Name the role that runs the experiment with --role.")
    live, place = grounds.endpoint, grounds.place
    return proposals.shadow_test(
        live,
        aws.client(place.config.aws, "sagemaker"),
        model,
        variant=place.test.shadow or proposals.SHADOW,
        instance_type=instance_type or live.production.instance_type,
        count=count or max(1, live.production.desired_instances),
        percent=percent,
        days=days,
        role_arn=role or "",
        at=datetime.now(UTC),
    )


@act.command("remove-green")
@_deed
def remove_green(grounds: Grounds, reason: str) -> Plan:
    """Delete the newest green endpoint that a promotion left standing."""
    from actions.leftovers import CHANGING
    from queries.errors import NotDone

    found = next(iter(_leftovers(grounds).greens), None)
    if found is None:
        raise NotDone(f"No green endpoint of {grounds.place.target} stands that was started here.")
    if found.status in CHANGING:
        raise NotDone(f"{found.name} is {found.status}, and AWS deletes no endpoint meanwhile.")
    return found.removal()


@act.command("remove-alarms")
@_deed
def remove_alarms(grounds: Grounds, reason: str) -> Plan:
    """Delete the alarms that were made for the newest update that is over and still has some."""
    from queries.errors import NotDone

    found = next(iter(_leftovers(grounds).alarms), None)
    if found is None:
        raise NotDone(f"No alarm of an update of {grounds.place.target} is left that is over.")
    return found.removal()


@act.command("give-up")
@reason_option
@confirm_option
@config_option
@test_option
@format_option
def give_up(reason: str, confirm: str, path: Path | None, name: str | None, form: str) -> None:
    """End a change between two of its steps; what was done of it stays as it is."""
    from actions.standings import unfinished
    from queries.errors import NotDone

    place = place_of(path, name)
    if confirm != place.target:
        raise NotDone(f"Type the name, {place.target}, to confirm.")
    place.settle()
    going = [e for e in unfinished(place.ledger.read(place.target)) if e.plan.action != "abort"]
    if not going:
        raise NotDone(f"Nothing that was begun from here goes on at {place.target}.")
    (found,) = going
    leave(place, found, reason=reason, form=form)


def _leftovers(grounds: Grounds) -> Leftovers:
    from actions.leftovers import leftovers
    from queries import aws

    place = grounds.place
    chain = place.ledger.read(grounds.endpoint.endpoint)
    return leftovers(chain, partial(aws.client, place.config.aws), tests=place.config.tests)
