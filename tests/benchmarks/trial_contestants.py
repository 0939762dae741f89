"""What does each contestant do with a trial? Run as ``contestants.py``, one in each process.

smdebug is used through the product's shim, without which it does not start beside today's protobuf.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.contestants import Watch

REDUCTIONS = ("mean", "std", "min", "max", "l2")


def raw(folder: str) -> None:
    """The limit: every event file through one buffer of 1 MB."""
    files = sorted(Path(folder).glob("events/*/*"))
    buffer = bytearray(1 << 20)
    size = 0
    with Watch() as watch:
        for file in files:
            with file.open("rb", buffering=0) as handle:
                while count := handle.readinto(buffer):
                    size += count
    watch.tell(bytes=size)


def opened(folder: str, cache: str) -> None:
    """A trial opened: its files listed, what is new read and kept, rows in order."""
    import filelock  # noqa: F401  # imports are no part of the time

    from queries.trials.opened import open_trial

    with Watch() as watch:
        trial = open_trial(folder, cache=Path(cache))
    watch.tell(rows=len(trial.statistics), l2=float(trial.statistics.l2.sum()))


def listed(folder: str) -> None:
    """Every index file of a trial read, and nothing else."""
    from queries.trials.files import look
    from queries.trials.index import read_index

    with Watch() as watch:
        files = look(Path(folder))
        steps, names = set(), set()
        for file in files.index:
            index = read_index(files.folder, file)
            steps.add(file.step)
            names.update(entry.name for entry in index.entries)
    watch.tell(steps=len(steps), tensors=len(names))


def smdebug_listed(folder: str, pause: str) -> None:
    """The same of smdebug, with the second that it sleeps at a finished trial or without."""
    _smdebug()
    from smdebug.trials import create_trial

    os.environ["SMDEBUG_TRAINING_END_DELAY_REFRESH"] = pause
    with Watch() as watch:
        trial = create_trial(folder)
        steps, tensors = len(trial.steps()), len(trial.tensor_names())
    watch.tell(steps=steps, tensors=tensors)


def smdebug_values(folder: str) -> None:
    """Every value by smdebug, and what is said of each by NumPy."""
    import numpy as np

    _smdebug()
    from smdebug.trials import create_trial

    rows, l2 = 0, 0.0
    with Watch() as watch:
        trial = create_trial(folder)
        for name in trial.tensor_names():
            tensor = trial.tensor(name)
            for step in tensor.steps():
                value = tensor.value(step)
                sizes = np.abs(value)
                said = (
                    *(value.mean(), value.std(), value.min(), value.max()),
                    *(sizes.sum(), sizes.mean(), np.sqrt(np.square(value).sum())),
                    *((value == 0).sum(), np.isnan(value).sum(), np.isinf(value).sum()),
                )
                rows += 1
                l2 += float(said[6])
    watch.tell(rows=rows, l2=l2)


def smdebug_reductions(folder: str, steps: str) -> None:
    """The same numbers as smdebug itself reduces them, of the first steps."""
    import numpy as np

    _smdebug()
    from smdebug.trials import create_trial

    trial = create_trial(folder)
    names = trial.tensor_names()
    rows = 0
    with Watch() as watch:
        for name in names:
            tensor: Any = trial.tensor(name)
            for step in tensor.steps()[: int(steps)]:
                for reduction in REDUCTIONS:
                    tensor.reduction_value(step, reduction)
                np.mean(tensor.value(step) == 0)
                rows += 1
    watch.tell(rows=rows)


def _smdebug() -> None:
    from queries.trials import smdebug_shim

    smdebug_shim.install()


OURS = ("raw", "opened", "listed")

if __name__ == "__main__":
    if sys.argv[1] in OURS:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the Makefile runs us; peers as they come
    globals()[sys.argv[1]](*sys.argv[2:])
