"""Traffic moves as AWS's pages say it does, within the limits that they print."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions import strict
from actions.plans.strategies import Kind, Strategy, faults
from tests.actions.plans.living import PRODUCTION, live

ALARMS = ("EndToEndDeploymentHighErrorRateAlarm",)
CANARY = Strategy(alarms=ALARMS)
KINDS: tuple[Kind, ...] = ("all_at_once", "canary", "linear", "rolling")


def fleet(instances: int, *more: dict[str, Any]) -> Any:
    return live(production=[PRODUCTION | {"InitialInstanceCount": instances}, *more])


def test_the_default_is_aws_s_own_canary():
    """30 % first, 600 s of bake, 600 s before the old fleet ends, 1800 s at most.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green-canary.html
    """
    assert replace(CANARY, timeout_s=1800).deployment_config(4) == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 30},
                "WaitIntervalInSeconds": 600,
            },
            "TerminationWaitInSeconds": 600,
            "MaximumExecutionTimeoutInSeconds": 1800,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARMS[0]}]},
    }
    assert faults(replace(CANARY, timeout_s=1800), fleet(4)) == ()


@pytest.mark.parametrize(
    ("strategy", "instances", "steps", "waits_s"),
    [
        (replace(CANARY, size=50), 4, (2, 4), 1200),
        (replace(CANARY, size=30), 4, (2, 4), 1200),
        (replace(CANARY, size=1), 200, (2, 200), 1200),
        (replace(CANARY, size=3, unit="instances"), 10, (3, 10), 1200),
        # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green-linear.html
        # a step of 33 % serves after three steps, two waits and the last bake
        (replace(CANARY, kind="linear", size=33), 3, (1, 2, 3), 1800),
        (replace(CANARY, kind="linear", size=40), 10, (4, 8, 10), 1800),
        # a rolling update watches every batch, the last one too, and keeps no old fleet
        (replace(CANARY, kind="rolling", size=25), 4, (1, 2, 3, 4), 2400),
        (replace(CANARY, kind="all_at_once"), 4, (4,), 600),
        (replace(CANARY, kind="all_at_once"), 1, (1,), 600),
    ],
)
def test_steps_and_waits_are_counted(
    strategy: Strategy, instances: int, steps: tuple[int, ...], waits_s: int
):
    """How many instances serve after each step, and the sum of the waits, by hand."""
    assert strategy.steps(instances) == steps
    assert strategy.waits_s(instances) == waits_s


def test_the_timeline_is_told():
    """Each step in words with its minutes."""
    assert replace(CANARY, size=50).timeline(4) == (
        "4 new instances start, without traffic",
        "2 of 4 new instances serve for 10 min",
        "all 4 serve for 10 min",
        "the old instances end",
    )
    assert replace(CANARY, kind="all_at_once", final_wait_s=90).timeline(1) == (
        "1 new instance starts, without traffic",
        "it serves for 1.5 min",
        "the old instances end",
    )
    assert replace(CANARY, kind="rolling", size=50, wait_s=0).timeline(2) == (
        "1 of 2 new instances serve",
        "all 2 serve",
    )


@pytest.mark.parametrize(
    ("strategy", "instances", "words"),
    [
        (replace(CANARY, size=51), 4, "at most 50 % of the instances at a time, not 51 %"),
        (replace(CANARY, size=0), 4, "not 0 %"),
        (replace(CANARY, size=3, unit="instances"), 4, "not 3 of 4 instances"),
        (replace(CANARY, kind="linear", size=9), 4, "10 to 50 %"),
        (replace(CANARY, kind="rolling", size=4), 40, "5 to 50 %"),
        (CANARY, 1, "at least 2 instances"),
        (replace(CANARY, wait_s=3601), 4, "The wait is 3601 s"),
        (replace(CANARY, final_wait_s=-1), 4, "The final wait is -1 s"),
        (replace(CANARY, timeout_s=599), 4, "AWS takes 600 to 28800 s"),
        (replace(CANARY, timeout_s=1200), 4, "longer than all waits together, 1200 s over 2"),
        (replace(CANARY, kind="linear", size=10, wait_s=3600), 10, "longer than all waits"),
        (replace(CANARY, alarms=()), 4, "Nothing would be watched"),
        (replace(CANARY, alarms=tuple("abcdefghijk")), 4, "11 alarms"),
        (replace(CANARY, alarms=("a", "a")), 4, "named twice: a"),
        (replace(CANARY, alarms=(" ",)), 4, "1 to 255 characters"),
    ],
)
def test_each_limit_has_its_sentence(strategy: Strategy, instances: int, words: str):
    """One step beyond a documented limit is a fault, told with what is allowed."""
    found = faults(strategy, fleet(instances))
    assert any(words in each for each in found), found


@pytest.mark.parametrize(
    ("strategy", "instances"),
    [
        (replace(CANARY, size=50), 2),
        (replace(CANARY, size=2, unit="instances"), 4),
        (replace(CANARY, kind="linear", size=10), 10),
        (replace(CANARY, kind="rolling", size=5), 40),
        (replace(CANARY, wait_s=3600, final_wait_s=3600), 4),
        (replace(CANARY, timeout_s=1201), 4),
        (replace(CANARY, alarms=tuple("abcdefghij")), 4),
        (Strategy(kind="all_at_once", final_wait_s=0), 1),
        (replace(CANARY, wait_s=0, final_wait_s=0, alarms=()), 4),
    ],
)
def test_each_limit_itself_is_allowed(strategy: Strategy, instances: int):
    """On a documented limit nothing is wrong."""
    assert faults(strategy, fleet(instances)) == ()


def test_what_depends_on_the_other_variants_is_seen():
    """Rolling takes one production variant, and the smallest one bounds a canary.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
    """
    second = PRODUCTION | {"VariantName": "Second", "InitialInstanceCount": 1}
    both = fleet(4, second)
    assert any("one production variant" in each for each in faults(Strategy("rolling"), both))
    assert any("at least 2 instances" in each for each in faults(CANARY, both))


def test_the_promoted_count_counts():
    """A canary is of the fleet that comes, not of the one that is there."""
    assert faults(CANARY, fleet(1), instances=4) == ()
    assert faults(CANARY, fleet(4), instances=1)


def test_a_serverless_variant_changes_at_once():
    """Guardrails are for instances: nothing else than all at once, unwatched, can be asked for."""
    serverless = {k: v for k, v in PRODUCTION.items() if not k.startswith("In")}
    there = live(production=[serverless | {"InitialVariantWeight": 1.0}])
    assert faults(Strategy(kind="all_at_once", final_wait_s=0), there) == ()
    for kind in KINDS:
        (sentence,) = faults(replace(CANARY, kind=kind), there)
        assert "serverless" in sentence


@given(
    kind=st.sampled_from(KINDS),
    size=st.integers(10, 50),
    wait=st.integers(0, 3600),
    final=st.integers(0, 3600),
    instances=st.integers(2, 100),
)
def test_the_default_timeout_fits_or_nothing_would(
    kind: Kind, size: int, wait: int, final: int, instances: int
):
    """Left out, a timeout is longer than the waits; where AWS's longest is not, it is said."""
    strategy = Strategy(kind, size, wait_s=wait, final_wait_s=final, alarms=ALARMS)
    found = faults(strategy, fleet(instances))
    fits = strategy.waits_s(instances) < 28_800
    assert bool(found) is not fits
    timeout = strategy.default_timeout_s(instances)
    assert 600 <= timeout <= 28_800
    if fits:
        assert timeout > strategy.waits_s(instances)
        document = strategy.deployment_config(instances)
        request = {"EndpointName": "a", "EndpointConfigName": "b", "DeploymentConfig": document}
        assert strict.faults("sagemaker", "UpdateEndpoint", request) == ()


@given(
    kind=st.sampled_from(KINDS),
    size=st.integers(1, 100),
    unit=st.sampled_from(["percent", "instances"]),
    instances=st.integers(1, 100),
)
def test_more_and_more_instances_serve_until_all_do(
    kind: Kind, size: int, unit: Any, instances: int
):
    """Whatever the step, each serves more than the one before, and the last one all."""
    steps = Strategy(kind, size, unit).steps(instances)
    assert list(steps) == sorted(set(steps))
    assert steps[-1] == instances
    assert steps[0] >= 1
