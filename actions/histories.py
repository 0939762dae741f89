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

    @property
    def placed(self) -> str:
        """What it was to put in force, or did where AWS named it; "" where that is not known."""
        named = (each.config for each in reversed(self.records) if each.config)
        return self.intent.plan.config_name or next(named, "")

    @property
    def came_from(self) -> str:
        """What was in force before it, or right before its update; "" where that is not known."""
        named = (each.config for each in self.records if each.config)
        return self.intent.plan.previous or next(named, "")


def ran_before(chain: Chain, in_force: str) -> str:
    """What ran before the config (or version, or deployment) in force; "" where none tells.

    Only what was done from here and has stayed so since is known; a guess would be a risk.
    """
    for each in entries(chain):
        if each.state != "done" or each.action == "abort":
            continue
        if each.placed not in ("", in_force):
            break
        if each.came_from not in ("", in_force):
            return each.came_from
    return ""


def known_configs(chain: Chain) -> tuple[str, ...]:
    """Every config that was in force or was to be, by its name, the newest first."""
    named = (name for each in entries(chain) for name in (each.placed, each.came_from) if name)
    return tuple(dict.fromkeys(named))


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
