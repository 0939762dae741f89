"""What did CloudWatch measure of a variant's instances?

Its scales are kept here: CPU counts 100 for each core, GPU and GPU memory 100 for each GPU, memory
and disk 100 for the instance. A variant's value is the mean over its instances
(https://repost.aws/knowledge-center/sagemaker-cpu-gpu-utilization-100).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.estimates import Window

Metric = Literal["cpu", "memory", "gpu", "gpu_memory", "disk"]
METRICS: tuple[Metric, ...] = ("cpu", "memory", "gpu", "gpu_memory", "disk")
Origin = Literal["configuration", "name", "unknown"]


@dataclass(frozen=True, slots=True)
class Machine:
    """The instances of a variant; what is not known is None.

    ``cores`` and ``gpus`` are those of one instance, each with where the number comes from;
    ``count`` is how many instances there are now.
    """

    instance_type: str | None
    cores: int | None
    cores_from: Origin
    gpus: int | None
    gpus_from: Origin
    price_per_hour: float | None
    count: int | None

    def units(self, metric: Metric) -> int | None:
        """How many times 100 a metric counts on one instance."""
        if metric == "cpu":
            return self.cores
        return self.gpus if metric in ("gpu", "gpu_memory") else 1


@dataclass(frozen=True, slots=True, eq=False)
class Usage:
    """One utilisation of one variant, in CloudWatch's own per cent.

    Attributes
    ----------
    metric : Metric
    mean, most : float
        Over the whole window; nan where there are no data.
    samples : int
        Values behind the mean: one an instance and minute, unless configured otherwise.
    batches : ndarray (k,)
        Means of equal blocks inside the window; nan where missing.
    series_mean, series_most : ndarray (t,)
        Means and maxima of the fine blocks to draw; nan where missing.
    """

    metric: Metric
    mean: float
    most: float
    samples: int
    batches: NDArray[np.float64]
    series_mean: NDArray[np.float64]
    series_most: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """The blocks of time: those that carry an interval (k), and the fine ones to draw (t).

    ``seconds`` is the length of the window, widened to full steps of CloudWatch.
    """

    window: Window
    seconds: int
    batch_s: int
    series_start: NDArray[np.datetime64]
    series_s: int


@dataclass(frozen=True, slots=True, eq=False)
class VariantUse:
    """Everything measured of one variant.

    Attributes
    ----------
    machine : Machine
    usages : tuple of Usage
        One for each of ``METRICS``, in their order.
    requests : int
        In the whole window.
    batch_requests, batch_instances : ndarray (k,)
        Requests and instances (Invocations ÷ InvocationsPerInstance) of each block; nan where
        CloudWatch has no point, as without any request.
    series_requests : ndarray (t,)
    """

    machine: Machine
    usages: tuple[Usage, ...]
    requests: int
    batch_requests: NDArray[np.float64]
    batch_instances: NDArray[np.float64]
    series_requests: NDArray[np.float64]

    def usage(self, metric: Metric) -> Usage:
        """One utilisation."""
        return self.usages[METRICS.index(metric)]

    @property
    def ran(self) -> NDArray[np.bool_]:
        """In which blocks (k,) the variant ran: it had any utilisation, or requests."""
        there = np.nan_to_num(self.batch_requests) > 0
        for usage in self.usages:
            there |= np.isfinite(usage.batches)
        return there

    @property
    def block_requests(self) -> NDArray[np.float64]:
        """Requests of each block (k,): without a point none, where it ran, else nan."""
        return np.where(self.ran, np.nan_to_num(self.batch_requests), np.nan)

    @property
    def block_instances(self) -> NDArray[np.float64]:
        """Instances in each block (k,), nan where the variant did not run.

        In a block without requests they are not measured: the mean of the other blocks stands for
        them, and where there is none, the number there is now.
        """
        measured = self.batch_instances[np.isfinite(self.batch_instances)]
        now = math.nan if self.machine.count is None else float(self.machine.count)
        usual = float(measured.mean()) if len(measured) else now
        known = np.where(np.isfinite(self.batch_instances), self.batch_instances, usual)
        return np.where(self.ran, known, np.nan)
