"""What does a query touch of each table: which columns, and which partitions?

Athena bills what it reads, and it reads the columns that a query needs of the partitions that its
conditions leave over. Found by sqlglot, which moves conditions and choices of columns down to the
tables, as Trino does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from demo.athena.conditions import holding

if TYPE_CHECKING:
    from sqlglot import exp

Place = tuple[str, str]


@dataclass(slots=True)
class Reach:
    """The columns that are read of a table, and a condition on its keys for each time it is read.

    A condition is "" where all partitions are read.
    """

    columns: set[str] = field(default_factory=set)
    conditions: set[str] = field(default_factory=set)

    def parts(self, values: Sequence[tuple[str, ...]], keys: Sequence[str]) -> list[bool]:
        """Whether each partition is read."""
        if not keys or "" in self.conditions:
            return [True] * len(values)
        rows = [dict(zip(keys, each, strict=True)) for each in values]
        read = [False] * len(values)
        for condition in self.conditions:
            for at, holds in enumerate(holding(condition, rows, keys)):
                read[at] = read[at] or holds
        return read


def reach(
    tree: exp.Expr, database: str, columns: Mapping[Place, Sequence[str]],
    keys: Mapping[Place, Sequence[str]],
) -> dict[Place, Reach]:  # fmt: skip
    """What a query touches; its marks have their values.

    ``columns`` and ``keys`` are those of each table that it names.
    """
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.pushdown_predicates import pushdown_predicates
    from sqlglot.optimizer.pushdown_projections import pushdown_projections
    from sqlglot.optimizer.qualify import qualify

    schema: dict[str, Any] = {}
    for (owner, name), listed in columns.items():
        schema.setdefault(owner, {})[name] = dict.fromkeys([*listed, "$path"], "varchar")
    try:
        found = qualify(
            tree.copy(),
            dialect="athena",
            db=database,
            schema=schema,
            validate_qualify_columns=False,
            identify=False,
        )
        found = pushdown_predicates(pushdown_projections(found))
        return _by_scope(found, columns, keys)
    except SqlglotError:
        # what the optimizer cannot follow may read all
        return {place: Reach({*listed}, {""}) for place, listed in columns.items()}


def _by_scope(
    tree: exp.Expr,
    columns: Mapping[Place, Sequence[str]],
    keys: Mapping[Place, Sequence[str]],
) -> dict[Place, Reach]:
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    found = {place: Reach() for place in columns}
    for scope in traverse_scope(tree):
        select: Any = scope.expression
        for alias, source in scope.sources.items():
            if not isinstance(source, exp.Table):
                continue
            place = (source.text("db").lower(), source.name.lower())
            if place not in found or alias not in scope.selected_sources:
                continue
            used = {each.name.lower() for each in scope.source_columns(alias)}
            if any(isinstance(each, exp.Star) for each in select.selects):
                used |= set(columns[place])
            found[place].columns |= used & set(columns[place])
            found[place].conditions.add(_condition(select, alias, keys[place]))
    return found


def _condition(select: Any, alias: str, keys: Sequence[str]) -> str:
    """The part of WHERE that speaks of this table's keys alone, in DuckDB's dialect."""
    from sqlglot import exp

    where = select.args.get("where")
    if where is None:
        return ""
    wanted = []
    parts = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    for part in parts:
        named = list(part.find_all(exp.Column))
        own = all(each.table == alias and each.name.lower() in keys for each in named)
        if named and own and part.find(exp.Query) is None:
            bare = part.copy()
            for each in list(bare.find_all(exp.Column)):
                each.set("table", None)
            wanted.append(f"({bare.sql('duckdb')})")
    return " AND ".join(sorted(wanted))
