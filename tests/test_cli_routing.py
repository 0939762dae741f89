"""Are a Lambda alias and a stage of API Gateway moved, watched and brought back at the terminal?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import cli
from demo import functions
from demo import stages as gateway
from tests.actions.cloud import Cloud, served
from tests.queries.test_answer_forms import HOUR, record
from tests.test_cli import promised

ALIAS = f"{functions.FUNCTION}:{functions.ALIAS}"
STAGE = f"{gateway.API}/{gateway.STAGE}"
SETTINGS = f"""
cache = "{{folder}}/cache"
[aws]
region = "eu-central-1"
endpoint_url = "{{url}}"
[actions]
allow = ["promote_alias", "promote_stage", "start_shadow", "resample", "rollback"]
audit = "{{folder}}/audit"
[tests.alias]
captures = "{{folder}}/captures"
production = "AllTraffic"
shadow = "Shadow-01"
deployment = {{{{ kind = "alias", function = "{functions.FUNCTION}", alias = "live" }}}}
[tests.stage]
captures = "{{folder}}/captures"
production = "AllTraffic"
shadow = "Shadow-01"
deployment = {{{{ kind = "stage", rest_api = "{gateway.API}", stage = "{gateway.STAGE}" }}}}
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """The account with its function and its API, and captures that decide nothing."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    with served(folder) as account:
        text = SETTINGS.format(folder=tmp_path, url=account.url)
        (tmp_path / "understudy.toml").write_text(text)
        for variant in ("AllTraffic", "Shadow-01"):
            path = tmp_path / "captures" / "e" / variant / HOUR / "00-00-000-a.jsonl"
            path.parent.mkdir(parents=True)
            lines = [record(at, {"score": (at * 37 % 100) / 100}) for at in range(60)]
            path.write_text("\n".join(lines) + "\n")
        yield account


@pytest.fixture
def run(tmp_path: Path, cloud: Cloud) -> Any:
    """Run a command on that account."""

    def command(*words: str) -> Result:
        return CliRunner().invoke(cli.main, [*words, "--config", str(tmp_path / "understudy.toml")])

    return command


def answer(result: Result, code: int = 0) -> Any:
    assert result.exit_code == code, result.stderr
    return json.loads(result.stdout)


def going(target: str) -> tuple[str, ...]:
    return ("--reason", "The test is over", "--confirm", target, "--format", "json")


def routed(cloud: Cloud) -> tuple[str, dict[str, float]]:
    """The version that the alias calls, and the shares of others."""
    found = cloud.client("lambda").get_alias(FunctionName=functions.FUNCTION, Name="live")
    weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return found["FunctionVersion"], weights


def pointed(cloud: Cloud) -> tuple[str, float | None]:
    """The deployment that the stage points at, and the share of its canary."""
    client = cloud.client("apigateway")
    found = client.get_stage(restApiId=gateway.API, stageName=gateway.STAGE)
    return found["deploymentId"], (found.get("canarySettings") or {}).get("percentTraffic")


def test_an_alias_is_promoted_in_two_stages_and_back(run: Any, cloud: Cloud) -> None:
    """A share first, then all of it, and back to the version that ran before, each as planned."""
    of = ("--test", "alias", "--version", "8")
    plan = answer(run("plan", "promote", *of, "--share", "10%", "--format", "json"))
    assert list(plan) == list(promised("plan"))
    assert [each["operation"] for each in plan["calls"]] == ["UpdateAlias"]
    assert plan["after"]["RoutingConfig"] == {"AdditionalVersionWeights": {"8": 0.1}}
    assert routed(cloud) == ("7", {})

    done = answer(run("promote", *of, "--share", "10%", *going(ALIAS)))
    assert (done["state"], routed(cloud)) == ("done", ("7", {"8": 0.1}))
    seen = answer(run("watch", "--test", "alias", "--format", "json"))
    assert list(seen) == list(promised("watch"))
    assert (seen["outcome"], seen["in_force"], seen["percent"]) == ("succeeded", "7", 10.0)

    answer(run("promote", *of, *going(ALIAS)))
    assert routed(cloud) == ("8", {})
    answer(run("rollback", "--test", "alias", *going(ALIAS)))
    assert routed(cloud) == ("7", {})
    told = answer(run("history", "--test", "alias", "--format", "json"))
    assert [each["action"] for each in told["changes"]] == [
        "rollback",
        "promote_alias",
        "promote_alias",
    ]
    assert len(told["changes"][1]["evidence"]) == 64


def test_a_share_of_an_alias_is_ended_by_going_back(run: Any, cloud: Cloud) -> None:
    """While a canary is sent a share, what ran before is what still answers the rest."""
    answer(run("promote", "--test", "alias", "--version", "8", "--share", "50", *going(ALIAS)))
    answer(run("rollback", "--test", "alias", *going(ALIAS)))
    assert routed(cloud) == ("7", {})


def test_an_alias_that_others_moved_is_told(run: Any, cloud: Cloud) -> None:
    """What was done is in the audit, and what is so is told all the same: the exit code is 2."""
    answer(run("promote", "--test", "alias", "--version", "8", *going(ALIAS)))
    client = cloud.client("lambda")
    client.update_alias(FunctionName=functions.FUNCTION, Name="live", FunctionVersion="6")
    seen = answer(run("watch", "--test", "alias", "--format", "json"), code=2)
    assert (seen["outcome"], seen["config"], seen["in_force"]) == ("replaced_by_other", "8", "6")
    refused = run("rollback", "--test", "alias", *going(ALIAS))
    assert refused.exit_code == 3
    assert "name it with --to" in refused.stderr
    answer(run("rollback", "--test", "alias", "--to", "7", *going(ALIAS)))
    assert routed(cloud) == ("7", {})


def test_a_stage_goes_by_its_canary(run: Any, cloud: Cloud) -> None:
    """A canary is started, given more, takes the stage over, and what ran before comes back."""
    before, _ = pointed(cloud)
    of = ("--test", "stage")
    assert answer(run("promote", *of, *going(STAGE)))["action"] == "start_shadow"
    assert pointed(cloud) == (before, 10.0)
    seen = answer(run("watch", *of, "--format", "json"))
    assert (seen["outcome"], seen["percent"]) == ("succeeded", 10.0)
    assert answer(run("promote", *of, "--share", "50%", *going(STAGE)))["action"] == "resample"
    assert pointed(cloud) == (before, 50.0)
    assert answer(run("promote", *of, *going(STAGE)))["action"] == "promote_stage"
    after, canary = pointed(cloud)
    assert (after != before, canary) == (True, None)
    assert run("watch", *of).stdout == f"{STAGE}: All requests go to deployment {after}.\n"
    answer(run("rollback", *of, *going(STAGE)))
    assert pointed(cloud) == (before, None)


def test_nothing_is_asked_that_does_not_exist_there(run: Any, cloud: Cloud) -> None:
    """Bakes belong to endpoints, versions to aliases: a wish of another kind is an error."""
    for of, wish, said in (
        ("alias", ("--bake", "0"), "deploys to an alias: leave out --bake"),
        ("stage", ("--version", "8"), "deploys to a stage: leave out --version"),
        ("stage", ("--share", "100"), "no canary that could take over"),
        ("alias", (), "Which version of support-replies"),
    ):
        result = run("plan", "promote", "--test", of, *wish)
        assert (result.exit_code, result.stdout) == (3, "")
        assert said in result.stderr
