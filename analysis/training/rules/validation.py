"""Does the loss fall on data that the model was not trained on, and for how long did it?

Both rules are AWS's, with its published parameters. An evaluation is held against the training
losses that were saved since the one before.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.training import trend
from analysis.training.findings import Case, Finding, Parameter, Rule
from analysis.training.losses import Rounds, curves, rounds
from analysis.training.rules.losses import SAVE_LOSSES, and_others
from analysis.training.rules.sentences import many, number, percent, place

_TIMES = 1000
"""A gap of so many percent is told as so many times."""
_STILL_FALLING = (
    "The gap is wide, but the validation loss went on to new lows: the training still pays on data "
    "that the model was not trained on."
)
NO_PAIR = (
    "No loss was saved of both the training and the validation data: modes TRAIN and EVAL, or "
    "train-… and validation-… of XGBoost."
)


def _overfit(case: Case) -> Finding:
    say = partial(Finding, rule="Overfit", origin="aws", critical=False)
    patience, ratio = case.settings.count("patience"), case.settings.number("ratio_threshold")
    start = case.settings.count("start_step")
    found = rounds(curves(case.recording)) if case.recording else ()
    if not found:
        return say(status="unknown", sentence=NO_PAIR, remedy=SAVE_LOSSES)
    if not any((pair.step >= start).sum() > patience for pair in found):
        return say(
            status="unknown",
            sentence=f"The validation loss was saved in at most "
            f"{many(max(int((pair.step >= start).sum()) for pair in found), 'evaluation')}; more "
            f"than {patience} are needed.",
            remedy=SAVE_LOSSES,
        )
    over = [
        (pair, at)
        for pair in found
        if (at := _over_for(_over(pair, case, start), patience)) is not None
    ]
    if not over:
        nearest = max(found, key=lambda pair: float(pair.gap[-1]))
        wide = nearest.gap[-1] > ratio
        return say(
            status="not_fired",
            sentence=f"{_gap(nearest, len(nearest) - 1)}; {percent(100 * ratio)} is allowed, and "
            f"more for {many(patience, 'evaluation')} in a row.",
            value=100 * float(nearest.gap[-1]),
            threshold=100 * ratio,
            unit="%",
            explained=(_STILL_FALLING,) if wide else (),
        )
    over.sort(key=lambda each: -float(each[0].gap[-1]))
    pair, at = min(over, key=lambda each: each[0].global_step[each[1]])
    tensors = tuple(dict.fromkeys(each.validation.tensor for each, _ in over))
    return say(
        status="fired",
        sentence=f"{_gap(pair, at)}, and so for {many(patience + 1, 'evaluation')} in a row; "
        f"{percent(100 * ratio)} is allowed.{_lowest(pair)}"
        + and_others(tensors, pair.validation.tensor),
        remedy="Regularise (dropout, weight decay, less depth), get more data, or keep the model "
        "of the lowest validation loss (early stopping).",
        first_step=int(pair.step[at]),
        mode=pair.validation.mode,
        tensors=tensors,
        value=100 * float(pair.gap[at]),
        threshold=100 * ratio,
        unit="%",
    )


def _over(pair: Rounds, case: Case, start: int) -> NDArray[np.bool_]:
    """At which evaluations the gap is too wide."""
    found: NDArray[np.bool_] = pair.gap > case.settings.number("ratio_threshold")
    found &= pair.step >= start
    if case.settings.flag("allow_new_lows"):
        low = np.fmin.accumulate(pair.validated)
        found[1:] &= ~(pair.validated[1:] < low[:-1])
    return found


def _over_for(over: NDArray[np.bool_], patience: int) -> int | None:
    """The evaluation that is the first after more than ``patience`` in a row."""
    row = 0
    for at, wide in enumerate(over):
        row = row + 1 if wide else 0
        if row > patience:
            return at
    return None


def _gap(pair: Rounds, at: int) -> str:
    where = place(pair.validation.mode, int(pair.step[at]))
    names = (
        ("validation loss", "training loss")
        if pair.training.tensor == pair.validation.tensor
        else (pair.validation.tensor, pair.training.tensor)
    )
    gap = 100 * float(pair.gap[at])
    how = f"{percent(abs(gap))} {'above' if gap >= 0 else 'below'}"
    if gap >= _TIMES:
        how = f"{number(1 + gap / 100)} times"
    return (
        f"At {where} the {names[0]} is {number(float(pair.validated[at]))}, {how} the {names[1]} "
        f"of {number(float(pair.trained[at]))}"
    )


def _lowest(pair: Rounds) -> str:
    at = pair.overfits_from()
    if at is None:
        return ""
    return (
        f" {_name(pair)} was lowest, {number(float(pair.validated[at]))}, at "
        f"{place(pair.validation.mode, int(pair.step[at]))}, and has risen to "
        f"{number(float(pair.validated[-1]))} since."
    )


def _overtraining(case: Case) -> Finding:
    say = partial(Finding, rule="Overtraining", origin="aws", critical=False)
    settings = case.settings
    patience, validating = settings.count("patience_train"), settings.count("patience_validation")
    delta = settings.number("delta")
    found = rounds(curves(case.recording)) if case.recording else ()
    if not found:
        return say(status="unknown", sentence=NO_PAIR, remedy=SAVE_LOSSES)
    long = [p for p in found if len(p.training) > patience and len(p.validation) > validating]
    if not long:
        most = max(found, key=lambda pair: len(pair.validation))
        return say(
            status="unknown",
            sentence=f"{many(len(most.training), 'training loss')} and "
            f"{many(len(most.validation), 'validation loss')} were saved; more than {patience} "
            f"and {validating} are needed.",
            remedy=SAVE_LOSSES,
        )
    learned = [pair for pair in long if _learned(pair.training.value, delta)]
    ended = [
        (pair, at)
        for pair in learned
        if (at := _no_better(pair, patience, validating, delta)) is not None
    ]
    if not ended:
        unlearned = len(long) - len(learned)
        return say(
            status="not_fired",
            sentence=f"Training or validation loss still got better by {number(delta)} within the "
            f"last {patience} and {validating} saved losses."
            if learned
            else "The training loss never fell, so nothing was trained for too long.",
            explained=("A loss that never fell is LossNotDecreasing’s.",) if unlearned else (),
        )
    pair, at = min(ended, key=lambda each: each[0].validation.global_step[each[1]])
    best = pair.validation.best or 0
    waited = int(_waiting(pair.validation.value, delta)[-1])
    return say(
        status="fired",
        sentence=f"At {place(pair.validation.mode, int(pair.validation.step[at]))} neither the "
        f"last {patience} training losses nor the last {validating} validation losses had got "
        f"better by {number(delta)}. {_name(pair)} was lowest, "
        f"{number(float(pair.validation.value[best]))}, at step "
        f"{pair.validation.step[best]:,}; it ends at {number(float(pair.validation.value[-1]))}.",
        remedy="Stop earlier: keep the model of the lowest validation loss, and stop after as many "
        "evaluations without a better one.",
        first_step=int(pair.validation.step[at]),
        mode=pair.validation.mode,
        tensors=tuple(dict.fromkeys(each.validation.tensor for each, _ in ended)),
        value=float(waited),
        threshold=float(validating),
        unit="validation losses without a better one",
    )


def _name(pair: Rounds) -> str:
    same = pair.validation.tensor == pair.training.tensor
    return "The validation loss" if same else pair.validation.tensor


def _learned(value: NDArray[np.float64], delta: float) -> bool:
    known = value[np.isfinite(value)]
    return trend.falls(known) if len(known) >= trend.FEWEST else known[-1] < known[0] - delta


def _no_better(pair: Rounds, patience: int, validating: int, delta: float) -> int | None:
    """The first saved validation loss at which both have waited in vain."""
    waited = _waiting(pair.training.value, delta)
    seen = np.searchsorted(pair.training.global_step, pair.validation.global_step, side="right")
    in_vain = _waiting(pair.validation.value, delta) >= validating
    both = in_vain & (seen > 0) & (waited[np.maximum(seen - 1, 0)] >= patience)
    return int(np.argmax(both)) if both.any() else None


def _waiting(value: NDArray[np.float64], delta: float) -> NDArray[np.int64]:
    """How many losses ago the last new optimum was."""
    best, since, waited = math.inf, 0, []
    for each in value:
        since += 1
        if each < best - delta:
            best, since = float(each), 0
        waited.append(since)
    return np.array(waited, np.int64)


RULES: tuple[Rule, ...] = (
    Rule(
        "Overfit",
        "aws",
        "Is the loss on validation data far above that on training data?",
        _overfit,
        (
            Parameter("start_step", 0, "evaluations before it are left out", "steps", 0),
            Parameter("patience", 1, "so many in a row may be over", "evaluations", 0),
            Parameter("ratio_threshold", 0.1, "(validation - training) / training", "", 0),
            Parameter(
                "allow_new_lows",
                True,
                "an evaluation with the lowest validation loss so far is not overfit (ours)",
            ),
        ),
    ),
    Rule(
        "Overtraining",
        "aws",
        "Did the training go on after nothing got better?",
        _overtraining,
        (
            Parameter("patience_train", 5, "training losses without a better one", "losses", 1),
            Parameter("patience_validation", 10, "the same of validation losses", "losses", 1),
            Parameter("delta", 0.01, "what counts as better", "", 0),
        ),
    ),
)
