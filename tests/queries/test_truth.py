"""Does each right answer find its pair, and is every line accounted for, read once and kept?"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.labels import LabelCounts
from queries import s3_reader, truth, truth_files
from queries.config import Aws, Config, Prediction, Test, Truth
from queries.errors import SourceError
from queries.opened import Opened, open_test
from queries.store import Store
from queries.truth_files import read_labels
from tests.queries.bucket import BUCKET, StandIn
from tests.queries.capturing import JSON, NOON, line
from tests.queries.labelling import labelled_test, monitored, truth_file
from tests.queries.mirroring import log_file, logged, side

Row = tuple[str, str]
HOUR = {
    "start": NOON.replace(tzinfo=None),
    "end": (NOON + timedelta(hours=1)).replace(tzinfo=None),
}


def counts_of(opened: Opened) -> LabelCounts:
    """The account, which must add up."""
    assert opened.labels is not None
    found = opened.labels.read().counts
    assert found.lines == (
        found.used
        + found.duplicates
        + found.without_id
        + found.unreadable
        + found.unknown_id
        + found.repeated_id
        + found.unpaired
        + found.misfit
    )
    return found


def labels_of(opened: Opened) -> list[Row]:
    """Label and method of each labelled pair, in order of time."""
    assert opened.labels is not None
    found = opened.labels.read()
    import duckdb

    with duckdb.connect() as database:
        return database.execute(
            "SELECT label, method FROM read_parquet($file) ORDER BY ts, pos",
            {"file": str(truth.rows_file(opened.captured.ingested.store, found.name))},
        ).fetchall()


def records(*names: str, shadow: bool = False, answer: str = "0.9") -> list[bytes]:
    """Records a minute apart: event ids of one side only, the same inference ids."""
    events = "s" if shadow else "e"
    return [
        line("1,2", answer, at=60 * at, inference=name, event=f"{events}-{name}")
        for at, name in enumerate(names)
    ]


def made(folder: Path, *told: bytes, names: str = "abcd", **more: object) -> Opened:
    """Pairs of these inference ids, and lines of ground truth."""
    truth_file(folder / "truth" / "labels.jsonl", told)
    return labelled_test(folder, records(*names), records(*names, shadow=True), **more)


def every_fate(folder: Path) -> Opened:
    """One line for each fate, and one that is used."""
    truth_file(
        folder / "truth" / "labels.jsonl",
        [
            monitored("1", event="a"), monitored("0", event="a"), monitored("0", event="a"),
            monitored("1"), b"no json", monitored("1", event="nobody"),
            monitored("1", event="twice"), monitored("1", event="alone"),
            monitored("1,0", event="b"),
        ],
    )  # fmt: skip
    production = records("a", "b", "twice", "twice", "alone")
    return labelled_test(folder, production, records("a", "b", "twice", shadow=True))


def either_id(folder: Path) -> Opened:
    """By inference id, by event id, by the first of two, by the second."""
    return made(
        folder,
        monitored("1", event="a"),
        monitored("0", event="e-b"),
        monitored("1", event="e-a", inference="c"),
        monitored("0", event="e-d", inference="unheard of"),
    )


def test_a_label_is_found_by_inference_id_else_by_event_id(tmp_path: Path) -> None:
    """Model Monitor's eventId may be either; where both ids are given the inference id is first."""
    opened = either_id(tmp_path)
    assert labels_of(opened) == [
        ("1", "inference_id"),
        ("0", "event_id"),
        ("1", "inference_id"),
        ("0", "event_id"),
    ]
    assert counts_of(opened).used == 4


def test_every_fate_of_a_line_is_counted(tmp_path: Path) -> None:
    """One line for each fate, and one that is used."""
    opened = every_fate(tmp_path)
    found = counts_of(opened)
    assert (found.files, found.failed, found.lines) == (1, 0, 9)
    assert (found.used, found.duplicates, found.conflicts) == (1, 2, 1)
    assert (found.without_id, found.unreadable, found.unknown_id) == (1, 1, 1)
    assert (found.repeated_id, found.unpaired, found.misfit) == (1, 1, 1)
    assert found.unmatched == 4
    # the last line of a request is what counts
    assert labels_of(opened) == [("0", "inference_id")]


def test_the_label_known_last_counts(tmp_path: Path) -> None:
    """By the time in the line, else by the hour of the folder, else by the order of the lines."""
    place = tmp_path / "truth"
    truth_file(place / "2024/04/02/10/x.jsonl", [monitored("1", event="a")])
    truth_file(place / "2024/04/01/10/y.jsonl", [monitored("0", event="a")])
    truth_file(
        place / "table.csv",
        b"id,label,time\nb,1,2024-04-03\nb,0,2024-04-02\nc,0,\nc,1,\na,1,2024-01-01\n",
    )
    names = ("a", "b", "c")
    opened = labelled_test(tmp_path, records(*names), records(*names, shadow=True))
    assert [label for label, _ in labels_of(opened)] == ["1", "1", "1"]
    found = counts_of(opened)
    assert (found.used, found.duplicates, found.conflicts) == (3, 4, 3)


def test_an_event_id_tells_reused_inference_ids_apart(tmp_path: Path) -> None:
    """Where the inference id is of two requests, the event id of the line settles which."""
    truth_file(
        tmp_path / "truth" / "labels.jsonl",
        [monitored("1", event="e2", inference="0"), monitored("1", event="gone", inference="0")],
    )
    both = [
        [
            line("1,2", "0.9", at=0, inference="0", event=f"{own}1"),
            line("3,4", "0.9", at=600, inference="0", event=f"{own}2"),
        ]
        for own in ("e", "s")
    ]
    opened = labelled_test(tmp_path, *both)
    assert labels_of(opened) == [("1", "event_id")]
    assert counts_of(opened).repeated_id == 1


def test_one_id_of_all_requests_and_labels_is_told_at_once(tmp_path: Path) -> None:
    """A constant id joins every label to every request: counted, never multiplied."""
    many = [line("1,2", "0.9", at=at, inference="0") for at in range(3000)]
    truth_file(tmp_path / "truth" / "a.jsonl", [monitored("1", event="0")] * 3000)
    opened = labelled_test(tmp_path, many, many)
    assert counts_of(opened).repeated_id == 3000


def batches(*answers: list[float], shadow: bool = False) -> list[bytes]:
    return [
        line("1,2\n" * len(rows), rows, at=60 * at, inference=f"r{at}", encodings=JSON)
        for at, rows in enumerate(answers)
    ]


def test_a_batch_has_as_many_labels_as_rows(tmp_path: Path) -> None:
    """Labels stand in the order of the rows; another number of them fits no row."""
    truth_file(
        tmp_path / "truth" / "a.csv", b'id,y\nr0,"[1.5, 2.5]"\nr1,"3.5,4"\nr2,5\nr3,"1,2,3"\n'
    )
    both = batches([1, 2], [3, 4], [5], [6, 7])
    prediction = Prediction(kind="regression", path="$[*]")
    opened = labelled_test(tmp_path, both, both, prediction=prediction)
    assert [label for label, _ in labels_of(opened)] == ["1.5", "2.5", "3.5", "4", "5"]
    found = counts_of(opened)
    assert (found.used, found.misfit) == (3, 1)


@pytest.mark.parametrize("written", ["1", "1.0", "true", "True", " TRUE "])
def test_binary_labels_meet_the_answers(tmp_path: Path, written: str) -> None:
    """However true is written, it is the label 1 of a score above the threshold."""
    opened = made(tmp_path, monitored(written, event="a"), monitored("0", event="b"))
    assert [label for label, _ in labels_of(opened)] == ["1", "0"]


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_answers_in_words_are_met_by_numbers(tmp_path: Path, kind: Any) -> None:
    """Where the models answer true and false, 1 and 0 are those; other labels stay themselves."""
    truth_file(tmp_path / "truth" / "a.csv", b"id,y\na,1\nb,0.0\nc,FALSE\nd,2\n")
    both = [
        line("1", {"predicted_label": at != 1}, at=60 * at, inference=name, encodings=JSON)
        for at, name in enumerate("abcd")
    ]
    opened = labelled_test(tmp_path, both, both, prediction=Prediction(kind=kind))
    assert [label for label, _ in labels_of(opened)] == ["true", "false", "false", "2"]


def test_labels_of_a_paired_log_are_found_by_its_id(tmp_path: Path) -> None:
    """The id of a line of the log is its inference id."""
    given = [logged(side(), side(), at=60 * at, id=f"r{at}") for at in range(3)]
    log_file(tmp_path / "log", given)
    truth_file(tmp_path / "t.csv", b"request_id,target\nr2,1\nr9,1\n")
    test = Test(
        name="m",
        log=str(tmp_path / "log"),
        production="production",
        shadow="shadow",
        prediction=Prediction(kind="binary", column=0),
        truth=Truth(location=str(tmp_path / "t.csv")),
    )
    opened = open_test(Config(tests=(test,), cache=tmp_path / "cache"), test)
    assert labels_of(opened) == [("1", "inference_id")]
    assert counts_of(opened).unknown_id == 1


def test_ids_are_shown_where_none_match(tmp_path: Path) -> None:
    """So that a reader sees at a glance that one side writes them otherwise; else none are."""
    nothing = made(tmp_path / "none", monitored("1", event="A"), monitored("1", event="B"))
    assert nothing.labels is not None
    ids = nothing.labels.read().ids
    assert ids.truth == ("A", "B")
    assert sorted(ids.inference_ids) == ["a", "b", "c", "d"]
    assert sorted(ids.event_ids) == ["e-a", "e-b", "e-c", "e-d"]
    some = made(tmp_path / "some", monitored("1", event="a"))
    assert some.labels is not None
    assert some.labels.read().ids.truth == ()


def test_swapping_the_variants_keeps_the_fates_by_inference_id(tmp_path: Path) -> None:
    """Both variants were given the same inference ids: the same lines are used either way."""
    told = [monitored("1", event=name) for name in ("a", "b", "x", "a")]
    truth_file(tmp_path / "truth" / "t.jsonl", told)
    sides = records("a", "b"), records("a", "b", shadow=True)
    found = [
        counts_of(labelled_test(tmp_path / str(swap), *order, location=str(tmp_path / "truth")))
        for swap, order in enumerate((sides, sides[::-1]))
    ]
    assert found[0] == found[1]


# Reading and keeping.


def kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("labels-*.parquet"))


def test_labels_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known by path, size and time is not opened again; what changed is, alone."""
    read: list[str] = []
    real = truth_files._content

    def watched(content: bytes, found: object, *args: object, **more: object) -> object:
        read.append(found.name)
        return real(content, found, *args, **more)

    monkeypatch.setattr(truth_files, "_content", watched)
    first = truth_file(tmp_path / "truth" / "a.jsonl", [monitored("1", event="a")])
    truth_file(tmp_path / "truth" / "b.jsonl", [monitored("1", event="b")])
    both = records("a", "b", "c"), records("a", "b", "c", shadow=True)
    assert counts_of(labelled_test(tmp_path, *both)).used == 2
    assert counts_of(labelled_test(tmp_path, *both)).used == 2
    assert read == ["a.jsonl", "b.jsonl"]
    truth_file(tmp_path / "truth" / "c.jsonl", [monitored("0", event="c")])
    truth_file(first, [monitored("0", event="a"), monitored("0", event="x")])
    opened = labelled_test(tmp_path, *both)
    assert [label for label, _ in labels_of(opened)] == ["0", "1", "0"]
    assert read[2:] == ["a.jsonl", "c.jsonl"]
    assert counts_of(opened).lines == 4
    first.unlink()
    assert counts_of(labelled_test(tmp_path, *both)).lines == 2
    assert len(read) == 4


def test_a_test_that_is_open_sees_new_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks again after a while, and not at every question."""
    opened = made(tmp_path, monitored("1", event="a"))
    assert counts_of(opened).used == 1
    truth_file(tmp_path / "truth" / "later.jsonl", [monitored("0", event="b")])
    assert counts_of(opened).used == 1
    monkeypatch.setattr(truth, "LOOK_EVERY_S", -1.0)
    assert counts_of(opened).used == 2
    answer = opened.engine.run("labels_by_method", **HOUR)
    assert answer["n"].tolist() == [2]


def test_other_settings_read_anew(tmp_path: Path) -> None:
    """Another column is another label: what was kept of the first is not taken for it."""
    file = truth_file(tmp_path / "t.csv", b"id,label,second\na,1,0\n")
    both = records("a"), records("a", shadow=True)
    found = [
        labels_of(labelled_test(tmp_path, *both, location=str(file), label=column))
        for column in ("label", "second", "label")
    ]
    assert [rows[0][0] for rows in found] == ["1", "0", "1"]


def test_nothing_is_read_before_it_is_asked(tmp_path: Path) -> None:
    """A page without labels does not wait for them, and does not mind that there are none."""
    opened = labelled_test(tmp_path, records("a"), records("a", shadow=True))
    assert kept(tmp_path) == []
    assert opened.labels is not None
    with pytest.raises(SourceError, match=r"ground truth .* does not exist on this machine"):
        opened.labels.read()


def test_files_of_all_kinds_in_one_folder(tmp_path: Path) -> None:
    """JSON lines, CSV and packed ones together; what is named otherwise is not read."""
    place = tmp_path / "truth"
    truth_file(place / "a.jsonl.gz", gzip.compress(monitored("1", event="a")))
    truth_file(place / "b.csv", b"id,label\nb,1\n")
    truth_file(place / "c.CSV.gz", gzip.compress(b"id,label\nc,1\n"))
    truth_file(place / "_SUCCESS", b"")
    truth_file(place / "empty.jsonl", b"")
    names = "abc"
    opened = labelled_test(tmp_path, records(*names), records(*names, shadow=True))
    found = counts_of(opened)
    assert (found.files, found.used, found.lines) == (4, 3, 3)


def test_a_file_that_cannot_be_read_is_counted_and_told(tmp_path: Path) -> None:
    """One bad file leaves the others; its sentence stands in the account."""
    place = tmp_path / "truth"
    truth_file(place / "a.jsonl", [monitored("1", event="a")])
    truth_file(place / "cut.jsonl.gz", gzip.compress(b"x" * 99)[:20])
    truth_file(place / "other.csv", b"name,size\nx,1\n")
    opened = labelled_test(tmp_path, records("a"), records("a", shadow=True))
    found = counts_of(opened)
    assert (found.files, found.failed, found.used) == (1, 2, 1)
    assert [each.split()[0] for each in found.problems] == ["cut.jsonl.gz", "other.csv"]


def test_nothing_readable_is_a_sentence(tmp_path: Path) -> None:
    """No file at all, none that is named so, and none that can be read: each says what to do."""
    both = records("a"), records("a", shadow=True)
    (tmp_path / "truth").mkdir()
    for content, sentence in (
        (None, "holds no file of ground truth"),
        ("notes.md", r"none is named .*1 others are there"),
        ("x.csv", "x.csv has no column with a usual name for the id"),
    ):
        if content:
            truth_file(tmp_path / "truth" / content, b"name\nx\n")
        opened = labelled_test(tmp_path, *both)
        assert opened.labels is not None
        with pytest.raises(SourceError, match=sentence):
            opened.labels.read()


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A read-only S3 over a folder."""
    monkeypatch.setattr(s3_reader, "_PAUSE_S", 0.001)
    found = StandIn(tmp_path / "s3")
    (tmp_path / "s3" / BUCKET).mkdir(parents=True)
    yield found
    found.stop()


def test_labels_in_s3_are_read_once(tmp_path: Path, bucket: StandIn) -> None:
    """A prefix in Model Monitor's layout; a second look lists and fetches nothing."""
    for hour, name in ((10, "a"), (11, "b")):
        bucket.put(f"ground_truth/2024/04/01/{hour}/x.jsonl", monitored("1", event=name) + b"\n")
    aws = Aws(endpoint_url=bucket.url)
    both = records("a", "b"), records("a", "b", shadow=True)
    location = f"s3://{BUCKET}/ground_truth"
    for _ in range(2):
        opened = labelled_test(tmp_path, *both, aws=aws, location=location)
        assert counts_of(opened).used == 2
    assert len([each for each in bucket.gets if each.endswith(".jsonl")]) == 2
    import duckdb

    assert opened.labels is not None
    found = opened.labels.read()
    file = str(truth.rows_file(opened.captured.ingested.store, found.name))
    with duckdb.connect() as database:
        delays = database.execute(
            "SELECT delay_s FROM read_parquet($file) ORDER BY ts", {"file": file}
        ).fetchall()
    # by the end of the hour 10 of the next day, for a request at noon; and one minute less
    assert delays == [(23 * 3600,), (24 * 3600 - 60,)]


def test_one_object_of_s3(tmp_path: Path, bucket: StandIn) -> None:
    """A key is that file alone, not all that begin like it."""
    for name, label in (("labels.csv", 1), ("labels.csv.old.csv", 0)):
        bucket.put(name, f"id,label\na,{label}\n".encode())
    aws = Aws(endpoint_url=bucket.url)
    both = records("a"), records("a", shadow=True)
    opened = labelled_test(tmp_path, *both, aws=aws, location=f"s3://{BUCKET}/labels.csv")
    assert labels_of(opened) == [("1", "inference_id")]


def test_an_object_that_fails_is_tried_again(tmp_path: Path, bucket: StandIn) -> None:
    """What AWS refused today may be there tomorrow; a file that is no table stays read."""
    bucket.put("t/a.csv", b"id,label\na,1\n")
    bucket.put("t/b.csv", b"id,label\nb,1\n")
    bucket.fault = lambda path, count: (403, "AccessDenied") if path.endswith("b.csv") else None
    aws = Aws(endpoint_url=bucket.url)
    names = "ab"
    both = records(*names), records(*names, shadow=True)
    opened = labelled_test(tmp_path, *both, aws=aws, location=f"s3://{BUCKET}/t")
    found = counts_of(opened)
    assert (found.used, found.failed) == (1, 1)
    assert "b.csv" in found.problems[0]
    bucket.fault = lambda path, count: None
    opened = labelled_test(tmp_path, *both, aws=aws, location=f"s3://{BUCKET}/t")
    assert (counts_of(opened).used, counts_of(opened).failed) == (2, 0)


_READ = """
import sys
from pathlib import Path
from queries.config import Truth
from queries.store import Store
from queries.truth_files import read_labels

folder = Path(sys.argv[1])
found = read_labels(Store(folder / "store"), Truth(location=str(folder / "t")), None, whole=False)
kept = found.path(Store(folder / "store"))
print(sum(file.lines for file in found.files), kept.stat().st_mtime_ns)
"""


def test_two_processes_keep_one_reading(tmp_path: Path) -> None:
    """Whoever comes second waits, and finds the labels that the first one read."""
    for at in range(40):
        truth_file(tmp_path / "t" / f"{at:02}.jsonl", [monitored("1", event=f"{at}")] * 50)
    command = [sys.executable, "-c", _READ, str(tmp_path)]
    root = Path(__file__).parents[2]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env=dict(os.environ))
        for _ in range(2)
    ]
    first, second = (process.communicate()[0].split() for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert first == second
    assert first[0] == b"2000"


def test_a_half_written_file_is_never_believed(tmp_path: Path) -> None:
    """Without its account, or without its rows, what is kept is read anew."""
    asked = Truth(location=str(truth_file(tmp_path / "t.csv", b"id,label\na,1\n")))
    store = Store(tmp_path / "store")
    found = read_labels(store, asked, None, whole=False)
    for lost in (found.path(store), found.path(store).with_suffix(".json")):
        lost.unlink()
        again = read_labels(store, asked, None, whole=False)
        assert again == found
        assert found.path(store).exists()
