"""What did the inputs look like when the model was trained?

A baseline is a CSV or Parquet file with the training inputs, or Model Monitor's ``statistics.json``
with sketches of their numbers and counts of their texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from queries import monitored_files, monitored_statistics
from queries.config import Aws
from queries.errors import NotComparable
from queries.monitored_files import STATISTICS
from queries.monitored_statistics import SketchColumn
from queries.one_file import on_disk
from queries.tables import (
    CategoryColumn,
    Column,
    Feature,
    NumericColumn,
    read_features,
    read_table,
)

__all__ = [
    "Baseline",
    "CategoryColumn",
    "Column",
    "Feature",
    "NumericColumn",
    "SketchColumn",
    "feature_names",
    "features",
    "load",
]

MOST_ROWS = 1_000_000
"""Rows read of a baseline; further rows are left out and said to be."""

_KINDS: dict[str, Literal["numeric", "categorical"]] = {
    "Integral": "numeric",
    "Fractional": "numeric",
    "String": "categorical",
}


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Reference data of the features, and in sentences what of the file was not taken.

    ``names`` are those of the file; ``about`` says in words what it is.
    """

    location: str
    names: tuple[str, ...]
    columns: tuple[Column | SketchColumn, ...]
    rows: int
    about: str
    notes: tuple[str, ...]

    def column(self, name: str) -> Column | SketchColumn | None:
        """The reference of one feature, ``None`` where the baseline has none."""
        return next((column for column in self.columns if column.name == name), None)


def feature_names(location: str, *, aws: Aws | None = None) -> tuple[str, ...] | None:
    """Names of the input columns, in order; ``None`` for a CSV without a header.

    Raises
    ------
    SourceError
        When the file is not there or is none of the kinds that are read.
    """
    found = features(location, aws=aws)
    return None if found is None else tuple(each.name for each in found)


def features(location: str, *, aws: Aws | None = None) -> tuple[Feature, ...] | None:
    """Names and kinds of the input columns, in order; ``None`` for a CSV without a header.

    Raises
    ------
    SourceError
        When the file is not there or is none of the kinds that are read.
    """
    if monitored_files.is_monitored(location):
        listed = monitored_statistics.types(location, aws)
        return tuple(Feature(name, _KINDS.get(type_, "unknown")) for name, type_ in listed)
    with on_disk(location, aws) as path:
        return read_features(path, location)


def load(location: str, *, aws: Aws | None = None, most_rows: int = MOST_ROWS) -> Baseline:
    """The reference data of every column.

    Columns of a CSV without a header are named ``_c0``, ``_c1``, … as Model Monitor does.

    Raises
    ------
    NotComparable
        When only Model Monitor's constraints are there, which hold no distribution.
    SourceError
        When the file is not there, cannot be read, or holds no rows.
    """
    if monitored_files.is_monitored(location):
        return _of_monitor(location, aws)
    with on_disk(location, aws) as path:
        table = read_table(path, location, most_rows=most_rows)
    names = tuple(column.name for column in table.columns)
    return Baseline(
        location, names, table.columns, table.rows, f"Baseline {location}.", table.notes
    )


def _of_monitor(location: str, aws: Aws | None) -> Baseline:
    place = monitored_files.find(location, STATISTICS, aws)
    if place is None:
        raise NotComparable(
            f"{location} holds constraints but no distributions, and no statistics.json lies "
            "beside it; name that or the training data as `baseline`, or compare with the earlier "
            "window.",
            remedy="earlier window",
        )
    found = monitored_statistics.read(place, aws)
    about = f"Baseline {place}: Model Monitor's statistics of {found.rows:,} rows."
    if found.error:
        about += (
            f" Its numbers are sketches, whose cumulative shares may be off by ± "
            f"{100 * found.error:.2g} percentage points; every interval includes that."
        )
    return Baseline(place, found.names, found.columns, found.rows, about, found.notes)
