"""What do the captures say, for a terminal or a pipeline?

Exit codes: 0 promote (and every other command that worked), 1 hold (of a training: rules fired),
2 reject, 3 error. Errors are sentences on stderr; stdout holds the answer and nothing else.
"""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pages.document import terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.report import Report
    from queries.config import Config, Test
    from queries.discovery import Discovery
    from queries.progress import Progress

EXIT_CODES = {"promote": 0, "hold": 1, "reject": 2}
FIRED = 1
ERROR = 3


class Gate(click.Group):
    """Commands whose failures can never be taken for a verdict: whatever goes wrong exits 3."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command, and end the process with its exit code."""
        from queries.errors import UnderstudyError

        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # a terminal without the sign for "minus" gets a question mark, not a failure
                stream.reconfigure(errors="replace")
        options["standalone_mode"] = False
        code: Any = ERROR
        try:
            code = super().main(*args, **options)
        except click.ClickException as error:
            error.show()
        except click.Abort:
            click.echo("Interrupted; what was read so far is kept.", err=True)
        except UnderstudyError as error:
            click.echo(f"Error: {error}", err=True)
        except Exception as error:
            # Python itself would exit with 1, which says hold.
            at = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(at.filename).name}, line {at.lineno}"
            click.echo(f"Error: {type(error).__name__} in {place}: {error}", err=True)
        sys.exit(code or 0)


@click.group(cls=Gate, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Compare the production and the shadow variant of a SageMaker endpoint."""


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


@main.command()
@click.option("--captures", help="Folder, file or s3:// prefix; no configuration is needed.")
@click.option("--production", help="With --captures: name of the production variant.")
@click.option("--shadow", help="With --captures: name of the shadow variant.")
@config_option
@test_option
@format_option
def ingest(
    captures: str | None,
    production: str | None,
    shadow: str | None,
    path: Path | None,
    name: str | None,
    form: str,
) -> None:
    """Read captures into the cache and account for every line of them."""
    from queries import inventory

    if captures is None:
        from queries import reports

        config, test, _ = _choose(path, name)
        production, shadow = test.production, test.shadow
        read = reports.read(config, test, progress=_meter())
    else:
        read = inventory.read_anything(
            captures, production=production, shadow=shadow, progress=_meter()
        )
        production, shadow = inventory.sides(tuple(read.readings), production, shadow)
    _say(inventory.document(read, production, shadow), form, terminal.ingest)


@main.command()
@config_option
@test_option
@window_option
@format_option
def pairs(path: Path | None, name: str | None, window: str, form: str) -> None:
    """Say which production answers found their shadow answer, and by which method."""
    from analysis.documents import pairs_document

    _say(pairs_document(_report(path, name, window)), form, terminal.pairs)


@main.command()
@config_option
@test_option
@window_option
@format_option
def verdict(path: Path | None, name: str | None, window: str, form: str) -> None:
    """Judge a shadow test; the exit code is 0 promote, 1 hold, 2 reject, 3 error."""
    from analysis.documents import verdict_document

    answer = verdict_document(_report(path, name, window))
    _say(answer, form, terminal.verdict)
    click.get_current_context().exit(EXIT_CODES[answer["decision"]])


@main.command()
@config_option
@test_option
@window_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "json"]),
    default="html",
    show_default=True,
    help="One page that opens offline, or the same facts as data.",
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

    config, test, known = _choose(path, name, ask=True)
    found = dossier.collect(
        open_test(config, test, progress=_meter()),
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
    if output is None:
        click.echo(text)
        return
    output.write_text(text, encoding="utf-8")
    click.echo(f"{output}: {len(text.encode()) / 1e6:.1f} MB", err=True)


@main.command()
@click.argument("trial")
@click.option("--profiler", help="Folder or s3:// address of the job's profiler-output.")
@click.option("--other", help="A trial to compare with: a place, a configured trial or a job.")
@config_option
@format_option
def trial(
    trial: str, profiler: str | None, other: str | None, path: Path | None, form: str
) -> None:
    """Review how a model was trained; the exit code is 0 clean, 1 rules fired, 3 error.

    TRIAL is a folder, s3://…/debug-output, a trial of the configuration or a training job's name.
    """
    from queries.trials import reviewing, reviews

    config = _config_for(path, trial, other)
    asked = reviewing.named(config, trial)
    if profiler is not None:
        asked = dataclasses.replace(asked, profiler=profiler)
    found = reviewing.review_of(
        config,
        asked,
        other=reviewing.named(config, other) if other is not None else None,
        progress=_meter("the trial"),
    )
    _say(reviews.document(found), form, terminal.trial)
    click.get_current_context().exit(FIRED if found.fired else 0)


@main.command()
@format_option
def demo(form: str) -> None:
    """Write the demo account, unless it is there already, and say where it lies."""
    from queries import account

    config = account.demo_account()
    tests = [{"name": test.name, "description": test.description} for test in config.tests]
    _say({"path": str(config.path), "tests": tests}, form, terminal.demo)


def _config_for(path: Path | None, *trials: str | None) -> Config:
    """The configuration; where only places are asked for and there is no file, an empty one."""
    from queries import account, config
    from queries.trials.reviewing import is_place

    if path is not None:
        return config.load(path)
    if config.find() is None and all(is_place(each) for each in trials if each is not None):
        # a folder needs no demo account to be written first
        return config.Config(tests=())
    return account.open_account()


def _choose(
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


def _report(path: Path | None, name: str | None, window: str) -> Report:
    from queries import reports

    config, test, _ = _choose(path, name)
    return reports.load(config, test, window, progress=_meter())


def _meter(what: str = "captures") -> Callable[[Progress], None] | None:
    """Draw how far the reading is, for a person who waits; nothing for a pipeline."""
    if not sys.stderr.isatty():
        return None

    def show(progress: Progress) -> None:
        done = not progress.listing and progress.files_done == progress.files
        # what stands there from before may be longer
        click.echo(f"\r{terminal.reading(progress, what):<72}", nl=done, err=True)

    return show


def _say(answer: dict[str, Any], form: str, text: Callable[[dict[str, Any]], str]) -> None:
    click.echo(json.dumps(answer, indent=2, allow_nan=False) if form == "json" else text(answer))


if __name__ == "__main__":
    main()
