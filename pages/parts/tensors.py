"""What does the picture of a training say in words?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from analysis.training import grids
from analysis.training.picture import LOGARITHMIC
from analysis.training.rules.sentences import layers, many, number, place
from pages.parts import escape, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.training.contrast import Contrast
    from analysis.training.grids import Family, Grid, Mark, Measure
    from analysis.training.losses import Curve, Rounds
    from analysis.training.recording import Mode, Recording

ALL_WORKERS = "median of all"
# From so many rows on a picture opens with one row a layer.
MANY_ROWS = 60
MOST_CONTRASTS = 8
# From here on two layers differ by so much that a sentence says it: ten times, or a tenth.
DECADES, SHARE = 1.0, 0.1


@dataclass(frozen=True, slots=True)
class View:
    """What the reader wants to see of a training."""

    family: Family
    measure: Measure
    mode: Mode
    worker: str | None
    biases: bool


def choose(recording: Recording) -> View | None:
    """Draw the choices that this training offers; None where no tensor of a layer was saved."""
    families = [each for each in grids.FAMILIES if grids.rows_of(recording, each)]
    if not families:
        return None
    cells = st.columns([3, 4, 3, 3, 3], vertical_alignment="bottom")
    with cells[0]:
        family = st.selectbox(
            "Tensors",
            families,
            key="family",
            format_func=words.FAMILIES.__getitem__,
            bind="query-params",
            persist_state="session",
        )
    family = family if family in families else families[0]
    measures = grids.MEASURES[family]
    with cells[1]:
        measure = st.selectbox(
            "Measure",
            measures,
            key="measure",
            format_func=lambda each: words.tensor_measure(each, family),
            bind="query-params",
            persist_state="session",
        )
    modes = grids.modes_of(recording, grids.rows_of(recording, family))
    with cells[2]:
        mode = st.selectbox("Mode", modes, key="mode", bind="query-params", persist_state="session")
    with cells[3]:
        worker = st.selectbox(
            "Worker",
            (ALL_WORKERS, *recording.workers),
            key="worker",
            disabled=len(recording.workers) < 2,
            persist_state="session",
        )
    total = len(grids.rows_of(recording, family))
    with cells[4]:
        rows = st.selectbox(
            "Rows",
            ("every tensor", "without biases"),
            index=int(total > MANY_ROWS),
            key="rows",
            persist_state="session",
        )
    return View(
        family,
        measure if measure in measures else measures[0],
        mode if mode in modes else modes[0],
        worker if worker in recording.workers else None,
        rows == "every tensor" or not grids.rows_of(recording, family, biases=False),
    )


def wrong(grid: Grid) -> list[str]:
    """Say which layers are not as they should be, the worst first; nothing where all are."""
    found = grids.marks(grid)
    said = []
    for state in (grids.NOT_FINITE, grids.LARGE, grids.SMALL):
        of = [mark for mark in found if mark.state == state]
        if of:
            said.append(_wrong(grid, of, state))
    return said


def _wrong(grid: Grid, found: Sequence[Mark], state: int) -> str:
    first = min(found, key=lambda mark: mark.first_step)
    always = all(mark.steps == mark.of for mark in found)
    said = (
        f"{layers([grid.tensors[mark.row] for mark in found], grid.tensors)} "
        f"({len(found)} of {many(len(grid.rows), 'tensor')}), "
        f"{'at every saved step' if always else f'first at {place(grid.mode, first.first_step)}'}"
    )
    if not always:
        most = max(found, key=lambda mark: mark.steps)
        said += f", at up to {most.steps} of {many(most.of, 'saved step')}"
    extremes = [mark.extreme for mark in found if not math.isnan(mark.extreme)]
    if extremes and state != grids.NOT_FINITE:
        extreme = min(extremes) if state == grids.SMALL else max(extremes)
        end = "down" if state == grids.SMALL else "up"
        said += (
            f"; {_name(grid.measure, grid.family)} {end} to {words.measured(extreme, grid.measure)}"
        )
    named = words.cell_state(state, grid.family, grid.measure).capitalize()
    return f"**{words.CELL_SIGNS[state]} {named}**: {escape.markdown(said, length=600)}."


def _name(measure: Measure, family: Family) -> str:
    name = words.tensor_measure(measure, family)
    return name[0].lower() + name[1:]


def differences(
    found: Sequence[Contrast], family: Family, measure: Measure, *, other: str
) -> tuple[list[str], str]:
    """Say which layers differ between two trainings, the most first, and how many do not.

    ``other`` names the training that the first is held against.
    """
    logarithmic = measure in LOGARITHMIC
    both = [each for each in found if each.n_here and each.n_there]
    far = [each for each in both if _apart(each, logarithmic) >= 1]
    far.sort(key=lambda each: -_apart(each, logarithmic))
    said = [
        f"{each.layer}.{each.parameter}: median {_name(measure, family)} "
        f"{words.measured(each.here, measure)} against {words.measured(each.there, measure)}, "
        f"{_how_far(each, logarithmic)} ({many(each.n_here, 'step')} and {each.n_there:,})"
        for each in far[:MOST_CONTRASTS]
    ]
    rest = []
    if len(far) > MOST_CONTRASTS:
        rest.append(f"{len(far) - MOST_CONTRASTS} more differ as much")
    if len(both) > len(far):
        near = "a factor of ten" if logarithmic else "10 percentage points"
        rest.append(f"{many(len(both) - len(far), 'tensor')} within {near} of {other}")
    if len(found) > len(both):
        rest.append(f"{many(len(found) - len(both), 'tensor')} in one of the two only")
    return said, ("; ".join(rest) + "." if rest else "")


def _apart(each: Contrast, logarithmic: bool) -> float:
    """Give how far two medians are apart, 1 being as far as is worth a sentence."""
    if logarithmic:
        return 0.0 if math.isnan(each.decades) else abs(each.decades) / DECADES
    return 0.0 if math.isnan(each.difference) else abs(each.difference) / SHARE


def _how_far(each: Contrast, logarithmic: bool) -> str:
    if not logarithmic:
        return f"{number(100 * each.difference)} percentage points"
    if math.isinf(each.decades):
        return "0 against not 0"
    way = "larger" if each.decades > 0 else "smaller"
    return f"{number(round(abs(each.decades), 1))} powers of ten {way}"


def about_losses(name: str, found: Sequence[Curve], sides: Sequence[Rounds]) -> list[str]:
    """Say how each loss went, and from where on the training overfits."""
    said = []
    for curve in found:
        best = curve.best
        mode = "" if curve.mode == "GLOBAL" else f"{curve.mode} "
        head = f"**{escape.markdown(name)}**, {mode}{escape.markdown(curve.tensor)}: "
        if best is None:
            said.append(f"{head}not a number at any of {many(len(curve), 'step')}.")
            continue
        unfinished = int((~np.isfinite(curve.value)).sum())
        broken = f"; not finite at {many(unfinished, 'step')}" if unfinished else ""
        said.append(
            f"{head}{_loss(curve, 0)} at step {curve.step[0]:,} to "
            f"{_loss(curve, -1)} at step {curve.step[-1]:,}, lowest "
            f"{number(float(curve.value[best]))} at step {curve.step[best]:,} "
            f"({many(len(curve), 'step')}){broken}."
        )
    for rounds in sides:
        at = rounds.overfits_from()
        if at is not None:
            last = float(rounds.validated[-1])
            said.append(
                f"**{escape.markdown(name)}** overfits from "
                f"{place(rounds.validation.mode, int(rounds.step[at]))} on: "
                f"{escape.markdown(rounds.validation.tensor)} rises from "
                f"{number(float(rounds.validated[at]))} to {number(last)} while the training loss "
                f"falls to {number(float(rounds.trained[-1]))}."
            )
    return said


def _loss(curve: Curve, at: int) -> str:
    value = float(curve.value[at])
    return number(value) if math.isfinite(value) else "NaN or ∞"
