"""Would the examples for pipelines run: are they YAML, and their commands ours to the option?"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.terminal import taken

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
WORKFLOW, BUILDSPEC = EXAMPLES / "promote.github.yml", EXAMPLES / "promote.buildspec.yml"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def scripts(path: Path) -> list[str]:
    """Every command line of an example."""
    document = load(path)
    if "jobs" in document:
        steps = [step for job in document["jobs"].values() for step in job["steps"]]
        return [line for step in steps for line in step.get("run", "").splitlines()]
    phases = document["phases"].values()
    return [line for phase in phases for text in phase["commands"] for line in text.splitlines()]


def ours(path: Path) -> list[list[str]]:
    """The words after ``cli.py`` of each command line that has it, without redirections."""
    found = []
    for line in scripts(path):
        words = shlex.split(line)
        if "cli.py" in words:
            rest = words[words.index("cli.py") + 1 :]
            found.append(rest[: rest.index(">")] if ">" in rest else rest)
    return found


@pytest.mark.parametrize("path", [WORKFLOW, BUILDSPEC], ids=lambda path: path.name)
def test_every_command_exists_with_its_options(path: Path) -> None:
    """Each line is taken by the command it names; the promotion goes by the verdict and waits."""
    commands = ours(path)
    assert commands
    promoted = []
    for words in commands:
        with taken(words) as context:
            if words[0] == "promote":
                promoted.append(context.params)
    assert [(each["if_verdict"], each["wait"]) for each in promoted] == [("promote", True)]


def test_a_reason_cannot_be_read_as_code() -> None:
    """What a person types into the workflow reaches the shell in a variable and in no other way."""
    assert not [line for line in scripts(WORKFLOW) if "${{" in line]


def test_the_examples_have_the_parts_that_their_services_ask_for() -> None:
    """A workflow has a trigger and permissions, a buildspec a version and phases."""
    workflow = load(WORKFLOW)
    # YAML 1.1 reads the bare word "on" as true
    assert "workflow_dispatch" in workflow[True]
    assert workflow["permissions"]["id-token"] == "write"
    assert load(BUILDSPEC)["version"] == 0.2
    assert {"install", "build"} <= set(load(BUILDSPEC)["phases"])
