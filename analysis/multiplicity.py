"""What remains significant when many questions were asked at once?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values (k,) so that rejecting below q keeps the false discovery rate at q.

    Benjamini & Hochberg 1995. nan (a question without data) stays nan and does not count as one.

    >>> benjamini_hochberg([0.01, 0.04, float("nan"), 0.03]).round(3).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    given = np.asarray(p, dtype=np.float64)
    adjusted = np.full(given.shape, np.nan)
    asked = np.flatnonzero(~np.isnan(given))
    order = asked[np.argsort(given[asked])]
    scaled = given[order] * len(order) / np.arange(1, len(order) + 1)
    # The smallest of all that follow, so that a larger p never gets a smaller q.
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    limited: NDArray[np.float64] = np.minimum(adjusted, 1.0)
    return limited
