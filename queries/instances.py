"""On what does a variant run, and how many cores and GPUs has one of its instances?

The instance type comes from SageMaker. How many cores a type has, no answer of SageMaker says: it
follows from the size in the name, and ``[instances."ml.…"]`` overrides it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.usage import Machine
from queries import sagemaker
from queries.errors import AwsError

if TYPE_CHECKING:
    from analysis.usage import Origin
    from queries.config import Config
    from queries.sagemaker import Variant

_NAME = re.compile(r"ml\.(?P<family>[a-z0-9-]+)\.(?P<size>medium|large|(?P<times>\d*)xlarge)")
# vCPUs by size (https://aws.amazon.com/ec2/instance-types/): a "large" has 2, an "xlarge" 4 and an
# "Nxlarge" 4·N; a "medium" has 1. The types of SageMaker hosting that do not follow:
_OTHER_CORES = {"ml.c4.8xlarge": 36, "ml.t2.medium": 2}
# GPUs by family and size; sizes that are not named have the number under "".
_FOUR_OR_EIGHT = {"": 1, "12xlarge": 4, "24xlarge": 4, "48xlarge": 8}
_GPUS: dict[str, dict[str, int]] = {
    "g4dn": {"": 1, "12xlarge": 4},
    "g5": _FOUR_OR_EIGHT,
    "g6": _FOUR_OR_EIGHT,
    "g6e": _FOUR_OR_EIGHT,
    "p2": {"xlarge": 1, "8xlarge": 8, "16xlarge": 16},
    "p3": {"2xlarge": 1, "8xlarge": 4, "16xlarge": 8},
    "p4d": {"24xlarge": 8},
    "p4de": {"24xlarge": 8},
    "p5": {"4xlarge": 1, "48xlarge": 8},
    "p5e": {"48xlarge": 8},
    "p5en": {"48xlarge": 8},
    "p6-b200": {"48xlarge": 8},
    "p6-b300": {"48xlarge": 8},
    "p6e-gb200": {"36xlarge": 4},
}


@dataclass(frozen=True, slots=True)
class Machines:
    """What both variants run on; ``problem`` says why SageMaker does not tell."""

    production: Machine
    shadow: Machine
    problem: str | None


def cores_by_name(instance_type: str) -> int | None:
    """vCPUs of an instance type; None where the name follows no known pattern.

    >>> (
    ...     cores_by_name("ml.m5.xlarge"),
    ...     cores_by_name("ml.c5.9xlarge"),
    ...     cores_by_name("ml.c4.8xlarge"),
    ... )
    (4, 36, 36)
    """
    found = _NAME.fullmatch(instance_type)
    if found is None:
        return None
    if instance_type in _OTHER_CORES:
        return _OTHER_CORES[instance_type]
    if found["size"] in ("medium", "large"):
        return {"medium": 1, "large": 2}[found["size"]]
    return 4 * int(found["times"] or 1)


def gpus_by_name(instance_type: str) -> int | None:
    """GPUs of an instance type; None where the family is not one of those listed here.

    >>> gpus_by_name("ml.g5.12xlarge"), gpus_by_name("ml.m5.large")
    (4, None)
    """
    found = _NAME.fullmatch(instance_type)
    if found is None:
        return None
    sizes = _GPUS.get(found["family"], {})
    return sizes.get(found["size"], sizes.get(""))


def machine(config: Config, instance_type: str | None, count: int | None) -> Machine:
    """One variant's instances, with what the configuration says of their type."""
    if instance_type is None:
        return Machine(None, None, "unknown", None, "unknown", None, count)
    known = config.instances.get(instance_type)
    cores, cores_from = _number(known.cores if known else None, cores_by_name(instance_type))
    gpus, gpus_from = _number(known.gpus if known else None, gpus_by_name(instance_type))
    price = known.price_per_hour if known else None
    return Machine(instance_type, cores, cores_from, gpus, gpus_from, price, count)


def machines(
    config: Config, client: Any, *, endpoint: str, experiment: str | None, names: tuple[str, str]
) -> Machines:
    """What (production, shadow) run on: as the experiment says, else as the endpoint is now.

    An experiment is asked first: it keeps its variants when the endpoint has long lost them. What
    SageMaker refuses to tell is a sentence, never a failure.
    """
    described: dict[str, Variant] = {}
    problem = None
    try:
        if experiment is not None:
            models = sagemaker.experiment(client, experiment).models
            described |= {each.name: each for each in models}
        if not described.keys() >= set(names):
            live = sagemaker.endpoint(client, endpoint)
            described |= {each.name: each for each in (*live.production, *live.shadow)}
    except AwsError as error:
        problem = f"The instance types are not known: {error}"
    missing = [name for name in names if name not in described]
    if problem is None and missing:
        problem = (
            f"The instance type of {' and '.join(missing)} is not known: {endpoint} has no variant "
            "of that name now."
        )
    production, shadow = (
        machine(config, found.instance_type, found.instances)
        if (found := described.get(name))
        else machine(config, None, None)
        for name in names
    )
    return Machines(production, shadow, problem)


def _number(stated: int | None, by_name: int | None) -> tuple[int | None, Origin]:
    if stated is not None:
        return stated, "configuration"
    return by_name, "unknown" if by_name is None else "name"
