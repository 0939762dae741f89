"""The stand-in's Athena refuses what Athena refuses, and its queries live as Athena's do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.athena.duck import Duck
from demo.athena.service import Athena, Workgroup
from demo.buckets import Buckets
from demo.faults import Faults
from demo.standin import StandIn
from demo.wire import application
from queries.aws import client
from queries.config import Aws

CAPTURES = """CREATE EXTERNAL TABLE IF NOT EXISTS `db`.`captures` (
    `eventmetadata` struct<eventid:string>,
    `n` int
)
PARTITIONED BY (`variant` string, `hour` string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES ('ignore.malformed.json' = 'TRUE')
LOCATION 's3://given/'
TBLPROPERTIES (
    'projection.enabled' = 'true',
    'projection.variant.type' = 'enum',
    'projection.variant.values' = 'a,b',
    'projection.hour.type' = 'date',
    'projection.hour.format' = 'yyyy/MM/dd/HH',
    'projection.hour.range' = '2026/01/01/01,NOW',
    'projection.hour.interval' = '1',
    'projection.hour.interval.unit' = 'HOURS',
    'storage.location.template' = 's3://given/${variant}/${hour}/'
)"""


class World:
    """An account with Athena, Glue and S3, and clients of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.buckets = Buckets({name: folder / name for name in ("given", "made", "answers")})
        workgroups = {
            "primary": Workgroup("s3://answers/"),
            "enforced": Workgroup("s3://answers/enforced/", enforced=True),
            "small": Workgroup("s3://answers/", cutoff=100),
            "off": Workgroup("s3://answers/", enabled=False),
            "nowhere": Workgroup(),
        }
        self.athena = Athena(folder, self.buckets, Duck(), workgroups)
        self.faults = Faults()
        operations = [*self.athena.operations(), *self.buckets.operations()]
        self._server = StandIn(application(self.faults.guarded(operations)))
        aws = Aws(region="eu-central-1", endpoint_url=self._server.url)
        self.client, self.glue = client(aws, "athena"), client(aws, "glue")
        self.s3 = client(aws, "s3")
        for variant, hours in {"a": "00 01 02", "b": "01 02", "c": "01"}.items():
            for hour in hours.split():
                lines = [json.dumps({"eventMetadata": {"eventId": f"{variant}{hour}"}, "n": 1})]
                key = f"{variant}/2026/01/01/{hour}/x.jsonl"
                self.buckets.put("given", key, "\n".join([*lines, '{"n', '{"n']).encode())
        self.done("CREATE DATABASE db")
        self.done(CAPTURES)

    def stop(self) -> None:
        self.athena.troubles.release()
        self._server.stop()

    def start(self, text: str, *values: str, **more: Any) -> str:
        given = {"ExecutionParameters": list(values)} if values else {}
        asked = {"QueryString": text, "QueryExecutionContext": {"Database": "db"}, **given, **more}
        return str(self.client.start_query_execution(**asked)["QueryExecutionId"])

    def told(self, query: str) -> dict[str, Any]:
        return dict(self.client.get_query_execution(QueryExecutionId=query)["QueryExecution"])

    def ended(self, text: str, *values: str, **more: Any) -> dict[str, Any]:
        query = self.start(text, *values, **more)
        while (told := self.told(query))["Status"]["State"] in ("QUEUED", "RUNNING"):
            time.sleep(0.01)
        return told

    def done(self, text: str, *values: str, **more: Any) -> dict[str, Any]:
        told = self.ended(text, *values, **more)
        assert told["Status"]["State"] == "SUCCEEDED", told["Status"]
        return told

    def failed(self, text: str, *values: str, **more: Any) -> str:
        told = self.ended(text, *values, **more)
        assert told["Status"]["State"] == "FAILED", told["Status"]
        return str(told["Status"]["StateChangeReason"])

    def rows(self, text: str, *values: str, **more: Any) -> list[list[str | None]]:
        query = self.done(text, *values, **more)["QueryExecutionId"]
        pages = self.client.get_paginator("get_query_results").paginate(QueryExecutionId=query)
        found = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
        return [[cell.get("VarCharValue") for cell in row] for row in found][1:]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    found = World(tmp_path_factory.mktemp("athena"))
    yield found
    found.stop()


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    """The account, with nothing going wrong."""
    yield shared
    shared.faults.reset()
    shared.athena.troubles.release()


def test_projection_makes_the_partitions(world: World) -> None:
    """Of the variants and the hours that the properties name; a malformed line is a row of NULLs.

    Outside lie variant c and the hour 00.
    """
    counted = world.rows(
        "SELECT variant, hour, count(*) AS n, count(eventmetadata.eventid) AS ids, "
        'count(DISTINCT "$path") AS objects FROM captures GROUP BY 1, 2 ORDER BY 1, 2'
    )
    assert counted == [
        [variant, f"2026/01/01/{hour}", "3", "1", "1"]
        for variant, hour in (("a", "01"), ("a", "02"), ("b", "01"), ("b", "02"))
    ]


def test_what_is_read_is_billed(world: World) -> None:
    """The objects of the partitions that the conditions leave over, whole where they are JSON."""
    size = sum(each.size for each in world.buckets.below("given", "a/2026/01/01/01/"))
    told = world.done(
        "SELECT count(*) FROM captures WHERE variant = ? AND hour = ?", "'a'", "'2026/01/01/01'"
    )
    assert told["Statistics"]["DataScannedInBytes"] == size > 0
    whole = world.done("SELECT count(*) FROM captures")
    assert whole["Statistics"]["DataScannedInBytes"] == 4 * size


def test_null_is_not_the_empty_text(world: World) -> None:
    """In the answer's file all stands in quotes but NULL; in the rows NULL has no value."""
    text = "SELECT CAST(NULL AS varchar) AS a, '' AS b, 'x\"y' AS c, 1.5e0 AS d"
    told = world.done(text)
    key = told["ResultConfiguration"]["OutputLocation"].removeprefix("s3://answers/")
    content = world.s3.get_object(Bucket="answers", Key=key)["Body"].read()
    assert content == b'"a","b","c","d"\n,"","x""y","1.5"\n'
    assert world.rows(text) == [[None, "", 'x"y', "1.5"]]


def test_long_answers_come_in_pages(world: World) -> None:
    """At most a thousand rows each, the names before the first; all rows come once."""
    text = "SELECT i FROM (SELECT sequence(1, 2500) AS s) CROSS JOIN UNNEST(s) AS n (i) ORDER BY i"
    assert world.rows(text) == [[str(each)] for each in range(1, 2501)]
    query = world.done(text)["QueryExecutionId"]
    with pytest.raises(ClientError, match="less than or equal to 1000"):
        world.client.get_query_results(QueryExecutionId=query, MaxResults=1001)


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("SELECT FROM WHERE", (), "mismatched input"),
        ("SELECT 1; DROP TABLE captures", (), "Only one sql statement is allowed"),
        ("SELECT n FROM captures WHERE n = ?", (), "expected 1 but found 0"),
        ("SELECT n FROM captures WHERE n = 1", ("1",), "expected 0 but found 1"),
        ("SELECT n FROM captures WHERE hour = ?", ("'a' OR true",), "Expecting: a constant"),
        ("SELECT n FROM captures WHERE hour = ?", ("'a'; DROP TABLE x",), "Expecting: a constant"),
        ("SELECT n FROM captures WHERE hour = ?", ("(SELECT 'a')",), "Expecting: a constant"),
        ("SELECT n FROM captures WHERE hour = ?", ("'a' FROM x",), "Expecting: a constant"),
        ("SELECT ? FROM captures", ("1",), "only in the WHERE clause"),
    ],
)
def test_what_is_no_statement_is_refused_at_once(
    world: World, text: str, values: tuple[str, ...], said: str
) -> None:
    """With the code that Athena gives, and nothing begins."""
    with pytest.raises(ClientError, match=said) as refused:
        world.start(text, *values)
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"
    assert refused.value.response["AthenaErrorCode"] == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT nope FROM captures", "COLUMN_NOT_FOUND"),
        ("SELECT * FROM elsewhere", "TABLE_NOT_FOUND"),
        ("SELECT CAST(eventmetadata.eventid AS bigint) FROM captures", "INVALID_CAST_ARGUMENT"),
        ("DROP TABLE elsewhere", "FAILED: EntityNotFound"),
        ("CREATE DATABASE db", "FAILED: AlreadyExists"),
    ],
)
def test_a_query_that_breaks_says_why(world: World, text: str, reason: str) -> None:
    """It was begun, so its state tells, and its answer is refused."""
    assert world.failed(text).startswith(reason)


def test_what_was_not_tested_is_reported(world: World) -> None:
    """A function without an answer of a real Trino, and a statement of another kind."""
    before = len(world.athena.untested)
    assert "soundex is outside of the SQL" in world.failed("SELECT soundex('a')")
    with pytest.raises(ClientError, match="no statement of this kind was tested"):
        world.start("INSERT INTO captures SELECT 1")
    assert len(world.athena.untested) == before + 2


def test_a_query_lives_from_queued_to_its_end(world: World) -> None:
    """QUEUED, RUNNING, and an answer only after that; what is cancelled stays cancelled."""
    world.athena.troubles.hold("QUEUED")
    query = world.start("SELECT 1 AS x")
    assert world.told(query)["Status"]["State"] == "QUEUED"
    with pytest.raises(ClientError, match="not yet finished"):
        world.client.get_query_results(QueryExecutionId=query)
    world.client.stop_query_execution(QueryExecutionId=query)
    world.athena.troubles.release()
    assert world.told(query)["Status"]["State"] == "CANCELLED"
    with pytest.raises(ClientError, match="Final query state: CANCELLED"):
        world.client.get_query_results(QueryExecutionId=query)


def test_troubles_come_when_they_are_asked_for(world: World) -> None:
    """A failure of AWS's own may be tried again, and too many calls are refused."""
    world.athena.troubles.fail("GENERIC_INTERNAL_ERROR: an error of ours", retryable=True)
    told = world.ended("SELECT 1 AS x")
    assert told["Status"]["AthenaError"]["Retryable"] is True
    assert told["Status"]["StateChangeReason"] == "GENERIC_INTERNAL_ERROR: an error of ours"
    world.faults.throttle("StartQueryExecution", times=1)
    assert world.rows("SELECT 1 AS x") == [["1"]]
    world.faults.expire()
    with pytest.raises(ClientError, match="expired"):
        world.start("SELECT 1 AS x")


def test_the_same_question_is_answered_from_before(world: World) -> None:
    """Text, values, database, workgroup and place the same: nothing is scanned."""
    reuse = {
        "ResultReuseConfiguration": {
            "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}
        }
    }
    text = "SELECT count(*) AS again FROM captures WHERE hour = ?"
    first = world.done(text, "'2026/01/01/01'", **reuse)["Statistics"]
    same = world.done(text, "'2026/01/01/01'", **reuse)["Statistics"]
    other = world.done(text, "'2026/01/01/02'", **reuse)["Statistics"]
    asked_anew = world.done(text, "'2026/01/01/01'")["Statistics"]
    reused = [
        each["ResultReuseInformation"]["ReusedPreviousResult"]
        for each in (first, same, other, asked_anew)
    ]
    assert reused == [False, True, False, False]
    assert first["DataScannedInBytes"] > 0 == same["DataScannedInBytes"]


def test_workgroups_have_their_way(world: World) -> None:
    """Where answers go, how much a query may read, and whether any is answered."""
    told = world.done("SELECT 1 AS x", WorkGroup="enforced",
                      ResultConfiguration={"OutputLocation": "s3://made/"})  # fmt: skip
    assert told["ResultConfiguration"]["OutputLocation"].startswith("s3://answers/enforced/")
    cut = world.ended("SELECT count(*) FROM captures", WorkGroup="small")["Status"]
    assert cut["State"] == "CANCELLED"
    assert "Bytes scanned limit was exceeded" in cut["StateChangeReason"]
    for workgroup, said in {
        "off": "is disabled",
        "nowhere": "No output location provided",
        "none": "is not found",
    }.items():
        with pytest.raises(ClientError, match=said):
            world.start("SELECT 1 AS x", WorkGroup=workgroup)


def test_one_token_begins_one_query(world: World) -> None:
    """As often as the call is repeated; another text under the same token is refused."""
    token = "t" * 32
    first = world.start("SELECT 1 AS x", ClientRequestToken=token)
    assert world.start("SELECT 1 AS x", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        world.start("SELECT 2 AS x", ClientRequestToken=token)


def test_a_table_is_made_of_a_question(world: World) -> None:
    """Its rows lie in folders that Hive would call so, and what Hive cannot keep is refused."""
    made = (
        "CREATE TABLE db.{} WITH (format = 'PARQUET', external_location = 's3://made/{}/', {}) AS "
    )
    text = made.format("t", "t", "partitioned_by = ARRAY['hour']")
    text += "SELECT n, eventmetadata.eventid AS id, hour FROM captures"
    world.done(text)
    partitions = world.glue.get_partitions(DatabaseName="db", TableName="t")["Partitions"]
    assert [(each["Values"], each["StorageDescriptor"]["Location"]) for each in partitions] == [
        ([f"2026/01/01/{hour}"], f"s3://made/t/hour=2026%2F01%2F01%2F{hour}/")
        for hour in ("01", "02")
    ]
    assert world.rows("SELECT hour, count(*) AS n, sum(n) AS s FROM t GROUP BY 1 ORDER BY 1") == [
        ["2026/01/01/01", "6", "2"],
        ["2026/01/01/02", "6", "2"],
    ]
    assert "TABLE_ALREADY_EXISTS" in world.failed(text)
    world.done("DROP TABLE db.t")
    assert "HIVE_PATH_ALREADY_EXISTS" in world.failed(text)
    first = made.format("u", "u", "partitioned_by = ARRAY['n']")
    assert "HIVE_COLUMN_ORDER_MISMATCH" in world.failed(first + "SELECT n, hour FROM captures")
    plain = made.format("v", "v", "bucketed_by = ARRAY['a'], bucket_count = 2")
    precise = "SELECT CAST('2026-01-01 00:00:00' AS timestamp(6)) AS a"
    assert "Incorrect timestamp precision for timestamp(6)" in world.failed(plain + precise)
    with pytest.raises(ClientError, match="enforces a centralized output location"):
        world.start(plain + "SELECT 1 AS a", WorkGroup="enforced")
    many = (
        "SELECT i AS a, CAST(i AS varchar) AS hour FROM (SELECT sequence(1, 101) AS s) "
        "CROSS JOIN UNNEST(s) AS n (i)"
    )
    writers = made.format("w", "w", "partitioned_by = ARRAY['hour']") + many
    assert "HIVE_TOO_MANY_OPEN_PARTITIONS" in world.failed(writers)


def test_a_view_is_written_out(world: World) -> None:
    """A view is its question; one that cannot be asked is not made."""
    world.done('CREATE OR REPLACE VIEW db.newest AS SELECT hour AS h, n FROM "db"."captures"')
    assert world.rows("SELECT count(*) AS n FROM newest AS v WHERE v.h > '2026/01/01/01'") == [
        ["6"]
    ]
    assert "COLUMN_NOT_FOUND" in world.failed("CREATE VIEW db.broken AS SELECT nope FROM captures")


def test_glue_registers_a_partition_once(world: World) -> None:
    """A second one of the same values is refused, in a batch as part of the answer."""
    world.done(
        "CREATE EXTERNAL TABLE db.p (a bigint) PARTITIONED BY (hour string) STORED AS PARQUET "
        "LOCATION 's3://made/p/'"
    )
    given = [
        {"Values": [hour], "StorageDescriptor": {"Location": f"s3://made/p/{hour}/"}}
        for hour in ("01", "02", "01")
    ]
    answer = world.glue.batch_create_partition(
        DatabaseName="db", TableName="p", PartitionInputList=given
    )
    refused = [
        (each["PartitionValues"], each["ErrorDetail"]["ErrorCode"]) for each in answer["Errors"]
    ]
    assert refused == [(["01"], "AlreadyExistsException")]
    found = world.glue.get_partitions(DatabaseName="db", TableName="p", Expression="hour >= '02'")
    assert [each["Values"] for each in found["Partitions"]] == [["02"]]
    text = "ALTER TABLE db.p ADD PARTITION (hour = '02') LOCATION 's3://made/p/other/'"
    assert "AlreadyExists" in world.failed(text)
    world.done(text.replace("ADD PART", "ADD IF NOT EXISTS PART"))
    with pytest.raises(ClientError, match="Table already exists"):
        world.glue.create_table(DatabaseName="db", TableInput={"Name": "p"})
    with pytest.raises(ClientError, match="Entity Not Found"):
        world.glue.get_table(DatabaseName="db", Name="nothing")
