"""Does a training begin in time, and do some of its steps take far longer than the others?"""

from __future__ import annotations

import math

import numpy as np

from analysis.scales import THIN
from analysis.training.findings import Case, Finding, Parameter, Rule
from analysis.training.rules.machine_answers import Judged, MachineRule
from analysis.training.rules.sentences import many, number
from analysis.training.step_times import StepTimes, step_times

UNWATCHED_S = 5.0
FEWEST = 100
"""AWS's rule judges a kind of step from so many on."""


def _outlier(case: Case) -> Finding:
    """Fires where too many steps of a kind are longer than mean + k standard deviations."""
    settings = case.settings
    wanted = settings.text("mode")
    found = [
        each
        for each in step_times(case.machines, case.recording)
        if wanted in ("", each.kind, f"ModeKeys.{each.kind}")
    ]
    if not found:
        return _OUTLIER.unknown(
            "How long steps took is not known: there are no step events of the framework"
            + (f" of mode {wanted}" if wanted else "")
            + " and no times of saved steps."
        )
    limit, deviations = settings.count("n_outliers"), settings.number("stddev")
    judged: list[Judged] = []
    for steps in found:
        if len(steps.duration) < FEWEST:
            continue
        mean, std = float(steps.duration.mean()), float(steps.duration.std())
        far = mean + deviations * std
        over = np.flatnonzero(steps.duration > far)
        fired = len(over) > limit
        judged.append(
            Judged(
                fired,
                float(len(over)),
                float(len(over)),
                f"{len(over):,} of {many(len(steps.duration), _noun(steps))} on {steps.where} "
                f"took more than {number(far)}{THIN}s, the mean of {number(mean)}{THIN}s and "
                f"{number(deviations)} standard deviations; the longest took "
                f"{number(float(steps.duration.max()))}{THIN}s. The limit is {limit:,}."
                + _basis(steps),
                float(steps.start[over[limit]]) if fired else math.nan,
            )
        )
    if not judged:
        most = max(found, key=lambda each: len(each.duration))
        return _OUTLIER.unknown(
            f"{many(len(most.duration), _noun(most))} are too few to tell long ones: the rule "
            f"needs {FEWEST:,}."
        )
    return _OUTLIER.settle(case, judged, threshold=float(limit), unit="steps")


def _noun(steps: StepTimes) -> str:
    return (
        f"{steps.kind} step"
        if steps.source == "events"
        else f"time between saved {steps.kind} step"
    )


def _basis(steps: StepTimes) -> str:
    if steps.source == "events":
        return ""
    return (
        f" The framework recorded no events: this is the time from one saved step to the next, "
        f"about {many(steps.every, 'step')}, for each step."
    )


def _initialisation(case: Case) -> Finding:
    """Fires where the first step began more than so many minutes after the machines did."""
    machines, limit = case.machines, case.settings.number("threshold")
    if machines is None or not machines.series:
        return _START.nothing_read()
    begun = min(float(each.time[0]) for each in machines.series)
    until = max(float(each.time[-1]) for each in machines.series)
    first, exact = _first_step(case)
    if math.isnan(first):
        waited = (until - begun) / 60
        if len(machines.events) and waited > limit:
            return _settled(case, waited, limit, f"No step began in {_minutes(waited)}", begun)
        return _START.unknown(
            f"When the first step began is not known: in {_minutes(waited)} of system metrics "
            "there is no step event of the framework, and no step was saved."
        )
    if first < begun - UNWATCHED_S:
        return _START.unknown(
            "The first step began before the first reading of system metrics: the machines were "
            "not watched from the beginning, or these files are of another training."
        )
    waited = max(0.0, first - begun) / 60
    told = "The first step began" if exact else "The first step that was saved was written"
    sentence = f"{told} {_minutes(waited)} after the first reading of system metrics"
    if waited > limit and not exact:
        return _START.unknown(
            f"{sentence}, more than {_minutes(limit)}; when training began before it is not known."
        )
    return _settled(case, waited, limit, sentence, begun)


def _settled(case: Case, waited: float, limit: float, sentence: str, begun: float) -> Finding:
    fired = waited > limit
    found = Judged(
        fired, waited, waited, f"{sentence}; the limit is {_minutes(limit)}.", begun + 60 * limit
    )
    return _START.settle(case, [found], threshold=limit, unit="min")


def _first_step(case: Case) -> tuple[float, bool]:
    """When the first step there is began, and whether it is the training's first; nan without."""
    found = step_times(case.machines, case.recording)
    if not found:
        return math.nan, False
    first = min(found, key=lambda steps: float(steps.start[0]))
    exact = first.source == "events" or _saved_from_the_beginning(case)
    return float(first.start[0]), exact


def _saved_from_the_beginning(case: Case) -> bool:
    told = case.recording.statistics if case.recording is not None else None
    return told is not None and len(told) > 0 and int(told.global_step.min()) == 0


def _minutes(value: float) -> str:
    return f"{number(value)}{THIN}min"


_OUTLIER = MachineRule(
    "StepOutlier",
    "Look what happens beside training at those steps: checkpoints, evaluation, shuffling, garbage "
    "collection, or another node that all wait for.",
)
_START = MachineRule(
    "MaxInitializationTime",
    "Look what is done before the first step: data fetched whole (FastFile or Pipe input begin at "
    "once), packages installed, models compiled.",
)
RULES: tuple[Rule, ...] = (
    _START.rule(
        "Does training begin in time?",
        _initialisation,
        Parameter("threshold", 20.0, "minutes until the first step", unit="min", low=0),
    ),
    _OUTLIER.rule(
        "Do some steps take far longer than the others?",
        _outlier,
        Parameter("stddev", 3.0, "standard deviations above the mean", low=0),
        Parameter("n_outliers", 10, "fires above so many steps", unit="steps", low=0),
        Parameter("mode", "", "TRAIN, EVAL or PREDICT; all where empty"),
    ),
)
