"""Would those who read production's answers understand the shadow's?

Both variants were sent the same requests, so what production answered in and the shadow never did
is missing, unless too few of the shadow's answers were looked at: where ``EXPECTED`` or more were
to be expected and none was seen, chance does it in less than 1 % of cases (Poisson,
``exp(-5) = 0.0067``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

EXPECTED = 5.0

Part = Literal["content type", "request type", "output", "kind of output", "label"]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the answers of one variant look like.

    ``content_types`` and ``request_types`` count all records by media type; ``outputs`` counts,
    of the ``n`` records looked at, those that have an output by its name, by its kind (``number``,
    ``text``, ``4 numbers``, …); ``labels`` counts rows by label over all pairs.
    """

    n: int
    content_types: Mapping[str, int]
    request_types: Mapping[str, int]
    outputs: Mapping[str, Mapping[str, int]]
    labels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that one variant answers and the other does not.

    ``production`` and ``shadow`` are how often, out of ``production_n`` and ``shadow_n``; of a kind
    of output ``name`` is ``output: kind``. ``breaking``: production has it, and the shadow would
    have shown it by now.
    """

    part: Part
    name: str
    production: int
    production_n: int
    shadow: int
    shadow_n: int
    breaking: bool


def compare(production: Answers, shadow: Answers) -> tuple[Difference, ...]:
    """How two variants' answers differ in form; none where either was not looked at.

    >>> csv = Answers(200, {"text/csv": 900}, {"text/csv": 900}, {"0": {"number": 200}}, {})
    >>> text = Answers(200, {"text/plain": 900}, {"text/csv": 900}, {"0": {"number": 200}}, {})
    >>> [(each.name, each.breaking) for each in compare(csv, text)]
    [('text/csv', True), ('text/plain', False)]
    """
    if not production.n or not shadow.n:
        return ()
    return tuple(_differences(production, shadow))


def _differences(production: Answers, shadow: Answers) -> Iterator[Difference]:
    yield from _of(
        "content type",
        (production.content_types, sum(production.content_types.values())),
        (shadow.content_types, sum(shadow.content_types.values())),
    )
    yield from _of(
        "request type",
        (production.request_types, sum(production.request_types.values())),
        (shadow.request_types, sum(shadow.request_types.values())),
    )
    yield from _of("output", (_totals(production), production.n), (_totals(shadow), shadow.n))
    for name in production.outputs.keys() & shadow.outputs.keys():
        yield from _of(
            "kind of output",
            _kinds(name, production.outputs[name]),
            _kinds(name, shadow.outputs[name]),
        )
    for each in _of(
        "label",
        (production.labels, sum(production.labels.values())),
        (shadow.labels, sum(shadow.labels.values())),
    ):
        # a label that is given no more breaks nobody who waits for it
        yield Difference(
            each.part,
            each.name,
            each.production,
            each.production_n,
            each.shadow,
            each.shadow_n,
            breaking=False,
        )


def _of(
    part: Part,
    production: tuple[Mapping[str, int], int],
    shadow: tuple[Mapping[str, int], int],
) -> Iterator[Difference]:
    (mine, mine_n), (theirs, theirs_n) = production, shadow
    if not mine_n or not theirs_n:
        return
    for name in sorted(mine.keys() | theirs.keys()):
        seen, other = mine.get(name, 0), theirs.get(name, 0)
        if bool(seen) != bool(other):
            breaking = other == 0 and seen / mine_n * theirs_n >= EXPECTED
            yield Difference(part, name, seen, mine_n, other, theirs_n, breaking)


def _totals(answers: Answers) -> dict[str, int]:
    return {name: sum(kinds.values()) for name, kinds in answers.outputs.items()}


def _kinds(name: str, kinds: Mapping[str, int]) -> tuple[dict[str, int], int]:
    return {f"{name}: {kind}": n for kind, n in kinds.items()}, sum(kinds.values())
