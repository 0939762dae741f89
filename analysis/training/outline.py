"""What was saved of a training, at a glance: by which framework, in which modes, how much, when?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.training.findings import Model
from analysis.training.recording import MODES, SOURCES, Kind, Mode, Recording, Tensor

_OF_LAYERS = ("weight", "bias", "gradient", "activation_input", "activation_output")
_MXNET = re.compile(r"^[a-z]+\d*_.*\d+_(weight|bias|gamma|beta)$")


@dataclass(frozen=True, slots=True)
class Saved:
    """The saved steps of one mode: how many, the first and the last."""

    mode: Mode
    steps: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What a recording holds.

    ``values`` counts saved tensors, ``reduced`` those of which only reductions or a shape were,
    ``numbers`` their elements. ``kinds`` counts tensors by kind, the most first. ``start`` and
    ``end`` are seconds since 1970, nan without a value. ``framework`` is a guess from the names, ""
    where they say nothing.
    """

    framework: str
    modes: tuple[Saved, ...]
    workers: tuple[str, ...]
    tensors: int
    kinds: tuple[tuple[Kind, int], ...]
    values: int
    reduced: int
    numbers: int
    start: float
    end: float


def outline(recording: Recording) -> Outline:
    """Give what a recording holds."""
    told = recording.statistics
    counts = told.copy == 0
    modes = []
    for at, mode in enumerate(MODES):
        steps = np.unique(told.step[told.mode == at])
        if len(steps):
            modes.append(Saved(mode, len(steps), int(steps[0]), int(steps[-1])))
    times = told.time[~np.isnan(told.time)]
    return Outline(
        framework(recording.tensors),
        tuple(modes),
        recording.workers,
        len(recording.tensors),
        tuple(Counter(tensor.kind for tensor in recording.tensors).most_common()),
        int(counts.sum()),
        int((counts & (told.source != SOURCES.index("values"))).sum()),
        int(told.n[counts].sum()),
        float(times.min()) if len(times) else np.nan,
        float(times.max()) if len(times) else np.nan,
    )


def framework(tensors: Sequence[Tensor]) -> str:
    """Guess the framework from how its hook names tensors; "" where that says nothing.

    >>> framework([Tensor("gradient/Net_fc.0.weight", "gradient")])
    'PyTorch'
    >>> framework([Tensor("weights/dense/kernel:0", "weight")])
    'TensorFlow'
    """
    names = [tensor.name for tensor in tensors]
    if any(tensor.kind in ("tree", "importance") for tensor in tensors):
        return "XGBoost"
    if any(re.match(r"(train|validation)-\w+$", name) for name in names):
        return "XGBoost"
    if any(name.startswith("gradients/") or name.endswith(":0") for name in names):
        return "TensorFlow"
    if any(_MXNET.match(name.removeprefix("gradient/")) for name in names):
        return "MXNet"
    if any(name.startswith("gradient/") or re.search(r"\.(weight|bias)$", name) for name in names):
        return "PyTorch"
    return ""


def model_of(tensors: Sequence[Tensor]) -> Model:
    """Say what kind of model was trained; "any" where what was saved does not tell.

    >>> model_of([Tensor("trees/Split", "tree")]), model_of([Tensor("loss", "loss")])
    ('trees', 'any')
    """
    if any(tensor.kind in _OF_LAYERS for tensor in tensors):
        return "network"
    return "trees" if framework(tensors) == "XGBoost" else "any"
