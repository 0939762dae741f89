"""Logs of requests as rows in Athena's tables, and the ladder climbed there, on any backend."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pyarrow as pa

from actions.athena.climbing import Climbed, climb
from demo.athena.backend import Backend, Mounted
from demo.athena.types import arrow_type
from queries.answers import Answer
from queries.athena import relations, schema
from queries.athena.ladder import Climb
from queries.athena.names import Tables, beside, hour_text
from queries.ladder import METHODS
from queries.pairing import Paired
from tests.queries.capturing import NOON
from tests.queries.test_ladder import Asked, Log, Outcome

SIDES = ("production", "shadow")
_NUMBER = itertools.count()


class Held:
    """Tables of a database that a backend reads, each made by a query or given."""

    def __init__(self, backend: Backend) -> None:
        # a database of its own, for a backend may keep what it was given before
        self.tables = Tables(f"held_{next(_NUMBER)}", "test")
        self._backend = backend
        self._mounted: dict[str, Mounted] = {}

    def put(self, name: str, rows: pa.Table) -> str:
        """Give a table its rows; its name, as a query names it."""
        path = pa.nulls(rows.num_rows, pa.string())
        state = str(next(_NUMBER))
        self._mounted[name] = Mounted(self.tables.database, name, rows, path, state)
        return f'"{self.tables.database}"."{name}"'

    def add(
        self, name: str, rows: list[dict[str, Any]], columns: Sequence[tuple[str, str]]
    ) -> None:
        """Add rows to a table, whose columns have types of Hive; ``hour`` is the last."""
        types = [*((c, arrow_type(t)) for c, t in columns), ("hour", pa.string())]
        more = pa.Table.from_pylist(rows, schema=pa.schema(types))
        before = self._mounted.get(name)
        self.put(name, more if before is None else pa.concat_tables([before.rows, more]))

    def rows(self, select: str) -> list[dict[str, Any]]:
        """The rows of an answer."""
        return self._asked(select).to_pylist()

    def make(self, step: str, select: str) -> str:
        """As ``climbing.Statements``."""
        return self.put(step, self._asked(select))

    def ask(self, select: str, what: str) -> Answer:
        """As ``climbing.Statements``."""
        found = self._asked(select)
        return Answer({name: found[name].to_numpy() for name in found.column_names})

    def _asked(self, select: str) -> pa.Table:
        read = [each for each in self._mounted.values() if f'."{each.name}"' in select]
        return self._backend.ask(select, (), self.tables.database, read, lambda: False)


def captured(held: Held, sides: Sequence[Log], folder_of: Sequence[Sequence[int]] | None) -> None:
    """Put two logs into the table of rows; record ``n`` of each is line ``n + 1``.

    ``folder_of`` are the hours after noon in whose folders the records lie; None is noon for all.
    """
    rows = []
    for side, (name, log) in enumerate(zip(SIDES, sides, strict=True)):
        for at, one in enumerate(log):
            hour = NOON + timedelta(hours=folder_of[side][at] if folder_of else 0)
            for pos, answer in enumerate(one.answers):
                rows.append(_row(name, one, at + 1, pos, answer, hour))
    for table, columns in (
        ("rows", schema.ROWS), ("pairs", schema.PAIRS), ("ambiguous", schema.AMBIGUOUS),
    ):  # fmt: skip
        held.add(held.tables.name(table), rows if table == "rows" else [], columns)


def _row(
    side: str, one: Asked, line: int, pos: int, answer: str | None, hour: datetime
) -> dict[str, Any]:
    time = None if one.t is None else NOON.replace(tzinfo=None) + timedelta(seconds=one.t)
    given = one.given and int(sha256(one.given.encode()).hexdigest()[:15], 16)
    return {
        "variant": side,
        # as in SageMaker's folders, where the key begins with the hour
        "path": f"s3://{side}/{hour_text(hour)}",
        "segment": int(hour.timestamp()) // 3600 * 2 + SIDES.index(side),
        "line": line,
        "pos": pos,
        "ts": time,
        "event_id": one.event,
        "inference_id": one.inference,
        "input_hash": given,
        "label": answer,
        "ok": True,
        "hour": hour_text(hour),
    }


def climbed(
    backend: Backend,
    production: Log,
    shadow: Log,
    *,
    folder_of: Sequence[Sequence[int]] | None = None,
    at_once: int = 24,
) -> Outcome:
    """Both logs, paired ``at_once`` hours at a time."""
    held = Held(backend)
    captured(held, (production, shadow), folder_of)
    last = max((n for each in folder_of for n in each), default=0) if folder_of else 0
    collisions = 0
    for first in range(0, last + 1, at_once):
        hours = hour_text(NOON + timedelta(hours=first)), min(last, first + at_once - 1)
        ladder = Climb(held.tables, hours[0], hour_text(NOON + timedelta(hours=hours[1])))
        found = climb(ladder, held)
        assert found.undecided == 0
        collisions += sum(found.collisions.values())
        _write(held, found)
    return _outcome(held, collisions, beside(hour_text(NOON), last))


def _write(held: Held, found: Climbed) -> None:
    for table, select, columns in (
        ("pairs", found.pairs, schema.PAIRS),
        ("ambiguous", found.ambiguous, schema.AMBIGUOUS),
    ):
        made = held.rows(select) if select else []
        for row in made:
            row["hour"] = row["hour"].replace("-", "/")
        held.add(held.tables.name(table), made, columns)


def _outcome(held: Held, collisions: int, last: str) -> Outcome:
    """What the questions would see, as the tests of the other ladder look at it."""

    def relation(name: relations.Relation) -> list[dict[str, Any]]:
        return held.rows(
            relations.definition(
                name,
                held.tables,
                kind="multiclass",
                threshold=0.5,
                tolerance=0.0,
                hours=(hour_text(NOON), last),
                features=0,
            )
        )

    pairs, left, rows = (relation(name) for name in ("pairs", "unpaired", "captures"))
    records = {(r["production_line"] - 1, r["shadow_line"] - 1, r["method"]) for r in pairs}
    lonely = Counter((r["variant"], r["ambiguous"]) for r in left)
    methods = Counter(r["method"] for r in pairs)
    sides = Counter(r["variant"] for r in rows)
    unsure = tuple(
        {r["line"] - 1 for r in left if r["variant"] == side and r["ambiguous"]} for side in SIDES
    )
    paired = Paired(
        name="",
        production=sides["production"],
        shadow=sides["shadow"],
        by_method=tuple((m, methods[m]) for m in METHODS if m in methods),
        production_only=lonely["production", False],
        shadow_only=lonely["shadow", False],
        ambiguous_production=lonely["production", True],
        ambiguous_shadow=lonely["shadow", True],
        collisions=collisions,
        different_input=sum(r["different_input"] for r in pairs),
    )
    key = ("ts", "production_segment", "production_line", "pos")
    ordered = sorted(pairs, key=lambda r: [str(r[name]) for name in key])
    return Outcome(paired, records, ordered, (unsure[0], unsure[1]))
