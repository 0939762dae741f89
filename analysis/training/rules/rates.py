"""Is the learning rate right, by how far each step moves the weights and what the loss does?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.training.findings import Finding, Parameter, Settings
from analysis.training.losses import curves
from analysis.training.recording import MODES, Mode
from analysis.training.rules.answers import Answer, Hits, named
from analysis.training.rules.expected import without_gradient
from analysis.training.rules.sentences import many, number, percent, place
from analysis.training.rules.updates import updates
from analysis.training.rules.weights import SAVE_WEIGHTS

if TYPE_CHECKING:
    from analysis.training.losses import Curve
    from analysis.training.recording import Recording, Tensor

_HIGH = Answer("LearningRateTooHigh", "understudy", model="network")
_LOW = Answer("LearningRateTooLow", "understudy", model="network")
_UNIT = "update ÷ weight per step"


@dataclass(frozen=True, slots=True, eq=False)
class _Pace:
    """How far weights move in one step, as a part of themselves (l2 norms).

    ``typical`` is the median over all weights and workers of a saved step, ``fastest`` that of the
    weight that moves most. Between saved steps that are k apart a weight moves √k times as far as
    in one, as a random walk does.
    """

    mode: Mode
    step: NDArray[np.int64]
    global_step: NDArray[np.int64]
    typical: NDArray[np.float64]
    fastest: NDArray[np.float64]
    weights: tuple[Tensor, ...]


def _pace(recording: Recording) -> _Pace | None:
    told = recording.statistics
    moved = updates(recording)
    tensor = told.tensor[moved.row]
    weight = np.array([t.kind == "weight" for t in recording.tensors], bool)
    weight[list(without_gradient(recording))] = False
    fit = weight[tensor] & (moved.before > 0) & (moved.steps > 0)
    if not fit.any():
        return None
    rows = moved.row[fit]
    ratio = moved.update[fit] / moved.before[fit] / np.sqrt(moved.steps[fit])
    order = np.argsort(told.step[rows], kind="stable")
    rows, ratio = rows[order], ratio[order]
    step, first = np.unique(told.step[rows], return_index=True)
    parts = np.split(ratio, first[1:])
    return _Pace(
        MODES[told.mode[rows[0]]],
        step,
        told.global_step[rows[first]],
        np.array([np.median(part) for part in parts]),
        np.array([part.max() for part in parts]),
        named(recording, rows),
    )


def _loss(recording: Recording) -> Curve | None:
    """The training loss that was saved most often."""
    found = [curve for curve in curves(recording) if curve.part == "training" and len(curve) > 1]
    return max(found, key=len, default=None)


def _high(recording: Recording, settings: Settings) -> Finding:
    """Whether weights move by a large part of themselves and the loss rises."""
    ratio, rise = settings.number("ratio"), settings.number("rise")
    pace, loss = _pace(recording), _loss(recording)
    if pace is None:
        return _unknown(_HIGH, "too high", "no finite weight was saved at two steps.")
    fast = pace.typical > ratio
    most = float(pace.typical.max())
    at = int(np.argmax(fast)) if fast.any() else int(np.argmax(pace.typical))
    said = (
        f"weights move by up to {number(most)} of themselves in a step (median of "
        f"{many(len(pace.weights), 'weight')}; limit {number(ratio)})"
    )
    if not fast.any():
        return _HIGH.not_fired(
            f"The learning rate is not too high: {said}.", value=most, threshold=ratio, unit=_UNIT
        )
    if loss is None:
        return _unknown(_HIGH, "too high", f"{said}, but no loss was saved.", loss=True)
    usual = loss.value[0]
    since = loss.global_step >= pace.global_step[at] - 1
    worse = since & ~(loss.value <= rise * usual)
    if not worse.any() or not np.isfinite(usual):
        return _HIGH.not_fired(
            f"The learning rate is not too high: {said}, but the loss never rises to "
            f"{number(rise)} times its first value.",
            value=most,
            threshold=ratio,
            unit=_UNIT,
        )
    peak = np.max(loss.value[worse & np.isfinite(loss.value)], initial=-np.inf)
    height = number(peak) if np.isfinite(peak) else "NaN"
    return _HIGH.fired(
        _hits(pace, at, int(fast.sum())),
        f"The learning rate is too high: {said}, from {place(pace.mode, int(pace.step[at]))} on, "
        f"and the loss rises from {number(usual)} to {height}.",
        "Lower the learning rate by a factor of 3 to 10, warm it up, or clip gradients.",
        value=most,
        threshold=ratio,
        unit=_UNIT,
    )


def _low(recording: Recording, settings: Settings) -> Finding:
    """Whether even the weight that moves most hardly does, and the loss does not fall."""
    ratio, least = settings.number("ratio"), settings.number("fall_percent")
    pace, loss = _pace(recording), _loss(recording)
    if pace is None:
        return _unknown(_LOW, "too low", "no finite weight was saved at two steps.")
    usual = float(np.median(pace.fastest))
    said = (
        f"of {many(len(pace.weights), 'weight')} the one that moves most moves by {number(usual)} "
        f"of itself in a step (median of {many(len(pace.step), 'saved step')}; limit "
        f"{number(ratio)})"
    )
    if usual >= ratio:
        return _LOW.not_fired(
            f"The learning rate is not too low: {said}.", value=usual, threshold=ratio, unit=_UNIT
        )
    if loss is None:
        return _unknown(_LOW, "too low", f"{said}, but no loss was saved.", loss=True)
    fall = _fall(loss.value)
    if not fall < least:
        return _LOW.not_fired(
            f"The learning rate is not too low: {said}, but the loss falls by {percent(fall)}.",
            value=usual,
            threshold=ratio,
            unit=_UNIT,
        )
    at = int(np.argmax(pace.fastest < ratio))
    return _LOW.fired(
        _hits(pace, at, int((pace.fastest < ratio).sum())),
        f"The learning rate is too low: {said}, and the loss "
        + (f"falls by {percent(fall)} alone." if fall > 0 else "does not fall."),
        "Raise the learning rate by factors of 10 until the loss falls: updates of about a "
        "thousandth of the weights are usual.",
        value=usual,
        threshold=ratio,
        unit=_UNIT,
    )


def _fall(values: NDArray[np.float64]) -> float:
    """By how many percent of its first quarter's mean the last quarter's lies below it."""
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0
    quarter = max(1, len(values) // 4)
    first, last = values[:quarter].mean(), values[-quarter:].mean()
    return float(100 * (first - last) / abs(first)) if first else 0.0


def _hits(pace: _Pace, at: int, steps: int) -> Hits:
    return Hits(
        pace.weights, pace.weights, 0, 0, steps, len(pace.step), pace.mode, int(pace.step[at])
    )


def _unknown(answer: Answer, what: str, why: str, *, loss: bool = False) -> Finding:
    remedy = "Save the collection losses." if loss else SAVE_WEIGHTS
    return answer.unknown(f"Whether the learning rate is {what} is not known: {why}", remedy)


RULES = (
    _HIGH.rule(
        "Is the learning rate too high?",
        _high,
        Parameter("ratio", 0.1, "part of itself that a weight may move in a step", low=0),
        Parameter("rise", 2.0, "times its first value that the loss may reach", "×", 1),
    ),
    _LOW.rule(
        "Is the learning rate too low?",
        _low,
        Parameter("ratio", 1e-6, "part of itself that a weight must move in a step", low=0),
        Parameter(
            "fall_percent", 10.0, "a loss that falls by this learns all the same", "%", 0, 100
        ),
    ),
)
