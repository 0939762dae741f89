"""Do Athena's SQL and the readers here give the same rows, or Athena's none?

Whatever SQL cannot read is NULL and counted, never something else; what the bulk reader reads in
SQL on this machine, Athena reads too. ``make test-trino`` asks the same of a real Trino.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.athena.duck import Duck
from queries.athena import decoding, refusing
from queries.errors import ConfigError
from queries.reading import Reading
from tests.queries.athena.decoding import decoded, faults, read_here
from tests.queries.capturing import JSON, guessed, line
from tests.queries.test_bulk import SAMPLES, differently_described

REFUSED = {"a language model", "json nested lists", "jsonlines", "quoted csv", "npy"}


def reading_of(name: str) -> Reading:
    sample = SAMPLES[name]
    return guessed(sample.lines()[: sample.usual], **sample.declared)


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - REFUSED))
def test_every_kind_of_payload_is_read_alike(name: str) -> None:
    """Each payload gives the rows that it gives here, or is unreadable."""
    lines, reading = SAMPLES[name].lines(), reading_of(name)
    assert not [*faults(lines, reading, decoded(Duck(), lines, reading), read_here(lines, reading))]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_sql_cannot_read_is_refused_in_a_sentence(name: str) -> None:
    """A test whose payloads need Python is told so, and what helps; never answered by half."""
    reading = reading_of(name)
    assert 'engine = "duckdb"' in (refusing.refusal(reading) or "")
    with pytest.raises(ConfigError, match=r'Set `engine = "duckdb"`'):
        decoding.rows(reading, "SELECT 1", side="production", features=reading)


def test_the_other_side_of_a_log_is_refused() -> None:
    """A paired log is left to the other engine."""
    reading = replace(reading_of("csv number"), layout="production")
    assert refusing.refusal(reading) is not None


def test_every_envelope_is_understood() -> None:
    """Ids, times, types and encodings of any kind are read alike, rejected alike, or no time."""
    # a container that should have been a text is written by each SerDe as it likes
    lines = [
        each
        for each in differently_described()
        if not any(odd in each for odd in (b'{"a":1}', b'[1,"x"]', b"[1,2]", b'"eventMetadata":[]'))
    ]
    reading = guessed([line()] * 3)
    assert not [*faults(lines, reading, decoded(Duck(), lines, reading), read_here(lines, reading))]


def test_malformed_cut_and_empty_lines_are_rejected_and_numbered_last() -> None:
    """A line that is no record is a row that says so, after the records of its object."""
    good = line(event="e")
    lines = [b'{"captureData": ', good[:40], b"", b"[]", b"null", b"\xff\xfe", good]
    found = decoded(Duck(), lines, guessed([line()] * 3))
    assert [found[at][0]["ok"] for at in range(len(lines))] == [False] * 6 + [True]
    assert all(found[at][0]["label"] is None for at in range(6))


def test_a_payload_that_is_no_utf_8_is_unreadable() -> None:
    """The SerDe replaces such bytes; what it makes of them is no answer."""
    lines = [line("a,1", "cat", event="e"), line("a,1", "caf\u00e9").replace(b"\xc3\xa9", b"\xe9")]
    found = decoded(Duck(), lines, guessed([line("a,1", "cat")] * 20))
    assert [found[at][0]["label"] for at in (0, 1)] == ["cat", None]


NUMBERS = st.sampled_from(
    ["1", "0.5", "-2.25", "1e-3", " 7 ", "1_000", "+3", "", "x", "nan", "inf", "-Infinity", "1d",
     "0x1F", "1.", ".5", "1e400", "True", "3f", "٣", "1__0", "_1", "1_"]
)  # fmt: skip
CSV = st.lists(NUMBERS, min_size=1, max_size=3).map(",".join)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.5, -1.25, "x", "0.25", ""]),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)
INSTANCES = st.lists(
    st.fixed_dictionaries({}, optional={"features": st.lists(VALUES, max_size=3) | VALUES}),
    max_size=3,
)
PREDICTIONS = st.lists(st.fixed_dictionaries({}, optional={"score": VALUES, "label": VALUES}),
                       max_size=3)  # fmt: skip


@settings(max_examples=5)
@given(st.lists(st.tuples(CSV, CSV), min_size=20, max_size=40))
def test_any_csv_is_read_alike(pairs: list[tuple[str, str]]) -> None:
    """Whatever stands between the commas, the numbers are those that Python reads, or none."""
    reading = reading_of("csv number")
    lines = [line(*pair) for pair in pairs]
    assert not [*faults(lines, reading, decoded(Duck(), lines, reading), read_here(lines, reading))]


@settings(max_examples=5)
@given(st.lists(st.tuples(INSTANCES, PREDICTIONS), min_size=20, max_size=40))
def test_any_json_is_read_alike(pairs: list[tuple[Any, Any]]) -> None:
    """Members missing or of other types give what they give here, or nothing."""
    reading = reading_of("json batches")
    lines = [line({"instances": a}, {"predictions": b}, encodings=JSON) for a, b in pairs]
    assert not [*faults(lines, reading, decoded(Duck(), lines, reading), read_here(lines, reading))]
