"""Do outcomes find their pairs, and are they told by how both variants answered?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from queries import dossier
from queries.config import Config, ConfigError, Outcomes, Prediction, Test, load
from queries.consequences import consequences
from queries.errors import QuestionError, SourceError
from queries.opened import Opened, open_test
from tests.queries.capturing import capture_file, line
from tests.queries.labelling import monitored, truth_file

PRODUCTION = (0.9, 0.8, 0.7, 0.2, 0.1, 0.3)
SHADOW = (0.9, 0.8, 0.3, 0.6, 0.1, 0.2)
TOLD = (
    "inference_id,converted,revenue\n"
    "r0,true,12.5\nr1,false,0\nr2,true,40\nr3,false,0\nr4,false,\nother,true,1\n"
)


def opened(folder: Path, told: str | bytes = TOLD, name: str = "a.csv", **more: Any) -> Opened:
    """Six pairs an hour apart, of which r2 and r3 are answered otherwise, opened."""
    for variant, scores in (("AllTraffic", PRODUCTION), ("Shadow", SHADOW)):
        lines = [
            line("1,2", str(score), at=3600 * at, inference=f"r{at}")
            for at, score in enumerate(scores)
        ]
        capture_file(folder / "captures", lines, variant=variant)
    truth_file(folder / "outcomes" / name, told)
    about = {"location": str(folder / "outcomes"), "columns": ("converted", "revenue")} | more
    test = Test(
        name="t",
        captures=str(folder / "captures"),
        production="AllTraffic",
        shadow="Shadow",
        prediction=Prediction(column=0, kind="binary"),
        outcomes=Outcomes(**about),
    )
    return open_test(Config(tests=(test,), cache=folder / "cache"), test)


def test_outcomes_by_hand(tmp_path: Path) -> None:
    """r0, r1 and r4 agree, r2 (1, 0) and r3 (0, 1) do not; r5 has no outcome, r4 no revenue."""
    found = consequences(opened(tmp_path), "all")
    converted, revenue = found.found
    assert (converted.name, converted.share, converted.pairs) == ("converted", True, 6)
    assert (converted.every.n, converted.every.value) == (5, 0.4)
    assert converted.agreed.value == pytest.approx(1 / 3)
    assert converted.differed.value == 0.5
    assert (converted.at_risk.value, converted.to_gain.value) == (0.2, 0.2)
    assert {(each.production, each.shadow): each.mean.value for each in converted.answers} == {
        ("1", "1"): 0.5,
        ("1", "0"): 1.0,
        ("0", "1"): 0.0,
        ("0", "0"): 0.0,
    }
    assert (revenue.share, revenue.every.n, revenue.every.value) == (False, 4, 13.125)
    assert (revenue.differed.value, revenue.at_risk.value) == (20.0, 10.0)
    first, second = found.counts
    assert (first.lines, first.used, first.unknown_id, first.unreadable) == (6, 5, 1, 0)
    assert (second.lines, second.used, second.unknown_id, second.unreadable) == (6, 4, 1, 1)


def test_a_filter_chooses_pairs(tmp_path: Path) -> None:
    """The requests of the first two hours: both agree, and nothing is at stake."""
    found = consequences(opened(tmp_path).within("hour < 14"), "all").found[0]
    assert (found.every.n, found.pairs) == (2, 2)
    assert not found.differed.known
    assert found.at_risk.value == 0


def test_json_lines_are_read_by_their_keys(tmp_path: Path) -> None:
    """A line of Model Monitor's ground truth names no outcome: it is counted, not taken for one."""
    told = b'{"id": "r0", "converted": 1}\n' + monitored("1", event="r1") + b"\n"
    found = consequences(opened(tmp_path, told, "a.jsonl", columns=("converted",)), "all")
    assert found.found[0].every.n == 1
    assert (found.counts[0].lines, found.counts[0].without_id) == (2, 1)


def test_what_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """A column that the file has not, a place that is not there, and a test without outcomes."""
    wrong = opened(tmp_path, columns=("profit",))
    with pytest.raises(
        SourceError, match=r"no column 'profit', which `columns` in \[tests.NAME.out"
    ):
        consequences(wrong, "all")
    nowhere = opened(tmp_path, location=str(tmp_path / "nowhere"))
    with pytest.raises(SourceError, match=r"outcomes file or folder .*nowhere does not exist"):
        consequences(nowhere, "all")
    without = replace(nowhere, test=replace(nowhere.test, outcomes=None))
    with pytest.raises(QuestionError, match="Nothing says where outcomes of t lie"):
        consequences(without, "all")


def test_the_report_tells_outcomes(tmp_path: Path) -> None:
    """Its facts hold them; where they cannot be read, a sentence stands in their place."""
    told = dossier.collect(opened(tmp_path), "all").outcomes
    assert told is not None
    assert not isinstance(told, str)
    assert [each.name for each in told.found] == ["converted", "revenue"]
    nowhere = opened(tmp_path, location=str(tmp_path / "nowhere"))
    assert "does not exist" in str(dossier.collect(nowhere, "all").outcomes)


LEAST = '[tests.a]\ncaptures = "%s"\nproduction = "P"\nshadow = "S"\n'
TABLE = '[tests.a.outcomes]\nlocation = "orders.csv"\n'


def test_the_table_of_the_configuration(tmp_path: Path) -> None:
    """A place beside the file; columns once each and one at least; with Athena as well."""
    file = tmp_path / "understudy.toml"

    def loaded(columns: str, more: str = "", captures: str = "/c") -> Config:
        file.write_text(LEAST % captures + more + TABLE + f"columns = {columns}\n")
        return load(file)

    assert loaded('["revenue"]').test("a").outcomes == Outcomes(
        location=str(tmp_path / "orders.csv"), columns=("revenue",)
    )
    for columns, said in (('["a", "a"]', "names a column twice"), ("[]", "columns")):
        with pytest.raises(ConfigError, match=said):
            loaded(columns)
    athena = 'engine = "athena"\n[athena]\nwork = "s3://bucket/work/"\n'
    asked = loaded('["revenue"]', athena, "s3://bucket/captures").test("a")
    assert (asked.engine, asked.outcomes is None) == ("athena", False)
