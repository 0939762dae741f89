"""Does each kind of answer have its rule, and is what cannot be read left out of it?"""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import label_sets, parsed
from analysis.fields import NOTHING, ignoring
from analysis.policy import STRUCTURED, PredictionKind
from analysis.structured import MEASURES, RANGES, Likeness, Rules, compare

KINDS = st.sampled_from(STRUCTURED)
ANSWERS = st.text(max_size=10) | st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.text(max_size=3),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "score", "rank", "label", "x"]), inside)
    ),
    max_leaves=8,
).map(json.dumps)


def likeness(kind: PredictionKind, production: Any, shadow: Any, **rules: Any) -> Likeness | None:
    """The comparison of two answers, given as text or as what JSON is made of."""
    both = (a if isinstance(a, str) else json.dumps(a) for a in (production, shadow))
    made = Rules(kind, **rules)
    return compare(*both, made, ignoring(made.ignore))


def agreed(kind: PredictionKind, production: Any, shadow: Any, **rules: Any) -> bool | None:
    """Whether two answers agree; None where they cannot be compared."""
    found = likeness(kind, production, shadow, **rules)
    return None if found is None else found.agreed


def test_texts_agree_from_a_similarity_on() -> None:
    """The limit itself agrees: 4 of 5 words of each in common is 0.8."""
    texts = "one two three four five", "one two three four six"
    assert agreed("text", *texts, min_similarity=0.8) is True
    assert agreed("text", *texts, min_similarity=0.81) is False
    assert agreed("text", "", "") is True


def test_rankings_agree_by_their_first_items() -> None:
    """The order within the first k does not count for the rule, and is measured beside it."""
    found = likeness("ranking", ["a", "b", "c", "x"], ["c", "b", "a", "y"], top_k=3)
    # rbo by hand: overlaps 0, 1, 3, 3
    assert found is not None
    assert found.agreed
    assert dict(zip(MEASURES["ranking"], found.measures, strict=True)) == {
        "overlap": 1.0, "top_1": 0.0, "rbo": pytest.approx(0.67275), "tau": -1.0
    }  # fmt: skip
    assert [each.state for each in found.fields] == ["differs", "same", "differs"]
    assert agreed("ranking", ["a", "b"], ["a", "c"], top_k=2, min_overlap=0.5) is True
    assert agreed("ranking", ["a", "b"], ["a", "c"], top_k=2) is False
    shorter = likeness("ranking", ["a", "b"], ["a"], top_k=5)
    assert shorter is not None
    assert [each.state for each in shorter.fields] == ["same", "only_production"]


@pytest.mark.parametrize(
    ("answer", "items"),
    [
        (["a", 7], ("a", "7")),
        ([{"id": "a", "score": 0.1}, {"id": "b", "score": 0.9}], ("a", "b")),
        ([{"itemId": "a", "rank": 2}, {"itemId": "b", "rank": 1}], ("b", "a")),
        ({"a": 0.1, "b": 0.9}, ("b", "a")),
        ("a, b,c", ("a", "b", "c")),
        ([], ()),
    ],
)
def test_items_of_a_ranking(answer: Any, items: tuple[str, ...]) -> None:
    """Ids or objects as listed, unless they have ranks; scores by id; a row of CSV."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    found = parsed.items(text)
    assert found is not None
    assert found.items == items


@pytest.mark.parametrize(
    ("answer", "labels", "of"),
    [
        (["spam", "ham"], {"spam", "ham"}, None),
        ([{"label": "a", "score": 0.7}, {"label": "b", "score": 0.2}], {"a"}, None),
        ([{"name": "a"}], {"a"}, None),
        ({"a": 0.5, "b": 0.49, "c": True}, {"a", "c"}, 3),
        ([0, 1, 1], {"1", "2"}, 3),
        ([0.9, 0.1], {"0"}, 2),
        ([3, 17], {"3", "17"}, None),
        ([], set(), None),
        ("0,1,1", {"1", "2"}, 3),
        ("spam, ham", {"spam", "ham"}, None),
        ([0.1, -2.5], None, None),
        ([["a"]], None, None),
        ({"a": "yes"}, None, None),
    ],
)
def test_labels_of_a_set(answer: Any, labels: set[str] | None, of: int | None) -> None:
    """Names, scored labels, a vector, class numbers; what is none of these is not compared."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    found = parsed.label_set(text, threshold=0.5, names=())
    if labels is None:
        assert found is None
    else:
        assert found is not None
        assert (found.labels, found.of) == (labels, of)


def test_names_of_a_vector() -> None:
    """The configured labels name the places of a vector, and say how many there are."""
    found = parsed.label_set("[1, 0, 1]", threshold=0.5, names=("a", "b", "c"))
    assert found == parsed.LabelSet(frozenset("ac"), 3)
    # numbers beyond 0 and 1 are those of classes, counted from 0; one beyond the names is itself
    classes = parsed.label_set("[0, 2, 3, 17]", threshold=0.5, names=("a", "b", "c"))
    assert classes == parsed.LabelSet(frozenset({"a", "c", "3", "17"}), 3)


def test_numbers_of_a_list_are_named_or_counted() -> None:
    """Names where there are as many, else the place, counted from 1."""
    assert parsed.outputs("[1.5, 2.5]", ("lat", "lon")) == {"lat": 1.5, "lon": 2.5}
    assert parsed.outputs("[1.5, 2.5]", ("lat",)) == {"output 1": 1.5, "output 2": 2.5}
    assert parsed.outputs("1.5,2.5", ()) == {"output 1": 1.5, "output 2": 2.5}


def test_label_sets_by_hand() -> None:
    """{a, b, c} and {b, c, d} of ten: Jaccard 2/4, Hamming 2/10, one gained and one lost."""
    found = label_sets.compare("abc", "bcd", labels=10)
    assert (found.exact, found.jaccard, found.hamming) == (False, 0.5, 0.2)
    assert (found.gained, found.lost) == ({"d"}, {"a"})
    assert label_sets.compare("", "").jaccard == 1.0
    # two labels cannot be of one
    assert math.isnan(label_sets.compare("a", "b", labels=1).hamming)
    assert label_sets.compare("a", "b", labels=2).hamming == 1.0
    states = likeness("multilabel", ["a", "b"], ["b", "c"])
    assert states is not None
    assert {each.name: each.state for each in states.fields} == {
        "a": "only_production", "b": "same", "c": "only_shadow"
    }  # fmt: skip


def test_numbers_agree_within_the_tolerance() -> None:
    """Every one must; each is told of by name, with its difference."""
    found = likeness("multioutput", [10, 20], [10.4, 22], tolerance=0.05, labels=("lat", "lon"))
    assert found is not None
    assert (found.agreed, found.measures) == (False, (0.5,))
    assert [(each.name, each.state) for each in found.fields] == [
        ("lat", "same"), ("lon", "differs")
    ]  # fmt: skip
    assert [each.delta for each in found.fields] == pytest.approx([0.4, 2])
    assert agreed("multioutput", "1.5,2", "[1.5, 2.0]") is True
    assert agreed("multioutput", [[1, 2]], [1, 2]) is True
    assert agreed("multioutput", {"a": 1}, {"a": 1, "b": 2}) is False


def test_documents_agree_but_for_what_is_ignored() -> None:
    """A request id is different in every answer, and says nothing."""
    before, after = {"v": 1, "request_id": "x"}, {"v": 1, "request_id": "y"}
    assert agreed("json", before, after) is False
    assert agreed("json", before, after, ignore=("$.request_id",)) is True
    nothing_left = likeness("json", before, after, ignore=("$",))
    assert nothing_left == Likeness(True, (1.0,), ())


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("json", "{"),
        ("ranking", "null"),
        ("ranking", "[[1]]"),
        ("ranking", '[{"score": 1}]'),
        ("multilabel", "null"),
        ("multilabel", '{"a": "b"}'),
        ("multioutput", "[1, null]"),
        ("multioutput", "one"),
        ("multioutput", "[]"),
        ("json", "[" * 100_000),
    ],
)
def test_what_is_not_of_the_kind_is_not_compared(kind: PredictionKind, bad: str) -> None:
    """Neither agreed nor different, on whichever side it is."""
    good = {"json": "{}", "ranking": "[]", "multilabel": "[]", "multioutput": "[1]"}[kind]
    assert agreed(kind, bad, good) is None
    assert agreed(kind, good, bad) is None


@given(KINDS, ANSWERS, ANSWERS)
def test_any_two_answers(kind: PredictionKind, one: str, other: str) -> None:
    """Nothing raises; measures keep to their ranges; exchange turns nothing but sides round."""
    there, back = (
        compare(one, other, Rules(kind), NOTHING),
        compare(other, one, Rules(kind), NOTHING),
    )
    assert (there is None) == (back is None)
    if there is None or back is None:
        return
    assert there.agreed == back.agreed
    assert len(there.measures) == len(MEASURES[kind])
    turned = {"only_production": "only_shadow", "only_shadow": "only_production"}
    assert {each.name: turned.get(each.state, each.state) for each in there.fields} == {
        each.name: each.state for each in back.fields
    }
    for name, value, exchanged in zip(MEASURES[kind], there.measures, back.measures, strict=True):
        low, high = RANGES[name]
        assert math.isnan(value) or low <= value <= high
        if not name.startswith("length"):
            assert value == pytest.approx(exchanged, abs=1e-12, nan_ok=True)


@given(KINDS, ANSWERS)
def test_an_answer_agrees_with_itself(kind: PredictionKind, answer: str) -> None:
    """Where it can be read, wholly: the first measure of its kind is 1."""
    found = compare(answer, answer, Rules(kind), NOTHING)
    if found is not None:
        assert found.agreed
        assert found.measures[0] == 1.0
        assert {each.state for each in found.fields} <= {"same"}


@pytest.mark.parametrize("kind", STRUCTURED)
def test_every_kind_has_its_words(kind: PredictionKind) -> None:
    """A rule is a sentence with its limit in it, and follows "Answers agree when"."""
    rules = Rules(kind, tolerance=0.05, ignore=("$.x",))
    assert rules.sentence[0].islower() or rules.sentence[0].isdigit()
    assert set(MEASURES[kind]) <= RANGES.keys()
    assert 0 < rules.limit <= 1
