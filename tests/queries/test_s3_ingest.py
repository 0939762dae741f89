"""Is S3 read whole, once and within bounds, whatever fails, vanishes or is killed on the way?"""

from __future__ import annotations

import gzip
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from queries import aws as account
from queries import ingest as ingesting
from queries import s3_reader, segments
from queries.config import Aws, Config, Test
from queries.errors import AwsError, SourceError
from queries.ingest import Ingested, ingest
from queries.objects import reader
from queries.opened import open_test
from queries.progress import Progress
from queries.samples import Captures
from queries.store import Store
from tests.queries.bucket import BUCKET, StandIn
from tests.queries.capturing import capture_file, content, line, rows_of

ROOT = Path(__file__).parents[2]
LOCATION = f"s3://{BUCKET}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StandIn]:
    """S3 over an empty folder."""
    stand_in = StandIn(tmp_path / "s3")
    (stand_in.folder / BUCKET).mkdir(parents=True)
    yield stand_in
    stand_in.stop()


def put(server: StandIn, number: int, *, records: int = 10, variant: str = "AllTraffic") -> str:
    """An object of records that are numbered through; its key."""
    first = records * number
    lines = [
        line(f"{n},1", f"0.{n % 100:02}", at=n, event=f"e{n}", inference=f"r{n}")
        for n in range(first, first + records)
    ]
    path = capture_file(
        server.folder / BUCKET, content(lines), variant=variant, name=f"{number:05}.jsonl"
    )
    return path.relative_to(server.folder / BUCKET).as_posix()


def read(server: StandIn, cache: Path, **how: Any) -> Ingested:
    return ingest(Captures(location=LOCATION), cache, Aws(endpoint_url=server.url), **how)


def events(found: Ingested) -> list[str]:
    return sorted(row["event_id"] for row in rows_of(found))


def numbered(*objects: int, records: int = 10) -> list[str]:
    return sorted(f"e{records * n + at}" for n in objects for at in range(records))


def names(found: Ingested) -> list[str]:
    """The files that could not be read."""
    return sorted(failed.file.rpartition("/")[2] for failed in found.failed)


def test_what_fails_is_named_the_rest_is_read_and_the_next_look_tries_again(
    server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gone, refused, broken off, put again: objects = read + failed; what is read stays read."""
    monkeypatch.setattr(s3_reader, "_PAUSE_S", 0.001)
    keys = [put(server, number) for number in range(8)]
    once = {f"/{BUCKET}/{key}" for key in keys[1:5]}

    def fault(path: str, count: int) -> Any:
        if path not in once:
            return None
        at = keys.index(path.removeprefix(f"/{BUCKET}/"))
        if at == 1:
            (server.folder / BUCKET / keys[1]).unlink(missing_ok=True)
        if at == 2:
            return 403, "AccessDenied", "Access Denied"
        if at == 3:
            return "break off"
        if at == 4:
            put(server, 4, records=11)
        return None

    server.fault = fault
    found = read(server, tmp_path / "cache")
    assert names(found) == ["00001.jsonl", "00002.jsonl", "00003.jsonl", "00004.jsonl"]
    reasons = {failed.file.rpartition("/")[2]: failed.reason for failed in found.failed}
    assert "is gone" in reasons["00001.jsonl"]
    assert "s3:GetObject" in reasons["00002.jsonl"]
    assert "broke off" in reasons["00003.jsonl"]
    assert "changed since it was listed" in reasons["00004.jsonl"]
    assert all(f"{LOCATION}/fraud/" in reason for reason in reasons.values())
    assert events(found) == numbered(0, 5, 6, 7)
    put(server, 4)
    once.clear()
    server.requests.clear()
    found = read(server, tmp_path / "cache")
    assert found.failed == ()
    assert events(found) == numbered(0, 2, 3, 4, 5, 6, 7)
    assert sorted(server.gets) == [keys[2], keys[3], keys[4]]


def test_a_listing_that_fails_midway_changes_nothing(server: StandIn, tmp_path: Path) -> None:
    """Half a listing is none: what was read stays, and the next whole one goes on from there."""
    for number in range(3):
        put(server, number)
    before = read(server, tmp_path / "cache")
    put(server, 3)
    lists = len(server.lists)
    for failing in range(1, lists):
        server.requests.clear()
        server.fault = lambda path, count, at=failing: (
            (403, "AccessDenied", "Access Denied") if count > at and path[1:] == BUCKET else None
        )
        with pytest.raises(AwsError, match="s3:ListBucket"):
            read(server, tmp_path / "cache")
        assert server.gets == []
        store = Store(tmp_path / "cache")
        assert store.segments(store.manifest()) == before.segments
    server.fault = lambda path, count: None
    server.requests.clear()
    assert events(read(server, tmp_path / "cache")) == numbered(0, 1, 2, 3)
    assert len(server.gets) == 1


def test_a_page_of_a_long_listing_that_fails_is_no_end(server: StandIn, tmp_path: Path) -> None:
    """A thousand keys and a refusal are not a thousand captures; how far it came is told."""
    for number in range(1001):
        put(server, number, records=1)
    server.fault = lambda path, count: (
        (403, "AccessDenied", "Access Denied")
        if "continuation-token" in server.requests[-1].query
        else None
    )
    seen: list[Progress] = []
    with pytest.raises(AwsError, match="ListObjectsV2"):
        read(server, tmp_path / "cache", progress=seen.append)
    assert server.gets == []
    assert all(progress.listing for progress in seen)
    assert [progress.files for progress in seen][-1] == 1000
    assert seen[-1].bytes > 1000


def test_a_store_that_fails_often_is_read_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every tenth call is refused for good: each look tells all it lacks, and none reads twice."""
    monkeypatch.setattr(account, "_ATTEMPTS", 1)
    server = StandIn(tmp_path / "s3", error_rate=0.1, fault_seed=3)
    try:
        keys = [put(server, number) for number in range(40)]
        met: set[str] = set()
        for _ in range(60):
            try:
                found = read(server, tmp_path / "cache")
            except AwsError as error:
                met.add(f"{error.call} {error.code}")
                continue
            done = [part.key for segment in found.segments for part in segment.parts]
            assert len(done) + len(found.failed) == len(keys)
            met |= {"GetObject SlowDown" for failed in found.failed if "SlowDown" in failed.reason}
            if not found.failed:
                break
        assert events(found) == numbered(*range(40))
        assert met == {"ListObjectsV2 SlowDown", "GetObject SlowDown"}
    finally:
        server.stop()


def test_asking_for_less_is_survived(server: StandIn, tmp_path: Path) -> None:
    """SlowDown now and then is waited for: nothing is failed, nothing told."""
    for number in range(12):
        put(server, number)
    server.fault = lambda path, count: (
        (503, "SlowDown", "Please reduce your request rate.")
        if count == 1 and path.endswith(("3.jsonl", BUCKET))
        else None
    )
    found = read(server, tmp_path / "cache")
    assert found.failed == ()
    assert events(found) == numbered(*range(12))


CHILD = """
import sys
from functools import partial
from pathlib import Path
from queries import ingest as ingesting, segments
from queries.config import Aws
ingesting.plan = partial(segments.plan, limit=4_000)
ingesting.OPEN_BYTES = 1
ingesting.ingest(
    ingesting.Captures(location=sys.argv[1]), Path(sys.argv[2]), Aws(endpoint_url=sys.argv[3])
)
"""


def test_killed_in_the_midst_it_fetches_only_what_was_not_stored(
    server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After kill -9 the next ingest asks S3 for each missing object once, for no other again."""
    keys = [put(server, number, records=30) for number in range(16)]
    # the later objects come not at all for now, so that the kill finds work half done
    server.fault = lambda path, count: (
        (503, "SlowDown", "Please reduce your request rate.")
        if path[-11:] > "00008.jsonl" and path.endswith(".jsonl")
        else None
    )
    cache = tmp_path / "cache"
    stored: set[str] = set()
    with subprocess.Popen([sys.executable, "-c", CHILD, LOCATION, cache, server.url], cwd=ROOT) as (
        child
    ):
        try:
            while child.poll() is None and len(stored) < 4:
                time.sleep(0.02)
                store = Store(cache)
                done = store.segments(store.manifest())
                stored = {part.key for segment in done for part in segment.parts}
        finally:
            child.send_signal(signal.SIGKILL)
    store = Store(cache)
    done = store.segments(store.manifest())
    stored = {part.key for segment in done for part in segment.parts}
    assert 4 <= len(stored) < 16
    server.fault = lambda path, count: None
    server.requests.clear()
    monkeypatch.setattr(ingesting, "plan", partial(segments.plan, limit=4_000))
    monkeypatch.setattr(ingesting, "OPEN_BYTES", 1)
    found = read(server, cache)
    assert events(found) == numbered(*range(16), records=30)
    assert sorted(server.gets) == sorted(set(keys) - stored)
    assert not list(cache.rglob("*.tmp"))


def test_what_is_in_flight_is_bounded_for_all_consumers_together(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for and not yet taken: never more than the bound, and one object for each consumer."""
    consumers, bound = 3, 20_000
    sizes = {
        server.put(f"{n:03}.jsonl", bytes(200 + 37 * n % 900 * 3)): 200 + 37 * n % 900 * 3
        for n in range(150)
    }
    found = server.list().objects
    monkeypatch.setattr(s3_reader, "_AHEAD_BYTES", bound)
    objects = reader(LOCATION, Aws(endpoint_url=server.url))
    server.requests.clear()
    lock, taken, most = threading.Lock(), 0, 0

    def consume(part: int) -> list[str]:
        nonlocal taken, most
        keys = []
        for each, data in objects.read_many(found[part::consumers]):
            assert len(data) == each.size
            with lock:
                taken += each.size
                most = max(most, sum(sizes[key] for key in server.gets) - taken)
            keys.append(each.key)
            time.sleep(0.001)
        return keys

    with ThreadPoolExecutor(consumers) as pool:
        keys = [key for part in pool.map(consume, range(consumers)) for key in part]
    assert sorted(keys) == sorted(sizes)
    assert sorted(server.gets) == sorted(sizes)
    # each consumer may have one object more, and have taken one that it has not counted yet
    assert most <= bound + 2 * consumers * max(sizes.values())
    # and the bound is made use of: reading one by one would never come near it
    assert most > bound / 2


def test_progress_counts_each_object_as_it_comes(
    server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one segment of many objects the bar moves before the segment is done, and never back."""
    monkeypatch.setattr(ingesting, "_TELL_S", 0.02)
    raw = gzip.compress(content([line("1,1", "0.5", at=n, event=f"e{n}") for n in range(9)]))
    for number in range(40):
        capture_file(server.folder / BUCKET, raw, name=f"{number:05}.jsonl")
    slow = StandIn(server.folder, latency_ms=50)
    try:
        seen: list[Progress] = []
        found = read(slow, tmp_path / "cache", progress=seen.append)
    finally:
        slow.stop()
    assert len(found.segments) == 1
    listing = [progress for progress in seen if progress.listing]
    reading = seen[len(listing) :]
    assert all(progress.listing for progress in seen[: len(listing)])
    assert [progress.files for progress in listing] == sorted(p.files for p in listing)
    assert (reading[0].files_done, reading[0].seconds_left) == (0, None)
    assert all(a.files_done <= b.files_done for a, b in pairwise(reading))
    assert all(a.bytes_done < b.bytes_done for a, b in pairwise(reading))
    assert any(0 < p.files_done < 40 and (p.seconds_left or 0) > 0 for p in reading)
    last = reading[-1]
    assert (last.files_done, last.bytes_done) == (last.files, last.bytes) == (40, 40 * len(raw))
    assert last.seconds_left == 0


def test_a_variant_of_which_nothing_could_be_read_says_why(server: StandIn, tmp_path: Path) -> None:
    """A key that refuses all of the shadow's objects is the answer, not an empty comparison."""
    for number in range(3):
        put(server, number)
        put(server, number, variant="Shadow-01")
    key = "arn:aws:kms:eu-central-1:210987654321:key/5050781f"
    server.fault = lambda path, count: (
        (400, "KMS.DisabledException", f"{key} is disabled.") if "/Shadow-01/" in path else None
    )
    test = Test(name="fraud", captures=LOCATION, production="AllTraffic", shadow="Shadow-01")
    config = Config(tests=(test,), cache=tmp_path / "cache", aws=Aws(endpoint_url=server.url))
    with pytest.raises(SourceError, match="None of the 3 files of Shadow-01") as caught:
        open_test(config, test)
    assert f"Have the key {key} enabled" in str(caught.value)


def test_ranges_come_side_by_side_and_in_order(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large object is fetched in ranges ahead of its reader, within the bound on what is held."""
    size, part, bound = 100_000, 1_000, 8_000
    whole = bytes(at * 7 % 251 for at in range(size))
    server.put("large.jsonl", whole)
    (found,) = server.list().objects
    monkeypatch.setattr(s3_reader, "_AHEAD_BYTES", bound)
    objects = reader(LOCATION, Aws(endpoint_url=server.url))
    server.requests.clear()
    taken, ahead = b"", []
    for piece in objects.read_ranges(found, part):
        taken += piece
        time.sleep(0.002)
        ahead.append(len(server.gets) * part - len(taken))
    assert taken == whole
    assert len(server.gets) == size // part
    # the reader asks for the next one before it is done with this
    assert bound / 2 < max(ahead) <= bound


def test_a_range_that_fails_fails_its_object_alone(server: StandIn, tmp_path: Path) -> None:
    """The other objects of the segment are read, and the large one as a whole the next time."""
    keys = [put(server, 0), put(server, 1, records=60_000), put(server, 2)]
    refused = [True]

    def fault(path: str, count: int) -> Any:
        asked = server.requests[-1].headers.get("range", "")
        late = asked.startswith("bytes=8388608-") or asked.startswith("bytes=4194304-")
        return (403, "AccessDenied", "Access Denied") if refused and late else None

    server.fault = fault
    assert (server.folder / BUCKET / keys[1]).stat().st_size > 8 << 20
    found = read(server, tmp_path / "cache")
    assert names(found) == ["00001.jsonl"]
    assert len(events(found)) == 20
    refused.clear()
    found = read(server, tmp_path / "cache")
    assert names(found) == []
    assert len(events(found)) == 60_020
