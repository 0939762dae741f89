"""Do labels find in Athena's SQL the pairs that they find on this machine, and is each counted?

``make test-trino`` asks the same of a real Trino.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.athena.backend import Backend
from demo.athena.duck import Duck
from queries.config import Prediction
from queries.opened import Opened
from tests.queries.athena.joining import check_same
from tests.queries.capturing import JSON, line
from tests.queries.labelling import labelled_test, monitored, truth_file
from tests.queries.test_consequences import opened
from tests.queries.test_truth import batches, either_id, every_fate, made, records

NUMBERS = Prediction(kind="regression", path="$[*]")
WORDS = Prediction(kind="multiclass")


def known_last(folder: Path) -> Opened:
    """By the time in the line, nearer than a millisecond, by the folder, by the order."""
    truth_file(folder / "truth" / "2024/04/02/10/x.jsonl", [monitored("1", event="a")])
    truth_file(folder / "truth" / "2024/04/01/10/y.jsonl", [monitored("0", event="a")])
    truth_file(
        folder / "truth" / "table.csv",
        b"id,label,time\nb,1,2024-04-03T00:00:00.000002\nb,0,2024-04-03T00:00:00.000001\n"
        b"c,0,\nc,1,\na,1,2024-01-01\n",
    )
    return labelled_test(folder, records("a", "b", "c"), records("a", "b", "c", shadow=True))


def reused_ids(folder: Path) -> Opened:
    """An inference id of two requests, told apart by the event id of the line."""
    truth_file(
        folder / "truth" / "labels.jsonl",
        [monitored("1", event="e2", inference="0"), monitored("1", event="gone", inference="0")],
    )
    both = [
        [
            line("1,2", "0.9", at=0, inference="0", event=f"{own}1"),
            line("3,4", "0.9", at=600, inference="0", event=f"{own}2"),
        ]
        for own in ("e", "s")
    ]
    return labelled_test(folder, *both)


def several_rows(folder: Path) -> Opened:
    """As many labels as rows; text, and numbers that no label of a model of numbers can be."""
    truth_file(
        folder / "truth" / "a.csv",
        b'id,y\nr0,"[1.5, 2.5]"\nr1,"3.5,4"\nr2,5\nr3,"1,2,3"\nr4,"many\n1e400"\nr5,"nan\n 1_0 "\n',
    )
    both = batches([1, 2], [3, 4], [5], [6, 7], [8, 9], [1, 1])
    return labelled_test(folder, both, both, prediction=NUMBERS)


def in_words(folder: Path) -> Opened:
    """1 and 0 are true and false where the models say so; other labels stay themselves."""
    truth_file(folder / "truth" / "a.csv", b"id,y\na,1\nb,0.0\nc,FALSE\nd,2\n")
    both = [
        line("1", {"predicted_label": at != 1}, at=60 * at, inference=name, encodings=JSON)
        for at, name in enumerate("abcd")
    ]
    return labelled_test(folder, both, both, prediction=WORDS)


def no_id_matches(folder: Path) -> Opened:
    """Ids are written otherwise, so that some of each side are shown."""
    return made(folder, monitored("1", event="A"), monitored("1", event="B"))


def no_line(folder: Path) -> Opened:
    """A file of labels without any."""
    return made(folder)


def outcomes(folder: Path) -> Opened:
    """A column of numbers and words, of which the last known of a request counts."""
    return opened(
        folder,
        "request_id,time,gain,other\nr0,1,1.5,9\nr0,3,-2e0,9\nr0,2,7,9\nr1,1,TRUE,9\nr2,1,nan,9\n"
        "r3,1,n/a,9\nr4,1,,9\nr9,1,1,9\n,1,1,9\n",
        columns=("gain",),
    )


CASES = (
    every_fate, either_id, known_last, reused_ids, several_rows, in_words, no_id_matches, no_line,
    outcomes,
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.__name__)
def test_labels_are_joined_as_on_this_machine(
    case: Callable[[Path], Opened], tmp_path: Path
) -> None:
    """Every rule of joining: the same counts, words, ids and labelled rows."""
    check_same(case(tmp_path), Duck())


def test_the_cases_have_something_to_join(tmp_path: Path) -> None:
    """They find pairs, and leave lines over, so that agreeing on them says something."""
    found = {case.__name__: check_same(case(tmp_path / case.__name__), Duck()) for case in CASES}
    assert [name for name, each in found.items() if not each.rows] == ["no_id_matches", "no_line"]
    assert found["every_fate"].joined.counts.unmatched == 4
    assert found["no_id_matches"].joined.ids.truth == ("A", "B")
    assert (found["in_words"].joined.yes, found["several_rows"].joined.yes) == ("true", "1")


def test_one_id_of_all_requests_and_labels_is_told_at_once(tmp_path: Path) -> None:
    """A constant id joins every label to every request: counted, never multiplied."""
    many = [line("1,2", "0.9", at=at, inference="0") for at in range(3000)]
    truth_file(tmp_path / "truth" / "a.jsonl", [monitored("1", event="0")] * 3000)
    found = check_same(labelled_test(tmp_path, many, many), Duck())
    assert found.joined.counts.repeated_id == 3000


IDS = st.sampled_from(["a", "b", "c", "d", "it's", "0", "e\u0301"])
NAMED = st.one_of(st.none(), IDS)
REQUESTS = st.lists(
    st.tuples(NAMED, NAMED, st.lists(st.integers(0, 9), min_size=1, max_size=3), st.booleans()),
    min_size=1,
    max_size=8,
)
TIMES = st.sampled_from([None, "2024-03-31", "2024-04-01T10:00:00Z", "2024-04-01T10:00:00.0004Z"])
LINES = st.lists(
    st.tuples(NAMED, NAMED, st.lists(st.integers(0, 9), min_size=1, max_size=3), TIMES), max_size=12
)


def small(folder: Path, requests: list[Any], told: list[Any]) -> Opened:
    """A test of numbers of these requests and lines; either may have any id, or none."""
    sides: tuple[list[bytes], list[bytes]] = ([], [])
    for at, (inference, event, rows, shadowed) in enumerate(requests):
        for own, side in enumerate(sides[: 2 if shadowed else 1]):
            answer = [each + own for each in rows]
            side.append(
                line("1,2\n" * len(rows), answer, at=60 * at, inference=inference,
                     event=event, encodings=JSON)
            )  # fmt: skip
    truth_file(
        folder / "truth" / "t.jsonl",
        [
            json.dumps({"inference_id": one, "event_id": other, "label": rows, "time": time})
            .encode()
            for one, other, rows, time in told
        ],
    )  # fmt: skip
    # a variant without any record is no test
    filler = line("1,2", [5], at=86_000, inference="filler", encodings=JSON)
    return labelled_test(folder, [*sides[0], filler], [*sides[1], filler], prediction=NUMBERS)


def check_small(backend: Backend, folder: Path, requests: list[Any], told: list[Any]) -> None:
    """Both join the same; both also with the two columns of ids exchanged."""
    check_same(small(folder / "as told", requests, told), backend)
    swapped = [(other, one, rows, time) for one, other, rows, time in told]
    check_same(small(folder / "swapped", requests, swapped), backend)


@settings(max_examples=10)
@given(REQUESTS, LINES)
def test_any_labels_are_joined_as_on_this_machine(
    tmp_path_factory: pytest.TempPathFactory, requests: list[Any], told: list[Any]
) -> None:
    """Ids repeated and unknown, several labels a line, labels told again, columns swapped."""
    check_small(Duck(), tmp_path_factory.mktemp("any"), requests, told)
