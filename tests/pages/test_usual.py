"""Does the overview say which of the usual traffic a test has met, and what stands for usual?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.usual import usual
from pages.charts import heatmaps, theme
from pages.parts import usual as parts
from queries.errors import AwsError
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import plain, show


@pytest.fixture
def opened(app: AppTest) -> AppTest:
    """The overview with the box open in which pairs are drawn by hour of the week."""
    app.run()
    app.session_state["paired"] = True
    return app


def test_pairs_are_held_against_the_usual_traffic(opened: AppTest, answers: Answers):
    """One hour of the week had no pair: 99.3 % of the usual requests come in the others."""
    show(opened, "overview")
    assert not opened.exception
    assert "99.3\u202f% of the usual requests come in hours of the week that have pairs" in plain(
        opened
    )
    assert "CloudWatch’s Invocations of production in the weeks before this window" in plain(opened)
    assert "Monday to Friday" in plain(opened).replace("\u00a0", " ")


def test_the_window_itself_is_said_to_be_no_witness(opened: AppTest, answers: Answers):
    """Where nothing earlier is known, that and the reason stand beside the number."""
    answers.usual = replace(
        sample.usual(), source="captured", problem="CloudWatch was not asked: no `region`."
    )
    show(opened, "overview")
    said = plain(opened)
    assert "Usual is what production captured in this window itself" in said
    assert "CloudWatch was not asked" in said


def test_nothing_usual_is_no_number(opened: AppTest, answers: Answers):
    """Without a request to compare with there is no share, neither 0 nor 100 %."""
    answers.usual = usual([], [], source="captured", problem="Nothing was captured.")
    show(opened, "overview")
    assert "What traffic is usual is not known. Nothing was captured." in plain(opened)
    assert "of the usual requests come in" not in plain(opened)


def test_a_call_that_fails_leaves_the_rest_of_the_box(
    opened: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch
):
    """The pairs by hour are drawn, and the failure is named."""

    def refused(*_: object) -> None:
        raise AwsError("AWS refused GetMetricData.", call="GetMetricData", code="AccessDenied")

    monkeypatch.setattr("queries.cached_answers.usual", refused)
    show(opened, "overview")
    assert not opened.exception
    assert "AWS refused GetMetricData" in plain(opened)
    assert "Pairs by hour of the week" in plain(opened)


def test_an_hour_without_pairs_is_crossed_only_where_requests_usually_come():
    """Colour is for hours with pairs; a cross for one that lacks them; else the cell is empty."""
    found = sample.report()
    grid = found.hours.grid.copy()
    grid[6, 23] = grid[0, 0] = 0
    quiet = replace(sample.usual(), grid=np.where(np.arange(168).reshape(7, 24) == 167, 0.0, 10.0))
    known = parts.met_of(replace(found, hours=replace(found.hours, grid=grid)), quiet)
    heat, crosses = heatmaps.against_usual(known, theme.LIGHT).figure.data
    assert np.isnan(np.asarray(heat.z, dtype=float)[6, 23])
    missing = set(zip(crosses.y, crosses.x, strict=True))
    assert (0, 0) in missing
    assert (6, 23) not in missing
