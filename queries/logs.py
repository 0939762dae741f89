"""What does one line of a paired log say?

The log of a proxy that sends every request to both models: one JSON object a line, with the
request, both answers and, what data capture does not know, both status codes and latencies.
docs/paired-logs.md describes the format and an example of such a proxy. A line is read once for
each side, and each side becomes a :class:`~queries.records.Record` as a capture does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Literal

import orjson

from queries.records import (
    NotARecord,
    Record,
    Side,
    kind_of,
    parse_json,
    parse_time,
    text_of,
    why_not_json,
)

LogSide = Literal["production", "shadow"]
TIMEOUT = "timeout"
PLAIN = "TEXT"
"""The encoding of a body that is no BASE64, where the line does not name one."""


def parse_logged(line: bytes, side: LogSide) -> Record | None:
    """One side of a non-blank line; ``None`` where the request was not sent to the shadow.

    Raises
    ------
    NotARecord
        With a reason a user can act on.
    """
    try:
        document = parse_json(line)
    except orjson.JSONDecodeError as error:
        raise NotARecord(why_not_json(line, error)) from None
    return logged_from(document, side)


def logged_from(document: object, side: LogSide) -> Record | None:
    """As :func:`parse_logged`, of a parsed JSON document."""
    if not isinstance(document, dict):
        raise NotARecord(f"a JSON {kind_of(document)}, not an object")
    if document.get("production") is None:
        raise NotARecord("no production object: not a line of a paired log")
    for key in ("request", "production", "shadow"):
        if not isinstance(document.get(key, {}), dict | None):
            raise NotARecord(f"{key} is a JSON {kind_of(document[key])}, not an object")
    answer = document.get(side)
    if answer is None:
        return None
    status = _whole(answer, "status", side)
    failure = _failure(text_of(answer.get("error")), status)
    return Record(
        event_id=None,
        inference_id=text_of(document.get("id")),
        time=parse_time(document.get("time")),
        input=_payload(document.get("request") or {}),
        # the body of an error message is no prediction
        output=_payload(answer),
        source=None,
        custom_attributes=(),
        status=status,
        latency_ms=_number(answer, "latency_ms", side),
        failure=failure,
    )


def _payload(holder: Mapping[str, Any]) -> Side | None:
    body = holder.get("body")
    if body is None:
        return None
    return Side(
        data=body if isinstance(body, str) else text_of(body) or "",
        encoding=text_of(holder.get("encoding")) or PLAIN,
        content_type=text_of(holder.get("content_type")) or "",
    )


def _failure(error: str | None, status: int | None) -> str | None:
    """Why there is no answer: a timeout, the proxy's own words, or a status that is no success."""
    if error is not None:
        return TIMEOUT if "timeout" in error.lower() or "timed out" in error.lower() else error
    if status is not None and not 200 <= status <= 299:
        return f"status {status}"
    return None


def _whole(holder: Mapping[str, Any], key: str, side: str) -> int | None:
    value = holder.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not re.fullmatch("[1-9][0-9][0-9]", str(value), re.ASCII):
        raise NotARecord(f"{side}.{key} is {_said(value)}, but a status code such as 200 is needed")
    return int(value)


def _number(holder: Mapping[str, Any], key: str, side: str) -> float | None:
    value = holder.get(key)
    if value is None:
        return None
    try:
        ms = float("nan" if isinstance(value, bool) else value)
    except (TypeError, ValueError, OverflowError):
        ms = math.nan
    if not (math.isfinite(ms) and ms >= 0):
        raise NotARecord(f"{side}.{key} is {_said(value)}, but a time in milliseconds is needed")
    return ms


def _said(value: object) -> str:
    return repr(value)[:40]
