"""The demo's Debugger trials read back, by readers that know nothing of the writer."""

from __future__ import annotations

import importlib.util
import json
import struct
import types
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from demo import trials

END_MS = round(datetime(2026, 11, 23, 5, tzinfo=UTC).timestamp() * 1_000)
LAYERS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both trials."""
    folder = tmp_path_factory.mktemp("trials")
    trials.write(folder, end_ms=END_MS, seed=1)
    return folder


@pytest.fixture(scope="module")
def reader() -> types.ModuleType:
    """A reader of trials that was checked against smdebug on recorded ones."""
    path = Path(__file__).parents[3] / "shared" / "prototypes" / "trial_reader.py"
    if not path.exists():
        pytest.skip("shared/prototypes is not beside this checkout")
    spec = importlib.util.spec_from_file_location("trial_reader", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gradient(reader: types.ModuleType, trial: object, layer: int, step: int) -> np.ndarray:
    """The gradient of one layer's weights at one step."""
    places = trial.tensors[f"gradient/FraudNet_layers.{layer}.weight"]["TRAIN"][step]
    return trial.read(places["worker_0"])["array"]


@pytest.mark.parametrize("name", ["production", "shadow"])
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the reader leaves files to be collected
def test_a_trial_reads_back(folder: Path, reader: types.ModuleType, name: str) -> None:
    """Steps, collections, shapes, values and times are where a reader of smdebug's files looks."""
    trial = reader.Trial(str(folder / name))
    assert trial.ended
    assert trial.num_workers == 1
    assert set(trial.collections) >= {"weights", "biases", "gradients", "losses"}
    assert len(trial.tensors) == 4 * LAYERS + 1
    for tensor, modes in trial.tensors.items():
        assert sorted(modes["TRAIN"]) == list(range(0, 200, 10))
        for step, workers in modes["TRAIN"].items():
            found = trial.read(workers["worker_0"])
            assert (found["tag"], found["step"]) == (tensor, step)
            assert np.isfinite(found["array"]).all()
            assert END_MS / 1_000 - 60 < found["wall_time"] < END_MS / 1_000
    assert gradient(reader, trial, 0, 0).shape == (24, 10)
    listed = [n for c in trial.collections.values() for n in c["tensor_names"]]
    assert sorted(listed) == sorted(trial.tensors)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_only_the_shadows_gradients_fade(folder: Path, reader: types.ModuleType) -> None:
    """In the shadow the first layer learns much less than the last; in production it does not."""
    ratio = {}
    for name in ("production", "shadow"):
        trial = reader.Trial(str(folder / name))
        first, last = (np.abs(gradient(reader, trial, at, 0)).mean() for at in (0, LAYERS - 1))
        ratio[name] = first / last
    assert ratio["production"] > 0.05
    assert ratio["shadow"] < 0.01


def test_records_fill_their_file(folder: Path) -> None:
    """The index's places follow on each other from the first byte of a file to the last."""
    for index in (folder / "production" / "index").rglob("*.json"):
        document = json.loads(index.read_text(encoding="utf-8"))
        content = (folder / "production" / document["meta"]["event_file_name"]).read_bytes()
        at = 0
        for entry in document["tensor_payload"]:
            assert entry["start_idx"] == at
            assert struct.unpack_from("<Q", content, at)[0] + 16 == entry["length"]
            at += entry["length"]
        assert at == len(content)


def test_a_recorded_trial_has_the_same_frame(folder: Path, corpus: Path) -> None:
    """Checksums of equal lengths, and the footer, are byte for byte those smdebug wrote."""
    recorded = next((corpus / "trials" / "pt_healthy_mlp" / "events").rglob("*.tfevents"))
    theirs = recorded.read_bytes()
    (length,) = struct.unpack_from("<Q", theirs)
    ours = trials._record(theirs[12 : 12 + length])
    assert ours == theirs[: length + 16]
