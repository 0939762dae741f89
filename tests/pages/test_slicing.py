"""Do the sentences about slices say what was found, and what was left out?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import slicing
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import plain, show


def said(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_the_most_harmful_slice_is_the_headline():
    """The rule of both conditions, its agreement in both halves, and what it costs in pairs."""
    headline = said(slicing.headline(sample.slices()))
    assert headline.startswith(
        "amount ≥ 412.5 and country = BR: 56.00 % of 1,000 answers agree in the half held out"
    )
    # the rest agrees on 18,602 of 19,000: 97.91 %
    assert "against 97.91 % elsewhere; 56.00 % of 1,000 in the half searched." in headline
    # its only crossing is drawn nowhere: 2,000 × (18,602/19,000 − 0.56) = 838.1
    assert "Confirmed: about 838 more disagreements" in headline


def test_a_rule_comes_before_what_it_explains():
    """Large amounts, and Brazil, are worse by their meeting: it is named first."""
    names = [each.name for each in sample.slices().confirmed]
    assert names[0] == "amount ≥ 412.5 and country = BR"
    assert set(names[1:]) == {"amount ≥ 412.5", "country = BR"}


def alike(agreed: int) -> tuple[tuple[tuple[str], str, str, int, int], ...]:
    """Four hours, of which the first agrees so often of five hundred."""
    return tuple(
        (("hour",), f"hour = {at}", f"hour = {at}", 500, 490 if at else agreed) for at in range(4)
    )


def test_where_nothing_stands_out_that_is_the_headline():
    """Slices that are alike are no finding, however many were looked at."""
    found = sample.searched(alike(490), (2_000, 1_960))
    assert "none of 4 agrees less" in slicing.headline(found)


def test_what_is_not_confirmed_is_not_the_headline():
    """What stands out in the half that was searched alone is told as that."""
    found = sample.searched(alike(440), (2_000, 1_910))
    (one,) = found.found
    unconfirmed = replace(found, slices=(replace(one, confirmed=False), *found.slices[1:]))
    assert slicing.headline(unconfirmed) == (
        "No slice is confirmed: 1 of 4 stands out in the half that was searched, "
        "but not in the other."
    )
    assert "not confirmed by the other half" in slicing.comparison(unconfirmed.slices[0])


def test_one_disagreement_is_not_several():
    """One is told in the singular, less than one is not told as none or one."""
    (first, *_) = sample.slices().slices
    assert slicing.comparison(replace(first, harm=1.2)).endswith(
        "Confirmed: about 1 more disagreement than at elsewhere’s rate."
    )
    assert slicing.comparison(replace(first, harm=0.3)).endswith("Confirmed.")


def test_what_was_left_out_is_counted_and_named():
    """Small slices are counted, what is not cut is named; so is that there are no features."""
    found = sample.slices()
    basis = said(slicing.basis(found))
    assert "5 slices by 4 dimensions and any two of them were searched in 20,000 of " in basis
    assert "40,000 pairs: 3 stand out" in basis
    assert "The 20,000 held out confirm 3" in basis
    assert "2 slices are not listed" in basis
    assert "fewer than 20 pairs in a half" in basis
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
    assert table.export_rows[0][table.export_columns.index("held_agreement")] == 0.56


def test_where_nothing_can_be_told_apart_the_page_says_so(app: AppTest, answers: Answers):
    """Too few pairs for any slice: a sentence with what to do, and no empty chart."""
    answers.slices = sample.slices_without_features()
    show(app, "slices")
    assert not app.exception
    assert "fewer than 20 of 80 pairs in each half" in plain(app)
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
