"""Which capture files lie in a folder on this machine, and what is in them?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from queries.errors import SourceError
from queries.keys import (
    CaptureObject,
    Ignored,
    Listing,
    Place,
    Wanted,
    place_of,
    refusal_of_name,
    sort_key,
)


def list_folder(location: str, wanted: Wanted) -> Listing:
    """Capture files of a folder and all folders below it, or the one file ``location`` is.

    Symbolic links are followed, each real folder once, so a loop of links ends.

    Raises
    ------
    SourceError
        When the location does not exist or cannot be opened.
    """
    root = Path(os.path.abspath(Path(location).expanduser()))  # noqa: PTH100 - resolve() would lose the names that links give to variants
    if root.is_file():
        place = place_of(str(root.parent), variants=wanted.variants)
        status = root.stat()
        return Listing(
            (
                CaptureObject(
                    str(root),
                    location,
                    place.variant,
                    place.endpoint,
                    place.hour,
                    status.st_size,
                    str(status.st_mtime_ns),
                    root.name,
                    _arrived(status),
                ),
            ),
            (),
        )
    if not root.is_dir():
        raise SourceError(
            f"The captures {location} do not exist on this machine; "
            "correct `captures` in the configuration, or copy the files there."
        )
    walk = _Walk(root, location, wanted)
    return Listing(
        tuple(sorted(walk.objects, key=sort_key)),
        tuple(sorted(walk.ignored, key=lambda left_out: left_out.name)),
    )


class FolderReader:
    """Reads capture files of this machine."""

    def read(self, found: CaptureObject) -> bytes:
        """The bytes of one file as they lie on disk (``.gz`` is not unpacked).

        Raises
        ------
        SourceError
            When the file is gone, unreadable, or no longer the size it was listed with.
        """
        try:
            content = Path(found.key).read_bytes()
        except OSError as error:
            raise SourceError(_unreadable(found.key, error)) from error
        if len(content) != found.size:
            raise SourceError(
                f"{found.key} changed while it was read ({found.size:,} bytes were listed, "
                f"{len(content):,} read); load again when nothing writes to it."
            )
        return content

    def read_range(self, found: CaptureObject, start: int, end: int) -> bytes:
        """The bytes ``start`` (included) to ``end`` (not included) of one file.

        Raises
        ------
        SourceError
            When the file is gone or unreadable.
        """
        try:
            with Path(found.key).open("rb") as file:
                file.seek(start)
                return file.read(max(end - start, 0))
        except OSError as error:
            raise SourceError(_unreadable(found.key, error)) from error

    def read_ranges(self, found: CaptureObject, size: int) -> Iterator[bytes]:
        """The bytes of one file, ``size`` at a time.

        Raises
        ------
        SourceError
            When the file is gone or unreadable.
        """
        for start in range(0, found.size, size):
            yield self.read_range(found, start, min(start + size, found.size))

    def read_many(
        self, objects: Iterable[CaptureObject]
    ) -> Iterator[tuple[CaptureObject, bytes | SourceError]]:
        """Each file with its bytes, or with the error that kept it from being read."""
        for found in objects:
            try:
                yield found, self.read(found)
            except SourceError as error:
                yield found, error


class _Walk:
    """One walk down a folder: what was found, what was left out, which folders were seen."""

    def __init__(self, root: Path, location: str, wanted: Wanted) -> None:
        self.objects: list[CaptureObject] = []
        self.ignored: list[Ignored] = []
        self._location = location
        self._wanted = wanted
        self._cut = len(str(root).rstrip("/")) + 1
        status = root.stat()
        self._seen = {(status.st_dev, status.st_ino)}
        self._pending = [str(root)]
        while self._pending:
            folder = self._pending.pop()
            try:
                self._folder(folder)
            except OSError as error:
                if folder == str(root):
                    raise SourceError(_unreadable(folder, error)) from error
                self._leave_out(folder + "/", _unreadable(folder, error))

    def _folder(self, folder: str) -> None:
        place = place_of(folder, variants=self._wanted.variants)
        refusal = self._wanted.refusal(place)
        if refusal:
            self._leave_out(folder + "/", refusal)
            return
        if not self._wanted.within(place.hour):
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    if entry.is_dir():
                        self._go_down(entry)
                    else:
                        self._file(entry, place)
                except OSError as error:
                    self._leave_out(entry.path, _unreadable(entry.path, error))

    def _go_down(self, entry: os.DirEntry[str]) -> None:
        status = entry.stat()
        identity = (status.st_dev, status.st_ino)
        if entry.name.startswith("."):
            self._leave_out(entry.path + "/", "is hidden")
        elif identity in self._seen:
            self._leave_out(entry.path + "/", "links to a folder that is read already")
        else:
            self._seen.add(identity)
            self._pending.append(entry.path)

    def _file(self, entry: os.DirEntry[str], place: Place) -> None:
        reason = refusal_of_name(entry.name, self._wanted.suffixes)
        if reason is None and not entry.is_file():
            reason = "is a broken link or not a file"
        if reason is not None:
            self._leave_out(entry.path, reason)
            return
        status = entry.stat()
        self.objects.append(
            CaptureObject(
                entry.path,
                self._location,
                place.variant,
                place.endpoint,
                place.hour,
                status.st_size,
                str(status.st_mtime_ns),
                entry.path[self._cut :],
                _arrived(status),
            )
        )

    def _leave_out(self, path: str, reason: str) -> None:
        self.ignored.append(Ignored(path[self._cut :], reason))


def _arrived(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, UTC)


def _unreadable(path: str, error: OSError) -> str:
    return (
        f"{path} cannot be read ({error.strerror or error}); "
        "check that it exists and that this user may read it."
    )
