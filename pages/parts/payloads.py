"""In which places do two captured payloads differ?

JSON is compared key by key, CSV value by value, anything else as a whole. Payloads are hostile
until shown otherwise: whatever does not parse, or nests too deep, is compared as text.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_VALUES = 5000
LONGEST_COMPARED = 1_000_000
ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class Value:
    """One place in the payloads and what each variant has there."""

    place: str
    production: str
    shadow: str

    @property
    def differs(self) -> bool:
        """Whether the two are not the same text."""
        return self.production != self.shadow


def compare(production: str, shadow: str) -> tuple[Value, ...]:
    """List every place of either payload with both values, in the order of production's payload."""
    ours, theirs = flat(production), flat(shadow)
    places = dict.fromkeys([*ours, *theirs])
    return tuple(Value(p, ours.get(p, ABSENT), theirs.get(p, ABSENT)) for p in places)


def flat(payload: str) -> dict[str, str]:
    """Give a payload as place → value; at most ``MOST_VALUES`` places."""
    if len(payload) > LONGEST_COMPARED:
        return {"payload": payload}
    text = payload.strip()
    if text[:1] in ("{", "["):
        try:
            return _first(_json(json.loads(text), "$"))
        except (ValueError, RecursionError):
            return {"payload": text}
    if "," in text:
        try:
            return _first(_csv(text))
        except csv.Error:
            return {"payload": text}
    return {"payload": text}


def _first(values: Iterator[tuple[str, str]]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for place, value in values:
        kept[place] = value
        if len(kept) >= MOST_VALUES:
            break
    return kept


def _json(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _json(inner, f"{place}.{key}")
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _json(inner, f"{place}[{index}]")
    else:
        yield place, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _csv(text: str) -> Iterator[tuple[str, str]]:
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            yield (f"row {number}, " if len(rows) > 1 else "") + f"column {column}", value
