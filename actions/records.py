"""What is written down of a change: one record before each thing asked of AWS, and one after?

A record is one line of JSON that holds the SHA-256 of the record before: who changes one, or takes
one out, breaks the chain. Every sum is of the bytes as they lie there, so ``sha256sum`` checks it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from actions.steps import Action, Call, Plan
from queries.kept import value_of

FIRST = "0" * 64
"""What the first record of a chain holds in place of a sum."""

HIDDEN = "(hidden)"
"""What is written in place of a value of a container's environment, which often is a secret."""

Stage = Literal["asked", "begun", "done", "found", "unclear", "failed"]
"""``asked``: one person asks another to let it through. ``begun``: AWS is about to be asked. Then
``done``: AWS said so; ``found``: no answer told it, but the live state shows that it took effect;
``unclear``: no answer told it, so that the live state is looked at before it is asked again;
``failed``: it was refused, or did not come about.
"""

_TIME = "$time"


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be done, who asks for it, and why.

    ``known_by`` says how the person is known, ``signed_in`` when they signed in (ISO 8601, UTC; ""
    where nobody did); ``role`` in whose name AWS is asked; ``evidence`` is the SHA-256 of the
    report that the decision rests on, and ``verdict`` what it said in a sentence; "" where there
    is none. ``asked_by`` is who asked for what the person let through, "" where no second one was
    needed.
    """

    person: str
    known_by: str
    signed_in: str
    reason: str
    role: str
    plan: Plan
    evidence: str = ""
    asked_by: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    All of one plan have the same ``change``; those that ask for it or begin it have the ``intent``.
    ``step`` counts the plan's steps from 0; None is the plan as a whole. ``text`` says what is
    about to be done, or what came of it. ``fingerprint`` is that of the live state as it was looked
    at for this record, "" where it was not; ``config`` the endpoint config that was waited for and
    that AWS named itself, "" where there is none. The rest is filled in when it is written:
    ``number`` counts from 1, ``time`` is ISO 8601 in UTC, ``process`` the user, machine and process
    that Understudy runs as, ``previous`` the SHA-256 of the record before; ``nonce`` makes sure
    that no two records are the same.
    """

    target: str
    action: Action
    change: str
    stage: Stage
    text: str = ""
    step: int | None = None
    request_id: str = ""
    fingerprint: str = ""
    config: str = ""
    intent: Intent | None = None
    number: int = 0
    time: str = ""
    process: str = ""
    nonce: str = ""
    previous: str = ""

    @property
    def at(self) -> datetime:
        """When it was written, aware UTC."""
        return datetime.fromisoformat(self.time)


@dataclass(frozen=True, slots=True)
class Chain:
    """All records of a target, oldest first, and the sum of the last.

    ``broken`` says in a sentence where they stop to follow from each other; ``records`` are those
    before that place.
    """

    target: str
    records: tuple[Record, ...]
    head: str
    broken: str | None = None

    @property
    def newest_first(self) -> tuple[Record, ...]:
        """The records, the newest first."""
        return self.records[::-1]


def line(record: Record) -> bytes:
    """A record as it is written."""
    text = json.dumps(asdict(record), ensure_ascii=False, default=_time)
    return text.encode() + b"\n"


def parse(content: bytes) -> Record:
    """A record as it was written.

    Raises
    ------
    ValueError
        When it is not whole.
    """
    try:
        # records that were written before this was kept have none of it
        written = {"config": ""} | json.loads(content, object_hook=_timed)
        found: Record = value_of(Record, written)
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return found


def sum_of(content: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def masked(plan: Plan) -> Plan:
    """The plan without the values of containers' environments."""
    return replace(
        plan,
        steps=tuple(
            replace(step, parameters=_masked(step.parameters)) if isinstance(step, Call) else step
            for step in plan.steps
        ),
        now=_masked(plan.now),
        after=_masked(plan.after),
    )


def _masked(document: Any) -> Any:
    if isinstance(document, Mapping):
        return {
            key: dict.fromkeys(value, HIDDEN)
            if key == "Environment" and isinstance(value, Mapping)
            else _masked(value)
            for key, value in document.items()
        }
    if isinstance(document, list | tuple):
        return [_masked(each) for each in document]
    return document


def _time(value: object) -> dict[str, str]:
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    raise TypeError(f"{value!r} is no value of a request")


def _timed(document: dict[str, Any]) -> Any:
    if document.keys() == {_TIME}:
        return datetime.fromisoformat(document[_TIME])
    return document
