"""What of the machines of a training stands on the page System, and in which words?"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from analysis.estimates import Window
from analysis.training import step_times, timeline, utilisation
from analysis.training.catalogue import RULES
from analysis.training.rules.sentences import many, number
from pages.charts import machines as charts
from pages.charts import step_times as step_charts
from pages.parts import drawing, escape, findings, format, tables, thresholds, tiles, words

if TYPE_CHECKING:
    from analysis.training.machines import Machines
    from analysis.training.recording import Recording
    from analysis.training.step_times import StepTimes
    from analysis.training.timeline import Timeline
    from analysis.training.utilisation import Used
    from queries.trials.reviews import Review

IN_TILES = ("CPU", "GPU", "GPU memory", "Memory")
MOST_NOTES = 6
DEVIATIONS = 3.0
"""As StepOutlier's default."""
TURN_ON = """\
client.create_training_job(
    …,
    ProfilerConfig={
        "S3OutputPath": "s3://bucket/prefix",
        "ProfilingIntervalInMilliseconds": 500,
    },
)
# of a job that runs: client.update_training_job(TrainingJobName=…, ProfilerConfig={…})"""


def off(machines: Machines | None) -> None:
    """Say that nobody watched the machines, and how that is turned on."""
    for note in machines.notes if machines is not None else ():
        st.caption(escape.markdown(note, length=1000))
    st.info(
        "**No profiler files.** Nothing was recorded of the machines of this training, or the "
        "configuration does not say where. System metrics cost no code in the training script: "
        "name a `ProfilerConfig` when the job is made. Files that lie elsewhere are named with "
        "`profiler` in `[trials.NAME]`: the folder profiler-output, or its address in S3.",
        icon=":material/inbox:",
    )
    st.code(TURN_ON, language="python")


def show(machines: Machines, recording: Recording | None, review: Review, *, name: str) -> None:
    """Draw all there is of the machines."""
    st.caption(escape.markdown(basis(machines), length=1000))
    for note in machines.notes[:MOST_NOTES]:
        st.warning(escape.markdown(note, length=1000), icon=":material/warning:")
    used = {each.name: each for each in utilisation.of_node(machines)}
    if used:
        tiles.row([tile(used[name]) for name in IN_TILES if name in used])
    _rules(review)
    if machines.nodes:
        _over_time(machines, recording)
    if used:
        st.subheader("Every metric", anchor=False)
        st.caption(
            "Quantiles of all readings of all cores or GPUs of a node together; none is a mean of "
            "means."
        )
        tables.draw(table(machines), name=f"{name}-system", key="system_table")
    _steps(machines, recording)


def basis(machines: Machines) -> str:
    """Write what all numbers rest on: nodes, readings, interval and time."""
    readings = sum(len(each.value) for each in machines.series)
    said = [many(len(machines.nodes), "node"), f"{readings:,} readings"]
    if not math.isnan(machines.interval_s):
        said.append(f"one of each metric every {number(machines.interval_s)}{format.THIN_SPACE}s")
    said.append(f"{len(machines.events):,} events of the framework")
    ends = [(float(each.time[0]), float(each.time[-1])) for each in machines.series]
    if ends:
        said.append(_span(min(first for first, _ in ends), max(last for _, last in ends)))
    said.append("ended" if machines.ended else "no end was written: it runs, or was stopped")
    return " · ".join(said)


def tile(used: Used) -> tiles.Tile:
    """Make the tile of one utilisation: p95, and beside it median and highest."""
    of = f" of {many(used.parts, words.PART_OF[used.name])}" if used.name in words.PART_OF else ""
    return tiles.Tile(
        f"{used.name}, p95",
        _value(used.p95, used.unit),
        f"median {_value(used.p50, used.unit)} · highest {_value(used.most, used.unit)} · "
        f"{format.n(used.n)} readings",
        f"95 of 100 readings{of} are at or below this.",
        "machine_use",
    )


def table(machines: Machines) -> tables.Table:
    """Give median, p95 and highest of every metric of every node."""
    rows = [used for node in machines.nodes for used in utilisation.of_node(machines, node)]
    return tables.Table(
        columns=tables.columns(
            "Node", "Metric", "Of", "Median >", "p95 >", "Highest >", "Readings >"
        ),
        rows=tuple(
            (
                used.node,
                used.name,
                many(used.parts, words.PART_OF[used.name]) if used.name in words.PART_OF else "",
                *(_value(each, used.unit) for each in (used.p50, used.p95, used.most)),
                format.count(used.n),
            )
            for used in rows
        ),
        export_columns=("node", "metric", "dimension", "unit", "parts", "p50", "p95", "max", "n"),
        export_rows=tuple(
            (
                *(used.node, used.name, used.dimension, used.unit, used.parts),
                *(used.p50, used.p95, used.most, used.n),
            )
            for used in rows
        ),
    )


def beside(machines: Machines, *, name: str) -> None:
    """Draw every metric of the training that the page is compared with."""
    st.subheader(f"{escape.markdown(name)} beside it", anchor=False)
    st.caption(escape.markdown(basis(machines), length=1000))
    tables.draw(table(machines), name=f"{name}-system", key="system_table_beside")


def _rules(review: Review) -> None:
    """Draw what the rules on machines found; their settings are those of the page Rules."""
    about = tuple(
        finding
        for finding in review.findings
        if finding.rule in RULES and RULES[finding.rule].about == "machines"
    )
    st.subheader("What the rules say", anchor=False)
    thresholds.note()
    findings.draw(replace(review, findings=about))


def _over_time(machines: Machines, recording: Recording | None) -> None:
    st.subheader("Over time", anchor=False)
    node = machines.nodes[0]
    if len(machines.nodes) > 1:
        node = st.selectbox("Node", machines.nodes, key="node", format_func=escape.visible)
    saved = step_times.saved_at(recording) if recording is not None else None
    found = timeline.of_node(machines, node, saved)
    if found is None:
        st.caption(f"Nothing was read on {escape.markdown(node)}.")
        return
    st.caption(escape.markdown(drawn(found), length=1500))
    drawing.draw(charts.timeline(found, drawing.colours()), key="system_time", zoom=True)


def drawn(found: Timeline) -> str:
    """Say what the picture shows of all that was read, and what its shades mean."""
    said = [
        f"{found.readings:,} readings on {found.node}, {_span(found.begin, found.end)}, drawn in "
        f"{many(len(found.middle), 'bin')} of {_seconds(found.bin_s)}: the line is the mean of all "
        "readings in a bin, the band around it reaches from the lowest to the highest."
    ]
    if len(found.phases):
        hidden = f"; {many(found.hidden_phases, 'phase')} more not drawn"
        said.append(
            "Phases of the framework: the darker, the more of the bin was spent in them"
            f"{hidden if found.hidden_phases else ''}."
        )
    if found.all_steps:
        said.append(f"Saved in this time: {many(found.all_steps, 'step')}.")
    if found.stretches:
        said.append(
            f"Shaded: pieces of {_seconds(found.piece_s)} in which, in more than half of the "
            f"snapshots, a GPU was below {number(timeline.GPU_IDLE)}{format.THIN_SPACE}% while a "
            f"core was above {number(timeline.CORE_FULL)}{format.THIN_SPACE}% (CPU full) or waited "
            f"for the disk for more than {number(timeline.CORE_WAITS)}{format.THIN_SPACE}% of its "
            "time (disk awaited)."
        )
    return " ".join(said)


def _steps(machines: Machines, recording: Recording | None) -> None:
    """Draw the distribution of the steps' durations, a kind at a time."""
    found = [s for s in step_times.step_times(machines, recording) if len(s.duration) > 1]
    if not found:
        return
    st.subheader("How long steps took", anchor=False)
    chosen = found[0]
    if len(found) > 1:
        at = st.selectbox(
            "Steps",
            range(len(found)),
            key="steps",
            format_func=lambda at: escape.visible(f"{found[at].kind} on {found[at].where}"),
        )
        chosen = found[at]
    far = float(chosen.duration.mean() + DEVIATIONS * chosen.duration.std())
    st.caption(escape.markdown(lasted(chosen, far), length=1000))
    drawing.draw(step_charts.durations(chosen, drawing.colours(), far_s=far), key="step_durations")


def lasted(steps: StepTimes, far_s: float) -> str:
    """Say how many steps there are, how they were timed, and how many took far longer."""
    far = int((steps.duration > far_s).sum())
    p50, p95, most = np.quantile(steps.duration, [0.5, 0.95, 1.0]).tolist()
    timed = (
        f"{many(len(steps.duration), f'{steps.kind} step')} on {steps.where}, by the framework's "
        "events"
        if steps.source == "events"
        else f"{len(steps.duration):,} times from one saved {steps.kind} step to the next by "
        f"{steps.where}, each divided by the steps between (about {steps.every:,}): the framework "
        "recorded no events"
    )
    return (
        f"{timed} · {_span(float(steps.start[0]), float(steps.start[-1]))} · median "
        f"{_seconds(p50)}, p95 {_seconds(p95)}, longest {_seconds(most)} · {far:,} beyond mean + "
        f"{number(DEVIATIONS)} standard deviations ({_seconds(far_s)})"
    )


def _seconds(value: float) -> str:
    return f"{number(value)}{format.THIN_SPACE}s"


def _span(first: float, last: float) -> str:
    return format.span(
        Window(datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC))
    )


def _value(value: float, unit: str) -> str:
    if math.isnan(value):
        return format.UNKNOWN
    if unit == "bytes/s":
        return f"{format.size(value)}/s"
    if unit == "%":
        return format.percent(value / 100, decimals=1)
    return f"{number(value)}/s"
