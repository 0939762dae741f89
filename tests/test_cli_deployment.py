"""Does the terminal promote and go back as the page does: planned to the letter, once, recorded?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.strict import faults
from queries.reading_live import read_live
from tests.actions.cloud import CONFIG, ENDPOINT, MODELS, PRODUCTION, Cloud
from tests.queries.test_reading_live import start_experiment
from tests.terminal import GO, ME, answer, configure, cut_off, in_force, runner, terminal
from tests.test_cli import promised

ROOT = Path(__file__).parents[1]


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


def test_a_plan_has_the_fields_that_are_documented(run: Any, cloud: Cloud) -> None:
    """endpoint, now, after, diff, calls and preflight, each of its shape; nothing is changed."""
    result = run("plan", "promote", "--format", "json")
    assert result.exit_code == 0, result.stderr
    plan = answer(result)
    assert list(plan) == list(promised("plan"))
    assert plan["endpoint"] == ENDPOINT
    assert plan["now"]["ProductionVariants"][0]["ModelName"] == MODELS[0]
    assert plan["after"]["ProductionVariants"][0]["ModelName"] == MODELS[1]
    assert plan["after"]["ProductionVariants"][0]["VariantName"] == PRODUCTION
    assert all(set(each) == {"path", "before", "after"} for each in plan["diff"])
    for call in plan["calls"]:
        assert set(call) == {"service", "operation", "parameters"}
        assert faults(call["service"], call["operation"], call["parameters"]) == ()
    assert plan["calls"][-1]["operation"] == "UpdateEndpoint"
    for check in plan["preflight"]:
        assert set(check) == {"name", "status", "sentence", "remedy"}
        assert check["status"] in ("ok", "warn", "blocked", "unknown")
        assert check["sentence"].endswith(".")
    statuses = {check["name"]: check["status"] for check in plan["preflight"]}
    assert statuses["compatibility"] == "ok"
    assert statuses["way_back"] == "ok"
    assert statuses["verdict"] == "warn"
    assert in_force(cloud) == (CONFIG, MODELS[0])


def test_options_decide_how_it_is_updated(run: Any) -> None:
    """What is asked for at the terminal stands in the request, the rest is as configured."""
    words = (
        "--linear",
        "50%",
        "--step-wait",
        "5m",
        "--bake",
        "90s",
        "--instances",
        "ml.m5.xlarge*6",
    )
    plan = answer(run("plan", "promote", *words, "--format", "json"))
    update = plan["calls"][-1]["parameters"]
    policy = update["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"] == {
        "Type": "LINEAR",
        "WaitIntervalInSeconds": 300,
        "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
    }
    assert policy["TerminationWaitInSeconds"] == 90
    (variant,) = plan["after"]["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.m5.xlarge", 6)


@pytest.mark.parametrize(
    "words",
    [
        ("--canary", "10%", "--rolling", "10%"),
        ("--canary", "ten"),
        ("--bake", "soon"),
        ("--instances", "many"),
        ("--canary", "60%"),
    ],
)
def test_what_cannot_be_wished_is_an_error(run: Any, words: tuple[str, ...]) -> None:
    """A mistyped or impossible wish exits 3 with a sentence, and no plan is printed."""
    result = run("plan", "promote", *words)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "Error" in result.stderr


@pytest.mark.parametrize(
    ("export", "word"),
    [
        ("boto3", "update_endpoint"),
        ("cli", "aws sagemaker update-endpoint"),
        ("terraform", "aws_sagemaker_endpoint_configuration"),
        ("cloudformation", "AWS::SageMaker::EndpointConfig"),
    ],
)
def test_a_plan_can_be_taken_elsewhere(run: Any, export: str, word: str) -> None:
    """Each form holds the change in its own words."""
    result = run("plan", "promote", "--export", export)
    assert result.exit_code == 0, result.stderr
    assert word in result.stdout
    assert MODELS[1] in result.stdout


def test_promote_and_back_again(run: Any, cloud: Cloud) -> None:
    """A canary to its end, back to what ran before, and both in the history with their reasons."""
    result = run("promote", *GO, "--wait", "--format", "json")
    assert result.exit_code == 0, result.stderr
    promoted = answer(result)
    assert promoted["state"] == "done"
    config, model = in_force(cloud)
    assert config == promoted["after"]["EndpointConfigName"]
    assert model == MODELS[1]
    watched = run("watch", "--format", "json")
    assert watched.exit_code == 0, watched.stderr
    assert list(answer(watched)) == list(promised("watch"))
    assert answer(watched)["outcome"] == "succeeded"

    back = run("rollback", *GO, "--wait")
    assert back.exit_code == 0, back.stderr
    assert in_force(cloud) == (CONFIG, MODELS[0])

    told = answer(run("history", "--format", "json"))
    assert list(told) == list(promised("history"))
    assert list(told["changes"][0]) == list(promised("history")["changes"][0])
    assert told["broken"] is None
    assert [each["action"] for each in told["changes"]] == ["rollback", "promote"]
    assert {each["state"] for each in told["changes"]} == {"done"}
    assert {each["reason"] for each in told["changes"]} == {"The test is over"}
    assert len(told["changes"][1]["evidence"]) == 64
    assert told["changes"][0]["config"] == CONFIG


def spoken(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, whose log nobody catches."""
    configured = ("--config", str(folder / "understudy.toml"))
    command = [sys.executable, "cli.py", *words, *configured]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_only_the_answer_is_written(cloud: Cloud, tmp_path: Path) -> None:
    """stdout is the answer and stderr silent; the sums of the audit are there for who asks."""
    begun = spoken(tmp_path, "promote", *GO, "--format", "json")
    assert (begun.returncode, begun.stderr) == (0, "")
    head = json.loads(begun.stdout)["head"]
    cloud.clock.skip(7_200)
    told = spoken(tmp_path, "--verbose", "rollback", *GO, "--format", "json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["head"] != head
    assert f"sha256 {json.loads(told.stdout)['head']}" in told.stderr


def test_what_was_begun_is_watched_to_its_end(run: Any, cloud: Cloud) -> None:
    """Without --wait a promotion ends when AWS has taken it; watch then waits, and says so."""
    assert run("promote", *GO).exit_code == 0
    assert in_force(cloud)[0] == CONFIG
    once = run("watch", "--once", "--format", "json")
    assert once.exit_code == 1
    assert answer(once, 1)["outcome"] == "in_progress"
    assert run("watch").exit_code == 0
    assert in_force(cloud)[1] == MODELS[1]
    (told,) = answer(run("history", "--format", "json"))["changes"]
    assert told["state"] == "done"


def test_one_goes_on_at_a_time(run: Any, cloud: Cloud) -> None:
    """Going back waits for the promotion to be over; when it is, nobody has to have looked."""
    assert run("promote", *GO).exit_code == 0
    refused = run("rollback", "--to", "fraud-scores-0", *GO)
    assert refused.exit_code == 3
    cloud.clock.skip(7_200)
    assert run("rollback", "--to", CONFIG, *GO, "--wait").exit_code == 0
    assert in_force(cloud) == (CONFIG, MODELS[0])
    assert [each["state"] for each in answer(run("history", "--format", "json"))["changes"]] == [
        "done",
        "done",
    ]


def test_an_experiment_makes_way_and_what_was_cut_off_is_carried_on(
    run: Any, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is completed before the canary runs; what a command that ends leaves is taken up once."""
    start_experiment(cloud)
    cut_off(run, monkeypatch, "promote", *GO)
    watched = answer(run("watch", "--once", "--format", "json"), 1)
    assert watched["outcome"] == "in_progress"
    assert in_force(cloud)[1] == MODELS[0]
    assert run("watch", "--carry-on").exit_code == 0
    assert in_force(cloud)[1] == MODELS[1]
    (told,) = answer(run("history", "--format", "json"))["changes"]
    assert (told["action"], told["state"]) == ("promote", "done")
    assert len(told["requests"]) == len(set(told["requests"]))


def test_back_to_where_an_experiment_made_way(run: Any, cloud: Cloud) -> None:
    """The config that AWS named, when the experiment ended, is what ran before: none is asked for.

    It has production's model and no shadow, which the config of before the promotion has.
    """
    start_experiment(cloud)
    promoted = run("promote", *GO, "--wait")
    assert promoted.exit_code == 0, promoted.stderr
    (told,) = answer(run("history", "--format", "json"))["changes"]
    assert told["previous"] not in ("", CONFIG)
    assert run("rollback", *GO, "--wait").exit_code == 0
    assert in_force(cloud) == (told["previous"], MODELS[0])
    live = read_live(cloud.client(), ENDPOINT)
    assert live.shadow is None


def test_an_alarm_that_takes_it_back_is_no_success(run: Any, cloud: Cloud) -> None:
    """InService with the old config is told as what it is, and the exit code is 2."""
    begun = answer(run("promote", *GO, "--format", "json"))
    alarms = [
        c["parameters"]["AlarmName"] for c in begun["calls"] if c["operation"] == "PutMetricAlarm"
    ]
    cloud.clock.skip(600)
    cloud.client("cloudwatch").set_alarm_state(
        AlarmName=alarms[0], StateValue="ALARM", StateReason="p99 is too high"
    )
    result = run("watch", "--format", "json")
    assert result.exit_code == 2
    assert answer(result, 2)["outcome"] == "rolled_back_by_alarm"
    assert answer(result, 2)["in_force"] == CONFIG
    assert in_force(cloud) == (CONFIG, MODELS[0])


def test_nothing_is_done_without_the_name(run: Any, cloud: Cloud) -> None:
    """Another name than the endpoint's confirms nothing."""
    result = run("promote", "--reason", "Now", "--confirm", "fraud-score")
    assert result.exit_code == 3
    assert "Type the name, fraud-scores" in result.stderr
    assert in_force(cloud) == (CONFIG, MODELS[0])


def test_a_check_that_forbids_it_ends_it(run: Any, cloud: Cloud, tmp_path: Path) -> None:
    """In a freeze the plan is shown with what forbids it, nothing is done, and the code is 2."""
    freeze = '[[actions.freeze]]\nstart = 2020-01-01\nend = 2999-01-01\nreason = "Holidays"'
    configure(tmp_path, cloud, freeze)
    result = run("promote", *GO)
    assert result.exit_code == 2, result.stderr
    assert "Holidays" in result.stdout
    assert "Nothing was done" in result.stderr
    assert in_force(cloud) == (CONFIG, MODELS[0])
    assert answer(run("history", "--format", "json"))["changes"] == []


def test_where_two_are_asked_for_one_only_asks(run: Any, cloud: Cloud, tmp_path: Path) -> None:
    """With four eyes the command asks for a second person, and exits 1: it is not promoted."""
    me = f'operators = ["{ME}"]'
    configure(tmp_path, cloud, f'{me}\nfour_eyes = true\napprovers = ["ada@example.org"]')
    result = run("promote", *GO, "--format", "json")
    assert result.exit_code == 1, result.stderr
    assert answer(result, 1)["state"] == "asked"
    assert in_force(cloud) == (CONFIG, MODELS[0])


def test_without_a_promoting_verdict_nothing_is_done(run: Any, cloud: Cloud) -> None:
    """Sixty pairs without metrics decide nothing: --if-verdict promote exits 1 as verdict does."""
    assert run("verdict").exit_code == 1
    result = run("promote", *GO, "--if-verdict", "promote", "--wait")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Not promoted: hold" in result.stderr
    assert in_force(cloud) == (CONFIG, MODELS[0])


def test_where_the_audit_knows_nothing_a_config_must_be_named(run: Any, cloud: Cloud) -> None:
    """Of configs that were never in force the newest is no way back: none is guessed."""
    result = run("plan", "rollback")
    assert result.exit_code == 3
    assert "name it with --to" in result.stderr
    result = run("plan", "rollback", "--to", "fraud-scores-0")
    assert result.exit_code == 3
    assert "There is no endpoint config fraud-scores-0" in result.stderr
