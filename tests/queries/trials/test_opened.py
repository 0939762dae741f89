"""Is an opened trial what the hook saved: every value, each with right numbers, and read once?"""

from __future__ import annotations

import json
import shutil
import threading
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.training.recording import MODES, SOURCES, Measurement, Tensor
from demo.hook import Hook
from queries.config import Aws
from queries.errors import SourceError
from queries.trials import scanning
from queries.trials.files import END, look
from queries.trials.kept import Kept
from queries.trials.opened import OpenedTrial, open_trial
from tests.analysis.training import recorded
from tests.queries.bucket import BUCKET, StandIn

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


@corpus
def test_reductions_stand_where_no_values_do(cache: Path):
    """Of a trial of reductions alone, numbers are those that the hook saved, named as such."""
    trial = open_trial(str(CORPUS / "pt_reductions_only"), cache=cache)
    raw = open_trial(str(CORPUS / "pt_reductions_and_raw"), cache=cache)
    assert {SOURCES[source] for source in raw.statistics.source} == {"values"}
    told = trial.statistics
    rows = np.flatnonzero(told.source == SOURCES.index("reductions"))
    # four weights and biases each in both modes, their gradients in TRAIN
    assert len(rows) == 8 * 40 + 8 * 30
    for column in ("mean", "std", "low", "high", "l1", "l2", "mean_abs", "n"):
        assert np.isfinite(getattr(told, column)[rows]).all(), column
    assert np.isnan(told.zeros[rows]).all()
    assert told.l1[rows] == pytest.approx(told.mean_abs[rows] * told.n[rows], rel=1e-5)
    # Frobenius, as PyTorch's hook saves it: never larger than Σ|x|, never less than its root mean
    assert (told.l2[rows] <= told.l1[rows] * (1 + 1e-6)).all()
    square = told.std[rows] ** 2 * (told.n[rows] - 1) / told.n[rows] + told.mean[rows] ** 2
    assert told.l2[rows] == pytest.approx(np.sqrt(square * told.n[rows]), rel=1e-4)


@corpus
def test_a_killed_training_is_read_to_its_last_step(cache: Path):
    """Without the end file a trial says so, and has its 15 steps."""
    trial = open_trial(str(CORPUS / "pt_killed_midway"), cache=cache)
    assert not trial.ended
    assert len(set(trial.statistics.global_step.tolist())) == 15
    assert "it still runs, or it was killed" in trial.notes[0]
    assert trial.last_time == np.nanmax(trial.statistics.time)


SHAPES = {"Net_fc.0.weight": (3, 2), "gradient/Net_fc.0.weight": (3, 2)}


def save(folder: Path, *steps: int, worker: str = "worker_0", add: float = 0.0) -> None:
    """Some steps of a small trial, each value its step (and something)."""
    hook = Hook(folder, worker, 1, dict.fromkeys(("weights", "gradients", "losses"), 1))
    for step in steps:
        values = {name: np.full(shape, step + add) for name, shape in SHAPES.items()}
        hook.save("TRAIN", step, step, values, 1_000.0 + step)
    hook.describe(list(SHAPES))


@pytest.fixture
def steps_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps whose values were read, as it happens."""
    found: list[int] = []
    read = scanning.read_step

    def counted(folder: Path, file: Any, *rest: Any) -> Any:
        found.append(file.step)
        return read(folder, file, *rest)

    monkeypatch.setattr(scanning, "read_step", counted)
    return found


def means(trial: OpenedTrial) -> list[float]:
    return trial.statistics.mean[trial.statistics.tensor == 0].tolist()


def test_a_growing_trial_is_read_step_by_step(tmp_path: Path, steps_read: list[int]):
    """Looking again reads what is new and nothing else; the state changes exactly then."""
    folder, cache = tmp_path / "trial", tmp_path / "cache"
    save(folder, 0, 1)
    first = open_trial(str(folder), cache=cache)
    assert first.look_again() is first
    states = {first.state}
    for step in range(2, 9):
        save(folder, step)
        again = first.look_again()
        states.add(again.state)
        assert means(again) == list(range(step + 1))
    assert steps_read == list(range(9))
    assert len(states) == 8
    (folder / END).touch()
    ended = again.look_again()
    assert (ended.state, ended.ended, again.ended) == (again.state, True, False)
    assert means(first) == [0, 1]
    assert len(list(cache.rglob("*.rows"))) < 4


def test_what_is_kept_outlives_the_process(tmp_path: Path, steps_read: list[int]):
    """A second opening reads no value, and says the same."""
    save(tmp_path / "trial", *range(5))
    one, other = (open_trial(str(tmp_path / "trial"), cache=tmp_path / "cache") for _ in range(2))
    assert steps_read == list(range(5))
    assert other.state == one.state
    for column in ("step", "mean", "l2", "time", "tensor"):
        assert np.array_equal(getattr(one.statistics, column), getattr(other.statistics, column))


@pytest.mark.parametrize("ending", ["manifest", ".rows"])
@pytest.mark.parametrize("how", ["cut", "flipped", "deleted", "emptied"])
def test_a_spoilt_cache_is_made_anew(tmp_path: Path, ending: str, how: str):
    """Whatever happens to a file of the cache, the numbers are right."""
    save(tmp_path / "trial", *range(5))
    before = open_trial(str(tmp_path / "trial"), cache=tmp_path / "cache")
    file = next(path for path in (tmp_path / "cache").rglob("*") if path.name.endswith(ending))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x10
    if how == "deleted":
        file.unlink()
    else:
        left = {"cut": content[: len(content) // 2], "flipped": content, "emptied": b""}
        file.write_bytes(left[how])
    again = open_trial(str(tmp_path / "trial"), cache=tmp_path / "cache")
    assert means(again) == list(range(5))
    assert again.state == before.state


def test_another_training_in_the_same_folder(tmp_path: Path):
    """A folder that was written over holds the new training, not a mixture."""
    save(tmp_path / "trial", *range(5))
    before = open_trial(str(tmp_path / "trial"), cache=tmp_path / "cache")
    shutil.rmtree(tmp_path / "trial")
    save(tmp_path / "trial", *range(3), add=0.5)
    after = before.look_again()
    assert means(after) == [0.5, 1.5, 2.5]
    assert after.state != before.state


def test_two_at_once(tmp_path: Path):
    """Threads that open one trial with one cache all read it whole."""
    save(tmp_path / "trial", *range(20))
    found: list[list[float]] = []

    def read() -> None:
        trial = open_trial(str(tmp_path / "trial"), cache=tmp_path / "cache")
        found.append([*means(trial), *trial.measured(CHANGE)[:3, 0]])

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(np.array_equal(each, found[0], equal_nan=True) for each in found)


def test_who_waited_lists_again(tmp_path: Path, steps_read: list[int]):
    """An opening that waits for another takes no older list of files than that one's for true."""
    folder, cache = tmp_path / "trial", tmp_path / "cache"
    save(folder, 0)
    found: list[list[float]] = []
    waiting = threading.Thread(
        target=lambda: found.append(means(open_trial(str(folder), cache=cache)))
    )
    kept = Kept(cache, str(folder))
    with kept.lock():
        waiting.start()
        waiting.join(0.2)
        save(folder, 1)
        files = look(folder)
        scanning.read_new(files, kept)
    waiting.join()
    assert found == [[0, 1]]
    assert steps_read == [0, 1]


def test_damage_is_noted_and_mended(tmp_path: Path, steps_read: list[int]):
    """A damaged value has no row; mended, its step alone is read again."""
    folder = tmp_path / "trial"
    save(folder, *range(4))
    events = folder / "events" / f"{2:012d}" / f"{2:012d}_worker_0.tfevents"
    whole = events.read_bytes()
    events.write_bytes(whole[: len(whole) // 2])
    trial = open_trial(str(folder), cache=tmp_path / "cache")
    assert len(trial.statistics) == 7
    assert any(
        "1 value or index file is damaged" in note and "events/" in note for note in trial.notes
    )
    assert trial.look_again() is trial
    assert steps_read == [0, 1, 2, 3]
    events.write_bytes(whole)
    mended = trial.look_again()
    assert steps_read == [0, 1, 2, 3, 2]
    assert len(mended.statistics) == 8
    assert mended.state != trial.state
    assert not any("damaged" in note for note in mended.notes)
    assert open_trial(str(folder), cache=tmp_path / "cache").state == mended.state


def test_values_that_come_late(tmp_path: Path):
    """An index whose values are not there yet is tried again at every look."""
    folder = tmp_path / "trial"
    save(folder, *range(3))
    away = (folder / "events" / f"{1:012d}").rename(tmp_path / "away")
    trial = open_trial(str(folder), cache=tmp_path / "cache")
    assert means(trial) == [0, 2]
    assert any("damaged" in note for note in trial.notes)
    away.rename(folder / "events" / f"{1:012d}")
    assert means(trial.look_again()) == [0, 1, 2]


def test_many_faults_are_counted_and_few_named(tmp_path: Path):
    """Notes stay short however much is damaged."""
    save(tmp_path / "trial", *range(30))
    for events in (tmp_path / "trial" / "events").rglob("*.tfevents"):
        events.write_bytes(events.read_bytes()[:-8])
    trial = open_trial(str(tmp_path / "trial"), cache=tmp_path / "cache")
    note = next(note for note in trial.notes if "damaged" in note)
    assert note.startswith("30 values or index files are damaged")
    assert "and 25 more" in note


def test_the_last_of_several_counts(tmp_path: Path):
    """A name saved twice in a step: the later value counts, the earlier is hidden."""
    folder = tmp_path / "trial"
    save(folder, 0)
    index = folder / "index" / f"{0:09d}" / f"{0:012d}_worker_0.json"
    document = json.loads(index.read_bytes())
    hook = Hook(tmp_path / "other", "worker_0", 1, {"losses": 1})
    name = "gradient/Net_fc.0.weight"
    hook.save("TRAIN", 0, 0, {name: np.full(3, 7.0)}, 1_005.0)
    added = (tmp_path / "other" / document["meta"]["event_file_name"]).read_bytes()
    events = folder / document["meta"]["event_file_name"]
    entry = {"tensorname": name, "start_idx": events.stat().st_size, "length": len(added)}
    events.write_bytes(events.read_bytes() + added)
    document["tensor_payload"].append(entry)
    index.write_text(json.dumps(document))
    trial = open_trial(str(folder), cache=tmp_path / "cache")
    tensor = [each.name for each in trial.tensors].index(name)
    rows = trial.statistics.rows_of(tensor, hidden=True)
    assert trial.statistics.mean[rows].tolist() == [7, 0]
    assert trial.statistics.copy[rows].tolist() == [0, 1]
    # what was damaged is not replaced by what it hid
    events.write_bytes(events.read_bytes()[:-5])
    again = open_trial(str(folder), cache=tmp_path / "other-cache")
    assert name not in [each.name for each in again.tensors]


def test_the_folder_of_a_job_is_taken_for_its_trial(tmp_path: Path):
    """JOB/debug-output may be named as JOB, and is called by the job."""
    save(tmp_path / "my-job" / "debug-output", 0)
    trial = open_trial(str(tmp_path / "my-job"), cache=tmp_path / "cache")
    assert (trial.name, trial.folder.name) == ("my-job", "debug-output")
    with pytest.raises(SourceError, match="cannot be read"):
        open_trial(str(tmp_path / "no-job"), cache=tmp_path / "cache")


def test_a_trial_in_a_bucket_is_one_too(tmp_path: Path, steps_read: list[int]):
    """From S3 a trial opens as from a folder, and only new steps are fetched and read."""
    stand_in = StandIn(tmp_path / "s3")
    try:
        place = stand_in.folder / BUCKET / "job-1" / "debug-output"
        save(place, 0, 1)
        aws = Aws(endpoint_url=stand_in.url)
        trial = open_trial(f"s3://{BUCKET}/job-1/debug-output", cache=tmp_path / "cache", aws=aws)
        assert (trial.name, means(trial)) == ("job-1", [0, 1])
        save(place, 2)
        stand_in.requests.clear()
        assert means(trial.look_again()) == [0, 1, 2]
        assert len(stand_in.gets) == 3  # index, values, and the collections written anew
    finally:
        stand_in.stop()
    assert steps_read == [0, 1, 2]
    assert trial.value(0) is not None


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_bytes_changed_anywhere(data: st.DataObject, tmp_path: Path):
    """Whatever file is cut or changed: a sentence, or rows with at most one of other numbers."""
    folder = tmp_path / "trial"
    if not folder.exists():
        save(folder, 0, 1)
        (folder / END).touch()
    whole = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    file = data.draw(st.sampled_from(sorted(path for path, content in whole.items() if content)))
    at = data.draw(st.integers(0, len(whole[file]) - 1))
    changed = bytearray(whole[file])
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    cache = tmp_path / "caches" / uuid.uuid4().hex
    try:
        file.write_bytes(changed if data.draw(st.booleans()) else changed[:at])
        trial = open_trial(str(folder), cache=cache)
        told = trial.statistics
        right = (told.mean == told.step) & (told.n == 6) & (told.std == 0)
        # a bit of a tensor's own content does not show
        assert np.count_nonzero(~right) <= (file.suffix == ".tfevents")
        assert len(told) == 4 or trial.notes
        assert open_trial(str(folder), cache=cache).state == trial.state
    except SourceError:
        pass
    finally:
        file.write_bytes(whole[file])
        shutil.rmtree(cache, ignore_errors=True)


def test_an_ending_without_steps_is_a_sentence(tmp_path: Path):
    """A folder with the end file alone opens: no rows, no modes, and why."""
    (tmp_path / END).touch()
    trial = open_trial(str(tmp_path), cache=tmp_path / "cache")
    assert (len(trial.statistics), trial.tensors, trial.modes) == (0, (), ())
    assert "without saving a tensor" in trial.notes[0]
    assert np.isnan(trial.last_time)
    assert trial.measured(CHANGE).shape == (0, 2)


def change(value: np.ndarray, before: np.ndarray | None, factor: float) -> tuple[float, float]:
    CALLS.append(float(value.flat[0]))
    return factor * float(value.flat[0]), np.nan if before is None else float(before.flat[0])


def of_weights(tensor: Tensor) -> bool:
    return tensor.kind == "weight"


CALLS: list[float] = []
CHANGE = Measurement("change", ("times", "before"), of_weights, change, (2.0,))


def test_measurements_see_the_step_before_and_are_kept(tmp_path: Path):
    """Each value is measured once in its life, with the one before it; other rows have nan."""
    folder, cache = tmp_path / "trial", tmp_path / "cache"
    save(folder, 0, 1, 2)
    trial = open_trial(str(folder), cache=cache)
    CALLS.clear()
    found = trial.measured(CHANGE)
    assert np.array_equal(found[:3], [[0, np.nan], [2, 0], [4, 1]], equal_nan=True)
    assert np.isnan(found[3:]).all()
    assert len(found) == 6
    save(folder, 3)
    again = open_trial(str(folder), cache=cache)
    assert again.measured(CHANGE)[3].tolist() == [6, 2]
    assert CALLS == [0, 1, 2, 3]
    other = Measurement("change", ("times", "before"), of_weights, change, (3.0,))
    assert again.measured(other)[3].tolist() == [9, 2]


def test_a_step_that_came_late_is_the_one_before(tmp_path: Path):
    """What a value is compared with follows from the steps, not from when they were read."""
    folder = tmp_path / "trial"
    save(folder, 0, 4)
    trial = open_trial(str(folder), cache=tmp_path / "cache")
    assert trial.measured(CHANGE)[1].tolist() == [8, 0]
    save(folder, 2)
    assert trial.look_again().measured(CHANGE)[:3, 1].tolist()[1:] == [0, 2]


@corpus
def test_measurements_are_those_of_the_plain_way(cache: Path):
    """On a trial with two workers and two modes, numbers are those of a loop over all values."""
    trial = open_trial(str(CORPUS / "pt_ddp_2workers"), cache=cache)
    rows = range(len(trial.statistics))
    plain = recorded.Recorded(
        trial.name,
        trial.tensors,
        trial.workers,
        trial.statistics,
        tuple(np.asarray(trial.value(row)) for row in rows),
    )
    assert np.array_equal(trial.measured(CHANGE), plain.measured(CHANGE), equal_nan=True)


def test_memory_is_not_changed_through_a_value(tmp_path: Path):
    """A value is read-only; without its file it is an error with a sentence."""
    save(tmp_path / "trial", 0)
    trial = open_trial(str(tmp_path / "trial"), cache=tmp_path / "cache")
    value = trial.value(0)
    assert value is not None
    with pytest.raises(ValueError, match="read-only"):
        value[0] = 1
    shutil.rmtree(tmp_path / "trial" / "events")
    with pytest.raises(SourceError, match="events"):
        trial.value(0)
