"""How fast is Understudy beside its peers and the limits of the machine? ``make bench``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from filelock import FileLock

from tests.benchmarks.contest import machine
from tests.benchmarks.sections import Bench
from tests.benchmarks.table import HEAD

SECTIONS = (
    "ingest",
    "files",
    "s3",
    "chart",
    "questions",
    "looks",
    "slices",
    "drift",
    "trials",
    "viewers",
    "deployment",
)


@click.command()
@click.option("--pairs", default=1_000_000, show_default=True, help="Pairs of the large set.")
@click.option("--repeats", default=3, show_default=True, help="Runs of each contestant.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path(tempfile.gettempdir()) / "understudy-benchmarks",
    show_default=True,
    help="Where generated data stay; at a million pairs they take 8 GB.",
)
@click.argument("sections", nargs=-1, type=click.Choice(SECTIONS))
def main(pairs: int, repeats: int, data: Path, sections: tuple[str, ...]) -> None:
    """Measure the named sections, or all of them; a wrong answer ends everything."""
    data.mkdir(parents=True, exist_ok=True)
    bench = Bench(data, pairs, repeats)
    # two at once would clear each other's caches, and measure each other
    with FileLock(data / ".lock"):
        click.echo(f"{machine()}; {pairs:,} pairs, medians of {repeats}\n\n{HEAD}")
        for section in sections or SECTIONS:
            for line in getattr(bench, section)():
                click.echo(line.text)
        click.echo(f"\nAt the end: {machine()}")


if __name__ == "__main__":
    main()
