"""For which values of a table's partition keys does a condition hold?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def holding(condition: str, rows: Sequence[Mapping[str, str]], keys: Sequence[str]) -> list[bool]:
    """Whether a condition of SQL over partition keys holds, for each row of values.

    Raises
    ------
    ValueError
        When the condition cannot be read.
    """
    import duckdb
    import pyarrow as pa

    if not rows:
        return []
    table = pa.table({key: pa.array([row[key] for row in rows], pa.string()) for key in keys})
    with duckdb.connect() as db:
        db.register("partitions", table)
        try:
            found = db.execute(
                f"SELECT coalesce({condition}, false) FROM partitions"  # noqa: S608  # as asked
            ).fetchall()
        except duckdb.Error as error:
            raise ValueError(f"{condition}: {error}") from None
    return [bool(each[0]) for each in found]
