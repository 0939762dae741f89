"""When did the requests change: how far was each feature from its reference, hour by hour?

The reference says where each feature is cut into bins; the engine counts the requests of every
bin and block of time. No row travels but those of a small sample, where the reference is itself
captured and its quantiles are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from analysis.drift_over_time import (
    FEWEST_ROWS,
    Bins,
    DriftOverTime,
    edges,
    over_time,
    searched,
)
from analysis.moved_mass import Yardstick, yardstick
from queries.errors import QuestionError
from queries.filtered import Relation
from queries.inputs import TOLERANCE, held_against
from queries.reading import as_label
from queries.windows import bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from analysis.estimates import Window
    from queries.inputs import Held, Reference
    from queries.opened import Opened

    Counts = NDArray[np.int64]
    Times = NDArray[np.datetime64]

Every = Literal["hour", "6 hours", "day"]
SECONDS: dict[Every, int] = {"hour": 3_600, "6 hours": 6 * 3_600, "day": 86_400}
MOST_BLOCKS = 400
MOST_CATEGORIES = 20
"""A text is counted in its most frequent categories of the reference; all others are one."""
SAMPLE_ROWS = 50_000
AT_ONCE = 30
_ONE_BLOCK = 10**11
"""Seconds longer than any test: all of it is in one block."""


@dataclass(frozen=True, slots=True)
class InputsOverTime:
    """The course of every feature; the other fields are those of ``InputDrift``."""

    drift: DriftOverTime
    reference: str
    n_reference: int
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """A feature in bins: the SQL of a bin's number with its values, and what the reference holds.

    ``missing`` is the number of the bin for what is missing, the last; ``yardstick`` measures what
    moved between the bins of a number.
    """

    sql: str
    values: tuple[Any, ...]
    missing: int
    coarse: Counts
    reference: Counts | None
    error: float = 0.0
    yardstick: Yardstick | None = None


def possible(window: Window) -> tuple[Every, ...]:
    """By which blocks a window can be drawn: neither by one of them nor by too many."""
    found = tuple(each for each in SECONDS if each == "hour" or window.hours * 3600 > SECONDS[each])
    few = tuple(each for each in found if len(_starts(window, SECONDS[each])) <= MOST_BLOCKS)
    return few or found[-1:]


def fitting(window: Window, rows: int) -> Every:
    """The shortest blocks of a window that hold enough of so many rows to say something of each."""
    for each in possible(window):
        if rows >= 2 * FEWEST_ROWS * len(_starts(window, SECONDS[each])):
            return each
    return possible(window)[-1]


def inputs_over_time(
    opened: Opened, window_text: str, reference: Reference, every: Every
) -> InputsOverTime:
    """Hold production's inputs of each block of a window against one reference.

    Raises
    ------
    NotComparable, SourceError
        As ``inputs.input_drift``.
    QuestionError
        When the window has too many such blocks.
    """
    held = held_against(opened, window_text, reference)
    block_s = SECONDS[every]
    start = _starts(held.window, block_s)
    if len(start) > MOST_BLOCKS:
        raise QuestionError(
            f"The window has {len(start):,} blocks of {block_s // 3600} h, and at most "
            f"{MOST_BLOCKS} are drawn; choose a shorter one, or longer blocks."
        )
    cut = _cut_numbers(opened, held)
    cut |= {name: _cut_text(opened, held, name) for name in held.names if name not in cut}
    bins: list[Bins] = []
    for at in range(0, len(held.names), AT_ONCE):
        some = {name: cut[name] for name in held.names[at : at + AT_ONCE]}
        bins += _counted(opened, held, some, start, block_s)
    rows = opened.engine.whole.run("rows_by_block", block_s=block_s, **bounds(held.window))
    of_production = rows["variant"] == "production"
    return InputsOverTime(
        over_time(
            bins,
            start,
            _placed(rows["block"][of_production], rows["n"][of_production], start, block_s),
            block_s=block_s,
            tolerance=TOLERANCE,
            alpha=1 - opened.policy.confidence,
        ),
        held.sentence,
        held.rows,
        held.note,
    )


def _starts(window: Window, block_s: int) -> Times:
    first = int(window.start.timestamp()) // block_s
    last = int((window.end - timedelta(microseconds=1)).timestamp()) // block_s
    return (np.arange(first, last + 1) * block_s).astype("datetime64[s]")


def _placed(
    block: NDArray[Any],
    n: NDArray[Any],
    start: Times,
    block_s: int,
) -> Counts:
    """Counts of some blocks among all of them, 0 where there are none."""
    placed = np.zeros(len(start), dtype=np.int64)
    if len(start):
        first = int(start[0].astype(np.int64)) // block_s
        np.add.at(placed, block.astype(np.int64) - first, n.astype(np.int64))
    return placed


def _column(opened: Opened, name: str) -> str:
    return f"f{opened.reading.input.names.index(name)}"


def _cut_text(opened: Opened, held: Held, name: str) -> _Cut:
    """A feature by its categories; whatever is not among the reference's frequent ones is one."""
    reference = held.categories(opened, name)
    missing = reference.pop(None, 0)
    ranked = sorted(reference, key=lambda label: (-reference[label], str(label)))
    labels = ranked[:MOST_CATEGORIES]
    column = _column(opened, name)
    asked = opened.engine.run("feature_categories", columns=[column], **bounds(held.window))
    # 1, 1.0 and "1.0" are one category
    spelt: dict[str | None, list[Any]] = {}
    for value in asked["category"].tolist():
        spelt.setdefault(as_label(value), []).append(value)
    came = {label: spelt[label] for label in labels if label in spelt}
    cases = " ".join(
        f"WHEN {column} IN ({', '.join('?' * len(values))}) THEN {labels.index(label)}"
        for label, values in came.items()
    )
    other = len(labels)
    rest = sum(reference[label] for label in ranked[MOST_CATEGORIES:])
    return _Cut(
        f"CASE WHEN {_missing(opened, name)} THEN {other + 1} {cases} ELSE {other} END",
        tuple(value for values in came.values() for value in values),
        other + 1,
        np.arange(other + 1),
        np.array([*(reference[label] for label in labels), rest, missing], dtype=np.int64),
    )


def _cut_numbers(opened: Opened, held: Held) -> dict[str, _Cut]:
    """The numbers by the quantiles of the reference, or of a sample of it."""
    names = [name for name in held.names if held.is_number(opened, name)]
    columns = [_column(opened, name) for name in names]
    if held.before is not None and names:
        step = max(1, held.rows // SAMPLE_ROWS)
        drawn = opened.engine.run(
            "feature_sample", columns=columns, step=step, **bounds(held.before)
        )
    found = {}
    for name, column in zip(names, columns, strict=True):
        given = held.numbers(name)
        values = np.sort(drawn[column]) if given is None else given[0].values
        finite = values[np.isfinite(values)]
        fine, coarse = edges(finite)
        cases = " ".join(f"WHEN {column} <= ? THEN {place}" for place in range(len(fine)))
        missing = f"WHEN {_missing(opened, name)} THEN {len(fine) + 1}"
        found[name] = _Cut(
            f"CASE {missing} {cases} ELSE {len(fine)} END",
            tuple(fine.tolist()),
            len(fine) + 1,
            coarse,
            None if given is None else np.append(searched(values, fine), given[0].missing),
            0.0 if given is None else given[1],
            yardstick(finite, fine),
        )
    return found


def _missing(opened: Opened, name: str) -> str:
    column = _column(opened, name)
    number = opened.reading.input.numeric[opened.reading.input.names.index(name)]
    return f"{column} IS NULL OR is_nan({column})" if number else f"{column} IS NULL"


def _counted(
    opened: Opened,
    held: Held,
    cut: dict[str, _Cut],
    start: Times,
    block_s: int,
) -> Iterator[Bins]:
    """Count some features in one pass, and in another what of their reference is not known yet."""
    tables = _tables(opened, cut, held.window, start, block_s)
    references = {name: each.reference for name, each in cut.items()}
    unknown = {name: each for name, each in cut.items() if each.reference is None}
    if unknown and held.before is not None:
        whole = _tables(opened, unknown, held.before, np.zeros(1, "datetime64[s]"), _ONE_BLOCK)
        references |= {name: table[0] for name, table in whole.items()}
    for name, each in cut.items():
        counted, reference = tables[name], references[name]
        if reference is not None:
            yield Bins(
                name=name,
                kind="numeric" if held.is_number(opened, name) else "categorical",
                counts=counted[:, : each.missing],
                reference=reference[: each.missing],
                coarse=each.coarse,
                missing=counted[:, each.missing],
                missing_reference=int(reference[each.missing]),
                reference_error=each.error,
                yardstick=each.yardstick,
            )


def _tables(
    opened: Opened,
    cut: dict[str, _Cut],
    window: Window,
    start: Times,
    block_s: int,
) -> dict[str, Counts]:
    """Of each feature the counts (t, k + 1) by block and bin, the missing values last."""
    names = [f"s{at}" for at in range(len(cut))]
    columns = ", ".join(f"{c.sql} AS {s}" for s, c in zip(names, cut.values(), strict=True))
    made = Relation(
        "binned",
        f"SELECT ts, {columns} FROM captures WHERE variant = 'production'",
        tuple(value for each in cut.values() for value in each.values),
    )
    answer = opened.engine.run(
        "bins_by_block", columns=names, given=[made], block_s=block_s, **bounds(window)
    )
    first = int(start[0].astype(np.int64)) // block_s
    tables = {}
    for name, (feature, each) in zip(names, cut.items(), strict=True):
        table = np.zeros((len(start), each.missing + 1), dtype=np.int64)
        place = answer[name].astype(np.float64)
        mine = ~np.isnan(place)
        rows = answer["block"][mine].astype(np.int64) - first
        np.add.at(table, (rows, place[mine].astype(np.int64)), answer["n"][mine].astype(np.int64))
        tables[feature] = table
    return tables
