"""How does a pipeline let alarms watch a comparison?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from commands.asking import (
    choose,
    config_option,
    format_option,
    meter,
    say,
    test_option,
    window_option,
)
from pages.document import terminal


@click.command()
@click.option(
    "--dry-run", is_flag=True, help="Say what would be published, and ask nothing of AWS."
)
@config_option
@test_option
@window_option
@format_option
def publish(dry_run: bool, path: Path | None, name: str | None, window: str, form: str) -> None:
    """Publish the numbers of a comparison to CloudWatch, for alarms to watch."""
    from actions import people
    from actions import publish as publishing
    from analysis.documents import plain
    from queries import reports

    config, test, _ = choose(path, name)
    planned = publishing.publication(test, reports.load(config, test, window, progress=meter()))
    by = people.at_terminal(config.actions, datetime.now(UTC))
    answer = {
        "test": test.name,
        "endpoint": planned.endpoint,
        "comparison": planned.comparison,
        "namespace": publishing.NAMESPACE,
        "at": planned.at,
        "metrics": planned.metrics,
        "left_out": planned.left_out,
        "call": {
            "service": planned.call.service,
            "operation": planned.call.operation,
            "parameters": planned.call.parameters,
        },
        "published": not dry_run,
        "hindrance": publishing.hindrance(config, planned, by) if dry_run else None,
        "request_id": None if dry_run else publishing.publish(config, planned, by),
    }
    say(plain(answer), form, terminal.publication)
