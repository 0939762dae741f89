"""Are two texts compared by their words, and by nothing that a reader would not see?"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.texts import MOST_CHARACTERS, compare, words

TEXTS = st.text(max_size=40) | st.lists(
    st.sampled_from(["the", "cat", "sat", "on", "Mat", "—", "ﬁne"]), max_size=8
).map(" ".join)


@pytest.mark.parametrize(
    ("candidate", "score"), [("police kill the gunman", 0.75), ("the gunman kill police", 0.5)]
)
def test_similarity_is_rouge_l(candidate: str, score: float) -> None:
    """The example of Lin 2004, §3.1: ROUGE-L 3/4 and 2/4 against "police killed the gunman"."""
    assert compare("police killed the gunman", candidate).similarity == score


def test_letters_are_rapidfuzz_own_example() -> None:
    """rapidfuzz.distance.Indel.normalized_similarity's documented example."""
    found = compare("lewenstein", "levenshtein")
    assert found.letters == pytest.approx(0.85714285714285, abs=1e-12)
    assert found.similarity == 0.0


def test_what_normalising_takes_away() -> None:
    """Case, white space, width, ligatures and punctuation around words; nothing within them."""
    found = compare("  Hello,\tWORLD! ", "hello “world”")
    assert (found.exact, found.normalised, found.similarity) == (False, True, 1.0)
    assert words("ｆｕｌｌ ﬁne STRASSE Straße don't —") == [
        *("full", "fine", "strasse", "strasse", "don't", "—")
    ]
    assert not compare("it costs 1.5", "it costs 15").normalised


def test_an_empty_text_is_an_answer() -> None:
    """Two empty texts are the same; an empty one has nothing in common with words."""
    assert compare("", "").similarity == 1.0
    assert math.isnan(compare("", "").length_ratio)
    found = compare("a b", "")
    assert (found.similarity, found.length_ratio, found.length_change) == (0.0, 0.0, -3)


def test_the_order_of_words_counts() -> None:
    """The same words in another order say something else."""
    assert compare("you owe me", "me owe you").similarity < 1.0


def test_a_long_text_is_compared_by_its_beginning() -> None:
    """What stands behind the limit changes only length and exactness, and is told."""
    long = "word " * (MOST_CHARACTERS // 5)
    found = compare(long + "yes", long + "no no")
    assert (found.exact, found.similarity, found.cut) == (False, 1.0, True)
    assert found.length_change == 2
    assert not compare("a", "b").cut
    assert compare(long + "yes", long + "yes").cut


@given(TEXTS, TEXTS)
def test_likeness_does_not_ask_who_is_who(one: str, other: str) -> None:
    """Exchanging the variants keeps every likeness and turns the lengths round."""
    there, back = compare(one, other), compare(other, one)
    for name in ("exact", "normalised", "similarity", "letters"):
        assert getattr(there, name) == getattr(back, name)
        assert 0 <= getattr(there, name) <= 1
    assert there.length_change == -back.length_change
    assert there.normalised == (there.similarity == 1.0)


@given(TEXTS)
def test_a_text_is_like_itself(text: str) -> None:
    """Nothing is more alike; and normalising what is normalised changes nothing."""
    found = compare(text, text)
    assert (found.exact, found.normalised, found.similarity, found.letters) == (True, True, 1, 1)
    assert words(" ".join(words(text))) == words(text)
