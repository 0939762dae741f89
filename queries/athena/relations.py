"""What is each relation of the questions made of, where the rows lie in Athena?

The same columns as on this machine (``duckdb_engine``), from the tables of a test (``names``).
Of a request, ``rows`` and ``pairs`` stand under the hour of the object that holds production's
record; a shadow's record may lie in the hour before or after. What only a paired log tells is
always NULL here, as is ``answer`` of those that have one part (of several: ``parts``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from queries.agreeing import answers, comparison
from queries.athena import parts
from queries.athena.names import beside

if TYPE_CHECKING:
    from analysis.structured import Rules
    from queries.athena.names import Table, Tables
    from queries.reading import Kind

Relation = Literal["captures", "pairs", "unpaired", "inputs", "fields"]
Hours = tuple[str, str] | None
"""The first and the last hour that are read, both included; None for all."""

_OF_A_LOG = (("status", "smallint"), ("latency_ms", "double"), ("failure", "varchar"))
_SIDES = ("production", "shadow")
_OF_A_PAIR = ("ts", "shadow_ts", "method", "different_input", "cluster")
_PLACES = ("production_segment", "production_line", "shadow_segment", "shadow_line")


def definition(
    relation: Relation,
    tables: Tables,
    *,
    kind: Kind,
    threshold: float,
    tolerance: float,
    hours: Hours,
    features: int,
    rules: Rules | None = None,
) -> str:
    """The query behind ``all_{relation}``, in Athena's dialect.

    ``threshold`` and ``tolerance`` are the test's; ``features`` the number of its features;
    ``rules`` say when two answers of several parts are the same.
    """
    if relation == "unpaired":
        return _unpaired(tables, hours)
    captures = _captures(tables, hours, features, whole=rules is not None)
    if relation == "captures":
        return captures
    pairs = _pairs(tables, hours, kind, threshold, tolerance, rules)
    if relation == "pairs":
        return pairs
    return parts.fields(pairs) if relation == "fields" else _inputs(pairs, captures, features)


def within(hours: Hours, *, column: str = "hour", wider: int = 0) -> str:
    """The condition that a row lies in some hours, or in so many hours beside them."""
    if hours is None:
        return "true"
    first, last = beside(hours[0], -wider), beside(hours[1], wider)
    return f"{column} BETWEEN '{first}' AND '{last}'"


def _captures(tables: Tables, hours: Hours, features: int, *, whole: bool) -> str:
    answer = "answer" if whole else "CAST(NULL AS varchar) AS answer"
    given = "".join(f", f{at}" for at in range(features))
    of_a_log = ", ".join(f"CAST(NULL AS {type_}) AS {name}" for name, type_ in _OF_A_LOG)
    return (
        "SELECT variant, ts, event_id, inference_id, input_hash, input_bytes, label, score, "
        f"{answer}, content_type, segment, line, pos, cluster, {of_a_log}{given} "
        f"FROM {tables.sql('rows')} WHERE ok AND {within(hours)}"
    )


def _pairs(
    tables: Tables,
    hours: Hours,
    kind: Kind,
    threshold: float,
    tolerance: float,
    rules: Rules | None,
) -> str:
    """The pairs as the test compares them: a threshold or a tolerance needs no new table."""
    of_a_log = ", ".join(
        f"CAST(NULL AS {type_}) AS {side}_{name}" for side in _SIDES for name, type_ in _OF_A_LOG
    )
    kept = ", ".join((*_OF_A_PAIR, "pos", *_PLACES))
    if rules is not None:
        both = ", ".join(
            f"{side}_{what}" for side in _SIDES for what in ("label", "score", "answer")
        )
        return parts.compared(
            f"SELECT {kept}, {both}, {of_a_log} FROM {tables.sql('pairs')} WHERE {within(hours)}",
            rules,
        )
    return (
        f"SELECT *, {comparison(kind, tolerance)} FROM (SELECT {kept}, "
        f"{answers(kind, threshold)}, {of_a_log} FROM {tables.sql('pairs')} WHERE {within(hours)})"
    )


def _inputs(pairs: str, captures: str, features: int) -> str:
    """The pairs with what was asked, which stands in production's rows of the same hour."""
    given = "".join(f", c.f{at}" for at in range(features))
    of_pairs = ", ".join(
        f"p.{name}"
        for name in (
            [*_OF_A_PAIR, *_PLACES]
            + [f"{side}_{what}" for side in _SIDES for what in ("label", "score")]
            + [f"{side}_{name}" for side in _SIDES for name, _ in _OF_A_LOG]
            + ["comparable", "agreed"]
        )
    )
    return (
        "SELECT c.pos, c.event_id, c.inference_id, c.input_hash, c.input_bytes, c.content_type, "
        f"c.status, c.latency_ms, c.failure{given}, {of_pairs} FROM ({pairs}) AS p "
        f"JOIN ({captures}) AS c ON c.segment = p.production_segment "
        "AND c.line = p.production_line AND c.pos = p.pos WHERE c.variant = 'production'"
    )


def _unpaired(tables: Tables, hours: Hours) -> str:
    """The rows of some hours without a partner, in whichever hour that would lie."""
    return " UNION ALL ".join(_lonely(tables, hours, side) for side in _SIDES)


def _lonely(tables: Tables, hours: Hours, side: str) -> str:
    # the pairs of a shadow's records may stand under the hours beside theirs
    met = within(hours, wider=0 if side == "production" else 1)
    return (
        "SELECT r.variant, r.ts, r.pos, r.segment, r.line, "
        "coalesce(k.ambiguous, false) AS ambiguous "
        f"FROM {_part(tables, 'rows', hours)} AS r "
        f"LEFT JOIN (SELECT {side}_segment AS segment, {side}_line AS line, pos, true AS paired "
        f"FROM {tables.sql('pairs')} WHERE {met}) AS m "
        "ON m.segment = r.segment AND m.line = r.line AND m.pos = r.pos "
        "LEFT JOIN (SELECT segment, line, true AS ambiguous "
        f"FROM {tables.sql('ambiguous')} WHERE variant = '{side}' AND {within(hours)}) AS k "
        "ON k.segment = r.segment AND k.line = r.line "
        f"WHERE r.variant = '{side}' AND r.ok AND m.paired IS NULL"
    )


def _part(tables: Tables, table: Table, hours: Hours) -> str:
    return f"(SELECT * FROM {tables.sql(table)} WHERE {within(hours)})"
