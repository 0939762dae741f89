"""Does every line either become a record or get a reason a person can act on?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.records import (
    NotARecord,
    Record,
    Side,
    decode,
    documents,
    parse_json,
    parse_record,
    parse_time,
)
from tests.queries.capturing import base64_of, line, npy_of, record, written

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "captureData": JSON_VALUES
        | st.dictionaries(
            st.sampled_from(["endpointInput", "endpointOutput"]),
            JSON_VALUES
            | st.dictionaries(
                st.sampled_from(["data", "encoding", "observedContentType"]), JSON_VALUES
            ),
        ),
        "eventMetadata": JSON_VALUES
        | st.dictionaries(
            st.sampled_from(["eventId", "inferenceId", "inferenceTime", "customAttributes"]),
            JSON_VALUES,
        ),
    },
)


def parsed(content: bytes) -> Record | None:
    try:
        return parse_record(content)
    except NotARecord:
        return None


@given(st.binary())
def test_any_bytes_are_a_record_or_have_a_reason(content: bytes) -> None:
    """No line of bytes makes the parser raise anything but a reason."""
    parsed(content)


@given(ENVELOPES)
def test_any_document_is_a_record_or_has_a_reason(document: Any) -> None:
    """JSON of any types in any of the places is placed or refused, never raised on."""
    found = parsed(json.dumps(document).encode())
    if found is not None:
        for side in (found.input, found.output):
            if side is not None:
                decode(side)
                documents(side.data)


def test_fields_may_stand_in_any_order() -> None:
    """A record is read by names: a writer that puts eventMetadata first is read alike."""
    one = record("1,2", "0.5", event="e", inference="i", customAttributes=["tfs-model-name=m"])
    turned = dict(reversed(one.items()))
    assert parse_record(written(turned)) == parse_record(written(one))


def test_all_that_is_captured_is_kept() -> None:
    """Ids, time, source, attributes, encodings and content types come out as written."""
    found = parse_record(
        line(
            "1",
            "2",
            at=90,
            event="e",
            inference="i",
            invocationSource="ShadowExperiment",
            customAttributes=["a=b"],
            encodings=("CSV", "JSON"),
        )
    )
    assert found == Record(
        "e",
        "i",
        datetime(2024, 3, 31, 12, 1, 30, tzinfo=UTC),
        Side("1", "CSV", "text/csv"),
        Side("2", "JSON", "application/json"),
        "ShadowExperiment",
        ("a=b",),
    )


@pytest.mark.parametrize("about", [{}, {"eventId": ""}, {"eventId": None, "inferenceId": ""}])
def test_an_empty_id_is_none(about: dict[str, Any]) -> None:
    """An id that is absent, null or empty identifies nothing."""
    found = parse_record(line(**about))
    assert found.event_id is None
    assert found.inference_id is None


def test_an_id_or_payload_of_another_type_is_taken_as_its_text() -> None:
    """A caller's number as id, or JSON instead of JSON in a string, is read as the engine does."""
    one = record(eventId=12)
    one["captureData"]["endpointOutput"]["data"] = {"score": 0.5}
    found = parse_record(written(one))
    assert found.event_id == "12"
    assert found.output is not None
    assert found.output.data == '{"score":0.5}'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[1]", "a JSON array, not an object"),
        (b"null", "a JSON null, not an object"),
        (b"{}", "no captureData object"),
        (b'{"captureData": 1}', "no captureData object"),
        (b'{"captureData": {}}', "neither endpointInput nor endpointOutput"),
        (b'{"captureData": {"endpointInput": "x"}}', "endpointInput is a JSON string"),
        (b'{"captureData": {}, "eventMetadata": []}', "eventMetadata is a JSON array"),
        (line()[:40], "cut off: the JSON ends too early"),
        (line() + line(), "not JSON at character"),
        (line() + b" trailing", "not JSON at character"),
        (b"\x00" * 10, "contains NUL bytes"),
        (line()[:30] + b"\xff" + line()[30:], "not UTF-8 (byte 31 of the line)"),
    ],
)
def test_a_line_that_is_no_record_says_why(content: bytes, reason: str) -> None:
    """Every kind of damage has its own reason."""
    with pytest.raises(NotARecord) as refusal:
        parse_record(content)
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-03-31T16:57:29Z", datetime(2024, 3, 31, 16, 57, 29, tzinfo=UTC)),
        ("2024-03-31T16:57:29.5Z", datetime(2024, 3, 31, 16, 57, 29, 500_000, tzinfo=UTC)),
        ("2024-03-31T18:57:29+02:00", datetime(2024, 3, 31, 16, 57, 29, tzinfo=UTC)),
        ("2024-03-31T16:57:29", datetime(2024, 3, 31, 16, 57, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("{%s}", None),
        ("epoch", None),
        ("", None),
        (1711900649, None),
        (None, None),
    ],
)
def test_times_are_utc_or_none(text: object, time: datetime | None) -> None:
    """An ISO 8601 time is UTC; what is none, or lies outside the calendar, is no time."""
    assert parse_time(text) == time


@given(st.text())
def test_no_text_makes_the_time_raise(text: str) -> None:
    """Any text is a time or none."""
    parse_time(text)


@pytest.mark.parametrize(
    ("data", "text", "media"),
    [
        (base64_of('{"score": 0.5}'), '{"score": 0.5}', "text/csv"),
        (base64_of("%PDF as text"), "%PDF as text", "text/csv"),
        (base64_of(b"\x89PNG\r\n\x1a\n\x00\xff"), None, "image/png"),
        (base64_of(b"\xff\xd8\xff\xe0"), None, "image/jpeg"),
        (base64_of(b"\x1f\x8b\x08"), None, "application/gzip"),
        (base64_of(b"\xfe\xff\x00"), None, "binary (text/csv)"),
        (base64_of(b"\x93NUMPY cut off"), None, "application/x-npy (unreadable)"),
        ("!!!", None, "invalid BASE64"),
        ("é", None, "invalid BASE64"),
    ],
)
def test_base64_is_sniffed(data: str, text: str | None, media: str) -> None:
    """BASE64 hides text as often as bytes: the content tells, not the content type."""
    found = decode(Side(data, "BASE64", "text/csv"))
    assert (found.text, found.media) == (text, media)


def test_npy_is_an_array_and_never_unpickled() -> None:
    """A NumPy payload of numbers is read; one of Python objects, which could run code, is not."""
    found = decode(Side(npy_of([[1.5, 2.0]]), "BASE64", "application/x-npy"))
    assert found.array is not None
    assert np.array_equal(found.array, [[1.5, 2.0]])
    pickled = np.array([{"a": 1}], dtype=object)
    assert decode(Side(npy_of(pickled), "BASE64", "application/x-npy")).array is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', [{"a": 1}]),
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ('{"a": "x\u2028y"}\n2', [{"a": "x\u2028y"}, 2]),
        ('{"a": 1}\noops', None),
        ("oops", None),
        ("", None),
    ],
)
def test_a_payload_is_one_document_or_one_a_line(text: str, found: list[Any] | None) -> None:
    """application/jsonlines is several documents; anything else is one, or none."""
    assert documents(text) == found


def test_nan_in_a_payload_spoils_only_itself() -> None:
    """Python's own writer gives NaN: the numbers beside it are still read."""
    (found,) = documents('{"predictions": [0.5, NaN, -Infinity]}') or []
    assert found["predictions"][0] == 0.5
    assert found["predictions"][2] == -np.inf


def test_half_a_surrogate_pair_stays_out() -> None:
    """Text that cannot be written as UTF-8 is refused at the door."""
    with pytest.raises(ValueError, match="surrogate"):
        parse_json('{"a": "\\ud800", "b": NaN}')
