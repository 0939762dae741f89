"""What would be different?

Documents are compared leaf by leaf. A list whose members carry a name is compared by it, so that
a variant that moves up is not another one. Values of containers' environments often hold tokens
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html): they are
compared, and never shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from actions.steps import Change

MASK = "•••"
_NAMES = ("VariantName", "AlarmName", "Key", "CaptureMode", "ContainerHostname", "InstanceType")
_SECRET = "Environment"  # noqa: S105 - the name of the member whose values are hidden


def changes(now: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every leaf in which two documents differ: those of ``now`` in its order, then new ones.

    A value is text as JSON writes it, a string without its quotes unless it is empty; "" is none.
    """
    before, then = dict(_leaves(now)), dict(_leaves(after))
    differing = [path for path in before | then if before.get(path) != then.get(path)]
    return tuple(
        Change("".join(path).lstrip("."), _shown(path, before), _shown(path, then, before))
        for path in differing
    )


def mask(document: Any) -> Any:
    """The same document with the values of every ``Environment`` hidden; names stay."""
    if isinstance(document, Mapping):
        return {
            name: dict.fromkeys(value, MASK)
            if name == _SECRET and isinstance(value, Mapping)
            else mask(value)
            for name, value in document.items()
        }
    if isinstance(document, list | tuple):
        return [mask(member) for member in document]
    return document


_Path = tuple[str, ...]


def _leaves(value: Any, path: _Path = ()) -> Iterator[tuple[_Path, str]]:
    if isinstance(value, Mapping) and (value or not path):
        for name, member in value.items():
            yield from _leaves(member, (*path, f".{name}"))
    elif isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value):
        for name, member in zip(_names(value), value, strict=True):
            yield from _leaves(member, (*path, f"[{name}]"))
    else:
        yield path, value if isinstance(value, str) and value else _text(value)


def _names(members: list[Any] | tuple[Any, ...]) -> list[str]:
    """What the members of a list are called: by the member that names them, else by position."""
    for name in _NAMES:
        called = [each.get(name) for each in members if isinstance(each, Mapping)]
        if len(set(called)) == len(members) and None not in called:
            return [str(each) for each in called]
    return [str(at) for at in range(len(members))]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _shown(path: _Path, values: Mapping[_Path, str], other: Mapping[_Path, str] = {}) -> str:
    if path not in values:
        return ""
    if f".{_SECRET}" not in path[:-1]:
        return values[path]
    return f"{MASK} (another value)" if path in other else MASK
