"""Is a test that runs read once for all who look, and closed under nobody's hands?"""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from queries import sight as seeing
from queries.config import Aws, Config, Test
from queries.errors import AwsError
from queries.objects import Listing
from queries.opened import Opened
from queries.watch import Watch
from tests.queries.bucket import BUCKET, StandIn
from tests.queries.capturing import capture_file, line

ROOT = Path(__file__).parents[2]
SESSIONS = 6


@dataclass
class Running:
    """A test whose captures lie in S3, to which files are added."""

    server: StandIn
    config: Config
    keys: list[str] = field(default_factory=list)

    @property
    def test(self) -> Test:
        return self.config.tests[0]

    @property
    def folder(self) -> Path:
        return self.server.folder / BUCKET

    def capture(self, minute: int, *, answer: str = "0.5", pairs: int = 3) -> None:
        """One file more of both variants."""
        for variant in ("AllTraffic", "Shadow"):
            at = [60 * minute + n for n in range(pairs)]
            lines = [line("1,2", answer, at=t, event=f"{t}") for t in at]
            path = capture_file(self.folder, lines, variant=variant, name=f"{minute:03}.jsonl")
            self.keys.append("/" + path.relative_to(self.server.folder).as_posix())

    def watch(self) -> Watch:
        return Watch(lambda: (self.config, self.test))

    def fetched(self) -> list[str]:
        """The objects that were fetched since the last time, each as often as it was."""
        found = sorted(a.path for a in self.server.requests if a.path.endswith(".jsonl"))
        self.server.requests.clear()
        return found

    @property
    def lists(self) -> int:
        """Listings since objects were last counted: each begins with the whole bucket."""
        return sum(
            1 for a in self.server.requests if a.query.get("delimiter") and "prefix" not in a.query
        )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A test with one file of each variant."""
    server = StandIn(tmp_path / "s3")
    (server.folder / BUCKET).mkdir(parents=True)
    config = Config(
        tests=(
            Test(name="t", captures=f"s3://{BUCKET}", production="AllTraffic", shadow="Shadow"),
        ),
        cache=tmp_path / "cache",
        aws=Aws(endpoint_url=server.url),
    )
    found = Running(server, config)
    found.capture(0)
    yield found
    server.stop()


def now() -> datetime:
    return datetime.now(UTC)


def pairs(opened: Opened) -> int:
    return opened.engine.run("extent").count("n") // 2


def test_a_look_reads_what_is_new(running: Running) -> None:
    """Each look fetches the objects that were not there before, and none twice."""
    watch = running.watch()
    assert pairs(watch.look()) == 3
    running.fetched()
    for minute in (1, 2):
        running.capture(minute)
        assert pairs(watch.look(now())) == 3 + 3 * minute
        assert running.fetched() == sorted(running.keys[-2:])


def test_nothing_new_is_the_same_test(running: Running) -> None:
    """Where a look finds nothing, what was opened is given back, and nothing is fetched."""
    watch = running.watch()
    first = watch.look()
    running.fetched()
    looked = now()
    assert watch.look(looked) is first
    assert running.lists == 1
    assert running.fetched() == []
    assert watch.looked_at is not None
    assert watch.looked_at >= looked


def test_a_look_that_is_recent_enough_asks_nothing(running: Running) -> None:
    """Without a need for a newer one, the last look holds."""
    watch = running.watch()
    first = watch.look()
    running.capture(1)
    running.server.requests.clear()
    assert watch.look() is first
    assert watch.look(now() - timedelta(seconds=30)) is first
    assert running.server.requests == []


def test_sessions_that_look_at_once_read_once(running: Running) -> None:
    """The first lists and fetches; the others wait for it and get the same engine."""
    watch = running.watch()
    for minute in (1, 2):
        wanted = now()
        start = threading.Barrier(SESSIONS)

        def session(wanted: datetime = wanted, start: threading.Barrier = start) -> Opened:
            start.wait()
            return watch.look(wanted)

        running.server.requests.clear()
        with ThreadPoolExecutor(SESSIONS) as pool:
            found = [each.result() for each in [pool.submit(session) for _ in range(SESSIONS)]]
        assert len({id(each) for each in found}) == 1
        assert running.lists == 1
        # the first look also reads a sample of each variant, to guess how answers are read
        assert set(running.fetched()) == set(running.keys[-2:])
        running.capture(minute)


LOOKER = """
import sys
from pathlib import Path
from queries.config import Aws, Config, Test
from queries.opened import open_test
sys.stdin.readline()
test = Test(name="t", captures=sys.argv[1], production="AllTraffic", shadow="Shadow")
config = Config(tests=(test,), cache=Path(sys.argv[2]), aws=Aws(endpoint_url=sys.argv[3]))
print(open_test(config, test).captured.paired.pairs)
"""


def test_processes_that_look_at_once_fetch_once(running: Running) -> None:
    """Page and terminal on one cache: each new object is fetched by one of them alone."""
    running.watch().look()
    for minute in range(1, 9):
        running.capture(minute)
    running.fetched()
    arguments = [f"s3://{BUCKET}", str(running.config.cache), running.server.url]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", LOOKER, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0].strip() for process in processes] == ["27"] * 3
    assert running.fetched() == sorted(running.keys[2:])


def test_a_stale_listing_takes_nothing_back(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who listed before another read more drops nothing that the other found, nor fetches it."""
    running.watch().look()
    running.capture(1)
    listed, may_go_on = threading.Event(), threading.Event()
    listing = seeing.list_objects

    def held_up(*asked: Any, **named: Any) -> Listing:
        found = listing(*asked, **named)
        if threading.current_thread() is not threading.main_thread() and not listed.is_set():
            listed.set()
            may_go_on.wait(60)
        return found

    monkeypatch.setattr(seeing, "list_objects", held_up)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(running.watch().look)
        assert listed.wait(60)
        running.capture(2)
        running.fetched()
        assert pairs(running.watch().look()) == 9
        may_go_on.set()
        assert pairs(slow.result()) == 9
    assert running.fetched() == sorted(running.keys[2:])


def test_a_failing_look_leaves_what_was_read(running: Running) -> None:
    """AWS refusing is told in a sentence, and forgotten once it answers again."""
    watch = running.watch()
    first = watch.look()
    running.capture(1)
    running.server.fault = lambda path, count: (403, "AccessDenied")
    assert watch.look(now()) is first
    assert "AccessDenied" in str(watch.problem)
    assert pairs(first) == 3
    running.server.fault = lambda path, count: None
    assert pairs(watch.look(now())) == 6
    assert watch.problem is None


def test_the_first_look_that_fails_is_raised(running: Running) -> None:
    """With nothing read before there is nothing to show; the next look tries again."""
    watch = running.watch()
    running.server.fault = lambda path, count: (403, "AccessDenied")
    with pytest.raises(AwsError):
        watch.look()
    running.server.fault = lambda path, count: None
    assert pairs(watch.look()) == 3


def test_what_is_replaced_goes_with_its_last_reader(running: Running) -> None:
    """A session that still asks gets its answers; without one the engine is gone at once."""
    watch = running.watch()
    session = watch.look()
    inside = session.within("hour = 12")
    engine = weakref.ref(session.engine)
    gc.disable()
    try:
        running.capture(1)
        assert watch.look(now()) is not session
        assert pairs(session) == 3
        assert inside.engine.run("extent").count("n") == 6
        del session
        assert engine() is not None
        del inside
        assert engine() is None
    finally:
        gc.enable()


def test_the_state_changes_with_what_the_answers_rest_on(running: Running) -> None:
    """New captures and settings of the test make another state; other tests make none."""
    watch = running.watch()
    first = watch.look()
    others = (*running.config.tests, Test(name="other"))
    running.config = replace(running.config, tests=others)
    assert watch.look(now()).state == first.state
    changed = replace(running.test, capture_percent=50.0)
    running.config = replace(running.config, tests=(changed,))
    second = watch.look(now())
    running.capture(1)
    third = watch.look(now())
    assert len({first.state, second.state, third.state}) == 3


def test_superseded_files_that_went_are_noticed(running: Running) -> None:
    """What rests on files that were removed since is not intact."""
    watch = running.watch()
    before = watch.look()
    running.capture(1)
    after = watch.look(now())
    assert before.intact
    store = before.captured.ingested.store
    for segment in before.captured.ingested.segments:
        store.parquet(segment).unlink()
    assert not before.intact
    assert after.intact


def test_a_cache_that_was_deleted_is_made_again(running: Running) -> None:
    """The cache may be deleted at any time: the next who asks waits for it to be read anew."""
    watch = running.watch()
    assert pairs(watch.look()) == 3
    shutil.rmtree(running.config.cache)
    found = watch.look()
    assert pairs(found) == 3
    assert found.captured.paired.pairs == 3
    assert found.intact
