"""Does a test of the planned size decide as often as its plan says?"""

from __future__ import annotations

import dataclasses
import itertools
import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import chances
from analysis.categories import chi_square, cramer_v
from analysis.clustered_shares import clustered_difference_sequence
from analysis.clusters import ClusterSums, ratio_sequence, spread_of
from analysis.deltas import DeltaSums, bias_sequence
from analysis.design_effects import Spread, watched_effect, worth_foreseen
from analysis.errors import ERROR_KINDS
from analysis.guardrails import status_of
from analysis.latency import Percentiles, PercentileSeries, VariantLatency, difference
from analysis.planning import Expected, Traffic, plan
from analysis.policy import Policy, alpha_each, statistical
from analysis.sequences import bernoulli_sequence, difference_sequence

ALPHA, PLANNED = 0.05 / 9, 10_000
POLICY = Policy()
USUAL = Expected(
    kind="binary",
    scored=True,
    labels=2,
    agreement=0.985,
    bias=0.0,
    spread=0.3,
    distance=0.02,
    production_errors=(0.002, 0.0001, 0.0001),
    shadow_errors=(0.002, 0.0001, 0.0001),
)
TRAFFIC = Traffic(per_hour=400, captured=1.0, copied=1.0)


def pmf(n: int, p: float) -> np.ndarray:
    """Chances of 0 to n successes, by multiplication alone."""
    found = np.ones(1)
    for _ in range(n):
        found = np.convolve(found, [1 - p, p])
    return found


@pytest.mark.parametrize(
    ("p", "limit"), [(0.97, 0.95), (0.995, 0.95), (0.92, 0.95), (0.5, 0.4), (0.001, 0.02)]
)
@pytest.mark.parametrize("n", [40, 700])
def test_the_chance_of_a_share_is_that_of_every_count_that_decides(p, limit, n):
    """The same as judging each of the n + 1 outcomes by its own sequence."""
    status = "ok" if p > limit else "breach"
    decided = [
        status_of(*bernoulli_sequence(k, n, alpha=ALPHA, planned=PLANNED), limit, "at_least")
        == status
        for k in range(n + 1)
    ]
    expected = float(pmf(n, p)[decided].sum())
    found = chances.share(p, limit, alpha=ALPHA, planned=PLANNED)(n)
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("production", "shadow", "ratio", "limit"),
    [(0.02, 0.02, 1, 0.05), (0.02, 0.03, 2, 0.12), (0.01, 0.3, 1, 0.05), (0.0, 0.0, 1, 0.04)],
)
def test_the_chance_of_a_difference_is_that_of_every_table_that_decides(
    production, shadow, ratio, limit
):
    """The same, to one in a hundred, as judging each pair of counts by its own sequence."""
    n, base = 300, 300 * ratio
    status = "ok" if shadow - production < limit else "breach"
    both = np.outer(pmf(n, shadow), pmf(base, production))
    ends = cache(lambda k, of: bernoulli_sequence(k, of, alpha=ALPHA / 2, planned=PLANNED))
    expected = 0.0
    for k, j in itertools.product(range(n + 1), range(base + 1)):
        if both[k, j] > 1e-9:
            low, high = ends(k, n)
            base_low, base_high = ends(j, base)
            decided = status_of(low - base_high, high - base_low, limit, "at_most") == status
            expected += both[k, j] * decided
    found = chances.difference(production, shadow, ratio, limit, alpha=ALPHA, planned=PLANNED)(n)
    assert expected > 0.02
    assert found == pytest.approx(expected, abs=0.012)


def test_the_chance_of_a_bias_is_that_of_scores_drawn():
    """Of 400 tests on normal scores as many decide as said, within four standard errors."""
    rng, n, sd, limit = np.random.default_rng(5), 900, 0.6, 0.1
    decided = 0
    for _ in range(400):
        before = rng.standard_normal(n)
        after = before + sd * rng.standard_normal(n)
        sums = DeltaSums(
            n,
            *(float(each.sum()) for each in (before, after)),
            *(float(each.sum()) for each in (before**2, after**2, before * after)),
        )
        found = bias_sequence(sums, alpha=ALPHA, planned=PLANNED)
        decided += status_of(found.low, found.high, limit, "within") == "ok"
    said = chances.bias(0.0, sd, limit, alpha=ALPHA, planned=PLANNED)(n)
    assert 0.1 < said < 0.9
    assert decided / 400 == pytest.approx(said, abs=4 * math.sqrt(said * (1 - said) / 400))


def sums_of(agreed: np.ndarray, size: int) -> ClusterSums:
    """The sums of clusters of one size, of which so many pairs (m,) agree each."""
    m, a = len(agreed), int(agreed.sum())
    squares = float((agreed**2).sum())
    pairs = m * size
    return ClusterSums(m, pairs, a, size, 0, pairs * size, a * size, squares, squares / size)


@pytest.mark.parametrize(
    ("p", "size", "correlation", "limit"),
    [(0.985, 20, 0.2, 0.95), (0.97, 5, 0.05, 0.95), (0.9, 10, 0.5, 0.95), (0.99, 8, 1.0, 0.95)],
)
def test_the_chance_of_users_is_that_of_users_drawn(p, size, correlation, limit):
    """Of 400 tests of users who are alike as many decide as said, to within a twentieth.

    The sum of a user's pairs is beta-binomial, or all or none of them; judged is the sequence that
    minds users.
    """
    rng, effect = np.random.default_rng(17), 1 + (size - 1) * correlation
    said = chances.share(
        p, limit, alpha=ALPHA, planned=PLANNED, cluster_size=size, design_effect=effect
    )
    n = 16
    while said(n) < 0.75:
        n = round(1.1 * n) + 1
    users, status = n // size, "ok" if p > limit else "breach"
    decided = 0
    for _ in range(400):
        shares = rng.random(users) < p
        if correlation < 1:
            spread = 1 / correlation - 1
            shares = rng.beta(p * spread, (1 - p) * spread, users)
        sums = sums_of(rng.binomial(size, shares), size)
        ends = ratio_sequence(sums, alpha=ALPHA, planned=PLANNED)
        decided += status_of(*ends, limit, "at_least") == status
    expected = said(n)
    error = math.sqrt(expected * (1 - expected) / 400)
    assert decided / 400 == pytest.approx(expected, abs=1 / 20 + 3 * error)


@given(
    users=st.integers(2, 500), size=st.integers(1, 40), seed=st.integers(0, 99), p=st.floats(0, 1)
)
def test_what_pairs_will_be_worth_is_what_they_are_worth(users, size, seed, p):
    """The forecast from share, size and design effect is what the sums themselves say."""
    sums = sums_of(np.random.default_rng(seed).binomial(size, p, users), size)
    n, share = sums.pairs, sums.agreed / sums.pairs
    seen = (sums.agreed_squares - n * size * share**2) * users / (users - 1)
    effect = seen / (n * share * (1 - share)) if 0 < share < 1 else size
    most = max(share, 1 - share) ** 2
    foreseen = worth_foreseen(n, share * (1 - share), size, effect, most=most, alpha=ALPHA)
    assert foreseen == pytest.approx(1 / watched_effect(spread_of(sums), alpha=ALPHA), rel=1e-9)


def test_users_need_more_pairs_the_more_they_are_alike():
    """Pairs alone need the fewest; a design effect is more than a factor, for it must be seen."""
    whole = [
        plan(
            dataclasses.replace(USUAL, cluster_size=size, correlation=alike), TRAFFIC, POLICY, 0.9
        ).needs
        for size, alike in ((1, 0.0), (1, 1.0), (20, 0.0), (20, 0.1), (20, 0.3))
    ]
    for at in range(3):
        needs = [one[at].n for one in whole]
        assert needs[0] == needs[1] < needs[2] < needs[3] < needs[4], whole[0][at].name
    assert whole[3][0].n > 2.9 * whole[0][0].n
    assert len({(one[3].n, one[4].n) for one in whole}) == 1  # KS D and errors mind no users


def test_a_shift_of_labels_of_users_is_decided_as_often_as_said():
    """Of 300 tests of users drawn no fewer decide than said: what is found varies less."""
    rng, limit, size, alike, moved = np.random.default_rng(31), 0.02, 10, 0.3, 0.02
    effect, spread = 1 + (size - 1) * alike, 1 / alike - 1
    said = chances.within(
        moved, limit, alpha=ALPHA, planned=PLANNED, cluster_size=size, design_effect=effect
    )
    n = 1_000
    while said(n) < 0.6:
        n = round(1.1 * n)
    decided = 0
    for _ in range(300):
        both = rng.beta(2 * moved * spread, (1 - 2 * moved) * spread, n // size)
        changed = rng.binomial(size, both)
        gained = rng.binomial(changed, 0.5)
        ends = clustered_difference_sequence(
            sums_of(gained, size), sums_of(changed - gained, size), alpha=ALPHA, planned=PLANNED
        )
        decided += status_of(*ends, limit, "within") == "ok"
    assert decided / 300 >= said(n) - 3 * math.sqrt(0.24 / 300)
    alone = chances.within(moved, limit, alpha=ALPHA, planned=PLANNED)
    assert alone(n) > said(n)


def test_a_bias_of_users_is_decided_as_often_as_said():
    """Of 300 tests of users whose scores move together no fewer decide than said."""
    rng, n, size, alike, sd, limit = np.random.default_rng(37), 7_000, 10, 0.3, 0.6, 0.1
    effect = 1 + (size - 1) * alike
    said = chances.bias(
        0.0, sd, limit, alpha=ALPHA, planned=PLANNED, cluster_size=size, design_effect=effect
    )(n)
    decided = 0
    for _ in range(300):
        before = rng.standard_normal(n)
        users = np.repeat(rng.standard_normal(n // size), size)
        change = sd * (math.sqrt(alike) * users + math.sqrt(1 - alike) * rng.standard_normal(n))
        after = before + change
        sums = DeltaSums(
            n,
            *(float(each.sum()) for each in (before, after)),
            *(float(each.sum()) for each in (before**2, after**2, before * after)),
        )
        away = change - change.mean()
        spread = Spread(
            *(n // size, n, size, float(n * size)),
            between=float((away.reshape(-1, size).sum(axis=1) ** 2).sum()),
            among=float((away**2).sum()),
            most=max(1.0, float((away**2).max())),
        )
        found = bias_sequence(sums, alpha=ALPHA, planned=PLANNED, spread=spread)
        decided += status_of(found.low, found.high, limit, "within") == "ok"
    assert 0.2 < said < 0.99
    assert decided / 300 >= said - 3 * math.sqrt(0.24 / 300)
    assert said < chances.bias(0.0, sd, limit, alpha=ALPHA, planned=PLANNED)(n)


def side(ms: np.ndarray) -> VariantLatency:
    """One variant whose p99 was so many milliseconds (k,) in each of k hours."""
    start = np.arange(len(ms)).astype("datetime64[h]").astype("datetime64[s]")
    hourly = PercentileSeries(start, 3600, (0.99,), ms[:, None], np.full(len(ms), 100.0))
    whole = Percentiles((0.99,), np.array([ms.mean()]), 100 * len(ms))
    return VariantLatency("ModelLatency", whole, hourly, hourly)


@pytest.mark.parametrize(("change", "status"), [(0.02, "ok"), (0.25, "breach"), (-0.1, "ok")])
def test_the_chance_of_a_latency_is_that_of_hours_drawn(change, status):
    """Of 500 tests of twenty hours as many decide as said; of 39 blocks no fewer do."""
    rng, limit, hours = np.random.default_rng(23), 0.1, 20
    spread = abs(limit - change) * math.sqrt(hours) / 5.5
    said = chances.latency(change, spread, limit, alpha=ALPHA)(hours)
    assert 0.3 < said < 0.95
    for blocks, sure in ((20, 0.0), (39, 1.0)):
        decided = 0
        each = spread / math.sqrt(hours / blocks)
        for _ in range(500):
            before = np.full(blocks, 100.0)
            after = before * (1 + change + each * rng.standard_normal(blocks))
            found = difference(
                side(before), side(after), 0.99, confidence=0.95, alpha=ALPHA
            ).sequence
            decided += status_of(found.low, found.high, limit, "at_most") == status
        error = 4 * math.sqrt(said * (1 - said) / 500)
        assert said - error <= decided / 500 <= said + max(sure, error)


@pytest.mark.parametrize(
    ("value", "labels", "n", "status"),
    [(0.0, 2, 900, "ok"), (0.05, 5, 3_000, "ok"), (0.2, 3, 500, "breach")],
)
def test_the_chance_of_drifted_labels_is_that_of_labels_drawn(value, labels, n, status):
    """Of 600 tests of independent rows with this Cramér's V as many decide as said.

    Three times the pairs with a design effect of 3 decide as often.
    """
    rng, limit = np.random.default_rng(29), 0.1
    thrice = chances.association(value, labels, limit, alpha=ALPHA, design_effect=3.0)
    assert thrice(3 * n) == chances.association(value, labels, limit, alpha=ALPHA)(n)
    said = chances.association(value, labels, limit, alpha=ALPHA)(n)
    assert 0.1 < said < 0.98
    before = np.full(labels, 1 / labels)
    # V² = Σ (q − p)²/(2(p + q)) for two rows of one size: half of it to either label moved
    moved = value * math.sqrt(2 / labels)
    after = before + moved * (np.arange(labels) == 0) - moved * (np.arange(labels) == 1)
    middle = (before + after) / 2
    before, after = before - (after - before) / 2, after - (after - before) / 2
    assert math.sqrt(((after - before) ** 2 / middle).sum()) / 2 == pytest.approx(value, rel=0.05)
    decided = 0
    for _ in range(600):
        found = cramer_v(
            chi_square(rng.multinomial(n, before), rng.multinomial(n, after)), alpha=ALPHA
        )
        decided += status_of(found.low, found.high, limit, "at_most") == status
    assert decided / 600 == pytest.approx(said, abs=4 * math.sqrt(said * (1 - said) / 600) + 0.03)


def test_latency_is_planned_where_it_is_known_how_it_varies():
    """Without a spread it is named, with one it takes hours: four times as many for twice it."""
    some = dataclasses.replace(USUAL, slower=(0.02, 0.05), slower_spread=(None, 0.2))
    more = dataclasses.replace(some, slower_spread=(None, 0.4))
    found, wider = (plan(each, TRAFFIC, POLICY, 0.9) for each in (some, more))
    assert found.unplanned == ("p50_latency",)
    once, twice = (next(n for n in p.needs if n.name == "p99_latency") for p in (found, wider))
    assert (once.unit, once.expected) == ("hours", "ok")
    assert once.hours == once.n
    assert twice.n == pytest.approx(4 * once.n, rel=0.03)
    none = plan(some, Traffic(0, 1, 1), POLICY, 0.9)
    assert next(n for n in none.needs if n.name == "p99_latency").hours is None


def test_a_test_of_the_planned_size_decides_all_that_was_planned():
    """Of 300 tests drawn as expected nine in ten or more decide agreement and errors, all four."""
    expected = dataclasses.replace(USUAL, kind="ranking", scored=False)
    found = plan(expected, TRAFFIC, POLICY, 0.9)
    alpha = alpha_each(POLICY, "ranking", scored=False)
    rng, whole = np.random.default_rng(11), 0
    assert [need.name for need in found.needs][:4] == ["agreement", *ERROR_KINDS]
    for _ in range(300):
        agreement, *errors = found.needs[:4]
        k = rng.binomial(agreement.n, expected.agreement)
        ends = bernoulli_sequence(k, agreement.n, alpha=alpha, planned=PLANNED)
        statuses = [status_of(*ends, POLICY.min_agreement, "at_least")]
        for at, need in enumerate(errors):
            limit = (POLICY.max_4xx_increase, POLICY.max_5xx_increase)[min(at, 1)]
            counts = rng.binomial(
                need.n, (expected.shadow_errors[at], expected.production_errors[at])
            )
            table = counts[0], need.n, counts[1], need.n
            ends = difference_sequence(*table, alpha=alpha, planned=PLANNED)
            statuses.append(status_of(*ends, limit, "at_most"))
        whole += statuses == ["ok"] * 4
    assert whole / 300 >= 0.9 - 3 * math.sqrt(0.09 / 300)


@pytest.mark.parametrize(
    ("p", "limit", "first", "last"), [(0.99, 0.98, 2_347, 2_736), (0.95, 0.94, 9_070, 10_816)]
)
def test_the_last_look_is_not_the_first_that_decides(p, limit, first, last):
    """docs/statistics.md states both; the first, of every look, is that of docs/validation.md."""
    decided = chances.share(p, limit, alpha=0.05, planned=PLANNED)
    assert decided(first) < 0.9 <= decided(last)
    assert decided(int(0.97 * last)) < 0.9


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression", "text"])
@pytest.mark.parametrize("spread", [None, 0.1])
def test_every_guardrail_on_an_interval_is_planned_or_named(kind, spread):
    """None is left out in silence; what is covered is planned for every kind of answer."""
    scored = kind in ("binary", "regression")
    expected = dataclasses.replace(USUAL, kind=kind, scored=scored, slower_spread=(spread, spread))
    found = plan(expected, TRAFFIC, POLICY, 0.8)
    assert found.unplanned == (("p50_latency", "p99_latency") if spread is None else ())
    planned = [need.name for need in found.needs]
    assert planned[-3:] == ["pairs", "hours_of_week", "days"]
    assert sorted((*planned[:-3], *found.unplanned)) == sorted(
        statistical(POLICY, kind, scored=scored)
    )


def test_a_plan_is_as_long_as_its_longest_need():
    """It covers a week where the policy says so; with little traffic the pairs take longer."""
    busy = plan(USUAL, TRAFFIC, POLICY, 0.9)
    assert busy.hours == 168
    assert busy.pairs == 168 * 400
    assert {need.expected for need in busy.needs} == {"ok"}
    quiet = plan(USUAL, dataclasses.replace(TRAFFIC, per_hour=20), POLICY, 0.9)
    assert quiet.hours == quiet.longest.hours > 168
    assert quiet.longest.name in ERROR_KINDS
    assert [need.n for need in quiet.needs] == [need.n for need in busy.needs]


def test_sampling_makes_pairs_rarer_and_a_test_longer():
    """Half captured and half copied are a quarter of the pairs, and half of shadow's requests."""
    sampled = Traffic(400, captured=0.5, copied=0.5)
    assert (sampled.pairs, sampled.requests) == (100, 200)
    whole, part = (plan(USUAL, each, POLICY, 0.8) for each in (TRAFFIC, sampled))
    assert part.needs[0].n == whole.needs[0].n
    assert part.needs[0].hours == pytest.approx(4 * whole.needs[0].hours)


def test_a_surer_test_is_a_larger_one():
    """Nine in ten ask for no fewer observations than eight in ten, of every guardrail."""
    sure, less = (plan(USUAL, TRAFFIC, POLICY, chance).needs for chance in (0.9, 0.8))
    assert all(a.n >= b.n for a, b in zip(sure, less, strict=True))
    assert sure[0].n > less[0].n


def test_what_sits_on_its_limit_is_never_decided():
    """Then the plan has no end, and says which guardrail it is; the others have theirs."""
    sitting = dataclasses.replace(USUAL, agreement=POLICY.min_agreement)
    found = plan(sitting, TRAFFIC, POLICY, 0.9)
    assert found.hours is found.pairs is None
    assert found.longest.name == "agreement"
    assert (found.longest.expected, found.longest.n) == ("inconclusive", None)
    assert all(need.hours for need in found.needs[2:])


def test_what_lies_outside_is_planned_to_be_rejected():
    """A shadow that is expected to be worse is found out, the sooner the worse it is."""
    bad, worse = (
        plan(dataclasses.replace(USUAL, agreement=agreement), TRAFFIC, POLICY, 0.9).needs[0]
        for agreement in (0.92, 0.85)
    )
    assert bad.expected == worse.expected == "breach"
    assert worse.n < bad.n


def test_without_traffic_nothing_is_ever_decided():
    """No requests, or none copied, and there is no number of hours."""
    for none in (Traffic(0, 1, 1), Traffic(400, 1, 0), Traffic(400, 0, 1)):
        assert plan(USUAL, none, POLICY, 0.9).hours is None


@settings(max_examples=40, deadline=None)
@given(p=st.floats(0, 1), limit=st.floats(0.01, 0.99), n=st.integers(1, 10**7))
def test_a_chance_is_a_chance(p, limit, n):
    """Whatever is expected, each chance lies between 0 and 1."""
    for decided in (
        chances.share(p, limit, alpha=ALPHA, planned=PLANNED),
        chances.difference(p, p / 2, 1, limit, alpha=ALPHA, planned=PLANNED),
        chances.within(p / 2, limit, alpha=ALPHA, planned=PLANNED),
        chances.bias(p, 1 - p, limit, alpha=ALPHA, planned=PLANNED),
        chances.distance(p, limit, alpha=ALPHA),
        chances.association(p, 3, limit, alpha=ALPHA, design_effect=1 + p),
        chances.within(
            p / 2, limit, alpha=ALPHA, planned=PLANNED, cluster_size=9, design_effect=1 + 8 * p
        ),
        chances.bias(
            p, 1 - p, limit, alpha=ALPHA, planned=PLANNED, cluster_size=9, design_effect=1 + 8 * p
        ),
        chances.latency(p, 1 - p, limit, alpha=ALPHA),
        chances.share(
            p, limit, alpha=ALPHA, planned=PLANNED, cluster_size=9, design_effect=1 + 8 * p
        ),
    ):
        assert 0 <= decided(n) <= 1 + 1e-12


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"agreement": 1.1}, "shares"),
        ({"distance": -0.1}, "shares"),
        ({"shadow_errors": (0.0, 0.0, 2.0)}, "shares"),
        ({"correlation": 1.5}, "shares"),
        ({"cluster_size": 0.5}, "cluster"),
        ({"slower_spread": (None, -0.1)}, "spread"),
    ],
)
def test_what_cannot_be_is_refused(wrong, why):
    """A share above 1 or below 0 is a mistake, not a plan; so is a chance of 1."""
    with pytest.raises(ValueError, match=why):
        plan(dataclasses.replace(USUAL, **wrong), TRAFFIC, POLICY, 0.9)
    with pytest.raises(ValueError, match="chance"):
        plan(USUAL, TRAFFIC, POLICY, 1.0)
