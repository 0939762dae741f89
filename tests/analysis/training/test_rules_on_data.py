"""Do the rules on classes, trees and runs fire at their limits, and only there?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.analysis.training.recorded import Recorded, only_reductions, recording
from tests.analysis.training.test_rules_on_losses import ask


def classified(label: object, prediction: object | None = None, mode: str = "GLOBAL") -> Recorded:
    """Labels, and predictions if there are any, of one step."""
    given = {"labels": {(mode, 5): np.asarray(label)}}
    if prediction is not None:
        given["predictions"] = {(mode, 5): np.asarray(prediction)}
    return recording(given)


@pytest.mark.parametrize(("many", "status"), [(1000, "not_fired"), (1001, "fired")])
def test_classes_may_differ_by_the_limit(many: int, status: str):
    """Ten to one is the published default, and is still allowed."""
    found = ask("ClassImbalance", classified([0] * many + [1] * 100))
    assert found.status == status
    assert found.value == pytest.approx(many / 100)
    assert "predictions were not saved" in found.sentence


@pytest.mark.parametrize(("missed", "status"), [(70, "not_fired"), (71, "fired")])
def test_a_class_may_be_missed_by_the_limit(missed: int, status: str):
    """Seven tenths of a class is the published default."""
    label = [0] * 500 + [1] * 100
    prediction = [0] * 500 + [0] * missed + [1] * (100 - missed)
    found = ask("ClassImbalance", classified(label, prediction))
    assert found.status == status
    if status == "fired":
        assert found.value == pytest.approx(71)
        assert found.tensors == ("labels", "predictions")


def test_imbalance_waits_for_enough_labels():
    """500 by default; fewer can't tell, unless they are the whole data set, saved in each step."""
    few = np.array([0] * 90 + [1] * 5)
    assert ask("ClassImbalance", classified(few)).status == "unknown"
    assert ask("ClassImbalance", classified(few), samples=95).status == "fired"
    whole = recording({"labels": {("GLOBAL", 0): few, ("GLOBAL", 1): few}})
    found = ask("ClassImbalance", whole)
    assert found.status == "fired"
    assert "95 newest" in found.sentence


def test_labels_of_batches_add_up():
    """The newest steps that hold enough together."""
    draws = np.random.default_rng(1)
    made = recording({"labels": {("TRAIN", s): draws.integers(0, 3, 100) for s in range(20)}})
    found = ask("ClassImbalance", made)
    assert found.status == "not_fired"
    assert "500 newest labels (TRAIN step 15 to 19)" in found.sentence


def test_numbers_are_no_classes():
    """A regression's labels are not imbalanced."""
    labels = np.arange(600.0)
    found = ask("ClassImbalance", classified(labels, labels + 0.5))
    assert found.status == "unknown"
    assert "numbers, not classes" in found.sentence


CONFUSED = ([0] * 50 + [1] * 50 + [2] * 50, [0] * 50 + [1] * 50 + [1] * 10 + [2] * 40)


def test_confusion_is_a_share_of_what_was_answered():
    """10 of 60 answers 1 are 2 in truth: 83 % right, 17 % of them one other class."""
    found = ask("Confusion", classified(*CONFUSED))
    assert found.status == "fired"
    assert found.value == pytest.approx(100 * 50 / 60)
    assert "“2” is taken for “1”" in found.sentence


@pytest.mark.parametrize(("wrong", "status"), [(10, "not_fired"), (11, "fired")])
def test_confusion_at_its_limit(wrong: int, status: str):
    """A tenth of an answer may be another class, nine tenths must be right."""
    label = [0] * wrong + [1] * (100 - wrong) + [0] * 100
    found = ask("Confusion", classified(label, [1] * 100 + [0] * 100))
    assert found.status == status


def test_permuting_the_classes_leaves_confusion_alone():
    """A class's name decides nothing; nor whether it is a number or a text."""
    label, prediction = (np.array(each) for each in CONFUSED)
    plain = ask("Confusion", classified(label, prediction))
    for names in (np.array([2, 0, 1]), np.array(["b", "c", "a"])):
        other = ask("Confusion", classified(names[label], names[prediction]))
        assert (other.status, other.value) == (plain.status, plain.value)


@pytest.mark.parametrize(
    "score",
    [
        lambda label: np.where(label, 0.7, 0.2),
        lambda label: np.where(label, 3.0, -1.0).astype(np.float32),
        lambda label: np.stack([1 - label, label], axis=1) * 0.9,
    ],
    ids=["probabilities", "logits", "one score a class"],
)
def test_scores_become_classes(score):
    """Two classes from the middle on, several by the largest score."""
    label = np.array([0, 1] * 50)
    found = ask("Confusion", classified(label.astype(np.float64), score(label)))
    assert found.status == "not_fired"
    assert found.value == 100


@pytest.mark.parametrize("rule", ["ClassImbalance", "Confusion"])
def test_without_labels_or_their_values_classes_cannot_be_judged(rule: str):
    """What is missing is named, and how to save it."""
    bare = recording({"Net_fc.0.weight": {("TRAIN", 0): np.ones((2, 2))}})
    reduced = only_reductions(classified([0, 1] * 300, [0, 1] * 300))
    for made in (bare, reduced, None):
        found = ask(rule, made)
        assert found.status == "unknown"
        assert "include_regex" in found.remedy


def test_a_wrong_regular_expression_is_a_sentence():
    """Typed on screen, it may be anything."""
    for rule, name in (
        ("ClassImbalance", "labels_regex"),
        ("FeatureImportanceOverweight", "tensor_regex"),
    ):
        found = ask(rule, classified([0, 1] * 300), **{name: "("})
        assert found.status == "unknown"
        assert "regular expression" in found.sentence


def tree(*children: tuple[int, int] | None) -> dict[str, object]:
    """Columns of a tree as XGBoost saves them: a node's two children, None of a leaf."""
    ends = [[f"0-{pair[at]}" if pair else "nan" for pair in children] for at in (0, 1)]
    columns = {"trees/ID": [f"0-{n}" for n in range(len(children))]}
    columns |= {"trees/Yes": ends[0], "trees/No": ends[1]}
    return {name: {("GLOBAL", 0): np.array(found)} for name, found in columns.items()}


def full(depth: int) -> list[tuple[int, int] | None]:
    inner = 2**depth - 1
    return [(2 * n + 1, 2 * n + 2) for n in range(inner)] + [None] * (inner + 1)


def test_a_full_tree_of_the_allowed_depth_is_allowed():
    """31 nodes are four levels below the root: log2(30) = 4.9 would be taken for five."""
    assert ask("TreeDepth", recording(tree(*full(4)))).status == "not_fired"
    found = ask("TreeDepth", recording(tree(*full(5))))
    assert (found.status, found.value, found.threshold) == ("fired", 5, 4)


def test_a_narrow_tree_is_as_deep_as_its_longest_way():
    """Eleven nodes in a row of splits: five levels, though log2(10) is 3.3."""
    chain = [(1, 2), None, (3, 4), None, (5, 6), None, (7, 8), None, (9, 10), None, None]
    assert ask("TreeDepth", recording(tree(*chain))).value == 5


def test_a_tree_without_its_children_has_a_least_depth():
    """Where only the nodes were saved, the depth is that of the fullest tree."""
    made = tree(*full(5))
    assert ask("TreeDepth", recording({"trees/ID": made["trees/ID"]})).value == 5


def test_a_tree_that_bites_its_tail_ends():
    """A damaged table is never followed for ever."""
    assert ask("TreeDepth", recording(tree((1, 0), (0, 1)))).value >= 0


def importance(*shares: float) -> Recorded:
    return recording(
        {f"feature_importance/weight/f{i}": {("GLOBAL", 2): x} for i, x in enumerate(shares)}
    )


@pytest.mark.parametrize(("rest", "status"), [(0.21, "not_fired"), (0.19, "fired")])
def test_the_largest_features_may_hold_the_limit(rest: float, status: str):
    """Three features, four fifths."""
    found = ask("FeatureImportanceOverweight", importance(0.4, 0.2, 0.4 - rest, rest / 2, rest / 2))
    assert found.status == status
    assert found.value == pytest.approx(100 * (1 - rest))


def test_few_features_hold_all_there_is():
    """A model of three features is not overweight for it."""
    found = ask("FeatureImportanceOverweight", importance(0.5, 0.3, 0.2))
    assert found.status == "not_fired"
    assert found.explained


def test_silence_is_counted_only_until_the_end():
    """Half an hour is the published default."""
    made = recording({"loss": {("TRAIN", s): 1.0 for s in range(10)}}, ended=False, started=1000)
    assert ask("StalledTraining", made, now=1009 + 1800).status == "not_fired"
    found = ask("StalledTraining", made, now=1009 + 1801)
    assert (found.status, found.first_step, found.value) == ("fired", 9, 1801)
    assert ask("StalledTraining", replace(made, ended=True), now=9e9).status == "not_fired"


def test_silence_before_the_first_tensor_is_unknown():
    """Nothing saved yet has no time."""
    assert ask("StalledTraining", recording({}, ended=False)).status == "unknown"
    assert ask("StalledTraining", None).status == "unknown"


def alike(other: Recorded | None, made: Recorded, *, expect_same: bool = True):
    from analysis.training.catalogue import RULES
    from analysis.training.findings import Case

    rule = RULES["SimilarAcrossRuns"]
    settings = rule.settings({"expect_same": expect_same})
    return rule.check(Case(made, settings, 0.0, other=other))


def test_a_run_is_like_itself_and_differs_where_it_differs():
    """The same numbers are alike; one other at one step is found there."""
    values = {("TRAIN", s): np.full((3, 3), 1.0 + s) for s in range(5)}
    made = recording({"a_weight": values, "b_weight": values})
    assert alike(made, made).status == "not_fired"
    other = recording(
        {"a_weight": values, "b_weight": values | {("TRAIN", 3): np.full((3, 3), 4.1)}}
    )
    for found in (alike(other, made), alike(made, other)):
        assert (found.status, found.first_step, found.tensors) == ("fired", 3, ("b_weight",))
    found = alike(other, made, expect_same=False)
    assert (found.status, found.value) == ("not_fired", 1)
    assert "b_weight" in found.sentence


def test_rounding_is_no_difference():
    """A mean near 0 that moved by a millionth of the spread is the same mean."""
    draws = np.random.default_rng(5).normal(size=1000)
    made = recording({"w": {("TRAIN", 0): draws}})
    assert alike(recording({"w": {("TRAIN", 0): draws + 1e-7}}), made).status == "not_fired"
    assert alike(recording({"w": {("TRAIN", 0): draws + 1e-3}}), made).status == "fired"


def test_runs_with_nothing_in_common_cannot_be_compared():
    """No other run, no common name, no common step."""
    made = recording({"w": {("TRAIN", 0): 1.0}})
    for other in (
        None,
        recording({"v": {("TRAIN", 0): 1.0}}),
        recording({"w": {("TRAIN", 1): 1.0}}),
    ):
        assert alike(other, made).status == "unknown"
