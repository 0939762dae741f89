"""Which files has a trial's folder, who wrote them, and what is missing?"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from queries.errors import SourceError
from queries.trials.collections import Collections, read_collections

END = "training_job_end.ts"
"""The empty file that says that a training ended."""
CLAIM = "claim.smd"
"""What a writer lets lie that did not end properly."""

_INDEX = re.compile(r"(\d{1,15})_(.+)\.json", re.ASCII | re.DOTALL)
_COLLECTIONS = "_collections.json"
_UNFINISHED = ".tmp"
# Where a wrong folder may have been meant: this far below it, of this many folders.
_DEEP = 3
_MOST_FOLDERS = 1_000
_NAMED = 5


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One step saved by one worker; a file that lies there is complete and never changes.

    ``path`` is named from the trial's folder, ``step`` the step of the whole training, ``size`` in
    bytes. Workers are named as in the files (TensorFlow's devices with ``_`` and ``-``).
    """

    path: str
    step: int
    worker: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Files:
    """What lies in a trial's folder.

    ``index`` is sorted by step and worker; ``workers`` are those that wrote, sorted. ``ended`` is
    whether the training wrote that it ended; ``newest`` when the newest file was written, in
    seconds since 1970, nan where there is none. ``notes`` says what is missing, a sentence each.
    """

    folder: Path
    index: tuple[IndexFile, ...]
    collections: Collections
    workers: tuple[str, ...]
    ended: bool
    newest: float
    notes: tuple[str, ...]


def look(folder: Path) -> Files:
    """List a trial without opening more than its collection files.

    Raises
    ------
    SourceError
        When there is no such folder, or it is none of a trial; the sentence says which folder near
        it is one.
    """
    folder = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 - a link keeps its name
    try:
        names = {entry.name: entry.is_dir() for entry in os.scandir(folder)}
    except OSError as error:
        raise SourceError(
            f"The trial {folder} cannot be read ({error.strerror}); correct its `location` in "
            "[trials], or copy the training job's debug-output there."
        ) from error
    if not _is_trial(names):
        raise SourceError(_no_trial(folder))
    unfinished: list[str] = []
    index = sorted(_index(folder, unfinished), key=lambda file: (file.step, file.worker))
    announced = sorted(
        entry.path[len(str(folder)) + 1 :]
        for entry in _below(folder / "collections", unfinished)
        if entry.name.endswith(_COLLECTIONS)
    )
    steps = _event_steps(folder, unfinished)
    ended = END in names
    collections = read_collections(folder, announced)
    workers = tuple(sorted({file.worker for file in index}))
    times = [file.mtime_ns / 1e9 for file in index] or [
        (folder / name).lstat().st_mtime for name in (END, CLAIM) if name in names
    ]
    newest = max(times, default=float("nan"))
    notes = (
        *_ending(index, ended, newest, claimed=CLAIM in names),
        *_missing_workers(index, workers, collections, announced, ended=ended),
        *collections.notes,
        *_halves(index, workers, steps, unfinished, ended=ended),
    )
    return Files(folder, tuple(index), collections, workers, ended, newest, notes)


def _is_trial(names: dict[str, bool]) -> bool:
    """Whether these names, each with whether it is a folder, are those of a trial."""
    # the folders of profiler-output end with the same file
    ended = END in names and not {"incremental", "pevents"} & names.keys()
    return ended or any(names.get(each) for each in ("index", "collections"))


def _no_trial(folder: Path) -> str:
    above = [each for each in folder.parents[:3] if _is_trial(_names(each))]
    near = above[:1] or list(_trials_below(folder))
    said = f"{folder} is no Debugger trial: it has neither index nor collections nor {END}."
    if not near:
        return (
            f"{said} Name the folder that holds them, which SageMaker calls debug-output, as "
            "`location` in [trials]."
        )
    shown = ", ".join(str(each) for each in near[:_NAMED])
    more = f" and {len(near) - _NAMED} more" if len(near) > _NAMED else ""
    one = "is one: name that" if len(near) == 1 else "are: name one of them"
    return f"{said} {shown}{more} {one} as `location` in [trials]."


def _trials_below(folder: Path) -> Iterator[Path]:
    """The trials near below a folder; a folder of the whole disk is not searched through."""
    pending = [folder]
    opened = 0
    for _ in range(_DEEP):
        below: list[Path] = []
        for each in pending:
            for name, is_folder in sorted(_names(each).items()):
                if not is_folder or name.startswith("."):
                    continue
                opened += 1
                if opened > _MOST_FOLDERS:
                    return
                if _is_trial(_names(each / name)):
                    yield each / name
                else:
                    below.append(each / name)
        pending = below


def _names(folder: Path) -> dict[str, bool]:
    """What lies in a folder, each with whether it is a folder; nothing where it cannot be read."""
    try:
        return {entry.name: entry.is_dir() for entry in os.scandir(folder)}
    except OSError:
        return {}


def _below(folder: Path, unfinished: list[str]) -> Iterator[os.DirEntry[str]]:
    """The files of each folder in a folder; those that a writer has not finished are put aside."""
    for inner in _entries(folder):
        if not inner.is_dir():
            continue
        for entry in _entries(inner.path):
            if entry.name.endswith(_UNFINISHED):
                unfinished.append(entry.name)
            else:
                yield entry


def _entries(folder: str | os.PathLike[str]) -> Iterable[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SourceError(
            f"{os.fspath(folder)} cannot be read ({error.strerror}); check that this user may."
        ) from error


def _index(folder: Path, unfinished: list[str]) -> Iterator[IndexFile]:
    cut = len(str(folder)) + 1
    for entry in _below(folder / "index", unfinished):
        named = _INDEX.fullmatch(entry.name)
        if not named:
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue  # moved since it was listed
        yield IndexFile(
            entry.path[cut:], int(named[1]), named[2], status.st_size, status.st_mtime_ns
        )


def _event_steps(folder: Path, unfinished: list[str]) -> set[int]:
    """The steps that have values; of the last one also what is being written."""
    found = {
        int(entry.name): entry.path
        for entry in _entries(folder / "events")
        if re.fullmatch(r"\d{1,15}", entry.name, re.ASCII) and entry.is_dir()
    }
    if found:
        last = _entries(found[max(found)])
        unfinished.extend(e.name for e in last if e.name.endswith(_UNFINISHED))
    return set(found)


def _ending(index: list[IndexFile], ended: bool, newest: float, *, claimed: bool) -> Iterator[str]:
    if ended:
        if not index:
            yield (
                "The training ended without saving a tensor: the hook was not registered in the "
                "script, or no step was reached at which it saves."
            )
        return
    since = f"{datetime.fromtimestamp(newest, UTC):%Y-%m-%d %H:%M} UTC" if newest > 0 else ""
    yield (
        f"The training has not written that it ended ({END}): it still runs, or it was killed."
        + (f" Its newest file is of {since}." if index else " It has not saved a step yet.")
        + (f" {CLAIM} lies there, which a hook that ends removes." if claimed else "")
    )


def _missing_workers(
    index: list[IndexFile],
    workers: tuple[str, ...],
    collections: Collections,
    announced: list[str],
    *,
    ended: bool,
) -> Iterator[str]:
    if index and 0 < len(workers) < collections.workers:
        yield (
            f"{collections.workers} workers were to save tensors, {len(workers)} did: "
            f"{_listed(workers)}. What the others computed is not known."
        )
    if not index and not announced:
        return
    described = {Path(file).name.removesuffix(_COLLECTIONS) for file in announced}
    without = [worker for worker in workers if worker not in described]
    if not announced:
        yield (
            "No collection file lies there: what is a weight, a gradient or a loss is told from "
            "the names alone."
        )
    elif without:
        yield f"The collection file of {_listed(without)} is missing; the others' are used."
    if ended and announced and not index:
        yield "Collections were written, but not one step."


def _halves(
    index: list[IndexFile],
    workers: tuple[str, ...],
    steps: set[int],
    unfinished: list[str],
    *,
    ended: bool,
) -> Iterator[str]:
    """What was begun and not finished; while a training runs, its newest step is."""
    counts = Counter(file.step for file in index)
    last = max(counts, default=-1)
    partly = [s for s, n in sorted(counts.items()) if n < len(workers) and (ended or s < last)]
    if partly:
        yield (
            f"{_steps(partly)} of {len(counts):,} were saved by only some of the workers; there, "
            "comparisons between workers rest on those."
        )
    bare = sorted(step for step in steps - set(counts) if ended or step < last)
    if bare:
        yield f"{_steps(bare)}: values lie there without an index and cannot be read."
    if unfinished:
        yield (
            f"{len(unfinished):,} unfinished {'file' if len(unfinished) == 1 else 'files'} "
            f"({_listed(sorted(unfinished))}): "
            + ("a writer was stopped in the midst." if ended else "being written, or left over.")
        )


def _steps(steps: list[int]) -> str:
    shown = ", ".join(f"{step:,}" for step in steps[:_NAMED])
    more = f" and {len(steps) - _NAMED:,} more" if len(steps) > _NAMED else ""
    return f"{'Step' if len(steps) == 1 else 'Steps'} {shown}{more} (of the whole training)"


def _listed(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - _NAMED:,} more" if len(known) > _NAMED else ""
    return ", ".join(known[:_NAMED]) + more
