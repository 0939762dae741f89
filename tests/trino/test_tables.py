"""Does a real Trino read captures and pair records as Understudy does on this machine?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from tests.queries.athena.climbing import climbed
from tests.queries.athena.decoding import decoded, faults, read_here
from tests.queries.athena.test_decoding import REFUSED, reading_of
from tests.queries.athena.test_ladder import LAWS, check_same
from tests.queries.capturing import guessed, line
from tests.queries.test_bulk import SAMPLES, differently_described
from tests.queries.test_ladder import LOGS, Asked, Climb
from tests.trino.backend import RealTrino


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_trinos_ladder_keeps_the_law(law: Callable[[Climb], None], trino: RealTrino) -> None:
    """What holds of the ladder on this machine holds of the one that Trino climbs."""
    law(lambda production, shadow: climbed(trino, production, shadow))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LOGS, LOGS)
def test_small_logs_are_paired_as_on_this_machine(
    trino: RealTrino,
    tmp_path_factory: pytest.TempPathFactory,
    production: list[Asked],
    shadow: list[Asked],
) -> None:
    """Any two small logs: the same pairs, the same ambiguous records, the same counts."""
    check_same(climbed(trino, production, shadow), tmp_path_factory, production, shadow)


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - REFUSED))
def test_every_kind_of_payload_is_read_alike(name: str, trino: RealTrino) -> None:
    """Each payload gives the rows that it gives here, or is unreadable."""
    lines, reading = SAMPLES[name].lines(), reading_of(name)
    assert not [*faults(lines, reading, decoded(trino, lines, reading), read_here(lines, reading))]


def test_every_envelope_is_understood(trino: RealTrino) -> None:
    """Ids, times, types and encodings of any kind are read alike, or are no time."""
    lines = [
        each
        for each in differently_described()
        if not any(odd in each for odd in (b'{"a":1}', b'[1,"x"]', b"[1,2]", b'"eventMetadata":[]'))
    ]
    reading = guessed([line()] * 3)
    assert not [*faults(lines, reading, decoded(trino, lines, reading), read_here(lines, reading))]
