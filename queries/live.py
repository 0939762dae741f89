"""What runs at an endpoint now?

One reading of everything that a plan is made from. It is never kept between two clicks: what is
planned is planned from what runs at that moment, and ``fingerprint`` tells whether it still does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Document = Mapping[str, Any]
"""An answer of AWS as boto3 gives it, without ``ResponseMetadata``."""


@dataclass(frozen=True, slots=True)
class LiveVariant:
    """A variant in service. Instances are those that run and those that are wanted.

    ``model`` is the model of the config in force; ``instances`` 0 and ``instance_type`` "" for a
    serverless variant. ``weight`` is a production variant's share of the sum of all, or the
    percentage of requests that a shadow variant is sent.
    """

    name: str
    model: str
    instance_type: str
    instances: int
    desired_instances: int
    weight: float
    shadow: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """An endpoint as it runs.

    ``endpoint_answer`` and ``config`` are DescribeEndpoint's and DescribeEndpointConfig's answers,
    ``models`` DescribeModel's by name (a model that is gone is not among them), ``tags`` those of
    the config. ``pending`` is PendingDeploymentSummary, None where nothing is being deployed.
    ``experiment`` is DescribeInferenceExperiment's answer for the one that runs on the endpoint,
    None where none does. ``fingerprint`` is the SHA-256 of status, config's name and content and
    the time of the last change: two readings of the same state have the same.
    """

    endpoint: str
    arn: str
    status: str
    config_name: str
    modified: datetime
    at: datetime
    variants: tuple[LiveVariant, ...]
    endpoint_answer: Document
    config: Document
    models: Mapping[str, Document]
    tags: tuple[tuple[str, str], ...]
    pending: Document | None
    experiment: Document | None
    fingerprint: str

    @property
    def production(self) -> LiveVariant:
        """The production variant that a shadow would take the place of: the first one.

        Raises
        ------
        LookupError
            When there is none.
        """
        for variant in self.variants:
            if not variant.shadow:
                return variant
        raise LookupError(f"{self.endpoint} has no production variant.")

    @property
    def shadow(self) -> LiveVariant | None:
        """The shadow variant, None where there is none."""
        return next((variant for variant in self.variants if variant.shadow), None)
