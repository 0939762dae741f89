"""Which requests were answered in some way, and what exactly was sent and answered?

Payloads are not kept in the store: they are read from the captures themselves when somebody looks
(docs/decisions/0005). A record is named by a reference, ``object-number``, that only the store can
turn into an object: nothing that comes from a browser is taken for a path. It names the record for
ever, whichever segment its rows lie in after more captures arrived.
"""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from queries.careful import Reject, document_of, documents_in, lines_of, parse_line
from queries.errors import QuestionError, SourceError
from queries.keys import CaptureObject
from queries.objects import reader
from queries.records import NotARecord, Record, Side, decode
from queries.spool import plain_bytes
from queries.windows import bounds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queries.accounts import Part, Segment
    from queries.answers import Answer
    from queries.opened import Opened
    from queries.reading import Layout

LONGEST_TEXT = 200_000
GONE = "This row is not part of the test any more; load the page again."
_REFERENCE = re.compile(r"([0-9a-f]{16})-([1-9]\d{0,9})")


@dataclass(frozen=True, slots=True)
class DisagreementRow:
    """One pair: what each variant answered, and references to both records.

    ``row`` is the place of the answer in its record, from 0: a record can hold a batch. Answers of
    several parts have no label and no score but their first characters, and ``likeness``: their
    kind's first measure (``analysis.structured``).
    """

    time: datetime
    row: int
    production_label: str | None
    production_score: float | None
    shadow_label: str | None
    shadow_score: float | None
    method: str
    production_ref: str
    shadow_ref: str
    production_answer: str | None = None
    shadow_answer: str | None = None
    likeness: float | None = None


@dataclass(frozen=True, slots=True)
class Disagreements:
    """Some pairs, and how many there are of their kind.

    The newest first; answers of several parts by ``measure``, those that are least alike first.
    """

    rows: tuple[DisagreementRow, ...]
    total: int
    measure: str | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """One captured record as it was sent and answered; texts are cut at ``LONGEST_TEXT``.

    ``address`` is the path of its file, or the ``s3://`` address of its object. Only a paired log
    knows ``status``, ``latency_ms`` and ``failure``.
    """

    event_id: str | None
    inference_id: str | None
    time: datetime | None
    content_type_in: str
    content_type_out: str
    encoding_in: str
    encoding_out: str
    input: str
    output: str
    address: str
    line: int
    truncated: bool
    status: int | None = None
    latency_ms: float | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Captured answers from which no prediction could be read: how many, and the newest of them.

    ``variant`` is production or shadow, and ``payload`` None where its object is gone.
    """

    total: int
    variant: str
    payload: Payload | None


@dataclass(frozen=True, slots=True)
class PayloadPair:
    """Both records of a pair; None for one whose object is gone."""

    production: Payload | None
    shadow: Payload | None


def disagreements(
    opened: Opened,
    window_text: str,
    *,
    production_label: str | None = None,
    shadow_label: str | None = None,
    most: int = 100,
) -> Disagreements:
    """Pairs with these two labels; without any label, the pairs that disagree.

    Raises
    ------
    NotComparable
        When no record carries a time.
    """
    window = bounds(opened.window(window_text))
    if opened.compared is not None:
        measure = opened.compared.measures[0]
        answer = opened.engine.run("least_alike", columns=[measure], most=most, **window)
        return _found(opened, answer, measure)
    answer = opened.engine.run(
        "disagreements",
        any_production=production_label is None,
        production=production_label,
        any_shadow=shadow_label is None,
        shadow=shadow_label,
        any_answer=production_label is not None or shadow_label is not None,
        most=most,
        **window,
    )
    return _found(opened, answer, None)


def _found(opened: Opened, answer: Answer, measure: str | None) -> Disagreements:
    names = tuple(name for name in answer if name != "total")
    segments = {segment.name: segment for segment in opened.ingested.segments}
    rows = tuple(
        _row(dict(zip(names, values, strict=True)), segments)
        for values in zip(*(answer[name] for name in names), strict=True)
    )
    return Disagreements(rows, int(answer["total"][0]) if rows else 0, measure)


def _row(values: dict[str, Any], segments: Mapping[str, Segment]) -> DisagreementRow:
    def reference(side: str) -> str:
        segment = segments[f"{int(values[f'{side}_segment']):016x}"]
        return reference_of(segment, int(values[f"{side}_line"]))

    time = values["ts"].astype("datetime64[us]").item()
    return DisagreementRow(
        time=time.replace(tzinfo=UTC),
        row=int(values["pos"]),
        production_label=values.get("production_label"),
        production_score=_number(values.get("production_score")),
        shadow_label=values.get("shadow_label"),
        shadow_score=_number(values.get("shadow_score")),
        method=values["method"],
        production_ref=reference("production"),
        shadow_ref=reference("shadow"),
        production_answer=values.get("production_answer"),
        shadow_answer=values.get("shadow_answer"),
        likeness=_number(values.get("likeness")),
    )


def reference_of(segment: Segment, line: int) -> str:
    """The reference to the record that has this number in a segment."""
    at = bisect_right(segment.parts, line, key=lambda part: part.first) - 1
    part = segment.parts[at]
    return f"{_object(segment, part)}-{line - part.first + 1}"


def _object(segment: Segment, part: Part) -> str:
    # of a paired log each object is read once for each variant
    identity = (segment.variant, *part.identity)
    return hashlib.sha256(repr(identity).encode()).hexdigest()[:16]


def payloads(opened: Opened, production_ref: str, shadow_ref: str) -> PayloadPair:
    """Both records of a pair, read from the captures.

    Raises
    ------
    QuestionError
        When a reference is none that this test gave out.
    """
    return PayloadPair(_payload(opened, production_ref), _payload(opened, shadow_ref))


def unread(opened: Opened, window_text: str) -> Unread | None:
    """The newest answer from which no prediction could be read; None where all could be.

    Raises
    ------
    NotComparable
        When no record carries a time.
    """
    answer = opened.engine.run("unread_rows", most=1, **bounds(opened.window(window_text)))
    if not answer.rows:
        return None
    name = f"{int(answer['segment'][0]):016x}"
    segment = next(each for each in opened.ingested.segments if each.name == name)
    payload = _payload(opened, reference_of(segment, int(answer["line"][0])))
    return Unread(int(answer["total"][0]), answer["variant"][0], payload)


def rejects(opened: Opened) -> tuple[Reject, ...]:
    """Every line and file of the captures that could not be read, and why."""
    failed = (Reject(f.file, 0, 0, f.reason) for f in opened.ingested.failed)
    lines = (reject for segment in opened.ingested.segments for reject in segment.rejects)
    # once, though both sides of a paired log meet the same line
    return tuple(dict.fromkeys((*failed, *lines)))


def _payload(opened: Opened, reference: str) -> Payload | None:
    part, line, layout = _place(opened, reference)
    location = opened.test.source
    found = CaptureObject(part.key, location, None, None, None, part.size, part.etag, part.name)
    try:
        content = plain_bytes(reader(location, opened.config.aws).read(found))
    except (SourceError, OSError, EOFError, zlib.error):
        return None
    record = _record(content, part, line, layout)
    if record is None:
        return None
    number, captured = record
    given, given_cut = _shown(captured.input)
    answer, answer_cut = _shown(captured.output)
    return Payload(
        event_id=captured.event_id,
        inference_id=captured.inference_id,
        time=captured.time,
        content_type_in=captured.input.content_type if captured.input else "",
        content_type_out=captured.output.content_type if captured.output else "",
        encoding_in=captured.input.encoding if captured.input else "",
        encoding_out=captured.output.encoding if captured.output else "",
        input=given,
        output=answer,
        address=_address(location, part.key),
        line=number,
        truncated=given_cut or answer_cut,
        status=captured.status,
        latency_ms=captured.latency_ms,
        failure=captured.failure,
    )


def _address(location: str, key: str) -> str:
    scheme, _, rest = location.partition("://")
    return f"s3://{rest.partition('/')[0]}/{key}" if scheme == "s3" else key


def _place(opened: Opened, reference: str) -> tuple[Part, int, Layout]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise QuestionError(GONE)
    number = int(match[2])
    for segment in opened.ingested.segments:
        for part in segment.parts:
            if number <= part.lines and _object(segment, part) == match[1]:
                return part, number - 1, opened.ingested.readings[segment.variant].layout
    raise QuestionError(GONE)


def _record(content: bytes, part: Part, at: int, layout: Layout) -> tuple[int, Record] | None:
    """The record of an object, by its place among the object's records, with its line number."""
    try:
        if part.document:
            offset, document = documents_in(content)[at]
            number = content.decode().count("\n", 0, offset) + 1
            record = document_of(document, layout)
        else:
            number, _, line = next(islice(lines_of(io.BytesIO(content), len(content)), at, None))
            record = parse_line(line, layout)
        return None if record is None else (number, record)
    except (NotARecord, IndexError, StopIteration):
        return None


def _shown(side: Side | None) -> tuple[str, bool]:
    """A payload as text for a person: decoded, JSON laid out, bytes named instead of shown."""
    if side is None:
        return "", False
    payload = decode(side)
    if payload.array is not None:
        text = f"array of shape {payload.array.shape}\n{payload.array}"
    elif payload.text is None:
        text = f"[{payload.media}, {len(side.data):,} characters of BASE64]"
    else:
        text = _laid_out(payload.text)
    return text[:LONGEST_TEXT], len(text) > LONGEST_TEXT


def _laid_out(text: str) -> str:
    """JSON with a line a member, where that changes nothing but white space: 1e2 stays 1e2."""
    if text.lstrip()[:1] not in ("{", "[") or len(text) > LONGEST_TEXT:
        return text
    try:
        laid_out = orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, TypeError):
        return text
    return laid_out if "".join(laid_out.split()) == "".join(text.split()) else text


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)
