"""What did the right answers of a test come to, wherever they were joined to its pairs?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from analysis.labels import LabelCounts, LabelsBehind
from analysis.quality import Ids


@dataclass(frozen=True, slots=True)
class Labelled:
    """What the labels came to. ``yes`` and ``no`` are how answers say true and false."""

    name: str
    counts: LabelCounts
    ids: Ids
    yes: str
    no: str


class PairLabels(Protocol):
    """The labels of the pairs of one test; nothing is read before they are asked for."""

    @property
    def relation(self) -> str:
        """What questions call them: ``truth``, or one of several outcomes."""
        ...

    def read(self) -> Labelled:
        """Find the labels that count, and let questions ask for the relation.

        Raises
        ------
        SourceError
            When the labels cannot be read.
        UnderstudyError
            Whatever else the engine meets.
        """
        ...

    def behind(self) -> LabelsBehind | None:
        """What has come since those labels; None where they are all there are."""
        ...
