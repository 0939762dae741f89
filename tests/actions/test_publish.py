"""What an alarm can watch of a comparison is what the report says, and nothing is made up."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

import cli
from actions.people import NOBODY, Person
from actions.publish import NAMESPACE, VERDICTS, hindrance, publication, publish
from analysis.report import Report
from demo import account
from demo.moment import Surroundings
from demo.standin import StandIn, operations
from demo.wire import application
from queries import reports
from queries.aws import client
from queries.config import Actions, Aws, Config, load
from queries.errors import AwsError, NotDone

END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
ME = Person("ann", "operator", "terminal", END)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Config, Surroundings]]:
    """A reduced account with all services of the stand-in, in which it may be published."""
    folder = tmp_path_factory.mktemp("publish") / "account"
    account.generate(folder, end=END, scale=0.03)
    around = Surroundings()
    server = StandIn(application(operations(folder, around)))
    loaded = load(folder / "understudy.toml")
    yield (
        replace(
            loaded,
            aws=Aws(region="eu-central-1", endpoint_url=server.url),
            actions=Actions(allow=("publish",), max_sign_in_age_min=1440),
            cache=tmp_path_factory.mktemp("cache"),
        ),
        around,
    )
    server.stop()


@pytest.fixture(scope="module")
def config(served: tuple[Config, Surroundings]) -> Config:
    return served[0]


@pytest.fixture(scope="module")
def report(config: Config) -> Report:
    """What the test fraud-scores found, with CloudWatch's numbers."""
    return reports.load(config, config.test("fraud-scores"))


def values(report: Report, config: Config) -> dict[str, float]:
    found = publication(config.test("fraud-scores"), report)
    return {each.name: each.value for each in found.metrics}


def test_the_numbers_are_those_of_the_report(config: Config, report: Report) -> None:
    """Shares and changes in per cent, differences as shadow less production, the verdict a sign."""
    found = values(report, config)
    assert report.agreement is not None
    assert report.latency is not None
    assert report.errors is not None
    assert report.prediction_drift is not None
    changes = {each.quantile: each.relative.value for each in report.latency.differences}
    rates = {each.counts.kind: each.difference.value for each in report.errors.rates}
    assert found == {
        "Verdict": VERDICTS[report.verdict.decision],
        "Pairs": report.pairing.paired,
        "Agreement": pytest.approx(100 * report.agreement.sequence.value),
        "AgreementLow": pytest.approx(100 * report.agreement.sequence.low),
        "LatencyP50Change": pytest.approx(100 * changes[0.5]),
        "LatencyP99Change": pytest.approx(100 * changes[0.99]),
        "Error4XXDifference": pytest.approx(100 * rates["4xx_errors"]),
        "Error5XXDifference": pytest.approx(100 * rates["5xx_errors"]),
        "ModelErrorDifference": pytest.approx(100 * rates["model_errors"]),
        "PredictionDrift": report.prediction_drift.effect.value,
    }
    assert found["AgreementLow"] < found["Agreement"]


def test_what_has_no_data_is_left_out(config: Config, report: Report) -> None:
    """No number stands in for one that is not known, and what is left out is named."""
    bare = replace(report, agreement=None, latency=None, errors=None, prediction_drift=None)
    found = publication(config.test("fraud-scores"), bare)
    assert [each.name for each in found.metrics] == ["Verdict", "Pairs"]
    assert len(found.left_out) == 8
    sent = found.call.parameters["MetricData"]
    assert all(math.isfinite(each["Value"]) for each in sent)


@pytest.mark.parametrize(("decision", "number"), [("promote", 1), ("hold", 0), ("reject", -1)])
def test_a_verdict_is_a_number(
    config: Config, report: Report, decision: Any, number: float
) -> None:
    """So that one alarm below 1 is for hold and reject, and one below 0 for reject alone."""
    told = replace(report, verdict=replace(report.verdict, decision=decision))
    assert values(told, config)["Verdict"] == number


def test_cloudwatch_has_what_was_published(config: Config, report: Report) -> None:
    """Each number under its dimensions, at the end of the window."""
    found = publication(config.test("fraud-scores"), report)
    assert publish(config, found, ME)
    cloudwatch = client(config.aws, "cloudwatch")
    for each in found.metrics:
        answer = cloudwatch.get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=each.name,
            Dimensions=[
                {"Name": "EndpointName", "Value": "fraud-scores"},
                {"Name": "Comparison", "Value": "AllTraffic:Shadow-01"},
            ],
            StartTime=report.window.end - timedelta(seconds=60),
            EndTime=report.window.end + timedelta(seconds=60),
            Period=60,
            Statistics=["Average"],
        )
        (point,) = answer["Datapoints"]
        assert point["Average"] == pytest.approx(each.value)


@pytest.mark.parametrize(
    ("allow", "by", "words"),
    [
        ((), ME, r'`allow = \["publish"\]` in \[actions\] lets it'),
        (("publish",), NOBODY, "Nobody is signed in"),
        (("publish",), replace(ME, role="viewer"), "may look, not act"),
    ],
)
def test_only_who_may_publishes(
    config: Config, report: Report, allow: Any, by: Person, words: str
) -> None:
    """Without leave AWS is not asked."""
    test = config.test("fraud-scores")
    unreachable = replace(config, aws=Aws(endpoint_url="http://127.0.0.1:9"))
    asked = replace(unreachable, actions=Actions(allow=allow))
    with pytest.raises(NotDone, match=words):
        publish(asked, publication(test, report), by)


def test_a_window_too_long_ago_is_refused_here(config: Config, report: Report) -> None:
    """CloudWatch takes two weeks; what it would refuse is not sent."""
    old = replace(report.window, end=END - timedelta(days=15))
    found = publication(config.test("fraud-scores"), replace(report, window=old))
    assert "takes nothing that is older than 14 days" in (hindrance(config, found, ME) or "")


def test_a_refusal_is_told(served: tuple[Config, Surroundings], report: Report) -> None:
    """With the permission that is missing."""
    config, around = served
    around.faults.deny("PutMetricData")
    try:
        with pytest.raises(AwsError, match="PutMetricData"):
            publish(config, publication(config.test("fraud-scores"), report), ME)
    finally:
        around.faults.reset()


def run(config: Config, *arguments: str) -> Any:
    """A command against the stand-in, with a configuration of its own."""
    assert config.path is not None
    text = config.path.read_text(encoding="utf-8")
    head, _, tail = text.partition("[actions]")
    path = config.path.with_name("published.toml")
    path.write_text(
        f'cache = "{config.cache}"\n'
        + head.replace("[aws]", f'[aws]\nendpoint_url = "{config.aws.endpoint_url}"')
        + '[actions]\nallow = ["publish"]\n'
        + tail[tail.index("\n[") :],
        encoding="utf-8",
    )
    return CliRunner().invoke(cli.main, ["publish", "--config", str(path), *arguments])


def test_a_dry_run_publishes_nothing_and_says_the_same(config: Config) -> None:
    """The request of a dry run is the one that is then sent."""
    dry = run(config, "--test", "ticket-routing", "--dry-run", "--format", "json")
    assert dry.exit_code == 0, dry.output
    said = json.loads(dry.stdout)
    assert (said["published"], said["request_id"], said["hindrance"]) == (False, None, None)
    sent = json.loads(run(config, "--test", "ticket-routing", "--format", "json").stdout)
    assert sent["published"]
    assert sent["request_id"]
    assert sent["call"] == said["call"]
    assert {each["Value"] for each in sent["call"]["parameters"]["MetricData"]} == {
        each["value"] for each in sent["metrics"]
    }


def test_the_terminal_names_numbers_units_and_what_is_missing(config: Config) -> None:
    """A person reads the same as a program."""
    done = run(config, "--test", "fraud-scores")
    assert done.exit_code == 0, done.output
    assert "ShadowTest/ModelComparison at 20" in done.stdout
    assert " %" in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].startswith("Published (request id ")
