"""Does the report say what was captured, and what it could not find out?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.policy import alpha_each
from analysis.sequences import bernoulli_sequence
from queries import reports
from queries.config import Aws, Config, Prediction, Test
from queries.errors import NotComparable, QuestionError
from queries.opened import Opened, open_test
from tests.queries.capturing import NOON, capture_file, line

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No region is configured: CloudWatch is not asked."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def opened(folder: Path, production: list[bytes], shadow: list[bytes], **test: Any) -> Opened:
    """A test with these captures."""
    captures = folder / "captures"
    capture_file(captures, production)
    capture_file(captures, shadow, variant="Shadow")
    asked = Test(name="t", captures=str(captures), production="AllTraffic", shadow="Shadow", **test)
    return open_test(Config(tests=(asked,), cache=folder / "cache"), asked)


def both(
    count: int,
    shadow: Callable[[int], str],
    production: Callable[[int], str] = lambda n: f"0.{n % 10}5",
    every: float = 60,
) -> tuple[list[bytes], list[bytes]]:
    """Pairs of records, one every so many seconds, from noon."""
    sides = ([], [])  # type: tuple[list[bytes], list[bytes]]
    for n in range(count):
        for side, answer in zip(sides, (production(n), shadow(n)), strict=True):
            side.append(line(f"{n},1", answer, at=n * every, inference=f"r{n}", event=f"e{n}"))
    return sides


def test_a_binary_test_end_to_end(tmp_path: Path) -> None:
    """120 pairs over two hours, every tenth flipped: all the counts follow by arithmetic."""
    production, shadow = both(120, lambda n: "0.95" if n % 10 == 0 else f"0.{n % 10}5")
    found = reports.report(opened(tmp_path, production, shadow), "all")
    assert (found.kind, found.test, found.reading) == (
        "binary",
        "t",
        "binary: score from CSV column 0",
    )
    assert found.reading_guessed
    pairing = found.pairing
    assert (pairing.production, pairing.shadow, pairing.paired) == (120, 120, 120)
    assert [(m.method, m.pairs) for m in pairing.by_method] == [("inference_id", 120)]
    assert found.agreement is not None
    # 0.05 became 0.95 in 12 of 120
    assert (found.agreement.fixed.value, found.agreement.fixed.n) == (0.9, 120)
    assert found.agreement.confusion is not None
    assert found.agreement.confusion.counts.tolist() == [[48, 12], [0, 60]]
    assert (found.agreement.missing, found.agreement.worst, found.agreement.best) == (0, 0.9, 0.9)
    assert found.scores is not None
    # twelve differences of 0.9 in 120
    assert found.scores.bland_altman.bias.value == pytest.approx(0.09)
    assert found.scores.counts.sum() == 120
    assert found.hours.seen == 2
    assert found.hours.grid[6, 12] == found.hours.grid[6, 13] == 60
    assert found.verdict.decision in ("hold", "reject")


def test_the_rows_of_one_record_are_not_independent(tmp_path: Path) -> None:
    """Fifty batches of four rows that agree wholly or not at all are worth fifty pairs."""
    scores, rows = ("0.25", "0.75"), "1,2\n3,4\n5,6\n7,8"
    sides: tuple[list[bytes], list[bytes]] = ([], [])
    for n in range(50):
        for side, answer in zip(sides, (scores[0], scores[n % 10 == 0]), strict=True):
            side.append(line(rows, "\n".join([answer] * 4), at=60 * n, inference=f"r{n}"))
    shown = opened(tmp_path, *sides)
    found = reports.report(shown, "all").agreement
    assert found is not None
    assert found.clusters is not None
    sums = found.clusters.sums
    assert (sums.clusters, sums.pairs, sums.agreed, sums.largest) == (50, 200, 180, 4)
    assert found.clusters.icc == pytest.approx(1)
    assert found.clusters.effective == pytest.approx(50)
    assert (found.fixed.value, found.fixed.n, found.sequence.n) == (0.9, 200, 200)
    alone = bernoulli_sequence(45, 50, alpha=_alpha(shown), planned=shown.policy.planned_pairs)
    assert (found.sequence.low, found.sequence.high) == pytest.approx(alone)
    judged = next(
        each for each in reports.report(shown, "all").verdict.guardrails if each.name == "agreement"
    )
    assert (judged.low, judged.high) == pytest.approx(alone)
    assert "n = 200 pairs, worth at least 50 independent ones" in judged.sentence


def test_labels_and_scores_of_one_record_are_not_independent(tmp_path: Path) -> None:
    """Two hundred batches of four like rows: labels and scores are judged as two hundred pairs.

    Their label shift is that of the same two hundred records with one row each, and so is the bias.
    """
    shares = {}
    for rows in ("1,2", "1,2\n3,4\n5,6\n7,8"):
        sides: tuple[list[bytes], list[bytes]] = ([], [])
        for n in range(200):
            for side, answer in zip(
                sides, ("0.25", "0.75" if n % 10 == 0 else "0.25"), strict=True
            ):
                answers = "\n".join([answer] * len(rows.split()))
                side.append(line(rows, answers, at=60 * n, inference=f"r{n}"))
        shares[rows] = reports.report(opened(tmp_path / str(len(rows)), *sides), "all")
    single, batched = shares.values()
    assert single.agreement is not None
    assert batched.agreement is not None
    assert single.agreement.moves is None
    assert batched.agreement.moves is not None
    assert [each.gained.agreed for each in batched.agreement.moves] == [0, 80]
    for one, other in zip(single.agreement.shifts, batched.agreement.shifts, strict=True):
        assert (
            other.difference.value
            == one.difference.value
            == pytest.approx(0.1 if one.label == "1" else -0.1)
        )
        assert (other.sequence.low, other.sequence.high) == pytest.approx(
            (one.sequence.low, one.sequence.high)
        )
        assert other.difference.low <= one.difference.low
        assert other.difference.high >= one.difference.high
    assert single.scores is not None
    assert batched.scores is not None
    assert single.scores.spreads is None
    spreads = batched.scores.spreads
    assert spreads is not None
    assert (spreads.bias.clusters, spreads.bias.pairs, spreads.bias.largest) == (200, 800, 4)
    # differences of 0.5 in one of ten records: Σd² about the mean is 800·0.25·0.1·0.9
    assert spreads.bias.between == pytest.approx(4 * spreads.bias.among)
    assert spreads.bias.among == pytest.approx(18)
    biases = [each.scores.bland_altman.bias for each in (single, batched) if each.scores]
    assert biases[1].high - biases[1].low == pytest.approx(biases[0].high - biases[0].low, rel=0.01)
    for name in ("label_shift", "score_bias"):
        (judged,) = (each for each in batched.verdict.guardrails if each.name == name)
        worth = "worth at least 200 independent ones"
        assert (worth in judged.sentence) == (judged.n > 0 and name == "label_shift")


def _alpha(shown: Opened) -> float:
    return alpha_each(shown.policy, shown.reading.kind, scored=True)


def test_the_account_of_what_was_read(tmp_path: Path) -> None:
    """Lines, records, rejects, unreadable and timeless records are all told, of both variants."""
    production, shadow = both(20, lambda n: "0.5")
    production += [b"oops", b"", line("1,2", "0.5", inferenceTime="never")]
    shadow += [line("1,2", "oops", at=3), line("1\n2", "0.1\n0.2", at=4)]
    counted = reports.report(opened(tmp_path, production, shadow), "all").ingest
    assert counted.objects == 2
    assert (counted.lines, counted.records, counted.rejected) == (44, 43, 1)
    assert (counted.rows, counted.unreadable, counted.without_time) == (44, 1, 1)
    assert counted.failed == 0
    assert counted.bytes == sum(len(one) + 1 for one in [*production, *shadow])


@pytest.mark.parametrize(
    ("window", "pairs"),
    [
        ("all", 240),
        ("1h", 60),
        ("2h", 120),
        ("30d", 240),
        ("2024-03-31T12:00:00Z/2024-03-31T12:10:00Z", 10),
        ("2024-03-31T15:59:00Z/2024-03-31T18:00:00Z", 1),
    ],
)
def test_a_window_holds_its_own_pairs(tmp_path: Path, window: str, pairs: int) -> None:
    """Windows are half-open, and their blocks add up to their pairs."""
    found = reports.report(opened(tmp_path, *both(240, lambda n: "0.5")), window)
    assert found.pairing.paired == pairs
    assert found.pairing.series.paired.sum() == found.pairing.series.production.sum() == pairs
    assert found.agreement is not None
    assert found.agreement.series.n.sum() == found.agreement.fixed.n == pairs
    assert found.hours.grid.sum() == pairs


def test_an_empty_window_has_no_healthy_numbers(tmp_path: Path) -> None:
    """Where nothing was captured there is no agreement, and no verdict but to hold."""
    shown = opened(tmp_path, *both(20, lambda n: "0.5"))
    found = reports.report(shown, "2023-01-01T00:00:00Z/2023-01-02T00:00:00Z")
    assert (found.pairing.production, found.pairing.paired) == (0, 0)
    assert (found.agreement, found.scores, found.prediction_drift) == (None, None, None)
    assert found.verdict.decision == "hold"
    statuses = {each.name: each.status for each in found.verdict.guardrails}
    assert statuses["agreement"] == "no_data"
    assert "ok" not in {statuses[name] for name in ("agreement", "prediction_drift", "p99_latency")}


def test_expected_pairs_follow_from_the_sampling(tmp_path: Path) -> None:
    """Half captured, 40 percent of it copied: 100 production rows promise 100 x 0.5 x 0.4 pairs."""
    production, shadow = both(100, lambda n: "0.5")
    shown = opened(tmp_path, production, shadow[:15], capture_percent=50, shadow_percent=40)
    pairing = reports.report(shown, "all").pairing
    assert pairing.expected == pytest.approx(20)
    assert (pairing.capture_share, pairing.shadow_share) == (0.5, 0.4)
    assert pairing.series.expected.sum() == pytest.approx(20)
    assert pairing.sample_ratio is not None
    # 15 of 115 rows are the shadow's, where 0.4 / 1.4 of them should be: far too few
    assert pairing.sample_ratio.p < 0.001


def test_missing_answers_are_bounds_not_disagreements(tmp_path: Path) -> None:
    """20 of 100 shadow answers are missing: all agreed at best, all disagreed at worst."""
    production, shadow = both(100, lambda n: f"0.{n % 10}5")
    found = reports.report(opened(tmp_path, production, shadow[:80]), "all")
    assert found.agreement is not None
    assert (found.agreement.fixed.value, found.agreement.missing) == (1.0, 20)
    assert (found.agreement.worst, found.agreement.best) == (0.8, 1.0)
    assert found.pairing.production_only == 20


def test_without_rates_nothing_is_expected(tmp_path: Path) -> None:
    """What is not configured is not known: no expectation, and no test of it."""
    pairing = reports.report(opened(tmp_path, *both(20, lambda n: "0.5")), "all").pairing
    assert pairing.expected is None
    assert pairing.sample_ratio is None
    assert np.isnan(pairing.series.expected).all()


def test_missing_minutes_are_missing(tmp_path: Path) -> None:
    """A gap in the captures is a gap in the series: no block, not a block of zero."""
    production, shadow = both(10, lambda n: "0.5", every=600)
    del production[3:6], shadow[3:6]
    series = reports.report(opened(tmp_path, production, shadow), "all").pairing.series
    minutes = [moment.item().minute for moment in series.start]
    assert minutes == [0, 10, 20, 0, 10, 20, 30]
    assert series.production.tolist() == [1] * 7


def test_blocks_of_one_variant_only(tmp_path: Path) -> None:
    """Where one variant was silent its count is 0 in the blocks of the other."""
    production, shadow = both(10, lambda n: "0.5")
    series = reports.report(opened(tmp_path, production, shadow[5:]), "all").pairing.series
    assert series.production.tolist() == [1] * 10
    assert series.shadow.tolist() == series.paired.tolist() == [0] * 5 + [1] * 5


def test_a_regression_test(tmp_path: Path) -> None:
    """Agreement is within the tolerance of the policy; there is no confusion of labels."""
    sides = both(
        100, lambda n: f"{100 + n + (20 if n % 4 == 0 else 1)}.5", lambda n: f"{100 + n}.5"
    )
    found = reports.report(opened(tmp_path, *sides), "all")
    assert found.kind == "regression"
    assert found.agreement is not None
    assert found.agreement.fixed.value == 0.75
    assert (found.agreement.confusion, found.agreement.tolerance) == (None, 0.05)
    assert found.scores is not None
    assert found.scores.bland_altman.bias.value == pytest.approx((25 * 20 + 75) / 100)


def test_a_multiclass_test(tmp_path: Path) -> None:
    """Labels are compared, and their shares; the scores of different labels are not."""
    sides = both(90, lambda n: "dog,0.5" if n % 9 == 0 else "cat,0.9", lambda n: "cat,0.8")
    found = reports.report(opened(tmp_path, *sides), "all")
    assert (found.kind, found.scores) == ("multiclass", None)
    assert found.agreement is not None
    assert found.agreement.confusion is not None
    assert found.agreement.confusion.labels == ("cat", "dog")
    assert found.agreement.confusion.counts.tolist() == [[80, 10], [0, 0]]
    assert found.prediction_drift is not None
    assert found.prediction_drift.kind == "categorical"


def test_equal_scores_still_have_a_picture(tmp_path: Path) -> None:
    """Scores that never differ fall into a cell of some width."""
    sides = both(20, lambda n: "0.5", lambda n: "0.5")
    found = reports.report(opened(tmp_path, *sides), "all")
    assert found.scores is not None
    assert found.scores.counts.sum() == 20
    assert np.all(np.diff(found.scores.delta_edges) > 0)
    assert found.scores.bland_altman.bias.value == 0


def test_unreadable_answers_are_no_disagreements(tmp_path: Path) -> None:
    """An answer that cannot be read is counted apart, not compared."""
    sides = both(100, lambda n: "busy" if n % 20 == 0 else f"0.{n % 10}5")
    found = reports.report(opened(tmp_path, *sides), "all")
    assert found.agreement is not None
    assert (found.agreement.fixed.n, found.agreement.fixed.value) == (95, 1.0)
    (unreadable,) = [each for each in found.verdict.guardrails if each.name == "unreadable"]
    assert unreadable.value == pytest.approx(5 / 200)


def test_without_a_region_latency_says_so(tmp_path: Path) -> None:
    """No region: a sentence instead of numbers, and the rest of the report stands."""
    found = reports.report(opened(tmp_path, *both(20, lambda n: "0.5")), "all")
    assert (found.latency, found.errors) == (None, None)
    assert found.latency_problem is not None
    assert "No AWS region is configured" in found.latency_problem
    assert found.pairing.paired == 20


def test_cloudwatch_failing_is_told_not_raised(tmp_path: Path) -> None:
    """An address where nothing answers gives a sentence, and the rest of the report stands."""
    shown = opened(tmp_path, *both(20, lambda n: "0.5"))
    aws = Aws(region="eu-central-1", endpoint_url="http://127.0.0.1:9")
    shown = replace(shown, config=replace(shown.config, aws=aws))
    found = reports.report(shown, "all")
    assert found.latency is None
    assert found.latency_problem
    assert found.pairing.paired == 20


def test_captures_without_an_endpoint_say_so(tmp_path: Path) -> None:
    """Neither configured nor in a path: CloudWatch cannot be asked, and the sentence says why."""
    for variant, lines in zip(("A", "B"), both(5, lambda n: "0.5"), strict=True):
        (tmp_path / "captures" / variant).mkdir(parents=True)
        (tmp_path / "captures" / variant / "x.jsonl").write_bytes(b"\n".join(lines))
    asked = Test(name="t", captures=str(tmp_path / "captures"), production="A", shadow="B")
    shown = open_test(Config(tests=(asked,), cache=tmp_path / "cache"), asked)
    assert shown.endpoint is None
    problem = reports.report(shown, "all").latency_problem
    assert problem is not None
    assert "set `endpoint`" in problem


def test_a_variant_without_captures_is_told(tmp_path: Path) -> None:
    """The sentence names the variant, and those that there are."""
    capture_file(tmp_path / "captures", both(5, lambda n: "0.5")[0])
    asked = Test(
        name="t", captures=str(tmp_path / "captures"), production="AllTraffic", shadow="Shadow"
    )
    with pytest.raises(NotComparable, match="no captures of the variant Shadow of t; there are"):
        open_test(Config(tests=(asked,), cache=tmp_path / "cache"), asked)


def test_captures_without_times_are_told(tmp_path: Path) -> None:
    """Without a single time no window can be chosen; the sentence says so."""
    timeless = [line("1,2", "0.5", inferenceTime="{%s}")]
    with pytest.raises(NotComparable, match="carries a readable inferenceTime, so no window"):
        reports.report(opened(tmp_path, timeless, timeless), "all")


def test_what_names_no_window_is_told(tmp_path: Path) -> None:
    """A window nobody understands is refused, not guessed."""
    with pytest.raises(QuestionError, match="is no window"):
        reports.report(opened(tmp_path, *both(5, lambda n: "0.5")), "yesterday")


def at_hours(*hours: float) -> list[bytes]:
    """Records at so many hours after noon, each in a file of its own hour."""
    return [line(f"{h},1", "0.5", at=h * 3600, inference=f"r{h}") for h in hours]


@pytest.mark.parametrize(
    ("start", "end", "pairs"),
    [
        (None, None, 5),
        (NOON - HOUR / 2, None, 4),
        (None, NOON + HOUR, 3),
        (NOON, NOON + HOUR + timedelta(seconds=1), 3),
        (NOON - HOUR, NOON, 1),
    ],
)
def test_the_hours_beside_a_test_are_not_its_own(
    tmp_path: Path, start: datetime | None, end: datetime | None, pairs: int
) -> None:
    """Files of the neighbour hours are read, but only records within start and end count."""
    hours = (-1, 0, 0.5, 1, 1.5)
    for variant in ("AllTraffic", "Shadow"):
        for hour in hours:
            capture_file(
                tmp_path / "captures", at_hours(hour), variant=variant,
                hour=NOON + math.floor(hour) * HOUR, name=f"{hour}.jsonl",
            )  # fmt: skip
    asked = Test(
        name="t", captures=str(tmp_path / "captures"), production="AllTraffic", shadow="Shadow",
        start=start, end=end, prediction=Prediction(kind="binary"),
    )  # fmt: skip
    shown = open_test(Config(tests=(asked,), cache=tmp_path / "cache"), asked)
    for window in ("all", "7d"):
        assert reports.report(shown, window).pairing.paired == pairs
    if start == NOON:
        with pytest.raises(QuestionError, match="outside the time of the test"):
            reports.report(shown, "2024-03-31T09:00:00Z/2024-03-31T11:30:00Z")


def test_nothing_within_the_time_of_a_test_is_told(tmp_path: Path) -> None:
    """Captures in the neighbour hour only: the sentence speaks of start and end."""
    asked = {"start": NOON + HOUR / 2, "end": NOON + HOUR}
    shown = opened(tmp_path, at_hours(0), at_hours(0), **asked)
    with pytest.raises(NotComparable, match="within its start and end"):
        reports.report(shown, "all")


def test_load_reads_what_is_new(tmp_path: Path) -> None:
    """Each look reads new captures first, telling how far it is."""
    shown = opened(tmp_path, *both(20, lambda n: "0.5"))
    for variant in ("AllTraffic", "Shadow"):
        later = [line("9,9", "0.5", at=5000, inference="late")]
        capture_file(
            shown.test and Path(shown.test.captures), later, variant=variant, name="59.jsonl"
        )
    seen: list[int] = []
    found = reports.load(
        shown.config, shown.test, progress=lambda progress: seen.append(progress.files_done)
    )
    assert found.pairing.paired == 21
    assert seen
