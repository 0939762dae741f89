"""Where on this machine does a training's record of S3 lie? It is copied once, file by file.

What is read of a trial is read again and again, and by smdebug too, which asks S3 twice for every
value. A copy costs one GET a file, and afterwards every trial is a folder. It takes as much room as
the trial's index, values and collections, and can be deleted at any time, whole.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from queries.errors import SourceError
from queries.progress import Progress
from queries.store import folder_of
from queries.trials.files import END

if TYPE_CHECKING:
    from queries.config import Aws
    from queries.trials.s3_trial import Remote, TrialObjects

_THREADS = 16
_TELL_EVERY_S = 0.2
# The disk is not filled to the brim: results and captures are kept there too.
_ROOM_LEFT = 256 << 20


def mirror(
    location: str,
    *,
    cache: Path,
    aws: Aws | None = None,
    progress: Callable[[Progress], None] | None = None,
    profiler: bool = False,
) -> Path:
    """Copy what is new of the trial at an ``s3://`` location, and say in which folder it lies.

    Asked for the ``profiler``, it copies its files in place of a trial's.
    An index file is put there after the values that it names, and the end of the training last, so
    a reader of the folder never finds a step without values. A file is known by name, size and
    ETag; what S3 no longer holds is removed here too. A copy that was interrupted goes on where it
    stopped, and of two processes one waits for the other. ``progress`` is called in the caller's
    thread.

    Raises
    ------
    SourceError
        When there is no trial, a file changed or vanished after it was listed, or the disk has no
        room; ``AwsError`` when AWS refuses.
    """
    from filelock import FileLock

    from queries.config import Aws
    from queries.trials.s3_trial import DEBUG_OUTPUT, PROFILER_OUTPUT, TrialObjects

    aws = aws or Aws()
    layout = PROFILER_OUTPUT if profiler else DEBUG_OUTPUT
    kept = cache / ("profiles" if profiler else "trials")
    place = folder_of(kept, location.rstrip("/"), aws.endpoint_url or "")
    place.mkdir(parents=True, exist_ok=True)
    with FileLock(place / ".lock", thread_local=False):
        objects = TrialObjects(location, aws, layout)
        copy = _Copy(place / layout.name, objects, progress or (lambda told: None))
        copy.run()
    return copy.folder


class _Copy:
    """One visit to a bucket: what lies here already, what is fetched, and how far that is."""

    def __init__(
        self, folder: Path, objects: TrialObjects, tell: Callable[[Progress], None]
    ) -> None:
        self.folder = folder
        self._journal = folder.with_name("copied.jsonl")
        self._objects = objects
        self._tell = tell
        self._since = self._told = 0.0
        self._files = self._bytes = self._files_done = self._bytes_done = 0

    def run(self) -> None:
        listed = self._objects.listed(
            lambda files, size: self._tell(Progress(0, files, 0, size, None, listing=True))
        )
        self.folder.mkdir(exist_ok=True)
        known = self._known()
        wanted = {each.name: (each.size, each.etag) for each in listed}
        outdated = [name for name, identity in known.items() if wanted.get(name) != identity]
        # the end, then indices: no reader is to find a step whose values are gone already
        for name in sorted(outdated, key=_rank, reverse=True):
            (self.folder / name).unlink(missing_ok=True)
        new = [each for each in listed if known.get(each.name) != (each.size, each.etag)]
        self._files, self._bytes = len(new), sum(each.size for each in new)
        self._make_sure_of_room()
        self._since = time.monotonic()
        for rank in range(3):
            self._fetch([each for each in new if _rank(each.name) == rank])

    def _fetch(self, files: Iterable[Remote]) -> None:
        # Unbuffered: a line is one write, and stands before the thread goes on. It begins anew, for
        # the last one of a process that was killed may have no end.
        with (
            ThreadPoolExecutor(_THREADS, "trial") as pool,
            self._journal.open("ab", buffering=0) as journal,
        ):

            def copy(each: Remote) -> Remote:
                self._objects.fetch(each, self.folder / each.name)
                journal.write(b"\n" + orjson.dumps([each.name, each.size, each.etag]))
                return each

            begun = [pool.submit(copy, each) for each in files]
            try:
                for done in as_completed(begun):
                    self._count(done.result())
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _known(self) -> dict[str, tuple[int, str]]:
        """The files that lie here whole, each with the size and ETag it was copied with."""
        try:
            lines = self._journal.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        written: dict[str, tuple[int, str]] = {}
        for line in lines:
            try:
                name, size, etag = orjson.loads(line)
            except ValueError:  # cut where the process was killed
                continue
            written[name] = size, etag
        return {name: which for name, which in written.items() if self._size(name) == which[0]}

    def _size(self, name: str) -> int:
        try:
            return (self.folder / name).stat().st_size
        except OSError:
            return -1

    def _make_sure_of_room(self) -> None:
        free = shutil.disk_usage(self.folder).free
        if self._bytes + _ROOM_LEFT > free:
            raise SourceError(
                f"The trial needs {self._bytes / 1e6:,.0f} MB more in {self.folder}, and "
                f"{free / 1e6:,.0f} MB are free; make room there, or name another folder as "
                "`cache`."
            )

    def _count(self, done: Remote) -> None:
        self._files_done += 1
        self._bytes_done += done.size
        now = time.monotonic()
        if now - self._told < _TELL_EVERY_S and self._files_done < self._files:
            return
        self._told = now
        spent = now - self._since
        left = spent * (self._bytes / self._bytes_done - 1) if self._bytes_done else None
        self._tell(Progress(self._files_done, self._files, self._bytes_done, self._bytes, left))


def _rank(name: str) -> int:
    """Values and collections, then indices, then the end."""
    return 2 if name.endswith(END) else 1 if name.startswith("index/") else 0
