"""Does the page of resources say what was used, what it cost, and what it does not know?"""

from __future__ import annotations

import math

import pytest
from streamlit.testing.v1 import AppTest

from analysis.resources import Resources
from pages.parts import consumption, usage
from queries.errors import AwsError
from queries.resources import ResourceReading
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import charts, plain, show


def used(**given: object) -> Resources:
    found = sample.resources(**given).resources
    assert found is not None
    return found


def test_money_and_time_open_the_page(app: AppTest):
    """The tiles show what the shadow has, and how far that is from what production has."""
    show(app, "resources")
    shown = {metric.label: metric.value for metric in app.metric}
    # 2 × 1.5 an hour against 1 × 0.5
    assert shown["Price an hour, shadow"] == "0.500\u202fEUR"
    # 80 of 400 against 160 of 400, over the hours: a share of all four cores
    assert shown["CPU, shadow"] == "40.00\u202f%"
    assert shown["GPU, shadow"] == "—"
    said = plain(app)
    assert "−2.50\u202fEUR on production’s 3.00\u202fEUR" in said
    assert "+20.00\u202fpp on production’s 20.00\u202f%" in said
    assert "2 × ml.g5.xlarge" in said
    assert "1.50\u202fEUR an hour each" in said
    assert "made up" in said
    assert "2026-03-02 00:00 to 2026-03-09 00:00 UTC" in said
    assert "CloudWatch counts CPU as 100 for each core" in said


def test_a_price_follows_from_instances_hours_and_requests():
    """Price of 1,000 requests = instances × price × hours ÷ requests × 1,000."""
    found = used()
    requests = int(sample.rhythm().sum())
    assert found.per_thousand.each.production == pytest.approx(2 * 1.5 * 168 / requests * 1000)
    rows = {row[0]: row for row in usage.compared(found).export_rows}
    assert rows["Price of 1,000 requests"][2] == found.per_thousand.each.production


def test_every_row_says_what_it_rests_on():
    """No number of the table stands alone: values, requests or blocks are named beside it."""
    table = usage.compared(used())
    assert all(row[-1].endswith(("values", "requests", "blocks")) for row in table.rows)
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert all(len(row) == len(table.export_columns) for row in table.export_rows)


def test_without_metrics_the_page_says_why(app: AppTest, answers: Answers):
    """No region or no data is a sentence with what to do, and no number."""
    why = "No AWS region is configured; set `region` in [aws]."
    answers.resources = ResourceReading(None, "", why, None)
    show(app, "resources")
    assert not app.exception
    assert why in plain(app)
    assert consumption.WHERE_FROM in plain(app)
    assert not app.metric
    assert not charts(app)


def test_cloudwatch_refusing_is_named(app: AppTest, answers: Answers, monkeypatch):
    """A refusal of the metrics alone leaves the captures, and names the call."""

    def refuse(test: str, window: str) -> ResourceReading:
        raise AwsError(
            "AWS refused: the role lacks cloudwatch:GetMetricData.",
            call="GetMetricData",
            code="AccessDenied",
            request_id="1",
        )

    monkeypatch.setattr("queries.cached_answers.resources", refuse)
    show(app, "resources")
    assert not app.exception
    assert "cloudwatch:GetMetricData" in plain(app)
    assert "GetMetricData" in app.code[-1].value


def test_a_full_disk_is_a_warning(app: AppTest, answers: Answers):
    """Above 75 % SageMaker stops to capture: the page says which disk, how full and since when."""
    assert consumption.full_disks(used()) == []
    answers.resources = sample.resources(disk=90.0)
    show(app, "resources")
    [said] = [w.value for w in app.warning if "disk" in w.value]
    assert "the shadow" in said
    assert "production was" not in said
    assert "first at 2026-03-02" in said


def test_uneven_loads_are_told_and_unknown_ones_are_not():
    """Twice the requests an instance make what is per request another thing."""
    # two instances of production share what one of the shadow gets
    assert "2 times" in str(consumption.uneven_load(used()))
    even = sample.resources().resources
    assert even is not None
    alone = consumption.uneven_load(_with_ratio(even, 1.0))
    assert alone is None
    assert consumption.uneven_load(_with_ratio(even, math.nan)) is None


def _with_ratio(found: Resources, ratio: float) -> Resources:
    from dataclasses import replace

    return replace(found, load=replace(found.load, per_instance=ratio))


def test_a_missing_price_is_no_zero(app: AppTest, answers: Answers):
    """Without a price there is a dash, and the line to add to the configuration."""
    answers.resources = sample.resources(price=None)
    show(app, "resources")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Price of 1,000 requests, shadow"] == "—"
    assert '[instances."ml.c6i.xlarge"]' in plain(app)


def test_an_unknown_machine_leaves_the_rest(app: AppTest, answers: Answers):
    """Without the instance type CPU is a share of one core, and the page says why."""
    answers.resources = sample.resources(shadow_type=None)
    show(app, "resources")
    assert not app.exception
    assert "AccessDenied" in plain(app)
    assert "CPU, % of one core" in plain(app).replace("\u00a0", " ")
