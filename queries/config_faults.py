"""Which sentence tells the reader of ``understudy.toml`` about a fault in it?"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

_SECRET = re.compile(r"secret|token|password|access_key", re.IGNORECASE)


def sentence(error: Any, known: Mapping[str, list[str]]) -> str:
    """One fault that pydantic found, in words that name key, finding and remedy.

    ``error`` is one of ``ValidationError.errors()``; ``known`` holds the keys of each table, with
    ``NAME`` in place of the names that the user gives.
    """
    place = [part for part in error["loc"] if isinstance(part, str) and part != "[key]"]
    key = ".".join(place)
    if error["type"] == "extra_forbidden":
        return _unknown(place, known)
    if error["type"] == "missing":
        return f"{key} is missing; add it, or leave [{'.'.join(place[:-1])}] out."
    if error["type"] == "value_error":
        said = str(error["ctx"]["error"])
        # what is wrong between keys of a table names them itself
        if isinstance(error["input"], Mapping):
            return f"[{key}]: {said}." if key else f"{said}."
        if error["input"] is None:
            return f"{key} is missing; {said}."
        return f"{key} is {_found(error['input'])}, but {said}."
    return f"{key} is {_found(error['input'])}, but {_expected(error, place)}."


def near(word: str, known: Iterable[str]) -> str:
    """The question after the nearest known word, in brackets; empty where none is near."""
    nearest = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean `{nearest[0]}`?)" if nearest else ""


def _expected(error: Any, place: list[str]) -> str:
    limits = error.get("ctx", {})
    kind = error["type"]
    if place[-1] == "rule":
        return "the name of a class is expected"
    if place[-1] == "path":
        return "a JSONPath begins with $, such as $.predictions[*].score"
    if place[-1] == "ignore":
        return "JSONPaths begin with $, such as $.request_id"
    if place[-1] in ("endpoint_url", "link"):
        return "an address such as https://s3.example.com is expected"
    if place[-1] == "currency":
        return "three capital letters such as USD are expected"
    if place[-1] == "experiment":
        return "the name of an inference experiment is expected: letters, digits and hyphens"
    if place == ["athena", "workgroup"]:
        return "a workgroup is named in up to 128 letters, digits, dots, hyphens and underscores"
    if place == ["athena", "database"]:
        return "a database is named in small letters, digits and underscores, a letter first"
    if place[-1] == "version":
        return "the number of a published version is expected, in quotes"
    words = {
        "literal_error": f"one of {limits.get('expected', '')} is expected",
        "greater_than": f"a number above {limits.get('gt', 0):g} is expected",
        "greater_than_equal": f"a number not below {limits.get('ge', 0):g} is expected",
        "less_than": f"a number below {limits.get('lt', 0):g} is expected",
        "less_than_equal": _at_most(limits.get("le", 0)),
        "too_short": f"at least {limits.get('min_length')} are expected",
        "too_long": f"at most {limits.get('max_length')} are expected",
        "time_type": "a time without quotes is expected, such as 09:00:00",
        "string_type": 'a text in quotes is expected, such as "AllTraffic"',
        "bool_type": "true or false is expected, without quotes",
        "int_type": "a whole number is expected, without quotes",
        "float_type": "a number is expected, without quotes",
        "finite_number": "a finite number is expected",
        "tuple_type": 'a list is expected, such as ["age", "income"]',
        "model_type": _a_table(place),
        "dict_type": _a_table(place)
        if len(place) > 1
        else f"tables [{'.'.join(place)}.NAME] are expected",
    }
    return words.get(kind, str(error["msg"]))


def _a_table(place: list[str]) -> str:
    return f"a table [{'.'.join(place)}] is expected"


def _at_most(limit: float) -> str:
    share = " (a share: 0.95 is 95 %)" if limit == 1 else ""
    return f"a number not above {limit:g}{share} is expected"


def _unknown(place: list[str], tables: Mapping[str, list[str]]) -> str:
    *above, key = place
    table = ".".join(above)
    where = f"[{table}]" if table else "the top of the file"
    if _SECRET.search(key):
        return (
            f"{'.'.join(place)} looks like a secret, and this file never holds one; name a "
            "`profile` in [aws], or leave credentials to the environment."
        )
    known = tables.get(table) or tables[_shape(above)]
    home = next((table for table, keys in tables.items() if key in keys), None)
    hint = near(key, known)
    if not hint and home is not None:
        hint = f" but of {f'[{home}]' if home else 'the top of the file'}"
    return f"{'.'.join(place)} is not a key of {where}{hint}. Known are: {', '.join(known)}."


def _shape(place: list[str]) -> str:
    return ".".join("NAME" if at == 1 else part for at, part in enumerate(place))


def _found(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    shown = repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"
