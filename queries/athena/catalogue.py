"""Which tables does Glue hold, and which of their hours are written, how large?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from queries.athena.names import beside, hour_of
from queries.aws import client, code_of, explain
from queries.errors import SourceError

if TYPE_CHECKING:
    from datetime import datetime

    from queries.athena.relations import Hours
    from queries.config import Aws
    from queries.config_athena import Athena

BYTES, ROWS, COLLISIONS = "understudy.bytes", "understudy.rows", "understudy.collisions"
"""What a partition is given when it is registered: its size in S3, its rows and, of pairs, how many
records of the hour carry an id that was used more than once."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table as Glue holds it; ``columns`` by name, ``partitioned`` the names of its keys."""

    location: str
    columns: Mapping[str, str]
    partitioned: tuple[str, ...]
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hour:
    """One partition: where its files lie, their bytes and rows, collisions of ids, since when."""

    location: str
    bytes: int
    rows: int
    collisions: int
    registered: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """The hours of some tables that were registered when it was looked.

    ``hours`` are those of the pairs: an hour counts once it is one of these.
    """

    tables: Mapping[str, Mapping[str, Hour]]
    hours: tuple[str, ...]

    @property
    def state(self) -> str:
        """Names all that is written: where it is the same, so are the answers."""
        told = sorted(
            (table, hour, each.location)
            for table, hours in self.tables.items()
            for hour, each in hours.items()
        )
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

    def bytes(self, table: str, hours: Hours) -> int:
        """How many bytes reading a table once can scan, with an hour to each side.

        Raises
        ------
        KeyError
            When the table is none of these.
        """
        found = self.tables[table]
        if hours is None:
            return sum(each.bytes for each in found.values())
        first, last = beside(hours[0], -1), beside(hours[1])
        return sum(each.bytes for hour, each in found.items() if first <= hour <= last)


class Catalogue:
    """Asks Glue about the tables of one database."""

    def __init__(self, aws: Aws, athena: Athena) -> None:
        self._glue = client(aws, "glue")
        self._database = athena.database

    def table(self, name: str) -> TableFacts | None:
        """A table; None where there is none, or no such database.

        Raises
        ------
        AwsError
            When Glue does not say.
        """
        try:
            found = self._glue.get_table(DatabaseName=self._database, Name=name)["Table"]
        except Exception as error:
            if code_of(error) == "EntityNotFoundException":
                return None
            raise self._explained(error, "GetTable", name) from error
        stored = found.get("StorageDescriptor") or {}
        return TableFacts(
            stored.get("Location") or "",
            {each["Name"]: each.get("Type", "") for each in stored.get("Columns") or []},
            tuple(each["Name"] for each in found.get("PartitionKeys") or []),
            found.get("Parameters") or {},
        )

    def hours(self, name: str) -> dict[str, Hour]:
        """The registered hours of a table partitioned by hour, the first one first.

        Raises
        ------
        AwsError
            When Glue does not say, or there is no such table.
        SourceError
            When a partition is none that Understudy registered.
        """
        found = {each["Values"][0]: self._hour(name, each) for each in self.partitions(name)}
        return dict(sorted(found.items()))

    def written(self, tables: Iterable[str], pairs: str) -> Written:
        """The registered hours of some tables; ``pairs`` names the one whose hours count."""
        found = {name: self.hours(name) for name in tables}
        return Written(found, tuple(found[pairs]))

    def partitions(self, name: str) -> Iterator[dict[str, Any]]:
        """All partitions of a table, as Glue tells them.

        Raises
        ------
        AwsError
            When Glue does not say, or there is no such table.
        """
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=self._database, TableName=name, ExcludeColumnSchema=True
        )
        try:
            for page in pages:
                yield from page["Partitions"]
        except Exception as error:
            raise self._explained(error, "GetPartitions", name) from error

    def _hour(self, name: str, partition: dict[str, Any]) -> Hour:
        told = partition.get("Parameters") or {}
        try:
            hour_of(partition["Values"][0])
            size, rows, collisions = int(told[BYTES]), int(told[ROWS]), told.get(COLLISIONS, 0)
            registered: datetime = partition["CreationTime"]
        except (KeyError, ValueError):
            raise SourceError(
                f"The partition {partition['Values']} of {self._database}.{name} was not "
                "registered by `cli.py athena update`; drop it, or make the tables anew."
            ) from None
        location = partition["StorageDescriptor"]["Location"]
        return Hour(location, size, rows, int(collisions), registered)

    def _explained(self, error: Exception, call: str, name: str) -> Exception:
        from botocore.exceptions import BotoCoreError, ClientError

        if not isinstance(error, BotoCoreError | ClientError):
            return error
        return explain(error, call=call, about=f"The table {self._database}.{name}")
