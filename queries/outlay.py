"""What will the reading of captures ask of S3, and what does AWS charge for that?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from queries.spool import requests_for

if TYPE_CHECKING:
    from queries.config_prices import Prices
    from queries.keys import CaptureObject

GB = 10**9


@dataclass(frozen=True, slots=True)
class Outlay:
    """Objects and bytes that are still to be read, and at most how many requests that takes.

    ``lists`` are those that found them, already made. ``usd`` is the sum of all.
    """

    objects: int
    bytes: int
    lists: int
    gets: int
    usd: float

    @property
    def requests(self) -> int:
        """LIST and GET together."""
        return self.lists + self.gets


def outlay(new: Sequence[CaptureObject], *, lists: int, samples: int, prices: Prices) -> Outlay:
    """What it takes to read some objects of S3, ``samples`` of which are read twice.

    A request that S3 fails is repeated, which is not foreseen here.
    """
    gets = sum(requests_for(found) for found in new) + samples
    size = sum(found.size for found in new)
    usd = (
        lists * prices.usd_per_1000_lists / 1000
        + gets * prices.usd_per_1000_gets / 1000
        + size / GB * prices.usd_per_gb
    )
    return Outlay(len(new), size, lists, gets, usd)
