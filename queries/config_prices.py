"""What does AWS charge for reading captures from S3?

The answer is ``[prices]`` of ``understudy.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """AWS's list prices in USD, of us-east-1 and the standard class (aws.amazon.com/s3/pricing).

    ``usd_per_gb`` is for 10⁹ bytes that leave the region for the internet; 0 where they are read in
    the region of the bucket.
    """

    usd_per_1000_lists: float = 0.005
    usd_per_1000_gets: float = 0.0004
    usd_per_gb: float = 0.09
