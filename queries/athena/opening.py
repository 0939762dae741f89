"""How is a test opened whose rows lie in Athena?

Nothing is read and nothing is written: Glue says which hours of its tables there are, and how the
captures in them were read (``schema``). `cli.py athena setup` makes the tables, `cli.py athena
update` writes their hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.policy import STRUCTURED
from analysis.structured import MEASURES
from queries.athena import schema
from queries.athena.captured import CapturedInAthena, made_of
from queries.athena.catalogue import Catalogue
from queries.athena.engine import AthenaEngine
from queries.athena.labels import LabelsInAthena
from queries.athena.names import tables_of
from queries.athena.refusing import refusal
from queries.athena.session import Session
from queries.comparing import Compared, rules_of
from queries.errors import ConfigError, NotComparable, SourceError
from queries.opened import Opened
from queries.samples import declaration, named

if TYPE_CHECKING:
    from queries.athena.catalogue import TableFacts
    from queries.athena.names import Table, Tables
    from queries.captured import Side
    from queries.config import Config, Test
    from queries.reading import Reading

TABLES: tuple[Table, ...] = ("account", "rows", "ambiguous", "pairs")


def open_on_athena(config: Config, test: Test, *, before: Opened | None = None) -> Opened:
    """Open a test over what is written of it; ``before`` itself where that would give it again.

    Raises
    ------
    AwsError
        When Glue does not say what there is.
    ConfigError
        When the tables were made to be read otherwise than the configuration says now.
    NotComparable
        When no hour is written.
    SourceError
        When there are no tables of this test.
    """
    tables = tables_of(test, config.athena)
    catalogue = Catalogue(config.aws, config.athena)
    captures = _table(test, catalogue, tables, "captures")
    readings = _readings(test, _table(test, catalogue, tables, "rows"), tables)
    pairs = tables.name("pairs")
    written = catalogue.written([tables.name(table) for table in TABLES], pairs)
    if before is not None and before.is_of(config, test, made_of(written, readings)):
        return before
    if not written.hours:
        raise NotComparable(
            f"No hour of {test.name} is written to the tables in Athena yet: run "
            f"`cli.py athena update {test.name}`. An hour is written once it is over and its "
            "captures have arrived.",
            remedy="later",
        )
    policy = config.policy(test)
    reading = readings["production"]
    compared, rules = None, None
    if reading.kind in STRUCTURED:
        rules = rules_of(test, reading.kind, policy.tolerance)
        compared = Compared("", (), MEASURES[reading.kind], "")
    session = Session(config.aws, config.athena, config.cache / "athena")
    engine = AthenaEngine(
        session,
        tables,
        written,
        kind=reading.kind,
        threshold=test.prediction.threshold,
        tolerance=policy.tolerance,
        features=len(reading.input.names),
        rules=rules,
    )
    labels = None
    if test.truth is not None:
        labels = LabelsInAthena(
            *(test, test.truth, config.aws, catalogue, tables, written, engine),
            whole=reading.kind in STRUCTURED,
        )
    outcomes = tuple(
        LabelsInAthena(
            *(test, outcome, config.aws, catalogue, tables, written, engine), relation=relation
        )
        for relation, outcome in (test.outcomes.each if test.outcomes is not None else ())
    )
    return Opened(
        config,
        test,
        policy,
        CapturedInAthena(
            test, config.aws, session, tables, written, readings, captures.location.rstrip("/")
        ),
        reading,
        readings["shadow"],
        engine,
        compared,
        rules,
        labels,
        outcomes=outcomes,
    )


def _table(test: Test, catalogue: Catalogue, tables: Tables, table: Table) -> TableFacts:
    found = catalogue.table(tables.name(table))
    if found is None:
        raise SourceError(
            f"Glue has no table {tables.database}.{tables.name(table)}, of which {test.name} is "
            f"asked in Athena: run `cli.py athena setup {test.name}`."
        )
    return found


def _readings(test: Test, rows: TableFacts, tables: Tables) -> dict[Side, Reading]:
    """How the rows of each variant were read, under the names the configuration knows today."""
    setup = f"run `cli.py athena setup {test.name}`"
    known = schema.readings_in(rows.parameters)
    if known is None:
        raise SourceError(
            f"The table {tables.database}.{tables.name('rows')} does not say how its captures are "
            f"read, so it is none of ours, or of another version: drop it and {setup}."
        )
    if any(each.declared != declaration(test.prediction, test.cluster) for each in known.values()):
        raise ConfigError(
            f"[tests.{test.name}] says that answers or clusters are read otherwise than when the "
            f"tables in Athena were made: {setup} again."
        )
    for side, each in known.items():
        refused = refusal(each.reading)
        if refused is not None:
            raise ConfigError(f"{side.capitalize()} of {test.name}: {refused}")
    return {side: named(each.reading, test.features) for side, each in known.items()}
