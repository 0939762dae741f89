"""Does one blocked pass say what plain NumPy says, for whatever a tensor holds?"""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis.training import kernel
from analysis.training.kernel import Described, describe
from analysis.training.recording import Statistics
from tests.analysis.training import recorded

FLOATS = st.sampled_from([np.float16, np.float32, np.float64])
PLAIN = st.floats(-1e4, 1e4, width=16) | st.sampled_from([0.0, np.nan, np.inf, -np.inf])
LARGE = kernel.BLOCK


def same(found: Described, expected: dict[str, float]) -> None:
    """Counts are equal; sums to float32's rounding, the mean to that of its parts."""
    for name in ("n", "zeros", "nans", "infinite", "low", "high"):
        assert getattr(found, name) == pytest.approx(expected[name], rel=0, nan_ok=True), name
    for name in ("l1", "l2", "mean_abs"):
        assert getattr(found, name) == pytest.approx(expected[name], rel=3e-7, nan_ok=True), name
    parts = 3e-7 * expected["mean_abs"] if expected["mean_abs"] > 0 else 1e-12
    assert found.mean == pytest.approx(expected["mean"], rel=3e-7, abs=parts, nan_ok=True)
    assert found.std == pytest.approx(expected["std"], rel=1e-5, abs=1e-9 * parts, nan_ok=True)


def test_the_columns_are_those_of_the_rows():
    """What the kernel answers can be put in the table of rows, column by column."""
    columns = [field.name for field in fields(Statistics)]
    assert columns[-len(Described._fields) :] == list(Described._fields)


@given(
    FLOATS.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0), elements=PLAIN))
)
def test_floats(value: np.ndarray):
    """Floats of every width, with zeros, NaN and ±∞ among them."""
    same(describe(value), recorded.describe(value))


@given(hnp.arrays(hnp.integer_dtypes() | hnp.unsigned_integer_dtypes() | hnp.boolean_dtypes(), 7))
def test_integers_and_booleans(value: np.ndarray):
    """Integers and booleans count as the numbers they are."""
    same(describe(value), recorded.describe(value))


@pytest.mark.parametrize("n", [LARGE - 1, LARGE, LARGE + 1, 3 * LARGE + 5])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16])
def test_where_blocks_meet(n: int, dtype: type):
    """Statistics do not depend on where one block ends and the next begins."""
    value = (np.random.default_rng(n).standard_normal(n) * 9).astype(dtype)
    same(describe(value), recorded.describe(value))
    if np.issubdtype(dtype, np.floating):
        value[[0, n // 2, n - 1]] = np.nan, np.inf, -np.inf
        same(describe(value), recorded.describe(value))


def test_what_lies_anywhere_in_a_buffer():
    """A record's bytes begin at odd addresses."""
    value = np.random.default_rng(1).standard_normal(1000).astype(np.float32)
    buffer = b"x" + value.tobytes()
    assert describe(np.frombuffer(buffer, np.float32, 1000, 1)) == describe(value)
    assert describe(value.reshape(10, 100).T).l2 == pytest.approx(describe(value).l2)


@given(hnp.arrays(np.float64, 40, elements=st.floats(-1e3, 1e3)), st.randoms())
def test_order_does_not_matter(value: np.ndarray, random):
    """A permutation has the same statistics."""
    turned = value.copy()
    random.shuffle(turned)
    same(describe(turned), describe(value)._asdict())


@given(
    hnp.arrays(np.float64, 40, elements=st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3)),
    st.integers(-1000, 1000),
)
def test_scaling(value: np.ndarray, power: int):
    """Times a power of two, every size is that many times as large: up to the ends of float64."""
    there, here = describe(np.ldexp(value, power)), describe(value)
    for name in ("mean", "std", "low", "high", "l1", "l2", "mean_abs"):
        back = math.ldexp(getattr(there, name), -power)
        assert back == pytest.approx(getattr(here, name), rel=1e-12, abs=1e-9), name


@given(*2 * [hnp.arrays(np.float32, st.integers(1, 50), elements=st.floats(-9, 9, width=32))])
def test_joining(one: np.ndarray, other: np.ndarray):
    """Counts, Σ|x| and Σx² of two tensors end to end are sums of theirs."""
    both, (a, b) = describe(np.concatenate([one, other])), (describe(one), describe(other))
    assert both.zeros == a.zeros + b.zeros
    assert both.l1 == pytest.approx(a.l1 + b.l1)
    assert both.l2 == pytest.approx(math.hypot(a.l2, b.l2))
    assert (both.low, both.high) == (min(a.low, b.low), max(a.high, b.high))


def test_a_finite_explosion_has_a_size():
    """Gradients of 2e21 are finite in float32, but not their squares."""
    found = describe(np.array([2e21, -2e21, 0, 1], np.float32))
    assert found.l2 == pytest.approx(math.sqrt(8) * 1e21)
    assert (found.infinite, found.mean_abs) == (0, pytest.approx(1e21))


def test_a_vanished_gradient_has_a_size():
    """Gradients of 1e-30 are not 0 in float32, but their squares would be."""
    found = describe(np.full(4, 1e-30, np.float32))
    assert found.l2 == pytest.approx(2e-30)
    assert (found.zeros, found.std) == (0, 0)


def test_the_ends_of_float64():
    """Numbers whose squares float64 cannot hold have a size too."""
    assert describe(np.array([3e300, -4e300])).l2 == pytest.approx(5e300)
    assert describe(np.array([3e-300, 4e-300])).l2 == pytest.approx(5e-300)
    assert describe(np.array([1.7e308, 1.7e308])).mean == pytest.approx(1.7e308)


def test_a_small_spread_far_from_zero():
    """1,000,000 ± 0.001 keeps its spread."""
    value = 1e6 + 1e-3 * np.random.default_rng(3).standard_normal(LARGE + 3)
    same(describe(value), recorded.describe(value))
    value[5] = np.nan
    same(describe(value), recorded.describe(value))


def test_what_has_no_statistics():
    """Of texts and complex numbers only n is known; an empty tensor has 0 of everything counted."""
    for value in (np.array(["a", "b"]), np.ones((2,), complex)):
        assert describe(value).n == 2
        assert all(math.isnan(each) for each in describe(value)[1:])
    assert describe(np.zeros((0, 3), np.float32))[:4] == (0, 0, 0, 0)
    assert math.isnan(describe(np.zeros(0)).mean)
    assert kernel.describe(np.float32(np.nan).reshape(())).nans == 1
