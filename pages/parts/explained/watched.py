"""How are the numbers of the page System computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_READINGS = "Every reading weighs the same: the profiler reads at equal intervals."
_PROFILER = "The profiler’s system metrics of SageMaker Debugger"
_SECTION = "Machines"
_QUANTILES = (
    "Quantiles of all readings of all cores or GPUs of {of} together, linear between two "
    "neighbours; none is a mean of means."
)

EXPLAINED = {
    "machine_use": Explanation(
        "Use of the machines",
        _QUANTILES.format(of="all nodes") + " p95: 95 of 100 readings are at or below it.",
        _READINGS,
        _PROFILER,
        "One busy core among many idle ones is hardly seen: look at the picture over time. "
        "Evaluation, checkpoints and the last minutes count as training.",
        _SECTION,
    ),
    "system_time": Explanation(
        "The machines over time",
        "Readings of each core and GPU of a node in bins of equal time, as the line above says. "
        "Shaded: pieces in which, in more than half of the snapshots, a GPU was nearly idle while "
        "a core was full or waited for the disk. A snapshot is what was read of all parts nearest "
        "to one moment.",
        "Readings of a snapshot belong together: they are one sampling interval apart at most.",
        _PROFILER + "; default thresholds of AWS’s rules CPUBottleneck and IOBottleneck",
        "What is shorter than a sampling interval does not show. Shades keep the default "
        "thresholds, whatever the rules are set to; that both happen at once is no proof of cause.",
        _SECTION,
    ),
    "step_durations": Explanation(
        "How long steps took",
        "Durations of the framework’s step events, counted in bins; without events the time from "
        "one saved step to the next, divided by the steps between. The limit is the mean plus "
        "three standard deviations.",
        "Steps of one kind on one node do the same work.",
        "The framework’s events, or the times of saved steps; AWS’s rule StepOutlier for the limit",
        "From saved steps each time is a mean, which hides single long steps. The limit grows with "
        "the outliers themselves: look at the distribution.",
        _SECTION,
    ),
    **{
        key: Explanation(
            name,
            _QUANTILES.format(of="a node"),
            _READINGS,
            _PROFILER,
            "A quantile tells how often, not when: a GPU idle in one half and full in the other "
            "has a high p95 all the same.",
            _SECTION,
        )
        for key, name in (
            ("system_table", "Every metric of the machines"),
            ("system_table_beside", "Every metric of the training beside it"),
        )
    },
}
