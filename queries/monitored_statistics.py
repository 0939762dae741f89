"""What does Model Monitor's statistics.json say of the training data?

Numbers are held as sketches, texts as counted values, each with how many were missing. An entry
that holds less than that, or contradicts itself, is not compared and named in a note.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from analysis.sketches import SHRINKING, Sketch, kll
from queries import monitored_files
from queries.tables import MOST_CATEGORIES, CategoryColumn

if TYPE_CHECKING:
    from queries.config import Aws

EXPECTED = "a statistics.json or constraints.json of Model Monitor"
# More levels than any data set has rows for; with them every weight is an int64.
_MOST_LEVELS = 40
_Count = Annotated[int, Field(ge=0, le=10**15)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Common(_Part):
    num_present: _Count
    num_missing: _Count


class _Parameters(_Part):
    k: Annotated[FiniteFloat, Field(ge=2, le=2**31)]
    c: Annotated[FiniteFloat, Field(gt=0, le=1)] = SHRINKING


class _Levels(_Part):
    parameters: _Parameters
    data: Annotated[list[list[FiniteFloat]], Field(max_length=_MOST_LEVELS)]


class _Kll(_Part):
    sketch: _Levels


class _Numbers(_Part):
    kll: _Kll | None = None


class _Numerical(_Part):
    common: _Common
    mean: FiniteFloat | None = None
    min: FiniteFloat | None = None
    max: FiniteFloat | None = None
    distribution: _Numbers = _Numbers()


class _Bucket(_Part):
    value: str | bool | int | float
    count: _Count


class _Categorical(_Part):
    buckets: list[_Bucket]


class _Texts(_Part):
    categorical: _Categorical | None = None


class _String(_Part):
    common: _Common
    distinct_count: FiniteFloat | None = None
    distribution: _Texts = _Texts()


class _Named(_Part):
    name: str
    inferred_type: str = "Unknown"


class _Feature(_Named):
    numerical_statistics: _Numerical | None = None
    string_statistics: _String | None = None


class _File(BaseModel):
    features: list[dict[str, Any]]


class _NamedFile(BaseModel):
    features: list[_Named]


@dataclass(frozen=True, slots=True, eq=False)
class SketchColumn:
    """One numeric column, known by a sketch; ``missing`` rows have no number."""

    name: str
    sketch: Sketch
    missing: int


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """The columns that can be compared, and in sentences why others cannot."""

    names: tuple[str, ...]
    columns: tuple[SketchColumn | CategoryColumn, ...]
    rows: int
    notes: tuple[str, ...]

    @property
    def error(self) -> float:
        """The largest error of a sketch, as a share; 0 without one."""
        sketches = (c.sketch.error for c in self.columns if isinstance(c, SketchColumn))
        return max(sketches, default=0.0)


def types(location: str, aws: Aws | None) -> tuple[tuple[str, str], ...]:
    """Name and inferred type of every feature, of either of the two files.

    Raises
    ------
    SourceError
        When the file is neither.
    """
    found = monitored_files.read(
        location, _NamedFile, aws, what="baseline", expected=f"{EXPECTED} (a list `features`)"
    )
    return tuple((each.name, each.inferred_type) for each in found.features)


def read(location: str, aws: Aws | None) -> Statistics:
    """What a statistics.json holds.

    Raises
    ------
    SourceError
        When it is not there or is no such file.
    """
    found = monitored_files.read(location, _File, aws, what="baseline", expected=EXPECTED)
    names: list[str] = []
    columns: list[SketchColumn | CategoryColumn] = []
    notes: list[str] = []
    for at, entry in enumerate(found.features):
        name = str(entry.get("name", f"number {at + 1}"))
        names.append(name)
        try:
            column = _column(_Feature.model_validate(entry))
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            column = f"its entry cannot be read at {where}"
        if isinstance(column, str):
            notes.append(f"{name} ({column})")
        else:
            columns.append(column)
    rows = max((_rows(column) for column in columns), default=0)
    left_out = (f"Not compared, for want of data in the file: {'; '.join(notes)}.",)
    return Statistics(tuple(names), tuple(columns), rows, left_out if notes else ())


def _rows(column: SketchColumn | CategoryColumn) -> int:
    present = column.sketch.n if isinstance(column, SketchColumn) else int(column.counts.sum())
    return present + column.missing


def _column(feature: _Feature) -> SketchColumn | CategoryColumn | str:
    """The column of one entry, or why there is none."""
    if feature.numerical_statistics is not None:
        return _numeric(feature.name, feature.numerical_statistics)
    if feature.string_statistics is not None:
        return _categorical(feature.name, feature.string_statistics)
    return "it holds no statistics"


def _numeric(name: str, held: _Numerical) -> SketchColumn | str:
    if held.distribution.kll is None:
        return "it holds no sketch of the distribution"
    levels, present = held.distribution.kll.sketch, held.common.num_present
    sketch = kll(levels.data, size=levels.parameters.k, shrinking=levels.parameters.c)
    if sketch.n > present:
        return f"its sketch stands for {sketch.n:,} values, but there were {present:,}"
    if sketch.n and None not in (held.mean, held.min, held.max):
        mean, low, high = held.mean or 0.0, held.min or 0.0, held.max or 0.0
        # a curve that is nowhere off by more than the error has a mean this near
        room = (sketch.error + 1 - sketch.n / present) * (high - low)
        if abs(sketch.mean - mean) > room + 1e-9 * max(abs(low), abs(high), abs(mean)):
            return f"its sketch has the mean {sketch.mean:.4g}, its rows {mean:.4g}"
    return SketchColumn(name, sketch, held.common.num_missing + present - sketch.n)


def _categorical(name: str, held: _String) -> CategoryColumn | str:
    present = held.common.num_present
    if held.distribution.categorical is None:
        different = "" if held.distinct_count is None else f" about {held.distinct_count:,.0f}"
        return f"it lists none of its{different} values"
    counted: dict[str, int] = {}
    for bucket in held.distribution.categorical.buckets:
        value = str(bucket.value)
        counted[value] = counted.get(value, 0) + bucket.count
    if len(counted) > MOST_CATEGORIES:
        return f"it has more than {MOST_CATEGORIES:,} values"
    if sum(counted.values()) != present:
        return f"it lists {sum(counted.values()):,} of {present:,} values"
    order = sorted(counted)
    counts = np.array([counted[value] for value in order], dtype=np.int64)
    return CategoryColumn(name, tuple(order), counts, held.common.num_missing)
