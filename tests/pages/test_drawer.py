"""Can one go from pair to pair, follow a link to one, and see what is gone?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.drawer import Pair
from queries.errors import SourceError
from queries.payloads import PayloadPair
from tests.pages.conftest import Answers
from tests.pages.test_pages import plain, show

SHA = "0123456789abcdef"
OTHER = "fedcba9876543210"


def opened(app: AppTest, pair: tuple[str, str, int]) -> AppTest:
    app.session_state["open_pair"] = pair
    return show(app, "agreement")


def test_one_goes_on_to_the_pairs_beside(app: AppTest, answers: Answers):
    """Next and previous follow the list, and end where it does."""
    opened(app, ("p1", "s1", 1))
    assert "2 of 3 listed" in plain(app)
    app.button(key="step_next").click().run()
    assert answers.asked[-1] == ("payloads", "fraud-v7", "p2", "s2")
    assert app.button(key="step_next").disabled
    app.button(key="step_previous").click().run()
    app.button(key="step_previous").click().run()
    assert answers.asked[-1] == ("payloads", "fraud-v7", "p0", "s0")
    assert app.button(key="step_previous").disabled


def test_a_pair_outside_the_list_stands_alone(app: AppTest, answers: Answers):
    """A linked pair need not be among those listed: then there is no next one."""
    opened(app, ("p99", "s99", 0))
    assert answers.asked[-1] == ("payloads", "fraud-v7", "p99", "s99")
    assert app.button(key="step_next").disabled
    assert app.button(key="step_previous").disabled
    assert "of 3 listed" not in plain(app)


def test_a_link_opens_its_pair(app: AppTest, answers: Answers):
    """The address names both records and the row, from 0; the screen counts from 1."""
    pair = Pair(f"{SHA}-17", f"{OTHER}-3", 4)
    show(app, "agreement")
    app.query_params["pair"] = pair.linked
    app.run()
    assert answers.asked[-1] == ("payloads", "fraud-v7", pair.production, pair.shadow)
    assert "Row 5 of the batch" in plain(app)
    assert "pair" not in app.query_params


@pytest.mark.parametrize(
    "linked",
    [
        "",
        "x",
        f"{SHA}-17.{OTHER}-3",
        f"{SHA}-17.{OTHER}-3.x",
        f"../{SHA}-17.{OTHER}-3.0",
        "a" * 999,
    ],
)
def test_a_link_that_names_no_pair_opens_nothing(app: AppTest, answers: Answers, linked: str):
    """What is not of our form is told, and no loader is asked with it."""
    show(app, "agreement")
    app.query_params["pair"] = linked
    app.run()
    assert not app.exception
    assert "not one of ours" in app.warning[0].value
    assert "payloads" not in [what for what, *_ in answers.asked]


def test_a_record_that_is_gone_is_told(app: AppTest, answers: Answers, monkeypatch):
    """One record that cannot be found again leaves the other on the screen."""
    shadow = answers.payload("Shadow-01", "0.5")
    monkeypatch.setattr("queries.cached_answers.payloads", lambda *_: PayloadPair(None, shadow))
    opened(app, ("p1", "s1", 0))
    assert "could not be found again" in plain(app)
    assert "0.5" in [code.value for code in app.code]
    assert "values differ" not in plain(app)


def test_payloads_that_cannot_be_read_are_a_sentence(app: AppTest, monkeypatch):
    """An object that is gone is told in the drawer; the page behind it stays."""

    def refuse(*_: str) -> PayloadPair:
        raise SourceError("The object is gone; reload to list what is there now.")

    monkeypatch.setattr("queries.cached_answers.payloads", refuse)
    opened(app, ("p1", "s1", 0))
    assert not app.exception
    assert "The object is gone" in plain(app)
    assert app.metric


def test_inputs_that_differ_are_shown_and_failures_told(
    app: AppTest, answers: Answers, monkeypatch
):
    """Two inputs are two tables; status, latency and failure of a logged side are words."""
    production = answers.payload("AllTraffic", "0.5")
    shadow = replace(
        answers.payload("Shadow-01", ""),
        input="12.5,app,x",
        status=504,
        latency_ms=2_000.0,
        failure="timed out <b>",
        truncated=True,
    )
    monkeypatch.setattr(
        "queries.cached_answers.payloads", lambda *_: PayloadPair(production, shadow)
    )
    opened(app, ("p1", "s1", 0))
    said = plain(app)
    assert "**Input** — 2 of 3 values differ" in said
    assert "same input" not in said
    assert "status 504" in said
    assert "timed out" in said
    assert "longer than what is kept here" in said


def test_a_long_answer_is_cut_on_screen_only(app: AppTest, answers: Answers):
    """Thousands of values and characters are counted, the first of them shown."""
    answers.output = "[" + ",".join(str(at) for at in range(9_000)) + "]"
    opened(app, ("p1", "s1", 0))
    assert not app.exception
    said = plain(app)
    assert f"of {len(answers.output):,} characters" in said
    assert "The first 30 of" in said
    assert max(len(code.value) for code in app.code) <= 20_000
