"""What did the inputs look like when the model was trained?

A baseline is a CSV or Parquet file with the training inputs, or one of the two files that Model
Monitor's baselining job writes, ``statistics.json`` and ``constraints.json``: from these, names
and types are taken, for they hold sketches and no rows.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from queries.config import Aws
from queries.errors import SourceError
from queries.objects import is_s3, list_objects, reader
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
    "Feature",
    "NumericColumn",
    "feature_names",
    "features",
    "load",
]

MOST_ROWS = 1_000_000
"""Rows read of a baseline; further rows are left out and said to be."""

_MOST_BYTES = 1 << 30


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Reference data of the features, and in sentences what of the file was not taken."""

    location: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: int
    notes: tuple[str, ...]

    def column(self, name: str) -> Column | None:
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
    with _on_disk(location, aws) as path:
        return _monitored(path, location) if _is_json(location) else read_features(path, location)


def load(location: str, *, aws: Aws | None = None, most_rows: int = MOST_ROWS) -> Baseline:
    """The reference data of every column of a CSV or Parquet file.

    Columns of a CSV without a header are named ``_c0``, ``_c1``, … as Model Monitor does.

    Raises
    ------
    SourceError
        When the file is not there, cannot be read, or holds no rows.
    """
    if _is_json(location):
        raise SourceError(
            f"{location} holds names and sketches but no rows; give as `baseline` the CSV or "
            "Parquet file that Model Monitor's job was run on."
        )
    with _on_disk(location, aws) as path:
        table = read_table(path, location, most_rows=most_rows)
    names = tuple(column.name for column in table.columns)
    return Baseline(location, names, table.columns, table.rows, table.notes)


@contextmanager
def _on_disk(location: str, aws: Aws | None) -> Iterator[Path]:
    """The file on this machine, fetched for the time of reading when it lies in S3."""
    if not is_s3(location):
        path = Path(location).expanduser()
        if not path.is_file():
            raise SourceError(f"The baseline {location} is not a file on this machine; correct it.")
        yield path
        return
    found = list_objects(location, aws=aws).objects
    if len(found) != 1 or found[0].key != location.split("/", 3)[-1]:
        raise SourceError(
            f"The baseline {location} is not an object; name one file: s3://bucket/path/file.csv."
        )
    if found[0].size > _MOST_BYTES:
        raise SourceError(
            f"The baseline {location} is {found[0].size / 1e9:.1f} GB; give a sample under 1 GB."
        )
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        path = Path(folder) / found[0].name
        path.write_bytes(reader(location, aws).read(found[0]))
        yield path


def _monitored(path: Path, location: str) -> tuple[Feature, ...]:
    kinds: dict[str, Literal["numeric", "categorical"]] = {
        "Integral": "numeric",
        "Fractional": "numeric",
        "String": "categorical",
    }
    try:
        listed = json.loads(path.read_bytes().decode("utf-8-sig"))["features"]
        return tuple(
            Feature(str(each["name"]), kinds.get(each.get("inferred_type", ""), "unknown"))
            for each in listed
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            f"{location} is not a statistics.json or constraints.json of Model Monitor "
            "(no list `features` with a `name` each); give one of them, or CSV or Parquet."
        ) from error


def _is_json(location: str) -> bool:
    return location.lower().endswith(".json")
