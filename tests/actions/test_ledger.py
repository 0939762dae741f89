"""A chain only grows, each record holds the one before, and of many who claim one does."""

from __future__ import annotations

import hashlib
import json
import logging
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions import ledger as ledgers
from actions.ledger import Ledger, is_over, opened, this_process
from actions.records import HIDDEN, Chain, Intent, Record, line, masked, parse
from actions.steps import Call, Change, Plan, Rehearsal, Wait
from queries.config import Aws
from queries.errors import NotDone, SourceError
from tests.queries import bucket

ROOT = Path(__file__).parents[2]

TARGET = "fraud-scores"
PLAN = Plan(
    action="promote",
    target=TARGET,
    fingerprint="f" * 64,
    steps=(
        Call("sagemaker", "CreateEndpointConfig", {"EndpointConfigName": "new"}, "Makes it."),
        Call(
            *("sagemaker", "CreateInferenceExperiment"),
            {"Schedule": {"EndTime": datetime(2026, 12, 1, tzinfo=UTC)}, "Weights": [0.5, 1]},
            "Starts it.",
            idempotent=False,
        ),
        Wait("settled", TARGET, "new", "It runs."),
        Rehearsal("green", 50, 0.95, "Tried."),
    ),
    now={"ProductionVariants": [{"ModelName": "old"}]},
    after={"ProductionVariants": [{"ModelName": "new"}]},
    changes=(Change("ProductionVariants[A].ModelName", "old", "new"),),
    config_name="new",
    previous="old",
    notes=("It takes minutes.",),
)
INTENT = Intent(
    person="ann@example.com",
    known_by="sign-in",
    signed_in="2026-11-25T09:00:00+00:00",
    reason="better on every slice — “yes”",
    role="arn:aws:iam::111122223333:role/deployer",
    plan=PLAN,
    evidence="e" * 64,
)


@pytest.fixture(params=["folder", "s3"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger: in a folder, and in a bucket."""
    if request.param == "folder":
        yield opened(str(tmp_path / "new" / "audit"), Aws())
        return
    server = bucket.StandIn(tmp_path)
    server.put("other/key")
    yield opened(f"s3://{bucket.BUCKET}/new/audit", Aws(endpoint_url=server.url))
    server.stop()


@pytest.fixture
def drawer(ledger: Ledger, tmp_path: Path) -> Path:
    """The folder in which the records of the target lie, or the bucket's stand-in keeps them."""
    return tmp_path / (bucket.BUCKET if "s3:" in ledger.location else "") / "new/audit" / TARGET


def record(at: int = 0, **given: object) -> Record:
    return replace(Record(TARGET, "promote", f"change-{at}", "begun", intent=INTENT), **given)


def grown(ledger: Ledger, times: int) -> None:
    """A chain of as many records, the first with its intent."""
    for at in range(times):
        told = record(intent=INTENT if at == 0 else None, text=f"step {at}", step=at)
        assert ledger.append(TARGET, lambda chain, told=told: told) is not None


def files(drawer: Path) -> list[Path]:
    return sorted(drawer.glob("*.json"))


def test_a_record_holds_the_sum_of_the_one_before(
    ledger: Ledger, drawer: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Anyone can check it with sha256sum; the sum of the newest one is in the log."""
    caplog.set_level(logging.WARNING)
    grown(ledger, 3)
    contents = [file.read_bytes() for file in files(drawer)]
    assert [file.name for file in files(drawer)] == [f"0000000{n}.json" for n in (1, 2, 3)]
    assert all(content.count(b"\n") == 1 and content.endswith(b"\n") for content in contents)
    sums = [hashlib.sha256(content).hexdigest() for content in contents]
    held = [json.loads(content)["previous"] for content in contents]
    assert held == ["0" * 64, *sums[:-1]]
    assert sums[-1] in caplog.messages[-1]
    chain = ledger.read(TARGET)
    assert (chain.head, chain.broken) == (sums[-1], None)
    assert [each.number for each in chain.records] == [1, 2, 3]
    assert chain.newest_first == chain.records[::-1]
    assert chain.records[0].process.count("@") == 1
    assert ledger.targets() == (TARGET,)


def test_a_plan_comes_back_as_it_was(ledger: Ledger) -> None:
    """To the letter, with its times: what is resumed after a restart is what was begun."""
    grown(ledger, 1)
    (found,) = ledger.read(TARGET).records
    assert found.intent is not None
    for name in ("steps", "now", "after", "changes", "notes", "config_name", "previous"):
        assert getattr(found.intent.plan, name) == getattr(PLAN, name)
    assert replace(found.intent, plan=PLAN) == INTENT


def test_values_of_a_containers_environment_are_not_written_down() -> None:
    """They often are secrets; their names stay, wherever they stand."""
    container = {"Environment": {"TOKEN": "secret"}, "Image": "i"}
    plan = replace(
        PLAN,
        steps=(Call("sagemaker", "CreateModel", {"Containers": [container]}, "Makes it."),),
        now={"a": {"b": [container]}},
        after=container,
    )
    assert "secret" not in str(masked(plan))
    assert str(masked(plan)).count(f"'TOKEN': '{HIDDEN}'") == 3
    assert masked(PLAN).steps == PLAN.steps


def test_a_record_that_was_changed_is_noticed(ledger: Ledger, drawer: Path) -> None:
    """The one after it no longer follows, and nothing is done until that is settled."""
    grown(ledger, 3)
    first = files(drawer)[0]
    first.write_bytes(first.read_bytes().replace(b"ann@", b"bob@"))
    chain = ledger.read(TARGET)
    assert f"Record 2 of {TARGET}" in str(chain.broken)
    assert "does not follow" in str(chain.broken)
    assert len(chain.records) == 1
    with pytest.raises(NotDone, match="nothing is done on fraud-scores until that is settled"):
        grown(ledger, 1)
    assert len(files(drawer)) == 3


def test_a_record_that_was_taken_out_is_noticed(ledger: Ledger, drawer: Path) -> None:
    """It is missed by its number."""
    grown(ledger, 3)
    files(drawer)[1].unlink()
    assert f"Record 2 of {TARGET}" in str(ledger.read(TARGET).broken)
    assert "is missing" in str(ledger.read(TARGET).broken)
    files(drawer)[0].unlink()
    assert "Record 1" in str(ledger.read(TARGET).broken)


def test_records_that_were_exchanged_are_noticed(ledger: Ledger, drawer: Path) -> None:
    """Each knows its number, and whom it follows."""
    grown(ledger, 3)
    second, third = (file.read_bytes() for file in files(drawer)[1:])
    files(drawer)[1].write_bytes(third)
    files(drawer)[2].write_bytes(second)
    chain = ledger.read(TARGET)
    assert "Record 2" in str(chain.broken)
    assert len(chain.records) == 1


@pytest.mark.parametrize("left", [0, 1, -2, -40])
def test_a_record_that_was_cut_is_noticed(ledger: Ledger, drawer: Path, left: int) -> None:
    """To nothing, or by a few bytes."""
    grown(ledger, 2)
    last = files(drawer)[-1]
    last.write_bytes(last.read_bytes()[:left])
    assert "Record 2" in str(ledger.read(TARGET).broken)
    assert "is not whole" in str(ledger.read(TARGET).broken)


def test_a_change_that_nobody_asked_for_does_not_follow(ledger: Ledger) -> None:
    """Of every change its first record says who wants it and why; one put in is noticed."""
    grown(ledger, 2)
    ledger.append(TARGET, lambda _: record(7, intent=None))
    chain = ledger.read(TARGET)
    assert "Record 3" in str(chain.broken)
    assert len(chain.records) == 2


def test_a_record_of_another_target_does_not_follow(ledger: Ledger, drawer: Path) -> None:
    """A chain cannot be put in another's place."""
    grown(ledger, 2)
    drawer.rename(drawer.with_name("other"))
    assert "does not follow" in str(ledger.read("other").broken)


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a chain of six records."""
    folder = tmp_path_factory.mktemp("six")
    grown(opened(str(folder), Aws()), 6)
    return folder


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True),
    st.binary(min_size=1, max_size=8),
    st.integers(0),
)
def test_no_change_of_the_bytes_goes_unnoticed(
    six: Path, where: list[int], put: bytes, place: int
) -> None:
    """The chain is broken there, or the last record's sum is not the one that was logged."""
    ledger = opened(str(six), Aws())
    kept = {file: file.read_bytes() for file in files(six / TARGET)}
    head = ledger.read(TARGET).head
    try:
        changed = False
        for file in [list(kept)[each] for each in where]:
            start = place % len(kept[file])
            other = kept[file][:start] + put + kept[file][start + len(put) :]
            changed = changed or other != kept[file]
            file.write_bytes(other)
        chain = ledger.read(TARGET)
        assert (chain.broken is not None or chain.head != head) == changed
    finally:
        for file, content in kept.items():
            file.write_bytes(content)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.datetimes(timezones=st.just(UTC)),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    ),
    st.text(),
)
def test_whatever_a_request_holds_comes_back(value: object, text: str) -> None:
    """Texts of any script, times and nested values; a record is one line all the same."""
    plan = replace(PLAN, steps=(Call("sagemaker", "O", {"V": value}, text),))
    content = line(record(text=text, intent=replace(INTENT, plan=plan)))
    assert content.count(b"\n") == 1
    found = parse(content)
    assert found.text == text
    assert found.intent is not None
    assert found.intent.plan.calls == plan.calls


@given(
    st.binary()
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["number", "$time"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_what_is_no_record_is_told_as_that(content: bytes) -> None:
    """Whatever lies there, reading it ends in ValueError, and a chain in a sentence."""
    with pytest.raises(ValueError):  # noqa: PT011 # whichever, a chain says its own
        parse(content)


def test_of_eight_who_claim_at_once_one_does(ledger: Ledger) -> None:
    """Each sees the chain empty and wants to be first; seven are asked again, and see who was."""
    refused: list[str] = []

    def claim(at: int) -> bool:
        def draft(chain: Chain) -> Record | None:
            if chain.records:
                refused.append(chain.records[0].change)
                return None
            return record(at)

        return ledger.append(TARGET, draft) is not None

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(claim, range(8)))
    assert won.count(True) == 1
    assert refused == [f"change-{won.index(True)}"] * 7
    assert len(ledger.read(TARGET).records) == 1


def test_eight_who_write_at_once_all_do(ledger: Ledger) -> None:
    """One after the other, in one chain that is whole."""
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda at: ledger.append(TARGET, lambda _: record(at)), range(8)))
    chain = ledger.read(TARGET)
    assert chain.broken is None
    assert sorted(each.number for each in written if each) == list(range(1, 9))
    assert {each.change for each in chain.records} == {f"change-{at}" for at in range(8)}


CLAIM = """
import sys
from actions.ledger import opened
from queries.config import Aws
from tests.actions.test_ledger import TARGET, record
made = opened(sys.argv[1], Aws()).append(
    TARGET, lambda chain: None if chain.records else record(text=sys.argv[2])
)
print(made is not None)
"""


def test_of_two_processes_one_claims(tmp_path: Path) -> None:
    """As of two threads: nothing but the folder is shared."""
    ran = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM, str(tmp_path), name],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    assert sorted(each.communicate()[0].strip() for each in ran) == ["False", "True"]


def test_chains_of_two_targets_know_nothing_of_each_other(ledger: Ledger) -> None:
    """A broken one bars nobody on another; and no name leads out of the ledger."""
    names = ("a", "a/b", "..", ".", "a:live", "rest api/prod")
    for name in names:
        ledger.append(name, lambda _, name=name: replace(record(), target=name))
    assert ledger.targets() == tuple(sorted(names))
    for name in names:
        (found,) = ledger.read(name).records
        assert (found.number, found.target) == (1, name)


def test_a_report_is_kept_beside_the_records(ledger: Ledger, drawer: Path) -> None:
    """By its sum; the same one once; and one that was altered is told."""
    report = "<html>verdict — promote</html>".encode()
    evidence = ledger.keep(TARGET, report)
    assert evidence == ledger.keep(TARGET, report) == hashlib.sha256(report).hexdigest()
    assert ledger.report(TARGET, evidence) == report
    assert ledger.read(TARGET) == Chain(TARGET, (), "0" * 64)
    (drawer / f"{evidence}.html").write_bytes(b"<html>verdict: keep</html>")
    with pytest.raises(SourceError, match="was altered"):
        ledger.report(TARGET, evidence)
    with pytest.raises(SourceError, match="is missing"):
        ledger.report(TARGET, "0" * 64)


def test_a_folder_is_the_owners_alone(tmp_path: Path) -> None:
    """Nobody else of the machine reads who did what and why; and nothing is left half made."""
    grown(opened(str(tmp_path / "audit"), Aws()), 2)
    (drawer,) = (tmp_path / "audit").iterdir()
    modes = {stat.S_IMODE(each.stat().st_mode) for each in drawer.iterdir()}
    assert (modes, stat.S_IMODE(drawer.stat().st_mode)) == ({0o600}, 0o700)
    assert len(list(drawer.iterdir())) == 2


def test_a_file_of_an_earlier_version_is_kept_and_not_written(tmp_path: Path) -> None:
    """It says so, when it is read and when it is written."""
    file = tmp_path / "audit.jsonl"
    file.write_text("{}\n", encoding="utf-8")
    ledger = opened(str(file), Aws())
    for asked in (lambda: ledger.read(TARGET), lambda: ledger.keep(TARGET, b""), ledger.targets):
        with pytest.raises((NotDone, SourceError), match="as earlier versions wrote it: keep it"):
            asked()
    assert file.read_text(encoding="utf-8") == "{}\n"


def test_where_nothing_can_be_written_nothing_is_claimed(tmp_path: Path) -> None:
    """A file in the place of a target's folder: a sentence."""
    (tmp_path / TARGET).write_text("", encoding="utf-8")
    with pytest.raises((NotDone, SourceError), match="cannot be"):
        grown(opened(str(tmp_path), Aws()), 1)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(403, "AccessDenied", "permission PutObject"), (400, "ExpiredToken", "sign in again")],
)
def test_a_refusal_of_s3_is_told(tmp_path: Path, status: int, code: str, words: str) -> None:
    """With its remedy; nothing was claimed."""
    server = bucket.StandIn(tmp_path)
    ledger = opened(f"s3://{bucket.BUCKET}/audit", Aws(endpoint_url=server.url))
    server.put("other/key")
    server.fault = lambda path, count: (status, code) if path.endswith(".json") else None
    try:
        with pytest.raises(NotDone, match=words):
            grown(ledger, 1)
        server.fault = lambda path, count: (status, code)
        with pytest.raises(SourceError):
            ledger.read(TARGET)
    finally:
        server.stop()


def test_a_put_that_took_effect_unheard_is_ours(tmp_path: Path) -> None:
    """S3 wrote it and the answer was lost: asked again it finds its own record, and claims once."""
    server = bucket.StandIn(tmp_path)
    ledger = opened(f"s3://{bucket.BUCKET}/audit", Aws(endpoint_url=server.url))
    server.put("other/key")
    server.unheard = 1
    try:
        grown(ledger, 1)
    finally:
        server.stop()
    puts = [each for each in server.requests if "if-none-match" in each.headers]
    assert len(puts) == 2
    assert len(ledger_files(tmp_path)) == 1


def ledger_files(folder: Path) -> list[Path]:
    return sorted((folder / bucket.BUCKET / "audit" / TARGET).iterdir())


def test_what_was_read_of_s3_is_not_read_again(tmp_path: Path) -> None:
    """A chain of years is listed at every look, and only its new records are fetched."""
    server = bucket.StandIn(tmp_path)
    ledger = opened(f"s3://{bucket.BUCKET}/audit", Aws(endpoint_url=server.url))
    server.put("other/key")
    try:
        grown(ledger, 5)
        server.requests.clear()
        assert len(ledger.read(TARGET).records) == 5
        assert len(ledger.read(TARGET).records) == 5
        assert len(server.gets) <= 1  # the fifth, the first time
    finally:
        server.stop()


def test_a_process_is_known_to_be_over() -> None:
    """By its number, where it ran on this machine; of one that ran elsewhere nothing is known."""
    assert not is_over(this_process())
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    who, number, started = this_process().split(" ")
    assert is_over(f"{who} {ended.pid} {started}")
    # a container's first process has the same number after a restart
    assert is_over(f"{who} {number} before00")
    assert not is_over(f"somebody@elsewhere {ended.pid} {started}")
    assert not is_over(f"{who} 1 {started}")
    assert ledgers.this_process() == this_process()
