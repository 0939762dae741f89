"""Write what turned out to be right of a demo test's requests, in the form that its team has.

Model Monitor's ground truth, ``{folder}/{test}/yyyy/mm/dd/hh/{uuid}.jsonl`` by the hour in which
labels came, or one CSV file ``{folder}/{test}.csv``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from demo.traffic import HOUR_MS, OK, RightAnswers, ShadowTest, uuids


@dataclass(frozen=True, slots=True)
class WrittenLabels:
    """What was written: ``lines = requests + unknown + duplicates``.

    ``requests`` that production answered are labelled; ``unknown`` lines name no request;
    ``duplicates`` are replaced by a later line.
    """

    location: str
    lines: int
    requests: int
    unknown: int
    duplicates: int


def write(
    folder: Path, test: ShadowTest, labels: RightAnswers, rng: np.random.Generator, *, end_ms: int
) -> WrittenLabels:
    """Write the labels that are known by ``end_ms``; a few ids are unknown, a few come twice."""
    answered = test.production_answers.status == OK
    answered[test.damaged[0]] = False
    named = np.array([each is not None for each in test.ids])
    known = np.flatnonzero(labels.given & answered & named & (labels.known_ms < end_ms))
    known = known[np.argsort(labels.known_ms[known], kind="stable")]
    lines = [(int(labels.known_ms[at]), str(test.ids[at]), labels.texts[at]) for at in known]
    requests = len(lines)
    few = min(requests, max(1, requests // 1_000))
    # an id of another channel, whose requests no endpoint saw
    stray = rng.choice(requests, few, replace=False)
    lines += [
        (lines[at][0], f"{lines[at][1].partition('-')[0]}-{text[:13]}", lines[at][2])
        for at, text in zip(stray.tolist(), uuids(rng, few), strict=True)
    ]
    # told twice, an hour apart; every second of them was put right by the second time
    again = rng.choice(requests, few, replace=False)
    lines += [
        (lines[at][0] - HOUR_MS, lines[at][1], lines[at][2] if n % 2 else _at_first(lines[at][2]))
        for n, at in enumerate(again.tolist())
    ]
    lines.sort(key=lambda line: line[0])
    place = _as_csv(folder, test, lines) if labels.table else _monitored(folder, test, lines, rng)
    return WrittenLabels(place, len(lines), requests, few, few)


def _at_first(label: str) -> str:
    """What was said before it was put right: the other label, or whole minutes."""
    if label in ("0", "1"):
        return "10"[int(label)]
    return ",".join(str(round(float(each))) for each in label.split(","))


def _monitored(
    folder: Path, test: ShadowTest, lines: list[tuple[int, str, str]], rng: np.random.Generator
) -> str:
    hours = np.array([at // HOUR_MS for at, _, _ in lines])
    files = np.split(np.arange(len(lines)), np.flatnonzero(np.diff(hours)) + 1)
    for positions, name in zip(files, uuids(rng, len(files)), strict=True):
        begun = datetime.fromtimestamp(lines[positions[0]][0] / 1_000, UTC)
        place = folder / test.name / f"{begun:%Y/%m/%d/%H}"
        place.mkdir(parents=True, exist_ok=True)
        content = "".join(
            json.dumps(
                {
                    "groundTruthData": {"data": label, "encoding": "CSV"},
                    "eventMetadata": {"eventId": name_of},
                    "eventVersion": "0",
                },
                separators=(",", ":"),
            )
            + "\n"
            for _, name_of, label in (lines[at] for at in positions.tolist())
        )
        (place / f"{name}.jsonl").write_text(content, encoding="utf-8")
    return test.name


def _as_csv(folder: Path, test: ShadowTest, lines: list[tuple[int, str, str]]) -> str:
    rows = [
        f'{name},"{label}",{datetime.fromtimestamp(at / 1_000, UTC):%Y-%m-%dT%H:%M:%SZ}\n'
        for at, name, label in lines
    ]
    folder.mkdir(parents=True, exist_ok=True)
    content = "inference_id,actual,time\n" + "".join(rows)
    (folder / f"{test.name}.csv").write_text(content, encoding="utf-8")
    return f"{test.name}.csv"
