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
from queries.paths import Path, parse_path, split_rows, value_at, values_at
from queries.places import looks_like_text, place_of_whole
from queries.reading import (
    Form,
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

ROW_KEYS = ("predictions", "outputs", "results", "instances", "data", "inputs")
LABEL_KEYS = ("predicted_label", "label", "class", "predicted_class", "category", "prediction")
SCORE_KEYS = ("score", "probability", "confidence", "prediction", "value", "predicted_value")
VECTOR_KEYS = {"probabilities", "scores", "score", "logits"}
FEATURE_KEYS = ("features", "values", "data", "inputs")
MAX_CLASSES = 30
# What so large a share of a sample shows is taken for the rule: a bad answer may be among them.
MOST = 0.9
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
    wanted = declared.kind
    if wanted is None and declared.column is None and declared.path is None:
        wanted = "text" if looks_like_text(answers) else None
    whole = wanted if wanted in STRUCTURED else None
    output = (
        place_of_whole(whole, answers, declared)
        if whole
        else _declared(declared) or _guess_output(inputs, answers, declared)
    )
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
    given = _guess_input(inputs, names)
    width = len(given.names)
    if given.vector is not None and width > 1 and all(len(rows) == width for rows in found):
        # as many answers as values: each value is a request of its own
        each = (*given.rows, *given.vector, None)
        given = InputReading("json", each, None, ((),), _names(names, 1), given.numeric[:1])
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
    if _form(texts) == "csv":
        return _guess_csv(texts, declared.argmax, labels)
    single = all(_row_count(i) == 1 for i in inputs[:LOOKED_AT])
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
    numeric = [_numeric([row[c] for row in rows]) for c in range(width)]
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
        if key is None and len(document) == 1 and VECTOR_KEYS.isdisjoint(document):
            key = next((k for k, v in document.items() if isinstance(v, list)), None)
        if key is not None:
            at, document = (key,), document[key]
    if isinstance(document, list) and document:
        one_vector = single_input and _sums_to_one(document) and len(document) > 1
        if not (one_vector or (argmax and not isinstance(document[0], list | dict))):
            at, document = (*at, None), document[0]
    rows, inside = split_rows(at)
    if isinstance(document, list):
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
    vector = next((k for k in row if k in VECTOR_KEYS and _is_vector(row[k])), None)
    if label is None and score is None and vector is not None:
        return OutputReading("json", rows, (*inside, vector), argmax=True, labels=labels)
    if label is None and score is None:
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


def _guess_input(inputs: list[Payload], names: tuple[str, ...] | None) -> InputReading:
    arrays = [i.array for i in inputs if i.array is not None and i.array.ndim == 2]
    if arrays:
        width = arrays[0].shape[1]
        return InputReading("csv", names=_names(names, width), numeric=(True,) * width)
    texts = [i.text for i in inputs if i.text and i.text.strip()]
    if not texts:
        return InputReading("none")
    if _form(texts) == "json":
        return _guess_json_input(texts, names)
    rows = [row for text in texts for row in csv_rows(text)]
    width = max(Counter(map(len, rows)).items(), key=lambda item: item[1])[0]
    rows = [row for row in rows if len(row) == width]
    if width == 1 and not _numeric([row[0] for row in rows]):
        return InputReading("none")  # a line of free text has no features to drift
    numeric = tuple(_numeric([row[c] for row in rows]) for c in range(width))
    return InputReading("csv", names=_names(names, width), numeric=numeric)


def _guess_json_input(texts: list[str], names: tuple[str, ...] | None) -> InputReading:
    found = [d for text in texts for d in documents(text) or []]
    if not found:
        return InputReading("none")
    at, row = _input_rows(found[0])
    rows, inside = split_rows(at)
    sample = [value_at(r, inside) for d in found for r in values_at(d, rows)]
    if isinstance(row, dict):
        key = next((k for k in FEATURE_KEYS if _is_vector(row.get(k))), None)
        if key is not None:
            inside, row = (*inside, key), row[key]
            sample = [r.get(key) for r in sample if isinstance(r, dict)]
    if _is_vector(row):
        cells = [v for v in sample if isinstance(v, list) and len(v) == len(row)]
        numeric = tuple(_numeric([v[c] for v in cells]) for c in range(len(row)))
        if not any(numeric) and not inside:
            return InputReading("none")  # sentences, each a request of its own
        return InputReading("json", rows, inside, names=_names(names, len(row)), numeric=numeric)
    if isinstance(row, dict):
        keys = tuple(
            k for k, v in row.items() if isinstance(v, str | int | float | None) and '"' not in k
        )
        numeric = tuple(_numeric([r.get(k) for r in sample if isinstance(r, dict)]) for k in keys)
        return InputReading("json", rows, None, tuple((*inside, k) for k in keys), keys, numeric)
    return InputReading("none")


def _input_rows(document: Any) -> tuple[Path, Any]:
    at: Path = ()
    if isinstance(document, dict):
        key = next((k for k in ROW_KEYS if isinstance(document.get(k), list)), None)
        if key is not None:
            at, document = (key,), document[key]
    if isinstance(document, list) and document and isinstance(document[0], list | dict):
        at, document = (*at, None), document[0]
    return at, document


def _row_count(payload: Payload) -> int:
    if payload.array is not None:
        return len(payload.array) if payload.array.ndim else 1
    if not payload.text or _form([payload.text]) == "csv":
        return len(csv_rows(payload.text)) if payload.text else 1
    found = documents(payload.text) or []
    return max(len(found), *(len(values_at(d, split_rows(_input_rows(d)[0])[0])) for d in found), 1)


def _form(texts: list[str]) -> Form:
    bracketed = sum(text.lstrip()[:1] in ("{", "[") for text in texts)
    return "json" if 2 * bracketed > len(texts) else "csv"


def _numeric(cells: list[Any]) -> bool:
    """A column is numeric where most of its filled cells are numbers."""
    filled = [c for c in cells if c is not None and str(c).strip()]
    return bool(filled) and sum(number(c) is not None for c in filled) >= MOST * len(filled)


def _is_vector(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and not any(isinstance(v, list | dict) for v in value)
    )


def _sums_to_one(values: list[Any]) -> bool:
    numbers = [number(v) for v in values if not isinstance(v, list | dict)]
    known = [v for v in numbers if v is not None]
    return (
        len(known) == len(values) > 0 and all(v >= 0 for v in known) and abs(sum(known) - 1) < 0.02
    )


def _names(names: tuple[str, ...] | None, width: int) -> tuple[str, ...]:
    return names if names and len(names) == width else tuple(f"f{c}" for c in range(width))


def _encodings(records: Sequence[Record]) -> tuple[str, str]:
    sides = [
        (r.input.encoding if r.input else "", r.output.encoding if r.output else "")
        for r in records
    ]
    return Counter(sides).most_common(1)[0][0] if sides else ("", "")
