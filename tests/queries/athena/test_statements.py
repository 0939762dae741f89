"""Is every statement about a test's tables in Athena's language, as its readers would read it?

Queries by Trino's own grammar and list of functions, as the questions are (``tests/test_sql.py``);
definitions of tables by sqlfluff's grammar of Athena.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import get_args

import pytest

from analysis.structured import Rules
from queries.athena import decoding, ladder, relations, schema, truth
from queries.athena.names import Tables, tables_of
from queries.config import Test
from queries.config_athena import Athena
from queries.errors import ConfigError
from queries.reading import InputReading, Kind, OutputReading, Reading
from queries.store import KnownReading
from tests.queries.athena.test_decoding import REFUSED, reading_of
from tests.queries.test_bulk import SAMPLES
from tests.test_sql import faults

TABLES = Tables("understudy", "fraud")
HOURS = ("2024/03/31/12", "2024/04/01/11")
VARIANTS = ("AllTraffic", "Shadow-01")
ODD = Reading(
    kind="multiclass",
    output=OutputReading(
        "json", rows=("a b", None), label=('quote"', "back\\slash"), labels=("x",)
    ),
    input=InputReading("json", keys=(("it's",),), names=("é", "100%; DROP"), numeric=(True, False)),
    encodings=("JSON", "JSON"),
    batched=True,
    bulk=True,
    guessed=False,
)


WHOLE = replace(
    ODD, kind="multioutput", output=OutputReading("json", ("it's", None), label=("a",), whole=True)
)


def queries() -> Iterator[tuple[str, str]]:
    climb = ladder.Climb(TABLES, *HOURS)
    made = '"understudy"."fraud__step"'
    yield "records", climb.records()
    yield "left over", climb.left_over(made, (made, made))
    for column in ("inference_id", "event_id"):
        yield f"ids {column}", climb.ids(made, column)
        yield f"by {column}", climb.by_id(made, column)
        yield f"collisions {column}", climb.collisions(made, column)
    yield "near", climb.near(made, made)
    yield "crowds", climb.crowds(made)
    yield "without crowds", climb.without_crowds(made)
    for crowded in (False, True):
        yield f"by input {crowded}", climb.by_input(made, crowded=crowded)
        yield f"ambiguous {crowded}", climb.ambiguous(made, made, made, crowded=crowded)
        yield f"rounds {crowded}", climb.rounds(made, ranked=crowded)
        yield f"open {crowded}", climb.open(made, ranked=crowded)
    yield "asked", climb.asked(made, {"inference_id": (made,), "input": (made, made)})
    yield "pairs", climb.pairs(made)
    whole = replace(climb, whole=True)
    yield "records whole", whole.records()
    yield "asked whole", whole.asked(made, {"event_id": (made,)})
    yield "pairs whole", whole.pairs(made)
    lines = decoding.lines_of(TABLES.sql("captures"), VARIANTS[0], "true")
    for reading, what in ((ODD, ""), (WHOLE, " whole")):
        yield f"account{what}", schema.account_of(made, reading)
    for side in ("production", "shadow"):
        yield f"{side} whole", decoding.rows(WHOLE, lines, side=side, features=WHOLE)
    for rules in (
        Rules("multioutput", tolerance=1e-7, labels=("it's", "b")),
        Rules("multilabel", threshold=0.1, labels=("it's", "b")),
    ):
        for relation in get_args(relations.Relation):
            yield f"{relation} {rules.kind}", defined(relation, rules.kind, rules)
    yield "rows by hour", schema.rows_by_hour(made)
    for name in sorted(set(SAMPLES) - REFUSED):
        reading = reading_of(name)
        for side in ("production", "shadow"):
            yield f"{side} of {name}", decoding.rows(reading, lines, side=side, features=reading)
    for relation in get_args(relations.Relation):
        for kind in ("binary", "regression"):
            yield f"{relation} {kind}", defined(relation, kind)
    for kind in ("binary", "regression"):
        joining = truth.Join(TABLES, HOURS, "state", made, kind)
        yield f"labelled rows {kind}", joining.rows(made, "it's", "no")
    yield "requests", joining.requests()
    yield "fates", joining.fates(made)
    yield "counts of lines", joining.counts(made)
    yield "words", joining.words()
    yield "some ids", joining.some_ids("event_id")
    yield "truth", truth.relation(TABLES, "truth", "it's")
    view = schema.looking(TABLES, VARIANTS)
    yield "view", view.partition(" AS\n")[2]


def defined(relation: relations.Relation, kind: Kind, rules: Rules | None = None) -> str:
    return relations.definition(
        relation,
        TABLES,
        kind=kind,
        threshold=0.1,
        tolerance=1e-7,
        hours=HOURS,
        features=2,
        rules=rules,
    )


QUERIES = dict(queries())


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_trinos(name: str) -> None:
    """Trino's grammar reads it, and Trino's catalogue has every function and type in it."""
    assert faults(QUERIES[name]) == []


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_has_no_decimals(name: str) -> None:
    """A number with a point is written with an exponent: else it would be a DECIMAL."""
    without_texts = re.sub(r"'(?:[^']|'')*'", "''", QUERIES[name])
    assert re.findall(r"\d\.\d+(?![\dE])", without_texts) == []


def definitions() -> Mapping[str, str]:
    known = KnownReading("it's; \\", ODD)
    readings = schema.reading_properties({"production": known, "shadow": known})
    about = schema.test_properties(
        Test(name="Fraud; -- \"a\" 'b' \\ é", production="A", shadow="B"), "s3://bucket/pre fix"
    )
    made = {
        table: schema.parquet(TABLES, table, "s3://work/fraud/", ODD, {**about, **readings})
        for table in schema.PARQUET
    }
    captures = schema.captures(TABLES, "s3://captures/fraud", VARIANTS, (HOURS[0], None))
    labels = schema.joined(TABLES, "truth", "s3://work/fraud/truth/", about)
    return {"database": schema.database(TABLES), "captures": captures, "truth": labels, **made}


@pytest.mark.parametrize("name", definitions())
def test_a_definition_is_athenas(name: str) -> None:
    """sqlfluff's grammar of Athena reads all of it, but for two clauses that it lacks.

    https://docs.aws.amazon.com/athena/latest/ug/create-table.html (STORED AS PARQUET) and
    https://docs.aws.amazon.com/athena/latest/ug/create-database.html (COMMENT) have them.
    """
    import sqlfluff

    text = definitions()[name].replace("STORED AS PARQUET", "STORED AS TEXTFILE")
    without = re.sub(r"\nCOMMENT '[^']*'$", "", text)
    sqlfluff.parse(f"{without};\n", dialect="athena")


def test_nothing_in_a_property_can_end_it() -> None:
    """Whatever a test, its features or its labels are called, no quote or backslash is written."""
    for text in definitions().values():
        for literal in re.findall(r"= '([^']*)'[,\n]", text):
            assert literal.isascii()
            assert "\\" not in literal
        assert text.count("'") % 2 == 0


def test_readings_come_back_as_they_were() -> None:
    """What is kept in a property is read again without a loss; anything else is no reading."""
    readings = {
        "production": KnownReading("it's", ODD), "shadow": KnownReading("", reading_of("npy")),
    }  # fmt: skip
    written = schema.reading_properties(readings)  # type: ignore[arg-type]
    assert schema.readings_in(written) == readings
    assert schema.readings_in({}) is None
    assert schema.readings_in({**written, "understudy.reading.shadow": "{}"}) is None


@pytest.mark.parametrize(
    "location", ["s3://bucket/it's", "s3://bucket/back\\slash", "s3://bucket/line\nbreak"]
)
def test_what_cannot_be_written_is_refused(location: str) -> None:
    """A location that Hive and Trino would read in different ways becomes no statement."""
    with pytest.raises(ConfigError, match="cannot be written"):
        schema.captures(TABLES, location, VARIANTS, (HOURS[0], None))
    with pytest.raises(ConfigError, match="no name of a variant"):
        schema.captures(TABLES, "s3://bucket", ("a'b", "B"), (HOURS[0], None))


@pytest.mark.parametrize(
    ("test", "slug"),
    [("Fraud Scores-2", "fraud_scores_2"), ("2024", "_2024"), ("é", "_"), ("a;drop", "a_drop")],
)
def test_tables_have_names_that_need_no_quotes(test: str, slug: str) -> None:
    """Any test's name becomes letters, digits and underscores."""
    assert tables_of(Test(name=test), Athena()) == Tables("understudy", slug)


@pytest.mark.parametrize("database", ["", "Understudy", "a-b", "a`b", 'a"; DROP', "1a"])
def test_a_database_that_cannot_be_written_is_refused(database: str) -> None:
    """Identifiers cannot be bound, so they are checked before they are written anywhere."""
    with pytest.raises(ConfigError, match=r"`database` in \[athena\]"):
        tables_of(Test(name="fraud"), Athena(database=database))
