"""Does a document have the shape that AWS's service model, which botocore carries, asks for?

botocore itself checks presence, types and minima before it sends; maxima, enums and patterns it
leaves to the service. Here all of them are looked at, of a request or of an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

Rule = Literal["type", "missing", "unknown", "min", "max", "enum", "pattern", "one_of"]

_TYPES: dict[str, Any] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, datetime),
    "blob": (str, bytes),
}
# Java's classes of characters that Python's ``re`` does not have. Letters, numbers and the
# underscore are ``\w`` in Unicode; the patterns that use these classes allow the underscore.
_JAVA = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{ASCII}": r"[\x00-\x7f]",
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """One place of a document that breaks one rule of the model.

    ``path`` leads there: names of members and keys, and positions in lists, counted from 0.
    ``bound`` is what the model asks for there: a type's name, a limit, the words or the pattern.
    """

    path: tuple[str | int, ...]
    rule: Rule
    value: object
    bound: Any
    sized: bool = False
    """Is the limit one of length?"""


def misfits(
    service: str, operation: str, document: object, *, part: Literal["input", "output"] = "input"
) -> Iterator[Misfit]:
    """Where a document is not what the model says, in its order; nothing where it is.

    ``service`` is botocore's name. Times are seconds since 1970 or ``datetime``. A pattern that
    Python cannot read is not looked at.

    Raises
    ------
    botocore.exceptions.UnknownServiceError, botocore.model.OperationNotFoundError
    """
    found = _model(service).operation_model(operation)
    shape = found.input_shape if part == "input" else found.output_shape
    if shape is None:
        # an operation that takes or gives nothing has no shape
        if document:
            yield Misfit((), "unknown", document, None)
        return
    yield from _misfits(shape, document, ())


@lru_cache(maxsize=16)
def _model(service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


def _misfits(shape: Any, value: Any, path: tuple[str | int, ...]) -> Iterator[Misfit]:
    types = _TYPES.get(shape.type_name, (object,))
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        yield Misfit(path, "type", value, shape.type_name)
        return
    yield from _limits(shape, value, path)
    if shape.type_name == "structure":
        yield from _members(shape, value, path)
    elif shape.type_name == "list":
        for at, member in enumerate(value):
            yield from _misfits(shape.member, member, (*path, at))
    elif shape.type_name == "map":
        for key, member in value.items():
            yield from _misfits(shape.key, key, (*path, key))
            yield from _misfits(shape.value, member, (*path, key))


def _members(shape: Any, value: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Misfit]:
    for name in shape.metadata.get("required", ()):
        if name not in value:
            yield Misfit((*path, name), "missing", None, None)
    if shape.is_tagged_union and len(value) != 1:
        yield Misfit(path, "one_of", value, list(shape.members))
    for name, member in value.items():
        if name in shape.members:
            yield from _misfits(shape.members[name], member, (*path, name))
        else:
            yield Misfit((*path, name), "unknown", member, None)


def _limits(shape: Any, value: Any, path: tuple[str | int, ...]) -> Iterator[Misfit]:
    if isinstance(value, datetime):
        return
    sized = isinstance(value, str | bytes | list | dict)
    size = len(value) if sized else value
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield Misfit(path, "min", value, least, sized)
    if most is not None and size > most:
        yield Misfit(path, "max", value, most, sized)
    if shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            yield Misfit(path, "enum", value, list(shape.enum))
        pattern = shape.metadata.get("pattern")
        known = _pattern(pattern) if pattern else None
        if known and not known.fullmatch(value):
            yield Misfit(path, "pattern", value, pattern)


@lru_cache(maxsize=1024)
def _pattern(java: str) -> re.Pattern[str] | None:
    """A pattern of the model in Python's words; None where Python has none for it."""
    python = java
    for theirs, ours in _JAVA.items():
        python = python.replace(theirs, ours)
    try:
        # Java's \w, \d and \s are ASCII's, unless the pattern speaks of Unicode's classes
        return re.compile(python, 0 if python != java else re.ASCII)
    except re.error:
        return None
