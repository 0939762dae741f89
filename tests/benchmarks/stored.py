"""How does a store of millions of pairs come about without reading captures, and is it asked?

Rows are written in the store's own format, so that ten million pairs take a minute instead of the
time to write and read 13 GB of captures. A shadow's score is production's and a little noise,
and every twentieth input comes a second time.
"""

from __future__ import annotations

import shutil
import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from queries.accounts import Segment
from queries.duckdb_engine import DuckEngine
from queries.filtered import Relation
from queries.pairing import Paired, pairs_file, unpaired_file
from queries.questions import questions
from queries.segments import PARQUET
from queries.store import FORMAT, Store

NAME = "generated"
# what 32 MB of captures hold
ROWS_A_SEGMENT = 48_000
CATEGORIES = 12
NUMERIC = 29
MICROSECONDS = 1_000_000
# what a pair of captures never holds
OF_A_LOG = {
    f"{side}_{name}": f"NULL::{type_}"
    for side in ("production", "shadow")
    for name, type_ in (("status", "SMALLINT"), ("latency_ms", "DOUBLE"), ("failure", "VARCHAR"))
}
START = 1_793_491_200 * MICROSECONDS
SPAN = 14 * 86_400 * MICROSECONDS


def make(folder: Path, pairs: int) -> None:
    """Write a store of so many pairs, unless one of today's format is there: 29 numbers, a text."""
    done = folder / f"done-{FORMAT}"
    if done.exists():
        return
    import duckdb

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    database = duckdb.connect(config={"temp_directory": str(folder / "spill.tmp")})
    database.execute("SET enable_progress_bar = false; SET threads = 1; SELECT setseed(0.5)")
    store = Store(folder)
    for first in range(0, pairs, ROWS_A_SEGMENT):
        _segment(database, store, first, min(ROWS_A_SEGMENT, pairs - first), pairs)
    paired, lonely = pairs_file(store, NAME), unpaired_file(store, NAME)
    database.execute(f"COPY (SELECT * FROM pairs ORDER BY ts) TO '{paired}' ({PARQUET})")
    database.execute(
        f"""COPY (SELECT 'production' AS variant, ts, pos, production_segment AS segment,
        production_line AS line, false AS ambiguous FROM pairs WHERE production_line % 200 = 0)
        TO '{lonely}' ({PARQUET})"""
    )
    database.close()
    done.touch()


def _segment(database: Any, store: Store, first: int, n: int, pairs: int) -> None:
    numbers = ", ".join(
        f"round(random() * {10 ** (at % 5)}, {6 - at // 5}) AS f{at}" for at in range(NUMERIC)
    )
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE made AS SELECT *,
            greatest(0, least(1, score + (noise - 0.5) * 0.05)) AS shadow_score
        FROM (SELECT (range - {first} + 1)::UINTEGER AS line, random() AS noise,
            make_timestamp({START} + (range::HUGEINT * {SPAN} // {pairs})::BIGINT
                // {MICROSECONDS} * {MICROSECONDS}) AS ts,
            uuid()::VARCHAR AS event_id, hash(range - (range % 20 = 1)::INT) AS input_hash,
            random() AS score,
            {numbers}, 'category ' || floor(random() * {CATEGORIES})::INT AS f{NUMERIC}
            FROM range({first}, {first + n}))"""
    )
    number = 2 * (first // ROWS_A_SEGMENT) + 1
    given = ", ".join(f"f{at}" for at in range(NUMERIC + 1))
    for segment, score, features in (
        (number, "score", f", {given}"),
        (number + 1, "shadow_score", ""),
    ):
        database.execute(
            f"""COPY (SELECT {segment}::UBIGINT AS segment, line, 0::UINTEGER AS pos, ts, event_id,
            NULL::VARCHAR AS inference_id, input_hash, 200::UINTEGER AS input_bytes,
            NULL::VARCHAR AS label, {score} AS score, NULL::VARCHAR AS answer,
            NULL::SMALLINT AS status, NULL::DOUBLE AS latency_ms, NULL::VARCHAR AS failure,
            NULL::VARCHAR AS shape, NULL::UBIGINT AS cluster{features}, true AS ok FROM made)
            TO '{store.folder / f"{segment:016x}.parquet"}' ({PARQUET})"""
        )
    of_a_log = ", ".join(f"{type_} AS {name}" for name, type_ in OF_A_LOG.items())
    pair = f"""SELECT ts, ts AS shadow_ts, 'event_id' AS method, noise < 0.001 AS different_input,
        0::UINTEGER AS pos, hash(line // 20, {number}) AS cluster,
        {number}::UBIGINT AS production_segment, line AS production_line,
        {number + 1}::UBIGINT AS shadow_segment, line AS shadow_line,
        NULL::VARCHAR AS production_label, score AS production_score,
        NULL::VARCHAR AS shadow_label, shadow_score, {of_a_log} FROM made"""
    database.execute(f"INSERT INTO pairs {pair}" if first else f"CREATE TABLE pairs AS {pair}")


def engine(folder: Path) -> DuckEngine:
    """The engine over a store that ``make`` wrote."""
    names = sorted(file.stem for file in folder.glob("*.parquet") if len(file.stem) == 16)
    sides = [[_account(name) for name in names if int(name, 16) % 2 == odd] for odd in (1, 0)]
    paired = Paired(NAME, 0, 0, (), 0, 0, 0, 0, 0, 0)
    return DuckEngine(Store(folder), *sides, paired, kind="binary", threshold=0.5, tolerance=0.05)


def _account(name: str) -> Segment:
    return Segment(name, "", "", (), (), (), (), 0, 0, 0, 0, 0, 0, 0, 0, 0)


def pairs(asked: DuckEngine) -> int:
    """How many pairs there are, by one of the questions."""
    return int(asked.run("agreement_by_block", block_s=3600, **window(asked))["paired"].sum())


def ask_all(asked: DuckEngine, repeats: int) -> tuple[dict[str, float], dict[str, int]]:
    """Ask every question such a store can answer so often: its median in seconds, and its rows."""
    times, rows = {}, {}
    within = window(asked)
    for name in sorted(set(questions()) - OF_OTHER_TESTS):
        given = dict(PARAMETERS.get(name, {}))
        if name != "extent":
            given |= within
        taken = []
        for _ in range(repeats):
            began = time.perf_counter()
            rows[name] = asked.run(name, **given).rows
            taken.append(time.perf_counter() - began)
        times[name] = statistics.median(taken)
    return times, rows


def window(asked: DuckEngine) -> dict[str, Any]:
    extent = asked.run("extent")
    first, last = (extent[name][0].item() for name in ("first_ts", "last_ts"))
    return {"start": first, "end": last + timedelta(seconds=1)}


# A log knows these, or answers of several parts, or the right answers, or files, or a second fleet;
# and every answer here is read.
OF_OTHER_TESTS = {
    *("failures_by_block", "failures_by_cluster", "request_latencies", "timeouts"),
    *("compared_pairs", "field_differences", "least_alike", "measure_values"),
    *("repeated_answers", "second_answers"),
    *("error_sums", "label_coverage", "label_delays", "labelled_scores", "labels_by_method"),
    *("labels_without_number", "outcomes", "consequences", "delivery", "unread_rows"),
}
# Deciles of one feature and the categories of another, as the page Slices cuts them.
_CUT = Relation(
    "cut",
    "SELECT ts, comparable, agreed, ARRAY[CAST(floor(f4 / 1e3) AS BIGINT), "
    f"10 + CAST(substr(f{NUMERIC}, 10) AS BIGINT)] AS cells FROM inputs",
)
# Twentieths of a feature, as the page Drift counts them by the hour.
_BINNED = Relation(
    "binned",
    "SELECT ts, CAST(floor(f4 / 500) AS BIGINT) AS s0 FROM captures WHERE variant = 'production'",
)
# As the report asks them for all there is, or the drawer for the disagreements.
PARAMETERS: dict[str, dict[str, Any]] = {
    "agreement_by_block": {"block_s": 3600},
    "repeated_inputs": {"tolerance": 0.05},
    "rows_by_block": {"block_s": 3600},
    "bins_by_block": {"columns": ["s0"], "given": [_BINNED], "block_s": 3600},
    "feature_sample": {"columns": ["f3", f"f{NUMERIC}"], "step": 20},
    "feature_counts": {"columns": ["f3"]},
    "feature_values": {"columns": ["f3"]},
    "slice_sample": {"columns": ["f3", f"f{NUMERIC}"], "step": 20},
    "slices": {"given": [_CUT]},
    "feature_categories": {"columns": [f"f{NUMERIC}"]},
    "scores_by_cluster": {"bias": 0.0, "sd": 0.1, "mean": 0.5, "slope": 0.0},
    "score_grid": {
        "mean_low": 0.0,
        "mean_high": 1.0,
        "mean_cells": 60,
        "delta_low": -0.025,
        "delta_high": 0.025,
        "delta_cells": 60,
    },
    "disagreements": {
        "any_production": True,
        "production": None,
        "any_shadow": True,
        "shadow": None,
        "any_answer": False,
        "most": 100,
    },
}
