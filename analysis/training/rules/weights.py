"""Do the weights move, and by a sound part of themselves?"""

from __future__ import annotations

from itertools import pairwise
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
    training_rows,
    where,
)
from analysis.training.rules.expected import (
    accumulated,
    gradients,
    undone_parameters,
    without_gradient,
)
from analysis.training.rules.sentences import layers, many, number
from analysis.training.rules.updates import (
    Updates,
    by_series,
    changes,
    is_parameter,
    series_of,
    updates,
)

if TYPE_CHECKING:
    from analysis.training.recording import Recording

_RATIO = Answer("WeightUpdateRatio", "aws", model="network")
_UNCHANGED = Answer("UnchangedTensor", "aws")

SAVE_WEIGHTS = "Save the values of the collection weights, at steps next to each other."
_PART = "update ÷ weight"


def _ratio(recording: Recording, settings: Settings) -> Finding:
    """Whether a weight's update is too large or too small a part of it."""
    large, small = settings.number("large_threshold"), settings.number("small_threshold")
    told = recording.statistics
    moved = updates(recording, settings.count("num_steps"))
    if not len(moved):
        return _RATIO.unknown(
            f"The updates of weights are not known: {_why(recording)}", SAVE_WEIGHTS
        )
    rows = moved.row
    ratio = moved.update / (moved.before + settings.number("epsilon"))
    still = moved.update == 0
    frozen, resting, explained = _at_rest(recording, rows, moved.series, still)
    starting = (moved.before == 0) & ~still
    if starting.any():
        zero = named(recording, rows[starting])
        explained += (
            f"Zero at the start: {layers(zero, named(recording, rows))} "
            f"({many(len(zero), 'parameter')}). By construction the first update there is "
            "infinitely large beside the weight.",
        )
    undone = undone_parameters(recording)
    of_undone = np.isin(told.tensor[rows], list(undone))
    if undone:
        tensors = named(recording, rows[of_undone])
        explained += (
            f"The bias of {layers(tensors, named(recording, rows))} hardly moves by design: what "
            "follows takes any constant out again.",
        )
    # a single number passes through 0, where any update is large beside it
    too_large = (ratio > large) & ~starting & (told.n[rows] > 1)
    held = ~starting & ~frozen & ~resting & ~of_undone
    if not gradients(recording):  # then nothing tells a bias that is undone from one that is stuck
        held &= np.array([recording.tensors[at].kind == "weight" for at in told.tensor[rows]])
    too_small = (ratio < small) & held
    # one that is too large is worse than any that is too small
    above = np.where(too_large, ratio, -np.inf)
    below = np.where(too_small, -ratio, -np.inf)
    found = hits(recording, rows, np.maximum(above, below))
    if found is None:
        least = np.min(ratio[held], initial=np.inf)
        most = np.max(ratio[held], initial=-np.inf)
        between = f"they lie between {number(least)} and {number(most)}"
        return _RATIO.not_fired(
            f"Updates are a sound part of the weights: of {judged(recording, rows, 'parameter')} "
            f"none is below {number(small)} or above {number(large)} ({_PART}, l2 norms"
            f"{_apart(moved)}); {between if held.any() else 'none was held to a limit'}.",
            value=most if held.any() else np.nan,
            threshold=large,
            unit=_PART,
            explained=explained,
        )
    value = ratio[np.flatnonzero(rows == found.worst)[0]]
    is_large = value > large
    sides = [f"above {number(large)}"] * bool(too_large.any())
    sides += [f"below {number(small)}"] * bool(too_small.any())
    beside = (
        f"too {'large' if is_large else 'small'} beside"
        if len(sides) == 1
        else "out of proportion to"
    )
    what = "exactly 0" if value == 0 else number(value)
    return _RATIO.fired(
        found,
        f"Updates of {found.layers} are {beside} the weights: {' or '.join(sides)} ({_PART}, l2 "
        f"norms{_apart(moved)}) in {found.count('parameter')}, {found.since}; the worst is {what}, "
        f"in {where(recording, found.worst)}.",
        "Lower the learning rate or clip gradients."
        if is_large
        else "Raise the learning rate, or look for what keeps the gradient from these weights.",
        value=value,
        threshold=large if is_large else small,
        unit=_PART,
        explained=explained,
    )


def _apart(moved: Updates) -> str:
    """Over how many steps an update reaches, in words, where it is not one."""
    steps = int(np.median(moved.steps))
    return "" if steps == 1 else f", over {steps:,} steps"


def _at_rest(
    recording: Recording, rows: Rows, series: NDArray[np.int64], still: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], tuple[str, ...]]:
    """Rows of frozen parameters, rows between updates of accumulated gradients; both in words."""
    told = recording.statistics
    tensor = told.tensor[rows]
    moves = np.zeros(len(recording.tensors), bool)
    moves[tensor[~still]] = True
    frozen = ~moves[tensor] & np.isin(tensor, list(without_gradient(recording)))
    resting = np.zeros(len(rows), bool)
    every: dict[int, int] = {}
    edges = np.flatnonzero(np.diff(series, prepend=-1, append=-1))
    for first, last in pairwise(edges):
        period = accumulated(~still[first:last])
        if period > 1:
            resting[first:last] = still[first:last]
            every[int(tensor[first])] = period
    explained: tuple[str, ...] = ()
    everything = named(recording, rows)
    if frozen.any():
        tensors = named(recording, rows[frozen])
        explained += (
            f"Frozen: {layers(tensors, everything)} ({many(len(tensors), 'parameter')}). No "
            "gradient and no change there, while others have both.",
        )
    if every:
        periods = sorted(set(every.values()))
        tensors = tuple(recording.tensors[at] for at in sorted(every))
        explained += (
            f"Gradients are accumulated in {layers(tensors, everything)}: an update at every "
            f"{' or '.join(map(_ordinal, periods))} saved step and none in between.",
        )
    return frozen, resting, explained


def _ordinal(k: int) -> str:
    return f"{k}{ {2: 'nd', 3: 'rd'}.get(k, 'th') }"


def _why(recording: Recording) -> str:
    rows = training_rows(recording, is_parameter)
    if not len(rows):
        return "no weight was saved in training."
    if not from_values(recording, rows).any():
        return f"of {many(len(named(recording, rows)), 'parameter')} only reductions were saved."
    return "no finite weight was saved at two steps."


def _unchanged(recording: Recording, settings: Settings) -> Finding:
    """Whether a tensor stays the same over some saved steps."""
    steps = max(2, settings.count("num_steps"))
    rtol, atol = settings.number("rtol"), settings.number("atol")
    chosen = selected(settings)
    told = recording.statistics
    rows = rows_of(recording, chosen)
    if not len(rows):
        return _UNCHANGED.unknown(
            f"Whether tensors change is not known: there is no tensor {selection(settings)}.",
            SAVE_WEIGHTS,
        )
    # weights do not change while a model is evaluated
    parameters = [is_parameter(recording.tensors[at]) for at in told.tensor[rows]]
    training = training_rows(recording, lambda tensor: chosen(tensor) and is_parameter(tensor))
    rows = by_series(told, np.concatenate([rows[~np.array(parameters, bool)], training]))
    close = _closeness(recording, rows, settings)
    series = series_of(told, rows)
    known = ~np.isnan(close)
    if not known.any():
        return _UNCHANGED.unknown(
            "Whether tensors change is not known: of "
            f"{many(len(named(recording, rows)), 'tensor')} no values were saved at two steps.",
            SAVE_WEIGHTS,
        )
    same = close == 1
    total = np.cumsum(same)
    back = np.concatenate([np.zeros(steps - 1, total.dtype), total])[: len(total)]
    over = same & (total - back == steps - 1)
    frozen, resting, explained = _at_rest(recording, rows[known], series[known], same[known])
    quiet = np.zeros(len(rows), bool)
    quiet[known] = frozen | resting
    rows, over = rows[known], (over & ~quiet)[known]
    # the tensor that has stayed for longest
    run = np.bincount(told.tensor[rows[over]], minlength=len(recording.tensors))
    found = hits(recording, rows, np.where(over, run[told.tensor[rows]], -np.inf))
    limit = (
        f"{many(steps, 'saved step')} in a row (allclose, rtol {number(rtol)}, atol {number(atol)})"
    )
    if found is None:
        return _UNCHANGED.not_fired(
            f"Every tensor changes: of {judged(recording, rows, 'tensor')} none stays the same "
            f"over {limit}.",
            value=0,
            threshold=steps,
            unit="saved steps",
            explained=explained,
        )
    longest = int(run.max()) + steps - 1
    return _UNCHANGED.fired(
        found,
        f"No change in {found.layers}: the same over {limit} in {found.count('tensor')}, "
        f"{found.since}; {found.tensors[0].name} for {many(longest, 'step')}.",
        "See whether these weights get a gradient, whether the optimiser was given them, and "
        "whether the learning rate is not too low.",
        value=longest,
        threshold=steps,
        unit="saved steps",
        explained=explained,
    )


def _closeness(recording: Recording, rows: Rows, settings: Settings) -> NDArray[np.float64]:
    """1 where a row is as the one before it, 0 where it is not, nan where that is not known."""
    rtol, atol = settings.number("rtol"), settings.number("atol")
    told = recording.statistics
    chosen = selected(settings)
    # one measurement serves all rules on weights
    weights = all(is_parameter(tensor) for tensor in named(recording, rows))
    close: NDArray[np.float64] = changes(
        recording,
        is_parameter if weights else chosen,
        "weights and biases" if weights else f"tensors {selection(settings)}",
        rtol=rtol,
        atol=atol,
        equal_nan=settings.flag("equal_nan"),
    )[rows, 2]
    # elements that agree have extremes that do: reductions can tell that they do not
    same_series = np.diff(series_of(told, rows), prepend=-1) == 0
    for name in ("low", "high"):
        value = getattr(told, name)[rows]
        was = np.concatenate([[np.nan], value[:-1]])
        apart = same_series & (np.abs(value - was) > atol + rtol * np.maximum(abs(value), abs(was)))
        close[np.isnan(close) & apart] = 0
    return close


RULES = (
    _RATIO.rule(
        "Is each update a sound part of its weight?",
        _ratio,
        Parameter(
            "num_steps", 0, "compare with up to so many steps back; 0: with the saved step before"
        ),
        Parameter("large_threshold", 10.0, "update ÷ weight above this is too large", low=0),
        Parameter("small_threshold", 1e-8, "update ÷ weight below this is too small", low=0),
        Parameter("epsilon", 1e-9, "added to the weight's norm, against division by 0", low=0),
    ),
    _UNCHANGED.rule(
        "Do the weights change at all?",
        _unchanged,
        *choosing("weights"),
        Parameter("num_steps", 3, "saved steps over which a tensor must change", low=2),
        Parameter("rtol", 1e-5, "part of itself by which a number may differ and be the same"),
        Parameter("atol", 1e-8, "amount by which a number may differ and be the same"),
        Parameter("equal_nan", False, "take NaN for equal to NaN"),
    ),
)
