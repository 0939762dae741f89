"""Which sentences say what both variants ran on, what it costs, and how to read it?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.resources import CAPTURE_STOPS_AT
from pages.parts import format

if TYPE_CHECKING:
    from analysis.resources import Resources
    from analysis.usage import Machine

WHERE_FROM = (
    "What instances use is measured by CloudWatch (/aws/sagemaker/Endpoints), one set of metrics "
    "for each variant; capture files hold none of it."
)
SCALES = (
    "CloudWatch counts CPU as 100 for each core and GPU as 100 for each GPU, so that four cores "
    "reach 400; memory and disk reach 100 whatever the instance. Here each is a share of all that "
    "one instance has; unless the number of cores or GPUs is known for both variants, it is a "
    "share of one core or GPU."
)
_CORES_FROM = {"configuration": "as configured", "name": "by the size in the name"}


def machines_line(used: Resources, *, demo: bool) -> str:
    """Say on what each variant ran, and whose prices are shown."""
    said = (
        f"{name}: {_machine(machine, mean, used.currency)}"
        for name, machine, mean in (
            ("Production", used.production, used.instances.production),
            ("shadow", used.shadow, used.instances.shadow),
        )
    )
    prices = "Prices are those of the configuration, not AWS's"
    if demo:
        prices = "Prices are made up, as all of this demo account is"
    known = not (math.isnan(used.hourly.production) and math.isnan(used.hourly.shadow))
    return f"{'; '.join(said)}.{f' {prices}.' if known else ''}"


def _machine(machine: Machine, mean: float, currency: str) -> str:
    count = format.UNKNOWN if math.isnan(mean) else f"{mean:.3g}"
    if machine.instance_type is None:
        return f"{count} instances of a type that is not known"
    parts = []
    if machine.cores is not None:
        cores = "core" if machine.cores == 1 else "cores"
        parts.append(f"{machine.cores} {cores} each {_CORES_FROM[machine.cores_from]}")
    if machine.gpus:
        parts.append(f"{machine.gpus} {'GPU' if machine.gpus == 1 else 'GPUs'} each")
    if machine.price_per_hour is not None:
        parts.append(f"{format.money(machine.price_per_hour, currency)} an hour each")
    return f"{count} × {machine.instance_type}" + (f" ({', '.join(parts)})" if parts else "")


def full_disks(used: Resources) -> list[str]:
    """Say of each variant whose disk was too full to capture since when it was."""
    found = next((each for each in used.utilisations if each.metric == "disk"), None)
    if found is None:
        return []
    said = []
    for name, side in (("production", found.production), ("the shadow", found.shadow)):
        if side.most > CAPTURE_STOPS_AT:
            over = np.flatnonzero(np.nan_to_num(side.series_most) > CAPTURE_STOPS_AT)
            since = f", first at {_time(used.times.series_start[over[0]])}" if len(over) else ""
            said.append(
                f"A disk of {name} was up to {format.percent(side.most, decimals=1)} full{since}. "
                f"Above {format.percent(CAPTURE_STOPS_AT, decimals=0)} SageMaker stops capturing "
                "data, so pairs may be missing. Give the instances a larger volume, or write less "
                "to their disk."
            )
    return said


def missing_prices(used: Resources) -> list[str]:
    """Say which line of the configuration is missing for a price."""
    types = {
        machine.instance_type: None
        for machine in (used.production, used.shadow)
        if machine.instance_type is not None and machine.price_per_hour is None
    }
    return [
        f"No price of {name} is known, so no cost is shown: add `price_per_hour` under "
        f'[instances."{name}"].'
        for name in types
    ]


def uneven_load(used: Resources) -> str | None:
    """Say so where what is per request cannot be compared; None where it can, or is not known."""
    times = used.load.per_instance
    if math.isnan(times) or used.load.even:
        return None
    return (
        f"An instance of the shadow had {times:.2g} times the requests of one of production. What "
        "an instance uses while it waits is shared out over its requests, so what is per request, "
        "and CPU, are not those of the models alone."
    )


def series_line(used: Resources) -> str:
    """Say how fine the series is, and in how many of its steps nothing was measured."""
    missing = []
    for name, side in (("production", "production"), ("the shadow", "shadow")):
        there = np.zeros(len(used.times.series_start), bool)
        for found in used.utilisations:
            there |= np.isfinite(getattr(found, side).series_mean)
        if gaps := int((~there).sum()):
            missing.append(f"{format.count(gaps)} without data of {name}")
    return (
        f"Mean and highest value of each {length(used.times.series_s)}, over the instances of a "
        f"variant; {len(used.times.series_start):,} steps in UTC, "
        f"{'; '.join(missing) or 'none without data'}."
    )


def reading(used: Resources) -> tuple[str, ...]:
    """Give the sentences that say what the numbers are, in plain text."""
    return (
        "In brackets: the highest value of any instance and minute, and for requests those of the "
        f"busiest {length(used.times.series_s)}.",
        "What is per request is all that the instances used while both variants ran, what they "
        "use while waiting included, over all their requests: it falls as the load rises.",
        "Differences are shadow − production. Their intervals are for one look: Student's t of "
        f"the differences in blocks of {length(used.times.batch_s)}, ten blocks at least.",
        "A price of 1,000 requests is that of the instances, not of requests that could have been "
        "served: halve the instances and it halves, as long as they keep up.",
    )


def length(seconds: int) -> str:
    """Write the length of a block of time."""
    if seconds < 3_600:
        return f"{seconds / 60:.3g}{format.THIN_SPACE}min"
    return f"{seconds / 3_600:.3g}{format.THIN_SPACE}h"


def _time(at: np.datetime64) -> str:
    return f"{at.astype('datetime64[m]')} UTC".replace("T", " ")
