"""Write a demo test as the log of a proxy that asks both models: one line with both answers.

``{folder}/{endpoint}/yyyy/mm/dd/hh/mirror-1-{uuid}.jsonl``, as a Firehose stream lays it down. The
format is that of docs/paired-logs.md.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from demo.captures import Written
from demo.traffic import HOUR_MS, NOT_ASKED, OK, Answers, ShadowTest, uuids

_GIVEN_UP_MS = 10_000


def write(folder: Path, test: ShadowTest, rng: np.random.Generator) -> tuple[Written, Written]:
    """Write the log under ``folder/{endpoint}``; returns what it holds of (production, shadow)."""
    hours = np.flatnonzero(np.diff(test.time_ms // HOUR_MS)) + 1
    every = np.split(np.arange(len(test.time_ms)), hours)
    files = [positions for positions in every if len(positions)]
    size = 0
    for positions, name in zip(files, uuids(rng, len(files)), strict=True):
        begun = _time(test, int(positions[0]))
        place = folder / test.name / f"{begun:%Y/%m/%d/%H}"
        place.mkdir(parents=True, exist_ok=True)
        content = "".join(f"{json.dumps(_line(test, int(at)))}\n" for at in positions).encode()
        (place / f"mirror-1-{name}.jsonl").write_bytes(content)
        size += len(content)
    return (
        _written(test, test.production, test.production_answers, len(files), size),
        _written(test, test.shadow, test.shadow_answers, len(files), size),
    )


def _line(test: ShadowTest, at: int) -> dict[str, object]:
    return {
        "id": test.ids[at],
        "time": _time(test, at).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "request": {"content_type": test.input_form.content_type, "body": test.inputs[at]},
        "production": _side(test, test.production_answers, at),
        "shadow": _side(test, test.shadow_answers, at),
    }


def _side(test: ShadowTest, answers: Answers, at: int) -> dict[str, object] | None:
    if answers.status[at] == NOT_ASKED:
        return None
    if answers.status[at] != OK:
        return {"error": "timeout", "latency_ms": _GIVEN_UP_MS}
    return {
        "status": OK,
        "latency_ms": int(answers.model_us[at]) / 1_000,
        "content_type": test.output_form.content_type,
        "body": answers.outputs[at],
    }


def _time(test: ShadowTest, at: int) -> datetime:
    return datetime.fromtimestamp(int(test.time_ms[at]) / 1_000, UTC)


def _written(test: ShadowTest, variant: str, answers: Answers, files: int, size: int) -> Written:
    """What the log holds of one side: only lines with its answer count."""
    answered = int((answers.status == OK).sum())
    return Written(variant, files, size, answered, answered, 0, answered)
