"""Is the training still writing, and does it differ from another run?"""

from __future__ import annotations

import re
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.training.findings import Case, Finding, Parameter, Rule
from analysis.training.recording import MODES, Mode, Recording, Statistics
from analysis.training.rules.sentences import listed, many, number, place

_COMPARED = ("n", "mean", "std", "low", "high", "l2")


def _stalled(case: Case) -> Finding:
    say = partial(Finding, rule="StalledTraining", origin="aws", critical=False)
    limit = case.settings.number("threshold")
    if case.recording is not None and case.recording.ended:
        return say(status="not_fired", sentence="The training has ended.")
    if case.recording is None or not np.isfinite(case.recording.statistics.time).any():
        return say(
            status="unknown",
            sentence="Nothing has been saved yet, so nothing tells how long it has been silent.",
        )
    told = case.recording.statistics
    last = int(np.nanargmax(told.time))
    silent = case.now - float(told.time[last])
    said = f"The newest tensor was saved {_ago(silent)} ago; {_ago(limit)} are allowed."
    if silent <= limit:
        return say(
            status="not_fired", sentence=said, value=max(silent, 0), threshold=limit, unit="s"
        )
    return say(
        status="fired",
        sentence=f"{said} The training has not written that it ended: it hangs, or was killed.",
        remedy="Look at the job’s status and log. A job that hangs costs as one that learns: stop "
        "it.",
        first_step=int(told.step[last]),
        mode=MODES[told.mode[last]],
        value=silent,
        threshold=limit,
        unit="s",
    )


def _ago(seconds: float) -> str:
    """Write a length of time in the unit that suits it."""
    for unit, length in (("day", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            found = round(seconds / length)
            return many(found, unit) if unit == "day" else f"{found} {unit}"
    return f"{round(seconds)} s"


def _similar(case: Case) -> Finding:
    say = partial(Finding, rule="SimilarAcrossRuns", origin="aws", critical=False)
    pattern, rtol = case.settings.text("tensor_regex"), case.settings.number("rtol")
    if case.recording is None or case.other is None:
        return say(
            status="unknown",
            sentence="There is no other run to compare with.",
            remedy="Choose another trial to compare with.",
        )
    expected = case.settings.flag("expect_same")
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        return say(status="unknown", sentence=f"“{pattern}” is no regular expression: {error}.")
    theirs = {tensor.name: at for at, tensor in enumerate(case.other.tensors)}
    shared = 0
    compared: list[str] = []
    differing: dict[str, int] = {}  # name -> the first of our rows that differs
    for at, tensor in enumerate(case.recording.tensors):
        if tensor.name not in theirs or not wanted.match(tensor.name):
            continue
        ours, others = _common(case.recording, at, case.other, theirs[tensor.name])
        if not len(ours):
            continue
        shared += len(ours)
        compared.append(tensor.name)
        unlike = ours[_unlike(case.recording.statistics, ours, case.other, others, rtol)]
        if len(unlike):
            steps = case.recording.statistics.global_step[unlike]
            differing[tensor.name] = int(unlike[np.argmin(steps)])
    if not compared:
        return say(
            status="unknown",
            sentence=f"No tensor was saved in both runs at the same step, of those whose name "
            f"matches “{pattern}”.",
        )
    basis = f"{many(len(compared), 'tensor')} ({many(shared, 'value')}) saved in both runs at the "
    if not differing:
        return say(
            status="not_fired",
            sentence=f"All {basis}same step are alike: this run and {case.other.name}.",
            value=0.0,
            unit="tensors",
        )
    told = case.recording.statistics
    order = sorted(differing, key=lambda name: (told.global_step[differing[name]], name))
    row = differing[order[0]]
    mode: Mode = MODES[told.mode[row]]
    sentence = (
        f"Of {basis}same step, {len(differing):,} differ from {case.other.name}, first at "
        f"{place(mode, int(told.step[row]))}: {listed(order[:3])}."
    )
    if not expected:
        return say(
            status="not_fired",
            sentence=f"{sentence} Two trainings differ; nobody expects these to be the same.",
            value=float(len(differing)),
            unit="tensors",
        )
    return say(
        status="fired",
        sentence=sentence,
        remedy="Two runs are alike to the last step only with the same data, seed and machine. "
        "Where the first step differs already, so do the starting values.",
        first_step=int(told.step[row]),
        mode=mode,
        tensors=tuple(order),
        value=float(len(differing)),
        threshold=0.0,
        unit="tensors",
        explained=(
            "AWS’s rule has this name, and fires where runs are not similar. Compared are the "
            f"shape’s size, mean, std, extremes and norm of each value, within {number(rtol)}.",
        ),
    )


def _common(
    ours: Recording, at: int, theirs: Recording, there: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows of two recordings that hold the same mode, step and (by its place) worker."""
    here, other = ours.statistics.rows_of(at), theirs.statistics.rows_of(there)
    _, mine, its = np.intersect1d(
        _keys(ours.statistics, here), _keys(theirs.statistics, other), return_indices=True
    )
    return here[mine], other[its]


def _keys(told: Statistics, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """One number for mode, step and worker: a row's place in a run."""
    place: NDArray[np.int64] = told.step[rows] * len(MODES) + told.mode[rows]
    return place * 2**15 + told.worker[rows]  # workers are counted in 16 bits


def _unlike(
    told: Statistics,
    ours: NDArray[np.intp],
    other: Recording,
    theirs: NDArray[np.intp],
    rtol: float,
) -> NDArray[np.bool_]:
    """Where one of the numbers that describe a value is not the same."""
    found = np.zeros(len(ours), np.bool_)
    # a mean near 0 may differ by rounding: by how much is told by the spread of the values
    size = np.fmax(np.nan_to_num(told.std[ours]), np.nan_to_num(np.abs(told.mean[ours])))
    for column in _COMPARED:
        a = getattr(told, column)[ours].astype(np.float64)
        b = getattr(other.statistics, column)[theirs].astype(np.float64)
        with np.errstate(invalid="ignore"):
            near = np.abs(a - b) <= rtol * np.fmax(np.fmax(np.abs(a), np.abs(b)), size)
        found |= ~((a == b) | near | (np.isnan(a) & np.isnan(b)))
    return found


RULES: tuple[Rule, ...] = (
    Rule(
        "StalledTraining",
        "aws",
        "Does the training still write?",
        _stalled,
        (Parameter("threshold", 1800.0, "the longest silence", "s", 1),),
    ),
    Rule(
        "SimilarAcrossRuns",
        "aws",
        "Does this run differ from the one it is compared with?",
        _similar,
        (
            Parameter(
                "expect_same",
                False,
                "fire where the other run differs: it is meant to be the same one again (ours)",
            ),
            Parameter("tensor_regex", ".*", "which tensors are compared"),
            Parameter("rtol", 1e-5, "relative difference that is rounding (ours)", "", 0),
        ),
    ),
)
