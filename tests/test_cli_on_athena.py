"""Does the terminal answer of a test in Athena what it answers of the same captures read here?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import cli
from tests.athena_demo import AthenaDemo, four_hours

NAME = "ticket-routing"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AthenaDemo]:
    """Four hours of a test, all of them written."""
    with four_hours(tmp_path_factory.mktemp("account")) as found:
        found.write(NAME)
        yield found


def run(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.main, [*arguments, "--config", str(path), "--test", NAME])


def rounded(answer: Any) -> Any:
    """An answer whose sums of floats are cut to what both engines can agree on."""
    if isinstance(answer, float):
        return float(f"{answer:.9g}")
    if isinstance(answer, dict):
        return {name: rounded(value) for name, value in answer.items()}
    return [rounded(each) for each in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize("command", ["verdict", "pairs"])
def test_an_answer_is_the_same_on_both_engines(account: AthenaDemo, command: str):
    """Each field of it, and the exit code; what was scanned is said on stderr alone."""
    there, here = (run(path, command, "--format", "json") for path in (account.path, account.local))
    assert there.exit_code == here.exit_code != cli.ERROR, there.output
    assert rounded(json.loads(there.stdout)) == rounded(json.loads(here.stdout))
    assert re.search(r"Athena scanned .* in \d+ questions, .*.USD", there.stderr)
    assert "Athena" not in here.stderr


def test_a_plan_rests_on_the_same_verdict(account: AthenaDemo):
    """What is in the way of a promotion is the same, wherever the answers were asked."""
    there, here = (
        json.loads(run(path, "plan", "promote", "--format", "json").stdout)
        for path in (account.path, account.local)
    )
    assert [(each["name"], each["status"]) for each in there["preflight"]] == [
        (each["name"], each["status"]) for each in here["preflight"]
    ]
    assert there["preflight"]


def test_a_report_holds_the_same_answers(account: AthenaDemo):
    """Whatever is known of a test, but for its settings, its rejects and when it was written."""
    there, here = (
        json.loads(run(path, "report", "--format", "json").stdout)
        for path in (account.path, account.local)
    )
    for name in ("report", "inputs", "slices", "resources"):
        for answer in (there, here):
            if name == "report":
                answer[name]["ingest"].pop("bytes")
        assert rounded(there[name]) == rounded(here[name]), name


def test_the_page_of_a_report_says_how_much_was_read(account: AthenaDemo):
    """Nobody counts the bytes of captures in Athena: then none are said."""
    said = run(account.path, "report").stdout
    assert re.search(r"\d+ files, [\d,]+ records<", said)


def test_captures_are_not_read_here_too(account: AthenaDemo):
    """What Athena reads is not fetched to this machine by the way: the sentence says what to do."""
    for arguments in ((), ("--estimate",)):
        told = run(account.path, "ingest", *arguments)
        assert told.exit_code == cli.ERROR
        assert "cli.py athena status ticket-routing" in told.stderr
        assert told.stdout == ""
