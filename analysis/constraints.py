"""Which constraints of Model Monitor do the requests of a window break?

The rules are those of its constraints.json: they are counted, not estimated, and have no interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


COMPLETENESS = "completeness_check"
DATA_TYPE = "data_type_check"
CATEGORIES = "categorical_values_check"
NON_NEGATIVE = "is_non_negative"
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Constraint:
    """What one feature must keep to; shares are the least allowed, 0 to 1.

    ``kind`` is Model Monitor's inferred type; ``domain`` its known categories, ``None`` for any.
    """

    name: str
    kind: str
    completeness: float
    non_negative: bool
    domain: tuple[str, ...] | None
    type_share: float
    domain_share: float


@dataclass(frozen=True, slots=True)
class Observed:
    """Counts of one feature's requests: values that are there, and of these the named ones."""

    present: int
    missing: int
    numbers: int
    whole: int
    negative: int
    known: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A constraint broken by ``count`` of ``n`` values, where a share of ``allowed`` may."""

    feature: str
    check: str
    count: int
    n: int
    allowed: float


def observe_numbers(n: int, *, present: int, whole: int, negative: int) -> Observed:
    """Of ``n`` requests, the numbers that are there, and of these the whole and the negative."""
    return Observed(present, n - present, present, whole, negative, present)


def observe_texts(counts: Mapping[str | None, int], domain: tuple[str, ...] | None) -> Observed:
    """Count texts, ``None`` meaning missing; what reads as a number is one."""
    missing = counts.get(None, 0)
    texts = {text: count for text, count in counts.items() if text is not None}
    numbers = [(_number(text), count) for text, count in texts.items()]
    known = texts if domain is None else {text: texts[text] for text in domain if text in texts}
    return Observed(
        present=sum(texts.values()),
        missing=missing,
        numbers=sum(count for number, count in numbers if number is not None),
        whole=sum(count for number, count in numbers if number is not None and number % 1 == 0),
        negative=sum(count for number, count in numbers if number is not None and number < 0),
        known=sum(known.values()),
    )


def broken(constraint: Constraint, seen: Observed) -> tuple[Broken, ...]:
    """Every constraint that the requests of a window do not keep.

    >>> rule = Constraint("age", "Integral", 1.0, True, None, 1.0, 1.0)
    >>> seen = observe_numbers(3, present=2, whole=2, negative=1)  # 31, nothing and -2
    >>> [each.check for each in broken(rule, seen)]
    ['completeness_check', 'is_non_negative']
    """
    return tuple(
        Broken(constraint.name, check, count, n, 1 - least)
        for check, count, n, least in _counted(constraint, seen)
        if n and count / n > 1 - least + _ROUNDING
    )


def _counted(rule: Constraint, seen: Observed) -> Iterator[tuple[str, int, int, float]]:
    """Check, values against it, values looked at, and the least share that must be for it."""
    yield COMPLETENESS, seen.missing, seen.present + seen.missing, rule.completeness
    if rule.kind in ("Integral", "Fractional"):
        right = seen.whole if rule.kind == "Integral" else seen.numbers
        yield DATA_TYPE, seen.present - right, seen.present, rule.type_share
    if rule.domain is not None:
        yield CATEGORIES, seen.present - seen.known, seen.present, rule.domain_share
    if rule.non_negative:
        yield NON_NEGATIVE, seen.negative, seen.numbers, 1.0


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
