"""Is what answers look like read as it was captured?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.compatibility import compare
from queries.answer_forms import answers_of
from queries.config import Config, Test
from queries.opened import Opened, open_test

HOUR = "2026/11/02/06"


def opened(folder: Path, production: list[object], shadow: list[object]) -> Opened:
    """A test of two variants, captured as these JSON documents (a str is CSV)."""
    for variant, answers in (("AllTraffic", production), ("Shadow-01", shadow)):
        path = folder / "captures" / "fraud" / variant / HOUR / "00-00-000-a.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(record(at, each) for at, each in enumerate(answers)) + "\n")
    test = Test(
        name="fraud", captures=str(folder / "captures"), production="AllTraffic", shadow="Shadow-01"
    )
    return open_test(Config(tests=(test,), cache=folder / "cache"), test)


def record(at: int, answer: object) -> str:
    csv = isinstance(answer, str)
    sides = {
        "endpointInput": ("text/csv", "CSV", f"{at},1.5"),
        "endpointOutput": (
            "text/csv; charset=utf-8" if csv else "application/json",
            "CSV" if csv else "JSON",
            answer if csv else json.dumps(answer),
        ),
    }
    captured = {
        side: {"observedContentType": kind, "mode": side, "data": data, "encoding": encoding}
        for side, (kind, encoding, data) in sides.items()
    }
    about = {
        "eventId": f"{at}-{answer}",
        "inferenceId": str(at),
        "inferenceTime": f"2026-11-02T06:{at // 60:02}:{at % 60:02}Z",
    }
    return json.dumps({"captureData": captured, "eventMetadata": about, "eventVersion": "0"})


def test_outputs_are_named_by_their_place_and_kind(tmp_path: Path) -> None:
    """JSON members by path; lists of numbers by length; what is null is no output."""
    answer = {"score": 0.5, "label": "a", "probabilities": [0.1, 0.2, 0.7], "sure": True, "x": None}
    production, shadow = answers_of(opened(tmp_path, [answer] * 20, [answer] * 20))
    assert production == shadow
    assert production.n == 20
    assert production.content_types == {"application/json": 20}
    assert production.request_types == {"text/csv": 20}
    assert production.outputs == {
        "$.score": {"number": 20},
        "$.label": {"text": 20},
        "$.probabilities": {"3 numbers": 20},
        "$.sure": {"true or false": 20},
    }


@pytest.mark.parametrize(
    ("production", "shadow", "breaking"),
    [
        ({"score": 0.5}, {"probability": 0.5}, ["$.score"]),
        ({"scores": [0.1, 0.9]}, {"scores": [0.1, 0.2, 0.7]}, ["$.scores: 2 numbers"]),
        ("0.5", "0.5", []),
    ],
)
def test_a_form_that_is_gone_is_found(
    tmp_path: Path, production: object, shadow: object, breaking: list[str]
) -> None:
    """A renamed member and a vector of another length would break callers; the same form not."""
    found = compare(*answers_of(opened(tmp_path, [production] * 20, [shadow] * 20)))
    assert [each.name for each in found if each.breaking] == breaking


def test_batches_of_any_size_are_of_one_kind(tmp_path: Path) -> None:
    """Lists as long as the batch vary, and are no difference where one side saw other sizes."""
    production = [{"predictions": [0.5] * (1 + at % 3)} for at in range(30)]
    shadow = [{"predictions": [0.5] * 4} for _ in range(30)]
    assert compare(*answers_of(opened(tmp_path, production, shadow))) == ()


def test_labels_are_those_of_all_pairs(tmp_path: Path) -> None:
    """Labels of both variants are counted over all pairs, and a new one is told."""
    production: list[object] = [{"label": "ab"[at % 2], "score": 0.9} for at in range(30)]
    shadow: list[object] = [{"label": "abc"[at % 3], "score": 0.9} for at in range(30)]
    mine, theirs = answers_of(opened(tmp_path, production, shadow))
    assert mine.labels == {"a": 15, "b": 15}
    assert theirs.labels == {"a": 10, "b": 10, "c": 10}
    assert [(each.part, each.name, each.breaking) for each in compare(mine, theirs)] == [
        ("label", "c", False)
    ]
