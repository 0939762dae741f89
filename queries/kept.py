"""How are small accounts kept on disk, and believed only where they are whole?

Dataclasses of plain values as JSON. A few lines of our own, because a new process reads some of
these before its first chart, and importing a validation library takes as long as all the rest.
"""

from __future__ import annotations

import os
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson

_T = TypeVar("_T")


def read_json(kind: type[_T], file: Path) -> _T | None:
    """The value in a file; None where there is none, or one of another version: it is made anew."""
    try:
        made: _T = value_of(kind, orjson.loads(file.read_bytes()))
    except (FileNotFoundError, ValueError):
        return None
    return made


def write_json(value: object, file: Path) -> None:
    """Replace a file in one step."""
    temporary = file.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_bytes(orjson.dumps(value))
    temporary.replace(file)


def value_of(kind: Any, found: Any) -> Any:
    """What was written, with its types again.

    ``kind`` is a dataclass, a union, a tuple, a dict by text, a literal, a time, a plain type or
    anything.

    Raises
    ------
    ValueError
        When ``found`` is not of that kind.

    >>> value_of(tuple[int, ...] | None, [1, 2])
    (1, 2)
    """
    if is_dataclass(kind):
        return _instance(kind, found)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, Union):
        return _one_of(inner, found)
    if origin is Literal:
        right = found in inner
    elif origin is tuple and isinstance(found, list):
        return _tuple(inner, found)
    elif origin in (dict, Mapping) and isinstance(found, dict):
        return {key: value_of(inner[1], value) for key, value in found.items()}
    elif kind is Any:
        return found
    elif kind is datetime and type(found) is str:
        return datetime.fromisoformat(found)
    else:
        right = type(found) is kind or (kind is float and type(found) is int)
    if not right:
        raise ValueError(f"{found!r} is no {kind}")
    return found


def _instance(kind: Any, found: Any) -> Any:
    hints = _hints(kind)
    if not isinstance(found, dict) or found.keys() != hints.keys():
        raise ValueError(f"{found!r} is no {kind.__name__}")
    return kind(**{name: value_of(hint, found[name]) for name, hint in hints.items()})


def _tuple(inner: tuple[Any, ...], found: list[Any]) -> tuple[Any, ...]:
    if inner[1:] == (...,):
        return tuple(value_of(inner[0], value) for value in found)
    if len(inner) != len(found):
        raise ValueError(f"{found!r} has not {len(inner)} values")
    return tuple(value_of(kind, value) for kind, value in zip(inner, found, strict=True))


def _one_of(kinds: tuple[Any, ...], found: Any) -> Any:
    for kind in kinds:
        if kind is types.NoneType:
            if found is None:
                return None
            continue
        try:
            return value_of(kind, found)
        except ValueError:
            continue
    raise ValueError(f"{found!r} is none of {kinds}")


@cache
def _hints(kind: type) -> dict[str, Any]:
    """The fields of a dataclass and their types."""
    known = get_type_hints(kind)
    return {field.name: known[field.name] for field in fields(kind)}
