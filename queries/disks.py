"""How full are the disks of some variants? Data capture stops without a word when they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from queries.aws import client
from queries.metric_data import INSTANCES, Query, ask
from queries.periods import Blocks

if TYPE_CHECKING:
    from queries.config import Aws

_HOUR_S = 3_600
_HOURS = 3


def fullest(
    aws: Aws, variants: Sequence[tuple[str, str]], now: datetime
) -> dict[tuple[str, str], float]:
    """The highest DiskUtilization, as a share, of the last three hours, by endpoint and variant.

    The hour that has just begun is asked for too. A variant without data is left out.

    Raises
    ------
    AwsError
    """
    asked = client(aws, "cloudwatch")
    begun = int(now.timestamp()) // _HOUR_S * _HOUR_S
    hours = Blocks(begun - _HOURS * _HOUR_S, _HOUR_S, _HOURS + 1)
    found: dict[tuple[str, str], float] = {}
    for endpoint in dict.fromkeys(endpoint for endpoint, _ in variants):
        queries = [
            Query(variant, "DiskUtilization", "Maximum", hours, INSTANCES)
            for name, variant in variants
            if name == endpoint
        ]
        for query, points in ask(asked, endpoint, queries).items():
            if points:
                found[endpoint, query.variant] = max(points.values()) / 100
    return found
