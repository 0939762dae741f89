"""Which requests were answered in some way, and what exactly was sent and answered?

Payloads are not kept: they are read from the captures themselves when somebody looks
(docs/decisions/0005). A record is named by a reference that only who gave it out can turn into an
object: nothing that comes from a browser is taken for a path. It names the record for ever,
wherever its rows lie after more captures arrived.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from queries.records import decode
from queries.windows import bounds

if TYPE_CHECKING:
    from queries.answers import Answer
    from queries.captured import Captured, Side
    from queries.careful import Reject
    from queries.opened import Opened
    from queries.records import Side as Sent

LONGEST_TEXT = 200_000


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
    rows = tuple(
        _row(dict(zip(names, values, strict=True)), opened.captured)
        for values in zip(*(answer[name] for name in names), strict=True)
    )
    return Disagreements(rows, int(answer["total"][0]) if rows else 0, measure)


def _row(values: dict[str, Any], captured: Captured) -> DisagreementRow:
    def reference(side: Side) -> str:
        segment, line = values[f"{side}_segment"], values[f"{side}_line"]
        return captured.reference(side, int(segment), int(line))

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
    side, place = answer["variant"][0], (int(answer["segment"][0]), int(answer["line"][0]))
    payload = _payload(opened, opened.captured.reference(side, *place))
    return Unread(int(answer["total"][0]), side, payload)


def rejects(opened: Opened) -> tuple[Reject, ...]:
    """Every line and file of the captures that could not be read, and why."""
    return opened.captured.rejects()


def _payload(opened: Opened, reference: str) -> Payload | None:
    found = opened.captured.record(reference)
    if found is None:
        return None
    captured = found.record
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
        address=found.address,
        line=found.line,
        truncated=given_cut or answer_cut,
        status=captured.status,
        latency_ms=captured.latency_ms,
        failure=captured.failure,
    )


def _shown(side: Sent | None) -> tuple[str, bool]:
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
