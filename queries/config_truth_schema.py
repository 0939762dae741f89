"""Which keys may the tables of right answers and of outcomes have, and of which kind?"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from queries.config_values import Location, Table, Text


class TruthTable(Table):
    """Keys of ``[tests.NAME.truth]``."""

    location: Location
    id: Text | None = None
    label: Text | None = None
    time: Text | None = None
    positive: Text | None = None


class OutcomesTable(Table):
    """Keys of ``[tests.NAME.outcomes]``."""

    location: Location
    columns: Annotated[tuple[Text, ...], Field(strict=False, min_length=1, max_length=10)]
    id: Text | None = None
    time: Text | None = None

    @model_validator(mode="after")
    def _each_once(self) -> OutcomesTable:
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("`columns` names a column twice: name each once")
        return self
