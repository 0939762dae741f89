"""What tests of commands that change something share: an account, a configuration, a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from click.testing import CliRunner, Result

import cli
from actions.people import at_terminal
from commands import carrying_out, watching
from queries.config import Actions
from queries.config_actions import Action
from tests.actions.cloud import ENDPOINT, Cloud, served
from tests.queries.test_answer_forms import HOUR, record

ME = at_terminal(Actions(), datetime.now(UTC)).name
"""Who runs the tests."""

SETTINGS = """
cache = "{folder}/cache"
[aws]
region = "eu-central-1"
endpoint_url = "{url}"
[actions]
allow = {allow}
audit = "{folder}/audit"
{actions}
[tests.fraud]
captures = "{folder}/captures"
production = "AllTraffic"
shadow = "Shadow-01"
endpoint = "fraud-scores"
[tests.fraud.deployment]
strategy = "canary"
percent = 25
"""


@contextmanager
def terminal(folder: Path) -> Iterator[Cloud]:
    """An endpoint with a shadow at the stand-in, whose time passes where a command would sleep."""
    kept = folder / "cloud"
    kept.mkdir()
    with served(kept) as account, pytest.MonkeyPatch.context() as patch:
        for module in (carrying_out, watching):
            patch.setattr(module, "sleep", lambda _: account.clock.skip(120))
        configure(folder, account)
        for variant in ("AllTraffic", "Shadow-01"):
            path = folder / "captures" / ENDPOINT / variant / HOUR / "00-00-000-a.jsonl"
            path.parent.mkdir(parents=True)
            lines = [record(at, {"score": (at * 37 % 100) / 100}) for at in range(60)]
            path.write_text("\n".join(lines) + "\n")
        yield account


def cut_off(run: Callable[..., Result], patched: pytest.MonkeyPatch, *command: str) -> None:
    """Run a command that is interrupted where it would wait."""

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with patched.context() as patch:
        patch.setattr(carrying_out, "sleep", interrupted)
        assert run(*command).exit_code == 3


def configure(folder: Path, cloud: Cloud, actions: str = "") -> None:
    """Write the configuration, in which all that a terminal can do is allowed."""
    allow = json.dumps(get_args(Action))
    text = SETTINGS.format(folder=folder, url=cloud.url, allow=allow, actions=actions)
    (folder / "understudy.toml").write_text(text)


def runner(folder: Path) -> Callable[..., Result]:
    """Runs a command with the configuration in that folder."""

    def command(*words: str) -> Result:
        return CliRunner().invoke(cli.main, [*words, "--config", str(folder / "understudy.toml")])

    return command


def taken(words: Sequence[str]) -> click.Context:
    """The command that a line after ``cli.py`` names, with its options read and nothing done.

    Raises
    ------
    click.ClickException, KeyError
        When there is no such command, or it does not take them.
    """
    command: click.Command = cli.main
    rest = list(words)
    while isinstance(command, click.Group):
        command = command.commands[rest.pop(0)]
    return command.make_context(command.name, rest)


def answer(result: Result, code: int = 0) -> Any:
    """The JSON of a command that ended with this exit code."""
    assert result.exit_code == code, result.stderr
    return json.loads(result.stdout)


def in_force(cloud: Cloud) -> tuple[str, str]:
    """The config of the endpoint and production's model in it."""
    client = cloud.client()
    name = client.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    config = client.describe_endpoint_config(EndpointConfigName=name)
    return name, config["ProductionVariants"][0]["ModelName"]


GO = ("--reason", "The test is over", "--confirm", ENDPOINT)
