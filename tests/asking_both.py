"""Every question, asked of both engines over the same captures: where do the answers differ?

Counts are the same, cell by cell (DuckDB gives some of them as doubles). Sums of doubles may
differ in their last digits, for they are added in another order. Where a record lies (segment and
line) is each engine's own affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from actions.athena import hours, setup
from demo.athena.backend import Backend
from demo.athena.execution import Execution
from queries import config
from queries.answers import Answer
from queries.athena.names import tables_of
from queries.bulk import quoted
from queries.captured_here import CapturedHere
from queries.config import Outcomes
from queries.engine import Engine
from queries.filtered import Relation
from queries.opened import Opened, open_test
from tests.athena_demo import TESTS, AthenaDemo

RELATIVE, ABSOLUTE = 1e-9, 1e-9
_OWN = {"segment", "line", "production_segment", "production_line", "shadow_segment", "shadow_line"}
# Each engine has lines of its own, so all arrived at one time.
_ARRIVALS = Relation(
    "arrivals",
    "SELECT segment, min(line) AS first_line, max(line) AS last_line, "
    "timestamp '2026-04-01 12:00:00' AS arrived FROM captures GROUP BY segment",
)
_BINNED = Relation(
    "binned",
    "SELECT ts, CASE WHEN pos = 0 THEN 0 ELSE 1 END AS s0, CASE WHEN input_bytes <= ? THEN 0 ELSE "
    "1 END AS s1 FROM captures WHERE variant = 'production'",
    (100,),
)
_CUT = Relation(
    "cut",
    "SELECT ts, comparable, agreed, ARRAY[CASE WHEN pos = 0 THEN 0 ELSE 1 END, "
    "2 + CAST(mod(hour(ts), 3) AS integer), CASE WHEN substr(to_hex(md5(to_utf8("
    "coalesce(event_id, inference_id)))), 1, 1) < '8' THEN 5 ELSE 6 END] AS cells FROM inputs",
)
# The demo's inputs are all different, so some are taken for the same.
_AGAIN = Relation(
    "inputs",
    "SELECT ts, shadow_ts, production_segment, production_line, shadow_segment, shadow_line, pos, "
    "different_input, "
    "comparable, agreed, production_label, production_score, shadow_label, shadow_score, "
    "input_bytes, 60 * hour(ts) + minute(ts) AS input_hash FROM all_inputs",
)
# What came of the answers, as 0, 1 and 2, or in words; of some pairs nothing is known.
_OUTCOME = Relation(
    "outcome",
    "SELECT production_segment, production_line, pos, "
    "CASE WHEN mod(minute(ts), 4) = 0 THEN 'True' ELSE '-' END AS label, "
    "CASE WHEN mod(minute(ts), 4) = 1 THEN cast(mod(minute(ts), 3) AS double) END AS number "
    "FROM pairs WHERE mod(minute(ts), 7) > 0",
)
# What a second source answered to some of the pairs.
_SECOND = Relation(
    "second_pairs",
    "SELECT production_segment, production_line, pos, mod(minute(ts), 5) = 1 AS different_input, "
    "mod(minute(ts), 4) > 0 AS comparable, mod(minute(ts), 3) > 0 AS agreed "
    "FROM pairs WHERE mod(minute(ts), 7) > 0",
)
_BLOCK = {"block_s": 3_600}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is asked with."""

    columns: tuple[str, ...] = ()
    given: tuple[Relation, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    without_window: bool = False


ASKED: Mapping[str, Asked] = {
    "agreement_by_block": Asked(parameters=_BLOCK),
    "agreement_by_cluster": Asked(),
    "bins_by_block": Asked(columns=("s0", "s1"), given=(_BINNED,), parameters=_BLOCK),
    "confusion": Asked(),
    "consequences": Asked(given=(_OUTCOME,)),
    "delivery": Asked(given=(_ARRIVALS,), without_window=True),
    "disagreements": Asked(
        parameters={
            "any_production": True,
            "production": "it's; drop table pairs",
            "any_shadow": True,
            "shadow": "",
            "any_answer": False,
            "most": 1_000_000,
        }
    ),
    "error_sums": Asked(parameters=_BLOCK),
    "extent": Asked(without_window=True),
    "failures_by_block": Asked(parameters=_BLOCK),
    "failures_by_cluster": Asked(),
    "feature_categories": Asked(columns=("f0",)),
    "feature_counts": Asked(columns=("f3",)),
    "feature_sample": Asked(columns=("f0", "f1"), parameters={"step": 1}),
    "feature_values": Asked(columns=("f0", "f1")),
    "label_coverage": Asked(parameters=_BLOCK),
    "label_delays": Asked(),
    "label_moves_by_cluster": Asked(),
    "labelled_scores": Asked(parameters={"positive": "1", "either": "1", "other": "0"}),
    "labels_by_method": Asked(),
    "labels_without_number": Asked(),
    "outcomes": Asked(parameters=_BLOCK),
    "pairs_by_method": Asked(),
    "repeated_inputs": Asked(given=(_AGAIN,), parameters={"tolerance": 0.1}),
    "request_latencies": Asked(),
    "rows_by_block": Asked(parameters=_BLOCK),
    "score_grid": Asked(
        parameters={
            "mean_low": 0.0,
            "mean_high": 1.0,
            "mean_cells": 10,
            "delta_low": -1.0,
            "delta_high": 1.0,
            "delta_cells": 20,
        }
    ),
    "score_sums": Asked(),
    "scores": Asked(),
    "scores_by_cluster": Asked(parameters={"bias": 0.01, "sd": 0.3, "mean": 0.4, "slope": 0.02}),
    "second_answers": Asked(given=(_SECOND,)),
    "slice_sample": Asked(columns=("f0",), parameters={"step": 1}),
    "slices": Asked(given=(_CUT,)),
    "timeouts": Asked(),
    "unpaired_rows": Asked(),
    "unread_rows": Asked(parameters={"most": 1_000_000}),
}


# Questions about answers of several parts, of which the demo has none in its captures.
OF_PARTS: Mapping[str, Asked] = {
    "compared_pairs": Asked(),
    "field_differences": Asked(),
    "least_alike": Asked(columns=("within",), parameters={"most": 1_000_000}),
    "measure_values": Asked(columns=("within",)),
    "repeated_answers": Asked(given=(_AGAIN,), parameters={"most": 1_000_000}),
}


def _truth(pairs: str) -> str:
    """Labels made of the pairs themselves, the same wherever those lie."""
    return (
        "SELECT production_segment, production_line, pos, ts, 'event_id' AS method, "
        "CASE WHEN mod(minute(ts), 3) = 0 THEN '1' ELSE '0' END AS label, "
        "CASE WHEN mod(minute(ts), 5) > 0 THEN cast(minute(ts) AS double) END AS number, "
        "cast(mod(minute(ts), 7) * 60 AS double) AS delay_s "
        f"FROM {pairs} WHERE mod(minute(ts), 2) = 0"
    )


def _joined(relation: str) -> Relation:
    """One of the outcomes, as the page asks for it."""
    return Relation("outcome", f"SELECT * FROM {relation}")


def _tell(opened: Opened, file: Path) -> None:
    """Write what came of most of production's records, a number for each of their rows."""
    captured = opened.captured
    assert isinstance(captured, CapturedHere)
    segments = ", ".join(
        quoted(str(captured.ingested.store.parquet(each)))
        for each in captured.ingested.of(opened.test.production)
    )
    with duckdb.connect() as database:
        database.execute(
            "COPY (SELECT coalesce(inference_id, event_id) AS id, "
            "to_json(list(line % 2 ORDER BY pos)) AS conversion, "
            "to_json(list(line % 7 + pos / 4 ORDER BY pos)) AS revenue "
            f"FROM read_parquet([{segments}]) WHERE ok AND line % 5 > 0 GROUP BY segment, line, id "
            f"ORDER BY id) TO {quoted(str(file))} (FORMAT csv, HEADER)"
        )


class Both:
    """The last hours of the demo's tests, on this machine and in Athena.

    Before them lies a line with bytes that are no UTF-8: here it is rejected, while Athena's
    SerDe puts replacement characters into it (tests/demo/athena/test_rows.py).
    ``backend`` answers for Athena in the place of DuckDB.
    """

    names = TESTS

    def __init__(self, folder: Path, *, backend: Backend | None = None, last: int = 9) -> None:
        self._folder = folder
        self._demo = AthenaDemo(folder, scale=0.02, backend=backend)
        self._start = self._demo.end - timedelta(hours=last)

    @property
    def untested(self) -> list[str]:
        """What Athena was asked outside of the tested subset."""
        return self._demo.service.untested

    @property
    def statements(self) -> list[Execution]:
        """What Athena was asked, in its order."""
        return self._demo.service.statements

    def differences(self, name: str) -> dict[str, list[str]]:
        """In what the answers of a test differ, by the question."""
        opened = []
        told = self._folder / f"{name}.csv"
        outcomes = Outcomes(location=str(told), columns=("conversion", "revenue"))
        for path in (self._demo.local, self._demo.path):
            loaded = config.load(path)
            test = replace(
                loaded.test(name), start=self._start, end=self._demo.end, outcomes=outcomes
            )
            if test.engine == "athena":
                setup.carry_out(loaded, setup.plan(loaded, test))
                hours.update(loaded, test, now=self._demo.end + timedelta(days=1))
            found = open_test(loaded, test)
            tables = tables_of(test, loaded.athena)
            pairs = tables.sql("pairs") if test.engine == "athena" else "all_pairs"
            found.engine.attach("truth", _truth(pairs))
            if test.engine == "duckdb":
                _tell(found, told)
            opened.append(found)
        window = [
            each.replace(tzinfo=None) for each in (self._start, self._demo.end + timedelta(hours=1))
        ]
        engines = [each.engine for each in opened]
        wrong = {
            name: differences(*(ask(each, name, *window) for each in engines)) for name in ASKED
        }
        for at, (relation, outcome) in enumerate(outcomes.each):
            counts = [each.outcomes[at].read().counts for each in opened]
            given = replace(ASKED["consequences"], given=(_joined(relation),))
            wrong[f"consequences of {outcome.label}"] = [
                *(["other counts"] if counts[0] != counts[1] or not counts[0].used else []),
                *differences(*(ask_with(each, "consequences", given, *window) for each in engines)),
            ]
        return {name: lines for name, lines in wrong.items() if lines}

    def close(self) -> None:
        """Serve no more."""
        self._demo.close()


def ask(engine: Engine, question: str, start: datetime, end: datetime) -> Answer:
    """The answer of one engine."""
    return ask_with(engine, question, ASKED[question], start, end)


def ask_with(engine: Engine, question: str, asked: Asked, start: datetime, end: datetime) -> Answer:
    """The answer of one engine to a question with these columns, relations and values."""
    window = {} if asked.without_window else {"start": start, "end": end}
    return engine.run(
        question, columns=asked.columns, given=asked.given, **asked.parameters, **window
    )


def differences(one: Answer, other: Answer) -> list[str]:
    """In what two answers differ, a line each; nothing where they are the same."""
    if list(one) != list(other):
        return [f"columns {list(one)} and {list(other)}"]
    if len(one) and len(one[next(iter(one))]) != len(other[next(iter(other))]):
        return [f"{len(one[next(iter(one))])} and {len(other[next(iter(other))])} rows"]
    names = [name for name in one if name not in _OWN]
    rows = [_sorted(each, names) for each in (one, other)]
    found = []
    for name, mine, others in zip(names, *rows, strict=True):
        numbers = {mine.dtype.kind, others.dtype.kind} <= set("iuf")
        if not numbers and mine.dtype.kind != others.dtype.kind:
            found.append(f"{name} is {mine.dtype} and {others.dtype}")
        elif {mine.dtype.kind, others.dtype.kind} == {"f"}:
            if not np.allclose(mine, others, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True):
                found.append(f"{name}: {mine[:5]} and {others[:5]}")
        elif mine.tolist() != others.tolist():
            found.append(f"{name}: {mine[:5]} and {others[:5]}")
    return found


def _sorted(answer: Answer, names: list[str]) -> list[Any]:
    """The columns in an order that does not depend on where the records lie."""
    columns = [answer[name] for name in names]
    # ties of doubles that differ in the last digit keep together
    keys = [[_key(value) for value in column.tolist()] for column in columns]
    order = sorted(range(len(keys[0]) if keys else 0), key=lambda at: [key[at] for key in keys])
    return [column[order] for column in columns]


def _key(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)
