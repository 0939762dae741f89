"""Could so many of the marked have come into a part by chance?

Fisher's exact test, one-sided: right also where the marked are rare, when a test by the normal
curve is not. For many parts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_NEGLIGIBLE = 1e-12


def excess_p(
    found: ArrayLike, drawn: ArrayLike, marked: ArrayLike, n: ArrayLike
) -> NDArray[np.float64]:
    """p of ``found`` or more among ``drawn`` of ``n``, of which ``marked`` are marked in all.

    The upper tail of the hypergeometric distribution (Fisher 1935), to seven digits. All four are
    whole numbers, arrays of shape (k,) or single ones. Raises ValueError for counts that no table
    has.

    >>> excess_p([3, 4], 4, 4, 8).round(4).tolist()  # the lady tasting tea: 17/70 and 1/70
    [0.2429, 0.0143]
    """
    k, part, all_marked, whole = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(each, dtype=np.float64)) for each in (found, drawn, marked, n))
    )
    low, high = np.maximum(0, part + all_marked - whole), np.minimum(part, all_marked)
    if not ((low <= k) & (k <= high)).all():
        raise ValueError("More or fewer of the marked were found than any table could have.")
    # where fewer were found than expected, it is the other tail that is short
    few = k * whole < part * all_marked
    tail = _short_tail(
        np.where(few, all_marked - k + 1, k), np.where(few, whole - part, part), all_marked, whole
    )
    p: NDArray[np.float64] = np.clip(np.where(few, 1 - tail, tail), 0.0, 1.0)
    return p


def _short_tail(
    first: NDArray[np.float64],
    drawn: NDArray[np.float64],
    marked: NDArray[np.float64],
    n: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Probability of ``first`` or more, where that is above the mean: terms that only fall."""
    from scipy.special import gammaln

    def log_choose(of: NDArray[np.float64], some: NDArray[np.float64]) -> NDArray[np.float64]:
        chosen: NDArray[np.float64] = gammaln(of + 1) - gammaln(some + 1) - gammaln(of - some + 1)
        return chosen

    tail = np.zeros(first.shape)
    at = np.flatnonzero(first <= np.minimum(drawn, marked))
    k, d, m, whole = (each[at] for each in (first, drawn, marked, n))
    term = np.exp(log_choose(m, k) + log_choose(whole - m, d - k) - log_choose(whole, d))
    total = term.copy()
    going = np.arange(len(at))
    while len(going):
        # the next term, as a multiple of this one
        term *= (m - k) * (d - k) / ((k + 1) * (whole - m - d + k + 1))
        total[going] += term
        on = term > _NEGLIGIBLE * total[going]
        k, d, m, whole, term = (each[on] for each in (k + 1, d, m, whole, term))
        going = going[on]
    tail[at] = total
    return tail
