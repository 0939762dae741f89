"""Do the rules on machines fire where AWS's thresholds say, and on nothing else?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import theilslopes

from analysis.training import snapshots, step_times, utilisation
from analysis.training.findings import Case, Finding
from analysis.training.machines import Machines, Series
from analysis.training.rules import machine_gpus, machines, windows
from analysis.training.slopes import medians, theil_sen
from tests.analysis.training.machinery import BEGUN, events, together
from tests.analysis.training.machinery import machines as made
from tests.analysis.training.recorded import Recorded, recording

RULES = {rule.name: rule for rule in machines.RULES}
GPU_RULES = (
    *("BatchSize", "CPUBottleneck", "IOBottleneck"),
    *("LowGPUUtilization", "GPUMemoryIncrease", "LoadBalancing"),
)
SHORT = {"patience": 100}  # snapshots; a look every 120


def judge(
    name: str, found: Machines | None, record: Recorded | None = None, **given: float | str
) -> Finding:
    rule = RULES[name]
    return rule.check(Case(record, rule.settings(given), BEGUN + 1e6, machines=found))


def held_up(share: float, n: int = 600, *, cpu: float = 95.0, gpu: float = 5.0) -> Machines:
    """Two cores, two GPUs; in a share of snapshots one core is full and one GPU idles."""
    hit = (np.arange(n) * share) % 1 + share >= 1
    core, card = np.where(hit, cpu, 40.0), np.where(hit, gpu, 90.0)
    other = np.full(n, 50.0)
    return made({"cpu": [other, core], "wait": [other * 0, core], "gpu": [card, other + 30]})


def test_the_rules_are_aws_s_with_their_defaults():
    """Nine rules of AWS and one of ours; defaults are those of smdebug_rulesconfig 1.0.1."""
    assert set(RULES) == {
        *GPU_RULES,
        *("StepOutlier", "MaxInitializationTime", "OverallSystemUsage", "MemoryLeak"),
    }
    assert {rule.about for rule in RULES.values()} == {"machines"}
    assert [name for name, rule in RULES.items() if rule.origin != "aws"] == ["MemoryLeak"]
    published = {
        "BatchSize": {
            "cpu_threshold_p95": 70,
            "gpu_threshold_p95": 70,
            "gpu_memory_threshold_p95": 70,
            "patience": 1000,
            "window": 500,
            "scan_interval_us": 60_000_000,
        },
        "CPUBottleneck": {
            "threshold": 50,
            "gpu_threshold": 10,
            "cpu_threshold": 90,
            "patience": 1000,
            "scan_interval_us": 60_000_000,
        },
        "IOBottleneck": {
            "threshold": 50,
            "gpu_threshold": 10,
            "io_threshold": 50,
            "patience": 1000,
            "scan_interval_us": 60_000_000,
        },
        "GPUMemoryIncrease": {"increase": 5, "patience": 1000, "window": 10},
        "LowGPUUtilization": {
            "threshold_p95": 70,
            "threshold_p5": 10,
            "window": 500,
            "patience": 1000,
            "scan_interval_us": 60_000_000,
        },
        "LoadBalancing": {"threshold": 0.5, "patience": 1000, "scan_interval_us": 60_000_000},
        "MaxInitializationTime": {"threshold": 20},
        "StepOutlier": {"stddev": 3, "mode": "", "n_outliers": 10},
        "OverallSystemUsage": {},
    }
    for name, parameters in published.items():
        assert dict(RULES[name].settings().values) == parameters, name


@pytest.mark.parametrize("name", sorted(RULES))
def test_without_profiler_files_no_rule_can_tell(name: str):
    """Nothing read is never taken for healthy, and how to turn it on is said."""
    for nothing in (None, made({})):
        finding = judge(name, nothing)
        assert finding.status == "unknown"
        assert finding.sentence
        if name != "StepOutlier":
            assert "ProfilerConfig" in finding.remedy


@pytest.mark.parametrize("name", GPU_RULES)
def test_without_a_gpu_the_rules_on_gpus_cannot_tell(name: str):
    """A training on cores alone is no case for them."""
    finding = judge(name, made({"cpu": [np.full(3000, 99.0)], "wait": [np.full(3000, 99.0)]}))
    assert (finding.status, finding.sentence) == (
        "unknown",
        "No GPU was read on algo-1: the rule is about GPUs.",
    )


@pytest.mark.parametrize("name", GPU_RULES)
def test_a_short_training_is_not_judged(name: str):
    """Fewer snapshots than patience asks for: can't tell, with both numbers."""
    found = held_up(0.9, 900)
    memory = [replace(s, dimension=snapshots.GPU_MEMORY) for s in found.series if s.part == "gpu"]
    finding = judge(name, replace(found, series=(*found.series, *memory)))
    assert finding.status == "unknown"
    assert finding.sentence.startswith("900 snapshots of 0.5")


@pytest.mark.parametrize(("name", "cpu"), [("CPUBottleneck", 90.5), ("IOBottleneck", 50.5)])
def test_a_bottleneck_is_a_full_core_beside_an_idle_gpu(name: str, cpu: float):
    """More than half of the snapshots fire, half do not; at the very thresholds nothing counts."""
    assert judge(name, held_up(0.51, cpu=cpu), **SHORT).status == "fired"
    assert judge(name, held_up(0.5, cpu=cpu), **SHORT).status == "not_fired"
    assert judge(name, held_up(0.9, cpu=cpu, gpu=10.0), **SHORT).status == "not_fired"
    assert judge(name, held_up(0.9, cpu=cpu - 0.5), **SHORT).status == "not_fired"
    finding = judge(name, held_up(0.75, cpu=cpu), **SHORT)
    assert finding.value == pytest.approx(75, abs=1)
    assert (finding.threshold, finding.unit) == (50, "%")
    assert "75" in finding.sentence
    assert finding.remedy


@settings(deadline=None, max_examples=40)
@given(share=st.floats(0.2, 0.9), idle=st.integers(1, 3000), full=st.booleans())
def test_idle_time_at_the_end_never_cures_a_bottleneck(share: float, idle: int, *, full: bool):
    """What a rule has said at one of its looks stands, whatever comes after."""
    found = held_up(share)
    tail = [np.full(idle, 100.0 * full * (series.part == "cpu")) for series in found.series]
    time = BEGUN + 0.5 * np.arange(600 + idle)
    longer = replace(
        found,
        series=tuple(
            replace(series, time=time, value=np.append(series.value, more))
            for series, more in zip(found.series, tail, strict=True)
        ),
    )
    if judge("CPUBottleneck", found, **SHORT).status == "fired":
        assert judge("CPUBottleneck", longer, **SHORT).status == "fired"


def test_what_happens_before_patience_ends_does_not_count():
    """Fetching data with idle GPUs is no bottleneck."""
    hit = np.arange(1200) < 500
    found = made({"cpu": [np.where(hit, 99.0, 30.0)], "gpu": [np.where(hit, 0.0, 90.0)]})
    assert judge("CPUBottleneck", found, patience=0).status == "fired"
    assert judge("CPUBottleneck", found, patience=500).status == "not_fired"


def test_a_second_node_that_is_held_up_is_found():
    """One finding for all nodes: it fires where it fires on one, and names it."""
    one, other = held_up(0.1), held_up(0.9)
    other = replace(
        other,
        nodes=("algo-2",),
        series=tuple(replace(series, node="algo-2") for series in other.series),
    )
    finding = judge("CPUBottleneck", together(one, other), **SHORT)
    assert finding.status == "fired"
    assert finding.sentence.startswith("On algo-2,")


def test_a_finding_names_the_step_at_which_it_first_fired():
    """The last training step that was saved by then."""
    record = recording(
        {"w": {("TRAIN", step): np.ones(2) for step in range(0, 300, 10)}}, started=BEGUN
    )
    found = held_up(0.9)
    finding = judge("CPUBottleneck", found, record, **SHORT)
    # patience 100 and the first look after 120 more: reading 219, 109.5 s after the first
    assert (finding.mode, finding.first_step) == ("TRAIN", 100)
    assert judge("CPUBottleneck", held_up(0.1), record, **SHORT).first_step is None


def test_a_batch_may_grow_where_nothing_is_used():
    """p95 of CPU, GPU and its memory all below 70 % fires; any of them at 70 % does not."""
    low, high = np.full(700, 69.9), np.full(700, 70.0)
    for kinds in ((), ("cpu",), ("gpu",), ("gpu_memory",)):
        columns = {kind: [high if kind in kinds else low] for kind in ("cpu", "gpu", "gpu_memory")}
        finding = judge("BatchSize", made(columns), **SHORT)
        assert finding.status == ("not_fired" if kinds else "fired")
        assert finding.threshold == 70
    finding = judge("BatchSize", made({"cpu": [low], "gpu": [low]}), **SHORT)
    assert finding.status == "unknown"
    assert "read together" in finding.sentence


def test_a_gpu_is_little_used_or_unsteady():
    """p95 below 70 %, or p5 below 10 % where p95 is above; each GPU for itself."""
    n = 700
    steady = np.full(n, 90.0)
    waits = np.where(np.arange(n) % 10 == 0, 5.0, 90.0)
    for card, status in ((steady, "not_fired"), (steady * 0.7, "fired"), (waits, "fired")):
        finding = judge(
            "LowGPUUtilization", made({"cpu": [steady], "gpu": [steady, card]}), **SHORT
        )
        assert finding.status == status, finding
        assert ("gpu1" in finding.sentence) == (status == "fired")
    assert "unsteady at 3 of 3 looks" in finding.sentence
    assert (finding.value, finding.threshold) == (5, 10)
    rare = np.where(np.arange(n) % 25 == 0, 5.0, 90.0)  # 4 % of the time is below the fifth
    assert judge("LowGPUUtilization", made({"gpu": [rare]}), **SHORT).status == "not_fired"


def test_gpu_memory_that_jumps_is_found():
    """A mean of ten readings more than 5 points above the ten before; a slow rise is not this."""
    n = 400
    flat = np.full(n, 40.0)
    jump = flat + 5.5 * (np.arange(n) >= 300)
    slow = flat + 0.04 * np.arange(n)
    for card, status in ((flat, "not_fired"), (jump, "fired"), (slow, "not_fired")):
        finding = judge("GPUMemoryIncrease", made({"gpu_memory": [flat, card]}), **SHORT)
        assert finding.status == status
    assert judge("GPUMemoryIncrease", made({"gpu_memory": [jump]}), **SHORT).value == 5.5
    assert judge("GPUMemoryIncrease", made({"gpu_memory": [jump]}), patience=320).value == 0
    assert (
        judge(
            "GPUMemoryIncrease", made({"gpu_memory": [flat + 5 * (np.arange(n) > 300)]}), **SHORT
        ).status
        == "not_fired"
    )


def test_two_loads_are_as_far_apart_as_scipy_says():
    """Reference: scipy.spatial.distance.jensenshannon, natural logarithm."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        one, other = rng.dirichlet(np.full(50, 0.2), 2)
        assert machine_gpus.distance(one, other) == pytest.approx(jensenshannon(one, other))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), low=st.floats(0, 90))
def test_swapping_two_gpus_leaves_their_balance_alone(seed: int, low: float):
    """How far apart two loads are has no direction."""
    rng = np.random.default_rng(seed)
    one, other = rng.uniform(0, 100, 400), rng.uniform(low, 100, 400)
    there, back = (
        judge("LoadBalancing", made({"gpu": pair}), **SHORT)
        for pair in ([one, other], [other, one])
    )
    assert (there.status, there.value) == (back.status, pytest.approx(back.value))
    assert 0 <= there.value <= np.sqrt(np.log(2)) + 1e-9


def test_loads_that_differ_are_found():
    """One GPU at work and one idle have nothing in common; alike ones do not fire, nor does one."""
    busy, idle = np.full(400, 95.0), np.full(400, 3.0)
    finding = judge("LoadBalancing", made({"gpu": [busy, busy, idle]}), **SHORT)
    assert finding.status == "fired"
    assert finding.value == pytest.approx(np.sqrt(np.log(2)))
    assert "1 more of 3" in finding.sentence
    assert judge("LoadBalancing", made({"gpu": [busy, busy]}), **SHORT).status == "not_fired"
    assert "Only one GPU" in judge("LoadBalancing", made({"gpu": [busy]}), **SHORT).sentence


def test_a_slope_is_scipy_s():
    """Reference: scipy.stats.theilslopes, whose interval rounds its ranks where ours widens."""
    rng = np.random.default_rng(7)
    time = np.arange(40.0)
    for trend in (0.0, 0.3, -2.0):
        value = trend * time + rng.standard_normal(40)
        found, theirs = theil_sen(time, value), theilslopes(value, time, 0.95)
        assert found.value == pytest.approx(theirs.slope)
        assert found.low == pytest.approx(theirs.low_slope, abs=0.01)
        assert found.high == pytest.approx(theirs.high_slope, abs=0.01)
        assert found.low <= theirs.low_slope <= theirs.high_slope <= found.high
    assert np.isnan(theil_sen(time[:2], time[:2]).value)


def test_an_interval_of_a_slope_covers_it():
    """Of 400 series of medians of correlated noise about 95 % of the intervals hold the trend."""
    rng = np.random.default_rng(11)
    hit = 0
    for _ in range(400):
        noise = rng.standard_normal(2_000)
        for at in range(1, len(noise)):
            noise[at] += 0.7 * noise[at - 1]
        time = np.arange(2_000.0)
        slope = theil_sen(*medians(time, 0.001 * time + noise, 40))
        hit += slope.low <= 0.001 <= slope.high
    assert 0.92 <= hit / 400 <= 0.99


def memory(level: np.ndarray, interval_s: float = 10.0) -> Machines:
    noise = np.random.default_rng(3).normal(0, 0.3, len(level))
    return made({"memory": [np.clip(level + noise, 0, 100)]}, interval_s=interval_s)


def test_a_leak_is_a_rise_that_lasts_and_soon_fills_the_memory():
    """A steady rise fires with the hours left; a flat, a levelling or a very slow one does not."""
    hours = np.arange(2_000) / 360  # 5.6 h of a reading each 10 s
    leak = judge("MemoryLeak", memory(30 + 5 * hours))
    assert leak.status == "fired"
    # 30 + 5 · 5.55 = 57.7 % at the end, 42.3 points left at 5 an hour
    assert leak.value == pytest.approx(8.4, abs=0.3)
    assert (leak.threshold, leak.unit, leak.origin) == (24, "hours", "understudy")
    assert judge("MemoryLeak", memory(30 + 5 * hours), hours=6).status == "not_fired"
    for level in (
        30 + 0 * hours,
        30 + 20 * np.minimum(hours, 2),
        30 + 0.3 * hours,
        80 - 5 * hours,
        np.where(hours < 1, 10, 60),
    ):
        assert judge("MemoryLeak", memory(level)).status == "not_fired"
    short = judge("MemoryLeak", memory(30 + 5 * hours[:150]))
    assert (short.status, short.sentence[:13]) == ("unknown", "135 snapshots")
    gpu = made({"gpu": [hours]})
    assert judge("MemoryLeak", gpu).sentence == "The memory of no node was read."


def steps(durations: np.ndarray, kind: str = "TRAIN", begun: float = BEGUN) -> list[tuple]:
    starts = begun + np.append(0, np.cumsum(durations)[:-1])
    return [
        ("algo-1", f"Step:ModeKeys.{kind}", "step", start, duration)
        for start, duration in zip(starts.tolist(), durations.tolist(), strict=True)
    ]


def test_steps_far_longer_than_others_are_counted():
    """More than ten of a kind beyond mean + 3 standard deviations fire; ten do not."""
    columns = {"cpu": [np.full(10, 5.0)]}
    for n, status in ((10, "not_fired"), (11, "fired")):
        durations = np.full(2_000, 0.1)
        durations[50 : 50 + 40 * n : 40] = 3.0
        finding = judge("StepOutlier", made(columns, happened=events(steps(durations))))
        assert (finding.status, finding.value, finding.threshold) == (status, n, 10)
    other = made(columns, happened=events([*steps(durations, "EVAL"), *steps(durations * 0 + 0.1)]))
    assert judge("StepOutlier", other).status == "fired"
    assert judge("StepOutlier", other, mode="TRAIN").status == "not_fired"
    assert judge("StepOutlier", other, mode="PREDICT").status == "unknown"
    few = judge("StepOutlier", made(columns, happened=events(steps(durations[:99]))))
    assert few.sentence.startswith("99 TRAIN steps are too few")


def test_without_events_the_times_of_saved_steps_tell():
    """What was saved every ten steps of 1 s took 1 s a step; said to be of saved steps."""
    record = recording({"w": {("TRAIN", step): np.ones(2) for step in range(0, 1500, 10)}})
    (found,) = step_times.step_times(None, record)
    assert (found.source, found.every, found.kind) == ("saved", 10, "TRAIN")
    assert found.duration == pytest.approx(np.ones(149))
    finding = judge("StepOutlier", made({}), record)
    assert finding.status == "not_fired"
    assert "from one saved step to the next" in finding.sentence


def test_a_step_of_several_workers_is_one_step():
    """It is saved when the first of them saves it; each worker's pace is told apart."""
    given = {("TRAIN", step, worker): np.ones(2) for step in range(4) for worker in ("a", "b")}
    record = recording({"w": given}, started=BEGUN)
    assert step_times.saved_at(record).tolist() == [BEGUN, BEGUN + 1, BEGUN + 2, BEGUN + 3]
    assert [found.where for found in step_times.step_times(None, record)] == ["a", "b"]


def test_training_that_begins_late_is_found():
    """More than 20 min until the first step; with events but no step it has not begun at all."""
    columns = {"cpu": [np.full(3_000, 5.0)]}  # 25 min
    for wait, status in ((20 * 60, "not_fired"), (20 * 60 + 3, "fired")):
        happened = events(steps(np.full(3, 0.1), begun=BEGUN + wait))
        finding = judge("MaxInitializationTime", made(columns, happened=happened))
        assert (finding.status, finding.threshold, finding.unit) == (status, 20, "min")
        assert finding.value == pytest.approx(wait / 60)
    loading = events([("algo-1", "DataIterator", "next", BEGUN + 5, 1.0)])
    assert judge("MaxInitializationTime", made(columns, happened=loading)).status == "fired"
    assert judge("MaxInitializationTime", made(columns)).status == "unknown"


def test_machines_that_were_not_watched_from_the_beginning_tell_nothing_of_it():
    """A step before the first reading: the profiler was turned on later."""
    columns = {"cpu": [np.full(3_000, 5.0)]}
    early = events(steps(np.full(3, 0.1), begun=BEGUN - 60))
    finding = judge("MaxInitializationTime", made(columns, happened=early))
    assert finding.status == "unknown"
    assert "not watched from the beginning" in finding.sentence


def test_a_first_saved_step_bounds_when_training_began():
    """Step 0 saved late is a late beginning; a later step may only be the first that was saved."""
    columns = {"cpu": [np.full(3_000, 5.0)]}
    for first, started, status in (
        (0, BEGUN + 60, "not_fired"),
        (0, BEGUN + 1_300, "fired"),
        (500, BEGUN + 60, "not_fired"),
        (500, BEGUN + 1_300, "unknown"),
    ):
        given = {("TRAIN", first + 10 * step): np.ones(2) for step in range(4)}
        record = recording({"w": given}, started=started, step_s=0.01)
        assert judge("MaxInitializationTime", made(columns), record).status == status


def test_the_usage_of_all_machines_is_told_and_never_fires():
    """Median, p95 and highest of every reading, of all cores and nodes pooled."""
    one = made({"cpu": [np.arange(101.0), np.zeros(99)]})
    finding = judge("OverallSystemUsage", one)
    assert finding.status == "not_fired"
    assert finding.sentence.startswith(
        "Median, p95 and highest of all readings on 1 node, one every"
    )
    (used,) = utilisation.of_node(one)
    assert (used.n, used.parts, used.most) == (200, 2, 100)
    # the pooled sample is 100 zeros, then 1 … 100
    assert used.p50 == pytest.approx(0.5)
    assert used.p95 == pytest.approx(90.05)


def test_quantiles_of_windows_are_those_of_their_readings():
    """Each look sees exactly the readings of its window; readings that are nan are left out."""
    rng = np.random.default_rng(2)
    values = rng.uniform(0, 100, 500)
    values[100:120] = np.nan
    looks = windows.ends(500, first=20, every=7)
    found = windows.quantile(values, looks, 20, 0.95)
    for end, quantile in zip(looks.tolist(), found.tolist(), strict=True):
        seen = values[end - 20 : end]
        if np.isnan(seen).all():
            assert np.isnan(quantile)
        else:
            assert quantile == pytest.approx(np.nanquantile(seen, 0.95))


def test_a_reading_belongs_to_the_snapshot_nearest_in_time():
    """Parts that are read a moment later belong together; beyond one interval nothing is taken."""
    core = Series(
        "a",
        "cpu",
        "cpu0",
        "CPUUtilization",
        "%",
        np.array([0.0, 1.0, 2.0]),
        np.array([1.0, 2.0, 3.0]),
    )
    found = snapshots.nearest(core, np.array([-1.5, 0.1, 0.9, 1.4, 2.9, 3.1]))
    assert found.tolist() == pytest.approx([np.nan, 1, 2, 2, 3, np.nan], nan_ok=True)
    gpu = replace(core, part="gpu", name="gpu0", dimension="GPUUtilization", time=core.time + 0.02)
    shot = snapshots.of_node(Machines(("a",), (core, gpu), events(), 1.0, True), "a")
    assert shot.time.tolist() == gpu.time.tolist()
    assert shot.cpu.tolist() == [[1, 2, 3]]
    assert shot.gpu_memory.shape == (1, 3)
    assert np.isnan(shot.gpu_memory).all()
    assert np.isnan(
        snapshots.of_node(Machines(("a",), (gpu,), events(), 1.0, True), "a").mean_cpu
    ).all()
