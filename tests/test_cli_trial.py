"""Can a pipeline rely on the review of a training: exit codes, JSON, sentences for what fails?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.queries.bucket import BUCKET, StandIn
from tests.test_cli import ROOT, assert_failed, home, promised, run

__all__ = ["home"]

SHADOW, NEXT = "fraud-net-shadow", "fraud-net-next"


@pytest.fixture
def bucket(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """S3 with the demo's shadow trial in it, for whoever is sent there."""
    account = Path(json.loads(run("demo", "--format", "json").stdout)["path"]).parent
    stand_in = StandIn(tmp_path)
    place = tmp_path / BUCKET / "jobs" / SHADOW
    shutil.copytree(account / "trials" / SHADOW, place)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", stand_in.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    yield stand_in
    stand_in.stop()


def fired(answer: dict) -> set[str]:
    """The rules that fired."""
    return {rule["name"] for rule in answer["rules"] if rule["status"] == "fired"}


def test_the_fields_are_those_promised(home: Path) -> None:
    """The JSON has the fields of the docs' example, in all its objects, and no NaN."""
    result = run("trial", SHADOW, "--format", "json")
    assert (result.exit_code, result.stderr) == (1, "")
    answer = json.loads(result.stdout, parse_constant=pytest.fail)
    example = promised("trial")
    assert list(answer) == list(example)
    for part in ("rules", "aws_rules"):
        assert {tuple(each) for each in answer[part]} == {tuple(example[part][0])}
    assert (answer["modes"], answer["steps"]) == (example["modes"], example["steps"])
    assert len(answer["tensors"]) == 65


def test_the_exit_code_is_1_when_rules_fired(home: Path) -> None:
    """The shadow's gradients vanish; what cannot tell is listed and does not count as fired."""
    answer = json.loads(run("trial", SHADOW, "--format", "json").stdout)
    assert "VanishingGradient" in fired(answer)
    (vanishing,) = (rule for rule in answer["rules"] if rule["name"] == "VanishingGradient")
    assert (vanishing["mode"], vanishing["first_step"]) == ("TRAIN", 0)
    assert vanishing["value"] < vanishing["threshold"] == 1e-7
    assert all("layers.9" not in tensor for tensor in vanishing["tensors"])
    (aws,) = (rule for rule in answer["aws_rules"] if rule["name"] == "VanishingGradient")
    assert aws["status"] == "IssuesFound"


def test_the_exit_code_is_0_when_none_fired(home: Path) -> None:
    """Production's training is sound, although several rules cannot tell."""
    result = run("trial", "fraud-net-production", "--format", "json")
    answer = json.loads(result.stdout)
    assert (fired(answer), result.exit_code) == (set(), 0)
    assert "unknown" in {rule["status"] for rule in answer["rules"]}


def test_a_folder_needs_no_configuration(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial's own folder, or its job's, is reviewed as it lies; no demo account is written."""
    account = Path(json.loads(run("demo", "--format", "json").stdout)["path"]).parent
    job = account / "trials" / SHADOW
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    answers = [
        json.loads(run("trial", place, "--format", "json").stdout)
        for place in (job, job / "debug-output")
    ]
    assert fired(answers[0]) == fired(answers[1]) >= {"VanishingGradient"}
    assert not (tmp_path / "understudy" / "demo").exists()
    with_machines = run(
        *("trial", job, "--profiler", job / "profiler-output", "--format", "json"),
    )
    assert "CPUBottleneck" in fired(json.loads(with_machines.stdout)) - fired(answers[0])


def test_a_trial_of_s3_is_the_same_trial(home: Path, bucket: StandIn) -> None:
    """Read over HTTP, every rule says what it says of the files on disk."""
    job = f"s3://{BUCKET}/jobs/{SHADOW}"
    place, profiler = f"{job}/debug-output", f"{job}/profiler-output"
    result = run("trial", place, "--profiler", profiler, "--format", "json")
    assert result.exit_code == 1, result.stderr
    local = json.loads(run("trial", SHADOW, "--format", "json").stdout)
    remote = json.loads(result.stdout)
    assert remote["location"] == place
    told = [{r["name"]: r["sentence"] for r in answer["rules"]} for answer in (local, remote)]
    assert told[0] == told[1]


def test_rules_are_set_in_the_configuration(home: Path, tmp_path: Path) -> None:
    """A threshold of the file is the one that decides."""
    account = Path(json.loads(run("demo", "--format", "json").stdout)["path"])
    path = tmp_path / "understudy.toml"
    place = json.dumps(str(account.parent / "trials" / SHADOW))
    path.write_text(
        f"[trials.november]\nlocation = {place}\n"
        "[rules.VanishingGradient]\nthreshold = 1e-20\ncritical = false\n",
        encoding="utf-8",
    )
    answer = json.loads(run("trial", "november", "--config", path, "--format", "json").stdout)
    assert answer["trial"] == "november"
    (rule,) = (rule for rule in answer["rules"] if rule["name"] == "VanishingGradient")
    assert (rule["status"], rule["threshold"], rule["critical"]) == ("not_fired", 1e-20, False)


def test_another_trial_can_be_compared_with(home: Path) -> None:
    """With `--other` the rule that compares two runs has something to say."""
    answer = json.loads(
        run("trial", SHADOW, "--other", "fraud-net-production", "--format", "json").stdout
    )
    assert answer["against"] == "fraud-net-production"
    (rule,) = (rule for rule in answer["rules"] if rule["name"] == "SimilarAcrossRuns")
    assert rule["status"] != "unknown"


def test_a_person_reads_every_sentence(home: Path) -> None:
    """In words: what fired first, the tensors and the remedy of each, and what AWS said."""
    told = run("trial", SHADOW)
    answer = json.loads(run("trial", SHADOW, "--format", "json").stdout)
    assert told.exit_code == 1
    first, *rest = told.stdout.splitlines()
    assert first.startswith(f"{SHADOW}: {len(fired(answer))} of {len(answer['rules'])} rules fired")
    assert rest[2].startswith("  ✕ VanishingGradient (critical): ")
    for rule in answer["rules"]:
        assert rule["sentence"] in told.stdout
    assert "AWS        VanishingGradient: IssuesFound" in told.stdout


def test_a_running_job_is_reviewed_as_far_as_it_is(home: Path) -> None:
    """A training without an end is no error: a note says that it has not ended."""
    result = run("trial", NEXT, "--format", "json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert not answer["ended"]
    assert any("has not written that it ended" in note for note in answer["notes"])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("nowhere/at/all",), ("nowhere/at/all is no folder", "s3://…/debug-output")),
        (("fraud-net-shdow",), ("fraud-net-shdow",)),
        ((SHADOW, "--other", "no such/job"), ("no such/job is no folder",)),
        ((SHADOW, "--format", "yaml"), ("yaml",)),
        ((), ("TRIAL",)),
    ],
)
def test_what_is_no_trial_is_an_error(
    home: Path, asked: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """A place, a name or a job that is not there is a sentence, and never taken for a result."""
    assert_failed(run("trial", *asked), *words)


def test_a_folder_without_a_trial_is_an_error(home: Path, tmp_path: Path) -> None:
    """A folder of something else says what a trial's folder would hold."""
    (tmp_path / "notes.txt").write_text("nothing", encoding="utf-8")
    assert_failed(run("trial", tmp_path), str(tmp_path))


def test_metrics_that_cannot_be_read_are_a_note(home: Path, tmp_path: Path) -> None:
    """The rules on tensors are not lost for a wrong place of the profiler's files."""
    result = run("trial", SHADOW, "--profiler", tmp_path / "nowhere", "--format", "json")
    answer = json.loads(result.stdout)
    assert "VanishingGradient" in fired(answer)
    assert any("nowhere" in note for note in answer["notes"])


@pytest.mark.parametrize(
    ("name", "rule", "code"),
    [("pt_healthy_mlp", None, 0), ("pt_vanishing_sigmoid", "VanishingGradient", 1)],
)
def test_recorded_trials_as_a_process_of_their_own(
    home: Path, corpus: Path, name: str, rule: str | None, code: int
) -> None:
    """As a pipeline runs it on what real hooks wrote: code, JSON on stdout, nothing on stderr."""
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "cli.py"), "trial", str(corpus / "trials" / name)),
            *("--format", "json"),
        ],
        capture_output=True,
        check=False,
        cwd=home,
    )
    assert (done.returncode, done.stderr) == (code, b"")
    found = fired(json.loads(done.stdout))
    assert rule in found if rule else not found
