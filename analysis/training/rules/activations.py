"""Do the units of an activation still answer to their input?"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.training.findings import Finding, Parameter, Settings
from analysis.training.recording import Measurement
from analysis.training.rules.answers import (
    Answer,
    Applies,
    Rows,
    choosing,
    hits,
    judged,
    named,
    rows_of,
    selected,
    selection,
    where,
)
from analysis.training.rules.sentences import many, percent

if TYPE_CHECKING:
    from analysis.training.recording import Recording, Tensor

_DEAD = Answer("DeadRelu", "aws", critical=True)
_SATURATED = Answer("SaturatedActivation", "aws")

# PyTorch's hook numbers what goes in and out, and its images have channels before height and width.
_CHANNELS_FIRST = re.compile(r"_(in|out)put_\d+$")
_RELU = ".*relu_output"
_TANH_SIGMOID = ".*tanh_input|.*sigmoid_input"
_UNIT = "% of the units"


def inactive(
    value: NDArray[np.floating[Any]],
    before: NDArray[np.floating[Any]] | None,
    low: float,
    high: float,
    inactivity: float,
    channels_first: float,
) -> tuple[float]:
    """The share of units, in percent, that are active on too few of a batch's examples.

    A unit is a feature of the last axis; of images whose channels come first, a channel. It is
    active on an example where its number lies between ``low`` and ``high``; places of a sequence or
    an image count as examples. nan where a number is not finite, or there is no batch.
    """
    if value.ndim < 2 or value.dtype.kind != "f" or not value.size or not np.isfinite(value).all():
        return (float("nan"),)
    axis = 1 if channels_first and value.ndim > 3 else value.ndim - 1
    active = (value > low) & (value < high)
    share = active.mean(axis=tuple(at for at in range(value.ndim) if at != axis))
    return (float(100 * (share < inactivity / 100).mean()),)


def _shares(
    recording: Recording, name: str, applies: Applies, low: float, high: float, inactivity: float
) -> NDArray[np.float64]:
    """The share of inactive units of every row that it applies to, else nan."""
    found = np.full(len(recording.statistics), np.nan)
    for first in (True, False):
        of_order: Applies = partial(
            lambda tensor, first: (
                applies(tensor) and first == bool(_CHANNELS_FIRST.search(tensor.name))
            ),
            first=first,
        )
        if any(of_order(tensor) for tensor in recording.tensors):
            asked = Measurement(
                f"inactive units of {name}",
                ("inactive",),
                of_order,
                inactive,
                (low, high, inactivity, float(first)),
            )
            found = np.fmax(found, recording.measured(asked)[:, 0])
    return found


def _activations(settings: Settings, default: str, end: str, functions: str) -> Applies:
    """What was chosen; by default also what a module's or a collection's name says it is."""
    chosen = selected(settings)
    if settings.text("collection_names") or settings.text("tensor_regex") != default:
        return chosen
    is_named = re.compile(rf"(^|[^a-z])({functions})\d*$", re.IGNORECASE)

    def applies(tensor: Tensor) -> bool:
        names = (tensor.layer, *tensor.collections)
        by_name = any(is_named.search(name) for name in names)
        return chosen(tensor) or (by_name and tensor.kind == f"activation_{end}")

    return applies


def _dead(recording: Recording, settings: Settings) -> Finding:
    """Whether too many of a layer's ReLUs are never on."""
    inactivity = settings.number("threshold_inactivity")
    threshold = settings.number("threshold_layer")
    applies = _activations(settings, _RELU, "output", "relu")
    rows = rows_of(recording, applies)
    if not len(rows):
        return _DEAD.unknown(
            "Whether ReLUs are dead is not known: no output of a ReLU was saved.",
            'Save a collection of the ReLUs\' outputs (include_regex ".*relu_output"), and name '
            "it in collection_names or their names in tensor_regex.",
        )
    share = _shares(recording, _chosen(settings, "ReLU outputs"), applies, 0.0, np.inf, inactivity)[
        rows
    ]
    return _judge(
        recording,
        _DEAD,
        rows,
        share,
        threshold,
        noun="ReLU output",
        what="ReLUs are dead",
        so=f"are above 0 on less than {percent(inactivity)} of the examples",
        remedy="Dead units learn nothing. Lower the learning rate, start biases at 0 or above, "
        "use leaky ReLU or normalisation, or make the layer smaller.",
    )


def _saturated(recording: Recording, settings: Settings) -> Finding:
    """Whether too many of a layer's tanh or sigmoid units are at an end of their range."""
    inactivity = settings.number("threshold_inactivity")
    threshold = settings.number("threshold_layer")
    share = np.full(len(recording.statistics), np.nan)
    every = []
    for function in ("tanh", "sigmoid"):
        applies = _of_function(settings, function)
        every.append(rows_of(recording, applies))
        if len(every[-1]):
            low = settings.number(f"threshold_{function}_min")
            high = settings.number(f"threshold_{function}_max")
            name = _chosen(settings, f"{function} inputs")
            share = np.fmax(share, _shares(recording, name, applies, low, high, inactivity))
    rows = np.unique(np.concatenate(every))
    if not len(rows):
        return _SATURATED.unknown(
            "Whether activations are saturated is not known: no input of a tanh or a sigmoid was "
            "saved.",
            'Save a collection of their inputs (include_regex ".*tanh_input|.*sigmoid_input"), '
            "and name it in collection_names or their names in tensor_regex.",
        )
    return _judge(
        recording,
        _SATURATED,
        rows,
        share[rows],
        threshold,
        noun="activation",
        what="Units are saturated",
        so="lie where tanh or sigmoid is flat on all but less than "
        f"{percent(inactivity)} of the examples",
        remedy="No gradient passes a saturated unit. Initialise to the activation (Xavier), "
        "normalise what goes into it, lower the learning rate, or use ReLU.",
    )


def _of_function(settings: Settings, function: str) -> Applies:
    """Inputs of tanh or of sigmoid; a name that says neither is taken for tanh, the narrower."""
    either = _activations(settings, _TANH_SIGMOID, "input", "tanh|sigmoid")

    def applies(tensor: Tensor) -> bool:
        says = " ".join((tensor.name, *tensor.collections)).lower()
        return either(tensor) and ("sigmoid" in says) == (function == "sigmoid")

    return applies


def _chosen(settings: Settings, what: str) -> str:
    words = selection(settings)
    return f"{what}, or {words}" if words else what


def _judge(
    recording: Recording,
    answer: Answer,
    rows: Rows,
    share: NDArray[np.float64],
    threshold: float,
    *,
    noun: str,
    what: str,
    so: str,
    remedy: str,
) -> Finding:
    known = ~np.isnan(share)
    if not known.any():
        return answer.unknown(
            f"Whether {what[0].lower() + what[1:] if what[0] == 'U' else what} is not known: "
            f"of {many(len(named(recording, rows)), noun)} no finite values were saved.",
            "Save the values of the activations, not their reductions alone.",
        )
    rows, share = rows[known], share[known]
    found = hits(recording, rows, np.where(share > threshold, share, -np.inf))
    if found is None:
        at = int(np.argmax(share))
        return answer.not_fired(
            f"No layer has more than {percent(threshold)} of units that {so}: the most of "
            f"{judged(recording, rows, noun)} are {percent(share[at])}, in "
            f"{where(recording, int(rows[at]))}.",
            value=share[at],
            threshold=threshold,
            unit=_UNIT,
        )
    value = share[np.flatnonzero(rows == found.worst)[0]]
    return answer.fired(
        found,
        f"{what} in {found.layers}: more than {percent(threshold)} of a layer's units {so}, in "
        f"{found.count(noun)}, {found.since}; {percent(value)} in "
        f"{where(recording, found.worst)}.",
        remedy,
        value=value,
        threshold=threshold,
        unit=_UNIT,
    )


_SHARES = (
    Parameter(
        "threshold_inactivity",
        1.0,
        "a unit active on less of the examples is inactive",
        "%",
        0,
        100,
    ),
    Parameter(
        "threshold_layer", 50.0, "share of a layer's units that may be inactive", "%", 0, 100
    ),
)

RULES = (
    _SATURATED.rule(
        "Do tanh and sigmoid still answer to their input?",
        _saturated,
        *choosing("", _TANH_SIGMOID),
        Parameter("threshold_tanh_min", -9.4999, "below this tanh is flat"),
        Parameter("threshold_tanh_max", 9.4999, "above this tanh is flat"),
        Parameter("threshold_sigmoid_min", -23.0, "below this sigmoid is flat"),
        Parameter("threshold_sigmoid_max", 16.99999, "above this sigmoid is flat"),
        *_SHARES,
    ),
    _DEAD.rule(
        "Are the ReLUs still switched on by some example?",
        _dead,
        *choosing("", _RELU),
        *_SHARES,
    ),
)
