"""Everything one look at a shadow test found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.agreement import Agreement
    from analysis.comparison import Comparison
    from analysis.coverage import HoursOfWeek, Pairing
    from analysis.deltas import Scores
    from analysis.drift import FeatureDrift
    from analysis.errors import Errors
    from analysis.estimates import Window
    from analysis.interruptions import Interruption
    from analysis.latency import Latency
    from analysis.paired_latency import PairedLatency
    from analysis.policy import PredictionKind
    from analysis.verdict import Verdict


@dataclass(frozen=True, slots=True)
class IngestCounts:
    """What was read from the capture files.

    ``lines = records + rejected + absent`` (blank lines are neither); ``rows`` counts single
    answers, of which ``unreadable`` gave no prediction; ``without_time`` records carry no inference
    time. A line of a paired log counts once for each variant; ``absent`` are those whose request
    was not sent to the shadow. ``bytes`` is None where nobody counts them (Athena).
    """

    objects: int
    failed: int
    lines: int
    records: int
    rejected: int
    rows: int
    unreadable: int
    without_time: int
    absent: int
    bytes: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """One shadow test in one window, from reading to verdict.

    ``reading`` says in words how a prediction is taken from an answer, ``reading_guessed`` whether
    that was guessed; ``latency`` is the models' own, ``paired_latency`` that of each request
    (paired logs only) and ``overhead`` what SageMaker adds to it; ``comparison`` is there for
    answers of several parts only; ``latency_problem`` is the sentence to show where there is no
    latency. ``where`` is the filter in words, "" for all traffic: what the answers say is then said
    of the requests that meet it, and everything else still of all traffic. ``interruptions`` are
    the stretches in which captures are missing, or may be.
    """

    test: str
    kind: PredictionKind
    window: Window
    production: str
    shadow: str
    reading: str
    reading_guessed: bool
    pairing: Pairing
    agreement: Agreement | None
    comparison: Comparison | None
    scores: Scores | None
    prediction_drift: FeatureDrift | None
    latency: Latency | None
    paired_latency: PairedLatency | None
    overhead: Latency | None
    latency_problem: str | None
    errors: Errors | None
    hours: HoursOfWeek
    ingest: IngestCounts
    verdict: Verdict
    where: str = ""
    interruptions: tuple[Interruption, ...] = ()
