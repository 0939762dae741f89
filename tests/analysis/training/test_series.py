"""Is one tensor followed as the picture shows it?"""

from __future__ import annotations

import numpy as np

from analysis.training.series import series
from tests.analysis.training.recorded import recording

NAME = "gradient/Net_fc.0.weight"


def test_workers_lie_between_low_and_high():
    """Of each step the smallest, the median and the largest worker; one worker is all three."""
    sizes = {"a": (1.0, 5.0), "b": (2.0, 4.0), "c": (9.0, 3.0)}
    given = {
        ("TRAIN", step, worker): np.full(4, values[step])
        for worker, values in sizes.items()
        for step in (0, 1)
    }
    found = series(recording({NAME: given}), 0, "gradient", "mean_abs", mode="TRAIN")
    assert found.workers == 3
    assert (found.low.tolist(), found.middle.tolist(), found.high.tolist()) == (
        [1.0, 3.0],
        [2.0, 4.0],
        [9.0, 5.0],
    )
    alone = {place: value for place, value in given.items() if place[2] == "a"}
    one = series(recording({NAME: alone}), 0, "gradient", "mean_abs", mode="TRAIN")
    assert one.workers == 1
    assert one.low.tolist() == one.middle.tolist() == one.high.tolist() == [1.0, 5.0]


def test_a_mode_without_values_is_empty():
    """Nothing is made up for a mode in which the tensor was not saved."""
    found = series(
        recording({NAME: {("TRAIN", 0): np.ones(2)}}), 0, "gradient", "norm", mode="EVAL"
    )
    assert (len(found.step), found.known, found.workers) == (0, 0, 0)
