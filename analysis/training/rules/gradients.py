"""Does the gradient reach every layer?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.training.findings import Finding, Parameter, Settings
from analysis.training.rules.answers import Answer, Rows, hits, judged, named, rows_of, where
from analysis.training.rules.expected import (
    only_at_start,
    undone_biases,
    undone_sentences,
    zero_weights,
)
from analysis.training.rules.sentences import layers, many, number

if TYPE_CHECKING:
    from analysis.training.recording import Recording, Statistics

_VANISHING = Answer("VanishingGradient", "aws", critical=True, model="network")
_SIZE = "mean absolute value"


def _vanishing(recording: Recording, settings: Settings) -> Finding:
    """Whether a gradient's mean absolute value is below the threshold at any step."""
    threshold = settings.number("threshold")
    rows = rows_of(recording, lambda tensor: tensor.kind == "gradient")
    if not len(rows):
        return _VANISHING.unknown(
            "Whether gradients vanish is not known: no gradient was saved.",
            "Save the collection gradients.",
        )
    told = recording.statistics
    size = mean_abs(told, rows, threshold)
    known = ~np.isnan(size) | (told.non_finite[rows] > 0)
    if not known.any():
        return _VANISHING.unknown(
            "Whether gradients vanish is not known: of "
            f"{many(len(named(recording, rows)), 'gradient')} neither the values nor "
            f"the {_SIZE} was saved.",
            "Add the reduction abs_mean to the collection gradients, or save its values.",
        )
    rows, size = rows[known], size[known]
    # what is not finite has exploded; its finite rest says nothing
    small = (size < threshold) & ~(told.non_finite[rows] > 0)
    undone = undone_biases(recording, rows, small, size)
    late = _zero_at_first(recording, rows, small)
    small &= ~np.isin(told.tensor[rows], [*undone, *late])
    explained = undone_sentences(recording, undone, rows)
    if late:
        tensors = [recording.tensors[at] for at in late]
        explained += (
            "Zero at the first step alone: the gradient of "
            f"{layers(tensors, named(recording, rows))}, behind a parameter that starts at 0.",
        )
    with np.errstate(divide="ignore"):
        badness = np.where(small, -np.log(size), -np.inf)
    found = hits(recording, rows, badness)
    if found is None:
        held = np.where(np.isin(told.tensor[rows], [*undone, *late]), np.inf, size)
        held[np.isnan(held) | (told.non_finite[rows] > 0)] = np.inf
        at = int(np.argmin(held))
        return _VANISHING.not_fired(
            _all_arrive(recording, rows, int(rows[at]), held[at], threshold),
            value=held[at],
            threshold=threshold,
            unit=_SIZE,
            explained=explained,
        )
    value = size[np.flatnonzero(rows == found.worst)[0]]
    smallest = (
        "the smallest is exactly 0"
        if value == 0
        else f"the smallest is {number(value)}, {number(threshold / value)} times below it"
    )
    return _VANISHING.fired(
        found,
        f"Gradients vanish in {found.layers}: below {number(threshold)} ({_SIZE}) in "
        f"{found.count('gradient')}, {found.since}; {smallest}.",
        "These layers do not learn. Use ReLU-like activations instead of sigmoid or tanh, "
        "normalisation or residual connections, initialise to the activation (He, Xavier), or "
        "look for units that are dead.",
        value=value,
        threshold=threshold,
        unit=_SIZE,
        explained=explained,
    )


def mean_abs(told: Statistics, rows: Rows, threshold: float) -> NDArray[np.float64]:
    """The mean absolute value of rows, or a bound of it that is on the same side of a threshold.

    From l1/n where the mean itself was not saved; from l2 alone by l2/n ≤ mean |x| ≤ l2/√n, nan
    where the threshold lies between the two.
    """
    n = np.where(told.n[rows] > 0, told.n[rows], np.nan).astype(float)
    size = told.mean_abs[rows]
    least, most = told.l2[rows] / n, told.l2[rows] / np.sqrt(n)
    bound = np.where(most < threshold, most, np.where(least >= threshold, least, np.nan))
    for other in (told.l1[rows] / n, bound):
        size = np.where(np.isnan(size), other, size)
    return size


def _zero_at_first(recording: Recording, rows: Rows, small: NDArray[np.bool_]) -> list[int]:
    """Gradients that are small at the first step alone, where some parameter is 0 throughout."""
    told = recording.statistics
    starting = only_at_start(recording, rows, small)
    steps = zero_weights(recording)
    first = rows[small & starting[told.tensor[rows]]]
    return sorted({int(told.tensor[row]) for row in first if int(told.global_step[row]) in steps})


def _all_arrive(recording: Recording, rows: Rows, at: int, size: float, threshold: float) -> str:
    return (
        f"No gradient vanishes: of {judged(recording, rows, 'gradient')} none is below "
        f"{number(threshold)} ({_SIZE}); the smallest is {number(size)}, in "
        f"{where(recording, at)}."
    )


RULES = (
    _VANISHING.rule(
        "Does the gradient reach every layer?",
        _vanishing,
        Parameter("threshold", 1e-7, "a gradient's mean absolute value below this vanishes"),
    ),
)
