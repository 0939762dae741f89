"""What becomes of one query between its start and its answer?

PyAthena starts it, waits and cancels; how far it is, is told at each look, and an exception of
whoever listens (a page that is left) cancels it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from queries.athena import usage
from queries.athena.usage import Running
from queries.aws import explain
from queries.errors import AwsError

if TYPE_CHECKING:
    from pyathena.connection import Connection
    from pyathena.cursor import Cursor

    from queries.athena.usage import State

# A short question is soon answered, and a long one need not be looked at often.
_SOONEST_S, _RAREST_S = 0.05, 1.0
_OVER = ("SUCCEEDED", "FAILED", "CANCELLED")


class Query:
    """One query; ``scanned`` in bytes as far as Athena has told."""

    def __init__(self, what: str, cutoff: int | None) -> None:
        self.what = what
        self.query_id = ""
        self.scanned = 0
        self.reused = False
        self._cutoff = cutoff
        self._state: State = "QUEUED"
        self._reason = ""
        self._category = 0
        self._data = False
        self._began = time.monotonic()
        self._pause = _SOONEST_S

    @property
    def seconds(self) -> float:
        """Since its start."""
        return time.monotonic() - self._began

    @property
    def read(self) -> int:
        """The bytes that count: a query that failed, or was never started, is not charged."""
        return 0 if self._state == "FAILED" else self.scanned

    @property
    def charged(self) -> bool:
        """Whether AWS charges for it: not for defining a table, nor for an earlier answer."""
        return self._data and self._state != "FAILED" and not self.reused

    def run(
        self, connection: Connection[Cursor], text: str, values: Sequence[str], **how: Any
    ) -> Cursor:
        """Ask and wait; the cursor knows where the answer lies and its columns' types.

        Raises
        ------
        AwsError
            When Athena refuses, fails or cancels it.
        """
        from pyathena.error import Error

        cursor = connection.cursor(on_poll=self._look, arraysize=1)
        try:
            return cursor.execute(
                text,
                list(values) or None,
                paramstyle="qmark",
                on_start_query_execution=self._started,
                **how,
            )
        except Error as error:
            cause = error.__cause__
            raise self._explained(cause if isinstance(cause, Exception) else error) from error
        finally:
            if self.query_id and self._state not in _OVER:
                self._cancel(cursor)

    def _started(self, query_id: str) -> None:
        self.query_id = query_id

    def _look(self, execution: Any) -> None:
        self._know(execution)
        usage.tell(Running(self.what, self.query_id, self._state, self.scanned, self.seconds))
        if self._state not in _OVER:
            time.sleep(self._pause)
            self._pause = min(2 * self._pause, _RAREST_S)

    def _know(self, execution: Any) -> None:
        self._state = execution.state
        self._reason = execution.state_change_reason or ""
        self._category = execution.error_category or 0
        self._data = execution.statement_type == "DML"
        self.scanned = execution.data_scanned_in_bytes or 0
        self.reused = bool(execution.reused_previous_result)

    def _cancel(self, cursor: Cursor) -> None:
        """Stop what nobody waits for; what it read until then is charged."""
        from botocore.exceptions import BotoCoreError, ClientError
        from pyathena.error import Error
        from pyathena.model import AthenaQueryExecution

        # who is told why it ended need not hear that it could not be stopped either
        with contextlib.suppress(Error, BotoCoreError, ClientError):
            cursor.cancel()
            look = cursor.connection.client.get_query_execution
            self._know(AthenaQueryExecution(look(QueryExecutionId=self.query_id)))

    def _explained(self, error: Exception) -> AwsError:
        if isinstance(error, AwsError):
            return error
        if self._state not in ("FAILED", "CANCELLED"):
            return explain(error, call="StartQueryExecution", about=self.what)
        return AwsError(
            f"{self._ended()} (Query id {self.query_id}.)",
            call="StartQueryExecution",
            code=self._state,
            request_id=self.query_id,
        )

    def _ended(self) -> str:
        reason = self._reason.strip().rstrip(".") or "no reason given"
        if self._state == "CANCELLED":
            if "bytes scanned limit" in reason.lower() and self._cutoff:
                return (
                    f"{self.what}: the workgroup cancelled the question when it had read "
                    f"{self.scanned / usage.GB:,.2f} GB, for it allows {self._cutoff / usage.GB:g} "
                    "(BytesScannedCutoffPerQuery). Choose a shorter window, or have it raised."
                )
            return f"{self.what}: the question was cancelled in Athena ({reason}). Ask again."
        remedy = next((r for word, r in _REMEDIES if word.lower() in reason.lower()), "")
        if not remedy and self._category == 1:
            remedy = "The fault is on AWS's side; ask again."
        return f"{self.what}: Athena failed: {reason}. {remedy}".rstrip()


_SETUP = "Run `cli.py athena setup` for this test, as its tables are not those that are asked."
_REMEDIES = (
    ("TABLE_NOT_FOUND", _SETUP),
    ("SCHEMA_NOT_FOUND", _SETUP),
    ("COLUMN_NOT_FOUND", _SETUP),
    ("EntityNotFound", _SETUP),
    (
        "denied",
        "Ask for what docs/iam/athena.json has: Athena reads the tables in S3 and in Glue as "
        "whoever asks.",
    ),
    ("EXCEEDED", "Choose a shorter window: it is too much at once."),
    ("exhausted", "Choose a shorter window: it is too much at once."),
    ("SlowDown", "S3 asks for fewer requests; wait a minute and ask again."),
)
