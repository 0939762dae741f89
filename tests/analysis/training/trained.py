"""Recordings of a training with its losses, as a real one interleaves training and evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.training.recording import MODES
from tests.analysis.training.recorded import Recorded, recording

LOSS = "CrossEntropyLoss_output_0"


def of_losses(
    train: Sequence[float],
    validation: Sequence[float] = (),
    *,
    every: int = 10,
    name: str = LOSS,
    **more: object,
) -> Recorded:
    """A training loss every so many steps, and after each (as long as there are) one evaluation."""
    places = {("TRAIN", every * at): np.float32(loss) for at, loss in enumerate(train)}
    places |= {("EVAL", at): np.float32(loss) for at, loss in enumerate(validation)}
    made = recording({name: places}, **more)
    told = made.statistics
    evaluating = told.mode == MODES.index("EVAL")
    order = np.where(evaluating, 2 * told.step + 1, 2 * (told.step // every))
    return replace(made, statistics=replace(told, global_step=order))


def of_xgboost(train: Sequence[float], validation: Sequence[float], metric: str = "logloss"):
    """Losses as XGBoost writes them: two tensors in mode GLOBAL."""
    names = f"train-{metric}", f"validation-{metric}"
    return recording(
        {
            name: {("GLOBAL", at): np.float64([loss]) for at, loss in enumerate(losses)}
            for name, losses in zip(names, (train, validation), strict=True)
        },
        collections={"losses": names, "metrics": names},
    )
