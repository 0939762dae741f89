"""Where in an answer stands what is compared as a whole: a text, a ranking, a set, a document?

For the kinds of answer that have several parts. A declared kind or path is never guessed over;
without one only such shapes are taken for a kind as leave no doubt: those of the well-known
containers, and objects in which nothing is called a label or a score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.parsed import ITEM_KEYS
from queries.config import Prediction
from queries.known_names import (
    EXCUSES,
    LABEL_KEYS,
    LABELLED,
    ORDERS,
    PERHAPS_WRITTEN,
    RANKED,
    SCORE_KEYS,
    VECTOR_KEYS,
    WRITTEN,
)
from queries.paths import Path, parse_path, split_rows, values_at
from queries.reading import Form, Kind, OutputReading, csv_rows
from queries.records import Payload, documents


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows of a document are, and the answer in each of them."""

    kind: Kind
    rows: Path = ()
    value: Path = ()


LOOKED_AT = 20
# What nearly all of a sample shows is taken for the rule: a bad answer may be among them.
MOST = 0.9
# So many words in a row are a sentence, and no label.
SENTENCE = 4
# What a declared kind is looked for under, the surest first.
LISTS: dict[Kind, tuple[str, ...]] = {
    "ranking": (*RANKED, "items", "results", "documents", "predictions", "ids", "outputs"),
    "multilabel": (*LABELLED, "predictions", "scores", "probabilities", "outputs"),
    "multioutput": ("predictions", "outputs", "values", "results", "instances"),
}


def place_of_whole(kind: Kind, answers: Sequence[Payload], declared: Prediction) -> OutputReading:
    """How answers of this kind are read, from a sample of them."""
    labels = declared.labels or ()
    if declared.path is not None:
        rows, value = split_rows(parse_path(declared.path))
        return OutputReading("json", rows, None, value, labels=labels, whole=True)
    parsed = _parsed(answers)
    found = [document for document in parsed if isinstance(document, dict | list)]
    if 2 * len(found) <= len(parsed):
        form: Form = "text" if kind in ("text", "json") else "csv"
        return OutputReading(form, labels=labels, whole=True)
    places = Counter(_place(kind, document) for document in found)
    return reading_at(places.most_common(1)[0][0], labels)


def reading_at(place: Place, labels: tuple[str, ...]) -> OutputReading:
    """The reading of a place; a text that is no JSON has no place within."""
    return OutputReading("json", place.rows, None, place.value, labels=labels, whole=True)


def guess_place(answers: Sequence[Payload], *, single_input: bool) -> Place | None:
    """Where nearly all answers of a sample hold one of several parts; None where they do not.

    Parameters
    ----------
    single_input : bool
        Whether every request asked for one answer: a list is then one answer, not many.
    """
    parsed = _parsed(answers)
    found = Counter(_shape(document, single_input=single_input) for document in parsed)
    place, count = next(iter(found.most_common(1)), (None, 0))
    if place is None or count < MOST * len(parsed):
        return None
    at = (*place.rows, *place.value)
    if place.kind == "text" and at not in WRITTEN:
        texts = [text for document in parsed for text in values_at(document, at)]
        return place if _vary(texts) else None
    return place


def is_written(answers: Sequence[Payload]) -> bool:
    """Whether nearly all answers are sentences and nothing else: no JSON, no CSV, no page."""
    texts = [a.text for a in answers if a.text and a.text.strip()][:LOOKED_AT]
    plain = [text for text in texts if documents(text) is None]
    sentences = (
        max((len(c.split()) for row in csv_rows(t) for c in row), default=0) for t in plain
    )
    written = sum(
        words >= SENTENCE and not text.lstrip().startswith(("<", "{", "["))
        for text, words in zip(plain, sentences, strict=True)
    )
    return bool(texts) and written >= MOST * len(texts) and _vary(texts)


def _parsed(answers: Sequence[Payload]) -> list[Any]:
    """The first document of each answer; None for what is no JSON."""
    texts = [a.text for a in answers if a.text and a.text.strip()][:LOOKED_AT]
    found = (documents(text) for text in texts)
    return [each[0] if each else None for each in found]


def _shape(document: Any, *, single_input: bool) -> Place | None:
    """What a document without a doubt is."""
    written = _written(document, WRITTEN, 1) or _written(document, PERHAPS_WRITTEN, SENTENCE)
    if written is not None:
        return written
    if isinstance(document, list):
        inner = document[0] if document else None
        if single_input and _is_ranked(document, {"index"}):
            return Place("ranking")
        if isinstance(inner, list) and inner and all(map(_is_scored_label, inner)):
            return Place("multilabel", (None,)) if not _are_shares(inner) else None
        return None
    if not isinstance(document, dict):
        return None
    if single_input:
        for key in (k for k in (*RANKED, "results") if isinstance(document.get(k), list)):
            if _is_ranked(document[key], set(ITEM_KEYS), plain=key in RANKED):
                return Place("ranking", (), (key,))
        labels = next((k for k in LABELLED if _are_names(document.get(k))), None)
        if labels is not None and not isinstance(document.get("scores"), list):
            return Place("multilabel", (), (labels,))
        boxes = document.get("prediction")
        if isinstance(boxes, list) and boxes and all(map(_is_box, boxes)):
            return Place("json", (), ("prediction",))
    return _of_fields(document)


def _of_fields(document: dict[str, Any]) -> Place | None:
    """An object, or the rows of one, in which nothing is called a label or a score."""
    rows: Path = ()
    key = next((k for k, v in document.items() if isinstance(v, list) and v), None)
    if key in ("predictions", "outputs", "results", "projections") and len(document) == 1:
        inner = document[key][0]
        if not isinstance(inner, dict):
            return None
        rows, document = (key, None), inner
    if not document or _is_recognised(document) or document.keys() <= EXCUSES:
        return None
    numbers = [k for k, v in document.items() if _is_number(v)]
    vectors = [k for k, v in document.items() if _are_numbers(v)]
    if len(document) == 1:
        return Place("multioutput", rows, (vectors[0],)) if rows and vectors else None
    if len(numbers) == len(document):
        return Place("multioutput", rows)
    # one number among other things is the answer, as far as anybody can tell
    return None if len(numbers) == 1 else Place("json", rows)


def _place(kind: Kind, document: Any) -> Place:
    """Where an answer of a declared kind is looked for."""
    if kind == "text":
        return (
            _written(document, WRITTEN, 0) or _written(document, PERHAPS_WRITTEN, 0) or Place(kind)
        )
    if kind == "json":
        return Place(kind)
    if isinstance(document, list):
        rows_of_rows = document and isinstance(document[0], list)
        many_objects = kind == "multioutput" and document and isinstance(document[0], dict)
        return Place(kind, (None,)) if rows_of_rows or many_objects else Place(kind)
    key = next((k for k in LISTS[kind] if isinstance(document.get(k), list | dict)), None)
    if key is None:
        key = next((k for k, v in document.items() if isinstance(v, list)), None)
    if key is None:
        return Place(kind)
    inner = document[key][0] if isinstance(document[key], list) and document[key] else None
    if isinstance(inner, list):
        return Place(kind, (key, None))
    if isinstance(inner, dict):
        # rows that hold the list, rather than the items of it
        held = next((k for k in LISTS[kind] if isinstance(inner.get(k), list)), None)
        if held is not None or kind == "multioutput":
            return Place(kind, (key, None), () if held is None else (held,))
    return Place(kind, (), (key,))


def _written(document: Any, paths: Sequence[Path], words: int) -> Place | None:
    """The first place at which texts of at least so many words stand, and nothing but texts."""
    for path in paths:
        found = values_at(document, path)
        if found and all(isinstance(t, str) and len(t.split()) >= words for t in found):
            return Place("text", *split_rows(path))
    return None


def _is_ranked(items: list[Any], ids: set[str], *, plain: bool = False) -> bool:
    """Whether a list is one of items with their ranks; ``plain`` takes mere ids too."""
    if len(items) < 2:
        return False
    if plain and all(isinstance(item, str | int) for item in items):
        return True
    return all(
        isinstance(item, dict) and ids & item.keys() and (plain or ORDERS & item.keys())
        for item in items
    ) and not all(isinstance(item, dict) and "label" in item for item in items)


def _is_scored_label(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and _is_number(value.get("score"))
        and isinstance(value.get("label"), str)
    )


def _is_recognised(row: dict[str, Any]) -> bool:
    """Whether something in an object is called a label or a score."""
    return (
        any(isinstance(row.get(key), str | int | float) for key in LABEL_KEYS)
        or any(_are_names(row.get(key)) for key in LABEL_KEYS)
        or any(_is_number(row.get(key)) or isinstance(row.get(key), str) for key in SCORE_KEYS)
        or any(isinstance(row.get(key), list) for key in VECTOR_KEYS)
    )


def _vary(texts: Sequence[str]) -> bool:
    """Whether texts are written rather than chosen from a few: labels may be long, too."""
    return len(texts) < SENTENCE or 2 * len(set(texts)) > len(texts)


def _are_shares(scored: list[dict[str, Any]]) -> bool:
    return bool(abs(sum(each["score"] for each in scored) - 1) < 0.02)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(map(_is_number, value))


def _is_box(value: Any) -> bool:
    """A row of SageMaker's object detection: class, confidence, and four coordinates."""
    return isinstance(value, list) and len(value) == 6 and all(map(_is_number, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
