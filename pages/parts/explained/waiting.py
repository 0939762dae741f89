"""How are the numbers of the rules on machines computed, which Rules and System show?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_SECTION = "Machines"
_AWS = "AWS’s published parameters of its rule of this name; the profiler’s files"
_SNAPSHOTS = "Snapshots are half a second apart, as where AWS’s defaults are from: they count them."
_NODE = " Asked of each node or GPU, at each look a minute apart; it fires where one does at one."


def _of(
    rule: str, how: str, assumes: str, wrong: str, source: str = _AWS
) -> dict[str, Explanation]:
    return {f"rule_{rule}": Explanation(rule, how, assumes, source, wrong, _SECTION)}


EXPLAINED = {
    **_of(
        "BatchSize",
        "p95 of the mean CPU, of a GPU and of its memory in the last snapshots; fires where all "
        "are below their limits." + _NODE,
        _SNAPSHOTS,
        "A model that needs no more of the GPU is no fault of the batch.",
    ),
    **_of(
        "CPUBottleneck",
        "Share of the snapshots in which some GPU is nearly idle while some core is nearly full, "
        "once the first snapshots are over." + _NODE,
        _SNAPSHOTS,
        "That both happen at once is no proof that the GPU waits for that core.",
    ),
    **_of(
        "IOBottleneck",
        "Share of the snapshots in which some GPU is nearly idle while some core waits for the "
        "disk, once the first snapshots are over." + _NODE,
        _SNAPSHOTS,
        "Checkpoints are written by waiting: they count as well.",
    ),
    **_of(
        "LowGPUUtilization",
        "p95 of a GPU in the last snapshots: below its limit the GPU is little used; else p5: "
        "below its limit it is unsteady." + _NODE,
        _SNAPSHOTS,
        "A GPU that waits for an evaluation or a checkpoint is called unsteady.",
    ),
    **_of(
        "GPUMemoryIncrease",
        "Mean of some readings of a GPU’s memory minus the mean of as many before, in points.",
        _SNAPSHOTS,
        "A framework that takes its memory at the start rises once, and is well.",
    ),
    **_of(
        "LoadBalancing",
        "Jensen–Shannon distance (natural logarithm, 0 to 0.83) between the loads of two GPUs of a "
        "node, in bins of 2 %, once the first readings are over.",
        _SNAPSHOTS,
        "One of two GPUs idle by design is an imbalance; equal shares at other times are none.",
        _AWS + "; Lin 1991",
    ),
    **_of(
        "MaxInitializationTime",
        "Minutes from the first reading of the machines to the first step.",
        "The profiler reads from the start on.",
        "A first saved step that is not step 0 only bounds when training began.",
    ),
    **_of(
        "StepOutlier",
        "Steps of a kind on a node that took longer than the mean plus the set number of standard "
        "deviations.",
        "Steps of one kind do the same work.",
        "The limit grows with the outliers; times between saved steps are means that hide them.",
    ),
    **_of(
        "OverallSystemUsage",
        "Median, p95 and highest of all readings of each metric. It never fires.",
        "Every reading weighs the same: the profiler reads at equal intervals.",
        "One busy core among many idle ones is hardly seen.",
    ),
    **_of(
        "MemoryLeak",
        "Hours until memory is full at its median slope (Theil–Sen) over 40 medians of equal "
        "stretches of time, the first readings left out; fires where it surely rises, over the "
        "whole time and over the second half, by a point at least.",
        "The trend goes on as it is; stretches are longer than a disturbance.",
        "A random walk has a trend as a leak has; a cache that fills is a leak until it stays.",
        "A rule of our own; Theil 1950; Sen 1968; Gilbert 1987",
    ),
}
