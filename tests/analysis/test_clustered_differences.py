"""Do differences of pairs that hang together allow for it, and cost nothing where they do not?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.agreement import confusion, label_shift
from analysis.bland_altman import bland_altman
from analysis.clustered_drift import divided, of_clusters
from analysis.clustered_shares import (
    clustered_difference,
    clustered_difference_sequence,
    effect_on_labels,
    moved,
    spread_of_moves,
)
from analysis.clusters import spread_of
from analysis.deltas import bias_sequence, scores
from analysis.design_effects import Spread, design_effect, watched_effect, worth
from analysis.drift import categorical_drift
from analysis.errors import ErrorClusters, ErrorCounts, Errors, error_rate
from analysis.estimates import Estimate, TestResult
from analysis.evidence import Evidence
from analysis.intervals import newcombe
from analysis.policy import Policy
from analysis.sequences import difference_sequence
from analysis.verdict import judge
from tests.analysis.test_clusters import CONTROL, TREATED, sums_of
from tests.validation.clustered_differences import delta_sums, moves_by, spreads_by, sums_by

LOOK = {"alpha": 0.05, "planned": 10_000}
USERS = st.lists(st.integers(1, 12), min_size=3, max_size=25)
SEEDS = st.integers(0, 10_000)


def pairs(sizes: list[int], seed: int, labels: int = 3):
    """Of each pair its user and both labels; a user's production labels are alike."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(len(sizes)), sizes)
    production = rng.integers(0, labels, len(sizes))[who]
    moved = rng.random(len(who)) < rng.random(len(sizes))[who]
    return who, production, np.where(moved, rng.integers(0, labels, len(who)), production)


def scored(sizes: list[int], seed: int):
    """Of each pair its user and both scores; those of a user are alike."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(len(sizes)), sizes)
    p = rng.normal(size=len(sizes))[who] + rng.normal(size=len(who))
    return (
        who,
        p,
        p + 0.3 + 0.5 * rng.normal(size=len(sizes))[who] + 0.2 * rng.normal(size=len(who)),
    )


def table_of(production, shadow):
    return confusion(list(map(str, production)), list(map(str, shadow)), np.ones(len(production)))


def ends(found: Estimate) -> tuple[float, float]:
    return found.low, found.high


def again(times: int, *columns):
    """Every pair so many times, in its cluster."""
    return [np.repeat(each, times) for each in columns]


def test_two_groups_of_litters():
    """Weil's rats: Rao & Scott 1992 divide the counts by 1.232 and 3.953; here t(15) for z too."""
    found = clustered_difference(sums_of(TREATED), sums_of(CONTROL), confidence=0.95)
    wider = (2.131449545559323 / 1.959963984540054) ** 2
    treated, control = 3.953 * wider, 1.232 * wider
    expected = newcombe(112 / treated, 145 / treated, 142 / control, 158 / control, confidence=0.95)
    assert found == pytest.approx(expected, abs=2e-4)


@given(SEEDS, st.integers(1100, 2000), st.integers(1, 9))
def test_single_pairs_change_nothing(seed, n, labels):
    """Clusters of one pair: every sequence is as without, every interval for one look nearly so."""
    who, production, shadow = pairs([1] * n, seed, labels)
    table = table_of(production, shadow)
    assume(len(table.labels) > 1)
    moves = moves_by(who, *(np.array([table.labels.index(str(x)) for x in side])
                            for side in (production, shadow)), len(table.labels))  # fmt: skip
    for with_, without in zip(
        label_shift(table, **LOOK, moves=moves), label_shift(table, **LOOK), strict=True
    ):
        assert with_.label == without.label
        assert with_.sequence == without.sequence
        assert with_.difference.low <= without.difference.low + 1e-12
        assert with_.difference.high >= without.difference.high - 1e-12
        assert with_.difference.high == pytest.approx(without.difference.high, abs=1e-3)
        assert with_.difference.low == pytest.approx(without.difference.low, abs=1e-3)
    hits = production == 0, shadow == 0
    sums = [sums_by(who, each) for each in hits]
    assert clustered_difference_sequence(*sums, **LOOK) == difference_sequence(
        hits[0].sum(), n, hits[1].sum(), n, **LOOK
    )
    drift = categorical_drift(
        "x", table.labels, table.counts.sum(axis=1), table.counts.sum(axis=0),
        tolerance=0.1, alpha=0.05,
    )  # fmt: skip
    same = of_clusters(drift, moves, np.diag(table.counts).tolist(), alpha=0.05)
    assert (same.effect, same.p, same.chi2) == (drift.effect, drift.p, drift.chi2)


@given(SEEDS, st.integers(100, 400))
def test_single_scores_change_nothing(seed, n):
    """Clusters of one pair: Student's interval of the bias and its sequence are as without."""
    who, p, s = scored([1] * n, seed)
    sums, spreads = delta_sums(p, s), spreads_by(who, p, s)
    assert ends(bland_altman(sums, confidence=0.95, spread=spreads.bias).bias) == pytest.approx(
        ends(bland_altman(sums, confidence=0.95).bias)
    )
    found = bias_sequence(sums, **LOOK, spread=spreads.standardised)
    assert ends(found) == pytest.approx(ends(bias_sequence(sums, **LOOK)))


@given(USERS, SEEDS, st.integers(2, 5))
def test_pairs_that_come_again_say_nothing_new(sizes, seed, times):
    """Every pair several times within its cluster: shares, scores and labels are no surer."""
    once = pairs(sizes, seed)
    twice = again(times, *once)
    moves, more = (moves_by(*columns, 3) for columns in (once, twice))
    for each, same in zip(moves, more, strict=True):
        sides = [(each.gained, each.lost), (same.gained, same.lost)]
        spreads = [spread_of(sums) for sums in sides[0]]
        assume(all(watched_effect(spread, alpha=0.025) > 1 for spread in spreads))
        ends = [clustered_difference_sequence(*both, **LOOK) for both in sides]
        assert ends[1] == pytest.approx(ends[0])
        of_moves = spread_of_moves(each), spread_of_moves(same)
        if design_effect(of_moves[0]) > 1:
            effects = [design_effect(spread) for spread in of_moves]
            assert effects[1] == pytest.approx(times * effects[0])
    who, p, s = scored(sizes, seed)
    biases = [spreads_by(*columns).bias for columns in ((who, p, s), again(times, who, p, s))]
    effects = [design_effect(spread) for spread in biases]
    if effects[0] > 1:
        assert effects[1] == pytest.approx(times * effects[0])


@pytest.mark.parametrize("times", [1, 3, 20])
def test_scores_that_come_again_have_the_same_intervals(times):
    """Two hundred users, each pair so many times: neither interval of the bias shrinks by it."""
    who, p, s = scored([4] * 200, 3)
    alone, copied = (who, p, s), again(times, who, p, s)
    found = [
        (
            bland_altman(
                delta_sums(*each[1:]), confidence=0.95, spread=spreads_by(*each).bias
            ).bias,
            bias_sequence(delta_sums(*each[1:]), **LOOK, spread=spreads_by(*each).standardised),
        )
        for each in (alone, copied)
    ]
    for one, other in zip(*found, strict=True):
        assert ends(other) == pytest.approx(ends(one), rel=2e-3)


@given(USERS, SEEDS)
def test_exchanging_the_variants_mirrors_the_moves(sizes, seed):
    """What was gained is lost: the same design effect, the mirrored intervals."""
    who, production, shadow = pairs(sizes, seed)
    both = [moves_by(who, *sides, 3) for sides in ((production, shadow), (shadow, production))]
    for one, other in zip(*both, strict=True):
        spreads = spread_of_moves(one), spread_of_moves(other)
        assert design_effect(spreads[0]) == pytest.approx(design_effect(spreads[1]))
        same = int((production[shadow == production] == 0).sum())
        low, high = moved(one, same, confidence=0.95)
        assert moved(other, same, confidence=0.95) == pytest.approx((-high, -low))
        low, high = clustered_difference_sequence(one.gained, one.lost, **LOOK)
        mirrored = clustered_difference_sequence(other.gained, other.lost, **LOOK)
        assert mirrored == pytest.approx((-high, -low))


@given(USERS, SEEDS)
def test_moves_are_those_of_every_single_pair(sizes, seed):
    """Sums over clusters give the squares that the pairs themselves give."""
    who, production, shadow = pairs(sizes, seed)
    for label, moves in enumerate(moves_by(who, production, shadow, 3)):
        d = (shadow == label).astype(float) - (production == label)
        residuals = d - d.mean()
        found = spread_of_moves(moves)
        between = np.bincount(who, weights=residuals)
        assert found.between == pytest.approx(float((between**2).sum()), abs=1e-9)
        assert found.among == pytest.approx(float((residuals**2).sum()), abs=1e-9)
        assert found.most >= float((residuals**2).max()) - 1e-9


def test_the_standardised_biass_spread_is_near_the_jackknifes():
    """Leaving out one user after the other gives the same variance of bias ÷ sd, to a tenth."""
    who, p, s = scored([1, 3, 5, 7] * 50, 5)
    s = s + 2.0  # so that production's sd counts

    def standardised(kept) -> float:
        return float((s - p)[kept].mean() / p[kept].std(ddof=1))

    m = int(who[-1]) + 1
    without = np.array([standardised(who != user) for user in range(m)])
    jackknife = (m - 1) / m * ((without - without.mean()) ** 2).sum()
    spread = spreads_by(who, p, s).standardised
    linearised = spread.between * m / (m - 1) / spread.pairs**2
    assert linearised == pytest.approx(jackknife, rel=0.1)
    # the mean alone, in sd, varies otherwise
    assert spreads_by(who, p, s).bias.between < 0.7 * spread.between


def test_a_mean_design_effect_lies_between_those_of_its_labels():
    """Two labels move together and have one; of three it is a mean; of none moved the worst."""
    who, production, shadow = pairs([4] * 300, 1, labels=2)
    both = [int(((production == x) & (shadow == x)).sum()) for x in range(2)]
    moves = moves_by(who, production, shadow, 2)
    effects = [design_effect(spread_of_moves(each)) for each in moves]
    assert effects[0] == pytest.approx(effects[1])
    assert effect_on_labels(moves, both) == pytest.approx(effects[0])
    who, production, shadow = pairs([4] * 300, 2)
    both = [int(((production == x) & (shadow == x)).sum()) for x in range(3)]
    moves = moves_by(who, production, shadow, 3)
    effects = [design_effect(spread_of_moves(each)) for each in moves]
    assert min(effects) < effect_on_labels(moves, both) < max(effects)
    still = moves_by(who, production, production, 3)
    assert effect_on_labels(still, both) == 4


def test_a_chi_square_of_clusters_is_of_fewer_rows():
    """Statistic and rows divided by 4: p is that of χ² = 7.5 at 2 degrees, e^(−3.75)."""
    found = divided(TestResult(30.0, 2, 0.0, 4000), 4.0)
    assert (found.statistic, found.df, found.n) == (7.5, 2, 1000)
    assert found.p == pytest.approx(math.exp(-3.75))


def test_one_user_has_no_interval_for_one_look():
    """All pairs of one user: nothing says how users differ, in labels, failures and scores."""
    who, production, shadow = pairs([40], 1)
    moves = moves_by(who, production, shadow, 3)[0]
    assert all(map(math.isnan, moved(moves, 5, confidence=0.95)))
    failed = sums_by(who, shadow != production)
    assert all(map(math.isnan, clustered_difference(failed, failed, confidence=0.95)))
    who, p, s = scored([400], 1)
    spreads = spreads_by(who, p, s)
    assert not bland_altman(delta_sums(p, s), confidence=0.95, spread=spreads.bias).bias.bounded
    assert not bias_sequence(delta_sums(p, s), **LOOK, spread=spreads.standardised).bounded


def test_few_clusters_cannot_hide_how_alike_they_are():
    """The limit of a design effect tends to it as clusters come, and never lies below it."""
    spread = Spread(50, 1000, 20, 20_000.0, between=2000.0, among=1000.0, most=9.0)
    limits = [watched_effect(spread, alpha=0.05, times=times) for times in (1, 10, 100, 1e6)]
    assert limits == sorted(limits, reverse=True)
    assert limits[-1] == pytest.approx(2.0, rel=1e-4)
    assert all(limit >= 2 for limit in limits)
    assert worth(spread, confidence=0.95) < 1 / design_effect(spread)


def clustered(found: Evidence, size: int) -> Evidence:
    """The same evidence, its pairs and requests those of users with so many each, wholly alike."""
    assert found.agreement is not None
    assert found.agreement.confusion is not None
    assert found.scores is not None
    assert found.errors is not None
    table = found.agreement.confusion
    n = table.n
    who = np.arange(n) // size
    cells = np.repeat(np.arange(4), table.counts.ravel())
    moves = moves_by(who, cells // 2, cells % 2, 2)
    failed = ErrorClusters(*(sums_by(who, np.arange(n) < 2 * size) for _ in range(2)))
    counts = ErrorCounts("5xx_errors", 2 * size, n, 2 * size, n)
    rate = error_rate(counts, confidence=0.95, **LOOK, clusters=failed)
    rng = np.random.default_rng(1)
    p = rng.normal(size=n)
    s = p + 0.01 + 0.1 * rng.normal(size=n // size)[who]
    q = np.linspace(0, 1, 101)
    spreads = spreads_by(who, p, s)
    made = scores(
        delta_sums(p, s), q, np.quantile(s - p, q), [0, 1], [0, 1], [[n]],
        confidence=0.95, **LOOK, drawn=n, spreads=spreads,
    )  # fmt: skip
    return replace(
        found,
        agreement=replace(found.agreement, moves=moves),
        scores=made,
        errors=Errors((rate,), (), n, n),
    )


def test_the_verdict_judges_by_clusters(evidence: Callable[..., Evidence]):
    """Users make label shift, score bias and errors less sure, and each says what pairs are worth.

    Agreement, of which nothing was said, stays as it was.
    """
    found = evidence()
    names = ("label_shift", "score_bias", "5xx_errors")
    alone, together = (
        {each.name: each for each in judge(clustered(found, size), Policy()).guardrails}
        for size in (1, 20)
    )
    for name in names:
        assert together[name].value == pytest.approx(alone[name].value, abs=0.02)
        wide, narrow = (each[name].high - each[name].low for each in (together, alone))
        assert wide > 1.5 * narrow, name
        assert "worth at least 20,000 independent ones" in alone[name].sentence
        assert "worth at least 20,000" not in together[name].sentence
        assert "independent ones" in together[name].sentence
    assert together["agreement"] == alone["agreement"]
