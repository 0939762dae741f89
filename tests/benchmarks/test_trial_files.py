"""Is a generated trial one that can be opened, and the same everywhere?"""

from __future__ import annotations

import hashlib
from pathlib import Path

from queries.trials.opened import open_trial
from tests.benchmarks import trial_files
from tests.benchmarks.__main__ import SECTIONS
from tests.benchmarks.sections import Bench


def test_a_generated_trial_opens_whole(tmp_path: Path):
    """Every tensor at every step is a row, each of normal deviates."""
    shapes = {"gradient/Net_fc.0.weight": (30, 40), "gradient/Net_fc.0.bias": (40,)}
    trial_files.write(tmp_path / "trial", 7, shapes)
    trial = open_trial(str(tmp_path / "trial"), cache=tmp_path / "cache")
    assert len(trial.statistics) == 14
    assert trial.ended
    assert not trial.notes
    assert abs(trial.statistics.std[trial.statistics.n == 1_200] - 1).max() < 0.1


def test_it_is_the_same_everywhere(tmp_path: Path):
    """Two of one size hold the same bytes, and one that is whole is not written again."""
    for name in ("one", "other", "one"):
        trial_files.write(tmp_path / name, 3, {"gradient/Net_fc.0.bias": (5,)})
    one, other = (
        hashlib.sha256(b"".join(f.read_bytes() for f in sorted((tmp_path / n).glob("events/*/*"))))
        for n in ("one", "other")
    )
    assert one.digest() == other.digest()


def test_every_section_is_one_of_the_bench():
    """What can be asked for by name is measured."""
    assert all(callable(getattr(Bench, section)) for section in SECTIONS)
