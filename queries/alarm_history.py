"""Which of some alarms were in ALARM during a time?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from queries.sagemaker import asked

_MOST_NAMES = 100  # alarms of one DescribeAlarms


@dataclass(frozen=True, slots=True)
class Fired:
    """An alarm that was in ALARM: since when (aware UTC), and whether it ``still`` is."""

    name: str
    since: datetime
    reason: str
    still: bool


def fired(
    client: Any, names: Iterable[str], *, since: datetime, until: datetime | None
) -> tuple[Fired, ...]:
    """The alarms of these names that were in ALARM at some time of ``since`` to ``until``.

    Also those that have been since before: an alarm that is red already takes an update back.
    ``until`` None is up to now, by CloudWatch's clock.

    Raises
    ------
    AwsError
    """
    found: list[Fired] = []
    for alarm in _described(client, list(dict.fromkeys(names))):
        name = alarm["AlarmName"]
        state_since = alarm["StateUpdatedTimestamp"].astimezone(UTC)
        if alarm["StateValue"] == "ALARM" and (until is None or state_since <= until):
            found.append(Fired(name, state_since, alarm.get("StateReason", ""), True))
            continue
        went = [each for each in _history(client, name, since, until) if _into_alarm(each)]
        if went:
            last = max(went, key=lambda each: each["Timestamp"])
            summary = last.get("HistorySummary", "")
            found.append(Fired(name, last["Timestamp"].astimezone(UTC), summary, False))
    return tuple(found)


def _described(client: Any, names: list[str]) -> Iterator[Mapping[str, Any]]:
    for first in range(0, len(names), _MOST_NAMES):
        ask = partial(
            client.describe_alarms,
            AlarmNames=names[first : first + _MOST_NAMES],
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        )
        answer = asked("DescribeAlarms", ask)
        yield from (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ()))


def _history(
    client: Any, name: str, since: datetime, until: datetime | None
) -> Iterator[Mapping[str, Any]]:
    pages = asked(
        "DescribeAlarmHistory",
        lambda: list(
            client.get_paginator("describe_alarm_history").paginate(
                AlarmName=name,
                AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                HistoryItemType="StateUpdate",
                StartDate=since,
                **({} if until is None else {"EndDate": until}),
            )
        ),
    )
    for page in pages:
        yield from page["AlarmHistoryItems"]


def _into_alarm(item: Mapping[str, Any]) -> bool:
    """Whether a change of state led into ALARM; its data are JSON, its summary a sentence."""
    try:
        return bool(json.loads(item["HistoryData"])["newState"]["stateValue"] == "ALARM")
    except (KeyError, TypeError, ValueError):
        return str(item.get("HistorySummary", "")).endswith("to ALARM")
