"""Who writes an hour, and when does it count?

An hour's partition is the record that it is written (decision 38): Glue makes it once, and refuses
a second writer. Two tables belong together, so two claims are made: who registers an hour with
``account`` registers its ``rows``, and who registers it with ``ambiguous`` its ``pairs``. What the
second needs stands in the first, so that anybody can finish what a killed writer began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from queries.aws import client, code_of, explain
from queries.errors import AwsError, SourceError

if TYPE_CHECKING:
    from queries.athena.names import Table, Tables
    from queries.config import Aws

CLAIMS: tuple[tuple[Table, Table], ...] = (("account", "rows"), ("ambiguous", "pairs"))
"""The table that claims an hour, and the one that is registered then: for that one it counts."""
# What Glue takes and gives with one call.
_AT_ONCE = 100
_NEXT = "understudy.next."
_THERE = "AlreadyExistsException"


@dataclass(frozen=True, slots=True)
class Part:
    """What one table has of an hour: its folder, bytes, rows, and further counts."""

    location: str
    bytes: int
    rows: int
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, str]:
        """As parameters of a partition."""
        told = {"bytes": self.bytes, "rows": self.rows, **self.counts}
        return {f"understudy.{name}": str(value) for name, value in told.items()}


class Claims:
    """Registers the hours of one test."""

    def __init__(self, aws: Aws, tables: Tables) -> None:
        self._glue = client(aws, "glue")
        self._tables = tables

    def claim(self, at: int, hours: Mapping[str, tuple[Part, Part]]) -> set[str]:
        """Register hours with both tables of ``CLAIMS[at]``; those that nobody had before.

        Raises
        ------
        AwsError
            When Glue refuses for another reason than that an hour is there.
        """
        first, second = CLAIMS[at]
        ours = self.register(
            first,
            {
                hour: (claiming.location, claiming.parameters | _onward(counting))
                for hour, (claiming, counting) in hours.items()
            },
        )
        self.register(second, {hour: _told(hours[hour][1]) for hour in hours if hour in ours})
        return ours

    def finish(self) -> int:
        """Register what killed writers had claimed only; how many hours that was."""
        finished = 0
        for first, second in CLAIMS:
            there = {each["Values"][0] for each in self.partitions(second)}
            begun = {
                each["Values"][0]: _next_of(each)
                for each in self.partitions(first)
                if each["Values"][0] not in there
            }
            finished += len(self.register(second, begun))
        return finished

    def folders(self) -> list[str]:
        """The folders of all registered hours of the test."""
        return [
            each["StorageDescriptor"]["Location"]
            for pair in CLAIMS
            for table in pair
            for each in self.partitions(table)
        ]

    def register(self, table: Table, hours: Mapping[str, tuple[str, dict[str, str]]]) -> set[str]:
        """Register hours with one table, each its folder and parameters; those that are new.

        Raises
        ------
        AwsError
            When Glue refuses for another reason than that an hour is there.
        """
        if not hours:
            return set()
        usual = self._descriptor(table)
        made = [
            {
                "Values": [hour],
                "StorageDescriptor": {**usual, "Location": location},
                "Parameters": parameters,
            }
            for hour, (location, parameters) in sorted(hours.items())
        ]
        refused: set[str] = set()
        for at in range(0, len(made), _AT_ONCE):
            try:
                answer = self._glue.batch_create_partition(
                    DatabaseName=self._tables.database,
                    TableName=self._tables.name(table),
                    PartitionInputList=made[at : at + _AT_ONCE],
                )
            except Exception as error:
                raise self._explained(error, "BatchCreatePartition", table) from error
            for each in answer.get("Errors", ()):
                detail = each["ErrorDetail"]
                if detail.get("ErrorCode") != _THERE:
                    raise AwsError(
                        f"Glue did not register the hour {each['PartitionValues'][0]} with "
                        f"{self._tables.name(table)}: {detail.get('ErrorMessage')}.",
                        call="BatchCreatePartition",
                        code=detail.get("ErrorCode", ""),
                    )
                refused.add(each["PartitionValues"][0])
        return set(hours) - refused

    def _descriptor(self, table: Table) -> dict[str, Any]:
        """How the files of a table are read: of its partitions too."""
        try:
            found = self._glue.get_table(
                DatabaseName=self._tables.database, Name=self._tables.name(table)
            )
        except Exception as error:
            raise self._explained(error, "GetTable", table) from error
        descriptor: dict[str, Any] = found["Table"]["StorageDescriptor"]
        return descriptor

    def forget(self, table: Table, value: str) -> None:
        """Take a partition out of a table; its files stay."""
        try:
            self._glue.delete_partition(
                DatabaseName=self._tables.database,
                TableName=self._tables.name(table),
                PartitionValues=[value],
            )
        except Exception as error:
            if code_of(error) != "EntityNotFoundException":
                raise self._explained(error, "DeletePartition", table) from error

    def partitions(self, table: Table) -> list[dict[str, Any]]:
        """The partitions of a table, as Glue tells them.

        Raises
        ------
        AwsError
            When Glue does not say.
        SourceError
            When there is no such table.
        """
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=self._tables.database,
            TableName=self._tables.name(table),
            ExcludeColumnSchema=True,
        )
        try:
            return [each for page in pages for each in page["Partitions"]]
        except Exception as error:
            raise self._explained(error, "GetPartitions", table) from error

    def _explained(self, error: Exception, call: str, table: Table) -> Exception:
        from botocore.exceptions import BotoCoreError, ClientError

        if not isinstance(error, BotoCoreError | ClientError):
            return error
        about = f"The table {self._tables.database}.{self._tables.name(table)}"
        if code_of(error) == "EntityNotFoundException":
            return SourceError(f"{about} is not there; run `cli.py athena setup`.")
        return explain(error, call=call, about=about)


def _told(part: Part) -> tuple[str, dict[str, str]]:
    return part.location, part.parameters


def _onward(part: Part) -> dict[str, str]:
    """What the second table needs, as further parameters of a claim."""
    told = {"location": part.location, **part.parameters}
    return {f"{_NEXT}{name}": value for name, value in told.items()}


def _next_of(claim: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    told = {
        name.removeprefix(_NEXT): value
        for name, value in claim.get("Parameters", {}).items()
        if name.startswith(_NEXT)
    }
    return told.pop("location", ""), told
