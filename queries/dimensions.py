"""By what can the requests of a test be told apart?

By their features, and by what is known of every request: the hour and the weekday (UTC), the
content type, the size of the input and both answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from analysis.policy import STRUCTURED

if TYPE_CHECKING:
    from queries.reading import Reading

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RESERVED = frozenset({"and", "or", "not", "in", "is", "missing", "null", "like", "between"})
_PLAIN_NAME = re.compile(r"[^\W\d][\w.\-]*")


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing by which requests differ.

    Attributes
    ----------
    name : str
        What the reader calls it; of a feature somebody else's text.
    column : str
        Its expression in SQL, over ``inputs`` and, but for an answer, over ``captures``.
    kind : str
        ``float`` (a feature, nan is missing), ``integer``, ``text`` or ``weekday``.
    about : str
        ``feature``, or of the built-in ones what it is known from: ``time`` and ``answer``, which
        stand in ``pairs``, or ``request``.
    """

    name: str
    column: str
    kind: Literal["float", "integer", "text", "weekday"]
    about: Literal["feature", "request", "time", "answer"]

    @property
    def numeric(self) -> bool:
        """Whether its values are compared as numbers."""
        return self.kind in ("float", "integer")

    @property
    def written(self) -> str:
        """How a filter names it: a feature in backticks where its name is no plain word.

        >>> Dimension("hour", "f3", "float", "feature").written
        '`hour`'
        """
        if self.about != "feature":
            return self.name
        plain = _PLAIN_NAME.fullmatch(self.name) and self.name.lower() not in RESERVED
        if plain and self.name not in BUILT_IN:
            return self.name
        return "`" + self.name.replace("`", "``") + "`"


_KNOWN = (
    Dimension("hour", "hour(ts)", "integer", "time"),
    Dimension("weekday", "day_of_week(ts)", "weekday", "time"),
    Dimension("content_type", "content_type", "text", "request"),
    Dimension("input_bytes", "input_bytes", "integer", "request"),
)
BUILT_IN = frozenset({*(known.name for known in _KNOWN), "production_answer", "shadow_answer"})
"""Names that mean the built-in dimension; a feature of that name is written in backticks."""


def dimensions_of(reading: Reading) -> tuple[Dimension, ...]:
    """Features in their order, then what is known of every request.

    Answers of several parts are no dimension: hardly two of them are the same.
    """
    given = reading.input
    features = tuple(
        Dimension(name, f"f{at}", "float" if numeric else "text", "feature")
        for at, (name, numeric) in enumerate(zip(given.names, given.numeric, strict=True))
    )
    if reading.kind in STRUCTURED:
        return features + _KNOWN
    column = "score" if reading.kind == "regression" else "label"
    answers = tuple(
        Dimension(
            f"{side}_answer",
            f"{side}_{column}",
            "float" if column == "score" else "text",
            "answer",
        )
        for side in ("production", "shadow")
    )
    return features + _KNOWN + answers
