"""Does the ladder in Athena's SQL pair as the one on this machine does, count by count?

``make test-trino`` asks the same of a real Trino.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.athena.duck import Duck
from queries.athena import ladder
from tests.queries import test_ladder as local
from tests.queries.athena.climbing import Held, captured, climbed
from tests.queries.test_ladder import LOGS, Asked, Climb, Log, requests

LAWS = {
    name: law
    for name, law in vars(local).items()
    if name.startswith("test_")
    and [*inspect.signature(law).parameters] == ["climb"]
    # six thousand records are many for this stand-in; a crowd of its own follows
    and name != "test_a_crowd_is_ambiguous_and_quickly_left_out"
}
"""What is asked of the ladder on this machine."""


def test_the_laws_were_found() -> None:
    """All laws that need nothing but two logs are asked of Athena's ladder too."""
    assert len(LAWS) > 15


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_athenas_ladder_keeps_the_law(law: Callable[[Climb], None]) -> None:
    """What holds of the ladder on this machine holds of the one in Athena."""
    law(lambda production, shadow: climbed(Duck(), production, shadow))


@settings(max_examples=8)
@given(LOGS, LOGS)
def test_small_logs_are_paired_as_on_this_machine(
    tmp_path_factory: pytest.TempPathFactory, production: list[Asked], shadow: list[Asked]
) -> None:
    """Any two small logs: the same pairs, the same ambiguous records, the same counts."""
    check_same(climbed(Duck(), production, shadow), tmp_path_factory, production, shadow)


def test_a_crowd_is_ambiguous() -> None:
    """A payload sent too often within seconds is left out, and what stands beside it is not."""
    crowd = [Asked(0)] * (local.MOST + 1)
    found = climbed(Duck(), [*crowd, *requests(3)], [*crowd, *requests(3)])
    at = range(len(crowd), len(crowd) + 3)
    assert found.records == {(n, n, "input") for n in at}
    assert found.ambiguous == ({*range(len(crowd))}, {*range(len(crowd))})


def check_same(
    found: local.Outcome, folders: pytest.TempPathFactory, production: Log, shadow: Log
) -> None:
    """The outcome is that of the ladder on this machine."""
    expected = local.climbed(folders.mktemp("pairs"), production, shadow)
    assert found.records == expected.records
    assert found.ambiguous == expected.ambiguous
    assert replace(found.paired, name="") == replace(expected.paired, name="")


HOURS = 5
SPREAD = st.lists(
    st.tuples(st.integers(0, HOURS * 3600 - 1), st.booleans(), st.integers(0, 1)),
    max_size=12,
    unique_by=lambda one: one[0],
)


@settings(max_examples=4)
@given(SPREAD, st.sampled_from([1, 2, 24]))
def test_hours_written_one_after_the_other_pair_as_all_at_once(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[int, bool, int]], at_once: int
) -> None:
    """Requests with an id or an input of their own pair alike, however many hours at once.

    A shadow's record may lie in the folder of the hour after.
    """
    production = [
        Asked(t, inference=f"i{t}" if named else None, given=f"g{t}")
        for t, named, _ in sorted(asked)
    ]
    shadow = [replace(one, t=(one.t or 0) + 2) for one in production]
    late = [later for _, _, later in sorted(asked)]
    folders = [(one.t or 0) // 3600 for one in production]
    found = climbed(
        Duck(),
        production,
        shadow,
        folder_of=(folders, [hour + later for hour, later in zip(folders, late, strict=True)]),
        at_once=at_once,
    )
    check_same(found, tmp_path_factory, production, shadow)


@settings(max_examples=4)
@given(LOGS, LOGS, st.integers(0, 2**16), st.sampled_from([1, 2]))
def test_no_record_is_paired_twice_across_hours(
    production: list[Asked], shadow: list[Asked], folders: int, at_once: int
) -> None:
    """Whatever ids repeat over the hours, each record is paired once, and each row counted once."""
    spread = [
        [(folders >> (3 * at + side)) % 3 for at in range(len(log))]
        for side, log in enumerate((production, shadow))
    ]
    found = climbed(Duck(), production, shadow, folder_of=spread, at_once=at_once)
    local.check_counts(found, production, shadow)


def test_a_shadow_two_hours_later_is_not_looked_for() -> None:
    """Pairs are looked for an hour to each side: further apart, both stay without a partner."""
    production = [Asked(0, inference="i"), Asked(10_800, inference="other")]
    shadow = [Asked(7_300, inference="i")]
    found = climbed(Duck(), production, shadow, folder_of=([0, 3], [2]), at_once=1)
    assert found.records == set()
    assert (found.paired.production_only, found.paired.shadow_only) == (2, 1)


def test_what_the_last_round_left_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With too few rounds for a chain of rivals, the records still undecided are counted."""
    from actions.athena import climbing

    # each is nearer to the next than to the one before, so that a round decides one pair
    chain = [Asked(t, inference="i", given="a") for t in (0, 11, 18, 21)]
    between = [Asked(t, inference="i", given="a") for t in (6, 15, 20)]
    held = Held(Duck())
    captured(held, (chain, between), None)
    hours = ladder.Climb(held.tables, "2024/03/31/12", "2024/03/31/12")
    whole = climbing.climb(hours, held)
    assert whole.undecided == 0
    monkeypatch.setattr(ladder, "ROUNDS", 1)
    monkeypatch.setattr(climbing, "STATEMENTS", 1)
    held = Held(Duck())
    captured(held, (chain, between), None)
    hours = replace(hours, tables=held.tables)
    found = climbing.climb(hours, held)
    assert found.undecided > 0
    assert found.pairs is not None
    paired = Counter(row["production_line"] for row in held.rows(found.pairs))
    assert len(paired) + found.undecided == len(chain)
