"""Is what was saved counted as it was saved?"""

from __future__ import annotations

import numpy as np
import pytest

from analysis.training.network import classify
from analysis.training.outline import Saved, framework, outline
from tests.analysis.training.recorded import only_reductions, recording

GIVEN = {
    "Net_fc.0.weight": {("TRAIN", step): np.ones((3, 2)) for step in (0, 10, 30)},
    "CrossEntropyLoss_output_0": {
        **{("TRAIN", step): np.ones(()) for step in (0, 10, 20, 30)},
        ("EVAL", 5): np.ones(()),
    },
}


def test_what_was_saved_is_counted():
    """Steps of a mode are those of any tensor; numbers are elements; times are the saved ones."""
    found = outline(recording(GIVEN))
    assert found.modes == (Saved("TRAIN", 4, 0, 30), Saved("EVAL", 1, 5, 5))
    assert (found.tensors, found.values, found.reduced) == (2, 8, 0)
    assert found.numbers == 3 * 6 + 5
    assert found.kinds == (("weight", 1), ("loss", 1))
    assert found.end - found.start == 30.0
    assert found.framework == "PyTorch"


def test_reductions_are_told_from_values():
    """A trial of reductions alone has no value that can be looked at."""
    found = outline(only_reductions(recording(GIVEN)))
    assert found.reduced == found.values == 8


def test_nothing_is_counted_as_nothing():
    """An empty recording has no modes and no time."""
    found = outline(recording({}))
    assert (found.modes, found.values, found.numbers, found.framework) == ((), 0, 0, "")
    assert np.isnan(found.start)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gradient/Net_fc.0.weight", "PyTorch"),
        ("Net_fc.0.weight", "PyTorch"),
        ("gradients/dense/kernelGrad", "TensorFlow"),
        ("weights/dense/kernel:0", "TensorFlow"),
        ("net0_dense0_weight", "MXNet"),
        ("gradient/hybridsequential0_conv0_weight", "MXNet"),
        ("train-logloss", "XGBoost"),
        ("trees/Split", "XGBoost"),
        ("feature_importance/weight", "XGBoost"),
        ("my_tensor", ""),
    ],
)
def test_a_framework_is_known_by_its_names(name: str, expected: str):
    """Each hook names tensors in its own way."""
    assert framework(classify([name], {})) == expected
