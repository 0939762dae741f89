"""Are shares of importance shares of all there is, in every round?"""

from __future__ import annotations

import numpy as np
import pytest

from analysis.training.importance import importances
from tests.analysis.training.recorded import recording


def test_shares_add_up_in_every_round():
    """A feature not used in a round has none of it; the most important one comes first."""
    given = {
        "feature_importance/gain/f1": {("GLOBAL", 0): [1.0], ("GLOBAL", 2): [1.0]},
        "feature_importance/gain/f0": {("GLOBAL", 2): [3.0]},
        "feature_importance/weight/f1": {("GLOBAL", 0): [5.0]},
    }
    gain, weight = importances(recording(given))
    assert (gain.kind, gain.features, gain.step.tolist()) == ("gain", ("f0", "f1"), [0, 2])
    assert gain.share.tolist() == [[0.0, 0.75], [1.0, 0.25]]
    assert gain.share.sum(axis=0).tolist() == pytest.approx([1.0, 1.0])
    assert (weight.kind, weight.share.tolist()) == ("weight", [[1.0]])


def test_other_trainings_have_none():
    """Nothing is made up for a network."""
    assert importances(recording({"Net_fc.0.weight": {("TRAIN", 0): np.ones(2)}})) == ()
