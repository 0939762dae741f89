"""Are the delays of captures summarised by delays that occurred?"""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analysis.delivery import delivery


def test_no_record_has_no_delay() -> None:
    """Without records there is no number, and none that looks healthy."""
    found = delivery([], [])
    assert math.isnan(found.median_s)
    assert math.isnan(found.p90_s)
    assert found.n == 0


@given(st.lists(st.tuples(st.integers(-100, 9999), st.integers(1, 9)), min_size=1, max_size=30))
def test_quantiles_are_numpys_of_the_single_records(delays: list[tuple[int, int]]) -> None:
    """Counting equal delays together changes nothing: numpy's inverted_cdf is type 1 as well."""
    seconds, counts = zip(*delays, strict=True)
    single = np.repeat(seconds, counts)
    found = delivery(seconds, counts)
    assert found.n == len(single)
    assert found.median_s == np.quantile(single, 0.5, method="inverted_cdf")
    assert found.p90_s == np.sort(single)[-(-9 * len(single) // 10) - 1]
