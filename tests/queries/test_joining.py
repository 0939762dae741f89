"""Is a segment that was joined the one that reading all its objects in one go would have made?"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.accounts import Segment
from queries.config import Aws
from queries.content_types import usual_shape
from queries.ingest import ingest
from queries.joining import join
from queries.objects import list_objects, reader
from queries.reading import Reading
from queries.samples import Captures
from queries.segments import SegmentReader
from queries.store import Store
from tests.queries.bucket import BUCKET, StandIn
from tests.queries.capturing import JSON, capture_file, content, guessed, line, rows_in, rows_of

USUAL = [line("1,2", "0.5", event=f"e{n}", inference=f"i{n}", at=n) for n in range(3)]
OTHER = [line("3,4", "0.25", at=9, types=("text/csv; charset=utf-8", "text/csv"))]
AS_JSON = [line({"a": 1}, {"score": 0.5}, encodings=JSON, at=5)]
KINDS: dict[str, bytes] = {
    "usual": content(USUAL),
    "another type": content(OTHER),
    "mixed": content([*USUAL, *OTHER, *AS_JSON]),
    "mixed, the other first": content([*OTHER, *USUAL]),
    "rejected": content([b"oops", USUAL[0], b"{}"]),
    "only rejected": content([b"oops"]),
    "blank lines": b"\n\n" + content(USUAL) + b"\n",
    "no last newline": content(USUAL).removesuffix(b"\n"),
    "gzip": gzip.compress(content(USUAL)),
    "no answer": content([line("1,2", None)]),
    "empty": b"",
}


class Segments:
    """Reads some files as one segment or as several."""

    def __init__(self, folder: Path, contents: list[bytes]) -> None:
        captures = folder / "captures"
        for number, each in enumerate(contents):
            capture_file(captures, each, name=f"{number:03}.jsonl")
        self.objects = list_objects(str(captures)).objects
        self.store = Store(folder / "store")
        self.store.folder.mkdir()
        self._reader = SegmentReader(self.store.folder, reader(str(captures)))
        self._reading: Reading = replace(guessed(USUAL), bulk=True)

    def read(self, first: int, last: int) -> Segment:
        return self._reader.read(
            self.objects[first:last], "AllTraffic", self._reading, with_features=True
        )

    def rows(self, segment: Segment) -> list[dict[str, Any]]:
        """The rows of a segment, the shape of each in full: which is usual is no matter."""
        import duckdb

        with duckdb.connect() as database:
            usual = usual_shape(database, self.store, segment)
        rows = rows_in(self.store.parquet(segment))
        for row in rows:
            if row["ok"]:
                written = orjson.loads(row["shape"]) if row["shape"] else usual
                row["shape"] = [text or "" for text in written]
        return rows


def check(folder: Path, contents: list[bytes], cut: int) -> None:
    found = Segments(folder, contents)
    whole = found.read(0, len(contents))
    rows = found.rows(whole)
    joined = join(found.store, found.read(0, cut), found.read(cut, len(contents)))
    assert joined == whole
    assert found.rows(joined) == rows
    assert not list(found.store.folder.glob("*.tmp"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_joined_to_one_of_every_kind(tmp_path: Path, kind: str) -> None:
    """Rows, numbers of lines, shapes and account are those of one segment."""
    check(tmp_path, [KINDS[kind], KINDS["mixed"]], 1)


@given(st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=6), st.data())
@settings(max_examples=25)
def test_any_files_are_joined_at_any_place(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[str], data: st.DataObject
) -> None:
    """Where the files were cut into two looks leaves no trace."""
    cut = data.draw(st.integers(1, len(kinds) - 1))
    check(tmp_path_factory.mktemp("join"), [KINDS[kind] for kind in kinds], cut)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """S3 over a folder, on this machine."""
    stand_in = StandIn(tmp_path_factory.mktemp("s3"))
    yield stand_in
    stand_in.stop()


def test_only_new_objects_are_fetched(server: StandIn, tmp_path: Path) -> None:
    """However often one looks, each object is fetched once; the segments stay few."""
    asked = Captures(location=f"s3://{BUCKET}", production="AllTraffic", shadow="Shadow")
    keys = []
    for minute in range(6):
        for variant in ("AllTraffic", "Shadow"):
            lines = [line(event=f"{minute}-{n}", at=60 * minute + n) for n in range(3)]
            path = capture_file(
                server.folder / BUCKET, lines, variant=variant, name=f"{minute:02}.jsonl"
            )
            keys.append("/" + path.relative_to(server.folder).as_posix())
        found = ingest(asked, tmp_path / "store", Aws(endpoint_url=server.url))
        assert len(found.segments) == 2
    assert sum(segment.records for segment in found.segments) == 36
    fetched = [asked.path for asked in server.requests if asked.path.endswith(".jsonl")]
    # the first two a second time: how answers are read is guessed from them
    assert sorted(fetched) == sorted(keys + keys[:2])
    assert {row["event_id"] for row in rows_of(found)} == {
        f"{minute}-{n}" for minute in range(6) for n in range(3)
    }
