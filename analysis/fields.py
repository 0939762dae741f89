"""In which fields do two JSON documents differ?

Field by field as Diffy and Scientist do: a field is a place in the document, ``$.items[*].price``
for that of every item. Fields can be ignored, and numbers may differ within a tolerance.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["same", "differs", "only_production", "only_shadow"]
STATES: tuple[State, ...] = ("same", "differs", "only_production", "only_shadow")
MOST_FIELDS = 500
"""Fields of one pair that are told apart; what is beyond counts in one field, ``OTHER_FIELDS``."""
MOST_PLACES = 5_000
"""Places of one pair that are looked at; of longer documents the first so many are compared."""
OTHER_FIELDS = "(further fields)"
_PLAIN_KEY = re.compile(r"[^.\[\]\"'\s]+")
_GRAVITY = {"same": 0, "only_production": 1, "only_shadow": 1, "differs": 2}
_ABSENT = object()
# What is compared under a place: production's value, the shadow's, and the place's two names.
_Task = tuple[Any, Any, str, str]


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field of a pair of documents; ``delta`` is shadow − production where both are numbers.

    Of several values in one place (``[*]``) the field differs where any does, and the delta is
    that of the value that differs most.
    """

    name: str
    state: State
    delta: float


@dataclass(frozen=True, slots=True)
class Ignore:
    """Which fields are left out: a pattern matches its field and everything below it."""

    patterns: tuple[re.Pattern[str], ...] = ()

    def matches(self, name: str) -> bool:
        """Whether a field is left out."""
        return any(pattern.match(name) for pattern in self.patterns)


NOTHING = Ignore()


def ignoring(paths: Sequence[str]) -> Ignore:
    """Make the rule of JSONPaths: ``[*]`` is every item, ``[3]`` that one, ``..`` any depth.

    >>> ignoring(["$.items[*].at"]).matches("$.items[7].at.zone")
    True
    >>> ignoring(["$..at"]).matches("$.that")
    False
    """

    def pattern(path: str) -> re.Pattern[str]:
        plain = re.sub(
            r"\[([\"'])(.*?)\1\]|\.\"([^\"]*)\"", lambda m: _member(m[2] or m[3] or ""), path
        )
        every = re.escape(plain).replace(r"\[\*\]", r"\[\d+\]").replace(r"\.\.", r".*\.")
        return re.compile(every + r"(?=$|[.\[])", re.DOTALL)

    return Ignore(tuple(pattern(path) for path in paths))


def compare(
    production: Any, shadow: Any, *, tolerance: float, ignore: Ignore = NOTHING
) -> tuple[list[FieldState], bool]:
    """Compare two parsed JSON documents.

    Parameters
    ----------
    production, shadow
        Parsed JSON; the items of a list are compared by position.
    tolerance : float
        Numbers agree when they differ by at most this part of production's.
    ignore : Ignore

    Returns
    -------
    list of FieldState
        In the order of production's document.
    bool
        Whether the documents hold more than ``MOST_PLACES``, so that not all was compared.
    """
    worst: dict[str, FieldState] = {}
    places = _places((production, shadow, "$", "$"), ignore)
    for at, (mine, theirs, name, _) in enumerate(places):
        if at == MOST_PLACES:
            return list(worst.values()), True
        kept = name if name in worst or len(worst) < MOST_FIELDS else OTHER_FIELDS
        found = _state(kept, mine, theirs, tolerance)
        known = worst.get(kept)
        worst[kept] = found if known is None else _worse(known, found)
    return list(worst.values()), False


def same_value(production: Any, shadow: Any, tolerance: float) -> bool:
    """Whether two values of a field are the same; 1 and 1.0 are, 1 and "1" and true are not."""
    if is_number(production) and is_number(shadow):
        if production == shadow:
            return True
        return bool(abs(shadow - production) <= tolerance * abs(production))
    if production != production and shadow != shadow:
        return True  # NaN, which some writers of JSON know, equals nothing else
    return type(production) is type(shadow) and bool(production == shadow)


def is_number(value: Any) -> bool:
    """Whether a value is a finite number; true and false are none."""
    # integers of any length are numbers, but not all of them are floats
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e308


def _places(task: _Task, ignore: Ignore) -> Iterator[_Task]:
    """Every place at which a value stands on either side, in production's order.

    A stack instead of recursion: a captured document may nest deeper than Python calls.
    """
    stack = [task]
    while stack:
        mine, theirs, name, place = stack.pop()
        if ignore.patterns and ignore.matches(place):
            continue
        one = next((side for side in (mine, theirs) if side is not _ABSENT), None)
        other = one if theirs is _ABSENT else theirs
        inside: list[_Task] = []
        if isinstance(one, dict) and isinstance(other, dict):
            before, after = (side if isinstance(side, dict) else {} for side in (mine, theirs))
            for key in dict.fromkeys((*before, *after)):
                step = _member(str(key))
                inside.append(
                    (before.get(key, _ABSENT), after.get(key, _ABSENT), name + step, place + step)
                )
        elif isinstance(one, list) and isinstance(other, list):
            first, second = (side if isinstance(side, list) else [] for side in (mine, theirs))
            for at in range(min(max(len(first), len(second)), MOST_PLACES + 1)):
                one = first[at] if at < len(first) else _ABSENT
                other = second[at] if at < len(second) else _ABSENT
                inside.append((one, other, f"{name}[*]", f"{place}[{at}]"))
        if inside:
            stack.extend(reversed(inside))
        else:
            yield mine, theirs, name, place


def _state(name: str, mine: Any, theirs: Any, tolerance: float) -> FieldState:
    if theirs is _ABSENT:
        return FieldState(name, "only_production", math.nan)
    if mine is _ABSENT:
        return FieldState(name, "only_shadow", math.nan)
    state: State = "same" if same_value(mine, theirs, tolerance) else "differs"
    numbers = is_number(mine) and is_number(theirs)
    return FieldState(name, state, float(theirs) - float(mine) if numbers else math.nan)


def _worse(known: FieldState, found: FieldState) -> FieldState:
    """Of two values of one field, the one to tell of."""
    only = {"only_production", "only_shadow"}
    if {known.state, found.state} == only:
        return FieldState(known.name, "differs", math.nan)
    if _GRAVITY[known.state] != _GRAVITY[found.state]:
        graver = max(known, found, key=lambda each: _GRAVITY[each.state])
        delta = max((known.delta, found.delta), key=_size)
        return FieldState(known.name, graver.state, delta)
    return max(known, found, key=lambda each: _size(each.delta))


def _size(delta: float) -> float:
    return -1.0 if math.isnan(delta) else abs(delta)


def _member(key: str) -> str:
    """A member as a step of a path; a name with dots or brackets in it is quoted."""
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f'["{key}"]'
