"""What can Athena not read, or not compare?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queries.reading import Kind, Reading

NOT_IN_SQL: dict[Kind, str] = {
    "text": "No function of SQL says how alike two texts are.",
    "json": "SQL cannot follow documents to any depth.",
    "ranking": "SQL cannot weigh the places of a ranking one after the other.",
}
"""Kinds of answers that Athena does not compare, each with the reason in a sentence."""


def refusal(reading: Reading) -> str | None:
    """Why Athena cannot read a variant so, in a sentence; None where it can."""
    remedy = 'Set `engine = "duckdb"` for this test.'
    if reading.kind in NOT_IN_SQL:
        return f"{NOT_IN_SQL[reading.kind]} {remedy}"
    if not reading.bulk or reading.layout != "capture":
        return f"The payloads of this test cannot be read by SQL alone. {remedy}"
    return None
