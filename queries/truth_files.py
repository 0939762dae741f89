"""Which right answers have come, and where are they kept?

Kept beside the captures of the test, and read once as these are: a file is known by path, size and
ETag. What changed is read again, the rest is taken over.

    labels-*.parquet  a row for every line with an id and a label
    labels-*.json     what each file held
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from queries.bulk import quoted
from queries.errors import SourceError
from queries.kept import read_json
from queries.keys import CAPTURES, TABLES
from queries.objects import CaptureObject, is_s3, list_objects, reader
from queries.spool import plain_bytes
from queries.tables_out import TablesOut
from queries.truth_lines import LabelsRead, read_lines
from queries.truth_tables import read_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from queries.config import Aws
    from queries.config_truth import Truth
    from queries.store import Store

VERSION = 1
_HOUR_FOLDER = re.compile(r"(\d{4})/(\d\d)/(\d\d)/(\d\d)/[^/]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class LabelFile:
    """What one file held; ``problem`` is why it could not be read, ``again`` that it may yet be."""

    key: str
    size: int
    etag: str
    lines: int = 0
    without_id: int = 0
    unreadable: int = 0
    problem: str = ""
    again: bool = False

    @property
    def identity(self) -> tuple[str, int, str]:
        """A file with the same path, size and ETag has been read already."""
        return self.key, self.size, self.etag


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels of a location, as kept."""

    name: str
    files: tuple[LabelFile, ...]

    def path(self, store: Store) -> Path:
        """Where they lie: file, line, id, other, labels (one a row) and known (UTC)."""
        return store.folder / f"labels-{self.name}.parquet"


def read_labels(store: Store, truth: Truth, aws: Aws | None, *, whole: bool) -> Labels:
    """Read what is new of the ground truth.

    Parameters
    ----------
    whole
        Answers have several parts: each label is kept as it stands.

    Raises
    ------
    SourceError
        When the location cannot be listed or holds nothing to read, or no file could be read.
    """
    found = listed(truth.location, aws, table=truth.table)
    name = name_of(found, truth, whole=whole)

    def settled() -> Labels | None:
        kept = _known(store, name)
        return None if kept is None or any(each.again for each in kept.files) else kept

    known = store.once(
        name,
        ("labels",),
        known=settled,
        make=lambda: _read(store, found, truth, aws, name, whole=whole),
    )
    problems = [each.problem for each in known.files if each.problem]
    if len(problems) == len(known.files):
        raise SourceError(problems[0])
    return known


def name_of(found: Sequence[CaptureObject], truth: Truth, *, whole: bool) -> str:
    """Names the labels of some files, read as the configuration says: others have another name."""
    files = _hash([each.identity for each in found])[:16]
    return f"{read_as(truth, whole=whole)}-{files}"


def read_as(truth: Truth, *, whole: bool) -> str:
    """Names how labels are read, whatever their files: what a name of theirs begins with."""
    settings = (VERSION, truth.location, truth.id, truth.label, truth.time, whole)
    return _hash(settings)[:8]


def listed(location: str, aws: Aws | None, *, table: str = "truth") -> tuple[CaptureObject, ...]:
    """The files of a location that may hold labels.

    Raises
    ------
    SourceError
        When it cannot be listed, or holds none.
    """
    called = "ground truth" if table == "truth" else table
    if not is_s3(location) and not Path(location).expanduser().exists():
        raise SourceError(
            f"The {called} file or folder {location} does not exist on this machine; correct "
            f"`location` in [tests.NAME.{table}], or copy the files there."
        )
    listing = list_objects(location, aws=aws, suffixes=(*CAPTURES, *TABLES))
    if not listing.objects:
        others = len(listing.ignored)
        beside = f" ({others:,} others are there)" if others else ""
        raise SourceError(
            f"{location} holds no file of {called}: none is named "
            f"{', '.join((*CAPTURES, *TABLES))}, or so with .gz{beside}."
        )
    return tuple(sorted(listing.objects, key=lambda each: each.key))


def _known(store: Store, name: str) -> Labels | None:
    known = read_json(Labels, store.folder / f"labels-{name}.json")
    return known if known is not None and known.path(store).exists() else None


def _read(
    store: Store,
    found: Sequence[CaptureObject],
    truth: Truth,
    aws: Aws | None,
    name: str,
    *,
    whole: bool,
) -> Labels:
    earlier = _earlier(store, name.partition("-")[0])
    have = {each.identity: each for each in earlier.files if not each.again} if earlier else {}
    files = [have[each.identity] for each in found if each.identity in have]
    made = Labels(name, ())
    with TablesOut(made.path(store)) as out:
        out.write(_table("", None, LabelsRead()))
        if earlier is not None:
            for table in _taken_over(earlier.path(store), [each.key for each in files]):
                out.write(table)
        for file, read, hour in _fresh(found, have, truth, aws, whole=whole):
            files.append(file)
            out.write(_table(file.key, hour, read))
    return Labels(name, tuple(sorted(files, key=lambda each: each.key)))


def _earlier(store: Store, by: str) -> Labels | None:
    """The last reading with the same settings."""
    accounts = sorted(
        store.folder.glob(f"labels-{by}-*.json"), key=lambda file: file.stat().st_mtime
    )
    found = (_known(store, file.stem.removeprefix("labels-")) for file in reversed(accounts))
    return next((each for each in found if each is not None), None)


def _fresh(
    found: Sequence[CaptureObject],
    have: Iterable[tuple[str, int, str]],
    truth: Truth,
    aws: Aws | None,
    *,
    whole: bool,
) -> Iterator[tuple[LabelFile, LabelsRead, datetime | None]]:
    """The files that are not known yet: what each is, what it holds, and its hour."""
    new = [each for each in found if each.identity not in have]
    for each, content in reader(truth.location, aws).read_many(new):
        read, problem = LabelsRead(), ""
        if isinstance(content, SourceError):
            problem = str(content)
        else:
            try:
                read = _content(content, each, truth, whole=whole)
            except SourceError as error:
                problem = str(error)
        file = LabelFile(
            *each.identity,
            lines=read.lines,
            without_id=read.without_id,
            unreadable=read.unreadable,
            problem=problem,
            again=isinstance(content, SourceError),
        )
        yield file, read, _hour_of(each.key)


def _content(content: bytes, found: CaptureObject, truth: Truth, *, whole: bool) -> LabelsRead:
    try:
        text = plain_bytes(content)
    except (zlib.error, OSError, EOFError) as error:
        raise SourceError(f"{found.name} is not a whole gzip file ({error}).") from error
    where = found.name.removesuffix(".gz")
    read = read_rows if where.lower().endswith(TABLES) else read_lines
    return read(text, truth, where, whole=whole)


def _hour_of(key: str) -> datetime | None:
    """When labels in a folder ``yyyy/mm/dd/hh`` were known: by the end of its hour at the latest.

    AWS names the folder for the time at which labels were collected.
    """
    match = _HOUR_FOLDER.search(key)
    if match is None or match.end() != len(key):
        return None
    year, month, day, hour = map(int, match.groups())
    try:
        return datetime(year, month, day, hour) + timedelta(hours=1)  # noqa: DTZ001 - UTC, as kept
    except ValueError:  # such as a folder 2024/13/40/99
        return None


def _taken_over(file: Path, keys: Sequence[str]) -> Iterator[pa.Table]:
    import duckdb

    with duckdb.connect() as database:
        yield database.sql(
            f"SELECT * FROM read_parquet({quoted(str(file))}) WHERE file IN (SELECT unnest($keys))",
            params={"keys": list(keys)},
        ).to_arrow_table()


def _table(key: str, hour: datetime | None, read: LabelsRead) -> pa.Table:
    import pyarrow as pa

    labels = read.labels
    text, number = pa.string(), pa.int64()
    columns = {
        "file": pa.array([key] * len(labels), text),
        "line": pa.array([each.line for each in labels], number),
        "id": pa.array([each.id for each in labels], text),
        "other": pa.array([each.other for each in labels], text),
        "labels": pa.array([each.labels for each in labels], pa.list_(text)),
        "known": pa.array([each.known or hour for each in labels], pa.timestamp("us")),
    }
    return pa.table(columns)


def _hash(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()
