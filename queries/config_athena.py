"""By which workgroup of Athena are questions answered, where do its tables lie, and at what cost?

The answer is ``[athena]`` of ``understudy.toml``, for the tests with ``engine = "athena"``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Athena:
    """Who is asked, and how much may be read.

    ``work`` is where the tables made of captures lie and ``output`` where answers are written, for
    a workgroup that does not say so itself: both ``s3://bucket/prefix/``. A GB is 10⁹ bytes and a
    TB 10¹². With ``reuse_minutes`` 0 every question is answered anew.
    """

    workgroup: str = "primary"
    database: str = "understudy"
    work: str | None = None
    output: str | None = None
    max_gb_per_query: float = 100.0
    max_gb_per_day: float = 1000.0
    usd_per_tb: float = 5.0
    reuse_minutes: int = 60
