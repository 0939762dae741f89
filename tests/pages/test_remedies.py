"""Is what helps offered where something cannot be shown, asking again only where it may pass?"""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from queries import cached_answers
from queries.errors import (
    NotComparable,
    QuestionError,
    Remedy,
    SourceError,
    UnderstudyError,
)
from tests.pages.conftest import Answers
from tests.pages.test_drift import whole
from tests.pages.test_pages import charts, show

OFFERED = ("try_again_", "earlier_window_", "another_window_")


def offered(app: AppTest) -> list[str]:
    """What a click may do about it."""
    return [each.label for each in app.button if str(each.key).startswith(OFFERED)]


def test_the_earlier_window_is_one_click_away(
    app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A baseline without rows is held against nothing, however often one asks; the click draws."""
    given = cached_answers.inputs_together

    def asked(test: str, window: str, reference: str, where: str = "") -> object:
        if reference == "baseline":
            raise NotComparable("The baseline holds no rows.", remedy="earlier window")
        return given(test, window, reference, where)

    monkeypatch.setattr(cached_answers, "inputs_together", asked)
    whole(app)
    assert offered(app) == ["Compare with the earlier window"]
    assert not charts(app)
    app.button(key="earlier_window_the inputs together").click().run()
    assert not app.exception
    assert offered(app) == []
    assert app.session_state["reference"] == "previous"
    assert ("inputs_together", "fraud-v7", "all", "previous") in answers.asked


@pytest.mark.parametrize(
    ("window", "remedy", "label", "after"),
    [
        ("24h", "longer window", "Look at the last 7d", "7d"),
        ("7d", "longer window", "Look at all there is", "all"),
        ("7d", "shorter window", "Look at the last 24h", "24h"),
    ],
)
def test_another_window_is_one_click_away(
    app: AppTest,
    monkeypatch: pytest.MonkeyPatch,
    window: str,
    remedy: Remedy,
    label: str,
    after: str,
) -> None:
    """The next longer or shorter one; the page is then about it."""

    def refused(*asked: object) -> None:
        raise NotComparable("Too few rows.", remedy=remedy)

    monkeypatch.setattr(cached_answers, "inputs_together", refused)
    app.session_state["window"] = window
    whole(app)
    assert offered(app) == [label]
    app.button(key="another_window_the inputs together").click().run()
    assert app.session_state["window"] == after


@pytest.mark.parametrize(
    ("error", "labels"),
    [
        (SourceError("A file was being written."), ["Try again"]),
        (NotComparable("The first file arrives soon.", remedy="later"), ["Try again"]),
        (NotComparable("Name the features with `features`."), []),
        (NotComparable("Nothing is longer than all.", remedy="longer window"), []),
        (QuestionError("Choose longer blocks."), []),
    ],
)
def test_asking_again_is_offered_for_what_may_pass(
    app: AppTest, answers: Answers, error: UnderstudyError, labels: list[str]
) -> None:
    """A file or a capture that is still to come; not a configuration, nor a wrong question."""
    answers.problem = error
    show(app, "overview")
    assert not app.exception
    assert offered(app) == labels
