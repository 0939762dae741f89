"""Is everything read once, whatever happens in between, and accounted for?"""

from __future__ import annotations

import contextlib
import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from queries import ingest as ingesting
from queries import segments
from queries.config import Aws, Prediction
from queries.errors import SourceError
from queries.ingest import Ingested, ingest
from queries.pairing import pair
from queries.progress import Progress
from queries.samples import Captures
from tests.queries.bucket import BUCKET, StandIn
from tests.queries.capturing import (
    NOON,
    capture_file,
    content,
    line,
    rows_of,
)

ROOT = Path(__file__).parents[2]


def lines(first: int, count: int, answer: Callable[[int], str] | None = None) -> list[bytes]:
    """Records numbered from ``first``, one a second."""
    given = answer or (lambda n: f"0.{n % 100:02}")
    return [
        line(f"{n},{n % 7}", given(n), at=n, event=f"e{n}", inference=f"r{n}")
        for n in range(first, first + count)
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of captures and the folder they are read into."""

    captures: Path
    cache: Path

    def put(self, number: int, found: list[bytes] | bytes, variant: str = "AllTraffic") -> Path:
        """A capture file, its name in the order of ``number``."""
        return capture_file(self.captures, found, variant=variant, name=f"{number:05}.jsonl")

    def read(self, **captures: Any) -> Ingested:
        """Ingest what is there now."""
        asked = {"production": "AllTraffic", "shadow": "Shadow", **captures}
        progress = asked.pop("progress", None)
        return ingest(Captures(location=str(self.captures), **asked), self.cache, progress=progress)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder of captures."""
    (tmp_path / "captures").mkdir()
    return Place(tmp_path / "captures", tmp_path / "cache")


def events(ingested: Ingested) -> list[str]:
    """The event of every row."""
    return sorted(row["event_id"] for row in rows_of(ingested))


def numbered(*ranges: tuple[int, int]) -> list[str]:
    return sorted(f"e{n}" for first, count in ranges for n in range(first, first + count))


def altered_unseen(path: Path, found: list[bytes]) -> None:
    """Put other lines of the same size and time in place of a file: only a read can tell."""
    status = path.stat()
    path.write_bytes(content(found))
    assert path.stat().st_size == status.st_size
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def without_segment(ingested: Ingested) -> list[dict[str, Any]]:
    """All rows in an order of their own, without the names of files."""
    rows = rows_of(ingested)
    for row in rows:
        del row["segment"], row["line"]
    return sorted(rows, key=lambda row: (row["event_id"] or "", row["pos"], repr(row)))


def test_an_object_is_read_once(place: Place) -> None:
    """A second ingest reads nothing: what was changed behind its back is not seen."""
    path = place.put(1, lines(100, 20))
    before = rows_of(place.read())
    altered_unseen(path, lines(200, 20))
    assert rows_of(place.read()) == before


def test_new_objects_are_added(place: Place) -> None:
    """Objects that appear are read, and those read before are not counted again."""
    place.put(1, lines(100, 20))
    place.put(1, lines(100, 20), "Shadow")
    assert events(place.read()) == sorted(numbered((100, 20)) * 2)
    place.put(2, lines(120, 5))
    found = place.read()
    assert events(found) == sorted(numbered((100, 20), (120, 5)) + numbered((100, 20)))
    assert sum(segment.records for segment in found.of("AllTraffic")) == 25


def test_a_changed_object_is_read_again(place: Place) -> None:
    """Another size or time is another object: the old rows leave, the new ones come."""
    place.put(1, lines(100, 20))
    place.put(2, lines(120, 20))
    place.read()
    place.put(2, lines(300, 7))
    assert events(place.read()) == numbered((100, 20), (300, 7))


def test_a_deleted_object_leaves(place: Place) -> None:
    """What is no longer among the captures is no longer counted, down to nothing."""
    first, second = place.put(1, lines(100, 20)), place.put(2, lines(120, 20))
    place.read()
    first.unlink()
    assert events(place.read()) == numbered((120, 20))
    second.unlink()
    found = place.read()
    assert found.segments == ()
    assert found.readings == {}


def test_small_segments_are_merged(place: Place) -> None:
    """A test watched for weeks does not end as thousands of small files."""
    for number in range(6):
        place.put(number, lines(100 + 10 * number, 10))
        assert len(place.read().segments) == 1
    assert events(place.read()) == numbered((100, 60))


def test_large_segments_stay(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment that is large enough is not read again for what came after it."""
    monkeypatch.setattr(ingesting, "OPEN_BYTES", 1)
    path = place.put(1, lines(100, 20))
    (first,) = place.read().segments
    altered_unseen(path, lines(200, 20))
    place.put(2, lines(120, 20))
    found = place.read()
    assert found.segments[0].name == first.name
    assert events(found) == numbered((100, 40))


@pytest.mark.parametrize(
    ("prediction", "read_again"),
    [
        (Prediction(threshold=0.9), False),
        (Prediction(column=0), False),
        (Prediction(kind="regression"), False),
        (Prediction(column=1), True),
        (Prediction(argmax=True), True),
    ],
)
def test_only_what_changes_the_columns_is_read_again(
    place: Place, prediction: Prediction, read_again: bool
) -> None:
    """A threshold or a kind needs no new ingest; another column does."""
    two = lines(100, 20, lambda n: f"0.{n},0.5")
    place.put(1, two)
    before = rows_of(place.read(prediction=Prediction(column=0)))
    altered_unseen(next(place.captures.rglob("*.jsonl")), lines(200, 20, lambda n: f"0.{n},0.5"))
    wanted = (
        prediction
        if prediction.argmax
        else Prediction(
            column=prediction.column or 0, threshold=prediction.threshold, kind=prediction.kind
        )
    )
    assert (rows_of(place.read(prediction=wanted)) != before) == read_again


def test_a_threshold_alone_touches_nothing(place: Place) -> None:
    """With another threshold even the manifest stays as it is."""
    place.put(1, lines(100, 20))
    place.read()
    before = (place.cache / "manifest.json").stat().st_mtime_ns
    place.read(prediction=Prediction(threshold=0.9))
    assert (place.cache / "manifest.json").stat().st_mtime_ns == before


def test_a_guess_stays(place: Place) -> None:
    """Captures that arrive later and look different do not change how all are read."""
    place.put(5, lines(100, 20))
    before = place.read().readings
    place.put(1, lines(10, 90, lambda n: f"cat,0.{n}"))
    found = place.read()
    assert found.readings == before
    assert sum(segment.unreadable for segment in found.segments) == 90


def test_the_shadow_answers_the_same_question(place: Place) -> None:
    """If the shadow's first answers look like classes, it is still read as production is."""
    place.put(1, lines(100, 20, lambda n: f"{n}.5"))
    place.put(1, lines(100, 20, lambda n: str(n % 2)), "Shadow")
    kinds = {name: reading.kind for name, reading in place.read().readings.items()}
    assert kinds == {"AllTraffic": "regression", "Shadow": "regression"}


def test_names_are_given_when_they_are_asked_for(place: Place) -> None:
    """Feature names may come or change later: the stored columns have none."""
    path = place.put(1, lines(100, 20))
    assert place.read().readings["AllTraffic"].input.names == ("f0", "f1")
    altered_unseen(path, lines(200, 20))
    found = place.read(names=("number", "day"))
    assert found.readings["AllTraffic"].input.names == ("number", "day")
    assert events(found) == numbered((100, 20))


def test_progress_only_grows_and_ends_complete(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and bytes rise to all there are; the time left is told once there is a rate.

    A look that finds nothing new is complete at once.
    """
    monkeypatch.setattr(ingesting, "plan", partial(segments.plan, limit=1))
    sizes = [place.put(n, lines(100 * n, 10 + n)).stat().st_size for n in range(1, 6)]
    place.put(9, gzip.compress(content(lines(1, 9)))[:-9])
    seen: list[Progress] = []
    place.read(progress=seen.append)
    assert (seen[0].files_done, seen[-1].files_done) == (0, 6)
    assert all(a.files_done <= b.files_done for a, b in pairwise(seen))
    assert all(a.bytes_done < b.bytes_done for a, b in pairwise(seen))
    assert {p.files for p in seen} == {6}
    assert seen[0].seconds_left is None
    assert all(p.seconds_left is not None and p.seconds_left >= 0 for p in seen[1:])
    assert seen[-1].bytes_done == seen[-1].bytes > sum(sizes)
    assert seen[-1].seconds_left == 0
    next(place.captures.rglob("00009.jsonl")).unlink()
    place.read()
    seen.clear()
    place.read(progress=seen.append)
    assert [(p.files_done, p.files, p.seconds_left) for p in seen] == [(5, 5, 0)]


@pytest.mark.parametrize("limit", [1, segments.SEGMENT_BYTES])
def test_an_unreadable_object_is_told_and_tried_again(
    place: Place, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """However often it fails it is told once, and once repaired its rows count once."""
    monkeypatch.setattr(ingesting, "plan", partial(segments.plan, limit=limit))
    monkeypatch.setattr(ingesting, "OPEN_BYTES", 1)
    place.put(1, lines(100, 20))
    whole = gzip.compress(content(lines(120, 20)))
    broken = place.put(2, whole[:-9] + b"\0" * 9)
    place.put(3, lines(140, 20))
    times = broken.stat().st_mtime_ns
    for _ in range(3):
        found = place.read()
        assert [failed.file.rpartition("/")[2] for failed in found.failed] == ["00002.jsonl"]
        assert events(found) == numbered((100, 20), (140, 20))
    # repaired under the same size and time: as an object whose reading failed for once
    broken.write_bytes(whole)
    os.utime(broken, ns=(times, times))
    for _ in range(2):
        found = place.read()
        assert found.failed == ()
        assert events(found) == numbered((100, 60))
    assert len({segment.name for segment in found.segments}) == len(found.segments)


def test_a_location_that_is_not_there_is_told(place: Place) -> None:
    """A folder that does not exist raises a sentence, and makes no cache."""
    with pytest.raises(SourceError, match="do not exist"):
        ingest(Captures(location=str(place.captures / "nowhere")), place.cache)
    assert not place.cache.exists()


def test_every_variant_is_read_where_none_is_named(place: Place) -> None:
    """Without names each variant found is read by itself; files outside the layout too."""
    place.put(1, lines(100, 5))
    place.put(1, lines(100, 4), "Canary-2")
    (place.captures / "loose.json").write_bytes(lines(300, 1)[0])
    found = place.read(production=None, shadow=None)
    assert {v: sum(s.records for s in found.of(v)) for v in ("AllTraffic", "Canary-2", "")} == {
        "AllTraffic": 5,
        "Canary-2": 4,
        "": 1,
    }


def test_a_window_reads_its_neighbour_hours_only(place: Place) -> None:
    """Folders outside the window and the hours beside it are not read."""
    for hours in range(-3, 4):
        at = NOON + timedelta(hours=hours)
        capture_file(place.captures, [line(at=at, event=f"h{hours}")], hour=at)
    found = place.read(start=NOON, end=NOON + timedelta(minutes=30))
    assert events(found) == ["h-1", "h0", "h1"]


CHILD = """
import sys
from functools import partial
from itertools import pairwise
from pathlib import Path
from queries import ingest as ingesting, segments
from queries.pairing import pair
ingesting.plan = partial(segments.plan, limit=40_000)
ingesting.OPEN_BYTES = 1
found = ingesting.ingest(
    ingesting.Captures(location=sys.argv[1], production="AllTraffic", shadow="Shadow"),
    Path(sys.argv[2]),
    progress=lambda p: print(p.files_done, flush=True),
)
print("pairing", flush=True)
pair(found.store, found.of("AllTraffic"), found.of("Shadow"))
print("done", flush=True)
"""


@contextlib.contextmanager
def child(place: Place, cache: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that ingests and pairs, telling how far it is."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(place.captures), str(cache)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def filled(place: Place) -> None:
    """Some hundred kilobytes of both variants."""
    for number in range(8):
        for variant in ("AllTraffic", "Shadow"):
            place.put(number, lines(1000 + 120 * number, 120), variant)


@pytest.mark.parametrize("after", [0, 1, 3, 9, 14, 17])
def test_killed_at_any_moment(place: Place, tmp_path: Path, after: int) -> None:
    """A process killed after so many lines of its report leaves nothing that counts wrongly."""
    filled(place)
    with child(place, place.cache) as process:
        assert process.stdout
        for _ in range(after + 1):
            process.stdout.readline()
        time.sleep(0.004 * (after % 4))
        process.send_signal(signal.SIGKILL)
        process.wait()
    found = place.read()
    paired = pair(found.store, found.of("AllTraffic"), found.of("Shadow"))
    assert events(found) == sorted(numbered((1000, 960)) * 2)
    assert (paired.pairs, paired.production_only, paired.shadow_only) == (960, 0, 0)
    assert found.failed == ()
    assert not list(place.cache.rglob("*.tmp"))
    counted = {f"{segment.name}.parquet" for segment in found.segments}
    assert counted <= {file.name for file in place.cache.glob("*.parquet")}


def test_two_processes_at_once(place: Place) -> None:
    """Two processes on one folder end with one store, in which nothing stands twice."""
    filled(place)
    with child(place, place.cache) as one, child(place, place.cache) as other:
        told = [process.communicate()[0].split() for process in (one, other)]
        assert (one.returncode, other.returncode) == (0, 0)
    assert [words[-1] for words in told] == ["done", "done"]
    found = place.read()
    assert events(found) == sorted(numbered((1000, 960)) * 2)
    keys = [part.key for segment in found.segments for part in segment.parts]
    assert len(set(keys)) == len(keys) == 16
    assert not list(place.cache.rglob("*.tmp"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """S3 over a folder, on this machine."""
    stand_in = StandIn(tmp_path_factory.mktemp("s3"))
    yield stand_in
    stand_in.stop()


def test_s3_gives_what_the_folder_gives(server: StandIn, place: Place, tmp_path: Path) -> None:
    """The same captures, local and in S3, give the same rows and the same pairs."""
    kinds = [
        content(lines(100, 20)),
        gzip.compress(content(lines(120, 20))),
        b"\xef\xbb\xbf" + content(lines(140, 20)).removesuffix(b"\n"),
        content([*lines(160, 5), b"oops", b"", line("1\n2", "0.1\n0.2", event="batch")]),
        b"",
    ]
    bucket = server.folder / BUCKET
    for folder in (place.captures, bucket):
        for number, raw in enumerate(kinds):
            capture_file(folder, raw, name=f"{number:05}.jsonl")
        capture_file(folder, lines(95, 70), variant="Shadow")
    from_s3 = ingest(
        Captures(location=f"s3://{BUCKET}", production="AllTraffic", shadow="Shadow"),
        tmp_path / "from-s3",
        Aws(endpoint_url=server.url),
    )
    local = place.read()
    assert without_segment(from_s3) == without_segment(local)
    rejects = [
        [(r.file, r.line, r.offset, r.reason) for s in found.segments for r in s.rejects]
        for found in (from_s3, local)
    ]
    assert rejects[0] == rejects[1]
    assert len(rejects[0]) == 1
    pairs = [
        pair(found.store, found.of("AllTraffic"), found.of("Shadow")) for found in (from_s3, local)
    ]
    assert pairs[0].by_method == pairs[1].by_method
    assert pairs[0].pairs == 65
    server.requests.clear()
    again = ingest(
        Captures(location=f"s3://{BUCKET}", production="AllTraffic", shadow="Shadow"),
        tmp_path / "from-s3",
        Aws(endpoint_url=server.url),
    )
    assert again.segments == from_s3.segments
    assert {asked.path.rstrip("/") for asked in server.requests} == {f"/{BUCKET}"}


def test_a_refused_object_is_failed_and_read_later(server: StandIn, tmp_path: Path) -> None:
    """An object that S3 refuses today is told, and read tomorrow."""
    folder = server.folder / BUCKET
    for number in range(3):
        capture_file(folder, lines(10 * number, 10), endpoint="late", name=f"{number}.jsonl")
    asked = Captures(location=f"s3://{BUCKET}/late")
    server.fault = lambda path, count: (403, "AccessDenied") if path.endswith("1.jsonl") else None
    found = ingest(asked, tmp_path / "late", Aws(endpoint_url=server.url))
    assert events(found) == numbered((0, 10), (20, 10))
    (failed,) = found.failed
    assert failed.file.endswith("1.jsonl")
    assert "AccessDenied" in failed.reason
    server.fault = lambda path, count: None
    found = ingest(asked, tmp_path / "late", Aws(endpoint_url=server.url))
    assert events(found) == numbered((0, 30))
    assert found.failed == ()
