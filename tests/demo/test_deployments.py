"""An update goes through the phases of its policy, in AWS's times and words."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import deployments
from demo.deployments import ACTIVATE_S, LAUNCH_S, TERMINATE_S, Phase, advance, begun, phases
from demo.faults import Fate

Told = tuple[float, str, str, int]


def capacity(value: int, kind: str = "INSTANCE_COUNT") -> dict[str, Any]:
    return {"Type": kind, "Value": value}


def blue_green(kind: str, wait: int = 300, after: int = 120, **step: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **step}
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": after}
    return {"BlueGreenUpdatePolicy": policy}


def rolling(batch: int, wait: int = 60, **more: Any) -> dict[str, Any]:
    policy = {"MaximumBatchSize": capacity(batch), "WaitIntervalInSeconds": wait, **more}
    return {"RollingUpdatePolicy": policy}


def fleet(count: int) -> list[dict[str, Any]]:
    return [{"VariantName": "v", "CurrentInstanceCount": count, "DesiredInstanceCount": count}]


def record(deployment: dict[str, Any], count: int = 4, **more: Any) -> dict[str, Any]:
    about: dict[str, Any] = {"config": "c", "shadow": [], "now": 0.0, "speed": 1.0, **more}
    return begun(deployment, production=fleet(count), **about)


def told(phase: Phase, count: int) -> Told:
    """Seconds, status, message and how many of the new instances have traffic."""
    moved, serving = round(phase.moved * count), round(phase.serving * count)
    return (phase.seconds, phase.status, phase.message.format(moved), serving)


BAKING = "Baking for {} seconds ({}) with traffic enabled on {} of {} instance(s)."
LAUNCH = (LAUNCH_S, "Creating", "Launching 4 instance(s).", 0)
END = (TERMINATE_S, "Deleting", "Terminating 4 instance(s).", 4)


def activating(on: int, what: str = "canary capacity") -> Told:
    said = f"Activating traffic on {what} of {on} instance(s)."
    return (ACTIVATE_S, "ActivatingTraffic", said, on)


def baking(seconds: int, on: int, what: str = "canary capacity", why: str = "Wait") -> Told:
    name = {"Wait": "WaitIntervalInSeconds", "End": "TerminationWaitInSeconds"}[why]
    return (seconds, "Baking", BAKING.format(seconds, name, what, on), on)


FULL = "full capacity"
FINALLY = [activating(4, FULL), baking(120, 4, FULL, "End"), END]


@pytest.mark.parametrize(
    ("deployment", "expected"),
    [
        ({}, [LAUNCH, activating(4, FULL), END]),
        (blue_green("ALL_AT_ONCE", 0), [LAUNCH, *FINALLY]),
        (
            blue_green("CANARY", CanarySize=capacity(1)),
            [LAUNCH, activating(1), baking(300, 1), *FINALLY],
        ),
        # half of four are two, whether asked for as a share or as a number
        (
            blue_green("LINEAR", LinearStepSize=capacity(50, "CAPACITY_PERCENT")),
            [LAUNCH, activating(2), baking(300, 2), *FINALLY],
        ),
        (
            blue_green("LINEAR", 60, LinearStepSize=capacity(1)),
            [
                LAUNCH,
                *(each for on in (1, 2, 3) for each in (activating(on), baking(60, on))),
                *FINALLY,
            ],
        ),
        (
            rolling(2),
            [
                (LAUNCH_S, "Creating", "Launching 2 instance(s).", 0),
                activating(2),
                baking(60, 2),
                (TERMINATE_S, "Deleting", "Terminating 2 instance(s).", 2),
                (LAUNCH_S, "Creating", "Launching 2 instance(s).", 2),
                activating(4, FULL),
                baking(60, 4, FULL),
                (TERMINATE_S, "Deleting", "Terminating 2 instance(s).", 4),
            ],
        ),
    ],
    ids=["none", "all at once", "canary", "linear half", "linear by one", "rolling"],
)
def test_every_policy_has_its_phases(deployment: dict[str, Any], expected: list[Told]) -> None:
    """Four instances, each policy: every phase, its seconds, message and traffic."""
    assert [told(each, 4) for each in phases(deployment, 4)] == expected


policies = st.one_of(
    st.builds(lambda n: blue_green("CANARY", CanarySize=capacity(n)), st.integers(1, 20)),
    st.builds(
        lambda n: blue_green("LINEAR", LinearStepSize=capacity(n, "CAPACITY_PERCENT")),
        st.integers(10, 50),
    ),
    st.builds(rolling, st.integers(1, 20)),
)


@given(deployment=policies, count=st.integers(2, 40))
def test_traffic_only_grows_until_all_have_it(deployment: dict[str, Any], count: int) -> None:
    """No policy takes traffic back by itself, and each ends with all of it on the new fleet."""
    shares = [each.serving for each in phases(deployment, count)]
    assert shares[0] == 0
    assert shares[-1] == 1
    assert all(before <= after for before, after in pairwise(shares))


@given(deployment=policies, count=st.integers(2, 12), stops=st.lists(st.floats(0, 4e3), max_size=6))
def test_it_does_not_matter_how_often_one_looks(
    deployment: dict[str, Any], count: int, stops: list[float]
) -> None:
    """Looked at in steps or only at the end, an update is in the same place."""
    often, once = record(deployment, count), record(deployment, count)
    for stop in sorted(stops):
        advance(often, stop, {})
    end = max(stops, default=0.0)
    assert advance(often, end, {}) == advance(once, end, {})
    assert often == once


def test_time_goes_as_fast_as_it_is_told() -> None:
    """At twenty times the speed every phase takes a twentieth of its time, and says AWS's."""
    fast = record(blue_green("CANARY", CanarySize=capacity(1)), speed=20.0)
    whole = sum(each.seconds for each in phases(blue_green("CANARY", CanarySize=capacity(1)), 4))
    assert not advance(fast, whole / 20 - 0.01, {})
    assert advance(fast, whole / 20 + 0.01, {})


def test_an_alarm_counts_while_an_update_bakes() -> None:
    """Red while instances launch, nothing happens; once the canary bakes, all traffic goes back."""
    alarm = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "red"}]}}
    one = record(blue_green("CANARY", CanarySize=capacity(1)) | alarm)
    advance(one, LAUNCH_S - 1, {"red": "ALARM"})
    assert not one["rolled_back"]
    advance(one, LAUNCH_S + ACTIVATE_S + 5, {"red": "OK"})
    assert not one["rolled_back"]
    seen = LAUNCH_S + ACTIVATE_S + 7
    assert not advance(one, seen, {"red": "ALARM"})
    assert told(deployments.phase_of(one), 4) == (*END[:3], 0)
    assert advance(one, seen + TERMINATE_S, {"red": "OK"})
    assert "[red]" in one["reason"]
    assert one["shares"] == [[0.0, 0], [LAUNCH_S, 0.25], [seen, 0]]


def test_a_rolling_update_goes_back_in_its_own_steps() -> None:
    """At once without a batch for it, else batch by batch, each of them launched anew."""
    alarm = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "red"}]}}
    at = LAUNCH_S + ACTIVATE_S + 1
    for more, steps in (({}, 1), ({"RollbackMaximumBatchSize": capacity(2)}, 4)):
        one = record(rolling(2, **more) | alarm)
        advance(one, at, {"red": "ALARM"})
        assert one["rolled_back"]
        assert len(one["phases"]) == steps
        ends = TERMINATE_S if steps == 1 else 2 * (LAUNCH_S + TERMINATE_S)
        assert not advance(one, at + ends - 1, {})
        assert advance(one, at + ends, {})


def test_what_takes_too_long_is_rolled_back() -> None:
    """At the moment its limit is over, whatever phase it is in."""
    policy = blue_green("CANARY", 300, CanarySize=capacity(1))
    policy["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 600
    one = record(policy)
    assert not advance(one, 599, {})
    assert not one["rolled_back"]
    advance(one, 601, {})
    assert one["rolled_back"]
    assert "MaximumExecutionTimeoutInSeconds" in one["reason"]
    assert advance(one, 600 + TERMINATE_S, {})


def test_a_fate_shows_when_the_instances_should_be_there() -> None:
    """Until then it looks like any other update."""
    one = record({}, fate=Fate(None))
    advance(one, LAUNCH_S - 1, {})
    assert not one["rolled_back"]
    advance(one, LAUNCH_S, {})
    assert (one["rolled_back"], one["reason"]) == (True, None)
