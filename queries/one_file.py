"""How does one file, here or in S3, come to this machine to be read?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from queries.errors import SourceError
from queries.objects import is_s3, list_objects, reader

if TYPE_CHECKING:
    from queries.config import Aws
    from queries.keys import CaptureObject

_MOST_BYTES = 1 << 30


@contextmanager
def on_disk(location: str, aws: Aws | None, *, what: str = "baseline") -> Iterator[Path]:
    """The file on this machine, fetched for the time of reading when it lies in S3.

    Raises
    ------
    SourceError
        When it is no file, is over 1 GB in S3, or cannot be fetched; ``what`` names it.
    """
    if not is_s3(location):
        path = Path(location).expanduser()
        if not path.is_file():
            raise SourceError(f"The {what} {location} is not a file on this machine; correct it.")
        yield path
        return
    found = object_at(location, aws)
    if found is None:
        raise SourceError(
            f"The {what} {location} is not an object; name one file: s3://bucket/path/file.csv."
        )
    if found.size > _MOST_BYTES:
        raise SourceError(
            f"The {what} {location} is {found.size / 1e9:.1f} GB; give a sample under 1 GB."
        )
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        path = Path(folder) / found.name
        path.write_bytes(reader(location, aws).read(found))
        yield path


def exists(location: str, aws: Aws | None) -> bool:
    """Whether a file of exactly this name is there; raises AwsError where S3 refuses to say."""
    if is_s3(location):
        return object_at(location, aws) is not None
    return Path(location).expanduser().is_file()


def object_at(location: str, aws: Aws | None) -> CaptureObject | None:
    """The one object of S3 that an address names; None where there is none, or several."""
    found = list_objects(location, aws=aws).objects
    named = location.split("/", 3)[-1]
    return found[0] if len(found) == 1 and found[0].key == named else None
