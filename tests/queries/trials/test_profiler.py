"""Are the files of SageMaker's profiler read, each line counted, whatever happened to them?"""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.training.machines import Machines, Series
from queries.config import Aws
from queries.errors import SourceError
from queries.trials import profiler, system_lines, trace_events
from tests.queries.bucket import BUCKET, StandIn

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "profiler"
SAMPLE = CORPUS / "measured_sample" / "profiler-output"
UPSTREAM = CORPUS / "upstream_resources"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="shared/corpus is not here")

HOUR = "system/incremental/2026112302"
BEGUN = 1_795_402_380


def line(time: float, value: float, **other: object) -> dict:
    told = {"Type": "cpu", "Name": "cpu0", "Dimension": "CPUUtilization", "NodeId": "algo-1"}
    return {**told, "Value": value, "Timestamp": time, **other}


def lines(*rows: dict) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def written(root: Path, name: str, data: bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def readings(machines: Machines) -> int:
    return sum(len(series.value) for series in machines.series)


def one(machines: Machines, part: str, name: str, dimension: str) -> Series:
    (found,) = (
        s for s in machines.series if (s.part, s.name, s.dimension) == (part, name, dimension)
    )
    return found


@needs_corpus
@pytest.mark.parametrize("folder", [SAMPLE, SAMPLE.parent, SAMPLE / "system"])
def test_any_of_the_three_folders_leads_to_the_files(folder: Path):
    """profiler-output, the job's folder and `system` are the same: 12 metrics of 299 looks."""
    machines = profiler.look_again(folder).machines
    assert machines.nodes == ("algo-1",)
    assert {len(series.value) for series in machines.series} == {299}
    assert len(machines.series) == 12
    assert machines.interval_s == pytest.approx(0.5, abs=0.01)
    assert machines.ended
    assert machines.notes == ()
    assert {(s.part, s.name, s.dimension, s.unit) for s in machines.series if s.part != "cpu"} == {
        ("memory", "", "MemoryUsedPercent", "%"),
        ("io", "", "IOPS", "1/s"),
        ("io", "", "ReadThroughputInBytesPerSecond", "bytes/s"),
        ("io", "", "WriteThroughputInBytesPerSecond", "bytes/s"),
        ("network", "Algorithm", "ReceiveBytesPerSecond", "bytes/s"),
        ("network", "Algorithm", "TransmitBytesPerSecond", "bytes/s"),
        ("network", "Platform", "ReceiveBytesPerSecond", "bytes/s"),
        ("network", "Platform", "TransmitBytesPerSecond", "bytes/s"),
    }


@needs_corpus
def test_the_first_layout_is_read():
    """Files without an hour's folder, of 2020: every one of their 78 lines is a reading."""
    machines = profiler.look_again(UPSTREAM / "test_traces").machines
    assert readings(machines) == 78
    assert machines.notes == ()
    memory = one(machines, "gpu", "gpu1", "GPUMemoryUtilization")
    assert memory.value.tolist() == [24.76, 43.76, 84.76, 47.76]
    assert (np.diff(memory.time) > 0).all()
    assert len([s for s in machines.series if s.dimension == "CPUUtilization"]) == 34 - 2
    assert not machines.ended


@needs_corpus
def test_a_cut_last_line_is_left_out_and_said():
    """The corrupt file of smdebug's own tests: 13 whole lines and one cut."""
    found = system_lines.parse(
        (UPSTREAM / "1591160699.algo-1.json.corrupt").read_bytes(), "1591160699.algo-1.json"
    )
    assert (found.kept, found.bad, found.first_bad, found.cut) == (13, 1, 14, True)


@needs_corpus
def test_the_steps_of_a_job_are_read():
    """merge_traces holds 702 events (its MANIFEST), among them 10 steps of each of two modes."""
    machines = profiler.look_again(UPSTREAM / "merge_traces").machines
    events = machines.events
    assert len(events) == 702
    assert machines.nodes == ("b88ab1bb8259",)
    assert machines.notes == ()
    train = [at for at, phase in enumerate(events.phase) if phase == "Step:ModeKeys.TRAIN"]
    # from the file: the clock's beginning 1594662605425850 + ts 2664345, dur 9020725 microseconds
    assert events.start[train[0]] == pytest.approx(1594662608.090195, abs=1e-6)
    assert events.duration[train[0]] == pytest.approx(9.020725)
    assert (np.diff(events.start) >= 0).all()


@needs_corpus
def test_each_file_of_events_has_its_own_clock_and_names():
    """Python's, the model's and Horovod's timelines: processes are named again within a file."""
    model = profiler.look_again(UPSTREAM / "model_timeline_traces").machines.events
    assert set(model.phase) == {"DataIterator", "NcclManager"}
    reduced = {p for p, n in zip(model.phase, model.name, strict=True) if n == "kAllReduce"}
    assert reduced == {"NcclManager"}
    python = profiler.look_again(UPSTREAM / "test_traces").machines.events
    assert python.name == ("event1", "event2", "event3", "event4")
    assert python.start[0] == pytest.approx(1589930988.663519, abs=1e-6)
    horovod = profiler.look_again(UPSTREAM / "horovod_timeline_traces").machines
    assert len(horovod.events) > 0
    assert any("no other half" in note for note in horovod.notes)


@needs_corpus
def test_events_of_an_unknown_clock_are_not_placed_in_time():
    """Horovod's own file says no beginning, TensorFlow's needs the file beside it."""
    bare = trace_events.parse((UPSTREAM / "horovod_timeline_small.json").read_bytes())
    assert len(bare.start) == 0
    assert bare.adrift > 0
    known = profiler.look_again(UPSTREAM / "tfprofiler_timeline_traces").machines
    # the name of the .metadata file begins at 1596659864545103 microseconds
    assert len(known.events) == 798
    assert 0 < known.events.start[0] - 1596659864.545103 < 1
    lost = profiler.look_again(UPSTREAM / "tfprofiler_local_missing_metadata").machines
    assert len(lost.events) == 0
    assert "clock whose beginning is not known" in lost.notes[0]


@needs_corpus
def test_every_file_of_the_corpus_is_accounted_for():
    """Lines and events are kept or counted: nothing of a file is lost without a word."""
    for path in CORPUS.rglob("*timeline*.json"):
        found = trace_events.parse(path.read_bytes())
        text = path.read_text()
        whole = [e for e in json.loads(text) if e["ph"] in "XBE"]
        pairs = sum(e["ph"] == "E" for e in whole)
        kept = len(found.start) + found.adrift
        unpaired = sum(e["ph"] != "X" for e in whole) - found.unpaired
        assert kept == sum(e["ph"] == "X" for e in whole) + unpaired // 2, path
        assert unpaired % 2 == 0
        assert pairs >= unpaired // 2
        assert found.bad == 0
    for path in CORPUS.rglob("*.algo-1.json"):
        found = system_lines.parse(path.read_bytes(), path.name)
        assert found.kept == len(path.read_text().splitlines())


def test_what_is_no_reading_is_counted_with_its_line(tmp_path: Path):
    """Blank lines are nothing; a wrong type, a missing key, a value or time out of range is bad."""
    data = lines(line(BEGUN + 1, 40))
    data += b"\n{}\n[1, 2]\nnull\nnot json\n"
    data += lines(
        line(BEGUN + 2, 150.0),
        line(BEGUN + 3, -1),
        line(BEGUN + 200_000, 10),
        line(BEGUN + 4, True),
        line(BEGUN + 5, "7"),
        line(BEGUN + 6, 7, Name=["cpu0"]),
        line(BEGUN + 6, 7, Name=None),
        line(BEGUN + 7, 100.4),
        line(BEGUN + 8, 5, Type="tpu", Name="tpu0", Dimension="TPUUtilization"),
    )
    written(tmp_path, f"{HOUR}/{BEGUN}.algo-1.json", data)
    machines = profiler.look_again(tmp_path).machines
    assert one(machines, "cpu", "cpu0", "CPUUtilization").value.tolist() == [40.0, 100.4]
    assert machines.notes[0].startswith("11 of 14 lines in 1 of 1 files")
    assert f"line 3 of {HOUR}/{BEGUN}.algo-1.json" in machines.notes[0]
    assert machines.notes[1].startswith("1 readings are of metrics not known here")
    assert "tpu tpu0 TPUUtilization (1)" in machines.notes[1]


def test_the_order_of_files_and_lines_does_not_matter(tmp_path: Path):
    """Times rise, whoever wrote first; of two readings of one time the last counts, and is told."""
    written(tmp_path, f"{HOUR}/{BEGUN}.algo-1.json", lines(line(BEGUN + 3, 3), line(BEGUN + 1, 1)))
    written(
        tmp_path, f"{HOUR}/{BEGUN + 60}.algo-1.json", lines(line(BEGUN + 2, 2), line(BEGUN + 3, 9))
    )
    written(tmp_path, f"{HOUR}/{BEGUN}.algo-10.json", lines(line(BEGUN, 5, NodeId="algo-10")))
    written(tmp_path, f"{HOUR}/{BEGUN}.algo-2.json", lines(line(BEGUN, 5, NodeId="algo-2")))
    machines = profiler.look_again(tmp_path).machines
    assert machines.nodes == ("algo-1", "algo-2", "algo-10")
    assert machines.series[0].value.tolist() == [1, 2, 9]
    assert machines.series[0].time.tolist() == [BEGUN + 1, BEGUN + 2, BEGUN + 3]
    assert machines.notes == (
        "1 readings have the same time as another of the same metric: of such the last one counts.",
    )


def test_begin_and_end_make_an_event(tmp_path: Path):
    """Pairs nest as in a stack, by process and thread; a half alone is counted."""
    events = [
        {
            "name": "process_name",
            "ph": "M",
            "pid": 0,
            "args": {"start_time_since_epoch_in_micros": 5_000_000},
        },
        {"name": "process_name", "ph": "M", "pid": 1, "args": {"name": "Step"}},
        {"name": "outer", "ph": "B", "pid": 1, "ts": 10},
        {"name": "inner", "ph": "B", "pid": 1, "ts": 20},
        {"name": "other", "ph": "B", "pid": 2, "ts": 25},
        {"ph": "E", "pid": 1, "ts": 30},
        {"ph": "E", "pid": 1, "ts": 50},
        {"ph": "E", "pid": 3, "ts": 60},
        {"name": "moment", "ph": "i", "pid": 1, "ts": 70},
    ]
    text = "[\n" + ",\n".join(json.dumps(event) for event in events) + "\n"
    cut = text + ',\n{"name": "lost", "ph": "X", "pid": 1, "ts": 80, "d'
    name = "framework/pevents/2026112302/1795402380000000_77-algo-1_pythontimeline.json"
    written(tmp_path, name, cut.encode())
    machines = profiler.look_again(tmp_path).machines
    assert machines.events.name == ("outer", "inner")
    assert machines.events.phase == ("Step", "Step")
    assert machines.events.node == ("algo-1", "algo-1")
    assert machines.events.start.tolist() == pytest.approx([5.00001, 5.00002])
    assert machines.events.duration.tolist() == pytest.approx([40e-6, 10e-6])
    # `}` of the cut line's predecessor stands with its comma: only the cut line is no event
    assert machines.notes[0].startswith("1 entries in 1 of 1 files")
    assert machines.notes[1].startswith("2 beginnings or ends")


def test_what_smdebug_merged_is_not_read_twice(tmp_path: Path):
    """A merged timeline repeats the events of all others."""
    event = [
        {
            "name": "process_name",
            "ph": "M",
            "pid": 0,
            "args": {"start_time_since_epoch_in_micros": 1},
        },
        {"name": "a", "ph": "X", "pid": 1, "ts": 1, "dur": 1},
    ]
    for kind in ("pythontimeline", "merged_timeline"):
        written(tmp_path, f"framework/pevents/1_algo-1_{kind}.json", json.dumps(event).encode())
    assert len(profiler.look_again(tmp_path).machines.events) == 1


def test_a_running_training_reads_only_what_is_new(tmp_path: Path):
    """A file that is read is not opened again; without news the answer is the very same object."""
    first = written(tmp_path, f"{HOUR}/{BEGUN}.algo-1.json", lines(line(BEGUN, 1)))
    status = first.stat()
    before = profiler.look_again(tmp_path)
    assert profiler.look_again(tmp_path, before) is before
    first.write_bytes(b"X" * first.stat().st_size)
    os.utime(first, ns=(status.st_atime_ns, status.st_mtime_ns))
    written(tmp_path, f"{HOUR}/{BEGUN + 60}.algo-1.json", lines(line(BEGUN + 60, 2)))
    written(tmp_path, f"{HOUR}/{BEGUN + 120}.algo-1.json.tmp", b"{")
    after = profiler.look_again(tmp_path, before)
    assert after.machines.series[0].value.tolist() == [1, 2]
    assert after.state != before.state
    assert not after.machines.ended
    written(tmp_path, "system/training_job_end.ts", b"")
    assert profiler.look_again(tmp_path, after).machines.ended


def test_nothing_there_is_said(tmp_path: Path):
    """A missing folder is a sentence that says what to do; an empty one has a note and no nodes."""
    with pytest.raises(SourceError, match="do not exist on this machine; correct `profiler`"):
        profiler.look_again(tmp_path / "nowhere")
    machines = profiler.look_again(tmp_path).machines
    assert machines.nodes == ()
    assert np.isnan(machines.interval_s)
    assert machines.notes[0].startswith("There is no file of system metrics")


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path):
    """Somebody else's trial cannot show a file of this machine."""
    outside = written(tmp_path, "outside/1.algo-1.json", lines(line(BEGUN, 1)))
    inside = tmp_path / "job" / "system" / "incremental"
    inside.mkdir(parents=True)
    (inside / f"{BEGUN}.algo-1.json").symlink_to(outside)
    (inside / "hour").symlink_to(outside.parent)
    assert profiler.look_again(tmp_path / "job").machines.series == ()


def test_files_of_s3_are_copied_once(tmp_path: Path):
    """One GET a file, of the profiler's alone; a second look lists, and fetches what is new."""
    server = StandIn(tmp_path / "s3")
    try:
        root = server.folder / BUCKET / "out/job-1/profiler-output"
        written(root, f"{HOUR}/{BEGUN}.algo-1.json", lines(line(BEGUN, 1)))
        written(root, "framework/pevents/1_algo-1_pythontimeline.json", TRACE)
        written(root, "framework/python_stats", b"not ours")
        aws = Aws(endpoint_url=server.url)
        location = f"s3://{BUCKET}/out/job-1/profiler-output"
        before = profiler.read_profile(location, cache=tmp_path / "cache", aws=aws)
        assert len(server.gets) == 2
        assert readings(before.machines) == 1
        assert len(before.machines.events) == 2
        written(root, f"{HOUR}/{BEGUN + 60}.algo-1.json", lines(line(BEGUN + 60, 2)))
        written(root, "system/training_job_end.ts", b"")
        after = profiler.read_profile(location, before, cache=tmp_path / "cache", aws=aws)
        assert len(server.gets) == 4
        assert after.machines.series[0].value.tolist() == [1, 2]
        assert after.machines.ended
        with pytest.raises(SourceError, match=r"profiler-output is there: name that as `profiler`"):
            profiler.read_profile(f"s3://{BUCKET}/out/job-1", cache=tmp_path / "c", aws=aws)
    finally:
        server.stop()


SYSTEM = lines(*(line(BEGUN + at / 2, at, Name=f"cpu{at % 2}") for at in range(8)))
TRACE = (
    b'[\n{"name": "process_name", "ph": "M", "pid": 0, "args": '
    b'{"start_time_since_epoch_in_micros": 1795402380000000}},\n'
    b'{"name": "process_name", "ph": "M", "pid": 1, "args": {"name": "Step"}},\n'
    b'{"name": "a", "ph": "X", "pid": 1, "ts": 10, "dur": 20},\n'
    b'{"name": "b", "ph": "B", "pid": 1, "ts": 40},\n{"ph": "E", "pid": 1, "ts": 50}\n]\n'
)
damage = st.tuples(st.integers(0, 10_000), st.integers(0, 255), st.booleans())


def damaged(data: bytes, at: int, byte: int, cut: bool) -> bytes:
    at %= len(data)
    return data[:at] if cut else data[:at] + bytes([byte]) + data[at + 1 :]


@settings(deadline=None, max_examples=300)
@given(hit=damage)
def test_a_damaged_file_of_readings_is_a_note_or_right(hit: tuple[int, int, bool]):
    """All lines but the one that was hit are read as they stand; none is lost, nothing raised."""
    data = damaged(SYSTEM, *hit)
    found = system_lines.parse(data, f"{BEGUN}.algo-1.json")
    held = [text for text in data.split(b"\n") if text.strip()]
    assert found.kept + found.bad + sum(found.foreign.values()) == len(held)
    untouched = set(SYSTEM.split(b"\n")) & set(held)
    pairs = {
        (metric[2], t, v)
        for metric, (time, value) in found.series.items()
        for t, v in zip(time.tolist(), value.tolist(), strict=True)
    }
    for text in untouched:
        told = json.loads(text)
        assert (told["Name"], told["Timestamp"], told["Value"]) in pairs
    for _, time, value in pairs:
        assert abs(time - BEGUN) <= system_lines.FURTHEST_S
        assert 0 <= value <= system_lines.MOST_PERCENT


@settings(deadline=None, max_examples=300)
@given(hit=damage, whole=st.booleans())
def test_a_damaged_file_of_events_is_a_note_or_right(hit: tuple[int, int, bool], *, whole: bool):
    """Events are stretches of time since 1970 whatever was hit, in lines or in one piece."""
    text = TRACE.replace(b"\n", b"") if whole else TRACE
    found = trace_events.parse(damaged(text, *hit))
    assert len(found.start) == len(found.duration) == len(found.name) == len(found.phase)
    assert all(np.isfinite(found.start))
    assert all(length >= 0 for length in found.duration)


@settings(deadline=None, max_examples=60)
@given(hit=damage)
def test_a_damaged_packed_trace_is_a_note_or_right(
    tmp_path_factory: pytest.TempPathFactory, hit: tuple[int, int, bool]
):
    """A trace of TensorFlow's profiler that cannot be unpacked is named, and all else is read."""
    root = tmp_path_factory.mktemp("job")
    folder = "framework/tensorflow/detailed_profiling/2026112302/000000000"
    written(root, f"{folder}/1-algo-1_1795402380000000_1795402381000000.metadata", b"")
    packed = gzip.compress(
        json.dumps(
            {"traceEvents": [{"name": "op", "ph": "X", "pid": 1, "ts": 1, "dur": 1}]}
        ).encode()
    )
    written(root, f"{folder}/plugins/profile/x/algo-1.trace.json.gz", damaged(packed, *hit))
    written(root, f"{HOUR}/{BEGUN}.algo-1.json", lines(line(BEGUN, 1)))
    machines = profiler.look_again(root).machines
    assert readings(machines) == 1
    assert len(machines.events) == 1 or machines.notes
    shutil.rmtree(root)
