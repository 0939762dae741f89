"""Do the sentences about slices say what was found, and what was left out?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from analysis.slices import Counted, search
from pages.parts import slicing
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import plain, show


def said(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_the_most_harmful_slice_is_the_headline():
    """Its name, its agreement against the rest's, and what it costs in pairs."""
    headline = said(slicing.headline(sample.slices()))
    assert headline.startswith("amount ≥ 412.5: 81.20 % of 2,500 answers agree")
    # the rest agrees on 17,132 of 17,500: 97.90 %
    assert "against 97.90 % elsewhere" in headline
    # 2,500 × (17,132/17,500 − 2,030/2,500) = 417.4
    assert "417 more disagreements" in headline


def test_where_nothing_stands_out_that_is_the_headline():
    """Slices that are alike are no finding, however many were looked at."""
    alike = [Counted("hour", f"hour = {at}", f"hour = {at}", 500, 490) for at in range(4)]
    found = search(alike, 2_000, 1_960, confidence=0.95)
    assert "none of 4 agrees less" in slicing.headline(found)


def test_one_disagreement_is_not_several():
    """One is told in the singular, less than one is not told as none or one."""
    (first, *_) = sample.slices().slices
    assert slicing.comparison(replace(first, harm=1.2)).endswith(
        "1 more disagreement than elsewhere’s rate would give."
    )
    assert slicing.comparison(replace(first, harm=0.3)).endswith("elsewhere.")


def test_what_was_left_out_is_counted_and_named():
    """Small slices are counted, what is not cut is named; so is that there are no features."""
    found = sample.slices()
    basis = said(slicing.basis(found))
    assert "20,000 pairs" in basis
    assert "2 slices are not listed" in basis
    assert "fewer than 30 pairs" in basis
    assert "each is its own: content_type" in basis
    assert "no features" not in basis
    bare = slicing.basis(sample.slices_without_features())
    assert "The requests hold no features that can be read." in bare


def test_the_file_holds_every_slice_the_screen_the_worst():
    """Rows of the screen are those given; those of the file are all, unrounded."""
    found = sample.slices()
    table = slicing.table(found.slices[:1], found.slices)
    assert len(table.rows) == 1
    assert [row[2] for row in table.export_rows] == [each.where for each in found.slices]
    assert all(len(row) == len(table.export_columns) for row in table.export_rows)
    assert len(table.rows[0]) == len(table.columns)
    assert table.export_rows[0][5] == 2_030 / 2_500


def test_where_nothing_can_be_told_apart_the_page_says_so(app: AppTest, answers: Answers):
    """Too few pairs for any slice: a sentence with what to do, and no empty chart."""
    answers.slices = sample.slices_without_features()
    show(app, "slices")
    assert not app.exception
    assert "fewer than 30 of 40 pairs" in plain(app)
    assert not app.get("plotly_chart")


@pytest.mark.parametrize("name", ["<b>x</b>", "[a](http://evil.example)"])
def test_a_slice_is_never_markup(app: AppTest, answers: Answers, name: str):
    """The name of a slice holds captured values."""
    found = sample.slices()
    answers.slices = replace(found, slices=(replace(found.slices[0], name=name), *found.slices[1:]))
    show(app, "slices")
    assert not app.exception
    shown = "\n".join(str(each.value) for each in (*app.markdown, *app.caption))
    assert name not in shown
