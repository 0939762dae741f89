"""Does every interval and test keep what it promises? ``make validate``."""

from __future__ import annotations

import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import numpy as np
import scipy

from tests.validation import deciding, peers
from tests.validation.document import Run, page, percent
from tests.validation.rows import STATISTICS, Lab, Row, known_limits
from tests.validation.subjects import SECTIONS

SEED = 20261125
FULL, QUICK = (2000, 10_000), (200, 1000)
"""Runs of a row at most, and requests of a test."""
FEATURES, FEW_FEATURES = 100, 10


def rows_of(section: str, lab: Lab) -> list[Row]:
    """The rows of one section; each draws for itself, so they may be measured side by side."""
    SECTIONS[section](lab)
    return lab.rows


def measure(lab: Lab, features: int, *, machine: str, ask_peers: bool) -> Run:
    """Measure everything, on all cores."""
    with ProcessPoolExecutor() as pool:
        sections = [pool.submit(rows_of, name, lab) for name in SECTIONS]
        decisions = pool.submit(deciding.measure, lab)
        called = pool.submit(peers.compare, lab, features, ask_peers=ask_peers)
        found = dict(zip(SECTIONS, (each.result() for each in sections), strict=True))
        lab.rows += [row for rows in found.values() for row in rows]
        limits = known_limits(STATISTICS.read_text(encoding="utf-8"))
        return Run(lab, found, limits, decisions.result(), called.result(), machine)


def machine(date: str) -> str:
    """When and where this was measured, and with what."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return (
        f"{date}; {os.cpu_count()} × {cpu}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, SciPy {scipy.__version__}"
    )


@click.command()
@click.option("--quick", is_flag=True, help="A minute's run of short tests; writes no page.")
@click.option("--seed", default=SEED, show_default=True)
@click.option("--date", default="", help="The day of the run, for the page.")
@click.option("--peers/--no-peers", "ask_peers", default=True, help="Whether to ask the peers.")
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    default=STATISTICS.with_name("validation.md"),
    help="Where a full run writes its page.",
)
def main(quick: bool, seed: int, date: str, ask_peers: bool, to: Path) -> None:
    """Measure every row; end in an error where one misses more often than promised or stated."""
    if not quick and not date:
        raise click.UsageError("A page needs the day of its run: --date 2026-11-25.")
    began = time.perf_counter()
    lab = Lab(*(QUICK if quick else FULL), seed)
    found = measure(
        lab,
        FEW_FEATURES if quick else FEATURES,
        machine=machine(date),
        ask_peers=ask_peers and not quick,
    )
    if not quick:
        to.write_text(page(found), encoding="utf-8")
    for row in found.broken:
        said = f"{percent(row.misses)} misses, promised {percent(row.promised)}"
        if row.limit:
            said += f", known limit {percent(found.limits.get(row.limit, 0.0))}"
        click.echo(f"{row.subject}, {row.data}, {row.looks}: {said}")
    # a quick run is too short to show all of them
    stale = [] if quick else found.stale
    for name in stale:
        click.echo(f"No row shows the known limit {name} any more.")
    spent = time.perf_counter() - began
    click.echo(f"{len(lab.rows)} rows in {spent:.0f} s, {len(found.broken)} of them broken.")
    sys.exit(1 if found.broken or stale else 0)


if __name__ == "__main__":
    main()
