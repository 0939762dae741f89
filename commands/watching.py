"""What goes on at an endpoint, and what was done to it before?

Exit codes of ``watch``: 0 the config that was asked for is in force, 1 it goes on (``--once``), 2
another one is in force, 3 error or an endpoint that needs repair. Of ``history``: 3 where the chain
of records is broken.
"""

from __future__ import annotations

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
    from queries.config import Config
    from queries.updates import Progress

GOES_ON, ELSEWHERE, BROKEN = 1, 2, 3
_ENDS = {"succeeded": 0, "update_rollback_failed": BROKEN}


@click.command()
@click.option("--once", is_flag=True, help="Look once, and do not wait for the end.")
@config_option
@test_option
@format_option
def watch(once: bool, path: Path | None, name: str | None, form: str) -> None:
    """Watch an update until it is over; the exit code is 0 only where its config is in force."""
    from actions.documents import progress_document

    config, _, endpoint = endpoint_of(path, name)
    ledger = ledger_of(config)
    told = ""
    while True:
        found = _look(config, ledger, endpoint)
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


def _look(config: Config, ledger: Ledger, endpoint: str) -> Progress:
    """The newest update that was begun here, else what the endpoint itself says is pending."""
    from actions.standings import standings
    from queries import aws
    from queries.reading_live import read_live
    from queries.updates import look

    clients: dict[str, Any] = {
        service: aws.client(config.aws, service) for service in ("sagemaker", "cloudwatch")
    }
    known = [
        each
        for each in standings(ledger.read(endpoint))
        if each.state != "asked" and each.plan.action != "abort"
    ]
    if known and known[-1].plan.config_name:
        last = known[-1]
        first: dict[str, Any] = next(iter(last.plan.after.get("ProductionVariants") or ()), {})
        return look(
            clients["sagemaker"],
            endpoint,
            last.plan.config_name,
            before=last.plan.previous,
            model=first.get("ModelName"),
            began=last.records[0].at,
            cloudwatch=clients["cloudwatch"],
        )
    live = read_live(clients["sagemaker"], endpoint)
    pending = live.pending["EndpointConfigName"] if live.pending is not None else live.config_name
    return look(clients["sagemaker"], endpoint, pending, cloudwatch=clients["cloudwatch"])
