"""Did a norm jump out of its own history, and stay a number?

AWS's ExplodingTensor asks for NaN and ±∞ alone: a gradient of 10²¹ passes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.training.findings import Finding, Parameter, Settings
from analysis.training.recording import MODES
from analysis.training.rules.answers import (
    Answer,
    Rows,
    hits,
    judged,
    rows_of,
    training_rows,
)
from analysis.training.rules.sentences import number, place
from analysis.training.rules.updates import by_series, is_parameter, series_of

if TYPE_CHECKING:
    from analysis.training.recording import Recording

_EXPLOSION = Answer("FiniteExplosion", "understudy", critical=True)
_UNIT = "× its usual size"

_START = 5
"""The level at which a series starts is the median of so many values."""
_ROUNDING = 1e-9
"""So much may be lost in taking a logarithm."""
_NORMAL = 1.4826
"""A median absolute deviation times this is the standard deviation of normal noise."""


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """One tensor's norms in one mode by one worker, as log10; zeros are left out."""

    rows: Rows
    size: NDArray[np.float64]

    def start(self, at: int) -> float:
        """The level at which it starts, as known before one of its places."""
        return float(np.median(self.size[: min(at, _START)]))

    def usual(self, at: int) -> float:
        """Its usual level before a place: that of its start or that of all before it.

        Of a training that has converged, a spike up to where it began is none; of one that grows
        from step to step, the level it began at is not forgotten.
        """
        return max(self.start(at), float(np.median(self.size[:at])))

    def noise(self, at: int) -> float:
        """How much it changes from one saved step to the next, before a place."""
        steps = np.diff(self.size[:at])
        if len(steps) < _START:
            return 0.0
        return _NORMAL * float(np.median(np.abs(steps - np.median(steps))))


def _explosion(recording: Recording, settings: Settings) -> Finding:
    """Whether a gradient's, a weight's or a loss's norm jumps, and stays finite."""
    factor, beyond = settings.number("factor"), settings.number("model_factor")
    deviations = settings.number("deviations")
    usual = np.full(len(recording.statistics), np.nan)
    over = np.full(len(usual), -np.inf)
    size = _sizes(recording)
    every: list[Rows] = []
    for group in _groups(recording, size):
        every += [series.rows for series in group]
        model = [max(s.start(at) for s in group) for at in range(1, _START + 1)]
        for series in group:
            above = _by_place(model, len(series.rows)) + np.log10(beyond)
            first = _first(series, above, np.log10(factor), deviations)
            if first is None:
                continue
            level = series.usual(first)
            limit = level + max(np.log10(factor), deviations * series.noise(first))
            exploded = first + np.flatnonzero(series.size[first:] >= limit - _ROUNDING)
            usual[series.rows[exploded]] = level
            over[series.rows[exploded]] = series.size[exploded] - level
    if not every:
        return _EXPLOSION.unknown(
            "Whether norms jump is not known: no gradient, weight or loss was saved with its size "
            "at two steps.",
            "Save the collections gradients, weights and losses, or their reduction l2.",
        )
    rows = np.sort(np.concatenate(every))
    found = hits(recording, rows, over[rows])
    if found is None:
        return _EXPLOSION.not_fired(
            f"No norm jumps: of {judged(recording, rows, 'tensor')} none is {number(factor)} times "
            f"its usual size or more, and beyond {number(beyond)} times the model's.",
            value=np.nan,
            threshold=factor,
            unit=_UNIT,
        )
    told, worst = recording.statistics, found.worst
    step = place(MODES[told.mode[worst]], int(told.step[worst]))
    return _EXPLOSION.fired(
        found,
        f"Norms explode in {found.layers}: {number(factor)} times their usual size or more in "
        f"{found.count('tensor')}, {found.since}; the worst is {found.tensors[0].name} with "
        f"{number(10 ** size[worst])} at {step}, usually {number(10 ** usual[worst])}.",
        "Go back to a checkpoint before that step; lower the learning rate, warm it up, or clip "
        "gradients by their norm.",
        value=10 ** min(float(over[worst]), 300.0),
        threshold=factor,
        unit=_UNIT,
    )


def _first(
    series: _Series, above: NDArray[np.float64], factor: float, deviations: float
) -> int | None:
    """The place at which a series first leaves its history; None where it never does.

    ``above`` is what it must exceed for the model's sake, for each place from the second on: a
    layer that starts near 0 may grow for long until it is as large as the others.
    """
    starts = _by_place([series.start(at) for at in range(1, _START + 1)], len(series.rows))
    least = np.maximum(above, starts + factor) - _ROUNDING
    candidates = 1 + np.flatnonzero(series.size[1:] >= least)
    for at in candidates.tolist():
        limit = max(factor, deviations * series.noise(at))
        if series.size[at] >= series.usual(at) + limit - _ROUNDING:
            return int(at)
    return None


def _by_place(first: list[float], length: int) -> NDArray[np.float64]:
    """The levels before the second, third, … place; the last of them before all that follow."""
    return np.array(first)[np.minimum(np.arange(length - 1), _START - 1)]


def _sizes(recording: Recording) -> NDArray[np.float64]:
    """log10 of each row's norm; nan where it is 0, not finite or not known.

    From the mean absolute value, times √n as if all elements were alike, where l2 was not saved.
    """
    told = recording.statistics
    root = np.sqrt(np.maximum(told.n, 1))
    norm = np.where(np.isnan(told.l2), told.mean_abs * root, told.l2)
    norm = np.where(np.isnan(norm), told.l1 / root, norm)
    fit = (norm > 0) & np.isfinite(norm) & ~(told.non_finite > 0)
    return np.log10(norm, out=np.full(len(norm), np.nan), where=fit)


def _groups(recording: Recording, size: NDArray[np.float64]) -> list[list[_Series]]:
    """Series that are compared: gradients of a mode and worker, weights likewise, each loss."""
    told = recording.statistics
    groups: list[list[_Series]] = []
    for rows, alone in (
        (rows_of(recording, lambda tensor: tensor.kind == "gradient"), False),
        (training_rows(recording, is_parameter), False),
        (rows_of(recording, lambda tensor: tensor.kind == "loss"), True),
    ):
        there = by_series(told, rows[~np.isnan(size[rows])])
        edges = np.flatnonzero(np.diff(series_of(told, there), prepend=-1, append=-1))
        together: dict[tuple[int, ...], list[_Series]] = {}
        for part in np.split(there, edges[1:-1]):
            if len(part) > 1:
                columns = (told.mode, told.worker) + (told.tensor,) * alone
                key = tuple(int(column[part[0]]) for column in columns)
                together.setdefault(key, []).append(_Series(part, size[part]))
        groups += together.values()
    return groups


RULES = (
    _EXPLOSION.rule(
        "Does a norm jump out of its own history, though it stays a number?",
        _explosion,
        Parameter("factor", 1000.0, "times its usual size from which on a norm explodes", "×", 1),
        Parameter(
            "model_factor",
            10.0,
            "times the largest usual size of its kind that it must exceed",
            "×",
        ),
        Parameter(
            "deviations", 6.0, "standard deviations of its usual changes that it must exceed", "sd"
        ),
    ),
)
