"""Are whole requests held against whole rows of the right reference?"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from queries import inputs_together as joining
from queries.errors import NotComparable
from queries.inputs_together import inputs_together
from tests.queries.test_inputs import baseline, moving, opened


def test_the_feature_that_moved_tells_the_halves_apart(tmp_path: Path) -> None:
    """Of everything the later half is told from the earlier one, by what moved in it."""
    found = inputs_together(opened(tmp_path, moving(800)), "all", "previous")
    assert found.features == ("f0", "f1", "f2")
    assert found.energy.p == 1 / 1000
    assert (found.energy.n_reference, found.energy.n_current) == (400, 400)
    assert found.separation is not None
    assert found.separation.area.value > 0.95
    # the category moved wholly, so the number beside it adds nothing
    assert found.separation.explained[0].name == "f2"


def test_requests_that_did_not_move_are_not_told_apart(tmp_path: Path) -> None:
    """The same distribution throughout: the area is half within its interval."""
    rng = np.random.default_rng(5)
    given = [f"{a:.5f},{'abc'[int(rng.integers(3))]}" for a in rng.normal(size=600)]
    found = inputs_together(opened(tmp_path, given), "all", "previous")
    assert found.energy.p > 0.05
    assert found.separation is not None
    assert found.separation.p > 0.05
    assert abs(found.separation.area.value - 0.5) < 0.1


def test_a_correlation_that_goes_is_seen(tmp_path: Path) -> None:
    """Each feature keeps its distribution; the requests do not."""
    rng = np.random.default_rng(6)
    both = rng.normal(size=(600, 2))
    both[:300, 1] = both[:300, 0]
    given = [f"{a:.5f},{b:.5f}" for a, b in both]
    found = inputs_together(opened(tmp_path, given), "all", "previous")
    assert found.energy.p < 0.01


def test_rows_of_a_baseline_are_its_numbers(tmp_path: Path) -> None:
    """Of a baseline's texts only counts are kept: they are left out, and named."""
    location = baseline(tmp_path, "steady,moved,kind", moving(600, seed=8)[:300])
    found = inputs_together(opened(tmp_path, moving(600), baseline=location), "all", "baseline")
    assert found.features == ("steady", "moved")
    assert "no rows are kept: kind." in found.note
    assert found.energy.p < 0.01
    assert found.separation is not None
    assert found.separation.explained[0].name == "moved"


def test_a_baseline_of_texts_holds_no_rows(tmp_path: Path) -> None:
    """Nothing to hold against is a sentence that says what else can be compared."""
    location = baseline(tmp_path, "kind,more", ["a,x", "b,y"] * 100)
    shown = opened(tmp_path, ["a,x", "b,y"] * 100, baseline=location)
    with pytest.raises(NotComparable, match="Compare with the earlier window"):
        inputs_together(shown, "all", "baseline")


def test_few_rows_are_told(tmp_path: Path) -> None:
    """Fewer than a hundred rows on a side are not compared."""
    with pytest.raises(NotComparable, match="Choose a longer window"):
        inputs_together(opened(tmp_path, moving(150)), "all", "previous")


def test_many_rows_are_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more rows are held than were asked for, and the same ones each time."""
    monkeypatch.setattr(joining, "ROWS", 120)
    monkeypatch.setattr(joining, "ENERGY_ROWS", 100)
    shown = opened(tmp_path, moving(800))
    found = inputs_together(shown, "all", "previous")
    assert (found.energy.n_reference, found.energy.n_current) == (100, 100)
    assert found.separation is not None
    assert (found.separation.n_reference, found.separation.n_current) == (120, 120)
    assert inputs_together(shown, "all", "previous") == found


def test_without_scikit_learn_the_energy_distance_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What need not be installed is None where it is not; nothing fails."""
    monkeypatch.setitem(sys.modules, "sklearn", None)
    found = inputs_together(opened(tmp_path, moving(400)), "all", "previous")
    assert found.separation is None
    assert found.energy.p < 0.01


def test_categories_are_numbered_by_how_frequent_they_are() -> None:
    """1 and "1.0" are one category, a missing one is 0, and what is rare is with the others."""
    codes = joining._codes(["1.0", 1.0, "b", None, float("nan"), "1", "b", "c"])
    assert codes.tolist() == [1, 1, 2, 0, 0, 1, 2, 3]
    many = joining._codes([f"t{n:03}" for n in range(200)] * 2)
    assert codes.max() < many.max() == joining.MOST_CATEGORIES + 1
