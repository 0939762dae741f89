"""Which databases, tables and partitions does Glue know?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo.held import Held
from demo.wire import Operation, Refusal

TARGET = "AWSGlue"
ACCOUNT = "111122223333"
_MOST = 100
Document = dict[str, Any]


class Catalogue:
    """Glue's catalogue of the account, kept in one document; as Glue does, it knows small names."""

    def __init__(self, file: Path, clock: Callable[[], float]) -> None:
        self._held = Held(lambda: {"databases": {}, "tables": {}, "partitions": {}}, file)
        self._file = file
        self._read: tuple[tuple[int, int], Document] | None = None
        self._clock = clock

    def databases(self) -> list[str]:
        """The names of all databases."""
        return sorted(self._seen()["databases"])

    def table(self, database: str, name: str) -> Document:
        """A table as Glue describes it; raises ``Refusal`` where there is none."""
        return _table(self._seen(), database, name)

    def tables(self, database: str) -> list[Document]:
        """All tables of a database, in the order of their names; raises as ``table``."""
        state, of_it = self._seen(), _key(database, "")
        if database.lower() not in state["databases"]:
            raise _missing(f"Database {database} not found.")
        return [state["tables"][key] for key in sorted(state["tables"]) if key.startswith(of_it)]

    def partitions(self, database: str, name: str) -> list[Document]:
        """The partitions of a table, in the order of their values."""
        state = self._seen()
        table = _table(state, database, name)
        found = state["partitions"].get(_key(database, name), {})
        about = {"DatabaseName": database.lower(), "TableName": name.lower(), "CatalogId": ACCOUNT}
        # what a partition does not say of its own is the table's
        of_table = table["StorageDescriptor"]
        return [
            {
                **each,
                **about,
                "StorageDescriptor": {**of_table, **each.get("StorageDescriptor", {})},
            }
            for _, each in sorted(found.items())
        ]

    def create_database(self, name: str) -> None:
        """Create a database; raises ``Refusal`` where there is one of this name."""
        with self._held.open() as state:
            if name.lower() in state["databases"]:
                raise Refusal("Database already exists.", code="AlreadyExistsException")
            state["databases"][name.lower()] = {
                "Name": name.lower(),
                "CreateTime": self._clock(),
                "CatalogId": ACCOUNT,
            }

    def create_table(self, database: str, given: Document, *, anew: bool = False) -> None:
        """Create a table; ``anew`` in the place of one of the same name."""
        with self._held.open() as state:
            if database.lower() not in state["databases"]:
                raise _missing(f"Database {database} not found.")
            key = _key(database, given["Name"])
            if key in state["tables"] and not anew:
                raise Refusal("Table already exists.", code="AlreadyExistsException")
            now = self._clock()
            state["tables"][key] = {
                **given,
                "Name": given["Name"].lower(),
                "DatabaseName": database.lower(),
                "CreateTime": now,
                "UpdateTime": now,
                "CatalogId": ACCOUNT,
            }

    def drop_table(self, database: str, name: str) -> None:
        """Forget a table and its partitions; its objects stay where they lie."""
        with self._held.open() as state:
            _table(state, database, name)
            del state["tables"][_key(database, name)]
            state["partitions"].pop(_key(database, name), None)

    @contextmanager
    def changing(self, database: str, name: str) -> Iterator[Document]:
        """A table to be changed."""
        with self._held.open() as state:
            table = _table(state, database, name)
            yield table
            table["UpdateTime"] = self._clock()

    def add_partition(self, database: str, name: str, given: Document) -> None:
        """Add one partition; raises ``Refusal`` where its values have one already."""
        for _, refusal in self.add_partitions(database, name, [given]):
            raise refusal

    def add_partitions(
        self, database: str, name: str, given: list[Document]
    ) -> list[tuple[Document, Refusal]]:
        """Add some partitions; gives those that were refused, each with the reason."""
        refused = []
        with self._held.open() as state:
            table = _table(state, database, name)
            held = state["partitions"].setdefault(_key(database, name), {})
            for each in given:
                if len(each["Values"]) != len(table.get("PartitionKeys", ())):
                    said = (
                        "The number of partition keys do not match the number of partition values"
                    )
                    refused.append((each, Refusal(said, code="InvalidInputException")))
                elif _values(each) in held:
                    said = "Partition already exists."
                    refused.append((each, Refusal(said, code="AlreadyExistsException")))
                else:
                    held[_values(each)] = {**each, "CreationTime": self._clock()}
        return refused

    def drop_partition(self, database: str, name: str, values: list[str]) -> None:
        """Forget one partition."""
        with self._held.open() as state:
            held = state["partitions"].get(_key(database, name), {})
            if held.pop(_values({"Values": values}), None) is None:
                raise _missing("Partition not found.")

    def _seen(self) -> Document:
        """What there is, not to be changed: read anew only when somebody changed it."""
        try:
            about = self._file.stat()
        except FileNotFoundError:
            with self._held.open() as state:
                return state
        mark = (about.st_mtime_ns, about.st_ino)
        read = self._read
        if read is None or read[0] != mark:
            read = self._read = (mark, json.loads(self._file.read_text(encoding="utf-8")))
        return read[1]

    def operations(self) -> list[Operation]:
        """Glue's operations on this catalogue."""
        from demo.athena.glue import answers

        return [Operation("glue", TARGET, name, each) for name, each in answers(self).items()]


def _table(state: Document, database: str, name: str) -> Document:
    if database.lower() not in state["databases"]:
        raise _missing(f"Database {database} not found.")
    found = state["tables"].get(_key(database, name))
    if found is None:
        raise _missing(f"Entity Not Found: table {database}.{name}")
    return found


def _missing(said: str) -> Refusal:
    return Refusal(said, code="EntityNotFoundException")


def _key(database: str, name: str) -> str:
    return f"{database.lower()}.{name.lower()}"


def _values(partition: Document) -> str:
    # what sorts as the values do
    return "\x1f".join(partition["Values"])
