"""Do payloads become the rows that a person would read in them?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.paths import parse_path
from queries.reading import (
    InputReading,
    OutputReading,
    Reading,
    Row,
    argmax_label,
    as_label,
    csv_rows,
    number,
    read_answers,
    read_features,
    rows_of,
)
from queries.records import Payload

VECTOR = OutputReading("json", ("predictions", None), (), argmax=True, labels=("no", "yes"))


def text(content: str) -> Payload:
    return Payload("", content)


@pytest.mark.parametrize(
    ("reading", "answer", "rows"),
    [
        (OutputReading("csv", score=0), "0.25\n", [(None, 0.25)]),
        (OutputReading("csv", score=-1, label=0), "cat,0.25", [("cat", 0.25)]),
        (OutputReading("csv", score=3), "1,2", [(None, None)]),
        (OutputReading("csv", score=0), "\n1\r\n\n2\r\n", [(None, 1.0), (None, 2.0)]),
        (OutputReading("csv", label=0, score=1), '"a, b",2', [("a, b", 2.0)]),
        (OutputReading("csv", argmax=True, labels=("no",)), "1,3,2", [("1", 3.0)]),
        (OutputReading("csv", argmax=True, labels=("no",)), "3,1", [("no", 3.0)]),
        (OutputReading("csv", argmax=True), "3,x", [(None, None)]),
        (OutputReading("json", (), ("a", 0)), '{"a": [7]}', [(None, 7.0)]),
        (OutputReading("json", (None,), (), None), "[1, 2]", [(None, 1.0), (None, 2.0)]),
        (VECTOR, '{"predictions": [[0.1, 0.9], [2, 1]]}', [("yes", 0.9), ("no", 2.0)]),
        (VECTOR, '{"predictions": [0.1]}', [(None, None)]),
        (OutputReading("json", (), ("s",), ("l",)), '{"l": 1.0, "s": "2"}', [("1", 2.0)]),
        (OutputReading("json", (), ("s",)), '{"s": 1}\n{"s": 2}', [(None, 1.0), (None, 2.0)]),
        (OutputReading("json", (), ("s",)), "oops", []),
        (OutputReading("none"), "0.5", [(None, None)]),
    ],
)
def test_answers_are_read_as_declared(
    reading: OutputReading, answer: str, rows: list[tuple[str | None, float | None]]
) -> None:
    """Columns, paths, labels and vectors each give one answer a row."""
    assert read_answers(reading, text(answer)) == rows


@pytest.mark.parametrize(
    ("array", "rows"),
    [
        (np.array([0.5, 0.25]), [(None, 0.5), (None, 0.25)]),
        (np.array([[0.5], [0.25]]), [(None, 0.5), (None, 0.25)]),
        (np.array(0.5), [(None, 0.5)]),
        (np.zeros((2, 2, 2)), []),
        (np.array(["a"]), []),
    ],
)
def test_arrays_are_rows_too(
    array: np.ndarray[Any, Any], rows: list[tuple[str | None, float | None]]
) -> None:
    """A NumPy answer of up to two dimensions is read by its rows, one of texts is not."""
    assert read_answers(OutputReading("csv", score=0), Payload("", array=array)) == rows


FEATURES = InputReading("json", ("i", None), ("f",), (), ("a", "b"), (True, False))


@pytest.mark.parametrize(
    ("reading", "given", "rows"),
    [
        (FEATURES, '{"i": [{"f": [1, "x"]}, {"f": ["2", 3.0]}]}', [(1.0, "x"), (2.0, "3")]),
        (FEATURES, '{"i": [{"f": [1]}, {"g": 1}]}', [(None, None), (None, None)]),
        (FEATURES, "oops", []),
        (
            InputReading("json", (), None, (("a",), ("b",)), ("a", "b"), (True, False)),
            '{"b": true, "a": null}',
            [(None, "true")],
        ),
        (InputReading("csv", names=("a",), numeric=(True,)), "1\n\nx\n", [(1.0,), (None,)]),
        (InputReading("csv", names=("a", "b"), numeric=(False,) * 2), ' x ,"1,2"', [("x", "1,2")]),
        (InputReading("none"), "1", []),
    ],
)
def test_features_are_shaped_like_their_names(
    reading: InputReading, given: str, rows: list[tuple[Any, ...]]
) -> None:
    """Every row of an input gives one cell a feature; a row of another width gives none."""
    assert read_features(reading, text(given)) == rows


def test_a_nan_feature_is_missing_and_known_as_nan() -> None:
    """NaN among the features stays NaN in a numeric column."""
    reading = InputReading("csv", names=("a", "b"), numeric=(True, True))
    ((first, second),) = read_features(reading, text("NaN,1"))
    assert isinstance(first, float)
    assert math.isnan(first)
    assert second == 1.0


def test_a_record_has_at_least_one_row() -> None:
    """An answer that cannot be read is a row without an answer, so that it is counted."""
    reading = Reading(
        "binary",
        OutputReading("csv", score=0),
        InputReading("csv", names=("a",), numeric=(True,)),
        ("CSV", "CSV"),
        False,
        True,
        True,
    )
    assert rows_of(reading, text("1"), None) == [Row(None, None, (1.0,))]
    assert rows_of(reading, None, text("0.5")) == [Row(None, 0.5, (None,))]
    # three inputs and two answers: which belongs to which is not known
    assert rows_of(reading, text("1\n2\n3"), text("4\n5")) == [
        Row(None, 4.0, (None,)),
        Row(None, 5.0, (None,)),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.5", 0.5), (" 3 ", 3.0), ("1e-3", 1e-3), ("1e400", math.inf), ("-inf", -math.inf),
        ("Infinity", math.inf), ("1_000", 1000.0), (7, 7.0), (10**400, None),
        ("nan", None), (math.nan, None), ("", None), ("0x1F", None), ("true", None),
        (True, None), (None, None), ([1], None), ("١", None), ("１", None),
    ],
)  # fmt: skip
def test_what_is_a_number(value: object, expected: float | None) -> None:
    """NaN, a truth value and digits of other scripts are no numbers, whatever Python thinks."""
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (1, "1"), (1.0, "1"), ("1.0", "1"), ("-2.00", "-2"), (" cat\r\n", "cat"), (0.5, "0.5"),
        (True, "true"), ("", None), (" \n", None), ("\u00a0", "\u00a0"), (None, None),
        ([1], None), ({}, None), ("1.0.0", "1.0.0"),
    ],
)  # fmt: skip
def test_one_label_is_written_one_way(value: object, label: str | None) -> None:
    """1, 1.0 and "1.0" are one label; an empty text or a container is none."""
    assert as_label(value) == label


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_argmax_is_numpys(values: list[float]) -> None:
    """The label is the place of the largest value, the first one on ties."""
    assert argmax_label(list(values), ()) == (str(int(np.argmax(values))), max(values))


@given(st.lists(st.lists(st.sampled_from(["a", " b", "1", "", "é"]), min_size=1), min_size=1))
def test_plain_csv_is_split_at_commas(rows: list[list[str]]) -> None:
    """Without quotes a line is its cells, and a blank line is no row."""
    lines = [",".join(row) for row in rows]
    expected = [[c.lstrip(" ") for c in line.split(",")] for line in lines if line.strip()]
    assert csv_rows("\r\n".join(lines)) == expected


@given(st.text(st.sampled_from('ab",\r\n \x00\u2028\x0b1.')))
def test_no_csv_makes_the_reader_raise(content: str) -> None:
    """Any text is rows of cells, stray quotes and carriage returns included."""
    csv_rows(content)


def test_a_very_long_cell_is_read() -> None:
    """A cell longer than the CSV module's limit is a cell like any other."""
    assert csv_rows("x" * 200_000 + ",1") == [["x" * 200_000, "1"]]


@pytest.mark.parametrize(
    ("output", "batched", "sentence"),
    [
        (OutputReading("csv", score=0), False, "binary: score from CSV column 0"),
        (VECTOR, True, "binary: the largest value of $.predictions[*], several rows a record"),
        (
            OutputReading("json", ("p", None), ("s",), ("l",)),
            True,
            "binary: label from $.p[*].l and score from $.p[*].s, several rows a record",
        ),
        (
            OutputReading("json"),
            False,
            "binary: no prediction found; say where it stands with `kind` and `path` (JSON) or "
            "`column` (CSV) in [tests.NAME.prediction]",
        ),
    ],
)
def test_the_reading_is_told_in_a_sentence(
    output: OutputReading, batched: bool, sentence: str
) -> None:
    """The user is shown where label and score are taken from, or that nothing was found."""
    reading = Reading("binary", output, InputReading("none"), ("", ""), batched, True, True)
    assert reading.sentence == sentence


def test_a_declared_path_reaches_the_reading() -> None:
    """The path as the configuration writes it finds the value."""
    path = parse_path("$.a['b.c'][1]")
    answer = text('{"a": {"b.c": [1, 2]}}')
    assert read_answers(OutputReading("json", (), path), answer) == [(None, 2.0)]
