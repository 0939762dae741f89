"""Who changed what in AWS, when and why, and was that altered since?

One file of JSON lines that only grows. A line is written before AWS is asked and one after, and
each carries the SHA-256 of the line before it: who changes a line, or takes one out, breaks the
chain. The newest sum is logged as well, since no file can vouch for its own last line.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from queries.errors import NotDone
from queries.kept import value_of

log = logging.getLogger(__name__)

# An action without a result after so long was cut off, and may be asked for again.
_CUT_OFF = timedelta(minutes=5)
_WAIT_S = 10.0  # for another process that writes
_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be done and why. ``made`` tells apart two targets that had the same name."""

    action: str
    target: str
    made: str
    call: str
    role: str
    reason: str
    person: str
    known_by: str


@dataclass(frozen=True, slots=True)
class Record:
    """One line. ``stage`` is ``begun`` before AWS is asked, then ``done`` or ``failed``.

    ``time`` is ISO 8601 in UTC; ``process`` the user and machine that Understudy runs as;
    ``previous`` the SHA-256 of the line before.
    """

    number: int
    time: str
    stage: Literal["begun", "done", "failed"]
    intent: Intent
    process: str
    result: str
    request_id: str
    previous: str


@dataclass(frozen=True, slots=True)
class Chain:
    """All records in order, and the sum of the last; ``broken`` says where they do not follow."""

    records: tuple[Record, ...]
    head: str
    broken: str | None


def read(file: Path) -> Chain:
    """Every record of a file, as far as each follows from the one before; none where it is new.

    Raises
    ------
    NotDone
        When the file is there and cannot be read.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return Chain((), _FIRST, None)
    except OSError as error:
        raise NotDone(f"The audit {file} cannot be read: {error.strerror}.") from error
    records: list[Record] = []
    head = _FIRST
    *lines, rest = content.split(b"\n")
    for number, line in enumerate([*lines, *([rest] if rest else [])], start=1):
        try:
            record: Record = value_of(Record, json.loads(line))
        except ValueError:
            return Chain(tuple(records), head, f"Line {number} of the audit {file} is not whole.")
        if record.number != number or record.previous != head:
            broken = f"Line {number} of the audit {file} does not follow from the one before it."
            return Chain(tuple(records), head, broken)
        records.append(record)
        head = hashlib.sha256(line).hexdigest()
    unfinished = f"The last line of the audit {file} is not whole." if rest else None
    return Chain(tuple(records), head, unfinished)


def begin(file: Path, intent: Intent) -> Record:
    """Write down what is about to be done; of two who ask for the same at once, one may.

    Raises
    ------
    NotDone
        When it was done already or is being done, the file was altered, or cannot be written.
    """
    with _alone(file):
        chain = read(file)
        if chain.broken is not None:
            raise NotDone(
                f"{chain.broken} Somebody changed it, or a machine stopped while it was written. "
                "Keep the file, move it away, and press again: a new one is begun."
            )
        for record in reversed(chain.records):
            if _same(record.intent, intent):
                _refuse_a_second(record)
                break
        return _append(file, chain, intent, "begun")


def finish(
    file: Path, intent: Intent, stage: Literal["done", "failed"], *, result: str, request_id: str
) -> Record:
    """Write down what came of it.

    Raises
    ------
    NotDone
        When that cannot be written.
    """
    with _alone(file):
        return _append(file, read(file), intent, stage, result=result, request_id=request_id)


def _refuse_a_second(record: Record) -> None:
    pending = datetime.now(UTC) - datetime.fromisoformat(record.time) < _CUT_OFF
    if record.stage == "done" or (record.stage == "begun" and pending):
        who = "Somebody" if record.intent.known_by != "sign-in" else record.intent.person
        raise NotDone(
            f"{who} asked for this at {record.time[:19].replace('T', ' ')} UTC already "
            f"(line {record.number} of the audit); look again at what came of it."
        )


def _same(one: Intent, other: Intent) -> bool:
    return (one.action, one.target, one.made) == (other.action, other.target, other.made)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """The file is written by one at a time, of this process or another."""
    from filelock import FileLock, Timeout

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(file.name + ".lock"), timeout=_WAIT_S, thread_local=False):
            yield
    except Timeout as error:
        raise NotDone(f"The audit {file} is being written by somebody else; try again.") from error
    except OSError as error:
        raise NotDone(f"The audit {file} cannot be written: {error.strerror}.") from error


def _append(
    file: Path,
    chain: Chain,
    intent: Intent,
    stage: Literal["begun", "done", "failed"],
    *,
    result: str = "",
    request_id: str = "",
) -> Record:
    record = Record(
        number=len(chain.records) + 1,
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        stage=stage,
        intent=intent,
        process=f"{getpass.getuser()}@{socket.gethostname()}",
        result=result,
        request_id=request_id,
        previous=chain.head,
    )
    line = json.dumps(asdict(record), ensure_ascii=False).encode()
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    log.warning(
        "audit line %d, %s %s %s, sha256 %s",
        *(record.number, intent.action, intent.target, stage, hashlib.sha256(line).hexdigest()),
    )
    return record
