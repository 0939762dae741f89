"""What is a test given in Athena: its tables, and the hours in them?

Only ``setup`` and ``update`` write, and only what Understudy itself has made: the captures are
never touched.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.asking import choose, config_option, format_option, say, statements
from pages.document import terminal_athena as terminal

if TYPE_CHECKING:
    from queries.config import Config, Test

NOT_DONE = 1
test_argument = click.argument("name", required=False)


@click.group()
def athena() -> None:
    """Answer a test where its captures lie, by Amazon Athena."""


@athena.command()
@test_argument
@click.option("--yes", is_flag=True, help="Run the statements without asking.")
@config_option
@format_option
def setup(name: str | None, yes: bool, path: Path | None, form: str) -> None:
    """Show the statements that make the tables of a test, and run them when told to.

    NAME is the test; by default the first.
    """
    from actions.athena import setup as making
    from actions.athena.documents import setup_document

    config, test = _choose(path, name)
    found = making.plan(config, test)
    if not found.statements:
        say(setup_document(found, done=True), form, terminal.setup)
        return
    if not yes and form == "text":
        click.echo(terminal.setup(setup_document(found, done=False)))
        yes = click.confirm("\nRun these statements?", err=True)
        if not yes:
            click.echo("Nothing was changed.", err=True)
            click.get_current_context().exit(NOT_DONE)
    if yes:
        making.carry_out(config, found, tell=lambda each: _tell(each.what))
    if form == "json" or yes:
        say(setup_document(found, done=yes), form, terminal.setup)


@athena.command()
@test_argument
@config_option
@format_option
def update(name: str | None, path: Path | None, form: str) -> None:
    """Write the closed hours of a test that are not written yet, and say what that cost.

    NAME is the test; by default the first.
    """
    from actions.athena import hours
    from actions.athena.documents import updated_document

    config, test = _choose(path, name)
    done = hours.update(config, test, now=datetime.now(UTC), tell=_tell, progress=statements())
    say(updated_document(test, config.athena, done), form, terminal.updated)


@athena.command()
@test_argument
@config_option
@format_option
def status(name: str | None, path: Path | None, form: str) -> None:
    """Say which hours of a test are written, and which wait.

    NAME is the test; by default the first.
    """
    from actions.athena.documents import standing_document
    from queries.athena import standing

    config, test = _choose(path, name)
    found = standing.look(config, test, now=datetime.now(UTC))
    say(standing_document(test, config.athena, found), form, terminal.standing)


def _choose(path: Path | None, name: str | None) -> tuple[Config, Test]:
    """A test that Athena is to answer.

    Raises
    ------
    ConfigError
        When the configuration leaves it to DuckDB.
    """
    from queries.errors import ConfigError

    config, test, _ = choose(path, name)
    if test.engine != "athena":
        raise ConfigError(
            f'{test.name} is answered on this machine; set engine = "athena" in '
            f"[tests.{test.name}] to have Athena answer it."
        )
    return config, test


def _tell(line: str) -> None:
    click.echo(line, err=True)
