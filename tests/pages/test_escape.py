"""Does captured text cross every border as plain characters?"""

from __future__ import annotations

import csv
import html
import io
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts import escape, tables

ANY_TEXT = st.text(max_size=80)


@given(ANY_TEXT)
def test_markdown_shows_the_same_characters(text: str):
    """Every punctuation mark is escaped, and nothing but invisible joiners is added."""
    escaped = escape.markdown(text)
    bare = re.sub(r"\\(.)", "", escaped)
    assert not re.search(r"[!-/:-@\[-`{-~]", bare)
    shown = re.sub(r"\\(.)", r"\1", escaped).replace(escape.WORD_JOINER, "")
    assert shown == escape.visible(text)


@given(st.text(alphabet="`[]ab\\$:_<>*", max_size=40))
def test_a_sentence_shows_keys_as_code_and_all_else_to_the_letter(text: str):
    """What is between two backticks and harmless is code; the rest is escaped as anywhere."""
    shown = escape.sentence(text)
    rest = re.sub(r"(?<!\\)`([ab_*]+)`", "", re.sub(r"\\.", "", shown))
    assert not re.search(r"[!-/:-@\[-`{-~]", rest)
    assert len(re.findall(r"[ab]", shown)) == len(re.findall(r"[ab]", text))


def test_a_key_in_a_sentence_is_code():
    """And what holds brackets, which would end the mark-up around it, is told without marks."""
    assert escape.sentence("`four_eyes` is off") == "`four_eyes` is off"
    assert escape.sentence('say `allow = ["a"]`') == r"say allow \= \[\"a\"\]"
    assert escape.sentence("one ` alone") == r"one \` alone"


@given(ANY_TEXT)
def test_one_label_stays_on_one_line(text: str):
    """A line break, a direction mark or a control character never reaches the page."""
    shown = escape.visible(text)
    assert len(shown) == len(text)
    for character in shown:
        hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert not hidden or character in escape.SHAPES_LETTERS


@pytest.mark.parametrize(
    "text",
    [
        "http://evil.example",
        "www.evil.example",
        "me@evil.example",
        ":smile:",
        ":+1:",
        ":100:",
        ":8ball:",
        ":material/home:",
    ],
)
def test_what_is_found_after_parsing_is_broken_up(text: str):
    """Links, addresses and emoji codes are recognised in plain text: a joiner breaks them up."""
    shown = re.sub(r"\\(.)", r"\1", escape.markdown(text))
    assert escape.WORD_JOINER in shown


@pytest.mark.parametrize("text", ["2026-03-05T12:00:00+00:00", "role: s3:ListBucket", "a:b"])
def test_what_is_no_code_can_be_copied(text: str):
    """Times and permissions carry nothing invisible: what is copied is what was captured."""
    assert escape.WORD_JOINER not in escape.markdown(text)


@given(ANY_TEXT)
def test_plotly_gets_no_tag(text: str):
    """Plotly reads tags and entities in labels; the browser shows the characters again."""
    escaped = escape.plotly(text, length=100)
    assert "<" not in escaped
    assert html.unescape(escaped) == escape.visible(text)


@given(st.lists(ANY_TEXT.filter(lambda t: "\0" not in t), min_size=1, max_size=4))
def test_no_cell_of_a_file_is_a_formula(cells: list[str]):
    """A cell a spreadsheet would run is prefixed; nothing else is changed."""
    written = tables.as_csv(["a"] * len(cells), [cells]).decode("utf-8-sig")
    row = list(csv.reader(io.StringIO(written, newline="")))[1]
    for cell, original in zip(row, cells, strict=True):
        assert cell in (original, "'" + original)
        if original.startswith(("=", "@", "\t", "\r", "+", "-")):
            assert cell.startswith("'") or re.fullmatch(r"[+-]?[\d.,eE+-]+", cell)


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "＝1+1", "-2+3+cmd"],
)
def test_a_formula_is_prefixed(cell: str):
    """The usual ways of starting a formula, the full-width ones too."""
    assert escape.csv_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", [-0.5, "-0.5", "+3", "1e-3", "-1,000", 7, None, "text", ""])
def test_numbers_stay_numbers(cell: object):
    """A negative number is no formula, written as a number or as text."""
    assert escape.csv_cell(cell) == cell


@given(st.lists(st.lists(ANY_TEXT, min_size=2, max_size=2), max_size=4))
def test_only_our_own_pipes_divide_cells(rows: list[list[str]]):
    """Whatever stands in the cells, every line of the table has the same two cells."""
    table = tables.Table(
        columns=tables.columns("Name", "Value >"),
        rows=tuple(tuple(row) for row in rows),
        export_columns=(),
        export_rows=(),
    )
    lines = tables.markdown(table).split("\n")
    assert len(lines) == 2 + len(rows)
    for line in lines:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 3


@given(ANY_TEXT, st.integers(1, 60))
def test_a_clip_is_no_longer_than_asked(text: str, length: int):
    """Long text is cut and says so."""
    assert len(escape.clip(text, length)) <= length
    assert len(escape.clip_left(text, length)) <= length
