"""What is an explanation of a number made of?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a number is computed, for somebody who wants to know before relying on it.

    Attributes
    ----------
    name : str
        What is explained.
    how : str
        The formula in words.
    assumes : str
        What has to hold for the number, or its interval, to be right.
    source : str
        Where the method, or the data where there is no method, comes from.
    wrong : str
        What would make it wrong, or mislead.
    section : str
        The chapter of docs/statistics.md that says more.
    """

    name: str
    how: str
    assumes: str
    source: str
    wrong: str
    section: str
