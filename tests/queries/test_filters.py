"""Is a filter read as it is meant, and can nothing in it become SQL?"""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queries.conditions import Condition, Filter
from queries.dimensions import BUILT_IN, RESERVED, WEEKDAYS, Dimension, dimensions_of
from queries.errors import QuestionError
from queries.filters import LONGEST, joined, parse
from queries.reading import InputReading, OutputReading, Reading

HOSTILE = (
    "'; DROP TABLE pairs; --",
    '" OR 1=1 --',
    "1) UNION SELECT * FROM all_captures --",
    "`; ATTACH 'x' AS y; --",
    "?, ?",
    "f0 FROM pairs --",
    "<img src=x onerror=alert(1)>",
    "a\nand b",
    "\u202e\x00",
)


def reading(
    names: tuple[str, ...] = ("amount", "country", "merchant name", "hour"),
    numeric: tuple[bool, ...] = (True, False, False, True),
    kind: Any = "binary",
) -> Reading:
    return Reading(
        kind=kind,
        output=OutputReading("csv", score=0),
        input=InputReading("csv", names=names, numeric=numeric),
        encodings=("CSV", "CSV"),
        batched=False,
        bulk=True,
        guessed=True,
    )


KNOWN = dimensions_of(reading())


@pytest.mark.parametrize(
    ("text", "canonical", "sql", "parameters"),
    [
        ("amount >= 900", "amount >= 900", "NOT is_nan(f0) AND f0 >= ?", (900.0,)),
        ("amount=1e3", "amount = 1000", "NOT is_nan(f0) AND f0 = ?", (1000.0,)),
        ("amount<>.5", "amount != 0.5", "NOT is_nan(f0) AND f0 <> ?", (0.5,)),
        ("country = BR", 'country = "BR"', "f1 = ?", ("BR",)),
        ("country == 'B''R'", 'country = "B\'R"', "f1 = ?", ("B'R",)),
        ('country = "say ""hi"""', 'country = "say ""hi"""', "f1 = ?", ('say "hi"',)),
        # a category is text, and 7.0 is the category 7, as the captures are read
        ("country = 7.0", 'country = "7"', "f1 = ?", ("7",)),
        ("country in (BR, 'AR', BR)", 'country in ("BR", "AR")', "f1 IN (?, ?)", ("BR", "AR")),
        ("country not in (BR)", 'country != "BR"', "f1 <> ?", ("BR",)),
        ("amount is missing", "amount is missing", "(f0 IS NULL OR is_nan(f0))", ()),
        ("amount is not null", "amount is not missing", "NOT is_nan(f0)", ()),
        ("country IS MISSING", "country is missing", "f1 IS NULL", ()),
        ("`merchant name` = x", '`merchant name` = "x"', "f2 = ?", ("x",)),
        # a bare name is the built-in dimension, in backticks the feature of that name
        ("hour = 14", "hour = 14", "hour(ts) = ?", (14.0,)),
        ("`hour` = 14", "`hour` = 14", "NOT is_nan(f3) AND f3 = ?", (14.0,)),
        ("weekday = tuesday", 'weekday = "Tuesday"', "day_of_week(ts) = ?", (2,)),
        ("content_type = text/csv", 'content_type = "text/csv"', "content_type = ?", ("text/csv",)),
        ("input_bytes < 2000", "input_bytes < 2000", "input_bytes < ?", (2000.0,)),
        ("production_answer = 1", 'production_answer = "1"', "production_label = ?", ("1",)),
    ],
)
def test_a_condition_is_read(
    text: str, canonical: str, sql: str, parameters: tuple[object, ...]
) -> None:
    """Each comparison has one canonical spelling, one expression, and its values beside it."""
    found = parse(text, reading())
    assert found.text == canonical
    (condition,) = found.conditions
    assert (condition.sql, condition.parameters) == (sql, parameters)


def test_conditions_are_joined_and_said_once() -> None:
    """A conjunction holds every condition in its order; one said twice is one."""
    found = parse("amount >= 900 AND country = BR and hour = 14 and amount >= 900.0", reading())
    assert found.text == 'amount >= 900 and country = "BR" and hour = 14'
    assert found.without(1) == "amount >= 900 and hour = 14"
    assert joined("", found.text) == joined(found.text, "") == found.text


def test_numbers_of_a_regression_are_compared_as_numbers() -> None:
    """An answer is its score where the test is about numbers; of several parts it is none."""
    found = parse("shadow_answer > 30", reading(kind="regression"))
    assert found.conditions[0].sql == "NOT is_nan(shadow_score) AND shadow_score > ?"
    names = {each.name for each in dimensions_of(reading(kind="ranking"))}
    assert "shadow_answer" not in names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("amuont > 3", "Did you mean amount?"),
        ("Country = BR", "Did you mean country?"),
        ("merchant_name = x", "Did you mean `merchant name`?"),
        ("shade = red", "There are amount, country"),
        ("amount > 3 or amount < 1", "by and, not by or"),
        ("amount > high", "amount is a number; 'high' is none"),
        ("amount = 1e999", "amount is a number"),
        ("amount = ١", "amount is a number"),
        ("country > BR", "compare it by ="),
        ("weekday = 3", "is no weekday; write one of Monday"),
        ("amount 3", "after amount comes ="),
        ("amount >", "a value is missing after amount"),
        ("amount = missing", "write amount is missing"),
        ("amount is 3", "after is comes missing"),
        ("amount > 3 country = x", "after a condition comes and"),
        ("and amount > 3", "a condition begins with a name"),
        ("amount > 3 and", "a condition begins with a name"),
        ("country in BR", "after in comes a list"),
        ("country in ()", "a value is missing after country"),
        ("country in (BR", "a list ends with )"),
        ('country = "BR', "a quote is opened and not closed"),
        ('country = ""', "write country is missing"),
        ("amount ! 3", "no such sign"),
        ("", "a condition begins with a name"),
        ("x" * (LONGEST + 1), "at most"),
        (" and ".join(f"amount > {at}" for at in range(50)), "at most 40 conditions"),
    ],
)
def test_a_wrong_filter_is_a_sentence(text: str, said: str) -> None:
    """What cannot be read is answered with what is meant to stand there."""
    with pytest.raises(QuestionError) as refused:
        parse(text, reading())
    assert said in str(refused.value)


def values_of(dimension: Dimension) -> st.SearchStrategy[Any]:
    if dimension.numeric:
        return st.floats(allow_nan=False, allow_infinity=False)
    if dimension.kind == "weekday":
        return st.sampled_from(WEEKDAYS)
    if dimension.about == "request":
        return st.text(min_size=1, max_size=12)
    # as a captured label looks: no blanks at its ends, no 1.0 for 1
    inner = st.text(max_size=8)
    return inner.map(lambda text: f"v{text}v")


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    dimension = draw(st.sampled_from(KNOWN))
    operators = ["=", "!=", "in", "not in", "is missing", "is not missing"]
    if dimension.numeric:
        operators += ["<", "<=", ">", ">="]
    operator: Any = draw(st.sampled_from(operators))
    if "missing" in operator:
        return Condition(dimension, operator)
    several = operator in ("in", "not in")
    values = draw(
        st.lists(
            values_of(dimension),
            min_size=2 if several else 1,
            max_size=3 if several else 1,
            unique=True,
        )
    )
    return Condition(dimension, operator, tuple(values))


@given(st.lists(conditions(), min_size=1, max_size=6, unique=True))
def test_what_is_written_is_read_again(some: list[Condition]) -> None:
    """A filter's text gives the filter, whatever its values hold; and is its own canonical form."""
    written = Filter(tuple(some))
    found = parse(written.text, reading())
    assert found == written
    assert parse(found.text, reading()).text == found.text


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                ["amount", "country", "`hour`", ">=", "=", "in", "(", ")", ",", "and", "is",
                 "not", "missing", "3", "-1e5", '"x"', "'y'", "BR", "`", '"', "or"]
            ),
            max_size=12,
        ).map(" ".join),
    )
)  # fmt: skip
@example("amount >= 3 and country = BR")
def test_any_text_is_a_filter_or_a_sentence(text: str) -> None:
    """No text is a traceback; what is understood has a text that is its own canonical form."""
    try:
        found = parse(text, reading())
    except QuestionError:
        return
    assert parse(found.text, reading()) == found


@given(st.sampled_from(HOSTILE), conditions())
def test_nothing_in_a_value_reaches_the_statement(hostile: str, condition: Condition) -> None:
    """The SQL of a condition is made of the dimension's column and marks alone."""
    dimension = condition.dimension
    values = (hostile,) if condition.values else ()
    sql = Condition(dimension, condition.operator, values).sql
    assert hostile not in sql
    assert sql.count("?") == len(values)
    rest = sql.replace(dimension.column, "")
    assert set(rest) <= set(string.ascii_letters + "_ ()<>=?,")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_in_a_name_reaches_the_statement(hostile: str) -> None:
    """A feature may be called anything: its column is its number, and its name reads as itself."""
    odd = reading((hostile, "b"), (False, True))
    found = parse(f"`{hostile.replace('`', '``')}` = x", odd)
    assert found.conditions[0].sql == "f0 = ?"
    assert parse(found.text, odd) == found


@given(st.text(min_size=1, max_size=20))
@example("and")
@example("hour")
@example("a`b")
def test_every_feature_can_be_named(name: str) -> None:
    """However a feature is called, what the help writes for it means it."""
    known = reading((name,), (True,))
    (feature,) = (each for each in dimensions_of(known) if each.about == "feature")
    found = parse(f"{feature.written} = 1", known)
    assert found.conditions[0].dimension == feature


def test_names_that_mean_something_are_few() -> None:
    """Built-in names are told from the grammar's own words."""
    assert RESERVED.isdisjoint(BUILT_IN)
    assert {each.name for each in KNOWN if each.about != "feature"} == BUILT_IN
