"""Are answers of several parts found in the shapes that containers give, and in no others?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from queries import known_names
from queries.paths import Path, path_text
from queries.reading import Kind, Reading, read_whole, rows_of
from queries.records import decode
from tests.queries.capturing import base64_of, guessed, line, npy_of, records_of

MIXED = ("CSV", "JSON")
OPENAI = {
    "id": "cmpl-1",
    "created": 1_700_000_000,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes."}}],
    "usage": {"total_tokens": 42},
}
BEDROCK = {"output": {"message": {"role": "assistant", "content": [{"text": "Yes."}]}}, "usage": {}}
BOXES = [[4.0, 0.86, 0.31, 0.54, 0.48, 0.7], [0.0, 0.07, 0.14, 0.6, 0.4, 0.9]]
RANKED = [{"itemId": "7", "score": 0.9}, {"itemId": "3", "score": 0.4}]


def read(answers: list[Any], given: Any = "1,2", **declared: Any) -> tuple[Reading, list[Any]]:
    """The reading, and the answers of the first record."""
    written = [a if isinstance(a, str) else json.dumps(a) for a in answers]
    lines = [line(given, answer, encodings=MIXED) for answer in written]
    reading = guessed(lines, **declared)
    first = records_of(lines)[0]
    assert first.output is not None
    rows = rows_of(reading, decode(first.input) if first.input else None, decode(first.output))
    return reading, [row.answer for row in rows]


@pytest.mark.parametrize(
    ("answer", "kind", "place", "answers"),
    [
        # written by a language model
        ({"generated_text": "Yes."}, "text", "$.generated_text", ["Yes."]),
        ([{"generated_text": "Yes."}], "text", "$[*].generated_text", ["Yes."]),
        (OPENAI, "text", "$.choices[0].message.content", ["Yes."]),
        ({"choices": [{"text": "Yes."}]}, "text", "$.choices[0].text", ["Yes."]),
        ({"outputs": [{"text": "a"}, {"text": "b"}]}, "text", "$.outputs[*].text", ["a", "b"]),
        ({"content": [{"type": "text", "text": "Yes."}]}, "text", "$.content[0].text", ["Yes."]),
        (BEDROCK, "text", "$.output.message.content[0].text", ["Yes."]),
        ({"results": [{"outputText": "Yes."}]}, "text", "$.results[*].outputText", ["Yes."]),
        ([{"summary_text": "So."}], "text", "$[*].summary_text", ["So."]),
        ({"response": "It is on its way"}, "text", "$.response", ["It is on its way"]),
        ('"It is on its way"', "text", "$", ["It is on its way"]),
        # an order
        ({"itemList": RANKED}, "ranking", "$.itemList", [RANKED]),
        ({"recommendations": ["7", "3"]}, "ranking", "$.recommendations", [["7", "3"]]),
        (
            {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0}]},
            "ranking",
            "$.results",
            [[{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0}]],
        ),
        # labels, of which several may hold
        ({"labels": ["a", "b"]}, "multilabel", "$.labels", [["a", "b"]]),
        ({"tags": []}, "multilabel", "$.tags", [[]]),
        (
            [[{"label": "a", "score": 0.9}, {"label": "b", "score": 0.8}]],
            "multilabel",
            "$[*]",
            [[{"label": "a", "score": 0.9}, {"label": "b", "score": 0.8}]],
        ),
        # several numbers
        ({"lat": 1.5, "lon": 2.5}, "multioutput", "$", [{"lat": 1.5, "lon": 2.5}]),
        (
            {"predictions": [{"lat": 1.5, "lon": 2.5}, {"lat": 3, "lon": 4}]},
            "multioutput",
            "$.predictions[*]",
            [{"lat": 1.5, "lon": 2.5}, {"lat": 3, "lon": 4}],
        ),
        (
            {"predictions": [{"topic_mixture": [0.25, 0.75]}]},
            "multioutput",
            "$.predictions[*].topic_mixture",
            [[0.25, 0.75]],
        ),
        # documents
        ({"prediction": BOXES}, "json", "$.prediction", [BOXES]),
        ({"intent": "x", "slots": {"n": 2}}, "json", "$", [{"intent": "x", "slots": {"n": 2}}]),
        (
            {"predictions": [{"mean": [1.5], "quantiles": {"0.5": [1.5]}}]},
            "json",
            "$.predictions[*]",
            [{"mean": [1.5], "quantiles": {"0.5": [1.5]}}],
        ),
    ],
)  # fmt: skip
def test_a_well_known_shape_needs_no_declaration(
    answer: Any, kind: Kind, place: str, answers: list[Any]
) -> None:
    """Kind and place are guessed, shown, and every row's answer is taken whole."""
    reading, found = read([answer] * 2)
    assert reading.sentence.startswith(f"{kind}: the whole of {place}")
    assert reading.guessed
    expected = [a if isinstance(a, str) else json.dumps(a) for a in answers]
    same = [a if kind == "text" else json.dumps(json.loads(a)) for a in found]
    assert same == expected
    # the other variant is told the kind: it looks in the same place
    assert read([answer] * 2, kind=kind)[0].output == reading.output


def holding(path: Path, text: str) -> Any:
    """The smallest document in which a text stands at a path."""
    found: Any = text
    for step in reversed(path):
        # of a list, the items before are there too
        found = {step: found} if isinstance(step, str) else [*["no"] * (step or 0), found]
    return found


@pytest.mark.parametrize("path", known_names.WRITTEN, ids=path_text)
def test_every_place_of_a_language_model_is_known(path: Path) -> None:
    """One word at such a place is a text, and the answer is that word alone."""
    reading, found = read([holding(path, "Yes.")] * 2)
    assert reading.kind == "text"
    assert found == ["Yes."]


@pytest.mark.parametrize("path", known_names.PERHAPS_WRITTEN, ids=path_text)
def test_a_place_that_others_use_needs_a_sentence(path: Path) -> None:
    """A sentence at such a place was written by a model; one word there may be a label."""
    sentence = "It is on its way to you"
    reading, found = read([json.dumps(holding(path, sentence))] * 2)
    assert reading.kind == "text"
    assert found == [sentence]
    assert read([json.dumps(holding(path, "yes"))] * 2)[0].kind != "text"


@pytest.mark.parametrize("name", known_names.RANKED)
def test_every_name_of_a_ranking_is_known(name: str) -> None:
    """A list of ids under such a name is an order of items."""
    assert read([{name: ["7", "3"]}] * 2)[0].kind == "ranking"


@pytest.mark.parametrize("name", known_names.LABELLED)
def test_every_name_of_a_set_of_labels_is_known(name: str) -> None:
    """A list of names under such a name is a set of labels."""
    assert read([{name: ["a", "b"]}] * 2)[0].kind == "multilabel"


@pytest.mark.parametrize("name", sorted(known_names.EXCUSES - {"code", "status"}))
def test_an_excuse_is_no_answer(name: str) -> None:
    """A sentence that says why there is no answer is not what a model wrote."""
    assert read([{name: "the model is busy at the moment"}] * 2)[0].kind != "text"


@pytest.mark.parametrize(
    "answer",
    [
        {"score": 0.5},
        {"label": "a", "score": 0.5, "explanation": "because the amount is high"},
        {"predictions": [{"score": 0.5, "predicted_label": 1}]},
        {"id": "x7", "fraud": 0.93},
        {"labels": ["a", "b"], "scores": [0.9, 0.1]},
        {"probabilities": [0.1, 0.9]},
        [{"id": "a", "score": 0.9}, {"id": "b", "score": 0.4}],
        ["cat", "dog"],
        {"error": "the model is busy at the moment", "code": 503},
        {"message": "x"},
        {},
        [],
        "0.5",
    ],
)
def test_what_was_read_as_a_label_or_a_number_still_is(answer: Any) -> None:
    """Where anything is called a label or a score, or an excuse, no other kind is guessed."""
    reading, _ = read([answer] * 2)
    assert reading.kind in ("binary", "multiclass", "regression")


def test_sentences_are_told_from_labels() -> None:
    """Words that come back again and again are labels, however many they are."""
    written = [f"Your parcel {at} is on its way" for at in range(8)]
    reading, found = read(written)
    assert (reading.kind, reading.output.form, found[0]) == ("text", "text", written[0])
    assert read([{"output": text} for text in written])[0].kind == "text"
    chosen = ["not safe for work at all", "safe for work and school"] * 4
    assert read(chosen)[0].kind == "multiclass"
    assert read([{"label": text} for text in chosen])[0].kind == "multiclass"


def test_several_requests_make_a_list_of_answers() -> None:
    """A list under a name of its own is one answer only where one was asked for."""
    answer = {"labels": ["a", "b"]}
    assert read([answer], given="1,2")[0].kind == "multilabel"
    assert read([answer], given="1,2\n3,4")[0].kind == "multiclass"


def test_one_bad_answer_does_not_change_the_guess() -> None:
    """Among twenty texts one error message is an answer that cannot be read."""
    answers = [{"error": "busy"}] + [{"generated_text": f"No {at}"} for at in range(19)]
    reading, found = read(answers)
    assert (reading.kind, found) == ("text", [None])


@pytest.mark.parametrize(
    ("kind", "answer", "found"),
    [
        ("text", {"generated_text": "a"}, ["a"]),
        ("text", "plain words", ["plain words"]),
        ("text", {"odd": "a"}, ['{"odd":"a"}']),
        ("json", {"score": 0.5}, ['{"score":0.5}']),
        ("json", {"predictions": [1, 2]}, ['{"predictions":[1,2]}']),
        ("ranking", {"results": [{"id": "a"}, {"id": "b"}]}, ['[{"id":"a"},{"id":"b"}]']),
        ("ranking", ["a", "b"], ['["a","b"]']),
        ("ranking", "a,b\nc,d", ["a,b", "c,d"]),
        ("ranking", {"predictions": [{"items": ["a"]}, {"items": ["b"]}]}, ['["a"]', '["b"]']),
        ("multilabel", {"predictions": [[0, 1], [1, 1]]}, ["[0,1]", "[1,1]"]),
        ("multilabel", {"odd": ["a"]}, ['["a"]']),
        ("multioutput", [[1.5, 2], [3, 4]], ["[1.5,2]", "[3,4]"]),
        ("multioutput", {"predictions": [1.5, 2]}, ["[1.5,2]"]),
        ("multioutput", "1.5,2\n3,4", ["1.5,2", "3,4"]),
    ],
)
def test_a_declared_kind_is_looked_for(kind: Kind, answer: Any, found: list[str]) -> None:
    """With the kind declared, the place is guessed for that kind; nothing is guessed over it."""
    reading, answers = read([answer], given="1\n2", kind=kind)
    assert reading.kind == kind
    assert answers == found


def test_a_declared_path_is_followed() -> None:
    """Rows are where the path's last [*] is."""
    answer = {"a": [{"b": {"c": ["x"]}}, {"b": {"c": []}}, {"b": {}}]}
    reading, answers = read([answer], kind="multilabel", path="$.a[*].b.c")
    assert answers == ['["x"]', "[]", None]
    assert not reading.guessed


def test_an_array_is_several_numbers() -> None:
    """A NumPy answer needs no place: every row of it is an answer."""
    lines = [line("1,2", npy_of([[1.5, 2.0]]), encodings=("CSV", "BASE64"))]
    output = guessed(lines, kind="multioutput").output
    (record,) = records_of(lines)
    assert record.output is not None
    assert read_whole(output, decode(record.output)) == ["[1.5,2.0]"]


def test_an_image_in_and_a_document_out() -> None:
    """What was sent need not be readable for its answer to be."""
    image = base64_of(b"\x89PNG\r\n\x1a\n\xff")
    lines = [line(image, json.dumps({"prediction": BOXES}), encodings=("BASE64", "JSON"))]
    reading = guessed(lines)
    assert (reading.kind, reading.input.names) == ("json", ())
