"""What our reader gives is what smdebug gives, value by value, where smdebug gives one at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.training.recording import MODES, SOURCES
from queries.trials import smdebug_shim
from queries.trials.opened import open_trial

TRIALS = Path(__file__).parents[4] / "shared" / "corpus" / "trials"
NAMES = sorted(path.parent.name for path in TRIALS.glob("*/index"))
# smdebug forgets where a value lies when its shape was saved as well
HIDDEN = {"pt_reductions_and_raw": 120}

pytestmark = pytest.mark.skipif(not NAMES, reason="shared/corpus/trials is not beside this one")


@pytest.mark.parametrize("name", NAMES)
def test_a_value_is_the_one_that_smdebug_reads(name: str, tmp_path: Path) -> None:
    """Type, shape and every element, of all workers and modes."""
    ours = open_trial(str(TRIALS / name), cache=tmp_path)
    told = ours.statistics
    hidden = compared = 0
    with smdebug_shim.LOCK:
        theirs = smdebug_shim.open_trial(TRIALS / name)
        from smdebug import modes
        from smdebug.exceptions import TensorUnavailableForStep

        assert {tensor.name for tensor in ours.tensors} == set(theirs.tensor_names())
        for row in np.flatnonzero((told.copy == 0) & (told.source == SOURCES.index("values"))):
            tensor = theirs.tensor(ours.tensors[told.tensor[row]].name)
            mode = modes[MODES[told.mode[row]]]
            worker = ours.workers[told.worker[row]]
            value = ours.value(int(row))
            try:
                read = tensor.value(int(told.step[row]), mode=mode, worker=worker)
            except TensorUnavailableForStep:
                hidden += 1
                continue
            assert value.shape == read.shape
            if read.dtype.kind == "U":
                # texts, such as hyperparameters: ours are as long as each is
                assert value.tolist() == read.tolist()
            else:
                assert (value.dtype, value.tobytes()) == (read.dtype, read.tobytes())
            compared += 1
    assert hidden == HIDDEN.get(name, 0)
    assert compared > 0
