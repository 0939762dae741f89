"""Are Model Monitor's findings and ours of the same window set side by side?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.constraints import Broken
from queries.monitor import Finding, monitored
from queries.opened import Opened
from tests.queries.test_baselines import corpus
from tests.queries.test_inputs import opened

HOUR = "reports/t/daily/2024/03/31/13/constraint_violations.json"
NAMES = ("age", "income", "country")


def constraints(folder: Path, **config: Any) -> str:
    """Age is whole and never missing, income not negative, country one of two; pay is not ours."""
    features: list[dict[str, Any]] = [
        {"name": "age", "inferred_type": "Integral", "completeness": 1.0},
        {
            "name": "income",
            "inferred_type": "Fractional",
            "completeness": 0.5,
            "num_constraints": {"is_non_negative": True},
        },
        {
            "name": "country",
            "inferred_type": "String",
            "completeness": 1.0,
            "string_constraints": {"domains": ["de", "fr"]},
        },
        {"name": "pay", "inferred_type": "Integral", "completeness": 1.0},
    ]
    monitoring = {"datatype_check_threshold": 1.0, "domain_content_threshold": 0.9, **config}
    path = folder / "constraints.json"
    path.write_text(json.dumps({"features": features, "monitoring_config": monitoring}))
    return str(path)


def reported(folder: Path, *found: tuple[str, str, str], where: str = HOUR) -> str:
    path = folder / where
    path.parent.mkdir(parents=True, exist_ok=True)
    keys = ("feature_name", "constraint_check_type", "description")
    path.write_text(json.dumps({"violations": [dict(zip(keys, f, strict=True)) for f in found]}))
    return str(folder / "reports")


def requests() -> list[str]:
    """40 requests: 2 ages missing and 1 broken, 3 negative incomes, 1 unknown country."""
    rows = [[str(20 + n), f"{n}.5", "de" if n % 2 else "fr"] for n in range(40)]
    rows[3][0] = rows[4][0] = ""
    rows[5][0] = "25.5"
    for at in (7, 8, 9):
        rows[at][1] = "-1.5"
    rows[11][2] = "xx"
    return [",".join(row) for row in rows]


def asked(folder: Path, **about: Any) -> Opened:
    return opened(folder, requests(), features=NAMES, **about)


def broken(found: tuple[Finding, ...]) -> list[Broken]:
    return [each.broken for each in found if each.broken is not None]


def test_the_window_is_counted_against_the_constraints(tmp_path: Path) -> None:
    """Each broken constraint with its count; one unknown country in forty may be; pay is told."""
    found = monitored(asked(tmp_path, baseline=constraints(tmp_path)), "all")
    assert found is not None
    assert found.checked is not None
    assert broken(found.findings) == [
        Broken("age", "completeness_check", 2, 40, 0.0),
        Broken("age", "data_type_check", 1, 38, 0.0),
        Broken("income", "is_non_negative", 3, 40, 0.0),
    ]
    assert (found.checked.features, found.checked.missing) == (NAMES, ("pay",))
    assert found.reports is None


def test_reports_stand_beside_our_counts(tmp_path: Path) -> None:
    """One row for each feature and check: both, Model Monitor's only, ours only, strangers last."""
    location = reported(
        tmp_path,
        ("age", "completeness_check", "Value: 0.9"),
        ("income", "baseline_drift_check", "Baseline drift distance: 0.2"),
        ("stranger", "data_type_check", "?"),
    )
    shown = asked(tmp_path, baseline=constraints(tmp_path), violations=location)
    found = monitored(shown, "all")
    assert found is not None
    rows = [(f.feature, f.check, f.description, f.broken is not None) for f in found.findings]
    assert rows == [
        ("age", "completeness_check", "Value: 0.9", True),
        ("age", "data_type_check", "", True),
        ("income", "baseline_drift_check", "Baseline drift distance: 0.2", False),
        ("income", "is_non_negative", "", True),
        ("stranger", "data_type_check", "?", False),
    ]
    assert [f.ours for f in found.findings] == [True, True, True, True, False]


def test_a_violation_of_several_reports_is_one_row(tmp_path: Path) -> None:
    """The newest words, and in how many reports of the window."""
    reported(tmp_path, ("age", "completeness_check", "older"))
    before = HOUR.replace("/13/", "/12/")
    reported(tmp_path, ("age", "completeness_check", "of the hour before noon"), where=before)
    second = HOUR.replace("/constraint", "/second-constraint")
    location = reported(tmp_path, ("age", "completeness_check", "newest"), where=second)
    found = monitored(asked(tmp_path, violations=location), "all")
    assert found is not None
    (row,) = found.findings
    assert (row.description, row.reports) == ("newest", 2)


def test_a_filter_counts_its_requests_only(tmp_path: Path) -> None:
    """Constraints are held against the requests of the filter; reports stay what they are."""
    location = reported(tmp_path, ("age", "completeness_check", "Value"))
    shown = asked(tmp_path, baseline=constraints(tmp_path), violations=location)
    found = monitored(shown.within("income < 0"), "all")
    assert found is not None
    assert broken(found.findings) == [Broken("income", "is_non_negative", 3, 3, 0.0)]
    assert found.findings[0].description == "Value"


@pytest.mark.parametrize("state", ["Enabled", "Disabled"])
def test_constraints_turned_off_are_counted_and_said_to_be(tmp_path: Path, state: str) -> None:
    """Model Monitor does not evaluate them; what we count is the same."""
    location = constraints(tmp_path, evaluate_constraints=state)
    found = monitored(asked(tmp_path, baseline=location), "all")
    assert found is not None
    assert found.checked is not None
    assert found.checked.enabled is (state == "Enabled")
    assert len(broken(found.findings)) == 3


def test_without_model_monitor_there_is_nothing(tmp_path: Path) -> None:
    """Neither a CSV as baseline nor a statistics.json alone holds constraints."""
    assert monitored(asked(tmp_path / "a"), "all") is None
    path = tmp_path / "statistics.json"
    path.write_text('{"features": [{"name": "age"}]}')
    assert monitored(asked(tmp_path / "b", baseline=str(path)), "all") is None


def test_what_cannot_be_read_is_told_beside_the_rest(tmp_path: Path) -> None:
    """A broken constraints.json hides no report, and a missing place of reports no constraint."""
    location = reported(tmp_path, ("age", "completeness_check", "Value"))
    path = tmp_path / "constraints.json"
    path.write_text('{"features": [{"name": "age", "completeness": 7}]}')
    found = monitored(asked(tmp_path / "a", baseline=str(path), violations=location), "all")
    assert found is not None
    assert len(found.findings) == 1
    assert "features.0.completeness" in found.problems[0]
    good = constraints(tmp_path)
    gone = str(tmp_path / "nowhere")
    found = monitored(asked(tmp_path / "b", baseline=good, violations=gone), "all")
    assert found is not None
    assert len(broken(found.findings)) == 3
    assert "correct `violations`" in found.problems[0]


@pytest.mark.parametrize(
    "name",
    [
        "oxayavongsa__constraints.json",
        "sagemaker-python-sdk__constraints.json",
        "svpino__backup-sagemaker-cohort__cell280__features.json",
    ],
)
def test_real_constraints_are_read(name: str) -> None:
    """Files that Model Monitor wrote hold what is checked."""
    from queries.monitored_constraints import read

    found = read(corpus(name), None)
    assert found.enabled
    assert all(0 <= each.completeness <= 1 for each in found.features)
    assert any(each.domain for each in found.features)
