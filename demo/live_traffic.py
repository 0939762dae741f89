"""What passes through an endpoint after the account was made: which fleet takes which requests?

The demo's traffic ends when its account is made. From the first change of an endpoint on it goes
on: the last week of requests comes again, each answered as the model that now takes it answered.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo import deployments
from demo.metrics import NOTHING, Metrics, Requests, Samples
from demo.recorded import variant_of
from demo.traffic import FAILED, HOUR_MS

_WEEK_MS = 7 * 24 * HOUR_MS
# Multiples of these, less their whole parts, lie evenly in 0 to 1: any few requests in a row have
# nearly the share that is wanted. The second one is for failures, apart from the first.
_GOLDEN, _PLASTIC = 0.618_033_988_75, 0.754_877_666_25


@dataclass(frozen=True, slots=True)
class Shift:
    """From ``since`` (epoch seconds) on, ``share`` of an endpoint's traffic goes to a new config.

    The rest stays with the config ``before``. Models are by variant, for both configs.
    """

    since: float
    config: str
    share: float
    models: Mapping[str, str]
    before: str
    models_before: Mapping[str, str]


def shifts(state: Mapping[str, Any], endpoint: str, now: float) -> list[Shift]:
    """The shifts of an endpoint's traffic up to now, by what SageMaker holds."""
    noted = list(state["traffic"].get(endpoint, ()))
    record = state["deployments"].get(endpoint, {})
    if record.get("kind") == "update":
        # what has not been looked at since it came to pass
        record = copy.deepcopy(record)
        deployments.advance(record, now, {})
        for since, share in record["shares"][record["logged"] :]:
            noted.append(record["fleets"] | {"since": since, "share": share})
    return [Shift(**each) for each in noted]


class LiveTraffic:
    """Requests by the shifts of each endpoint's traffic, in order of time, as they are now.

    ``speed`` is how many times faster than at AWS all goes on; ``failing`` says which share (0 to
    1) of its requests a model breaks at.
    """

    def __init__(
        self,
        metrics: Metrics,
        *,
        shifts: Callable[[str], Sequence[Shift]],
        failing: Callable[[str], float] = lambda model: 0.0,
        clock: Callable[[], float] = time.time,
        speed: float = 1.0,
    ) -> None:
        self._metrics = metrics
        self._shifts = shifts
        self._failing = failing
        self._clock = clock
        self._speed = speed

    def samples(
        self, endpoint: str, variant: str, config: str | None, metric: str, start: float, end: float
    ) -> Samples:
        """A metric of one config's fleet, or of all (None), from ``start`` to ``end`` (seconds)."""
        shifts = self._shifts(endpoint)
        ends = [*(each.since for each in shifts), self._clock()][1:]
        found = [NOTHING]
        for shift, until in zip(shifts, ends, strict=False):
            span = max(shift.since, start), min(until, end)
            for fleet, models, low, high in (
                (shift.before, shift.models_before, shift.share, 1.0),
                (shift.config, shift.models, 0.0, shift.share),
            ):
                if config in (None, fleet) and variant in models and low < high:
                    requests = self._requests(models[variant], shifts[0].since, *span)
                    found += [each.measured(metric) for each in _taken(requests, low, high)]
        times, values = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.argsort(times, kind="stable")
        return times[order], values[order]

    def _requests(
        self, model: str, first: float, start: float, end: float
    ) -> Iterator[tuple[np.ndarray, Requests]]:
        """The requests from ``start`` to ``end`` with their numbers, as a model answers them."""
        recorded = variant_of(model)
        kept = self._metrics.requests(*recorded) if recorded is not None else None
        if kept is None or not len(kept.time_ms):
            return
        # the week that comes again is the last one, from the hour of the week at which it begins
        last = int(kept.time_ms[-1]) + 1
        begins = last - _WEEK_MS
        offset = (first * 1_000 - begins) % _WEEK_MS
        low, high = (offset + (t - first) * 1_000 * self._speed for t in (start, end))
        for week in range(int(low // _WEEK_MS), int(high // _WEEK_MS) + 1):
            edges = [begins + min(max(t - week * _WEEK_MS, 0), _WEEK_MS) for t in (low, high)]
            places = np.arange(*np.searchsorted(kept.time_ms, edges))
            again = kept.at(places)
            passed = (again.time_ms - begins + week * _WEEK_MS - offset) / self._speed
            status = again.status.copy()
            status[places * _PLASTIC % 1 < self._failing(model)] = FAILED
            times = np.floor(first * 1_000 + passed).astype(np.int64)
            yield places, Requests(times, status, again.model_us, again.overhead_us)


def _taken(
    requests: Iterator[tuple[np.ndarray, Requests]], low: float, high: float
) -> Iterator[Requests]:
    for places, each in requests:
        drawn = places * _GOLDEN % 1
        yield each.at((drawn >= low) & (drawn < high))
