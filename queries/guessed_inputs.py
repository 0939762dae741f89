"""Which features do the requests of a sample hold, and how many instances does each ask about?"""

from __future__ import annotations

from collections import Counter
from typing import Any

from queries.known_names import FEATURE_KEYS, ROW_KEYS
from queries.paths import Path, split_rows, value_at, values_at
from queries.reading import Form, InputReading, csv_rows, number
from queries.records import Payload, documents

# What so large a share of a sample shows is taken for the rule: a bad answer may be among them.
MOST = 0.9


def guess_input(inputs: list[Payload], names: tuple[str, ...] | None) -> InputReading:
    """Where the features stand; ``none`` for images and sentences, which have none."""
    arrays = [i.array for i in inputs if i.array is not None and i.array.ndim == 2]
    if arrays:
        width = arrays[0].shape[1]
        return InputReading("csv", names=names_of(names, width), numeric=(True,) * width)
    texts = [i.text for i in inputs if i.text and i.text.strip()]
    if not texts:
        return InputReading("none")
    if form_of(texts) == "json":
        return _guess_json_input(texts, names)
    rows = [row for text in texts for row in csv_rows(text)]
    width = max(Counter(map(len, rows)).items(), key=lambda item: item[1])[0]
    rows = [row for row in rows if len(row) == width]
    if width == 1 and not is_numeric([row[0] for row in rows]):
        return InputReading("none")  # a line of free text has no features to drift
    numeric = tuple(is_numeric([row[c] for row in rows]) for c in range(width))
    return InputReading("csv", names=names_of(names, width), numeric=numeric)


def _guess_json_input(texts: list[str], names: tuple[str, ...] | None) -> InputReading:
    found = [d for text in texts for d in documents(text) or []]
    if not found:
        return InputReading("none")
    at, row = _input_rows(found[0])
    rows, inside = split_rows(at)
    sample = [value_at(r, inside) for d in found for r in values_at(d, rows)]
    if isinstance(row, dict):
        key = next((k for k in FEATURE_KEYS if is_vector(row.get(k))), None)
        if key is not None:
            inside, row = (*inside, key), row[key]
            sample = [r.get(key) for r in sample if isinstance(r, dict)]
    if is_vector(row):
        cells = [v for v in sample if isinstance(v, list) and len(v) == len(row)]
        numeric = tuple(is_numeric([v[c] for v in cells]) for c in range(len(row)))
        if not any(numeric) and not inside:
            return InputReading("none")  # sentences, each a request of its own
        return InputReading("json", rows, inside, names=names_of(names, len(row)), numeric=numeric)
    if isinstance(row, dict):
        keys = tuple(
            k for k, v in row.items() if isinstance(v, str | int | float | None) and '"' not in k
        )
        numeric = tuple(is_numeric([r.get(k) for r in sample if isinstance(r, dict)]) for k in keys)
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


def row_count(payload: Payload) -> int:
    """How many instances a request asks about: at least one."""
    if payload.array is not None:
        return len(payload.array) if payload.array.ndim else 1
    if not payload.text or form_of([payload.text]) == "csv":
        return len(csv_rows(payload.text)) if payload.text else 1
    found = documents(payload.text) or []
    return max(len(found), *(len(values_at(d, split_rows(_input_rows(d)[0])[0])) for d in found), 1)


def form_of(texts: list[str]) -> Form:
    """Whether most texts are JSON, by their first character; else they are CSV."""
    bracketed = sum(text.lstrip()[:1] in ("{", "[") for text in texts)
    return "json" if 2 * bracketed > len(texts) else "csv"


def is_numeric(cells: list[Any]) -> bool:
    """A column is numeric where most of its filled cells are numbers."""
    filled = [c for c in cells if c is not None and str(c).strip()]
    return bool(filled) and sum(number(c) is not None for c in filled) >= MOST * len(filled)


def is_vector(value: object) -> bool:
    """Whether a value is a list, not empty, of plain values."""
    return (
        isinstance(value, list)
        and bool(value)
        and not any(isinstance(v, list | dict) for v in value)
    )


def names_of(names: tuple[str, ...] | None, width: int) -> tuple[str, ...]:
    """The names, if there is one for every column; else f0, f1, ….

    >>> names_of(("a",), 2)
    ('f0', 'f1')
    """
    return names if names and len(names) == width else tuple(f"f{c}" for c in range(width))
