"""Is Athena asked one SELECT within the limits, and is each way it can end told as it was?"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from demo.athena.service import Workgroup
from demo.wire import Operation
from queries.athena import usage
from queries.athena.session import Session
from queries.athena.usage import GB, Running, Usage
from queries.aws import client
from queries.errors import AwsError, ConfigError, Expensive, QuestionError
from tests.queries.athena.asking import Account

ALL = 'SELECT n, s, d, n > 1 AS b FROM "understudy"."things" WHERE n >= ?'
THINGS = pa.table({"n": [1, 2, 3], "s": ["a", None, ""], "d": [1.5, None, float("nan")]})


@pytest.fixture
def things(account: Account) -> Account:
    """The account with a table of three rows."""
    account.write("things", THINGS)
    return account


def ask(session: Session, sql: str = ALL, values: Any = (1,), at_most: int = 10**6) -> Any:
    return session.select(sql, values, what="things", at_most=at_most)


def asked(account: Account) -> int:
    """How many queries Athena was given."""
    return account.calls["athena:StartQueryExecution"]


def test_null_empty_and_nan_are_kept_apart(things: Account) -> None:
    """Columns of NumPy, as the other engine has them; a value is bound, not written."""
    answer = ask(things.session())
    assert answer["n"].tolist() == [1, 2, 3]
    assert answer["s"].tolist() == ["a", None, ""]
    assert np.isnan(answer["d"]).tolist() == [False, True, True]
    assert answer["b"].tolist() == [False, True, True]
    assert {name: column.dtype.name for name, column in answer.items()} == {
        "n": "int64", "s": "object", "d": "float64", "b": "bool",
    }  # fmt: skip
    (query,) = things.athena.statements
    assert query.statement.text.endswith("n >= ?")
    assert query.parameters == ("1",)


def test_an_answer_of_many_rows_is_whole(account: Account) -> None:
    """10⁵ rows come in one file, not in a hundred pages."""
    account.write("things", pa.table({"n": range(100_000), "s": ["x"] * 100_000}))
    answer = ask(account.session(), 'SELECT n, s FROM "understudy"."things"', ())
    assert answer.rows == 100_000
    assert int(answer["n"].sum()) == 100_000 * 99_999 // 2
    assert account.calls["athena:GetQueryResults"] == 1
    assert account.calls["s3:GetObject"] == 1


@pytest.mark.parametrize(
    "sql",
    [
        'DROP TABLE "understudy"."things"',
        "SELECT 1; DROP TABLE things",
        "CREATE TABLE a AS SELECT 1 AS n",
        "INSERT INTO things SELECT 4, 'x', 0e0",
        "UNLOAD (SELECT 1) TO 's3://answers/x' WITH (format = 'PARQUET')",
        "MSCK REPAIR TABLE things",
        "SELEC 1",
        "",
    ],
)
def test_only_a_select_is_asked(things: Account, sql: str) -> None:
    """Whatever is not one SELECT never leaves this machine."""
    with pytest.raises(QuestionError):
        ask(things.session(), sql, ())
    assert asked(things) == 0


def test_a_text_longer_than_athena_takes_is_not_sent(things: Account) -> None:
    """The sentence gives both lengths."""
    with pytest.raises(QuestionError, match=r"has 300,0\d\d bytes, and Athena takes 262,144"):
        ask(things.session(), "SELECT ? AS s", ["x" * 300_000])
    assert asked(things) == 0


def test_throttled_calls_are_repeated(things: Account) -> None:
    """A call that is one too many is made again after a pause, and the question asked once."""
    for call in ("GetWorkGroup", "StartQueryExecution", "GetQueryExecution"):
        things.faults.throttle(call)
    assert ask(things.session()).rows == 3
    assert len(things.athena.statements) == 1


def test_expired_credentials_are_told(things: Account) -> None:
    """Call, code and request id, with what helps; nothing counts as read."""
    session = things.session()
    assert session.workgroup.output == "s3://answers/"
    things.faults.expire()
    with pytest.raises(AwsError, match="sign-in has run out") as caught:
        ask(session)
    assert caught.value.call == "StartQueryExecution"
    assert caught.value.request_id
    assert things.read_today() == 0


def test_credentials_may_expire_while_a_query_runs(things: Account) -> None:
    """The call that was refused is named; that the query cannot be stopped either is no other."""
    things.athena.troubles.hold("RUNNING")

    def expire(running: Running) -> None:
        if running.state == "RUNNING":
            things.faults.expire()

    with (
        usage.asking(Usage(), progress=expire),
        pytest.raises(AwsError, match="sign-in has run out") as caught,
    ):
        ask(things.session())
    assert caught.value.call == "GetQueryExecution"
    assert things.calls["athena:StopQueryExecution"] == 0


@pytest.mark.parametrize("call", ["GetWorkGroup", "StartQueryExecution", "GetObject"])
def test_a_refusal_names_the_permission(
    things: Account, call: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Of Athena and of S3: call and code in a sentence, and no traceback in a log."""
    things.faults.deny(call)
    with pytest.raises(AwsError, match=call) as caught:
        ask(things.session())
    assert (caught.value.call, caught.value.code) == (call, "AccessDeniedException")
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("TABLE_NOT_FOUND: line 1:15: Table 'x' does not exist", "Run `cli.py athena setup`"),
        ("COLUMN_NOT_FOUND: line 1:8: Column 'f9' cannot be resolved", "`cli.py athena setup`"),
        ("PERMISSION_DENIED: Access Denied (Service: Amazon S3)", "docs/iam/athena.json"),
        ("Query exhausted resources at this scale factor", "Choose a shorter window"),
        ("NOT_KNOWN: something else", "failed: NOT_KNOWN: something else."),
    ],
)
def test_a_query_that_fails_says_why(things: Account, reason: str, sentence: str) -> None:
    """Athena's words, what helps, and the query's id; it costs nothing, and is counted."""
    things.athena.troubles.fail(reason)
    session = things.session()
    with usage.asking(Usage()) as page, pytest.raises(AwsError) as caught:
        ask(session)
    (query,) = things.athena.statements
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(f"(Query id {query.id}.)")
    assert (caught.value.code, caught.value.request_id) == ("FAILED", query.id)
    assert [(each.query_id, each.usd) for each in page.asked] == [(query.id, 0.0)]
    assert things.read_today() == 0


def test_a_fault_of_athenas_own_may_be_tried_again(things: Account) -> None:
    """The category of the error says whose fault it is."""
    things.athena.troubles.fail("INTERNAL_ERROR_QUERY_ENGINE", retryable=True)
    with pytest.raises(AwsError, match="The fault is on AWS's side; ask again"):
        ask(things.session())


def test_a_question_that_is_wrong_is_told(things: Account) -> None:
    """A mark that no value can stand in, a column that is not there: Athena's own words."""
    with pytest.raises(AwsError, match="COLUMN_NOT_FOUND"):
        ask(things.session(), 'SELECT nope FROM "understudy"."things"', ())


def test_progress_is_told_until_the_end(things: Account) -> None:
    """While it waits, while it runs with what it read by then, and when it is over."""
    things.athena.troubles.hold("QUEUED")
    seen: list[Running] = []

    def look(running: Running) -> None:
        seen.append(running)
        if running.state == "QUEUED":
            things.athena.troubles.release()

    with usage.asking(Usage(), progress=look):
        ask(things.session())
    assert seen[0].state == "QUEUED"
    assert seen[-1].state == "SUCCEEDED"
    assert seen[-1].scanned == things.athena.statements[0].scanned > 0
    assert {each.query_id for each in seen} == {things.athena.statements[0].id}
    assert [each.seconds for each in seen] == sorted(each.seconds for each in seen)


class Left(BaseException):
    """What Streamlit raises inside a page that nobody looks at any more is no Exception."""


@pytest.mark.parametrize("leaving", [Left, KeyboardInterrupt, RuntimeError])
def test_a_page_that_is_left_cancels_its_query(
    things: Account, leaving: type[BaseException]
) -> None:
    """What its listener raises goes on as it is, and Athena is told to stop."""
    things.athena.troubles.hold("RUNNING")
    session = things.session()

    def leave(running: Running) -> None:
        if running.state == "RUNNING":
            raise leaving

    with usage.asking(Usage(), progress=leave) as page, pytest.raises(leaving):
        ask(session)
    (query,) = things.athena.statements
    assert query.state == "CANCELLED"
    assert [each.query_id for each in page.asked] == [query.id]
    # Athena may tell only later what it read until then
    assert things.read_today() in (0, query.scanned)


def test_a_query_cancelled_elsewhere_is_told(things: Account) -> None:
    """Somebody stops it in Athena's console: that is no answer, and no failure either."""
    things.athena.troubles.hold("RUNNING")
    athena = client(things.aws, "athena")

    def stop(running: Running) -> None:
        if running.state == "RUNNING":
            athena.stop_query_execution(QueryExecutionId=running.query_id)

    with (
        usage.asking(Usage(), progress=stop),
        pytest.raises(AwsError, match=r"was cancelled in Athena \(.*\)\. Ask again") as caught,
    ):
        ask(things.session())
    assert caught.value.code == "CANCELLED"


def test_the_limit_of_the_workgroup_is_told(tmp_path: Path) -> None:
    """Over BytesScannedCutoffPerQuery Athena cancels; the sentence says so, and how to ask less."""
    account = Account(
        tmp_path / "account", small=Workgroup(output="s3://answers/", cutoff=10_000_000)
    )
    noise = np.random.default_rng(1).random(1_600_000)
    size = account.write("things", pa.table({"d": noise}))
    session = account.session(workgroup="small")
    assert session.workgroup.cutoff == 10_000_000
    with pytest.raises(AwsError, match=r"workgroup cancelled .* allows 0\.01 \(BytesScannedCut"):
        ask(session, 'SELECT sum(d) AS d FROM "understudy"."things"', (), at_most=size)
    account.close()


def test_what_may_cost_too_much_is_not_asked(things: Account) -> None:
    """Neither over the limit of a query or a day nor, without a word, over a page's price."""
    session = things.session(max_gb_per_query=1, max_gb_per_day=1.5)
    with pytest.raises(QuestionError, match="max_gb_per_query"):
        ask(session, at_most=2 * GB)
    with usage.asking(Usage(), at_most_usd=0.004), pytest.raises(Expensive) as caught:
        ask(session, at_most=GB)
    assert (caught.value.bytes, caught.value.usd) == (GB, 0.005)
    assert asked(things) == 0
    assert ask(session, at_most=GB).rows == 3
    # what it did read is little, so there is room again
    assert ask(session, at_most=GB).rows == 3


def test_a_page_knows_what_it_cost(things: Account) -> None:
    """Ten megabytes are charged at least; what was read is written down for the day."""
    session = things.session(usd_per_tb=6.0)
    with usage.asking(Usage()) as page:
        ask(session)
    (query,) = things.athena.statements
    assert page.scanned == query.scanned == things.read_today() > 0
    assert page.usd == pytest.approx(6.0 * 10**7 / 10**12)
    assert page.seconds > 0


def test_the_same_question_is_answered_again_for_nothing(things: Account) -> None:
    """Of the same text and values; other values are another question, and 0 minutes ask anew."""
    session = things.session()
    with usage.asking(Usage()) as page:
        first, again, other = ask(session), ask(session), ask(session, values=(2,))
    assert [each.reused for each in page.asked] == [False, True, False]
    assert [each.usd > 0 for each in page.asked] == [True, False, True]
    assert (page.asked[1].scanned, page.reused) == (0, 1)
    assert again["s"].tolist() == first["s"].tolist()
    assert other.rows == 2
    with usage.asking(Usage()) as page:
        ask(things.session(reuse_minutes=0))
    assert page.reused == 0


def test_where_answers_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the workgroup says; else as [athena] says; never as PyAthena's environment says."""
    monkeypatch.setenv("AWS_ATHENA_S3_STAGING_DIR", "s3://elsewhere/")
    account = Account(
        tmp_path / "account", free=Workgroup(), says=Workgroup(output="s3://answers/says/")
    )
    account.write("things", THINGS)

    def output(**settings: Any) -> str:
        ask(account.session(reuse_minutes=0, **settings))
        return account.athena.statements[-1].output.rpartition("/")[0]

    assert output() == "s3://answers"
    assert output(output="s3://answers/mine/") == "s3://answers"
    assert output(workgroup="says") == "s3://answers/says"
    assert output(workgroup="says", output="s3://answers/mine/") == "s3://answers/mine"
    assert output(workgroup="free", output="s3://answers/mine/") == "s3://answers/mine"
    with pytest.raises(ConfigError, match=r"the workgroup free does not; add output ="):
        output(workgroup="free")
    account.close()


def test_a_workgroup_that_cannot_be_asked_is_told(tmp_path: Path) -> None:
    """Disabled, or not there: a sentence that names it, and nothing is asked."""
    account = Account(tmp_path / "account", off=Workgroup(output="s3://answers/", enabled=False))
    with pytest.raises(ConfigError, match=r"workgroup off of \[athena\] is disabled"):
        ask(account.session(workgroup="off"))
    with pytest.raises(AwsError, match=r"workgroup none of \[athena\]: AWS answered GetWorkG"):
        ask(account.session(workgroup="none"))
    assert asked(account) == 0
    account.close()


def test_a_workgroup_that_keeps_its_answers_is_told(tmp_path: Path) -> None:
    """With managed query results there is no file to read."""

    def keeps(_: dict[str, Any]) -> dict[str, Any]:
        says = {"ManagedQueryResultsConfiguration": {"Enabled": True}}
        return {"WorkGroup": {"Name": "primary", "State": "ENABLED", "Configuration": says}}

    operation = Operation("athena", "AmazonAthena", "GetWorkGroup", keeps)
    account = Account(tmp_path / "account", instead=[operation])
    with pytest.raises(ConfigError, match="keeps its answers itself"):
        ask(account.session())
    account.close()


def test_many_threads_share_a_session(things: Account) -> None:
    """Each gets its own answer, and the day's sum is that of all."""
    session = things.session(reuse_minutes=0)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: ask(session, values=(n,)).rows, [1, 2, 3, 4] * 2))
    assert answers == [3, 2, 1, 0] * 2
    assert things.read_today() == sum(each.scanned for each in things.athena.statements)
