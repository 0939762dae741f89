"""What do the captures look like that everything is measured on?

Lines as SageMaker writes them, of a binary model with 30 features, a CSV request and a CSV score:
seeded, so that every machine reads the same bytes. Truth (counts and sums) is kept beside them, for
no time counts before the answer was right.
"""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID

import numpy as np

SEED = 20261101
FEATURES = 30
FIRST = datetime(2026, 11, 1, tzinfo=UTC)
PAIRS_AN_HOUR = 6000
PARTS = 8
# AWS starts a new file at some megabytes, and at every hour
BIG_FILE = 5_000_000
_CELLS = ",".join(["%.6f"] * 10 + ["%.2f"] * 6 + ["%r"] * 6 + ["%d"] * 8)
_LINE = (
    '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT",'
    '"data":"%s","encoding":"CSV"},"endpointOutput":{"observedContentType":'
    '"text/csv; charset=utf-8","mode":"OUTPUT","data":"%s","encoding":"CSV"}},'
    '"eventMetadata":{"eventId":"%s","inferenceTime":"%s"},"eventVersion":"0"}\n'
)


@dataclass(slots=True)
class Truth:
    """What there is to be found: lines of each variant, pairs, and sums over them."""

    production: int = 0
    shadow: int = 0
    pairs: int = 0
    rejected: int = 0
    production_scores: float = 0.0
    first_feature: float = 0.0
    bytes: int = 0
    files: int = 0


def big(root: Path, pairs: int, hours: int | None = None) -> Truth:
    """Captures in files of some megabytes, hour by hour; 6,000 pairs an hour unless told."""
    return _kept(root, lambda folder: _written(folder, pairs, hours))


def single(root: Path, source: Path) -> Truth:
    """The same lines, each variant one file."""

    def write(folder: Path) -> Truth:
        truth = _truth_of(source)
        for variant in ("production", "shadow"):
            target = _folder(folder, variant, FIRST)
            with (target / "00-00-000-all.jsonl").open("wb") as whole:
                for file in _files(source, variant):
                    with file.open("rb") as part:
                        shutil.copyfileobj(part, whole, 1 << 20)
        truth.files = 2
        return truth

    return _kept(root, write)


def in_files(root: Path, source: Path, files: int) -> Truth:
    """The same lines in just so many files."""

    def write(folder: Path) -> Truth:
        truth = _truth_of(source)
        for variant in ("production", "shadow"):
            lines = [line for file in _files(source, variant) for line in _lines(file)]
            for at, part in enumerate(np.array_split(np.arange(len(lines)), files // 2)):
                hour = FIRST + timedelta(hours=at * 24 // (files // 2))
                chosen = lines[part[0] : part[-1] + 1]
                (_folder(folder, variant, hour) / f"00-00-{at:05d}.jsonl").write_bytes(
                    b"".join(chosen)
                )
        truth.files = files // 2 * 2
        return truth

    return _kept(root, write)


def damaged(root: Path, source: Path) -> Truth:
    """The same files, every hundredth line cut off in the middle."""

    def write(folder: Path) -> Truth:
        truth = _truth_of(source)
        truth.pairs = -1  # which pairs are left is not counted here
        for file in sorted(source.rglob("*.jsonl")):
            lines = _lines(file)
            for at in range(50, len(lines), 100):
                lines[at] = lines[at][: len(lines[at]) // 2] + b"\n"
                truth.rejected += 1
            target = folder / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(b"".join(lines))
        return truth

    return _kept(root, write)


def _kept(root: Path, write) -> Truth:
    """Make a set unless it is there; a set without its truth is one that was not finished."""
    account = root / "truth.json"
    if not account.exists():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        account.write_text(json.dumps(asdict(write(root / "captures"))))
    return Truth(**json.loads(account.read_text()))


def _truth_of(source: Path) -> Truth:
    return Truth(**json.loads((source.parent / "truth.json").read_text()))


def _files(source: Path, variant: str) -> list[Path]:
    return sorted((source / "endpoint" / variant).rglob("*.jsonl"))


def _lines(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines(keepends=True)


def _folder(captures: Path, variant: str, hour: datetime) -> Path:
    folder = captures / "endpoint" / variant / hour.strftime("%Y/%m/%d/%H")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _written(folder: Path, pairs: int, hours: int | None) -> Truth:
    hours = hours or max(1, round(pairs / PAIRS_AN_HOUR))
    sizes = [len(part) for part in np.array_split(np.empty(pairs), hours)]
    parts = [part for part in np.array_split(np.arange(hours), PARTS) if len(part)]
    jobs = [(folder, int(part[0]), sizes[part[0] : part[-1] + 1]) for part in parts]
    # a fork would take over the threads of libraries that are at work, and crash in them
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        truths = [asdict(truth) for truth in pool.map(_hours, jobs)]
    return Truth(**{name: sum(truth[name] for truth in truths) for name in truths[0]})


def features(rng: np.random.Generator, n: int, drift: float) -> np.ndarray:
    """Requests (n, 30): bell-shaped, skewed, between 0 and 1, and small whole numbers."""
    table = np.empty((n, FEATURES))
    table[:, :10] = rng.standard_normal((n, 10)) + drift
    table[:, 10:16] = np.exp(rng.standard_normal((n, 6)) * 1.2 + 4)
    table[:, 16:22] = rng.random((n, 6)) ** 2
    table[:, 22:27] = rng.poisson([1, 3, 8, 20, 60], (n, 5))
    table[:, 27:] = np.minimum(rng.geometric(0.35, (n, 3)), 10)
    return table


def _hours(job: tuple[Path, int, list[int]]) -> Truth:
    folder, first, sizes = job
    truth = Truth()
    weights = np.random.default_rng(SEED).standard_normal(10)
    for at, n in enumerate(sizes):
        _hour(folder, first + at, n, weights, truth)
    return truth


def _hour(folder: Path, number: int, n: int, weights: np.ndarray, truth: Truth) -> None:
    rng = np.random.default_rng([SEED, number])
    table = features(rng, n, number / 1200)
    logit = table[:, :10] @ weights * 0.4
    scores = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(-1.03 * logit - rng.normal(0.02, 0.15, n)))
    start = FIRST + timedelta(hours=number)
    times = [
        (start + timedelta(seconds=int(second))).strftime("%Y-%m-%dT%H:%M:%SZ")
        for second in np.sort(rng.integers(0, 3600, n))
    ]
    ids = [str(UUID(bytes=rng.bytes(16), version=4)) for _ in range(n)]
    rows = [_CELLS % tuple(row) for row in table.tolist()]
    for at in np.flatnonzero(rng.random(n) < 0.01):
        cells = rows[at].split(",")
        cells[3] = ""
        rows[at] = ",".join(cells)
    unanswered = rng.random(n) < 0.005
    for variant, answers in zip(("production", "shadow"), scores, strict=True):
        lines = [
            _LINE % (row, answer, id_, time)
            for row, answer, id_, time, lost in zip(
                rows, answers.tolist(), ids, times, unanswered, strict=True
            )
            if not (lost and variant == "shadow")
        ]
        setattr(truth, variant, getattr(truth, variant) + len(lines))
        _write(_folder(folder, variant, start), lines, truth)
    truth.pairs += int((~unanswered).sum())
    truth.production_scores += float(scores[0].sum())
    truth.first_feature += sum(float(row.partition(",")[0]) for row in rows)


def _write(folder: Path, lines: list[str], truth: Truth) -> None:
    each = max(1, BIG_FILE // len(lines[0]))
    for at in range(0, len(lines), each):
        content = "".join(lines[at : at + each]).encode()
        (folder / f"{at // each:02d}-00-000.jsonl").write_bytes(content)
        truth.bytes += len(content)
        truth.files += 1
