"""How far are the tables of a test in Athena: what is written, and what is waiting?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from queries.athena import closed, schema
from queries.athena.catalogue import Catalogue
from queries.athena.names import Tables, tables_of
from queries.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from queries.config import Config, Test


LOOKED_BACK = 48
"""Hours in which files that came late are looked for: each is a LIST for each variant."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is written of a test, and what waits.

    ``hours`` are those whose pairs are written, so that they count, ``read`` those whose rows are;
    ``waiting`` the closed ones that hold captures and do not count yet, ``waiting_bytes`` the size
    of those of them that are not read, ``late`` the files of the last hours (``LOOKED_BACK``) that
    came after their hour was read. ``bytes`` is what all four tables have in S3.
    """

    tables: Tables
    captures: str
    production: str
    shadow: str
    hours: tuple[str, ...]
    read: tuple[str, ...]
    rows: int
    pairs: int
    ambiguous: int
    collisions: int
    bytes: int
    waiting: tuple[str, ...]
    waiting_bytes: int
    late: tuple[str, ...]


def look(config: Config, test: Test, *, now: datetime) -> Standing:
    """Look at Glue and list S3; Athena is asked nothing.

    Raises
    ------
    AwsError
        When Glue or S3 refuses.
    ConfigError
        When the tables are not there.
    """
    tables = tables_of(test, config.athena)
    catalogue = Catalogue(config.aws, config.athena)
    facts = {table: catalogue.table(tables.name(table)) for table in ("captures", "rows")}
    captures, rows = facts["captures"], facts["rows"]
    known = None if rows is None else schema.readings_in(rows.parameters)
    if captures is None or known is None:
        raise ConfigError(
            f"The tables of {test.name} are not there in the database {tables.database}; run "
            f"`cli.py athena setup {test.name}` first."
        )
    written = catalogue.written(map(tables.name, schema.PARQUET), tables.name("pairs"))
    found = {table: written.tables[tables.name(table)] for table in schema.PARQUET}
    folder = captures.location.rstrip("/")
    waiting = closed.unwritten(test, config.aws, folder, written.hours, now)
    unread = [hour for hour in waiting if hour not in found["rows"]]
    variants = (test.production, test.shadow)
    return Standing(
        tables=tables,
        captures=folder,
        production=known["production"].reading.sentence,
        shadow=known["shadow"].reading.sentence,
        hours=written.hours,
        read=tuple(found["rows"]),
        rows=sum(each.rows for each in found["rows"].values()),
        pairs=sum(each.rows for each in found["pairs"].values()),
        ambiguous=sum(each.rows for each in found["ambiguous"].values()),
        collisions=sum(each.collisions for each in found["pairs"].values()),
        bytes=sum(each.bytes for hours in found.values() for each in hours.values()),
        waiting=waiting,
        waiting_bytes=closed.captured_bytes(folder, variants, config.aws, unread),
        late=closed.late(
            folder,
            variants,
            config.aws,
            {hour: each.registered for hour, each in list(found["rows"].items())[-LOOKED_BACK:]},
        ),
    )
