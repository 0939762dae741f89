"""Which databases, tables and partitions does Glue know?"""

from __future__ import annotations

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
        self._clock = clock

    def databases(self) -> list[str]:
        """The names of all databases."""
        with self._held.open() as state:
            return sorted(state["databases"])

    def table(self, database: str, name: str) -> Document:
        """A table as Glue describes it; raises ``Refusal`` where there is none."""
        with self._held.open() as state:
            return _table(state, database, name)

    def tables(self, database: str) -> list[Document]:
        """All tables of a database, in the order of their names; raises as ``table``."""
        with self._held.open() as state:
            if database.lower() not in state["databases"]:
                raise _missing(f"Database {database} not found.")
            of_it = _key(database, "")
            return [
                state["tables"][key] for key in sorted(state["tables"]) if key.startswith(of_it)
            ]

    def partitions(self, database: str, name: str) -> list[Document]:
        """The partitions of a table, in the order of their values."""
        with self._held.open() as state:
            _table(state, database, name)
            found = state["partitions"].get(_key(database, name), {})
            return [found[each] for each in sorted(found)]

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
        with self._held.open() as state:
            table = _table(state, database, name)
            if len(given["Values"]) != len(table.get("PartitionKeys", ())):
                said = "The number of partition keys do not match the number of partition values"
                raise Refusal(said, code="InvalidInputException")
            held = state["partitions"].setdefault(_key(database, name), {})
            if _values(given) in held:
                raise Refusal("Partition already exists.", code="AlreadyExistsException")
            storage = {**table["StorageDescriptor"], **given.get("StorageDescriptor", {})}
            held[_values(given)] = {
                **given,
                "StorageDescriptor": storage,
                "DatabaseName": database.lower(),
                "TableName": name.lower(),
                "CreationTime": self._clock(),
                "CatalogId": ACCOUNT,
            }

    def drop_partition(self, database: str, name: str, values: list[str]) -> None:
        """Forget one partition."""
        with self._held.open() as state:
            held = state["partitions"].get(_key(database, name), {})
            if held.pop(_values({"Values": values}), None) is None:
                raise _missing("Partition not found.")

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
