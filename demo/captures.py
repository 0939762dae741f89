"""Write a demo test's captures to disk, in the layout and wording of SageMaker data capture.

``{folder}/{endpoint}/{variant}/yyyy/mm/dd/hh/MM-SS-mmm-{uuid}.jsonl``, named for its first record
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html).
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from demo.traffic import HOUR_MS, OK, Answers, Form, ShadowTest, uuids

# A file that is being written when the hour turns takes the next few records as well.
_SPILL_MS = 20_000
_LINE = (
    '{"captureData":{"endpointInput":{"observedContentType":"%s","mode":"INPUT","data":%%s,'
    '"encoding":"%s"},"endpointOutput":{"observedContentType":"%s","mode":"OUTPUT","data":%%s,'
    '"encoding":"%s"}},"eventMetadata":{"eventId":"%%s"%%s%s,"inferenceTime":"%%sZ"},'
    '"eventVersion":"0"}'
)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written for one variant; records + damaged = lines. Rows are those of records."""

    variant: str
    files: int
    bytes: int
    lines: int
    records: int
    damaged: int
    rows: int


def write(folder: Path, test: ShadowTest, rng: np.random.Generator) -> tuple[Written, Written]:
    """Write both variants' files under ``folder/{endpoint}``; returns (production, shadow)."""
    given = [_encoded(text, test.input_form) for text in test.inputs]
    return (
        _write_variant(folder, test, rng, given, test.production, test.production_answers, 0),
        _write_variant(folder, test, rng, given, test.shadow, test.shadow_answers, 1),
    )


def _write_variant(
    folder: Path,
    test: ShadowTest,
    rng: np.random.Generator,
    given: list[str],
    variant: str,
    answers: Answers,
    side: int,
) -> Written:
    stamps = test.time_ms + answers.lag_ms
    times = np.datetime_as_string(stamps.astype("datetime64[ms]").astype("datetime64[s]")).tolist()
    source = ',"invocationSource":"ShadowExperiment"' if side else ""
    forms = (test.input_form, test.output_form)
    template = _LINE % (*(v for f in forms for v in (f.content_type, f.encoding)), source)
    events = uuids(rng, len(times))
    answered = np.flatnonzero(answers.status == OK)
    if side:
        answered = np.setdiff1d(answered, test.uncaptured, assume_unique=True)
    # the file a request lands in is decided by the hour, less the spill
    files = np.split(
        answered, np.flatnonzero(np.diff((stamps[answered] - _SPILL_MS) // HOUR_MS)) + 1
    )
    names = uuids(rng, len(files))
    damaged = {int(at): kind for kind, at in enumerate(test.damaged[side])}
    size = 0
    for positions, name in zip(files, names, strict=True):
        if not len(positions):
            continue
        lines = [
            template
            % (
                given[at],
                _encoded(answers.outputs[at], test.output_form),
                events[at],
                f',"inferenceId":"{test.ids[at]}"' if test.ids[at] else "",
                times[at],
            )
            for at in positions.tolist()
        ]
        content = ("\n".join(lines) + "\n").encode()
        if damaged and not damaged.keys().isdisjoint(positions.tolist()):
            content = b"".join(
                _damage(line.encode(), damaged[at]) if at in damaged else line.encode() + b"\n"
                for at, line in zip(positions.tolist(), lines, strict=True)
            )
        begun = datetime.fromtimestamp(int(stamps[positions[0]]) / 1_000, UTC)
        place = folder / test.name / variant / f"{begun:%Y/%m/%d/%H}"
        place.mkdir(parents=True, exist_ok=True)
        milliseconds = int(stamps[positions[0]]) % 1_000
        (place / f"{begun:%M-%S}-{milliseconds:03d}-{name}.jsonl").write_bytes(content)
        size += len(content)
    whole = answered[~np.isin(answered, test.damaged[side])]
    return Written(
        variant=variant,
        files=sum(1 for positions in files if len(positions)),
        bytes=size,
        lines=len(answered),
        records=len(whole),
        damaged=len(answered) - len(whole),
        rows=int(test.rows[whole].sum()),
    )


def _encoded(text: str, form: Form) -> str:
    """The payload as the JSON string that the capture file holds."""
    if form.encoding == "BASE64":
        return f'"{base64.b64encode(text.encode()).decode()}"'
    return json.dumps(text)


def _damage(line: bytes, kind: int) -> bytes:
    """The line as it stands after an accident; each kind of accident happens in real stores."""
    middle = len(line) // 2
    accidents = (
        line[:middle] + b"\n",  # the writer was stopped
        line[:middle] + b"\x00" * 40 + line[middle + 40 :] + b"\n",  # a hole in the disk
        b"[" + line[1:-1] + b"]\n",  # not JSON any more
        line[:middle] + b"\xff\xfe" + line[middle:] + b"\n",  # not UTF-8
    )
    return accidents[kind % len(accidents)]
