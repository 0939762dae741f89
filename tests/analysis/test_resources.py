"""Are cores, money and milliseconds those that a pocket calculator gives?"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimates import Window
from analysis.resources import Change, Resources, Utilisation, compare
from analysis.usage import METRICS, Machine, Times, Usage, VariantUse

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
K = 24
HOUR = 3_600
TIMES = Times(
    Window(MONDAY, MONDAY + timedelta(hours=K)),
    K * HOUR,
    HOUR,
    np.datetime64("2026-03-02", "s") + np.arange(K) * np.timedelta64(HOUR, "s"),
    HOUR,
)


def machine(
    cores: int | None = 4,
    gpus: int | None = None,
    price: float | None = 0.5,
    count: int | None = 2,
    kind: str | None = "ml.m5.xlarge",
) -> Machine:
    return Machine(
        *(kind, cores, "name" if cores else "unknown", gpus, "name" if gpus else "unknown"),
        *(price, count),
    )


def use(
    runs_on: Machine | None = None,
    *,
    requests: object = 1_000.0,
    instances: object = 2.0,
    **percent: object,
) -> VariantUse:
    """A variant by the hour; each utilisation a number or a block's values, in per cent."""

    def usage(metric: str) -> Usage:
        values = np.broadcast_to(np.asarray(percent.get(metric, math.nan), float), K).copy()
        there = values[np.isfinite(values)]
        if not len(there):
            return Usage(metric, math.nan, math.nan, 0, values, values, values)
        return Usage(
            *(metric, float(there.mean()), float(there.max()), 60 * len(there)),
            *(values, values, values),
        )

    counts = np.broadcast_to(np.asarray(requests, float), K).copy()
    return VariantUse(
        machine=runs_on or machine(),
        usages=tuple(usage(metric) for metric in METRICS),
        requests=int(np.nansum(counts)),
        batch_requests=counts,
        batch_instances=np.where(counts > 0, np.broadcast_to(instances, K), np.nan),
        series_requests=counts,
    )


def compared(production: VariantUse, shadow: VariantUse) -> Resources:
    return compare(production, shadow, TIMES, currency="EUR", confidence=0.95)


def utilisation(found: Resources, metric: str) -> Utilisation:
    return next(each for each in found.utilisations if each.metric == metric)


def noisy(seed: int, base: float, spread: float = 0.1) -> np.ndarray:
    return base * np.exp(spread * np.random.default_rng(seed).normal(size=K))


def test_cpu_is_a_share_of_all_cores():
    """170 % of one core is 42.5 % of an instance with four, 85 % of one with two."""
    found = compared(use(cpu=170.0), use(machine(cores=2), cpu=170.0))
    cpu = utilisation(found, "cpu")
    assert cpu.whole
    assert (cpu.mean.production, cpu.mean.shadow) == (0.425, 0.85)
    assert cpu.mean.difference.value == pytest.approx(0.425)
    assert (cpu.production.most, cpu.shadow.most) == (0.425, 0.85)
    assert cpu.production.series_mean[0] == 0.425


def test_a_gpu_counts_for_itself_and_memory_for_the_instance():
    """On four GPUs, 340 % is 85 %; memory and disk are of the whole instance as they stand."""
    both = use(machine(gpus=4), gpu=340.0, gpu_memory=100.0, memory=60.0, disk=30.0)
    found = compared(both, both)
    means = {each.metric: each.mean.production for each in found.utilisations}
    assert means == {"gpu": 0.85, "gpu_memory": 0.25, "memory": 0.6, "disk": 0.3}
    assert [each.metric for each in found.utilisations] == ["memory", "gpu", "gpu_memory", "disk"]
    assert all(each.whole for each in found.utilisations)


@pytest.mark.parametrize("unknown", ["production", "shadow", "both"])
def test_unknown_cores_are_shares_of_one_core(unknown: str):
    """Where the cores of either are not known, both are told of one core: 1.7, and not as whole."""
    sides = {
        side: use(machine(cores=None if unknown in (side, "both") else 4), cpu=170.0)
        for side in ("production", "shadow")
    }
    cpu = utilisation(compared(*sides.values()), "cpu")
    assert not cpu.whole
    assert (cpu.mean.production, cpu.mean.shadow) == (1.7, 1.7)


def test_a_number_of_cores_that_the_measurements_exceed_is_not_believed():
    """A mean of 340 % cannot be of two cores: never more than all of an instance."""
    cpu = utilisation(compared(use(machine(cores=2), cpu=340.0), use(cpu=100.0)), "cpu")
    assert not cpu.whole
    assert (cpu.mean.production, cpu.mean.shadow) == (3.4, 1.0)


def test_a_full_memory_is_all_of_it():
    """Memory and disk count 100 for the instance, whatever rounding adds to a mean of 100."""
    memory = utilisation(compared(use(memory=np.nextafter(100, 101)), use(memory=100.0)), "memory")
    assert memory.whole


@given(st.floats(1, 800), st.floats(1, 800), *(st.sampled_from([None, 1, 2, 8]),) * 2)
def test_no_share_of_an_instance_is_above_one(
    one: float, other: float, cores: int | None, others: int | None
):
    """Whatever is configured: what is called a share of the instance is at most all of it."""
    found = compared(use(machine(cores=cores), cpu=one), use(machine(cores=others), cpu=other))
    cpu = utilisation(found, "cpu")
    assert not cpu.whole or max(cpu.mean.production, cpu.mean.shadow) <= 1


def test_a_variant_without_a_gpu_has_no_say_in_its_scale():
    """The shadow publishes nothing of a GPU: unknown, and production's is of all its GPUs."""
    found = compared(use(machine(gpus=4), cpu=100.0, gpu=340.0), use(machine(cores=2), cpu=100.0))
    gpu = utilisation(found, "gpu")
    assert gpu.whole
    assert gpu.mean.production == 0.85
    assert math.isnan(gpu.mean.shadow)
    assert gpu.mean.known
    assert not gpu.mean.difference.known
    assert gpu.shadow.samples == 0
    assert not found.gpu_time.each.difference.known
    assert found.gpu_time.each.production == pytest.approx(3.4 * 2 * HOUR * 1_000 / 1_000)


def test_milliseconds_of_a_core_a_request():
    """50 % of a core on 2 instances for an hour, over 1,000 requests: 3,600 ms each.

    How many cores there are does not enter.
    """
    found = compared(use(cpu=50.0), use(machine(cores=None), cpu=25.0, requests=500.0))
    assert found.cpu_time.each.production == pytest.approx(3_600)
    assert found.cpu_time.each.shadow == pytest.approx(0.25 * 2 * 3_600_000 / 500)
    assert found.cpu_time.production_requests == K * 1_000
    assert found.cpu_time.production_amount == pytest.approx(K * 3_600_000)


def test_a_price_follows_from_instances_hours_and_requests():
    """0.50 × 2 instances × 24 h ÷ 24,000 requests × 1,000 is 1.00; an hour costs 1.00."""
    found = compared(
        use(memory=50.0),
        use(machine(price=0.2, count=3), memory=50.0, instances=3.0, requests=500.0),
    )
    assert found.hourly.production == pytest.approx(1.0)
    assert found.hourly.shadow == pytest.approx(0.6)
    assert found.hourly.difference.value == pytest.approx(-0.4)
    assert found.per_thousand.each.production == pytest.approx(0.5 * 2 * 24 / 24_000 * 1_000)
    assert found.per_thousand.each.shadow == pytest.approx(0.2 * 3 * 24 / 12_000 * 1_000)
    assert found.per_thousand.each.difference.unit == found.currency == "EUR"
    assert found.instances.difference.value == pytest.approx(1.0)


def test_an_unknown_price_of_one_is_told_of_the_other():
    """Without a price of the shadow, production's is there and the difference is not."""
    found = compared(use(memory=50.0), use(machine(price=None), memory=50.0))
    for change in (found.hourly, found.per_thousand.each):
        assert change.production == pytest.approx(1.0)
        assert math.isnan(change.shadow)
        assert change.known
        assert not change.difference.known
        assert change.difference.n == 0


def test_blocks_in_which_only_one_ran_are_left_out_of_rates():
    """A shadow that began at noon is held against the same half of the day."""
    late = np.where(np.arange(K) < 12, np.nan, 200.0)
    whole_day = np.where(np.arange(K) < 12, 50.0, 100.0)
    found = compared(
        use(cpu=whole_day, requests=np.where(np.arange(K) < 12, 4_000.0, 1_000.0)),
        use(cpu=late, requests=np.where(np.arange(K) < 12, np.nan, 1_000.0)),
    )
    assert found.cpu_time.production_requests == found.cpu_time.shadow_requests == 12_000
    assert found.cpu_time.each.production == pytest.approx(1.0 * 2 * 3_600_000 / 1_000)
    assert found.cpu_time.each.shadow == pytest.approx(2.0 * 2 * 3_600_000 / 1_000)
    assert found.cpu_time.each.difference.n == 12
    assert found.per_thousand.production_requests == 12_000
    # utilisation is that of the whole window, each over its own
    assert utilisation(found, "cpu").mean.production == pytest.approx(0.75 / 4)
    assert utilisation(found, "cpu").mean.difference.n == 12


def test_variants_that_never_ran_together_are_told_apart():
    """Without a common block each keeps its own rate, and there is no difference."""
    first = np.arange(K) < 12
    found = compared(
        use(cpu=np.where(first, 50.0, np.nan), requests=np.where(first, 1_000.0, np.nan)),
        use(cpu=np.where(first, np.nan, 50.0), requests=np.where(first, np.nan, 500.0)),
    )
    assert found.cpu_time.each.production == pytest.approx(3_600)
    assert found.cpu_time.each.shadow == pytest.approx(7_200)
    assert found.cpu_time.each.difference.n == 0


def test_idle_instances_cost_too():
    """A block in which a variant ran without any request counts with its cost and no request."""
    requests = np.where(np.arange(K) % 2 == 0, 1_000.0, np.nan)
    found = compared(use(cpu=50.0, requests=requests), use(cpu=50.0))
    assert found.cpu_time.each.production == pytest.approx(7_200)
    assert found.cpu_time.production_requests == 12_000
    assert found.cpu_time.each.difference.n == K
    assert found.hourly.production == pytest.approx(1.0)


def test_without_any_request_the_instances_there_are_now_stand():
    """Nothing is per request then; an hour still has its price."""
    found = compared(use(cpu=10.0, requests=np.nan), use(cpu=10.0))
    assert found.hourly.production == pytest.approx(1.0)
    assert math.isnan(found.cpu_time.each.production)
    assert found.cpu_time.each.shadow == pytest.approx(720)
    assert math.isnan(found.load.mean.production)
    assert math.isnan(found.load.production_busiest)
    assert not found.load.even
    unknown = compared(use(machine(count=None), cpu=10.0, requests=np.nan), use(cpu=10.0))
    assert math.isnan(unknown.hourly.production)


def test_nothing_measured_is_nothing_known():
    """No metric and no request: no utilisation, and not one number."""
    nobody = use(requests=np.nan)
    found = compared(nobody, nobody)
    assert found.utilisations == ()
    changes = [found.instances, found.hourly, found.load.mean]
    changes += [rate.each for rate in (found.cpu_time, found.gpu_time, found.per_thousand)]
    for change in changes:
        assert not change.known
        assert not change.difference.known
        assert change.difference.n == 0


def test_a_window_too_short_for_blocks_has_no_interval():
    """The means of the window stand; what needs blocks does not."""
    one = use(cpu=50.0)
    empty = np.empty(0)
    short = replace(
        one,
        batch_requests=empty,
        batch_instances=empty,
        usages=tuple(replace(usage, batches=empty) for usage in one.usages),
    )
    found = compared(short, short)
    assert utilisation(found, "cpu").mean.production == 0.125
    assert utilisation(found, "cpu").mean.difference.n == 0
    assert not found.cpu_time.each.known
    assert not found.hourly.known


def test_load_is_requests_a_second_and_what_an_instance_had():
    """1,000 an hour are 0.278 a second; half as many instances have twice as much each."""
    peak = np.full(K, 1_000.0)
    peak[5] = 7_200
    found = compared(use(memory=1.0, requests=peak), use(memory=1.0, requests=peak, instances=1.0))
    assert found.load.mean.production == pytest.approx((23_000 + 7_200) / (24 * 3_600))
    assert found.load.mean.difference.value == 0
    assert found.load.production_busiest == 2.0
    assert found.load.production_requests == found.load.shadow_requests == 30_200
    assert found.load.per_instance == pytest.approx(2)
    assert not found.load.even
    assert found.production_series[5] == 2.0


@pytest.mark.parametrize(
    ("requests", "even"), [(799.0, False), (801.0, True), (1_249.0, True), (1_251.0, False)]
)
def test_even_load_is_within_a_fifth(requests: float, even: bool):
    """From 0.8 to 1.25 times the requests an instance, what is per request may be compared."""
    found = compared(use(memory=1.0), use(memory=1.0, requests=requests))
    assert found.load.even is even


def changes(found: Resources) -> list[Change]:
    return [
        *(each.mean for each in found.utilisations),
        *(found.cpu_time.each, found.gpu_time.each, found.per_thousand.each),
        *(found.load.mean, found.hourly, found.instances),
    ]


@given(st.integers(0, 10_000))
def test_swapping_the_variants_flips_the_sign(seed: int):
    """Every difference is mirrored, and n is the same."""
    one = use(
        machine(gpus=1, price=1.0),
        cpu=noisy(seed, 120),
        gpu=noisy(seed + 1, 30),
        memory=noisy(seed + 2, 40),
        requests=np.rint(noisy(seed + 3, 900)),
    )
    other = use(
        machine(cores=2),
        cpu=noisy(seed + 4, 90),
        memory=noisy(seed + 5, 50),
        requests=np.rint(noisy(seed + 6, 900)),
        instances=3.0,
    )
    there, back = compared(one, other), compared(other, one)
    for ours, theirs in zip(changes(there), changes(back), strict=True):
        assert (ours.production, ours.shadow) == pytest.approx(
            (theirs.shadow, theirs.production), nan_ok=True
        )
        mine, mirrored = ours.difference, theirs.difference
        assert (mine.value, mine.low, mine.high) == pytest.approx(
            (-mirrored.value, -mirrored.high, -mirrored.low), nan_ok=True
        )
        assert mine.n == mirrored.n
    assert there.load.per_instance == pytest.approx(1 / back.load.per_instance)


def test_a_variant_ran_where_anything_was_measured():
    """Requests or any utilisation say that it ran; then no point of requests is none of them."""
    requests = np.full(K, np.nan)
    requests[0], requests[1] = 1, 0
    memory = np.full(K, np.nan)
    memory[2] = 50
    found = use(requests=requests, memory=memory, instances=4.0)
    assert np.flatnonzero(found.ran).tolist() == [0, 2]
    assert found.block_requests[:4].tolist() == pytest.approx(
        [1, math.nan, 0, math.nan], nan_ok=True
    )
    # not measured without a request: the mean of the other blocks
    assert found.block_instances[:4].tolist() == pytest.approx(
        [4, math.nan, 4, math.nan], nan_ok=True
    )
