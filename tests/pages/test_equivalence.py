"""Do the claims of a verdict say what is shown, and no more?"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pages.parts import equivalence
from tests.pages import sample


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        (("ok", "ok"), "yes."),
        (("ok", "breach"), "no, 1 of 2 are outside."),
        (("ok", "inconclusive"), "not yet, 1 of 2 are shown."),
        (("ok", "no_data"), "not yet, 1 of 2 are shown."),
        ((), "not yet, 0 of 0 are shown."),
    ],
)
def test_equivalence_is_claimed_only_where_every_claim_is_shown(statuses: tuple, words: str):
    """One claim that is not shown, or has no data, and the whole is not: absence is no evidence."""
    every = tuple(sample.guardrail("agreement", status, 0.5, 0.1) for status in statuses)
    found = replace(sample.verdict(), guardrails=every)
    assert equivalence.headline(found).endswith(words)
    assert "95" in equivalence.headline(found)


def test_a_claim_says_its_limit_its_answer_and_what_is_missing():
    """Limit with its direction, yes or no or not yet, the change that can be told, and the rest."""
    undecided = sample.guardrail(
        *("5xx_errors", "inconclusive", 0.8, 0.6),
        limit=0.001,
        detectable=0.0004,
        needed=4180,
        needed_unit="requests",
        needed_hours=35.2,
    )
    found = replace(sample.verdict(), guardrails=(undecided,))
    (row,) = equivalence.table(found).rows
    assert [cell.replace("\u202f", " ") for cell in row] == [
        *("5xx errors ≤ 0.1 pp", "○ not yet", "0.04 pp", "4,200 requests", "35 h")
    ]


def test_a_count_is_exact_and_no_data_detects_nothing():
    """A count has no least change; without data, or an interval, there is a dash and no zero."""
    count = sample.guardrail("pairs", "ok", 1, 0, value=5, low=5, high=5, unit="pairs")
    nothing = sample.guardrail(
        *("4xx_errors", "no_data", math.nan, math.nan), value=math.nan, low=math.nan, high=math.nan
    )
    early = sample.guardrail("p99_latency", "inconclusive", 1, 0, low=math.nan, high=math.nan)
    found = replace(sample.verdict(), guardrails=(count, nothing, early))
    assert [row[2] for row in equivalence.table(found).rows] == ["exact", "—", "—"]
