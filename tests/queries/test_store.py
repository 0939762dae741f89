"""Does a file count only once the manifest names it, and go only when nobody can need it?"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from queries.reading import Reading
from queries.segments import Part, Segment, Shape
from queries.spool import Failed
from queries.store import GRACE_S, KnownReading, Manifest, Store, folder_of, format_version
from tests.queries.capturing import guessed, line

PART = Part("/a/b.jsonl", "b.jsonl", 10, "17", 1, 2, document=False)
SEGMENT = Segment(
    "0123456789abcdef", "AllTraffic", "reading", (PART,), (Failed("c", "why"),), (),
    (Shape("text/csv", "CSV", "", "", 2),), 2, 2, 3, 0, 1, 0, 2, 0, 10,
)  # fmt: skip


def readings() -> dict[str, KnownReading]:
    """A reading of every shape: columns, paths, labels."""
    lines = [line("1,2", "0.5")]
    found: list[Reading] = [
        guessed(lines),
        guessed(lines, path="$.a[*].b[1]"),
        guessed(lines, argmax=True, labels=("no", "yes")),
        guessed([line({"a": 1}, {"score": 1, "label": "x"}, encodings=("JSON", "JSON"))]),
    ]
    return {str(at): KnownReading("declared", one) for at, one in enumerate(found)}


def made(folder: Path, names: tuple[str, ...] = (SEGMENT.name,)) -> tuple[Store, Manifest]:
    """A store that holds some segments."""
    folder.mkdir(exist_ok=True)
    store = Store(folder)
    for name in names:
        segment = replace(SEGMENT, name=name)
        store.parquet(segment).write_bytes(b"rows")
        store.add(segment)
    manifest = Manifest(format_version(), names, readings(), (Failed("c", "why"),))
    store.write_manifest(manifest)
    return store, manifest


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Another process finds the manifest, the readings and the accounts as they were."""
    _, manifest = made(tmp_path)
    store = Store(tmp_path)
    assert store.manifest() == manifest
    assert store.segments(manifest) == (SEGMENT,)


def test_a_new_folder_holds_nothing(tmp_path: Path) -> None:
    """Before the first ingest there is an empty manifest, and no folder is made by asking."""
    store = Store(tmp_path / "new")
    assert store.manifest() == Manifest()
    assert not store.folder.exists()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 1}', b"\xff", b"null", b'{"segments": {}}']
)
def test_a_damaged_manifest_counts_nothing(tmp_path: Path, content: bytes) -> None:
    """A manifest that is not whole is none: everything is read anew."""
    store, _ = made(tmp_path)
    (tmp_path / "manifest.json").write_bytes(content)
    assert store.manifest() == Manifest()


def test_files_of_another_version_are_not_used(tmp_path: Path) -> None:
    """DuckDB's hash is stored, so another version of it starts from nothing."""
    store, manifest = made(tmp_path)
    store.write_manifest(replace(manifest, format="1/duckdb-1.0.0"))
    assert store.manifest() == Manifest()


@pytest.mark.parametrize("lost", [".json", ".parquet"])
def test_a_segment_without_its_files_is_left_out(tmp_path: Path, lost: str) -> None:
    """A segment counts with its rows and its account, or not at all."""
    _, manifest = made(tmp_path)
    (tmp_path / f"{SEGMENT.name}{lost}").unlink()
    assert Store(tmp_path).segments(manifest) == ()


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    """Temporary files and spill folders go at once; what the manifest names stays."""
    store, manifest = made(tmp_path)
    (tmp_path / "0123.tmp").write_bytes(b"x")
    (tmp_path / "spill-1-2.tmp").mkdir()
    (tmp_path / "spill-1-2.tmp" / "block").write_bytes(b"x")
    store.sweep(manifest)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        f"{SEGMENT.name}.json",
        f"{SEGMENT.name}.parquet",
        "manifest.json",
    ]


def age(folder: Path, seconds: float) -> None:
    """Let all files look older."""
    for file in folder.iterdir():
        then = file.stat().st_mtime - seconds
        os.utime(file, (then, then))


def test_a_superseded_file_stays_for_its_readers(tmp_path: Path) -> None:
    """However old a file is, it stays for the grace time after it was superseded, then goes."""
    store, manifest = made(tmp_path)
    age(tmp_path, 10 * GRACE_S)
    empty = replace(manifest, segments=())
    store.sweep(empty)
    assert store.parquet(SEGMENT).exists()
    age(tmp_path, GRACE_S / 2)
    store.sweep(empty)
    assert store.parquet(SEGMENT).exists()
    age(tmp_path, GRACE_S)
    store.sweep(empty)
    assert [file.name for file in tmp_path.iterdir()] == ["manifest.json"]


def test_a_file_that_counts_again_starts_its_grace_anew(tmp_path: Path) -> None:
    """A segment superseded, taken back and superseded again is not removed at once."""
    store, manifest = made(tmp_path)
    empty = replace(manifest, segments=())
    store.sweep(empty)
    age(tmp_path, 2 * GRACE_S)
    store.sweep(manifest)
    store.sweep(empty)
    assert store.parquet(SEGMENT).exists()


def test_folders_are_told_apart_and_recognised(tmp_path: Path) -> None:
    """Each source has a folder of its own, named after it, whatever characters it has."""
    folders = {
        folder_of(tmp_path, *identity)
        for identity in (
            ("s3://bucket/captures", "a", "b"),
            ("s3://bucket/captures", "b", "a"),
            ("s3://bucket/captures",),
            ("../../etc/passwd",),
            ("é/\0",),
        )
    }
    assert len(folders) == 5
    assert all(folder.parent == tmp_path for folder in folders)
    assert any(folder.name.startswith("s3-bucket-captures-") for folder in folders)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    """Two threads, as two processes, hold the lock one after the other."""
    inside: list[str] = []

    def hold(name: str) -> None:
        with Store(tmp_path).lock():
            inside.append(f"{name} in")
            time.sleep(0.05)
            inside.append(f"{name} out")

    threads = [threading.Thread(target=hold, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.split()[1] for event in inside] == ["in", "out", "in", "out"]
