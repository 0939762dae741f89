"""Can all that the page changes at an endpoint be planned and done at a terminal, and by whom?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from actions import execute
from actions.ledger import opened
from actions.people import Person
from actions.plans.promote import promote
from actions.plans.strategies import Strategy
from actions.strict import faults
from queries import aws, config
from queries.reading_live import read_live
from tests.actions.acting_on import desk
from tests.actions.cloud import CONFIG, ENDPOINT, MODELS, PRODUCTION, ROLE, SHADOW, Cloud, variant
from tests.actions.dying import Dying
from tests.queries.test_reading_live import start_experiment
from tests.terminal import GO, ME, answer, configure, cut_off, in_force, runner, terminal
from tests.test_cli import promised

ADA = Person("ada@example.org", "operator", "sign-in", datetime.now(UTC))
JSON = ("--format", "json")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """An account, and a configuration that leads to it."""
    with terminal(tmp_path) as account:
        yield account


@pytest.fixture
def run(tmp_path: Path, cloud: Cloud) -> Any:
    """Run a command on that account."""
    assert cloud.url
    return runner(tmp_path)


def experiment(cloud: Cloud) -> Any:
    return cloud.client().describe_inference_experiment(Name="fraud-shadow")


def endpoints(cloud: Cloud) -> list[str]:
    return [each["EndpointName"] for each in cloud.client().list_endpoints()["Endpoints"]]


def test_a_dry_run_shows_the_plan_and_does_nothing(run: Any, cloud: Cloud) -> None:
    """It has the fields of every plan, AWS would take it, and it needs neither reason nor name."""
    start_experiment(cloud)
    plan = answer(run("act", "resample", "100%", "--dry-run", *JSON))
    assert list(plan) == list(promised("plan"))
    for call in plan["calls"]:
        assert faults(call["service"], call["operation"], call["parameters"]) == ()
    live = read_live(cloud.client(), ENDPOINT)
    assert live.shadow is not None
    assert live.shadow.weight == 50
    assert answer(run("history", *JSON))["changes"] == []
    for missing in ((), GO[:2], GO[2:]):
        refused = run("act", "resample", "100%", *missing)
        assert (refused.exit_code, refused.stdout) == (3, "")
        assert "--dry-run" in refused.stderr


def test_an_experiment_is_raised_extended_and_cancelled(run: Any, cloud: Cloud) -> None:
    """Each ends as it says, and is in the history under its name."""
    start_experiment(cloud)
    before = experiment(cloud)["Schedule"]["EndTime"]
    answer(run("act", "resample", "100%", *GO, "--wait", *JSON))
    mode = experiment(cloud)["ShadowModeConfig"]
    assert mode["ShadowModelVariants"][0]["SamplingPercentage"] == 100
    answer(run("act", "extend", "2", *GO, "--wait", *JSON))
    longer = experiment(cloud)["Schedule"]["EndTime"] - before
    assert abs(longer - timedelta(days=2)) < timedelta(seconds=1)
    answer(run("act", "cancel", *GO, "--wait", *JSON))
    assert experiment(cloud)["Status"] == "Cancelled"
    assert read_live(cloud.client(), ENDPOINT).shadow is None
    told = answer(run("history", *JSON))["changes"]
    assert [(each["action"], each["state"]) for each in told] == [
        ("cancel_experiment", "done"),
        ("extend_experiment", "done"),
        ("resample", "done"),
    ]


def test_an_experiment_is_completed_by_sagemaker(run: Any, cloud: Cloud) -> None:
    """--how experiment leaves the switch to SageMaker, which knows no canary: that is refused."""
    start_experiment(cloud)
    refused = run("promote", *GO, "--how", "experiment", "--canary", "10%")
    assert refused.exit_code == 3
    assert "leave out --canary" in refused.stderr
    done = answer(run("promote", *GO, "--how", "experiment", "--wait", *JSON))
    assert done["action"] == "complete_experiment"
    assert in_force(cloud)[1] == MODELS[1]


def test_shares_are_shifted_among_variants(run: Any, cloud: Cloud) -> None:
    """What is named has its share; a share that is none is an error before anything is asked."""
    client = cloud.client()
    both = [variant(MODELS[0], count=2), variant(MODELS[1], "B", count=2)]
    client.create_endpoint_config(EndpointConfigName="ab", ProductionVariants=both)
    client.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="ab")
    cloud.clock.skip(7_200)
    answer(run("act", "shift", f"{PRODUCTION}=90", "B=10%", *GO, "--wait", *JSON))
    live = read_live(client, ENDPOINT)
    assert {each.name: each.weight for each in live.variants} == {PRODUCTION: 0.9, "B": 0.1}
    wrong = run("act", "shift", f"{PRODUCTION}=most", *GO)
    assert wrong.exit_code == 3
    assert "no share such as" in wrong.stderr


def test_a_shadow_test_is_started(run: Any, cloud: Cloud) -> None:
    """On an endpoint without a shadow, as an experiment that ends by itself, under a role."""
    client = cloud.client()
    client.create_endpoint_config(
        EndpointConfigName="plain",
        ProductionVariants=[variant(MODELS[0])],
        DataCaptureConfig=client.describe_endpoint_config(EndpointConfigName=CONFIG)[
            "DataCaptureConfig"
        ],
    )
    client.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="plain")
    cloud.clock.skip(7_200)
    unnamed = run("act", "start", MODELS[1], *GO)
    assert unnamed.exit_code == 3
    assert "--role" in unnamed.stderr
    gone = run("act", "start", "no-such-model", "--role", ROLE, *GO)
    assert "SageMaker has no model no-such-model" in gone.stderr
    answer(run("act", "start", MODELS[1], "--role", ROLE, "--share", "50%", *GO, "--wait", *JSON))
    live = read_live(client, ENDPOINT)
    assert live.shadow is not None
    assert (live.shadow.name, live.shadow.model, live.shadow.weight) == (SHADOW, MODELS[1], 50)


def test_an_update_is_aborted_and_its_alarms_removed(run: Any, cloud: Cloud) -> None:
    """The abort brings it back while it bakes; the alarms made for it go, and no others."""
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName="somebody-elses",
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="LessThanThreshold",
    )
    assert run("act", "abort", *GO).exit_code == 3
    answer(run("promote", *GO, *JSON))
    cloud.clock.skip(600)
    assert answer(run("act", "abort", *GO, *JSON))["action"] == "abort"
    assert run("watch").exit_code == 2
    assert in_force(cloud) == (CONFIG, MODELS[0])
    plan = answer(run("act", "remove-alarms", "--dry-run", *JSON))
    (names,) = [call["parameters"]["AlarmNames"] for call in plan["calls"]]
    assert names
    answer(run("act", "remove-alarms", *GO, *JSON))
    left = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert [each["AlarmName"] for each in left] == ["somebody-elses"]
    # what tells of alarms tells nothing of the update
    assert run("watch", "--once").exit_code == 2
    assert run("act", "remove-alarms", *GO).exit_code == 3


def test_a_green_endpoint_that_failed_its_rehearsal_is_removed(run: Any, cloud: Cloud) -> None:
    """What answers otherwise than production did goes no further; what it left standing can go."""
    refused = run("promote", *GO, "--how", "blue-green", *JSON)
    assert "answered 0 of" in answer(refused, 2)["sentence"]
    assert in_force(cloud) == (CONFIG, MODELS[0])
    (green,) = [each for each in endpoints(cloud) if "-green-" in each]
    removed = answer(run("act", "remove-green", *GO, "--wait", *JSON))
    assert (removed["action"], removed["state"]) == ("remove_green", "done")
    assert green not in endpoints(cloud)
    assert ENDPOINT in endpoints(cloud)
    assert run("act", "remove-green", *GO).exit_code == 3


def test_what_was_cut_off_can_be_given_up(
    run: Any, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change with steps to come that nobody is to take ends, and the next can begin."""
    start_experiment(cloud)
    cut_off(run, monkeypatch, "promote", *GO)
    assert run("act", "give-up", "--reason", "No more", "--confirm", "fraud").exit_code == 3
    given = answer(run("act", "give-up", *GO, *JSON))
    assert given["state"] == "failed"
    assert f"{ME} ended it" in given["sentence"]
    assert run("act", "give-up", *GO).exit_code == 3


def test_the_next_command_knows_what_a_killed_one_did(
    run: Any, cloud: Cloud, tmp_path: Path
) -> None:
    """Killed when AWS had taken the update and nothing said so: going back finds it, and works."""
    at = desk(cloud, tmp_path)
    process = Dying()
    try:
        # left before: its record, three things of the first of two calls, and two of the second
        assert process.carry_out(at.plan(), at, tmp_path, point=7)
    finally:
        process.stop()
    assert at.stages()[-1] == (1, "begun")
    cloud.clock.skip(7_200)
    assert in_force(cloud)[1] == MODELS[1]
    answer(run("rollback", *GO, "--wait", *JSON))
    assert in_force(cloud) == (CONFIG, MODELS[0])
    assert at.stages()[4:7] == [(1, "found"), (2, "done"), (None, "done")]
    told = answer(run("history", *JSON))["changes"]
    assert [(each["action"], each["state"]) for each in told] == [
        ("rollback", "done"),
        ("promote", "done"),
    ]


def asked(tmp_path: Path, cloud: Cloud, person: Person = ADA) -> str:
    """What somebody asked for on the page, by its mark."""
    configured = config.load(tmp_path / "understudy.toml")
    client = partial(aws.client, cloud.aws)
    live = read_live(client("sagemaker"), ENDPOINT)
    strategy = Strategy("all_at_once", wait_s=0, final_wait_s=0)
    return execute.request(
        promote(live, strategy, at=datetime.now(UTC)),
        ledger=opened(configured.actions.audit, configured.aws),
        config=configured,
        client_of=client,
        person=replace(person, signed_in_at=datetime.now(UTC)),
        reason="Better on every slice",
        typed=ENDPOINT,
        verdict="Promote: all checks pass.",
    ).change


def four_eyes(tmp_path: Path, cloud: Cloud, *approvers: str) -> None:
    names = ", ".join(f'"{each}"' for each in approvers)
    text = f'four_eyes = true\noperators = ["{ADA.name}"]\napprovers = [{names}]'
    configure(tmp_path, cloud, text)


def test_a_second_person_approves_at_the_terminal(run: Any, cloud: Cloud, tmp_path: Path) -> None:
    """What waits is listed with its reason, let through once, and recorded with both names."""
    four_eyes(tmp_path, cloud, ME)
    change = asked(tmp_path, cloud)
    listed = answer(run("requests", "list", *JSON))
    assert list(listed) == list(promised("requests"))
    (waiting,) = listed["requests"]
    assert list(waiting) == list(promised("requests")["requests"][0])
    assert (waiting["change"], waiting["hindrance"]) == (change, None)
    assert change in run("requests", "list").stdout
    done = answer(run("requests", "approve", change[:8], *GO, "--wait", *JSON))
    assert (done["change"], done["state"]) == (change, "done")
    assert in_force(cloud)[1] == MODELS[1]
    (told,) = answer(run("history", *JSON))["changes"]
    assert (told["asked_by"], told["person"], told["known_by"]) == (ADA.name, ME, "terminal")
    assert answer(run("requests", "list", *JSON))["requests"] == []
    assert run("requests", "approve", change, *GO).exit_code == 3


def test_who_is_no_approver_lets_nothing_through(run: Any, cloud: Cloud, tmp_path: Path) -> None:
    """Neither who may only ask, nor who asked, also where the page knows them by an address."""
    four_eyes(tmp_path, cloud, "bob@example.org")
    change = asked(tmp_path, cloud)
    assert "ada@example.org" in run("requests", "list").stdout
    assert run("requests", "approve", change, *GO).exit_code == 2
    assert run("requests", "decline", change, *GO[:2]).exit_code == 3
    four_eyes(tmp_path, cloud, ME, f"{ME}@example.org")
    assert run("requests", "decline", change, *GO[:2]).exit_code == 0
    same = asked(tmp_path, cloud, Person(f"{ME}@example.org", "approver", "sign-in"))
    refused = run("requests", "approve", same, *GO)
    assert refused.exit_code == 2
    assert "another has to approve it" in refused.stdout
    assert in_force(cloud) == (CONFIG, MODELS[0])


def test_a_request_is_declined(run: Any, cloud: Cloud, tmp_path: Path) -> None:
    """It waits no more, is told as not done, and by whom; and cannot be let through after that."""
    four_eyes(tmp_path, cloud, ME)
    change = asked(tmp_path, cloud)
    declined = answer(run("requests", "decline", change, "--reason", "Not on a Friday", *JSON))
    assert declined["sentence"] == f"{ME} declined it: Not on a Friday"
    assert answer(run("requests", "list", *JSON))["requests"] == []
    assert run("requests", "approve", change, *GO).exit_code == 3
    assert in_force(cloud) == (CONFIG, MODELS[0])
