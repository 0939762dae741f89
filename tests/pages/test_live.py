"""Does the sidebar say how fresh the captures are, and whether the page renews itself?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from analysis.delivery import Delivery
from queries import cached
from tests.pages import sample
from tests.pages.conftest import Answers

MINUTE = timedelta(minutes=1)


@pytest.fixture
def live(answers: Answers) -> Answers:
    """A running test, whose newest capture is two minutes old."""
    now = datetime.now(UTC)
    answers.state = "live"
    answers.read_at = now
    answers.freshness = sample.freshness(now - 2 * MINUTE + timedelta(seconds=5))
    return answers


def sidebar(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(
        each.value for kind in ("caption", "warning") for each in app.sidebar.get(kind)
    )


def test_a_running_test_says_how_fresh_it_is(app: AppTest, live: Answers):
    """When it was read, how old the newest capture is, and how long captures take, with n."""
    said = sidebar(app.run())
    assert f"Captures read {live.read_at:%H:%M} UTC" in said
    assert f"Newest capture {live.freshness.newest:%H:%M} UTC, 2\u202fmin ago" in said
    assert "Half delivered within 75\u202fs, 9 of 10 within 3\u202fmin" in said
    assert "n\u202f=\u202f1,204 records of the newest 80 files" in said
    assert not app.sidebar.warning
    assert app.sidebar.toggle(key="live").value


def test_a_clock_that_is_behind_is_told(app: AppTest, live: Answers):
    """A capture from the future is no negative age."""
    live.freshness = sample.freshness(datetime.now(UTC) + 10 * MINUTE)
    assert "10\u202fmin ahead of this machine’s clock" in sidebar(app.run())


def test_the_switch_stops_the_page_where_it_is(
    app: AppTest, live: Answers, monkeypatch: pytest.MonkeyPatch
):
    """With Live off nothing is renewed, on this page and on the next, until it is on again."""
    renewed: list[bool] = []
    monkeypatch.setattr(cached, "prepare", lambda test, tell, renew=True: renewed.append(renew))
    app.run()
    assert all(renewed)
    app.sidebar.toggle(key="live").set_value(False)
    for show in (app.run, lambda: app.switch_page("pages/shadow_test/latency.py").run()):
        renewed.clear()
        show()
        assert renewed
        assert not any(renewed)
        assert not app.sidebar.toggle(key="live").value
    renewed.clear()
    app.sidebar.toggle(key="live").set_value(True).run()
    assert all(renewed)


@pytest.mark.parametrize("state", ["ended", "quiet"])
def test_no_other_test_renews_itself(app: AppTest, answers: Answers, state: str):
    """There is no switch where there is nothing to switch, and no age of what is over."""
    answers.state = state
    said = sidebar(app.run())
    assert not app.sidebar.toggle
    assert f"Captures read {sample.END:%Y-%m-%d %H:%M} UTC" in said
    assert ("ago" in said) == (state == "quiet")
    assert ("does not look for more by itself" in said) == (state == "quiet")
    app.sidebar.button[-1].click().run()
    assert ("refresh", "fraud-v7") in answers.asked


def test_a_look_that_failed_is_a_quiet_sentence(app: AppTest, live: Answers):
    """The reason stands in the sidebar, escaped, and the page keeps its numbers."""
    live.look_problem = "AWS refused: the role lacks s3:ListBucket. <b>x</b>"
    said = sidebar(app.run())
    assert "these are the numbers of before" in said
    assert "s3:ListBucket" in said.replace("\\", "")
    assert "<b>" not in said
    assert not app.error
    assert app.metric or app.get("plotly_chart")


@pytest.mark.parametrize(
    ("behind", "age", "late_s", "sentences"),
    [
        (0 * MINUTE, 2 * MINUTE, 130.0, []),
        (9 * MINUTE, 2 * MINUTE, 599.0, []),
        (23 * MINUTE, 2 * MINUTE, 130.0, ["The shadow\u2019s newest capture is 23"]),
        (-23 * MINUTE, 25 * MINUTE, 130.0, ["Production\u2019s newest capture is 23"]),
        (0 * MINUTE, 25 * MINUTE, 130.0, ["No capture of either variant is younger than 25"]),
        (0 * MINUTE, 2 * MINUTE, 1500.0, ["One capture in ten takes more than 25"]),
        (
            30 * MINUTE,
            25 * MINUTE,
            1500.0,
            ["No capture of either variant", "The shadow\u2019s newest", "One capture in ten"],
        ),
    ],
)
def test_captures_that_stop_or_come_late_are_warned_of(
    app: AppTest, live: Answers, behind: timedelta, age: timedelta, late_s: float, sentences: list
):
    """One variant without captures, both without, and late ones, each in a sentence."""
    now = datetime.now(UTC) + timedelta(seconds=20)
    found = sample.freshness(now - age, behind=behind)
    live.freshness = replace(found, delivery=Delivery(75.0, late_s, 1204))
    app.run()
    said = [each.value.replace("'", "\u2019") for each in app.sidebar.warning]
    assert len(said) == len(sentences)
    for sentence, wanted in zip(said, sentences, strict=True):
        assert sentence.startswith(wanted)


def test_a_finished_test_is_not_warned_of(app: AppTest, answers: Answers):
    """What is over has stopped, and that is no fault."""
    answers.freshness = sample.freshness(behind=timedelta(hours=9))
    app.run()
    assert not app.sidebar.warning
