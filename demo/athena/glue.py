"""How does Glue answer about its catalogue?"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from demo.athena.conditions import holding
from demo.wire import Refusal

if TYPE_CHECKING:
    from demo.athena.catalogue import Catalogue

Answer = Callable[[dict[str, Any]], dict[str, Any]]
_MOST = 100


def answers(catalogue: Catalogue) -> dict[str, Answer]:
    """Glue's operations by name."""

    def create_database(asked: dict[str, Any]) -> dict[str, Any]:
        catalogue.create_database(asked["DatabaseInput"]["Name"])
        return {}

    def get_database(asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["Name"].lower()
        if name not in catalogue.databases():
            raise Refusal(f"Database {name} not found.", code="EntityNotFoundException")
        return {"Database": {"Name": name}}

    def get_databases(asked: dict[str, Any]) -> dict[str, Any]:
        return {"DatabaseList": [{"Name": name} for name in catalogue.databases()]}

    def get_table(asked: dict[str, Any]) -> dict[str, Any]:
        return {"Table": catalogue.table(asked["DatabaseName"], asked["Name"])}

    def get_tables(asked: dict[str, Any]) -> dict[str, Any]:
        found = catalogue.tables(asked["DatabaseName"])
        if asked.get("Expression"):
            # as in Hive's SHOW TABLES: a star stands for anything
            pattern = re.compile(re.escape(asked["Expression"]).replace(r"\*", ".*"))
            found = [each for each in found if pattern.fullmatch(each["Name"])]
        at = int(asked.get("NextToken", 0))
        page = found[at : at + asked.get("MaxResults", _MOST)]
        more = {"NextToken": str(at + len(page))} if at + len(page) < len(found) else {}
        return {"TableList": page, **more}

    def create_table(asked: dict[str, Any]) -> dict[str, Any]:
        catalogue.create_table(asked["DatabaseName"], asked["TableInput"])
        return {}

    def update_table(asked: dict[str, Any]) -> dict[str, Any]:
        given = asked["TableInput"]
        with catalogue.changing(asked["DatabaseName"], given["Name"]) as table:
            table.update(given)
        return {}

    def delete_table(asked: dict[str, Any]) -> dict[str, Any]:
        catalogue.drop_table(asked["DatabaseName"], asked["Name"])
        return {}

    def get_partitions(asked: dict[str, Any]) -> dict[str, Any]:
        database, name = asked["DatabaseName"], asked["TableName"]
        found = catalogue.partitions(database, name)
        if asked.get("Expression"):
            keys = [key["Name"] for key in catalogue.table(database, name)["PartitionKeys"]]
            rows = [dict(zip(keys, each["Values"], strict=True)) for each in found]
            try:
                held = holding(asked["Expression"], rows, keys)
            except ValueError as error:
                raise Refusal(str(error), code="InvalidInputException") from None
            found = [each for each, holds in zip(found, held, strict=True) if holds]
        at = int(asked.get("NextToken", 0))
        most = asked.get("MaxResults", _MOST)
        page = found[at : at + most]
        if asked.get("ExcludeColumnSchema"):
            page = [_without_columns(each) for each in page]
        more = {"NextToken": str(at + most)} if at + most < len(found) else {}
        return {"Partitions": page, **more}

    def get_partition(asked: dict[str, Any]) -> dict[str, Any]:
        for each in catalogue.partitions(asked["DatabaseName"], asked["TableName"]):
            if each["Values"] == asked["PartitionValues"]:
                return {"Partition": each}
        raise Refusal("Cannot find partition.", code="EntityNotFoundException")

    def create_partition(asked: dict[str, Any]) -> dict[str, Any]:
        catalogue.add_partition(asked["DatabaseName"], asked["TableName"], asked["PartitionInput"])
        return {}

    def batch_create_partition(asked: dict[str, Any]) -> dict[str, Any]:
        given = asked["PartitionInputList"]
        return _told(catalogue.add_partitions(asked["DatabaseName"], asked["TableName"], given))

    def batch_delete_partition(asked: dict[str, Any]) -> dict[str, Any]:
        database, name = asked["DatabaseName"], asked["TableName"]
        catalogue.table(database, name)
        refused = []
        for each in asked["PartitionsToDelete"]:
            try:
                catalogue.drop_partition(database, name, each["Values"])
            except Refusal as refusal:
                refused.append((each, refusal))
        return _told(refused)

    def delete_partition(asked: dict[str, Any]) -> dict[str, Any]:
        catalogue.drop_partition(
            asked["DatabaseName"], asked["TableName"], asked["PartitionValues"]
        )
        return {}

    return {
        "CreateDatabase": create_database,
        "GetDatabase": get_database,
        "GetDatabases": get_databases,
        "GetTable": get_table,
        "GetTables": get_tables,
        "CreateTable": create_table,
        "UpdateTable": update_table,
        "DeleteTable": delete_table,
        "GetPartition": get_partition,
        "GetPartitions": get_partitions,
        "CreatePartition": create_partition,
        "BatchCreatePartition": batch_create_partition,
        "DeletePartition": delete_partition,
        "BatchDeletePartition": batch_delete_partition,
    }


def _told(refused: list[tuple[dict[str, Any], Refusal]]) -> dict[str, Any]:
    """What became of a batch, as Glue tells it: of what was refused only."""
    errors = [
        {
            "PartitionValues": given["Values"],
            "ErrorDetail": {"ErrorCode": refusal.code, "ErrorMessage": str(refusal)},
        }
        for given, refusal in refused
    ]
    return {"Errors": errors} if errors else {}


def _without_columns(partition: dict[str, Any]) -> dict[str, Any]:
    storage = {k: v for k, v in partition["StorageDescriptor"].items() if k != "Columns"}
    return {**partition, "StorageDescriptor": storage}
