"""Have the requests changed as a whole, and can a model tell those of now from the reference?

Of a sample of whole rows, at most a few thousand of either side, wherever the rows lie.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.energy_distance import Energy, energy_distance, one_scale
from analysis.two_sample_classifier import Separation, installed, separation
from queries.errors import NotComparable
from queries.inputs import held_against
from queries.reading import as_label
from queries.windows import bounds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from analysis.estimates import Window
    from queries.inputs import Held, Reference
    from queries.opened import Opened

    Columns = Mapping[str, NDArray[Any]]

ROWS = 4_000
"""Rows of either side that a model is asked about; the energy distance, whose cost grows with the
square, takes the first of them."""
ENERGY_ROWS = 1_000
FEWEST_ROWS = 100
MOST_CATEGORIES = 50
"""The most frequent texts of a feature are categories of their own; all others are one."""


@dataclass(frozen=True, slots=True)
class InputsTogether:
    """Both tests of all features at once; ``separation`` is None without scikit-learn.

    ``features`` were looked at together; ``reference`` says what the rows are held against, and
    ``note`` what was left out.
    """

    energy: Energy
    separation: Separation | None
    features: tuple[str, ...]
    reference: str
    note: str


def inputs_together(opened: Opened, window_text: str, reference: Reference) -> InputsTogether:
    """Hold whole requests of a window against whole rows of the reference.

    Raises
    ------
    NotComparable
        As ``inputs.input_drift``; also where the reference holds no rows but their distributions,
        and where a side has fewer than a hundred rows.
    SourceError
        When the baseline cannot be read.
    """
    held = held_against(opened, window_text, reference)
    names, before, note = _reference(opened, held)
    now = _drawn(opened, names, held.window, opened.captured.production_rows(held.window))
    rng = np.random.default_rng(0)
    before, now = (_some(columns, rng) for columns in (before, now))
    n, m = (len(columns[names[0]]) for columns in (before, now))
    if min(n, m) < FEWEST_ROWS:
        raise NotComparable(
            f"The reference has {n:,} rows to draw from and this window {m:,}; {FEWEST_ROWS} of "
            "either are needed to compare whole requests. Choose a longer window.",
            remedy="longer window",
        )
    numbers = {name for name in names if held.is_number(opened, name)}
    columns = {
        name: np.concatenate([before[name], now[name]])
        if name in numbers
        else _codes([*before[name].tolist(), *now[name].tolist()])
        for name in names
    }
    alpha = 1 - opened.policy.confidence
    told = None
    if installed():
        told = separation(
            np.column_stack([columns[name] for name in names]).astype(np.float64),
            np.arange(n + m) >= n,
            names,
            [name not in numbers for name in names],
            confidence=opened.policy.confidence,
        )
    few = np.concatenate([np.arange(min(n, ENERGY_ROWS)), n + np.arange(min(m, ENERGY_ROWS))])
    points = one_scale(
        [columns[name][few] for name in names if name in numbers],
        [columns[name][few] for name in names if name not in numbers],
        len(few),
    )
    return InputsTogether(
        energy_distance(points, min(n, ENERGY_ROWS), alpha=alpha),
        told,
        names,
        held.sentence,
        note,
    )


def _reference(opened: Opened, held: Held) -> tuple[tuple[str, ...], Columns, str]:
    """The features whose rows are there, these rows, and what was left out."""
    if held.before is not None:
        drawn = _drawn(opened, held.names, held.before, held.rows)
        return held.names, drawn, held.note
    from queries.baselines import NumericColumn

    found = {
        name: column.values
        for name in held.names
        if isinstance(column := held.column(name), NumericColumn) and held.is_number(opened, name)
    }
    if not found:
        raise NotComparable(
            "The baseline holds no rows of numbers, only each feature's distribution, so whole "
            "requests cannot be held against it. Compare with the earlier window.",
            remedy="earlier window",
        )
    left = [name for name in held.names if name not in found]
    note = held.note
    if left:
        note = f"{note} Numbers only; of a baseline's texts no rows are kept: {', '.join(left)}."
    return tuple(found), found, note.strip()


def _drawn(opened: Opened, names: Sequence[str], window: Window, rows: int) -> Columns:
    """Whole rows of a window, a few thousand of so many."""
    ours = opened.reading.input.names
    columns = [f"f{ours.index(name)}" for name in names]
    step = max(1, rows // (2 * ROWS))
    answer = opened.engine.run("feature_sample", columns=columns, step=step, **bounds(window))
    return {name: answer[column] for name, column in zip(names, columns, strict=True)}


def _some(columns: Columns, rng: np.random.Generator) -> Columns:
    """At most ``ROWS`` rows, in an order of chance."""
    n = len(next(iter(columns.values())))
    chosen = rng.permutation(n)[:ROWS]
    return {name: values[chosen] for name, values in columns.items()}


def _codes(texts: list[Any]) -> NDArray[np.int64]:
    """Each row's category as a number: missing 0, then the most frequent, and all others one."""
    labels = [as_label(text) if text == text else None for text in texts]
    frequent = Counter(label for label in labels if label is not None)
    ranked = sorted(frequent, key=lambda label: (-frequent[label], label))[:MOST_CATEGORIES]
    place: dict[str | None, int] = {label: at for at, label in enumerate(ranked, start=1)}
    place[None] = 0
    return np.array([place.get(label, len(ranked) + 1) for label in labels], dtype=np.int64)
