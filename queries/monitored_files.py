"""Which of Model Monitor's files does a baseline name, and what lies beside it?

Its baselining job writes ``statistics.json`` (what the training data looked like) and
``constraints.json`` (what requests must keep to) into one folder. Whichever is named, both count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from queries.errors import SourceError
from queries.one_file import exists, on_disk

if TYPE_CHECKING:
    from typing import TypeVar

    from queries.config import Aws

    File = TypeVar("File", bound=BaseModel)

STATISTICS, CONSTRAINTS = "statistics", "constraints"


def is_monitored(location: str) -> bool:
    """Whether a baseline is one of Model Monitor's files rather than a table."""
    return location.lower().endswith(".json")


def named(location: str) -> str:
    """Which of the two a file of this name is."""
    return CONSTRAINTS if CONSTRAINTS in location.rsplit("/", 1)[-1].lower() else STATISTICS


def find(location: str, kind: str, aws: Aws | None) -> str | None:
    """The file of this kind: the one named, or the one beside it, ``None`` where there is none.

    Raises
    ------
    AwsError
        When S3 refuses to say.
    """
    own = named(location)
    if own == kind:
        return location
    folder, slash, name = location.rpartition("/")
    other = folder + slash + name.replace(own, kind)
    return other if other != location and exists(other, aws) else None


def read(location: str, shape: type[File], aws: Aws | None, *, what: str, expected: str) -> File:
    """A JSON file of a known shape.

    Raises
    ------
    SourceError
        When it is not there, or has another shape; ``what`` and ``expected`` say so in words.
    """
    with on_disk(location, aws, what=what) as path:
        content = path.read_bytes()
    return parse(content, shape, location, expected=expected)


def parse(content: bytes, shape: type[File], location: str, *, expected: str) -> File:
    """The same of bytes that are there already."""
    try:
        return shape.model_validate_json(content.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        at = ".".join(map(str, first["loc"]))
        raise SourceError(
            f"{location} is not {expected} ({f'{at}: ' if at else ''}{first['msg']}); give that "
            "file as Model Monitor wrote it."
        ) from error
