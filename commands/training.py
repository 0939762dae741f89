"""How was a model trained, and did anything go wrong?"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.asking import config_option, format_option, meter, say
from pages.document import terminal

if TYPE_CHECKING:
    from queries.config import Config

FIRED = 1


@click.command()
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
        progress=meter("the trial"),
    )
    say(reviews.document(found), form, terminal.trial)
    click.get_current_context().exit(FIRED if found.fired else 0)


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
