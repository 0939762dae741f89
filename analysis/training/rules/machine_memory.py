"""Does the memory of a node fill up as the training goes on? A rule of ours, AWS has none."""

from __future__ import annotations

import math

from analysis.scales import THIN
from analysis.training import snapshots
from analysis.training.findings import Case, Finding, Parameter, Rule
from analysis.training.machines import Series
from analysis.training.rules.machine_answers import Judged, MachineRule
from analysis.training.rules.sentences import many, number, percent
from analysis.training.slopes import Slope, medians, theil_sen

BLOCKS = 40
FEWEST = 200
"""Readings; below, a block would rest on fewer than five."""


def _leak(case: Case) -> Finding:
    """Fires where memory surely rises, still does in the second half, and would soon be full."""
    machines, settings = case.machines, case.settings
    if machines is None or not machines.series:
        return _LEAK.nothing_read()
    limit, rise = settings.number("hours"), settings.number("rise")
    judged: list[Judged] = []
    memories = snapshots.series_of(machines, snapshots.MEMORY)
    longest = 0
    for memory in memories:
        begin = round(len(memory.value) * settings.number("skip") / 100)
        time, value = memory.time[begin:] / 3600, memory.value[begin:]
        longest = max(longest, len(value))
        if len(value) < FEWEST:
            continue
        at, level = medians(time, value, BLOCKS)
        slope, lately = theil_sen(at, level), theil_sen(at[len(at) // 2 :], level[len(at) // 2 :])
        grown = slope.value * (time[-1] - time[0])
        lasting = slope.low > 0 and lately.low > 0 and grown >= rise
        left = (100 - float(level[-1])) / slope.value if lasting else math.inf
        fired = left < limit
        judged.append(
            Judged(
                fired,
                -left if lasting else -math.inf,
                left if lasting else math.nan,
                _told(memory, slope, level, left, limit, len(value), time[-1] - time[0]),
                float(memory.time[-1]) if fired else math.nan,
            )
        )
    if not memories:
        return _LEAK.unknown("The memory of no node was read.")
    if not judged:
        return _LEAK.too_short(machines, longest, FEWEST)
    return _LEAK.settle(case, judged, threshold=limit, unit="hours")


def _told(
    memory: Series,
    slope: Slope,
    level: snapshots.Floats,
    left: float,
    limit: float,
    readings: int,
    hours: float,
) -> str:
    end = (
        f"it lasts, and the memory is full in {number(left)}{THIN}h; the limit is "
        f"{number(limit)}{THIN}h."
        if math.isfinite(left)
        else "no rise that lasts."
    )
    return (
        f"The memory in use of {memory.node} went from {percent(float(level[0]))} to "
        f"{percent(float(level[-1]))} in {number(hours)}{THIN}h, a trend of {number(slope.value)} "
        f"points an hour (95 % interval {number(slope.low)} to {number(slope.high)}, "
        f"{many(slope.n, 'median')} of {readings:,} readings): {end}"
    )


_LEAK = MachineRule(
    "MemoryLeak",
    "Look for what is kept from step to step: lists of losses or outputs, caches of data, loader "
    "processes that are made anew each epoch.",
    origin="understudy",
)
RULES: tuple[Rule, ...] = (
    _LEAK.rule(
        "Does the memory of a node fill up?",
        _leak,
        Parameter("hours", 24.0, "fires where memory is full sooner", unit="hours", low=0),
        Parameter("rise", 1.0, "least rise that counts", unit="points", low=0, high=100),
        Parameter(
            "skip", 10.0, "share of the readings left out at first", unit="%", low=0, high=90
        ),
    ),
)
