"""Does the made-up machine write what SageMaker's profiler writes, and wait when it is starved?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demo import profiler as made_up
from queries.trials import profiler

BEGUN = 1_795_402_380.0


@pytest.mark.parametrize("starved", [False, True])
def test_what_is_written_is_read_whole(tmp_path: Path, *, starved: bool):
    """Every line is a reading and every step an event; nothing is left to a note."""
    steps = BEGUN + 60 + 3.0 * np.arange(40)
    made_up.write(tmp_path, steps=steps, begun=BEGUN, until=BEGUN + 200, starved=starved)
    machines = profiler.look_again(tmp_path).machines
    assert machines.notes == ()
    assert machines.nodes == (made_up.NODE,)
    assert machines.interval_s == pytest.approx(made_up.INTERVAL_S, abs=1e-3)
    assert {len(series.value) for series in machines.series} == {400}
    assert len(machines.series) == 2 * 4 + 2 * 2 + 1 + 3 + 2
    events = machines.events
    begun = [
        at
        for at, phase in zip(events.start, events.phase, strict=True)
        if phase == "Step:ModeKeys.TRAIN"
    ]
    assert begun == pytest.approx(steps.tolist(), abs=1e-3)
    (gpu,) = (s for s in machines.series if (s.name, s.dimension) == ("gpu0", "GPUUtilization"))
    training = (gpu.time > steps[0]) & (gpu.time < steps[-1])
    idle = (gpu.value[training] < 10).mean()
    assert 0.5 < idle < 0.7 if starved else idle == 0
    assert machines.ended


def test_a_running_training_has_not_ended(tmp_path: Path):
    """A job that still runs has no file that says it ended, and only events that are over."""
    steps = BEGUN + 3.0 * np.arange(40)
    made_up.write(tmp_path, steps=steps, begun=BEGUN, until=BEGUN + 60, ended=False)
    machines = profiler.look_again(tmp_path).machines
    assert not machines.ended
    assert (machines.events.start + machines.events.duration).max() <= BEGUN + 60
