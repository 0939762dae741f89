"""Is a query in the part of Athena's SQL that was tested here on a real Trino?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.athena.backend import Failed

if TYPE_CHECKING:
    from sqlglot import exp


class Outside(Failed):
    """A query uses what was not tested; the text names it."""


# By the names that sqlglot gives them; tests/trino/functions.py has Trino's answer to each.
# fmt: off
FUNCTIONS = {
    "Abs", "And", "AnyValue", "ApproxDistinct", "ApproxQuantile", "ArgMax", "ArgMin", "Array",
    "ArrayAgg", "ArrayDistinct", "ArrayFilter", "ArrayMax", "ArrayPosition", "ArraySize",
    "ArrayToString", "Avg",
    "Case", "Cast", "Ceil", "Chr", "Coalesce", "Concat", "Count", "CountIf", "DateAdd",
    "DayOfWeekIso", "Decode", "DenseRank", "Encode", "Exists", "FirstValue", "Flatten", "Floor",
    "FromBase64", "FromISO8601Timestamp", "GenerateSeries", "Greatest", "Hex", "Hour", "If",
    "IsNan",
    "JSONExtract", "JSONExtractScalar", "JSONFormat", "Lag", "Lead", "Least", "Length", "Ln",
    "LogicalAnd", "LogicalOr", "Lower", "MD5Digest", "MapKeys", "Max", "Min", "Minute", "Nullif",
    "Or", "ParseJSON", "Pow", "Rank", "Replace", "RegexpExtract", "RegexpLike", "Round",
    "RowNumber", "Split", "SplitPart",
    "Sqrt", "StrPosition",
    "StrToTime", "Struct", "Substring", "Sum", "TimeToStr", "TimeToUnix", "TimestampTrunc",
    "ToBase64", "Transform", "Trim", "Try", "TryCast", "UnixToTime", "Unnest", "Upper",
    "WidthBucket",
}
# fmt: on
ANONYMOUS = {"is_finite", "json_array_length", "map_values", "xxhash64", "from_big_endian_64"}
# sqlglot's own way to write AT TIME ZONE
_WRITTEN = {"at_timezone"}


def check(tree: exp.Expression) -> None:
    """Let a query pass whose functions were all tested, and whose numbers are whole or doubles.

    Raises
    ------
    Outside
        When one was not, or is a decimal: DuckDB divides those otherwise than Trino.
    """
    from sqlglot import exp

    for number in tree.find_all(exp.Literal):
        if number.is_number and "." in number.name and "e" not in number.name.lower():
            raise Outside(f"NOT_SUPPORTED: decimals such as {number.name} were not tested here")

    for node in tree.find_all(exp.Func):
        known = (
            node.name.lower() in ANONYMOUS | _WRITTEN
            if isinstance(node, exp.Anonymous)
            else type(node).__name__ in FUNCTIONS
        )
        if not known:
            name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
            raise Outside(
                f"FUNCTION_NOT_FOUND: line 1:1: {name.lower()} is outside of the SQL that was "
                "tested here"
            )
