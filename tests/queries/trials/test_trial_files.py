"""Is a trial listed and its index believed only as far as it goes, and what is missing said?"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.errors import Damaged, SourceError
from queries.trials.collections import Collection, Collections
from queries.trials.files import look
from queries.trials.index import Entry, Shape, read_index
from tests.queries.trials.saved import Place, files_of, read_trial, write_trial

TRIALS = Path(__file__).parents[3].parent / "shared/corpus/trials"
needs_corpus = pytest.mark.skipif(
    not TRIALS.is_dir(), reason="shared/corpus is not beside this checkout"
)
INDEX = "index/000000000/000000000000_worker_0.json"


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    """Three steps of two workers, ended."""
    write_trial(tmp_path / "trial")
    return tmp_path / "trial"


def change(path: Path, edit: Callable[[Any], None]) -> None:
    """Edit a JSON file in place."""
    document = json.loads(path.read_bytes())
    edit(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def only_note(folder: Path) -> str:
    """The one thing that is to be said of a trial."""
    (note,) = look(folder).notes
    return note


def test_a_sound_trial_is_listed_in_order_without_a_word(trial: Path) -> None:
    """Index files come by step and worker, and of what is complete nothing is said."""
    files = look(trial)
    assert [(file.step, file.worker) for file in files.index] == [
        (step, worker) for step in range(3) for worker in ("worker_0", "worker_1")
    ]
    assert files.index[0].path == INDEX
    assert files.index[0].size == (trial / INDEX).stat().st_size
    assert (files.ended, files.workers, files.notes) == (True, ("worker_0", "worker_1"), ())
    assert files.collections.workers == 2
    assert files.newest == max(file.mtime_ns for file in files.index) / 1e9


def test_more_than_a_thousand_steps_are_in_order(trial: Path) -> None:
    """smdebug begins a folder every 1,000 steps; a step's number counts, not its digits."""
    for step in (999, 1_000, 12_345):
        place = trial / f"index/{step // 1_000:09d}"
        place.mkdir(exist_ok=True)
        for rank in (0, 1):
            shutil.copy(trial / INDEX, place / f"{step:012d}_worker_{rank}.json")
    assert sorted({file.step for file in look(trial).index}) == [0, 1, 2, 999, 1_000, 12_345]


@needs_corpus
def test_what_is_to_be_said_of_the_corpus_is_said() -> None:
    """Only the killed run is wanting: its end."""
    notes = {path.parent.name: look(path.parent).notes for path in TRIALS.glob("*/index")}
    said = {name: found for name, found in notes.items() if found}
    assert list(said) == ["pt_killed_midway"]
    assert "still runs, or it was killed" in said["pt_killed_midway"][0]
    assert "claim.smd" in said["pt_killed_midway"][0]


def test_a_training_without_an_end_runs_or_was_killed(trial: Path) -> None:
    """No end is no fault; the note says when the last step was saved."""
    (trial / "training_job_end.ts").unlink()
    for path in trial.rglob("*.json"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert "2023-11-14 22:13 UTC" in only_note(trial)
    assert not look(trial).ended


def test_a_folder_with_only_an_end_is_a_trial_without_tensors(tmp_path: Path) -> None:
    """SageMaker writes the end for jobs that saved nothing too."""
    (tmp_path / "training_job_end.ts").touch()
    files = look(tmp_path)
    assert "ended without saving a tensor" in only_note(tmp_path)
    assert files.index == ()
    assert files.newest > 0


def test_missing_workers_are_named(trial: Path) -> None:
    """Two were announced; one wrote nothing, but for its collections."""
    for path in trial.glob("index/*/*_worker_1.json"):
        path.unlink()
    assert "2 workers were to save tensors, 1 did: worker_0." in only_note(trial)


def test_a_step_of_one_worker_is_told(trial: Path) -> None:
    """While the training runs, its newest step may be half there; an older one may not."""
    (trial / "index/000000000/000000000002_worker_1.json").unlink()
    assert "Step 2 (of the whole training) of 3 were saved by only some" in only_note(trial)
    (trial / "training_job_end.ts").unlink()
    assert "only some" not in only_note(trial)


def test_missing_collections_are_told(trial: Path) -> None:
    """One worker's file stands in for the other's; without any, names have to do."""
    (trial / "collections/000000000/worker_1_collections.json").unlink()
    assert "collection file of worker_1 is missing" in only_note(trial)
    shutil.rmtree(trial / "collections")
    assert "from the names alone" in only_note(trial)


def test_what_was_begun_is_no_step(trial: Path) -> None:
    """A .tmp is no file yet, and values without an index are none."""
    last = trial / "index/000000000/000000000002_worker_1.json"
    last.rename(last.with_name(last.name + ".tmp"))
    (trial / "events/000000000009").mkdir()
    (trial / "events/000000000009/000000000009_worker_0.tfevents.tmp").touch()
    files = look(trial)
    assert len(files.index) == 5
    assert any("Step 9 (of the whole training): values lie there" in n for n in files.notes)
    assert any("2 unfinished files" in note for note in files.notes)


@pytest.mark.parametrize("place", ["job-1/debug-output", "out/job-1/debug-output", "job"])
def test_a_folder_above_a_trial_says_where_it_is(tmp_path: Path, place: str) -> None:
    """Who names the job's folder, or the one of all jobs, learns the right one."""
    write_trial(tmp_path / place)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/index").touch()
    with pytest.raises(SourceError) as caught:
        look(tmp_path)
    assert f"{tmp_path / place} is one: name that" in str(caught.value)


def test_a_folder_within_a_trial_says_where_it_is(trial: Path) -> None:
    """Who names the index learns the folder above it."""
    with pytest.raises(SourceError, match=f"{trial} is one: name that"):
        look(trial / "index/000000000")


@pytest.mark.parametrize("which", ["absent", "empty", "file"])
def test_what_is_no_trial_is_refused(tmp_path: Path, which: str) -> None:
    """A wrong path is a sentence that names the path and the setting, at once."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(SourceError) as caught:
        look(tmp_path / which)
    assert str(tmp_path / which) in str(caught.value)
    assert "`location`" in str(caught.value)


def test_profiler_files_are_no_trial(tmp_path: Path) -> None:
    """The folders of profiler-output have the same file at their end."""
    (tmp_path / "system/incremental").mkdir(parents=True)
    (tmp_path / "system/training_job_end.ts").touch()
    with pytest.raises(SourceError, match="is no Debugger trial"):
        look(tmp_path / "system")


def test_an_index_says_what_was_saved(trial: Path) -> None:
    """Values in order, the same name twice, reductions by the tensor's name, and shapes."""
    payload = [
        {"tensorname": "a/b:0", "start_idx": 0, "length": 90},
        {"tensorname": "a/b:0", "start_idx": 90, "length": 91},
        {"tensorname": "smdebug/reductions/abs_mean/a/b", "start_idx": 181, "length": 92},
        {"tensorname": "smdebug/reductions/l2", "start_idx": 273, "length": 93},
    ]
    shapes = [{"tensorname": "a/b:0", "originalname": "b", "shape": [2, 0]}]

    def edit(document: Any) -> None:
        document.update(tensor_payload=payload, shape_payload=shapes)

    change(trial / INDEX, edit)
    index = read_index(trial, look(trial).index[0])
    assert (index.mode, index.mode_step) == ("TRAIN", 0)
    assert index.events == trial / "events/000000000000/000000000000_worker_0.tfevents"
    assert index.entries == (
        Entry("a/b:0", 0, 90, "a/b:0"),
        Entry("a/b:0", 90, 91, "a/b:0"),
        Entry("a/b", 181, 92, "smdebug/reductions/abs_mean/a/b", "abs_mean"),
        Entry("smdebug/reductions/l2", 273, 93, "smdebug/reductions/l2"),
    )
    assert index.shapes == (Shape("a/b:0", (2, 0)),)


def test_shapes_alone_need_no_event_file(trial: Path) -> None:
    """Where only shapes were saved, smdebug names no event file, and payloads may be null."""

    def edit(document: Any) -> None:
        del document["meta"]["event_file_name"]
        document.update(tensor_payload=None, shape_payload=[{"tensorname": "a", "shape": [3]}])

    change(trial / INDEX, edit)
    index = read_index(trial, look(trial).index[0])
    assert (index.events, index.entries, index.shapes) == (None, (), (Shape("a", (3,)),))


def set_event(name: object) -> Callable[[Any], None]:
    return lambda document: document["meta"].update(event_file_name=name)


def set_entry(**members: object) -> Callable[[Any], None]:
    return lambda document: document["tensor_payload"][0].update(members)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (set_event("/etc/passwd"), "not a path in the trial"),
        (set_event("../secret"), "not a path in the trial"),
        (set_event("events/../../secret"), "not a path in the trial"),
        (set_event("events\\..\\secret"), "not a path in the trial"),
        (set_event("events/a\0b"), "not a path in the trial"),
        (set_event("s3://bucket/secret"), "not a path in the trial"),
        (set_event("file:secret"), "not a path in the trial"),
        (set_event("./events"), "not a path in the trial"),
        (set_event("events//a"), "not a path in the trial"),
        (set_event(""), "not a path in the trial"),
        (set_event("events"), "is not a file"),
        (set_event("events/gone.tfevents"), "cannot be opened"),
        (set_event("events/" + "x" * 5_000), "cannot be opened"),
        (set_event("linked/secret"), "a link out of the trial"),
        (set_event("pipe"), "is not a file"),
        (set_event("events/000000000000/000000000000_worker_1.tfevents"), "another step or worker"),
        (set_event("events/000000000002/000000000002_worker_0.tfevents"), "another step or worker"),
        (set_event(None), "event_file_name"),
        (lambda d: d["meta"].update(mode="TEST"), "its mode is 'TEST'"),
        (lambda d: d["meta"].update(mode=1), "mode"),
        (lambda d: d["meta"].update(mode_step=-1), "mode_step is -1"),
        (lambda d: d["meta"].update(mode_step=True), "mode_step"),
        (lambda d: d["meta"].update(mode_step=1e3), "mode_step"),
        (lambda d: d.update(meta=[]), "meta"),
        (lambda d: d.update(tensor_payload={}), "tensor_payload is no list"),
        (lambda d: d.update(tensor_payload=[7]), "tensorname"),
        (lambda d: d.update(shape_payload=[{"tensorname": "a", "shape": [-1]}]), "shape of a"),
        (lambda d: d.update(shape_payload=[{"tensorname": "a", "shape": ["x"]}]), "shape of a"),
        (set_entry(start_idx=-1), "start_idx is -1"),
        (set_entry(start_idx=1 << 62), "start_idx"),
        (set_entry(length="90"), "length"),
        (set_entry(tensorname=""), "0 characters"),
        (set_entry(tensorname="x" * 2_000), "2,000 characters"),
    ],
)
def test_an_index_that_cannot_be_believed_is_refused(
    trial: Path, edit: Callable[[Any], None], reason: str
) -> None:
    """Paths out of the trial, numbers that are none, modes that smdebug lacks: each a sentence."""
    outside = trial.with_name("outside")
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (trial / "linked").symlink_to(outside)
    os.mkfifo(trial / "pipe")
    change(trial / INDEX, edit)
    with pytest.raises(Damaged, match=reason) as caught:
        read_index(trial, look(trial).index[0])
    assert str(caught.value).startswith(f"{INDEX} is damaged: ")


def test_links_within_a_trial_are_followed(trial: Path) -> None:
    """A trial may be put together of links, as long as they stay in it; it may be one itself."""
    (trial / "moved").mkdir()
    shutil.move(trial / "events", trial / "moved/events")
    (trial / "events").symlink_to(trial / "moved/events")
    link = trial.with_name("link")
    link.symlink_to(trial)
    files, values, faults = read_trial(link)
    assert (files.notes, faults, len(values)) == ((), [], 24)


def test_an_index_file_that_is_a_pipe_or_leads_out_is_not_opened(trial: Path) -> None:
    """A pipe would be waited for without end; a link may lead to anybody's file."""
    place = trial / "index/000000000"
    os.mkfifo(place / "000000000003_worker_0.json")
    (trial.parent / "secret.json").write_text("{}", encoding="utf-8")
    (place / "000000000003_worker_1.json").symlink_to(trial.parent / "secret.json")
    answers: list[list[str]] = []
    waiting = threading.Thread(target=lambda: answers.append(read_trial(trial)[2]), daemon=True)
    waiting.start()
    waiting.join(30)
    ((pipe, link),) = answers
    assert "is not a file" in pipe
    assert "a link out of the trial" in link


def collected(*found: Collection) -> Collections:
    return Collections(found, 1)


def test_a_collection_holds_what_it_lists_and_what_its_patterns_find() -> None:
    """A pattern is looked for anywhere in a name, as smdebug does (match_inc: re.search)."""
    names = ["Net_fc.0.weight", "gradient/Net_fc.0.weight", "act.1_output_0", "later"]
    held, notes = collected(
        Collection("weights", (), ("^(?!gradient).*weight",)),
        Collection("gradients", ("gone",), ("^gradient",)),
        Collection("relu", ("later",), (r"act\.\d+_(input|output)", r"T_|\bfc")),
        Collection("all", (), ()),
    ).members(names)
    assert held == {
        "weights": ("Net_fc.0.weight",),
        "gradients": ("gradient/Net_fc.0.weight",),
        "relu": ("act.1_output_0", "later"),
        "all": (),
    }
    assert notes == ()


@pytest.mark.parametrize("pattern", ["(", "a{2000}", "(?!x)a", "[", "\\", "(?P<a"])
def test_a_pattern_that_cannot_be_matched_is_a_note(pattern: str) -> None:
    """What is no pattern, or one that only Python knows, does not take the others with it."""
    held, notes = collected(Collection("odd", ("b",), (pattern, "^c"))).members(["a", "b", "c"])
    assert held == {"odd": ("b", "c")}
    assert len(notes) == 1
    assert "cannot be matched" in notes[0]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a*)*b", "a?" * 40 + "a" * 40 + "b"])
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    """Patterns over which a backtracking engine would sit for years are answered at once."""
    held, notes = collected(Collection("odd", (), (pattern,))).members(["a" * 60 + "!"])
    assert held == {"odd": ()}
    assert notes == ()


def test_collections_of_all_workers_are_merged(trial: Path) -> None:
    """smdebug reads the first worker's file alone; a name that only the second lists is there."""

    def edit(document: Any) -> None:
        document["collections"]["default"]["tensor_names"] = ["late"]
        document["collections"]["mine"] = {"tensor_names": ["x"], "include_regex": []}

    change(trial / "collections/000000000/worker_1_collections.json", edit)
    held, _ = look(trial).collections.members(["late", "x"])
    assert held["default"] == ("late",)
    assert held["mine"] == ("x",)


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.pop("_meta"),
        lambda d: d["_meta"].update(num_workers=0),
        lambda d: d["_meta"].update(num_workers="two"),
        lambda d: d.update(collections=[]),
        lambda d: d["collections"].update(odd=7),
        lambda d: d["collections"]["weights"].update(include_regex="a"),
        lambda d: d["collections"]["weights"].update(tensor_names=[1]),
    ],
)
def test_a_damaged_collection_file_is_noted(trial: Path, edit: Callable[[Any], None]) -> None:
    """The other worker's file is used, and the damage told."""
    change(trial / "collections/000000000/worker_0_collections.json", edit)
    assert "worker_0_collections.json is damaged: " in only_note(trial)
    held, _ = look(trial).collections.members(["Net_fc.0.weight"])
    assert held["weights"] == ("Net_fc.0.weight",)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[Place, bytes]]:
    """A trial, and the bytes of its values."""
    folder = tmp_path_factory.mktemp("sound") / "trial"
    return folder, write_trial(folder)


def test_a_written_trial_is_read_as_written(sound: tuple[Path, dict[Place, bytes]]) -> None:
    """Every value comes back, bit for bit: what the next test compares with."""
    folder, written = sound
    files, values, faults = read_trial(folder)
    assert {place: value.tobytes() for place, value in values.items()} == written
    assert (files.notes, faults) == ((), [])


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_file_gives_a_sentence_or_right_numbers(
    sound: tuple[Path, dict[Place, bytes]], data: st.DataObject
) -> None:
    """One file of a trial is cut, or bytes of it changed: every other file's values are as before.

    Of a damaged index or collection file too, for a record says itself what it is. In a damaged
    event file only a record that was hit may be lost or, as its content has no checksum, changed.
    """
    folder, written = sound
    path = data.draw(st.sampled_from(list(files_of(folder))))
    before = path.read_bytes()
    content = bytearray(before)
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        files, values, faults = read_trial(folder)
        files.collections.members(sorted({place[0] for place in written}))
    finally:
        path.write_bytes(before)
    found = {place: value.tobytes() for place, value in values.items()}
    kind = path.relative_to(folder).parts[0]
    worker = path.name.removesuffix(".tfevents").removesuffix(".json").partition("_")[2]
    if kind == "collections":
        assert found == written
        return
    differ = {place for place in written if found.get(place) != written[place]}
    if kind == "index":
        # an index may lead to another of its file's values, never to something else
        assert found.items() <= written.items()
    assert {place[3] for place in differ} <= {worker}
    assert len({place[1:] for place in differ}) <= 1
    assert len({place for place in differ if place not in found}) <= len(faults) * 4
    assert found.keys() <= written.keys()
    assert all(isinstance(value, np.ndarray) for value in values.values())
