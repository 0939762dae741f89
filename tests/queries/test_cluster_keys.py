"""Do all readers find the same cluster in a record: DuckDB, Python and Athena's SQL?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis.sequences import difference_sequence
from demo.athena.duck import Duck
from queries.cluster_keys import ClusterKey, checked, cluster_of, key_of
from queries.config import Aws, Config, Prediction, Test
from queries.errors import ConfigError
from queries.opened import Opened, open_test
from queries.records import parse_record
from queries.reports import report
from tests.queries.athena.decoding import decoded
from tests.queries.capturing import capture_file, guessed, line
from tests.queries.mirroring import log_file, log_test, logged, side
from tests.queries.test_bulk import both_ways

NAMES = ("amount", "country")
KEYS = (
    "customAttributes:user_id",
    "customAttributes:a.b-c",
    r"inferenceId:^([a-z]+)-\d{1,3}",
    r"inferenceId:^\w+",
    r"inferenceId:(x)?y",
    r"eventId:(?:u|v)=([^/\\]*)$",
    "feature:amount",
    "feature:country",
)
TEXTS = st.text(st.sampled_from("abuvxy=-,;& /\\1207é\n\t'"), max_size=12) | st.sampled_from(
    ["user_id=u7", "a=1;user_id=u8", "xuser_id=3", "a.b-c=5", "aXb-c=5", "user-12-x", "u=1/2", "y"]
)
RECORDS = st.lists(
    st.tuples(TEXTS, TEXTS, st.lists(st.none() | TEXTS, max_size=2), st.sampled_from(["1", "2.0"])),
    max_size=12,
)


def lines_of(records: Sequence[tuple[str, str, list[str | None], str]]) -> list[bytes]:
    """Twenty usual records, so that the reading is known, and these."""
    usual = [line(f"{n}.5,{'ab'[n % 2]}", "0.5") for n in range(20)]
    return usual + [
        line(f"{amount},{'c' if amount == '1' else ''}", "0.5",
             event=event, inference=inference, customAttributes=attributes)
        for event, inference, attributes, amount in records
    ]  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(RECORDS, st.sampled_from(KEYS))
@example([("", "", ["user_id=u7", None], "1"), ("", "", ["user_id=u7é"], "1")], KEYS[0])
@example([("e", "ab-12-x", [], "1"), ("e", "ab-9", [], "2.0"), ("e", "-1", [], "1")], KEYS[2])
@example([("", "xy", [], "1"), ("", "y", [], "1"), ("", "xy\n", [], "1")], KEYS[4])
@example([("u=1\\2", "i", [], "1"), ("v=1", "i", [], "1"), ("v=", "i", [], "1")], KEYS[5])
def test_every_reader_finds_the_same_clusters(records, text):
    """The two readers here agree row by row, and Athena tells the same rows apart."""
    key = key_of(text, NAMES, logged=False)
    assert key is not None
    lines = lines_of(records)
    reading = replace(guessed(lines[:20]), cluster=key)
    assert reading.bulk
    bulk, careful = both_ways(lines, reading)
    assert bulk == careful
    here = [row["cluster"] for row in bulk[: len(lines)]]
    if key.feature is None:
        said = [cluster_of(parse_record(each), key) for each in lines]
        assert told_apart(here) == told_apart(said)
    there = decoded(Duck(), lines, reading)
    assert told_apart(here) == told_apart([there[at][0]["cluster"] for at in range(len(lines))])


def told_apart(clusters: Sequence[object]) -> list[int | None]:
    """Each cluster by the number of its first row: what they are called does not matter."""
    return [None if each is None else clusters.index(each) for each in clusters]


@pytest.mark.parametrize(
    ("text", "attributes", "cluster"),
    [
        ("customAttributes:user_id", ["session=1;user_id=u7"], "u7"),
        ("customAttributes:user_id", ["xuser_id=1", "user_id=u8&b"], "u8"),
        ("customAttributes:user_id", ["user_id="], None),
        ("customAttributes:user_id", [], None),
        ("customAttributes:user_id", ["user_id=ü"], None),
        (r"inferenceId:^\w+-(\d+)", [], "12"),
        (r"inferenceId:^[a-z]+-\d", [], "order-1"),
        ("inferenceId:nobody", [], None),
        ("eventId:.*", [], None),
    ],
)
def test_a_key_finds_what_it_names(text, attributes, cluster):
    """An attribute by its name, an id by its group or else by all that matches; else nothing."""
    record = parse_record(line(inference="order-12-7", customAttributes=attributes))
    assert cluster_of(record, key_of(text, NAMES, logged=False)) == cluster


@pytest.mark.parametrize(
    "text",
    [
        "user_id", "customAttributes:", "customAttributes:user id", "header:x", "inferenceId:",
        "inferenceId:(a", "inferenceId:(a)(b)", "inferenceId:(?=a)", "inferenceId:(?i)a",
        r"inferenceId:\bword", r"inferenceId:(a)\1", r"inferenceId:a\Z", "inferenceId:a++",
        "inferenceId:a{,3}", "inferenceId:a{1001}", "inferenceId:[[:alpha:]]", "inferenceId:é",
        "inferenceId:(?P<n>a)", "eventId:[a&&b]", "eventId:[]a]",
    ],
)  # fmt: skip
def test_what_not_all_engines_read_alike_is_refused(text):
    """What is no key, no regular expression, or a part of one that means different things."""
    with pytest.raises(ValueError, match=r"\w"):
        checked(text)


@pytest.mark.parametrize("text", KEYS)
def test_a_key_that_can_be_read_stays_as_it_is(text):
    """The checked text is the configured one."""
    assert checked(text) == text


def test_a_feature_that_is_not_there_is_told_with_those_that_are():
    """The place of a feature, or a sentence with all names."""
    assert key_of("feature:country", NAMES, logged=False) == ClusterKey("feature", feature=1)
    assert key_of(None, NAMES, logged=False) is None
    with pytest.raises(ConfigError, match="the features are: amount, country"):
        key_of("feature:user", NAMES, logged=False)


@pytest.mark.parametrize("text", ["customAttributes:user_id", "eventId:.*"])
def test_a_paired_log_has_one_id(text):
    """Keys that no line of a log can have are refused with what there is."""
    with pytest.raises(ConfigError, match="inferenceId:REGEX"):
        key_of(text, NAMES, logged=True)


def opened(folder: Path, cluster: str | None) -> Opened:
    """Ten users with ten requests each; the shadow disagrees about the whole of the first."""
    sides: tuple[list[bytes], list[bytes]] = ([], [])
    for n in range(100):
        user = n % 10
        for lines, answer in zip(sides, ("0.25", "0.75" if user == 0 else "0.25"), strict=True):
            named = {} if n < 10 else {"customAttributes": [f"v=2;user_id=u{user}"]}
            lines.append(line(f"{user},x", answer, at=60 * n, inference=f"u{user}-{n}", **named))
    captures = folder / "captures"
    capture_file(captures, sides[0])
    capture_file(captures, sides[1], variant="Shadow")
    asked = Test(
        name="t", captures=str(captures), production="AllTraffic", shadow="Shadow",
        prediction=Prediction(kind="binary"), cluster=cluster,
    )  # fmt: skip
    return open_test(Config(tests=(asked,), cache=folder / "cache", aws=Aws()), asked)


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No region is configured: CloudWatch is not asked."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def test_a_key_changes_what_pairs_are_worth(tmp_path: Path):
    """The same captures by each key, one after the other; nothing stays of the key before."""
    named = [None, r"inferenceId:^u\d+", "feature:f0", "customAttributes:user_id", None]
    found = [report(opened(tmp_path, key), "all").agreement for key in named]
    assert all(each is not None and each.fixed.value == 0.9 for each in found)
    clusters = [each.clusters for each in found if each is not None]
    assert clusters[0] is None
    assert clusters[4] is None
    for key, each in zip(named[1:3], clusters[1:3], strict=True):
        assert each is not None
        assert (each.key, each.sums.clusters, each.sums.keyless) == (key, 10, 0)
        assert each.effective == pytest.approx(10)
        assert each.icc == pytest.approx(1)
    attributes = clusters[3]
    assert attributes is not None
    # the ten requests without the attribute are a cluster each
    assert (attributes.sums.clusters, attributes.sums.keyless) == (20, 10)
    assert attributes.sums.size_squares == 10 * 81 + 10


def test_the_lines_of_a_log_have_clusters_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A paired log's id is its inference id."""
    answers = [(side("0.75"), side("0.75" if n % 2 else "0.25")) for n in range(8)]
    lines = [logged(*both, at=60 * n, id=f"u{n % 2}-{n}") for n, both in enumerate(answers)]
    log_file(tmp_path / "log", lines)
    prediction = Prediction(kind="binary")
    config, test = log_test(tmp_path, cluster=r"inferenceId:^(u\d)", prediction=prediction)
    found = report(open_test(config, test), "all").agreement
    assert found is not None
    assert found.clusters is not None
    assert (found.clusters.sums.clusters, found.clusters.sums.pairs, found.clusters.icc) == (
        2,
        8,
        1,
    )


def test_failures_of_a_log_hang_together(tmp_path: Path):
    """Forty users with five requests each; the shadow fails all of the first four, of no other.

    The requests by cluster are those that are counted by time, and the difference of the rates is
    as sure as forty requests make it.
    """
    lines = [
        logged(side("0.75"), side(None, status=503) if n % 40 < 4 else side("0.75"),
               at=n, id=f"u{n % 40}-{n}")
        for n in range(200)
    ]  # fmt: skip
    log_file(tmp_path / "log", lines)
    prediction = Prediction(kind="binary")
    for key in (None, r"inferenceId:^(u\d+)-"):
        config, test = log_test(tmp_path, cluster=key, prediction=prediction)
        found = report(open_test(config, test), "all")
        assert found.errors is not None
        rate = next(each for each in found.errors.rates if each.counts.kind == "5xx_errors")
        assert (rate.counts.shadow_errors, rate.counts.shadow_n) == (20, 200)
        judged = next(each for each in found.verdict.guardrails if each.name == "5xx_errors")
        if key is None:
            assert rate.clusters is None
            alone = rate
            assert "worth" not in judged.sentence
    for sums, counted in (
        (rate.clusters.production, (200, 0)), (rate.clusters.shadow, (200, 20))
    ):  # fmt: skip
        assert (sums.clusters, sums.pairs, sums.agreed, sums.largest) == (40, *counted, 5)
    assert rate.difference.value == alone.difference.value == 0.1
    ends = difference_sequence(4, 40, 0, 40, alpha=found.verdict.alpha_each, planned=10_000)
    assert (rate.sequence.low, rate.sequence.high) == pytest.approx(ends)
    assert "200 requests, worth at least 40 independent ones" in judged.sentence
    assert rate.shadow.high > alone.shadow.high
    assert rate.difference.high > alone.difference.high


def test_the_outside_of_ascii_is_what_the_engines_call_so():
    """Every character from the blank to the tilde may stand in a text, and no other."""
    from queries.cluster_keys import OUTSIDE

    inside = {chr(n) for n in range(0x250) if not re.search(OUTSIDE, chr(n))}
    assert inside == {chr(n) for n in range(0x20, 0x7F)}
