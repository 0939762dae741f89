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

from demo import hook, trials
from queries.trials import profiler

END = datetime(2026, 11, 23, 5, tzinfo=UTC).timestamp()
LAYERS = {"fraud-net-production": 5, "fraud-net-shadow": 11, "fraud-net-next": 5}
PRODUCTION, SHADOW, NEXT = LAYERS

# the reader leaves files to be collected
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All trials."""
    folder = tmp_path_factory.mktemp("trials")
    trials.write(folder, end_ms=round(END * 1_000), seed=1)
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


def opened(reader: types.ModuleType, folder: Path, job: str) -> types.SimpleNamespace:
    """One trial."""
    return reader.Trial(str(folder / job / "debug-output"))


def values(trial: object, tensor: str, mode: str = "TRAIN") -> list[np.ndarray]:
    """What the first worker saved of a tensor, in the order of steps."""
    places = trial.tensors[tensor][mode]
    return [trial.read(places[step]["worker_0"])["array"] for step in sorted(places)]


def size(trial: object, layer: int, at: int) -> float:
    """The mean absolute gradient of one layer's weights at a saved step."""
    gradient = values(trial, f"gradient/FraudNet_layers.{layer}.weight")[at]
    return float(np.abs(gradient).mean())


@pytest.mark.parametrize("job", LAYERS)
def test_a_trial_reads_back(folder: Path, reader: types.ModuleType, job: str) -> None:
    """Steps, collections, shapes, values and times are where a reader of smdebug's files looks."""
    trial = opened(reader, folder, job)
    assert trial.ended == (job != NEXT)
    assert trial.num_workers == (2 if job == PRODUCTION else 1)
    assert set(trial.collections) >= {"weights", "biases", "gradients", "losses"}
    layers = LAYERS[job]
    activations = 2 if job == SHADOW else 1
    assert len(trial.tensors) == 4 * layers + 1 + activations * (layers - 1)
    for tensor, modes in trial.tensors.items():
        seen = [at for steps in modes.values() for workers in steps.values() for at in workers]
        assert set(seen) == {f"worker_{rank}" for rank in range(trial.num_workers)}
        for steps in modes.values():
            for workers in steps.values():
                for place in workers.values():
                    found = trial.read(place)
                    assert found["tag"] == tensor
                    assert np.isfinite(found["array"]).all()
                    assert found["wall_time"] <= END + 0.1
    listed = [n for c in trial.collections.values() for n in c["tensor_names"]]
    assert sorted(listed) == sorted(trial.tensors)


def test_both_modes_are_counted(folder: Path, reader: types.ModuleType) -> None:
    """Each pass over data is a step of its own: EVAL steps lie between those of TRAIN."""
    trial = opened(reader, folder, SHADOW)
    modes = trial.tensors[hook.LOSS]
    assert sorted(modes["TRAIN"]) == list(range(0, 200, 10))
    assert sorted(modes["EVAL"]) == list(range(10))
    last = trial.read(modes["TRAIN"][190]["worker_0"])
    assert last["step"] == 190 + 9
    assert last["wall_time"] == pytest.approx(END - 9 * 86_400 - 10 * 2.7, abs=0.1)


def test_production_learns_and_the_shadow_in_its_last_layers(
    folder: Path, reader: types.ModuleType
) -> None:
    """Both losses fall; below the shadow's last layers gradients are under AWS's 1e-7."""
    for job in (PRODUCTION, SHADOW):
        trial = opened(reader, folder, job)
        for mode in ("TRAIN", "EVAL"):
            losses = np.array(values(trial, hook.LOSS, mode))
            assert (np.diff(losses) < 0).all()
    production, shadow = (opened(reader, folder, job) for job in (PRODUCTION, SHADOW))
    assert min(size(production, layer, -1) for layer in range(5)) > 1e-4
    assert max(size(shadow, layer, at) for layer in range(2) for at in (0, -1)) < 1e-7
    assert size(shadow, 10, -1) > 1e-4


@pytest.mark.parametrize("seed", range(4))
def test_the_next_one_blows_up_and_stays_finite(
    tmp_path: Path, reader: types.ModuleType, seed: int
) -> None:
    """Whatever is drawn, the running job's loss ends far above all it had, and is a number."""
    trials.write(tmp_path, end_ms=round(END * 1_000), seed=seed)
    trial = opened(reader, tmp_path, NEXT)
    losses = np.array(values(trial, hook.LOSS))
    assert np.isfinite(losses).all()
    assert losses[-1] > 1e6 > 1e3 * losses[:40].max()
    last = max(trial.tensors[hook.LOSS]["TRAIN"])
    assert trial.read(trial.tensors[hook.LOSS]["TRAIN"][last]["worker_0"])["wall_time"] == END


def test_the_machines_were_watched_meanwhile(folder: Path, reader: types.ModuleType) -> None:
    """Each job has system metrics over all its steps, and each TRAIN step lasts until the next."""
    for job in LAYERS:
        machines = profiler.look_again(folder / job / "profiler-output").machines
        assert machines.notes == ()
        assert machines.ended == (job != NEXT)
        steps = opened(reader, folder, job).tensors[hook.LOSS]["TRAIN"]
        assert machines.events.phase.count("Step:ModeKeys.TRAIN") > max(steps) - 1
        assert machines.series[0].time[-1] >= machines.events.start[-1]


def test_records_fill_their_file(folder: Path) -> None:
    """The index's places follow on each other from the first byte of a file to the last."""
    place = folder / PRODUCTION / "debug-output"
    found = sorted((place / "index").rglob("*.json"))
    assert len(found) == 2 * 30
    for index in found:
        document = json.loads(index.read_text(encoding="utf-8"))
        content = (place / document["meta"]["event_file_name"]).read_bytes()
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
    ours = hook.record(theirs[12 : 12 + length])
    assert ours == theirs[: length + 16]
