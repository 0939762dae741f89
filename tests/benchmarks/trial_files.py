"""Trials of any size, written as the hook writes them: seeded, so the same bytes everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from demo.hook import Hook
from queries.trials.files import END

STARTED_S = 1_700_000_000.0
TENSORS, STEPS, SHAPE = 64, 40, (312, 312)
INDEX_FILES, LONG_TENSORS = 1_264, 13


def big(folder: Path) -> int:
    """A trial of about 1 GB: 64 gradients at 40 steps; the bytes of its values' files."""
    shapes = {f"gradient/Net_fc.{number}.weight": SHAPE for number in range(TENSORS)}
    write(folder, STEPS, shapes)
    return sum(file.stat().st_size for file in folder.glob("events/*/*"))


def long(folder: Path) -> None:
    """A trial of 1,264 steps with 13 small tensors in each."""
    write(folder, INDEX_FILES, {f"gradient/Net_fc.{at}.bias": (10,) for at in range(LONG_TENSORS)})


def wide(folder: Path) -> None:
    """A trial of 500 small tensors at 1,000 steps."""
    write(folder, 1_000, {f"gradient/Net_fc.{number}.weight": (8, 4) for number in range(500)})


def write(folder: Path, steps: int, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Steps in mode TRAIN of one worker with normal deviates; one that is whole is left alone."""
    if (folder / END).exists():
        return
    hook = Hook(folder, "worker_0", 1, dict.fromkeys(("gradients", "losses"), 1))
    random = np.random.default_rng(4)
    for step in range(steps):
        values = {name: random.standard_normal(of, np.float32) for name, of in shapes.items()}
        hook.save("TRAIN", step, step, values, STARTED_S + step)
    hook.describe(list(shapes))
    (folder / END).touch()
