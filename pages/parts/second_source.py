"""How much of the disagreement is noise, by a second fleet of production's own model?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.parts import escape, format, noise, tiles, words

if TYPE_CHECKING:
    from queries.second_source import AgainstSecond

TITLE = "By a second source"
JUDGED = (
    "Where there is a second source, whether the shadow differs by more than noise rests on it."
)


def sentence(found: AgainstSecond) -> str:
    """Say what the second source and the shadow answer otherwise, and what is beyond noise."""
    floor = found.floor
    if not floor.fates.compared:
        return (
            f"None of the {format.count(floor.fates.pairs)} pairs of this window that can be "
            "compared has an answer of the second source to the same input that could be read: "
            "here it tells nothing of noise."
        )
    requests = f"{format.count(floor.fates.compared)} requests that all three answered"
    return (
        f"Of {requests}, the second source answered {format.percent(floor.noise.value)} otherwise "
        f"than production, and the shadow {format.percent(floor.disagreement.value)}. "
        f"{noise.beyond(floor.excess, floor.sequence)}"
    )


def basis(found: AgainstSecond) -> str:
    """Say which source, which time, what became of every pair, and what is known of its model."""
    fates = found.floor.fates
    left = ", ".join(
        f"{format.count(n)} {why}"
        for n, why in (
            (fates.unanswered, "without an answer of it"),
            (fates.other_input, "with another input"),
            (fates.unread, "with an answer that could not be read"),
        )
        if n
    )
    by = ", ".join(f"{format.count(n)} by {words.METHODS[method]}" for method, n in found.by_method)
    return (
        f"{escape.clip(found.variant, 63)} in {escape.clip(found.location, 120)}, "
        f"{format.span(found.window)}: {format.count(fates.compared)} of "
        f"{format.count(fates.pairs)} pairs that can be compared"
        f"{f'; {left}' if left else ''}. Rows of the whole test found {by}. {found.model} {JUDGED} "
        "Intervals are for one look, where nothing else is said."
    )


def tiles_of(found: AgainstSecond) -> list[tiles.Tile]:
    """Make the tiles: the second source and the shadow against production, and what is beyond."""
    floor = found.floor
    if not floor.fates.compared:
        return []
    return [
        tiles.of(
            "Second source against production",
            floor.noise,
            explained="noise_of_second",
            help="Share of the requests that a second fleet of production's model answered "
            "otherwise.",
        ),
        tiles.of(
            "Shadow against production",
            floor.disagreement,
            explained="noise_same_requests",
            help="Share of the same requests that the shadow answered otherwise.",
        ),
        tiles.of(
            "Beyond noise",
            floor.excess,
            explained="noise_beyond_second",
            signed=True,
            help="Shadow against production, less the second source against production: the same "
            "requests, a paired difference. Negative where the shadow is nearer to production "
            "than a second fleet of its own model.",
        ),
    ]
