"""How does Athena answer its calls?"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.athena.backend import Backend, Cancelled, Failed
from demo.athena.binding import Misplaced, bound, check_marks
from demo.athena.catalogue import Catalogue
from demo.athena.execution import Execution
from demo.athena.running import Runner
from demo.athena.statements import Unreadable, Untested, read
from demo.athena.subset import Outside
from demo.athena.troubles import Troubles
from demo.buckets import Buckets
from demo.wire import Operation, Refusal

TARGET = "AmazonAthena"
_MOST = 1_000
_WAIT_S = 0.01


@dataclass(frozen=True, slots=True)
class Workgroup:
    """A workgroup: where answers go, whether that is enforced, and the most bytes of a query."""

    output: str | None = None
    enforced: bool = False
    cutoff: int | None = None
    enabled: bool = True


class Athena:
    """Athena and Glue's catalogue over some buckets, with an engine behind.

    ``untested`` tells of each statement that was refused because it is outside of what was tested;
    ``statements`` are all that were accepted, in their order.
    """

    def __init__(
        self,
        folder: Path,
        buckets: Buckets,
        backend: Backend,
        workgroups: Mapping[str, Workgroup],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.catalogue = Catalogue(folder / "glue.json", clock)
        self.troubles = Troubles()
        self.untested: list[str] = []
        self.statements: list[Execution] = []
        self.workgroups = dict(workgroups)
        self._runner = Runner(self.catalogue, buckets, backend, clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, Execution] = {}

    def operations(self) -> list[Operation]:
        """Athena's operations, and Glue's."""
        answers = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._get,
            "BatchGetQueryExecution": self._get_some,
            "GetQueryResults": self._results,
            "StopQueryExecution": self._stop,
            "GetWorkGroup": self._workgroup,
        }
        own = [Operation("athena", TARGET, name, answer) for name, answer in answers.items()]
        return own + self.catalogue.operations()

    def _start(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked.get("WorkGroup", "primary")
        workgroup = self._known(name)
        if not workgroup.enabled:
            raise _invalid(f"WorkGroup {name} is disabled.")
        database = asked.get("QueryExecutionContext", {}).get("Database", "default").lower()
        parameters = tuple(asked.get("ExecutionParameters", ()))
        text, token = asked["QueryString"], asked.get("ClientRequestToken", "")
        with self._lock:
            before = next((e for e in self._held.values() if token and e.token == token), None)
        if before is not None:
            if before.statement.text != text.strip().removesuffix(";"):
                raise _invalid("Idempotent parameters do not match")
            return {"QueryExecutionId": before.id}
        try:
            statement = read(text, database)
            if statement.kind == "select":
                check_marks(statement.tree)
            bound(text, parameters)
        except Untested as error:
            self.untested.append(str(error))
            raise _invalid(str(error)) from None
        except (Unreadable, Misplaced) as error:
            raise Refusal(
                str(error), code="InvalidRequestException", AthenaErrorCode="MALFORMED_QUERY"
            ) from None
        id_ = str(uuid.uuid4())
        output = self._output(workgroup, asked, statement.given)
        query = Execution(
            id=id_,
            statement=statement,
            parameters=parameters,
            database=database,
            workgroup=name,
            output=f"{output.rstrip('/')}/{id_}.{'txt' if statement.defines else 'csv'}",
            token=token,
            reuse=asked.get("ResultReuseConfiguration", {}),
            asked=self._clock(),
        )
        with self._lock:
            self._held[id_] = query
            self.statements.append(query)
        threading.Thread(target=self._run, args=(query, workgroup), daemon=True).start()
        return {"QueryExecutionId": id_}

    def _output(self, workgroup: Workgroup, asked: dict[str, Any], given: Any) -> str:
        named = asked.get("ResultConfiguration", {}).get("OutputLocation")
        if workgroup.enforced and workgroup.output is not None:
            if isinstance(given, dict) and given.get("external_location"):
                raise _invalid(
                    "The Create Table As Select query failed because it was submitted with an "
                    "'external_location' property to an Athena Workgroup that enforces a "
                    "centralized output location for all queries. Please remove the "
                    "'external_location' property and resubmit the query."
                )
            return workgroup.output
        output = named or workgroup.output
        if output is None:
            raise _invalid(
                "No output location provided. An output location is required either through the "
                "Workgroup result configuration setting or as an API input."
            )
        return str(output)

    def _run(self, query: Execution, workgroup: Workgroup) -> None:
        trouble = self.troubles.failure() if not query.statement.defines else None
        self._wait(query, "QUEUED")
        if not query.move("RUNNING", self._clock()):
            return
        self._wait(query, "RUNNING")
        if query.over:
            return
        try:
            if trouble is not None:
                query.retryable = trouble[1]
                raise Failed(trouble[0])
            if not self._reused(query):
                self._runner.run(query, workgroup.cutoff)
            query.move("SUCCEEDED", self._clock())
        except Cancelled as cancelled:
            query.move("CANCELLED", self._clock(), str(cancelled) or "Query cancelled by user")
        except Failed as failed:
            if isinstance(failed, Outside):
                self.untested.append(str(failed))
            query.move("FAILED", self._clock(), str(failed))
        except Exception as error:  # the stand-in's own fault must not leave a query running
            query.retryable = True
            query.move("FAILED", self._clock(), f"GENERIC_INTERNAL_ERROR: {error!r}")

    def _wait(self, query: Execution, state: str) -> None:
        held = self.troubles.held(state) if not query.statement.defines else None
        while held is not None and not query.over and not held.wait(_WAIT_S):
            pass

    def _reused(self, query: Execution) -> bool:
        """Give the answer of the same question, where one is young enough."""
        by_age = query.reuse.get("ResultReuseByAgeConfiguration", {})
        if not by_age.get("Enabled") or query.statement.kind != "select":
            return False
        oldest = self._clock() - 60 * by_age.get("MaxAgeInMinutes", 60)
        same = [
            each
            for each in self.statements
            if each.state == "SUCCEEDED"
            and not each.reused
            and each.asked >= oldest
            and (each.statement.text, each.parameters) == (query.statement.text, query.parameters)
            and (each.database, each.workgroup) == (query.database, query.workgroup)
            and each.output.rpartition("/")[0] == query.output.rpartition("/")[0]
        ]
        if not same:
            return False
        query.columns, query.rows = same[-1].columns, same[-1].rows
        query.output, query.reused = same[-1].output, True
        return True

    def _get(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"QueryExecution": self._of(asked["QueryExecutionId"]).told(self._clock())}

    def _get_some(self, asked: dict[str, Any]) -> dict[str, Any]:
        known = [self._held[each] for each in asked["QueryExecutionIds"] if each in self._held]
        return {"QueryExecutions": [each.told(self._clock()) for each in known]}

    def _results(self, asked: dict[str, Any]) -> dict[str, Any]:
        query = self._of(asked["QueryExecutionId"])
        if query.state in ("FAILED", "CANCELLED"):
            said = "Query did not finish successfully. Final query state: "
            raise _invalid(said + query.state)
        if query.state != "SUCCEEDED":
            raise _invalid(f"Query has not yet finished. Current state: {query.state}")
        return query.page(asked.get("NextToken", ""), asked.get("MaxResults", _MOST))

    def _stop(self, asked: dict[str, Any]) -> dict[str, Any]:
        query = self._of(asked["QueryExecutionId"])
        query.move("CANCELLED", self._clock(), "Query cancelled by user")
        return {}

    def _workgroup(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["WorkGroup"]
        found = self._known(name)
        settings: dict[str, Any] = {
            "ResultConfiguration": {"OutputLocation": found.output} if found.output else {},
            "EnforceWorkGroupConfiguration": found.enforced,
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
        }
        if found.cutoff is not None:
            settings["BytesScannedCutoffPerQuery"] = found.cutoff
        state = "ENABLED" if found.enabled else "DISABLED"
        return {"WorkGroup": {"Name": name, "State": state, "Configuration": settings}}

    def _known(self, name: str) -> Workgroup:
        if name not in self.workgroups:
            raise _invalid(f"WorkGroup {name} is not found.")
        return self.workgroups[name]

    def _of(self, id_: str) -> Execution:
        with self._lock:
            if id_ not in self._held:
                raise _invalid(f"QueryExecution {id_} was not found")
            return self._held[id_]


def _invalid(said: str) -> Refusal:
    return Refusal(said, code="InvalidRequestException")
