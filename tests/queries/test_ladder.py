"""Is every record paired once, with the record that answers the same request, or left alone?

Logs are written straight as segments, so that hundreds of them can be tried.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from queries import ladder
from queries.pairing import Paired, pair, pairs_file, unpaired_file
from queries.segments import Segment
from queries.store import Store
from tests.queries.capturing import NOON

WINDOW_S = ladder.INPUT_WINDOW_S
MOST = ladder.MOST_USES


@dataclass(frozen=True, slots=True)
class Asked:
    """One record: when it was asked, by which ids, with which input, and its answers in order.

    ``whole`` answers are those of several parts.
    """

    t: int | None = 0
    inference: str | None = None
    event: str | None = None
    given: str | None = "x"
    answers: tuple[str | None, ...] = ("yes",)
    whole: bool = False


Log = Sequence[Asked]
Pairs = set[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Pairs of records as (place in production, place in shadow, method), and the counts."""

    paired: Paired
    records: Pairs
    rows: list[dict[str, Any]]
    ambiguous: tuple[set[int], set[int]]


def segment(folder: Path, name: str, log: Log, first: int = 1) -> Segment:
    """A segment holding a log; record ``n`` of it is line ``first + n``."""
    rows = [(at, pos) for at, one in enumerate(log) for pos in range(len(one.answers))]
    asked = [log[at] for at, _ in rows]
    noon = NOON.replace(tzinfo=None)
    table = pa.table(
        {
            "segment": pa.array([int(name, 16)] * len(rows), pa.uint64()),
            "line": pa.array([first + at for at, _ in rows], pa.uint32()),
            "pos": pa.array([pos for _, pos in rows], pa.uint32()),
            "ts": pa.array(
                [None if one.t is None else noon + timedelta(seconds=one.t) for one in asked],
                pa.timestamp("us"),
            ),
            "event_id": pa.array([one.event for one in asked], pa.string()),
            "inference_id": pa.array([one.inference for one in asked], pa.string()),
            "input_hash": pa.array(
                [
                    one.given and int(sha256(one.given.encode()).hexdigest()[:15], 16)
                    for one in asked
                ],
                pa.uint64(),
            ),
            **{
                column: pa.array(
                    [log[at].answers[pos] if log[at].whole == whole else None for at, pos in rows],
                    pa.string(),
                )
                for column, whole in (("label", False), ("answer", True))
            },
            "score": pa.array([None] * len(rows), pa.float64()),
            "status": pa.array([None] * len(rows), pa.int16()),
            "latency_ms": pa.array([None] * len(rows), pa.float64()),
            "cluster": pa.array([None] * len(rows), pa.uint64()),
            "failure": pa.array([None] * len(rows), pa.string()),
            "ok": pa.array([True] * len(rows), pa.bool_()),
        }
    )
    parquet.write_table(table, folder / f"{name}.parquet")
    return Segment(name, "", "", (), (), (), (), 0, 0, 0, 0, 0, 0, 0, 0, 0)


def climbed(folder: Path, production: Log, shadow: Log) -> Outcome:
    """Both logs, paired."""
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(folder)
    sides = [segment(folder, f"{at:016x}", log) for at, log in enumerate((production, shadow), 1)]
    return outcome(store, pair(store, sides[:1], sides[1:]))


def outcome(store: Store, paired: Paired) -> Outcome:
    with duckdb.connect() as database:
        found = database.execute(
            "SELECT * FROM read_parquet($f) ORDER BY ALL",
            {"f": str(pairs_file(store, paired.name))},
        )
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        left = database.execute(
            "SELECT variant, line FROM read_parquet($f) WHERE ambiguous",
            {"f": str(unpaired_file(store, paired.name))},
        ).fetchall()
    records = {(r["production_line"] - 1, r["shadow_line"] - 1, r["method"]) for r in rows}
    unsure = tuple({at - 1 for v, at in left if v == side} for side in ("production", "shadow"))
    return Outcome(paired, records, rows, (unsure[0], unsure[1]))


@pytest.fixture
def climb(tmp_path: Path) -> Callable[[Log, Log], Outcome]:
    """Pairs two logs in a folder of their own."""
    count = iter(range(1000))
    return lambda production, shadow: climbed(tmp_path / str(next(count)), production, shadow)


Climb = Callable[[Log, Log], Outcome]


def reference(production: Log, shadow: Log) -> tuple[Pairs, tuple[set[int], set[int]]]:
    """The ladder, rung by rung over all candidates, as its docstring says it."""
    found: Pairs = set()
    sides = (production, shadow)

    def left(side: int) -> list[int]:
        taken = {pair[side] for pair in found}
        return [at for at in range(len(sides[side])) if at not in taken]

    def accept(candidates: list[tuple[bool, float, int, int]], method: str) -> None:
        rank_p, rank_s = defaultdict(list), defaultdict(list)
        for _, _, p, s in candidates:
            rank_p[s].append(p)
            rank_s[p].append(s)

        def order(one: tuple[bool, float, int, int]) -> tuple[Any, ...]:
            differs, gap, p, s = one
            apart = abs(sorted(rank_p[s]).index(p) - sorted(rank_s[p]).index(s))
            return differs, gap, apart, p, s

        for _, _, p, s in sorted(candidates, key=order):
            if p in left(0) and s in left(1):
                found.add((p, s, method))

    def by_id(name: str, method: str) -> None:
        groups: list[dict[str, list[int]]] = [defaultdict(list), defaultdict(list)]
        for side in (0, 1):
            for at in left(side):
                if (key := getattr(sides[side][at], name)) is not None:
                    groups[side][key].append(at)
        for key, mine in groups[0].items():
            theirs = groups[1].get(key, [])
            if max(len(mine), len(theirs)) <= MOST:
                accept([(*apart(p, s), p, s) for p in mine for s in theirs], method)

    def apart(p: int, s: int) -> tuple[bool, float]:
        a, b = production[p], shadow[s]
        differs = a.given != b.given or a.given is None
        return differs, 1e18 if a.t is None or b.t is None else abs(a.t - b.t)

    by_id("inference", "inference_id")
    events = [{sides[side][at].event for at in left(side)} - {None} for side in (0, 1)]
    if all(events) and 2 * len(events[0] & events[1]) >= min(map(len, events)):
        by_id("event", "event_id")
    candidates = [
        (False, gap, p, s)
        for p in left(0)
        for s in left(1)
        if production[p].given is not None and production[p].given == shadow[s].given
        and (gap := apart(p, s)[1]) <= WINDOW_S
        and (production[p].inference is None or shadow[s].inference is None)
    ]  # fmt: skip
    tied: list[set[int]] = [set(), set()]
    for side in (0, 1):
        for at in {one[2 + side] for one in candidates}:
            mine = [one for one in candidates if one[2 + side] == at]
            near = [one for one in mine if one[1] <= min(one[1] for one in mine) + 1]
            if len({sides[1 - side][one[3 - side]].answers for one in near}) > 1:
                tied[side].add(at)
    unsure = [one for one in candidates if one[2] in tied[0] or one[3] in tied[1]]
    out = ({one[2] for one in unsure}, {one[3] for one in unsure})
    accept([one for one in candidates if one[2] not in out[0] and one[3] not in out[1]], "input")
    return found, out


def check_counts(found: Outcome, production: Log, shadow: Log) -> None:
    """What holds of any two logs: 1:1, and every row of each variant in exactly one place."""
    paired = found.paired
    for side in (0, 1):
        taken = Counter(one[side] for one in {(p, s) for p, s, _ in found.records})
        assert not taken or max(taken.values()) == 1
    assert paired.pairs == len(found.rows) == sum(n for _, n in paired.by_method)
    assert paired.production == sum(len(one.answers) for one in production)
    assert paired.shadow == sum(len(one.answers) for one in shadow)
    assert paired.production == paired.pairs + paired.production_only + paired.ambiguous_production
    assert paired.shadow == paired.pairs + paired.shadow_only + paired.ambiguous_shadow


def requests(count: int, **same: Any) -> list[Asked]:
    """Different requests, one a second."""
    return [Asked(n, given=f"g{n}", answers=(f"a{n}",), **same) for n in range(count)]


def answered(log: Log, **ids: Callable[[int], str]) -> list[Asked]:
    """The log with ids."""
    return [replace(one, **{k: make(n) for k, make in ids.items()}) for n, one in enumerate(log)]


def straight(count: int, method: str) -> Pairs:
    return {(n, n, method) for n in range(count)}


def test_inference_ids_come_first(climb: Climb) -> None:
    """Equal inferenceIds pair, whatever the eventIds, inputs and times say."""
    production = answered(requests(5), inference=str, event=str)
    shadow = [
        replace(one, t=900, given="other", event=str(4 - n)) for n, one in enumerate(production)
    ]
    found = climb(production, shadow)
    assert found.records == straight(5, "inference_id")
    assert found.paired.different_input == 5


def test_event_ids_come_second(climb: Climb) -> None:
    """Without inferenceIds equal eventIds pair."""
    production = answered(requests(5), event=lambda n: f"e{n}")
    assert climb(production, production[::-1]).records == {(n, 4 - n, "event_id") for n in range(5)}


def test_chance_event_ids_are_no_key(climb: Climb) -> None:
    """Where hardly any eventId is in both variants it is no key: the input decides."""
    production = answered(requests(6), event=lambda n: f"p{n}" if n else "both")
    shadow = answered(requests(6)[::-1], event=lambda n: f"s{n}" if n else "both")
    assert climb(production, shadow).records == {(n, 5 - n, "input") for n in range(6)}


def test_a_sampled_shadow_still_shares_event_ids(climb: Climb) -> None:
    """That a variant is sampled does not speak against its eventIds, whichever it is."""
    production = answered(requests(20), event=lambda n: f"e{n}")
    shadow = [replace(one, given="lost") for one in production[:3]]
    assert climb(production, shadow).records == straight(3, "event_id")
    assert climb(shadow, production).records == straight(3, "event_id")


def test_inputs_come_last(climb: Climb) -> None:
    """Without any id the same input within seconds pairs; later, or without a time, it does not."""
    production = requests(4)
    late = [replace(one, t=n + WINDOW_S + (n > 1)) for n, one in enumerate(production)]
    assert climb(production, late).records == straight(2, "input")
    timeless = [replace(one, t=None) for one in production]
    assert climb(production, timeless).records == set()
    assert climb([Asked(given=None)], [Asked(given=None)]).records == set()


def test_late_shadows_pair_by_id(climb: Climb) -> None:
    """An id pairs whatever the delay."""
    production = answered(requests(3), inference=str)
    found = climb(production, [replace(one, t=(one.t or 0) + 90_000) for one in production])
    assert found.records == straight(3, "inference_id")


def test_each_rung_takes_what_is_left(climb: Climb) -> None:
    """Methods mix in one log, each counted by its rows."""
    production = [
        Asked(0, inference="i"), Asked(1, event="e", given="a"),
        Asked(2, given="b", answers=("1", "2")), Asked(3, given="lost"),
    ]  # fmt: skip
    shadow = [Asked(2, given="b", answers=("1", "3")), Asked(9, event="e"), Asked(9, inference="i")]
    found = climb(production, shadow)
    assert found.records == {(0, 2, "inference_id"), (1, 1, "event_id"), (2, 0, "input")}
    assert found.paired.by_method == (("inference_id", 1), ("event_id", 1), ("input", 2))
    assert (found.paired.production_only, found.paired.shadow_only) == (1, 0)


def test_ids_that_differ_are_never_paired_by_input(climb: Climb) -> None:
    """Two inferenceIds that differ say that the requests do."""
    assert climb([Asked(inference="a")], [Asked(inference="b")]).records == set()
    assert climb([Asked(inference="a")], [Asked()]).records == {(0, 0, "input")}
    assert climb([Asked()], [Asked(inference="b")]).records == {(0, 0, "input")}


def test_a_repeated_id_pairs_nearest_in_time(climb: Climb) -> None:
    """An id used again hours later pairs each time with the answer of that time."""
    production = [Asked(t, inference="0", given=str(t)) for t in (0, 4000, 8000)]
    shadow = [Asked(t, inference="0", given="y") for t in (8003, 2, 4001)]
    found = climb(production, shadow)
    assert found.records == {(0, 1, "inference_id"), (1, 2, "inference_id"), (2, 0, "inference_id")}
    assert found.paired.collisions == 6


def test_a_repeated_id_prefers_the_same_input(climb: Climb) -> None:
    """Of two uses of an id the one with the same input is it, even if it is further in time."""
    production = [Asked(0, inference="0", given="a"), Asked(10, inference="0", given="b")]
    shadow = [Asked(1, inference="0", given="b"), Asked(9, inference="0", given="a")]
    assert climb(production, shadow).records == {(0, 1, "inference_id"), (1, 0, "inference_id")}


def test_collisions_are_counted_where_they_are(climb: Climb) -> None:
    """Records whose id came more than once in their own variant are counted, no others."""
    production = [Asked(0, inference="a"), Asked(1, inference="b"), Asked(2, inference="b")]
    shadow = [Asked(0, inference="a"), Asked(0, inference="a"), Asked(1, inference="b")]
    assert climb(production, shadow).paired.collisions == 4


def test_a_constant_id_is_no_id(climb: Climb) -> None:
    """An id that hundreds of records share identifies none of them: the input does."""
    production = [replace(one, inference="tenant") for one in requests(MOST + 1)]
    shadow = [replace(one, inference="tenant") for one in requests(MOST + 1)[::-1]]
    found = climb(production, shadow)
    assert found.records == {(n, MOST - n, "input") for n in range(MOST + 1)}
    assert found.paired.collisions == 2 * MOST + 2


@pytest.mark.parametrize("whole", [False, True], ids=["labels", "texts"])
def test_a_tie_is_ambiguous(climb: Climb, whole: bool) -> None:
    """One input answered differently within two seconds: nobody can tell which belongs to which."""
    production, shadow = (
        [Asked(t, answers=(answer,), whole=whole) for t, answer in log]
        for log in (((0, "a"), (1, "b")), ((0, "a"), (0, "c")))
    )
    found = climb(production, shadow)
    assert found.records == set()
    assert found.ambiguous == ({0, 1}, {0, 1})
    assert (found.paired.ambiguous_production, found.paired.ambiguous_shadow) == (2, 2)


def test_a_tie_that_changes_nothing_is_paired(climb: Climb) -> None:
    """If all answers to one input agree, any pairing is right."""
    production = [Asked(n, answers=("a", "b")) for n in range(3)]
    found = climb(production, [Asked(n, answers=("c", "c")) for n in range(2)])
    assert {(s, m) for _, s, m in found.records} == {(0, "input"), (1, "input")}
    assert found.paired.pairs == 4
    assert found.paired.production_only == 2


def test_a_crowd_is_ambiguous_and_quickly_left_out(climb: Climb) -> None:
    """A payload sent thousands of times a second is left out without being tried pairwise."""
    crowd = [Asked(0)] * 6000
    found = climb([*crowd, *requests(3)], [*crowd, *requests(3)])
    assert found.records == {(6000 + n, 6000 + n, "input") for n in range(3)}
    assert found.paired.ambiguous_production == found.paired.ambiguous_shadow == 6000


def test_a_crowd_with_ids_is_alone(climb: Climb) -> None:
    """Requests told apart by their ids are not ambiguous, however alike their inputs are."""
    production = [Asked(0, inference=f"p{n}") for n in range(MOST + 1)]
    shadow = [Asked(0, inference=f"s{n}") for n in range(MOST + 1)]
    found = climb(production, shadow).paired
    assert (found.production_only, found.ambiguous_production) == (MOST + 1, 0)


def test_batches_pair_by_place(climb: Climb) -> None:
    """Answers of one request pair in order; what one variant has more stays without a partner."""
    production = [Asked(inference="i", answers=("a", "b", "c"))]
    found = climb(production, [Asked(inference="i", answers=("a", "x"))])
    assert [(r["pos"], r["production_label"], r["shadow_label"]) for r in found.rows] == [
        (0, "a", "a"),
        (1, "b", "x"),
    ]
    assert (found.paired.production_only, found.paired.shadow_only) == (1, 0)


def test_duplicates_are_paired_once(climb: Climb) -> None:
    """A record captured twice answers one request only."""
    one = Asked(0, inference="i", event="e")
    found = climb([one, one], [one])
    assert len(found.records) == 1
    assert found.paired.production_only == 1


@pytest.mark.parametrize("count", [0, 3])
def test_an_empty_side_pairs_nothing(climb: Climb, count: int) -> None:
    """A variant without records leaves the other one's rows alone, on both sides."""
    log = requests(count)
    assert (climb(log, []).paired.pairs, climb(log, []).paired.production_only) == (0, count)
    assert (climb([], log).paired.pairs, climb([], log).paired.shadow_only) == (0, count)


def test_no_segments_at_all(tmp_path: Path) -> None:
    """Before anything was captured there is nothing to pair, and no error."""
    store = Store(tmp_path)
    only = segment(tmp_path, "1".zfill(16), requests(2))
    assert pair(store, [only], []).production_only == 2
    assert pair(store, [], []).pairs == 0


def test_the_same_segments_are_paired_once(tmp_path: Path) -> None:
    """Pairs made of the same segments are found again; other segments make others."""
    store = Store(tmp_path)
    segments = [segment(tmp_path, f"{n:016x}", requests(3)) for n in (1, 2, 3)]
    first = pair(store, segments[:1], segments[1:2])
    made = pairs_file(store, first.name).stat().st_mtime_ns
    assert pair(store, segments[:1], segments[1:2]) == first
    assert pairs_file(store, first.name).stat().st_mtime_ns == made
    second = pair(store, segments[:1], segments[1:])
    assert second.name != first.name
    assert pairs_file(store, first.name).exists()
    assert not list(tmp_path.glob("*.tmp"))


def test_files_in_any_order_give_the_same_pairs(tmp_path: Path) -> None:
    """How a log is cut into segments, and in which order they come, changes no pair."""
    production = answered(requests(12), inference=lambda n: f"i{n % 9}")
    shadow = [replace(one, t=(one.t or 0) + 1) for one in production]
    cuts = ((0, 5), (5, 8), (8, 12))
    seen = []
    for number, order in enumerate(([0, 1, 2], [2, 0, 1], [1, 2, 0])):
        folder = tmp_path / str(number)
        folder.mkdir()
        store = Store(folder)
        sides = [
            [
                segment(folder, f"{16 * side + at:016x}", log[slice(*cuts[at])], cuts[at][0] + 1)
                for at in order
            ]
            for side, log in enumerate((production, shadow), 1)
        ]
        seen.append(outcome(store, pair(store, sides[0], sides[1])).records)
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) == 12


IDS = st.sampled_from([None, None, "a", "b", "c"])
RECORDS = st.builds(
    Asked,
    t=st.none() | st.integers(0, 14),
    inference=IDS,
    event=IDS.map(lambda e: e and e.upper()),
    given=st.sampled_from([None, "x", "y", "z"]),
    answers=st.sampled_from([("yes",), ("no",), ("yes", "no"), (None,)]),
)
LOGS = st.lists(RECORDS, max_size=7)


@settings(max_examples=30)
@given(LOGS, LOGS)
def test_small_logs_are_paired_as_the_reference_does(
    tmp_path_factory: pytest.TempPathFactory, production: list[Asked], shadow: list[Asked]
) -> None:
    """Any two small logs: the pairs and the ambiguous are those of the ladder tried out in full."""
    found = climbed(tmp_path_factory.mktemp("pairs"), production, shadow)
    check_counts(found, production, shadow)
    pairs, unsure = reference(production, shadow)
    assert found.records == pairs
    assert found.ambiguous == unsure


@settings(max_examples=12)
@given(LOGS, LOGS)
def test_swapped_variants_give_mirrored_pairs(
    tmp_path_factory: pytest.TempPathFactory, production: list[Asked], shadow: list[Asked]
) -> None:
    """Which variant is called production changes nothing about which records belong together."""
    folder = tmp_path_factory.mktemp("swap")
    here, there = (
        climbed(folder / "a", production, shadow),
        climbed(folder / "b", shadow, production),
    )
    assert {(s, p, m) for p, s, m in here.records} == there.records
    assert here.ambiguous == there.ambiguous[::-1]
    assert here.paired.collisions == there.paired.collisions
    assert here.paired.different_input == there.paired.different_input
