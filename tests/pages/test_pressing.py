"""From a press to one act: confirmed in words, done once, and what fails is told."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
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
    tray = app.session_state["deploy_tray"]
    marks = [tray.asked.mark]
    tray.asked = _with(tray.asked, act)
    confirm(app)
    assert done == ["better p99"]


class Watched:
    """A lock that says when it is waited for."""

    def __init__(self) -> None:
        self.lock, self.waited_for = threading.Lock(), threading.Event()

    def __enter__(self) -> None:
        self.waited_for.set()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()

    def locked(self) -> bool:
        return self.lock.locked()


def test_another_run_of_the_page_waits_for_the_act_and_shows_what_came_of_it() -> None:
    """Streamlit begins another run while a press is still acted on: it must not read too early."""
    seen: list[str] = []

    def script(seen: list[str]) -> None:
        from pages.parts.deployment import pressing

        pressing.wait()
        seen.append("read")

    app = AppTest.from_function(script, kwargs={"seen": seen}, default_timeout=30).run()
    watched = app.session_state["deploy_tray"].acting = Watched()
    seen.clear()
    with watched.lock:
        other = threading.Thread(target=app.run)
        other.start()
        assert watched.waited_for.wait(timeout=30)
        seen.append("acted")
    other.join()
    assert seen == ["acted", "read"]


def test_what_failed_is_kept_though_the_run_may_no_longer_write() -> None:
    """The tray is changed in place: the dialog of the next run says why, and can be put right."""

    def refuse(reason: str) -> None:
        raise NotDone("Somebody began already.")

    app = opened(page(refuse))
    tray = app.session_state["deploy_tray"]
    mark = tray.asked.mark
    confirm(app)
    assert app.session_state["deploy_tray"] is tray
    assert (tray.problem, tray.asked.typed) == ("Somebody began already.", ENDPOINT)
    assert tray.asked.mark != mark


def test_an_act_that_is_cut_off_is_told() -> None:
    """Streamlit ends a run at any of its calls: the press is not lost without a word."""

    def cut_off(reason: str) -> None:
        raise StopException

    app = opened(page(cut_off))
    tray = app.session_state["deploy_tray"]
    confirm(app)
    assert "run anew" in (tray.problem or "")
    assert not tray.acting.locked()


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
