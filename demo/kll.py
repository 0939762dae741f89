"""What does a KLL sketch keep of a column? The levels, as Deequ under Model Monitor fills them."""

from __future__ import annotations

import numpy as np

from analysis.sketches import capacity

SIZE = 2_048
"""Deequ's k, as in every statistics.json."""


def levels_of(
    values: np.ndarray, rng: np.random.Generator, *, size: int = SIZE
) -> list[np.ndarray]:
    """Sketch numbers (n,): levels, of which each value of level h stands for 2^h numbers.

    Nothing is compacted before all levels together are full; then the lowest full level is.
    """
    levels = [np.empty(0)]
    at = 0
    while at < len(values):
        room = [capacity(height, size=size) for height in range(len(levels))]
        taken = max(1, sum(room) + 1 - sum(map(len, levels)))
        levels[0] = np.concatenate([levels[0], values[at : at + taken]])
        at += taken
        if sum(map(len, levels)) > sum(room):
            _compact(levels, room, rng)
    return levels


def _compact(levels: list[np.ndarray], room: list[int], rng: np.random.Generator) -> None:
    height = next(h for h, level in enumerate(levels) if len(level) >= room[h])
    if height + 1 == len(levels):
        levels.append(np.empty(0))
    held = levels[height]
    even = len(held) - len(held) % 2
    passed = np.sort(held[:even])[rng.integers(2) :: 2]
    levels[height] = held[even:]
    levels[height + 1] = np.concatenate([levels[height + 1], passed])
