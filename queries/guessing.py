"""What do the payloads of a sample look like, where nobody has declared it?

Every guess is shown on screen beside its source, and a declared part of the reading is never
guessed over. The rules are few and fixed, so that the same captures are always read alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from analysis.policy import STRUCTURED
from queries.config import Prediction
from queries.guessed_inputs import (
    MOST,
    form_of,
    guess_input,
    is_numeric,
    is_vector,
    names_of,
    row_count,
)
from queries.known_names import LABEL_KEYS, ROW_KEYS, SCORE_KEYS, VECTOR_KEYS
from queries.paths import Path, parse_path, split_rows
from queries.places import guess_place, is_written, place_of_whole, reading_at
from queries.reading import (
    InputReading,
    Kind,
    OutputReading,
    Reading,
    csv_rows,
    number,
    read_answers,
    read_whole,
)
from queries.records import Payload, Record, decode, documents

MAX_CLASSES = 30
LOOKED_AT = 20


def guess_reading(
    records: Sequence[Record], declared: Prediction, names: tuple[str, ...] | None
) -> Reading:
    """The reading of a sample of records, with the declared parts kept.

    Parameters
    ----------
    records
        A sample of one variant, in file order; may be empty.
    declared
        ``[tests.NAME.prediction]``; each part that is None is guessed.
    names
        Feature names from the configuration or a baseline; None names them f0, f1, ….
    """
    inputs = [decode(r.input) for r in records if r.input]
    answers = [decode(r.output) for r in records if r.output]
    whole, output = _whole(inputs, answers, declared)
    output = output or _declared(declared) or _guess_output(inputs, answers, declared)
    read = read_whole if output.whole else read_answers
    found: list[Any] = [read(output, answer) for answer in answers]
    if not output.whole and _label_follows(output, [pair for rows in found for pair in rows]):
        # a 0/1 label beside the probability it was made from: the probability says more
        output = replace(output, label=None)
        found = [read_answers(output, answer) for answer in answers]
    kind = whole or declared.kind or _guess_kind([pair for rows in found for pair in rows], output)
    labelled = output.label is not None or output.argmax or output.whole
    if kind not in ("binary", "regression") and not labelled:
        # a class number is a label: nothing about it can be subtracted
        output = OutputReading(output.form, output.rows, None, output.score, labels=output.labels)
    encodings = _encodings(records)
    given = guess_input(inputs, names)
    width = len(given.names)
    each_answered = width > 1 and all(len(rows) == width for rows in found)
    if given.vector is not None and each_answered and _single(inputs):
        # one list, and as many answers as values: each value is a request of its own
        each = (*given.rows, *given.vector, None)
        given = InputReading("json", each, None, ((),), names_of(names, 1), given.numeric[:1])
    batched = any(len(rows) > 1 for rows in found)
    return Reading(
        kind=kind,
        output=output,
        input=given,
        encodings=encodings,
        batched=batched,
        bulk=_bulk(inputs, answers, output),
        guessed=declared.kind is None
        or (declared.column is None and declared.path is None and not declared.argmax),
    )


def _whole(
    inputs: list[Payload], answers: list[Payload], declared: Prediction
) -> tuple[Kind | None, OutputReading | None]:
    """Kind and place of answers of several parts; None for labels and numbers."""
    if declared.kind in STRUCTURED:
        place = guess_place(answers, single_input=_single(inputs))
        if declared.path is None and place is not None and place.kind == declared.kind:
            # found without being told: the same place as in the answers of the other variant
            return place.kind, reading_at(place, declared.labels or ())
        return declared.kind, place_of_whole(declared.kind, answers, declared)
    asked = (declared.kind, declared.column, declared.path, declared.argmax)
    if any(part is not None for part in asked):
        return None, None
    if is_written(answers):
        return "text", OutputReading("text", whole=True)
    place = guess_place(answers, single_input=_single(inputs))
    return (None, None) if place is None else (place.kind, reading_at(place, declared.labels or ()))


def _single(inputs: list[Payload]) -> bool:
    """Whether every request of a sample asked for one answer."""
    return all(row_count(i) == 1 for i in inputs[:LOOKED_AT])


def _bulk(inputs: list[Payload], answers: list[Payload], output: OutputReading) -> bool:
    """Whether SQL can read the answers: text, one JSON document a payload, no quoted CSV."""
    if output.rows.count(None) > 1:
        return False
    if not answers:
        return True
    if any(i.array is not None for i in inputs) or any(a.array is not None for a in answers):
        return False
    texts = [a.text for a in answers if a.text is not None]
    if output.form == "csv":
        plain = sum('"' not in text for text in texts)
        return plain >= MOST * len(answers)
    plain = sum(len(documents(text) or [None]) == 1 for text in texts)
    asked = [i.text for i in inputs if i.text and i.text.lstrip()[:1] in "{["]
    alone = sum(len(documents(text) or [None]) == 1 for text in asked)
    return plain >= MOST * len(answers) and alone >= MOST * len(asked)


def _declared(declared: Prediction) -> OutputReading | None:
    labels = declared.labels or ()
    if declared.path is not None:
        rows, value = split_rows(parse_path(declared.path))
        return OutputReading("json", rows, value, argmax=bool(declared.argmax), labels=labels)
    if declared.column is not None:
        return OutputReading("csv", score=declared.column, labels=labels)
    return None


def _guess_output(
    inputs: list[Payload], answers: list[Payload], declared: Prediction
) -> OutputReading:
    labels = declared.labels or ()
    arrays = [a.array for a in answers if a.array is not None]
    if arrays:
        wide = arrays[0].ndim == 2 and arrays[0].shape[1] > 1
        argmax = wide if declared.argmax is None else declared.argmax
        return OutputReading("csv", score=None if argmax else 0, argmax=argmax, labels=labels)
    texts = [a.text for a in answers if a.text and a.text.strip()]
    if not texts:
        return OutputReading("none")
    if form_of(texts) == "csv":
        return _guess_csv(texts, declared.argmax, labels)
    single = _single(inputs)
    guesses = Counter(
        _guess_json(found[0], declared.argmax, labels, single_input=single)
        for found in map(documents, texts[:LOOKED_AT])
        if found
    )
    # one answer may be an error message: what most of them look like counts
    return guesses.most_common(1)[0][0] if guesses else OutputReading("none")


def _guess_csv(texts: list[str], argmax: bool | None, labels: tuple[str, ...]) -> OutputReading:
    rows = [row for text in texts for row in csv_rows(text)]
    width = max(Counter(map(len, rows)).items(), key=lambda item: item[1])[0]
    rows = [row for row in rows if len(row) == width]
    numeric = [is_numeric([row[c] for row in rows]) for c in range(width)]
    shares = sum(map(_sums_to_one, rows)) >= MOST * len(rows)
    if argmax or (argmax is None and width > 1 and all(numeric) and shares):
        return OutputReading("csv", argmax=True, labels=labels)
    score = next((c for c in range(width) if numeric[c]), None)
    label = next((c for c in range(width) if not numeric[c]), None)
    return OutputReading("csv", score=score, label=label, labels=labels)


def _guess_json(
    document: Any, argmax: bool | None, labels: tuple[str, ...], *, single_input: bool
) -> OutputReading:
    """Follow the document down to the rows, then to a label, a score or a vector in one row."""
    at: Path = ()
    if isinstance(document, dict):
        key = next((k for k in ROW_KEYS if isinstance(document.get(k), list)), None)
        if key is None and len(document) == 1 and not _is_named_vector(document):
            key = next((k for k, v in document.items() if isinstance(v, list)), None)
        if key is not None:
            at, document = (key,), document[key]
    if isinstance(document, list) and document:
        one_vector = single_input and _sums_to_one(document) and len(document) > 1
        if not (one_vector or (argmax and not isinstance(document[0], list | dict))):
            at, document = (*at, None), document[0]
    rows, inside = split_rows(at)
    if isinstance(document, list):
        if argmax is None and _are_shares_of_labels(document):
            # Hugging Face's: every label with its score, the best one first
            return OutputReading(
                "json", rows, (*inside, 0, "score"), (*inside, 0, "label"), labels=labels
            )
        if argmax is False or len(document) == 1:
            return OutputReading("json", rows, (*inside, 0), labels=labels)
        return OutputReading("json", rows, inside, argmax=True, labels=labels)
    if isinstance(document, dict):
        return _guess_object(document, rows, inside, labels)
    if isinstance(document, str) and number(document) is None:
        return OutputReading("json", rows, None, inside, labels=labels)
    return OutputReading("json", rows, inside, labels=labels)


def _guess_object(
    row: dict[str, Any], rows: Path, inside: Path, labels: tuple[str, ...]
) -> OutputReading:
    label = next((k for k in LABEL_KEYS if isinstance(row.get(k), str | int | float)), None)
    score = next((k for k in SCORE_KEYS if number(row.get(k)) is not None and k != label), None)
    vector = next((k for k in row if k in VECTOR_KEYS and is_vector(row[k])), None)
    if label is None and score is None and vector is not None:
        return OutputReading("json", rows, (*inside, vector), argmax=True, labels=labels)
    if label is None and score is None:
        listed = {k: v[0] for k, v in row.items() if isinstance(v, list) and v}
        key = next((k for k in LABEL_KEYS if isinstance(listed.get(k), str)), None)
        if key is not None:
            # BlazingText's: the best labels beside their probabilities
            beside = next((k for k, v in listed.items() if number(v) is not None), None)
            at = None if beside is None else (*inside, beside, 0)
            return OutputReading("json", rows, at, (*inside, key, 0), labels=labels)
        score = next((k for k, v in row.items() if number(v) is not None), None)
    if score is None and label == "prediction" and isinstance(row[label], int | float):
        label, score = None, label
    return OutputReading(
        "json",
        rows,
        None if score is None else (*inside, score),
        None if label is None else (*inside, label),
        labels=labels,
    )


def _is_named_vector(document: dict[str, Any]) -> bool:
    """Whether an object's one member is a vector, and not the list of its rows."""
    ((key, value),) = document.items()
    rows = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    return key in VECTOR_KEYS and not rows


def _are_shares_of_labels(row: list[Any]) -> bool:
    """Whether a list gives each label once, the best first, with scores that add up to one."""
    if len(row) < 2 or not all(
        isinstance(v, dict) and isinstance(v.get("label"), str) for v in row
    ):
        return False
    scores = [number(v.get("score")) for v in row]
    known = [score for score in scores if score is not None]
    return _sums_to_one(scores) and known == sorted(known, reverse=True)


def _label_follows(output: OutputReading, pairs: list[tuple[str | None, float | None]]) -> bool:
    """Whether every label is 0 or 1, and 1 just where the score is high."""
    if output.label is None or output.score is None or output.argmax:
        return False
    known = [(label, score) for label, score in pairs if label is not None and score is not None]
    if not known or any(label not in ("0", "1") or not 0 <= score <= 1 for label, score in known):
        return False
    low = max((score for label, score in known if label == "0"), default=0.5)
    high = min((score for label, score in known if label == "1"), default=0.5)
    return low <= high


def _guess_kind(pairs: list[tuple[str | None, float | None]], output: OutputReading) -> Kind:
    if output.argmax or output.label is not None:
        return "multiclass"
    scores = [score for _, score in pairs if score is not None]
    if not scores:
        return "multiclass" if any(label for label, _ in pairs) else "regression"
    whole = all(score.is_integer() for score in scores)
    if all(0 <= score <= 1 for score in scores):
        return "binary"
    return "multiclass" if whole and len(set(scores)) <= MAX_CLASSES else "regression"


def _sums_to_one(values: list[Any]) -> bool:
    numbers = [number(v) for v in values if not isinstance(v, list | dict)]
    known = [v for v in numbers if v is not None]
    return (
        len(known) == len(values) > 0 and all(v >= 0 for v in known) and abs(sum(known) - 1) < 0.02
    )


def _encodings(records: Sequence[Record]) -> tuple[str, str]:
    sides = [
        (r.input.encoding if r.input else "", r.output.encoding if r.output else "")
        for r in records
    ]
    return Counter(sides).most_common(1)[0][0] if sides else ("", "")
