"""Where do the right answers of a test lie, and what came of those that were given?

The answer is ``[tests.NAME.truth]`` and ``[tests.NAME.outcomes]`` of ``understudy.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_lowercase
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Where the right answers lie, and which columns of a table hold id, label and time.

    ``location`` is a folder, a file or an ``s3://`` address; the columns are guessed where not
    stated; ``positive`` is the label that precision and recall are about (binary: 1).
    """

    location: str
    id: str | None = None
    label: str | None = None
    time: str | None = None
    positive: str | None = None
    table: ClassVar[Literal["truth", "outcomes"]] = "truth"
    names_label: ClassVar[str] = "label"


class Outcome(Truth):
    """One column of ``[tests.NAME.outcomes]``, which is read and joined as labels are."""

    __slots__ = ()
    table = "outcomes"
    names_label = "columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Where it lies what came of production's answers: numbers by the id of a request.

    ``location`` is a folder, a file or an ``s3://`` address; ``columns`` hold the numbers; the
    columns of id and time are guessed where not stated.
    """

    location: str
    columns: tuple[str, ...]
    id: str | None = None
    time: str | None = None

    @property
    def each(self) -> tuple[tuple[str, Outcome], ...]:
        """Every column, beside the name of the relation that its rows are."""
        return tuple(
            (
                f"outcome_{letter}",
                Outcome(location=self.location, id=self.id, label=column, time=self.time),
            )
            for letter, column in zip(ascii_lowercase, self.columns, strict=False)
        )
