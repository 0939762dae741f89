"""A report as a page gets it, made by hand: no captures, no engine, no AWS."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from analysis.agreement import Agreement, AgreementSeries
from analysis.clusters import Clusters, ClusterSums
from analysis.compatibility import Answers
from analysis.confusion import Confusion, LabelShift
from analysis.coverage import HoursOfWeek, MethodCount, Pairing, PairingSeries
from analysis.delivery import Delivery
from analysis.deltas import BlandAltman, Scores
from analysis.drift import CategoryShift, Curve, FeatureDrift
from analysis.drift_over_time import Bins, DriftOverTime, edges
from analysis.drift_over_time import over_time as find_over_time
from analysis.energy_distance import Energy
from analysis.errors import ErrorCounts, ErrorRate, Errors, ErrorSeries
from analysis.estimates import Estimate, TestResult, Window, no_estimate
from analysis.independence import Independence
from analysis.latency import (
    QUANTILES,
    Latency,
    LatencyDifference,
    Percentiles,
    PercentileSeries,
    VariantLatency,
)
from analysis.moved_mass import yardstick
from analysis.noise import NoiseFloor, Repeat, noise_floor
from analysis.policy import Policy
from analysis.report import IngestCounts, Report
from analysis.resources import compare
from analysis.second_source import Differing, Fates, second_floor
from analysis.slice_search import Counts, screen
from analysis.slices import Named, Search, judge
from analysis.two_sample_classifier import Explained, Separation
from analysis.usage import METRICS, Machine, Times, Usage, VariantUse
from analysis.usual import Usual
from analysis.usual import usual as usual_traffic
from analysis.verdict import Guardrail, Verdict
from queries.discovery import Discovered, Discovery
from queries.freshness import Freshness
from queries.inputs_together import InputsTogether
from queries.reading import InputReading, OutputReading, Reading
from queries.resources import ResourceReading
from queries.sagemaker import Variant
from queries.second_source import AgainstSecond

START = datetime(2026, 3, 2, tzinfo=UTC)
END = datetime(2026, 3, 9, tzinfo=UTC)
HOURS = 168
PAIRS = 20_000
RNG = np.random.default_rng(7)


def hours() -> np.ndarray:
    return np.datetime64("2026-03-02T00:00:00", "s") + np.arange(HOURS) * np.timedelta64(1, "h")


def rhythm() -> np.ndarray:
    """Requests an hour with a daily rhythm; one hour without any."""
    hour = np.arange(HOURS) % 24
    n = np.round(119 * (1 + 0.7 * np.sin((hour - 8) / 24 * 2 * np.pi))).astype(np.int64)
    n[30] = 0
    return n


def guardrail(name: str, status: str, used: float, spread: float, **given: object) -> Guardrail:
    fields = {
        "name": name,
        "status": status,
        "value": 0.01 * used,
        "low": 0.01 * (used - spread),
        "high": 0.01 * (used + spread),
        "limit": 0.01,
        "n": PAIRS,
        "unit": "share",
        "direction": "at_most",
        "critical": False,
        "used": used,
        "used_low": used - spread,
        "used_high": used + spread,
        "needed": None,
        "needed_unit": "pairs",
        "sentence": f"{name} uses {used:.0%} of what is allowed.",
    }
    return Guardrail(**{**fields, **given})


def verdict(decision: str = "hold") -> Verdict:
    none = math.nan
    return Verdict(
        decision=decision,
        guardrails=(
            guardrail(
                *("agreement", "ok", 0.55, 0.06),
                value=0.9727,
                low=0.9703,
                high=0.9749,
                limit=0.95,
                direction="at_least",
                critical=True,
            ),
            guardrail("label_shift", "ok", 0.21, 0.12, limit=0.02, direction="within"),
            guardrail("score_bias", "ok", 0.33, 0.11, unit="sd", direction="within"),
            guardrail("prediction_drift", "ok", 0.4, 0.1, unit=""),
            guardrail("p50_latency", "ok", 0.3, 0.2, unit="ratio", limit=0.1),
            guardrail(*("p99_latency", "breach", 2.6, 0.5), unit="ratio", limit=0.1, critical=True),
            guardrail("4xx_errors", "ok", 0.02, 0.05),
            guardrail("5xx_errors", "inconclusive", 0.8, 0.6, critical=True, needed=4200),
            guardrail(
                *("model_errors", "no_data", none, none),
                value=none,
                low=none,
                high=none,
                n=0,
                critical=True,
                sentence="There is no data on model errors.",
            ),
            guardrail("pairs", "ok", 0.1, 0.0, value=PAIRS, low=PAIRS, high=PAIRS, unit="pairs"),
            guardrail("hours_of_week", "ok", 1.0, 0.0, value=167, low=167, high=167, unit="hours"),
        ),
        headline="p99 latency is over its limit by far; 5xx errors are too early to tell.",
        policy=Policy(),
        alpha_each=0.05 / 9,
    )


def pairing() -> Pairing:
    n = rhythm()
    return Pairing(
        production=PAIRS + 222,
        shadow=PAIRS + 31,
        paired=PAIRS,
        by_method=(MethodCount("inference_id", 19_000), MethodCount("input", 1_000)),
        production_only=215,
        shadow_only=24,
        ambiguous=7,
        collisions=3,
        different_input=2,
        expected=20_190.0,
        capture_share=1.0,
        shadow_share=1.0,
        sample_ratio=TestResult(1.7, 1, 0.19, 40_253),
        series=PairingSeries(hours(), n + 1, n, n, (n + 1).astype(float)),
    )


def clusters(key: str = "", keyless: int = 0) -> Clusters:
    """A thousand records or users with twenty pairs each, correlation 0.2."""
    sums = ClusterSums(1000, PAIRS, 19_454, 20, keyless, 400_000.0, 389_080.0, 380_868.0, 19_043.4)
    return Clusters(key, sums, 0.2, 4.8, PAIRS / 4.8, PAIRS / 5.0)


def contradicted() -> Independence:
    """Two weeks of hours that vary three times as much as chance, and follow each other."""
    return Independence(TestResult(900.0, 300, 1e-60, 301), TestResult(0.42, math.nan, 1e-13, 301))


def agreement(labels: tuple[str, ...] = ("0", "1")) -> Agreement:
    k = len(labels)
    table = np.full((k, k), 20, dtype=np.int64)
    np.fill_diagonal(table, (PAIRS - 20 * k * (k - 1)) // k)
    n = rhythm()
    value = np.where(n > 0, 0.97 + 0.01 * np.sin(np.arange(HOURS) / 9), np.nan)
    half = 1.96 * np.sqrt(0.03 / np.maximum(n, 1))
    return Agreement(
        fixed=Estimate(0.9727, 0.9703, 0.9749, PAIRS, "share"),
        sequence=Estimate(0.9727, 0.9689, 0.9761, PAIRS, "share"),
        worst=0.962,
        best=0.973,
        missing=222,
        confusion=Confusion(labels, table),
        kappa=Estimate(0.81, 0.79, 0.83, PAIRS),
        bowker=TestResult(3.1, 1, 0.08, PAIRS),
        stuart_maxwell=TestResult(3.1, 1, 0.08, PAIRS),
        shifts=tuple(
            LabelShift(
                *(label, 0.1, 0.104),
                Estimate(0.004, 0.001, 0.007, PAIRS, "share"),
                Estimate(0.004, -0.002, 0.01, PAIRS, "share"),
            )
            for label in labels
        ),
        series=AgreementSeries(
            *(hours(), n, np.round(np.nan_to_num(value) * n).astype(np.int64)),
            *(value, value - half, np.minimum(value + half, 1)),
        ),
        tolerance=None,
    )


def noise() -> NoiseFloor:
    """Production changes its mind on 2 % of 1,000 inputs; the shadow differs on 5 % of them."""
    return noise_floor(
        [
            Repeat(True, True, True, 940),
            Repeat(True, True, False, 35),
            Repeat(True, False, True, 5),
            Repeat(False, True, False, 12),
            Repeat(False, False, False, 3),
            Repeat(False, True, True, 5),
        ],
        1_000,
        confidence=0.95,
        alpha=0.05,
        planned=10_000,
    )


def second_source() -> AgainstSecond:
    """Of 9,000 requests a second fleet answers 270 otherwise and the shadow 540, 90 of them both.

    To 400 more it did not answer, and one answer cannot be read.
    """
    counted = (9_000, 9_000, 1, 270, 540, 90)
    summed = (9_000.0, 270.0, 540.0, 270.0, 540.0, 90.0, 270.0, 540.0)
    return AgainstSecond(
        second_floor(
            Fates(9_000, 400, 0, 1),
            Differing(*counted, *summed),
            confidence=0.95,
            alpha=0.05,
            planned=10_000,
        ),
        Window(START, END),
        "s3://bucket/again",
        "AllTraffic",
        (("inference_id", 9_401),),
        "SageMaker says that both run the model fraud-v6.",
    )


def scores() -> Scores:
    production = RNG.beta(2, 6, PAIRS)
    delta = RNG.normal(0.01, 0.04, PAIRS)
    counts, mean_edges, delta_edges = np.histogram2d(production + delta / 2, delta, bins=(50, 40))
    quantiles = np.array([0.01, 0.025, 0.25, 0.5, 0.75, 0.975, 0.99])
    return Scores(
        bland_altman=BlandAltman(
            bias=Estimate(0.0101, 0.0095, 0.0107, PAIRS),
            lower=Estimate(-0.068, -0.07, -0.066, PAIRS),
            upper=Estimate(0.088, 0.086, 0.09, PAIRS),
            slope=Estimate(0.02, -0.01, 0.05, PAIRS),
            ccc=Estimate(0.96, 0.955, 0.965, PAIRS),
            sd=0.04,
            production_sd=0.14,
        ),
        quantiles=quantiles,
        delta_quantiles=np.quantile(delta, quantiles),
        quantile_lower=Estimate(-0.069, -0.072, -0.066, PAIRS),
        quantile_upper=Estimate(0.089, 0.086, 0.092, PAIRS),
        lower_watched=Estimate(-0.069, -0.074, -0.064, PAIRS),
        upper_watched=Estimate(0.089, 0.084, 0.095, PAIRS),
        mean_edges=mean_edges,
        delta_edges=delta_edges,
        counts=counts.astype(np.int64),
        standardised_bias=Estimate(0.072, 0.05, 0.094, PAIRS, "sd"),
    )


def latency() -> Latency:
    return Latency(
        metric="ModelLatency",
        source="CloudWatch ModelLatency, one period of 7 days for the window.",
        production=_variant(1.0),
        shadow=_variant(1.18),
        differences=tuple(
            LatencyDifference(
                *(q, 50 * (1 + 3 * q**6), 50 * (1 + 3 * q**6) * 1.18),
                Estimate(9 * (1 + q**6), 7 * (1 + q**6), 13 * (1 + q**6), PAIRS, "ms"),
                Estimate(0.18, 0.14, 0.22, PAIRS, "ratio"),
                Estimate(0.18, 0.12, 0.24, PAIRS, "ratio"),
            )
            for q in QUANTILES
        ),
    )


def _variant(factor: float) -> VariantLatency:
    n = rhythm().astype(float)
    base = np.array([50.0, 80.0, 95.0, 140.0]) * factor
    ms = base * RNG.lognormal(0, 0.06, (HOURS, 4))
    ms[n == 0] = np.nan
    series = PercentileSeries(hours(), 3600, QUANTILES, ms, n)
    return VariantLatency("ModelLatency", Percentiles(QUANTILES, base, PAIRS), series, series)


def errors() -> Errors:
    n = rhythm().astype(float)
    asked = np.where(n > 0, n, np.nan)
    return Errors(
        rates=tuple(
            ErrorRate(
                ErrorCounts(kind, bad, PAIRS, worse, PAIRS),
                Estimate(bad / PAIRS, bad / PAIRS * 0.7, bad / PAIRS * 1.4, PAIRS, "share"),
                Estimate(worse / PAIRS, worse / PAIRS * 0.7, worse / PAIRS * 1.4, PAIRS, "share"),
                Estimate((worse - bad) / PAIRS, -0.0004, 0.0011, PAIRS, "share"),
                Estimate((worse - bad) / PAIRS, -0.0008, 0.0016, PAIRS, "share"),
            )
            for kind, bad, worse in (
                ("4xx_errors", 40, 41),
                ("5xx_errors", 8, 15),
                ("model_errors", 5, 6),
            )
        ),
        series=tuple(
            ErrorSeries(
                kind, hours(), asked * 0 + (np.arange(HOURS) % 17 == 0), asked, asked * 0, asked
            )
            for kind in ("4xx_errors", "5xx_errors", "model_errors")
        ),
        production_invocations=PAIRS + 222,
        shadow_invocations=PAIRS + 31,
    )


def numeric(name: str, shift: float, *, state: str = "none") -> FeatureDrift:
    x = np.linspace(-4, 4, 200)
    effect = min(0.4 * shift + 0.004, 0.99)
    return FeatureDrift(
        name=name,
        kind="numeric",
        n_reference=30_000,
        n_current=PAIRS,
        missing_reference=12,
        missing_current=90,
        effect=Estimate(effect, max(effect - 0.012, 0), effect + 0.012, PAIRS),
        effect_name="KS D",
        p=0.0001,
        q=0.0009,
        psi=shift**2,
        psi_expected=0.0008,
        psi_p=0.3,
        js=shift / 3,
        wasserstein=shift * 12,
        wasserstein_scaled=shift,
        cvm=3.2,
        cvm_p=0.002,
        chi2=None,
        largest_shift=None,
        tolerance=0.1,
        state=state,
        reference_curve=Curve(x, 1 / (1 + np.exp(-1.7 * x))),
        current_curve=Curve(x, 1 / (1 + np.exp(-1.7 * (x - shift)))),
        labels=(),
        reference_shares=None,
        current_shares=None,
    )


def over_time() -> DriftOverTime:
    """A number that moves after three days, one that does not, and a text; an hour is a gap."""
    rng = np.random.default_rng(5)
    rows = rhythm()
    held = np.sort(np.random.default_rng(6).normal(size=30_000))
    reference, yard = np.full(20, 1500), yardstick(held, edges(held)[0])

    def numbers(name: str, tilt: np.ndarray) -> Bins:
        shares = (1 + tilt[:, None] * np.linspace(-1, 1, 20)) / 20
        drawn = [rng.multinomial(n, share) for n, share in zip(rows, shares, strict=True)]
        coarse, none = np.arange(0, 20, 2), np.zeros(HOURS, dtype=np.int64)
        return Bins(name, "numeric", np.array(drawn), reference, coarse, none, 0, yardstick=yard)

    text = np.array([rng.multinomial(n, (0.5, 0.3, 0.2)) for n in rows])
    bins = (
        numbers("amount", np.where(np.arange(HOURS) < 75, 0.0, 0.8)),
        numbers("<b>steady</b>", np.zeros(HOURS)),
        Bins(
            *("country", "categorical", text, np.array([15_000, 9_000, 6_000]), np.arange(3)),
            *(np.zeros(HOURS, dtype=np.int64), 0),
        ),
    )
    return find_over_time(bins, hours(), rows, block_s=3600, tolerance=0.1, alpha=0.05)


def together() -> InputsTogether:
    """Requests that a model tells apart a little, by their amounts."""
    return InputsTogether(
        energy=Energy(0.021, 0.0016, 0.001, 1000, 1000, 999),
        separation=Separation(
            Estimate(0.583, 0.571, 0.595, 8000),
            *(0.00001, 4000, 4000),
            (Explained("amount", 0.061, 0.055, 0.067), Explained("<b>odd</b>", 0.001, 0, 0.002)),
        ),
        features=("amount", "<b>odd</b>", "country"),
        reference="baseline.csv of 2026-02-01.",
        note="",
    )


def categorical(
    name: str, labels: tuple[str, ...] = ("card", "transfer", "cash", "voucher")
) -> FeatureDrift:
    then = np.arange(len(labels), 0, -1, dtype=float)
    now = then[::-1] + 1
    then, now = then / then.sum(), now / now.sum()
    return replace(
        numeric(name, 0.3, state="drift"),
        kind="categorical",
        effect_name="Cramér V",
        cvm=math.nan,
        cvm_p=math.nan,
        wasserstein=math.nan,
        wasserstein_scaled=math.nan,
        chi2=TestResult(210.0, 3, 1e-12, 50_000),
        largest_shift=CategoryShift(
            *(labels[0], float(then[0]), float(now[0])),
            Estimate(-0.2, -0.21, -0.19, PAIRS, "share"),
        ),
        reference_curve=None,
        current_curve=None,
        labels=labels,
        reference_shares=then,
        current_shares=now,
    )


def features() -> tuple[FeatureDrift, ...]:
    return (
        numeric("amount", 0.9, state="drift"),
        categorical("channel"),
        *(numeric(f"feature_{i}", 0.25 / (i + 1)) for i in range(8)),
        replace(numeric("rare", 0.0, state="cannot_tell"), q=0.4),
        replace(
            numeric("empty", 0.0, state="no_data"),
            effect=no_estimate(),
            q=math.nan,
            p=math.nan,
            reference_curve=None,
            current_curve=None,
        ),
    )


def ingest() -> IngestCounts:
    return IngestCounts(
        objects=336,
        failed=1,
        lines=40_260,
        records=40_253,
        rejected=7,
        rows=40_253,
        unreadable=4,
        without_time=0,
        absent=0,
        bytes=61_000_000,
    )


def report(test: str = "fraud-v7", decision: str = "hold") -> Report:
    grid = rhythm().reshape(7, 24)
    return Report(
        test=test,
        kind="binary",
        window=Window(START, END),
        production="AllTraffic",
        shadow="Shadow-01",
        reading="column 0 of CSV, label 1 at 0.5 or above",
        reading_guessed=True,
        pairing=pairing(),
        agreement=agreement(),
        comparison=None,
        scores=scores(),
        prediction_drift=numeric("score", 0.1),
        latency=latency(),
        paired_latency=None,
        overhead=None,
        latency_problem=None,
        errors=errors(),
        hours=HoursOfWeek(int((grid > 0).sum()), grid),
        ingest=ingest(),
        verdict=verdict(decision),
    )


def without_pairs() -> Report:
    found = report()
    nothing = replace(
        found.pairing,
        production=0,
        shadow=0,
        paired=0,
        by_method=(),
        production_only=0,
        shadow_only=0,
        ambiguous=0,
    )
    return replace(
        found,
        pairing=nothing,
        agreement=None,
        comparison=None,
        scores=None,
        prediction_drift=None,
        latency=None,
        paired_latency=None,
        overhead=None,
        latency_problem="No requests in this window.",
        errors=None,
    )


def regression() -> Report:
    found = report("eta-v2")
    assert found.agreement is not None
    return replace(
        found,
        kind="regression",
        agreement=replace(
            found.agreement,
            confusion=None,
            kappa=None,
            bowker=None,
            stuart_maxwell=None,
            shifts=(),
            tolerance=0.05,
        ),
    )


def discovery() -> Discovery:
    """What SageMaker knows of one of the tests, and of one that is configured nowhere."""
    running = Discovered(
        name="fraud-v7-shadow",
        source="experiment",
        state="Running",
        reason=None,
        endpoint="fraud-v7",
        production=Variant("AllTraffic", "fraud-6", "ml.m5.large", 2, None),
        shadow=Variant("Shadow-01", "fraud-7", "ml.m5.large", 2, None),
        captures="s3://bucket/fraud",
        capture_percent=None,
        shadow_percent=50.0,
        kms_key=None,
        start=START,
        end=END,
        left=timedelta(hours=7),
        warnings=("The experiment ends by itself in less than a day.",),
    )
    other = replace(
        running, name="<b>other</b>", endpoint="other", state="Cancelled", left=None, warnings=()
    )
    return Discovery((running, other), ("eta-v3 is not shown whole: AccessDenied.",), END)


def freshness(newest: datetime = END, *, behind: timedelta = timedelta(0)) -> Freshness:
    """Captures of which the shadow's stopped ``behind`` before production's."""
    return Freshness(newest, newest - behind, Delivery(75.0, 130.0, 1204), 80)


READING = Reading(
    kind="binary",
    output=OutputReading("csv", score=0),
    input=InputReading(
        "csv", names=("amount", "country", "<b>odd</b> name"), numeric=(True, False, False)
    ),
    encodings=("CSV", "CSV"),
    batched=False,
    bulk=True,
    guessed=True,
)


def searched(
    parts: Sequence[tuple[tuple[str, ...], str, str, int, int]],
    whole: tuple[int, int],
    within: Mapping[int, tuple[int, int]] | None = None,
) -> Search:
    """A search in two halves with the same counts: dimensions, name, filter, pairs, agreeing.

    ``within`` are the places of the two slices that meet, by the place of where they do.
    """
    rows = np.array([whole, *((n, agreed) for *_, n, agreed in parts)], dtype=np.int64)
    inside = np.zeros(rows.shape, dtype=np.int64)
    for at, both in (within or {}).items():
        inside[at + 1] = [each + 1 for each in both]
    cuts = [(), *(part[0] for part in parts)]
    cut = np.array([cuts.index(each) for each in cuts])
    found = screen(Counts(rows[:, 0], rows[:, 1], inside, cut), confidence=0.95)
    kept = found.to_judge()
    return judge(
        found,
        [Named(*parts[row - 1][:3]) for row in kept[1:]],
        Counts(rows[kept, 0], rows[kept, 1], inside[kept], cut[kept]),
        n=2 * whole[0],
        agreed=2 * whole[1],
        confidence=0.95,
    )


def slices() -> Search:
    """Requests of large amounts disagree, those from Brazil most; all else is as everywhere."""
    parts = (
        (("amount",), "amount < 412.5", "amount < 412.5", 17_500, 17_132),
        (("amount",), "amount ≥ 412.5", "amount >= 412.5", 2_500, 2_030),
        (("country",), "country = BR", 'country = "BR"', 8_000, 7_464),
        (("country",), "country: all other", 'country != "BR"', 12_000, 11_698),
        (("hour",), "hour = 3", "hour = 3", 12, 2),
        (("hour",), "hour = 4", "hour = 4", 19_988, 19_160),
        (("content_type",), "content type = text/csv", 'content_type = "text/csv"', 20_000, 19_162),
        (
            ("amount", "country"),
            "amount ≥ 412.5 and country = BR",
            'amount >= 412.5 and country = "BR"',
            *(1_000, 560),
        ),
    )
    return searched(parts, (20_000, 19_162), {7: (1, 2)})


def slices_without_features() -> Search:
    part = (("content_type",), "content type = text/csv", 'content_type = "text/csv"', 40, 40)
    return searched([part], (40, 40))


BLOCKS = 42  # of four hours


def resources(
    *, shadow_type: str | None = "ml.c6i.xlarge", price: float | None = 0.5, disk: float = 40.0
) -> ResourceReading:
    """Two instances with a GPU, and one shadow instance without; one hour has no data."""
    production = variant_use(
        Machine("ml.g5.xlarge", 4, "name", 1, "configuration", 1.5, 2),
        cpu=80.0,
        gpu=30.0,
        disk=30.0,
    )
    shadow = variant_use(
        Machine(shadow_type, 4 if shadow_type else None, "name", None, "unknown", price, 1),
        cpu=160.0,
        gpu=math.nan,
        disk=disk,
    )
    window = Window(START, END)
    times = Times(window, HOURS * 3600, 4 * 3600, hours(), 3600)
    return ResourceReading(
        compare(production, shadow, times, currency="EUR", confidence=0.95),
        "CloudWatch /aws/sagemaker/Endpoints and Invocations of fraud-v7",
        None,
        None if shadow_type else "The instance type of Shadow-01 is not known: AccessDenied.",
    )


def variant_use(machine: Machine, cpu: float, gpu: float, disk: float) -> VariantUse:
    n = rhythm().astype(float)
    load = np.where(n > 0, n / n[n > 0].mean(), np.nan)
    means = {"cpu": cpu, "memory": 50.0, "gpu": gpu, "gpu_memory": gpu, "disk": disk}

    def usage(metric: str) -> Usage:
        series = means[metric] * (0.5 + 0.5 * load)
        if math.isnan(means[metric]):
            nothing = np.full(BLOCKS, math.nan)
            return Usage(metric, math.nan, math.nan, 0, nothing, series, series)
        blocks = np.nanmean(series.reshape(BLOCKS, 4), axis=1)
        return Usage(
            *(metric, float(np.nanmean(series)), float(1.2 * np.nanmax(series)), 20_000),
            *(blocks, series, 1.2 * series),
        )

    return VariantUse(
        machine=machine,
        usages=tuple(usage(metric) for metric in METRICS),
        requests=int(n.sum()),
        batch_requests=n.reshape(BLOCKS, 4).sum(axis=1),
        batch_instances=np.full(BLOCKS, float(machine.count or 1)),
        series_requests=np.where(n > 0, n, np.nan),
    )


def usual() -> Usual:
    """Four weeks with half as many requests at weekends."""
    four = np.arange(4 * HOURS)
    start = np.datetime64("2026-02-02T00:00:00", "s") + four * np.timedelta64(1, "h")
    n = np.where(four // 24 % 7 < 5, 100.0, 50.0)
    return usual_traffic(start, n, source="earlier")


def answer_forms() -> tuple[Answers, Answers]:
    csv = Answers(200, {"text/csv": 900}, {"text/csv": 900}, {"0": {"number": 200}}, {})
    return csv, csv
