"""Is a running test listed by its last hours only, and is nothing lost by that?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from queries import s3_reader
from queries.config import Aws
from queries.ingest import Ingested, ingest
from queries.listed import SETTLED
from queries.samples import Captures
from tests.queries.bucket import BUCKET, StandIn
from tests.queries.capturing import capture_file, content, line, rows_of

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
VARIANTS = ("AllTraffic", "Shadow")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
WHOLE: datetime | None = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StandIn]:
    """S3 with a file of both variants in each of the last 30 hours."""
    stand_in = StandIn(tmp_path / "s3")
    for back in range(30):
        for variant in VARIANTS:
            put(stand_in, back, variant)
    yield stand_in
    stand_in.stop()


def put(server: StandIn, back: int, variant: str, *, number: int = 0) -> str:
    """A file in the folder of the hour so long ago; its key."""
    event = f"{back}-{number}"
    path = capture_file(
        server.folder / BUCKET,
        content([line("1,2", "0.5", event=event)]),
        variant=variant,
        hour=NOW - timedelta(hours=back),
        name=f"{number:05}.jsonl",
    )
    return path.relative_to(server.folder / BUCKET).as_posix()


def look(
    server: StandIn, tmp_path: Path, whole_since: datetime | None = LONG_AGO, **asked: Any
) -> Ingested:
    server.requests.clear()
    captures = Captures(location=f"s3://{BUCKET}", **asked)
    aws = Aws(endpoint_url=server.url)
    return ingest(captures, tmp_path / "cache", aws, whole_since=whole_since)


def events(found: Ingested) -> list[str]:
    return sorted(row["event_id"] for row in rows_of(found))


def begins(server: StandIn) -> list[str]:
    """From which key on the objects of the variants were listed."""
    return [each["start-after"][0] for each in server.lists if "start-after" in each]


def test_what_was_listed_is_not_listed_again(server: StandIn, tmp_path: Path) -> None:
    """The second look begins three hours before the newest; the answer is that of a whole one."""
    first = look(server, tmp_path)
    assert all(begin.endswith("/") for begin in begins(server))
    again = look(server, tmp_path)
    since = f"{NOW - SETTLED:%Y/%m/%d/%H/}"
    assert begins(server) == [f"fraud/{variant}/{since}" for variant in VARIANTS]
    assert server.gets == []
    assert (again.segments, again.newest) == (first.segments, first.newest)
    assert again.newest
    put(server, 0, "AllTraffic", number=1)
    found = look(server, tmp_path)
    assert len(server.gets) == 1
    whole = look(server, tmp_path, WHOLE)
    assert events(found) == events(whole)
    assert found.newest == whole.newest
    assert len(events(found)) == 61


def test_a_look_costs_the_same_however_long_a_test_runs(server: StandIn, tmp_path: Path) -> None:
    """Thirty hours more change the keys that a look is answered with not at all."""
    look(server, tmp_path)
    look(server, tmp_path)
    few = len(server.lists)
    for back in range(30, 60):
        for variant in VARIANTS:
            put(server, back, variant)
    look(server, tmp_path, WHOLE)
    look(server, tmp_path)
    assert len(server.lists) == few


def test_what_came_late_is_found_when_all_is_listed(server: StandIn, tmp_path: Path) -> None:
    """A late file of an hour long over waits for the next whole listing; a removed one stays."""
    look(server, tmp_path)
    late = put(server, 20, "AllTraffic", number=1)
    gone = put(server, 25, "AllTraffic")
    (server.folder / BUCKET / gone).unlink()
    before = events(look(server, tmp_path))
    assert "20-1" not in before
    assert before.count("25-0") == 2
    found = events(look(server, tmp_path, datetime.now(UTC)))
    assert late in server.gets
    assert "20-1" in found
    assert found.count("25-0") == 1


def test_what_failed_is_listed_and_tried_again(
    server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of an old hour that was refused is asked for at each look until it is read."""
    monkeypatch.setattr(s3_reader, "_PAUSE_S", 0.001)
    key = put(server, 12, "Shadow")
    server.fault = lambda path, count: (403, "AccessDenied") if path.endswith(key) else None
    for _ in range(2):
        found = look(server, tmp_path)
        assert [failed.file for failed in found.failed] == [key]
        assert key in server.gets
    server.fault = lambda path, count: None
    found = look(server, tmp_path)
    assert server.gets == [key]
    assert found.failed == ()
    assert len(events(found)) == 60


@pytest.mark.parametrize("asked", [{"endpoint": "fraud"}, {"start": NOW - timedelta(hours=25)}])
def test_another_question_is_listed_whole(
    server: StandIn, tmp_path: Path, asked: dict[str, Any]
) -> None:
    """What was listed for one window or endpoint says nothing of another."""
    look(server, tmp_path)
    look(server, tmp_path, **asked)
    since = f"{NOW - SETTLED:%Y/%m/%d/%H/}"
    assert not any(begin.endswith(since) for begin in begins(server))
    look(server, tmp_path, **asked)
    assert all(begin.endswith(since) for begin in begins(server))


def test_files_outside_the_date_folders_are_always_listed(server: StandIn, tmp_path: Path) -> None:
    """A copy beside SageMaker's folders has no hour, so it can come and go at any time."""
    look(server, tmp_path)
    path = server.folder / BUCKET / "fraud" / "AllTraffic" / "copy.jsonl"
    path.write_bytes(content([line("1,2", "0.5", event="copied")]))
    assert "copied" in events(look(server, tmp_path))
    path.unlink()
    assert "copied" not in events(look(server, tmp_path))


def test_who_was_killed_lists_whole(server: StandIn, tmp_path: Path) -> None:
    """What is known belongs to one manifest: with another, or damaged, everything is listed."""
    look(server, tmp_path)
    file = tmp_path / "cache" / "listed.json"
    for text in (file.read_text().replace('"of":"', '"of":"0'), "{", "[]"):
        file.write_text(text)
        look(server, tmp_path)
        assert not any(f"{NOW - SETTLED:%Y/%m/%d/%H/}" in begin for begin in begins(server))
        assert file.read_text() != text


def test_left_out_files_of_old_hours_stay_told(server: StandIn, tmp_path: Path) -> None:
    """The account of what is no capture is that of a whole listing."""
    odd = server.folder / BUCKET / put(server, 20, "Shadow")
    odd.with_name("notes.txt").write_text("")
    first = look(server, tmp_path)
    assert [each.name.rpartition("/")[2] for each in first.ignored] == ["notes.txt"]
    assert look(server, tmp_path).ignored == first.ignored
