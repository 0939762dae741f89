"""Are the demo's files of Model Monitor computed from the rows they speak of?"""

from __future__ import annotations

import numpy as np

from demo import model_monitor

BEFORE = {"n": [str(n) for n in range(100)], "kind": ["a", "b"] * 50, "gap": ["1.5", ""] * 50}


def found(**change: list[str]) -> dict[tuple[str, str], str]:
    """What is reported of the rows themselves, with some columns changed."""
    rules = model_monitor.keep_to(BEFORE)
    reported = model_monitor.violations(BEFORE, rules, {**BEFORE, **change})
    return {(v["feature_name"], v["constraint_check_type"]): v["description"] for v in reported}


def test_the_rows_themselves_violate_nothing() -> None:
    """Constraints are suggested so that the training rows keep to them."""
    assert found() == {}


def test_what_changed_is_reported_by_its_check() -> None:
    """Half moved by 100 is a distance of a half; more gaps, and a category that is new."""
    assert found(n=[str(n + 100 * (n % 2)) for n in range(100)]) == {
        ("n", "baseline_drift_check"): "Baseline drift distance: 0.5 exceeds threshold: 0.1"
    }
    assert found(gap=["1.5", "", "", ""] * 25) == {
        ("gap", "completeness_check"): "Value: 0.25 does not meet the constraint requirement!"
    }
    assert set(found(kind=["a", "c"] * 50)) == {
        ("kind", "categorical_values_check"),
        ("kind", "baseline_drift_check"),
    }


def test_types_and_signs_are_suggested() -> None:
    """Whole numbers, other numbers and texts, as Model Monitor infers them."""
    features = model_monitor.keep_to({**BEFORE, "debt": ["-1.5", "2"]})["features"]
    kinds = {each["name"]: each["inferred_type"] for each in features}
    assert kinds == {"n": "Integral", "kind": "String", "gap": "Fractional", "debt": "Fractional"}
    signs = {
        each["name"]: each["num_constraints"] for each in features if "num_constraints" in each
    }
    assert signs["n"] == {"is_non_negative": True}
    assert signs["debt"] == {"is_non_negative": False}


def test_buckets_count_every_row() -> None:
    """Ten buckets of equal width hold all that is present, and what is not is counted."""
    rows = model_monitor.about(BEFORE, np.random.default_rng(0))["features"]
    held = {each["name"]: each.get("numerical_statistics") for each in rows}
    buckets = held["n"]["distribution"]["kll"]["buckets"]
    assert [bucket["count"] for bucket in buckets] == [10.0] * 10
    assert held["gap"]["common"] == {"num_present": 50, "num_missing": 50}
