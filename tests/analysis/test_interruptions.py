"""Is a gap told where rows are missing, and nowhere else?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.interruptions import LEAST_EXPECTED, full_disks, gaps, stretches

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
COUNTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=40)


def hours(n: int) -> np.ndarray:
    return np.datetime64("2026-03-02T00:00", "s") + np.arange(n) * np.timedelta64(3600, "s")


def found(production: list[int], shadow: list[int], requests=None):
    asked = None if requests is None else tuple(np.array(r, dtype=float) for r in requests)
    return gaps(hours(len(production)), 3600, np.array(production), np.array(shadow), asked)


def test_a_variant_that_stops_while_the_other_goes_on_has_a_gap():
    """Half of the requests are copied, so twenty rows of production are ten of the shadow."""
    (gap,) = found([20, 20, 20, 20, 20], [10, 10, 0, 0, 10])
    assert (gap.kind, gap.variant, gap.missing) == ("gap", "shadow", 20.0)
    assert (gap.start, gap.end) == (MIDNIGHT + timedelta(hours=2), MIDNIGHT + timedelta(hours=4))


def test_too_few_missing_rows_are_chance():
    """What would have been nine rows may have been none."""
    assert found([9, 9, 9], [9, 0, 9]) == ()
    assert len(found([10, 10, 10], [10, 0, 10])) == 1


def test_an_hour_in_which_nobody_asked_is_no_gap():
    """Both are silent, and CloudWatch has no requests or was not asked: nothing is missing."""
    rows = [100, 0, 100]
    assert found(rows, rows) == ()
    assert found(rows, rows, ([200, 0, 200], [200, 0, 200])) == ()


def test_requests_without_rows_of_either_are_a_gap_of_both():
    """Only CloudWatch knows that somebody asked; a tenth of the requests is captured."""
    both = found([100, 0, 100], [100, 0, 100], ([1000, 500, 1000], [1000, 500, 1000]))
    assert [(gap.variant, gap.missing) for gap in both] == [("production", 50.0), ("shadow", 50.0)]


@given(COUNTS)
def test_a_gap_holds_no_row_of_its_variant_and_expects_enough(counts):
    """Each gap is a whole run without rows in which as many as are asked for were expected."""
    production, shadow = [p for p, _ in counts], [s for _, s in counts]
    for gap in found(production, shadow):
        rows = production if gap.variant == "production" else shadow
        first, last = (int((t - MIDNIGHT) / timedelta(hours=1)) for t in (gap.start, gap.end))
        assert not any(rows[first:last])
        assert first == 0 or rows[first - 1]
        assert last == len(rows) or rows[last]
        assert gap.missing >= LEAST_EXPECTED


@given(COUNTS)
def test_exchanged_variants_have_each_others_gaps(counts):
    """Neither variant is looked at with other eyes."""
    production, shadow = [p for p, _ in counts], [s for _, s in counts]
    other = {"production": "shadow", "shadow": "production"}

    for one in ("production", "shadow"):
        straight = [g for g in found(production, shadow) if g.variant == one]
        turned = [g for g in found(shadow, production) if g.variant == other[one]]
        assert [(g.start, g.end, g.missing) for g in straight] == [
            (g.start, g.end, pytest.approx(g.missing)) for g in turned
        ]


def test_a_disk_is_full_while_it_is_above_the_share_at_which_capture_stops():
    """75 % is not above it; what was not measured is not full."""
    (full,) = full_disks(
        *(hours(5), 3600),
        np.array([0.2, 0.75, np.nan, 0.3, 0.1]),
        np.array([0.7, 0.76, 0.9, np.nan, 0.75]),
    )
    assert (full.kind, full.variant) == ("disk", "shadow")
    assert (full.start, full.end) == (MIDNIGHT + timedelta(hours=1), MIDNIGHT + timedelta(hours=3))
    assert np.isnan(full.missing)


@given(st.lists(st.booleans(), max_size=30))
def test_stretches_are_the_marked_places_in_order(marked):
    """Together they hold each marked place once, and no two of them touch."""
    runs = stretches(np.array(marked, dtype=bool))
    assert [i for first, last in runs for i in range(first, last)] == [
        i for i, each in enumerate(marked) if each
    ]
    assert all(last < first for (_, last), (first, _) in pairwise(runs))
