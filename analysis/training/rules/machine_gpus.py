"""Is each GPU put to use, does its memory grow, and do all of them have as much to do?"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from analysis.training import snapshots
from analysis.training.findings import Case, Finding, Parameter, Rule
from analysis.training.machines import Series
from analysis.training.rules.machine_answers import (
    PATIENCE,
    SCAN,
    Judged,
    MachineRule,
    scans,
    seconds,
)
from analysis.training.rules.sentences import many, number, percent
from analysis.training.rules.windows import ends, quantile
from analysis.training.snapshots import Floats

_BIN = 2.0  # % of utilisation: 50 bins, as AWS's rule is described


def _low(case: Case) -> Finding:
    """Fires where a GPU's p95 is low, or is high while its p5 is nothing."""
    machines, settings = case.machines, case.settings
    if machines is None or not machines.series:
        return _LOW.nothing_read()
    gpus = snapshots.series_of(machines, snapshots.GPU)
    high, low = settings.number("threshold_p95"), settings.number("threshold_p5")
    window = settings.count("window")
    first = max(settings.count("patience"), window)
    judged: list[Judged] = []
    for gpu in gpus:
        looks = ends(len(gpu.value), first=first, every=scans(machines, settings))
        if not len(looks):
            continue
        p95, p5 = (quantile(gpu.value, looks, window, share) for share in (0.95, 0.05))
        under = p95 < high
        unsteady = ~under & (p5 < low)
        over = np.flatnonzero(under | unsteady)
        worst = int(np.argmin(np.where(under, p95 - 200, np.where(unsteady, p5 - 100, p95))))
        said = (
            f"was little used at {under.sum():,} and unsteady at {unsteady.sum():,} of "
            f"{many(len(looks), 'look')}"
            if len(over)
            else f"was put to use at each of {many(len(looks), 'look')}"
        )
        by_p5 = len(over) > 0 and not under.any()
        judged.append(
            Judged(
                bool(len(over)),
                -100 - float(p5[worst]) if by_p5 else -float(p95[worst]),
                float(p5[worst] if by_p5 else p95[worst]),
                f"{_called(gpu)} {said}: in {many(window, 'snapshot')} of {seconds(machines)}, p95 "
                f"was {percent(float(p95[worst]))} (little used below {percent(high)}) and p5 "
                f"{percent(float(p5[worst]))} (unsteady below {percent(low)}).",
                float(gpu.time[looks[over[0]] - 1]) if len(over) else float("nan"),
                low if by_p5 else high,
            )
        )
    if not gpus:
        return _LOW.no_gpu(machines)
    if not judged:
        return _LOW.too_short(machines, _longest(gpus), first)
    return _LOW.settle(case, judged, threshold=high)


def _increase(case: Case) -> Finding:
    """Fires where a moving mean of GPU memory rises by more than so many points."""
    machines, settings = case.machines, case.settings
    if machines is None or not machines.series:
        return _INCREASE.nothing_read()
    gpus = snapshots.series_of(machines, snapshots.GPU_MEMORY)
    limit, window = settings.number("increase"), settings.count("window")
    patience = settings.count("patience")
    judged: list[Judged] = []
    for gpu in gpus:
        rises = _rises(gpu.value, window)
        # the rise at place i compares the window that ends after reading i + 2·window
        rises = rises[max(0, patience - 2 * window) :]
        if not len(rises):
            continue
        most = int(rises.argmax())
        over = np.flatnonzero(rises > limit)
        skipped = len(gpu.value) - len(rises)
        judged.append(
            Judged(
                bool(len(over)),
                float(rises[most]),
                float(rises[most]),
                f"The memory of {_called(gpu)} rose by {number(float(rises[most]))} points at most "
                f"from one mean of {many(window, 'snapshot')} of {seconds(machines)} to the next, "
                f"in {many(len(rises), 'comparison')}; the limit is {number(limit)} points.",
                float(gpu.time[over[0] + skipped]) if len(over) else float("nan"),
            )
        )
    if not gpus:
        return _INCREASE.no_gpu(machines)
    if not judged:
        return _INCREASE.too_short(machines, _longest(gpus), max(patience + 1, 2 * window))
    return _INCREASE.settle(case, judged, threshold=limit, unit="points")


def _rises(values: Floats, window: int) -> Floats:
    """The mean of the last window less that of the window before, at each reading that has both."""
    if len(values) < 2 * window:
        return np.zeros(0)
    total = np.append(0.0, np.cumsum(values))
    means = (total[window:] - total[:-window]) / window
    rises: Floats = means[window:] - means[:-window]
    return rises


def _balance(case: Case) -> Finding:
    """Fires where the distributions of two GPUs' utilisation are far apart."""
    machines, settings = case.machines, case.settings
    if machines is None or not machines.series:
        return _BALANCE.nothing_read()
    gpus = snapshots.series_of(machines, snapshots.GPU)
    limit, patience = settings.number("threshold"), settings.count("patience")
    needed = patience + scans(machines, settings)
    if not gpus:
        return _BALANCE.no_gpu(machines)
    if len(gpus) == 1:
        return _BALANCE.unknown(
            f"Only one GPU was read ({_called(gpus[0])}): there is none to share the load with."
        )
    long = [gpu for gpu in gpus if len(gpu.value) >= needed]
    if len(long) < 2:
        return _BALANCE.too_short(machines, sorted(len(g.value) for g in gpus)[-2], needed)
    shares = [_shares(gpu.value[patience:]) for gpu in long]
    judged = []
    for one, other in combinations(range(len(long)), 2):
        apart = distance(shares[one], shares[other])
        means = " and ".join(
            percent(float(long[at].value[patience:].mean())) for at in (one, other)
        )
        judged.append(
            Judged(
                apart > limit,
                apart,
                apart,
                f"The loads of {_called(long[one])} and {_called(long[other])} (on average "
                f"{means}) are distributed {number(apart)} apart (Jensen-Shannon distance in bins "
                f"of 2 %, 0 the same, 0.83 nothing in common; "
                f"n = {len(long[one].value) - patience:,}); the limit is {number(limit)}.",
            )
        )
    return _BALANCE.settle(case, judged, threshold=limit, unit="")


def distance(one: Floats, other: Floats) -> float:
    """The Jensen-Shannon distance of two distributions, natural logarithm: 0 to √ln 2 ≈ 0.83.

    √(½ Σ p ln(p/m) + ½ Σ q ln(q/m)), m = ½(p + q) (Endres & Schindelin 2003).

    >>> round(distance(np.array([1.0, 0.0]), np.array([0.0, 1.0])) ** 2, 6)
    0.693147
    """
    middle = (one + other) / 2
    parts = [
        np.sum(share[share > 0] * np.log(share[share > 0] / middle[share > 0]))
        for share in (one, other)
    ]
    return float(np.sqrt(max(0.0, (parts[0] + parts[1]) / 2)))


def _shares(values: Floats) -> Floats:
    counts, _ = np.histogram(np.minimum(values, 100.0), bins=np.arange(0, 100 + _BIN, _BIN))
    shares: Floats = counts / counts.sum()
    return shares


def _called(gpu: Series) -> str:
    return f"{gpu.name} of {gpu.node}"


def _longest(gpus: tuple[Series, ...]) -> int:
    return max(len(gpu.value) for gpu in gpus)


_LOW = MachineRule(
    "LowGPUUtilization",
    "Look what the GPU waits for (CPU, disk, other workers, evaluation, checkpoints); if for "
    "nothing, take a larger batch or a smaller instance.",
)
_INCREASE = MachineRule(
    "GPUMemoryIncrease",
    "Look for tensors that outlive their step (a loss summed without detaching it, outputs kept in "
    "a list), or take a smaller batch before the memory is full.",
)
_BALANCE = MachineRule(
    "LoadBalancing",
    "Give each GPU an equal share: the same batch for each, shards of equal size, and no work done "
    "by the first GPU alone.",
)
RULES: tuple[Rule, ...] = (
    _LOW.rule(
        "Is a GPU little used, or used unsteadily?",
        _low,
        Parameter("threshold_p95", 70.0, "little used below", unit="%", low=0, high=100),
        Parameter("threshold_p5", 10.0, "unsteady below", unit="%", low=0, high=100),
        Parameter("window", 500, "snapshots in a window", unit="snapshots", low=1),
        PATIENCE,
        SCAN,
    ),
    _INCREASE.rule(
        "Does the memory in use of a GPU grow suddenly?",
        _increase,
        Parameter("increase", 5.0, "fires above such a rise", unit="points", low=0, high=100),
        Parameter("window", 10, "snapshots in a mean", unit="snapshots", low=1),
        PATIENCE,
    ),
    _BALANCE.rule(
        "Do all GPUs have as much to do?",
        _balance,
        Parameter("threshold", 0.5, "Jensen-Shannon distance of two GPUs", low=0, high=1),
        PATIENCE,
        SCAN,
    ),
)
