"""What does each model need to run: cores, memory, money, and for how many requests?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.block_means import mean_difference, ratio_difference
from analysis.estimates import Estimate
from analysis.usage import METRICS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.usage import Machine, Metric, Times, Usage, VariantUse

CAPTURE_STOPS_AT = 0.75
"""Share of the disk above which SageMaker stops to capture data
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html)."""

EVEN_LOAD = (0.8, 1.25)
"""Requests of a shadow instance ÷ those of a production instance: outside of it, loads differ."""


@dataclass(frozen=True, slots=True)
class Change:
    """A number of both variants, and shadow − production with ``n`` blocks of time behind it."""

    production: float
    shadow: float
    difference: Estimate

    @property
    def known(self) -> bool:
        """Whether either variant has a value."""
        return not (math.isnan(self.production) and math.isnan(self.shadow))


@dataclass(frozen=True, slots=True, eq=False)
class UsageOfOne:
    """One variant's part of a :class:`Utilisation`: fractions, and the values behind the mean."""

    most: float
    samples: int
    series_mean: NDArray[np.float64]
    series_most: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Utilisation:
    """How much of one resource is used, as a fraction, on one instance.

    ``whole`` says of what: of all that the instance has, or else of one core or one GPU (then 1.7
    is one and seven tenths of a core), because how many there are is not known for both variants,
    or is less than was used.
    """

    metric: Metric
    whole: bool
    mean: Change
    production: UsageOfOne
    shadow: UsageOfOne


@dataclass(frozen=True, slots=True)
class Rate:
    """An amount for each request, over the blocks in which both variants ran.

    The amounts and the requests are the sums over those blocks.
    """

    each: Change
    production_amount: float
    production_requests: float
    shadow_amount: float
    shadow_requests: float


@dataclass(frozen=True, slots=True)
class Load:
    """Requests a second, over the window and in the busiest of the fine blocks.

    ``per_instance`` is what a shadow instance had ÷ what a production instance had, over the
    blocks in which both ran; nan where that is not known.
    """

    mean: Change
    production_requests: int
    shadow_requests: int
    production_busiest: float
    shadow_busiest: float
    per_instance: float

    @property
    def even(self) -> bool:
        """Whether both had about the same to do: else what is per request cannot be compared."""
        return EVEN_LOAD[0] <= self.per_instance <= EVEN_LOAD[1]


@dataclass(frozen=True, slots=True, eq=False)
class Resources:
    """What both variants used, together and for each request.

    Attributes
    ----------
    times : Times
    production, shadow : Machine
    instances : Change
        Mean number over the blocks in which the variant ran.
    utilisations : tuple of Utilisation
        Those that either variant has, in the order of ``METRICS``.
    cpu_time, gpu_time : Rate
        Milliseconds of one core (GPU) a request.
    load : Load
    hourly : Change
        Price of the instances for an hour, in ``currency``; nan where no price is known.
    per_thousand : Rate
        Price for 1,000 requests.
    production_series, shadow_series : ndarray (t,)
        Requests a second.
    """

    times: Times
    production: Machine
    shadow: Machine
    instances: Change
    utilisations: tuple[Utilisation, ...]
    cpu_time: Rate
    gpu_time: Rate
    load: Load
    hourly: Change
    per_thousand: Rate
    currency: str
    production_series: NDArray[np.float64]
    shadow_series: NDArray[np.float64]


def compare(
    production: VariantUse,
    shadow: VariantUse,
    times: Times,
    *,
    currency: str,
    confidence: float,
) -> Resources:
    """Compare what the two variants used.

    Utilisation and requests a second are those of the whole window, with an interval from its
    blocks. What is per request is a ratio of sums over the blocks in which both variants ran.
    Intervals are for one look (:mod:`analysis.block_means`).
    """
    both = (production, shadow)
    hours = times.batch_s / 3_600
    prices = [side.block_instances * _or_nan(side.machine.price_per_hour) for side in both]

    def core_ms(metric: Metric) -> list[NDArray[np.float64]]:
        return [
            side.usage(metric).batches / 100 * side.block_instances * times.batch_s * 1_000
            for side in both
        ]

    return Resources(
        times=times,
        production=production.machine,
        shadow=shadow.machine,
        instances=_means(*(s.block_instances for s in both), confidence=confidence, unit=""),
        utilisations=tuple(
            _utilisation(production, shadow, metric, confidence=confidence)
            for metric in METRICS
            if production.usage(metric).samples or shadow.usage(metric).samples
        ),
        cpu_time=_rate(both, core_ms("cpu"), confidence=confidence, unit="ms"),
        gpu_time=_rate(both, core_ms("gpu"), confidence=confidence, unit="ms"),
        load=_load(production, shadow, times, confidence=confidence),
        hourly=_means(*prices, confidence=confidence, unit=currency),
        per_thousand=_rate(
            both,
            [price * hours for price in prices],
            per=1_000,
            confidence=confidence,
            unit=currency,
        ),
        currency=currency,
        production_series=production.series_requests / times.series_s,
        shadow_series=shadow.series_requests / times.series_s,
    )


def _utilisation(
    production: VariantUse, shadow: VariantUse, metric: Metric, *, confidence: float
) -> Utilisation:
    both = (production, shadow)
    units = [side.machine.units(metric) for side in both]
    # a variant without a GPU publishes nothing of it, and has no say in the scale; more used than
    # there is says that the number of cores is wrong
    whole = metric in ("memory", "disk") or all(
        unit and side.usage(metric).mean <= 100 * unit
        for side, unit in zip(both, units, strict=True)
        if side.usage(metric).samples
    )
    before, after = (
        (side.usage(metric), 100.0 * (unit if whole and unit else 1))
        for side, unit in zip(both, units, strict=True)
    )
    means = [usage.mean / scale for usage, scale in (before, after)]
    return Utilisation(
        metric=metric,
        whole=whole,
        mean=Change(
            means[0],
            means[1],
            mean_difference(
                means[1] - means[0],
                *(usage.batches / scale for usage, scale in (before, after)),
                confidence=confidence,
                unit="share",
            ),
        ),
        production=_of_one(*before),
        shadow=_of_one(*after),
    )


def _of_one(usage: Usage, scale: float) -> UsageOfOne:
    return UsageOfOne(
        usage.most / scale, usage.samples, usage.series_mean / scale, usage.series_most / scale
    )


def _means(
    production: NDArray[np.float64],
    shadow: NDArray[np.float64],
    *,
    confidence: float,
    unit: str,
) -> Change:
    """Means of block values (k,) over the blocks that have one."""
    means = [
        float(np.nanmean(side)) if np.isfinite(side).any() else math.nan
        for side in (production, shadow)
    ]
    apart = means[1] - means[0]
    found = mean_difference(apart, production, shadow, confidence=confidence, unit=unit)
    return Change(means[0], means[1], found)


def _rate(
    both: tuple[VariantUse, VariantUse],
    amounts: list[NDArray[np.float64]],
    *,
    per: int = 1,
    confidence: float,
    unit: str,
) -> Rate:
    """Amounts (k,) of both variants for each ``per`` of their requests.

    What is known of one variant only is told of that one, over the blocks in which it ran.
    """
    counts = [side.block_requests for side in both]
    there = [np.isfinite(a) & np.isfinite(c) for a, c in zip(amounts, counts, strict=True)]
    common = there[0] & there[1]
    used = [common if common.any() else mine for mine in there]
    sums = [float(a[u].sum()) for a, u in zip(amounts, used, strict=True)]
    requests = [float(c[u].sum()) for c, u in zip(counts, used, strict=True)]
    each = [per * s / r if r > 0 else math.nan for s, r in zip(sums, requests, strict=True)]
    difference = ratio_difference(
        (per * amounts[0][common], counts[0][common]),
        (per * amounts[1][common], counts[1][common]),
        confidence=confidence,
        unit=unit,
    )
    return Rate(Change(each[0], each[1], difference), sums[0], requests[0], sums[1], requests[1])


def _load(production: VariantUse, shadow: VariantUse, times: Times, *, confidence: float) -> Load:
    both = (production, shadow)
    means = [side.requests / times.seconds if side.requests else math.nan for side in both]
    blocks = [side.block_requests / times.batch_s for side in both]
    busiest = [
        float(np.nanmax(side.series_requests)) / times.series_s
        if np.isfinite(side.series_requests).any()
        else math.nan
        for side in both
    ]
    rate = _rate(both, [side.block_instances for side in both], confidence=confidence, unit="")
    # instances a request: the other way round it is requests an instance
    each = rate.each.production / rate.each.shadow if rate.each.difference.known else math.nan
    apart = means[1] - means[0]
    return Load(
        mean=Change(
            means[0],
            means[1],
            mean_difference(apart, *blocks, confidence=confidence, unit="a second"),
        ),
        production_requests=production.requests,
        shadow_requests=shadow.requests,
        production_busiest=busiest[0],
        shadow_busiest=busiest[1],
        per_instance=each,
    )


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
