"""Is the running interval at each look the one that a verdict would have judged then?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.agreement import agreement_series, assess
from analysis.clusters import ClusterSums, ratio, ratio_sequence
from analysis.guardrails import status_of
from analysis.running import MOST_LOOKS, Running, running

HOUR = np.timedelta64(3600, "s")
BLOCKS = st.lists(
    st.integers(0, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), max_size=30
)


def followed(n: list[int], agreed: list[int], limit: float = 0.95) -> Running:
    start = np.datetime64("2026-03-02T00:00", "s") + np.arange(len(n)) * HOUR
    series = agreement_series(start, agreed, n, confidence=0.95)
    return running(series, limit=limit, confidence=0.95, alpha=0.05 / 9, planned=10_000)


@given(BLOCKS, st.floats(0.5, 0.999))
def test_the_last_look_is_the_one_at_the_whole_window(blocks, limit):
    """Both intervals of the last look are those of all pairs, and so is what they say."""
    n, agreed = [n for n, _ in blocks], [k for _, k in blocks]
    found = followed(n, agreed, limit)
    if not sum(n):
        assert found.status == "no_data"
        assert (len(found.n), found.since) == (0, None)
        return
    whole = assess(
        *(sum(agreed), sum(n), 0, agreement_series([], [], [], confidence=0.95)),
        confidence=0.95,
        alpha=0.05 / 9,
        planned=10_000,
    )
    one, every = whole.fixed, whole.sequence
    assert found.n[-1] == every.n
    assert (found.low[-1], found.high[-1]) == (every.low, every.high)
    assert (found.fixed_low[-1], found.fixed_high[-1]) == pytest.approx((one.low, one.high))
    assert found.status == status_of(every.low, every.high, limit, "at_least")


@given(BLOCKS, st.floats(0.5, 0.999))
def test_it_has_said_the_same_since_it_decided(blocks, limit):
    """From ``since`` on each look says what the last one says, and the look before does not."""
    found = followed([n for n, _ in blocks], [k for _, k in blocks], limit)
    said = [status_of(a, b, limit, "at_least") for a, b in zip(found.low, found.high, strict=True)]
    if found.since is None:
        assert found.status in ("inconclusive", "no_data")
    else:
        assert set(said[found.since :]) == {found.status}
        assert found.since == 0 or said[found.since - 1] != found.status


@given(st.lists(st.integers(0, 8), min_size=2, max_size=40))
def test_the_last_look_minds_the_clusters_as_the_whole_window_does(agreed):
    """Clusters of eight pairs, one in each block: both intervals are those that are judged."""
    n = [8] * len(agreed)
    sums = ClusterSums(
        len(n), sum(n), sum(agreed), 8, 0, 64.0 * len(n), 8.0 * sum(agreed),
        float(sum(a * a for a in agreed)), sum(a * a / 8 for a in agreed),
    )  # fmt: skip
    start = np.datetime64("2026-03-02T00:00", "s") + np.arange(len(n)) * HOUR
    series = agreement_series(start, agreed, n, confidence=0.95)
    found = running(series, limit=0.9, confidence=0.95, alpha=0.05, planned=10_000, clusters=sums)
    every = ratio_sequence(sums, alpha=0.05, planned=10_000)
    one = ratio(sums, confidence=0.95)
    assert (found.low[-1], found.high[-1]) == pytest.approx(every)
    assert (found.fixed_low[-1], found.fixed_high[-1]) == pytest.approx((one.low, one.high))


def test_blocks_without_pairs_are_no_looks():
    """Where nothing came there was nothing to look at."""
    found = followed([0, 10, 0, 0, 5, 0], [0, 9, 0, 0, 5, 0])
    assert found.n.tolist() == [10, 15]
    assert found.value.tolist() == [0.9, 14 / 15]
    assert (found.start[1] - found.start[0]) / HOUR == 3


def test_a_year_of_blocks_is_thinned_evenly_on_the_scale_of_the_logarithm():
    """However long a test runs the looks stay few; the first and the last are among them."""
    found = followed([50] * 2000, [49] * 2000)
    assert MOST_LOOKS / 2 < len(found.n) <= MOST_LOOKS
    assert (found.n[0], found.n[-1]) == (50, 100_000)
    assert np.diff(np.log(found.n[found.n > 5_000])).max() < 0.1


def test_a_test_that_turns_is_decided_only_since_it_turned():
    """Good days that a bad one refutes leave no earlier decision standing."""
    good, bad = followed([1000] * 5, [995] * 5), followed([1000] * 8, [995] * 5 + [700] * 3)
    assert (good.status, good.since) == ("ok", 0)
    assert bad.status == "breach"
    assert bad.since == 6
