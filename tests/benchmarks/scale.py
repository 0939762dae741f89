"""What does each page cost at a million pairs, at a hundred million and at ten thousand million?

``python -m tests.benchmarks.scale`` measures two sets of captures, of the same hours and of
different traffic, and prints the tables of docs/scale.md; ``--write`` puts them there. What grows
with the pairs and what with the hours is told apart by the two; the rest is arithmetic.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from queries.athena.usage import GB, TB, charged
from queries.config_athena import Athena
from queries.config_prices import Prices
from tests.benchmarks.contest import machine
from tests.benchmarks.scanning import PAGES, TABLES, Scanned, measured

DOC = Path(__file__).parents[2] / "docs" / "scale.md"
SIZES = (10**6, 10**8, 10**10)
# A test of two weeks.
HOURS = 14 * 24
# Assumed, not measured: what a query takes before it reads, and what it reads a second.
START_S, PARQUET_GB_S, JSON_GB_S = 2.0, 2.0, 1.0
# Measured for docs/performance.md on a machine that did nothing else.
INGEST_MB_S = 540
STORED_USD_PER_GB = 0.023
"""A month in S3's standard class."""
BEGIN, END = "<!-- {name} -->", "<!-- end -->"


@dataclass(frozen=True, slots=True)
class Law:
    """Bytes that grow with the pairs, and bytes of each hour however few its pairs."""

    per_pair: float
    per_hour: float

    @classmethod
    def of(cls, sets: Sequence[Scanned], count: Callable[[Scanned], int]) -> Law:
        """What two sets of the same hours say."""
        few, many = sets
        slope = (count(many) - count(few)) / (many.pairs - few.pairs)
        return cls(slope, max(0.0, (count(few) - slope * few.pairs) / few.hours))

    def at(self, pairs: int, hours: int = HOURS) -> int:
        """Bytes of so many pairs in so many hours."""
        return round(self.per_pair * pairs + self.per_hour * hours)


@dataclass(frozen=True, slots=True)
class Cost:
    """What some queries come to."""

    queries: int
    scanned: int
    usd: float
    seconds: float

    @classmethod
    def of(cls, scanned: Iterable[int], gb_s: float) -> Cost:
        """Of queries that scan so many bytes each, one after the other."""
        each = list(scanned)
        usd = sum(charged(one) for one in each) / TB * Athena().usd_per_tb
        seconds = len(each) * START_S + sum(each) / GB / gb_s
        return cls(len(each), sum(each), usd, seconds)

    @property
    def text(self) -> str:
        """Cells of a table: bytes, money and time."""
        return f"{size(self.scanned)} | {dollars(self.usd)} | {duration(self.seconds)}"


def queries_of(sets: Sequence[Scanned], page: str) -> list[Law]:
    """The queries of a page that scan something, each with its law."""
    asked = [each.pages[page] for each in sets]
    assert [q.what for q in asked[0]] == [q.what for q in asked[1]], page
    return [
        Law.of(sets, lambda found, at=at: found.pages[page][at].scanned)
        for at, query in enumerate(asked[1])
        if query.scanned
    ]


def tables(sets: Sequence[Scanned]) -> dict[str, str]:
    """Each table of the page by its name."""
    return {
        "measured": _measured(sets),
        "pages measured": _pages_measured(sets),
        "pages": _pages(sets),
        "writing": _writing(sets),
        "here": _here(sets),
    }


def _measured(sets: Sequence[Scanned]) -> str:
    rows: list[tuple[str, Callable[[Scanned], int]]] = [
        ("captures, both variants", lambda s: s.captures),
        *((f"table `{t}`", lambda s, t=t: s.tables[t]) for t in TABLES),
        ("scanned to write these tables", lambda s: sum(q.scanned for q in s.writing)),
        ("scanned by one question straight over the captures", lambda s: s.looking),
        ("cache of the local engine", lambda s: s.cache),
    ]
    few, many = sets
    lines = [
        f"| | {few.pairs:,} pairs, {few.hours} hours | {many.pairs:,} pairs, {many.hours} hours "
        "| bytes a pair | bytes an hour |",
        "|---|---|---|---|---|",
    ]
    for name, count in rows:
        law = Law.of(sets, count)
        lines.append(
            f"| {name} | {size(count(few))} | {size(count(many))} | {law.per_pair:,.1f} | "
            f"{law.per_hour:,.0f} |"
        )
    return "\n".join(lines)


def _pages_measured(sets: Sequence[Scanned]) -> str:
    lines = ["| page | queries | scanned | bytes a pair | widest query |", "|---|---|---|---|---|"]
    for page in PAGES:
        asked = sets[1].pages[page]
        laws = queries_of(sets, page)
        widest = max(asked, key=lambda query: query.scanned)
        lines.append(
            f"| {page.capitalize()} | {len(asked)} | {size(sum(q.scanned for q in asked))} | "
            f"{sum(law.per_pair for law in laws):,.0f} | {widest.what}, "
            f"{size(widest.scanned)} |"
        )
    return "\n".join(lines)


def _pages(sets: Sequence[Scanned]) -> str:
    captures = Law.of(sets, lambda found: found.captures)
    lines = [
        "| page | pairs | queries | tables: scanned | cost | time | captures: scanned | cost "
        "| time |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for page in PAGES:
        laws = queries_of(sets, page)
        for pairs in SIZES:
            there = Cost.of((law.at(pairs) for law in laws), PARQUET_GB_S)
            straight = Cost.of([captures.at(pairs)] * len(laws), JSON_GB_S)
            lines.append(
                f"| {page.capitalize()} | {power(pairs)} | {there.queries} | {there.text} | "
                f"{straight.text} |"
            )
    return "\n".join(lines)


def _writing(sets: Sequence[Scanned]) -> str:
    read = Law.of(sets, lambda found: sum(query.scanned for query in found.writing))
    stored = Law.of(sets, lambda found: sum(found.tables.values()))
    lines = [
        "| pairs | scanned, once | cost, once | stored | a month | a day's batch reads | "
        "GB/s needed for 30 min |",
        "|---|---|---|---|---|---|---|",
    ]
    for pairs in SIZES:
        scanned, kept = read.at(pairs), stored.at(pairs)
        batch = read.at(pairs // 14, 24)
        lines.append(
            f"| {power(pairs)} | {size(scanned)} | {dollars(scanned / TB * Athena().usd_per_tb)} | "
            f"{size(kept)} | {dollars(kept / GB * STORED_USD_PER_GB)} | {size(batch)} | "
            f"{batch / GB / 1800:,.2g} |"
        )
    return "\n".join(lines)


def _here(sets: Sequence[Scanned]) -> str:
    many = sets[1]
    captures = Law.of(sets, lambda found: found.captures)
    cache = Law.of(sets, lambda found: found.cache)
    prices = Prices()
    lines = [
        "| pairs | fetched once | GET | cost within the region | from outside | cache | "
        f"read at {INGEST_MB_S} MB/s |",
        "|---|---|---|---|---|---|---|",
    ]
    for pairs in SIZES:
        fetched = captures.at(pairs)
        # an hour of little traffic is one file of each variant all the same
        gets = max(round(many.objects / many.captures * fetched), 2 * HOURS)
        asked = gets / 1000 * prices.usd_per_1000_gets
        lines.append(
            f"| {power(pairs)} | {size(fetched)} | {gets:,} | {dollars(asked)} | "
            f"{dollars(asked + fetched / GB * prices.usd_per_gb)} | {size(cache.at(pairs))} | "
            f"{duration(fetched / 1e6 / INGEST_MB_S)} |"
        )
    return "\n".join(lines)


def size(value: float) -> str:
    """Bytes to three digits."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            return f"{value:,.0f} {unit}" if value >= 100 or unit == "B" else f"{value:.3g} {unit}"
        value /= 1000
    raise AssertionError("the last unit is taken for whatever is left")


def dollars(value: float) -> str:
    """US dollars: cents, and below ten of them two digits."""
    return f"${value:,.2f}" if value >= 0.1 else f"${value:.2g}" if value >= 1e-4 else "$0.0001"


def duration(seconds: float) -> str:
    """Seconds, minutes or hours."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:,.0f} h"


def power(value: int) -> str:
    """10⁶ for a million."""
    digits = str(len(str(value)) - 1)
    return "10" + digits.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def put(text: str, made: dict[str, str]) -> str:
    """A text with each table between its marks."""
    for name, table in made.items():
        before, begin, rest = text.partition(BEGIN.format(name=name))
        _, end, after = rest.partition(END)
        if not begin or not end:
            raise click.ClickException(f"{DOC.name} has no place for the table {name!r}")
        text = f"{before}{begin}\n{table}\n{end}{after}"
    return text


@click.command()
@click.option("--few", default=24_000, show_default=True, help="Pairs of the smaller set.")
@click.option("--many", default=96_000, show_default=True, help="Pairs of the larger set.")
@click.option("--hours", default=8, show_default=True, help="Hours of both.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path(tempfile.gettempdir()) / "understudy-benchmarks",
    show_default=True,
    help="Where generated data stay, and what was measured of them.",
)
@click.option("--write", is_flag=True, help="Put the tables into docs/scale.md.")
def main(few: int, many: int, hours: int, data: Path, write: bool) -> None:
    """Measure two sets of captures and calculate the rest."""
    data.mkdir(parents=True, exist_ok=True)
    made = tables([measured(data, pairs, hours) for pairs in (few, many)])
    if write:
        DOC.write_text(put(DOC.read_text(encoding="utf-8"), made), encoding="utf-8")
    else:
        click.echo(machine())
        for name, table in made.items():
            click.echo(f"\n{name}\n\n{table}")


if __name__ == "__main__":
    main()
