"""When were captures missing, or may they have been, as far as rows and CloudWatch can tell?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import interruptions
from queries.windows import block_seconds

if TYPE_CHECKING:
    from analysis.estimates import Window
    from analysis.interruptions import Interruption
    from queries.answers import Answer
    from queries.metrics import Metrics


def interrupted(window: Window, rows: Answer, metrics: Metrics) -> tuple[Interruption, ...]:
    """Every stretch in which captures of a variant are missing, or may be: its disk was full.

    Parameters
    ----------
    rows : Answer
        Of the question ``rows_by_block``.
    """
    block_s = block_seconds(window)
    first = int(window.start.timestamp()) // block_s
    count = -(-int(window.end.timestamp()) // block_s) - first
    production, shadow = (np.zeros(count, dtype=np.int64) for _ in range(2))
    for name, laid_out in (("production", production), ("shadow", shadow)):
        chosen = rows["variant"] == name
        laid_out[rows["block"][chosen].astype(np.int64) - first] = rows["n"][chosen]
    start = ((first + np.arange(count)) * block_s).astype("datetime64[s]")
    full = metrics.disks
    return (
        *interruptions.gaps(start, block_s, production, shadow, _requests(start, block_s, metrics)),
        *(
            ()
            if full is None
            else interruptions.full_disks(full.start, full.period_s, full.production, full.shadow)
        ),
    )


def _requests(start: Any, block_s: int, metrics: Metrics) -> tuple[Any, Any] | None:
    """CloudWatch's requests of both variants in each block; None where they are not so fine."""
    if metrics.errors is None or not metrics.errors.series:
        return None
    series = metrics.errors.series[0]
    steps = np.diff(series.start)
    if not len(steps) or steps[0] > np.timedelta64(block_s, "s"):
        return None
    at = (series.start - start[0]) // np.timedelta64(block_s, "s")
    inside = (at >= 0) & (at < len(start))
    counted = []
    for n in (series.production_n, series.shadow_n):
        laid_out = np.zeros(len(start))
        np.add.at(laid_out, at[inside], np.nan_to_num(n[inside]))
        counted.append(laid_out)
    return counted[0], counted[1]
