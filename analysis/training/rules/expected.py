"""What looks like an alarm and is none: which tensors are tiny, zero or still by design?"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from analysis.training.recording import Recording, Tensor
from analysis.training.rules.answers import Rows, named, rows_of
from analysis.training.rules.sentences import layers

NEGLIGIBLE = 1e-4
"""A bias's gradient that is so small a part of its weight's is rounding error. In float32 sums over
a batch leave 10⁻⁷ to 10⁻⁵ of their terms; a bias that matters has a gradient like its weight's."""

_SCALES = ("weight", "gamma", "scale")
_SHIFTS = ("bias", "beta")
_NORMALISES = re.compile(r"(^|[^a-z])(bn|batch_?norm|norm)", re.IGNORECASE)
_KEYS = re.compile(r"(^|[^a-z])(key|k_proj|k_lin|to_k|wk)$", re.IGNORECASE)


def beside(recording: Recording, rows: Rows, tensor: int) -> NDArray[np.intp]:
    """The rows of another tensor at the same mode, step and worker; −1 where it has none."""
    told = recording.statistics
    others = told.rows_of(tensor)
    steps = int(told.step.max(initial=0)) + 1

    def key(of: Rows) -> NDArray[np.int64]:
        workers = told.mode[of].astype(np.int64) * len(recording.workers) + told.worker[of]
        found: NDArray[np.int64] = workers * steps + told.step[of]
        return found

    wanted, there = key(rows), key(others)
    order = np.argsort(there)
    at = np.searchsorted(there, wanted, sorter=order)
    at = np.minimum(at, max(len(there) - 1, 0))
    if not len(there):
        return np.full(len(rows), -1, np.intp)
    found = others[order[at]]
    return np.where(there[order[at]] == wanted, found, -1)


def parameters(recording: Recording) -> dict[tuple[str, str], int]:
    """The weight or bias of each layer and parameter, as places among the tensors."""
    return {
        (tensor.layer, tensor.parameter): at
        for at, tensor in enumerate(recording.tensors)
        if tensor.kind in ("weight", "bias")
    }


def gradients(recording: Recording) -> dict[tuple[str, str], int]:
    """The gradient of each layer and parameter, as places among the tensors."""
    return {
        (tensor.layer, tensor.parameter): at
        for at, tensor in enumerate(recording.tensors)
        if tensor.kind == "gradient"
    }


def undone_biases(
    recording: Recording, rows: Rows, small: NDArray[np.bool_], size: NDArray[np.float64]
) -> dict[int, str]:
    """Biases that what follows takes out again, so that their gradient is 0 but for rounding.

    A normalisation subtracts the mean over the batch, and with it any constant; a softmax over keys
    is the same when all of them are shifted. Recognised by both: a normalising layer of the bias's
    width further on (or keys of an attention by name), and a gradient that is ``NEGLIGIBLE`` beside
    that of the same layer's weight wherever it is small. So the signal does arrive at the layer.

    Parameters
    ----------
    recording : Recording
    rows : array of int
        Rows of gradients.
    small : array of bool
        Which of them are suspiciously small.
    size : array of float
        The mean absolute value of each.

    Returns
    -------
    dict
        For each tensor that is explained the layer that undoes it, "" for keys.
    """
    told = recording.statistics
    at_row = np.full(len(told), np.nan)
    at_row[rows] = size
    by_name = gradients(recording)
    found: dict[int, str] = {}
    for at in np.unique(told.tensor[rows[small]]):
        tensor = recording.tensors[at]
        weights = [
            by_name[tensor.layer, w] for w in ("weight", "kernel") if (tensor.layer, w) in by_name
        ]
        if tensor.parameter not in _SHIFTS or not weights:
            continue
        suspicious = rows[small & (told.tensor[rows] == at)]
        partner = beside(recording, suspicious, weights[0])
        if (partner < 0).any():
            continue
        of_weight = at_row[partner]
        if not (at_row[suspicious] <= NEGLIGIBLE * of_weight).all() or not (of_weight > 0).all():
            continue
        undone_by = "" if _KEYS.search(tensor.layer) else _normalised_by(recording, tensor)
        if undone_by is not None:
            found[int(at)] = undone_by
    return found


def undone_parameters(recording: Recording) -> frozenset[int]:
    """Biases whose gradient is negligible at every step, because what follows takes them out."""
    told = recording.statistics
    rows = rows_of(recording, lambda tensor: tensor.kind == "gradient")
    size = told.mean_abs[rows]
    by_name = parameters(recording)
    undone = undone_biases(recording, rows, np.ones(len(rows), bool), size)
    names = [(recording.tensors[at].layer, recording.tensors[at].parameter) for at in undone]
    return frozenset(by_name[name] for name in names if name in by_name)


def _normalised_by(recording: Recording, bias: Tensor) -> str | None:
    """The first layer after a bias that scales and shifts as many numbers as it has."""
    told = recording.statistics
    sizes: dict[str, dict[str, int]] = {}
    for at, tensor in enumerate(recording.tensors):
        rows = told.rows_of(at)
        if tensor.kind in ("weight", "bias", "gradient") and len(rows):
            sizes.setdefault(tensor.layer, {})[tensor.parameter] = int(told.n[rows[0]])
    width = sizes[bias.layer][bias.parameter]
    after = {t.layer: None for t in recording.tensors if t.layer in sizes and t.depth > bias.depth}
    for layer in after:
        scale = next((sizes[layer][name] for name in _SCALES if name in sizes[layer]), -1)
        shift = next((sizes[layer][name] for name in _SHIFTS if name in sizes[layer]), -1)
        is_named = "gamma" in sizes[layer] or _NORMALISES.search(layer) is not None
        if scale == shift == width and (width > 0 or is_named):
            return layer
    return None


def undone_sentences(recording: Recording, undone: dict[int, str], rows: Rows) -> tuple[str, ...]:
    """Say of such biases what they are, a sentence for each reason."""
    judged = named(recording, rows)
    before = [recording.tensors[at] for at, layer in undone.items() if layer]
    keys = [recording.tensors[at] for at, layer in undone.items() if not layer]
    sentences = []
    if before:
        by = layers([Tensor(layer) for layer in undone.values() if layer], _all_layers(recording))
        sentences.append(
            f"The bias of {layers(before, judged)} has a gradient of almost 0 by design: {by} "
            "normalises what comes out and takes any constant out again. The weight's is normal."
        )
    if keys:
        sentences.append(
            f"The bias of {layers(keys, judged)} has a gradient of almost 0 by design: attention "
            "is the same when all keys are shifted alike. The weight's gradient is normal."
        )
    return tuple(sentences)


def _all_layers(recording: Recording) -> list[Tensor]:
    order = dict.fromkeys(t.layer for t in recording.tensors if t.layer)
    return [Tensor(layer) for layer in order]


def only_at_start(recording: Recording, rows: Rows, over: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which tensors, of all, fire at the first step that was saved of them and never after it."""
    told = recording.statistics
    first = np.full(len(recording.tensors), np.iinfo(np.int64).max)
    np.minimum.at(first, told.tensor[rows], told.global_step[rows])
    late = told.global_step[rows] > first[told.tensor[rows]]
    after = np.zeros(len(first), bool)
    after[told.tensor[rows[late]]] = True
    after[told.tensor[rows[late & over]]] = False
    once = np.zeros(len(first), bool)
    once[told.tensor[rows[over]]] = True
    return after & once


def zero_weights(recording: Recording) -> frozenset[int]:
    """The global steps at which some weight or bias was 0 throughout."""
    told = recording.statistics
    rows = rows_of(recording, lambda tensor: tensor.kind in ("weight", "bias"))
    rows = rows[(told.l1[rows] == 0) | (told.mean_abs[rows] == 0) | (told.l2[rows] == 0)]
    return frozenset(told.global_step[rows].tolist())


def without_gradient(recording: Recording) -> frozenset[int]:
    """Weights and biases that have no gradient in a recording that has others': frozen ones.

    Empty where no gradient was recorded, for then nothing can be said.
    """
    told, by_name = recording.statistics, gradients(recording)
    there = {name for name, at in by_name.items() if len(told.rows_of(at))}
    if not there:
        return frozenset()
    return frozenset(at for name, at in parameters(recording).items() if name not in there)


def accumulated(changed: NDArray[np.bool_]) -> int:
    """How many steps gradients are summed over before the weights move; 1 where they always do.

    Parameters
    ----------
    changed : array of bool
        Whether a weight moved, saved step by saved step.

    Returns
    -------
    int
        k ≥ 2 where it moved at every k-th step and at no other, three times or more.

    >>> accumulated(np.array([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0], bool))
    4
    >>> accumulated(np.array([1, 1, 0, 1, 0, 0], bool)), accumulated(np.zeros(9, bool))
    (1, 1)
    """
    moved = np.flatnonzero(changed)
    if len(moved) < 3:
        return 1
    every = int(moved[1] - moved[0])
    regular = (np.diff(moved) == every).all()
    whole = moved[0] < every and len(changed) - 1 - moved[-1] < every
    return every if regular and whole else 1
