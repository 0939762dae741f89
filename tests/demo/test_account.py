"""The demo account is the same every time, and its truth.json says what was written."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from analysis.estimates import Window
from demo import account
from queries import baselines, monitored_statistics, violations
from queries.config_actions import Action
from queries.config_file import parse
from queries.errors import SourceError
from queries.keys import place_of
from queries.logs import parse_logged
from queries.records import NotARecord, parse_record

END = datetime(2026, 11, 23, 5, tzinfo=UTC)
SCALE = 0.04


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reduced account."""
    folder = tmp_path_factory.mktemp("demo") / "account"
    account.generate(folder, end=END, scale=SCALE)
    return folder


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, dict]:
    """What truth.json says of each test."""
    found = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return {test["name"]: test for test in found["tests"]}


@pytest.fixture(scope="module")
def captured_tests(truth: dict[str, dict]) -> dict[str, dict]:
    """Those whose variants SageMaker captures; the others are mirrored into a log."""
    return {name: test for name, test in truth.items() if name != "support-replies"}


def captured(folder: Path, test: str, variant: str) -> list[Path]:
    """The capture files of one variant."""
    return sorted((folder / "captures" / test / variant).rglob("*.jsonl"))


def digest(folder: Path) -> str:
    """One number for all bytes and names below a folder."""
    found = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        found.update(str(path.relative_to(folder)).encode())
        # its paths are those of the folder it lies in
        if path.name != "understudy.toml":
            found.update(path.read_bytes())
    return found.hexdigest()


def test_the_same_end_and_seed_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """The demo can be reproduced: nothing in it depends on the clock or the machine."""
    account.generate(tmp_path / "again", end=END, scale=SCALE)
    assert digest(tmp_path / "again") == digest(folder)


def test_another_seed_gives_other_requests(folder: Path, tmp_path: Path) -> None:
    """The seed decides the content."""
    account.generate(tmp_path / "other", end=END, scale=SCALE, seed=1)
    assert digest(tmp_path / "other") != digest(folder)


def test_the_files_hold_what_the_truth_says(folder: Path, captured_tests: dict[str, dict]) -> None:
    """Files, bytes, lines, records and damaged lines reconcile, for every variant."""
    for test in captured_tests.values():
        for side in (test["production"], test["shadow"]):
            files = captured(folder, test["name"], side["variant"])
            lines = [line for file in files for line in file.read_bytes().splitlines()]
            damaged = 0
            for line in lines:
                try:
                    parse_record(line)
                except NotARecord:
                    damaged += 1
            assert (len(files), sum(f.stat().st_size for f in files)) == (
                side["files"],
                side["bytes"],
            )
            assert (len(lines), damaged) == (side["lines"], side["damaged"])
            assert side["lines"] == side["records"] + side["damaged"]


def test_pairs_and_missing_answers_reconcile(folder: Path, truth: dict[str, dict]) -> None:
    """What was answered by one variant only is exactly what cannot be paired, damage aside."""
    for test in truth.values():
        production, shadow = test["production"], test["shadow"]
        assert production["lines"] - test["missing_shadow"] == (
            shadow["lines"] - test["missing_production"]
        )
        both = production["lines"] - test["missing_shadow"]
        assert test["pairs"] == both - production["damaged"] - shadow["damaged"]
    assert truth["ticket-routing"]["missing_shadow"] > 0
    assert truth["ticket-routing"]["production"]["damaged"] == 4


def test_ids_say_which_requests_belong_together(
    folder: Path, captured_tests: dict[str, dict]
) -> None:
    """The ids shared by both variants, counted with repetition, are the pairs that have an id."""
    for test in captured_tests.values():
        seen = []
        for side in (test["production"], test["shadow"]):
            ids: Counter[str] = Counter()
            for file in captured(folder, test["name"], side["variant"]):
                for line in file.read_bytes().splitlines():
                    try:
                        found = parse_record(line)
                    except NotARecord:
                        continue
                    assert (found.source == "ShadowExperiment") == (side is test["shadow"])
                    if found.inference_id:
                        ids[found.inference_id] += 1
            seen.append(ids)
        shared = sum((seen[0] & seen[1]).values())
        assert shared == test["pairs"] - test["without_id"]
        assert sum(1 for n in seen[0].values() if n > 1) == test["repeated_ids"]


def test_the_log_holds_both_sides(folder: Path, truth: dict[str, dict]) -> None:
    """Each line of the mirrored test is whole, and its answers and gaps are those of the truth."""
    test = truth["support-replies"]
    files = sorted((folder / "logs" / "support-replies").rglob("*.jsonl"))
    lines = [line for file in files for line in file.read_bytes().splitlines()]
    production = [parse_logged(line, "production") for line in lines]
    shadow = [parse_logged(line, "shadow") for line in lines]
    assert len(lines) == test["requests"] == sum(one is not None for one in production)
    answered = [one for one in shadow if one is not None and one.failure is None]
    assert len(answered) == test["shadow"]["records"] == test["pairs"]
    assert test["missing_shadow"] == len(lines) - len(answered) > 0
    assert len(files) == test["production"]["files"]
    assert all(one is not None and one.latency_ms for one in production)


def test_every_key_is_in_sagemakers_layout(folder: Path, captured_tests: dict[str, dict]) -> None:
    """Endpoint, variant and hour are read back from each key, and records lie near that hour."""
    for test in captured_tests.values():
        for side in (test["production"], test["shadow"]):
            for file in captured(folder, test["name"], side["variant"]):
                place = place_of(str(file.parent))
                assert (place.endpoint, place.variant) == (test["name"], side["variant"])
                try:
                    first = parse_record(file.read_bytes().splitlines()[0]).time
                except NotARecord:
                    continue
                assert first.replace(minute=0, second=0) == place.hour
                assert file.name.startswith(f"{first:%M-%S}-")


def test_every_hour_of_the_week_is_seen_where_promised(folder: Path) -> None:
    """The fraud scores cover all 168 hours of the week; the delivery times about one day."""

    def hours(test: str, variant: str) -> set[tuple[int, int]]:
        found = [place_of(str(f.parent)).hour for f in captured(folder, test, variant)]
        return {(hour.weekday(), hour.hour) for hour in found}

    assert len(hours("fraud-scores", "AllTraffic")) == 168
    assert len(hours("delivery-minutes", "eta-2026-10")) <= 30


def test_the_configuration_names_what_lies_there(folder: Path) -> None:
    """Paths in understudy.toml exist, and a baseline has the test's features, in order."""
    written = tomllib.loads((folder / "understudy.toml").read_text(encoding="utf-8"))
    tests = written["tests"]
    assert all((Path(trial["location"]) / "index").is_dir() for trial in written["trials"].values())
    trained = tests["fraud-scores"]["training"].values()
    assert list(trained) == list(written["trials"])[:2]
    assert list(tests) == [
        *("fraud-scores", "ticket-routing", "delivery-minutes", "support-replies", "fraud-compact"),
    ]
    assert Path(tests.pop("support-replies")["log"]).is_dir()
    for test in tests.values():
        assert Path(test["captures"]).is_dir()
        assert list(baselines.feature_names(test["baseline"]) or ()) == test["features"]


def test_everything_may_be_tried_in_the_demo_account(folder: Path) -> None:
    """It is a stand-in: whatever Understudy can do is allowed, and no person has to be named."""
    actions = parse(folder / "understudy.toml").actions
    assert actions.allow == get_args(Action)
    assert not actions.four_eyes
    assert actions.role_arn is None


def test_model_monitor_has_looked_at_one_test(folder: Path) -> None:
    """Its files are of the form of real ones: all features compared, a report a day, and drift."""
    place = folder / "monitoring" / "ticket-routing"
    found = monitored_statistics.read(str(place / "baseline" / "statistics.json"), None)
    assert (len(found.columns), found.notes) == (8, ())
    window = Window(END - timedelta(days=7), END)
    read = violations.reports(str(place / "reports"), window, None).read
    assert [report.hour for report in read] == [END - timedelta(days=day) for day in range(3)]
    assert {v.about for report in read for v in report.violations} <= set(found.names)
    assert any(v.check == "baseline_drift_check" for report in read for v in report.violations)


def test_a_fresh_account_is_kept_and_an_old_one_made_anew(tmp_path: Path) -> None:
    """Within seven days nothing is written; after that the week shown has moved on."""
    place = tmp_path / "demo"
    now = END + timedelta(minutes=20)
    made = account.ensure(place, now=now, scale=0.01)
    before = made.stat().st_mtime_ns
    assert account.ensure(place, now=now + timedelta(days=6), scale=0.01) == made
    assert made.stat().st_mtime_ns == before
    account.ensure(place, now=now + timedelta(days=8), scale=0.01)
    end = json.loads((place / "truth.json").read_text(encoding="utf-8"))["end"]
    assert datetime.fromisoformat(end) == END + timedelta(days=8)
    assert [p.name for p in tmp_path.iterdir() if p.suffix != ".lock"] == ["demo"]


def test_two_processes_make_one_account(tmp_path: Path) -> None:
    """Whoever comes second waits and gets the account that the first one made."""
    code = (
        "import sys, pathlib; from demo.account import ensure; "
        "print(ensure(pathlib.Path(sys.argv[1]), scale=0.01).stat().st_mtime_ns)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "demo")]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
        for _ in range(2)
    ]
    first, second = (process.communicate()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert first == second


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    """A half-made account is never used, and does not stay on the disk."""
    half = tmp_path / ".demo.half-made-new"
    half.mkdir()
    (half / "understudy.toml").write_text("half a fi", encoding="utf-8")
    account.ensure(tmp_path / "demo", now=END, scale=0.01)
    assert not half.exists()


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    """The generator replaces only what it made itself."""
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(SourceError, match="not a demo account"):
        account.ensure(tmp_path, now=END, scale=0.01)
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "years of work"
