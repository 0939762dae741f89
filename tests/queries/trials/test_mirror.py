"""Is a trial of S3 copied with few requests, whole, once, and past what S3 does in between?"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from queries.config import Aws
from queries.errors import AwsError, SourceError
from queries.progress import Progress
from queries.trials import s3_trial
from queries.trials.mirror import mirror
from tests.queries.bucket import BUCKET, StandIn
from tests.queries.trials.saved import read_trial, write_trial

PREFIX = "out/job-1/debug-output"
LAST = "events/000000000002/000000000002_worker_0.tfevents"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One stand-in for the module; starting it takes longer than a test."""
    stand_in = StandIn(tmp_path_factory.mktemp("s3"))
    yield stand_in
    stand_in.stop()


@pytest.fixture
def bucket(server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The stand-in with one trial of three steps and two workers, and no faults."""
    monkeypatch.setattr(s3_trial, "_PAUSE_S", 0.001)
    old = server.folder / BUCKET
    if old.exists():
        old.rename(tmp_path / "old")
    write_trial(old / PREFIX)
    server.requests.clear()
    server.fault = lambda path, count: None
    return server


def copied(bucket: StandIn, cache: Path, location: str = f"s3://{BUCKET}/{PREFIX}") -> Path:
    return mirror(location, cache=cache, aws=Aws(endpoint_url=bucket.url))


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_first_opening_costs_one_get_a_file(bucket: StandIn, tmp_path: Path) -> None:
    """At most 1.2 requests for each index and event file, however many values are in them.

    Of a trial with 25 steps of two workers, whose one-time LISTs weigh little.
    """
    shutil.rmtree(bucket.folder / BUCKET / PREFIX)
    written = write_trial(bucket.folder / BUCKET / PREFIX, steps=25)
    folder = copied(bucket, tmp_path)
    assert len(bucket.requests) <= 1.2 * (50 + 50)
    assert len(bucket.lists) == 4
    assert sorted(bucket.gets) == sorted(f"{PREFIX}/{name}" for name in names(folder))
    files, values, faults = read_trial(folder)
    assert {place: value.tobytes() for place, value in values.items()} == written
    assert (files.notes, faults) == ((), [])


def test_the_second_opening_only_lists(bucket: StandIn, tmp_path: Path) -> None:
    """What is here and unchanged is not asked for again, with or without a closing slash."""
    folder = copied(bucket, tmp_path)
    bucket.requests.clear()
    assert copied(bucket, tmp_path, f"s3://{BUCKET}/{PREFIX}/") == folder
    assert bucket.gets == []
    assert len(bucket.lists) == 4


def test_a_running_trial_is_followed(bucket: StandIn, tmp_path: Path) -> None:
    """A later visit fetches the new step and the end alone; files keep S3's own times."""
    trial = bucket.folder / BUCKET / PREFIX
    later = tmp_path / "later"
    shutil.copytree(trial, later)
    (trial / "training_job_end.ts").unlink()
    for path in trial.rglob("*000000000002_*"):
        path.unlink()
    for path in trial.rglob("*.json"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    folder = copied(bucket, tmp_path)
    files = read_trial(folder)[0]
    assert not files.ended
    assert files.newest == 1_700_000_000
    for path in later.rglob("*"):
        if path.is_file() and not (trial / path.relative_to(later)).exists():
            bucket.put(f"{PREFIX}/{path.relative_to(later)}", path.read_bytes())
    bucket.requests.clear()
    copied(bucket, tmp_path)
    assert len(bucket.gets) == 2 * 2 + 1
    assert names(folder) == names(later)


def test_indices_come_after_their_values_and_the_end_last(bucket: StandIn, tmp_path: Path) -> None:
    """Whoever reads the folder meanwhile never finds a step without its values."""
    copied(bucket, tmp_path)
    kinds = [key.removeprefix(f"{PREFIX}/").partition("/")[0] for key in bucket.gets]
    values = [at for at, kind in enumerate(kinds) if kind == "events"]
    indices = [at for at, kind in enumerate(kinds) if kind == "index"]
    assert max(values) < min(indices)
    assert kinds.index("training_job_end.ts") == len(kinds) - 1


def test_only_a_trials_files_are_fetched(bucket: StandIn, tmp_path: Path) -> None:
    """Neither TensorBoard's files, nor whatever else lies there, nor names that lead out."""
    folder = copied(bucket, tmp_path)
    before = names(folder)
    for name in (
        "tensorboard/TRAIN/000000000000_1_host.tfevents",
        "index/000000000/000000000007_worker_0.json.tmp",
        "events/notes.txt",
        "index/000000000/..\\..\\000_x.json",
        "model.tar.gz",
    ):
        bucket.put(f"{PREFIX}/{name}")
    bucket.put(f"{PREFIX}-other/index/000000000/000000000000_worker_0.json")
    bucket.requests.clear()
    copied(bucket, tmp_path)
    assert bucket.gets == []
    assert names(folder) == before


@pytest.mark.parametrize(
    "name",
    [
        "index/../../000_x.json",
        "index/000000000/000_../../../x.json",
        "events/0/../../../../x.tfevents",
        "/etc/passwd",
        "collections/0/..",
        "index/0/0_a\\..\\b.json",
        "index/0/0_a\0.json",
        "system/incremental/../../x.json",
        "system/incremental/2026/..\\x.json",
        "framework/pevents/2026/../x.json",
        "framework/tensorflow/detailed_profiling/1/1/plugins/profile/../x.trace.json.gz",
    ],
)
def test_no_key_leads_out_of_the_folder(name: str) -> None:
    """A key is any text; only one that names a file of the layout becomes a path here."""
    assert s3_trial.DEBUG_OUTPUT.wanted.fullmatch(name) is None
    assert s3_trial.PROFILER_OUTPUT.wanted.fullmatch(name) is None


@pytest.mark.parametrize("fault", [(503, "SlowDown"), (500, "InternalError"), "break off"])
def test_a_passing_failure_is_retried(
    bucket: StandIn, tmp_path: Path, fault: tuple[int, str] | str
) -> None:
    """Throttling, a server's error and a cut transfer are asked again before giving up."""
    bucket.fault = lambda path, count: fault if count == 1 and "_worker_0" in path else None
    _, values, faults = read_trial(copied(bucket, tmp_path))
    assert (len(values), faults) == (24, [])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ((403, "AccessDenied"), "s3:GetObject"),
        ((404, "NoSuchKey"), "The object is gone"),
        ((412, "PreconditionFailed"), "changed since it was listed"),
        ("break off", "broke off 4 times"),
    ],
)
def test_a_lasting_failure_is_a_sentence_and_the_rest_is_kept(
    bucket: StandIn, tmp_path: Path, fault: tuple[int, str] | str, said: str
) -> None:
    """Refused, vanished, changed, cut: the file is named, nothing half lies there, none is lost.

    The next visit goes on from there.
    """
    bucket.fault = lambda path, count: fault if path.endswith(LAST) else None
    with pytest.raises(SourceError, match=said) as caught:
        copied(bucket, tmp_path)
    assert f"s3://{BUCKET}/{PREFIX}/{LAST}" in str(caught.value)
    (folder,) = tmp_path.glob("trials/*/debug-output")
    here = names(folder)
    assert not any(name.endswith(".part") or name.startswith("index/") for name in here)
    bucket.fault = lambda path, count: None
    bucket.requests.clear()
    copied(bucket, tmp_path)
    again = {key.removeprefix(f"{PREFIX}/") for key in bucket.gets}
    assert LAST in again
    assert again.isdisjoint(here)
    assert len(read_trial(folder)[1]) == 24


def test_a_copy_that_was_killed_is_completed(bucket: StandIn, tmp_path: Path) -> None:
    """A journal's cut line, a file that was lost, one of another size: these are fetched anew."""
    folder = copied(bucket, tmp_path)
    journal = folder.with_name("copied.jsonl")
    journal.write_bytes(journal.read_bytes()[:-10])
    (folder / LAST).write_bytes(b"half")
    lost = "index/000000000/000000000001_worker_1.json"
    (folder / lost).unlink()
    bucket.requests.clear()
    copied(bucket, tmp_path)
    assert {key.removeprefix(f"{PREFIX}/") for key in bucket.gets} == {
        LAST,
        lost,
        "training_job_end.ts",
    }
    assert len(read_trial(folder)[1]) == 24
    bucket.requests.clear()
    copied(bucket, tmp_path)
    assert bucket.gets == []


def test_what_changed_is_fetched_and_what_is_gone_removed(bucket: StandIn, tmp_path: Path) -> None:
    """A job that ran again under its name is the new one; the old one's steps are not mixed in."""
    folder = copied(bucket, tmp_path)
    trial = bucket.folder / BUCKET / PREFIX
    shutil.rmtree(trial)
    written = write_trial(trial, steps=2, workers=1)
    copied(bucket, tmp_path)
    _, values, faults = read_trial(folder)
    assert {place: value.tobytes() for place, value in values.items()} == written
    assert faults == []
    assert names(folder) == names(trial)


def test_a_refused_list_is_a_sentence(bucket: StandIn, tmp_path: Path) -> None:
    """Nothing of a trial is shown that could not be listed whole."""
    bucket.fault = lambda path, count: (403, "AccessDenied")
    with pytest.raises(AwsError, match="s3:ListBucket") as caught:
        copied(bucket, tmp_path)
    assert caught.value.call == "ListObjectsV2"


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("out/job-1", f"s3://{BUCKET}/{PREFIX} is there: name that"),
        ("out", "It holds job-1/: name the folder of the job"),
        ("nowhere", "Nothing lies there"),
        (f"{PREFIX}/index/000000000", "holds no Debugger trial"),
    ],
)
def test_a_prefix_without_a_trial_says_where_one_is(
    bucket: StandIn, tmp_path: Path, prefix: str, said: str
) -> None:
    """Who names the job, or the folder of all jobs, learns what to name."""
    with pytest.raises(SourceError, match=said):
        copied(bucket, tmp_path, f"s3://{BUCKET}/{prefix}")


def test_two_at_once_copy_once(bucket: StandIn, tmp_path: Path) -> None:
    """Of two sessions that open a trial together, one waits and finds all of it there."""
    found: list[Path] = []
    both = [
        threading.Thread(target=lambda: found.append(copied(bucket, tmp_path))) for _ in range(2)
    ]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert found[0] == found[1]
    assert len(bucket.gets) == len(set(bucket.gets)) == len(names(found[0]))


def test_progress_is_told_in_the_callers_thread(bucket: StandIn, tmp_path: Path) -> None:
    """First what the listing found, at last every file and byte; a page can be drawn meanwhile."""
    told: list[Progress] = []
    threads: set[int] = set()

    def tell(progress: Progress) -> None:
        told.append(progress)
        threads.add(threading.get_ident())

    where = f"s3://{BUCKET}/{PREFIX}"
    folder = mirror(where, cache=tmp_path, aws=Aws(endpoint_url=bucket.url), progress=tell)
    size = sum((folder / name).stat().st_size for name in names(folder))
    assert told[0].listing
    assert not told[-1].listing
    assert (told[-1].files_done, told[-1].files) == (len(names(folder)), len(names(folder)))
    assert (told[-1].bytes_done, told[-1].bytes) == (size, size)
    assert threads == {threading.get_ident()}


def test_a_full_disk_is_told_before_anything_is_fetched(
    bucket: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial that does not fit is not begun."""
    monkeypatch.setattr("queries.trials.mirror._ROOM_LEFT", 1 << 62)
    with pytest.raises(SourceError, match="make room there"):
        copied(bucket, tmp_path)
    assert bucket.gets == []
