"""An account with Athena, Glue and S3 on this machine, and a session that asks it over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from demo.athena.duck import Duck
from demo.athena.service import Athena as Service
from demo.athena.service import Workgroup
from demo.athena.statements import parquet_table
from demo.buckets import Buckets
from demo.faults import Faults
from demo.standin import StandIn
from demo.wire import Operation, application
from queries.athena.session import Session
from queries.athena.spending import Spending
from queries.config import Aws
from queries.config_athena import Athena

HOUR = "2024/03/31/12"
WORK = "s3://tables/work/"


class Account:
    """Three buckets, a database ``understudy`` and the workgroups that a test names.

    ``instead`` are operations that answer in place of the usual ones.
    """

    def __init__(
        self, folder: Path, *, instead: Sequence[Operation] = (), **workgroups: Workgroup
    ) -> None:
        self.folder = folder
        folders = {name: folder / name for name in ("captures", "tables", "answers")}
        for each in folders.values():
            each.mkdir(parents=True)
        self.buckets = Buckets(folders)
        usual = Workgroup(output="s3://answers/", enforced=True)
        self.athena = Service(folder, self.buckets, Duck(), {"primary": usual, **workgroups})
        self.faults = Faults()
        self.calls: Counter[str] = Counter()
        operations = [*self.athena.operations(), *self.buckets.operations(), *instead]
        self._server = StandIn(
            application(self.faults.guarded(self._counted(each) for each in operations))
        )
        self.aws = Aws(region="eu-central-1", endpoint_url=self._server.url)
        self.athena.catalogue.create_database("understudy")

    def close(self) -> None:
        """Serve no more."""
        self.athena.troubles.release()
        self._server.stop()

    def session(self, **settings: Any) -> Session:
        """A session of its own; what it read is written down beside the buckets."""
        return Session(self.aws, Athena(work=WORK, **settings), self.folder / "cache")

    def read_today(self) -> int:
        """The bytes that sessions had Athena read today (UTC), as they wrote them down."""
        return Spending(Athena(), self.folder / "cache").read()

    def write(self, name: str, rows: pa.Table, hour: str = HOUR) -> int:
        """Register rows as an hour of a table, which is made if need be; returns their bytes."""
        place = f"{WORK}{name}/{hour.replace('/', '-')}/"
        path = self.folder / place.removeprefix("s3://") / "rows.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(rows, path)
        catalogue = self.athena.catalogue
        columns = [{"Name": field.name, "Type": _HIVE[str(field.type)]} for field in rows.schema]
        hours = [{"Name": "hour", "Type": "string"}]
        catalogue.create_table(
            "understudy", parquet_table(name, columns, hours, f"{WORK}{name}/"), anew=True
        )
        size = path.stat().st_size
        catalogue.add_partition(
            "understudy",
            name,
            {
                "Values": [hour],
                "StorageDescriptor": {"Location": place},
                "Parameters": {
                    "understudy.bytes": str(size),
                    "understudy.rows": str(rows.num_rows),
                },
            },
        )
        return size

    def _counted(self, operation: Operation) -> Operation:
        def answer(asked: dict[str, Any]) -> dict[str, Any]:
            self.calls[f"{operation.service}:{operation.name}"] += 1
            return operation.answer(asked)

        return Operation(operation.service, operation.target, operation.name, answer)


_HIVE = {
    "string": "string",
    "int64": "bigint",
    "double": "double",
    "bool": "boolean",
    "timestamp[ms]": "timestamp",
}
