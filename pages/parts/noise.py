"""How much of the disagreement is noise that production has by itself?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.parts import format, tiles

if TYPE_CHECKING:
    from analysis.estimates import Estimate
    from analysis.noise import NoiseFloor

TITLE = "Noise floor"
BY_INPUTS = "By repeated inputs"
ABOUT = (
    "A model that draws its answers differs from itself. Inputs that came more than once, byte for "
    "byte, show by how much; each counts once, by the first two times it came. Intervals are for "
    "one look, where nothing else is said."
)


def sentence(found: NoiseFloor, *, judged: bool = True) -> str:
    """Say what production differs from itself by, and whether the shadow differs by more.

    The latter only where it is ``judged`` by these inputs.
    """
    if not found.inputs:
        return (
            "No input of this window came twice and was compared both times. What production's "
            "answers vary by of themselves is not known"
            f"{', so all disagreement counts against the shadow.' if judged else ' from these.'}"
        )
    inputs = f"{format.count(found.repeated)} {_inputs(found.repeated)} came more than once"
    if found.inputs < found.repeated:
        inputs += f", {format.count(found.inputs)} of which were compared"
    if not found.noisy:
        most = format.percent(found.production.high)
        return (
            f"{inputs}: production gave the same answer each time, so it differs from itself on "
            f"{most} of such inputs at most."
            f"{' Nothing shows that disagreement here is noise.' if judged else ''}"
        )
    excess = beyond(found.excess, found.sequence) if judged else ""
    return (
        f"{inputs}: production answered {format.percent(found.production.value)} of them otherwise "
        f"the second time, and the shadow disagreed with it on "
        f"{format.percent(found.disagreement.value)}. {excess}"
    ).strip()


def beyond(excess: Estimate, sequence: Estimate) -> str:
    """Say whether the shadow differs by more than noise, for one look and for every look."""
    watched = format.interval(sequence.low, sequence.high, "share", signed=True)
    said = f"{format.estimate(excess, signed=True)}, {watched} however often one looks"
    if excess.low > 0:
        return f"The shadow differs by more than noise: beyond it {said}."
    if excess.high < 0:
        return f"The shadow differs from production less than production from itself: {said}."
    return f"That the shadow differs by more than noise is not shown: beyond it {said}."


def tiles_of(found: NoiseFloor) -> list[tiles.Tile]:
    """Make the tiles: either variant against itself, one against the other, and what is beyond."""
    if not found.inputs:
        return []
    return [
        tiles.of(
            "Production against itself",
            found.production,
            explained="noise_of_one",
            help="Share of repeated inputs that it answered otherwise the second time.",
        ),
        tiles.of(
            "Shadow against itself",
            found.shadow,
            explained="noise_of_one",
            help="The same of the shadow; a shadow may be steadier than production, or less so.",
        ),
        tiles.of(
            "Shadow against production",
            found.disagreement,
            explained="noise_between",
            help="Share of the same inputs on which the two disagreed the first time.",
        ),
        tiles.of(
            "Beyond noise",
            found.excess,
            explained="noise_beyond",
            signed=True,
            help="Shadow against production, less production against itself: the same inputs, a "
            "paired difference. Negative where the shadow is steadier than production.",
        ),
    ]


def _inputs(n: int) -> str:
    return "input" if n == 1 else "inputs"
