"""Can a pipeline rely on the terminal: exit codes, JSON fields, sentences instead of traces?"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import cli
from commands import asking
from pages.parts import plain
from queries import inventory
from queries.progress import Progress
from tests.queries.region_only import region_only

ROOT = Path(__file__).parents[1]
HOUR = "2026/11/02/06"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of the tests' own, and no configuration but the demo account."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.delenv("UNDERSTUDY_CONFIG", raising=False)
        patch.chdir(folder)
        yield folder


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    """Two variants of three requests: the shadow missed the last, production has a bad line."""
    for variant, answers in (("AllTraffic", ["0.1", "0.9", "0.4"]), ("Shadow-01", ["0.2", "0.8"])):
        lines = [record(f"request-{at}", answer) for at, answer in enumerate(answers)]
        write(tmp_path, variant, lines)
    with (tmp_path / "endpoint" / "AllTraffic" / HOUR / "00-00-000-a.jsonl").open("a") as file:
        file.write('\n{"captureData": \n\n')
    return tmp_path


def record(inference_id: str, answer: str) -> str:
    number = inference_id[-1]
    given = {
        "observedContentType": "text/csv",
        "mode": "INPUT",
        "data": f"{number},2.5",
        "encoding": "CSV",
    }
    said = {
        "observedContentType": "text/csv; charset=utf-8",
        "mode": "OUTPUT",
        "data": answer,
        "encoding": "CSV",
    }
    return json.dumps(
        {
            "captureData": {"endpointInput": given, "endpointOutput": said},
            "eventMetadata": {
                "eventId": f"{inference_id}-{answer}",
                "inferenceId": inference_id,
                "inferenceTime": f"2026-11-02T06:00:0{number}Z",
            },
            "eventVersion": "0",
        }
    )


def write(folder: Path, variant: str, lines: list[str]) -> None:
    path = folder / "endpoint" / variant / HOUR / "00-00-000-a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments])


def promised(command: str) -> dict[str, Any]:
    """The example of a command in the docs."""
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    part = page.partition(f"\n## `{command}`\n")[2]
    example = re.search(r"```json\n(.*?)```", part, flags=re.DOTALL)
    assert example
    fields: dict[str, Any] = json.loads(example[1])
    return fields


def assert_failed(result: Result, *words: str) -> None:
    """A failure is one sentence on stderr, exit code 3, and nothing that looks like an answer."""
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def test_ingest_accounts_for_every_line(home: Path, captures: Path):
    """Lines are records or rejects; blank lines are neither; a reject says where it is and why."""
    result = run("ingest", "--captures", captures, "--format", "json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert list(answer) == list(promised("ingest"))
    assert answer["objects"] == 2
    assert (answer["lines"], answer["records"], answer["rejected"]) == (6, 5, 1)
    (reject,) = answer["rejects"]
    assert reject["file"] == f"endpoint/AllTraffic/{HOUR}/00-00-000-a.jsonl"
    content = (captures / reject["file"]).read_bytes()
    assert content[reject["offset"] :].startswith(b'{"captureData": \n')
    assert content[: reject["offset"]].count(b"\n") + 1 == reject["line"] == 5
    assert reject["reason"]
    assert answer["variants"] == {"AllTraffic": 3, "Shadow-01": 2}
    assert answer["content_types"] == {"text/csv": 5, "text/csv; charset=utf-8": 5}
    assert answer["encodings"] == {"CSV": 10}
    assert (answer["rows"], answer["unreadable"]) == (5, 0)
    assert answer["ids"] == {"inference_id": 5, "event_id": 5}


def test_ingest_pairs_the_two_variants_of_a_folder(home: Path, captures: Path):
    """Of two variants the one called shadow is the shadow, and what has no partner is said."""
    answer = json.loads(run("ingest", "--captures", captures, "--format", "json").stdout)
    assert (answer["production"], answer["shadow"]) == ("AllTraffic", "Shadow-01")
    assert answer["pairs"] == {
        "total": 2,
        "by_method": {"inference_id": 2},
        "production_only": 1,
        "shadow_only": 0,
        "ambiguous": 0,
    }
    text = run("ingest", "--captures", captures).stdout
    assert "6 = 5 records + 1 rejected" in text
    assert "production only 1" in text
    assert "line 5" in text


def test_ingest_does_not_guess_among_three_variants(home: Path, captures: Path):
    """With a third variant nobody can tell who is whose shadow, until told."""
    write(captures, "Another", [record("request-0", "0.5")])
    answer = json.loads(run("ingest", "--captures", captures, "--format", "json").stdout)
    assert answer["pairs"] is None
    assert "--production" in run("ingest", "--captures", captures).stdout
    told = ("--production", "Another", "--shadow", "Shadow-01", "--format", "json")
    assert json.loads(run("ingest", "--captures", captures, *told).stdout)["pairs"]["total"] == 1


@pytest.mark.parametrize(
    ("variants", "told", "expected"),
    [
        ([], (None, None), (None, None)),
        (["A"], (None, None), ("A", None)),
        (["B", "A"], (None, None), ("A", "B")),
        (["a-shadow", "b"], (None, None), ("b", "a-shadow")),
        (["A", "B"], (None, "A"), ("B", "A")),
        (["A", "B"], ("B", None), ("B", "A")),
        (["A", "B", "C"], (None, None), (None, None)),
        (["A", "B", "C"], ("B", None), ("B", None)),
        (["A", "B", "C"], ("B", "C"), ("B", "C")),
        (["A"], ("X", "A"), ("X", "A")),
        (["A"], (None, "A"), (None, "A")),
    ],
)
def test_who_is_whose_shadow(
    variants: list[str],
    told: tuple[str | None, str | None],
    expected: tuple[str | None, str | None],
):
    """What was told stands; the rest is concluded only where one way is left."""
    assert inventory.sides(variants, *told) == expected


def test_a_folder_that_is_not_there_is_an_error(home: Path, tmp_path: Path):
    """A wrong path is told, not answered with an empty account."""
    assert_failed(run("ingest", "--captures", tmp_path / "nowhere"), "nowhere")


@pytest.mark.parametrize("arguments", [["verdict", "--format", "xml"], ["judge"], []])
def test_a_mistyped_command_is_an_error(arguments: list[str]):
    """Click's own exit code for a usage error is 2, which would say reject."""
    assert_failed(run(*arguments))


def test_help_is_no_error():
    """Asking how it works is answered on stdout."""
    result = run("verdict", "--help")
    assert result.exit_code == 0
    assert "--window" in result.stdout


def test_a_wrong_configuration_is_an_error(home: Path, tmp_path: Path):
    """Each fault of the file is a sentence; nothing is judged."""
    path = tmp_path / "understudy.toml"
    path.write_text("[tests.a]\ncaptures = 'x'\nproduction = 'P'\n", encoding="utf-8")
    assert_failed(run("verdict", "--config", path), "tests.a.shadow is missing")
    assert_failed(run("verdict", "--config", tmp_path / "none.toml"), "none.toml")


def test_a_defect_of_the_program_is_an_error(
    home: Path, captures: Path, monkeypatch: pytest.MonkeyPatch
):
    """Python's own exit code for an exception is 1, which would say hold."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(inventory, "read_anything", fail)
    assert_failed(run("ingest", "--captures", captures), "ZeroDivisionError", "test_cli.py")


@pytest.mark.parametrize(
    ("test", "decision", "code"),
    [
        ("fraud-scores", "promote", 0),
        ("delivery-minutes", "hold", 1),
        ("fraud-compact", "hold", 1),
        ("ticket-routing", "reject", 2),
    ],
)
def test_the_exit_code_is_the_decision(home: Path, test: str, decision: str, code: int):
    """A pipeline can gate on the exit code, and its JSON says the same."""
    result = run("verdict", "--test", test, "--format", "json")
    assert result.exit_code == code, result.stderr
    answer = json.loads(result.stdout)
    assert (answer["test"], answer["decision"]) == (test, decision)
    example = promised("verdict")
    assert list(answer) == list(example)
    assert list(answer["pairing"]) == list(example["pairing"])
    for guardrail in answer["guardrails"]:
        assert list(guardrail) == list(example["guardrails"][0])
        assert guardrail["status"] in ("ok", "breach", "inconclusive", "no_data")
        assert guardrail["sentence"].endswith(".")
        if guardrail["status"] == "no_data":
            assert guardrail["value"] is None
    breaches = [
        g["name"] for g in answer["guardrails"] if g["status"] == "breach" and g["critical"]
    ]
    assert bool(breaches) == (decision == "reject")


def test_without_a_test_the_first_is_judged(home: Path):
    """The demo's first test is what one sees without naming any."""
    unnamed, named = (
        json.loads(run("verdict", *chosen, "--format", "json").stdout)
        for chosen in ((), ("--test", "fraud-scores"))
    )
    assert unnamed == named


def test_a_verdict_for_a_person_has_every_sentence(home: Path):
    """The text holds the headline and each guardrail's own sentence."""
    answer = json.loads(run("verdict", "--format", "json").stdout)
    text = run("verdict").stdout
    assert text.startswith(f"fraud-scores: {answer['headline']}\n")
    for guardrail in answer["guardrails"]:
        assert guardrail["sentence"] in text


def test_pairs_add_up(home: Path):
    """Production's rows are paired, alone or ambiguous; methods and hours add up to the pairs."""
    result = run("pairs", "--test", "ticket-routing", "--format", "json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    example = promised("pairs")
    assert list(answer) == list(example)
    assert list(answer["by_time"][0]) == list(example["by_time"][0])
    assert sum(answer["by_method"].values()) == answer["paired"] > 0
    assert sum(block["paired"] for block in answer["by_time"]) == answer["paired"]
    left = answer["production"] - answer["paired"] - answer["production_only"]
    assert 0 <= left <= answer["ambiguous"]
    assert f"{answer['paired']:,}" in run("pairs", "--test", "ticket-routing").stdout


def test_a_window_bounds_what_is_looked_at(home: Path):
    """A shorter window has fewer pairs and says so; a wrong one is an error."""
    whole, day = (
        json.loads(run("pairs", "--window", window, "--format", "json").stdout)
        for window in ("all", "24h")
    )
    assert day["window"]["end"] == whole["window"]["end"]
    assert 0 < day["paired"] < whole["paired"]
    assert_failed(run("pairs", "--window", "yesterday"), "'yesterday' is no window")


def test_ingest_of_a_configured_test_reads_its_two_variants(home: Path):
    """The account of a test and its verdict rest on the same pairs."""
    answer = json.loads(run("ingest", "--test", "fraud-scores", "--format", "json").stdout)
    assert list(answer) == list(promised("ingest"))
    assert answer["lines"] == answer["records"] + answer["rejected"]
    pairs = json.loads(run("pairs", "--test", "fraud-scores", "--format", "json").stdout)
    assert answer["pairs"]["total"] == pairs["paired"]
    assert answer["pairs"]["by_method"] == pairs["by_method"]


def test_an_unknown_test_is_an_error(home: Path):
    """A wrong name is told with the names there are."""
    assert_failed(run("verdict", "--test", "frod-scores"), "frod-scores", "fraud-scores")


def test_a_region_is_enough_to_judge_a_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A test that only SageMaker knows is found by its name and read from S3, all over HTTP."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with region_only(tmp_path, scale=0.02) as (config, environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        asked = ("--config", config, "--test", "ticket-routing", "--format", "json")
        told = run("verdict", *asked)
        written = run("report", *asked)
        unknown = run("verdict", "--config", config, "--test", "nobody")
    assert told.exit_code in (1, 2), told.stderr
    assert json.loads(told.stdout)["pairing"]["paired"] > 0
    assert json.loads(written.stdout)["discovered"]["endpoint"] == "ticket-routing"
    assert_failed(unknown, "nobody", "fraud-scores-shadow")


def test_the_verdict_in_plain_words_is_a_page_of_its_own(home: Path, tmp_path: Path):
    """It says the answer of the very decision that `verdict` gives, and fits on one page."""
    path = tmp_path / "brief.html"
    asked = ("--test", "ticket-routing")
    decision = json.loads(run("verdict", *asked, "--format", "json").stdout)["decision"]
    told = run("report", *asked, "--format", "brief", "--output", str(path))
    assert told.exit_code == 0, told.stderr
    text = path.read_text(encoding="utf-8")
    assert plain.ANSWERS[decision][0] in text
    assert all(title in text for title in ("What was found", "What is not known", "What to do"))
    assert len(text) < 20_000


def test_the_demo_says_where_it_lies(home: Path):
    """The path printed is a configuration that the other commands accept."""
    answer = json.loads(run("demo", "--format", "json").stdout)
    assert list(answer) == list(promised("demo"))
    assert [test["name"] for test in answer["tests"]] == [
        *("fraud-scores", "ticket-routing", "delivery-minutes", "support-replies", "fraud-compact"),
    ]
    assert run("demo").stdout.splitlines()[0] == answer["path"]
    told = run("pairs", "--config", answer["path"], "--format", "json")
    assert told.exit_code == 0, told.stderr


def test_a_process_of_its_own_says_reject(home: Path):
    """As a pipeline runs it: exit code 2, JSON on stdout, nothing on stderr, in any encoding."""
    command = [sys.executable, str(ROOT / "cli.py"), "verdict", "--test", "ticket-routing"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for extra in (["--format", "json"], []):
        done = subprocess.run(
            [*command, *extra], capture_output=True, env=environment, check=False, cwd=home
        )
        assert (done.returncode, done.stderr) == (2, b"")
        assert b"ticket-routing" in done.stdout
        if extra:
            assert json.loads(done.stdout)["decision"] == "reject"


def test_a_person_who_waits_sees_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """First the listing, then files, MB and time left, over each other; one line stays."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    show = asking.meter()
    assert show is not None
    show(Progress(0, 12_000, 0, 90_000_000, None, listing=True))
    show(Progress(0, 24_000, 0, 180_000_000, None))
    show(Progress(6_000, 24_000, 45_000_000, 180_000_000, 93.0))
    show(Progress(24_000, 24_000, 180_000_000, 180_000_000, 0.0))
    first, *lines = capsys.readouterr().err.split("\r")
    assert first == ""
    assert [each.rstrip(" ") for each in lines] == [
        "Listing captures: 12,000 files so far",
        "Reading captures: 0 of 24,000 files, 0 of 180 MB",
        "Reading captures: 6,000 of 24,000 files, 45 of 180 MB, 93 s left",
        "Reading captures: 24,000 of 24,000 files, 180 of 180 MB, 0 s left".ljust(72) + "\n",
    ]
    # nothing of a longer text remains under a shorter one
    assert len({len(each.rstrip("\n")) for each in lines}) == 1


def test_a_pipeline_sees_no_meter(capsys: pytest.CaptureFixture[str]):
    """Where nobody waits, nothing is drawn."""
    assert asking.meter() is None


def test_a_rejected_shadow_is_not_promoted(home: Path):
    """--if-verdict promote exits as verdict does, before anything is asked of AWS."""
    assert run("verdict", "--test", "ticket-routing").exit_code == 2
    wish = ("--confirm", "ticket-routing", "--reason", "Now", "--if-verdict", "promote")
    result = run("promote", "--test", "ticket-routing", *wish)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Not promoted: reject" in result.stderr
    history = json.loads(run("history", "--test", "ticket-routing", "--format", "json").stdout)
    assert history["changes"] == []


def test_an_estimate_says_what_reading_would_ask_of_s3(home: Path, captures: Path):
    """Objects, bytes, requests and cost of what is new; nothing is read. A folder costs none."""
    from tests.queries.bucket import BUCKET, StandIn

    root = captures / "s3"
    root.mkdir()
    (captures / "endpoint").rename(root / BUCKET)
    server = StandIn(root)
    try:
        config = captures / "understudy.toml"
        config.write_text(
            f'[aws]\nendpoint_url = "{server.url}"\n'
            "[prices]\nusd_per_1000_lists = 0\nusd_per_1000_gets = 1000\nusd_per_gb = 0\n"
            f'[tests.t]\ncaptures = "s3://{BUCKET}"\nproduction = "AllTraffic"\n'
            'shadow = "Shadow-01"\n'
        )
        asked = ("ingest", "--estimate", "--config", config)
        answer = json.loads(run(*asked, "--format", "json").stdout)
        assert list(answer) == ["objects", "bytes", "lists", "gets", "usd"]
        size = sum(file.stat().st_size for file in root.rglob("*.jsonl"))
        # both objects, and each of them once more to see how it is read
        assert (answer["objects"], answer["bytes"], answer["gets"]) == (2, size, 4)
        assert answer["usd"] == 4
        assert server.gets == []
        assert "2 objects" in run(*asked).stdout
    finally:
        server.stop()
    refused = run("ingest", "--estimate", "--captures", root)
    assert refused.exit_code == 3
    assert "reading costs nothing" in refused.stderr
