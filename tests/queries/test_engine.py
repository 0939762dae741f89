"""Does every question give the answer worked out by hand, on data small enough for that?"""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from queries import questions as asking
from queries.answers import Answer
from queries.bulk import parquet
from queries.config import Prediction
from queries.duckdb_engine import DuckEngine
from queries.engine import Engine
from queries.errors import QuestionError
from queries.filtered import Relation
from queries.ingest import Ingested, ingest
from queries.opened import open_test
from queries.pairing import Paired, pair
from queries.questions import questions
from queries.reading import Kind
from queries.samples import Captures
from tests.queries import mirroring
from tests.queries.capturing import NOON, capture_file, line
from tests.queries.mirroring import log_file, log_test, logged

HOUR = 475_524  # the hours from 1970 to 31 March 2024, 12:00 UTC
ALL = {"start": datetime(2024, 1, 1), "end": datetime(2025, 1, 1)}  # noqa: DTZ001 - UTC, as bound
FIRST_MINUTE = {
    "start": NOON.replace(tzinfo=None),
    "end": (NOON + timedelta(minutes=1)).replace(tzinfo=None),
}


def record(t: float, name: str | None, given: str, answer: str, **about: Any) -> bytes:
    return line(given, answer, at=t, event=name and f"e-{name}", inference=name, **about)


# Three comparable pairs (r1, r2, r3), one whose shadow cannot be read (r4), one row of each
# variant without a partner (r5, r6), one without a time (r7), and two requests with one input,
# no ids and four different answers, which nobody can pair.
PRODUCTION = [
    record(0, "r1", "1,a", "0.9"),
    record(30, "r2", "2,b", "0.2"),
    record(60, "r3", ",a", "0.4"),
    record(3600, "r4", "4,", "0.7"),
    record(3610, "r5", "5,c", "0.5"),
    record(0, "r7", "7,c", "0.3", inferenceTime="{%s}"),
    record(7200, None, "8,a", "0.1"),
    record(7200, None, "8,a", "0.6"),
]
SHADOW = [
    record(0, "r1", "1,a", "0.8"),
    record(31, "r2", "2,b", "0.6"),
    record(61, "r3", "other,a", "0.1"),
    record(3600, "r4", "4,", "oops"),
    record(3620, "r6", "6,c", "0.3"),
    record(7200, None, "8,a", "0.3"),
    record(7200, None, "8,a", "0.4"),
]


BATCHES = [
    record(0, "b1", "1,a\n2,b\n3,c", "0.9\n0.9\n0.1"),
    record(1, "b2", "4,a", "0.2"),
    record(2, "b3", "5,a\n6,b\n7,c", "0.9\n0.9\n0.9"),
]
BATCHES_OF_SHADOW = [
    record(0, "b1", "1,a\n2,b\n3,c", "0.8\n0.3\n0.2"),
    record(1, "b2", "4,a", "0.1"),
    record(2, "b3", "5,a\n6,b\n7,c", "0.1\n0.1\noops"),
]


class Opened:
    """The data above, or others, and an engine over it."""

    def __init__(
        self,
        folder: Path,
        production: list[bytes] = PRODUCTION,
        shadow: list[bytes] = SHADOW,
        cluster: str | None = None,
    ) -> None:
        capture_file(folder / "captures", production)
        capture_file(folder / "captures", shadow, variant="Shadow")
        self.read: Ingested = ingest(
            Captures(
                location=str(folder / "captures"),
                production="AllTraffic",
                shadow="Shadow",
                prediction=Prediction(column=0, kind="binary"),
                cluster=cluster,
            ),
            folder / "cache",
        )
        self.paired: Paired = pair(self.read.store, *self.sides)

    @property
    def sides(self) -> tuple[Any, Any]:
        return self.read.of("AllTraffic"), self.read.of("Shadow")

    def engine(
        self, kind: Kind = "binary", threshold: float = 0.5, tolerance: float = 0.5
    ) -> Engine:
        return DuckEngine(
            self.read.store, *self.sides, self.paired,
            kind=kind, threshold=threshold, tolerance=tolerance,
        )  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """The data, read and paired once."""
    return Opened(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def engine(opened: Opened) -> Engine:
    """The engine of a binary test with the threshold 0.5."""
    return opened.engine()


def rows(answer: Answer) -> list[tuple[Any, ...]]:
    """The rows of an answer, missing numbers as None."""
    return [
        tuple(None if isinstance(v, float) and math.isnan(v) else v for v in row)
        for row in zip(*(answer[name].tolist() for name in answer), strict=True)
    ]


def test_extent(engine: Engine) -> None:
    """From noon to two o'clock; 8 + 7 rows, of which r7 has no time."""
    answer = engine.run("extent")
    assert answer.one("first_ts") == np.datetime64("2024-03-31T12:00:00")
    assert answer.one("last_ts") == np.datetime64("2024-03-31T14:00:00")
    assert (answer.count("n"), answer.count("without_time")) == (15, 1)


def test_rows_by_block(engine: Engine) -> None:
    """First hour r1 r2 r3 of both; second r4 r5 against r4 (unread) r6; third two of each."""
    answer = engine.run("rows_by_block", block_s=3600, **ALL)
    assert rows(answer) == [
        (HOUR, "production", 3, 0),
        (HOUR, "shadow", 3, 0),
        (HOUR + 1, "production", 2, 0),
        (HOUR + 1, "shadow", 2, 1),
        (HOUR + 2, "production", 2, 0),
        (HOUR + 2, "shadow", 2, 0),
    ]


def test_agreement_by_block(engine: Engine) -> None:
    """r1 (1, 1) and r3 (0, 0) agree, r2 (0, 1) does not; r4 is paired but not comparable."""
    answer = engine.run("agreement_by_block", block_s=3600, **ALL)
    assert rows(answer) == [(HOUR, 3, 3, 2), (HOUR + 1, 1, 0, 0)]
    # half a minute each: r1 in the first, r2 in the second, r3 past the end of the window
    answer = engine.run("agreement_by_block", block_s=30, **FIRST_MINUTE)
    assert rows(answer) == [(HOUR * 120, 1, 1, 1), (HOUR * 120 + 1, 1, 1, 0)]


def test_agreement_by_cluster(engine: Engine, tmp_path: Path) -> None:
    """Records of one row each; then batches, of which each record's rows are one cluster."""
    assert rows(engine.run("agreement_by_cluster", **ALL)) == [(3, 3, 2, 1, 3, 3, 2, 2, 2.0)]
    batched = Opened(tmp_path, BATCHES, BATCHES_OF_SHADOW).engine()
    # (n, a): b1 (3, 2), b2 (1, 1), b3 (2, 0) for its third row cannot be read
    assert rows(batched.run("agreement_by_cluster", **ALL)) == [
        (3, 6, 3, 3, 6, 9 + 1 + 4, 6 + 1 + 0, 4 + 1 + 0, pytest.approx(4 / 3 + 1))
    ]
    # by the feature: 'a' (3, 2) of b1, b2 and b3, 'b' (2, 0), 'c' (1, 1), for the last is unread
    keyed = Opened(tmp_path / "keyed", BATCHES, BATCHES_OF_SHADOW, cluster="feature:f1").engine()
    assert rows(keyed.run("agreement_by_cluster", **ALL)) == [
        (3, 6, 3, 3, None, 9 + 4 + 1, 6 + 0 + 1, 4 + 0 + 1, pytest.approx(4 / 3 + 1))
    ]


def test_label_moves_by_cluster(engine: Engine, tmp_path: Path) -> None:
    """r2 (0, 1) is a record of its own; then batches, and the same by a feature."""
    move = (1, 1, 1, 1.0)
    assert rows(engine.run("label_moves_by_cluster", **ALL)) == [
        ("0", 0, 0, 0, 0.0, *move, 0),
        ("1", *move, 0, 0, 0, 0.0, 0),
    ]
    # b1 (1 1 0 against 1 0 0) moves one of three from 1 to 0, b3 (1 1 against 0 0) both of two
    batched = Opened(tmp_path, BATCHES, BATCHES_OF_SHADOW).engine()
    moves = (1 + 2, 3 * 1 + 2 * 2, 1 + 4, pytest.approx(1 / 3 + 4 / 2))
    assert rows(batched.run("label_moves_by_cluster", **ALL)) == [
        ("0", *moves, 0, 0, 0, 0.0, 0),
        ("1", 0, 0, 0, 0.0, *moves, 0),
    ]
    # by the feature: one of the three of 'a' moves, both of 'b'
    keyed = Opened(tmp_path / "keyed", BATCHES, BATCHES_OF_SHADOW, cluster="feature:f1").engine()
    assert rows(keyed.run("label_moves_by_cluster", **ALL)) == [
        ("0", *moves, 0, 0, 0, 0.0, 0),
        ("1", 0, 0, 0, 0.0, *moves, 0),
    ]


def test_label_moves_by_cluster_both_ways(tmp_path: Path) -> None:
    """One record in which a label comes once and goes twice: 0 1 1 against 1 0 0."""
    both = [[record(0, "b1", "1,a\n2,b\n3,c", each)] for each in ("0.1\n0.9\n0.9", "0.9\n0.1\n0.1")]
    answer = Opened(tmp_path, *both).engine().run("label_moves_by_cluster", **ALL)
    once, twice = (1, 3, 1, pytest.approx(1 / 3)), (2, 6, 4, pytest.approx(4 / 3))
    assert rows(answer) == [("0", *twice, *once, 2), ("1", *once, *twice, 2)]


def test_second_answers(tmp_path: Path) -> None:
    """Of the six pairs of the batches three are compared, one each is not, for three reasons.

    b1: the second source changed its first row, the shadow the second, and the third's input is
    another. b2 it was not asked. b3: both changed the first row, and the second cannot be read.
    """
    batched = Opened(tmp_path, BATCHES, BATCHES_OF_SHADOW).engine()
    b3 = (NOON + timedelta(seconds=2)).replace(tzinfo=None)
    second = Relation(
        "second_pairs",
        "SELECT production_segment, production_line, pos, pos = 2 AS different_input, "
        "NOT (ts = ? AND pos = 1) AS comparable, pos > 0 AS agreed FROM pairs WHERE ts <> ?",
        (b3, (NOON + timedelta(seconds=1)).replace(tzinfo=None)),
    )
    answer = batched.run("second_answers", given=[second], **ALL)
    # clusters (n, x, y): b1 (2, 1, 1), b3 (1, 1, 1)
    assert rows(answer) == [(2, 3, 2, 2, 2, 1, 1, 1, 1, 4 + 1, 2 + 1, 2 + 1, 2, 2, 2, 1.5, 1.5)]
    nothing = batched.run("second_answers", given=[second], **ALL | {"end": ALL["start"]})
    assert (nothing.count("clusters"), nothing.count("requests")) == (0, 0)


def test_confusion(engine: Engine) -> None:
    """One of each: r3 (0, 0), r2 (0, 1), r1 (1, 1)."""
    assert rows(engine.run("confusion", **ALL)) == [("0", "0", 1), ("0", "1", 1), ("1", "1", 1)]
    assert rows(engine.run("confusion", **FIRST_MINUTE)) == [("0", "1", 1), ("1", "1", 1)]


def test_pairs_by_method(engine: Engine) -> None:
    """r1 to r4 by inferenceId; only r3's inputs differ."""
    assert rows(engine.run("pairs_by_method", **ALL)) == [("inference_id", 4, 1)]


def test_unread_rows(opened: Opened, engine: Engine) -> None:
    """One answer holds no prediction: the shadow's to r4."""
    answer = engine.run("unread_rows", most=5, **ALL)
    assert (answer["variant"].tolist(), answer["total"].tolist()) == (["shadow"], [1])
    assert f"{int(answer['segment'][0]):016x}" in {each.name for each in opened.sides[1]}
    assert engine.run("unread_rows", most=5, **FIRST_MINUTE).rows == 0


def test_unpaired_rows(engine: Engine) -> None:
    """r5 and r6 are alone (r7, without a time, is in no window); two of each are ambiguous."""
    assert rows(engine.run("unpaired_rows", **ALL)) == [("production", 1, 2), ("shadow", 1, 2)]


def test_score_sums(engine: Engine) -> None:
    """Scores 0.9 0.2 0.4 against 0.8 0.6 0.1, worked out by hand.

    sums 1.5 and 1.5; squares 0.81 + 0.04 + 0.16 = 1.01 and 0.64 + 0.36 + 0.01 = 1.01; products
    0.72 + 0.12 + 0.04 = 0.88; means 0.85 0.4 0.25; differences -0.1 0.4 -0.3.
    """
    answer = engine.run("score_sums", **ALL)
    expected = {
        "n": 3, "sum_p": 1.5, "sum_s": 1.5, "sum_pp": 1.01, "sum_ss": 1.01, "sum_ps": 0.88,
        "mean_low": 0.25, "mean_high": 0.85, "delta_low": -0.3, "delta_high": 0.4,
    }  # fmt: skip
    assert {name: float(answer.one(name)) for name in answer} == pytest.approx(expected)


def test_scores_by_cluster(engine: Engine, tmp_path: Path) -> None:
    """Residuals about a bias of 0.1 in sd of 0.5, production's mean 0.4 and slope 0.25, by hand.

    r1 (0.9, 0.8): d = (-0.1 - 0.1)/0.5 = -0.4, z = 1, u = d; r2 (0.2, 0.6): d = 0.6, z = -0.4,
    u = 0.6 + 0.25·0.84 = 0.81; r3 (0.4, 0.1): d = -0.8, z = 0, u = -0.8 + 0.25 = -0.55.
    """
    given = {"bias": 0.1, "sd": 0.5, "mean": 0.4, "slope": 0.25}
    answer = engine.run("scores_by_cluster", **given, **ALL)
    dd, uu = 0.16 + 0.36 + 0.64, 0.16 + 0.6561 + 0.3025
    assert rows(answer) == [
        pytest.approx((3, 3, 1, 3, dd, dd, 0.64, uu, uu, 0.6561)),
    ]
    # b1 (-0.1 -0.6 0.1) and b2 (-0.1) and b3 (-0.8 -0.8): about 0 in sd of 1
    batched = Opened(tmp_path, BATCHES, BATCHES_OF_SHADOW).engine()
    answer = batched.run("scores_by_cluster", bias=0.0, sd=1.0, mean=0.0, slope=0.0, **ALL)
    between, among = 0.36 + 0.01 + 2.56, 0.01 + 0.36 + 0.01 + 0.01 + 2 * 0.64
    sums = (between, among, 0.64)
    assert rows(answer) == [pytest.approx((3, 6, 3, 9 + 1 + 4, *sums, *sums))]


def test_score_grid(engine: Engine) -> None:
    """Two cells a side over means 0 to 1 and differences -0.5 to 0.5.

    r1 (0.85, -0.1): cells 2, 1; r2 (0.4, 0.4): cells 1, 2; r3 (0.25, -0.3): cells 1, 1.
    """
    cells = {"mean_low": 0.0, "mean_high": 1.0, "mean_cells": 2}
    answer = engine.run("score_grid", **cells, delta_low=-0.5, delta_high=0.5, delta_cells=2, **ALL)
    assert rows(answer) == [(1, 1, 1), (1, 2, 1), (2, 1, 1)]
    # over -0.2 to 0.3, beyond the edges are the cells 0 (r3) and n + 1 (r2); r1 is in the first
    answer = engine.run("score_grid", **cells, delta_low=-0.2, delta_high=0.3, delta_cells=2, **ALL)
    assert rows(answer) == [(1, 0, 1), (1, 3, 1), (2, 1, 1)]


def test_scores(engine: Engine) -> None:
    """The three pairs with two finite scores, in any order."""
    found = rows(engine.run("scores", **ALL))
    assert sorted(found) == [(0.2, 0.6), (0.4, 0.1), (0.9, 0.8)]


def test_feature_values(engine: Engine) -> None:
    """f0 of r1, r2, r4, r5 and the two alike; r3 has none, and r7 has no time."""
    values = engine.run("feature_values", columns=["f0"], **ALL)["f0"]
    assert sorted(values[~np.isnan(values)]) == [1, 2, 4, 5, 8, 8]
    assert np.isnan(values).sum() == 1


def test_feature_counts(engine: Engine) -> None:
    """Of seven requests with a time r3 has no amount; six are whole numbers, none negative."""
    assert rows(engine.run("feature_counts", columns=["f0"], **ALL)) == [(7, 6, 6, 0)]


def test_feature_categories(engine: Engine) -> None:
    """f1 is a in r1, r3 and the two alike, b in r2, c in r5, and empty in r4."""
    assert set(rows(engine.run("feature_categories", columns=["f1"], **ALL))) == {
        ("a", 4),
        ("b", 1),
        ("c", 1),
        (None, 1),
    }


# Input 1 comes three times, of which the first two count: production gives 0.9 and 0.4, the shadow
# 0.8 and 0.7. Input 2 comes twice with one answer. Input 3 comes twice, but once the shadow's
# answer cannot be read, and once more joined to a shadow that was asked something else.
AGAIN = [
    (("1", "0.9"), ("1", "0.8")),
    (("1", "0.4"), ("1", "0.7")),
    (("1", "0.2"), ("1", "0.1")),
    (("2", "0.6"), ("2", "0.1")),
    (("2", "0.6"), ("2", "0.1")),
    (("3", "0.6"), ("3", "0.1")),
    (("3", "0.6"), ("3", "oops")),
    (("3", "0.1"), ("other", "0.1")),
]


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Those requests, a minute apart."""
    sides = [
        [record(60.0 * minute, f"r{minute}", *row) for minute, row in enumerate(side)]
        for side in zip(*AGAIN, strict=True)
    ]
    return Opened(tmp_path_factory.mktemp("again"), *sides)


def test_repeated_inputs(repeated: Opened) -> None:
    """Input 1: production changed, the shadow not, at first they agreed. Input 2: no change.

    Scores count where answers are numbers: within a half of the first, 0.4 is not of 0.9, all else
    is; within six tenths it is, and 0.1 is not within them of 0.6.
    """
    twice = {"tolerance": 0.5, **ALL}
    answer = repeated.engine().run("repeated_inputs", **twice)
    assert rows(answer) == [(False, True, True, 1), (True, True, False, 1)]
    numbers = repeated.engine("regression", tolerance=0.5).run("repeated_inputs", **twice)
    assert rows(numbers) == [(False, True, True, 1), (True, True, False, 1)]
    wider = repeated.engine("regression", tolerance=0.6).run(
        "repeated_inputs", **twice | {"tolerance": 0.6}
    )
    assert rows(wider) == [(True, True, False, 1), (True, True, True, 1)]
    until = {**ALL, "end": (NOON + timedelta(minutes=4)).replace(tzinfo=None)}
    answer = repeated.engine().run("repeated_inputs", tolerance=0.5, **until)
    assert rows(answer) == [(False, True, True, 1)]


def asked(**wanted: Any) -> dict[str, Any]:
    """Parameters of ``disagreements``: any labels, disagreeing, unless said otherwise."""
    labels = {"production": None, "shadow": None, "most": 10, "any_answer": False, **wanted}
    return {
        "any_production": labels["production"] is None,
        "any_shadow": labels["shadow"] is None,
        **labels,
        **ALL,
    }


def test_feature_sample(opened: Opened, engine: Engine) -> None:
    """Two features of one request stay together; of seven with a time every second line."""
    found = rows(engine.run("feature_sample", columns=["f0", "f1"], step=1, **ALL))
    assert sorted(found, key=str) == [
        (1, "a"),
        (2, "b"),
        (4, None),
        (5, "c"),
        (8, "a"),
        (8, "a"),
        (None, "a"),
    ]
    (segment,) = opened.sides[0]
    second = rows(engine.run("feature_sample", columns=["f0"], step=2, **ALL))
    odd = int(segment.name, 16) % 2
    # of the even lines the sixth has no time
    expected = [(1,), (5,), (8,), (None,)] if odd else [(2,), (4,), (8,)]
    assert sorted(second, key=str) == expected


def test_bins_by_block(engine: Engine) -> None:
    """By hour: up to 2 are r1 r2 and of r3 none; then 4 and 5; then 8 twice; and by the text a."""
    binned = Relation(
        "binned",
        "SELECT ts, CASE WHEN f0 IS NULL OR is_nan(f0) THEN 2 WHEN f0 <= ? THEN 0 ELSE 1 END "
        "AS s0, CASE WHEN f1 = ? THEN 0 ELSE 1 END AS s1 FROM captures "
        "WHERE variant = 'production'",
        (2.0, "a"),
    )
    answer = engine.run("bins_by_block", columns=["s0", "s1"], given=[binned], block_s=3600, **ALL)
    assert sorted(rows(answer), key=str) == [
        (HOUR, 0, None, 2),
        (HOUR, 2, None, 1),
        (HOUR, None, 0, 2),
        (HOUR, None, 1, 1),
        (HOUR + 1, 1, None, 2),
        (HOUR + 1, None, 1, 2),
        (HOUR + 2, 1, None, 2),
        (HOUR + 2, None, 0, 2),
    ]


def test_disagreements(engine: Engine) -> None:
    """Only r2 disagrees; r1 and r3 are found by their labels; r4, not comparable, never is."""
    answer = engine.run("disagreements", **asked())
    assert rows(answer)[0][1:6] == ("inference_id", "0", 0.2, "1", 0.6)
    assert (answer.rows, answer["total"][0]) == (1, 1)
    found = engine.run("disagreements", **asked(production="1", any_answer=True))
    assert found["production_score"].tolist() == [0.9]
    newest_first = engine.run("disagreements", **asked(any_answer=True))
    assert newest_first["production_score"].tolist() == [0.4, 0.2, 0.9]
    limited = engine.run("disagreements", **asked(any_answer=True, most=2))
    assert (limited.rows, limited["total"][0]) == (2, 3)


# Three requests to both sides, one of them answered late, one failed, one waited for in vain by
# both; a fourth was not copied.
LOG = [
    logged(mirroring.side("0.9", 10), mirroring.side("0.8", 12.5), at=0),
    logged(mirroring.side("0.1", 20), mirroring.side("no", 5, 503), at=59.5),
    logged(
        mirroring.side(None, 3000, None, error="timeout"),
        mirroring.side(None, None, None, error="timed out"),
        at=60,
    ),
    logged(mirroring.side("bad", 1, 400), at=61),
]


@pytest.fixture(scope="module")
def log_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine over that log."""
    folder = tmp_path_factory.mktemp("log")
    log_file(folder / "log", LOG)
    return open_test(*log_test(folder)).engine


def test_request_latencies(log_engine: Engine) -> None:
    """Only requests whose time is known for both sides, each with its second."""
    noon = HOUR * 3600
    answer = log_engine.run("request_latencies", **ALL)
    assert sorted(rows(answer)) == [(noon, 10.0, 12.5), (noon + 59, 20.0, 5.0)]


def test_failures_by_block(log_engine: Engine) -> None:
    """Each side's requests by minute: by status where there is one, else as failed outright."""
    answer = log_engine.run("failures_by_block", block_s=60, **ALL)
    minute = HOUR * 60
    assert rows(answer) == [
        (minute, "production", 2, 2, 0, 0, 0),
        (minute, "shadow", 2, 2, 0, 1, 1),
        (minute + 1, "production", 2, 2, 1, 1, 2),
        (minute + 1, "shadow", 1, 1, 0, 1, 1),
    ]


def test_failures_by_cluster(log_engine: Engine, tmp_path: Path) -> None:
    """Without a key each request stands for itself; then those of one user hang together."""
    alone = rows(log_engine.run("failures_by_cluster", **ALL))
    assert alone == [
        ("production", "4xx_errors", 4, 4, 1, 1, 4, 4, 1, 1, 1.0),
        ("production", "5xx_errors", 4, 4, 1, 1, 4, 4, 1, 1, 1.0),
        ("production", "model_errors", 4, 4, 2, 1, 4, 4, 2, 2, 2.0),
        ("shadow", "4xx_errors", 3, 3, 0, 1, 3, 3, 0, 0, 0.0),
        ("shadow", "5xx_errors", 3, 3, 2, 1, 3, 3, 2, 2, 2.0),
        ("shadow", "model_errors", 3, 3, 2, 1, 3, 3, 2, 2, 2.0),
    ]
    bad, good = mirroring.side("no", 1, 503), mirroring.side("0.9", 1, 200)
    lines = [
        logged(bad, bad, at=0, id="u0-a"),
        logged(bad, good, at=1, id="u0-b"),
        logged(good, bad, at=2, id="u0-c"),
        logged(good, good, at=3, id="u1-a"),
        logged(bad, at=4, id="u1-b"),  # not copied
        logged(good, bad, at=5, id="anybody"),
    ]
    log_file(tmp_path / "log", lines)
    keyed = open_test(*log_test(tmp_path, cluster=r"inferenceId:^(u\d)")).engine
    answer = keyed.run("failures_by_cluster", **ALL)
    # of production u0 (3, 2), u1 (2, 1), anybody (1, 0); of the shadow (3, 2), (1, 0), (1, 1)
    failing = [
        ("production", 3, 6, 3, 3, 1, 14, 8, 5, pytest.approx(4 / 3 + 1 / 2)),
        ("shadow", 3, 5, 3, 3, 1, 11, 7, 5, pytest.approx(4 / 3 + 1)),
    ]
    found = rows(answer)
    assert [(each[0], *each[2:]) for each in found if each[1] == "5xx_errors"] == failing
    assert [(each[0], *each[2:]) for each in found if each[1] == "model_errors"] == failing
    assert [each[4] for each in found if each[1] == "4xx_errors"] == [0, 0]


def test_timeouts(log_engine: Engine) -> None:
    """One of three pairs was waited for in vain on both sides."""
    assert rows(log_engine.run("timeouts", **ALL)) == [(3, 1, 0, 0)]


# Documents: the first differs in v by 0.5 and in w, the second lacks w in the shadow, the third is
# the same, and of the fourth the shadow's answer is no document.
ANSWERED = [
    ('{"v": 1.0, "w": "a"}', '{"v": 1.5, "w": "b"}'),
    ('{"v": 2.0, "w": "a"}', '{"v": 2.0}'),
    ('{"v": 4.0, "w": "a"}', '{"v": 4.0, "w": "a"}'),
    ('{"v": 4.0}', "no JSON"),
]


@pytest.fixture(scope="module")
def compared_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine over those answers, compared field by field."""
    folder = tmp_path_factory.mktemp("documents")
    kind = {"content_type": "application/json"}
    lines = [
        logged(mirroring.side(one, **kind), mirroring.side(other, **kind), at=at)
        for at, (one, other) in enumerate(ANSWERED)
    ]
    log_file(folder / "log", lines)
    return open_test(*log_test(folder, prediction=Prediction(kind="json"))).engine


def test_compared_pairs(compared_engine: Engine) -> None:
    """Three of four pairs could be compared, none of them in part only."""
    assert rows(compared_engine.run("compared_pairs", **ALL)) == [(4, 3, 0)]


def test_repeated_answers(tmp_path: Path) -> None:
    """Of an input that came three times, the first two answers of each; of one that did not, none.

    The rows are a sample where more came again than are wanted: the total counts all.
    """
    kind = {"content_type": "application/json"}
    answers = [("a", "p1", "s1"), ("a", "p2", "s1"), ("a", "p3", "s3"), ("b", "p1", "s1")]
    log_file(
        tmp_path / "log",
        [
            logged(
                mirroring.side(json.dumps(one), **kind), mirroring.side(json.dumps(other), **kind),
                at=at, asked=given,
            )
            for at, (given, one, other) in enumerate(answers)
        ],
    )  # fmt: skip
    engine = open_test(*log_test(tmp_path, prediction=Prediction(kind="json"))).engine
    answer = engine.run("repeated_answers", most=10, **ALL)
    assert rows(answer) == [(1, False, '"p1"', '"p2"', '"s1"', '"s1"')]
    assert engine.run("repeated_answers", most=0, **ALL).rows == 0


def test_measure_values(compared_engine: Engine) -> None:
    """Of the fields of both answers: none of two are the same, one of two, both."""
    answer = compared_engine.run("measure_values", columns=["same_fields"], **ALL)
    assert sorted(answer["same_fields"].tolist()) == [0.0, 0.5, 1.0]


def test_least_alike(compared_engine: Engine) -> None:
    """Two pairs differ, the one with no equal field before the one with one of two."""
    answer = compared_engine.run("least_alike", columns=["same_fields"], most=10, **ALL)
    found = zip(answer["likeness"], answer["shadow_answer"], answer["total"], strict=True)
    assert list(found) == [(0.0, '{"v":1.5,"w":"b"}', 2), (0.5, '{"v":2.0}', 2)]
    limited = compared_engine.run("least_alike", columns=["same_fields"], most=1, **ALL)
    assert (limited.rows, limited["total"][0]) == (1, 2)


def test_field_differences(compared_engine: Engine) -> None:
    """v: three pairs, one changed by 0.5; w: three, one changed, one only in production."""
    answer = compared_engine.run("field_differences", **ALL)
    assert rows(answer) == [
        (0, 3, 1, 0, 0, 3, 0.5, 0.25, 0.5),
        (1, 3, 1, 1, 0, 0, 0.0, 0.0, 0.0),
    ]


def test_slice_sample(opened: Opened, engine: Engine) -> None:
    """Of the comparable pairs (r1 r2 r3) the amounts 1, 2 and none.

    Every second line has r2, or the two others: the number of the segment tells which.
    """
    values = engine.run("slice_sample", columns=["f0"], step=1, **ALL)["f0"]
    assert sorted(values[~np.isnan(values)]) == [1, 2]
    assert len(values) == 3
    (segment,) = opened.sides[0]
    second = engine.run("slice_sample", columns=["f0"], step=2, **ALL)["f0"]
    odd = int(segment.name, 16) % 2
    np.testing.assert_array_equal(np.sort(second), [1, np.nan] if odd else [2])


def test_slices(engine: Engine) -> None:
    """By size (under 2: r1, from 2: r2, none: r3) and by the category a (r1 r3) or b (r2)."""
    cut = Relation(
        "cut",
        "SELECT ts, comparable, agreed, ARRAY[CASE WHEN f0 < ? THEN 0 WHEN f0 >= ? THEN 1 "
        "ELSE 2 END, 3 + CASE WHEN f1 = ? THEN 0 ELSE 1 END] AS cells FROM inputs",
        (2.0, 2.0, "a"),
    )
    answer = engine.run("slices", given=[cut], **ALL)
    assert sorted(rows(answer)) == [(0, 1, 1), (1, 1, 0), (2, 1, 1), (3, 2, 2), (4, 1, 0)]


def test_requests_have_a_hash_of_their_id(engine: Engine) -> None:
    """As Athena writes it: the MD5 of RFC 1321's test "abc", in capitals."""
    cut = Relation(
        "cut",
        "SELECT ts, comparable, agreed, ARRAY[CASE WHEN to_hex(md5(to_utf8('abc'))) = "
        "'900150983CD24FB0D6963F7D28E17F72' AND coalesce(event_id, inference_id) IS NOT NULL "
        "THEN 1 ELSE 0 END] AS cells FROM inputs",
    )
    assert rows(engine.run("slices", given=[cut], **ALL)) == [(1, 3, 2)]


@pytest.fixture(scope="module")
def labelled(opened: Opened, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Labels of r1 (1), r2 (1), r4 (1) and, no number, r3 (oops), the first two known later."""
    engine = opened.engine()
    file = tmp_path_factory.mktemp("labels") / "truth.parquet"
    pairs = opened.read.store.folder / f"pairs-{opened.paired.name}.parquet"
    with duckdb.connect() as database:
        database.execute(
            f"""COPY (
                SELECT ts, production_segment, production_line, pos, label,
                    TRY_CAST(label AS DOUBLE) AS number, v.method, delay_s
                FROM (VALUES (TIMESTAMP '2024-03-31 12:00:00', '1', 'inference_id', 3600),
                             (TIMESTAMP '2024-03-31 12:00:30', '1', 'inference_id', 3659),
                             (TIMESTAMP '2024-03-31 12:01:00', 'oops', 'event_id', NULL),
                             (TIMESTAMP '2024-03-31 13:00:00', '1', 'inference_id', NULL))
                    AS v(ts, label, method, delay_s)
                JOIN read_parquet('{pairs}') USING (ts)
            ) TO '{file}' (FORMAT parquet)"""
        )
    engine.attach("truth", parquet(file))
    return engine


def test_consequences(engine: Engine) -> None:
    """r1 (1, 1) brought 2, r2 (0, 1) true, r3 (0, 0) what is no number; r4 is not comparable.

    In the first minute r1 and r2.
    """
    told = Relation(
        "outcome",
        "SELECT production_segment, production_line, pos, "
        "CASE production_score WHEN 0.9 THEN '2' WHEN 0.2 THEN 'True' ELSE 'none' END AS label, "
        "CASE WHEN production_score = 0.9 THEN 2e0 END AS number FROM pairs",
    )
    found = [(False, "0", "1", 1, 1.0, 1.0, 1), (True, "1", "1", 1, 2.0, 4.0, 0)]
    assert rows(engine.run("consequences", given=[told], **ALL)) == found
    assert rows(engine.run("consequences", given=[told], **FIRST_MINUTE)) == found


def test_label_coverage(labelled: Engine) -> None:
    """All three pairs of the first hour have a label and two agree; r4 cannot be compared."""
    answer = labelled.run("label_coverage", block_s=3600, **ALL)
    assert rows(answer) == [(HOUR, 3, 3, 3, 2, 0, 0), (HOUR + 1, 1, 1, 0, 0, 0, 0)]


def test_labels_by_method(labelled: Engine) -> None:
    """Three labels were found by inference id, one by event id."""
    answer = labelled.run("labels_by_method", **ALL)
    assert rows(answer) == [("inference_id", 3), ("event_id", 1)]


def test_label_delays(labelled: Engine) -> None:
    """Whole minutes: both labels with a time came in the sixtieth minute."""
    assert rows(labelled.run("label_delays", **ALL)) == [(60, 2)]


def test_outcomes(labelled: Engine) -> None:
    """r1 1 against (1, 1), r2 1 against (0, 1), r3 oops against (0, 0)."""
    answer = labelled.run("outcomes", block_s=3600, **ALL)
    assert rows(answer) == [
        (HOUR, "1", "0", "1", 1),
        (HOUR, "1", "1", "1", 1),
        (HOUR, "oops", "0", "0", 1),
    ]


def test_labelled_scores(labelled: Engine) -> None:
    """The scores of r1 and r2; r3's label is neither of the two, r4's shadow gave no score."""
    asked = {"positive": "1", "either": "1", "other": "0", **ALL}
    answer = labelled.run("labelled_scores", **asked)
    assert sorted(rows(answer)) == [(True, 0.2, 0.6), (True, 0.9, 0.8)]


def test_error_sums(labelled: Engine) -> None:
    """Errors −0.1 and −0.8 against −0.2 and −0.4, worked out by hand; r3 has no number.

    Squares 0.01 + 0.64 and 0.04 + 0.16; products 0.02 + 0.32; fourth powers 0.0001 + 0.4096 and
    0.0016 + 0.0256; products of squares 0.0004 + 0.1024.
    """
    answer = labelled.run("error_sums", block_s=3600, **ALL)
    expected = {
        "block": HOUR, "foreign_labels": 1, "n": 2, "sum_p": -0.9, "sum_s": -0.6, "sum_pp": 0.65,
        "sum_ss": 0.2, "sum_ps": 0.34, "abs_p": 0.9, "abs_s": 0.6, "abs_ps": 0.34,
        "sum_pppp": 0.4097, "sum_ssss": 0.0272, "sum_ppss": 0.1028,
    }  # fmt: skip
    assert answer.rows == 1
    assert {name: float(answer.one(name)) for name in answer} == pytest.approx(expected)


def test_labels_without_number(labelled: Engine) -> None:
    """Of the four labels one is no number."""
    assert rows(labelled.run("labels_without_number", **ALL)) == [("oops", 1)]


def test_delivery(opened: Opened, engine: Engine) -> None:
    """Lines 1 to 3 arrived at 12:01:15: r1 r2 r3 after 75, 45, 15 s, the shadow's 75, 44, 14 s."""
    production, shadow = (int(side[0].name, 16) for side in opened.sides)
    arrived = "TIMESTAMP '2024-03-31 12:01:15'"
    sql = (
        "SELECT * FROM (VALUES (CAST(? AS UBIGINT), 1, 3, "
        f"{arrived}), (CAST(? AS UBIGINT), 1, 3, {arrived})) "
        "AS v(segment, first_line, last_line, arrived)"
    )
    answer = engine.run("delivery", given=[Relation("arrivals", sql, (production, shadow))])
    assert list(zip(answer["variant"], answer["seconds"], answer["n"], strict=True)) == [
        *(("production", seconds, 1) for seconds in (15, 45, 75)),
        *(("shadow", seconds, 1) for seconds in (14, 44, 75)),
    ]
    assert answer["newest"][0] == np.datetime64("2024-03-31T12:01:00")


def test_every_question_is_tested_here() -> None:
    """No file of queries/*.sql is without an answer worked out by hand."""
    here = Path(__file__).read_text("utf-8")
    assert [name for name in questions() if f"def test_{name}(" not in here] == []


def test_a_threshold_needs_no_new_ingest(opened: Opened) -> None:
    """At 0.65 the labels are r1 (1, 1), r2 (0, 0), r3 (0, 0); a score on it is a 1."""
    strict = opened.engine(threshold=0.65)
    assert rows(strict.run("confusion", **ALL)) == [("0", "0", 2), ("1", "1", 1)]
    exact = opened.engine(threshold=0.6)
    assert rows(exact.run("confusion", **ALL)) == [("0", "0", 1), ("0", "1", 1), ("1", "1", 1)]


@pytest.mark.parametrize(("tolerance", "agreed"), [(0.1, 0), (0.112, 1), (0.76, 2), (2.1, 3)])
def test_regression_agrees_within_the_tolerance(
    opened: Opened, tolerance: float, agreed: int
) -> None:
    """Relative differences: r1 0.1/0.9 = 0.111, r3 0.3/0.4 = 0.75, r2 0.4/0.2 = 2."""
    found = opened.engine("regression", tolerance=tolerance)
    answer = found.run("agreement_by_block", block_s=10**9, **ALL)
    assert rows(answer)[0][1:] == (4, 3, agreed)
    assert found.run("confusion", **ALL).rows == 0


def test_infinite_scores_agree_only_with_themselves(tmp_path: Path) -> None:
    """inf is within no tolerance of 1, and equal to inf; 0 agrees with 0 only."""
    pairs = [("inf", "1"), ("1", "inf"), ("inf", "inf"), ("0", "0"), ("0", "0.001"), ("2.5", "2.5")]
    for side, variant in enumerate(("AllTraffic", "Shadow")):
        found = [record(n, f"r{n}", "1,2", pair[side]) for n, pair in enumerate(pairs)]
        capture_file(tmp_path / "captures", found, variant=variant)
    read = ingest(
        Captures(location=str(tmp_path / "captures"), production="AllTraffic", shadow="Shadow"),
        tmp_path / "cache",
    )
    sides = read.of("AllTraffic"), read.of("Shadow")
    paired = pair(read.store, *sides)
    found = DuckEngine(read.store, *sides, paired, kind="regression", threshold=0.5, tolerance=0.5)
    answer = found.run("agreement_by_block", block_s=1, **ALL)
    assert answer["agreed"].tolist() == [0, 0, 1, 1, 0, 1]


@pytest.mark.parametrize("label", ["'; DROP TABLE pairs; --", "{column}", "?", "$1", "a\0b", "%"])
def test_a_label_is_data(engine: Engine, label: str) -> None:
    """Whatever a label looks like, it is compared and never read as SQL."""
    answer = engine.run("disagreements", **asked(production=label, any_answer=True))
    assert answer.rows == 0
    assert engine.run("extent").count("n") == 15


@pytest.mark.parametrize(
    ("question", "parameters", "sentence"),
    [
        ("nothing", {}, "There is no question 'nothing'"),
        ("../engine", {}, "There is no question"),
        ("macros", {}, "There is no question"),
        ("scores", {}, "takes start, end; it was given none"),
        ("scores", {**ALL, "more": 1}, "it was given end, more, start"),
        ("extent", ALL, "takes no parameters"),
        ("scores", {**ALL, "columns": ["f0"]}, "needs a column, or takes none"),
        ("feature_values", ALL, "needs a column"),
        ("feature_values", {**ALL, "columns": ["f0; DROP VIEW pairs"]}, "is no column of a feat"),
        (
            "feature_values",
            {**ALL, "columns": ["f0", "1"]},
            "'1' is no column of a feature or a me",
        ),
    ],
)
def test_a_question_that_cannot_be_asked_is_told(
    engine: Engine, question: str, parameters: dict[str, Any], sentence: str
) -> None:
    """An unknown question, other parameters or a made-up column raise a sentence."""
    with pytest.raises(QuestionError, match=sentence.replace("/", ".")):
        engine.run(question, **parameters)


def test_integers_divide_as_in_athena(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """7 / 2 is 3 in Athena, so it is here, and days are UTC: in every cursor."""
    (tmp_path / "halves.sql").write_text("SELECT 7 / 2 AS n, current_setting('TimeZone') AS zone")
    monkeypatch.setattr(asking, "FOLDER", tmp_path)
    asking.find.cache_clear()
    answer = engine.run("halves")
    assert (answer.one("n"), answer.one("zone")) == (3, "UTC")
    asking.find.cache_clear()


def test_missing_values_are_not_numbers(engine: Engine) -> None:
    """NULL is nan, NaT or None by the column's type, and never 0."""
    nowhen = {"start": datetime(2001, 1, 1), "end": datetime(2001, 1, 2)}  # noqa: DTZ001
    answer = engine.run("score_sums", **nowhen)
    assert answer.count("n") == 0
    assert answer.one("sum_p") is None
    assert math.isnan(answer["sum_p"][0])
    assert answer.count("sum_p") == 0


def test_masks_become_missing_values() -> None:
    """Whatever the type of a column, what DuckDB masks comes out as that type's missing value."""
    answer = Answer(
        {
            "whole": np.ma.array([1, 2], mask=[False, True]),
            "truth": np.ma.array([True, False], mask=[False, True]),
            "time": np.ma.array(
                [np.datetime64("2024-03-31T12:00:00"), np.datetime64(0, "s")], mask=[False, True]
            ),
            "text": np.ma.array(np.array(["a", "b"], dtype=object), mask=[False, True]),
        }
    )
    assert answer.rows == 2
    assert (answer["whole"][0], answer["truth"][0]) == (1.0, 1.0)
    assert math.isnan(answer["whole"][1])
    assert math.isnan(answer["truth"][1])
    assert np.isnat(answer["time"][1])
    assert answer["text"].tolist() == ["a", None]


def test_an_engine_over_nothing(tmp_path: Path) -> None:
    """With no segments every question has its columns and no rows."""
    read = Ingested(Opened(tmp_path).read.store, (), {}, (), ())
    paired = pair(read.store, (), ())
    found = DuckEngine(read.store, (), (), paired, kind="binary", threshold=0.5, tolerance=0.1)
    assert found.run("extent").count("n") == 0
    assert found.run("rows_by_block", block_s=60, **ALL).rows == 0
    assert found.run("confusion", **ALL).rows == 0
