"""From a press to one act: confirmed in words, done once, and what fails is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from actions.steps import Check
from pages.parts.deployment.pressing import Asked
from queries.errors import NotDone

ENDPOINT = "fraud-scores"


def page(act: Callable[[str], None], *, agree: str = "", found: tuple[Check, ...] = ()) -> AppTest:
    """A page with one button that asks."""
    asked = Asked(
        title="Promote?",
        consequence="**fraud-2** takes the place of fraud-1.",
        small="3 requests.",
        press="Promote",
        typed=ENDPOINT,
        checks=found,
        act=act,
        agree=agree,
    )

    def script(asked: object) -> None:
        import streamlit as st

        from pages.parts.deployment import pressing

        st.button("Promote…", key="open", on_click=pressing.ask, args=(asked,))
        pressing.show()

    return AppTest.from_function(script, kwargs={"asked": asked}, default_timeout=30).run()


def confirm(app: AppTest, *, reason: str = "better p99", typed: str = ENDPOINT) -> AppTest:
    """Fill the dialog in and press."""
    app.text_area[0].set_value(reason)
    app.text_input[0].set_value(typed)
    press(app)
    return app.run()


def press(app: AppTest) -> None:
    next(each for each in app.button if each.label == "Promote").click()


def opened(app: AppTest) -> AppTest:
    app.button(key="open").click()
    return app.run()


def test_it_is_done_once_with_the_reason() -> None:
    """A press acts, the dialog closes, and a run of the page afterwards does nothing more."""
    done: list[str] = []
    app = confirm(opened(page(done.append)), reason="  better\np99 ")
    assert done == ["better p99"]
    assert not app.text_area
    app.run()
    assert done == ["better p99"]


def test_a_queued_second_press_finds_nothing_to_do() -> None:
    """The mark is taken away before anything is done: the same press again acts no second time."""
    done: list[str] = []
    app = opened(page(done.append))

    def act(reason: str) -> None:
        done.append(reason)
        # the second of a double click runs while the first one still works
        from pages.parts.deployment import pressing

        pressing._act(marks[0])

    import streamlit as st

    assert st is not None
    marks = [app.session_state["deploy_asked"].mark]
    app.session_state["deploy_asked"] = _with(app.session_state["deploy_asked"], act)
    confirm(app)
    assert done == ["better p99"]


def _with(asked: Asked, act: Callable[[str], None]) -> Asked:
    from dataclasses import replace

    return replace(asked, act=act)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"typed": "fraud"}, "Type the name, fraud-scores, to confirm"),
        ({"reason": " "}, "Say why"),
    ],
)
def test_what_is_not_confirmed_can_be_put_right(given: dict[str, str], words: str) -> None:
    """The dialog stays open, says what is missing, and acts once it is there."""
    done: list[str] = []
    app = confirm(opened(page(done.append)), **given)
    assert words in app.error[0].value.replace("\\", "")
    assert done == []
    confirm(app)
    assert done == ["better p99"]
    assert not app.error


def test_against_the_verdict_it_has_to_be_agreed_to() -> None:
    """Where the verdict is not to promote, the box has to be ticked."""
    done: list[str] = []
    app = confirm(opened(page(done.append, agree="The verdict is hold.")))
    assert "against the verdict" in app.error[0].value
    assert done == []
    app.checkbox[0].check()
    confirm(app)
    assert done == ["better p99"]


def test_what_is_in_the_way_disables_the_press() -> None:
    """With the reason as its help; what only is to be known does not."""
    found = (Check("status", "blocked", "It is being updated.", "Wait."),)
    app = opened(page(lambda reason: None, found=found))
    button = next(each for each in app.button if each.label == "Promote")
    assert button.disabled
    assert "It is being updated" in button.help
    warned = opened(page(lambda reason: None, found=(Check("a", "warn", "An alarm is gone."),)))
    assert not next(each for each in warned.button if each.label == "Promote").disabled
    assert "An alarm is gone" in "".join(each.value for each in warned.markdown)


def test_what_fails_is_told_where_it_was_asked() -> None:
    """A refusal is a sentence in the dialog, shown as text, and may be tried again."""
    tried: list[str] = []

    def act(reason: str) -> None:
        tried.append(reason)
        raise NotDone("Somebody was first: [look](http://evil.example) <b>here</b>.")

    app = confirm(opened(page(act)))
    assert "Somebody was first" in app.error[0].value
    assert "](http" not in app.error[0].value
    confirm(app)
    assert len(tried) == 2
