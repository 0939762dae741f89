"""Alarms look at the new fleet alone, fire within the bake, and one of them only by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.plans.alarms import Guard, abort_alarm, abort_call, alarm_names, clean_up, guards
from tests.actions.plans.living import assert_accepted

GUARD = Guard.beside(40.0, bake_s=600)


def test_guards_see_only_the_new_fleet() -> None:
    """Every guard names endpoint, variant and the config to come, of which blue has no metric."""
    calls = guards("fraud", "AllTraffic", "fraud-new", GUARD)
    assert_accepted(*calls)
    for call in calls:
        assert {d["Name"]: d["Value"] for d in call.parameters["Dimensions"]} == {
            "EndpointName": "fraud",
            "VariantName": "AllTraffic",
            "EndpointConfigName": "fraud-new",
        }
    latency, errors = calls
    assert latency.parameters["Threshold"] == pytest.approx(48_000)
    assert latency.parameters["ExtendedStatistic"] == "p99"
    assert errors.parameters["Threshold"] == 0.01
    assert "above 48 ms" in latency.purpose


@pytest.mark.parametrize("p99", [math.nan, 0.0, math.inf])
def test_latency_that_is_not_known_is_not_guarded(p99: float) -> None:
    """No limit is made up; errors are guarded all the same."""
    calls = guards("fraud", "AllTraffic", "fraud-new", Guard.beside(p99, bake_s=600))
    assert [call.parameters["MetricName"] for call in calls] == ["Invocation5XXErrors"]


@given(bake_s=st.integers(0, 3600))
def test_an_alarm_can_fire_within_the_bake(bake_s: int) -> None:
    """The minutes that must be bad, and one for their values to arrive, fit a bake of two or more.

    A shorter one cannot be guarded by metrics of one value a minute.
    """
    bad, looked_at = Guard(bake_s=bake_s).periods
    assert 1 <= bad <= looked_at <= 3
    if bake_s >= 120:
        assert (looked_at + 1) * 60 <= bake_s


def test_the_abort_alarm_fires_by_hand_alone_and_stays() -> None:
    """Its metric has no data and missing data keep the state; it begins as OK."""
    created, armed = abort_alarm("fraud", "fraud-new")
    abort = abort_call("fraud", "fraud-new", "the scores\nare all 0 " + "x" * 2000)
    assert_accepted(created, armed, abort)
    assert created.parameters["TreatMissingData"] == "ignore"
    assert created.parameters["Namespace"] == "Understudy"
    assert armed.parameters["StateValue"] == "OK"
    assert abort.parameters["StateValue"] == "ALARM"
    assert abort.parameters["StateReason"].startswith("the scores are all 0 x")
    names = {call.parameters["AlarmName"] for call in (created, armed, abort)}
    assert len(names) == 1


@given(endpoint=st.from_regex(r"[a-zA-Z0-9]{1,63}", fullmatch=True), guarded=st.booleans())
def test_names_follow_from_the_deployment(endpoint: str, guarded: bool) -> None:
    """The longest names there are fit within 255; to the last, they can be deleted again."""
    config_name = "c" * 63
    guard = GUARD if guarded else None
    names = alarm_names(endpoint, config_name, guard)
    made = [*guards(endpoint, "v", config_name, GUARD), *abort_alarm(endpoint, config_name)[:1]]
    (deleted,) = clean_up(endpoint, config_name, names).calls
    assert_accepted(deleted)
    assert set(names) <= {call.parameters["AlarmName"] for call in made}
    assert deleted.parameters["AlarmNames"] == list(names)
    assert all(len(name) <= 255 for name in names)
    assert len(names) == (3 if guarded else 1)
