"""Which of several shadows of one production is best, as far as the data can tell?

Every shadow is compared with production by the same few measures, over the same time. Their
intervals hold for all shadows and measures together and at every look, so that the best of ten is
not the luckiest of ten; nothing is assumed about how the answers of two shadows depend on each
other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from analysis import latency
from analysis.clusters import ratio_sequence
from analysis.deltas import MIN_PAIRS
from analysis.errors import rate_sequence
from analysis.estimates import Estimate, Window, no_estimate
from analysis.intervals import student_quantile
from analysis.sequences import TUNED_AT, difference_sequence, mean_half_width, share_sequence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.policy import Policy
    from analysis.quality import Quality
    from analysis.report import Report

LIKENESS = "agreement"
"""The one measure that says nothing of which model is right."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One shadow: its report, and its quality where the right answers are known."""

    report: Report
    quality: Quality | None = None

    @property
    def test(self) -> str:
        """The test's name."""
        return self.report.test

    @property
    def policy(self) -> Policy:
        """The limits it is judged by."""
        return self.report.verdict.policy


@dataclass(frozen=True, slots=True)
class Column:
    """One measure of every shadow.

    Attributes
    ----------
    name : str
        ``agreement``, ``p99_latency``, ``5xx_errors``, ``accuracy`` or ``mae``.
    better : str
        Whether the ``higher`` or the ``lower`` number is the better one.
    estimates : tuple of Estimate
        One for each shadow, in their order; but for the agreement shadow − production.
    leader : str or None
        The test whose interval lies clear of all others; None where the data cannot tell, or one
        of them has none.
    """

    name: str
    better: Literal["higher", "lower"]
    estimates: tuple[Estimate, ...]
    leader: str | None


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Several shadows beside each other.

    Attributes
    ----------
    tests : tuple of str
    together : bool
        Whether all were compared over the same time.
    confidence, alpha_each : float
        Of all intervals together, and what each of them may miss by (Bonferroni).
    columns : tuple of Column
    best : str or None
        The test that leads in something where no other leads in anything, and that its own verdict
        does not reject. Likeness counts only where there is no truth to count.
    """

    tests: tuple[str, ...]
    together: bool
    confidence: float
    alpha_each: float
    columns: tuple[Column, ...]
    best: str | None


def overlap(windows: Sequence[Window]) -> Window | None:
    """The time that all windows share; None where there is none.

    >>> from datetime import datetime, timedelta
    >>> noon = datetime(2026, 3, 2, 12)
    >>> first = Window(noon, noon + timedelta(hours=4))
    >>> overlap([first, Window(noon + timedelta(hours=3), noon + timedelta(hours=9))]).hours
    1.0
    """
    start, end = max(each.start for each in windows), min(each.end for each in windows)
    return Window(start, end) if start < end else None


def compare(entries: Sequence[Entry]) -> SideBySide:
    """Set several shadows side by side; two at least, of one kind of answers.

    Where their windows are not the same, nobody leads: other traffic is another question.

    Raises
    ------
    ValueError
        For fewer than two, or for shadows of several kinds.
    """
    if len(entries) < 2:
        raise ValueError("One shadow alone cannot be compared with others.")
    kinds = {entry.report.kind for entry in entries}
    if len(kinds) > 1:
        raise ValueError(f"Answers of several kinds cannot be compared: {', '.join(sorted(kinds))}")
    together = len({entry.report.window for entry in entries}) == 1
    names = _asked(entries)
    confidence = max(entry.policy.confidence for entry in entries)
    alpha = (1 - confidence) / (len(entries) * len(names))
    tests = tuple(entry.test for entry in entries)
    columns = []
    for name in names:
        better: Literal["higher", "lower"] = (
            "higher" if name in ("agreement", "accuracy") else "lower"
        )
        estimates = tuple(estimate(entry, name, alpha=alpha) for entry in entries)
        ahead = _ahead(estimates, better) if together else None
        columns.append(Column(name, better, estimates, None if ahead is None else tests[ahead]))
    return SideBySide(
        tests, together, confidence, alpha, tuple(columns), _best(entries, tuple(columns))
    )


def _asked(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The measures: those of the truth where one of the shadows has any."""
    kind = entries[0].report.kind
    truth: tuple[str, ...] = ()
    if any(entry.quality is not None for entry in entries):
        if kind in ("binary", "multiclass"):
            truth = ("accuracy",)
        elif kind == "regression":
            truth = ("mae",)
    return (*truth, LIKENESS, "p99_latency", "5xx_errors")


def estimate(entry: Entry, name: str, *, alpha: float) -> Estimate:
    """One measure of one shadow, with an interval for every look that misses by alpha at most."""
    return {
        "agreement": _agreement,
        "p99_latency": _p99,
        "5xx_errors": _errors,
        "accuracy": _accuracy,
        "mae": _mean_error,
    }[name](entry, alpha)


def _agreement(entry: Entry, alpha: float) -> Estimate:
    found, planned = entry.report.agreement, entry.policy.planned_pairs
    if found is None or not found.fixed.known:
        return no_estimate("share")
    n, value = found.fixed.n, found.fixed.value
    if found.clusters is not None:
        ends = ratio_sequence(found.clusters.sums, alpha=alpha, planned=planned)
        return Estimate(value, *ends, n, "share")
    return share_sequence(round(value * n), n, alpha=alpha, planned=planned)


def _p99(entry: Entry, alpha: float) -> Estimate:
    found = entry.report.latency
    if found is None:
        return no_estimate("ratio")
    both = found.production, found.shadow
    return latency.difference(*both, 0.99, confidence=1 - alpha, alpha=alpha).sequence


def _errors(entry: Entry, alpha: float) -> Estimate:
    rates = () if entry.report.errors is None else entry.report.errors.rates
    rate = next((each for each in rates if each.counts.kind == "5xx_errors"), None)
    if rate is None or not rate.difference.known:
        return no_estimate("share")
    planned = entry.policy.planned_pairs
    ends = rate_sequence(rate.counts, rate.clusters, alpha=alpha, planned=planned)
    return Estimate(rate.difference.value, *ends, rate.difference.n, "share")


def _accuracy(entry: Entry, alpha: float) -> Estimate:
    found = None if entry.quality is None else entry.quality.mcnemar
    if found is None or not found.n:
        return no_estimate("share")
    gained, lost, n = found.only_shadow, found.only_production, found.n
    ends = difference_sequence(gained, n, lost, n, alpha=alpha, planned=entry.policy.planned_pairs)
    return Estimate((gained - lost) / n, *ends, n, "share")


def _mean_error(entry: Entry, alpha: float) -> Estimate:
    measure = None if entry.quality is None else entry.quality.measure("mae")
    if measure is None or not measure.difference.known:
        return no_estimate()
    once = measure.difference
    if once.n < MIN_PAIRS or not once.bounded:
        return Estimate(once.value, math.nan, math.nan, once.n)
    # what one look's interval was made of: half of it is t·sd/√n
    t = student_quantile(entry.policy.confidence, once.n - 1)
    sd = (once.high - once.low) / 2 * math.sqrt(once.n) / t
    tuned = max(1.0, TUNED_AT * entry.policy.planned_pairs)
    half = mean_half_width(once.n, sd, alpha=alpha, tuned_at=tuned)
    return Estimate(once.value, once.value - half, once.value + half, once.n)


def _ahead(estimates: Sequence[Estimate], better: Literal["higher", "lower"]) -> int | None:
    """The place of the one whose interval lies clear of all others."""
    if not all(each.bounded for each in estimates):
        return None
    ends = [(each.low, each.high) for each in estimates]
    if better == "lower":
        ends = [(-high, -low) for low, high in ends]
    first = max(range(len(ends)), key=lambda at: ends[at][0])
    clear = all(ends[first][0] > high for at, (_, high) in enumerate(ends) if at != first)
    return first if clear else None


def _best(entries: Sequence[Entry], columns: tuple[Column, ...]) -> str | None:
    truth = any(column.name in ("accuracy", "mae") for column in columns)
    leaders = {
        column.leader
        for column in columns
        if column.leader is not None and not (truth and column.name == LIKENESS)
    }
    if len(leaders) != 1:
        return None
    (leader,) = leaders
    verdict = next(entry.report.verdict for entry in entries if entry.test == leader)
    return None if verdict.decision == "reject" else leader
