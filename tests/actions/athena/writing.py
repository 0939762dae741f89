"""A test whose captures lie in S3 and whose tables are written in Athena, on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from actions.athena import hours, setup
from actions.athena.hours import Updated
from demo.wire import Operation, Refusal
from queries.athena import schema
from queries.athena.names import tables_of
from queries.config import Config, Test
from queries.config_athena import Athena
from tests.queries.athena.asking import WORK, Account
from tests.queries.capturing import NOON, capture_file, line

VARIANTS = ("AllTraffic", "Shadow-01")
LATER = NOON + timedelta(days=3)


class Cut(Account):
    """An account that refuses everything once so many calls that write have been carried out.

    The last of them takes effect, and its answer is lost: so it is for a writer that is killed.
    """

    left = -1
    writes: tuple[str, ...] = ()

    def _counted(self, operation: Operation) -> Operation:
        counted = super()._counted(operation)

        def answer(asked: dict[str, Any]) -> dict[str, Any]:
            if self.left == 0:
                raise _expired()
            given = counted.answer(asked)
            if _writes(operation, asked):
                self.writes += (operation.name,)
                self.left -= 1
                if self.left == 0:
                    raise _expired()
            return given

        return replace(operation, answer=answer)

    def whole_again(self) -> None:
        """Refuse nothing more, once what was begun has ended."""
        while not all(each.over for each in self.athena.statements):
            time.sleep(0.01)
        self.left = -1


def _expired() -> Refusal:
    return Refusal("The security token included in the request is expired", code="ExpiredToken")


def _writes(operation: Operation, asked: dict[str, Any]) -> bool:
    if operation.name == "StartQueryExecution":
        return "CREATE TABLE" in asked["QueryString"]
    return operation.name in ("BatchCreatePartition", "DeleteTable", "DeleteObjects")


class Writing:
    """One test in an account."""

    def __init__(self, account: Account, **about: Any) -> None:
        self.account = account
        settings = about.pop("athena", {})
        self.test = Test(
            name=about.pop("name", "fraud"),
            captures="s3://captures/prefix",
            production=VARIANTS[0],
            shadow=VARIANTS[1],
            engine="athena",
            **about,
        )
        self.config = Config(
            tests=(self.test,),
            aws=account.aws,
            athena=Athena(work=WORK, **settings),
            cache=account.folder / "cache",
        )
        self.tables = tables_of(self.test, self.config.athena)

    def capture(
        self, hour: int, count: int, *, shadow: int | None = None, lines: Sequence[bytes] = ()
    ) -> None:
        """Capture so many requests in an hour after noon; the shadow saw the first of them.

        ``lines`` stand at the end of production's object.
        """
        at = NOON + timedelta(hours=hour)
        for variant, seen, delay in zip(
            VARIANTS, (count, count if shadow is None else shadow), (0, 1), strict=True
        ):
            made = [
                line(f"{n},{hour}", f"0.{(7 * n + delay) % 10}", at=at + timedelta(seconds=n),
                     event=f"{hour}-{n}")
                for n in range(seen)
            ]  # fmt: skip
            if made or lines:
                self.object(variant, hour, [*made, *(lines if variant == VARIANTS[0] else ())])

    def object(self, variant: str, hour: int, lines: Iterable[bytes], name: str = "a") -> Path:
        """Write one captured object."""
        folder = self.account.folder / "captures" / "prefix"
        at = NOON + timedelta(hours=hour)
        return capture_file(folder, list(lines), variant=variant, hour=at, name=f"{name}.jsonl")

    def set_up(self) -> setup.Setup:
        """Make the tables."""
        planned = setup.plan(self.config, self.test)
        setup.carry_out(self.config, planned)
        return planned

    def update(self, now: datetime = LATER) -> Updated:
        """Write the hours that are closed by then."""
        return hours.update(self.config, self.test, now=now)

    def partitions(self, table: str) -> dict[str, dict[str, Any]]:
        """The registered hours of a table, as Glue has them."""
        name = f"{self.tables.slug}_{table}"
        found = self.account.athena.catalogue.partitions("understudy", name)
        return {each["Values"][0]: each for each in found}

    def files(self) -> set[Path]:
        """Every Parquet file that any run has left, wherever the workgroup had it written."""
        found = self.account.folder.glob("tables/**/*"), self.account.folder.glob("answers/**/*")
        return {
            file
            for files in found
            for file in files
            if file.is_file() and file.suffix not in (".csv", ".txt", ".metadata", ".manifest")
        }

    def registered(self) -> set[Path]:
        """The files of all registered hours."""
        return {
            file
            for table in schema.PARQUET
            for each in self.partitions(table).values()
            for file in self._folder(each).glob("*")
        }

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table in its registered hours, in an order of their own."""
        found = [
            {**row, "hour": hour}
            for hour, each in self.partitions(table).items()
            for file in sorted(self._folder(each).glob("*"))
            for row in _read(file).to_pylist()
        ]
        return sorted(found, key=repr)

    def left_behind(self) -> list[str]:
        """The tables of runs that are still there."""
        names = [each["Name"] for each in self.account.athena.catalogue.tables("understudy")]
        return [name for name in names if "__" in name]

    def _folder(self, partition: dict[str, Any]) -> Path:
        location = partition["StorageDescriptor"]["Location"]
        return self.account.folder / location.removeprefix("s3://")


def _read(file: Path) -> pa.Table:
    # of the file alone: its folder is called hour=…
    return parquet.ParquetFile(file).read()
