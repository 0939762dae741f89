"""The audit only grows, every line holds the one before, and of two who ask one acts."""

from __future__ import annotations

import hashlib
import json
import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from actions import audit
from actions.audit import Intent
from queries.errors import NotDone

INTENT = Intent(
    action="stop_training",
    target="job",
    made="2026-11-01T00:00:00+00:00",
    call="sagemaker:StopTrainingJob",
    role="role",
    reason="the loss is infinite — “stop”",
    person="ann@example.com",
    known_by="sign-in",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new" / "audit.jsonl"


def grown(file: Path, times: int) -> None:
    """Actions on as many jobs, each begun and done."""
    for at in range(times):
        intent = replace(INTENT, target=f"job-{at}")
        audit.begin(file, intent)
        audit.finish(file, intent, "done", result="stopping", request_id=f"r-{at}")


def test_every_line_holds_the_sum_of_the_one_before(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Anyone can check it with sha256sum; the sum of the newest line is in the log."""
    caplog.set_level(logging.WARNING)
    grown(file, 2)
    lines = file.read_bytes().splitlines()
    sums = [hashlib.sha256(line).hexdigest() for line in lines]
    assert [json.loads(line)["previous"] for line in lines] == ["0" * 64, *sums[:-1]]
    assert sums[-1] in caplog.messages[-1]
    chain = audit.read(file)
    assert (chain.head, chain.broken) == (sums[-1], None)
    assert [record.stage for record in chain.records] == ["begun", "done", "begun", "done"]
    assert chain.records[0].intent == replace(INTENT, target="job-0")
    assert chain.records[3].request_id == "r-1"
    assert chain.records[0].process.count("@") == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_line_that_was_changed_or_taken_out_is_noticed(file: Path, at: int) -> None:
    """The line after it no longer follows, and nothing is done until that is settled."""
    grown(file, 2)
    whole = file.read_bytes().splitlines(keepends=True)
    changed = [*whole]
    changed[at] = changed[at].replace(b"ann@", b"bob@")
    without = whole[:at] + whole[at + 1 :]
    for lines, told in ((changed, at + 2), (without, at + 1)):
        file.write_bytes(b"".join(lines))
        chain = audit.read(file)
        assert chain.broken is not None
        assert chain.broken.startswith(f"Line {told} of the audit")
        assert len(chain.records) == told - 1
        with pytest.raises(NotDone, match="does not follow"):
            audit.begin(file, INTENT)
        assert file.read_bytes() == b"".join(lines)


def test_a_line_that_was_cut_is_noticed(file: Path) -> None:
    """Wherever a machine stopped while it was written, even before the line's own end."""
    grown(file, 1)
    content = file.read_bytes()
    for cut in (1, 2, 40):
        file.write_bytes(content[:-cut])
        assert "is not whole" in str(audit.read(file).broken)
        with pytest.raises(NotDone, match=r"move it away"):
            audit.begin(file, INTENT)


def test_of_many_who_ask_at_once_one_acts(file: Path) -> None:
    """Eight at the same moment: one may, seven are told who was first."""

    def ask(at: int) -> str:
        try:
            audit.begin(file, replace(INTENT, person=f"person {at}"))
        except NotDone as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    winner = answers.index("")
    assert answers.count("") == 1
    told = [answer for answer in answers if answer]
    assert all(answer.startswith(f"person {winner} asked for this at ") for answer in told)
    assert len(audit.read(file).records) == 1


def test_what_failed_or_was_cut_off_may_be_asked_again(file: Path) -> None:
    """A refusal by AWS bars nobody; an action without a result does for some minutes."""
    audit.begin(file, INTENT)
    audit.finish(file, INTENT, "failed", result="refused", request_id="")
    begun = audit.begin(file, INTENT)
    with pytest.raises(NotDone, match="already"):
        audit.begin(file, INTENT)
    long_ago = datetime.fromisoformat(begun.time) - timedelta(minutes=6)
    line = json.loads(file.read_bytes().splitlines()[-1])
    line["time"] = long_ago.isoformat()
    kept = file.read_bytes().splitlines(keepends=True)[:-1]
    file.write_bytes(b"".join(kept) + json.dumps(line).encode() + b"\n")
    assert audit.begin(file, INTENT).number == 4


def test_what_was_done_is_not_done_twice(file: Path) -> None:
    """To the same job; another one of that name is another."""
    audit.begin(file, replace(INTENT, known_by="not signed in"))
    audit.finish(file, replace(INTENT, known_by="not signed in"), "done", result="", request_id="")
    with pytest.raises(NotDone, match=r"^Somebody asked for this at 20"):
        audit.begin(file, INTENT)
    assert audit.begin(file, replace(INTENT, made="2026-11-02T00:00:00+00:00")).number == 3


def test_where_nothing_can_be_written_nothing_may_be_done(tmp_path: Path) -> None:
    """A folder in its place, or a file in the place of its folder: a sentence."""
    with pytest.raises(NotDone, match="cannot be"):
        audit.begin(tmp_path, INTENT)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(NotDone, match="cannot be written"):
        audit.begin(tmp_path / "file" / "audit.jsonl", INTENT)


def test_another_process_that_writes_is_waited_for(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a while; then it is told, and nothing is done."""
    from filelock import FileLock

    monkeypatch.setattr(audit, "_WAIT_S", 0.05)
    file.parent.mkdir()
    with (
        FileLock(f"{file}.lock", thread_local=False),
        pytest.raises(NotDone, match="by somebody else"),
    ):
        audit.begin(file, INTENT)
    assert [each.name for each in file.parent.iterdir()] == ["audit.jsonl.lock"]
