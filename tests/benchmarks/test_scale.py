"""Is what docs/scale.md calculates the arithmetic that it states?"""

from __future__ import annotations

import pytest

from tests.benchmarks import scale
from tests.benchmarks.scale import Cost, Law, tables
from tests.benchmarks.scanning import PAGES, TABLES, Query, Scanned


def found(pairs: int) -> Scanned:
    """Eight hours in which everything is so many bytes a pair, and so many an hour."""
    pages = {
        page: [
            Query("the account of all that was read", 0),
            Query("score sums", 16 * pairs + 8 * 1_000),
        ]
        for page in PAGES
    }
    return Scanned(
        pairs=pairs,
        hours=8,
        captures=2_500 * pairs,
        objects=16,
        tables=dict.fromkeys(TABLES, 100 * pairs),
        writing=[Query("read", 2_500 * pairs), Query("pair", 100 * pairs)],
        pages=pages,
        looking=2_500 * pairs,
        cache=400 * pairs,
    )


def test_what_grows_with_pairs_is_told_from_what_grows_with_hours() -> None:
    """Two sets of the same hours on a line give that line back."""
    law = Law.of([found(24_000), found(96_000)], lambda each: each.pages["drift"][1].scanned)
    assert law == Law(16.0, 1_000.0)
    assert law.at(10**6) == 16_000_000 + 336 * 1_000
    assert law.at(10**6, hours=24) == 16_024_000


def test_a_query_costs_ten_megabytes_at_least() -> None:
    """$5 a TB: a thousand queries of one byte cost five cents, one of a TB five dollars."""
    assert Cost.of([1] * 1000, 1.0).usd == pytest.approx(0.05)
    assert Cost.of([10**12], 1.0).usd == pytest.approx(5.0)
    assert Cost.of([10**9, 10**9], 2.0).seconds == pytest.approx(2 * scale.START_S + 1)


def test_the_tables_say_what_was_worked_out_by_hand() -> None:
    """At 10¹⁰ pairs one query scans 160 GB for $0.80, or 25 TB for $125 without the tables."""
    made = tables([found(24_000), found(96_000)])
    (row,) = [line for line in made["pages"].splitlines() if line.startswith("| Drift | 10¹⁰")]
    assert row == "| Drift | 10¹⁰ | 1 | 160 GB | $0.80 | 82 s | 25 TB | $125.00 | 7 h |"
    # 2,600 bytes a pair are scanned to write, 400 stored; a day is a fourteenth
    row = made["writing"].splitlines()[-1]
    assert row == "| 10¹⁰ | 26 TB | $130.00 | 4 TB | $92.00 | 1.86 TB | 1 |"
    assert "| captures, both variants | 60 MB | 240 MB | 2,500.0 | 0 |" in made["measured"]


def test_the_page_has_a_place_for_each_table() -> None:
    """Written twice it is the same, and what stands around the tables stays."""
    made = tables([found(24_000), found(96_000)])
    once = scale.put(scale.DOC.read_text(encoding="utf-8"), made)
    assert scale.put(once, made) == once
    assert all(table in once for table in made.values())
    assert once.startswith("# Scale\n")
    assert "## What breaks first" in once
