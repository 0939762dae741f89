"""Which tables of a test are to be made in Athena, and how are the captures read there?

``plan`` looks and changes nothing; ``carry_out`` runs the statements that it gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from actions.athena.claims import Claims
from actions.athena.runs import Bucket, work_of
from actions.athena.truth import JOINED
from actions.athena.truth import folders as truth_folders
from actions.athena.writing import WritingSession
from queries.athena import closed, schema
from queries.athena.catalogue import Catalogue
from queries.athena.names import hour_of, tables_of
from queries.athena.refusing import refusal
from queries.errors import ConfigError, SourceError
from queries.objects import list_objects, reader
from queries.samples import Captures, named, readings_of
from queries.store import Manifest

if TYPE_CHECKING:
    from queries.athena.catalogue import TableFacts
    from queries.athena.names import Side, Table, Tables
    from queries.config import Config, Test
    from queries.store import KnownReading

_RANGE = "projection.hour.range"
_SAMPLED = timedelta(hours=1)
_OWN: tuple[Table, ...] = (*schema.PARQUET, *JOINED)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: what it is for, and its text."""

    what: str
    sql: str


@dataclass(frozen=True, slots=True)
class Setup:
    """What is to be run, in order; nothing where all is there.

    ``lost`` are the hours that were written with tables that are made anew: they are written again.
    """

    test: Test
    tables: Tables
    location: str
    first_hour: str
    production: str
    shadow: str
    statements: tuple[Statement, ...]
    lost: tuple[str, ...]
    lost_folders: tuple[str, ...]


def plan(config: Config, test: Test) -> Setup:
    """What a test needs in Athena, and does not have yet.

    Raises
    ------
    AwsError
        When Glue or S3 refuses.
    ConfigError
        When Athena cannot answer this test, or its tables belong to another one.
    SourceError
        When the captures of both variants are not found.
    """
    tables = tables_of(test, config.athena)
    work = work_of(config.athena, tables)
    aws = config.aws
    folder = closed.folder_of(test, aws)
    variants = (test.production, test.shadow)
    first, last = closed.bounds(test)
    hours = closed.captured_hours(folder, variants, aws, (first, last))
    if not hours:
        raise SourceError(
            f"{folder} holds no captures of {test.name} in SageMaker's folders by hour "
            "(yyyy/mm/dd/hh) within its start and end."
        )
    catalogue = Catalogue(aws, config.athena)
    there = {table: catalogue.table(tables.name(table)) for table in ("captures", *_OWN)}
    _check_owner(test, tables, there)
    known = _readings(config, test, folder, hours[0], there["rows"])
    readings = {side: each.reading for side, each in known.items()}
    for reading in readings.values():
        refused = refusal(reading)
        if refused is not None:
            raise ConfigError(f"{test.name}: {refused}")
    statements = [Statement("the database", schema.database(tables))]
    between = first or hours[0], None if test.end is None else last
    captures = schema.captures(tables, folder, variants, between)
    lost: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    seen = there["captures"]
    if seen is not None and not _covers(seen, schema.projection(folder, variants, between)):
        drop = f"DROP TABLE {tables.ddl('captures')}"
        statements.append(Statement("the captures, anew: they lie elsewhere", drop))
        seen = None
    if seen is None:
        statements.append(Statement("the captures, as they lie", captures))
    own = schema.test_properties(test, folder)
    properties = {**own, **schema.reading_properties(known)}
    rows = there["rows"]
    if rows is not None and any(rows.parameters.get(k) != v for k, v in properties.items()):
        lost = tuple(catalogue.hours(tables.name("rows")))
        claims = Claims(aws, tables)
        of_hours = claims.folders() if all(there[table] for table in schema.PARQUET) else []
        folders = (*of_hours, *truth_folders(claims, catalogue, tables))
        # what the questions read goes first
        for table in reversed(_OWN):
            if there[table] is not None:
                drop = f"DROP TABLE {tables.ddl(table)}"
                statements.append(Statement(f"{table}, anew: they are read otherwise", drop))
                there[table] = None
    for table in schema.PARQUET:
        if there[table] is None:
            about = properties if table == "rows" else own
            made = schema.parquet(tables, table, f"{work}{table}/", readings["production"], about)
            statements.append(Statement(_WHAT[table], made))
    for table in JOINED:
        if getattr(test, table) is not None and there[table] is None:
            made = schema.joined(tables, table, f"{work}{table}/", own)
            statements.append(Statement(_WHAT[table], made))
    statements.append(Statement("a view for looking by hand", schema.looking(tables, variants)))
    nothing = len(statements) == 2 and catalogue.table(tables.name("looking")) is not None
    return Setup(
        test=test,
        tables=tables,
        location=folder,
        first_hour=hours[0],
        production=readings["production"].sentence,
        shadow=readings["shadow"].sentence,
        statements=() if nothing else tuple(statements),
        lost=lost,
        lost_folders=folders,
    )


def carry_out(
    config: Config, setup: Setup, *, tell: Callable[[Statement], None] = lambda _: None
) -> None:
    """Run the statements, and remove the files of what was dropped.

    Raises
    ------
    AwsError
        When AWS refuses or fails; what is done stays, and setting up again does the rest.
    """
    session = WritingSession(config.aws, config.athena, config.cache / "athena")
    for statement in setup.statements:
        tell(statement)
        session.perform(statement.sql, what=statement.what, at_most=0)
    bucket = Bucket(config.aws)
    for folder in setup.lost_folders:
        bucket.clear(folder)


_WHAT: dict[Table, str] = {
    "account": "what was read of each object",
    "rows": "a row for every instance",
    "ambiguous": "the records that could be paired in several ways",
    "pairs": "the pairs",
    "truth": "the right answers of the pairs",
    "outcomes": "the outcomes of the pairs",
}


def _readings(
    config: Config, test: Test, folder: str, first_hour: str, rows: TableFacts | None
) -> dict[Side, KnownReading]:
    """How each variant is read: as the rows that are there while the declaration stands.

    Else as it is declared now, or as the first captures look.
    """
    names = test.features
    if names is None and test.baseline is not None:
        from queries import baselines

        names = baselines.feature_names(test.baseline, aws=config.aws)
    captures = Captures.of(test, names)
    start = hour_of(first_hour)
    listing = list_objects(
        f"{folder}/",
        aws=config.aws,
        production=test.production,
        shadow=test.shadow,
        start=start,
        end=start + _SAMPLED,
    )
    sides: tuple[tuple[Side, str], ...] = (("production", test.production), ("shadow", test.shadow))
    kept = None if rows is None else schema.readings_in(rows.parameters)
    before = Manifest(readings={variant: kept[side] for side, variant in sides} if kept else {})
    found = readings_of(listing.objects, before, captures, reader(folder, config.aws))
    missing = [each for each in (test.production, test.shadow) if each not in found]
    if missing:
        raise SourceError(
            f"{folder} holds no captures of {' and '.join(missing)} near {first_hour}, when those "
            f"of the other variant begin; set `start` of [tests.{test.name}] to when both were "
            "captured."
        )
    return {
        side: replace(found[variant], reading=named(found[variant].reading, names))
        for side, variant in sides
    }


def _check_owner(test: Test, tables: Tables, there: dict[Table, TableFacts | None]) -> None:
    for table in _OWN:
        facts = there[table]
        owner = test.name if facts is None else schema.owner(facts.parameters)
        if owner != test.name:
            raise ConfigError(
                f"The table {tables.database}.{tables.name(table)} belongs to "
                f"{f'the test {owner!r}' if owner else 'something else'}; give {test.name!r} "
                "another name, or name another `database` in [athena]."
            )


def _covers(facts: TableFacts, wanted: Mapping[str, str]) -> bool:
    """Whether a table over captures that is there shows all that one made now would."""
    has = facts.parameters
    if any(has.get(name) != value for name, value in wanted.items() if name != _RANGE):
        return False
    (first, last), (begins, ends) = (
        each[_RANGE].split(",") if _RANGE in each else ("", "") for each in (has, wanted)
    )
    return bool(first) and first <= begins and last == ends
