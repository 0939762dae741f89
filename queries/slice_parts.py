"""Into which slices does a dimension cut the requests?

Each slice is a filter (``conditions``), and each request is in exactly one slice of a dimension: a
number is cut into its values where they are few, else into bins; a text into its most frequent
values. A sample decides where.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from queries.conditions import Condition, Filter
from queries.cuts import edges_of
from queries.dimensions import WEEKDAYS

if TYPE_CHECKING:
    from queries.answers import Answer
    from queries.conditions import Operator, Value
    from queries.dimensions import Dimension

MOST_VALUES = 12
"""A number with no more different values than this is cut into its values, a text into the most
frequent ones."""
SHOWN_VALUE = 60


@dataclass(frozen=True, slots=True)
class Part:
    """One slice of a dimension, before it is counted."""

    name: str
    where: Filter

    @property
    def sql(self) -> str:
        """Whether a request is in it."""
        return " AND ".join(condition.sql for condition in self.where.conditions)


def parts_of(dimension: Dimension, sample: Answer) -> Iterator[Part]:
    """The slices of one dimension: each request is in exactly one of them."""
    if dimension.name == "weekday" and dimension.about == "time":
        yield from _by_value(dimension, WEEKDAYS)
    elif dimension.about == "time":
        yield from _by_value(dimension, [float(hour) for hour in range(24)])
    elif dimension.numeric:
        drawn = np.asarray(sample[dimension.column], dtype=np.float64)
        drawn = drawn[~np.isnan(drawn)]
        values = np.unique(drawn[np.isfinite(drawn)])
        if len(values) <= MOST_VALUES and np.isfinite(drawn).all():
            yield from _by_value(dimension, values.tolist())
        else:
            yield from _by_size(dimension, drawn)
    else:
        found = Counter(value for value in sample[dimension.column].tolist() if value)
        most = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]
        # texts of which nearly each is its own, as ids are, have no frequent ones
        same = len(found) <= MOST_VALUES or 2 * len(found) <= found.total()
        yield from _by_value(dimension, [value for value, _ in most] if same else [])


def _by_value(dimension: Dimension, values: Sequence[Value]) -> Iterator[Part]:
    for value in values:
        yield Part(f"{_named(dimension)} = {_shown(value)}", _one(dimension, "=", value))
    if values:
        others = _one(dimension, "not in" if len(values) > 1 else "!=", *values)
        yield Part(f"{_named(dimension)}: all other", others)
    else:
        yield Part(f"{_named(dimension)}: any", _one(dimension, "is not missing"))
    yield _missing(dimension)


def _by_size(dimension: Dimension, drawn: np.ndarray[Any, Any]) -> Iterator[Part]:
    """Bins of about the same number of requests; a value that fills one by itself is its own."""
    edges = edges_of(drawn)
    name = _named(dimension)
    over: Operator
    for at, edge in enumerate(edges):
        below = edges[at - 1] if at else None
        if below is None:
            yield Part(f"{name} < {_shown(edge.value)}", _one(dimension, "<", edge.value))
        else:
            over = ">" if below.alone else ">="
            yield Part(
                f"{name} {'over ' if below.alone else ''}{_shown(below.value)} "
                f"to < {_shown(edge.value)}",
                Filter(
                    (
                        Condition(dimension, over, (below.value,)),
                        Condition(dimension, "<", (edge.value,)),
                    )
                ),
            )
        if edge.alone:
            yield Part(f"{name} = {_shown(edge.value)}", _one(dimension, "=", edge.value))
    if edges:
        last = edges[-1]
        over = ">" if last.alone else ">="
        shown = ">" if last.alone else "≥"
        yield Part(f"{name} {shown} {_shown(last.value)}", _one(dimension, over, last.value))
    else:
        yield Part(f"{name}: any", _one(dimension, "is not missing"))
    yield _missing(dimension)


def _missing(dimension: Dimension) -> Part:
    return Part(f"{_named(dimension)} is missing", _one(dimension, "is missing"))


def _one(dimension: Dimension, operator: Operator, *values: Value) -> Filter:
    return Filter((Condition(dimension, operator, tuple(values)),))


def _named(dimension: Dimension) -> str:
    return dimension.name.replace("_", " ") if dimension.about != "feature" else dimension.name


def _shown(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:,.10g}"
    return value if len(value) <= SHOWN_VALUE else value[: SHOWN_VALUE - 1] + "…"
