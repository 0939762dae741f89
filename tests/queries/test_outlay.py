"""Is what reading will ask of S3 said before, and is that what it then asks?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from queries import ingest as ingesting
from queries import spool
from queries.config import Aws
from queries.config_prices import Prices
from queries.errors import SourceError, UnderstudyError
from queries.ingest import estimate, ingest
from queries.outlay import Outlay
from queries.progress import Progress
from queries.samples import SAMPLE_OBJECTS, Captures
from tests.queries.bucket import BUCKET, StandIn
from tests.queries.capturing import capture_file, content, line

PRICES = Prices(usd_per_1000_lists=5.0, usd_per_1000_gets=0.4, usd_per_gb=90.0)
CHUNK = 40_000


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """S3 with small objects, and one of each variant that is read in five ranges."""
    monkeypatch.setattr(spool, "CHUNK", CHUNK)
    stand_in = StandIn(tmp_path / "s3")
    for variant in ("AllTraffic", "Shadow"):
        for number in range(12):
            put(stand_in, variant, number, 2)
        put(stand_in, variant, 12, 1, wide=4 * CHUNK + 1)
    yield stand_in
    stand_in.stop()


def put(server: StandIn, variant: str, number: int, records: int, wide: int = 0) -> int:
    lines = [
        line("1,2" + "0" * wide, "0.5", event=f"{number}-{at}", at=at) for at in range(records)
    ]
    path = capture_file(
        server.folder / BUCKET, content(lines), variant=variant, name=f"{number:05}.jsonl"
    )
    return path.stat().st_size


def captures() -> Captures:
    return Captures(location=f"s3://{BUCKET}", production="AllTraffic", shadow="Shadow")


def expected(server: StandIn, cache: Path) -> Outlay:
    return estimate(captures(), cache, Aws(endpoint_url=server.url), prices=PRICES)


def read(server: StandIn, cache: Path) -> list[Progress]:
    told: list[Progress] = []
    server.requests.clear()
    ingest(captures(), cache, Aws(endpoint_url=server.url), prices=PRICES, progress=told.append)
    return [progress for progress in told if not progress.listing]


def test_what_is_estimated_is_what_is_asked(server: StandIn, tmp_path: Path) -> None:
    """Objects, bytes and requests: those for a sample are foreseen at their most, no other is."""
    cache = tmp_path / "cache"
    found = expected(server, cache)
    assert len(server.gets) == 0
    assert found.lists == len(server.lists)
    told = read(server, cache)
    assert found == told[0].outlay
    assert (found.objects, found.bytes) == (told[0].files, told[0].bytes) == (26, told[-1].bytes)
    whole = 2 * (12 + 5)
    assert found.gets == whole + 2 * SAMPLE_OBJECTS
    # ten objects of two records are looked at first, for a guess takes 200
    assert len(server.gets) == found.gets
    assert found.lists == len(server.lists)


def test_the_cost_is_that_of_the_requests_and_bytes(server: StandIn, tmp_path: Path) -> None:
    """At $5 and $0.40 for a thousand requests, and $90 for a GB."""
    found = expected(server, tmp_path / "cache")
    by_hand = found.lists * 0.005 + found.gets * 0.0004 + found.bytes * 90e-9
    assert found.usd == pytest.approx(by_hand)
    assert found.requests == found.lists + found.gets


def test_only_what_is_new_is_counted(server: StandIn, tmp_path: Path) -> None:
    """What was read costs no second time: then there is one listing, and one object."""
    cache = tmp_path / "cache"
    read(server, cache)
    assert (expected(server, cache).objects, expected(server, cache).gets) == (0, 0)
    size = put(server, "Shadow", 13, 3)
    found = expected(server, cache)
    assert (found.objects, found.bytes, found.gets) == (1, size, 1)
    read(server, cache)
    assert len(server.gets) == 1


def test_who_says_no_reads_nothing(server: StandIn, tmp_path: Path) -> None:
    """What is raised on hearing the cost ends the reading before it begins, and leaves all well."""
    cache = tmp_path / "cache"

    class NoError(UnderstudyError):
        pass

    def refuse(progress: Progress) -> None:
        if progress.outlay is not None:
            raise NoError("too much")

    server.requests.clear()
    with pytest.raises(NoError):
        ingest(captures(), cache, Aws(endpoint_url=server.url), progress=refuse)
    # all that was fetched is the sample that tells how the captures are read
    assert len(server.gets) <= 2 * SAMPLE_OBJECTS
    assert not list(cache.glob("*.parquet"))
    assert read(server, cache)[-1].files_done == 26


def test_a_folder_has_no_cost(tmp_path: Path) -> None:
    """Nothing is asked of S3 for what lies here, and no cost is shown."""
    capture_file(tmp_path / "here", content([line("1,2", "0.5")]))
    here = Captures(location=str(tmp_path / "here"))
    told: list[Progress] = []
    ingest(here, tmp_path / "cache", progress=told.append)
    assert told
    assert all(progress.outlay is None for progress in told)
    with pytest.raises(SourceError, match="reading costs nothing"):
        ingesting.estimate(here, tmp_path / "cache")
