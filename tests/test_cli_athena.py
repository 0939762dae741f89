"""Does the terminal make, fill and look at the tables of a test in Athena as it promises?"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import cli
from tests.actions.athena.writing import VARIANTS, Cut, Writing
from tests.queries.athena.asking import WORK

ROOT = Path(__file__).parents[1]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[Cut, Path]]:
    """An account with two hours of captures, and a configuration that names them."""
    account = Cut(tmp_path / "account")
    writing = Writing(account)
    for hour in (0, 1):
        writing.capture(hour, 3)
    path = tmp_path / "understudy.toml"
    path.write_text(
        f"""cache = "{tmp_path / "cache"}"
[aws]
region = "eu-central-1"
endpoint_url = "{account.aws.endpoint_url}"
[athena]
work = "{WORK}"
[tests.fraud]
captures = "s3://captures/prefix"
production = "{VARIANTS[0]}"
shadow = "{VARIANTS[1]}"
engine = "athena"
[tests.here]
captures = "s3://captures/prefix"
production = "{VARIANTS[0]}"
shadow = "{VARIANTS[1]}"
"""
    )
    yield account, path
    account.close()


def run(path: Path, *arguments: str, answer: str = "") -> Result:
    told = ["athena", *arguments, "--config", str(path)]
    return CliRunner().invoke(cli.main, told, input=answer)


def asked(path: Path, *arguments: str) -> dict[str, Any]:
    result = run(path, *arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def promised(command: str) -> dict[str, Any]:
    """The example of a command in the docs."""
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    part = page.partition(f"\n### `athena {command} NAME`\n")[2]
    example = re.search(r"```json\n(.*?)```", part, flags=re.DOTALL)
    assert example
    fields: dict[str, Any] = json.loads(example[1])
    return fields


def test_the_fields_are_those_of_the_docs(told: tuple[Cut, Path]) -> None:
    """Each command answers with the fields that its example has, in their order and of one type."""
    _, path = told
    for command, arguments in (("setup", ["--yes"]), ("update", []), ("status", [])):
        answer = asked(path, command, "fraud", *arguments)
        example = promised(command)
        assert list(answer) == list(example)
        for name, value in example.items():
            assert isinstance(answer[name], type(value)), name


def test_setup_shows_and_asks_first(told: tuple[Cut, Path]) -> None:
    """Every statement stands there before anything is run; no leaves all as it was."""
    account, path = told
    declined = run(path, "setup", "fraud", answer="n\n")
    assert declined.exit_code == 1
    assert "CREATE EXTERNAL TABLE IF NOT EXISTS `understudy`.`fraud_captures`" in declined.stdout
    assert "Nothing was changed." in declined.stderr
    assert account.athena.catalogue.tables("understudy") == []
    agreed = run(path, "setup", "fraud", answer="y\n")
    assert agreed.exit_code == 0
    assert "Done." in agreed.stdout
    assert "All is there; nothing to do." in run(path, "setup", "fraud").stdout


def test_json_only_shows_unless_told_yes(told: tuple[Cut, Path]) -> None:
    """A program is not asked: without --yes it sees the statements, and none is run."""
    account, path = told
    answer = asked(path, "setup", "fraud")
    assert answer["statements"]
    assert not answer["done"]
    assert account.athena.catalogue.tables("understudy") == []
    assert asked(path, "setup", "fraud", "--yes")["done"]


def test_update_and_status_tell_the_hours(told: tuple[Cut, Path]) -> None:
    """Before: what waits. After: what is written, what it cost, and that nothing waits."""
    _, path = told
    run(path, "setup", "fraud", "--yes")
    before = asked(path, "status", "fraud")
    assert before["waiting"] == ["2024/03/31/12", "2024/03/31/13"]
    assert before["waiting_bytes"] > 0
    assert before["hours"] == {"first": None, "last": None, "count": 0}
    done = run(path, "update", "fraud")
    assert done.exit_code == 0, done.stderr
    assert "Paired     2024/03/31/12, 2024/03/31/13" in done.stdout
    assert "about $0.0" in done.stdout
    after = asked(path, "status", "fraud")
    assert (after["rows"], after["pairs"], after["waiting"]) == (12, 6, [])
    assert after["hours"] == {"first": "2024/03/31/12", "last": "2024/03/31/13", "count": 2}
    assert "Hours      2, 2024/03/31/12 to 2024/03/31/13" in run(path, "status", "fraud").stdout
    assert after["late"] == []
    again = asked(path, "update", "fraud")
    assert (again["hours_read"], again["queries"], again["usd"]) == ([], 0, 0)


def test_status_names_what_came_late(told: tuple[Cut, Path]) -> None:
    """A file that comes when its hour is written is in no table, and is told."""
    account, path = told
    run(path, "setup", "fraud", "--yes")
    run(path, "update", "fraud")
    (file,) = (account.folder / "captures").rglob(f"{VARIANTS[0]}/2024/03/31/12/*.jsonl")
    late = file.with_name("late.jsonl")
    late.write_bytes(file.read_bytes())
    soon = datetime.now(UTC).timestamp() + 60
    os.utime(late, (soon, soon))
    (found,) = asked(path, "status", "fraud")["late"]
    assert found.endswith(f"{VARIANTS[0]}/2024/03/31/12/late.jsonl")
    said = run(path, "status", "fraud").stdout
    assert (
        f"Late       1 that came after their hour was read, and that no table holds: {found}"
        in said
    )


@pytest.mark.parametrize("command", ["setup", "update", "status"])
def test_a_test_of_this_machine_is_told_how(told: tuple[Cut, Path], command: str) -> None:
    """A test that DuckDB answers has no tables in Athena."""
    result = run(told[1], command, "here")
    assert result.exit_code == 3
    assert 'set engine = "athena"' in result.stderr


@pytest.mark.parametrize("command", ["update", "status"])
def test_without_tables_the_next_step_is_named(told: tuple[Cut, Path], command: str) -> None:
    """Before `setup` the others say that it comes first."""
    result = run(told[1], command, "fraud")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "cli.py athena setup fraud" in result.stderr


def test_what_fails_is_a_sentence(told: tuple[Cut, Path]) -> None:
    """A refusal of AWS is one sentence on stderr and exit code 3, and can be tried again."""
    account, path = told
    run(path, "setup", "fraud", "--yes")
    account.faults.expire()
    result = run(path, "update", "fraud")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "ExpiredToken" in result.stderr
    account.faults.reset()
    assert run(path, "update", "fraud").exit_code == 0
