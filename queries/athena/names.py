"""How are the tables of a test called in Athena, and what is an hour called there?

Names that are written into SQL are validated here and nowhere else: a name cannot be bound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from queries.errors import ConfigError

if TYPE_CHECKING:
    from queries.config import Test
    from queries.config_athena import Athena

HOUR = timedelta(hours=1)
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
# Glue allows 255; a table that is made on the way carries the name of its run as well
_LONGEST = 128
_HOUR_TEXT = "%Y/%m/%d/%H"

Side = Literal["production", "shadow"]
JoinedTable = Literal["truth", "outcomes"]
"""The tables of what was joined to pairs by id: ``[tests.NAME.…]`` of the configuration."""
Table = Literal["captures", "rows", "account", "pairs", "ambiguous", "looking", JoinedTable]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one test in Glue: ``rows`` is ``{slug}_rows`` of ``database``."""

    database: str
    slug: str

    def name(self, table: Table) -> str:
        """What Glue calls a table."""
        return f"{self.slug}_{table}"

    def sql(self, table: Table) -> str:
        """A table as a query names it."""
        return f'"{self.database}"."{self.name(table)}"'

    def ddl(self, table: Table) -> str:
        """A table as a statement of Hive names it: CREATE EXTERNAL TABLE and DROP TABLE."""
        return f"`{self.database}`.`{self.name(table)}`"


def tables_of(test: Test, athena: Athena) -> Tables:
    """The tables of a test.

    Raises
    ------
    ConfigError
        When the database cannot be written into a statement, or the test's name is too long.
    """
    if not IDENTIFIER.fullmatch(athena.database):
        raise ConfigError(
            f"`database` in [athena] is {athena.database!r}: it may hold small letters, digits and "
            "underscores, and begins with no digit."
        )
    slug = slug_of(test.name)
    if not IDENTIFIER.fullmatch(slug) or len(slug) > _LONGEST:
        raise ConfigError(
            f"The test {test.name!r} can name no table of Athena: give it a name of at most "
            f"{_LONGEST} letters, digits and underscores."
        )
    return Tables(athena.database, slug)


def slug_of(name: str) -> str:
    """The name of a test as the names of its tables begin.

    >>> slug_of("Fraud v7"), slug_of("7-up")
    ('fraud_v7', '_7_up')
    """
    slug = re.sub(r"[^a-z0-9]", "_", name.lower())
    return f"_{slug}" if slug[:1].isdigit() else slug


def hour_text(moment: datetime) -> str:
    """The hour that a time lies in, as the folders of captures and the partitions are called.

    >>> hour_text(datetime(2024, 3, 31, 15, 59, tzinfo=UTC))
    '2024/03/31/15'
    """
    return moment.astimezone(UTC).strftime(_HOUR_TEXT)


def hour_of(text: str) -> datetime:
    """The beginning of an hour, from its name; raises ``ValueError`` for what is none."""
    return datetime.strptime(text, _HOUR_TEXT).replace(tzinfo=UTC)


def folder_text(hour: str) -> str:
    """An hour as the name of a folder holds it, which has no slash.

    >>> folder_text("2024/03/31/15")
    '2024-03-31-15'
    """
    return hour.replace("/", "-")


def folder_sql(column: str) -> str:
    """The same of a column of hours, in SQL."""
    return f"replace({column}, '/', '-')"


def beside(hour: str, by: int = 1) -> str:
    """The hour so many hours later.

    >>> beside("2024/03/31/23")
    '2024/04/01/00'
    """
    return hour_text(hour_of(hour) + by * HOUR)
