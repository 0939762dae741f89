"""Would AWS accept these parameters? Judged by the service model that botocore carries.

botocore itself checks presence, types and minima before it sends; maxima, enums and patterns it
leaves to the service. A stand-in for the service has to check all of them.
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
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}


def faults(service: str, operation: str, parameters: object) -> list[str]:
    """What is wrong with the parameters of a call, in AWS's words; empty when nothing is.

    ``parameters`` is the JSON document of the request; times in it are seconds since 1970.
    """
    shape = _model(service).operation_model(operation).input_shape
    return list(_faults(shape, parameters, ""))


@lru_cache(maxsize=4)
def _model(service: str) -> Any:
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
        for name, member in value.items():
            if name in shape.members:
                yield from _faults(shape.members[name], member, _join(place, name))
            else:
                yield f"Unknown parameter '{_join(place, name)}'"
    elif shape.type_name == "list":
        for at, member in enumerate(value, start=1):
            yield from _faults(shape.member, member, f"{place}.{at}.member")


def _constraints(shape: Any, value: Any, place: str) -> Iterator[str]:
    sized = isinstance(value, str | list | dict)
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
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(pattern, value):
            yield _refused(value, place, f"Member must satisfy regular expression: {pattern}")


def _refused(value: object, place: str, constraint: str) -> str:
    return f"Value '{str(value)[:80]}' at '{place}' failed to satisfy constraint: {constraint}"


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
