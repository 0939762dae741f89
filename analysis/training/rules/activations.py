"""Do the units of an activation still answer to their input?"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.training.findings import Finding, Parameter, Settings
from analysis.training.recording import Measurement
from analysis.training.rules.answers import (
    Answer,
    Rows,
    Selected,
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

_DEAD = Answer("DeadRelu", "aws", model="network")
_SATURATED = Answer("SaturatedActivation", "aws", model="network")

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


@dataclass(frozen=True, slots=True)
class _Ends:
    """Inputs or outputs of a function: what was chosen, or by default what a name says they are.

    ``function`` is a pattern of a module's or a collection's name. ``only`` and ``never`` narrow it
    down by a word in the tensor's name or a collection's.
    """

    chosen: Selected
    by_name: bool
    end: str
    function: str
    only: str = ""
    never: str = ""

    def __call__(self, tensor: Tensor) -> bool:
        """Whether a tensor is one of them."""
        words = " ".join((tensor.name, *tensor.collections)).lower()
        if self.only not in words or (self.never and self.never in words):
            return False
        return self.chosen(tensor) or (
            self.by_name
            and tensor.kind == f"activation_{self.end}"
            and any(
                re.search(rf"(^|[^a-z])({self.function})\d*$", name, re.IGNORECASE)
                for name in (tensor.layer, *tensor.collections)
            )
        )


@dataclass(frozen=True, slots=True)
class _InOrder:
    """Those of which images have their channels first, or those of which they do not."""

    ends: _Ends
    first: bool

    def __call__(self, tensor: Tensor) -> bool:
        """Whether a tensor is one of them."""
        return self.ends(tensor) and self.first == bool(_CHANNELS_FIRST.search(tensor.name))


def _ends(settings: Settings, default: str, end: str, function: str) -> _Ends:
    by_name = not settings.text("collection_names") and settings.text("tensor_regex") == default
    return _Ends(selected(settings), by_name, end, function)


def _shares(
    recording: Recording, settings: Settings, ends: _Ends, low: float, high: float
) -> NDArray[np.float64]:
    """The share of inactive units of every row that it applies to, else nan."""
    found = np.full(len(recording.statistics), np.nan)
    inactivity = settings.number("threshold_inactivity")
    for first in (True, False):
        applies = _InOrder(ends, first)
        if any(applies(tensor) for tensor in recording.tensors):
            asked = Measurement(
                f"inactive units of {ends.end}s of {ends.function} {ends.only} or "
                f"{selection(settings)}",
                ("inactive",),
                applies,
                inactive,
                (low, high, inactivity, float(first)),
            )
            found = np.fmax(found, recording.measured(asked)[:, 0])
    return found


def _dead(recording: Recording, settings: Settings) -> Finding:
    """Whether too many of a layer's ReLUs are never on."""
    inactivity = settings.number("threshold_inactivity")
    threshold = settings.number("threshold_layer")
    ends = _ends(settings, _RELU, "output", "relu")
    rows = rows_of(recording, ends)
    if not len(rows):
        return _DEAD.unknown(
            "Whether ReLUs are dead is not known: no output of a ReLU was saved.",
            'Save a collection of the ReLUs\' outputs (include_regex ".*relu_output"), and name '
            "it in collection_names or their names in tensor_regex.",
        )
    share = _shares(recording, settings, ends, 0.0, np.inf)[rows]
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
    either = _ends(settings, _TANH_SIGMOID, "input", "tanh|sigmoid")
    # a name that says neither is taken for tanh, the narrower
    for function, ends in (
        ("tanh", replace(either, never="sigmoid")),
        ("sigmoid", replace(either, only="sigmoid")),
    ):
        every.append(rows_of(recording, ends))
        if len(every[-1]):
            low = settings.number(f"threshold_{function}_min")
            high = settings.number(f"threshold_{function}_max")
            share = np.fmax(share, _shares(recording, settings, ends, low, high))
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
