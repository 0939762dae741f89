"""What becomes of a query between its start and its end?"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from demo.athena.statements import Statement
from demo.athena.types import told_type

if TYPE_CHECKING:
    import pyarrow as pa

Row = list[str | None]


@dataclass(slots=True, eq=False)
class Execution:
    """One query: what was asked, how far it is, and its answer.

    Times are seconds since 1970. ``output`` is where its answer lies; ``columns`` are names with
    Athena's types.
    """

    id: str
    statement: Statement
    parameters: tuple[str, ...]
    database: str
    workgroup: str
    output: str
    token: str
    reuse: dict[str, Any]
    asked: float
    state: str = "QUEUED"
    started: float | None = None
    ended: float | None = None
    reason: str | None = None
    retryable: bool = False
    scanned: int = 0
    reused: bool = False
    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    written: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def over(self) -> bool:
        """Has it ended, whichever way?"""
        return self.state in ("SUCCEEDED", "FAILED", "CANCELLED")

    def move(self, state: str, now: float, reason: str | None = None) -> bool:
        """Go on to another state; False where the query has ended already."""
        with self._lock:
            if self.over:
                return False
            self.state, self.reason = state, reason
            if state == "RUNNING":
                self.started = now
            if self.over:
                self.ended = now
            return True

    def answered(self, table: pa.Table, rows: list[Row]) -> None:
        """Keep an answer."""
        fields = zip(table.column_names, table.schema.types, strict=True)
        self.columns = [(name, told_type(type_)) for name, type_ in fields]
        self.rows = rows

    def told(self, now: float) -> dict[str, Any]:
        """As GetQueryExecution describes it."""
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.asked}
        if self.ended is not None:
            status["CompletionDateTime"] = self.ended
        if self.reason is not None:
            status["StateChangeReason"] = self.reason
        if self.state == "FAILED":
            status["AthenaError"] = {
                "ErrorCategory": 1 if self.retryable else 2,
                "ErrorType": 1 if self.retryable else 1301,
                "Retryable": self.retryable,
                "ErrorMessage": self.reason,
            }
        begun, ended = self.started or now, self.ended or now
        statistics = {
            "DataScannedInBytes": self.scanned,
            "EngineExecutionTimeInMillis": round(max(ended - begun, 0) * 1_000),
            "QueryQueueTimeInMillis": round((begun - self.asked) * 1_000),
            "TotalExecutionTimeInMillis": round((ended - self.asked) * 1_000),
            "ResultReuseInformation": {"ReusedPreviousResult": self.reused},
        }
        kind = "DDL" if self.statement.defines else "DML"
        given = {"ExecutionParameters": list(self.parameters)} if self.parameters else {}
        return {
            **given,
            "QueryExecutionId": self.id,
            "Query": self.statement.text,
            "StatementType": kind,
            "ResultConfiguration": {"OutputLocation": self.output},
            "ResultReuseConfiguration": self.reuse,
            "QueryExecutionContext": {"Database": self.database, "Catalog": "awsdatacatalog"},
            "Status": status,
            "Statistics": statistics,
            "WorkGroup": self.workgroup,
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
            "SubstatementType": self.statement.kind.upper().replace(" ", "_"),
        }

    def page(self, token: str, most: int) -> dict[str, Any]:
        """As GetQueryResults gives its answer: the first page of a question begins with names."""
        head: list[Row] = [[name for name, _ in self.columns]]
        rows = (head if self.statement.kind == "select" else []) + self.rows
        at = int(token or 0)
        listed = [
            {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}
            for row in rows[at : at + most]
        ]
        about = [
            {
                "CatalogName": "hive",
                "SchemaName": "",
                "TableName": "",
                "Name": name,
                "Label": name,
                "Type": type_,
                "Precision": _PRECISION.get(type_, 0),
                "Scale": 0,
                "Nullable": "UNKNOWN",
                "CaseSensitive": type_ == "varchar",
            }
            for name, type_ in self.columns
        ]
        answer: dict[str, Any] = {
            "UpdateCount": self.written,
            "ResultSet": {"Rows": listed, "ResultSetMetadata": {"ColumnInfo": about}},
        }
        if at + most < len(rows):
            answer["NextToken"] = str(at + most)
        return answer


_PRECISION = {"bigint": 19, "integer": 10, "double": 17, "timestamp": 3, "varchar": 2_147_483_647}
