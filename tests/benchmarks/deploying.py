"""What do the audit, a plan at the terminal and the page Deploy cost?"""

from __future__ import annotations

import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from actions.ledger import Ledger
from actions.plans.promote import promote
from actions.records import FIRST, Intent, Record, line, sum_of
from actions.steps import Plan
from actions.vaults import Folder
from queries.reading_live import read_live
from tests.actions.acting_on import CANARY
from tests.actions.cloud import ENDPOINT, Cloud
from tests.benchmarks import viewers
from tests.benchmarks.table import Line
from tests.terminal import answer, runner, terminal

CLAIMED, VERIFIED = 1_000, 10_000
CHANGES_OF = 14  # records of a canary with guards, from its claim to its end
_SHARE = 100


def audit(repeats: int) -> list[Line]:
    """Claiming records one after the other, and verifying a long chain."""
    firsts, lasts, ours, again, limits = [], [], [], [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            taken = [*_claimed(Ledger(Folder(Path(folder))))]
            firsts.append(statistics.mean(taken[:_SHARE]))
            lasts.append(statistics.mean(taken[-_SHARE:]))
        with tempfile.TemporaryDirectory() as folder:
            files = _chain(Path(folder) / ENDPOINT, VERIFIED)
            kept = Ledger(Folder(Path(folder)))
            ours.append(_seconds(partial(_whole, kept)))
            again.append(_seconds(partial(_whole, kept)))
            limits.append(_seconds(partial(_read, files)))
    times = (firsts, lasts, ours, again, limits)
    first, last, verified, looked, limit = map(statistics.median, times)
    return [
        Line.at_most(
            f"audit, claim and append: the last {_SHARE} of {CLAIMED:,} records ÷ the first",
            None,
            last / first,
            f"{1e3 * last:.1f} ms each",
            f"{1e3 * first:.1f} ms each",
        ),
        Line.at_most(
            f"audit, verifying {VERIFIED:,} records ÷ reading, summing and parsing the same files",
            3,
            verified / limit,
            f"{verified:.2f} s",
            f"{limit:.2f} s",
        ),
        Line.at_most(
            "the same, looked at again by the same process",
            None,
            looked / limit,
            f"{looked:.2f} s",
            f"{limit:.2f} s",
        ),
    ]


def plan(repeats: int) -> Line:
    """``plan promote`` in a process that is warm, beside what the stand-in spends on its calls."""
    ours, theirs, calls = [], [], 0
    with _account() as (cloud, folder):
        run = runner(folder)

        def planned() -> None:
            assert answer(run("plan", "promote", "--format", "json"))["calls"]

        planned()
        for _ in range(repeats):
            cloud.spent.clear()
            ours.append(_seconds(planned))
            theirs.append(sum(cloud.spent))
            calls = len(cloud.spent)
    own, aws = statistics.median(ours), statistics.median(theirs)
    return Line.at_most(
        "plan promote ÷ what the stand-in spends on its calls",
        None,
        own / aws,
        f"{own:.2f} s",
        f"{calls} calls, {aws:.2f} s",
    )


def page(folder: Path, repeats: int) -> list[Line]:
    """Deploy in Chromium beside a bare page with one chart."""
    reason = viewers.missing()
    if reason is not None:
        return [Line.skipped("Deploy ÷ bare Streamlit page", reason)]
    seen = viewers.measure(folder, repeats, "deploy")
    return [
        Line.at_most(
            f"Deploy ÷ bare page, {what}", None, ours / bare, f"{ours:.2f} s", f"{bare:.2f} s"
        )
        for what, ours, bare in (
            ("first visit of a new server", seen.ours.first, seen.bare.first),
            ("later visits", seen.ours.later, seen.bare.later),
        )
    ]


def _claimed(ledger: Ledger) -> Iterator[float]:
    """Seconds for each record that is claimed and appended."""

    def claim(record: Record) -> None:
        assert ledger.append(ENDPOINT, lambda _: record) is not None

    for record in _records(CLAIMED):
        yield _seconds(partial(claim, record))


@contextmanager
def _account() -> Iterator[tuple[Cloud, Path]]:
    """An account, and the folder of a configuration that leads to it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "benchmark")
        with terminal(Path(folder)) as cloud:
            yield cloud, Path(folder)


def _records(count: int) -> Iterator[Record]:
    """Changes of one endpoint, each with its plan in its first record."""
    with _account() as (cloud, _):
        planned = _promotion(cloud.client())
    intent = Intent("ann@example.com", "sign-in", "", "better on every slice", "", planned)
    for number in range(count):
        change, step = divmod(number, CHANGES_OF)
        record = Record(ENDPOINT, "promote", f"change-{change}", "done", "AWS took it.", step)
        yield record if step else replace(record, stage="begun", step=None, intent=intent)


def _promotion(client: object) -> Plan:
    return promote(read_live(client, ENDPOINT), CANARY, at=datetime.now(UTC))


def _chain(drawer: Path, count: int) -> list[Path]:
    """The records as a ledger would have written them, without its looking before each."""
    drawer.mkdir()
    files, head = [], FIRST
    for number, record in enumerate(_records(count), start=1):
        at = "2026-11-25T12:00:00.000+00:00"
        content = line(replace(record, number=number, previous=head, time=at, nonce=str(number)))
        files.append(drawer / f"{number:08d}.json")
        files[-1].write_bytes(content)
        head = sum_of(content)
    return files


def _whole(ledger: Ledger) -> None:
    chain = ledger.read(ENDPOINT)
    assert (chain.broken, len(chain.records)) == (None, VERIFIED)


def _read(files: Sequence[Path]) -> None:
    for file in files:
        content = file.read_bytes()
        assert hashlib.sha256(content).hexdigest()
        assert json.loads(content)


def _seconds(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began
