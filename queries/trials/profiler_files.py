"""Which files of system metrics and of the framework's events lie in a folder of a training job?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from queries.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = "profiler-output"
SYSTEM, EVENTS, TENSORFLOW = (
    "system/incremental",
    "framework/pevents",
    "framework/tensorflow/detailed_profiling",
)
ENDED = "training_job_end.ts"
# One that smdebug makes of all others: every event of it is in them too.
_MERGED = "merged_timeline.json"


@dataclass(frozen=True, slots=True)
class ProfilerFile:
    """A closed file; ``name`` is its path below profiler-output, with slashes."""

    kind: Literal["system", "events", "tensorflow"]
    name: str
    path: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Found:
    """All files in the order of their names, and whether the training wrote that it ended."""

    files: tuple[ProfilerFile, ...]
    ended: bool

    @property
    def state(self) -> str:
        """A text that changes exactly when a file came, changed or went, or the training ended."""
        newest = max((each.mtime_ns for each in self.files), default=0)
        size = sum(each.size for each in self.files)
        return f"{len(self.files)}-{size}-{newest}-{'ended' if self.ended else 'open'}"


def look(folder: Path) -> Found:
    """List what lies in profiler-output, the job's folder above it, or ``system`` below it.

    A file still being written is named ``*.tmp`` and is left out until it is closed. Links are not
    followed out of the folder.

    Raises
    ------
    SourceError
        When the folder does not exist or cannot be opened.
    """
    try:
        if not folder.is_dir():
            raise SourceError(
                f"The profiler files {folder} do not exist on this machine; "
                "correct `profiler` in the configuration, or copy the files there."
            )
        root = root_of(folder)
        files = [*_system(root), *_events(root), *_tensorflow(root)]
        ended = any((root / each / ENDED).is_file() for each in (".", "system", "framework"))
    except OSError as error:
        raise SourceError(
            f"The profiler files {folder} cannot be listed ({error.strerror or error}); "
            "check that this user may read them."
        ) from error
    return Found(tuple(sorted(files, key=lambda file: file.name)), ended)


def root_of(folder: Path) -> Path:
    """The folder profiler-output itself, of any of the three that may be named."""
    if (folder / FOLDER).is_dir():
        return folder / FOLDER
    return folder.parent if folder.name == "system" else folder


def _system(root: Path) -> Iterator[ProfilerFile]:
    for path in _below(root, SYSTEM, "*.json"):
        yield _file("system", root, path)


def _events(root: Path) -> Iterator[ProfilerFile]:
    for path in _below(root, EVENTS, "*.json"):
        if not path.name.endswith(_MERGED):
            yield _file("events", root, path)


def _tensorflow(root: Path) -> Iterator[ProfilerFile]:
    for path in _below(root, TENSORFLOW, "*.trace.json.gz"):
        yield _file("tensorflow", root, path)


def _below(root: Path, folder: str, pattern: str) -> Iterator[Path]:
    for path in (root / folder).rglob(pattern):
        if path.is_file() and not path.is_symlink():
            yield path


def _file(kind: Literal["system", "events", "tensorflow"], root: Path, path: Path) -> ProfilerFile:
    status = path.stat()
    name = path.relative_to(root).as_posix()
    return ProfilerFile(kind, name, path, status.st_size, status.st_mtime_ns)


_ALGO = re.compile(r"algo-\d+")
_EVENT_FILE = re.compile(r"^\d+_(?P<node>.+?)_(pythontimeline|\w+?_timeline)\.json$")
_STARTED = re.compile(r"^.+_(?P<start>\d+)_\d+\.metadata$")


def node_of(name: str) -> str:
    """The node that wrote a file of events; SageMaker's are ``algo-1``, ``algo-2`` and so on.

    >>> node_of("1594662624718694_905-algo-2_pythontimeline.json")
    'algo-2'
    >>> node_of("1594662624718694_905-b88ab1bb8259_model_timeline.json")
    'b88ab1bb8259'
    """
    algo = _ALGO.search(name)
    if algo:
        return algo[0]
    found = _EVENT_FILE.match(name)
    named = found["node"] if found else name.removesuffix(".trace.json.gz").removesuffix(".json")
    return re.sub(r"^\d+-", "", named)


def origin_us(file: ProfilerFile) -> float:
    """When a trace of TensorFlow's profiler began, as the name of a file beside it says; or nan."""
    folder = file.path.parents[3]
    found = (_STARTED.match(each.name) for each in sorted(folder.glob("*.metadata")))
    return next((float(each["start"]) for each in found if each), float("nan"))
