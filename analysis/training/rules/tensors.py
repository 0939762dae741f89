"""Is a tensor made of numbers, and do they vary as they should?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.training.findings import Finding, Parameter, Settings
from analysis.training.rules.answers import (
    Answer,
    Rows,
    choosing,
    from_values,
    hits,
    judged,
    named,
    rows_of,
    selected,
    selection,
    where,
)
from analysis.training.rules.expected import only_at_start
from analysis.training.rules.sentences import layers, listed, many, number, percent

if TYPE_CHECKING:
    from analysis.training.recording import Recording, Tensor

_EXPLODING = Answer("ExplodingTensor", "aws", critical=True)
_ALL_ZERO = Answer("AllZero", "aws")
_VARIANCE = Answer("TensorVariance", "aws")

_OF_A_WHOLE = ("mean", "low", "high", "l1", "l2", "mean_abs")
"""Reductions that are not finite where one element is not. (A saved std of one number never is.)"""


def _exploding(recording: Recording, settings: Settings) -> Finding:
    """Whether an element of a tensor is NaN, or infinite unless NaN alone is asked for."""
    only_nan = settings.flag("only_nan")
    what = "NaN" if only_nan else "NaN or ±∞"
    chosen = selected(settings)
    every = selection(settings) == ""
    rows = rows_of(recording, lambda tensor: every or chosen(tensor))
    told = recording.statistics
    count = told.nans[rows] if only_nan else told.non_finite[rows]
    count = np.where(np.isnan(count), _by_reductions(recording, rows, only_nan), count)
    by_design = np.array([recording.tensors[at].kind == "tree" for at in told.tensor[rows]], bool)
    in_trees = named(recording, rows[by_design & (count > 0)])
    explained = _of_trees(in_trees)
    known = ~np.isnan(count) & ~by_design
    if not known.any():
        there = named(recording, rows)
        return _EXPLODING.unknown(
            "Whether a tensor explodes is not known: "
            + (
                f"of {many(len(there), 'tensor')} neither values nor a reduction that would show "
                "it was saved."
                if there
                else f"there is no tensor {selection(settings)}.".replace(" .", ".")
            ),
            "Save the values, or a reduction such as mean or abs_max.",
            explained,
        )
    rows, count = rows[known], count[known]
    share = count / np.maximum(told.n[rows], 1)
    # the tensor in which it began tells more than the one that is worst in the end
    badness = np.where(count > 0, np.minimum(share, 0.5) - told.global_step[rows], -np.inf)
    found = hits(recording, rows, badness)
    if found is None:
        return _EXPLODING.not_fired(
            f"No tensor explodes: none of {judged(recording, rows, 'tensor')} holds {what}.",
            value=0,
            threshold=0,
            unit="elements",
            explained=explained,
        )
    at = int(np.flatnonzero(rows == found.worst)[0])
    whose = "how many of its elements was not saved"
    if from_values(recording, rows[[at]])[0]:
        whose = f"{count[at]:,.0f} of its {many(int(told.n[found.worst]), 'element')}"
    return _EXPLODING.fired(
        found,
        f"{what} in {found.count('tensor')}, {found.since}: {found.layers}. It begins in "
        f"{found.tensors[0].name} ({whose}).",
        "From there on the model is lost. Go back to a checkpoint before that step, lower the "
        "learning rate, clip gradients; look for log(0), a division by 0, or float16 overflowing.",
        value=count[at],
        threshold=0,
        unit="elements",
        explained=explained,
    )


def _by_reductions(recording: Recording, rows: Rows, only_nan: bool) -> NDArray[np.float64]:
    """1 where a saved reduction is not finite, 0 where all are, nan where none tells.

    What was not saved and what was saved as NaN look alike in a row. But a hook saves the same
    reductions at every step: one that was a number of this tensor once and is none now is NaN.
    """
    told = recording.statistics
    found = np.full(len(rows), np.nan)
    for name in _OF_A_WHOLE:
        value = getattr(told, name)[rows]
        saved = np.zeros(len(recording.tensors), bool)
        saved[told.tensor[rows[~np.isnan(value)]]] = True
        bad = np.isnan(value) if only_nan else ~np.isfinite(value)
        found = np.fmax(found, np.where(saved[told.tensor[rows]], bad.astype(float), np.nan))
    return np.where(from_values(recording, rows), np.nan, found)


def _of_trees(trees: tuple[Tensor, ...]) -> tuple[str, ...]:
    if not trees:
        return ()
    names = listed([tree.name for tree in trees])
    return (f"{names} holds NaN by design: XGBoost writes it where a leaf has nothing to split.",)


def _all_zero(recording: Recording, settings: Settings) -> Finding:
    """Whether the share of zeros in a tensor reaches the threshold."""
    threshold = settings.number("threshold")
    rows = rows_of(recording, selected(settings))
    share = _zeros(recording, rows, threshold)
    known = ~np.isnan(share)
    if not known.any():
        return _ALL_ZERO.unknown(
            "Whether tensors are zero is not known: "
            + _missing(recording, rows, settings, "how many zeros they hold"),
            "Save their values.",
        )
    rows, share = rows[known], share[known]
    told = recording.statistics
    over = share >= threshold
    starting = only_at_start(recording, rows, over)[told.tensor[rows]]
    late = named(recording, rows[over & starting])
    explained: tuple[str, ...] = ()
    if late:
        explained = (
            f"Zero at the first step alone: {layers(late, named(recording, rows))} "
            f"({many(len(late), 'tensor')}), set to 0 by the model or behind what is.",
        )
    found = hits(recording, rows, np.where(over & ~starting, share, -np.inf))
    if found is None:
        at = int(np.argmax(np.where(over, -np.inf, share)))
        most = f"; the most are {percent(share[at])}, in {where(recording, int(rows[at]))}"
        if not from_values(recording, rows[[at]])[0]:
            most = ""  # a reduction says that not all are 0, and no more
        return _ALL_ZERO.not_fired(
            f"No tensor is zero: of {judged(recording, rows, 'tensor')} none has "
            f"{percent(threshold)} zeros{most}.",
            value=share[at],
            threshold=threshold,
            unit="% zeros",
            explained=explained,
        )
    value = share[np.flatnonzero(rows == found.worst)[0]]
    return _ALL_ZERO.fired(
        found,
        f"Tensors of {found.layers} are zero: {percent(threshold)} zeros or more in "
        f"{found.count('tensor')}, {found.since}.",
        "A gradient of zeros stops its layer: look for dead ReLUs, a branch that is not used, or "
        "weights that were all set to 0.",
        value=value,
        threshold=threshold,
        unit="% zeros",
        explained=explained,
    )


def _zeros(recording: Recording, rows: Rows, threshold: float) -> NDArray[np.float64]:
    """The share of zeros in percent; from reductions 100, or 0 where only 100 would fire."""
    told = recording.statistics
    n = np.where(told.n[rows] > 0, told.n[rows], np.nan).astype(float)
    share: NDArray[np.float64] = 100 * told.zeros[rows] / n
    largest = np.maximum(np.abs(told.low[rows]), np.abs(told.high[rows]))
    for size in (largest, told.mean_abs[rows], told.l1[rows], told.l2[rows]):
        not_all = np.where(size > 0, 0.0 if threshold >= 100 else np.nan, np.nan)
        share = np.where(np.isnan(share), np.where(size == 0, 100.0, not_all), share)
    return share


def _variance(recording: Recording, settings: Settings) -> Finding:
    """Whether the variance of a tensor leaves the limits."""
    most, least = settings.number("max_threshold"), settings.number("min_threshold")
    if most <= 0 and least <= 0:
        return _VARIANCE.unknown(
            "Variance is not judged: no limit is set.", "Set max_threshold or min_threshold."
        )
    rows = rows_of(recording, selected(settings))
    told = recording.statistics
    variance = told.std[rows] ** 2
    known = ~np.isnan(variance)
    if not known.any():
        return _VARIANCE.unknown(
            "Variance is not known: " + _missing(recording, rows, settings, "their variance"),
            "Save their values, or add the reduction variance.",
        )
    rows, variance = rows[known], variance[known]
    over = variance - most if most > 0 else np.full(len(rows), -np.inf)
    with np.errstate(divide="ignore", over="ignore"):
        above = np.where(over > 0, variance / max(most, 1e-300), -np.inf)
        below = np.where(variance < least, least / variance, -np.inf)
    found = hits(recording, rows, np.maximum(above, below))
    limits = listed(
        [f"above {number(most)}"] * (most > 0) + [f"below {number(least)}"] * (least > 0)
    ).replace(" and ", " or ")
    if found is None:
        at = int(np.argmax(variance) if most > 0 else np.argmin(variance))
        return _VARIANCE.not_fired(
            f"Variance is within limits: of {judged(recording, rows, 'tensor')} none is {limits}; "
            f"{'the largest' if most > 0 else 'the smallest'} is {number(variance[at])}, in "
            f"{where(recording, int(rows[at]))}.",
            value=variance[at],
            threshold=most if most > 0 else least,
            unit="variance",
        )
    value = variance[np.flatnonzero(rows == found.worst)[0]]
    return _VARIANCE.fired(
        found,
        f"The variance of {found.layers} leaves its limits: {limits} in {found.count('tensor')}, "
        f"{found.since}; the worst is {number(value)}, in {where(recording, found.worst)}.",
        "Scale the initial weights to the layer's width, or normalise what goes into it.",
        value=value,
        threshold=most if most > 0 and value > most else least,
        unit="variance",
    )


def _missing(recording: Recording, rows: Rows, settings: Settings, what: str) -> str:
    there = named(recording, rows)
    if not there:
        return f"there is no tensor {selection(settings)}."
    return f"of {many(len(there), 'tensor')} neither the values nor {what} was saved."


RULES = (
    _EXPLODING.rule(
        "Is every tensor made of finite numbers?",
        _exploding,
        *choosing(),
        Parameter("only_nan", False, "look for NaN alone, not for ±∞"),
    ),
    _ALL_ZERO.rule(
        "Is a weight or a gradient zero throughout?",
        _all_zero,
        *choosing("weights, gradients"),
        Parameter("threshold", 100.0, "share of zeros from which on a tensor is zero", "%", 0, 100),
    ),
    _VARIANCE.rule(
        "Do tensors vary as much as they should?",
        _variance,
        *choosing("weights"),
        Parameter("max_threshold", 0.0, "variance that none may exceed; 0: no limit", low=0),
        Parameter("min_threshold", 0.0, "variance that none may fall below; 0: no limit", low=0),
    ),
)
