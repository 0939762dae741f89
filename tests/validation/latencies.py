"""Do intervals from blocks of time hold where requests and minutes hang together?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from analysis.block_means import mean_difference, ratio_difference
from analysis.latency import (
    MIN_BATCHES,
    Percentiles,
    PercentileSeries,
    VariantLatency,
    difference,
    sequence_half_width,
)
from analysis.training.slopes import theil_sen
from analysis.training.trend import falls
from tests.validation.rows import Lab, outside
from tests.validation.shares import IN_VERDICT

START = np.datetime64("2026-03-02T00:00:00", "s")


def measure(lab: Lab) -> None:
    """Batches of latency, blocks of resources, and the trend of a series."""
    for correlation in (0.3, 0.8):
        _minutes(lab, correlation)
    for quantile in (0.5, 0.99):
        for correlation in (0.0, 0.7):
            _percentiles(lab, quantile, correlation)
    _batches_watched(lab, "normal", "")
    _batches_watched(lab, "skewed", "batches-skewed")
    _ratio(lab)
    _slopes(lab)


def autoregressive(rng: np.random.Generator, n: int, correlation: float) -> NDArray[np.float64]:
    """Values (n,) of mean 0 and variance 1 of which neighbours correlate so much."""
    shocks = rng.normal(size=n + 200) * np.sqrt(1 - correlation**2)
    return np.asarray(lfilter([1.0], [1.0, -correlation], shocks)[200:])


def _minutes(lab: Lab, correlation: float) -> None:
    """Two days of minutes in 24 blocks, a daily rhythm common to both variants."""
    minutes, blocks = 2880, 24
    rhythm = 10 * np.sin(np.arange(minutes) * 2 * np.pi / 1440)

    def once(rng: np.random.Generator) -> bool:
        sides = [40 + rhythm + 5 * autoregressive(rng, minutes, correlation) for _ in range(2)]
        sides[1] += 2.0
        means = [side.reshape(blocks, -1).mean(axis=1) for side in sides]
        value = float(sides[1].mean() - sides[0].mean())
        found = mean_difference(value, *means, confidence=0.95, unit="")
        return outside((found.low, found.high), 2.0)

    data = f"{blocks} blocks of 2 h, minutes with autocorrelation {correlation:g}"
    lab.simulate("block_means.mean_difference", data, once)


def variant(ms: NDArray[np.float64], blocks: int, quantile: float) -> VariantLatency:
    """What CloudWatch says of milliseconds (n,) in the order of time."""
    parts = ms.reshape(blocks, -1)
    series = PercentileSeries(
        START + np.arange(blocks) * np.timedelta64(3600, "s"),
        3600,
        (quantile,),
        np.quantile(parts, quantile, axis=1)[:, None],
        np.full(blocks, float(parts.shape[1])),
    )
    whole = Percentiles((quantile,), np.array([np.quantile(ms, quantile)]), len(ms))
    return VariantLatency("ModelLatency", whole, series, series)


def _percentiles(lab: Lab, quantile: float, correlation: float) -> None:
    """The relative change of a percentile of lognormal latency, 10 % at every percentile."""
    blocks, of_each = 24, 1000

    def once(rng: np.random.Generator) -> bool:
        logs = [0.5 * autoregressive(rng, blocks * of_each, correlation) for _ in range(2)]
        sides = [
            variant(base * np.exp(log), blocks, quantile)
            for base, log in zip((20.0, 22.0), logs, strict=True)
        ]
        found = difference(*sides, quantile, confidence=0.95, alpha=IN_VERDICT).relative
        return outside((found.low, found.high), 0.1)

    data = f"p{100 * quantile:g}, {blocks} blocks of {of_each:,}, autocorrelation {correlation:g}"
    lab.simulate("latency.difference", data, once, runs=1000)


def _batches_watched(lab: Lab, shape: str, limit: str) -> None:
    """Blocks of one length, looked at after every new one from the tenth to the two-hundredth."""
    last = 200
    k = np.arange(1, last + 1)
    factor = np.array([sequence_half_width(n, 1.0, alpha=IN_VERDICT) for n in k.tolist()])

    def draw(rng: np.random.Generator, runs: int) -> NDArray[np.bool_]:
        size = (runs, last)
        x = rng.normal(size=size) if shape == "normal" else rng.exponential(size=size) - 1
        mean = x.cumsum(axis=1) / k
        spread = ((x * x).cumsum(axis=1) - k * mean * mean) / np.maximum(1, k - 1)
        return (np.abs(mean) > np.sqrt(np.maximum(0, spread)) * factor)[:, MIN_BATCHES - 1 :].any(1)

    data = f"{MIN_BATCHES} to {last} blocks, their differences {shape}"
    lab.simulate_together(
        "latency.sequence_half_width",
        data,
        draw,
        looks="every block",
        promised=IN_VERDICT,
        limit=limit,
    )


def _ratio(lab: Lab) -> None:
    """CPU time a request, with load that rises and falls and costs that hang together."""
    blocks = 24

    def once(rng: np.random.Generator) -> bool:
        load = 1000 * (1.5 + np.sin(np.arange(blocks) / 4))
        sides = []
        for cost in (5.0, 6.0):
            counts = rng.poisson(load).astype(np.float64)
            sides.append((counts * (cost + 0.3 * autoregressive(rng, blocks, 0.0)), counts))
        found = ratio_difference(*sides, confidence=0.95, unit="ms")
        return outside((found.low, found.high), 1.0)

    lab.simulate("block_means.ratio_difference", f"{blocks} blocks, uneven load", once)


def _slopes(lab: Lab) -> None:
    time = np.arange(40.0)

    def once(rng: np.random.Generator) -> bool:
        found = theil_sen(time, 0.1 * time + rng.standard_t(3, 40))
        return outside((found.low, found.high), 0.1)

    data = "40 medians, t with 3 degrees of freedom"
    lab.simulate("training.slopes.theil_sen", data, once)
    for n in (8, 100):
        lab.simulate(
            "training.trend.falls",
            f"{n} losses, no trend",
            lambda rng, n=n: falls(rng.normal(size=n)),
        )
