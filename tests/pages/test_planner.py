"""Does the planner say how long a test must run, with tests, without any, and from an address?"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.latency import batch_spread
from analysis.planning import Traffic, plan
from analysis.policy import Policy
from analysis.scales import duration
from pages.charts import plans, theme
from pages.parts import found_before, planning
from queries import cached
from queries.config import Instance, Test
from queries.errors import ConfigError, SourceError
from tests.analysis.test_planning import TRAFFIC, USUAL
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import charts, plain, show

STRICT = Policy(name="strict", min_agreement=0.98, min_days=14.0, min_hours_of_week=168)


@pytest.fixture
def app(app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    prices = {"ml.m5.large": Instance(price_per_hour=0.1), "ml.x1": Instance(cores=4)}
    answers.config = replace(answers.config, instances=prices, policies=(STRICT,))
    monkeypatch.setattr(cached, "configured", lambda: answers.config)
    return app


def tiles(app: AppTest) -> dict[str, str]:
    return {metric.label.replace("\u202f", " "): metric.value for metric in app.metric}


def test_a_plan_needs_no_test(app: AppTest, answers: Answers):
    """Without any test the page plans one, and nothing is read or asked of AWS for it."""
    app.run()
    answers.config = replace(answers.config, tests=())
    answers.asked.clear()
    app.switch_page("pages/shadow_test/planner.py").run()
    assert not app.exception
    assert tiles(app)["With 90 % chance"] == "7 days"
    assert tiles(app)["Second fleet"] == "16.80\u202fUSD"
    assert "Not planned: p50 latency, p99 latency" in plain(app)
    assert charts(app)
    assert not answers.asked


def test_the_address_holds_what_was_typed(app: AppTest):
    """A link plans what it says; what it leaves out is as it is without a link."""
    app.query_params.update({"per_hour": "40.0", "agree": "97.0", "instances": "3"})
    show(app, "planner")
    assert app.number_input(key="per_hour").value == 40
    assert app.number_input(key="agree").value == 97
    expected = replace(USUAL, agreement=0.97, spread=0.2)
    found = plan(expected, Traffic(40, 1, 1), STRICT, 0.9)
    app.selectbox(key="policy").select("strict").run()
    assert tiles(app)["With 90 % chance"] == duration(found.hours)
    assert f"{3 * 0.1 * found.hours:,.2f}" in tiles(app)["Second fleet"]


def test_what_sits_on_its_limit_has_no_length(app: AppTest):
    """No number of days stands where none would decide: a dash, and the check that is to blame."""
    app.query_params["agree"] = "95.0"
    show(app, "planner")
    assert tiles(app)["With 90 % chance"] == "—"
    assert tiles(app)["Second fleet"] == "—"
    assert "never decides: Agreement" in plain(app)


def test_without_a_price_there_is_no_cost(app: AppTest, answers: Answers):
    """No price is no price, never free; the page says where to write one."""
    app.run()
    answers.config = replace(answers.config, instances={})
    app.switch_page("pages/shadow_test/planner.py").run()
    assert not app.exception
    assert tiles(app)["Second fleet"] == "—"
    assert "price_per_hour" in plain(app)


@pytest.mark.parametrize("kind", ["multiclass", "regression", "text"])
def test_every_kind_of_answer_is_planned(app: AppTest, kind: str):
    """Each kind asks for what it has, and draws its checks."""
    show(app, "planner")
    app.selectbox(key="answers").select(kind).run()
    assert not app.exception
    rows = charts(app)[0]["layout"]["yaxis"]["ticktext"]
    assert ("Label shift" in rows) == (kind == "multiclass")
    assert ("Score bias" in rows) == (kind == "regression")


def test_what_a_test_found_is_taken_as_expected(app: AppTest, answers: Answers):
    """A press fills in agreement, rates and traffic of a test, and the plan follows."""
    show(app, "planner")
    app.selectbox(key="like").select("eta-v2").run()
    app.button[0].click().run()
    assert not app.exception
    assert ("report", "eta-v2", "all") in answers.asked
    found = answers.report
    agreed = app.number_input(key="agree").value
    assert agreed == pytest.approx(100 * found.agreement.fixed.value, abs=0.001)
    per_hour = found.errors.production_invocations / found.window.hours
    assert app.number_input(key="per_hour").value == pytest.approx(per_hour, abs=0.1)


def test_a_test_that_cannot_be_read_leaves_the_plan_as_it_is(app: AppTest, answers: Answers):
    """The failure is a sentence; what was typed stays."""
    app.query_params["agree"] = "97.0"
    show(app, "planner")
    answers.problem = SourceError("The folder /captures is not there.")
    app.selectbox(key="like").select("eta-v2").run()
    app.button[0].click().run()
    assert not app.exception
    assert "not there" in plain(app)
    assert app.number_input(key="agree").value == 97


def test_a_configuration_that_cannot_be_read_is_said(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    """A wrong file is a sentence here too."""
    app.run()

    def refused() -> None:
        raise ConfigError("understudy.toml: `per_hour` is no key.")

    monkeypatch.setattr(cached, "configured", refused)
    app.switch_page("pages/shadow_test/planner.py").run()
    assert not app.exception
    assert "is no key" in plain(app)
    assert not app.metric


def test_what_is_not_known_of_a_test_is_not_expected():
    """A test without scores, errors and agreement gives no zeros to expect."""
    report = replace(
        sample.report(), agreement=None, scores=None, errors=None, prediction_drift=None
    )
    found = found_before.values_of(report, Test(name="half", capture_percent=50))
    assert "agree" not in found
    assert not {"bias", "spread", "distance", "production_5xx"} & found.keys()
    assert found["captured"] == 50


def test_latency_is_planned_once_it_is_known_how_it_varies(app: AppTest):
    """Without its spread it is named as not planned; with it there is a row, and the time."""
    show(app, "planner")
    assert "Not planned: p50 latency, p99 latency" in plain(app)
    app.number_input(key="slower_p99").set_value(4.0)
    app.number_input(key="varies_p99").set_value(60.0).run()
    assert not app.exception
    assert "Not planned: p50 latency:" in plain(app)
    expected = replace(USUAL, spread=0.2, slower=(0.0, 0.04), slower_spread=(None, 0.6))
    traffic = Traffic(1_000, 1, 1)
    found = plan(expected, traffic, STRICT, 0.9)
    app.selectbox(key="policy").select("strict").run()
    assert found.longest.name == "p99_latency"
    assert tiles(app)["With 90 % chance"] == duration(found.hours)


def test_users_make_a_test_longer(app: AppTest):
    """A design effect is told, and the agreement is planned with it."""
    show(app, "planner")
    assert "Requests that hang together need more" in plain(app)
    app.number_input(key="cluster").set_value(21.0)
    app.number_input(key="alike").set_value(0.1).run()
    assert not app.exception
    assert "3.00 pairs count as one independent pair" in plain(app)


def test_labels_without_a_score_have_a_drift_of_their_own(app: AppTest):
    """Cramér's V is asked where there is no KS distance, and the check is planned."""
    show(app, "planner")
    app.selectbox(key="answers").select("multiclass").run()
    assert not app.exception
    assert "Cramér" in app.number_input(key="distance").label
    assert "Prediction drift" in charts(app)[0]["layout"]["yaxis"]["ticktext"]


def test_latency_and_users_of_a_test_are_expected_of_the_next():
    """The spread of an hour and a design effect are those that the verdict of the test used."""
    report = sample.report()
    clustered = replace(report, agreement=replace(report.agreement, clusters=sample.clusters()))
    found = found_before.values_of(clustered, Test(name="eta"))
    spread = batch_spread(report.latency.production, report.latency.shadow, 0.99)
    assert found["varies_p99"] == pytest.approx(100 * spread.relative, abs=0.01)
    assert found["slower_p99"] == 18.0
    effect = 1 + (found["cluster"] - 1) * found["alike"]
    assert effect == pytest.approx(sample.clusters().design_effect, rel=0.01)
    alone = found_before.values_of(report, Test(name="eta"))
    assert (alone["cluster"], alone["alike"]) == (1.0, 0.0)
    unknown = found_before.values_of(replace(report, latency=None), Test(name="eta"))
    assert not {"slower_p50", "slower_p99", "varies_p50", "varies_p99"} & unknown.keys()


def test_blocks_of_minutes_are_brought_to_the_hour():
    """Of a quarter of an hour the spread is twice that of an hour: blocks are independent."""
    report = sample.report()
    sides = {
        name: replace(side, batches=replace(side.batches, period_s=900))
        for name in ("production", "shadow")
        for side in (getattr(report.latency, name),)
    }
    quarters = replace(report, latency=replace(report.latency, **sides))
    hours, found = (
        found_before.values_of(each, Test(name="eta"))["varies_p99"] for each in (report, quarters)
    )
    assert found == pytest.approx(hours / 2, abs=0.01)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK])
def test_the_chart_shows_every_check_at_both_chances(colours: theme.Palette):
    """One open and one filled mark a check; one that is never decided has a cross and no time."""
    sitting = replace(USUAL, agreement=STRICT.min_agreement)
    both = [plan(sitting, TRAFFIC, STRICT, chance) for chance in (0.8, 0.9)]
    drawn = plans.times(*both, colours)
    spec = json.loads(drawn.figure.to_json())
    first, second, never = spec["data"]
    assert len(first["y"]) == len(second["y"]) == len(both[0].needs) - 1
    assert never["y"] == [0]
    assert "Agreement never" in drawn.alt
    whole = plans.times(*(plan(USUAL, TRAFFIC, STRICT, c) for c in (0.8, 0.9)), colours)
    assert len(whole.figure.data) == 2


def test_the_table_says_what_the_plan_says():
    """Every check has its number and both times; the file holds them unrounded."""
    both = [plan(USUAL, TRAFFIC, Policy(), chance) for chance in (0.8, 0.9)]
    found = planning.table(*both)
    assert len(found.rows) == len(both[0].needs)
    assert [row[8] for row in found.export_rows] == [need.hours for need in both[1].needs]
    assert found.rows[-1][2] == "168 hours"
    assert np.isfinite([row[5] for row in found.export_rows]).all()
