"""How is Athena asked one SELECT?

Nothing but a single SELECT is asked, and nothing that might read more than ``[athena]`` allows.
PyAthena asks (``query``); the answer is read from S3 (``results``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from queries import s3_refusals
from queries.answers import Answer
from queries.athena import usage
from queries.athena.literals import placed
from queries.athena.query import Query
from queries.athena.results import read_csv
from queries.athena.spending import Spending
from queries.athena.usage import Asked
from queries.aws import client, explain
from queries.errors import ConfigError, QuestionError
from queries.questions import single_select

if TYPE_CHECKING:
    from pyathena.connection import Connection
    from pyathena.cursor import Cursor

    from queries.config import Aws
    from queries.config_athena import Athena

# https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html
_MOST_BYTES = 262_144

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Workgroup:
    """Where a workgroup has answers written, and the most bytes that it lets a query scan."""

    output: str | None
    enforced: bool
    cutoff: int | None


class Session:
    """Asks Athena in one account; safe to share between threads.

    ``folder`` is where it is kept what was read each day (``spending``).
    """

    def __init__(self, aws: Aws, athena: Athena, folder: Path) -> None:
        self.athena = athena
        self._aws = aws
        self._spending = Spending(athena, folder)

    def usd(self, scanned: int) -> float:
        """What AWS charges for a query that scans so many bytes."""
        return usage.charged(scanned) / usage.TB * self.athena.usd_per_tb

    @cached_property
    def workgroup(self) -> Workgroup:
        """What the workgroup says.

        Raises
        ------
        AwsError
            When AWS does not say.
        ConfigError
            When it answers nobody, or keeps its answers where they cannot be read.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        name = self.athena.workgroup
        try:
            found = client(self._aws, "athena").get_work_group(WorkGroup=name)["WorkGroup"]
        except (BotoCoreError, ClientError) as error:
            raise explain(
                error, call="GetWorkGroup", about=f"The workgroup {name} of [athena]"
            ) from error
        if found.get("State") == "DISABLED":
            raise ConfigError(
                f"The workgroup {name} of [athena] is disabled; enable it, or name another."
            )
        says = found.get("Configuration") or {}
        if (says.get("ManagedQueryResultsConfiguration") or {}).get("Enabled"):
            raise ConfigError(
                f"The workgroup {name} of [athena] keeps its answers itself (managed query "
                "results), where they are no file to be read; name one that writes them to S3."
            )
        return Workgroup(
            (says.get("ResultConfiguration") or {}).get("OutputLocation"),
            bool(says.get("EnforceWorkGroupConfiguration")),
            says.get("BytesScannedCutoffPerQuery"),
        )

    def select(
        self, sql: str, parameters: Sequence[Any] = (), *, what: str, at_most: int
    ) -> Answer:
        """The answer to one SELECT.

        Parameters
        ----------
        sql
            In Athena's dialect, with a mark (``?``) for every value.
        parameters
            The values of the marks, in their order.
        what
            What is asked, for those who wait and those who pay.
        at_most
            The most bytes that it can scan.

        Raises
        ------
        AwsError
            When Athena or S3 refuses or fails; of a query that was started, its id is told.
        ConfigError
            When the workgroup and ``[athena]`` let nothing be asked.
        QuestionError
            When it is no single SELECT, or might read more than is allowed.
        """
        text, values = placed(sql, parameters)
        single_select(text)
        if len(text.encode()) > _MOST_BYTES:
            raise QuestionError(
                f"The question {what} has {len(text.encode()):,} bytes, and Athena takes "
                f"{_MOST_BYTES:,}; name fewer values in the filter."
            )
        minutes = self.athena.reuse_minutes
        return self._ask(text, values, self._answer, what=what, at_most=at_most, minutes=minutes)[0]

    def _ask(
        self,
        text: str,
        values: Sequence[str],
        read: Callable[[Cursor], T],
        *,
        what: str,
        at_most: int,
        minutes: int,
    ) -> tuple[T, Asked]:
        """What is read of the answer to one statement, and what that took."""
        usage.allow(what, at_most, self.usd(at_most))
        how = {
            "s3_staging_dir": self._output(),
            "result_reuse_enable": minutes > 0,
            "result_reuse_minutes": minutes,
        }
        reserved = self._spending.reserve(what, at_most)
        query = Query(what, self.workgroup.cutoff)
        try:
            answer = read(query.run(self._connection, text, values, **how))
        finally:
            reserved.write(query.read, query.query_id)
            usd = self.usd(query.read) if query.charged else 0.0
            asked = Asked(what, query.query_id, query.scanned, query.seconds, usd, query.reused)
            if query.query_id:
                usage.count(asked)
        return answer, asked

    def _answer(self, cursor: Cursor) -> Answer:
        columns = [(name, type_) for name, type_, *_ in cursor.description or ()]
        return read_csv(self._fetched(cursor.output_location or ""), columns)

    def _output(self) -> str | None:
        """Where the answer is to be written; None where the workgroup says so."""
        workgroup, configured = self.workgroup, self.athena.output
        if workgroup.output is not None and (workgroup.enforced or configured is None):
            return None
        if configured is None:
            raise ConfigError(
                f"Nothing says where Athena may write answers: the workgroup "
                f'{self.athena.workgroup} does not; add output = "s3://bucket/prefix/" to [athena].'
            )
        return configured

    @cached_property
    def _connection(self) -> Connection[Cursor]:
        from pyathena.connection import Connection
        from pyathena.util import RetryConfig

        # it logs with a traceback what is raised here as a sentence
        logging.getLogger("pyathena").setLevel(logging.CRITICAL)
        return Connection(
            session=_Clients(self._aws),
            work_group=self.athena.workgroup,
            schema_name=self.athena.database,
            # not from the environment, and between two looks the query waits itself
            s3_staging_dir="",
            poll_interval=0,
            # botocore repeats what is throttled, with growing pauses
            retry_config=RetryConfig(attempt=1),
        )

    @cached_property
    def _s3(self) -> Any:
        return client(self._aws, "s3")

    def _fetched(self, location: str) -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError

        bucket, _, key = location.removeprefix("s3://").partition("/")
        try:
            data: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise s3_refusals.explain(
                error, call="GetObject", about=location, aws=self._aws
            ) from error
        return data


class _Clients:
    """What PyAthena takes for a session: its clients are signed and addressed as all others."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def client(self, service: str, **_: Any) -> Any:
        return client(self._aws, service)
