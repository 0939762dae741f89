"""How did one layer go: its gradients, weights and activations from step to step?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from analysis.training import grids
from analysis.training.recording import MODES, SOURCES
from analysis.training.rules.sentences import many, number
from analysis.training.series import series
from pages.charts import gradients as charts
from pages.charts import layers
from pages.parts import drawing, escape, explaining, format, states, tables, trials, words
from queries import cached_trials

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.training.grids import Family
    from analysis.training.recording import Mode, Recording
    from pages.parts.tensors import View

KEY = "layer"
MOST_ROWS = 12
_COLUMNS = (
    *("n", "mean", "std", "low", "high", "l1", "l2", "mean_abs", "zeros", "nans", "infinite"),
)


def detail(recording: Recording, view: View) -> None:
    """Let the reader choose a layer, and draw what was saved of it; a tab for each family."""
    st.subheader("One layer", anchor=False)
    by_layer = _layers(recording)
    names = list(by_layer)
    first = next((name for name in names if view.family in by_layer[name]), names[0])
    layer = st.selectbox(
        "Layer",
        names,
        index=names.index(_worst(view) or first),
        key=KEY,
        bind="query-params",
        persist_state="session",
        format_func=escape.visible,
        help="Or click a cell of the picture above.",
    )
    if layer is None:
        return
    families = list(by_layer[layer])
    order = sorted(families, key=lambda family: family != view.family)
    for tab, family in zip(st.tabs([words.FAMILIES[each] for each in order]), order, strict=True):
        with tab:
            _family(recording, family, by_layer[layer][family], view)


def _layers(recording: Recording) -> dict[str, dict[Family, list[int]]]:
    """Give the tensors of each layer by family, in network order."""
    found: dict[str, dict[Family, list[int]]] = {}
    for at, tensor in enumerate(recording.tensors):
        for family in grids.FAMILIES:
            if tensor.kind in grids.KINDS[family]:
                name = tensor.layer or tensor.name
                found.setdefault(name, {}).setdefault(family, []).append(at)
    return {
        name: {family: by_family[family] for family in grids.FAMILIES if family in by_family}
        for name, by_family in found.items()
    }


def _worst(view: View) -> str:
    """Give the layer that the picture marks first, "" where it marks none."""
    drawn = cached_trials.picture(
        trials.current().name,
        view.family,
        view.measure,
        mode=view.mode,
        worker=view.worker,
        biases=view.biases,
    )
    found = grids.marks(drawn.grid)
    if not found:
        return ""
    tensor = drawn.grid.tensors[max(found, key=lambda mark: mark.state).row]
    return tensor.layer or tensor.name


def _family(recording: Recording, family: Family, found: Sequence[int], view: View) -> None:
    # a weight tells more than its bias
    first = sorted(found, key=lambda at: grids.is_bias(recording.tensors[at]))
    names = {charts.label(recording.tensors[at]): at for at in first}
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        chosen = st.segmented_control(
            "Tensor",
            list(names),
            default=next(iter(names)),
            required=True,
            key=f"tensor_{family}",
            format_func=lambda name: escape.markdown(name, length=60),
            label_visibility="collapsed",
        )
    at = names.get(chosen or "", found[0])
    modes = grids.modes_of(recording, (at,))
    if not modes:
        states.nothing("No data.", "No value of this tensor was saved.")
        return
    mode = view.mode if view.mode in modes else modes[0]
    with right:
        _download(recording, at)
    if mode != view.mode:
        st.caption(f"Not saved in mode {view.mode}; shown is {mode}.")
    _spread(at, mode, view, family)
    measures = [m for m in grids.MEASURES[family] if m in ("norm", "update", "zeros")]
    for cell, measure in zip(st.columns(len(measures)), measures, strict=True):
        line = series(recording, at, family, measure, mode=mode)
        with cell:
            st.markdown(f"**{words.tensor_measure(measure, family)}**")
            if not line.known:
                st.caption(_why(measure))
                continue
            drawing.draw(
                layers.over_steps(line, family, drawing.colours(), mode=mode),
                key=f"{family}_{measure}",
            )
            who = f", {line.workers} workers: median, least and most" if line.workers > 1 else ""
            st.caption(f"{many(line.known, 'step')}{who}")
    with st.expander("Step by step", icon=":material/table_rows:"):
        _table(recording, at, mode)
        explaining.beside(f"{family}_table")


def _why(measure: str) -> str:
    if measure == "update":
        return "No data: an update needs the values of two saved steps."
    return "No data: neither the values nor a reduction that says it was saved."


def _spread(at: int, mode: Mode, view: View, family: Family) -> None:
    """Draw percentiles and histogram over the steps, where the values themselves were saved."""
    found = states.attempt(
        lambda: cached_trials.distribution(
            trials.current().name, at, mode=mode, worker=view.worker
        ),
        what="the values",
    )
    if found is None:
        st.caption(
            "No percentiles and no histogram: of this tensor only reductions were saved, or no "
            "number."
        )
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Percentiles over the steps**")
        drawing.draw(
            layers.bands(found, drawing.colours(), mode=mode), key=f"{family}_bands", zoom=True
        )
    with right:
        st.markdown("**Histogram over the steps**")
        drawing.draw(
            layers.histogram(found, drawing.colours(), mode=mode),
            key=f"{family}_histogram",
            zoom=True,
        )
    some = f", every {found.every}th of them" if found.every > 1 else ""
    shown = many(len(found.step), "step")
    if found.saved > len(found.step):
        shown += f" evenly out of {found.saved:,}"
    st.caption(
        escape.markdown(
            f"{shown} of {mode}, {number(float(found.n.max()))} numbers "
            f"each{some}, saved by {found.worker}. Bands: minimum, p7, p16, p31, median, p69, p84, "
            "p93, maximum. The axis is even around 0 and logarithmic further out."
            + (
                f" The histogram draws {layers.MOST_COLUMNS} of the steps."
                if len(found.step) > layers.MOST_COLUMNS
                else ""
            ),
            length=600,
        )
    )


def _table(recording: Recording, at: int, mode: Mode) -> None:
    """Show the newest saved steps as numbers."""
    told = recording.statistics
    rows = told.rows_of(at, mode)
    shown = rows[-MOST_ROWS:]
    table = tables.Table(
        tables.columns(
            *("Step >", "Worker", "Elements >", "Mean >", "Std >", "Min >", "Max >"),
            *("Norm >", "Mean |x| >", "Zeros >", "Not finite >"),
        ),
        tuple(
            (
                format.count(int(told.step[row])),
                recording.workers[told.worker[row]],
                format.count(int(told.n[row])),
                *(
                    words.measured(float(getattr(told, column)[row]), "norm")
                    for column in ("mean", "std", "low", "high", "l2", "mean_abs")
                ),
                format.count(float(told.zeros[row])),
                format.count(float(told.non_finite[row])),
            )
            for row in shown
        ),
        (),
        (),
    )
    if len(shown) < len(rows):
        st.caption(f"The last {len(shown)} of {len(rows):,} values; the file has them all.")
    with st.container(horizontal=True, wrap=False):
        st.markdown(tables.markdown(table), width="content")


def _download(recording: Recording, at: int) -> None:
    """Offer every saved value's statistics of a tensor as a file."""
    told = recording.statistics
    tensor = recording.tensors[at]
    rows = told.rows_of(at)
    tables.download(
        ("tensor", "mode", "step", "global_step", "worker", "time", "source", *_COLUMNS),
        [
            (
                tensor.name,
                MODES[told.mode[row]],
                int(told.step[row]),
                int(told.global_step[row]),
                recording.workers[told.worker[row]],
                _moment(float(told.time[row])),
                SOURCES[told.source[row]],
                *(getattr(told, column)[row].item() for column in _COLUMNS),
            )
            for row in rows
        ],
        name=f"{recording.name}-{charts.label(tensor)}".replace("/", "-"),
        key=f"values_{tensor.kind}",
        label="Every step (CSV)",
    )


def _moment(time: float) -> str:
    return "" if time != time else datetime.fromtimestamp(time, UTC).isoformat()  # nan
