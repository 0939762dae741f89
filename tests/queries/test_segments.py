"""Is every line of a segment a record or a reject, named where it stands?"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.keys import CaptureObject
from queries.local import FolderReader
from queries.objects import list_objects
from queries.segments import SEGMENT_BYTES, Segment, SegmentReader, fingerprint, plan
from queries.spool import plain_bytes
from tests.queries.capturing import (
    capture_file,
    content,
    guessed,
    line,
    npy_of,
    record,
    rows_in,
    written,
)

GOOD = [line("1,2", f"0.{at}", at=at, event=f"e{at}") for at in range(1, 8)]
READING = guessed(GOOD)
PRETTY = json.dumps(record("1,2", "0.5", event="pretty"), indent=2).encode()


@dataclass(frozen=True, slots=True)
class Damage:
    """A file with good lines and bad ones; ``bad`` tells line, offset and reason of each reject."""

    raw: bytes
    records: int
    bad: tuple[tuple[int, int, str], ...] = ()

    @property
    def lines(self) -> int:
        return self.records + len(self.bad)


def around(*bad: bytes) -> bytes:
    """Two good lines, the bad ones, two good lines."""
    return content([*GOOD[:2], *bad, *GOOD[2:4]])


START = len(content(GOOD[:2]))
DAMAGE = {
    "nothing": Damage(content(GOOD), 7),
    "an empty file": Damage(b"", 0),
    "only blank lines": Damage(b"\n \n\r\n", 0),
    "blank lines": Damage(b"\n\n" + b"\n\n".join(GOOD) + b"\n\n \n", 7),
    "no last newline": Damage(content(GOOD).removesuffix(b"\n"), 7),
    "a cut last line": Damage(content(GOOD[:2]) + GOOD[2][:99], 2, ((3, START, "cut off"),)),
    "a cut line": Damage(around(GOOD[4][:99]), 4, ((3, START, "cut off"),)),
    "gzip without its name": Damage(gzip.compress(content(GOOD)), 7),
    "a byte-order mark": Damage(b"\xef\xbb\xbf" + content(GOOD), 7),
    "CRLF": Damage(content(GOOD).replace(b"\n", b"\r\n"), 7),
    "NUL bytes": Damage(around(b"\x00" * 50), 4, ((3, START, "NUL bytes"),)),
    "bad UTF-8": Damage(
        around(GOOD[4][:30] + b"\xff" + GOOD[4][30:]), 4, ((3, START, "not UTF-8 (byte 31"),)
    ),
    "two objects on a line": Damage(
        around(GOOD[4] + GOOD[5]), 4, ((3, START, "not JSON at character"),)
    ),
    "trailing garbage": Damage(around(GOOD[4] + b";"), 4, ((3, START, "not JSON at"),)),
    "arrays": Damage(around(b"[" + GOOD[4] + b"]"), 4, ((3, START, "a JSON array"),)),
    "wrong types": Damage(
        around(b'{"captureData": "x"}', b'{"captureData": {"endpointInput": 5}}', b"17"),
        4,
        (
            (3, START, "no captureData"),
            (4, START + 21, "endpointInput is a JSON number"),
            (5, START + 59, "a JSON number, not an object"),
        ),
    ),
    "another kind of record": Damage(
        around(b'{"groundTruthData": {"data": "1"}}'), 4, ((3, START, "no captureData"),)
    ),
    "bad lines among blank ones": Damage(
        b"\n" + around(b"", b"oops", b" "), 4, ((5, START + 2, "not JSON at character 1"),)
    ),
    "text": Damage(b"Dear Sir,\nhello", 0, ((1, 0, "not JSON"), (2, 10, "not JSON"))),
    "a pretty-printed document": Damage(PRETTY, 1),
    "several documents": Damage(PRETTY + b"\n" + PRETTY + PRETTY, 3),
    "a pretty-printed array": Damage(
        b"[\n" + PRETTY + b"\n]", 0, ((1, 0, "a JSON array, not an object"),)
    ),
    "a document and another kind of document": Damage(
        PRETTY + b'\n{\n"a": 1}\n',
        1,
        ((PRETTY.count(b"\n") + 2, len(PRETTY) + 1, "no captureData"),),
    ),
    "a line of 12 MB": Damage(around(line("x" * 12_000_000, "0.5")), 5),
    "a line of 17 MB": Damage(around(line("x" * 17_000_000, "0.5")), 5),
}


def read(folder: Path, raws: list[bytes]) -> tuple[Segment, Path]:
    """Read files of these contents as one segment."""
    for at, raw in enumerate(raws):
        capture_file(folder / "captures", raw, name=f"{at:03}.jsonl")
    objects = list_objects(str(folder / "captures")).objects
    return read_objects(folder, list(objects))


def read_objects(folder: Path, objects: list[CaptureObject]) -> tuple[Segment, Path]:
    worker = SegmentReader(folder, FolderReader())
    try:
        segment = worker.read(objects, "AllTraffic", READING, with_features=True)
    finally:
        worker.close()
    assert not list(folder.glob("*.tmp"))
    return segment, folder / f"{segment.name}.parquet"


def check_account(segment: Segment, files: dict[str, bytes]) -> None:
    """What must hold of every segment, whatever its files held."""
    assert len(segment.parts) + len(segment.failed) == len(files)
    assert segment.lines == segment.records + len(segment.rejects)
    assert segment.lines == sum(part.lines for part in segment.parts)
    assert segment.records == sum(shape.records for shape in segment.shapes)
    assert segment.records <= segment.rows
    assert segment.unreadable <= segment.rows
    for part in segment.parts:
        if not part.document:
            lines = plain_bytes(files[part.name]).split(b"\n")
            assert part.lines == sum(1 for one in lines if one.strip())
    for reject in segment.rejects:
        text = plain_bytes(files[reject.file])
        assert text.count(b"\n", 0, reject.offset) == reject.line - 1
        assert reject.reason


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_told_and_good_lines_are_kept(tmp_path: Path, kind: str) -> None:
    """Each kind of damage costs its own lines only, and each is named where it stands."""
    damage = DAMAGE[kind]
    segment, rows = read(tmp_path, [damage.raw])
    assert (segment.lines, segment.records) == (damage.lines, damage.records)
    assert segment.rows == damage.records
    assert [(r.line, r.offset) for r in segment.rejects] == [bad[:2] for bad in damage.bad]
    for reject, (_, _, reason) in zip(segment.rejects, damage.bad, strict=True):
        assert reason in reject.reason
    assert len(rows_in(rows)) == damage.records
    check_account(segment, {part.name: damage.raw for part in segment.parts})


def test_all_damage_in_one_segment(tmp_path: Path) -> None:
    """Files of every kind of damage side by side give the sum of what each gives alone."""
    small = [damage for damage in DAMAGE.values() if len(damage.raw) < 1_000_000]
    segment, rows = read(tmp_path, [damage.raw for damage in small])
    assert segment.lines == sum(damage.lines for damage in small)
    assert segment.records == sum(damage.records for damage in small)
    told = [(r.file.rpartition("/")[2], r.line, r.offset) for r in segment.rejects]
    assert told == [
        (f"{at:03}.jsonl", *bad[:2]) for at, damage in enumerate(small) for bad in damage.bad
    ]
    lines = [row["line"] for row in rows_in(rows)]
    assert len(set(lines)) == len(lines) == segment.records


def test_a_row_leads_back_to_its_line(tmp_path: Path) -> None:
    """Part and line of every row name the object and the record it was read from."""
    files = [content(GOOD[:3]), b"\n\noops\n\n" + content(GOOD[3:5]), PRETTY, content(GOOD[5:])]
    segment, rows = read(tmp_path, files)
    for row in rows_in(rows):
        part = max((p for p in segment.parts if p.first <= row["line"]), key=lambda p: p.first)
        raw = files[int(part.name[-9:-6])]
        records = [raw] if part.document else [one for one in raw.split(b"\n") if one.strip()]
        found = json.loads(records[row["line"] - part.first])
        assert found["eventMetadata"]["eventId"] == row["event_id"]


def test_rows_of_batches_are_numbered(tmp_path: Path) -> None:
    """A record of several rows gives one row each, numbered from 0, and is one record."""
    batch = [line("1,2\n3,4\n5,6", "0.1\n0.2\n0.3", at=1), line("7,8", "0.4", at=2)]
    segment, rows = read(tmp_path, [content(batch)])
    assert (segment.records, segment.rows) == (2, 4)
    seen = [(row["line"], row["pos"], row["score"], row["f0"]) for row in rows_in(rows)]
    assert seen == [(1, 0, 0.1, 1.0), (1, 1, 0.2, 3.0), (1, 2, 0.3, 5.0), (2, 0, 0.4, 7.0)]


def test_what_is_unreadable_or_timeless_is_counted(tmp_path: Path) -> None:
    """A record without a readable answer or time stays a record, counted as such."""
    lines = [
        *GOOD[:2],
        line("1,2", "oops"),
        line("1,2", "0.5", inferenceTime="{%s}"),
        line("1", None),
    ]
    segment, _ = read(tmp_path, [content(lines)])
    assert (segment.records, segment.unreadable, segment.without_time) == (5, 2, 1)
    assert (segment.event_ids, segment.inference_ids) == (2, 0)
    assert [(s.content_type_out, s.records) for s in segment.shapes] == [("", 1), ("text/csv", 4)]


def test_an_object_that_cannot_be_read_is_failed_and_costs_nothing(tmp_path: Path) -> None:
    """A gzip cut short is named with its reason; what stands beside it is read."""
    segment, _ = read(
        tmp_path, [content(GOOD[:2]), gzip.compress(content(GOOD))[:-20], content(GOOD[2:])]
    )
    assert segment.records == 7
    assert [failed.file.rpartition("/")[2] for failed in segment.failed] == ["001.jsonl"]
    nothing, rows = read(tmp_path / "alone", [gzip.compress(content(GOOD))[:-20]])
    assert (nothing.lines, nothing.rows, nothing.parts) == (0, 0, ())
    assert rows_in(rows) == []


def test_a_shadows_inputs_are_not_stored_but_hashed(tmp_path: Path) -> None:
    """Without features the rows are the same but for the features themselves."""
    capture_file(tmp_path / "captures", GOOD)
    objects = list_objects(str(tmp_path / "captures")).objects
    found = []
    for at, features in enumerate((True, False)):
        folder = tmp_path / str(at)
        folder.mkdir()
        worker = SegmentReader(folder, FolderReader())
        segment = worker.read(objects, "v", READING, with_features=features)
        worker.close()
        found.append(rows_in(folder / f"{segment.name}.parquet"))
    for row in found[0]:
        assert (row.pop("f0"), row.pop("f1")) == (1.0, 2.0)
    assert found[0] == found[1]


def test_the_segment_stands_in_every_row(tmp_path: Path) -> None:
    """With line and position it names a row for ever: it is the number the file is named by."""
    segment, rows = read(tmp_path, [content(GOOD)])
    assert {row["segment"] for row in rows_in(rows)} == {int(segment.name, 16)}


def test_what_is_stored_fits_its_reading(tmp_path: Path) -> None:
    """Names, threshold and kind change nothing that is stored; a column or path does."""
    lines = [line("1,2", "0.1,0.9")]
    plain = guessed(lines, column=0)
    assert fingerprint(plain) == fingerprint(guessed(lines, column=0, threshold=0.9))
    assert fingerprint(plain) != fingerprint(guessed(lines, column=1))
    assert fingerprint(plain) != fingerprint(guessed(lines, argmax=True))


def test_a_numpy_segment_is_read_with_care(tmp_path: Path) -> None:
    """What SQL cannot read at all still becomes rows."""
    lines = [line(npy_of([[1.0, 2.0]]), npy_of([0.5]), encodings=("BASE64", "BASE64"))] * 2
    capture_file(tmp_path / "captures", lines)
    worker = SegmentReader(tmp_path, FolderReader())
    objects = list_objects(str(tmp_path / "captures")).objects
    segment = worker.read(objects, "v", guessed(lines), with_features=True)
    worker.close()
    seen = [(row["score"], row["f1"]) for row in rows_in(tmp_path / f"{segment.name}.parquet")]
    assert seen == [(0.5, 2.0)] * 2


def test_a_segment_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A reader that fails halfway leaves neither a Parquet file nor a temporary one."""

    class Failing(FolderReader):
        def read(self, found: CaptureObject) -> bytes:
            raise KeyboardInterrupt

    path = capture_file(tmp_path / "captures", GOOD)
    worker = SegmentReader(tmp_path, Failing())
    with pytest.raises(KeyboardInterrupt):
        worker.read(list_objects(str(path)).objects, "v", READING, with_features=True)
    worker.close()
    assert [each.name for each in tmp_path.iterdir()] == ["captures"]


@given(st.lists(st.integers(0, 2 * SEGMENT_BYTES), max_size=20), st.integers(1, SEGMENT_BYTES))
def test_objects_are_grouped_in_order(sizes: list[int], limit: int) -> None:
    """Every object is in one group, in order; only an object by itself may be over the limit."""
    objects = [CaptureObject(str(n), "", None, None, None, s, "", "") for n, s in enumerate(sizes)]
    groups = list(plan(objects, limit))
    assert [found for group in groups for found in group] == objects
    assert all(len(g) == 1 or sum(f.size for f in g) <= limit for g in groups)


PIECES = st.sampled_from(
    [
        GOOD[0],
        GOOD[1],
        GOOD[2][:70],
        b"",
        b" ",
        b"{",
        b"[]",
        b"\x00",
        b"\xff",
        b"oops",
        PRETTY,
        b"\r",
    ]
)
RAW = st.one_of(
    st.binary(max_size=60),
    st.lists(PIECES | st.binary(max_size=5), max_size=6).map(b"\n".join),
    st.lists(PIECES, max_size=4).map(b"\r\n".join),
    st.lists(PIECES, max_size=4).map(lambda p: gzip.compress(b"\n".join(p))),
    st.lists(PIECES, max_size=4).map(lambda p: gzip.compress(b"\n".join(p))[:-6]),
)


@settings(max_examples=30)
@given(st.lists(RAW, min_size=1, max_size=4))
def test_any_files_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, raws: list[bytes]
) -> None:
    """Arbitrary bytes raise nothing, and lines = records + rejects, each reject where it says."""
    folder = tmp_path_factory.mktemp("any")
    segment, rows = read(folder, raws)
    names = [found.name for found in list_objects(str(folder / "captures")).objects]
    check_account(segment, dict(zip(names, raws, strict=True)))
    with duckdb.connect() as database:
        found = database.execute(
            "SELECT count(*), count(DISTINCT (line, pos)), count(DISTINCT line) "
            "FROM read_parquet($f)",
            {"f": str(rows)},
        ).fetchall()
    assert found == [(segment.rows, segment.rows, segment.records)]


def test_written_documents_are_lines() -> None:
    """The generator writes a record as one line, as data capture does."""
    assert b"\n" not in written(record("1\n2"))
