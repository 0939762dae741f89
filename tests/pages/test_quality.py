"""Does the page of quality say who is nearer to the truth, on which pairs, and what it lacks?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.calibration import calibration as evaluated
from analysis.consequences import Cell, consequence
from analysis.correctness import mcnemar, watched
from analysis.labels import LabelsBehind
from pages.parts import calibration, consequences, labels, quality
from queries.config import Outcomes
from tests.pages import sample_quality
from tests.pages.conftest import Answers
from tests.pages.test_pages import HOSTILE, charts, plain, show, text


def without(answers: Answers) -> None:
    tests = tuple(replace(test, truth=None) for test in answers.config.tests)
    answers.config = replace(answers.config, tests=tests)


def test_the_page_says_who_is_nearer_to_the_truth(app: AppTest, answers: Answers):
    """A sentence, both models' accuracy, the paired difference, and the pairs it rests on."""
    show(app, "quality")
    assert not app.exception
    said = plain(app)
    assert "The shadow is nearer to the truth: accuracy 97.02\u202f% against 94.88\u202f%" in said
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Accuracy, production"] == "94.88\u202f%"
    assert shown["Difference: ▲ better"] == "+2.14\u202fpp"
    assert shown["Labelled pairs"] == "8,405"
    assert shown["Delay of the labels"] == "5.0\u202fh"
    assert "42.0\u202f% of 20,000 pairs" in said
    assert len(charts(app)) == 4
    assert answers.asked[-1] == ("quality", "fraud-v7", "all")


def test_numbers_are_judged_by_their_errors(app: AppTest, answers: Answers):
    """A model of numbers has no classes and no table of who was right; less is better."""
    answers.quality = sample_quality.numbers()
    show(app, "quality")
    assert not app.exception
    assert "Production is nearer to the truth: root mean square error" in plain(app)
    assert "Who was right" not in plain(app)
    assert "Class by class" not in plain(app)


def test_mcnemar_is_told_for_every_look_too(app: AppTest, answers: Answers):
    """320 pairs apart, 250 of them the shadow's: one look's p and, larger, that of any look."""
    show(app, "quality")
    said = plain(app)
    assert "78.1\u202f% of them by the shadow" in said
    assert "However often one looks: p <0.0001 (e-value over 1,000,000)" in said
    assert "which rules out a half" in said
    told = quality.at_every_look(watched(mcnemar(90, 4, 5, 1), alpha=0.05, planned=10_000))
    assert "e-value 0." in told
    assert "does not rule out a half" in told


def test_where_nothing_tells_the_models_apart_no_look_does(app: AppTest, answers: Answers):
    """Without a pair that only one of the two gets right there is no share of such pairs."""
    never = mcnemar(9, 0, 0, 1)
    told = watched(never, alpha=0.05, planned=10_000)
    answers.quality = replace(answers.quality, mcnemar=never, watched=told)
    show(app, "quality")
    assert not app.exception
    assert "nothing tells them apart" in plain(app)
    assert "However often one looks" not in plain(app)


def test_scores_are_held_against_what_came_true(app: AppTest, answers: Answers):
    """Both models' bins, and in words whether their scores are probabilities."""
    show(app, "quality")
    said = plain(app)
    assert "Are the scores probabilities?" in said
    found = answers.quality.calibration
    assert calibration.sentences(found) in said
    table = calibration.bins(found)
    assert len(table.rows) == len(found.production.n) + len(found.shadow.n)
    assert sum(row[-1] for row in table.export_rows if row[0] == "shadow") == 8_400


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (lambda p: p, "is not shown"),
        (lambda p: p / 2, "too low for the most part"),
        (lambda p: (1 + p) / 2, "too high for the most part"),
        (lambda p: np.where(p > 0.5, 1, 0), "too high in places and too low in others"),
    ],
)
def test_where_scores_are_off_is_said(move: Callable[[np.ndarray], np.ndarray], said: str):
    """Probabilities, and scores too low, too high and too sure of themselves."""
    rng = np.random.default_rng(6)
    chance = rng.random(5_000)
    scores = move(chance)
    _, found = evaluated(rng.random(5_000) < chance, scores, scores, confidence=0.95)
    told = calibration.sentences(found)
    assert told.count(said) == 2


def with_outcomes(answers: Answers, **more: object) -> None:
    told = Outcomes(location="s3://bucket/orders", columns=("conversion", "revenue", "profit"))
    tests = tuple(replace(test, outcomes=told, **more) for test in answers.config.tests)
    answers.config = replace(answers.config, tests=tests)


@pytest.mark.parametrize("truth", [True, False])
def test_what_came_of_the_answers_is_told_by_agreement(
    app: AppTest, answers: Answers, *, truth: bool
):
    """With right answers and without: the mean of each group, what is at stake, and the sentence.

    No difference of the two models is anywhere; an outcome without pairs says so.
    """
    with_outcomes(answers, **({} if truth else {"truth": None}))
    show(app, "quality")
    assert not app.exception
    said = plain(app)
    assert "no difference of the two models is told here" in said
    tiles = [(metric.label, metric.value) for metric in app.metric]
    assert ("Where both agree", "18.27\u202f%") in tiles
    assert ("Where they differ", "26.00\u202f%") in tiles
    assert "it would lose 1.62\u202f%" in said
    assert len(charts(app)) == (5 if truth else 1)
    assert "outcomes have come" not in said
    app.get_by_key("outcome").select(1).run()
    assert "what it could gain nothing bounds" in plain(app)
    assert "2 files of outcomes have come: `cli.py athena update fraud-v7`" in plain(app)
    assert "<b>" not in text(app)
    app.get_by_key("outcome").select(2).run()
    assert "No outcome found its pair" in plain(app)
    assert len(charts(app)) == (4 if truth else 0)
    assert answers.asked[-1] == ("consequences", "fraud-v7", "all")


def test_without_outcomes_nothing_is_asked(app: AppTest, answers: Answers):
    """A test that names none has no such section."""
    show(app, "quality")
    assert "What came of the answers" not in plain(app)
    assert not any(asked[0] == "consequences" for asked in answers.asked)


def test_models_that_never_differ_bring_the_same():
    """Nothing is at stake where all pairs agree."""
    cells = [Cell(True, "1", "1", 50, 20.0, 20.0, 50)]
    found = consequence("conversion", cells, 50, confidence=0.95, most=5)
    assert "would have brought the same" in consequences.sentence(found)


def test_outcomes_outside_the_window_are_no_fault_of_the_file():
    """Lines that belong to pairs of other hours are told apart from lines that belong to none."""
    found = sample_quality.consequences()
    title, reason = consequences.missing(replace(found, counts=found.counts[:1] * 3), 2)
    assert title == "No pair of this window has this outcome as a number."
    assert "8,405 lines belong to pairs of the test" in reason


def test_without_truth_the_page_says_how_to_name_it(app: AppTest, answers: Answers):
    """Nothing is asked, and the lines of the configuration are there to be copied."""
    without(answers)
    show(app, "quality")
    assert not app.exception
    assert "No right answers are configured" in plain(app)
    assert any("[tests.fraud-v7.truth]" in code.value for code in app.code)
    assert not any(asked[0] == "quality" for asked in answers.asked)
    assert not charts(app)


def test_the_snippet_is_a_configuration(tmp_path):
    """What the page offers to copy is read by the configuration."""
    from queries.config import load

    file = tmp_path / "understudy.toml"
    file.write_text(
        '[tests.a]\ncaptures = "/c"\nproduction = "P"\nshadow = "S"\n' + labels.snippet("a")
    )
    truth = load(file).test("a").truth
    assert truth is not None
    assert (truth.location, truth.id) == ("s3://bucket/ground-truth", "inference_id")


def test_labels_that_match_nothing_show_both_ids(app: AppTest, answers: Answers):
    """Where no label finds a pair, its ids stand beside those of the captures; no number is."""
    answers.quality = sample_quality.unmatched()
    show(app, "quality")
    assert not app.exception
    said = plain(app)
    assert "Labels found, but none matches" in said
    for found in ("ORDER_1", "order-1", "5f2bd1e4"):
        assert found in said
    assert not app.metric
    assert not charts(app)


def test_a_kind_that_is_not_compared_says_so(app: AppTest, answers: Answers):
    """Labels of texts are counted, and no measure is made up."""
    answers.quality = replace(
        sample_quality.classified(), kind="text", measures=(), mcnemar=None, classes=(), n=0
    )
    show(app, "quality")
    assert not app.exception
    assert "not compared with the truth" in plain(app)
    assert "free text" in plain(app)
    assert not app.metric


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lines": 0, "used": 0}, "No labels found"),
        ({"used": 0}, "none matches"),
    ],
)
def test_each_lack_has_its_own_sentence(change: dict, said: str):
    """No line, no match: what is missing decides what is said."""
    found = sample_quality.classified()
    lack = labels.missing(replace(found, counts=replace(found.counts, **change)))
    assert lack is not None
    assert said in lack[0]


def test_a_window_without_labels_is_told_apart(app: AppTest, answers: Answers):
    """Labels outside the window are no mismatch: the page says to widen it."""
    found = sample_quality.classified()
    answers.quality = replace(found, n=0, coverage=replace(found.coverage, labelled=0))
    show(app, "quality")
    assert "No pair of this window has a label" in plain(app)
    assert "Widen the window" in plain(app)


def test_labels_no_model_can_give_are_shown():
    """Where all labels are foreign, some of them are named."""
    found = replace(sample_quality.classified(), n=0, foreign=8_405)
    lack = labels.missing(found)
    assert lack is not None
    assert "“maybe”" in lack[1]


def test_a_selection_is_a_warning(app: AppTest, answers: Answers):
    """Labelled pairs that agree otherwise than the rest are told above every number."""
    show(app, "quality")
    assert "no random part" in app.warning[0].value
    found = sample_quality.classified()
    alike = replace(found.coverage.selection, value=0.001, low=-0.002, high=0.004)
    answers.quality = replace(found, coverage=replace(found.coverage, selection=alike))
    show(app, "quality")
    assert not app.warning
    assert "Nothing shows that the labelled pairs are unlike the rest" in plain(app)


def test_the_account_of_the_lines_adds_up():
    """The parts of the account are all its lines."""
    lines, *parts = (row[1] for row in labels.account(sample_quality.counts()).export_rows)
    assert lines == sum(parts)


@pytest.mark.parametrize(
    ("behind", "said"),
    [
        (LabelsBehind(files=1), "1 file of labels has come: `cli.py athena update fraud-v7`"),
        (LabelsBehind(files=1200, hours=True), "1,200 files of labels have come, and pairs of"),
        (LabelsBehind(changed=True), "were changed or removed, or are to be read otherwise: `cli"),
        (LabelsBehind(problem="No such <b>bucket</b>."), "is not known. No such <b>bucket</b>."),
    ],
)
def test_labels_that_came_since_are_told(
    app: AppTest, answers: Answers, behind: LabelsBehind, said: str
):
    """Where a command joins labels, what it has not joined yet stands above the numbers."""
    answers.quality = replace(sample_quality.classified(), behind=behind)
    show(app, "quality")
    assert not app.exception
    assert said in plain(app)
    assert not any("<b>" in each.value for each in app.info)
    answers.quality = replace(sample_quality.classified(), behind=None)
    show(app, "quality")
    assert not app.info


def test_every_cell_of_who_was_right_is_there():
    """The four cells are the labelled pairs; their shares are 100 %."""
    found = sample_quality.classified().mcnemar
    assert found is not None
    cells = [cell for row in quality.who_was_right(found).rows for cell in row[1:]]
    counts = [int(re.sub(r"\D", "", cell.partition("(")[0])) for cell in cells]
    assert sum(counts) == found.n == sample_quality.LABELLED


def test_a_p_value_is_said_in_words():
    """The words follow the p-value: chance, hardly chance, and nothing that tells them apart."""
    # exact p 0.0703 of 7 against 1 (Fagerland, Lydersen & Laake 2013, table 1)
    assert "7 of 100 such tests" in quality.surprise(mcnemar(1, 7, 1, 12))
    assert "may well be chance" in quality.surprise(mcnemar(1, 7, 1, 12))
    assert "hardly chance" in quality.surprise(mcnemar(1, 70, 10, 12))
    assert "fewer than one of 10,000" in quality.surprise(mcnemar(1, 70, 10, 12))
    assert "nothing tells them apart" in quality.surprise(mcnemar(5, 0, 0, 1))


def test_the_file_holds_every_class_and_measure():
    """What is drawn may be a part; the file has all classes with recall, precision and F1."""
    found = sample_quality.classified().classes
    table = quality.classes(found[:1], "recall", found)
    assert len(table.rows) == 1
    assert len(table.export_rows) == 2
    assert {"recall_difference", "precision_shadow", "f1_state"} <= set(table.export_columns)
    assert all(len(row) == len(table.export_columns) for row in table.export_rows)


def test_the_measure_of_a_class_can_be_chosen(app: AppTest):
    """Recall, precision and F1 of a class are three tables, one at a time."""
    show(app, "quality")
    before = [m.value for m in app.markdown if "Support" in m.value]
    app.get_by_key("class_measure").select("precision").run()
    after = [m.value for m in app.markdown if "Support" in m.value]
    assert before != after


@pytest.mark.parametrize("label", HOSTILE)
def test_labels_are_never_markup(app: AppTest, answers: Answers, label: str):
    """Labels and ids are somebody else's text: they reach the page as characters."""
    found = sample_quality.classified(("0", label))
    answers.quality = replace(
        found, foreign_labels=(label,), counts=replace(found.counts, location=label)
    )
    show(app, "quality")
    assert not app.exception
    unmatched = sample_quality.unmatched()
    shown = [*app.markdown, *app.caption, *app.info]
    answers.quality = replace(unmatched, ids=replace(unmatched.ids, truth=(label,)))
    show(app, "quality")
    for element in (*shown, *app.markdown, *app.caption, *app.info):
        unescaped = re.sub(r"\\.", "", str(element.value))
        for mark in ("<img", "<b>", "<a ", "](http", "![", ":red[", "`code`", "**bold**"):
            assert mark not in unescaped
