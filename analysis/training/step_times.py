"""How long did each step of a training take?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.training.machines import Machines
from analysis.training.recording import MODES, Recording

STEP = "Step:"
"""What the framework calls a step's phase begins so: ``Step:ModeKeys.TRAIN``."""


@dataclass(frozen=True, slots=True, eq=False)
class StepTimes:
    """The steps of one kind on one node (of the hook: by one worker), in order of time.

    ``start`` is in seconds since 1970, ``duration`` in seconds for one step. ``source`` says
    whether the framework's events tell each step, or the times at which the hook saved some of
    them: then a duration is the mean over the ``every`` steps (on median) from one that was saved
    to the next.
    """

    where: str
    kind: str
    source: Literal["events", "saved"]
    start: NDArray[np.float64]
    duration: NDArray[np.float64]
    every: int = 1


def step_times(machines: Machines | None, recording: Recording | None) -> tuple[StepTimes, ...]:
    """All there is: the framework's events, else what the hook's times tell; empty without both."""
    found = _of_events(machines) if machines is not None else ()
    return found or (_of_saved(recording) if recording is not None else ())


def saved_at(recording: Recording) -> NDArray[np.float64]:
    """When each saved training step was first written, by any worker, in seconds since 1970."""
    first: dict[int, float] = {}
    for times, steps in _saved(recording).values():
        for step, time in zip(steps.tolist(), times.tolist(), strict=True):
            first[step] = min(time, first.get(step, time))
    return np.sort(np.array(list(first.values()), np.float64))


def _of_events(machines: Machines) -> tuple[StepTimes, ...]:
    events = machines.events
    rows: dict[tuple[str, str], list[int]] = {}
    for at, phase in enumerate(events.phase):
        if phase.startswith(STEP):
            kind = phase.removeprefix(STEP).removeprefix("ModeKeys.")
            rows.setdefault((events.node[at], kind), []).append(at)
    return tuple(
        StepTimes(node, kind, "events", events.start[at], events.duration[at])
        for (node, kind), at in sorted(rows.items())
    )


def _of_saved(recording: Recording) -> tuple[StepTimes, ...]:
    found = []
    for (worker, kind), (times, steps) in _saved(recording).items():
        apart = np.diff(steps)
        later = (apart > 0) & (np.diff(times) >= 0)
        if not later.any():
            continue
        lasted = np.diff(times)[later] / apart[later]
        every = int(np.median(apart[later]))
        found.append(StepTimes(worker, kind, "saved", times[:-1][later], lasted, every))
    return tuple(found)


def _saved(
    recording: Recording,
) -> dict[tuple[str, str], tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """First time and global step of each step that a worker saved; TRAIN, else without a mode."""
    told = recording.statistics
    for mode in ("TRAIN", "GLOBAL"):
        of_mode = (told.mode == MODES.index(mode)) & np.isfinite(told.time) & (told.time > 0)
        if of_mode.any():
            break
    found = {}
    for at, worker in enumerate(recording.workers):
        rows = np.flatnonzero(of_mode & (told.worker == at))
        if not len(rows):
            continue
        rows = rows[np.lexsort((told.time[rows], told.global_step[rows]))]
        steps, first = np.unique(told.global_step[rows], return_index=True)
        found[worker, mode] = told.time[rows[first]], steps
    return found
