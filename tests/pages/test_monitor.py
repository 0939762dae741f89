"""Does the Drift page show Model Monitor's findings beside ours, in every state?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from analysis.drift import FeatureDrift
from pages.parts import features, monitoring
from queries import cached_answers
from queries.errors import NotComparable
from tests.pages import sample, sample_monitor
from tests.pages.conftest import Answers
from tests.pages.test_pages import plain, show


def cells(found: list[FeatureDrift] | tuple[FeatureDrift, ...] = ()) -> list[tuple[str, ...]]:
    return list(monitoring.beside(sample_monitor.monitored(), found).rows)


def test_each_finding_stands_beside_ours() -> None:
    """Reported, counted in this window, drifted here; and what is not, is said to be not."""
    moved, broken, stranger = cells(sample.features())
    assert moved == (
        "amount",
        "baseline_drift_check",
        "Baseline drift distance: 0.31 exceeds",
        "—",
        "KS D 0.364 (0.352 to 0.376) ◆ drift",
    )
    assert broken[2] == "not reported"
    assert broken[3] == "12 of 20,000 (0.06\u202f%) below 0; allowed 0\u202f%"
    assert broken[4].startswith("KS D 0.104")
    assert stranger[4] == "not in the requests"
    assert cells()[0][4] == "not compared"


def test_what_is_saved_holds_the_numbers() -> None:
    """The file has a row for each row of the screen, unrounded."""
    table = monitoring.beside(sample_monitor.monitored(), sample.features())
    rows = [dict(zip(table.export_columns, row, strict=True)) for row in table.export_rows]
    assert [row["feature"] for row in rows] == [row[0] for row in table.rows]
    assert (rows[1]["breaking"], rows[1]["of"], rows[1]["allowed"]) == (12, 20_000, 0.0)
    assert rows[0]["effect"] == sample.features()[0].effect.value


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("monitored", "Reports of Model Monitor: 3, in 2026-03-02 00:00 to 2026-03-09"),
        ("monitored", "(7.0 days). The newest 1 are read. The newest is of"),
        ("monitored", "3 features, 1 broken. Not in the requests, so not checked: pay."),
        ("quiet", "violations: none."),
        ("quiet", "3 features, all kept."),
        ("silent", "No report of Model Monitor lies under s3://bucket/reports."),
        ("late", "has no report of this window; the newest is of"),
        ("late", "x.json is not a constraint_violations.json"),
    ],
)
def test_every_state_is_a_sentence(app: AppTest, answers: Answers, state: str, said: str) -> None:
    """Violations, none, no report, and none of this window are four things."""
    answers.monitored = getattr(sample_monitor, state)()
    show(app, "drift")
    assert not app.exception
    assert [each.value for each in app.subheader] == ["Model Monitor"]
    assert said in plain(app)


def test_without_model_monitor_nothing_is_said(app: AppTest) -> None:
    """Who has not configured it sees no trace of it."""
    show(app, "drift")
    assert not app.subheader
    assert "Model Monitor" not in plain(app)


def test_what_was_reported_is_never_markup(app: AppTest, answers: Answers) -> None:
    """Names and descriptions come from a file: no tag and no picture is made of them."""
    answers.monitored = sample_monitor.monitored()
    show(app, "drift")
    table = next(each.value for each in app.markdown if "data\\_type" in each.value)
    assert "<b>" not in table.replace("\\<b\\>", "").replace("&lt;b&gt;", "")
    assert "![x]" not in table


def test_constraints_are_shown_where_no_distribution_is(
    app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A constraints.json as baseline: drift cannot be told, its constraints can."""

    def refused(*asked: object) -> None:
        raise NotComparable("constraints.json holds constraints but no distributions")

    monkeypatch.setattr(cached_answers, "input_drift", refused)
    answers.monitored = sample_monitor.monitored()
    show(app, "drift")
    assert not app.exception
    assert "holds constraints but no distributions" in plain(app)
    assert "12 of 20,000" in plain(app).replace("\u00a0", " ")


def test_a_sketch_says_that_its_tests_are_left_out() -> None:
    """What a sketch cannot tell is a dash on the screen, and its error is in the file."""
    found = replace(sample.numeric("x", 0.3), reference_error=0.0065)
    table = features.ranked((found,))
    row = dict(zip(table.export_columns, table.export_rows[0], strict=True))
    assert row["reference_error"] == 0.0065
