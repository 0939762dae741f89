"""Does a path that a trial's file names lie in the trial? A trial may come from anybody."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from queries.errors import Damaged


def inside(folder: Path, named: str) -> Path:
    """The file that is named from the trial's folder on, such as ``collections/000000000/…``.

    Raises
    ------
    Damaged
        When the name leads out of the folder (absolute, ``..``, an address, a link to elsewhere),
        or to no file: a pipe would be waited for without end.
    """
    parts = named.split("/")
    if {"", ".", ".."}.intersection(parts) or ":" in parts[0] or "\\" in named or "\0" in named:
        raise Damaged(f"{named[:200]!r} is not a path in the trial; it is not opened.")
    place = str(folder)
    status = None
    try:
        for part in parts:
            place = f"{place}/{part}"
            status = os.lstat(place)
            if stat.S_ISLNK(status.st_mode):
                real, root = os.path.realpath(place), os.path.realpath(folder)
                if not real.startswith(root + os.sep):
                    raise Damaged(f"{named} is a link out of the trial; it is not opened.")
                status = os.stat(place)  # noqa: PTH116 - a tenth of the time of Path.stat
    except OSError as error:
        raise Damaged(f"{named[:200]} cannot be opened ({error.strerror}).") from error
    if status is None or not stat.S_ISREG(status.st_mode):
        raise Damaged(f"{named} is not a file.")
    return Path(place)
