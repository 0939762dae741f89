"""How alike are two texts?

Exactly, after normalising, by their common words in order, and by their letters. A word is what
stands between white space, stripped of punctuation.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

MOST_CHARACTERS = 20_000
"""Longer texts are compared by their first so many characters."""


@dataclass(frozen=True, slots=True)
class TextLikeness:
    """How alike two texts are.

    Attributes
    ----------
    exact, normalised : bool
        Equal as they stand (whole, however long); equal after :func:`words`.
    similarity : float
        2·L/(a + b) with L the longest common subsequence of their words and a, b the numbers of
        words: 1 for the same words in the same order, 0 for none in common.
    letters : float
        The same of the characters of the normalised texts: high where only endings or typing
        differ.
    length_ratio : float
        Words of the shadow's text over words of production's; nan where production's has none.
    length_change : float
        Characters of the shadow's text minus those of production's (whole, however long).
    cut : bool
        Whether one was too long to be compared whole.
    """

    exact: bool
    normalised: bool
    similarity: float
    letters: float
    length_ratio: float
    length_change: int
    cut: bool


def words(text: str) -> list[str]:
    """Split a text into words without case, width or punctuation at their ends (Unicode NFKC).

    >>> words("Hello,  WORLD! ﬁne")
    ['hello', 'world', 'fine']
    """
    # compatibility forms may unfold again when case is folded: twice, as Unicode 3.13 D146 does
    plain = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).casefold()
    stripped = (_stripped(word) for word in unicodedata.normalize("NFKC", plain).split())
    return [word for word in stripped if word]


def compare(production: str, shadow: str) -> TextLikeness:
    """Compare two texts; two empty ones are the same.

    The similarity is the normalised Indel similarity over words (rapidfuzz), which is ROUGE-L's F
    (Lin 2004) of the two and the ratio that Python's difflib approximates: of two texts with the
    same words in another order it is below 1, as a sentence says something else then. Sorting the
    words first (``token_sort_ratio``) would call "you owe me" and "me owe you" the same.

    >>> compare("the cat sat", "The cat sat.").similarity
    1.0
    """
    before = words(production)
    if production == shadow:
        ratio = 1.0 if before else float("nan")
        return TextLikeness(True, True, 1.0, 1.0, ratio, 0, len(production) > MOST_CHARACTERS)
    from rapidfuzz.distance import Indel

    after = words(shadow)
    return TextLikeness(
        exact=False,
        normalised=before == after,
        similarity=float(Indel.normalized_similarity(before, after)),
        letters=float(Indel.normalized_similarity(" ".join(before), " ".join(after))),
        length_ratio=len(after) / len(before) if before else float("nan"),
        length_change=len(shadow) - len(production),
        cut=max(len(production), len(shadow)) > MOST_CHARACTERS,
    )


def _stripped(word: str) -> str:
    """A word without the punctuation around it; one that is nothing else stays as it is."""
    if word.isalnum():
        return word
    start, end = 0, len(word)
    while start < end and unicodedata.category(word[start])[0] == "P":
        start += 1
    while end > start and unicodedata.category(word[end - 1])[0] == "P":
        end -= 1
    return word[start:end] or word
