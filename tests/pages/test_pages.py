"""Does every page say what it should with data, with none, and when AWS refuses?"""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from analysis.noise import Repeat, noise_floor
from analysis.second_source import Differing, Fates, second_floor
from pages.parts import format, noise, second_source
from queries.errors import AwsError, NotComparable
from tests.pages import sample
from tests.pages.conftest import NAMES, Answers

PAGES = ("overview", "agreement", "slices", "latency", "drift", "resources", "quality")
HOSTILE = (
    '<img src=x onerror="alert(1)">',
    "[click](http://evil.example) ![x](http://evil.example/x.png)",
    "a|b\n|c| :red[x] :smile: :material/home: $x^2$ `code` **bold**",
    "<b>bold</b> <a href='http://evil.example'>link</a>",
)


def show(app: AppTest, page: str) -> AppTest:
    app.run()
    if page != "overview":
        app.switch_page(f"pages/shadow_test/{page}.py").run()
    return app


def text(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.title, app.subheader, app.info, app.warning, app.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def plain(app: AppTest) -> str:
    return re.sub(r"\\(.)", r"\1", text(app))


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_draws_what_was_found(app: AppTest, page: str):
    """With data every page draws a chart under the test's name, and nothing fails."""
    show(app, page)
    assert not app.exception
    assert not app.error
    assert "fraud" in app.title[0].value
    assert charts(app)


def test_pairs_that_hang_together_say_what_they_are_worth(app: AppTest, answers: Answers):
    """Overview and Agreement show n and how many independent pairs that is, and by what."""
    found = sample.report()
    assert found.agreement is not None
    answers.report = replace(found, agreement=replace(found.agreement, clusters=sample.clusters()))
    worth = f"{format.n(20_000)}, worth at least 4,000"
    assert worth in plain(show(app, "overview"))
    shown = plain(show(app, "agreement"))
    assert worth in shown
    assert "of 20,000 in 1,000 records" in shown
    assert "design effect 4.80" in shown
    tile = next(each for each in app.metric if each.label == "Independent pairs")
    assert tile.value == "≈ 4,167"
    by_user = sample.clusters("customAttributes:*user*", keyless=12)
    answers.report = replace(found, agreement=replace(found.agreement, clusters=by_user))
    assert "of 20,000 in 1,000 clusters" in plain(show(app, "agreement"))
    tile = next(each for each in app.metric if each.label == "Independent pairs")
    assert r"Pairs of one customAttributes\:\*user\* resemble" in tile.help
    assert "12 pairs have no such key" in tile.help


@pytest.mark.parametrize("page", ["overview", "agreement"])
def test_what_contradicts_independence_is_a_warning(app: AppTest, answers: Answers, page: str):
    """Agreement that varies with time, and one user with most of the pairs, are told; else no."""
    assert not show(app, page).warning[:1] or "independent" not in plain(app)
    assert "each for itself" not in plain(app)
    found = sample.report()
    assert found.agreement is not None
    doubtful = replace(found.agreement, independence=sample.contradicted())
    answers.report = replace(found, agreement=doubtful)
    said = plain(show(app, page))
    assert "Pairs are taken to be independent" in said
    assert "between 301 stretches of time it varies 3.0 times as much" in said
    large = sample.clusters("customAttributes:user")
    large = replace(large, sums=replace(large.sums, largest=9_000))
    answers.report = replace(found, agreement=replace(found.agreement, clusters=large))
    said = plain(show(app, page))
    assert "One cluster has 45" in said
    assert "take each for itself" in said
    assert "should be 2.2 times as wide" in said
    assert "Pairs are taken to be independent" not in said


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_pairs_says_what_to_do(app: AppTest, answers: Answers, page: str):
    """A window without pairs is a sentence with a remedy, never a zero and never a chart."""
    answers.report = sample.without_pairs()
    show(app, page)
    assert not app.exception
    assert "No captured pairs in this window" in app.info[0].value
    assert not charts(app)
    assert not app.metric


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_the_call_that_failed(app: AppTest, answers: Answers, page: str):
    """A refused call is named with code and request id; trying again draws the page."""
    answers.problem = AwsError(
        "AWS refused to list the captures: the role lacks s3:ListBucket.",
        call="ListObjectsV2",
        code="AccessDenied",
        request_id="4442587FB7D0A2F9",
    )
    show(app, page)
    assert not app.exception
    assert "s3:ListBucket" in plain(app)
    named = " ".join(code.value for code in app.code).split()
    assert {"ListObjectsV2", "AccessDenied", "4442587FB7D0A2F9"} <= set(named)
    answers.problem = None
    app.button(key="try_again_the captures").click().run()
    assert not app.error
    assert charts(app)


def test_an_answer_that_cannot_be_read_is_asked_about(app: AppTest, answers: Answers):
    """Without any prediction the page shows an answer, and what to write to have it read."""
    answers.report = replace(sample.report(), agreement=None)
    answers.output = '{"outcome": {"risk": "<b>high</b>"}}'
    show(app, "agreement")
    assert not app.exception
    assert "Where in such an answer does the prediction stand?" in text(app)
    code = [each.value for each in app.code]
    assert answers.output in code
    assert any("[tests.fraud-v7.prediction]" in each and 'path = "$.' in each for each in code)


def test_what_cannot_be_compared_is_no_failure_of_aws(app: AppTest, answers: Answers):
    """Captures that cannot be set side by side are told as such."""
    answers.problem = NotComparable("No request carries an InferenceId.")
    show(app, "overview")
    assert "cannot be compared" in app.warning[0].value
    assert not app.error


@pytest.mark.parametrize(
    ("decision", "box"), [("promote", "success"), ("hold", "warning"), ("reject", "error")]
)
def test_the_verdict_comes_first(app: AppTest, answers: Answers, decision: str, box: str):
    """The decision is a word and a sentence before any number."""
    answers.report = sample.report(decision=decision)
    show(app, "overview")
    said = getattr(app, box)[0].value
    assert decision.upper() in said
    assert "P99 latency is over its limit" in said


def test_every_check_is_in_the_picture_and_in_the_table(app: AppTest, answers: Answers):
    """The dot plot and the table hold the same checks."""
    show(app, "overview")
    shown = charts(app)[0]["layout"]["yaxis"]["ticktext"]
    assert len(shown) == len(answers.report.verdict.guardrails)
    table = next(m.value for m in app.markdown if m.value.startswith("|"))
    for name in shown:
        assert name.replace(" ", "\u00a0") in table


def test_no_data_is_never_a_zero(app: AppTest, answers: Answers):
    """Without latency and errors the tiles show a dash."""
    answers.report = replace(
        sample.report(), latency=None, errors=None, latency_problem="CloudWatch did not answer."
    )
    show(app, "overview")
    values = {metric.label: metric.value for metric in app.metric}
    assert values["p99 latency"] == "—"
    assert values["5xx errors"] == "—"
    app.switch_page("pages/shadow_test/latency.py").run()
    assert not app.exception
    assert "CloudWatch did not answer" in plain(app)


def test_a_wrong_test_in_the_address_is_a_sentence(app: AppTest, answers: Answers):
    """An unknown ?test= shows no other test's verdict, but the names there are."""
    app.query_params["test"] = "fraud-v9 <b>"
    app.run()
    assert not app.exception
    assert "fraud-v9 <b>" in plain(app)
    assert not app.metric
    assert not answers.asked
    app.button(key="pick_1").click().run()
    assert answers.asked[-1] == ("report", NAMES[1], "all")
    assert app.metric


def test_the_address_chooses_test_and_window(app: AppTest, answers: Answers):
    """A link with test and window opens just that, and the page offers the link again."""
    app.query_params["test"] = "eta-v2"
    app.query_params["window"] = "7d"
    app.run()
    assert answers.asked[-1] == ("report", "eta-v2", "7d")
    assert any("test=eta-v2&window=7d" in code.value for code in app.code)


def test_the_choice_survives_a_change_of_page(app: AppTest, answers: Answers):
    """Test and window stay as chosen on the next page."""
    app.run()
    app.selectbox(key="test").select("mail-router").run()
    app.switch_page("pages/shadow_test/latency.py").run()
    assert answers.asked[-1] == ("report", "mail-router", "all")


def test_no_test_at_all_is_explained(app: AppTest, answers: Answers):
    """An empty configuration shows the lines that are needed."""
    answers.config = replace(answers.config, tests=())
    app.run()
    assert not app.exception
    assert "captures" in app.code[0].value


@pytest.mark.parametrize("label", HOSTILE)
def test_captured_text_is_never_markup(app: AppTest, answers: Answers, label: str):
    """A label reaches the page as its own characters: no tag, link, picture or directive."""
    found = sample.report()
    answers.report = replace(
        found,
        agreement=sample.agreement(("0", label)),
        reading=label,
        prediction_drift=sample.categorical(label, ("0", label)),
        verdict=replace(found.verdict, headline=label),
    )
    answers.features = (sample.categorical(label, (label, "b")), sample.numeric(label, 0.1))
    for page in PAGES:
        show(app, page)
        assert not app.exception
        for element in (*app.markdown, *app.caption, *app.warning, *app.metric):
            shown = str(getattr(element, "value", "")) + str(getattr(element, "label", ""))
            unescaped = re.sub(r"\\.", "", shown)
            for mark in ("<img", "<b>", "<a ", "](http", "![", ":red[", "`code`", "**bold**"):
                assert mark not in unescaped
        for chart in charts(app):
            assert "<img" not in json.dumps(chart)
            assert "<a href" not in json.dumps(chart)


def test_a_cell_leads_to_its_pairs(app: AppTest, answers: Answers):
    """The chosen answers are asked for, and a choice of none asks for all."""
    show(app, "agreement")
    assert answers.asked[-1] == ("disagreements", "fraud-v7", "all", None, None)
    app.selectbox(key="production").select("0").run()
    app.selectbox(key="shadow").select("1").run()
    assert answers.asked[-1] == ("disagreements", "fraud-v7", "all", "0", "1")


def test_the_drawer_shows_both_payloads(app: AppTest):
    """Both answers stand side by side, what differs is marked, and ids can be copied."""
    app.session_state["open_pair"] = ("p1", "s1", 2)
    show(app, "agreement")
    assert not app.exception
    codes = [code.value for code in app.code]
    assert '{"score": 0.31, "label": "0"}' in codes
    assert any("order-17" in code for code in codes)
    assert any(
        "AllTraffic/2026/03/05/12" in code and code.startswith("s3://bucket/") for code in codes
    )
    assert "Object, line 17" in text(app)
    assert "2 of 2 values differ" in text(app)
    assert "same input" in text(app)
    assert "evil" not in text(app)


def test_what_was_not_compared_is_counted_and_listed(app: AppTest):
    """Unpaired and unreadable rows are counted, a rejected line is named by file and line."""
    app.session_state["left_out"] = True
    show(app, "overview")
    said = plain(app).replace("\u00a0", " ")
    assert "215" in said
    assert "a/b.jsonl:3" in said
    assert "no <b>JSON</b>" in said


def test_the_pairing_is_shown_by_method_and_hour(app: AppTest):
    """How pairs were found, how many were expected, and which hours were seen."""
    app.session_state["paired"] = True
    show(app, "overview")
    said = plain(app).replace("\u00a0", " ")
    assert "inference id" in said
    assert "20,190 pairs were expected" in said
    assert "167 of 168 hours" in said
    assert len(charts(app)) == 4


def test_every_setting_in_force_is_shown(app: AppTest):
    """A default is shown as such, so that nobody has to guess by what was judged."""
    app.session_state["settings"] = True
    show(app, "overview")
    said = plain(app)
    assert "policy.default.min_agreement" in said
    assert "default" in said


def test_regression_has_no_label_table(app: AppTest, answers: Answers):
    """Numbers are compared within a tolerance; no table of labels is drawn."""
    answers.report = sample.regression()
    show(app, "agreement")
    assert not app.exception
    assert "5.0" in plain(app)
    assert not [box for box in app.selectbox if box.key == "production"]


def test_noise_stands_beside_the_agreement(app: AppTest, answers: Answers):
    """What production differs from itself by, what is beyond it, each with interval and inputs."""
    show(app, "agreement")
    assert not app.exception
    tiles = {metric.label: metric.value for metric in app.metric}
    assert tiles["Production against itself"] == "2.00\u202f%"
    assert tiles["Shadow against production"] == "5.00\u202f%"
    assert tiles["Beyond noise"] == "+3.00\u202fpp"
    assert "The shadow differs by more than noise" in plain(app)
    assert ("noise", "fraud-v7", "all") in answers.asked


def test_without_repeated_inputs_noise_is_not_known(app: AppTest, answers: Answers):
    """No floor is no number: all disagreement counts against the shadow, and a sentence says so."""
    answers.noise = noise_floor([], 0, confidence=0.95, alpha=0.05, planned=10_000)
    show(app, "agreement")
    assert not app.exception
    assert "No input of this window came twice" in plain(app)
    assert not [metric for metric in app.metric if "itself" in metric.label]


def named_second(answers: Answers, name: str = "fraud-v7") -> None:
    """The test of that name has a second source."""
    tests = tuple(
        replace(test, noise_source="s3://bucket/again") if test.name == name else test
        for test in answers.config.tests
    )
    answers.config = replace(answers.config, tests=tests)


def test_a_second_source_judges_noise(app: AppTest, answers: Answers):
    """Both floors stand there by name, and what is beyond noise is said once, by the source."""
    named_second(answers)
    show(app, "agreement")
    assert not app.exception
    tiles = {metric.label: metric.value for metric in app.metric}
    assert tiles["Second source against production"] == "3.00\u202f%"
    assert tiles["Production against itself"] == "2.00\u202f%"
    said = plain(app)
    assert second_source.TITLE in said
    assert noise.BY_INPUTS in said
    assert said.count("The shadow differs by more than noise") == 1
    assert "9,000 of 9,401 pairs that can be compared" in said
    assert "400 without an answer of it, 1 with an answer that could not be read" in said
    assert format.span(sample.second_source().window) in said


def test_a_second_source_without_common_requests_judges_nothing(app: AppTest, answers: Answers):
    """Repeated inputs then judge, as they do without a second source."""
    named_second(answers)
    nothing = Differing(0, 0, 0, 0, 0, 0, *(0.0,) * 8)
    floor = second_floor(Fates(0, 70, 0, 0), nothing, confidence=0.95, alpha=0.05, planned=10_000)
    answers.second_source = replace(sample.second_source(), floor=floor)
    show(app, "agreement")
    said = plain(app)
    assert "None of the 70 pairs of this window" in said
    assert said.count("The shadow differs by more than noise") == 1
    assert not [metric for metric in app.metric if metric.label.startswith("Second source")]


@pytest.mark.parametrize(
    ("repeats", "said"),
    [
        ([Repeat(True, True, False, 40)], "Nothing shows that disagreement here is noise"),
        ([Repeat(False, True, False, 9), Repeat(True, True, True, 90)], "is not shown"),
        ([Repeat(False, True, True, 9), Repeat(True, True, True, 90)], "less than production"),
    ],
)
def test_noise_is_told_in_a_sentence(repeats: list[Repeat], said: str):
    """No noise, no more than noise, and a shadow that is steadier than production."""
    total = sum(each.n for each in repeats)
    found = noise_floor(repeats, total + 7, confidence=0.95, alpha=0.05, planned=10_000)
    assert said in noise.sentence(found)
    assert f"{total} of which were compared" in noise.sentence(found)
    assert said not in noise.sentence(found, judged=False)


def test_inputs_can_be_compared_with_the_window_before(app: AppTest, answers: Answers):
    """The reference is a choice, and it is asked for."""
    show(app, "drift")
    assert answers.asked[-1] == ("input_drift", "fraud-v7", "all", "baseline")
    app.get_by_key("reference").select("previous").run()
    assert answers.asked[-1] == ("input_drift", "fraud-v7", "all", "previous")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_of_the_viewer_colours_the_charts(app: AppTest, theme: str):
    """Text in a chart is dark on light and light on dark."""
    app.context["theme"] = theme
    show(app, "overview")
    assert (
        charts(app)[0]["layout"]["font"]["color"] == {"light": "#1F2933", "dark": "#E6EAEE"}[theme]
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_chart_is_described(app: AppTest, page: str):
    """A chart says what it shows to somebody who cannot see it."""
    show(app, page)
    for chart in app.get("plotly_chart"):
        assert len(chart.proto.alt) > 20


def test_the_looks_so_far_are_told_in_one_sentence(app: AppTest):
    """The page says how many looks there were, what they do to either interval, and since when."""
    show(app, "agreement")
    assert "looks so far" in plain(app)
    assert "ever wrong in at most 0.56" in plain(app)
    assert "It lies within its limit since" in plain(app)
