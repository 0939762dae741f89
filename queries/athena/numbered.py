"""Which record of a captured object has a number that Athena gave it?

Lines of a file have no numbers in Athena: they are numbered in the order of what they hold
(``decoding``), which is here the order of the same texts.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any

import orjson

from queries.captured import Found
from queries.careful import lines_of
from queries.records import NotARecord, parse_json, record_from


def numbered(
    address: str, content: bytes, line: int, ids: tuple[str | None, str | None]
) -> Found | None:
    """The record with a number, as ``decoding`` numbers the lines of an object.

    None where the ids of that record are others: the object was written anew.
    """
    found = sorted(_documents(content), key=lambda each: _order(each[1]))
    if line > len(found):
        return None
    number, document = found[line - 1]
    try:
        record = record_from(document)
    except NotARecord:
        return None
    return Found(address, number, record) if (record.event_id, record.inference_id) == ids else None


def _documents(content: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every line that is a JSON object; all others are numbered after these.

    Bytes that are no UTF-8 make no line unreadable in Athena: they are replaced.
    """
    for number, _, line in lines_of(io.BytesIO(content), len(content)):
        with contextlib.suppress(orjson.JSONDecodeError):
            document = parse_json(line.decode(errors="replace"))
            if isinstance(document, dict):
                yield number, document


def _order(document: dict[str, Any]) -> tuple[tuple[bool, str], ...]:
    """As ``decoding`` orders the lines of an object: a missing text is the last."""
    about = _inside(document, "eventMetadata")
    captured = _inside(document, "captureData")
    sides = [_inside(captured, key) for key in ("endpointInput", "endpointOutput")]
    texts = [about.get("inferenceTime")]
    texts += [about.get(key) or None for key in ("eventId", "inferenceId")]
    texts += [side.get("data") for side in sides]
    texts += [
        side.get(key) or None for side in sides for key in ("observedContentType", "encoding")
    ]
    return tuple((text is None, "" if text is None else str(text)) for text in texts)


def _inside(document: dict[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}
