"""What is said of a plan, of what came of it and of all that was done before, as plain data?

The fields are those that docs/cli.md lists.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from actions.histories import entries
from actions.plans.differences import mask

if TYPE_CHECKING:
    from actions.arrivals import Arrival
    from actions.execute import Receipt
    from actions.histories import Entry
    from actions.records import Chain
    from actions.standings import Standing
    from actions.steps import Check, Plan
    from queries.updates import Progress


def plan_document(plan: Plan, checks: Iterable[Check]) -> dict[str, Any]:
    """A plan and what was looked at; values of containers' environments are masked."""
    return {
        "endpoint": plan.target,
        "action": plan.action,
        "now": plain(mask(plan.now)),
        "after": plain(mask(plan.after)),
        "diff": [asdict(change) for change in plan.changes],
        "calls": [
            {
                "service": call.service,
                "operation": call.operation,
                "parameters": plain(mask(call.parameters)),
            }
            for call in plan.calls
        ],
        "preflight": [asdict(check) for check in checks],
        "notes": list(plan.notes),
    }


def receipt_document(plan: Plan, checks: Iterable[Check], receipt: Receipt) -> dict[str, Any]:
    """What was begun and how far it is, with the plan."""
    return {
        **plan_document(plan, checks),
        "change": receipt.change,
        "state": receipt.state,
        "sentence": receipt.sentence,
        "requests": list(receipt.requests),
        "head": receipt.head,
    }


def progress_document(progress: Progress) -> dict[str, Any]:
    """An update as it stands; ``percent`` is None where it is not told."""
    found = progress.rollout
    known = found is not None and math.isfinite(found.percent)
    return {
        "endpoint": progress.endpoint,
        "config": progress.wanted,
        "outcome": progress.outcome,
        "sentence": progress.sentence,
        "remedy": progress.remedy,
        "status": progress.status,
        "in_force": progress.in_force,
        "phase": found.phase if found is not None else None,
        "percent": found.percent if found is not None and known else None,
        "not_before": plain(progress.not_before),
        "alarms": [each.name for each in progress.alarms],
        "at": plain(progress.at),
    }


def request_document(asked: Standing, *, hindrance: str | None) -> dict[str, Any]:
    """What waits for a second person, and why who looks cannot be that; None where they can."""
    intent = asked.intent
    return {
        "change": asked.change,
        "action": intent.plan.action,
        "asked": plain(asked.records[0].at),
        "person": intent.person,
        "known_by": intent.known_by,
        "reason": intent.reason,
        "verdict": intent.verdict,
        "config": intent.plan.config_name,
        "diff": [asdict(change) for change in intent.plan.changes],
        "hindrance": hindrance,
    }


def arrival_document(arrival: Arrival) -> dict[str, Any]:
    """How an alias or a stage stands, with the fields of ``progress_document``."""
    return {
        "endpoint": arrival.target,
        "config": arrival.wanted,
        "outcome": arrival.outcome,
        "sentence": arrival.sentence,
        "remedy": arrival.remedy,
        "status": None,
        "in_force": arrival.in_force,
        "phase": None,
        "percent": arrival.percent,
        "not_before": None,
        "alarms": [],
        "at": plain(arrival.at),
    }


def history_document(location: str, chain: Chain, retention: Check | None) -> dict[str, Any]:
    """Every change of a target, the newest first, and whether the chain of records is whole.

    ``retention`` is what ``actions.retention`` found of the audit.
    """
    return {
        "endpoint": chain.target,
        "audit": location,
        "records": len(chain.records),
        "head": chain.head,
        "broken": chain.broken,
        "retention": plain(asdict(retention)) if retention is not None else None,
        "changes": [_change(each) for each in entries(chain)],
    }


def _change(entry: Entry) -> dict[str, Any]:
    intent = entry.intent
    return {
        "change": entry.change,
        "action": entry.action,
        "begun": plain(entry.begun),
        "ended": plain(entry.ended),
        "person": intent.person,
        "known_by": intent.known_by,
        "asked_by": intent.asked_by,
        "reason": intent.reason,
        "role": intent.role,
        "config": entry.placed,
        "previous": entry.came_from,
        "state": entry.state,
        "result": entry.result,
        "evidence": intent.evidence,
        "requests": [request for _, request in entry.requests],
    }


def plain(value: Any) -> Any:
    """A document as JSON has it; times are ISO 8601 in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value
