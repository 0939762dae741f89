"""Would AWS accept these parameters, or give this answer? Judged by botocore's service models.

botocore itself checks presence, types and minima before it sends; maxima, enums and patterns it
leaves to the service. A stand-in for the service has to check all of them, in what it is asked and
in what it answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import botocore.session

_TYPES: dict[str, Any] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (bytes,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}


def faults(service: str, operation: str, parameters: object) -> list[str]:
    """What is wrong with the parameters of a call, in AWS's words; empty when nothing is.

    ``parameters`` is the document of the request by the API's names; times in it are seconds since
    1970, blobs are bytes.
    """
    shape = model(service).operation_model(operation).input_shape
    return list(_faults(shape, parameters, "")) if shape is not None else []


def answer_faults(service: str, operation: str, answer: object) -> list[str]:
    """What is wrong with an answer to a call, in the same words; empty when nothing is."""
    shape = model(service).operation_model(operation).output_shape
    if shape is None:
        return [f"{operation} answers nothing"] if answer else []
    return list(_faults(shape, answer, ""))


@lru_cache(maxsize=16)
def model(service: str) -> Any:
    """botocore's model of a service."""
    return botocore.session.get_session().get_service_model(service)


def _faults(shape: Any, value: Any, place: str) -> Iterator[str]:
    types = _TYPES.get(shape.type_name, (object,))
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        yield f"Value at '{place}' is not a {shape.type_name}"
        return
    yield from _constraints(shape, value, place)
    if shape.type_name == "structure":
        for name in shape.metadata.get("required", ()):
            if name not in value:
                yield _refused("null", _join(place, name), "Member must not be null")
        if shape.metadata.get("union") and len(value) != 1:
            yield f"Value at '{place}' must have exactly one member of {list(shape.members)}"
        for name, member in value.items():
            if name in shape.members:
                yield from _faults(shape.members[name], member, _join(place, name))
            else:
                yield f"Unknown parameter '{_join(place, name)}'"
    elif shape.type_name == "list":
        types = _TYPES.get(shape.member.type_name, ())
        if shape.member.metadata or not {type(member) for member in value} <= set(types) - {dict}:
            for at, member in enumerate(value, start=1):
                yield from _faults(shape.member, member, f"{place}.{at}.member")
    elif shape.type_name == "map":
        for key, member in value.items():
            yield from _faults(shape.key, key, f"{place}.key")
            yield from _faults(shape.value, member, _join(place, str(key)))


def _constraints(shape: Any, value: Any, place: str) -> Iterator[str]:
    sized = isinstance(value, str | bytes | list | dict)
    size = len(value) if sized else value
    what = "length" if sized else "value"
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield _refused(value, place, f"Member must have {what} greater than or equal to {least}")
    if most is not None and size > most:
        yield _refused(value, place, f"Member must have {what} less than or equal to {most}")
    if shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            yield _refused(value, place, f"Member must satisfy enum value set: {shape.enum}")
        pattern = _pattern(shape.metadata.get("pattern", ""))
        if pattern is not None and not pattern.fullmatch(value):
            words = f"Member must satisfy regular expression: {pattern.pattern}"
            yield _refused(value, place, words)


@lru_cache(maxsize=1_024)
def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text else None
    except re.error:
        # some are written in Java's dialect, which knows classes such as \p{L}
        return None


def _refused(value: object, place: str, constraint: str) -> str:
    return f"Value '{str(value)[:80]}' at '{place}' failed to satisfy constraint: {constraint}"


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
