"""What does a rule see that looks every so often at the last few readings?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 2_000_000  # readings in windows at a time, so that a long training stays small in memory


def ends(n: int, *, first: int, every: int) -> NDArray[np.intp]:
    """How many of n readings there are at each look: at the first, then every so many, at the end.

    >>> ends(250, first=100, every=60).tolist(), ends(99, first=100, every=60).tolist()
    ([100, 160, 220, 250], [])
    """
    first = max(first, 1)
    if n < first:
        return np.zeros(0, np.intp)
    looks = np.arange(first, n + 1, every, dtype=np.intp)
    return looks if looks[-1] == n else np.append(looks, n)


def quantile(
    values: NDArray[np.float64], looks: NDArray[np.intp], window: int, share: float
) -> NDArray[np.float64]:
    """The quantile of the last ``window`` readings at each look; nan where there are none.

    Of all readings in the window (linear between two neighbours), readings that are nan left out.
    """
    found = np.full(len(looks), np.nan)
    views = np.lib.stride_tricks.sliding_window_view(values, window)
    at_once = max(1, _AT_ONCE // window)
    for begin in range(0, len(looks), at_once):
        shown = views[looks[begin : begin + at_once] - window]
        whole = ~np.isnan(shown).any(axis=1)
        some = ~whole & ~np.isnan(shown).all(axis=1)
        part = found[begin : begin + at_once]
        if whole.any():
            part[whole] = np.quantile(shown[whole], share, axis=1)
        if some.any():
            part[some] = np.nanquantile(shown[some], share, axis=1)
    return found
