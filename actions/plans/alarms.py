"""Which alarms guard a new fleet while it bakes, and which one ends a deployment by hand?

SageMaker rolls a deployment back when one of its alarms is in ALARM while a fleet bakes. Once the
new fleet takes traffic its metrics carry the dimension EndpointConfigName
(https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html), so these
alarms see that fleet and not the one it replaces. An update cannot be cancelled by any call; the
abort alarm is the way out, and works while a fleet bakes, not while its instances start.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actions.plans.differences import changes
from actions.steps import Call, Plan

_RESOLUTION_S = 60  # SageMaker's metrics have one value a minute
_LONGEST_REASON = 1023
_LATENCY, _ERRORS, _ABORT = "latency", "errors", "abort"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What a new fleet must hold to.

    ``bake_s`` is the shortest time in seconds that the strategy lets traffic run before it goes on;
    ``latency_ms`` the highest p99 of ModelLatency, None where it is not guarded; ``error_share``
    the most of a minute's answers, 0 to 1, that may be 5xx.
    """

    bake_s: int
    latency_ms: float | None = None
    error_share: float = 0.01

    @classmethod
    def beside(
        cls, p99_ms: float, *, bake_s: int, allowed_rise: float = 0.2, error_share: float = 0.01
    ) -> Guard:
        """As high a p99 as production's recent one and ``allowed_rise`` of it, a share, on top.

        Where production's is not known (nan) no limit is made up: latency is not guarded.
        """
        known = math.isfinite(p99_ms) and p99_ms > 0
        most = p99_ms * (1 + allowed_rise) if known else None
        return cls(bake_s=bake_s, latency_ms=most, error_share=error_share)

    @property
    def periods(self) -> tuple[int, int]:
        """How many minutes must be bad, and out of how many, for an alarm to fire in the bake.

        One is kept back, because a minute's values arrive in the next.
        """
        minutes = max(1, self.bake_s // _RESOLUTION_S - 1)
        return min(2, minutes), min(3, minutes)


def guards(endpoint: str, variant: str, config_name: str, guard: Guard) -> tuple[Call, ...]:
    """The calls that create the alarms on the fleet that ``config_name`` will start."""
    calls = []
    if guard.latency_ms is not None:
        calls.append(
            _on_fleet(
                _name(_LATENCY, config_name),
                (endpoint, variant, config_name),
                {
                    "MetricName": "ModelLatency",
                    "ExtendedStatistic": "p99",
                    "Threshold": guard.latency_ms * 1000,  # the metric is in µs
                },
                guard,
                f"The p99 of ModelLatency is above {guard.latency_ms:,.4g} ms.",
            )
        )
    calls.append(
        _on_fleet(
            _name(_ERRORS, config_name),
            (endpoint, variant, config_name),
            # each answer is a 1 or a 0, so their mean is the share of the 5xx
            {
                "MetricName": "Invocation5XXErrors",
                "Statistic": "Average",
                "Threshold": guard.error_share,
            },
            guard,
            f"More than {100 * guard.error_share:g} % of the answers are 5xx.",
        )
    )
    return tuple(calls)


def abort_alarm(endpoint: str, config_name: str) -> tuple[Call, ...]:
    """The calls that create the alarm which never fires by itself, and put it to OK.

    It watches a metric that nobody publishes and keeps its state while data are missing. On a
    metric with data, a state set by hand would be evaluated away within seconds, perhaps before
    SageMaker has seen it.
    """
    name = abort_name(endpoint, config_name)
    parameters: dict[str, Any] = {
        "AlarmName": name,
        "AlarmDescription": f"Set to ALARM by hand, it rolls back the update of {endpoint} to "
        f"{config_name}. It watches nothing.",
        "Namespace": "Understudy",
        "MetricName": "Abort",
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
        "Statistic": "Maximum",
        "Period": _RESOLUTION_S,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
    }
    return (
        Call("cloudwatch", "PutMetricAlarm", parameters, "Creates the alarm that aborts by hand."),
        Call(
            "cloudwatch",
            "SetAlarmState",
            {
                "AlarmName": name,
                "StateValue": "OK",
                "StateReason": f"Armed for the update of {endpoint} to {config_name}.",
            },
            "Puts the abort alarm to OK, whatever an earlier attempt left it at.",
        ),
    )


def abort_call(endpoint: str, config_name: str, reason: str) -> Call:
    """The call that aborts a deployment: its abort alarm is set to ALARM, and SageMaker goes back.

    ``reason`` is cut at the length that CloudWatch takes.
    """
    return Call(
        "cloudwatch",
        "SetAlarmState",
        {
            "AlarmName": abort_name(endpoint, config_name),
            "StateValue": "ALARM",
            "StateReason": " ".join(reason.split())[:_LONGEST_REASON],
        },
        f"Aborts the update of {endpoint} to {config_name}: SageMaker rolls back while it bakes.",
    )


def alarm_names(endpoint: str, config_name: str, guard: Guard | None) -> tuple[str, ...]:
    """The alarms of a deployment, as AutoRollbackConfiguration names them; the abort alarm last.

    ``guard`` None is a deployment that only a person aborts.
    """
    made = () if guard is None else guards(endpoint, "", config_name, guard)
    return (*(call.parameters["AlarmName"] for call in made), abort_name(endpoint, config_name))


def clean_up(endpoint: str, config_name: str, names: Sequence[str]) -> Plan:
    """What deletes the alarms ``names`` that were made for the update to a config, once it is over.

    They have to be there: CloudWatch may delete none where one of them is not
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html).
    """
    now = {"AlarmNames": list(names)}
    told = f"{len(names)} alarms" if len(names) != 1 else "the alarm"
    return Plan(
        action="remove_alarms",
        target=endpoint,
        fingerprint="",
        steps=(
            Call(
                "cloudwatch",
                "DeleteAlarms",
                now,
                f"Deletes {told} of the update to {config_name}.",
            ),
        ),
        now=now,
        after={},
        changes=changes(now, {}),
        notes=(
            f"Nothing that runs is touched. While {config_name} serves, its guards tell of errors "
            "and latency in CloudWatch; they no longer roll anything back.",
            "An update that asks for RetainDeploymentConfig would name these alarms again, and be "
            "refused without them; none of Understudy's does.",
        ),
    )


def abort_name(endpoint: str, config_name: str) -> str:
    """The name of a deployment's abort alarm: one for each config, so that none is left fired."""
    return f"understudy-{_ABORT}-{endpoint}-{config_name}"


def _name(watched: str, config_name: str) -> str:
    return f"understudy-{watched}-{config_name}"


def _on_fleet(
    name: str,
    fleet: tuple[str, str, str],
    metric: dict[str, Any],
    guard: Guard,
    what: str,
) -> Call:
    endpoint, variant, config_name = fleet
    bad, looked_at = guard.periods
    parameters = {
        "AlarmName": name,
        "AlarmDescription": f"{what} Rolls back the update of {endpoint} to {config_name}.",
        "Namespace": "AWS/SageMaker",
        **metric,
        "Dimensions": [
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": variant},
            {"Name": "EndpointConfigName", "Value": config_name},
        ],
        "Period": _RESOLUTION_S,
        "EvaluationPeriods": looked_at,
        "DatapointsToAlarm": bad,
        "ComparisonOperator": "GreaterThanThreshold",
        # until the fleet takes traffic there is no value, which is no reason to go back
        "TreatMissingData": "notBreaching",
    }
    if "ExtendedStatistic" in metric:
        # a p99 of few answers is their slowest; ignoring it would guard no quiet endpoint at all
        parameters["EvaluateLowSampleCountPercentile"] = "evaluate"
    return Call("cloudwatch", "PutMetricAlarm", parameters, f"Guards the new fleet: {what}")
