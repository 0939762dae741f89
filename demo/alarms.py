"""In which state is an alarm of the demo account, and since when? By its metric, or by hand.

An alarm is looked at once a minute, as far as anybody asks
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html).
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import operator
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from demo.held import Held
from demo.identity import ACCOUNT
from demo.metrics import known_statistic
from demo.series import Series
from demo.validation import model
from demo.wire import Operation, Refusal

TARGET = "GraniteServiceVersion20100801"
_ARN = f"arn:aws:cloudwatch:eu-central-1:{ACCOUNT}:alarm"
_LOOKED_AT_S = 60.0
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_NEEDED = ("MetricName", "Namespace", "Period", "EvaluationPeriods", "Threshold")


class Alarms:
    """Alarms on metrics, in a document that is kept.

    ``speed`` is how many times faster than at AWS all goes on: a period of a minute is then a
    minute's part of that.
    """

    def __init__(
        self,
        series: Series,
        held: Held,
        *,
        clock: Callable[[], float] = time.time,
        speed: float = 1.0,
    ) -> None:
        self._series = series
        self._held = held
        self._clock = clock
        self._speed = speed

    def alarm_state(self, name: str) -> str:
        """OK, ALARM or INSUFFICIENT_DATA; "" where there is no alarm of this name."""
        with self._held.open() as alarms:
            if name not in alarms:
                return ""
            self._look(alarms[name])
            return str(alarms[name]["told"]["StateValue"])

    def operations(self) -> list[Operation]:
        """The operations on alarms that the demo account has."""
        answers = {
            "PutMetricAlarm": self._put,
            "DescribeAlarms": self._describe,
            "DescribeAlarmHistory": self._history,
            "SetAlarmState": self._set,
            "DeleteAlarms": self._delete,
        }
        return [Operation("cloudwatch", TARGET, name, answer) for name, answer in answers.items()]

    def _put(self, asked: dict[str, Any]) -> dict[str, Any]:
        _check(asked)
        name, now = asked["AlarmName"], self._clock()
        known = model("cloudwatch").shape_for("MetricAlarm").members
        told = {key: value for key, value in asked.items() if key in known}
        defaults = {"ActionsEnabled": True, "Dimensions": [], "TreatMissingData": "missing"}
        with self._held.open() as alarms:
            alarm = alarms.setdefault(name, {"history": [], "looked": now})
            # what is put anew stays in its state
            state = alarm.get("told") or {
                "StateValue": "INSUFFICIENT_DATA",
                "StateReason": "Unchecked: Initial alarm creation",
                "StateUpdatedTimestamp": now,
                "StateTransitionedTimestamp": now,
            }
            alarm["told"] = {
                **defaults,
                **told,
                **{key: value for key, value in state.items() if key.startswith("State")},
                "AlarmArn": f"{_ARN}:{name}",
                "AlarmConfigurationUpdatedTimestamp": now,
            }
            made = "updated" if alarm["history"] else "created"
            _write(alarm, now, "ConfigurationUpdate", f'Alarm "{name}" {made}', {"type": made})
        return {}

    def _describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        with self._held.open() as alarms:
            for alarm in alarms.values():
                self._look(alarm)
            wanted = asked.get("AlarmNames")
            found = [
                alarm["told"]
                for name, alarm in sorted(alarms.items())
                if (wanted is None or name in wanted)
                and name.startswith(asked.get("AlarmNamePrefix", ""))
                and asked.get("StateValue") in (None, alarm["told"]["StateValue"])
                and "MetricAlarm" in asked.get("AlarmTypes", ("MetricAlarm",))
            ]
        page = _page(found, asked, "MetricAlarms", default=50)
        return {"CompositeAlarms": [], **page}

    def _history(self, asked: dict[str, Any]) -> dict[str, Any]:
        with self._held.open() as alarms:
            for alarm in alarms.values():
                self._look(alarm)
            found = [
                item
                for name, alarm in alarms.items()
                if asked.get("AlarmName") in (None, name)
                for item in alarm["history"]
                if asked.get("HistoryItemType") in (None, item["HistoryItemType"])
                and asked.get("StartDate", 0) <= item["Timestamp"] <= asked.get("EndDate", math.inf)
            ]
        newest_first = asked.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        found.sort(key=lambda item: item["Timestamp"], reverse=newest_first)
        return _page(found, asked, "AlarmHistoryItems", default=100)

    def _set(self, asked: dict[str, Any]) -> dict[str, Any]:
        with self._held.open() as alarms:
            if asked["AlarmName"] not in alarms:
                raise Refusal("Alarm does not exist", code="ResourceNotFound", status=404)
            alarm = alarms[asked["AlarmName"]]
            self._look(alarm)
            # its metric has its say again when it is looked at next
            alarm["looked"] = self._clock()
            self._turn(alarm, asked["StateValue"], asked["StateReason"], self._clock())
        return {}

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        with self._held.open() as alarms:
            for name in asked["AlarmNames"]:
                alarms.pop(name, None)
        return {}

    def _look(self, alarm: dict[str, Any]) -> None:
        """Give an alarm the state that its metric asks for, where it is time to look at it."""
        now = self._clock()
        if now - alarm["looked"] < _LOOKED_AT_S / self._speed:
            return
        alarm["looked"] = now
        wanted, reason = self._evaluated(alarm["told"], now)
        if wanted and wanted != alarm["told"]["StateValue"]:
            self._turn(alarm, wanted, reason, now)

    def _evaluated(self, told: dict[str, Any], now: float) -> tuple[str, str]:
        """The state by the metric and why; "" where that says nothing."""
        period = told["Period"] / self._speed
        periods = told["EvaluationPeriods"]
        values = self._values(told, now // period * period, period, periods)
        breaches = _COMPARISONS[told["ComparisonOperator"]]
        bad = sum(breaches(value, told["Threshold"]) for value in values)
        missing, most = periods - len(values), told.get("DatapointsToAlarm", periods)
        reason = (
            f"Threshold Crossed: {bad} out of the last {periods} datapoints {values} crossed the "
            f"threshold ({told['Threshold']})."
        )
        treat = told["TreatMissingData"]
        if treat == "breaching":
            bad += missing
        elif treat == "ignore" and bad < most and len(values) - bad <= periods - most:
            return "", ""
        elif treat == "missing":
            if not values:
                return "INSUFFICIENT_DATA", "Insufficient Data: no datapoints were received."
            most = min(most, len(values))
        return ("ALARM" if bad >= most else "OK"), reason

    def _values(self, told: dict[str, Any], end: float, period: float, count: int) -> list[float]:
        """The metric in each of the last periods that have data."""
        found = []
        for back in range(count, 0, -1):
            start_ms, end_ms = (round(1_000 * (end - at * period)) for at in (back, back - 1))
            points = self._series.points(
                told,
                told.get("Statistic") or told["ExtendedStatistic"],
                start_ms=start_ms,
                end_ms=end_ms,
                # one point for the whole of it
                period_s=max(1, math.ceil(period)),
            )
            found += np.round(points.values[:1], 6).tolist()
        return found

    @staticmethod
    def _turn(alarm: dict[str, Any], state: str, reason: str, now: float) -> None:
        told = alarm["told"]
        before = told["StateValue"]
        told.update(StateValue=state, StateReason=reason[:1_023], StateUpdatedTimestamp=now)
        if before != state:
            told["StateTransitionedTimestamp"] = now
            data = {"oldState": {"stateValue": before}, "newState": {"stateValue": state}}
            summary = f"Alarm updated from {before} to {state}"
            _write(alarm, now, "StateUpdate", summary, data)


def _write(alarm: dict[str, Any], now: float, kind: str, summary: str, data: object) -> None:
    item = {
        "AlarmName": alarm["told"]["AlarmName"],
        "AlarmType": "MetricAlarm",
        "Timestamp": now,
        "HistoryItemType": kind,
        "HistorySummary": summary[:255],
        "HistoryData": json.dumps(data),
    }
    alarm["history"].append(item)


def _check(asked: dict[str, Any]) -> None:
    if "Metrics" in asked:
        raise Refusal("The demo account has alarms on one metric only, not on Metrics.")
    missing = [name for name in _NEEDED if name not in asked]
    if missing:
        said = f"The parameter {missing[0]} is required."
        raise Refusal(said, code="MissingParameter")
    if ("Statistic" in asked) == ("ExtendedStatistic" in asked):
        said = "Exactly one of the parameters Statistic and ExtendedStatistic must be given."
        raise Refusal(said, code="InvalidParameterCombination")
    if not known_statistic(asked.get("ExtendedStatistic", "p50")):
        raise Refusal(f"The value {asked['ExtendedStatistic']} for ExtendedStatistic is invalid.")
    if asked.get("ComparisonOperator") not in _COMPARISONS:
        raise Refusal("The demo account compares with a fixed threshold only.")
    if asked.get("TreatMissingData", "missing") not in (
        *("breaching", "notBreaching", "ignore", "missing"),
    ):
        raise Refusal(f"Treat missing data as {asked['TreatMissingData']} is unknown.")
    if asked["Period"] not in (10, 20, 30) and asked["Period"] % 60:
        raise Refusal("The parameter Period must be 10, 20, 30 or a multiple of 60.")
    if asked.get("DatapointsToAlarm", 1) > asked["EvaluationPeriods"]:
        raise Refusal("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")


def _page(
    found: list[dict[str, Any]], asked: dict[str, Any], key: str, *, default: int
) -> dict[str, Any]:
    first = 0
    if "NextToken" in asked:
        try:
            first = int(base64.b64decode(asked["NextToken"], validate=True))
        except (binascii.Error, ValueError):
            raise Refusal("The next token is invalid.", code="InvalidNextToken") from None
    last = first + asked.get("MaxRecords", default)
    more = {"NextToken": base64.b64encode(str(last).encode()).decode()} if last < len(found) else {}
    return {key: found[first:last], **more}
