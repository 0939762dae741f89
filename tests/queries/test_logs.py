"""Is every line of a paired log read as what it says, on both sides and by both readers?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.engine import Engine
from queries.logs import parse_logged
from queries.objects import list_objects, reader
from queries.opened import Opened, open_test
from queries.payloads import disagreements, payloads, rejects
from queries.reading import Layout, Reading
from queries.records import NotARecord
from queries.reports import report
from queries.samples import Captures, readings_of
from queries.segments import Segment, SegmentReader
from queries.store import Manifest
from tests.queries.capturing import rows_in
from tests.queries.mirroring import log_file, log_test, logged, side

ACCOUNT = ("lines", "records", "absent", "rows", "unreadable", "without_time", "inference_ids")


def test_both_sides_of_a_line_are_records() -> None:
    """A line gives each side its own answer, status and latency, and both the same request."""
    line = logged(side("0.9", 12.5), side("0.2", 9.25), id="r-1", at=1.5)
    production, shadow = parse_logged(line, "production"), parse_logged(line, "shadow")
    assert production is not None
    assert shadow is not None
    assert (production.output.data, shadow.output.data) == ("0.9", "0.2")  # type: ignore[union-attr]
    assert (production.latency_ms, shadow.latency_ms) == (12.5, 9.25)
    assert production.input == shadow.input
    assert production.inference_id == shadow.inference_id == "r-1"
    assert production.time is not None
    assert production.time.microsecond == 500_000


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (side("0.5"), None),
        (side("0.5", status=None), None),
        (side("busy", status=503), "status 503"),
        (side(None, status=None, error="ReadTimeoutError"), "timeout"),
        (side(None, status=None, error="Timed out after 3 s"), "timeout"),
        (side(None, status=None, error="connection refused"), "connection refused"),
        (side("0.5", status=299, error=""), None),
    ],
)
def test_what_counts_as_a_failure(answer: dict[str, Any], failure: str | None) -> None:
    """An error, or a status that is no success, is a failure; its body is no prediction."""
    record = parse_logged(logged(answer), "production")
    assert record is not None
    assert record.failure == failure


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"time": "2024-03-31T12:00:00Z"', "cut off: the JSON ends too early"),
        (b"[1]", "a JSON array, not an object"),
        (logged(None, side()), "no production object: not a line of a paired log"),
        (logged("0.5"), "production is a JSON string, not an object"),
        (logged(side(), [1]), "shadow is a JSON array, not an object"),
        (logged(side(status="OK")), "production.status is 'OK', but a status code"),
        (logged(side(status=20)), "production.status is 20, but a status code"),
        (logged(side(ms=-1)), "production.latency_ms is -1, but a time in milliseconds"),
        (logged(side(ms="fast")), "production.latency_ms is 'fast'"),
    ],
)
def test_a_wrong_line_says_why(line: bytes, reason: str) -> None:
    """What is no line of a log is rejected with a reason that names the place."""
    with pytest.raises(NotARecord, match=reason.replace(".", r"\.")):
        parse_logged(line, "production")


def test_a_request_that_was_not_copied_has_no_shadow() -> None:
    """A missing shadow, or null, is neither a record nor a fault."""
    assert parse_logged(logged(side()), "shadow") is None
    assert parse_logged(logged(side(), **{"shadow": None}), "shadow") is None


def reading_of(path: Path, layout: Layout) -> Reading:
    """How the side is read, guessed from the file itself."""
    captures = Captures(location=str(path), log=True, production="production", shadow="shadow")
    found = [
        type(each)(**{**{n: getattr(each, n) for n in each.__slots__}, "variant": layout})
        for each in list_objects(str(path)).objects
    ]
    return readings_of(found, Manifest(), captures, reader(str(path)))[layout].reading


def read_side(path: Path, reading: Reading, folder: Path, *, bulk: bool) -> Segment:
    folder.mkdir(parents=True)
    worker = SegmentReader(folder, reader(str(path)))
    try:
        objects = list_objects(str(path)).objects
        return worker.read(objects, reading.layout, replace(reading, bulk=bulk), with_features=True)
    finally:
        worker.close()


def both_ways(folder: Path, lines: list[bytes], layout: Layout) -> list[list[Any]]:
    """What each reader makes of one side."""
    path = log_file(folder / "log", lines)
    reading = reading_of(path, layout)
    seen = []
    for bulk in (True, False):
        out = folder / f"{layout}-{bulk}"
        segment = read_side(path, reading, out, bulk=bulk)
        rows = rows_in(out / f"{segment.name}.parquet")
        # of an absent side only the line counts
        kept = [
            {k: v for k, v in row.items() if k not in ("segment", "ok")}
            if row["ok"]
            else {"absent": row["line"]}
            for row in rows
        ]
        seen.append(
            [*kept, segment.rejects, segment.shapes, [getattr(segment, n) for n in ACCOUNT]]
        )
    return seen


MIXED = [
    logged(side("0.9"), side("0.8"), id="a", at=0),
    logged(side("0.1", 3), side("0.2", 4.5), asked="3,x", at=1.25),
    logged(side("0.1"), at=2),
    logged(side("0.1"), side(None, 3000, None, error="timeout"), at=3),
    logged(side("bad request", status=400), side("0.5", status=None), at=4),
    logged(side("oops"), side("0.5"), at=5),
    logged(side({"score": 1}), side("0.5"), at=6),
    logged(side("0.3"), side("0.4", "12.5", status="200"), at=7),
    logged(side("0.3"), side("0.4", status="fine"), at=7),
    logged(side("0.3", 1e-7), side("0.4", "soon"), at=7),
    logged(side("0.3"), side("0.4"), asked=None, at=8),
    b"not json",
    logged(side("0.3", encoding="TEXT"), side("MC40", encoding="BASE64"), at=9),
    logged(side("0.3"), {}, at=10),
    logged(side("0.3"), side("0.4"), at=11, extra={"of": ["the", "proxy"]}),
    logged(side("0.3"), side("0.4"), at=12, time="yesterday"),
]


@pytest.mark.parametrize("layout", ["production", "shadow"])
def test_both_readers_make_the_same_of_a_log(tmp_path: Path, layout: Layout) -> None:
    """In bulk and with care, a line of a log gives the same row, absence or reject."""
    bulk, careful = both_ways(tmp_path, MIXED, layout)
    assert bulk == careful
    lines, records, absent, *_ = careful[-1]
    assert lines == records + absent + len(careful[-3])
    assert lines == len(MIXED)


SIDES = st.builds(
    side,
    st.sampled_from(["0.5", "1,2", "", None, {"score": 0.5}, "é", "x" * 3]),
    st.sampled_from([0, 1.5, None, 3000, -1, "1", 1e-9, 1e30]),
    st.sampled_from([200, 204, 404, 503, None, 99, True]),
    error=st.sampled_from([None, "", "timeout", "reset"]),
    encoding=st.sampled_from([None, "", "TEXT", "BASE64"]),
)
LINES = st.builds(
    logged,
    st.none() | SIDES,
    st.none() | SIDES,
    at=st.integers(0, 100),
    asked=st.sampled_from(["1,2", "3,4", "", None, {"a": 1}]),
    id=st.none() | st.text(max_size=3),
)


@settings(max_examples=20)
@given(st.lists(LINES, max_size=6))
def test_both_readers_agree_on_any_log(
    tmp_path_factory: pytest.TempPathFactory, others: list[bytes]
) -> None:
    """Whatever the sides hold, both readers give the same, and every line is accounted for."""
    lines = [logged(side(), side(), at=at) for at in range(3)] + others
    for layout in ("production", "shadow"):
        bulk, careful = both_ways(tmp_path_factory.mktemp("log"), lines, layout)  # type: ignore[arg-type]
        assert bulk == careful
        total, records, absent, *_ = careful[-1]
        assert total == records + absent + len(careful[-3]) == len(lines)


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_a_record_or_a_reason(line: bytes) -> None:
    """Nothing but a reason comes of a line that is no log's."""
    with pytest.raises(NotARecord, match=r"."):
        parse_logged(line, "shadow")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """A log of three hours: a slower shadow that times out on every hundredth request."""
    folder = tmp_path_factory.mktemp("mirrored")
    lines = []
    for at in range(1200):
        shadow = side("0.9" if at % 50 else "0.1", 20 + at % 7)
        if at % 100 == 0:
            shadow = side(None, 3000, None, error="timeout")
        elif at % 100 == 1:
            shadow = side("no", 1, 500)
        copied = None if at % 10 == 9 else shadow
        lines.append(
            logged(side("0.8", 10 + at % 7), copied, id=f"r{at}", at=9 * at, asked=f"{at},{at % 3}")
        )
    # in two files, so that objects are told apart
    log_file(folder / "log", lines[:500], "a.jsonl")
    log_file(folder / "log", [*lines[500:], b"{"], "b.jsonl")
    return open_test(*log_test(folder))


def test_lines_pair_their_own_sides(opened: Opened) -> None:
    """Of 1,200 requests 1,080 were copied: each is one pair, matched by nothing but its line."""
    assert opened.captured.paired.by_method == (("log", 1080),)
    assert (opened.captured.paired.production_only, opened.captured.paired.shadow_only) == (120, 0)
    answer = opened.engine.run("extent")
    assert answer.count("n") == 1200 + 1080


def test_a_report_counts_failures_apart_from_answers(opened: Opened) -> None:
    """Timeouts and errors are neither disagreements nor unreadable; both are counted as errors."""
    found = report(opened, "all")
    assert found.pairing.paired == 1080
    # of the copied requests, 12 timed out and 12 failed: 1,056 can be compared
    assert found.agreement is not None
    assert found.agreement.fixed.n == 1080 - 24
    # every fiftieth answer is the other one; half of those timed out
    assert round(found.agreement.fixed.value * 1056) == 1056 - 12
    unreadable = next(g for g in found.verdict.guardrails if g.name == "unreadable")
    assert unreadable.value == 0
    assert found.errors is not None
    rates = {rate.counts.kind: rate.counts for rate in found.errors.rates}
    assert rates["5xx_errors"].shadow_errors == 24
    assert rates["model_errors"].shadow_errors == 24
    assert rates["model_errors"].production_errors == 0
    assert (rates["4xx_errors"].production_n, rates["4xx_errors"].shadow_n) == (1200, 1080)
    assert found.ingest.lines == found.ingest.records + found.ingest.rejected + found.ingest.absent
    assert (found.ingest.objects, found.ingest.absent, found.ingest.rejected) == (2, 120, 2)


def test_latency_is_compared_request_by_request(opened: Opened) -> None:
    """Ten milliseconds more on every answered request are seen in every measure."""
    found = report(opened, "all")
    paired = found.paired_latency
    assert paired is not None
    assert paired.n == 1080
    assert paired.median_delta.value == 10
    assert paired.slower.value == pytest.approx(12 / 1080)  # ten is not more than ten
    assert (paired.timeouts.of_shadow, paired.timeouts.of_both) == (12, 0)
    assert paired.timeouts.n == 1080
    assert found.latency is not None
    p50 = found.latency.differences[0]
    assert (p50.production_ms, p50.shadow_ms) == (13, 23)
    assert p50.difference.low <= 10 <= p50.difference.high
    assert p50.sequence.bounded
    assert paired.production.requests == 1200
    assert paired.shadow.busiest_minute <= paired.production.busiest_minute == 7
    assert found.overhead is None
    assert found.latency_problem is None


def test_a_log_without_times_or_status_says_so(tmp_path: Path) -> None:
    """Where the log notes neither latency nor status, there is no number, and a sentence."""
    lines = [logged(side("0.5", None, None), side("0.5", None, None), at=at) for at in range(20)]
    log_file(tmp_path / "log", lines)
    found = report(open_test(*log_test(tmp_path)), "all")
    assert found.latency is None
    assert found.errors is None
    assert found.latency_problem is not None
    assert "latency_ms" in found.latency_problem
    assert found.agreement is not None
    assert found.agreement.fixed.value == 1


def test_a_pair_of_a_log_leads_back_to_its_line(opened: Opened) -> None:
    """Both references of a disagreement show the same line, each its own side."""
    found = disagreements(opened, "all")
    row = found.rows[0]
    pair = payloads(opened, row.production_ref, row.shadow_ref)
    assert pair.production is not None
    assert pair.shadow is not None
    assert (pair.production.address, pair.production.line) == (
        pair.shadow.address,
        pair.shadow.line,
    )
    assert (pair.production.output, pair.shadow.output) == ("0.8", "0.1")
    assert (pair.production.latency_ms or 0) + 10 == pair.shadow.latency_ms
    assert [reject.line for reject in rejects(opened)] == [701]


@pytest.fixture(scope="module")
def engine(opened: Opened) -> Engine:
    """The engine over that log."""
    return opened.engine


def test_the_log_is_read_once_for_each_side(tmp_path: Path) -> None:
    """A second look at an unchanged log reads nothing; a new file is added to both sides."""
    log_file(tmp_path / "log", [logged(side(), side())])
    config, test = log_test(tmp_path)
    first = open_test(config, test)
    again = open_test(config, test)
    assert {s.name for s in again.captured.ingested.segments} == {
        s.name for s in first.captured.ingested.segments
    }
    log_file(tmp_path / "log", [logged(side(), side(), at=1), logged(side(), at=2)], "b.jsonl")
    grown = open_test(config, test)
    assert (grown.captured.paired.pairs, grown.captured.paired.production_only) == (2, 1)


def test_answers_kept_whole_are_rows(tmp_path: Path) -> None:
    """A declared kind of several parts keeps the answer as it stands, in both readers."""
    texts = ["Dear Ann,\nit is on its way.", "", "ok"]
    lines = [logged(side(t), side(json.dumps({"a": 1})), at=at) for at, t in enumerate(texts)]
    path = log_file(tmp_path / "log", lines)
    reading = reading_of(path, "production")
    whole = replace(
        reading, kind="text", output=replace(reading.output, form="text", whole=True, label=None)
    )
    for bulk in (True, False):
        out = tmp_path / f"{bulk}"
        segment = read_side(path, whole, out, bulk=bulk)
        rows = rows_in(out / f"{segment.name}.parquet")
        assert [row["answer"] for row in rows] == texts
        assert segment.unreadable == 0
