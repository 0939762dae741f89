"""Is a verdict written for a program complete, and honest about what is not known?"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analysis.coverage import MethodCount, Pairing, PairingSeries, hours_of_week
from analysis.documents import pairs_document, plain, verdict_document
from analysis.estimates import Window
from analysis.policy import Policy
from analysis.report import IngestCounts, Report
from analysis.verdict import Guardrail, Verdict

START = datetime(2026, 11, 2, tzinfo=UTC)


def a_report() -> Report:
    hours = np.array(["2026-11-02T00:00", "2026-11-02T01:00"], dtype="datetime64[s]")
    series = PairingSeries(
        start=hours,
        production=np.array([10, 12]),
        shadow=np.array([9, 12]),
        paired=np.array([9, 11]),
        expected=np.array([10.0, math.nan]),
    )
    pairing = Pairing(
        production=22,
        shadow=21,
        paired=20,
        by_method=(MethodCount("inference_id", 18), MethodCount("input", 2)),
        production_only=2,
        shadow_only=1,
        ambiguous=0,
        collisions=0,
        different_input=0,
        expected=None,
        capture_share=None,
        shadow_share=None,
        sample_ratio=None,
        series=series,
    )
    guardrail = Guardrail(
        name="agreement",
        status="no_data",
        value=math.nan,
        low=math.nan,
        high=math.inf,
        limit=0.95,
        n=0,
        unit="share",
        direction="at_least",
        critical=True,
        used=math.nan,
        used_low=math.nan,
        used_high=math.nan,
        needed=None,
        needed_unit="pairs",
        sentence="No pair was found.",
    )
    return Report(
        test="fraud",
        kind="binary",
        window=Window(START, START.replace(hour=2)),
        production="AllTraffic",
        shadow="Shadow-01",
        reading="",
        reading_guessed=False,
        pairing=pairing,
        agreement=None,
        comparison=None,
        scores=None,
        prediction_drift=None,
        latency=None,
        paired_latency=None,
        overhead=None,
        latency_problem=None,
        errors=None,
        hours=hours_of_week(hours, series.paired),
        ingest=IngestCounts(2, 0, 43, 43, 0, 43, 0, 0, 0, 1000),
        verdict=Verdict("hold", (guardrail,), "Nothing is known yet.", Policy(), 0.005),
    )


def test_a_verdict_has_the_fields_that_are_promised():
    """The document of a verdict has the documented fields, and JSON can hold it strictly."""
    document = json.loads(json.dumps(verdict_document(a_report()), allow_nan=False))
    assert set(document) == {
        *("test", "decision", "headline", "guardrails", "window", "pairing", "policy"),
    }
    assert {"name", "status", "value", "low", "high", "limit", "n", "unit", "sentence"} <= set(
        document["guardrails"][0]
    )
    assert document["decision"] == "hold"
    assert document["window"] == {"start": "2026-11-02T00:00:00Z", "end": "2026-11-02T02:00:00Z"}
    assert document["policy"]["min_agreement"] == 0.95
    assert document["policy"]["critical"][0] == "agreement"


def test_what_is_not_known_is_null():
    """No number is made up: nan and an end without a bound are null, and n says 0."""
    guardrail = verdict_document(a_report())["guardrails"][0]
    assert (guardrail["value"], guardrail["high"], guardrail["n"]) == (None, None, 0)
    assert guardrail["limit"] == 0.95


def test_pairs_add_up_in_all_and_by_time():
    """The document of the pairs holds the counts of the report, hour by hour too."""
    document = json.loads(json.dumps(pairs_document(a_report()), allow_nan=False))
    assert document["by_method"] == {"inference_id": 18, "input": 2}
    assert sum(document["by_method"].values()) == document["paired"]
    assert document["paired"] + document["production_only"] == document["production"]
    assert sum(hour["paired"] for hour in document["by_time"]) == document["paired"]
    assert document["by_time"][1] == {
        "start": "2026-11-02T01:00:00Z",
        "production": 12,
        "shadow": 12,
        "paired": 11,
        "expected": None,
    }


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.floats().map(np.float64)
)


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_anything_becomes_strict_json(value: object):
    """Whatever numbers an answer holds, its document is JSON without NaN or Infinity."""
    json.dumps(plain(value), allow_nan=False)
