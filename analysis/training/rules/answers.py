"""On which tensors does a rule fire, at which steps, and on which of them worst?

A rule of tensors judges rows: a number of each, held to a limit. What all of them have in common,
from those rows to a Finding, is here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.training.findings import Case, Finding, Model, Origin, Parameter, Rule, Settings
from analysis.training.recording import MODES, SOURCES, Kind, Mode, Recording, Tensor
from analysis.training.rules.sentences import label, layers, many, place

Rows = NDArray[np.intp]
Applies = Callable[[Tensor], bool]


@dataclass(frozen=True, slots=True)
class Hits:
    """Where a rule fired.

    ``tensors`` are the worst first, ``judged`` all that could be judged, in the recording's order;
    ``first`` and ``worst`` are rows. ``steps`` counts the steps of all modes at which one fired,
    of ``all_steps`` at which one was judged.
    """

    tensors: tuple[Tensor, ...]
    judged: tuple[Tensor, ...]
    first: int
    worst: int
    steps: int
    all_steps: int
    mode: Mode
    first_step: int

    @property
    def layers(self) -> str:
        """The layers that it fired on, in words."""
        return layers(self.tensors, self.judged)

    @property
    def since(self) -> str:
        """From which step on, in words."""
        return f"from {place(self.mode, self.first_step)} on"

    def count(self, noun: str) -> str:
        """How many of how many fired, at how many steps: ``3 of 8 gradients at 2 of 30 steps``."""
        of_tensors = f"{len(self.tensors):,} of {many(len(self.judged), noun)}"
        return f"{of_tensors} at {self.steps:,} of {many(self.all_steps, 'step')}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A rule's name, whose rule it is, its weight, and of which models; makes its findings."""

    name: str
    origin: Origin
    critical: bool = False
    model: Model = "any"

    def rule(
        self, question: str, judge: Callable[[Recording, Settings], Finding], *settings: Parameter
    ) -> Rule:
        """The rule that answers so, of what a recording holds."""

        def check(case: Case) -> Finding:
            if case.recording is None:
                return self.unknown("There is no trial to judge.")
            return judge(case.recording, case.settings)

        return Rule(
            self.name, self.origin, question, check, settings, self.critical, model=self.model
        )

    def fired(
        self,
        hits: Hits,
        sentence: str,
        remedy: str,
        *,
        value: float,
        threshold: float,
        unit: str = "",
        explained: tuple[str, ...] = (),
    ) -> Finding:
        """It fired."""
        return Finding(
            self.name,
            self.origin,
            "fired",
            self.critical,
            sentence,
            remedy,
            hits.first_step,
            hits.mode,
            tuple(tensor.name for tensor in hits.tensors),
            float(value),
            float(threshold),
            unit,
            explained,
        )

    def not_fired(
        self,
        sentence: str,
        *,
        value: float,
        threshold: float,
        unit: str = "",
        explained: tuple[str, ...] = (),
    ) -> Finding:
        """It did not fire."""
        return Finding(
            self.name,
            self.origin,
            "not_fired",
            self.critical,
            sentence,
            value=float(value),
            threshold=float(threshold),
            unit=unit,
            explained=explained,
        )

    def unknown(self, sentence: str, remedy: str = "", explained: tuple[str, ...] = ()) -> Finding:
        """It can't tell."""
        return Finding(
            self.name,
            self.origin,
            "unknown",
            self.critical,
            sentence,
            remedy,
            explained=explained,
        )


def rows_of(recording: Recording, applies: Applies) -> Rows:
    """The rows of the tensors to which it applies, hidden duplicates left out."""
    told = recording.statistics
    chosen = np.array([applies(tensor) for tensor in recording.tensors], bool)
    if not len(chosen):
        return np.array([], np.intp)
    found: Rows = np.flatnonzero(chosen[told.tensor] & (told.copy == 0))
    return found


def training_rows(recording: Recording, applies: Applies) -> Rows:
    """The rows at TRAIN steps; at those of GLOBAL where a script set no mode."""
    rows = rows_of(recording, applies)
    mode = recording.statistics.mode[rows]
    for wanted in ("TRAIN", "GLOBAL"):
        of_mode: Rows = rows[mode == MODES.index(wanted)]
        if len(of_mode):
            break
    return of_mode


def named(recording: Recording, rows: Rows) -> tuple[Tensor, ...]:
    """The tensors of some rows, each once, in the recording's order."""
    return tuple(recording.tensors[at] for at in np.unique(recording.statistics.tensor[rows]))


def hits(recording: Recording, rows: Rows, badness: NDArray[np.float64]) -> Hits | None:
    """Where a rule fired; None where it did not.

    Parameters
    ----------
    recording : Recording
    rows : array of int
        The rows that were judged.
    badness : array of float
        How bad each of them is: −∞ or nan where it did not fire, larger where it is worse.
    """
    over = badness > -np.inf
    if not over.any():
        return None
    told = recording.statistics
    bad, how_bad = rows[over], badness[over]
    worst = np.full(len(recording.tensors), -np.inf)
    np.maximum.at(worst, told.tensor[bad], how_bad)
    tensors = np.unique(told.tensor[bad])
    tensors = tensors[np.argsort(-worst[tensors], kind="stable")]
    first = int(bad[np.argmin(told.global_step[bad])])
    return Hits(
        tuple(recording.tensors[at] for at in tensors),
        named(recording, rows),
        first,
        int(bad[np.argmax(how_bad)]),
        _steps(recording, bad),
        _steps(recording, rows),
        MODES[told.mode[first]],
        int(told.step[first]),
    )


def _steps(recording: Recording, rows: Rows) -> int:
    told = recording.statistics
    return len(np.unique(told.step[rows] * len(MODES) + told.mode[rows]))


def judged(recording: Recording, rows: Rows, noun: str) -> str:
    """How much was judged, in words: ``8 gradients at 30 steps``."""
    tensors = len(np.unique(recording.statistics.tensor[rows]))
    return f"{many(tensors, noun)} at {many(_steps(recording, rows), 'step')}"


def where(recording: Recording, row: int) -> str:
    """The layer and step of a row, in words: ``fc.0 at TRAIN step 20``."""
    told = recording.statistics
    mode, step = MODES[told.mode[row]], int(told.step[row])
    return f"{label(recording.tensors[told.tensor[row]])} at {place(mode, step)}"


def from_values(recording: Recording, rows: Rows) -> NDArray[np.bool_]:
    """Which of the rows rest on the values themselves."""
    found: NDArray[np.bool_] = recording.statistics.source[rows] == SOURCES.index("values")
    return found


_KINDS: Mapping[str, Kind] = {
    "weights": "weight",
    "biases": "bias",
    "gradients": "gradient",
    "losses": "loss",
}
"""What the hook's own collections hold: a name says it where a trial lost the collection."""


@dataclass(frozen=True, slots=True)
class Selected:
    """Tensors chosen by collection or by name; equal where the same are chosen."""

    collections: frozenset[str]
    pattern: str

    def __call__(self, tensor: Tensor) -> bool:
        """Whether it is one of them; no pattern that cannot be read matches any."""
        if not self.collections.isdisjoint(tensor.collections):
            return True
        if any(_KINDS.get(each) == tensor.kind for each in self.collections):
            return True
        try:
            return self.pattern != "" and re.match(self.pattern, tensor.name) is not None
        except re.error:
            return False


def selected(settings: Settings) -> Selected:
    """The tensors that ``collection_names`` (by comma) or ``tensor_regex`` choose."""
    collections = {each.strip() for each in settings.text("collection_names").split(",")} - {""}
    return Selected(frozenset(collections), settings.text("tensor_regex"))


def selection(settings: Settings) -> str:
    """What was chosen, in words."""
    collections, pattern = settings.text("collection_names"), settings.text("tensor_regex")
    words = [f"in a collection named {collections}"] if collections else []
    if pattern:
        words.append(f"with a name like {pattern}")
    return " or ".join(words)


def choosing(collections: str = "", regex: str = "") -> tuple[Parameter, Parameter]:
    """The two parameters by which a rule's tensors are chosen."""
    return (
        Parameter("collection_names", collections, "collections to look at, set apart by commas"),
        Parameter("tensor_regex", regex, "regular expression that a tensor's name starts with"),
    )
