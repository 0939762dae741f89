"""What does a question come back as?

Columns of numpy arrays, not a DataFrame: importing pandas alone would more than double the time
to the first chart of a new process, and no computation here needs one (docs/decisions/0004).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]


class Answer(Mapping[str, Column]):
    """The columns of an answer, all of one length.

    A missing number is nan, a missing time NaT and a missing text None.
    """

    __slots__ = ("_columns",)

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self._columns = {name: _plain(column) for name, column in columns.items()}

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """The number of columns; ``rows`` is that of rows."""
        return len(self._columns)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return next((len(column) for column in self._columns.values()), 0)

    def one(self, name: str) -> Any:
        """The only value of a column, for an answer of one row; None where it is missing."""
        value = self._columns[name][0]
        missing = value is None or (isinstance(value, np.datetime64) and np.isnat(value))
        return None if missing or value != value else value

    def count(self, name: str) -> int:
        """The only value of a column of counts or sums; a sum over nothing is 0."""
        value = self.one(name)
        return 0 if value is None else int(value)


_MISSING = {"O": None, "M": np.datetime64("NaT", "s"), "m": np.timedelta64("NaT", "s")}


def _plain(column: Column) -> Column:
    """An array without a mask."""
    if not isinstance(column, np.ma.MaskedArray):
        return column
    kind = column.dtype.kind
    plain: Column = np.array(column.data, dtype=np.float64 if kind in "iub" else None)
    plain[np.ma.getmaskarray(column)] = _MISSING.get(kind, np.nan)
    return plain
