"""What was recorded of a training: which tensors, at which steps, and how large were they?

The vocabulary of every module here. What is recorded is SageMaker Debugger's: a *trial* holds
*tensors* by name, saved at some *steps* of a *mode* by one or several *workers*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Mode = Literal["TRAIN", "EVAL", "PREDICT", "GLOBAL"]
MODES: tuple[Mode, ...] = ("TRAIN", "EVAL", "PREDICT", "GLOBAL")
"""The modes of smdebug, in the order of their numbers here; GLOBAL where a script set none."""

Kind = Literal[
    "weight",
    "bias",
    "gradient",
    "loss",
    "metric",
    "activation_input",
    "activation_output",
    "label",
    "prediction",
    "importance",
    "tree",
    "hyperparameter",
    "other",
]
Source = Literal["values", "reductions", "shape"]
SOURCES: tuple[Source, ...] = ("values", "reductions", "shape")
"""What a row rests on: the values themselves, reductions that were saved, or a shape alone."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A recorded name and what it is.

    ``layer`` is the same for a weight, its bias and their gradients (``fc.0``, ``dense_1``), ""
    where a tensor belongs to none; ``parameter`` names it within the layer (``weight``,
    ``kernel``); ``depth`` is its layer's place in the network from the input on, -1 without one;
    ``collections`` are those of the hook that hold it.
    """

    name: str
    kind: Kind = "other"
    layer: str = ""
    parameter: str = ""
    depth: int = -1
    collections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """One row for each recorded value, in columns of equal length.

    Rows are sorted by tensor, mode, step, worker and copy. ``tensor`` and ``worker`` count in the
    recording's, ``mode`` in ``MODES``, ``source`` in ``SOURCES``; ``step`` is the mode's own step,
    ``global_step`` that of the whole training. ``copy`` is 0 for the value that counts: the last
    one saved under a name in a step; 1, 2, … are those that it hides. ``time`` is in seconds since
    1970. ``n`` counts elements, ``zeros``, ``nans`` and ``infinite`` those that are 0, not a number
    or ±∞. The other columns are of the finite elements, in float64: ``l1`` = Σ|x|,
    ``l2`` = √Σx², ``std`` with divisor n where values were read and as the hook saved it (PyTorch:
    n − 1) where only reductions were. Not known is nan, and ``n`` 0.
    """

    tensor: NDArray[np.int32]
    mode: NDArray[np.int8]
    step: NDArray[np.int64]
    worker: NDArray[np.int16]
    copy: NDArray[np.int16]
    global_step: NDArray[np.int64]
    source: NDArray[np.int8]
    time: NDArray[np.float64]
    n: NDArray[np.int64]
    zeros: NDArray[np.float64]
    nans: NDArray[np.float64]
    infinite: NDArray[np.float64]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    l1: NDArray[np.float64]
    l2: NDArray[np.float64]
    mean_abs: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.tensor)

    @property
    def non_finite(self) -> NDArray[np.float64]:
        """How many elements are NaN or ±∞; nan where it is not known."""
        return self.nans + self.infinite

    def rows_of(
        self, tensor: int, mode: Mode | None = None, *, hidden: bool = False
    ) -> NDArray[np.intp]:
        """The rows of one tensor in order, of one mode or all; hidden duplicates on request."""
        first, last = np.searchsorted(self.tensor, [tensor, tensor + 1])
        rows = np.arange(first, last)
        if mode is not None:
            rows = rows[self.mode[rows] == MODES.index(mode)]
        return rows if hidden else rows[self.copy[rows] == 0]

    def take(self, rows: NDArray[np.intp]) -> Statistics:
        """Some rows of every column."""
        return replace(self, **{each.name: getattr(self, each.name)[rows] for each in fields(self)})


@dataclass(frozen=True, slots=True)
class Measurement:
    """Something a rule must see the values for: a few numbers of each value of some tensors.

    Name and parameters identify it, and its numbers are kept under them. ``measure`` is given a
    value, the value of the same tensor, mode and worker at the saved step before (None at the
    first) and the parameters; it answers as many numbers as there are ``columns``.
    """

    name: str
    columns: tuple[str, ...]
    applies: Callable[[Tensor], bool]
    measure: Callable[..., tuple[float, ...]]
    parameters: tuple[float, ...] = ()


class Recording(Protocol):
    """A trial, opened. Read it; nothing of it changes."""

    @property
    def name(self) -> str:
        """What the trial is called on screen."""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Every recorded tensor, layers in network order, then what belongs to none."""

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of the workers that wrote, sorted."""

    @property
    def statistics(self) -> Statistics:
        """All rows."""

    @property
    def ended(self) -> bool:
        """Whether the training wrote that it ended; else it runs, or was killed."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is missing or damaged, a sentence each."""

    def measured(self, measurement: Measurement) -> NDArray[np.float64]:
        """Numbers of a measurement, shape (rows, columns); nan where it has none of a row."""

    def value(self, row: int) -> NDArray[np.generic] | None:
        """The tensor of a row as it was saved, read-only; None where only reductions were saved."""
