"""Are rates drawn towards the common one by as much as chance has moved them?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.shrinkage import prior_weight, shrunken

GROUPS = st.lists(
    st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=1,
    max_size=20,
)


def test_by_hand() -> None:
    """0, 20 and 10 of a hundred each.

    Common rate 0.1; spread 100·(0.1² + 0.1²)/(0.1·0.9) = 22.2, of which 2 are chance's; a unit of
    correlation gives 3·(2/3)·99 = 198; so ρ = 0.1021 and the prior weighs 8.791 pairs.
    """
    assert prior_weight([0, 20, 10], [100, 100, 100]) == pytest.approx(8.7912, abs=1e-4)
    found = shrunken([0, 20, 10], [100, 100, 100])
    np.testing.assert_allclose(found, [0.87912 / 108.7912, 20.87912 / 108.7912, 0.1], rtol=1e-5)


def test_alike_groups_have_the_common_rate() -> None:
    """Rates that differ by no more than chance are all one rate."""
    assert math.isinf(prior_weight([9, 11, 10], [100, 100, 100]))
    assert shrunken([9, 11, 10], [100, 100, 100]).tolist() == [0.1, 0.1, 0.1]


def test_no_observations_are_no_failure() -> None:
    """Without any there is no rate; a group without any has that of all."""
    assert np.isnan(shrunken([0], [0])).all()
    assert shrunken([], []).size == 0
    assert shrunken([0, 30, 0], [100, 100, 0])[2] == pytest.approx(0.15)


def test_the_prior_is_that_of_the_data() -> None:
    """Rates drawn from Beta(2, 38): a weight of 40, and the squared error is less than as seen.

    The posterior mean's squared error is E[p(1−p)]/(n + 40) on the average, the share's
    E[p(1−p)]/n: half of it at n = 40.
    """
    rng = np.random.default_rng(7)
    n = np.full(20_000, 40)
    rates = rng.beta(2, 38, len(n))
    k = rng.binomial(n, rates)
    assert prior_weight(k, n) == pytest.approx(40, rel=0.05)
    errors = [((each - rates) ** 2).mean() for each in (shrunken(k, n), k / n)]
    assert errors[0] / errors[1] == pytest.approx(0.5, abs=0.03)


@given(GROUPS)
def test_between_the_share_and_the_common_rate(groups: list[tuple[int, int]]) -> None:
    """Drawn towards the common rate, never beyond it."""
    k, n = (np.array(each, dtype=np.float64) for each in zip(*groups, strict=True))
    if n.sum() == 0:
        return
    common = k.sum() / n.sum()
    found, share = shrunken(k, n)[n > 0], k[n > 0] / n[n > 0]
    low, high = np.minimum(share, common), np.maximum(share, common)
    assert ((low - 1e-12 <= found) & (found <= high + 1e-12)).all()
