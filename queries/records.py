"""What does one line of a capture file say?

Written for the lines that need care: the engine reads the ordinary ones in bulk, and whatever it
cannot place comes here, where each line either becomes a :class:`Record` or gets a reason.
The format is that of SageMaker data capture
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html).
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import numpy as np

NPY_MAGIC = b"\x93NUMPY"
_MEDIA = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "audio or image (RIFF)"),
    (b"%PDF", "application/pdf"),
    (b"\x1f\x8b", "application/gzip"),
)


class NotARecord(ValueError):
    """The line is not a capture record; the message is the reason shown to the user."""


@dataclass(frozen=True, slots=True)
class Side:
    """One captured payload as it stands in the file: still encoded."""

    data: str
    encoding: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Record:
    """One captured request. ``time`` is aware UTC, or None where none can be read.

    Only a paired log (``logs``) knows ``status``, ``latency_ms`` and ``failure``, which says why
    there is no answer.
    """

    event_id: str | None
    inference_id: str | None
    time: datetime | None
    input: Side | None
    output: Side | None
    source: str | None
    custom_attributes: tuple[str, ...]
    status: int | None = None
    latency_ms: float | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Payload:
    """A decoded payload: ``text`` or ``array``, or only the ``media`` it was recognised as."""

    media: str
    text: str | None = None
    array: np.ndarray[Any, Any] | None = None


def parse_record(line: bytes) -> Record:
    """Read one non-blank line. Fields may stand in any order, and every id is optional.

    Raises
    ------
    NotARecord
        With a reason a user can act on.
    """
    try:
        document = parse_json(line)
    except orjson.JSONDecodeError as error:
        raise NotARecord(why_not_json(line, error)) from None
    return record_from(document)


def parse_json(text: str | bytes) -> Any:
    """A JSON document; NaN and Infinity are taken too, for Python's own writer gives them.

    Raises
    ------
    orjson.JSONDecodeError
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as strict:
        try:
            document = json.loads(text if isinstance(text, str) else text.decode())
            # what cannot be written as UTF-8 (half a surrogate pair) must not come in either
            json.dumps(document, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise strict from None
        return document


def record_from(document: object) -> Record:
    """Turn a parsed JSON document into a record; raises :class:`NotARecord`."""
    if not isinstance(document, dict):
        raise NotARecord(f"a JSON {kind_of(document)}, not an object")
    captured = document.get("captureData")
    if not isinstance(captured, dict):
        raise NotARecord("no captureData object: not a data-capture record")
    about = document.get("eventMetadata")
    if about is None:
        about = {}
    if not isinstance(about, dict):
        raise NotARecord(f"eventMetadata is a JSON {kind_of(about)}, not an object")
    sides = [_side(captured, key) for key in ("endpointInput", "endpointOutput")]
    if sides == [None, None]:
        raise NotARecord("captureData holds neither endpointInput nor endpointOutput")
    attributes = about.get("customAttributes")
    return Record(
        event_id=text_of(about.get("eventId")),
        inference_id=text_of(about.get("inferenceId")),
        time=parse_time(about.get("inferenceTime")),
        input=sides[0],
        output=sides[1],
        source=text_of(about.get("invocationSource")),
        custom_attributes=(
            tuple(filter(None, map(text_of, attributes))) if isinstance(attributes, list) else ()
        ),
    )


def parse_time(value: object) -> datetime | None:
    """``inferenceTime`` as aware UTC; None for what is no ISO 8601 time."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def decode(side: Side) -> Payload:
    """Undo the capture's encoding; BASE64 is sniffed, because it hides text as often as bytes."""
    if side.encoding.upper() != "BASE64":
        return Payload(media=side.content_type, text=side.data)
    try:
        raw = base64.b64decode(side.data, validate=True)
    except (binascii.Error, ValueError):
        return Payload(media="invalid BASE64")
    if raw.startswith(NPY_MAGIC):
        return _npy(raw)
    try:
        return Payload(media=side.content_type, text=raw.decode())
    except UnicodeDecodeError:
        unknown = f"binary ({side.content_type or 'no content type'})"
        return Payload(media=next((m for magic, m in _MEDIA if raw.startswith(magic)), unknown))


def documents(text: str) -> list[Any] | None:
    """The JSON documents of a payload: one, or one a line (application/jsonlines); else None."""
    try:
        return [parse_json(text)]
    except orjson.JSONDecodeError:
        pass
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        return [parse_json(line) for line in lines] if len(lines) > 1 else None
    except orjson.JSONDecodeError:
        return None


def _npy(raw: bytes) -> Payload:
    import numpy as np

    try:
        # allow_pickle=False: a captured payload is untrusted, and unpickling runs code
        array = np.load(io.BytesIO(raw), allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError, MemoryError, TypeError):
        return Payload(media="application/x-npy (unreadable)")
    return Payload(media="application/x-npy", array=array)


def _side(captured: dict[str, Any], key: str) -> Side | None:
    side = captured.get(key)
    if side is None:
        return None
    if not isinstance(side, dict):
        raise NotARecord(f"captureData.{key} is a JSON {kind_of(side)}, not an object")
    data = side.get("data")
    if data is None:
        return None
    return Side(
        data=data if isinstance(data, str) else _written(data),
        encoding=text_of(side.get("encoding")) or "",
        content_type=text_of(side.get("observedContentType")) or "",
    )


def text_of(value: object) -> str | None:
    """A text, or the JSON of what should have been one (an id that is a number)."""
    return (value if isinstance(value, str) else _written(value)) or None


def _written(value: object) -> str:
    if value is None:
        return ""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a whole number of more than 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def kind_of(value: object) -> str:
    """What JSON calls a value of this kind."""
    if value is None:
        return "null"
    kinds = ((bool, "boolean"), (dict, "object"), (list, "array"), (str, "string"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "number")


def why_not_json(line: bytes, error: orjson.JSONDecodeError) -> str:
    """Why a line cannot be parsed, in words."""
    if b"\x00" in line:
        return "contains NUL bytes"
    try:
        text = line.decode()
    except UnicodeDecodeError as bad:
        return f"not UTF-8 (byte {bad.start + 1} of the line)"
    if error.pos >= len(text.rstrip()):
        return "cut off: the JSON ends too early"
    return f"not JSON at character {error.pos + 1}: {error.msg.split(':')[0]}"
