"""Answers of several parts compared in Athena's SQL on any backend, beside what Python finds."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from analysis import fields
from analysis.structured import MEASURES, Likeness, Rules, compare
from demo.athena.backend import Backend
from queries.athena import parts
from tests.queries.athena.climbing import Held

NUMBERS = (
    '{"a":1,"b":2.5}', '{"b":2.5,"a":1.01}', '{"a":1}', '{"a":"x"}', '{"a":"1"}', '{"a":null}',
    '{"c":7}', "{}", '{"a":1e10,"b":-0.001}', '{"it\'s":1,"a.b":0}', "[1,2,3]", "[[1,2.1,3]]",
    '[1,"2"]', "[]", "[null]", "[true,1]", "[1,NaN]", "[1,2]", "[0,0]", "1,2,3", " 1 , 2.2,3 ",
    '"1,2"', '"1","2","3"', "1,,2", "nan,1", "inf,1", "5", "no number", "null", "[1,2", None,
)  # fmt: skip
LABELS = (
    '["x","y"]', '["y","x","x"]', '["x"]', "[]", '["it\'s","é\\n"]', '["x",1]', '["x",null]',
    '{"x":0.9,"y":0.2}', '{"x":0.9,"y":0.7}', '{"x":true,"y":false}', '{"x":"hi"}', "{}",
    "[0.9,0.2,0.6]", "[1,0,1]", "[true,false]", "[3,1]", "[7,9]", "[-1,2]", "[1.5,2]", "[[1]]",
    '[{"label":"x","score":0.9},{"name":"y"}]', '[{"label":"x","score":0.1}]', '[{"z":1}]',
    '[{"label":3}]', '[{"label":true}]', '[{"label":null,"name":"x"}]', "[null]",
    '[{"tag":"x","score":"0.1","value":0.2}]', "x,y", "y, x", "x", '"x"', "1,0,1", "0.2,0.9",
    "3,4", "a,,b", "4", "0.7", "true", "null", None,
)  # fmt: skip
NAMED = ("u", "v", "it's")
RULES = (
    (Rules("multioutput", tolerance=0.05), NUMBERS),
    (Rules("multioutput", labels=NAMED), NUMBERS),
    (Rules("multilabel", threshold=0.5), LABELS),
    (Rules("multilabel", threshold=0.2, labels=NAMED), LABELS),
)
_BESIDE = 8
Found = tuple[bool, Any, tuple[Any, ...], set[tuple[Any, ...]]]


def check(backend: Backend, rules: Rules, answers: Sequence[str | None]) -> int:
    """Each answer beside some gives what Python finds, field by field; how many are comparable."""
    ahead = [[*answers[at:], *answers[:at]] for at in range(_BESIDE)]
    both = [each for others in ahead for each in zip(answers, others, strict=True)]
    wanted = [_wanted(None if None in each else compare(*each, rules, fields.NOTHING))  # type: ignore[arg-type]
              for each in both]  # fmt: skip
    found = _found(backend, rules, both)
    wrong = [
        (each, one, other)
        for each, one, other in zip(both, wanted, found, strict=True)
        if one != other
    ]
    assert wrong == []
    return sum(each[0] for each in wanted)


def _found(
    backend: Backend, rules: Rules, both: Sequence[tuple[str | None, str | None]]
) -> list[Found]:
    held, n = Held(backend), len(both)
    text, number = pa.string(), pa.int64()
    pairs = held.put(
        "pairs",
        pa.table(
            {
                "ts": pa.array([0] * n, pa.timestamp("ms")),
                "production_segment": pa.array([1] * n, number),
                "production_line": pa.array(range(n), number),
                "pos": pa.array([0] * n, number),
                "production_answer": pa.array([one for one, _ in both], text),
                "shadow_answer": pa.array([other for _, other in both], text),
            }
        ),
    )
    made = parts.compared(f"SELECT * FROM {pairs}", rules)
    names = MEASURES[rules.kind]
    told: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
    for each in held.rows(f"SELECT * FROM ({parts.fields(made)})"):
        told[each["production_line"]].add((each["field"], each["state"], each["delta"]))
    rows = held.rows(
        f"SELECT production_line, comparable, agreed, cut, {', '.join(names)} FROM ({made}) "
        "ORDER BY production_line"
    )
    assert {row["cut"] for row in rows} <= {False, None}
    return [
        (
            row["comparable"],
            row["agreed"] if row["comparable"] else None,
            tuple(row[name] for name in names) if row["comparable"] else (),
            told[row["production_line"]],
        )
        for row in rows
    ]


def _wanted(likeness: Likeness | None) -> Found:
    if likeness is None:
        return False, None, (), set()
    return (
        True,
        likeness.agreed,
        tuple(map(_known, likeness.measures)),
        {
            (each.name, fields.STATES.index(each.state), _known(each.delta))
            for each in likeness.fields
        },
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
