"""What does a captured answer of several parts hold: which items, labels, numbers, fields?

Answers come as they were captured: a text, JSON, or a row of CSV. What is not of its kind gives
None, and is then not compared, which is not the same as different.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from analysis.fields import is_number
from analysis.rankings import Ranking, ranking

NOT_JSON = object()
ITEM_KEYS = (
    *("id", "item_id", "itemId", "item", "product_id", "productId", "document_id", "documentId"),
    *("doc_id", "docId", "asin", "sku", "label", "name", "title", "index"),
)
"""Members by which an item of a ranking is known, the first one that is there."""
RANK_KEYS = ("rank", "position")
LABEL_KEYS = ("label", "name", "tag", "class", "category")
SCORE_KEYS = ("score", "probability", "confidence", "value")


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels an answer gives, and how many there are to choose from, where it says so."""

    labels: frozenset[str]
    of: int | None


def document(text: str) -> Any:
    """The JSON of an answer (NaN and Infinity are taken too); ``NOT_JSON`` for what is none."""
    import orjson

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return NOT_JSON


def items(text: str) -> Ranking | None:
    """The items of a ranking, best first.

    A list of ids or of objects with one of ``ITEM_KEYS``, as listed unless every object has a
    rank; an object of scores by id; or a row of CSV.
    """
    value = document(text)
    if isinstance(value, dict):
        if not all(is_number(score) for score in value.values()):
            return None
        return ranking(list(value), [-score for score in value.values()])
    if value is NOT_JSON or isinstance(value, str) or is_number(value):
        value = _cells(text)
    if not isinstance(value, list):
        return None
    ids: list[str] = []
    ranks: list[float] = []
    for cell in value:
        known = cell
        if isinstance(cell, dict):
            known = next((cell[key] for key in ITEM_KEYS if key in cell), None)
            rank = next((cell[key] for key in RANK_KEYS if is_number(cell.get(key))), None)
            ranks += [] if rank is None else [float(rank)]
        if isinstance(known, bool) or not isinstance(known, str | int | float):
            return None
        ids.append(str(known))
    return ranking(ids, ranks if ids and len(ranks) == len(ids) else None)


def label_set(text: str, *, threshold: float, names: tuple[str, ...]) -> LabelSet | None:
    """The labels of a set.

    Names; objects of a label and perhaps a score; an object of scores by label; or a vector of
    scores from 0 to 1, whose places ``names`` names. Labels with a score below ``threshold`` are
    not given. A list of whole numbers beyond 0 and 1 is one of class numbers.
    """
    value = document(text)
    if isinstance(value, dict):
        return _scored({str(label): score for label, score in value.items()}, threshold)
    if value is NOT_JSON or isinstance(value, str) or is_number(value):
        cells = _cells(text) if value is NOT_JSON else [value]
        numbers = [_number(cell) for cell in cells]
        value = cells if any(number is None for number in numbers) else numbers
    if not isinstance(value, list):
        return None
    if all(isinstance(cell, str) for cell in value):
        return LabelSet(frozenset(value), len(names) or None)
    if all(isinstance(cell, dict) for cell in value):
        return _listed(value, threshold, names)
    if not all(isinstance(cell, bool) or is_number(cell) for cell in value):
        return None
    if len(value) == len(names) or all(0 <= cell <= 1 for cell in value):
        named = {names[at] if at < len(names) else str(at): cell for at, cell in enumerate(value)}
        return _scored(named, threshold)
    if all(float(cell).is_integer() for cell in value):
        return LabelSet(frozenset(_class(cell, names) for cell in value), len(names) or None)
    return None


def outputs(text: str, names: tuple[str, ...]) -> dict[str, float] | None:
    """Several numbers by name: a JSON object or list of them, or a row of CSV.

    Those of a list are named by ``names`` where it has as many, else by their place, from 1.
    """
    value = document(text)
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    if not isinstance(value, dict | list):
        cells = [_number(cell) for cell in _cells(text)]
        value = cells if len(cells) > 1 else None
    if isinstance(value, list):
        places = tuple(f"output {at + 1}" for at in range(len(value)))
        named = names if len(names) == len(value) else places
        value = dict(zip(named, value, strict=True))
    if not value or not all(is_number(each) for each in value.values()):
        return None
    return {str(name): each for name, each in value.items()}


def _listed(
    value: list[dict[str, Any]], threshold: float, names: tuple[str, ...]
) -> LabelSet | None:
    given = set()
    for each in value:
        label = next((each[key] for key in LABEL_KEYS if key in each), None)
        if not isinstance(label, str | int) or isinstance(label, bool):
            return None
        score = next((each[key] for key in SCORE_KEYS if is_number(each.get(key))), threshold)
        if score >= threshold:
            given.add(str(label))
    return LabelSet(frozenset(given), len(names) or None)


def _scored(scores: dict[str, Any], threshold: float) -> LabelSet | None:
    if not all(isinstance(score, bool) or is_number(score) for score in scores.values()):
        return None
    given = (label for label, score in scores.items() if score >= threshold)
    return LabelSet(frozenset(given), len(scores))


def _class(number: float, names: tuple[str, ...]) -> str:
    at = int(number)
    return names[at] if 0 <= at < len(names) else str(at)


def _cells(text: str) -> list[str]:
    """The cells of one row of CSV; of a captured answer they hold no quotes worth a parser."""
    return [cell.strip().strip('"') for cell in text.split(",")] if text.strip() else []


def _number(cell: object) -> float | None:
    try:
        number = float(cell) if isinstance(cell, str | int | float) else None
    except ValueError:
        return None
    return number if is_number(number) else None
