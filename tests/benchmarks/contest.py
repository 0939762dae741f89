"""How long does each contestant take, in a process of its own, and is its answer right?"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CONTESTANTS = "tests.benchmarks.contestants"


class WrongAnswerError(Exception):
    """A contestant answered something else than the truth: its time counts for nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds of wall and CPU as the contestant measured them, and its peak memory.

    ``process_s`` is the whole life of the process, from its start to its end.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    process_s: float
    answer: dict[str, Any]


@dataclass(slots=True)
class Runs:
    """All runs of one contestant; figures are medians."""

    name: str
    runs: list[Run] = field(default_factory=list)

    @property
    def wall_s(self) -> float:
        return statistics.median(run.wall_s for run in self.runs)

    @property
    def cpu_s(self) -> float:
        return statistics.median(run.cpu_s for run in self.runs)

    @property
    def process_s(self) -> float:
        return statistics.median(run.process_s for run in self.runs)

    @property
    def peak_mb(self) -> float:
        """The largest of all, not the median: it is a limit."""
        return max(run.peak_mb for run in self.runs)

    def part(self, name: str) -> float:
        """The median of a figure that the contestant gave with its answer."""
        return statistics.median(run.answer[name] for run in self.runs)


@dataclass(frozen=True, slots=True)
class Entry:
    """A contestant: its command, what makes its answer right, and what is done before each run."""

    name: str
    arguments: Sequence[str]
    right: Callable[[dict[str, Any]], bool]
    before: Callable[[], None] = lambda: None
    python: str = sys.executable
    module: str = CONTESTANTS
    repeats: int | None = None


def contest(entries: Sequence[Entry], repeats: int) -> dict[str, Runs]:
    """Run all entries so often, turn about; raise on the first wrong answer."""
    found = {entry.name: Runs(entry.name) for entry in entries}
    for turn in range(repeats):
        # every other round backwards, so that nobody always runs after the same neighbour
        for entry in entries[:: -1 if turn % 2 else 1]:
            if turn < (entry.repeats or repeats):
                entry.before()
                run = start(entry)
                if not entry.right(run.answer):
                    raise WrongAnswerError(f"{entry.name} answered {run.answer}")
                found[entry.name].runs.append(run)
    return found


def start(entry: Entry) -> Run:
    """One run of one contestant in a fresh process."""
    began = time.perf_counter()
    done = subprocess.run(
        [entry.python, "-m", entry.module, *entry.arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    lived = time.perf_counter() - began
    said = json.loads(done.stdout.splitlines()[-1])
    return Run(said["wall_s"], said["cpu_s"], said["peak_mb"], lived, said["answer"])


def warm(folder: Path) -> None:
    """Bring files into the page cache, so that nobody waits for the disk."""
    buffer = bytearray(1 << 20)
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb", buffering=0) as handle:
                while handle.readinto(buffer):
                    pass


def machine() -> str:
    """Where and when this was measured."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} × {model}, {memory:.0f} GB, Python {platform.python_version()}, "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load average {os.getloadavg()[0]:.1f}"
    )
