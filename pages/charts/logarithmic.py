"""Which ticks does a logarithmic axis need so that it can be read?"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.training.rules.sentences import number

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 6
_ONE = re.compile(r"(?<![\d.])1 × ")
# Up to so many decades there are ticks between the powers of ten.
_CLOSE = 2.0


def axis(values: Iterable[np.ndarray]) -> dict[str, Any]:
    """Give the settings of a logarithmic axis for some values; those not above 0 have no place.

    >>> axis([np.array([0.02, 0.3, 0.0])])["ticktext"]
    ['0.02', '0.05', '0.1', '0.2']
    """
    every = np.concatenate([np.asarray(each, float) for each in values] or [np.zeros(0)])
    every = every[np.isfinite(every) & (every > 0)]
    if not len(every):
        return {"type": "log"}
    low, high = math.log10(every.min()), math.log10(every.max())
    powers = range(math.floor(low), math.ceil(high) + 1)
    steps = (1.0, 2.0, 5.0) if high - low <= _CLOSE else (1.0,)
    ticks = [step * 10.0**power for power in powers for step in steps]
    ticks = [tick for tick in ticks if low - 0.05 <= math.log10(tick) <= high + 0.05]
    ticks = ticks[:: -(-len(ticks) // MOST)] if len(ticks) > MOST + 2 else ticks
    if len(ticks) < 2:  # all values lie between two ticks
        ticks = [every.min(), every.max()] if low < high else [every.min()]
    return {
        "type": "log",
        "tickvals": [float(tick) for tick in ticks],
        "ticktext": [short(float(tick)) for tick in ticks],
    }


def short(value: float) -> str:
    """Write a tick: a power of ten without its factor.

    >>> short(1e-9), short(-1e-9), short(0.05)
    ('10⁻⁹', '−10⁻⁹', '0.05')
    """
    return _ONE.sub("", number(value))
