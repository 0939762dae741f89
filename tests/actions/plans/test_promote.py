"""A promotion changes the model and nothing else, and AWS would take every request of it."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from actions import strict
from actions.plans.alarms import Guard
from actions.plans.promote import MACHINE, Custom, new_config, promote
from actions.plans.rollback import AT_ONCE, repair, rollback
from actions.plans.strategies import Strategy
from actions.plans.updating import READ_ONLY
from actions.steps import Plan, Wait
from queries.errors import NotDone
from queries.live import Live
from tests.actions.plans.drawn import AT, lives, shape
from tests.actions.plans.living import NOW, PRODUCTION, SHADOW, live, model, operations

STRATEGIES = st.builds(
    Strategy,
    kind=st.sampled_from(["all_at_once", "canary", "linear", "rolling"]),
    size=st.integers(1, 60),
    unit=st.sampled_from(["percent", "instances"]),
    wait_s=st.integers(0, 3_700),
    final_wait_s=st.integers(0, 3_700),
    alarms=st.lists(st.sampled_from("abcdefghijk"), unique=True, max_size=11).map(tuple),
    timeout_s=st.none() | st.integers(500, 29_000),
)


def expected(live: Live) -> dict[str, Any]:
    """What the new config must say, written down apart: the old one but for what was asked."""
    after = {k: copy.deepcopy(v) for k, v in live.config.items() if k not in READ_ONLY}
    (shadow,) = after.pop("ShadowProductionVariants")
    after["ProductionVariants"][0]["ModelName"] = shadow["ModelName"]
    runs = {each.name: each.desired_instances for each in live.variants if not each.shadow}
    for variant, answer in zip(
        after["ProductionVariants"], live.endpoint_answer["ProductionVariants"], strict=True
    ):
        if "ServerlessConfig" not in variant:
            variant["InitialInstanceCount"] = max(1, runs[variant["VariantName"]])
        variant["InitialVariantWeight"] = answer["DesiredWeight"]
    if live.tags:
        after["Tags"] = [{"Key": key, "Value": value} for key, value in live.tags]
    return after


def smallest(live: Live) -> int:
    """Instances that the smallest production variant has or starts with."""
    return min(max(1, each.desired_instances) for each in live.variants if not each.shadow)


def assert_within_limits(plan: Plan, instances: int) -> None:
    """The limits as AWS's pages print them, beside those of its model.

    ``instances`` are those of the smallest variant, 0 for serverless ones.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html,
    API_RollingUpdatePolicy.html, API_BlueGreenUpdatePolicy.html, API_AutoRollbackConfig.html
    """
    for call in plan.calls:
        assert strict.faults(call.service, call.operation, call.parameters) == ()
    document = plan.calls[-1].parameters.get("DeploymentConfig")
    if document is None:
        assert instances == 0
        return
    alarms = document.get("AutoRollbackConfiguration", {"Alarms": [{}]})["Alarms"]
    assert 1 <= len(alarms) <= 10
    rolling = document.get("RollingUpdatePolicy")
    # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
    assert rolling is None or len(plan.now["ProductionVariants"]) == 1
    names = [
        [v["VariantName"] for v in each["ProductionVariants"]] for each in (plan.now, plan.after)
    ]
    assert names[0] == names[1]
    assert (rolling is None) != ("BlueGreenUpdatePolicy" not in document) or rolling is None
    policy = rolling or document["BlueGreenUpdatePolicy"]
    routing = policy.get("TrafficRoutingConfiguration", policy)
    waits = routing["WaitIntervalInSeconds"] + policy.get("TerminationWaitInSeconds", 0)
    assert policy["MaximumExecutionTimeoutInSeconds"] > waits
    if waits:
        assert "AutoRollbackConfiguration" in document
    for name, least in {"CanarySize": 0, "LinearStepSize": 10, "MaximumBatchSize": 5}.items():
        if name in routing:
            size = routing[name]["Value"]
            percent = routing[name]["Type"] == "CAPACITY_PERCENT"
            assert instances >= 2
            assert least <= (size if percent else 100 * size / instances) <= 50


@given(live=lives())
def test_no_field_of_the_old_config_is_lost(live: Live):
    """Whatever a config says, the new one says it too, but for model, counts and weights."""
    plan = promote(live, AT_ONCE, at=AT)
    after = expected(live) | {"EndpointConfigName": plan.config_name}
    assert dict(plan.after) == after
    create, move, settled = plan.steps
    assert create.parameters == after
    assert move.parameters["RetainAllVariantProperties"] is False
    assert settled == Wait("settled", live.endpoint, plan.config_name, settled.purpose)
    counts = [each.get("InitialInstanceCount", 0) for each in plan.after["ProductionVariants"]]
    assert_within_limits(plan, min(counts))


@settings(max_examples=200)
@given(live=lives(machine="instances"), strategy=STRATEGIES, guarded=st.booleans())
def test_a_plan_keeps_to_every_documented_limit(live: Live, strategy: Strategy, guarded: bool):
    """Any way of moving traffic is refused in words, or is within AWS's limits."""
    guard = Guard(bake_s=600, latency_ms=80) if guarded else None
    try:
        plan = promote(live, strategy, guard=guard, at=AT)
    except NotDone:
        return
    assert_within_limits(plan, smallest(live))


@given(live=lives())
def test_the_shadow_s_machine_comes_as_a_whole(live: Live):
    """Taking the shadow's instances takes all that says on what it runs, and nothing else."""
    after = new_config(live, instances="shadow", at=AT)
    variant, (shadow,) = after["ProductionVariants"][0], live.config["ShadowProductionVariants"]
    production = live.config["ProductionVariants"][0]
    for name in set(variant) | set(shadow) | set(production):
        if name == "InitialInstanceCount" and name in variant:
            assert variant[name] == max(1, live.shadow.desired_instances if live.shadow else 0)
        elif name in MACHINE:
            assert variant.get(name) == shadow.get(name)
        elif name not in ("ModelName", "InitialVariantWeight"):
            assert variant.get(name) == production.get(name)
    assert strict.faults("sagemaker", "CreateEndpointConfig", after) == ()


@given(live=lives(), minutes=st.integers(1, 10_000))
def test_names_are_stable_and_fit(live: Live, minutes: int):
    """The same content at the same time has the same name; any other content another one."""
    first = promote(live, AT_ONCE, at=AT)
    assert promote(live, AT_ONCE, at=AT).config_name == first.config_name
    turned = replace(live, config=dict(reversed(live.config.items())))
    assert promote(turned, AT_ONCE, at=AT).config_name == first.config_name
    later = promote(live, AT_ONCE, at=AT + timedelta(minutes=minutes)).config_name
    assert later != first.config_name
    assert later[:-13] == first.config_name[:-13]
    assume(live.production.model != live.config["ShadowProductionVariants"][0]["ModelName"])
    (shadow,) = live.config["ShadowProductionVariants"]
    other = {**live.config, "ShadowProductionVariants": [{**shadow, "ModelName": "another"}]}
    assume(shadow["ModelName"] != "another")
    name = promote(replace(live, config=other), AT_ONCE, at=AT).config_name
    assert name[:-13] != first.config_name[:-13]


@given(endpoint=st.from_regex(r"[a-zA-Z0-9](-{0,3}[a-zA-Z0-9]){15}", fullmatch=True))
def test_a_long_endpoint_s_name_is_cut(endpoint: str):
    """At most 63 characters, as AWS's pattern has them, whatever the endpoint is called."""
    named = replace(live(), endpoint=endpoint[:63].rstrip("-"))
    plan = promote(named, AT_ONCE, at=NOW)
    assert plan.config_name.startswith(named.endpoint[:41].rstrip("-"))
    assert len(plan.config_name) <= 63


@given(live=lives())
def test_going_back_undoes_a_promotion(live: Live):
    """After a promotion, the old config is one rollback away, and its changes are the mirrored."""
    there = promote(live, AT_ONCE, at=AT)
    promoted = replace(live.production, model=there.after["ProductionVariants"][0]["ModelName"])
    after = replace(
        live,
        config={**there.after, "CreationTime": AT},
        config_name=there.config_name,
        variants=(promoted, *(each for each in live.variants[1:] if not each.shadow)),
    )
    back = rollback(after, live.config)
    assert back.after == {k: v for k, v in live.config.items() if k not in READ_ONLY}
    assert (back.config_name, back.previous) == (there.previous, there.config_name)
    tags = "Tags"
    ours = {c.path: (c.before, c.after) for c in there.changes if not c.path.startswith(tags)}
    theirs = {c.path: (c.after, c.before) for c in back.changes if not c.path.startswith(tags)}
    assert ours == theirs
    assert_within_limits(back, live.production.desired_instances)


def test_every_field_of_aws_s_model_is_known_to_be_read_only_or_kept():
    """What DescribeEndpointConfig answers and nobody can ask for is exactly what is left out."""
    import botocore.session

    described = (
        botocore.session.get_session()
        .get_service_model("sagemaker")
        .operation_model("DescribeEndpointConfig")
        .output_shape
    )
    extra = set(described.members) - set(shape().members)
    assert extra == set(READ_ONLY) - {"ResponseMetadata"}
    assert set(shape().members) - set(described.members) == {"Tags"}
    assert set(MACHINE) <= set(shape().members["ProductionVariants"].member.members)


def test_the_steps_come_in_order():
    """Extra calls, guards, the alarm to abort by, the config, the update; then one waits."""
    guard = Guard(bake_s=600, latency_ms=80)
    extra = promote(live(), AT_ONCE, at=NOW).calls[:1]
    plan = promote(live(), Strategy(size=50, alarms=("own",)), guard=guard, extra=extra, at=NOW)
    assert operations(plan) == [
        "CreateEndpointConfig",
        "PutMetricAlarm",
        "PutMetricAlarm",
        "PutMetricAlarm",
        "SetAlarmState",
        "CreateEndpointConfig",
        "UpdateEndpoint",
        "Wait",
    ]
    rolled = plan.calls[-1].parameters["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    made = [c.parameters["AlarmName"] for c in plan.calls if c.operation == "PutMetricAlarm"]
    assert [each["AlarmName"] for each in rolled] == ["own", *made]
    # what is left behind is said
    assert plan.notes[-1].startswith(f"{len(made)} alarms are made for it and left standing")
    assert not any("own" in note for note in plan.notes)
    for call in plan.calls[1:3]:
        where = {each["Name"]: each["Value"] for each in call.parameters["Dimensions"]}
        assert where["EndpointConfigName"] == plan.config_name
    assert (plan.action, plan.previous) == ("promote", "fraud-config")


def test_nothing_is_watched_where_nothing_waits():
    """All at once and without waits, no alarm is made."""
    assert operations(promote(live(), AT_ONCE, guard=Guard(bake_s=0), at=NOW)) == [
        "CreateEndpointConfig",
        "UpdateEndpoint",
        "Wait",
    ]


def test_custom_instances_are_taken():
    """A type and a count of one's own are in the config, and the canary is of that count."""
    custom = Custom("ml.c6i.xlarge", 4)
    plan = promote(live(), Strategy(), instances=custom, at=NOW)
    (variant,) = plan.after["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.c6i.xlarge", 4)
    with pytest.raises(NotDone, match="known values"):
        promote(live(), AT_ONCE, instances=Custom("ml.m5.huge", 4), at=NOW)
    with pytest.raises(NotDone, match="at least 1"):
        promote(live(), AT_ONCE, instances=Custom("ml.m5.large", 0), at=NOW)


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (live(shadow=()), "runs no shadow variant"),
        (live(shadow=({k: v for k, v in SHADOW.items() if k != "ModelName"},)), "components"),
        (
            live(production=({k: v for k, v in PRODUCTION.items() if k != "ModelName"},)),
            "components",
        ),
        (
            live(
                production=(
                    {k: v for k, v in PRODUCTION.items() if k != "InstanceType"}
                    | {
                        "InstancePools": [
                            {"InstanceType": "ml.g5.xlarge", "Priority": 1},
                            {
                                "InstanceType": "ml.g6.xlarge",
                                "Priority": 2,
                                "ModelNameOverride": "fraud-1-g6",
                            },
                        ]
                    },
                )
            ),
            "another model for some of its instance pools",
        ),
    ],
)
def test_what_cannot_be_promoted_is_said(endpoint: Live, words: str):
    """No shadow, inference components, pools with models of their own: a sentence for each."""
    with pytest.raises(NotDone, match=words):
        promote(endpoint, AT_ONCE, at=NOW)


def test_tags_of_aws_s_own_are_left_out_and_named():
    """A tag whose key begins with aws: cannot be set by anybody, and tells of a stack.

    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """
    tags = (("aws:cloudformation:stack-name", "serving"), ("team", "risk"))
    plan = promote(replace(live(), tags=tags), AT_ONCE, at=NOW)
    assert plan.after["Tags"] == [{"Key": "team", "Value": "risk"}]
    assert any("CloudFormation stack" in note for note in plan.notes)
    only = promote(replace(live(), tags=tags[:1]), AT_ONCE, at=NOW)
    assert "Tags" not in only.after


def test_how_the_models_differ_is_told_without_their_secrets():
    """Image and data of both models are compared; a token in an environment is not shown."""
    models = {
        "fraud-1": model("fraud-1", Environment={"TOKEN": "s3cret-1", "SAME": "s3cret-2"}),
        "fraud-2": model("fraud-2", Environment={"TOKEN": "s3cret-3", "SAME": "s3cret-2"}),
    }
    models["fraud-2"]["PrimaryContainer"]["Image"] += "0"
    plan = promote(live(models=models), AT_ONCE, at=NOW)
    told = {change.path: change for change in plan.changes}
    image = told["Model of AllTraffic: PrimaryContainer.Image"]
    assert (image.before[-2:], image.after[-3:]) == (":1", ":10")
    assert "Model of AllTraffic: PrimaryContainer.Environment.TOKEN" in told
    assert "Model of AllTraffic: PrimaryContainer.Environment.SAME" not in told
    assert "s3cret" not in repr(plan)


def test_a_rollback_keeps_the_instances_that_autoscaling_wanted():
    """UpdateEndpoint's default would take an autoscaled fleet back to what its config says.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
    """
    old = live().config | {"EndpointConfigName": "fraud-old"}
    scaled = [PRODUCTION | {"InitialInstanceCount": 7}]
    request = rollback(live(production=scaled), old).calls[-1].parameters
    assert request["RetainAllVariantProperties"] is True
    assert request["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]
    assert rollback(live(), old).calls[-1].parameters["RetainAllVariantProperties"] is False
    # a canary is then of the seven: three are less than half
    canary = Strategy(size=3, unit="instances", alarms=("own",))
    assert operations(rollback(live(production=scaled), old, canary))[-2:] == [
        "UpdateEndpoint",
        "Wait",
    ]
    with pytest.raises(NotDone, match="at most 50 %"):
        rollback(live(), old, canary)


def test_a_rollback_that_cannot_be_is_said():
    """Not to what runs, and not in steps where variants change their names."""
    with pytest.raises(NotDone, match="already"):
        rollback(live(), live().config)
    other = live(production=[PRODUCTION | {"VariantName": "Blue"}]).config
    other = other | {"EndpointConfigName": "fraud-old"}
    with pytest.raises(NotDone, match="otherwise"):
        rollback(live(), other, Strategy(size=50))
    assert any("other names" in note for note in rollback(live(), other).notes)


def test_only_a_failed_rollback_is_repaired():
    """Another update ends UpdateRollbackFailed, also to the config that is named already."""
    with pytest.raises(NotDone, match="InService"):
        repair(live(), live().config)
    plan = repair(live(status="UpdateRollbackFailed"), live().config)
    assert (plan.action, plan.config_name) == ("repair", "fraud-config")
    assert operations(plan) == ["UpdateEndpoint", "Wait"]
