"""Which rows of the two variants belong together, and where do the pairs lie?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from queries.accounts import Segment
from queries.kept import read_json
from queries.store import Store

LADDER_VERSION = 6


@dataclass(frozen=True, slots=True)
class Paired:
    """The result of the ladder: where its rows lie, and counts (of rows) that add up.

    ``production = sum(by_method) + production_only + ambiguous_production``; likewise the shadow.
    ``collisions`` counts records whose id was used more than once in their variant;
    ``different_input`` pairs that an id joined although the inputs differ.
    """

    name: str
    production: int
    shadow: int
    by_method: tuple[tuple[str, int], ...]
    production_only: int
    shadow_only: int
    ambiguous_production: int
    ambiguous_shadow: int
    collisions: int
    different_input: int

    @property
    def pairs(self) -> int:
        """Rows of production that found their answer."""
        return sum(count for _, count in self.by_method)


def pair(
    store: Store,
    production: Sequence[Segment],
    shadow: Sequence[Segment],
    *,
    by_line: bool = False,
) -> Paired:
    """Pair two variants, or find the pairs made of the same segments before.

    ``by_line`` is for the two sides of a paired log, whose lines hold both.

    Writes ``pairs-{name}.parquet`` and ``unpairs-{name}.parquet``.
    """
    name = _name(production, shadow)

    def known() -> Paired | None:
        found = read_json(Paired, store.folder / f"pairs-{name}.json")
        return found if found is not None and pairs_file(store, name).exists() else None

    def make() -> Paired:
        from queries.ladder import Ladder

        store.sweep(store.manifest())
        return Ladder(store, production, shadow, name, by_line=by_line).climb()

    return store.once(name, ("pairs", "unpairs"), known=known, make=make)


def pairs_file(store: Store, name: str) -> Path:
    """Where the pairs lie."""
    return store.folder / f"pairs-{name}.parquet"


def unpaired_file(store: Store, name: str) -> Path:
    """Where the rows without a partner lie."""
    return store.folder / f"unpairs-{name}.parquet"


def _name(production: Sequence[Segment], shadow: Sequence[Segment]) -> str:
    sides = [sorted(segment.name for segment in side) for side in (production, shadow)]
    return hashlib.sha256(f"{LADDER_VERSION} {sides}".encode()).hexdigest()[:16]
