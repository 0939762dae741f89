"""Is nothing asked that may read more than a query or a day is allowed, whoever else asks?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.athena import usage
from queries.athena.spending import Spending
from queries.athena.usage import GB, Asked, Usage
from queries.config_athena import Athena
from queries.errors import Expensive, QuestionError

NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
ATHENA = Athena(max_gb_per_query=2, max_gb_per_day=5)


def spending(folder: Path, now: datetime = NOON) -> Spending:
    return Spending(ATHENA, folder, clock=lambda: now)


def test_a_query_over_its_limit_is_not_asked(tmp_path: Path) -> None:
    """The sentence names the key, the limit and what would be read; nothing is put aside."""
    found = spending(tmp_path)
    with pytest.raises(QuestionError, match=r"read up to 2\.1 GB, and `max_gb_per_query` .* is 2"):
        found.reserve("confusion", 2_100_000_000)
    assert found.read() == 0
    found.reserve("confusion", 2 * GB)


def test_what_may_be_read_counts_until_it_is_known(tmp_path: Path) -> None:
    """Two queries of 2 GB leave 1 GB of the day's 5; what was really read gives the rest back."""
    found = spending(tmp_path)
    first, _ = found.reserve("a", 2 * GB), found.reserve("b", 2 * GB)
    with pytest.raises(QuestionError, match=r"4 GB were read today .* `max_gb_per_day`"):
        found.reserve("c", 2 * GB)
    first.write(GB // 2, "query-1")
    assert found.read() == 2 * GB + GB // 2
    found.reserve("c", 2 * GB)


def test_a_day_begins_at_midnight_utc(tmp_path: Path) -> None:
    """What was read yesterday is no part of today; another process counts with the same file."""
    spending(tmp_path).reserve("a", 2 * GB).write(GB)
    assert spending(tmp_path, NOON + timedelta(hours=11)).read() == GB
    assert spending(tmp_path, NOON + timedelta(hours=12)).read() == 0


def test_many_who_ask_at_once_stay_within_the_day(tmp_path: Path) -> None:
    """Of twenty queries of 1 GB, asked at once by as many, five are let through."""

    def ask(_: int) -> bool:
        try:
            spending(tmp_path).reserve("a", GB)
        except QuestionError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(ask, range(20))) == 5


def test_half_a_line_ends_nothing(tmp_path: Path) -> None:
    """A process killed while it wrote leaves half a line: the others count, and so do new ones."""
    found = spending(tmp_path)
    found.reserve("a", GB).write(7)
    (file,) = tmp_path.glob("read-*.jsonl")
    with file.open("ab") as to:
        to.write(b'\n{"query": "b", "by')
    found.reserve("c", GB).write(5)
    assert found.read() == 12


@given(st.integers(0, 10**15))
def test_what_is_charged(scanned: int) -> None:
    """Up to the next megabyte, and ten of them at least."""
    assert usage.charged(scanned) >= max(scanned, 10**7)
    assert usage.charged(scanned) % 10**6 == 0
    assert usage.charged(scanned) - scanned < 10**6 or scanned < 10**7


def test_a_page_counts_what_is_asked_inside() -> None:
    """Sums of what a page asked; outside of it nothing is counted, and pages may nest."""
    one = Asked("a", "1", 30, 0.5, 0.25, reused=False)
    again = Asked("a", "2", 0, 0.1, 0.0, reused=True)
    usage.count(one)
    with usage.asking(Usage()) as page:
        usage.count(one)
        with usage.asking(Usage()) as part:
            usage.count(one)
        usage.count(again)
    assert (page.scanned, page.seconds, page.usd, page.reused) == (30, 0.6, 0.25, 1)
    assert part.asked == [one]


def test_a_page_is_stopped_before_what_is_expensive() -> None:
    """Over its price a page raises, with the bytes and the price; without a price it goes on."""
    with usage.asking(Usage(), at_most_usd=0.5), pytest.raises(Expensive, match="ask it anyway"):
        usage.allow("confusion", 110 * GB, 0.55)
    with usage.asking(Usage(), at_most_usd=0.55):
        usage.allow("confusion", 110 * GB, 0.55)
    with usage.asking(Usage()):
        usage.allow("confusion", 10**6 * GB, 5000.0)
