"""Have the requests changed, against a baseline or against the time before?"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from analysis import drift
from analysis.estimates import Window
from analysis.sketches import replay
from analysis.sorted_samples import sort_sample
from queries.answers import Answer
from queries.errors import NotComparable
from queries.reading import as_label
from queries.windows import bounds, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analysis.drift import FeatureDrift
    from analysis.sorted_samples import Sample
    from queries.baselines import Baseline, Column, SketchColumn
    from queries.engine import Engine
    from queries.opened import Opened

Reference = Literal["baseline", "previous"]
# The smallest change of a feature that is called drift: D = 0.1 is a shift by a quarter of a
# standard deviation (docs/statistics.md).
TOLERANCE = 0.1
# Reading a few features at once takes half the time, but each of two threads holds them all.
FEATURES_AT_ONCE, VALUES_AT_ONCE = 6, 6_000_000


@dataclass(frozen=True, slots=True)
class InputDrift:
    """Every feature, the most changed first; ``reference`` says in words what it is held against.

    ``n_reference`` and ``n_current`` are rows; ``note`` says what was not compared. Numbers are
    those of every ``step``-th record.
    """

    features: tuple[FeatureDrift, ...]
    reference: str
    n_reference: int
    n_current: int
    note: str
    step: int = 1


def input_drift(opened: Opened, window_text: str, reference: Reference) -> InputDrift:
    """Hold production's inputs of a window against the baseline, or the window before it.

    Both variants receive the same requests, so there is nothing to compare between them; a
    difference there is a matter of pairing.

    Raises
    ------
    NotComparable
        When no record carries a time, no features can be read, there is no baseline, or nothing
        was captured before the window.
    SourceError
        When the baseline cannot be read.
    """
    held = held_against(opened, window_text, reference)
    window, alpha = held.window, 1 - opened.policy.confidence
    span = window if held.before is None else Window(held.before.start, window.end)
    rows = max(1, opened.captured.production_rows(span))
    engine, step = opened.engine.sampled(rows)
    size = max(1, min(FEATURES_AT_ONCE, VALUES_AT_ONCE * step // rows))
    groups = [held.names[at : at + size] for at in range(0, len(held.names), size)]
    with ThreadPoolExecutor(2) as pool:
        asked = [
            # who is told of what is asked, and who may stop it, is told of these threads too
            pool.submit(copy_context().run, held.compare, opened, engine, names, alpha)
            for names in groups
        ]
        found = [each.result() for each in asked]
    features = drift.adjust(chain.from_iterable(found), alpha=alpha)
    return InputDrift(
        features=features,
        reference=held.sentence,
        n_reference=held.rows,
        n_current=max((f.n_current + f.missing_current for f in features), default=0),
        note=held.note,
        step=step,
    )


def held_against(opened: Opened, window_text: str, reference: Reference) -> Held:
    """The features of a window that can be compared, and what each is held against.

    Raises
    ------
    NotComparable, SourceError
        As :func:`input_drift`.
    """
    if not opened.reading.input.names:
        raise NotComparable(
            "The requests of this test hold no features that can be read: neither CSV nor JSON "
            "with one value a feature. Drift of the predictions is shown beside."
        )
    window = opened.window(window_text)
    if reference == "baseline":
        return _against_baseline(opened, window)
    window, before = _halves(window, window_text)
    return _against_window(opened, before, window)


def _misnamed(opened: Opened) -> tuple[str, ...]:
    """Say so where the configured names are not those of the requests, and were not used."""
    told, ours = opened.test.features, opened.reading.input.names
    if told is None or set(told) == set(ours):
        return ()
    return (
        f"`features` names {len(told)} features, but the requests hold {len(ours)} "
        f"({', '.join(ours[:3])}, …): the names of the configuration were not used.",
    )


@dataclass(frozen=True, slots=True)
class Held:
    """The features to compare, and where the reference of each comes from.

    ``sentence`` and ``note`` are :class:`InputDrift`'s, ``rows`` those of the reference.
    """

    window: Window
    names: tuple[str, ...]
    baseline: Baseline | None
    before: Window | None
    rows: int
    sentence: str
    note: str

    def compare(
        self, opened: Opened, engine: Engine, names: Sequence[str], alpha: float
    ) -> list[FeatureDrift]:
        """Some features, whose numbers are read at once, of the engine that is to answer that."""
        given = opened.reading.input
        numeric = [at for at, name in enumerate(given.names) if name in names and given.numeric[at]]
        current = numbers(engine, numeric, self.window)
        before = numbers(engine, numeric, self.before) if self.before is not None else None
        return [self._compare(opened, name, before, current, alpha) for name in names]

    def _compare(
        self, opened: Opened, name: str, before: Answer | None, current: Answer, alpha: float
    ) -> FeatureDrift:
        """One feature; numbers on one side and texts on the other are compared as categories."""
        at = opened.reading.input.names.index(name)
        if self.is_number(opened, name):
            earlier = current if before is None else before
            held, error = self.numbers(name) or (sort_sample(earlier[f"f{at}"]), 0.0)
            return drift.numeric_drift_sorted(
                name,
                held,
                sort_sample(current[f"f{at}"]),
                tolerance=TOLERANCE,
                alpha=alpha,
                reference_error=error,
            )
        reference = self.categories(opened, name)
        return _categories(name, reference, counts(opened, at, self.window), alpha)

    def column(self, name: str) -> Column | SketchColumn | None:
        """What the baseline holds of a feature; None without a baseline."""
        return None if self.baseline is None else self.baseline.column(name)

    def is_number(self, opened: Opened, name: str) -> bool:
        """Whether a feature is a number on both sides."""
        from queries.baselines import CategoryColumn

        at = opened.reading.input.names.index(name)
        column = self.column(name)
        return opened.reading.input.numeric[at] and not isinstance(column, CategoryColumn)

    def numbers(self, name: str) -> tuple[Sample, float] | None:
        """A number in the baseline, and by what share its curve may be off; None without one."""
        from queries.baselines import NumericColumn, SketchColumn

        column = self.column(name)
        if isinstance(column, SketchColumn):
            return replay(column.sketch, missing=column.missing), column.sketch.error
        return (sort_sample(column.values), 0.0) if isinstance(column, NumericColumn) else None

    def categories(self, opened: Opened, name: str) -> dict[str | None, int]:
        """How often each category of a feature came in the reference; None is a missing one."""
        from queries.baselines import CategoryColumn, NumericColumn

        column = self.column(name)
        if isinstance(column, CategoryColumn):
            return {**tally(column.categories, column.counts), None: column.missing}
        if isinstance(column, NumericColumn):
            return tally(*np.unique(column.values, return_counts=True))
        at = opened.reading.input.names.index(name)
        return counts(opened, at, self.before or self.window)


def _against_baseline(opened: Opened, window: Window) -> Held:
    from queries import baselines
    from queries.baselines import SketchColumn

    if opened.test.baseline is None:
        raise NotComparable(
            f"{opened.test.name} has no baseline; set `baseline` to a CSV or Parquet file of "
            "training data or to Model Monitor's statistics.json, or choose the earlier window as "
            "reference.",
            remedy="earlier window",
        )
    found = baselines.load(opened.test.baseline, aws=opened.config.aws)
    ours = opened.reading.input.names
    names = tuple(name for name in ours if found.column(name) is not None)
    if not names:
        raise NotComparable(
            f"No column of the baseline {opened.test.baseline} is named like a feature of the "
            f"requests ({', '.join(ours[:5])}…); name them with `features`.",
            remedy="earlier window",
        )
    notes = found.notes
    missing = [name for name in ours if name not in found.names]
    if missing:
        notes = (*notes, f"Not in the baseline, so not compared: {', '.join(missing)}.")
    numeric = dict(zip(ours, opened.reading.input.numeric, strict=True))
    words = [n for n in names if isinstance(found.column(n), SketchColumn) and not numeric[n]]
    if words:
        names = tuple(name for name in names if name not in words)
        notes = (*notes, f"Numbers in the sketch, texts in the requests: {', '.join(words)}.")
    said = " ".join((*_misnamed(opened), *notes))
    return Held(window, names, found, None, found.rows, found.about, said)


def _against_window(opened: Opened, before: Window, window: Window) -> Held:
    rows = opened.engine.run("rows_by_block", block_s=3600, **bounds(before))
    n = int(rows["n"][rows["variant"] == "production"].sum())
    if n == 0:
        raise NotComparable(
            f"Nothing was captured before this window ({said(before)}); choose a shorter one.",
            remedy="shorter window",
        )
    return Held(
        window,
        opened.reading.input.names,
        None,
        before,
        n,
        f"Requests of {said(window)} against those of {said(before)}.",
        " ".join(_misnamed(opened)),
    )


def _halves(window: Window, text: str) -> tuple[Window, Window]:
    """The window to judge and the one before it: of everything, the second half and the first."""
    if text == "all":
        middle = window.start + (window.end - window.start) / 2
        return Window(middle, window.end), Window(window.start, middle)
    length = window.end - window.start
    return window, Window(window.start - length, window.start)


def numbers(engine: Engine, numeric: Sequence[int], window: Window) -> Answer:
    """The values of some numeric features."""
    if not numeric:
        return Answer({})
    columns = [f"f{at}" for at in numeric]
    return engine.run("feature_values", columns=columns, **bounds(window))


def counts(opened: Opened, at: int, window: Window) -> dict[str | None, int]:
    """How often each category of one feature came; ``None`` is a missing one."""
    answer = opened.engine.run("feature_categories", columns=[f"f{at}"], **bounds(window))
    return tally(answer["category"], answer["n"])


def tally(categories: Iterable[Any], counts: Iterable[Any]) -> dict[str | None, int]:
    """How often each category came; a number and its text, 1.0 and "1", are one category."""
    found: Counter[str | None] = Counter()
    for category, n in zip(categories, counts, strict=True):
        missing = category is None or category != category
        found[None if missing else as_label(category)] += int(n)
    return dict(found)


def _categories(
    name: str, reference: dict[str | None, int], current: dict[str | None, int], alpha: float
) -> FeatureDrift:
    labels = sorted({c for c in (*reference, *current) if c is not None})
    return drift.categorical_drift(
        name,
        labels,
        np.array([reference.get(label, 0) for label in labels], dtype=np.int64),
        np.array([current.get(label, 0) for label in labels], dtype=np.int64),
        tolerance=TOLERANCE,
        alpha=alpha,
        missing_reference=reference.get(None, 0),
        missing_current=current.get(None, 0),
    )
