"""Is an opened trial what the hook saved: every value, each with right numbers, and read once?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.training.recording import MODES, SOURCES
from queries.trials.opened import OpenedTrial, open_trial
from tests.analysis.training import recorded

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "trials"
TRIALS = sorted(p.parent.name for p in CORPUS.glob("*/collections"))
corpus = pytest.mark.skipif(not TRIALS, reason="shared/corpus/trials is not there")
EXACT = ("n", "zeros", "nans", "infinite", "low", "high")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all trials of the corpus."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """What smdebug reads of the corpus."""
    found: dict[str, Any] = json.loads((CORPUS / "reference.json").read_bytes())
    return found


def place(trial: OpenedTrial, row: int) -> str:
    """A row as the reference names it."""
    told = trial.statistics
    return f"{MODES[told.mode[row]]}/{told.step[row]}/{trial.workers[told.worker[row]]}"


@corpus
@pytest.mark.parametrize("name", TRIALS)
def test_rows_are_those_that_smdebug_finds(name: str, cache: Path, reference: dict[str, Any]):
    """Every tensor, mode, step and worker of the reference is one row that counts, and no other."""
    trial = open_trial(str(CORPUS / name), cache=cache)
    told = trial.statistics
    counting = np.flatnonzero(told.copy == 0)
    found = {(trial.tensors[told.tensor[row]].name, place(trial, row)) for row in counting}
    assert len(found) == len(counting)
    expected = {
        (tensor, at) for tensor, places in reference[name]["tensors"].items() for at in places
    }
    assert found == expected
    assert set(trial.workers) == set(reference[name]["workers"])
    steps = {mode: set(steps) for mode, steps in reference[name]["modes"].items() if steps}
    # smdebug counts GLOBAL among no modes
    steps = steps or {"GLOBAL": set(reference[name]["steps"])}
    assert {m: set(told.step[told.mode == MODES.index(m)].tolist()) for m in trial.modes} == steps


@corpus
@pytest.mark.parametrize("name", TRIALS)
def test_statistics_are_those_of_the_values(name: str, cache: Path):
    """Whatever the trial, each row's numbers are those that plain NumPy takes of its value."""
    trial = open_trial(str(CORPUS / name), cache=cache)
    told = trial.statistics
    for row in range(len(told)):
        value = trial.value(row)
        assert (value is None) == (SOURCES[told.source[row]] != "values")
        if value is None:
            continue
        assert not value.flags.writeable
        expected = recorded.describe(value)
        for column, number in expected.items():
            of = 0 if column in EXACT else 1e-6
            parts = 1e-6 * expected["mean_abs"] if column in ("mean", "std") else 0
            assert getattr(told, column)[row] == pytest.approx(
                number, rel=of, abs=parts, nan_ok=True
            ), (row, column)
