"""What do the captures of a shadow test say, and may the shadow go on stage?"""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from analysis.report import Report
    from queries.config import Config, Test

EXIT_CODES = {"promote": 0, "hold": 1, "reject": 2}


@click.command()
@click.option("--captures", help="Folder, file or s3:// prefix; no configuration is needed.")
@click.option("--production", help="With --captures: name of the production variant.")
@click.option("--shadow", help="With --captures: name of the shadow variant.")
@click.option(
    "--estimate",
    "only_estimate",
    is_flag=True,
    help="Only say what reading would ask of S3, and what that costs.",
)
@config_option
@test_option
@format_option
def ingest(
    captures: str | None,
    production: str | None,
    shadow: str | None,
    only_estimate: bool,
    path: Path | None,
    name: str | None,
    form: str,
) -> None:
    """Read captures into the cache and account for every line of them."""
    from queries import inventory

    if only_estimate:
        _estimate(captures, production, shadow, path, name, form)
        return
    if captures is None:
        from queries import reports

        config, test, _ = choose(path, name)
        production, shadow = test.production, test.shadow
        read = reports.read(config, test, progress=meter())
    else:
        read = inventory.read_anything(
            captures, production=production, shadow=shadow, progress=meter()
        )
        production, shadow = inventory.sides(tuple(read.readings), production, shadow)
    say(inventory.document(read, production, shadow), form, terminal.ingest)


def _estimate(
    captures: str | None,
    production: str | None,
    shadow: str | None,
    path: Path | None,
    name: str | None,
    form: str,
) -> None:
    """Say what the same reading would take."""
    from queries import inventory, opened

    if captures is None:
        config, test, _ = choose(path, name)
        found = opened.estimate(config, test, progress=meter())
    else:
        found = inventory.estimate_anything(
            captures, production=production, shadow=shadow, progress=meter()
        )
    say(asdict(found), form, terminal.estimate)


@click.command()
@config_option
@test_option
@window_option
@format_option
def pairs(path: Path | None, name: str | None, window: str, form: str) -> None:
    """Say which production answers found their shadow answer, and by which method."""
    from analysis.documents import pairs_document

    say(pairs_document(_report(path, name, window)), form, terminal.pairs)


@click.command()
@config_option
@test_option
@window_option
@format_option
def verdict(path: Path | None, name: str | None, window: str, form: str) -> None:
    """Judge a shadow test; the exit code is 0 promote, 1 hold, 2 reject, 3 error."""
    from analysis.documents import verdict_document

    answer = verdict_document(_report(path, name, window))
    say(answer, form, terminal.verdict)
    click.get_current_context().exit(EXIT_CODES[answer["decision"]])


@click.command()
@config_option
@test_option
@window_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "brief", "json"]),
    default="html",
    show_default=True,
    help="All there is in one file that opens offline, the verdict in plain words, or data.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write. Default: stdout.",
)
def report(
    path: Path | None, name: str | None, window: str, form: str, output: Path | None
) -> None:
    """Write everything known of a test into one file for a colleague."""
    from queries import dossier
    from queries.opened import open_test

    config, test, known = choose(path, name, ask=True)
    if form == "brief":
        _write(_brief(config, test, window), output)
        return
    found = dossier.collect(
        open_test(config, test, progress=meter()),
        window,
        discovered=known.of(test) if known is not None else None,
    )
    if form == "json":
        text = dossier.as_json(found)
    else:
        # the parts of the pages are used without a page, which streamlit would remark on
        logging.disable(logging.WARNING)
        from pages.document.report import as_html

        text = as_html(found, demo=config.demo)
    _write(text, output)


def _brief(config: Config, test: Test, window: str) -> str:
    """The verdict in plain words, which needs no more than what a verdict needs."""
    from queries import reports

    found = reports.load(config, test, window, progress=meter())
    logging.disable(logging.WARNING)
    from pages.document.brief import as_html

    return as_html(found, at=datetime.now(UTC), demo=config.demo)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text)
        return
    output.write_text(text, encoding="utf-8")
    click.echo(f"{output}: {len(text.encode()) / 1e6:.2f} MB", err=True)


@click.command()
@format_option
def demo(form: str) -> None:
    """Write the demo account, unless it is there already, and say where it lies."""
    from queries import account

    config = account.demo_account()
    tests = [{"name": test.name, "description": test.description} for test in config.tests]
    say({"path": str(config.path), "tests": tests}, form, terminal.demo)


def _report(path: Path | None, name: str | None, window: str) -> Report:
    from queries import reports

    config, test, _ = choose(path, name)
    return reports.load(config, test, window, progress=meter())
