"""Do the questions reach Athena as they are written, of their hours, with their values bound?"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from queries.athena import usage
from queries.athena.catalogue import Catalogue, Hour
from queries.athena.engine import AthenaEngine
from queries.athena.names import Tables
from queries.athena.usage import Usage
from queries.conditions import Condition, Filter
from queries.config_athena import Athena
from queries.dimensions import Dimension
from queries.errors import AwsError, QuestionError, SourceError, UnderstudyError
from queries.filtered import Relation
from queries.questions import find, questions
from tests.queries.athena.asking import WORK, Account

TABLES = Tables("understudy", "fraud")
NAMES = [TABLES.name(table) for table in ("rows", "pairs", "ambiguous")]
NOON = datetime(2024, 3, 31, 12)  # noqa: DTZ001 - UTC, as bound
HOURS = ("2024/03/31/12", "2024/03/31/13", "2024/03/31/14", "2024/03/31/15")
INJECTED = "'; drop table"


def row(
    at: datetime, variant: str, line: int, score: float, amount: float | None
) -> dict[str, Any]:
    return {
        "variant": variant, "ts": at, "event_id": f"e{line}", "inference_id": f"i{line}",
        "input_hash": line, "input_bytes": 3, "label": None, "score": score,
        "content_type": "text/csv", "segment": 7 if variant == "production" else 8,
        "line": line, "pos": 0, "cluster": None, "ok": True, "f0": amount,
    }  # fmt: skip


def pair(at: datetime, line: int, production: float, shadow: float) -> dict[str, Any]:
    return {
        "ts": at, "shadow_ts": at, "method": "inference_id", "different_input": False, "pos": 0,
        "cluster": None,
        "production_segment": 7, "production_line": line, "shadow_segment": 8,
        "shadow_line": line, "production_label": None, "production_score": production,
        "shadow_label": None, "shadow_score": shadow,
    }  # fmt: skip


def as_table(rows: list[dict[str, Any]]) -> pa.Table:
    types = {
        **dict.fromkeys(("ts", "shadow_ts"), pa.timestamp("ms")),
        **dict.fromkeys(("label", "production_label", "shadow_label"), pa.string()),
        "f0": pa.float64(),
        "cluster": pa.int64(),
    }
    columns = {name: [each[name] for each in rows] for name in rows[0]}
    return pa.table({name: pa.array(v, types.get(name)) for name, v in columns.items()})


@pytest.fixture
def sizes(account: Account) -> dict[str, int]:
    """Four hours of pairs, one of them agreeing: 0.9 0.8, 0.9 0.1, 0.2 0.1, 0.3 0.4; their bytes.

    Of the rows only production's and only of those hours, with the amounts 1, 2, 3 and none.
    """
    size = {}
    scores = [(0.9, 0.8), (0.9, 0.1), (0.2, 0.1), (0.3, 0.4)]
    for at, hour in enumerate(HOURS):
        moment = NOON + timedelta(hours=at, minutes=30)
        rows = as_table([row(moment, "production", at, scores[at][0], [1.0, 2.0, 3.0, None][at])])
        size[f"rows {hour}"] = account.write("fraud_rows", rows, hour)
        pairs = as_table([pair(moment, at, *scores[at])])
        size[f"pairs {hour}"] = account.write("fraud_pairs", pairs, hour)
        nobody = pa.table({"variant": ["shadow"], "segment": [9], "line": [at]})
        size[f"ambiguous {hour}"] = account.write("fraud_ambiguous", nobody, hour)
    return size


@pytest.fixture
def engine(account: Account, sizes: dict[str, int]) -> AthenaEngine:
    """The engine of a binary test with the threshold 0.5 over those hours."""
    return over(account)


def over(account: Account, **settings: Any) -> AthenaEngine:
    written = Catalogue(account.aws, Athena(work=WORK)).written(NAMES, pairs="fraud_pairs")
    return AthenaEngine(
        account.session(**settings),
        TABLES,
        written,
        kind="binary",
        threshold=0.5,
        tolerance=0.1,
        features=1,
    )


def window(start: float, end: float) -> dict[str, datetime]:
    """A window of so many hours after noon."""
    return {"start": NOON + timedelta(hours=start), "end": NOON + timedelta(hours=end)}


def last(account: Account) -> Any:
    return account.athena.statements[-1]


def test_a_question_is_answered(account: Account, engine: AthenaEngine) -> None:
    """One pair of four changes its label; the text sent is the file's, with relations before it."""
    answer = engine.run("agreement_by_block", block_s=86_400, **window(0, 4))
    assert (answer["paired"].tolist(), answer["agreed"].tolist()) == ([4], [3])
    text = last(account).statement.text
    assert text.startswith("-- understudy: agreement_by_block of fraud, hours as of ")
    assert "floor(to_unixtime(ts) / 86400)" in text
    assert last(account).parameters == (
        "CAST('2024-03-31 12:00:00.000000' AS TIMESTAMP(6))",
        "CAST('2024-03-31 16:00:00.000000' AS TIMESTAMP(6))",
    )
    assert last(account).workgroup == "primary"
    assert account.athena.untested == []


def test_a_window_reads_its_hours_and_those_beside(account: Account, engine: AthenaEngine) -> None:
    """An object of an hour may hold records of the hour beside it, and of no other."""
    answer = engine.run("pairs_by_method", **window(0, 1))
    assert answer["n"].tolist() == [1]
    assert "hour BETWEEN '2024/03/31/12' AND '2024/03/31/14'" in last(account).statement.text
    near = last(account).scanned
    engine.run("pairs_by_method", **window(0, 4))
    assert "hour BETWEEN '2024/03/31/12' AND '2024/03/31/15'" in last(account).statement.text
    assert 0 < near < last(account).scanned
    aware = {name: at.replace(tzinfo=UTC) for name, at in window(0, 1).items()}
    assert engine.run("pairs_by_method", **aware)["n"].tolist() == [1]


def test_without_a_window_all_hours_that_count_are_read(
    account: Account, engine: AthenaEngine
) -> None:
    """From the first hour of pairs to the last: rows of a later one do not count yet."""
    late = as_table([row(NOON + timedelta(hours=5), "production", 9, 0.1, 1.0)])
    account.write("fraud_rows", late, "2024/03/31/17")
    answer = over(account).run("extent")
    assert (answer.count("n"), answer.count("without_time")) == (4, 0)


@pytest.mark.parametrize("asked", [window(100, 101), window(-100, -99)])
def test_a_window_without_hours_has_no_rows(
    engine: AthenaEngine, asked: dict[str, datetime]
) -> None:
    """Before the first hour, and after the last: columns, and nothing in them."""
    assert engine.run("confusion", **asked).rows == 0


def test_nothing_written_is_no_rows(account: Account) -> None:
    """Tables without a partition answer with their columns."""
    rows = as_table([row(NOON, "production", 1, 0.1, 1.0)])
    for name, table in (
        ("fraud_rows", rows),
        ("fraud_pairs", as_table([pair(NOON, 1, 0.1, 0.2)])),
        ("fraud_ambiguous", pa.table({"variant": ["shadow"], "segment": [9], "line": [1]})),
    ):
        account.write(name, table)
        account.athena.catalogue.drop_partition("understudy", name, [HOURS[0]])
    engine = over(account)
    assert engine.run("extent").count("n") == 0
    assert engine.run("unpaired_rows", **window(0, 4)).rows == 0


def test_a_question_sees_what_meets_the_filter(engine: AthenaEngine) -> None:
    """As on this machine: pairs whose request has an amount from 2; ``whole`` sees all again."""
    amount = Dimension("amount", "f0", "float", "feature")
    inside = engine.within(Filter((Condition(amount, ">=", (2.0,)),)))
    assert inside.run("pairs_by_method", **window(0, 4))["n"].tolist() == [2]
    assert inside.run("extent").count("n") == 2
    assert inside.whole is engine
    assert inside.within(Filter(())).whole is engine
    assert engine.run("pairs_by_method", **window(0, 4))["n"].tolist() == [4]


def test_relations_for_one_question_alone(engine: AthenaEngine) -> None:
    """Slices: under 2 (the first pair) and the rest; the values of both texts in their order."""
    cut = Relation(
        "cut",
        "SELECT ts, comparable, agreed, ARRAY[CASE WHEN f0 < ? THEN 0 ELSE 1 END] AS cells "
        "FROM inputs",
        (2.0,),
    )
    answer = engine.run("slices", given=[cut], **window(0, 4))
    found = dict(zip(answer["slice"].tolist(), answer["n"].tolist(), strict=True))
    assert found == {0: 1, 1: 3}


def test_a_relation_can_be_attached(account: Account, engine: AthenaEngine) -> None:
    """Labels lie in a table of their own; what is attached is asked for by its name."""
    account.write(
        "fraud_pairs_labels", pa.table({"method": ["inference_id", "event_id", "event_id"]})
    )
    labels = (
        "SELECT method, CAST('2024-03-31 12:30:00' AS TIMESTAMP) AS ts "
        'FROM "understudy"."fraud_pairs_labels"'
    )
    engine.attach("truth", labels)
    with pytest.raises(KeyError):
        engine.run("labels_by_method", **window(0, 4))
    written = Catalogue(account.aws, Athena(work=WORK)).written(
        [*NAMES, "fraud_pairs_labels"], pairs="fraud_pairs"
    )
    engine = AthenaEngine(
        account.session(), TABLES, written, kind="binary", threshold=0.5, tolerance=0.1, features=1
    )
    engine.attach("truth", labels)
    answer = engine.run("labels_by_method", **window(0, 4))
    assert answer["n"].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("question", "tables"),
    [
        ("confusion", ["pairs"]),
        ("extent", ["rows"]),
        ("unpaired_rows", ["rows", "pairs", "ambiguous"] * 2),
        ("slice_sample", ["rows", "pairs"]),
    ],
)
def test_what_a_question_may_read_is_known_before(
    account: Account, sizes: dict[str, int], question: str, tables: list[str]
) -> None:
    """Each table as often as it is read, in whole: over that by a byte, and it is not asked."""
    bound = sum(sizes[f"{table} {hour}"] for table in tables for hour in HOURS)
    columns = ["f0"] if question == "slice_sample" else []
    asked = dict.fromkeys(find(question).parameters, 1)
    asked |= window(0, 4) if "start" in asked else {}
    engine = over(account, max_gb_per_query=(bound + 0.5) / usage.GB)
    with usage.asking(Usage()) as page:
        engine.run(question, columns=columns, **asked)
    assert 0 < page.scanned <= bound
    with pytest.raises(QuestionError, match="max_gb_per_query"):
        over(account, max_gb_per_query=(bound - 0.5) / usage.GB).run(
            question, columns=columns, **asked
        )


def test_an_answer_is_not_taken_again_when_hours_came(
    account: Account, engine: AthenaEngine
) -> None:
    """Athena does not look whether a table changed: the text does, with each hour that comes."""
    with usage.asking(Usage()) as page:
        engine.run("extent")
        over(account).run("extent")
        later = NOON + timedelta(hours=4)
        account.write("fraud_pairs", as_table([pair(later, 5, 0.1, 0.1)]), "2024/03/31/16")
        over(account).run("extent")
    assert [each.reused for each in page.asked] == [False, True, False]


PARAMETERS: dict[str, Callable[[], Any]] = {
    "start": lambda: NOON,
    "end": lambda: NOON + timedelta(hours=4),
    "production": lambda: "1",
    "shadow": lambda: "0",
    "positive": lambda: "1",
    "either": lambda: "1",
    "other": lambda: "0",
    **{name: lambda: True for name in ("any_production", "any_shadow", "any_answer")},
    **{name: lambda: 2 for name in ("block_s", "most", "step", "mean_cells", "delta_cells")},
    **{
        name: lambda: 0.5
        for name in ("mean_low", "mean_high", "delta_low", "delta_high", "tolerance")
    },
    **{name: lambda: 0.5 for name in ("bias", "sd", "mean", "slope")},
}
OF_PAIRS = sorted(
    name
    for name in questions()
    if {"fields", "truth", "arrivals", "cut"}.isdisjoint(find(name).text.split())
    and name not in ("compared_pairs", "least_alike", "measure_values")
)


def test_an_injected_text_reaches_the_engine_as_a_value(
    account: Account, engine: AthenaEngine
) -> None:
    """In every parameter of every question: one value among the others, and all tables are left.

    Where a number belongs, Athena refuses it, as it would refuse any text.
    """
    sent = 0
    for question in OF_PAIRS:
        columns = ["f0"] if "{columns}" in find(question).text else []
        for hostile in set(find(question).parameters) - {"start", "end"}:
            asked = {name: PARAMETERS[name]() for name in find(question).parameters}
            before = len(account.athena.statements)
            with contextlib.suppress(AwsError):
                engine.run(question, columns=columns, **{**asked, hostile: INJECTED})
            for statement in account.athena.statements[before:]:
                tree = sqlglot.parse_one(statement.statement.text, read="trino")
                assert isinstance(tree, exp.Query)
                written = [each.this for each in tree.find_all(exp.Literal)].count(INJECTED)
                bound = statement.parameters.count("'''; drop table'")
                assert written + bound == find(question).parameters.count(hostile)
                sent += 1
    assert sent >= 15
    assert engine.run("extent").count("n") == 4


@pytest.mark.parametrize("name", ["start", "end"])
def test_a_time_that_is_none_is_not_asked(
    account: Account, engine: AthenaEngine, name: str
) -> None:
    """The hours are made of the window, so a text in its place goes nowhere."""
    with pytest.raises(AttributeError):
        engine.run("confusion", **{**window(0, 4), name: INJECTED})
    assert account.athena.statements == []


def test_the_catalogue_tells_what_is_registered(account: Account, sizes: dict[str, int]) -> None:
    """Hours in their order with place, bytes and rows; no table is None, a stranger's is told."""
    catalogue = Catalogue(account.aws, Athena(work=WORK))
    hours = catalogue.hours("fraud_pairs")
    assert tuple(hours) == HOURS
    first = hours[HOURS[0]]
    place = "s3://tables/work/fraud_pairs/2024-03-31-12/"
    assert first == Hour(place, sizes[f"pairs {HOURS[0]}"], 1, 0, first.registered)
    assert abs(first.registered - datetime.now(UTC)) < timedelta(hours=1)
    table = catalogue.table("fraud_rows")
    assert table is not None
    assert table.partitioned == ("hour",)
    assert (table.columns["f0"], table.columns["segment"]) == ("double", "bigint")
    assert catalogue.table("nobodys") is None
    with pytest.raises(AwsError, match=r"understudy\.nobodys: AWS answered GetPartitions with Ent"):
        catalogue.hours("nobodys")
    stranger = {"Values": ["2024"], "StorageDescriptor": {"Location": "s3://tables/x/"}}
    account.athena.catalogue.add_partition("understudy", "fraud_pairs", stranger)
    with pytest.raises(SourceError, match=r"\['2024'\] of understudy\.fraud_pairs was not regis"):
        catalogue.hours("fraud_pairs")


def test_a_catalogue_that_refuses_is_told(account: Account, tmp_path: Path) -> None:
    """Denied and throttled calls of Glue are sentences, and no missing table."""
    account.faults.deny("GetTable")
    with pytest.raises(UnderstudyError, match="permission GetTable"):
        Catalogue(account.aws, Athena(work=WORK)).table("fraud_rows")
