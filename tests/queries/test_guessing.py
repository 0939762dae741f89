"""Is an undeclared payload read as a person would read it?"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.config import Prediction
from queries.guessing import guess_reading
from queries.reading import Kind, rows_of
from queries.records import decode
from tests.queries.capturing import (
    JSON,
    base64_of,
    guessed,
    line,
    npy_of,
    records_of,
)

MIXED = ("CSV", "JSON")
Answers = list[tuple[str | None, float | None]]


def first_answers(lines: list[bytes], **declared: Any) -> tuple[Kind, Answers]:
    """Kind, and the answers of the first record, as guessed."""
    reading = guessed(lines, **declared)
    first = records_of(lines)[0]
    rows = rows_of(
        reading,
        decode(first.input) if first.input else None,
        decode(first.output) if first.output else None,
    )
    return reading.kind, [(row.label, row.score) for row in rows]


@pytest.mark.parametrize(
    ("answers", "encodings", "kind", "first"),
    [
        # a lone number: XGBoost
        (["0.25\n", "0.75"], ("CSV", "CSV"), "binary", [(None, 0.25)]),
        (["10.5", "11.25"], ("CSV", "CSV"), "regression", [(None, 10.5)]),
        (["3", "0", "1"], ("CSV", "CSV"), "multiclass", [("3", None)]),
        (["1", "0"], ("CSV", "CSV"), "binary", [(None, 1.0)]),
        (["41", "17", *map(str, range(50))], ("CSV", "CSV"), "regression", [(None, 41.0)]),
        # a label beside its confidence
        (["Adelie,0.96\n", "Gentoo,0.5"], ("CSV", "CSV"), "multiclass", [("Adelie", 0.96)]),
        (["cat", "dog"], ("CSV", "CSV"), "multiclass", [("cat", None)]),
        # probabilities
        (["0.1,0.9", "0.5,0.5"], ("CSV", "CSV"), "multiclass", [("1", 0.9)]),
        (["0.1,0.9\n0.5,0.5"], ("CSV", "CSV"), "multiclass", [("1", 0.9), ("0", 0.5)]),
        (["[0.1, 0.9]"], MIXED, "multiclass", [("1", 0.9)]),
        (['{"predictions": [[0.1, 0.9]]}'], MIXED, "multiclass", [("1", 0.9)]),
        (['{"probabilities": [0.1, 0.9]}'], MIXED, "multiclass", [("1", 0.9)]),
        # logits: a matrix, one row an instance
        (["[[0.5, -0.6], [-0.9, 1.7]]"], MIXED, "multiclass", [("0", 0.5), ("1", 1.7)]),
        # a list of numbers is a list of answers
        (['{"predictions": [3.5, 4.0]}'], MIXED, "regression", [(None, 3.5), (None, 4.0)]),
        (['{"median": [3.5, 4.0]}'], MIXED, "regression", [(None, 3.5), (None, 4.0)]),
        (['["cat", "dog"]'], MIXED, "multiclass", [("cat", None), ("dog", None)]),
        (['{"predictions": [[0.25], [0.5]]}'], MIXED, "binary", [(None, 0.25), (None, 0.5)]),
        # an object
        (['{"score": 0.5}'], MIXED, "binary", [(None, 0.5)]),
        (['{"prediction": 12.5}'], MIXED, "regression", [(None, 12.5)]),
        (['{"prediction": "a", "confidence": 0.9}'], MIXED, "multiclass", [("a", 0.9)]),
        (['[{"label": "a", "score": 0.9}]'], MIXED, "multiclass", [("a", 0.9)]),
        (['{"odd_name": 0.5}'], MIXED, "binary", [(None, 0.5)]),
        # jsonlines
        (['{"score": 0.5}\n{"score": 0.25}'], MIXED, "binary", [(None, 0.5), (None, 0.25)]),
        # every label with its share, the best first: Hugging Face's; labels in lists: BlazingText's
        (['[[{"label": "a", "score": 0.9}, {"label": "b", "score": 0.1}]]'], MIXED,
         "multiclass", [("a", 0.9)]),
        (['[{"label": ["__label__1"], "prob": [0.75]}]'], MIXED,
         "multiclass", [("__label__1", 0.75)]),
        # anomaly scores of Random Cut Forest, clusters of k-means
        (['{"scores": [{"score": 0.25}, {"score": 1.5}]}'], MIXED,
         "regression", [(None, 0.25), (None, 1.5)]),
        (['{"predictions": [{"closest_cluster": 3.0, "distance_to_cluster": 0.5}]}'], MIXED,
         "multiclass", [("3", None)]),
        # cut short by whoever wrote it down: no JSON
        (['{"usage": 1,...}'], MIXED, "regression", [(None, None)]),
    ],
)  # fmt: skip
def test_answers_are_guessed(
    answers: list[str], encodings: tuple[str, str], kind: Kind, first: Answers
) -> None:
    """The shapes that SageMaker's own containers give are understood without a declaration."""
    lines = [line("1,2", answer, encodings=encodings) for answer in answers]
    assert first_answers(lines) == (kind, first)


def test_a_label_that_follows_from_the_score_is_left_out() -> None:
    """Of Linear Learner's score and 0/1 label the score says more; a threshold can be set."""
    answers = [{"score": s, "predicted_label": int(s >= 0.4)} for s in (0.1, 0.39, 0.4, 0.9)]
    lines = [line("1,2", {"predictions": [answer]}, encodings=MIXED) for answer in answers]
    assert first_answers(lines) == ("binary", [(None, 0.1)])


def test_a_label_beside_its_confidence_is_kept() -> None:
    """A confidence in the label 0 is not the probability of the label 1."""
    answers = [(0, 0.97), (1, 0.8), (0, 0.6)]
    lines = [line("1", {"class": c, "confidence": s}, encodings=MIXED) for c, s in answers]
    assert first_answers(lines) == ("multiclass", [("0", 0.97)])


def test_class_0_first_does_not_hide_the_other_classes() -> None:
    """Whether labels are 0 and 1 only is told by the sample, not by its first answer."""
    lines = [line("1", {"label": c, "score": 0.9}, encodings=MIXED) for c in (0, 3, 7)]
    assert first_answers(lines) == ("multiclass", [("0", 0.9)])


@pytest.mark.parametrize("bad", ["error", "nan", "", "NaN", "{}"])
def test_one_bad_answer_does_not_change_the_guess(bad: str) -> None:
    """Among twenty scores an error message stays an unreadable answer."""
    lines = [line("1,2", bad)] + [line("1,2", f"0.{n}") for n in range(11, 31)]
    assert first_answers(lines) == ("binary", [(None, None)])


def test_one_error_document_does_not_change_the_guess() -> None:
    """The first JSON answer may be an error: the others show where the score stands."""
    answers = ['{"error": "busy"}', "null", *(['{"predictions": [{"score": 0.5}]}'] * 5)]
    reading = guessed([line("1,2", answer, encodings=MIXED) for answer in answers])
    assert reading.sentence == "binary: score from $.predictions[*].score"


def test_one_vector_is_told_from_many_scores() -> None:
    """[0.25, 0.75] for one request is a vector; for two requests it is two scores."""
    answer = "[0.25, 0.75]"
    assert first_answers([line("1,2", answer, encodings=MIXED)])[1] == [("1", 0.75)]
    assert first_answers([line("1\n2", answer, encodings=MIXED)])[1] == [(None, 0.25), (None, 0.75)]


def test_what_is_declared_is_not_guessed_over() -> None:
    """A declared column, path, kind or argmax stands, whatever the payloads look like."""
    vector = [line("1,2", "0.1,0.9")]
    assert first_answers(vector, column=0) == ("binary", [(None, 0.1)])
    assert first_answers(vector, column=1, kind="regression") == ("regression", [(None, 0.9)])
    assert first_answers(vector, argmax=True, labels=("no", "yes"))[1] == [("yes", 0.9)]
    assert first_answers(vector, argmax=False)[1] == [(None, 0.1)]
    document = [line("1", {"a": {"b": [1, 2]}, "score": 3}, encodings=MIXED)]
    assert first_answers(document, path="$.a.b[1]", kind="regression")[1] == [(None, 2.0)]
    assert first_answers(document, path="$.a.b", argmax=True)[1] == [("1", 2.0)]


def test_a_guess_is_called_one() -> None:
    """The user is told whether the reading was declared or guessed."""
    lines = [line("1,2", "0.5")]
    assert guessed(lines).guessed
    assert guessed(lines, column=0).guessed
    assert not guessed(lines, column=0, kind="binary").guessed


@pytest.mark.parametrize(
    ("given", "encoding", "names", "numeric"),
    [
        (["1,2.5", "3,x"], "CSV", ("f0", "f1"), (True, False)),
        (["\n1,2\n3,4\n"], "CSV", ("f0", "f1"), (True, True)),
        (["Torgersen,39.1"], "CSV", ("f0", "f1"), (False, True)),
        (["just some words"], "CSV", (), ()),
        (['{"island": "Dream", "mass": 3450.0}'], "JSON", ("island", "mass"), (False, True)),
        (['{"instances": [{"features": [1, "a"]}]}'], "JSON", ("f0", "f1"), (True, False)),
        (['{"instances": [[1, 2], [3, 4]]}'], "JSON", ("f0", "f1"), (True, True)),
        (['{"instances": [{"a": 1, "b": "x"}]}'], "JSON", ("a", "b"), (True, False)),
        (['["a sentence", "another"]'], "JSON", (), ()),
        ([base64_of("1,2")], "BASE64", ("f0", "f1"), (True, True)),
        ([base64_of(b"\x89PNG\r\n\x1a\n\xff")], "BASE64", (), ()),
        ([npy_of([[1.0, 2.0, 3.0]])], "BASE64", ("f0", "f1", "f2"), (True, True, True)),
    ],
)
def test_features_are_guessed(
    given: list[str], encoding: str, names: tuple[str, ...], numeric: tuple[bool, ...]
) -> None:
    """Inputs with one value a feature have features; images and sentences have none."""
    lines = [line(one, "0.5", encodings=(encoding, "CSV")) for one in given]
    found = guessed(lines).input
    assert (found.names, found.numeric) == (names, numeric)


def test_as_many_answers_as_values_are_as_many_requests() -> None:
    """Three numbers in and three out are three requests of one number each."""
    lines = [line({"instances": [1.0, 2.0, 5.0]}, {"predictions": [3.5, 4, 5.5]}, encodings=JSON)]
    assert guessed(lines).input.names == ("f0",)
    lines = [line({"instances": [1.0, 2.0, 5.0]}, {"predictions": [3.5]}, encodings=JSON)]
    assert guessed(lines).input.names == ("f0", "f1", "f2")
    lines = [
        line({"instances": [[1.0, 2.0], [5.0, 6.0]]}, {"predictions": [3.5, 4]}, encodings=JSON)
    ]
    assert guessed(lines).input.names == ("f0", "f1")


def test_names_are_used_where_they_fit() -> None:
    """Names from the configuration count only if there is one for every column."""
    records = records_of([line("1,2", "0.5")])
    assert guess_reading(records, Prediction(), ("a", "b")).input.names == ("a", "b")
    assert guess_reading(records, Prediction(), ("a",)).input.names == ("f0", "f1")


def test_no_records_are_no_reason_to_fail() -> None:
    """A variant without a single record still has a reading: one that finds nothing."""
    sentence = guessed([]).sentence
    assert sentence.startswith("regression: no prediction found; say where it stands with `kind`")


def test_the_encodings_are_those_of_most_records() -> None:
    """The bulk reader is told the encodings most records have."""
    lines = [line(encodings=JSON)] + [line(encodings=("CSV", "BASE64"))] * 2
    assert guessed(lines).encodings == ("CSV", "BASE64")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["predictions", "score", "label", "x", "data"]), inner)
    ),
    max_leaves=6,
)


@given(
    st.lists(
        st.tuples(
            DOCUMENTS | st.text(),
            DOCUMENTS | st.text(),
            st.sampled_from(["CSV", "JSON", "BASE64", None]),
        ),
        max_size=4,
    ),
    st.sampled_from([{}, {"argmax": True}, {"argmax": False}, {"path": "$.score"}, {"column": 1}]),
)
def test_any_payload_has_a_reading(sample: list[Any], declared: dict[str, Any]) -> None:
    """Whatever was sent and answered, guessing and reading raise nothing."""
    lines = [line(given, answer, encodings=(how, how)) for given, answer, how in sample]
    if any(records_of([one]) for one in lines[:1]):
        first_answers(lines, **declared)
