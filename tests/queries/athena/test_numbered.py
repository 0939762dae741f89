"""Is a record found in its object by the number that Athena gave it?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.athena.numbered import numbered
from tests.queries.capturing import content, line

AT = "s3://captures/object"


def record(at: int, event: str, answer: str = "0.5") -> bytes:
    return line("1,2", answer, at=at, event=event)


def lines_by_number(found: bytes, ids: list[str]) -> list[int | None]:
    """The lines, from 1, of the records with the numbers 1, 2, … and these event ids."""
    answers = [numbered(AT, found, number, (event, None)) for number, event in enumerate(ids, 1)]
    return [None if each is None else each.line for each in answers]


@given(st.permutations([(0, "a"), (1, "b"), (2, "c"), (2, "d")]))
def test_records_are_numbered_by_time_then_id(order: list[tuple[int, str]]) -> None:
    """In whichever order the file has them."""
    written = content([record(*each) for each in order])
    places = {event: at for at, (_, event) in enumerate(order, 1)}
    assert lines_by_number(written, ["a", "b", "c", "d"]) == [places[each] for each in "abcd"]


def test_what_else_is_the_same_is_numbered_by_its_answer() -> None:
    """Two records of one time and id differ in what was said; each is found as itself."""
    written = content([record(0, "a", "0.9"), record(0, "a", "0.1")])
    first, second = (numbered(AT, written, number, ("a", None)) for number in (1, 2))
    assert first is not None
    assert second is not None
    assert [each.record.output.data for each in (first, second) if each.record.output] == [
        "0.1",
        "0.9",
    ]
    assert (first.line, second.line, first.address) == (2, 1, AT)


def test_a_missing_id_comes_last() -> None:
    """As NULL does in Athena; an empty id is a missing one."""
    written = content(
        [line("1,2", "0.5", event=None), line("1,2", "0.5", event=""), record(0, "z")]
    )
    assert lines_by_number(written, ["z"]) == [3]
    assert numbered(AT, written, 2, (None, None)) is not None


@pytest.mark.parametrize("bad", [b"oops", b'{"captureData": ', b"[1]", b"", b"7"])
def test_a_line_that_is_no_record_is_numbered_last(bad: bytes) -> None:
    """Wherever it stands, the numbers of the records are those without it."""
    written = content([bad, record(1, "b"), bad, record(0, "a")])
    assert lines_by_number(written, ["a", "b"]) == [4, 2]
    assert numbered(AT, written, 3, (None, None)) is None


def test_bytes_that_are_no_text_do_not_move_the_numbers() -> None:
    """Athena replaces them and reads the line, so it has its number."""
    broken = record(0, "a").replace(b"1,2", b"\xff\xfe")
    assert lines_by_number(content([record(1, "b"), broken]), ["a", "b"]) == [2, 1]


def test_an_object_that_was_written_anew_shows_nothing() -> None:
    """A record with other ids at that number is another record."""
    assert numbered(AT, content([record(0, "other")]), 1, ("a", None)) is None
    assert numbered(AT, content([record(0, "a")]), 2, ("a", None)) is None
