"""Do the objects of a segment reach the bulk reader whole, wherever and however they lie?"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries import spool as spooling
from queries.careful import documents_in, nonblank_lines
from queries.errors import SourceError
from queries.keys import CaptureObject
from queries.local import FolderReader
from queries.objects import list_objects
from queries.spool import BYTE_ORDER_MARK, Spool, plain_bytes, spool
from tests.queries.capturing import capture_file, content, line

LINES = [line(event=f"e{at}") for at in range(5)]


class Counting(FolderReader):
    """Reads files, and remembers which."""

    def __init__(self) -> None:
        self.read_names: list[str] = []

    def read(self, found: CaptureObject) -> bytes:
        self.read_names.append(found.name)
        return super().read(found)


def spooled(folder: Path, files: Iterable[bytes]) -> Spool:
    """Spool files of these contents, in this order."""
    for at, one in enumerate(files):
        capture_file(folder / "captures", one, name=f"00-00-{at:03}-x.jsonl")
    objects = list_objects(str(folder / "captures")).objects
    return spool(objects, FolderReader(), folder / "spooled.tmp")


def lines_in(found: Spool) -> list[list[bytes]]:
    """The lines of every object, taken from where its place says it lies."""
    return [[one.rstrip(b"\r\n") for _, _, one in nonblank_lines(p)] for p in found.places]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda raw: raw,
        lambda raw: raw.removesuffix(b"\n"),
        lambda raw: BYTE_ORDER_MARK + raw,
        lambda raw: gzip.compress(raw),
        lambda raw: gzip.compress(BYTE_ORDER_MARK + raw.removesuffix(b"\n")),
        lambda raw: gzip.compress(raw[:300]) + gzip.compress(raw[300:]),
        lambda raw: raw.replace(b"\n", b"\r\n"),
    ],
)
def test_every_wrapping_gives_the_same_lines(
    tmp_path: Path, wrap: Callable[[bytes], bytes]
) -> None:
    """Gzip, a byte-order mark, CRLF and a missing last newline leave the lines as they are."""
    found = spooled(tmp_path, [wrap(content(LINES[:2])), wrap(content(LINES[2:]))])
    assert lines_in(found) == [LINES[:2], LINES[2:]]
    assert [(p.first, p.lines) for p in found.places] == [(1, 2), (3, 3)]
    assert not found.failed


def test_lines_are_numbered_through_a_segment(tmp_path: Path) -> None:
    """An empty object has no lines, and what follows it keeps its numbers."""
    found = spooled(tmp_path, [content(LINES[:1]), b"", b"\n\n", LINES[1]])
    assert [(p.first, p.lines) for p in found.places] == [(1, 1), (2, 0), (2, 2), (4, 1)]
    assert found.bytes == sum(place.length for place in found.places)


@pytest.mark.parametrize(
    ("damage", "cut"),
    [("cut off", 4), ("cut off", 15), ("cut off", -9), ("changed", 15), ("changed", -9)],
)
def test_a_damaged_gzip_fails_alone(tmp_path: Path, damage: str, cut: int) -> None:
    """Of an object that cannot be unpacked nothing stays, and its neighbours are whole."""
    packed = gzip.compress(content(LINES) * 50)
    broken = packed[:cut] if damage == "cut off" else packed[:cut] + b"\xff\xff" + packed[cut:][2:]
    found = spooled(tmp_path, [content(LINES[:1]), broken, content(LINES[1:2])])
    assert lines_in(found) == [LINES[:1], LINES[1:2]]
    assert [(p.first, p.lines) for p in found.places] == [(1, 1), (2, 1)]
    (failed,) = found.failed
    assert "not a whole gzip file" in failed.reason
    assert failed.file.endswith("00-00-001-x.jsonl")


def test_an_object_that_changed_fails_with_the_readers_reason(tmp_path: Path) -> None:
    """A file that shrank after it was listed is told, not half read."""
    path = capture_file(tmp_path / "captures", LINES)
    objects = list_objects(str(path)).objects
    path.write_bytes(content(LINES[:2]))
    found = spool(objects, FolderReader(), tmp_path / "spooled.tmp")
    assert found.places == ()
    assert "changed while it was read" in found.failed[0].reason


def test_an_object_read_in_ranges_fails_alone(tmp_path: Path) -> None:
    """A large object whose second range cannot be had leaves no half of itself behind."""

    class Breaking(FolderReader):
        def read_range(self, found: CaptureObject, start: int, end: int) -> bytes:
            if start:
                raise SourceError("the network is gone")
            return super().read_range(found, start, end)

    big = content([line("x" * 1_000_000)] * 10)
    capture_file(tmp_path / "captures", gzip.compress(content(LINES)), name="1.jsonl")
    capture_file(tmp_path / "captures", big.removesuffix(b"\n"), name="2.jsonl")
    objects = list_objects(str(tmp_path / "captures")).objects
    found = spool(objects, Breaking(), tmp_path / "spooled.tmp")
    assert [failed.reason for failed in found.failed] == ["the network is gone"]
    assert lines_in(found) == [LINES]
    whole = spool(objects, FolderReader(), tmp_path / "spooled.tmp")
    assert [place.lines for place in whole.places] == [5, 10]


def test_large_plain_files_are_read_where_they_lie(tmp_path: Path) -> None:
    """A plain file of this machine is not copied; a small, packed or unfinished one is."""
    big = content([line("x" * 100_000)] * 30)
    path = capture_file(tmp_path / "captures", big)
    objects = list_objects(str(path)).objects
    reader = Counting()
    found = spool(objects, reader, tmp_path / "spooled.tmp")
    assert found.paths == (str(path),)
    assert reader.read_names == []
    assert not (tmp_path / "spooled.tmp").exists()
    for other in (big.removesuffix(b"\n"), BYTE_ORDER_MARK + big, gzip.compress(big), big[:5000]):
        path.write_bytes(other)
        objects = list_objects(str(path)).objects
        found = spool(objects, reader, tmp_path / "spooled.tmp")
        assert found.paths == (str(tmp_path / "spooled.tmp"),)


def test_the_longest_line_is_never_told_too_short(tmp_path: Path) -> None:
    """The engine refuses longer lines than it was told, so the bound holds for every line."""
    longest = spooling.USUAL_LONGEST_LINE + 1_000_000
    for at, raw in enumerate((b"x" * longest + b"\n", b"a\n" + b"x" * longest, b"x\n")):
        path = capture_file(tmp_path / str(at), raw)
        found = spool(list_objects(str(path)).objects, FolderReader(), tmp_path / "spooled.tmp")
        assert found.longest_line >= max(len(one) for one in raw.split(b"\n"))


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=4))
def test_any_bytes_are_spooled(
    tmp_path_factory: pytest.TempPathFactory, files: list[bytes]
) -> None:
    """Whatever the objects hold, each is placed or failed, and its place holds its lines."""
    folder = tmp_path_factory.mktemp("spool")
    found = spooled(folder, files)
    assert len(found.places) + len(found.failed) == len(files)
    for place in found.places:
        raw = Path(place.path).read_bytes()[place.offset : place.offset + place.length]
        assert place.lines == raw.count(b"\n")
        assert raw in (b"", *plains(files))


def plains(files: list[bytes]) -> Iterator[bytes]:
    """What the objects should be once unpacked and ended by a newline."""
    for raw in files:
        try:
            plain = plain_bytes(raw)
        except (OSError, EOFError):
            continue
        yield plain if plain.endswith(b"\n") else plain + b"\n"


@given(st.text(st.sampled_from('{}[]": ,a1\n')))
def test_documents_are_found_in_any_text(text: str) -> None:
    """A file without lines is a sequence of documents and nothing else, or it holds none."""
    for offset, document in documents_in(text.encode()):
        assert isinstance(document, dict | list)
        assert text[offset] in "{["
