"""Does the page of rules say what fired, by what number and step, and let settings be tried?"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analysis.training.findings import Finding
from pages.parts import findings, thresholds
from queries import cached, cached_trials
from queries.config import Config, Trial
from queries.errors import AwsError, SourceError
from queries.trials.jobs import Evaluation
from queries.trials.reviews import Review, review
from tests.pages.conftest import ROOT
from tests.pages.test_explaining import drawn, offered
from tests.pages.test_pages import plain
from tests.queries.trials.saved import write_trial

PAGE = "pages/training/rules.py"
HOSTILE = "![x](http://evil.example/x.png) <b>|:red[y]</b> $a$ [l](javascript:1) `c`"
AT = datetime(2026, 3, 5, 12, tzinfo=UTC)


def fired(name: str = "Overfit", **more: object) -> Finding:
    given = {
        "rule": name,
        "origin": "aws",
        "status": "fired",
        "critical": False,
        "sentence": f"{name} found something.",
        "remedy": "Do this about it.",
        "first_step": 1200,
        "mode": "TRAIN",
        "tensors": tuple(f"layer_{at}.weight" for at in range(9)),
        "value": 2e-11,
        "threshold": 1e-7,
        "unit": "mean |g|",
        "explained": ("One bias stands before a BatchNorm.",),
    }
    return Finding(**{**given, **more})  # type: ignore[arg-type]


def quiet(name: str, status: str = "not_fired") -> Finding:
    return Finding(name, "aws", status, True, f"{name} is told.", "Save it." if status else "")


def told(*found: Finding, **more: object) -> Review:
    order = ("fired", "unknown", "not_fired")
    plain_review = review(None, name="fraud-net", now=AT)
    some = tuple(sorted(found, key=lambda f: (order.index(f.status), not f.critical)))
    return replace(plain_review, findings=some, **more)


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration that names one small trial."""
    folder = tmp_path / "debug-output"
    write_trial(folder)
    config = Config(
        tests=(),
        trials=(Trial(name="fraud-net", location=str(folder)),),
        rules={"StalledTraining": {"threshold": 60.0}},
        cache=tmp_path / "cache",
    )
    monkeypatch.setattr(cached, "configured", lambda: config)
    st.cache_data.clear()
    st.cache_resource.clear()
    return folder


@pytest.fixture
def page(trial: Path) -> AppTest:
    assert trial.is_dir()
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)


def show(app: AppTest) -> AppTest:
    app.switch_page(PAGE).run()
    return app


def answering(monkeypatch: pytest.MonkeyPatch, answer: object) -> list[dict]:
    asked: list[dict] = []

    def given(name: str, **more: object) -> object:
        asked.append({"name": name, **more})
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(cached_trials, "review", given)
    return asked


def labels(app: AppTest) -> list[str]:
    return [expander.label for expander in app.expander]


def test_a_trial_is_judged(page: AppTest):
    """From files to the screen: nothing fails, and the counts add up."""
    show(page)
    assert not page.exception
    said = re.search(r"(\d+|None) of (\d+) rules fired", plain(page))
    assert said
    assert page.title[0].value.startswith("fraud\\-net")


def test_the_line_counts_what_fired_what_is_critical_and_what_is_open():
    """A manager can repeat it."""
    found = told(
        fired(critical=True), fired("A"), quiet("B"), quiet("C", "unknown"), quiet("D", "unknown")
    )
    assert findings.summary(found) == "2 of 5 rules fired, 1 of them critical; 2 can't tell."
    assert findings.summary(told(quiet("B"))) == "None of 1 rules fired."
    assert findings.summary(told(fired(), quiet("B"))).endswith("none of them critical.")


def test_what_fired_stands_there_with_step_number_limit_and_remedy(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
):
    """Each of them on the screen; tensors beyond a few in a fold."""
    answering(monkeypatch, told(fired(critical=True), quiet("B"), quiet("C", "unknown")))
    show(page)
    assert not page.exception
    assert page.error[0].value.startswith("#### 1 of 3")
    said = plain(page)
    for part in (
        "Overfit found something.",
        "TRAIN step 1,200",
        "2 × 10⁻¹¹",
        "limit 1 × 10⁻⁷",
        "Do this about it.",
        "BatchNorm",
        "critical",
        "layer_5.weight, 3 more",
    ):
        assert part in said, part
    assert "All 9 tensors" in labels(page)
    assert "layer_8.weight" in page.code[-1].value


def test_a_rule_says_how_its_number_is_computed(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    """A card has a button, a line tells it where one points; a rule of the user's is its code."""
    aws = Evaluation("Mine", "Overfit", "Overfit", "IssuesFound", "", AT, "job")
    mine = fired("Mine", origin="custom")
    answering(monkeypatch, told(fired(), mine, quiet("VanishingGradient"), aws=(aws,)))
    show(page)
    assert not page.exception
    assert drawn(page) == 1  # AWS's verdicts
    assert offered(page) == 2
    (line,) = (each for each in page.markdown if "VanishingGradient is told" in each.value)
    assert "**How it is computed:** Mean of " in line.proto.help


def test_only_what_did_not_fire_is_good_news(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    """Green where nothing fired; where no rule can tell there is no news at all."""
    answering(monkeypatch, told(quiet("B"), quiet("C", "unknown")))
    assert show(page).success
    answering(monkeypatch, told(quiet("C", "unknown")))
    show(page)
    assert not page.success
    assert page.info[0].value.startswith("#### None of 1 rules fired; 1 can't tell.")


def test_names_from_files_are_text(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    """Tensor names, sentences of custom rules and details of AWS are somebody else's."""
    aws = Evaluation(HOSTILE, "", "tensors", "IssuesFound", HOSTILE, AT, "job")
    hostile = fired(HOSTILE, origin="custom", sentence=HOSTILE, tensors=(HOSTILE,) * 9)
    found = told(
        hostile,
        replace(quiet("B"), sentence=HOSTILE, explained=(HOSTILE,)),
        replace(quiet("C", "unknown"), remedy=HOSTILE),
        aws=(aws,),
        notes=(HOSTILE,),
        against=HOSTILE,
    )
    answering(monkeypatch, found)
    show(page)
    assert not page.exception
    for element in (*page.markdown, *page.caption):
        for wrong in ("![x]", "<b>", "[l](", ":red[y]", "$a$", "`c`"):
            assert wrong not in element.value, element.value
    assert "your rule" in plain(page)


def test_awss_verdicts_stand_beside_ours(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    """The same rule by both, and a status of AWS's own kind."""
    aws = (
        Evaluation("my-overfit", "Overfit", "tensors", "NoIssuesFound", "", AT, "job"),
        Evaluation("Stalled", "StalledTrainingRule", "tensors", "IssuesFound", "x", None, ""),
        Evaluation("own", "", "tensors", "InProgress", "", None, ""),
    )
    answering(monkeypatch, told(fired(), quiet("StalledTraining"), aws=aws))
    show(page)
    table = next(m.value for m in page.markdown if "my\\-overfit" in m.value)
    rows = table.splitlines()[2:]
    assert "no issues found" in plain(page).replace("\u00a0", " ")
    assert "fired" in rows[0].replace("\u00a0", " ")
    assert "✓" in rows[1]
    assert "no such rule here" in rows[2].replace("\u00a0", " ")


def test_a_setting_is_tried_on_the_screen(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    """It is asked with what is configured, marked as changed, in the address, and undone."""
    asked = answering(monkeypatch, told(fired()))
    show(page)
    assert asked[-1]["settings"] == {"StalledTraining": {"threshold": 60.0}}
    page.button(key="settings_Overfit").click().run()
    page.number_input(key="Overfit.patience").set_value(4)
    page.text_input(key="Overfit.ratio_threshold").set_value("0.25")
    page.button(key="FormSubmitter:form_Overfit-Judge by these").click().run()
    assert not page.exception
    assert asked[-1]["settings"]["Overfit"] == {"patience": 4, "ratio_threshold": 0.25}
    assert asked[-1]["settings"]["StalledTraining"] == {"threshold": 60.0}
    assert "Changed on this screen" in plain(page)
    assert "patience = 4 (configured: 1)" in plain(page)
    assert page.query_params["rules"] == "Overfit.patience:4;Overfit.ratio_threshold:0.25"
    page.button(key="reset_rules").click().run()
    assert "Overfit" not in asked[-1]["settings"]
    assert "rules" not in page.query_params
    assert "Changed on this screen" not in plain(page)


def test_a_setting_that_cannot_be_is_refused(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    """No number, or one outside its bounds: told, and nothing changes."""
    asked = answering(monkeypatch, told(fired()))
    show(page)
    for typed in ("much", "-1", "nan"):
        page.button(key="settings_Overfit").click().run()
        page.text_input(key="Overfit.ratio_threshold").set_value(typed)
        page.button(key="FormSubmitter:form_Overfit-Judge by these").click().run()
        assert "no number that is at least 0" in page.toast[0].value.replace("\\", "")
        assert "Overfit" not in asked[-1]["settings"]


def test_the_address_brings_settings(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    """What was sent on is judged the same; what names nothing, or is none, is left out."""
    asked = answering(monkeypatch, told(fired()))
    page.query_params["rules"] = (
        "Overfit.patience:3;Overfit.patience_of_job:9;Nobody.x:1;TreeDepth.depth:deep;"
        "ClassImbalance.labels_regex:a%3Bb%3Ac;;:"
    )
    show(page)
    assert asked[-1]["settings"] == {
        "StalledTraining": {"threshold": 60.0},
        "Overfit": {"patience": 3},
        "ClassImbalance": {"labels_regex": "a;b:c"},
    }
    assert thresholds._parsed(page.query_params["rules"]) == {
        "Overfit": {"patience": 3},
        "ClassImbalance": {"labels_regex": "a;b:c"},
    }


@pytest.mark.parametrize(
    "problem",
    [
        SourceError("Nothing was recorded of the training."),
        AwsError("No.", call="DescribeTrainingJob", code="AccessDenied", request_id="r-1"),
    ],
    ids=["nothing", "refused"],
)
def test_what_cannot_be_judged_is_a_sentence(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, problem: Exception
):
    """What failed, in which call, and a button to try again."""
    answering(monkeypatch, problem)
    show(page)
    assert not page.exception
    assert page.error
    assert page.button(key="try_again_what the rules find")


def test_a_training_without_a_trial_is_a_page_too(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """No trial configured: how to name one."""
    config = Config(tests=(), cache=tmp_path)
    monkeypatch.setattr(cached, "configured", lambda: config)
    show(page)
    assert not page.exception
    assert page.title[0].value == "No training to review"
