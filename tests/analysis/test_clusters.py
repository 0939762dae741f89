"""Are pairs that hang together worth what their clusters are worth?"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.clusters import (
    ClusterSums,
    assess,
    correlation,
    ratio,
    ratio_sequence,
    spread_of,
)
from analysis.design_effects import design_effect
from analysis.intervals import wilson
from analysis.sequences import bernoulli_sequence

LOOK = {"alpha": 0.05, "planned": 10_000}


def sums_of(clusters: list[tuple[int, int]]) -> ClusterSums:
    """Sum over clusters (n, a)."""
    return ClusterSums(
        len(clusters),
        sum(n for n, _ in clusters),
        sum(a for _, a in clusters),
        max((n for n, _ in clusters), default=0),
        0,
        float(sum(n * n for n, _ in clusters)),
        float(sum(n * a for n, a in clusters)),
        float(sum(a * a for _, a in clusters)),
        float(sum(Fraction(a * a, n) for n, a in clusters)),
    )


CLUSTERS = st.lists(
    st.integers(1, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=1
)

# Pups alive at 4 days, and those of them that survived 21 days, litter by litter, with a control
# diet and a treated one: Weil 1970 (Food Cosmet Toxicol 8:177), as in Williams 1975 (Biometrics
# 31:949, table 1).
CONTROL = [
    *((13, 13), (12, 12), (9, 9), (9, 9), (8, 8), (8, 8), (13, 12), (12, 11)),
    *((10, 9), (10, 9), (9, 8), (13, 11), (5, 4), (7, 5), (10, 7), (10, 7)),
]
TREATED = [
    *((12, 12), (11, 11), (10, 10), (9, 9), (11, 10), (10, 9), (10, 9), (9, 8)),
    *((9, 8), (5, 4), (9, 7), (7, 4), (10, 5), (6, 3), (10, 3), (7, 0)),
]


@pytest.mark.parametrize(
    ("litters", "share", "effect"), [(CONTROL, 142 / 158, 1.232), (TREATED, 112 / 145, 3.953)]
)
def test_litters_of_rats(litters, share, effect):
    """Survival and design effect of Weil's litters, by the ratio estimator of Rao & Scott 1992."""
    sums = sums_of(litters)
    assert ratio(sums, confidence=0.95).value == pytest.approx(share)
    assert design_effect(spread_of(sums)) == pytest.approx(effect, abs=0.0005)


@pytest.mark.parametrize("litters", [CONTROL, TREATED])
def test_the_design_effect_is_near_the_jackknifes(litters):
    """Leaving out one litter after the other gives the same variance, to a tenth."""
    n, a = np.array(litters).T
    without = (a.sum() - a) / (n.sum() - n)
    m = len(litters)
    jackknife = (m - 1) / m * ((without - without.mean()) ** 2).sum()
    p = a.sum() / n.sum()
    expected = jackknife / (p * (1 - p) / n.sum())
    assert design_effect(spread_of(sums_of(litters))) == pytest.approx(expected, rel=0.1)


@given(CLUSTERS)
def test_the_correlation_is_that_of_an_analysis_of_variance(clusters):
    """The ICC from sums is the one from every single pair, where that is defined."""
    groups = [np.repeat([1.0, 0.0], [a, n - a]) for n, a in clusters]
    m, n = len(groups), sum(map(len, groups))
    found = correlation(sums_of(clusters))
    if m < 2 or n <= m:
        assert math.isnan(found)
        return
    mean = np.concatenate(groups).mean()
    between = sum(len(g) * (g.mean() - mean) ** 2 for g in groups) / (m - 1)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (n - m)
    usual = (n - sum(len(g) ** 2 for g in groups) / n) / (m - 1)
    if between + (usual - 1) * within < 1e-9:
        assert math.isnan(found) or found <= 1 + 1e-6
    else:
        whole = between + (usual - 1) * within
        assert found == pytest.approx((between - within) / whole, abs=1e-6)


@given(CLUSTERS)
def test_a_design_effect_lies_between_none_and_the_largest(clusters):
    """A pair is worth at most one, and at least its part of the largest cluster."""
    sums = sums_of(clusters)
    assert 1 <= design_effect(spread_of(sums)) <= max(n for n, _ in clusters)
    found = assess(sums, "", alpha=0.05)
    assert found is not None
    assert found.effective == pytest.approx(sums.pairs / found.design_effect)
    assert sums.pairs / sums.largest - 1e-9 <= found.least <= found.effective + 1e-9


def test_a_large_cluster_that_differs_costs_more_than_its_size():
    """One user with a hundred pairs never agrees, 9,900 with one each do: worth a hundredth.

    Σ(a − pn)² = 100²·0.99² + 9,900·0.01² = 9,801.99 over p(1−p)·10,000 = 99, times m/(m − 1).
    """
    sums = sums_of([(100, 0)] + [(1, 1)] * 9900)
    found = design_effect(spread_of(sums))
    assert found == pytest.approx(9801.99 / 99 * 9901 / 9900)
    assert found > spread_of(sums).worst


@given(st.integers(1, 2000), st.floats(0, 1))
def test_clusters_of_one_pair_change_nothing(n, share):
    """One pair each: the sequence is that of independent pairs, the interval nearly Wilson's."""
    agreed = round(n * share)
    sums = sums_of([(1, 1)] * agreed + [(1, 0)] * (n - agreed))
    assert ratio_sequence(sums, **LOOK) == bernoulli_sequence(agreed, n, **LOOK)
    assert design_effect(spread_of(sums)) == 1
    if n > 1000:
        found = ratio(sums, confidence=0.95)
        assert (found.low, found.high) == pytest.approx(
            wilson(agreed, n, confidence=0.95), abs=1e-3
        )


@given(st.integers(2, 200), st.integers(1, 40), st.floats(0, 1))
def test_wholly_alike_pairs_count_as_their_clusters(m, size, share):
    """Where each cluster has one answer, the sequence is exactly that of the clusters."""
    agreed = round(m * share)
    sums = sums_of([(size, size)] * agreed + [(size, 0)] * (m - agreed))
    assert ratio_sequence(sums, **LOOK) == pytest.approx(bernoulli_sequence(agreed, m, **LOOK))


@given(CLUSTERS)
def test_failures_mirror_successes(clusters):
    """The share of the pairs that differ has the mirrored intervals and the same design effect."""
    sums, mirrored = sums_of(clusters), sums_of([(n, n - a) for n, a in clusters])
    assert design_effect(spread_of(mirrored)) == pytest.approx(
        design_effect(spread_of(sums)), rel=1e-6
    )
    low, high = ratio_sequence(sums, **LOOK)
    assert ratio_sequence(mirrored, **LOOK) == pytest.approx((1 - high, 1 - low), abs=1e-6)
    one, other = ratio(sums, confidence=0.95), ratio(mirrored, confidence=0.95)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), nan_ok=True)


@given(CLUSTERS)
def test_clusters_never_make_it_surer(clusters):
    """The sequence holds the share, and all that the sequence of independent pairs holds."""
    sums = sums_of(clusters)
    low, high = ratio_sequence(sums, **LOOK)
    inner_low, inner_high = bernoulli_sequence(sums.agreed, sums.pairs, **LOOK)
    assert low <= inner_low + 1e-9
    assert inner_high <= high + 1e-9


def test_more_of_the_same_clusters_make_it_surer():
    """A forecast narrows with the clusters to come, and the share stays inside."""
    sums = sums_of(TREATED * 20)
    ends = [ratio_sequence(sums, **LOOK, times=times) for times in (1, 2, 10, 100)]
    widths = [high - low for low, high in ends]
    assert widths == sorted(widths, reverse=True)
    assert all(low < 112 / 145 < high for low, high in ends)
    again = sums_of(TREATED * 40)
    assert ratio_sequence(again, **LOOK) == pytest.approx(ends[1])


def test_one_cluster_has_no_interval_for_one_look():
    """All pairs of one user: nothing says how users differ. The sequence counts it as one."""
    sums = sums_of([(50, 30)])
    found = ratio(sums, confidence=0.95)
    assert found.value == 0.6
    assert not found.bounded
    assert ratio_sequence(sums, **LOOK) == pytest.approx(bernoulli_sequence(0.6, 1, **LOOK))


def test_no_pairs_are_no_answer():
    """Without pairs there is no share, no interval and nothing to say of clusters."""
    nothing = sums_of([])
    assert assess(nothing, "", alpha=0.05) is None
    assert not ratio(nothing, confidence=0.95).known
    assert all(map(math.isnan, ratio_sequence(nothing, **LOOK)))
