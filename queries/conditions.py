"""What does a filter ask of a request, in the reader's words and in SQL?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from queries.dimensions import WEEKDAYS

if TYPE_CHECKING:
    from queries.dimensions import Dimension

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not in", "is missing", "is not missing"]
Value = float | str


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; ``values`` are numbers for a numeric dimension, else texts."""

    dimension: Dimension
    operator: Operator
    values: tuple[Value, ...] = ()

    @property
    def text(self) -> str:
        """The condition as a filter spells it."""
        name = self.dimension.written
        if not self.values:
            return f"{name} {self.operator}"
        values = ", ".join(_written(value) for value in self.values)
        return f"{name} {self.operator} {f'({values})' if 'in' in self.operator else values}"

    @property
    def sql(self) -> str:
        """The condition in Athena's dialect, with a mark for every value.

        A missing value meets no comparison; nan is one, whatever the engine thinks of its size.
        """
        column = self.dimension.column
        nan = self.dimension.kind == "float"
        if self.operator == "is missing":
            return f"({column} IS NULL OR is_nan({column}))" if nan else f"{column} IS NULL"
        if self.operator == "is not missing":
            return f"NOT is_nan({column})" if nan else f"{column} IS NOT NULL"
        if "in" in self.operator:
            marks = ", ".join("?" * len(self.values))
            compared = f"{column} {self.operator.upper()} ({marks})"
        else:
            compared = f"{column} {self.operator.replace('!=', '<>')} ?"
        return f"NOT is_nan({column}) AND {compared}" if nan else compared

    @property
    def parameters(self) -> tuple[Value | int, ...]:
        """The values of the marks, in their order."""
        if self.dimension.kind == "weekday":
            return tuple(WEEKDAYS.index(str(value)) + 1 for value in self.values)
        return self.values


@dataclass(frozen=True, slots=True)
class Filter:
    """Requests that meet every condition."""

    conditions: tuple[Condition, ...]

    @property
    def text(self) -> str:
        """The filter as the address holds it; read again, it gives itself."""
        return " and ".join(condition.text for condition in self.conditions)

    def without(self, at: int) -> str:
        """The text of the filter less one of its conditions."""
        return Filter((*self.conditions[:at], *self.conditions[at + 1 :])).text


def _written(value: Value) -> str:
    """A value as it is read again: a number at full precision, a text in double quotes."""
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return '"' + value.replace('"', '""') + '"'
