"""Is the validation itself valid: is everything in it, and would it notice?"""

from __future__ import annotations

import ast
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from analysis.intervals import wilson
from analysis.sequences import bernoulli_sequence
from tests import environments
from tests.validation import deciding
from tests.validation.crossings import Holds, binomial, ever_missed, held, leaving, spaced
from tests.validation.document import Run, page
from tests.validation.peers import Called, compare
from tests.validation.rows import STATISTICS, Lab, Row, known_limits, outside
from tests.validation.shares import within_sequence, within_wilson
from tests.validation.subjects import SECTIONS, WITHOUT_ROWS, shown

PAGE = STATISTICS.with_name("validation.md")


@pytest.fixture(scope="module")
def lab() -> Lab:
    """Every row, from few runs of short tests."""
    small = Lab(runs=12, steps=240, seed=20261125)
    for section in SECTIONS.values():
        section(small)
    return small


@pytest.fixture(scope="module")
def limits() -> dict[str, float]:
    return known_limits(STATISTICS.read_text(encoding="utf-8"))


def test_every_interval_and_test_is_validated_or_named_with_a_reason(lab: Lab):
    """A public function of analysis/ that gives an interval or a test has rows, or says why not."""
    measured = {row.subject for row in lab.rows}
    missing = shown() - measured - set(WITHOUT_ROWS)
    assert not missing, (
        f"{sorted(missing)}: add rows to a module of tests/validation, or the reason why there are "
        "none to WITHOUT_ROWS in tests/validation/subjects.py"
    )
    assert not measured & set(WITHOUT_ROWS)
    assert set(WITHOUT_ROWS) <= shown()


def test_every_limit_is_stated_and_every_statement_is_measured(lab: Lab, limits: dict[str, float]):
    """The known limits of docs/statistics.md are those that rows show, no more and no fewer."""
    assert {row.limit for row in lab.rows if row.limit} == set(limits)


def test_nothing_is_broken_in_a_small_run(lab: Lab, limits: dict[str, float]):
    """No row misses more often than it promises or its limit says, beyond simulation error."""
    assert [row for row in lab.rows if not row.kept(limits)] == []


def test_a_row_has_a_name_of_its_own(lab: Lab):
    """Two rows of one name would draw the same random numbers."""
    names = [(row.subject, row.data, row.looks, row.promised) for row in lab.rows]
    assert len(names) == len(set(names))


def test_the_same_seed_gives_the_same_rows():
    """A run can be repeated, and a row depends on no row before it."""
    alone, after = Lab(20, 240, 1), Lab(20, 240, 1)
    SECTIONS["Agreement and quality"](alone)
    SECTIONS["Searches"](after)
    SECTIONS["Agreement and quality"](after)
    assert after.rows[-len(alone.rows) :] == alone.rows


def test_the_page_is_that_of_a_run_in_which_all_was_kept(lab: Lab, limits: dict[str, float]):
    """docs/validation.md has every row's method, every limit, and nothing that was not kept."""
    written = PAGE.read_text(encoding="utf-8")
    assert written.count("**no**") == 1  # the legend says what it would mean
    for subject in {row.subject for row in lab.rows} | set(WITHOUT_ROWS):
        assert f"`{subject}`" in written, subject
    for name in limits:
        assert f"limit: `{name}`" in written, name


# --- would it notice?


def wald(successes: float, n: float) -> tuple[float, float]:
    """The interval of every first course: far too narrow near 0 and 1."""
    share = successes / n
    half = 1.959964 * (share * (1 - share) / n) ** 0.5
    return share - half, share + half


def test_an_interval_that_is_too_narrow_is_broken():
    """Wald's interval of a share of 1 % among 100 misses in 37 % of tests: a run must say so."""
    lab = Lab(400, 240, 3)
    lab.simulate("wald", "rare", lambda rng: outside(wald(rng.binomial(100, 0.01), 100), 0.01))
    exact = sum(
        chance
        for k, chance in enumerate(binomial(100, 0.01).tolist())
        if outside(wald(k, 100), 0.01)
    )
    lab.compute("wald", "rare, exactly", exact)
    assert lab.rows[0].misses == pytest.approx(exact, abs=4 * lab.rows[0].se)
    called = [Called("numbers", False, 1, 0.0, 0.0, {"evidently": "not asked"})]
    run = Run(lab, {"Shares": lab.rows}, {}, [], called, "today")
    assert run.broken == lab.rows
    assert page(run).count("**no**") == 2 + 1  # both rows, and the legend


def row(misses: float, runs: int, *, promised: float = 0.05, limit: str = "") -> Row:
    return Row("a.b", "data", "one", promised, misses, 0.01, runs, limit)


@pytest.mark.parametrize(
    ("given_row", "kept"),
    [
        (row(0.05, 0), True),
        (row(0.0501, 0), False),
        (row(0.06, 100), True),
        (row(0.15, 100), False),
        (row(0.06, 4000), True),
        (row(0.065, 4000), False),
        (row(0.20, 4000, limit="watched"), True),
        (row(0.25, 4000, limit="watched"), False),
        (row(0.0, 4000, promised=0.0056), True),
        (row(0.01, 4000, promised=0.0056), False),
    ],
)
def test_a_row_is_broken_beyond_chance_only(given_row: Row, *, kept: bool):
    """What was computed has no chance; what was simulated has as much as its runs leave it."""
    assert given_row.kept({"watched": 0.20}) is kept


def test_a_limit_that_no_row_shows_is_stale():
    """A method that was mended must not be excused any longer."""
    lab = Lab(10, 240, 1)
    lab.rows += [row(0.04, 4000, limit="mended"), row(0.19, 4000, limit="watched")]
    run = Run(lab, {}, {"mended": 0.2, "watched": 0.2}, [], [], "today")
    assert run.stale == ["mended"]


# --- exact chances


def test_looking_again_costs_what_armitage_published():
    """z = 1.96 at K equal looks: Armitage, McPherson & Rowe 1969 (JRSS A 132:235), Table 2."""
    z = float(ndtri(0.975))

    def normal(k: int, n: int) -> bool:
        return abs(2 * k - n) <= z * n**0.5

    for looks, published in ((1, 0.05), (2, 0.083), (5, 0.142), (10, 0.193), (20, 0.248)):
        found = ever_missed(0.5, [2000 * at for at in range(1, looks + 1)], normal)
        assert found == pytest.approx(published, abs=0.006)


def test_exact_chances_are_those_of_simulated_tests():
    """Walks that are drawn leave their bounds as often as the followed distribution says."""
    p, looks = 0.9, [40, 90, 200]
    bounds = held(p, looks, within_wilson(p))
    rng = np.random.default_rng(7)
    counts = rng.binomial(np.diff([0, *looks]), p, (20_000, 3)).cumsum(axis=1)
    left = ((counts < bounds[:, 0]) | (counts > bounds[:, 1])).any(axis=1)
    assert leaving(p, looks, bounds).sum() == pytest.approx(left.mean(), abs=0.01)


@given(
    st.sampled_from([0.5, 0.9, 0.99]),
    st.integers(1, 3000),
    st.sampled_from([within_wilson, lambda p: within_sequence(p, 0.05)]),
)
def test_bounds_are_the_last_counts_that_hold_the_truth(p: float, n: int, within):
    """Inside the bounds the interval holds the truth, one step outside it does not."""
    holds: Holds = within(p)
    ((low, high),) = held(p, [n], holds)
    assert low <= high + 1
    if low <= high:
        assert holds(low, n)
        assert holds(high, n)
    assert low == 0 or not holds(low - 1, n)
    assert high == n or not holds(high + 1, n)


@given(st.integers(1, 2000), st.floats(0, 1), st.sampled_from([0.5, 0.95, 0.999]))
def test_what_is_followed_is_the_sequence_that_is_shown(n: int, part: float, p: float):
    """The evidence that decides here says the same as the interval's two ends."""
    k = round(part * n)
    low, high = bernoulli_sequence(k, n, alpha=0.05, planned=10_000)
    if min(abs(low - p), abs(high - p)) > 1e-9:
        assert within_sequence(p, 0.05)(k, n) == (low <= p <= high)


def test_looks_are_spaced_from_the_first_to_the_last():
    """Looks grow, begin where the method does and end with the test."""
    looks = spaced(20, 1000, 30)
    assert looks[0] == 20
    assert looks[-1] == 1000
    assert (np.diff(looks) > 0).all()


def test_a_fixed_test_finds_nine_in_ten_and_no_smaller_one_does():
    """Its size is the smallest, in hundreds, from which on the power is reached."""
    found = deciding._fixed(0.99, 0.96, 0.05)

    def power(n: int) -> float:
        chances = binomial(n, 0.99)
        above = [k for k in range(n + 1) if wilson(k, n, confidence=0.95)[0] > 0.96]
        return float(chances[above].sum())

    assert power(found) >= 0.9
    assert min(power(found - 100 + more) for more in (0, 100, 200)) < 0.9


# --- the peers


def test_without_peers_ours_is_still_measured():
    """Every set of columns is judged by the drift page, what moved is found, and it travels.

    The rows are measured in processes of their own, so an answer has to come back from one.
    """
    called = compare(Lab(1, 240, 20261125), 4, ask_peers=False)
    assert pickle.loads(pickle.dumps(called)) == called  # noqa: S301 it was dumped just now
    assert {each.peers["evidently"] for each in called} == {"not asked"}
    assert all(each.ours == 1 for each in called if each.moved)
    assert sum(each.moved for each in called) == 2


def test_a_peer_needs_nothing_of_ours():
    """What runs in a peer's environment imports the peer, NumPy and pandas, and nothing else."""
    tree = ast.parse(Path(__file__).with_name("contestants.py").read_text(encoding="utf-8"))
    named = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    allowed = {"numpy", "pandas", "evidently", "nannyml", "alibi_detect"}
    assert named - sys.stdlib_module_names <= allowed


def test_a_peer_that_cannot_be_installed_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """No environment is no answer, with its reason, and leaves nothing half made behind."""
    monkeypatch.setattr(environments, "PEERS", tmp_path)
    monkeypatch.setattr(environments.sys, "executable", "/bin/false")
    python, reason = environments.environment("evidently")
    assert python is None
    assert reason.startswith("not installed")
    assert not (tmp_path / "evidently").exists()
