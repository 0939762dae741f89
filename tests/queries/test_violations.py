"""Are Model Monitor's reports found, bounded by the window, and read or refused in a sentence?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimates import Window
from queries import violations
from queries.config import Aws
from queries.errors import SourceError
from queries.violations import MOST_REPORTS, Violation, parse
from tests.queries.bucket import BUCKET, StandIn
from tests.queries.test_baselines import corpus

NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
DAY = Window(NOON - timedelta(hours=24), NOON)
FILE = "constraint_violations.json"


def report(*about: str) -> bytes:
    """A report with one violation of each feature."""
    listed = [
        {
            "feature_name": name,
            "constraint_check_type": "data_type_check",
            "description": f" {name}",
        }
        for name in about
    ]
    return json.dumps({"violations": listed}).encode()


def key(hours: float, name: str = FILE) -> str:
    """Where an execution writes, ``hours`` after noon."""
    return f"reports/fraud/daily/{NOON + timedelta(hours=hours):%Y/%m/%d/%H}/{name}"


def put(folder: Path, where: str, content: bytes) -> None:
    path = folder / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_the_reports_of_the_window_are_read_newest_first(tmp_path: Path) -> None:
    """An execution reports on the time before its hour: that of the end belongs to the window."""
    for hours in (-48, -24, -2, 0, 5):
        put(tmp_path, key(hours), report(f"at{hours}"))
        put(tmp_path, key(hours, "statistics.json"), b"{}")
    found = violations.reports(str(tmp_path / "reports"), DAY, None)
    assert [each.violations[0].about for each in found.read] == ["at0", "at-2"]
    assert [each.hour for each in found.read] == [NOON, NOON - timedelta(hours=2)]
    assert (found.found, found.inside, found.problems) == (2, True, ())


def test_without_one_in_the_window_the_newest_is_read(tmp_path: Path) -> None:
    """An old report is better than none, and is not said to be of the window."""
    for hours in (-100, -90):
        put(tmp_path, key(hours), report(f"at{hours}"))
    found = violations.reports(str(tmp_path), DAY, None)
    assert [each.violations[0].about for each in found.read] == ["at-90"]
    assert (found.found, found.inside) == (0, False)


def test_a_file_of_no_hour_belongs_to_any_window(tmp_path: Path) -> None:
    """A report that was copied is read, with no time of its own."""
    put(tmp_path, "mine.json", report("a"))
    found = violations.reports(str(tmp_path / "mine.json"), DAY, None)
    (read,) = found.read
    assert (read.name, read.hour, found.inside) == ("mine.json", None, True)
    assert read.violations == (Violation("a", "data_type_check", "a"),)


def test_an_empty_report_is_no_violation_and_no_report_is_none(tmp_path: Path) -> None:
    """Nothing violated and nothing written are two answers."""
    put(tmp_path, key(-1), report())
    found = violations.reports(str(tmp_path), DAY, None)
    assert [each.violations for each in found.read] == [()]
    (tmp_path / "empty").mkdir()
    nothing = violations.reports(str(tmp_path / "empty"), DAY, None)
    assert (nothing.read, nothing.found, nothing.inside) == ((), 0, False)


def test_many_reports_are_capped(tmp_path: Path) -> None:
    """Of very many the newest are read, and all are counted."""
    for minute in range(MOST_REPORTS + 5):
        put(tmp_path, key(-1, f"{minute:03}-{FILE}"), report("a"))
    found = violations.reports(str(tmp_path), DAY, None)
    assert (len(found.read), found.found) == (MOST_REPORTS, MOST_REPORTS + 5)


def test_a_broken_report_is_told_and_the_others_read(tmp_path: Path) -> None:
    """One file that is none does not hide the rest."""
    put(tmp_path, key(-1), report("a"))
    put(tmp_path, key(-2), b"<html>")
    found = violations.reports(str(tmp_path), DAY, None)
    assert len(found.read) == 1
    assert "is not a constraint_violations.json of Model Monitor" in found.problems[0]


def test_a_place_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """The key to correct is named."""
    with pytest.raises(SourceError, match="does not exist on this machine; correct `violations`"):
        violations.reports(str(tmp_path / "nowhere"), DAY, None)


def test_real_reports_of_data_quality() -> None:
    """The SDK's own report: seven violations of seven features."""
    content = Path(corpus("sagemaker-python-sdk__constraint_violations.json")).read_bytes()
    found = parse(content, "report")
    assert len({each.about for each in found}) == len(found) == 7
    assert found[0] == Violation(
        "store_and_fwd_flag",
        "categorical_values_check",
        "Value: 0.009009009009009009 does not meet the constraint requirement!",
    )


def test_real_reports_of_model_quality() -> None:
    """A monitor of quality names metrics where there is no feature."""
    content = Path(corpus("svpino__program-cohort__cell343__violations.json")).read_bytes()
    found = parse(content, "report")
    assert [each.about for each in found][:2] == ["weightedF2", "accuracy"]
    assert {each.check for each in found} == {"LessThanThreshold"}


def test_files_of_another_shape_are_refused() -> None:
    """Constraints are no violations."""
    content = Path(corpus("sagemaker-python-sdk__constraints.json")).read_bytes()
    with pytest.raises(SourceError, match="is not a constraint_violations"):
        parse(content, "report")


@given(
    st.binary(max_size=30)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["violations", "feature_name", "constraint_check_type"]), inner
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_bytes_are_violations_or_a_sentence(content: bytes) -> None:
    """Nothing that a file can hold is a traceback."""
    with suppress(SourceError):
        assert all(each.about and isinstance(each.check, str) for each in parse(content, "r"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One stand-in for the module."""
    stand_in = StandIn(tmp_path_factory.mktemp("s3"))
    (stand_in.folder / BUCKET).mkdir(exist_ok=True)
    yield stand_in
    stand_in.stop()


def test_reports_in_s3(server: StandIn) -> None:
    """A prefix of S3 is read as a folder is."""
    for hours in (-48, -24.5, -1):
        server.put(key(hours), report(f"at{hours}"))
        server.put(key(hours, "statistics.json"), b"{}")
    found = violations.reports(f"s3://{BUCKET}/reports", DAY, Aws(endpoint_url=server.url))
    assert [each.violations[0].about for each in found.read] == ["at-1"]
    whole = Window(NOON - timedelta(days=9), NOON)
    found = violations.reports(f"s3://{BUCKET}/reports/fraud", whole, Aws(endpoint_url=server.url))
    assert len(found.read) == 3
