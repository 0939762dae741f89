"""Who changed what in AWS, when, why and on which evidence, and was any of that altered since?

Every target (an endpoint, a job) has a chain of its own, so that nobody waits for those who work
on another one. A record is claimed by making the entry of its number, which one alone can. The
newest sum is logged as well, since no chain can vouch for its own last record.
"""

from __future__ import annotations

import getpass
import logging
import os
import re
import socket
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, overload

from actions.records import FIRST, Chain, Record, line, parse, sum_of
from actions.vaults import vault
from queries.errors import NotDone, SourceError

if TYPE_CHECKING:
    from actions.vaults import Vault
    from queries.config import Aws

log = logging.getLogger(__name__)

# Of so many at once each writes in time, as one of them does at every try.
_TRIES = 100
_RECORD, _REPORT = ".json", ".html"
_NUMBERED = re.compile(r"\d{8}\.json", re.ASCII)
# tells this process from an earlier one of the same number
_STARTED = uuid.uuid4().hex[:8]


class Ledger:
    """The chains of all targets in one vault; safe to share between threads."""

    def __init__(self, kept: Vault) -> None:
        self._kept = kept
        # by target, what was parsed last, by its sum: every byte is summed anew, none parsed twice
        self._parsed: dict[str, dict[str, Record]] = {}

    @property
    def location(self) -> str:
        """The folder or address that it lies in."""
        return self._kept.location

    def targets(self) -> tuple[str, ...]:
        """Every target that has a chain, sorted.

        Raises
        ------
        SourceError
            When that cannot be read.
        """
        return self._kept.drawers()

    def read(self, target: str) -> Chain:
        """Every record of a target, as far as each follows from the one before.

        Raises
        ------
        SourceError
            When they are there and cannot be read.
        """
        found = {
            name: content
            for name, content in self._kept.entries(target, _RECORD).items()
            if _NUMBERED.fullmatch(name)
        }
        last = int(max(found, default="0").removesuffix(_RECORD))
        records: list[Record] = []
        known: set[str] = set()  # changes of which it was said who wants them, and why
        head = FIRST
        before, parsed = self._parsed.get(target, {}), {}
        for number in range(1, last + 1):
            which = f"Record {number} of {target} in the audit {self.location}"
            # one may be written while the names are listed, and another after it seen
            content = found.get(_name(number)) or self._kept.entry(target, _name(number))
            broken = None
            if content is None:
                broken = f"{which} is missing."
            else:
                total = sum_of(content)
                try:
                    record = before.get(total) or parse(content)
                except ValueError:
                    broken = f"{which} is not whole."
                else:
                    parsed[total] = record
                    if record.intent is not None:
                        known.add(record.change)
                    place = (record.number, record.target, record.previous)
                    if place != (number, target, head) or record.change not in known:
                        broken = f"{which} does not follow from the one before it."
            if broken is not None or content is None:
                return Chain(target, tuple(records), head, broken)
            records.append(record)
            head = total
        self._parsed[target] = parsed
        return Chain(target, tuple(records), head)

    @overload
    def append(self, target: str, draft: Callable[[Chain], Record]) -> Record: ...

    @overload
    def append(self, target: str, draft: Callable[[Chain], Record | None]) -> Record | None: ...

    def append(self, target: str, draft: Callable[[Chain], Record | None]) -> Record | None:
        """Write the record that ``draft`` makes of the chain as it is; None where it makes none.

        Where another was written meanwhile, ``draft`` is asked again: what it decides on is what
        its record follows. It may raise ``NotDone`` itself.

        Raises
        ------
        NotDone
            When the chain is broken, or cannot be written.
        SourceError
            When it cannot be read.
        """
        for _ in range(_TRIES):
            chain = sound(self.read(target))
            drafted = draft(chain)
            if drafted is None:
                return None
            record = replace(
                drafted,
                number=len(chain.records) + 1,
                time=datetime.now(UTC).isoformat(timespec="milliseconds"),
                process=this_process(),
                nonce=uuid.uuid4().hex,
                previous=chain.head,
            )
            content = line(record)
            if self._kept.create(target, _name(record.number), content):
                log.warning(
                    "audit %s record %d, %s %s, sha256 %s",
                    *(target, record.number, record.action, record.stage, sum_of(content)),
                )
                return record
        raise NotDone(f"Too many write to the audit of {target} at once; try again.")

    def keep(self, target: str, report: bytes) -> str:
        """Keep a report beside the records that rest on it; its SHA-256.

        Raises
        ------
        NotDone
            When it cannot be written.
        """
        name = sum_of(report)
        self._kept.create(target, name + _REPORT, report)
        return name

    def report(self, target: str, evidence: str) -> bytes:
        """The report of that SHA-256, exactly as it was kept.

        Raises
        ------
        SourceError
            When it is not there, or was altered.
        """
        content = self._kept.entry(target, evidence + _REPORT)
        where = f"The report {evidence[:12]}… of {target} in the audit {self.location}"
        if content is None:
            raise SourceError(f"{where} is missing.")
        if sum_of(content) != evidence:
            raise SourceError(f"{where} was altered: its SHA-256 is another.")
        return content


def sound(chain: Chain) -> Chain:
    """The chain itself, where it is whole.

    Raises
    ------
    NotDone
        When it is broken: nothing is done on its target.
    """
    if chain.broken is not None:
        raise NotDone(
            f"{chain.broken} Somebody changed it, and nothing is done on {chain.target} until that "
            "is settled: keep the audit as it is for those who look into it, and name a new place "
            "as `audit` in [actions] to begin a new one."
        )
    return chain


@lru_cache(maxsize=8)
def opened(location: str, aws: Aws) -> Ledger:
    """The ledger in a folder or at an ``s3://`` address; one in a process for each.

    Raises
    ------
    SourceError
        When the address names no bucket.
    """
    return Ledger(vault(location, aws))


def this_process() -> str:
    """The user, machine and process that Understudy runs as, and a mark of this very start."""
    return f"{getpass.getuser()}@{socket.gethostname()} {os.getpid()} {_STARTED}"


def is_over(process: str) -> bool:
    """Whether a process that wrote a record is known to run no more; one elsewhere never is."""
    machine, _, rest = process.partition(" ")
    number, _, started = rest.partition(" ")
    ours, _, _ = this_process().partition(" ")
    if machine != ours or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        return started != _STARTED
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def _name(number: int) -> str:
    return f"{number:08d}{_RECORD}"
