"""What would CloudWatch say of the demo's endpoints, at any period and for any statistic?

Kept is one entry a request, for the very requests that the captures hold and for those that
failed, so that every answer is worked out from requests: the percentile of a window is the true
one, not an average of others. Of the instances kept is one entry an instance and minute.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from demo.fleets import UTILISATIONS, samples
from demo.traffic import FAILED, NOT_ASKED, OK, REFUSED, ShadowTest

LATENCIES = ("ModelLatency", "OverheadLatency")  # µs, as SageMaker publishes them
PER_INSTANCE = "InvocationsPerInstance"
# A failing model is a 5XX to the caller and a model error; a refused request is the caller's.
_COUNTED = {
    "Invocations": (),
    "Invocation4XXErrors": (REFUSED,),
    "Invocation5XXErrors": (FAILED,),
    "InvocationModelErrors": (FAILED,),
}
_STATISTIC = re.compile(r"Average|Sum|Minimum|Maximum|SampleCount|p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass(frozen=True, slots=True)
class Span:
    """Whose metric is asked for, and over which part of time (epoch ms, half-open; seconds)."""

    endpoint: str
    variant: str
    metric: str
    start_ms: int
    end_ms: int
    period_s: int


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Where a metric has data: the start of each period (epoch ms), in order, and its value."""

    start_ms: np.ndarray
    values: np.ndarray


Samples = tuple[np.ndarray, np.ndarray]
"""When something was measured (epoch ms, in order), and what it was each time."""

NOTHING: Samples = (np.empty(0, np.int64), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """Requests in order of time: when (epoch ms), what became of each, and latencies in µs."""

    time_ms: np.ndarray
    status: np.ndarray
    model_us: np.ndarray
    overhead_us: np.ndarray

    def at(self, these: slice | np.ndarray) -> Requests:
        """Some of them."""
        return Requests(
            self.time_ms[these], self.status[these], self.model_us[these], self.overhead_us[these]
        )

    def measured(self, metric: str) -> Samples:
        """What a metric of requests says of them; nothing where it is none."""
        if metric in LATENCIES:
            answered = self.status == OK
            values = self.model_us if metric == LATENCIES[0] else self.overhead_us
            return self.time_ms[answered], values[answered].astype(float)
        if metric not in _COUNTED:
            return NOTHING
        counted = _COUNTED[metric]
        every = np.ones(len(self.status))
        return self.time_ms, np.isin(self.status, counted).astype(float) if counted else every


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Samples sorted by period and then by size; ``first`` is where each period begins."""

    start_ms: np.ndarray
    first: np.ndarray
    counts: np.ndarray
    values: np.ndarray


def write(folder: Path, test: ShadowTest, rng: np.random.Generator) -> None:
    """Keep one test's requests and its instances' samples as ``folder/{endpoint}.npz``."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = dict(samples(test, rng))
    for variant, answers in (
        (test.production, test.production_answers),
        (test.shadow, test.shadow_answers),
    ):
        asked = np.flatnonzero(answers.status != NOT_ASKED)
        stamps = test.time_ms[asked] + answers.lag_ms[asked]
        order = asked[np.argsort(stamps, kind="stable")]
        arrays[f"{variant}/time_ms"] = np.sort(stamps)
        arrays[f"{variant}/status"] = answers.status[order]
        arrays[f"{variant}/ModelLatency"] = answers.model_us[order].astype(np.int32)
        arrays[f"{variant}/OverheadLatency"] = answers.overhead_us[order].astype(np.int32)
    np.savez(folder / f"{test.name}.npz", **arrays)


def namespace_of(metric: str) -> str:
    """The namespace in which SageMaker publishes a metric."""
    return "/aws/sagemaker/Endpoints" if metric in UTILISATIONS else "AWS/SageMaker"


def known_statistic(name: str) -> bool:
    """Whether a statistic is one that :class:`Metrics` can work out."""
    return _STATISTIC.fullmatch(name) is not None


class Metrics:
    """Answers from the files that :func:`write` left in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._endpoint = lru_cache(maxsize=8)(self._read)
        # the percentiles of one span are asked one after the other
        self._groups = lru_cache(maxsize=16)(self._group)

    def points(self, span: Span, statistic: str) -> Points:
        """One point for each period, counted from the start, in which there was a sample."""
        return _points(self._groups(span), statistic)

    def requests(self, endpoint: str, variant: str) -> Requests | None:
        """Every request of a variant in order of time; None where there is no such variant."""
        kept = self._endpoint(endpoint)
        if f"{variant}/time_ms" not in kept:
            return None
        names = ("time_ms", "status", *LATENCIES)
        return Requests(*(kept[f"{variant}/{name}"] for name in names))

    def samples(self, span: Span) -> Samples:
        """When a metric was measured in a span (epoch ms, in order), and what it was each time."""
        kept = self._endpoint(span.endpoint)
        if span.metric in UTILISATIONS:
            time_ms = kept.get(f"{span.variant}/sampled_ms", NOTHING[0])
            low, high = np.searchsorted(time_ms, (span.start_ms, span.end_ms))
            # an instance without a GPU publishes nothing of it
            values = kept.get(f"{span.variant}/{span.metric}", np.empty(0))[low:high]
            return time_ms[low:high][: len(values)], values.astype(float)
        requests = self.requests(span.endpoint, span.variant)
        if requests is None:
            return NOTHING
        low, high = np.searchsorted(requests.time_ms, (span.start_ms, span.end_ms))
        found = requests.at(slice(low, high))
        if span.metric == PER_INSTANCE:
            share = 1 / kept[f"{span.variant}/instances"]
            return found.time_ms, np.full(len(found.time_ms), share)
        return found.measured(span.metric)

    def _read(self, endpoint: str) -> dict[str, np.ndarray]:
        path = self._folder / f"{endpoint}.npz"
        # an endpoint is named by a caller: only names of files that are there are opened
        if path not in set(self._folder.glob("*.npz")):
            return {}
        with np.load(path) as kept:
            return dict(kept)

    def _group(self, span: Span) -> _Groups:
        return _grouped(*self.samples(span), span.start_ms, span.period_s)


def points_of(samples: Samples, *, start_ms: int, period_s: int, statistic: str) -> Points:
    """One point for each period, counted from the start, in which there was one of the samples."""
    return _points(_grouped(*samples, start_ms, period_s), statistic)


def _grouped(time_ms: np.ndarray, values: np.ndarray, start_ms: int, period_s: int) -> _Groups:
    period_ms = 1_000 * period_s
    period = (time_ms - start_ms) // period_ms
    first = np.flatnonzero(np.diff(period, prepend=-1))
    return _Groups(
        start_ms=start_ms + period[first] * period_ms,
        first=first,
        counts=np.diff(first, append=len(period)),
        values=values[np.lexsort((values, period))],
    )


def _points(groups: _Groups, statistic: str) -> Points:
    if not len(groups.first):
        return Points(groups.start_ms, np.empty(0))
    if statistic == "SampleCount":
        values = groups.counts.astype(float)
    elif statistic == "Minimum":
        values = groups.values[groups.first]
    elif statistic == "Maximum":
        values = groups.values[groups.first + groups.counts - 1]
    elif statistic in ("Sum", "Average"):
        values = np.add.reduceat(groups.values, groups.first)
        if statistic == "Average":
            values = values / groups.counts
    else:
        values = _quantiles(groups, float(statistic[1:]) / 100)
    return Points(groups.start_ms, values)


def _quantiles(groups: _Groups, share: float) -> np.ndarray:
    """Percentile of each period, linear between order statistics as ``numpy.quantile``."""
    place = share * (groups.counts - 1)
    below = np.floor(place).astype(np.int64)
    low = groups.values[groups.first + below]
    high = groups.values[groups.first + np.minimum(below + 1, groups.counts - 1)]
    return low + (high - low) * (place - below)
