"""What is left of every relation under a filter, and how does a question see only that?

Relations made for one question stand before it, as ``WITH pairs AS (…)``: the question stays as it
is written, on DuckDB as on Athena. The whole of a relation is called ``all_pairs``,
``all_captures`` and so on.

A filter is about requests, and only production's records keep what was asked. So under a filter

* ``pairs``, ``inputs`` and whatever is made of pairs hold the pairs whose request meets it;
* ``captures`` holds production's rows that meet it, and of the shadow the rows paired with them;
* ``unpaired`` holds production's rows that meet it: what an unpaired shadow row was asked is not
  known, so none is there.

A filter of answers speaks of pairs alone: rows without a partner never meet it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from queries.conditions import Filter

_NAMED = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)")
_COMMENTS = re.compile(r"\A(?:\s*--[^\n]*\n)*")


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that is made for one question: its name, its query, the values of its marks."""

    name: str
    sql: str
    parameters: tuple[Any, ...] = ()


class Narrowed:
    """What an engine has of the filter its questions are asked under."""

    _where: Filter | None = None
    _whole: Self | None = None

    def within(self, where: Filter) -> Self:
        """The same engine, whose questions see only what meets a filter; ``whole`` sees all."""
        inside = copy.copy(self)
        inside._where, inside._whole = where, self.whole
        return inside

    @property
    def whole(self) -> Self:
        """The same engine without a filter."""
        # no reference to itself: it goes, with its memory, as soon as nobody asks it any more
        return self if self._whole is None else self._whole


def before(text: str, relations: Sequence[Relation]) -> str:
    """The question with relations of its own before it; it may have some already."""
    if not relations:
        return text
    made = ",\n".join(f"{each.name} AS ({each.sql})" for each in relations)
    asked = text[_COMMENTS.match(text).end() :]  # type: ignore[union-attr]  # it matches nothing too
    if asked.startswith("WITH "):
        return f"WITH {made},\n{asked.removeprefix('WITH ')}"
    return f"WITH {made}\n{asked}"


def under(where: Filter, texts: Iterable[str], known: Iterable[str]) -> tuple[Relation, ...]:
    """The relations that some statements read, less what does not meet the filter.

    ``known`` are the relations there are.
    """
    return tuple(_filtered(where, name) for name in sorted(read_by(texts).intersection(known)))


def read_by(texts: Iterable[str]) -> set[str]:
    """The names that some statements read from."""
    return {name for text in texts for name in _NAMED.findall(text)}


def _filtered(where: Filter, name: str) -> Relation:
    met, values = _met(where)
    # hour, weekday and answers stand in the pairs: what was asked need not be joined to them
    light = all(each.dimension.about in ("time", "answer") for each in where.conditions)
    pairs = "all_pairs" if light else "all_inputs"
    answers = any(each.dimension.about == "answer" for each in where.conditions)
    if name in ("pairs", "inputs"):
        return Relation(name, f"SELECT * FROM {pairs if name == 'pairs' else 'all_inputs'} "
                        f"WHERE {met}", values)  # fmt: skip
    if name == "captures":
        shadow = _of_pairs("captures", "shadow", pairs, met) + " WHERE r.variant = 'shadow'"
        production = (
            _of_pairs("captures", "production", pairs, met) + " WHERE r.variant = 'production'"
            if answers
            else f"SELECT * FROM all_captures WHERE variant = 'production' AND {met}"
        )
        return Relation(name, f"{production} UNION ALL {shadow}", values + values)
    if name == "unpaired" and answers:
        return Relation(name, "SELECT * FROM all_unpaired WHERE variant = 'none'")
    if name == "unpaired":
        return Relation(
            name,
            "SELECT r.* FROM all_unpaired AS r JOIN (SELECT segment AS at_segment, "
            "line AS at_line, pos AS at_pos FROM all_captures "
            f"WHERE variant = 'production' AND {met}) AS k "
            "ON r.segment = k.at_segment AND r.line = k.at_line AND r.pos = k.at_pos "
            "WHERE r.variant = 'production'",
            values,
        )
    return Relation(name, _of_pairs(name, "production", pairs, met, side="production_"), values)


def _of_pairs(name: str, variant: str, pairs: str, met: str, *, side: str = "") -> str:
    """The rows of a relation that belong to the pairs that meet the filter."""
    return (
        f"SELECT r.* FROM all_{name} AS r JOIN (SELECT {variant}_segment AS at_segment, "
        f"{variant}_line AS at_line, pos AS at_pos FROM {pairs} WHERE {met}) AS k "
        f"ON r.{side}segment = k.at_segment AND r.{side}line = k.at_line AND r.pos = k.at_pos"
    )


def _met(where: Filter) -> tuple[str, tuple[Any, ...]]:
    conditions = where.conditions
    values = tuple(value for each in conditions for value in each.parameters)
    return " AND ".join(each.sql for each in conditions), values
