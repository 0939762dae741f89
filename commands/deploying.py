"""What would promoting or going back do, and do it: once, as planned, by one who may?

Exit codes: 0 done (or planned), 1 not promoted by the verdict, or asked for
and waiting for a second person, 2 refused: by the verdict, a check, or an alarm that took it back,
3 error.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.asking import config_option, format_option, test_option, window_option
from commands.carrying_out import (
    NOT_PROMOTED,
    REFUSED,
    UNSAID,
    carry_out,
    confirm_option,
    end,
    reason_option,
    show,
    wait_option,
)
from commands.grounds import Grounds, place_of, stand
from commands.strategies import promotion_options, unfit, wished

if TYPE_CHECKING:
    from actions.proposals import Way
    from actions.steps import Plan
    from queries.live import Live
    from queries.live_generic import LiveAlias, LiveStage

to_option = click.option(
    "--to", help="The config, version or deployment to go back to. Default: what ran before."
)
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
@promotion_options
@export_option
@format_option
def plan_promote(
    path: Path | None, name: str | None, window: str, export: str | None, form: str, **wish: Any
) -> None:
    """Plan to put what was tested in production's place."""
    grounds = stand(place_of(path, name), window, judged=True)
    show(grounds, _promotion(grounds, wish, UNSAID), form, export=export)


@plan.command("rollback")
@to_option
@config_option
@test_option
@export_option
@format_option
def plan_rollback(
    to: str | None, path: Path | None, name: str | None, export: str | None, form: str
) -> None:
    """Plan to go back to what ran earlier."""
    grounds = stand(place_of(path, name), judged=False)
    show(grounds, _way_back(grounds, to), form, export=export)


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
@promotion_options
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
    """Put what was tested in production's place; the exit code says whether it is there."""
    from queries.errors import NotDone

    grounds = stand(place_of(path, name), window, judged=True)
    planned = _promotion(grounds, wish, reason)
    if if_verdict is not None:
        if grounds.report is None:
            raise NotDone("There is no verdict to go by, so nothing was done.")
        verdict = grounds.report.verdict
        if verdict.decision != if_verdict:
            click.echo(f"Not promoted: {verdict.decision}. {verdict.headline}", err=True)
            end(NOT_PROMOTED if verdict.decision == "hold" else REFUSED)
    carry_out(grounds, planned, reason=reason, confirm=confirm, wait=wait, form=form)


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
    """Go back to what ran earlier; of an endpoint whose rollback failed, repair it so."""
    grounds = stand(place_of(path, name), judged=False)
    planned = _way_back(grounds, to)
    carry_out(grounds, planned, reason=reason, confirm=confirm, wait=wait, form=form)


def _promotion(grounds: Grounds, wish: dict[str, Any], reason: str) -> Plan:
    from actions import proposals
    from queries.live import Live
    from queries.live_generic import LiveAlias

    place, live = grounds.place, grounds.live
    proposed = place.test.deployment
    unfit(proposed.kind, wish)
    version, percent = wish.pop("version"), wish.pop("percent")
    if isinstance(live, Live):
        way: Way = wish.pop("way") or "config"
        return proposals.promotion(
            live,
            wished(proposed, **wish),
            grounds.report,
            place.config,
            way=way,
            reason=reason,
            at=datetime.now(UTC),
        )
    if isinstance(live, LiveAlias):
        return proposals.at_alias(live, proposed, version=version, percent=percent)
    return proposals.at_stage(live, percent)


def _way_back(grounds: Grounds, to: str | None) -> Plan:
    from actions.plans import aliases, stages
    from queries.live import Live
    from queries.live_generic import LiveAlias

    live = grounds.live
    if isinstance(live, Live):
        return _earlier_config(grounds, live, to)
    if isinstance(live, LiveAlias):
        return aliases.rollback(live, to or _earlier(grounds, live))
    return stages.rollback(live, to or _earlier(grounds, live))


def _earlier_config(grounds: Grounds, live: Live, to: str | None) -> Plan:
    from actions.plans import rollback as back
    from queries import aws
    from queries.errors import NotDone
    from queries.reading_live import endpoint_config
    from queries.revisions import revisions

    place = grounds.place
    broken = live.status == "UpdateRollbackFailed"
    wanted = to or (live.config_name if broken else _before(grounds, live.config_name))
    if not wanted:
        known = revisions(place.config.aws, place.target, besides=live.config_name)
        raise _unknown(grounds, live.config_name, [each.config for each in known])
    config = endpoint_config(aws.client(place.config.aws, "sagemaker"), wanted)
    if config is None:
        raise NotDone(f"There is no endpoint config {wanted}.")
    return back.repair(live, config) if broken else back.rollback(live, config)


def _earlier(grounds: Grounds, live: LiveAlias | LiveStage) -> str:
    """Where there is a canary, what stays when it ends; else what ran before."""
    from queries.live_generic import LiveAlias

    if isinstance(live, LiveAlias):
        in_force, canary, known = live.version, bool(live.weights), list(live.versions)
    else:
        in_force, canary = live.deployment, live.canary is not None
        known = [each.id for each in live.deployments]
    before = in_force if canary else _before(grounds, in_force)
    if not before:
        raise _unknown(grounds, in_force, [each for each in known if each != in_force])
    return before


def _before(grounds: Grounds, in_force: str) -> str:
    from actions.histories import ran_before

    return ran_before(grounds.place.ledger.read(grounds.place.target), in_force)


def _unknown(grounds: Grounds, in_force: str, known: list[str]) -> Exception:
    """That none is known to have run before; a guess would be a risk."""
    from queries.errors import NotDone

    return NotDone(
        f"The audit does not say what {grounds.place.target} ran before {in_force}; name it with "
        f"--to. There are {', '.join(known[:20]) or 'none'}."
    )
