"""Do the docs say what the code does: every key, command, option, link and example?"""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import json
import re
import shlex
from itertools import takewhile
from pathlib import Path
from typing import Any

import click
import pytest

from tests.terminal import taken

ROOT = Path(__file__).parents[1]
DOCS = [
    *sorted(p for p in ROOT.glob("*.md")),
    *sorted(p for p in (ROOT / "docs").rglob("*.md")),
]
PRODUCT = ("analysis", "queries", "actions", "commands", "pages", "demo")
ANALYSIS = sorted(
    ".".join(p.relative_to(ROOT).with_suffix("").parts)
    for p in (ROOT / "analysis").rglob("*.py")
    if p.stem != "__init__"
)


def text(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """The part of a page under one second-level heading."""
    return page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def table(part: str) -> dict[str, str]:
    """The first two columns of a table whose first column is a name in backticks."""
    rows = re.findall(r"^\| `([^`]+)` \| (.*?) \|", part, flags=re.MULTILINE)
    return {name: second.strip("`") for name, second in rows}


def as_toml(value: Any) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def test_every_policy_key_is_documented_with_its_default():
    """The table of the policy holds every key of Policy, and nothing else, with its default."""
    from analysis.policy import Policy

    written = table(section(text("configuration.md"), "`[policy.NAME]`"))
    default = Policy()
    assert written == {
        key.name: as_toml(getattr(default, key.name))
        for key in dataclasses.fields(default)
        if key.name != "name"
    }


def test_every_guardrail_is_documented():
    """A guardrail that the verdict reports is named where its limits are."""
    from analysis.policy import GUARDRAILS

    part = section(text("configuration.md"), "`[policy.NAME]`")
    assert [name for name in GUARDRAILS if f"`{name}`" not in part] == []


@pytest.mark.parametrize(
    ("heading", "holder"),
    [
        ("`[aws]`", "Aws"),
        ("`[athena]`", "Athena"),
        ("`[actions]`", "Actions"),
        ("`[notify]`", "Notify"),
        ('`[instances."ml.m5.xlarge"]`', "Instance"),
        ("`[tests.NAME]`", "Test"),
        ("`[tests.NAME.prediction]`", "Prediction"),
        ("`[tests.NAME.compare]`", "Comparing"),
        ("`[tests.NAME.truth]`", "Truth"),
        ("`[tests.NAME.outcomes]`", "Outcomes"),
        ("`[tests.NAME.training]`", "Training"),
        ("`[tests.NAME.deployment]`", "Deployment"),
        ("`[trials.NAME]`", "Trial"),
        ("`[custom_rules.NAME]`", "CustomRule"),
    ],
)
def test_every_key_of_a_table_is_documented(heading: str, holder: str):
    """Each table of the file has a table in the docs with its keys and the defaults there are."""
    from queries import config

    written = table(section(text("configuration.md"), heading))
    keys = dataclasses.fields(getattr(config, holder))
    tables_of_their_own = {"name", *config.TABLES_OF_A_TEST}
    assert set(written) == {key.name for key in keys} - tables_of_their_own
    for key in keys:
        if key.name in tables_of_their_own:
            continue
        if key.default_factory is not dataclasses.MISSING:
            assert written[key.name] == "none"
        elif key.default is dataclasses.MISSING:
            assert written[key.name] == "required"
        elif key.default not in (None, ""):
            assert written[key.name] == str(key.default)


def test_the_example_in_the_docs_is_a_valid_configuration(tmp_path: Path):
    """Both examples of the configuration page can be loaded as they stand."""
    from queries import config

    written = re.findall(r"```toml\n(.*?)```", text("configuration.md"), flags=re.DOTALL)
    # the sign-in stands in a file of Streamlit's
    examples = [each for each in written if "[auth]" not in each]
    assert len(examples) == len(written) - 1 == 8
    assert "region" in examples.pop(1)
    assert 'engine = "athena"' in examples[2]
    assert "stop_training" in examples.pop(3)
    assert "trusted_proxy_headers" in examples.pop(3)
    assert "topic_arn" in examples.pop(3)
    assert "[trials.fraud-v7]" in examples[-1]
    for number, example in enumerate(examples):
        path = tmp_path / f"{number}.toml"
        path.write_text(example, encoding="utf-8")
        loaded = config.load(path)
        assert loaded.test().production == "AllTraffic"
        assert loaded.policy(loaded.test()).min_agreement in (0.95, 0.98)


def test_every_environment_variable_is_documented():
    """Each UNDERSTUDY_ variable that the product reads is named in the docs."""
    written = "".join(page.read_text(encoding="utf-8") for page in DOCS)
    product = [p for room in PRODUCT for p in (ROOT / room).rglob("*.py")]
    product += [ROOT / "cli.py", ROOT / "app.py"]
    for path in product:
        for name in re.findall(r"UNDERSTUDY_[A-Z_]+", path.read_text(encoding="utf-8")):
            assert f"`{name}`" in written, f"{path.name} reads {name}"


def test_every_page_is_named():
    """Each page of the sidebar is named in the README or the docs, in bold or as "page NAME"."""
    written = "".join(
        page.read_text(encoding="utf-8") for page in DOCS if page.name != "CHANGELOG.md"
    )
    frame = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    titles = [
        ast.literal_eval(word.value)
        for call in ast.walk(frame)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "st.Page"
        for word in call.keywords
        if word.arg == "title"
    ]
    assert "Overview" in titles
    for title in titles:
        assert f"**{title}**" in written or f"page {title}" in written, title


def test_every_measure_of_likeness_is_explained():
    """The section of each kind of answer has a row for each of its measures, and no other."""
    from analysis.structured import MEASURES
    from queries.embeddings import MEASURE

    headings = {
        "text": "Texts",
        "ranking": "Rankings",
        "multilabel": "Label sets",
        "multioutput": "Several numbers",
        "json": "JSON documents",
    }
    assert headings.keys() == MEASURES.keys()
    for kind, names in MEASURES.items():
        part = text("statistics.md").partition(f"\n### {headings[kind]}\n")[2].partition("\n#")[0]
        extra = (MEASURE,) if kind == "text" else ()
        assert tuple(table(part)) == (*names, *extra), kind


def test_every_command_and_option_is_documented():
    """The terminal's page has a section for each command, and in it each of its options."""
    import cli

    page = text("cli.md")
    for name, command in cli.main.commands.items():
        part = section(page, f"`{name}`")
        assert part, f"{name} has no section"
        below = command.commands if isinstance(command, click.Group) else {}
        for each in below:
            assert f"`{name} {each}" in part, f"{name} {each}"
        parameters = [p for each in (command, *below.values()) for p in each.params]
        for parameter in parameters:
            argument = isinstance(parameter, click.Argument)
            for option in [parameter.human_readable_name] if argument else parameter.opts:
                assert f"`{option}" in part, f"{name} {option}"
    for parameter in cli.main.params:
        for option in parameter.opts:
            assert f"`{option}" in page, option


def command_lines(page: str) -> list[list[str]]:
    """The words after ``cli.py`` of every command line that a page shows to be typed."""
    found = []
    for block in re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL):
        for each in block.replace("\\\n", " ").splitlines():
            words = shlex.split(each, comments=True)
            if "cli.py" in words:
                rest = words[words.index("cli.py") + 1 :]
                found.append(list(takewhile(lambda word: word not in (">", "|", "||", "&&"), rest)))
    return found


def test_every_command_line_in_the_docs_is_taken():
    """What a page shows to be typed names a command with its options, each of its form."""
    lines = [line for page in DOCS for line in command_lines(page.read_text(encoding="utf-8"))]
    assert len(lines) > 10
    for words in lines:
        if words[0].isupper():  # COMMAND, which stands for one
            continue
        with taken(words) as context:
            assert context.command.name in words
    asked = {words[0] for words in lines}
    assert {"promote", "rollback", "act", "verdict", "publish", "trial", "report"} <= asked


@pytest.mark.parametrize("page", DOCS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path):
    """A link or picture without an address of its own is a file of this project."""
    body = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", body):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        leads_to = (page.parent / path) if path else page
        assert leads_to.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", leads_to.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings]
            assert anchor in anchors, f"{page.name} links to {target}"


@pytest.mark.parametrize("module", ANALYSIS)
def test_examples_in_docstrings_hold(module: str):
    """Every example in a docstring of analysis gives what it says."""
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_there_are_examples_to_hold():
    """The examples are found at all."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [
        e for m in ANALYSIS for t in finder.find(importlib.import_module(m)) for e in t.examples
    ]
    assert found
