"""Is a query in the part of Athena's SQL that was tested here on a real Trino?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.athena.backend import Failed

if TYPE_CHECKING:
    from sqlglot import exp


class Outside(Failed):
    """A query uses what was not tested; the text names it."""


# by the names that sqlglot gives them; tests/trino tries each on both engines
# fmt: off
FUNCTIONS = {
    "Abs", "AnyValue", "ApproxDistinct", "ApproxQuantile", "ArgMax", "ArgMin", "Array",
    "ArrayAgg", "ArrayFilter", "ArrayMax", "ArrayPosition", "ArraySize", "BitwiseXorAgg",
    "Case", "Cast", "Ceil", "Chr", "Coalesce", "Concat", "Count", "CountIf", "DateTrunc",
    "DateAdd", "DateDiff", "DayOfWeekIso", "Decode", "DenseRank", "Encode", "Floor", "Flatten",
    "FromBase64", "FromISO8601Timestamp", "GenerateSeries", "Greatest", "Hour", "If",
    "JSONExtract", "JSONExtractScalar", "LogicalAnd", "LogicalOr", "Least", "Length", "Ln",
    "Lower", "Max", "Min", "Nullif", "ParseJSON", "Pow", "Rank", "RegexpLike", "Round",
    "RowNumber", "Split", "SplitPart", "Sqrt", "StrPosition", "StrToTime", "Substring", "Sum",
    "TimeToStr", "TimeToUnix", "TimestampTrunc", "ToBase64", "Transform", "Trim", "Try",
    "TryCast", "Upper", "WidthBucket", "Avg", "Explode", "Unnest", "And", "Or", "Xor", "Mod",
    "Exists", "Lag", "Lead", "FirstValue", "UnixToTime", "JSONFormat", "Hex", "Nvl2",
}
ANONYMOUS = {"is_finite", "json_array_length", "xxhash64", "from_big_endian_64", "at_timezone"}
# fmt: on


def check(tree: exp.Expression) -> None:
    """Let a query pass whose functions were all tested.

    Raises
    ------
    Outside
        When one was not.
    """
    from sqlglot import exp

    for node in tree.find_all(exp.Func):
        known = (
            node.name.lower() in ANONYMOUS
            if isinstance(node, exp.Anonymous)
            else type(node).__name__ in FUNCTIONS
        )
        if not known:
            name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
            raise Outside(
                f"FUNCTION_NOT_FOUND: line 1:1: {name.lower()} is outside of the SQL that was "
                "tested here"
            )
