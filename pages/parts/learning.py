"""What did each layer learn: one picture of all, beside another training's, and the losses?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analysis.training import losses as curves
from analysis.training.contrast import contrasts
from analysis.training.grids import rows_of
from analysis.training.importance import importances
from analysis.training.rules.sentences import many
from pages.charts import curves as curve_charts
from pages.charts import gradients as charts
from pages.parts import drawing, escape, layer, saved, states, tensors, trials, words
from queries import cached_trials

if TYPE_CHECKING:
    from analysis.training.importance import Importance
    from analysis.training.picture import Picture
    from analysis.training.recording import Recording
    from pages.parts.tensors import View

_HOW_TO_SAVE = (
    "Add the collection gradients to the hook of the training job. Keras’ fit saves none: use "
    "GradientTape with hook.wrap_tape."
)


def pictures(found: Recording, other: Recording | None, view: View) -> None:
    """Draw the picture of the training, and of the one it is compared with where there is one."""
    name = trials.current().name
    drawn = _picture(name, view)
    beside = None if other is None else _beside(other, view)
    st.subheader(f"{words.FAMILIES[view.family]} of every layer at every saved step", anchor=False)
    if drawn is None:
        return
    st.caption(escape.markdown(_how(drawn), length=600))
    if not rows_of(found, "gradient"):
        states.nothing("No gradients were saved.", _HOW_TO_SAVE)
        with st.expander("How to save them", icon=":material/code:"):
            st.code(saved.SAVE_GRADIENTS, language="python")
    if beside is None or other is None:
        left, right = st.columns([3, 1], gap="medium")
        with left:
            _draw(drawn, key="picture", steps=charts.span(drawn))
        with right:
            _said(drawn)
        return
    steps = charts.span(drawn, beside)
    for cell, title, each, key in zip(
        st.columns(2, gap="medium"),
        (name, other.name),
        (drawn, beside),
        ("picture", "picture_beside"),
        strict=True,
    ):
        with cell:
            st.markdown(f"**{escape.markdown(title)}**")
            _draw(each, key=key, steps=steps)
            _said(each)
    _differences(drawn, beside, other.name)


def _picture(name: str, view: View) -> Picture | None:
    return states.attempt(
        lambda: cached_trials.picture(
            name,
            view.family,
            view.measure,
            mode=view.mode,
            worker=view.worker,
            biases=view.biases,
        ),
        what="the tensors",
    )


def _beside(other: Recording, view: View) -> Picture | None:
    worker = view.worker if view.worker in other.workers else None
    drawn = _picture(
        other.name,
        tensors.View(view.family, view.measure, view.mode, worker, view.biases),
    )
    if drawn is not None and not drawn.grid.n:
        states.nothing(
            f"Nothing to compare with in {other.name}.",
            f"It saved no {words.FAMILIES[view.family].lower()} in mode {view.mode}.",
        )
        return None
    return drawn


def _how(drawn: Picture) -> str:
    """Say what a cell is, and what it rests on."""
    grid = drawn.grid
    said = "Each cell is one tensor at one saved step"
    if drawn.steps_a_column > 1:
        said = (
            f"Each cell is the worst of {drawn.steps_a_column} saved steps of one tensor "
            f"({len(grid.steps):,} steps would be too many to draw); a sign marks where a row "
            "first goes wrong"
        )
    return (
        f"{said}; grey is not saved. The colours span the same range for every training. Click a "
        "cell to see its layer below."
    )


def _draw(drawn: Picture, *, key: str, steps: tuple[float, float]) -> None:
    if not drawn.grid.n:
        states.nothing("No data.", f"None of these tensors was saved in mode {drawn.grid.mode}.")
        return
    drawing.clickable(
        charts.picture(drawn, drawing.colours(), steps=steps),
        key=key,
        on_select=lambda: _clicked(key, drawn),
    )
    st.caption(escape.markdown(saved.basis(drawn.grid), length=600))


def _clicked(key: str, drawn: Picture) -> None:
    points = st.session_state[key].selection.points
    if points:
        tensor = drawn.grid.tensors[int(points[0]["y"])]
        st.session_state[layer.KEY] = tensor.layer or tensor.name
        st.session_state[f"tensor_{drawn.grid.family}"] = charts.label(tensor)


def _said(drawn: Picture) -> None:
    """List in words what the picture marks."""
    said = tensors.wrong(drawn.grid)
    for sentence in said:
        st.markdown(sentence)
    if said:
        st.caption("Some of it may be so by design: the page Rules explains and judges.")
    if not said and drawn.grid.n:
        nothing = {
            "gradient": "No gradient vanishes, explodes or is not finite.",
            "weight": "No weight explodes, stands still or is not finite."
            if drawn.grid.measure == "update"
            else "No weight is all zero, explodes or is not finite.",
            "activation": "No activation is all zero, explodes or is not finite.",
        }
        st.markdown(f"✓ {nothing[drawn.grid.family]}")


def _differences(here: Picture, there: Picture, other: str) -> None:
    said, rest = tensors.differences(
        contrasts(here.grid, there.grid), here.grid.family, here.grid.measure, other=other
    )
    st.markdown(f"**Against {escape.markdown(other)}**, layer by layer, medians over the steps:")
    lines = [f"- {escape.markdown(sentence, length=400)}" for sentence in said]
    if rest:
        lines.append(f"- {escape.markdown(rest, length=400)}")
    st.markdown("\n".join(lines) or "- no layer in common")


def losses(found: Recording, other: Recording | None) -> None:
    """Draw the losses of one or both trainings, with the best step and where overfitting begins."""
    st.subheader("Losses", anchor=False)
    chosen = trials.current()
    sides = (chosen.trial.side, None if chosen.against is None else chosen.against.side)
    shown = [
        curve_charts.Losses(each.name, side, lines, curves.rounds(lines))
        for each, side in zip((found, other), sides, strict=True)
        if each is not None and (lines := curves.curves(each))
    ]
    if not shown:
        states.nothing(
            "No loss was saved.",
            "Add the collection losses to the hook; of a custom loss, register the module with "
            "hook.register_loss.",
        )
        return
    drawing.draw(curve_charts.losses(shown, drawing.colours()), key="losses", zoom=True)
    said = [
        sentence
        for each in shown
        for sentence in tensors.about_losses(each.name, each.curves, each.rounds)
    ]
    st.markdown("\n".join(f"- {sentence}" for sentence in said))


def without_layers(found: Recording) -> None:
    """Show what a boosted model has instead of gradients; else say how to save some."""
    boosted = importances(found)
    if boosted:
        _boosted(found, boosted)
        return
    held = sorted({name for tensor in found.tensors for name in tensor.collections})
    states.nothing(
        "No gradients, weights or activations were saved.",
        f"This training saved {many(len(found.tensors), 'tensor')}"
        + (f", in the collections {', '.join(held)}" if held else "")
        + ". To see gradients next time, tell the hook of the training job to save them:",
    )
    st.code(saved.SAVE_GRADIENTS, language="python")


def _boosted(found: Recording, boosted: tuple[Importance, ...]) -> None:
    """Draw on which features a boosted model rests, and its metrics, round by round."""
    st.subheader("Feature importance over the rounds", anchor=False)
    st.caption("A boosted model has trees and no gradients; this is what its hook saved instead.")
    kinds = {each.kind: each for each in boosted}
    kind = st.segmented_control(
        "Importance",
        list(kinds),
        default=next(iter(kinds)),
        required=True,
        key="importance",
        label_visibility="collapsed",
    )
    shown = kinds.get(kind or "", boosted[0])
    drawing.draw(curve_charts.importance(shown, drawing.colours()), key="importances", zoom=True)
    st.caption(
        f"{len(shown.features)} features, {many(len(shown.step), 'saved round')}; drawn are those "
        f"{min(len(shown.features), curve_charts.MOST_FEATURES)} with the largest share in the "
        "last."
    )
    told = found.statistics
    metrics = [
        (tensor.name, told.step[rows], told.mean[rows])
        for at, tensor in enumerate(found.tensors)
        if tensor.kind == "metric" and len(rows := told.rows_of(at))
    ]
    if metrics:
        st.subheader("Metrics", anchor=False)
        drawing.draw(
            curve_charts.metrics(found.name, metrics, drawing.colours()), key="metrics", zoom=True
        )
