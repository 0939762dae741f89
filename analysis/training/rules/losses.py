"""Does the loss fall, and far enough?

LossNotDecreasing is AWS's, with its published parameters; Underfitting is ours. Losses of several
workers are averaged: each sees batches of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.training import trend
from analysis.training.findings import Case, Finding, Parameter, Rule
from analysis.training.labelled import constant_loss
from analysis.training.losses import Curve, curves
from analysis.training.recording import Mode
from analysis.training.rules.sentences import listed, many, number, percent, place

SAVE_LOSSES = (
    "Save the collection “losses”, in training and in evaluation (train.save_interval and "
    "eval.save_interval), and let the hook know which is which (hook.set_mode)."
)
NO_LOSS = "No loss was saved."
_ORDER: tuple[Mode, ...] = ("EVAL", "TRAIN", "GLOBAL")


@dataclass(frozen=True, slots=True)
class _Check:
    """A comparison of a loss with an earlier one, by their places in the curve."""

    curve: Curve
    at: int
    before: int

    @property
    def fall(self) -> float:
        """By how many percent it fell."""
        now, was = self.curve.value[self.at], self.curve.value[self.before]
        return 100 * float(now - was) / -abs(float(was)) if was else -math.inf


def _loss_not_decreasing(case: Case) -> Finding:
    say = partial(Finding, rule="LossNotDecreasing", origin="aws", critical=False)
    num_steps, percent_ = case.settings.count("num_steps"), case.settings.number("diff_percent")
    found = curves(case.recording) if case.recording else ()
    if not found:
        return say(status="unknown", sentence=NO_LOSS, remedy=SAVE_LOSSES)
    wanted = case.settings.text("mode")
    modes = [mode for mode in _ORDER if wanted in ("", mode)]
    judged = next((some for mode in modes if (some := _long(found, mode, num_steps))), [])
    if not judged:
        return say(
            status="unknown",
            sentence=f"No loss{f' of mode {wanted}' if wanted else ''} was saved at steps that lie "
            f"{many(num_steps, 'step')} apart, so none can be compared.",
            remedy="Train for longer, or lower num_steps.",
        )
    checks = [check for curve in judged for check in _checks(curve, num_steps)]
    failed = [check for check in checks if _has_not_fallen(check, percent_)]
    noisy = case.settings.flag("allow_for_noise")
    stuck = [check for check in failed if not (noisy and _is_noise(check))]
    noise = len(failed) - len(stuck)
    explained = (
        (
            f"At {many(noise, 'check')} a single batch's loss was not lower than the one before. "
            "Batches differ: from there on the losses fall, or too few follow to tell.",
        )
        if noise
        else ()
    )
    if not stuck:
        return say(
            status="not_fired",
            sentence=f"{_names(judged)} ({judged[0].mode}) fell by {percent(percent_)} or more "
            f"within {many(num_steps, 'step')}, at each of {many(len(checks) - noise, 'check')}.",
            explained=explained,
        )
    first = min(stuck, key=lambda check: check.curve.global_step[check.at])
    tensors = tuple(dict.fromkeys(check.curve.tensor for check in stuck))
    return say(
        status="fired",
        sentence=_stuck(first, percent_, noisy) + and_others(tensors, first.curve.tensor),
        remedy="Look at the learning rate first: too low and nothing moves, too high and it jumps "
        "about. Then at the labels (shuffled?) and at vanishing gradients. If the model has "
        "converged, stop the training.",
        first_step=int(first.curve.step[first.at]),
        mode=first.curve.mode,
        tensors=tensors,
        value=first.fall,
        threshold=percent_,
        unit="% lower",
        explained=explained,
    )


def _long(found: Sequence[Curve], mode: Mode, num_steps: int) -> list[Curve]:
    return [c for c in found if c.mode == mode and c.step[-1] - c.step[0] >= num_steps]


def _checks(curve: Curve, num_steps: int) -> Iterator[_Check]:
    """Every ``num_steps`` a comparison with the newest loss at least as many steps before."""
    due = curve.step[0] + num_steps
    for at, step in enumerate(curve.step):
        if step >= due:
            before = int(np.searchsorted(curve.step, step - num_steps, side="right")) - 1
            yield _Check(curve, at, before)
            due = step + num_steps


def _has_not_fallen(check: _Check, diff_percent: float) -> bool:
    now, was = check.curve.value[check.at], check.curve.value[check.before]
    if not math.isfinite(now):
        return True
    if not math.isfinite(was) or now == was == 0:
        return False  # it has recovered, or cannot be lower
    return not (now < was and check.fall >= diff_percent)


def _is_noise(check: _Check) -> bool:
    """Whether a batch's loss was only by chance no lower: the losses from the earlier one on fall.

    Too few for a trend are no evidence either.
    """
    curve = check.curve
    if curve.mode == "EVAL" or curve.whole_data or not math.isfinite(curve.value[check.at]):
        return False
    z = trend.score(curve.value[check.before :])
    return math.isnan(z) or z < trend.FALLS


def _stuck(check: _Check, diff_percent: float, noisy: bool) -> str:
    curve = check.curve
    now, was = (float(curve.value[at]) for at in (check.at, check.before))
    if not math.isfinite(now):
        return (
            f"{curve.tensor} is not a number at {place(curve.mode, int(curve.step[check.at]))}; "
            f"at step {curve.step[check.before]:,} it was {number(was)}."
        )
    said = (
        f"{curve.tensor} is {number(now)} at {place(curve.mode, int(curve.step[check.at]))} and "
        f"was {number(was)} at step {curve.step[check.before]:,}: it should have fallen by "
        f"{percent(diff_percent)}."
    )
    if noisy and curve.mode != "EVAL" and not curve.whole_data:
        said += " Nor do the losses of later batches show a fall beyond their noise."
    return said


def _underfitting(case: Case) -> Finding:
    say = partial(Finding, rule="Underfitting", origin="understudy", critical=True)
    share = case.settings.number("threshold")
    found = [c for c in curves(case.recording) if c.part == "training"] if case.recording else []
    if not found:
        return say(status="unknown", sentence="No training loss was saved.", remedy=SAVE_LOSSES)
    long = [c for c in found if len(_later(c)) >= trend.FEWEST and c.value[0] > 0]
    if not long:
        return say(
            status="unknown",
            sentence=f"Of the training, {many(max(map(len, found)), 'loss')} were saved or are "
            f"numbers; {2 * trend.FEWEST - 1} are needed to see a plateau.",
            remedy="Save the collection “losses” more often.",
        )
    judged = sorted((_left(case, curve) for curve in long), key=lambda each: -each[0])
    flat = [each for each in judged if each[0] >= share and not trend.falls(_later(each[1]))]
    left, curve, reference, what = (flat or judged)[0]
    end = f"{curve.tensor} ended at {number(left * reference)}, {percent(100 * left)} of {what}"
    if not flat:
        falling = " and still falling" if left >= share else ""
        return say(
            status="not_fired",
            sentence=f"{end}{falling}.",
            value=100 * left,
            threshold=100 * share,
            unit="%",
        )
    return say(
        status="fired",
        sentence=f"{end}, and does not fall any more: the model has learned next to nothing. "
        f"{percent(100 * share)} is the limit.",
        remedy="Look for vanishing gradients and dead units, raise or lower the learning rate by "
        "tens, check that inputs and labels belong together, and try a larger model last.",
        first_step=int(curve.step[len(curve) // 2]),
        mode=curve.mode,
        tensors=tuple(each[1].tensor for each in flat),
        value=100 * left,
        threshold=100 * share,
        unit="%",
    )


def _later(curve: Curve) -> NDArray[np.float64]:
    """The second half of the losses, of those that are numbers."""
    half = curve.value[len(curve) // 2 :]
    return half[np.isfinite(half)]


def _left(case: Case, curve: Curve) -> tuple[float, Curve, float, str]:
    """What is left of the loss at the start, or of a constant answer's where that is less."""
    later = _later(curve)
    end = float(np.median(later[-max(3, len(later) // 2) :]))
    start, what = float(curve.value[0]), f"its start, {number(float(curve.value[0]))}"
    constant = constant_loss(case.recording, curve.metric) if case.recording else math.nan
    if 0 < constant < start:
        start, what = constant, f"what one answer for all would cost, {number(constant)}"
    return end / start, curve, start, what


def _names(found: Sequence[Curve]) -> str:
    names = list(dict.fromkeys(curve.tensor for curve in found))
    return listed(names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"])


def and_others(tensors: tuple[str, ...], told: str) -> str:
    """Name the losses of which the same holds as of the one that was told."""
    others = [name for name in tensors if name != told]
    return f" The same holds for {listed(others[:4])}." if others else ""


RULES: tuple[Rule, ...] = (
    Rule(
        "LossNotDecreasing",
        "aws",
        "Does the loss fall?",
        _loss_not_decreasing,
        (
            Parameter("num_steps", 10, "compared with the loss so many steps ago", "steps", 1),
            Parameter("diff_percent", 0.1, "the least fall in that time", "%", 0, 100),
            Parameter("mode", "", "EVAL, TRAIN or GLOBAL; else the first of these that was saved"),
            Parameter(
                "allow_for_noise",
                True,
                "losses of single training batches must show no falling trend either (ours)",
            ),
        ),
    ),
    Rule(
        "Underfitting",
        "understudy",
        "Has the model learned anything?",
        _underfitting,
        (
            Parameter(
                "threshold",
                0.9,
                "the share of the first loss, or of a constant answer’s, that may be left",
                "",
                0,
            ),
        ),
        critical=True,
    ),
)
