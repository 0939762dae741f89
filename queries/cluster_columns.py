"""Which cluster does a row belong to, in the words of DuckDB and of Trino?

Both must find what ``cluster_keys.cluster_of`` finds. Kept is a hash: two of ten million clusters
are taken for one once in half a million times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.athena.literals import literal
from queries.cluster_keys import OUTSIDE

if TYPE_CHECKING:
    from queries.cluster_keys import ClusterKey

_COLUMNS = {
    "customAttributes": "attributes",
    "inferenceId": "inference_id",
    "eventId": "event_id",
}
"""Where the text of a source stands while lines are read; custom attributes joined by commas."""


def in_duckdb(key: ClusterKey | None, cell: str, *, numeric: bool) -> str:
    """The column of a row, from the texts of its record or from the cell of its feature."""
    if key is None:
        return "NULL::UBIGINT"
    if key.feature is not None:
        return cluster_of_feature(cell, numeric=numeric)
    text = _COLUMNS[key.source]
    return hashed(
        f"CASE WHEN NOT regexp_matches({text}, {literal(OUTSIDE)}) THEN {_extracted(key)} END"
    )


def cluster_of_feature(cell: str, *, numeric: bool) -> str:
    """The cluster that the cell of a feature names, in DuckDB's words; NaN names none."""
    return f"CASE WHEN NOT isnan({cell}) THEN hash({cell}) END" if numeric else hashed(cell)


def hashed(text: str) -> str:
    """DuckDB's hash of a text; NULL for none, which it would hash too."""
    return f"CASE WHEN ({text}) IS NOT NULL THEN hash({text}) END"


def in_athena(key: ClusterKey | None, cell: str, *, numeric: bool) -> str:
    """As ``in_duckdb``, in Trino's words."""
    if key is None:
        return "CAST(NULL AS bigint)"
    if key.feature is not None:
        # NaN has a text as well
        text = f"CASE WHEN NOT is_nan({cell}) THEN CAST({cell} AS varchar) END" if numeric else cell
    else:
        text = (
            f"CASE WHEN NOT regexp_like({_COLUMNS[key.source]}, {literal(OUTSIDE)}) "
            f"THEN {_extracted(key)} END"
        )
    return f"from_big_endian_64(xxhash64(to_utf8({text})))"


def _extracted(key: ClusterKey) -> str:
    """What is found, in both dialects: Trino says NULL where nothing is, DuckDB an empty text."""
    text = _COLUMNS[key.source]
    return f"nullif(regexp_extract({text}, {literal(key.pattern)}, {key.group}), '')"
