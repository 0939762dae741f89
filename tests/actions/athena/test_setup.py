"""Are the tables of a test what its configuration says, and shown before they are made?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from actions.athena import setup
from queries.athena import schema
from queries.config import Prediction
from queries.errors import AwsError, ConfigError, SourceError
from tests.actions.athena.writing import VARIANTS, Cut, Writing
from tests.queries.capturing import JSON, NOON, line


def prepared(account: Cut, **about: Any) -> Writing:
    """A test with an hour of captures."""
    writing = Writing(account, **about)
    writing.capture(0, 3)
    return writing


def test_planning_changes_nothing(account: Cut) -> None:
    """Until it is carried out, no statement is run and no table is there."""
    writing = prepared(account)
    planned = setup.plan(writing.config, writing.test)
    assert planned.statements
    assert account.calls["athena:StartQueryExecution"] == 0
    assert account.athena.catalogue.tables("understudy") == []


def test_all_tables_are_made_once(account: Cut) -> None:
    """After the statements have been run, all is there, and nothing is left to do."""
    writing = prepared(account)
    planned = writing.set_up()
    names = {each["Name"] for each in account.athena.catalogue.tables("understudy")}
    assert names == {f"fraud_{table}" for table in ("captures", *schema.PARQUET, "looking")}
    assert setup.plan(writing.config, writing.test).statements == ()
    assert planned.location == "s3://captures/prefix/fraud"
    assert account.athena.untested == []


def test_the_table_over_captures_shows_each_line(account: Cut) -> None:
    """Every line of both variants is a row of its hour; one that is no JSON is a row of NULLs."""
    writing = prepared(account)
    writing.capture(1, 2, lines=[b"{"])
    writing.set_up()
    found = account.session().select(
        "SELECT hour, variant, count(*) AS n, count(capturedata) AS records "
        'FROM "understudy"."fraud_captures" WHERE hour >= \'2024/03/31/12\' GROUP BY 1, 2',
        what="lines",
        at_most=1 << 30,
    )
    counts = dict(
        zip(zip(found["hour"], found["variant"]), zip(found["n"], found["records"]))  # noqa: B905
    )
    assert counts == {
        ("2024/03/31/12", VARIANTS[0]): (3, 3),
        ("2024/03/31/12", VARIANTS[1]): (3, 3),
        ("2024/03/31/13", VARIANTS[0]): (3, 2),
        ("2024/03/31/13", VARIANTS[1]): (2, 2),
    }


def test_the_view_shows_pairs_as_captured(account: Cut) -> None:
    """Who looks by hand finds request and both answers side by side."""
    writing = prepared(account)
    writing.set_up()
    found = account.session().select(
        'SELECT id, asked, production_answer, shadow_answer FROM "understudy"."fraud_looking" '
        "WHERE hour = '2024/03/31/12' ORDER BY id",
        what="pairs",
        at_most=1 << 30,
    )
    assert list(found["id"]) == ["0-0", "0-1", "0-2"]
    assert list(found["asked"]) == ["0,0", "1,0", "2,0"]
    assert list(found["production_answer"]) == ["0.0", "0.7", "0.4"]
    assert list(found["shadow_answer"]) == ["0.1", "0.8", "0.5"]


@pytest.mark.parametrize("captures", ["s3://captures/prefix", "s3://captures/prefix/fraud/"])
def test_the_folder_of_the_endpoint_is_found(account: Cut, captures: str) -> None:
    """`captures` may name the folder of the endpoint, or the one above it."""
    writing = prepared(account)
    test = replace(writing.test, captures=captures)
    assert setup.plan(writing.config, test).location == "s3://captures/prefix/fraud"


def test_of_several_endpoints_one_must_be_named(account: Cut) -> None:
    """Captures of two endpoints under one folder are never mixed."""
    writing = prepared(account)
    other = account.folder / "captures" / "prefix"
    (other / "fraud").rename(other / "other")
    writing.capture(0, 3)
    with pytest.raises(SourceError, match=r"several endpoints \(fraud, other\)"):
        setup.plan(writing.config, writing.test)
    test = replace(writing.test, endpoint="other")
    assert setup.plan(writing.config, test).location == "s3://captures/prefix/other"


def test_without_captures_it_says_where_it_looked(account: Cut) -> None:
    """A mistyped variant or an empty prefix is a sentence with the address."""
    writing = Writing(account)
    with pytest.raises(SourceError, match="s3://captures/prefix holds no folder"):
        setup.plan(writing.config, writing.test)
    writing.capture(0, 3)
    writing.test = replace(writing.test, start=NOON + timedelta(days=9))
    with pytest.raises(SourceError, match="within its start and end"):
        setup.plan(writing.config, writing.test)


def test_how_it_is_read_is_kept(account: Cut) -> None:
    """A guess once made stands in the table, whatever is captured later."""
    writing = prepared(account)
    first = writing.set_up()
    writing.object(VARIANTS[0], 0, [line("x,y", {"label": "cat"}, encodings=JSON)] * 30, "0")
    again = setup.plan(writing.config, writing.test)
    assert again.statements == ()
    assert (again.production, again.shadow) == (first.production, first.shadow)


def test_another_declaration_makes_the_tables_anew(account: Cut) -> None:
    """Other predictions need other rows: the hours are lost, said so, and can be written again."""
    writing = prepared(account)
    writing.set_up()
    writing.update()
    writing.test = replace(writing.test, prediction=Prediction(kind="regression", column=0))
    planned = setup.plan(writing.config, writing.test)
    assert planned.lost == ("2024/03/31/12", "2024/03/31/13")
    dropped = [each.sql for each in planned.statements if each.sql.startswith("DROP")]
    assert dropped == [
        f"DROP TABLE `understudy`.`fraud_{table}`" for table in reversed(schema.PARQUET)
    ]
    setup.carry_out(writing.config, planned)
    assert writing.files() == set()
    assert setup.plan(writing.config, writing.test).statements == ()
    assert len(writing.update().pairs) == 1
    assert len(writing.rows("pairs")) == 3


def test_a_moved_bucket_needs_another_table_over_the_captures(account: Cut) -> None:
    """Where the captures lie elsewhere now, neither old rows nor the old table are kept."""
    writing = prepared(account)
    writing.set_up()
    writing.update()
    folder = account.folder / "captures"
    (folder / "prefix").rename(folder / "moved")
    writing.test = replace(writing.test, captures="s3://captures/moved")
    planned = setup.plan(writing.config, writing.test)
    assert "DROP TABLE `understudy`.`fraud_captures`" in [each.sql for each in planned.statements]
    setup.carry_out(writing.config, planned)
    assert setup.plan(writing.config, writing.test).statements == ()
    assert len(writing.update().rows) == 2


def test_a_table_of_another_test_is_left_alone(account: Cut) -> None:
    """Two tests whose names differ in a sign that a table cannot have are not mixed."""
    prepared(account, name="fraud a").set_up()
    other = Writing(account, name="fraud-a")
    with pytest.raises(ConfigError, match="belongs to the test 'fraud a'"):
        setup.plan(other.config, other.test)


def test_a_test_that_sql_cannot_read_is_refused(account: Cut) -> None:
    """Answers of several parts are left to the other engine, in a sentence."""
    writing = Writing(account)
    for variant in VARIANTS:
        lines = [
            line({"inputs": f"What is {n}?"}, {"generated_text": f"It is {n}."}, encodings=JSON)
            for n in range(20)
        ]
        writing.object(variant, 0, lines)
    with pytest.raises(ConfigError, match='engine = "duckdb"'):
        setup.plan(writing.config, writing.test)


def test_a_refused_statement_is_a_sentence(account: Cut) -> None:
    """What AWS refuses is told with its code; what was made stays, and setting up goes on."""
    writing = prepared(account)
    account.faults.deny("StartQueryExecution")
    with pytest.raises(AwsError, match="AccessDenied"):
        writing.set_up()
    account.faults.reset()
    writing.set_up()
    assert setup.plan(writing.config, writing.test).statements == ()
