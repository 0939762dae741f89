"""Were the weights initialised so that the network can learn?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.training.findings import Finding, Parameter, Settings
from analysis.training.losses import curves
from analysis.training.rules.answers import Answer, Rows, hits, training_rows
from analysis.training.rules.expected import undone_parameters
from analysis.training.rules.sentences import many, number
from analysis.training.rules.updates import by_series

if TYPE_CHECKING:
    from analysis.training.recording import Recording, Tensor

_POOR = Answer("PoorWeightInitialization", "aws", model="network")
_SAMPLED = 4096
"""Percentiles are of so many evenly spaced elements: good to 0.3 points of rank."""
_RELU = ".*relu_input"
_RANGE = "5 % to 95 %"


def _poor(recording: Recording, settings: Settings) -> Finding:
    """Whether layers differ or gradients hardly spread at first, and the loss does not fall."""
    threshold, least = settings.number("threshold"), settings.number("distribution_range")
    count = settings.count("steps")
    rows, ratio = _variances(recording, settings.text("activation_inputs_regex"), count)
    layers_apart = hits(recording, rows, np.where(ratio > threshold, ratio, -np.inf))
    narrow_rows, spread = _spreads(recording, count)
    narrow = _always(recording, narrow_rows, spread < least)
    flat = hits(recording, narrow_rows, np.where(narrow, -spread, -np.inf))
    if not len(rows) and not len(narrow_rows):
        return _POOR.unknown(
            "Whether weights were initialised well is not known: neither inputs of ReLUs nor "
            "values of gradients were saved in the first steps.",
            "Save the values of the collection gradients, and of a collection of the ReLUs' inputs "
            f"(include_regex {_RELU}), from step 0 on.",
        )
    told = recording.statistics
    saved = max(len(np.unique(told.step[some])) for some in (rows, narrow_rows))
    first = many(saved, "saved step")
    said = []
    if layers_apart is not None:
        said.append(
            f"the inputs of ReLUs vary up to {number(ratio.max())} times as much in one layer as "
            f"in another (limit {number(threshold)})"
        )
    if flat is not None:
        said.append(
            f"the gradients of {flat.layers} spread over less than {number(least)} ({_RANGE})"
        )
    found = flat or layers_apart
    value, limit, unit = (
        (float(spread[narrow].min()), least, f"gradient range, {_RANGE}")
        if flat is not None
        else (float(ratio.max(initial=-np.inf)), threshold, "largest ÷ smallest variance")
    )
    if found is None:
        value = _least(recording, narrow_rows, spread) if len(spread) else value
        limit, unit = (least, f"gradient range, {_RANGE}") if len(spread) else (limit, unit)
        sound = ["the inputs of ReLUs vary alike"] * bool(len(rows))
        sound += ["every gradient spreads"] * bool(len(narrow_rows))
        missing = "" if len(rows) else " Inputs of ReLUs were not saved and are not judged."
        missing += "" if len(narrow_rows) else " Gradients were not saved and are not judged."
        return _POOR.not_fired(
            f"The weights were initialised well: over the first {first} {' and '.join(sound)}."
            f"{missing}",
            value=value,
            threshold=limit,
            unit=unit,
        )
    stalls = _stalls(recording, settings.count("patience"), count)
    what = " and ".join(said)
    if stalls is None:
        return _POOR.unknown(
            f"Whether weights were initialised well is not known: over the first {first} {what}, "
            "but too few losses were saved to say whether it learns all the same.",
            "Save the collection losses from step 0 on.",
        )
    if not stalls:
        return _POOR.not_fired(
            f"The weights were initialised well enough: over the first {first} {what}, but the "
            "loss falls.",
            value=value,
            threshold=limit,
            unit=unit,
        )
    return _POOR.fired(
        found,
        f"The weights were initialised poorly: over the first {first} {what}, and the loss reaches "
        f"no new low for {many(settings.count('patience'), 'saved step')}.",
        "Initialise to the activation (He for ReLU, Xavier for tanh and sigmoid), start biases at "
        "0, or normalise what goes into each layer.",
        value=value,
        threshold=limit,
        unit=unit,
    )


def _first_steps(recording: Recording, rows: Rows, count: int) -> Rows:
    """The rows of the first so many steps at which some of them were saved."""
    steps = np.unique(recording.statistics.step[rows])[:count]
    return rows[np.isin(recording.statistics.step[rows], steps)]


def _variances(recording: Recording, regex: str, count: int) -> tuple[Rows, NDArray[np.float64]]:
    """Inputs of ReLUs, and how many times the least variance of a step and worker theirs is."""
    told = recording.statistics
    try:
        matches = re.compile(regex).match
    except re.error:
        return np.array([], np.intp), np.array([])

    def applies(tensor: Tensor) -> bool:
        ours = tensor.kind == "activation_input" and "relu" in tensor.collections
        return matches(tensor.name) is not None or (regex == _RELU and ours)

    rows = _first_steps(recording, training_rows(recording, applies), count)
    rows = rows[~np.isnan(told.std[rows])]
    variance = told.std[rows] ** 2
    place = told.step[rows] * len(recording.workers) + told.worker[rows]
    _, at = np.unique(place, return_inverse=True)
    smallest = np.full(at.max(initial=-1) + 1, np.inf)
    np.minimum.at(smallest, at, variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(variance > 0, variance / smallest[at], 1.0)
    return rows, ratio


def _spreads(recording: Recording, count: int) -> tuple[Rows, NDArray[np.float64]]:
    """Gradients of the first steps and the range from their 5th to their 95th percentile."""
    undone = undone_parameters(recording)
    by_design = {(recording.tensors[at].layer, recording.tensors[at].parameter) for at in undone}
    rows = training_rows(
        recording,
        lambda tensor: (
            tensor.kind == "gradient" and (tensor.layer, tensor.parameter) not in by_design
        ),
    )
    rows = by_series(recording.statistics, _first_steps(recording, rows, count))
    spread = np.full(len(rows), np.nan)
    for at, row in enumerate(rows):
        value = recording.value(int(row))
        if value is None or value.dtype.kind != "f" or value.size < 2:
            continue
        flat = value.reshape(-1)
        sample = flat[:: max(1, len(flat) // _SAMPLED)].astype(np.float64)
        if np.isfinite(sample).all():
            low, high = np.percentile(sample, [5, 95])
            spread[at] = high - low
    known = ~np.isnan(spread)
    return rows[known], spread[known]


def _always(recording: Recording, rows: Rows, over: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows belong to a tensor of which all rows are over."""
    all_over = np.ones(len(recording.tensors), bool)
    tensor = recording.statistics.tensor[rows]
    all_over[tensor[~over]] = False
    return all_over[tensor]


def _least(recording: Recording, rows: Rows, spread: NDArray[np.float64]) -> float:
    """The smallest of all tensors' largest spreads."""
    most = np.full(len(recording.tensors), -np.inf)
    np.maximum.at(most, recording.statistics.tensor[rows], spread)
    return float(most[np.isfinite(most)].min())


def _stalls(recording: Recording, patience: int, count: int) -> bool | None:
    """Whether a training loss reaches no new low for so many of the first saved steps.

    None where fewer were saved.
    """
    found = [
        curve
        for curve in curves(recording)
        if curve.part == "training" and np.isfinite(curve.value[:1]).all() and len(curve) > patience
    ]
    if not found:
        return None
    values = max(found, key=len).value[:count]
    lows = np.fmin.accumulate(values)
    fell = np.flatnonzero(np.concatenate([[True], lows[1:] < lows[:-1]]))
    waits = np.diff(np.append(fell, len(values))) - 1
    return bool(waits.max() >= patience)


RULES = (
    _POOR.rule(
        "Were the weights initialised so that the network can learn?",
        _poor,
        Parameter("activation_inputs_regex", _RELU, "names of the inputs of activations"),
        Parameter("threshold", 10.0, "largest ÷ smallest variance of layers that may be", "×", 1),
        Parameter("distribution_range", 0.001, "range that a gradient must spread over", low=0),
        Parameter("patience", 5, "saved steps to wait for a lower loss", low=1),
        Parameter("steps", 10, "first saved steps that are looked at", low=1),
    ),
)
