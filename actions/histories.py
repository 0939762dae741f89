"""What was done to a target, by whom, why, on which evidence, and what came of it?

The records of a chain, put together by the change they belong to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from actions.records import Chain, Intent, Record
    from actions.steps import Action

State = Literal["done", "failed", "unfinished"]
"""``unfinished``: no record says yet what came of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One change: all of its records, oldest first, and what they come to.

    ``ended`` is None and ``result`` what was last written where it is unfinished; ``requests`` are
    AWS's ids of the requests that were answered, each after the step it belongs to.
    """

    target: str
    action: Action
    change: str
    begun: datetime
    intent: Intent
    state: State
    ended: datetime | None
    result: str
    requests: tuple[tuple[int | None, str], ...]
    records: tuple[Record, ...]


def entries(chain: Chain) -> tuple[Entry, ...]:
    """Every change that a chain tells of, the newest first."""
    changes: dict[str, list[Record]] = {}
    for record in chain.records:
        changes.setdefault(record.change, []).append(record)
    found = (_entry(tuple(records)) for records in changes.values())
    return tuple(sorted(found, key=lambda each: each.records[0].number, reverse=True))


def _entry(records: tuple[Record, ...]) -> Entry:
    first = records[0]
    if first.intent is None:
        raise ValueError(f"Record {first.number} begins a change and says not why.")
    over = next(
        (r for r in records[::-1] if r.step is None and r.stage in ("done", "failed")), None
    )
    return Entry(
        target=first.target,
        action=first.action,
        change=first.change,
        begun=first.at,
        intent=first.intent,
        state="unfinished" if over is None else "failed" if over.stage == "failed" else "done",
        ended=None if over is None else over.at,
        result=(over or records[-1]).text,
        requests=tuple((each.step, each.request_id) for each in records if each.request_id),
        records=records,
    )
