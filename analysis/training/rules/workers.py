"""Do the workers of a training agree?

In data-parallel training every worker has the same weights after each step, while gradients and
losses are those of its own batches: there all workers are alike on average.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.training.findings import Finding, Parameter, Settings
from analysis.training.recording import MODES
from analysis.training.rules.answers import Answer, Applies, hits, judged, rows_of
from analysis.training.rules.sentences import number, percent, place
from analysis.training.rules.updates import is_parameter

if TYPE_CHECKING:
    from analysis.training.recording import Recording

_DIVERGENCE = Answer("WorkerDivergence", "understudy")
_FEWEST = 3
"""Of so many steps at least a worker's usual size is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Norms of the same values by worker: shape (values, workers), nan where one wrote none."""

    rows: NDArray[np.intp]
    norm: NDArray[np.float64]
    tensor: NDArray[np.int32]

    @property
    def ratio(self) -> NDArray[np.float64]:
        """The largest over the smallest norm of each value, nan where fewer than two are known."""
        known = np.isfinite(self.norm) & (self.norm > 0)
        most = np.where(known, self.norm, -np.inf).max(axis=1)
        least = np.where(known, self.norm, np.inf).min(axis=1)
        found: NDArray[np.float64] = np.full(len(most), np.nan)
        np.divide(most, least, out=found, where=known.sum(axis=1) > 1)
        return found

    def far(self) -> NDArray[np.intp]:
        """The row of each value that lies farthest from the others' median, as a factor."""
        size = np.log(np.where(self.norm > 0, self.norm, np.nan))
        # sorted, what is not known comes last: the median stands in the middle of the rest
        known, ordered, each = (
            (~np.isnan(size)).sum(axis=1),
            np.sort(size, axis=1),
            range(len(size)),
        )
        middle = (ordered[each, np.maximum(known - 1, 0) // 2] + ordered[each, known // 2]) / 2
        apart = np.where(np.isnan(size), -1.0, np.abs(size - middle[:, None]))
        found: NDArray[np.intp] = self.rows[each, np.argmax(apart, axis=1)]
        return found


def _side_by_side(recording: Recording, applies: Applies) -> _Side:
    told = recording.statistics
    rows = rows_of(recording, applies)
    steps = int(told.step.max(initial=0)) + 1
    series = told.tensor[rows].astype(np.int64) * len(MODES) + told.mode[rows]
    unique, value = np.unique(series * steps + told.step[rows], return_inverse=True)
    shape = (len(unique), len(recording.workers))
    norm, at = np.full(shape, np.nan), np.full(shape, -1, np.intp)
    size = np.where(np.isnan(told.l2[rows]), told.mean_abs[rows], told.l2[rows])
    norm[value, told.worker[rows]] = np.where(told.non_finite[rows] > 0, np.nan, size)
    at[value, told.worker[rows]] = rows
    return _Side(at, norm, (unique // steps // len(MODES)).astype(np.int32))


def _divergence(recording: Recording, settings: Settings) -> Finding:
    """Whether weights differ, or one worker's gradients or losses are of another size for long."""
    tolerance, factor = settings.number("tolerance"), settings.number("factor")
    if len(recording.workers) < 2:
        return _DIVERGENCE.unknown(
            "Whether workers agree is not known: one wrote this trial, and there is none to "
            "compare it with.",
            'If several train, save the tensors of all (include_workers="all").',
        )
    weights = _side_by_side(recording, is_parameter)
    badness, rows, value = [], [], []
    for side, limit in (
        (weights, 1 + tolerance),
        (_side_by_side(recording, lambda t: t.kind == "gradient"), factor),
        (_side_by_side(recording, lambda t: t.kind == "loss"), factor),
    ):
        ratio = side.ratio
        known = ~np.isnan(ratio)
        over = known & (ratio > limit)
        if side is not weights:
            over &= _skewed(side, limit)[side.tensor]
        rows.append(side.far()[known])
        value.append(ratio[known])
        # that weights differ is worse than any gradient
        rank = 1e6 if side is weights else 0.0
        badness.append(np.where(over, rank + np.log(ratio / limit), -np.inf)[known])
    ratios, there = np.concatenate(value), np.concatenate(rows)
    if not len(there):
        return _DIVERGENCE.unknown(
            "Whether workers agree is not known: no weight, gradient or loss was saved by two "
            "workers at the same step.",
            "Save the collections weights, gradients and losses of all workers at the same steps.",
        )
    bad = np.concatenate(badness)
    order = np.argsort(there)
    found = hits(recording, there[order], bad[order])
    compared = judged(recording, there, "tensor")
    if found is None:
        return _DIVERGENCE.not_fired(
            f"The {len(recording.workers)} workers agree: of {compared} no weight differs by more "
            f"than {percent(100 * tolerance)} (l2 norm), and no worker's gradients or losses are "
            f"usually more than {number(factor)} times another's.",
            value=float(np.fmax.reduce(weights.ratio, initial=np.nan) - 1),
            threshold=tolerance,
            unit="relative difference",
        )
    told, worst = recording.statistics, found.worst
    apart = float(ratios[there == worst].max())
    tensor = recording.tensors[told.tensor[worst]]
    of_weights = is_parameter(tensor)
    differ = percent(100 * (apart - 1)) if of_weights else f"{number(apart)} times"
    return _DIVERGENCE.fired(
        found,
        f"Workers disagree in {found.layers}: {found.count('tensor')}, {found.since}; the norm of "
        f"{tensor.name} differs by {differ} at "
        f"{place(MODES[told.mode[worst]], int(told.step[worst]))}, and "
        f"{recording.workers[told.worker[worst]]} is farthest from the others.",
        "Weights must be the same: see whether gradients are averaged over all workers and whether "
        "all start from the same weights. Sharded models differ by design."
        if of_weights
        else "See whether that worker reads other data than the rest, or reads it unshuffled.",
        value=apart - 1 if of_weights else apart,
        threshold=tolerance if of_weights else factor,
        unit="relative difference" if of_weights else "× another worker's",
    )


def _skewed(side: _Side, factor: float) -> NDArray[np.bool_]:
    """Of which tensors, by number, one worker's usual norm is beyond a factor of another's."""
    skewed = np.zeros(int(side.tensor.max(initial=0)) + 1, bool)
    edges = np.flatnonzero(np.diff(side.tensor, prepend=-1, append=-1))
    for first, last in pairwise(edges):
        norm = side.norm[first:last]
        norm = norm[(np.isfinite(norm) & (norm > 0)).all(axis=1)]
        if len(norm) >= _FEWEST:
            usual = np.median(norm, axis=0)
            skewed[side.tensor[first]] = usual.max() > factor * usual.min()
    return skewed


RULES = (
    _DIVERGENCE.rule(
        "Do the workers of a training agree?",
        _divergence,
        Parameter("tolerance", 1e-4, "part by which the norm of a weight may differ", low=0),
        Parameter(
            "factor", 5.0, "times another's that a worker's gradients or losses may be", "×", 1
        ),
    ),
)
