"""What was saved of the training that is shown: which steps, by whom, how much, and when?"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from analysis.estimates import Window
from analysis.training.outline import outline
from analysis.training.rules.sentences import listed, many
from pages.parts import escape, format, states, trials
from queries import cached_trials

if TYPE_CHECKING:
    from analysis.training.grids import Grid
    from analysis.training.outline import Outline, Saved
    from analysis.training.recording import Recording

KINDS = {
    "weight": "weight",
    "bias": "bias",
    "gradient": "gradient",
    "loss": "loss",
    "metric": "metric",
    "activation_input": "input",
    "activation_output": "output",
    "label": "label",
    "prediction": "prediction",
    "importance": "feature importance",
    "tree": "tree",
    "hyperparameter": "hyperparameter",
    "other": "other tensor",
}
MOST_NOTES = 6
SAVE_GRADIENTS = """\
hook_config = DebuggerHookConfig(
    s3_output_path="s3://bucket/prefix",
    collection_configs=[
        CollectionConfig("gradients", {"save_interval": "10"}),
        CollectionConfig("weights", {"save_interval": "10"}),
        CollectionConfig("losses", {"save_interval": "10"}),
    ],
)"""


def header(recording: Recording) -> None:
    """Say what was saved, and what is missing or damaged."""
    found = outline(recording)
    chosen = trials.current()
    place = states.attempt(lambda: cached_trials.source(chosen.name), what="the training job")
    job = None if place is None else place.job
    first = [
        f"Job {job.name} ({job.status})" if job is not None else "",
        f"{found.framework}, by the names" if found.framework else "",
        steps(found),
        many(len(found.workers), "worker") if found.workers else "",
        amount(found),
    ]
    second = [
        kinds(found),
        times(found.start, found.end),
        chosen.trial.trial.description,
    ]
    lines = (" · ".join(part for part in line if part) for line in (first, second))
    st.caption("  \n".join(escape.markdown(line, length=1000) for line in lines))
    notes = (*recording.notes, *(place.notes if place is not None else ()))
    for note in notes[:MOST_NOTES]:
        st.warning(escape.markdown(note, length=1000), icon=":material/warning:")
    if len(notes) > MOST_NOTES:
        with st.expander(f"{len(notes) - MOST_NOTES} more notes"):
            for note in notes[MOST_NOTES:]:
                st.caption(escape.markdown(note, length=1000))


def steps(found: Outline) -> str:
    """Write the modes with their steps: ``TRAIN 20 steps, 0 to 190; EVAL 8``."""
    return "; ".join(_steps(saved) for saved in found.modes)


def _steps(saved: Saved) -> str:
    name = "" if saved.mode == "GLOBAL" else f"{saved.mode} "
    said = f"{name}{many(saved.steps, 'step')}"
    if saved.steps == 1:
        return f"{said}, {saved.first:,}"
    return f"{said}, {saved.first:,} to {saved.last:,}"


def amount(found: Outline) -> str:
    """Write how many values were saved, and how many numbers they hold."""
    said = f"{many(found.values, 'value')} of {many(found.tensors, 'tensor')}"
    if found.numbers:
        said += f", {compact(found.numbers)} numbers"
    if found.reduced:
        share = "all" if found.reduced == found.values else f"{found.reduced:,}"
        said += f" ({share} as reductions or shapes only)"
    return said


def compact(value: float) -> str:
    """Write a large count roughly: ``1.2 million``.

    >>> compact(950), compact(1_234_000)
    ('950', '1.2 million')
    """
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{value / size:.1f} {name}"
    return format.count(value)


def kinds(found: Outline) -> str:
    """Write what the tensors are: ``22 gradients, 11 weights and 1 loss``."""
    return listed([many(n, KINDS[kind]) for kind, n in found.kinds]) if found.kinds else ""


def times(start: float, end: float) -> str:
    """Write when the first and the last value were saved."""
    if math.isnan(start):
        return "no time known"
    first, last = (datetime.fromtimestamp(each, UTC) for each in (start, end))
    return format.span(Window(first, last))


def basis(grid: Grid) -> str:
    """Write what a picture rests on: tensors, steps, values, workers and time."""
    if not grid.n:
        return f"no data in mode {grid.mode}"
    who = "median of all workers" if grid.worker is None else grid.worker
    name = "" if grid.mode == "GLOBAL" else f"{grid.mode} "
    return (
        f"{many(len(grid.rows), 'tensor')} at {many(len(grid.steps), f'{name}step')} "
        f"({grid.steps[0]:,} to {grid.steps[-1]:,}) · {format.n(grid.n)} values, {who} · "
        f"{times(grid.start, grid.end)}"
    )
