"""Where does one run write, and what is left of it when it ends?

    {work}/{slug}/{run}/{step}/hour=…/    the files of a table made on the way

A table made on the way is a table of its own in Glue. Of those whose hours were registered with
the tables of the test the files stay; all else goes when the run ends, or, where it was killed,
when another run finds it a day later: nothing that runs is that old.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from queries import s3_refusals
from queries.athena.names import folder_text
from queries.aws import client, code_of, explain
from queries.errors import AwsError, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from actions.athena.writing import WritingSession
    from queries.answers import Answer
    from queries.athena.names import Tables
    from queries.config import Aws
    from queries.config_athena import Athena

DEAD_AFTER = timedelta(days=1)
"""After this a run that left something behind is taken for killed."""
_BEGAN = "%Y%m%d%H%M%S"
# What S3 deletes with one call.
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Files:
    """What a table made on the way consists of: its address, and bytes by folder below it."""

    location: str
    sizes: dict[str, int]

    def of_hour(self, hour: str) -> str:
        """Where the files of an hour lie."""
        return f"{self.location}hour={folder_text(hour)}/"

    def bytes_of(self, hour: str) -> int:
        """The bytes of an hour; 0 where it has no rows."""
        return self.sizes.get(f"hour={folder_text(hour)}/", 0)

    @property
    def bytes(self) -> int:
        """All of them."""
        return sum(self.sizes.values())


class Bucket:
    """Lists and removes what runs have written."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._s3 = client(aws, "s3")

    def files(self, location: str) -> Files:
        """What lies below an address."""
        sizes: dict[str, int] = {}
        for key, size in self._listed(location):
            folder = key[: key.rfind("/") + 1]
            sizes[folder] = sizes.get(folder, 0) + size
        return Files(location, sizes)

    def put(self, address: str, file: Path) -> None:
        """Write a file of this machine to an address."""
        bucket, key = _split(address)
        with self._explained("PutObject", address), file.open("rb") as body:
            self._s3.put_object(Bucket=bucket, Key=key, Body=body)

    def clear(self, location: str, keep: Iterable[str] = ()) -> None:
        """Remove what lies below an address, except what lies below some others."""
        kept = tuple(keep)
        keys = [
            f"{location}{key}"
            for key, _ in self._listed(location)
            if not f"{location}{key}".startswith(kept)
        ]
        bucket = _split(location)[0]
        for at in range(0, len(keys), _AT_ONCE):
            gone = [{"Key": _split(each)[1]} for each in keys[at : at + _AT_ONCE]]
            with self._explained("DeleteObjects", location):
                answer = self._s3.delete_objects(
                    Bucket=bucket, Delete={"Objects": gone, "Quiet": True}
                )
            for left in answer.get("Errors", ()):
                raise AwsError(
                    f"S3 did not delete s3://{bucket}/{left.get('Key')}: {left.get('Message')}.",
                    call="DeleteObjects",
                    code=left.get("Code", ""),
                )

    def _listed(self, location: str) -> Iterator[tuple[str, int]]:
        """Keys below an address, without it, and their sizes."""
        bucket, prefix = _split(location)
        with self._explained("ListObjectsV2", location):
            for page in self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=prefix
            ):
                for each in page.get("Contents", ()):
                    yield each["Key"].removeprefix(prefix), each["Size"]

    @contextmanager
    def _explained(self, call: str, location: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise s3_refusals.explain(error, call=call, about=location, aws=self._aws) from error


class Run:
    """One run: it makes tables on the way, asks of them, and removes them when it is closed."""

    def __init__(
        self, session: WritingSession, aws: Aws, athena: Athena, tables: Tables, *, now: datetime
    ) -> None:
        self.name = f"{now.astimezone(UTC):{_BEGAN}}_{uuid.uuid4().hex[:8]}"
        self._session = session
        self._work = work_of(athena, tables)
        self._tables = tables
        self._glue = client(aws, "glue")
        self._bucket = Bucket(aws)
        self._made: dict[str, Files] = {}
        self._kept: list[str] = []
        self._known: dict[str, int] = {}

    def reads(self, table: str, size: int) -> None:
        """Say how many bytes reading a table of the test once can scan."""
        self._known[table] = size

    def make(self, step: str, select: str, *, by_hour: bool = False) -> str:
        """Make a table on the way; its name, as a query names it."""
        name = f"{self._tables.slug}__{self.name}_{step}"
        table = f'"{self._tables.database}"."{name}"'
        how = ["format = 'PARQUET'", "write_compression = 'ZSTD'"]
        if not self._session.workgroup.enforced:
            how.append(f"external_location = '{self._work}{self.name}/{step}/'")
        if by_hour:
            how.append("partitioned_by = ARRAY['hour']")
        self._session.perform(
            f"CREATE TABLE {table} WITH ({', '.join(how)}) AS {select}",
            what=f"write {step.replace('_', ' ')}",
            at_most=self._at_most(select),
        )
        location = _location(_table(self._glue, self._tables.database, name))
        self._made[name] = self._bucket.files(location)
        self._known[table] = self._made[name].bytes
        return table

    def give(self, step: str, file: Path, columns: Sequence[tuple[str, str]]) -> str:
        """Make a table on the way of a Parquet file of this machine; as ``make``."""
        name = f"{self._tables.slug}__{self.name}_{step}"
        location = f"{self._work}{self.name}/{step}/"
        listed = ", ".join(f"`{column}` {type_}" for column, type_ in columns)
        # the table first: by its name a file that is left behind is found
        self._session.perform(
            f"CREATE EXTERNAL TABLE `{self._tables.database}`.`{name}` ({listed}) "
            f"STORED AS PARQUET LOCATION '{location}'",
            what=f"write {step.replace('_', ' ')}",
        )
        self._made[name] = Files(location, {"": file.stat().st_size})
        self._bucket.put(f"{location}{file.name}", file)
        table = f'"{self._tables.database}"."{name}"'
        self._known[table] = self._made[name].bytes
        return table

    def ask(self, select: str, what: str) -> Answer:
        """The answer to one SELECT."""
        return self._session.select(select, what=what, at_most=self._at_most(select))

    def files(self, table: str) -> Files:
        """The files of a table that was made on the way."""
        return self._made[table.rpartition(".")[2].strip('"')]

    def keep(self, location: str) -> None:
        """Say that files are registered, and stay."""
        self._kept.append(location)

    def close(self) -> None:
        """Remove all that is not kept."""
        for name, files in self._made.items():
            _remove(self._glue, self._bucket, self._tables.database, name, files, self._kept)

    def _at_most(self, select: str) -> int:
        return sum(select.count(table) * size for table, size in self._known.items())


def sweep(aws: Aws, tables: Tables, keep: Iterable[str], *, now: datetime) -> int:
    """Remove what runs that were killed have left behind; how many tables that was.

    ``keep`` are the folders of all registered hours.
    """
    glue, bucket, kept = client(aws, "glue"), Bucket(aws), tuple(keep)
    name = re.compile(rf"{re.escape(tables.slug)}__(\d{{14}})_[0-9a-f]{{8}}_\w+", re.ASCII)
    removed = 0
    for table in list(_tables_like(glue, tables)):
        match = name.fullmatch(table["Name"])
        began = None if match is None else datetime.strptime(match[1], _BEGAN).replace(tzinfo=UTC)
        if began is not None and now - began > DEAD_AFTER:
            files = Files(_location(table), {})
            _remove(glue, bucket, tables.database, table["Name"], files, kept)
            removed += 1
    return removed


def work_of(athena: Athena, tables: Tables) -> str:
    """The folder below which everything of a test is written.

    Raises
    ------
    ConfigError
        When the configuration names none.
    """
    if athena.work is None:
        raise ConfigError(
            'Nothing says where tables may be written; add work = "s3://bucket/prefix/" to '
            "[athena]."
        )
    return f"{athena.work.rstrip('/')}/{tables.slug}/"


def _split(location: str) -> tuple[str, str]:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return bucket, key


def _remove(
    glue: Any, bucket: Bucket, database: str, name: str, files: Files, keep: Iterable[str]
) -> None:
    # the files first: a table that is still there is found again
    bucket.clear(files.location, keep)
    try:
        glue.delete_table(DatabaseName=database, Name=name)
    except Exception as error:
        if code_of(error) != "EntityNotFoundException":
            raise _explained(error, "DeleteTable", f"{database}.{name}") from error


def _table(glue: Any, database: str, name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = glue.get_table(DatabaseName=database, Name=name)["Table"]
    except Exception as error:
        raise _explained(error, "GetTable", f"{database}.{name}") from error
    return found


def _tables_like(glue: Any, tables: Tables) -> Iterator[dict[str, Any]]:
    pages = glue.get_paginator("get_tables").paginate(
        DatabaseName=tables.database, Expression=f"{tables.slug}__*"
    )
    try:
        for page in pages:
            yield from page["TableList"]
    except Exception as error:
        raise _explained(error, "GetTables", tables.database) from error


def _location(table: dict[str, Any]) -> str:
    found: str = table["StorageDescriptor"]["Location"]
    return found.rstrip("/") + "/"


def _explained(error: Exception, call: str, about: str) -> Exception:
    from botocore.exceptions import BotoCoreError, ClientError

    if not isinstance(error, BotoCoreError | ClientError):
        return error
    return explain(error, call=call, about=about)
