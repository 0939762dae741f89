"""Where do the two models disagree: which slices are there, and what is counted in each?

Every dimension is cut into slices, each of them a filter (``conditions``): what is counted here is
what a click on it shows. A sample decides where to cut; the counts are of all pairs, in one pass
for several dimensions at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.slices import Counted, Search, search
from queries.conditions import Condition, Filter
from queries.cuts import edges_of
from queries.dimensions import WEEKDAYS, dimensions_of
from queries.errors import NotComparable
from queries.filtered import Relation
from queries.windows import bounds

if TYPE_CHECKING:
    from analysis.estimates import Window
    from queries.answers import Answer
    from queries.conditions import Operator, Value
    from queries.dimensions import Dimension
    from queries.opened import Opened

SAMPLE_ROWS = 50_000
MOST_VALUES = 12
"""A number with no more different values than this is cut into its values, a text into the most
frequent ones."""
AT_ONCE = 30
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


def slices(opened: Opened, window_text: str) -> Search:
    """Every slice by one dimension of the requests of a window, the most harmful first.

    Answers are no dimension here: who answered what is the table of labels.

    Raises
    ------
    NotComparable
        When no pair of the window could be compared.
    """
    window = opened.window(window_text)
    totals = opened.engine.run("agreement_by_block", block_s=86_400, **bounds(window))
    n, agreed = int(totals["n"].sum()), int(totals["agreed"].sum())
    if n == 0:
        raise NotComparable(
            "No pair of this window could be compared, so there is nothing to cut into slices."
        )
    step = max(1, n // SAMPLE_ROWS)
    dimensions = [each for each in dimensions_of(opened.reading) if each.about != "answer"]
    counted: list[Counted] = []
    for at in range(0, len(dimensions), AT_ONCE):
        some = dimensions[at : at + AT_ONCE]
        drawn = [each.column for each in some if each.about != "time"]
        sample = opened.engine.run("slice_sample", columns=drawn, step=step, **bounds(window))
        cut = {each: tuple(parts_of(each, sample)) for each in some}
        counted += _count(opened, window, cut)
    return search(counted, n, agreed, confidence=opened.policy.confidence)


def _count(
    opened: Opened, window: Window, cut: dict[Dimension, tuple[Part, ...]]
) -> Iterator[Counted]:
    """Count the slices of some dimensions in one pass; a slice without pairs is not told."""
    names = [f"s{at}" for at in range(len(cut))]
    columns, values = [], []
    for name, parts in zip(names, cut.values(), strict=True):
        cases = " ".join(f"WHEN {part.sql} THEN {at}" for at, part in enumerate(parts))
        # a row that is in no slice would be a NULL, which stands for another dimension's rows
        columns.append(f"CASE {cases} ELSE {len(parts)} END AS {name}")
        values += [v for part in parts for each in part.where.conditions for v in each.parameters]
    made = Relation(
        "cut", f"SELECT ts, comparable, agreed, {', '.join(columns)} FROM inputs", tuple(values)
    )
    answer = opened.engine.run("slices", columns=names, given=[made], **bounds(window))
    for name, (dimension, parts) in zip(names, cut.items(), strict=True):
        for row in np.flatnonzero(~np.isnan(answer[name].astype(np.float64))):
            at = int(answer[name][row])
            if at == len(parts):
                raise ArithmeticError(f"The slices of {dimension.name} do not hold every request.")
            yield Counted(
                dimension.name,
                parts[at].name,
                parts[at].where.text,
                int(answer["n"][row]),
                int(answer["agreed"][row]),
            )


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
