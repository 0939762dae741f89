"""Write what came of a demo test's answers, as its team keeps it: one CSV file, a line a request.

Nothing is drawn at random: what came of an answer follows from it and from what turned out right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from demo.traffic import OK, Outcomes, ShadowTest


@dataclass(frozen=True, slots=True)
class WrittenOutcomes:
    """What was written: a line for each request whose outcome is known, and the totals.

    ``totals`` has the sum of each of the ``columns`` over all lines.
    """

    location: str
    columns: tuple[str, ...]
    lines: int
    totals: tuple[float, ...]


def write(folder: Path, test: ShadowTest, outcomes: Outcomes, *, end_ms: int) -> WrittenOutcomes:
    """Write ``{folder}/{test}.csv``: outcomes of answered requests with an id, known by the end."""
    answered = test.production_answers.status == OK
    answered[test.damaged[0]] = False
    named = np.array([each is not None for each in test.ids])
    known = np.flatnonzero(outcomes.given & answered & named & (outcomes.known_ms < end_ms))
    known = known[np.argsort(outcomes.known_ms[known], kind="stable")]
    columns = tuple(outcomes.values)
    cells = [[str(value) for value in each[known].tolist()] for each in outcomes.values.values()]
    times = [datetime.fromtimestamp(at / 1_000, UTC) for at in outcomes.known_ms[known].tolist()]
    lines = [
        f"{test.ids[at]},{','.join(row)},{time:%Y-%m-%dT%H:%M:%SZ}\n"
        for at, row, time in zip(known.tolist(), zip(*cells, strict=True), times, strict=True)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    content = f"inference_id,{','.join(columns)},time\n" + "".join(lines)
    (folder / f"{test.name}.csv").write_text(content, encoding="utf-8")
    totals = tuple(float(each[known].sum()) for each in outcomes.values.values())
    return WrittenOutcomes(f"{test.name}.csv", columns, len(lines), totals)
