"""How do the payloads of a test become predictions and features?

A :class:`Reading` is declared in ``understudy.toml`` or guessed from a sample (``guessing``), and
is applied twice: in bulk as SQL (``bulk``) and line by line here, for lines that need care.
"""

from __future__ import annotations

import csv
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import orjson

from analysis.policy import PredictionKind
from queries.cluster_keys import ClusterKey
from queries.paths import Path, path_text, value_at, values_at
from queries.records import Payload, documents, text_of

if TYPE_CHECKING:
    import numpy as np

Kind = PredictionKind
Form = Literal["csv", "json", "text", "none"]
Layout = Literal["capture", "production", "shadow"]
Cell = float | str | None
WHOLE_NUMBER = re.compile(r"^(-?\d+)\.0+$", re.ASCII)
BLANKS = " \t\r\n"
NO_ANSWER: tuple[None, None] = (None, None)


@dataclass(frozen=True, slots=True)
class OutputReading:
    """Where an answer stands: a CSV column or a JSON path, a label, a score, or a vector.

    ``rows`` names the rows of a JSON document (``()``: the document is one row); every line of a
    CSV payload is a row. With ``argmax`` the score addresses a vector (for CSV the whole row), the
    position of whose largest value, looked up in ``labels``, is the label. With ``whole`` the
    label addresses an answer of several parts, which is kept as it stands: a text, or JSON.
    """

    form: Form
    rows: Path = ()
    score: Path | int | None = None
    label: Path | int | None = None
    argmax: bool = False
    labels: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class InputReading:
    """Where the features stand: CSV columns, a JSON list (``vector``) or members (``keys``)."""

    form: Form
    rows: Path = ()
    vector: Path | None = None
    keys: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()
    numeric: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How one variant of a test is read.

    ``encodings`` (input, output) are those of the sample; ``batched`` says that records hold
    several rows; ``bulk`` that SQL can read them, else every line is read in Python. ``layout``
    says whether lines are captures, or of which side of a paired log they are read; ``cluster`` by
    what records hang together, of production's where it is configured.
    """

    kind: Kind
    output: OutputReading
    input: InputReading
    encodings: tuple[str, str]
    batched: bool
    bulk: bool
    guessed: bool
    layout: Layout = "capture"
    cluster: ClusterKey | None = None

    @property
    def sentence(self) -> str:
        """What the user is shown about how a prediction is read."""
        out = self.output
        if out.whole:
            at = out.label if isinstance(out.label, tuple) else None
            where = f"the whole of {_shown(out, at)}" if out.form == "json" else "the whole answer"
        elif out.argmax:
            where = "the largest value of " + (
                "the CSV row" if out.form == "csv" else _shown(out, out.score)
            )
        else:
            parts = [
                f"{word} from {_shown(out, at)}"
                for word, at in (("label", out.label), ("score", out.score))
                if at is not None
            ]
            where = " and ".join(parts) or (
                "no prediction found; say where it stands with `kind` and `path` (JSON) or "
                "`column` (CSV) in [tests.NAME.prediction]"
            )
        rows = ", several rows a record" if self.batched else ""
        return f"{self.kind}: {where}{rows}"


@dataclass(frozen=True, slots=True)
class Row:
    """One instance of a record: its answer and its features (both may be missing).

    ``answer`` is that of several parts, as text or JSON, where the reading keeps it whole.
    """

    label: str | None
    score: float | None
    features: tuple[Cell, ...]
    answer: str | None = None


def rows_of(reading: Reading, given: Payload | None, answer: Payload | None) -> list[Row]:
    """All rows of one record; at least one, so that an unreadable answer is counted, not lost."""
    if reading.output.whole:
        wholes = read_whole(reading.output, answer) or [None]
        answers: list[tuple[str | None, float | None]] = [NO_ANSWER] * len(wholes)
    else:
        answers = read_answers(reading.output, answer) or [NO_ANSWER]
        wholes = [None] * len(answers)
    features = read_features(reading.input, given)
    width = len(reading.input.names)
    aligned = len(features) == len(answers)
    return [
        Row(label, score, features[at] if aligned else (None,) * width, wholes[at])
        for at, (label, score) in enumerate(answers)
    ]


def read_answers(
    reading: OutputReading, payload: Payload | None
) -> list[tuple[str | None, float | None]]:
    """``(label, score)`` of every row of an answer; empty where nothing is readable."""
    if payload is None:
        return []
    if payload.array is not None:
        return [_from_cells(reading, row) for row in _array_rows(payload.array)]
    if payload.text is None:
        return []
    if reading.form == "csv":
        return [_from_cells(reading, cells) for cells in csv_rows(payload.text)]
    rows = [r for d in documents(payload.text) or [] for r in values_at(d, reading.rows)]
    return [_from_json(reading, row) for row in rows]


def read_whole(reading: OutputReading, payload: Payload | None) -> list[str | None]:
    """The answers of several parts of every row: a JSON string's own text, else JSON."""
    if payload is None:
        return []
    if payload.array is not None:
        return [orjson.dumps(row).decode() for row in _array_rows(payload.array)]
    if payload.text is None:
        return []
    if reading.form == "text":
        return [payload.text]
    if reading.form == "csv":
        lines = [line.strip(BLANKS) for line in payload.text.split("\n")]
        return [line for line in lines if line]
    place = reading.label if isinstance(reading.label, tuple) else ()
    found = [
        value_at(row, place)
        for document in documents(payload.text) or []
        for row in values_at(document, reading.rows)
    ]
    # an empty text is an answer, and no text is none
    return [value if isinstance(value, str) else text_of(value) for value in found]


def read_features(reading: InputReading, payload: Payload | None) -> list[tuple[Cell, ...]]:
    """The features of every row of an input, shaped like ``reading.names``."""
    if payload is None or not reading.names:
        return []
    if payload.array is not None:
        found: list[list[Any]] = [list(row) for row in _array_rows(payload.array)]
    elif payload.text is None:
        return []
    elif reading.form == "csv":
        found = [list(row) for row in csv_rows(payload.text)]
    else:
        rows = [r for d in documents(payload.text) or [] for r in values_at(d, reading.rows)]
        if reading.vector is not None:
            found = [
                v if isinstance(v, list) else []
                for v in (value_at(r, reading.vector) for r in rows)
            ]
        else:
            found = [[value_at(r, key) for key in reading.keys] for r in rows]
    width = len(reading.names)
    return [
        tuple(_cell(c, n) for c, n in zip(row, reading.numeric, strict=True))
        if len(row) == width
        else (None,) * width
        for row in found
    ]


def csv_rows(text: str) -> list[list[str]]:
    """The non-blank lines of a CSV payload as cells; quotes and stray CRs understood."""
    lines = [line for line in text.split("\n") if line.strip(BLANKS)]
    try:
        return [row for row in csv.reader(lines, skipinitialspace=True) if row]
    except csv.Error:  # a CR within a line, or a cell too long for the parser
        return [line.split(",") for line in lines]


def number(value: object) -> float | None:
    """A finite-or-infinite number, or None. True is no number: SQL reads it as the text "true"."""
    if isinstance(value, str) and not value.isascii():
        return None  # Python would take digits of any script
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            parsed = float(value)
        except (ValueError, OverflowError):
            return None
        return None if math.isnan(parsed) else parsed
    return None


def as_label(value: object) -> str | None:
    """A label as text: 1, 1.0 and "1.0" are one label; an empty text or a container is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = json.dumps(value)
    if isinstance(value, str | int):
        return WHOLE_NUMBER.sub(r"\1", str(value).strip(BLANKS)) or None
    return None


def argmax_label(
    values: list[float | None], labels: tuple[str, ...]
) -> tuple[str | None, float | None]:
    """Label and value of the largest entry, the first one on ties."""
    known = [v for v in values if v is not None]
    if not known or len(known) != len(values):
        return NO_ANSWER
    at = known.index(max(known))
    return (labels[at] if at < len(labels) else str(at)), known[at]


def _from_cells(reading: OutputReading, cells: list[Any]) -> tuple[str | None, float | None]:
    if reading.argmax:
        return argmax_label([number(c) for c in cells], reading.labels)

    def at(column: Path | int | None) -> Any:
        if isinstance(column, int) and -len(cells) <= column < len(cells):
            return cells[column]
        return None

    return as_label(at(reading.label)), number(at(reading.score))


def _from_json(reading: OutputReading, row: Any) -> tuple[str | None, float | None]:
    score = value_at(row, reading.score) if isinstance(reading.score, tuple) else None
    if reading.argmax:
        return (
            argmax_label([number(v) for v in score], reading.labels)
            if isinstance(score, list)
            else NO_ANSWER
        )
    label = value_at(row, reading.label) if isinstance(reading.label, tuple) else None
    return as_label(label), number(score)


def _array_rows(array: np.ndarray[Any, Any]) -> list[list[Any]]:
    if array.dtype.kind not in "biuf" or array.ndim > 2:
        return []
    return array.reshape(len(array), -1).tolist() if array.ndim else [[array.item()]]


def _cell(value: object, numeric: bool) -> Cell:
    if not numeric:
        return as_label(value)
    # NaN is a missing feature, and kept as the bulk reader keeps it
    return math.nan if _is_nan(value) else number(value)


def _is_nan(value: object) -> bool:
    if isinstance(value, str):
        return value.strip(BLANKS).lower() in ("nan", "-nan", "+nan")
    return isinstance(value, float) and math.isnan(value)


def _shown(out: OutputReading, at: Path | int | None) -> str:
    return (
        f"CSV column {at}"
        if isinstance(at, int)
        else path_text((*out.rows, *(at or ()))).replace('"', "")
    )
