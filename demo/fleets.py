"""On which instances do the demo's variants run, and how busy are they?

One sample an instance and minute, as SageMaker publishes them: CPU counts 100 for each core, GPU
100 for each GPU. What is used follows the load of the hour. The traffic is far less than such
instances could take, so most of what they use they use while they wait.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.resources import CAPTURE_STOPS_AT
from demo.traffic import HOUR_MS, ShadowTest, load

UTILISATIONS = (
    "CPUUtilization",
    "MemoryUtilization",
    "DiskUtilization",
    "GPUUtilization",
    "GPUMemoryUtilization",
)
PRICES = {"ml.m5.large": 0.1, "ml.m5.xlarge": 0.2, "ml.c6i.xlarge": 0.2, "ml.g5.xlarge": 1.0}
"""Made-up prices an hour, round so that nobody takes them for AWS's."""

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Fleet:
    """The instances of one variant, and what one of them uses, in CloudWatch's per cent.

    ``cpu`` and ``gpu`` are (while idle, more on an average weekday hour); ``disk`` is (at first,
    more each hour), and as at first again ``emptied_h`` hours after the test began; without a GPU
    both of its figures are None.
    """

    instance_type: str
    count: int
    cpu: tuple[float, float]
    memory: float
    disk: tuple[float, float]
    gpu: tuple[float, float] | None = None
    gpu_memory: float | None = None
    emptied_h: float = math.inf


FLEETS: dict[str, tuple[Fleet, Fleet]] = {
    "fraud-scores": (
        Fleet("ml.m5.large", 2, (6.0, 19.0), 43.0, (19.0, 0.11)),
        Fleet("ml.m5.large", 2, (6.0, 15.5), 47.5, (17.0, 0.11)),
    ),
    "ticket-routing": (
        Fleet("ml.g5.xlarge", 1, (10.0, 18.0), 38.0, (24.0, 0.05), (2.0, 17.0), 31.0),
        Fleet("ml.c6i.xlarge", 1, (9.0, 62.0), 55.0, (31.0, 0.2)),
    ),
    "delivery-minutes": (
        Fleet("ml.m5.xlarge", 1, (11.0, 31.0), 34.0, (14.0, 0.3)),
        Fleet("ml.m5.xlarge", 1, (11.0, 30.0), 34.4, (12.0, 0.3)),
    ),
    "fraud-compact": (
        Fleet("ml.m5.large", 2, (6.0, 19.0), 43.0, (19.0, 0.11)),
        Fleet("ml.m5.large", 1, (5.0, 21.0), 31.0, (16.0, 0.6), emptied_h=101.0),
    ),
}


def samples(test: ShadowTest, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The samples of both variants: their times (epoch ms, sorted) and each utilisation.

    Keys are ``{variant}/sampled_ms`` and ``{variant}/{metric}``; ``{variant}/instances`` is how
    many instances there are.
    """
    first = int(test.time_ms[0]) // HOUR_MS * HOUR_MS
    minutes = np.arange(first, int(test.time_ms[-1]), _MINUTE_MS)
    found: dict[str, np.ndarray] = {}
    for variant, fleet in zip((test.production, test.shadow), FLEETS[test.name], strict=True):
        at = np.repeat(minutes, fleet.count)
        found[f"{variant}/sampled_ms"] = at
        found[f"{variant}/instances"] = np.array(fleet.count)
        for metric, values in _used(fleet, at, rng).items():
            found[f"{variant}/{metric}"] = values.astype(np.float32)
    return found


def full(fleet: Fleet, hours: np.ndarray) -> np.ndarray:
    """Whether the disk is so full, so many hours after the test began, that capturing stops."""
    return _disk(fleet, hours) > 100 * CAPTURE_STOPS_AT


def _disk(fleet: Fleet, hours: np.ndarray) -> np.ndarray:
    since = np.where(hours < fleet.emptied_h, hours, hours - fleet.emptied_h)
    return fleet.disk[0] + fleet.disk[1] * since


def _used(fleet: Fleet, at: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    n = len(at)
    busy = _smooth(load(at)[:: fleet.count]).repeat(fleet.count)
    hours = (at - at[0]) / HOUR_MS
    found = {
        "CPUUtilization": fleet.cpu[0]
        + fleet.cpu[1] * busy * np.exp(rng.normal(0, 0.18, n))
        # a log is rotated, a health check is slow: short peaks
        + 60 * rng.random(n) * (rng.random(n) < 0.004),
        "MemoryUtilization": fleet.memory + 3 * busy + rng.normal(0, 0.3, n),
        "DiskUtilization": _disk(fleet, hours) + rng.normal(0, 0.05, n),
    }
    if fleet.gpu is not None and fleet.gpu_memory is not None:
        found["GPUUtilization"] = np.clip(
            fleet.gpu[0] + fleet.gpu[1] * busy * np.exp(rng.normal(0, 0.25, n)), 0, 100
        )
        found["GPUMemoryUtilization"] = fleet.gpu_memory + 0.5 * busy
    return found


def _smooth(busy: np.ndarray) -> np.ndarray:
    """Load a minute without the steps at full hours: the mean of the hour around each."""
    around = np.pad(busy, 30, mode="edge")
    return np.convolve(around, np.full(61, 1 / 61), mode="valid")
