"""What do several commands ask for, and how is an answer said?"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pages.document import terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from queries.athena.usage import Running
    from queries.config import Config, Test
    from queries.discovery import Discovery
    from queries.progress import Progress

config_option = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    help="Configuration. Default: UNDERSTUDY_CONFIG, ./understudy.toml, else the demo account.",
)
test_option = click.option("--test", "name", help="Name of the shadow test. Default: the first.")
window_option = click.option(
    "--window",
    default="all",
    show_default=True,
    help="all, the last hours or days of the captures (24h, 7d), or START/END in ISO 8601.",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the answer is written.",
)


def choose(
    path: Path | None, name: str | None, *, ask: bool = False
) -> tuple[Config, Test, Discovery | None]:
    """Load the configuration; what it leaves out of the test asked for is asked of SageMaker.

    With ``ask`` SageMaker is asked in any case.
    """
    from queries import account, config, discovery

    chosen = config.load(path) if path else account.open_account()
    found = _ask_sagemaker(chosen) if ask or not chosen.says_all_of(name) else None
    if found is not None and not chosen.says_all_of(name):
        chosen = discovery.merge(chosen, found)
    return chosen, chosen.test(name), found


def _ask_sagemaker(config: Config) -> Discovery | None:
    """Every test that SageMaker knows; None where it is not named, or refuses what is not vital."""
    from queries import aws, discovery
    from queries.errors import AwsError

    if not aws.is_named(config.aws):
        return None
    try:
        return discovery.discover(config.aws)
    except AwsError as error:
        if not config.tests:
            raise
        click.echo(f"SageMaker is left out: {error}", err=True)
        return None


@contextmanager
def counted() -> Iterator[None]:
    """Say on stderr what a command asked of Athena, where it did; a person sees how far it is."""
    from queries.athena import usage

    used = usage.Usage()
    try:
        with usage.asking(used, progress=statements()):
            yield
    finally:
        # what makes a table costs nothing
        if used.usd or used.reused:
            from pages.document import terminal_athena

            click.echo(terminal_athena.asked(used), err=True)


def statements() -> Callable[[Running], None] | None:
    """Draw how far a statement in Athena is, for a person who waits; nothing for a pipeline."""
    if not sys.stderr.isatty():
        return None

    def show(running: Running) -> None:
        over = running.state in ("SUCCEEDED", "FAILED", "CANCELLED")
        line = (
            f"{running.what}: {running.state.lower()}, {running.scanned / 1e6:,.0f} MB scanned, "
            f"{running.seconds:,.0f} s"
        )
        # what stands there from before may be longer
        click.echo(f"\r  {line:<76}", nl=over, err=True)

    return show


def meter(what: str = "captures") -> Callable[[Progress], None] | None:
    """Draw how far the reading is, for a person who waits; nothing for a pipeline."""
    if not sys.stderr.isatty():
        return None

    def show(progress: Progress) -> None:
        done = not progress.listing and progress.files_done == progress.files
        # what stands there from before may be longer
        click.echo(f"\r{terminal.reading(progress, what):<72}", nl=done, err=True)

    return show


def say(answer: dict[str, Any], form: str, text: Callable[[dict[str, Any]], str]) -> None:
    """Write an answer as JSON, or as the lines that ``text`` makes of it."""
    click.echo(json.dumps(answer, indent=2, allow_nan=False) if form == "json" else text(answer))
