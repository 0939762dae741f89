"""How fast is a trial opened, beside smdebug and beside reading its bytes?"""

from __future__ import annotations

import math
import shutil
import tempfile
from pathlib import Path

from tests.benchmarks import trial_files
from tests.benchmarks.contest import Entry, Runs, contest, warm
from tests.benchmarks.table import Line

MODULE = "tests.benchmarks.trial_contestants"
ROWS = trial_files.TENSORS * trial_files.STEPS
# smdebug reduces so slowly that a tenth of the steps must do
REDUCED_STEPS = 4


def lines(folder: Path, repeats: int) -> list[Line]:
    """All figures about trials."""
    return [*_values(folder, repeats), *_again(folder, repeats), *_listing(folder, repeats), _s3()]


def _values(folder: Path, repeats: int) -> list[Line]:
    """All statistics of a gigabyte, against reading it and against smdebug."""
    place, cache = folder / "trial-big", folder / "cache" / "trial-big"
    size = trial_files.big(place)
    warm(place)
    sums: list[float] = []

    def right(answer: dict[str, float]) -> bool:
        sums.append(answer["l2"])
        return answer["rows"] == ROWS and math.isclose(answer["l2"], sums[0], rel_tol=1e-5)

    found = contest(
        [
            _entry("raw", "raw", place, right=lambda answer: answer["bytes"] == size),
            _entry(
                "ours",
                *("opened", place, cache),
                right=right,
                before=lambda: shutil.rmtree(cache, ignore_errors=True),
            ),
            _entry("values", "smdebug_values", place, right=right),
        ],
        repeats,
    )
    reduced = contest(
        [
            _entry(
                "reductions",
                *("smdebug_reductions", place, REDUCED_STEPS),
                right=lambda answer: answer["rows"] == trial_files.TENSORS * REDUCED_STEPS,
            )
        ],
        1,
    )["reductions"]
    raw, ours, values = found.values()
    each = ours.wall_s / ROWS
    theirs = reduced.wall_s / (trial_files.TENSORS * REDUCED_STEPS)
    rate = size / 1e6 / ours.wall_s
    return [
        Line.at_least(
            f"trial of {size / 1e9:.1f} GB: statistics, share of the raw read rate (%)",
            25,
            100 * raw.wall_s / ours.wall_s,
            f"{ours.wall_s:.2f} s, {rate:,.0f} MB/s",
            f"read() alone {raw.wall_s:.3f} s",
        ),
        Line.at_least(
            "smdebug's values with NumPy's statistics ÷ the same, wall",
            3,
            values.wall_s / ours.wall_s,
            f"{ours.wall_s:.2f} s",
            f"{values.wall_s:.2f} s",
        ),
        Line.at_least(
            "smdebug's reduction_value ÷ the same, a value",
            50,
            theirs / each,
            f"{1e6 * each:.0f} µs",
            f"{1e3 * theirs:.1f} ms",
        ),
        Line.at_most(
            "the same: peak memory (MB)", 200, ours.peak_mb, "", f"smdebug {values.peak_mb:.0f} MB"
        ),
    ]


def _again(folder: Path, repeats: int) -> list[Line]:
    """Trials that were opened before, each in a new process."""
    trial_files.long(folder / "trial-long")
    trial_files.wide(folder / "trial-wide")
    found = []
    for name, what, limit in (
        ("big", "64 tensors × 40 steps", 200),
        ("long", f"{trial_files.INDEX_FILES:,} index files", 200),
        ("wide", "500 tensors × 1,000 steps", None),
    ):
        place, cache = folder / f"trial-{name}", folder / "cache" / f"trial-{name}"
        first, again = _twice(place, cache, repeats)
        found.append(
            Line.at_most(
                f"second opening of a trial, {what} (ms)",
                limit,
                1e3 * again.wall_s,
                f"{again.peak_mb:.0f} MB",
                f"first opening {first.wall_s:.2f} s, {first.peak_mb:.0f} MB",
            )
        )
    return found


def _twice(place: Path, cache: Path, repeats: int) -> tuple[Runs, Runs]:
    shutil.rmtree(cache, ignore_errors=True)
    warm(place)
    entry = _entry("opened", *("opened", place, cache), right=lambda answer: answer["rows"] > 0)
    return contest([entry], 1)["opened"], contest([entry], repeats)["opened"]


def _listing(folder: Path, repeats: int) -> list[Line]:
    """Modes, steps and tensors of many index files: nothing kept, and known already."""
    place = folder / "trial-long"

    def right(answer: dict[str, int]) -> bool:
        return answer == {"steps": trial_files.INDEX_FILES, "tensors": trial_files.LONG_TENSORS}

    rows = trial_files.INDEX_FILES * trial_files.LONG_TENSORS
    found = contest(
        [
            _entry("first", "listed", place, right=right),
            _entry(
                "again",
                *("opened", place, folder / "cache" / "trial-long"),
                right=lambda answer: answer["rows"] == rows,
            ),
            _entry("smdebug", *("smdebug_listed", place, 1), right=right),
            _entry("awake", *("smdebug_listed", place, 0), right=right),
        ],
        repeats,
    )
    first, again, smdebug, awake = found.values()
    return [
        Line.at_least(
            f"listing {trial_files.INDEX_FILES:,} index files: {what}",
            target,
            theirs.wall_s / ours.wall_s,
            f"{1e3 * ours.wall_s:.0f} ms",
            f"{1e3 * theirs.wall_s:.0f} ms",
        )
        for what, target, theirs, ours in (
            ("smdebug ÷ ours", 10, smdebug, first),
            ("smdebug without the second it sleeps ÷ ours", None, awake, first),
            ("the same ÷ a trial that was opened before", None, awake, again),
        )
    ]


def _s3() -> Line:
    """Requests of the first opening of a trial in a bucket."""
    from queries.config import Aws
    from queries.trials.opened import open_trial
    from tests.queries.bucket import BUCKET, StandIn

    steps = 100
    with tempfile.TemporaryDirectory() as temporary:
        stand_in = StandIn(Path(temporary) / "s3")
        try:
            key = "job/debug-output"
            trial_files.write(stand_in.folder / BUCKET / key, steps, {"gradient/Net_fc.bias": (9,)})
            trial = open_trial(
                f"s3://{BUCKET}/{key}",
                cache=Path(temporary) / "cache",
                aws=Aws(endpoint_url=stand_in.url),
            )
            count = len(stand_in.requests)
        finally:
            stand_in.stop()
    assert len(trial.statistics) == steps
    return Line.at_most(
        "S3: requests of the first opening ÷ (index files + event files)",
        1.2,
        count / (2 * steps),
        f"{count} requests",
        f"{2 * steps} files",
    )


def _entry(name: str, command: str, *arguments: object, right, before=lambda: None) -> Entry:  # type: ignore[no-untyped-def]
    return Entry(name, [command, *map(str, arguments)], right, before=before, module=MODULE)
