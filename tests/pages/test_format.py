"""Are numbers written so that they cannot be misread?"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimates import Estimate, Window, no_estimate
from pages.parts import format

S = format.THIN_SPACE
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (format.percent(0.9727), f"97.27{S}%"),
        (format.percent(0.999987), f"99.999{S}%"),
        (format.percent(0.00002), f"0.002{S}%"),
        (format.percent(1.0), f"100.00{S}%"),
        (format.percent(0.0), f"0.00{S}%"),
        (format.points(-0.004), f"−0.40{S}pp"),
        (format.points(0.004), f"+0.40{S}pp"),
        (format.quantity(0.181, "ratio", signed=True), f"+18.1{S}%"),
        (format.milliseconds(148.4), f"148{S}ms"),
        (format.milliseconds(12.44, signed=True), f"+12.4{S}ms"),
        (format.milliseconds(-1.234), f"−1.23{S}ms"),
        (format.count(20_000), "20,000"),
        (format.count(None), "—"),
        (format.quantity(math.nan, "ms"), "—"),
        (format.quantity(167, "hours"), f"167{S}hours"),
        (format.quantity(6.97, "days"), f"7.0{S}days"),
        (format.interval(0.9703, 0.9749, "share"), f"97.03 to 97.49{S}%"),
        (format.interval(-0.0003, 0.0011, "share", signed=True), f"−0.03 to +0.11{S}pp"),
        (format.interval(0.1, math.inf, "ratio"), f"10.0{S}% to ∞"),
        (format.interval(math.nan, 1, "share"), "—"),
        (format.limit(0.95, "share"), f"95{S}%"),
        (format.limit(0.001, "share"), f"0.1{S}%"),
        (format.limit(1000, "pairs"), "1,000"),
        (format.p_value(0.00001), "<0.0001"),
        (format.p_value(math.nan), "—"),
        (format.size(61_000_000), f"61.0{S}MB"),
        (format.duration(0.3), f"1{S}s"),
        (format.duration(95), f"2{S}min"),
        (format.duration(9000), f"2.5{S}h"),
        (format.duration(174.7 * 3600), "7.3 days"),
        (format.clock(NOON, NOON + timedelta(hours=11)), "12:00 UTC"),
        (format.clock(NOON, NOON + timedelta(hours=12)), "2026-03-05 12:00 UTC"),
        (format.clock(NOON.astimezone(timezone(timedelta(hours=9))), NOON), "12:00 UTC"),
        (format.quantile(0.99), "p99"),
        (format.quantile(0.999), "p99.9"),
        (format.quantile(0.025), "p2.5"),
    ],
)
def test_a_number_is_written_with_its_unit(written: str, expected: str):
    """Thin space before the unit, a real minus sign, thousands separators, a dash for unknown."""
    assert written == expected


@given(st.floats(0, 1, allow_nan=False))
def test_nearly_all_is_never_written_as_all(share: float):
    """Only 0 is written as 0 % and only 1 as 100 %, down to a hundred-thousandth of a per cent."""
    written = format.percent(share)
    if share >= 1e-7:
        assert written != f"0.00{S}%"
    if share <= 1 - 1e-7:
        assert not written.startswith("100")


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_every_float_can_be_written(value: float):
    """No number breaks a page, and none is written with a hyphen for a minus."""
    for unit in ("share", "ratio", "ms", "pairs", "hours", "days", "", "sd"):
        if math.isinf(value) and unit in {"hours", "days"}:
            continue
        assert "-" not in format.quantity(value, unit)


def test_an_estimate_carries_interval_and_n():
    """A number never stands without what it rests on; without data it says so."""
    shown = format.estimate(Estimate(0.97, 0.96, 0.98, 2000, "share"))
    assert shown == f"97.00{S}% (96.00 to 98.00{S}%, n{S}={S}2,000)"
    assert "no data" in format.estimate(no_estimate("ms"))


def test_times_are_utc():
    """A window says both ends in UTC and how long it is."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    assert format.span(Window(start, start + timedelta(days=7))).endswith("UTC (7.0 days)")
    assert format.span(Window(start, start + timedelta(hours=1))).endswith("UTC (1 h)")
    minutes = Window(start, start + timedelta(minutes=14))
    assert format.span(minutes).endswith(f"UTC (14{S}min)")
