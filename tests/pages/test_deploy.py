"""Deploy and History over a stand-in for AWS: what is shown, who may press, what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from actions.ledger import Ledger, opened
from demo import deployments
from demo.functions import ALIAS, FUNCTION, TESTED
from demo.stages import API, STAGE
from queries import cached_answers
from queries.config import Test
from queries.config_actions import IN_WORDS, Actions, Deployment
from queries.errors import AwsError
from tests.actions.cloud import CONFIG, ENDPOINT, MODELS, PRODUCTION, SHADOW, Cloud, served
from tests.pages import sample
from tests.pages.conftest import ROOT, Answers
from tests.pages.test_explaining import offered, tiles_explain

EVERYTHING = (
    *("promote", "rollback", "abort", "repair", "complete_experiment", "cancel_experiment"),
    *("resample", "start_shadow", "blue_green", "shift_weights"),
)
MIA = {"email": "mia@example.com", "auth_time": 0.0}
WAIT_S = 600
BAKES_AFTER_S = deployments.LAUNCH_S + 90


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """An endpoint with a shadow, whose time the test sets."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    with served(folder) as account:
        yield account


@pytest.fixture
def ready(
    answers: Answers, cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Answers:
    """The sample's test there, where everybody may act and the verdict is to promote."""
    test = Test(
        name="fraud-v7",
        captures="/captures",
        production=PRODUCTION,
        shadow=SHADOW,
        endpoint=ENDPOINT,
        deployment=Deployment(percent=25, wait_s=WAIT_S, bake_s=WAIT_S),
    )
    actions = Actions(allow=EVERYTHING, without_sign_in=IN_WORDS, audit=str(tmp_path / "audit"))
    answers.config = replace(
        answers.config, tests=(test,), aws=cloud.aws, actions=actions, demo=False
    )
    answers.report = judged("promote")
    monkeypatch.setattr(cached_answers, "answer_forms", lambda test: sample.answer_forms())
    monkeypatch.setattr(cached_answers, "dossier", lambda test, window: None)
    monkeypatch.setattr("pages.document.report.as_html", lambda found, demo: "<p>frozen</p>")
    return answers


def judged(decision: str) -> object:
    """The sample's report with this verdict, of a window that ended just now."""
    end = datetime.now(UTC) - timedelta(minutes=4, seconds=30)
    window = replace(sample.report().window, start=end - timedelta(days=7), end=end)
    return replace(sample.report(), verdict=sample.verdict(decision), window=window)


@pytest.fixture
def app(ready: Answers) -> AppTest:
    assert ready.config.tests
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)


def show(app: AppTest, page: str = "deploy") -> AppTest:
    app.run()
    return app.switch_page(f"pages/deployment/{page}.py").run()


def text(app: AppTest) -> str:
    kinds = (
        *(app.markdown, app.caption, app.title, app.subheader),
        *(app.info, app.warning, app.error, app.success),
    )
    return plain("\n".join(str(element.value) for kind in kinds for element in kind))


def plain(said: str) -> str:
    """What is read, without what keeps it from being taken for Markdown."""
    return re.sub(r"\\(.)", r"\1", said).replace("\u00a0", " ").replace("\u2060", "")


def button(app: AppTest, label: str) -> object:
    return next(each for each in app.button if each.label == label)


def press(app: AppTest, label: str, confirm: str, *, reason: str = "better p99") -> AppTest:
    """Ask, fill the dialog in, and do it."""
    button(app, label).click().run()
    app.text_area[0].set_value(reason)
    next(each for each in app.text_input if "to confirm" in each.label).set_value(ENDPOINT)
    button(app, confirm).click()
    return app.run()


def ledger_of(ready: Answers) -> Ledger:
    return opened(ready.config.actions.audit, ready.config.aws)


def stages(ready: Answers) -> list[tuple[str, str]]:
    records = ledger_of(ready).read(ENDPOINT).records
    return [(each.action, each.stage) for each in records if each.step is None]


def through(app: AppTest, cloud: Cloud, *seconds: float) -> AppTest:
    """Let time go by, and the page look each time."""
    for each in seconds:
        cloud.clock.skip(each)
        app.run()
    return app


def test_the_page_shows_both_sides_the_checks_and_the_calls(app: AppTest) -> None:
    """What runs, what would, the difference, the verdict with its age, and every request."""
    show(app)
    assert not app.exception
    assert not app.error
    said = text(app)
    assert f":blue[●] {PRODUCTION}: **{MODELS[0]}**" in said
    assert f":orange[◆] {SHADOW}: **{MODELS[1]}**" in said
    assert f"ModelName: :red[{MODELS[0]}] → :green[{MODELS[1]}]" in said
    assert "PROMOTE" in said
    assert "newest capture 5" in said
    assert "1 of 4 new instances" in said
    requests = [each.value for each in app.code if each.language == "json"]
    assert any(f'"EndpointName": "{ENDPOINT}"' in each for each in requests)
    assert any("update_endpoint" in each.value for each in app.code)
    assert not button(app, "Promote…").disabled


def test_a_canary_is_followed_to_its_end(app: AppTest, ready: Answers, cloud: Cloud) -> None:
    """Promoted once, each step shown as AWS tells it, and success only when our config is there."""
    press(show(app), "Promote…", "Promote")
    assert not app.exception
    assert "is being updated" in text(app)
    assert "New instances start" in text(app)
    through(app, cloud, BAKES_AFTER_S)
    said = text(app)
    assert ":orange[**●**] 25\u202f% of the traffic" in said
    assert "being updated" in said
    through(app, cloud, *[WAIT_S] * 6)
    said = text(app)
    assert "Promote: done." in said
    assert f":blue[●] {PRODUCTION}: **{MODELS[1]}**" in said
    assert "No shadow runs at this endpoint" in said
    assert stages(ready) == [("promote", "begun"), ("promote", "done")]
    (begun, *_) = ledger_of(ready).read(ENDPOINT).records
    assert begun.intent is not None
    assert begun.intent.verdict
    assert ledger_of(ready).report(ENDPOINT, begun.intent.evidence) == b"<p>frozen</p>"


def test_a_silent_rollback_is_told(app: AppTest, ready: Answers, cloud: Cloud) -> None:
    """InService with the old config is no success, though AWS gives no reason."""
    cloud.faults.roll_back(ENDPOINT)
    press(show(app), "Promote…", "Promote")
    through(app, cloud, *[WAIT_S] * 8)
    said = text(app)
    assert "Promote: not done." in said
    assert "SageMaker gives no reason" in said
    assert f":blue[●] {PRODUCTION}: **{MODELS[0]}**" in said
    assert stages(ready)[-1] == ("promote", "failed")


def test_an_alarm_that_takes_it_back_is_named(app: AppTest, cloud: Cloud, ready: Answers) -> None:
    """With its name, and what serves now."""
    alarms = cloud.client("cloudwatch")
    alarms.put_metric_alarm(
        AlarmName="team-alarm",
        Namespace="Team",
        MetricName="Complaints",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )
    alarms.set_alarm_state(AlarmName="team-alarm", StateValue="OK", StateReason="calm")
    (test,) = ready.config.tests
    watched = replace(test, deployment=replace(test.deployment, alarms=("team-alarm",)))
    ready.config = replace(ready.config, tests=(watched,))
    press(show(app), "Promote…", "Promote")
    through(app, cloud, BAKES_AFTER_S)
    alarms.set_alarm_state(AlarmName="team-alarm", StateValue="ALARM", StateReason="complaints")
    through(app, cloud, *[WAIT_S] * 3)
    said = text(app)
    assert "Promote: not done." in said
    assert "team-alarm" in said
    assert f"serves by {CONFIG}, not by" in said


def test_an_update_is_aborted_and_says_by_whom(app: AppTest, ready: Answers, cloud: Cloud) -> None:
    """The abort alarm is set, SageMaker goes back, and the reason stands beside the outcome."""
    show(app)
    assert button(app, "Abort…").disabled
    press(app, "Promote…", "Promote")
    through(app, cloud, BAKES_AFTER_S)
    press(app, "Abort…", "Abort", reason="wrong model")
    through(app, cloud, *[WAIT_S] * 6)
    said = text(app)
    assert "Promote: not done." in said
    assert "aborted it" in said
    assert "wrong model" in said
    assert ("abort", "done") in stages(ready)


def test_one_goes_back_to_an_earlier_config(app: AppTest, ready: Answers, cloud: Cloud) -> None:
    """A promotion is undone by the config of before it, from the list or from History's link."""
    press(show(app), "Promote…", "Promote")
    through(app, cloud, *[WAIT_S] * 10)
    app.query_params["rollback"] = CONFIG
    app.run()
    assert any("put back on" in each.value for each in app.markdown)
    app.text_area[0].set_value("callers complain")
    next(each for each in app.text_input if "to confirm" in each.label).set_value(ENDPOINT)
    button(app, "Roll back").click()
    app.run()
    through(app, cloud, *[WAIT_S] * 10)
    said = text(app)
    assert "Roll back: done." in said
    assert f"Config **{CONFIG}**" in said
    show(app, "history")
    assert not app.exception
    said = text(app)
    assert "callers complain" in said
    assert "better p99" in said
    assert "all follow" in said


def test_an_update_explains_its_numbers_while_it_is_watched(app: AppTest, cloud: Cloud) -> None:
    """Beside the share of the traffic, the fleets' instances, their answers and what is planned."""
    press(show(app), "Promote…", "Promote")
    through(app, cloud, BAKES_AFTER_S)
    assert not app.exception
    assert {each.label for each in app.metric} >= {"In force", "New fleet"}
    tiles_explain(app)
    assert offered(app) == len(app.get("plotly_chart")) + 1


def test_a_change_begun_by_a_process_that_ended_is_offered_to_go_on(
    app: AppTest, ready: Answers, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told that steps are to come; nothing is asked of AWS until somebody says go on."""
    from pages.parts.deployment import watching

    ready.config = replace(
        ready.config,
        tests=(replace(ready.config.tests[0], deployment=Deployment(strategy="all_at_once")),),
    )
    press(show(app), "Promote…", "Promote")
    monkeypatch.setattr(watching, "this_process", lambda: "another")
    app.run()
    said = text(app)
    assert "before a restart" in said
    button(app, "Go on").click().run()
    assert "before a restart" not in text(app)
    through(app, cloud, *[600] * 4)
    assert "Promote: done." in text(app)


def test_a_viewer_sees_no_live_button(app: AppTest, ready: Answers) -> None:
    """Whoever is signed in and named nowhere may look; every button says why it is off."""
    ready.config = replace(
        ready.config, actions=replace(ready.config.actions, operators=("ann@example.com",))
    )
    app.user = {"is_logged_in": True, **MIA, "auth_time": datetime.now(UTC).timestamp()}
    show(app)
    assert not app.exception
    for label in ("Promote…", "Abort…"):
        assert button(app, label).disabled
    assert "may look, not act" in plain(button(app, "Promote…").help)
    assert f":blue[●] {PRODUCTION}: **{MODELS[0]}**" in text(app)


def test_without_a_sign_in_nothing_is_done_unless_it_says_so(app: AppTest, ready: Answers) -> None:
    """On a real account actions are off until somebody signs in, or the configuration says so."""
    ready.config = replace(
        ready.config, actions=replace(ready.config.actions, without_sign_in=None)
    )
    show(app)
    assert button(app, "Promote…").disabled
    assert "Nobody is signed in" in plain(button(app, "Promote…").help)


def test_a_verdict_that_is_not_to_promote_has_to_be_overruled(app: AppTest, ready: Answers) -> None:
    """To hold may be overruled by ticking so; to reject may not."""
    ready.report = judged("hold")
    show(app)
    button(app, "Promote…").click().run()
    assert "The verdict is to hold" in app.checkbox[0].label
    ready.report = judged("reject")
    show(app)
    assert button(app, "Promote…").disabled


def test_an_aws_that_refuses_is_a_sentence(app: AppTest, ready: Answers, cloud: Cloud) -> None:
    """What could not be read, in which call, and no button that acts on it."""
    cloud.faults.deny("DescribeEndpoint")
    show(app)
    assert not app.exception
    assert "could not be read" in text(app)
    assert not [each for each in app.button if each.label == "Promote…"]


def test_captures_that_cannot_be_read_keep_nobody_from_going_back(
    app: AppTest, ready: Answers
) -> None:
    """There is no verdict then, which is said; what runs and the way back are there."""
    ready.problem = AwsError("S3 refuses.", call="ListObjectsV2")
    show(app)
    assert not app.exception
    assert "There is no verdict." in text(app)
    assert f":blue[●] {PRODUCTION}: **{MODELS[0]}**" in text(app)


def test_going_back_waits_for_no_verdict(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a capture is read, and be it that nothing comes of that, the way back is there."""
    import streamlit as st

    monkeypatch.setattr("pages.parts.deployment.judged.report", lambda test: st.stop())
    show(app)
    assert "Abort…" in [each.label for each in app.button]
    assert "Promote…" not in [each.label for each in app.button]


def test_a_test_without_an_endpoint_says_so(app: AppTest, ready: Answers) -> None:
    """A paired log has none to deploy to."""
    (test,) = ready.config.tests
    ready.config = replace(ready.config, tests=(replace(test, endpoint=None),))
    show(app)
    assert not app.exception
    assert "names no endpoint" in text(app)


def test_history_without_a_change_says_so(app: AppTest) -> None:
    """Nothing was done yet, and it says where it would be written."""
    show(app, "history")
    assert not app.exception
    assert "Nothing was changed from here yet" in text(app)


def test_a_broken_record_is_named_and_forbids_everything(
    app: AppTest, ready: Answers, cloud: Cloud
) -> None:
    """Both pages say where; nothing is repaired, and nothing more is done."""
    press(show(app), "Promote…", "Promote")
    through(app, cloud, *[WAIT_S] * 10)
    folder = Path(ready.config.actions.audit)
    first = sorted(folder.rglob("*.json"))[0]
    first.write_bytes(first.read_bytes().replace(b"better p99", b"worse p99!"))
    show(app, "history")
    assert "is broken" in text(app)
    show(app)
    assert "is broken" in text(app)


@pytest.mark.parametrize("named", ["rollback"])
def test_a_hostile_address_is_told_and_not_run(app: AppTest, named: str) -> None:
    """A config that is none is a sentence; what the address held is shown as text."""
    app.run()
    app.query_params[named] = "<b>x</b>[y](http://evil.example)"
    app.switch_page("pages/deployment/deploy.py").run()
    assert not app.exception
    assert "cannot be done" in text(app) or "No such" in text(app) or app.error
    assert not any("](http://evil" in each.value for each in app.error)


@pytest.fixture
def elsewhere(ready: Answers) -> Answers:
    """The sample's test on the account's Lambda alias, whose version 8 was tested."""
    (test,) = ready.config.tests
    about = Deployment(kind="alias", function=FUNCTION, alias=ALIAS, version=TESTED)
    allow = (*EVERYTHING, "promote_alias", "promote_stage")
    ready.config = replace(
        ready.config,
        tests=(replace(test, endpoint=None, deployment=about),),
        actions=replace(ready.config.actions, allow=allow),
    )
    return ready


def elsewhere_confirm(app: AppTest, press_: str, target: str) -> AppTest:
    app.text_area[0].set_value("answers are better")
    next(each for each in app.text_input if "to confirm" in each.label).set_value(target)
    button(app, press_).click()
    return app.run()


def test_an_alias_is_moved_and_moved_back(app: AppTest, elsewhere: Answers, cloud: Cloud) -> None:
    """The version that was tested takes the alias over, at once, and the old one back again."""
    target = f"{FUNCTION}:{ALIAS}"
    show(app)
    assert not app.exception
    assert "version **7**" in text(app)
    button(app, "Promote…").click().run()
    elsewhere_confirm(app, "Promote", target)
    assert "Move the alias: done." in text(app)
    assert "version **8**" in text(app)
    lambdas = cloud.client("lambda")
    assert lambdas.get_alias(FunctionName=FUNCTION, Name=ALIAS)["FunctionVersion"] == "8"
    app.button(key="other_back_7").click().run()
    elsewhere_confirm(app, "Roll back", target)
    assert "Roll back: done." in text(app)
    assert lambdas.get_alias(FunctionName=FUNCTION, Name=ALIAS)["FunctionVersion"] == "7"


def test_a_stage_is_given_a_canary_which_takes_it(
    app: AppTest, elsewhere: Answers, cloud: Cloud
) -> None:
    """A canary is started with a share of the requests, and promoted to all of them."""
    (test,) = elsewhere.config.tests
    about = Deployment(kind="stage", rest_api=API, stage=STAGE)
    elsewhere.config = replace(elsewhere.config, tests=(replace(test, deployment=about),))
    target = f"{API}/{STAGE}"
    show(app)
    assert not app.exception
    button(app, "Start a canary…").click().run()
    elsewhere_confirm(app, "Start a canary", target)
    assert "canary" in text(app)
    assert "answers 10\u202f% of the requests" in text(app)
    button(app, "Promote…").click().run()
    elsewhere_confirm(app, "Promote", target)
    assert "Move the stage: done." in text(app)
    assert "canarySettings" not in cloud.client("apigateway").get_stage(
        restApiId=API, stageName=STAGE
    )


def signed_in(name: str) -> dict[str, object]:
    return {"is_logged_in": True, "email": name, "auth_time": datetime.now(UTC).timestamp()}


def test_what_one_asks_for_another_lets_through(app: AppTest, ready: Answers, cloud: Cloud) -> None:
    """Where four eyes are asked for, a press only asks; nobody approves what they asked for."""
    actions = replace(
        ready.config.actions,
        four_eyes=True,
        approvers=("mia@example.com", "ann@example.com"),
        without_sign_in=None,
    )
    ready.config = replace(ready.config, actions=actions)
    app.user = signed_in("mia@example.com")
    press(show(app), "Ask to promote…", "Ask a second person")
    assert not app.exception
    assert "mia@example.com asks for a second person" in text(app)
    assert stages(ready) == [("promote", "asked")]
    assert button(app, "Approve…").disabled
    assert "another has to approve it" in plain(button(app, "Approve…").help)
    app.user = signed_in("ann@example.com")
    app.run()
    press(app, "Approve…", "Approve and do it", reason="read it, agree")
    assert stages(ready)[:2] == [("promote", "asked"), ("promote", "begun")]
    through(app, cloud, *[WAIT_S] * 4)
    assert "Promote: done." in text(app)
    assert "asked for by mia@example.com" in text(app)


def test_a_shadow_is_started_where_none_runs(app: AppTest, ready: Answers, cloud: Cloud) -> None:
    """After a promotion the next model is started beside it, as part of the endpoint's config."""
    press(show(app), "Promote…", "Promote")
    through(app, cloud, *[WAIT_S] * 4)
    assert button(app, "Start…").disabled
    app.text_input(key="more_model").set_value(MODELS[0])
    app.number_input(key="more_days").set_value(0)
    app.run()
    press(app, "Start…", "Start", reason="the next one")
    assert not app.exception
    through(app, cloud, *[WAIT_S] * 3)
    said = text(app)
    assert "Start a shadow test: done." in said
    assert f":orange[◆] {SHADOW}: **{MODELS[0]}**" in said
