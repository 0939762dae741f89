"""Do the GPUs wait: for the CPU, for the disk, or for larger batches?

AWS publishes thresholds and a sentence on each rule, no code. What a snapshot is, that the share of
them is taken anew at each look of a rule, and that it stays fired, is our reading of those.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.training import snapshots
from analysis.training.findings import Case, Finding, Parameter, Rule
from analysis.training.rules.machine_answers import (
    PATIENCE,
    SCAN,
    Judged,
    MachineRule,
    scans,
    seconds,
)
from analysis.training.rules.sentences import many, percent
from analysis.training.rules.windows import ends, quantile
from analysis.training.snapshots import Floats, Snapshots

_GPU_IDLE = Parameter("gpu_threshold", 10.0, "a GPU below waits", unit="%", low=0, high=100)
_SHARE = Parameter(
    "threshold", 50.0, "fires above this share of snapshots", unit="%", low=0, high=100
)


def _cpu(case: Case) -> Finding:
    most = case.settings.number("cpu_threshold")
    return _bottleneck(
        case,
        _CPU,
        lambda shot: _some(shot.cpu, lambda value: value > most),
        f"some core was above {percent(most)}",
    )


def _io(case: Case) -> Finding:
    most = case.settings.number("io_threshold")
    return _bottleneck(
        case,
        _IO,
        lambda shot: _some(shot.waits, lambda value: value > most),
        f"some core waited for the disk for more than {percent(most)} of its time",
    )


def _bottleneck(
    case: Case, rule: MachineRule, busy: Callable[[Snapshots], Floats], held_up_by: str
) -> Finding:
    """Fires where, at any look, a GPU idled and something else was full in too many snapshots."""
    machines, settings = case.machines, case.settings
    if machines is None or not machines.series:
        return rule.nothing_read()
    idle, limit = settings.number("gpu_threshold"), settings.number("threshold")
    patience, scan = settings.count("patience"), scans(machines, settings)
    judged: list[Judged] = []
    longest = 0
    with_gpu = False
    for node in machines.nodes:
        shot = snapshots.of_node(machines, node)
        if not shot.gpus:
            continue
        with_gpu = True
        both = _some(shot.gpu, lambda value: value < idle) * busy(shot)
        rows = np.flatnonzero(~np.isnan(both))
        longest = max(longest, len(rows))
        rows = rows[patience:]
        looks = ends(len(rows), first=scan, every=scan)
        if not len(looks):
            continue
        held = both[rows] > 0
        shares = 100 * np.cumsum(held)[looks - 1] / looks
        over = np.flatnonzero(shares > limit)
        whole = f"{percent(float(shares[-1]))} of {many(len(rows), 'snapshot')}"
        most = f", at most {percent(float(shares.max()))} at any look of the rule"
        judged.append(
            Judged(
                bool(len(over)),
                float(shares.max()),
                float(shares.max()),
                f"On {node}, in {whole} ({seconds(machines)} apart{most}), a GPU was below "
                f"{percent(idle)} while {held_up_by}; the limit is {percent(limit)}.",
                float(shot.time[rows[looks[over[0]] - 1]]) if len(over) else float("nan"),
            )
        )
    if not with_gpu:
        return rule.no_gpu(machines)
    if not judged:
        return rule.too_short(machines, longest, patience + scan)
    return rule.settle(case, judged, threshold=limit)


def _some(values: Floats, condition: Callable[[Floats], NDArray[np.bool_]]) -> Floats:
    """For each snapshot 1 where one meets the condition, 0 where none does, nan without any."""
    if not len(values):
        return np.full(values.shape[1], np.nan)
    met: Floats = np.where(np.isnan(values).all(axis=0), np.nan, condition(values).any(axis=0))
    return met


def _batch(case: Case) -> Finding:
    """Fires where CPU, a GPU and its memory are all under-used in a window."""
    machines, settings = case.machines, case.settings
    if machines is None or not machines.series:
        return _BATCH.nothing_read()
    names = ("cpu_threshold_p95", "gpu_threshold_p95", "gpu_memory_threshold_p95")
    limits = np.array([settings.number(name) for name in names])
    patience, window = settings.count("patience"), settings.count("window")
    first = max(patience, window)
    judged: list[Judged] = []
    longest = 0
    with_gpu = False
    for node in machines.nodes:
        shot = snapshots.of_node(machines, node)
        with_gpu = with_gpu or bool(shot.gpus)
        longest = max(longest, len(shot) if shot.gpus else 0)
        looks = ends(len(shot), first=first, every=scans(machines, settings))
        if not (len(looks) and len(shot.cpu)):
            continue
        cpu = quantile(shot.mean_cpu, looks, window, 0.95)
        for at, name in enumerate(shot.gpus):
            p95 = np.array(
                [
                    cpu,
                    quantile(shot.gpu[at], looks, window, 0.95),
                    quantile(shot.gpu_memory[at], looks, window, 0.95),
                ]
            )
            known = ~np.isnan(p95).any(axis=0)
            if not known.any():
                continue
            room = np.where(known, (limits[:, None] - p95).min(axis=0), -np.inf)
            worst = int(room.argmax())
            over = np.flatnonzero(room > 0)
            told = ", ".join(
                f"{what} {percent(float(value))} (limit {percent(limit)})"
                for what, value, limit in zip(
                    ("CPU", name, "its memory"), p95[:, worst], limits.tolist(), strict=True
                )
            )
            judged.append(
                Judged(
                    bool(len(over)),
                    float(room[worst]),
                    float(p95[1, worst]),
                    f"95 % of the readings in {many(window, 'snapshot')} of {seconds(machines)} on "
                    f"{node} are below: {told}; all three are below their limits at {len(over):,} "
                    f"of {many(int(known.sum()), 'look')}.",
                    float(shot.time[looks[over[0]] - 1]) if len(over) else float("nan"),
                )
            )
    if not with_gpu:
        return _BATCH.no_gpu(machines)
    if not judged and longest >= first:
        return _BATCH.unknown("Of no GPU were its own load, its memory and the CPU read together.")
    if not judged:
        return _BATCH.too_short(machines, longest, first)
    return _BATCH.settle(case, judged, threshold=float(limits[1]))


_CPU = MachineRule(
    "CPUBottleneck",
    "Bring data to the GPUs faster: more loader processes, prefetching, data stored as they are "
    "needed, or preparation moved onto the GPU; or an instance with more cores for each GPU.",
)
_IO = MachineRule(
    "IOBottleneck",
    "Read less or faster: FastFile or Pipe input, fewer and larger files, a cache on local disk, "
    "and fewer checkpoints.",
)
_BATCH = MachineRule(
    "BatchSize",
    "A larger batch, or a smaller instance, would do the same for less: neither cores nor GPUs nor "
    "their memory are in use. Mind the learning rate when the batch grows.",
)
RULES: tuple[Rule, ...] = (
    _BATCH.rule(
        "Are CPU, GPU and its memory all so little used that a larger batch would fit?",
        _batch,
        Parameter("cpu_threshold_p95", 70.0, "p95 of the mean CPU", unit="%", low=0, high=100),
        Parameter("gpu_threshold_p95", 70.0, "p95 of a GPU", unit="%", low=0, high=100),
        Parameter(
            "gpu_memory_threshold_p95", 70.0, "p95 of a GPU's memory", unit="%", low=0, high=100
        ),
        Parameter("window", 500, "snapshots in a window", unit="snapshots", low=1),
        PATIENCE,
        SCAN,
    ),
    _CPU.rule(
        "Do GPUs idle while a core is full?",
        _cpu,
        _SHARE,
        _GPU_IDLE,
        Parameter("cpu_threshold", 90.0, "a core above is full", unit="%", low=0, high=100),
        PATIENCE,
        SCAN,
    ),
    _IO.rule(
        "Do GPUs idle while a core waits for the disk?",
        _io,
        _SHARE,
        _GPU_IDLE,
        Parameter("io_threshold", 50.0, "a core above waits", unit="%", low=0, high=100),
        PATIENCE,
        SCAN,
    ),
)
