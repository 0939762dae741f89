"""What was done to a target, by whom, why, on which evidence, and what came of it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from actions.standings import standings

if TYPE_CHECKING:
    from actions.records import Chain, Intent, Record
    from actions.standings import Standing, State
    from actions.steps import Action


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One change: all of its records, oldest first, and what they come to.

    ``ended`` is None and ``result`` what was last written where it goes on; ``requests`` are AWS's
    ids of the requests that were answered, each after the step it belongs to.
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
    return tuple(entry(each) for each in reversed(standings(chain)))


def entry(found: Standing) -> Entry:
    """One change as it stands."""
    first, last = found.records[0], found.records[-1]
    over = found.state in ("done", "failed")
    return Entry(
        target=first.target,
        action=first.action,
        change=found.change,
        begun=first.at,
        intent=found.intent,
        state=found.state,
        ended=last.at if over else None,
        result=last.text,
        requests=tuple((each.step, each.request_id) for each in found.records if each.request_id),
        records=found.records,
    )
