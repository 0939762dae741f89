"""Where is the demo account, and is it fresh? If not, it is made anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import numpy as np
from filelock import FileLock

from demo import (
    captures,
    delivery_minutes,
    fleets,
    fraud_compact,
    fraud_scores,
    functions,
    labels,
    metrics,
    mirror_log,
    model_monitor,
    outcomes,
    sagemaker,
    support_replies,
    ticket_routing,
    training_jobs,
    trials,
)
from demo.traffic import OK, ShadowTest
from queries.config_actions import Action
from queries.errors import SourceError

FORMAT = 19  # raise it whenever the account's content or layout changes
MAX_AGE = timedelta(days=7)
REGION = "eu-central-1"
TRUTH = "truth.json"
_SEED = 20_261_101
_BUILDERS: tuple[Callable[..., ShadowTest], ...] = (
    fraud_scores.build,
    ticket_routing.build,
    delivery_minutes.build,
    support_replies.build,
)


@dataclass(frozen=True, slots=True)
class TestTruth:
    """What is true of one generated test; rows count instances, all else requests or lines.

    ``pairs`` are requests whose two lines are both whole, ``paired_rows`` and ``agreed`` their
    rows; ``without_id`` counts pairs whose caller gave no id. ``missing_shadow`` are requests that
    production answered and of which no answer of the shadow was captured; ``missing_production``
    the reverse.
    """

    __test__ = False

    name: str
    production: captures.Written
    shadow: captures.Written
    requests: int
    pairs: int
    paired_rows: int
    agreed: int
    without_id: int
    repeated_ids: int
    missing_shadow: int
    missing_production: int
    labels: labels.WrittenLabels | None
    outcomes: outcomes.WrittenOutcomes | None


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a whole generated account. ``end`` is where its last test stops (UTC)."""

    format: int
    end: datetime
    seed: int
    scale: float
    tests: tuple[TestTruth, ...]


def ensure(
    folder: Path, *, now: datetime | None = None, scale: float = 1.0, seed: int = _SEED
) -> Path:
    """The path of the demo account's ``understudy.toml``; the account is made where needed.

    It is made anew when it has another format, was made to another scale or seed, or ended more
    than seven days ago. Two processes may ask at once: one makes it, the other waits.

    Raises
    ------
    SourceError
        When the folder holds something that is not a demo account: nothing there is touched.
    """
    folder = Path(folder).absolute()
    now = now or datetime.now(UTC)
    if _fresh(folder, now, scale, seed):
        return folder / "understudy.toml"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(folder.name + ".lock")):
        if not _fresh(folder, now, scale, seed):
            _make(folder, now=now, scale=scale, seed=seed)
    return folder / "understudy.toml"


def generate(folder: Path, *, end: datetime, scale: float = 1.0, seed: int = _SEED) -> Truth:
    """Write an account whose tests stop at ``end`` into an empty folder; the same every time.

    Paths inside ``understudy.toml`` are those below ``folder`` itself.
    """
    return _generate(folder, home=folder.absolute(), end=end, scale=scale, seed=seed)


def _generate(folder: Path, *, home: Path, end: datetime, scale: float, seed: int) -> Truth:
    end_ms = round(end.timestamp() * 1_000)
    drawn = [np.random.default_rng([seed, at]) for at in range(len(_BUILDERS) + 1)]
    tests = [
        build(rng, end_ms=end_ms, scale=scale)
        for build, rng in zip(_BUILDERS, drawn[:-1], strict=True)
    ]
    tests.append(fraud_compact.beside(tests[0], drawn[-1]))
    told: dict[str, labels.WrittenLabels] = {}
    truths: list[TestTruth] = []
    tables: list[str] = []
    (folder / "baselines").mkdir(parents=True)
    for test, rng in zip(tests, drawn, strict=True):
        if test.logged:
            written = mirror_log.write(folder / "logs", test, rng)
        else:
            written = captures.write(folder / "captures", test, rng)
            metrics.write(folder / "metrics", test, rng)
            if test.monitored:
                place = folder / "monitoring" / test.name
                model_monitor.write(place, test, end_ms=end_ms, rng=rng)
            else:
                baseline = folder / "baselines" / f"{test.name}.csv"
                baseline.write_text(test.baseline, encoding="utf-8")
        if test.labels is not None:
            told[test.name] = labels.write(folder / "labels", test, test.labels, rng, end_ms=end_ms)
        came = None
        if test.outcomes is not None:
            came = outcomes.write(folder / "outcomes", test, test.outcomes, end_ms=end_ms)
        known = told.get(test.beside or test.name)
        truths.append(_truth(test, written, known, came))
        tables.append(_table(test, home, known, came))
    sagemaker.write(folder, tests, end_ms=end_ms)
    trained = trials.write(folder / "trials", end_ms=end_ms, seed=seed)
    training_jobs.write(folder, trained)
    header = (
        f'# The demo account, made by Understudy itself.\n\n[aws]\nregion = "{REGION}"\n\n'
        "# What is changed is changed at the server on this machine.\n"
        f"[actions]\nallow = {json.dumps(get_args(Action))}\n"
    )
    settings = "\n".join([header, _prices(), *tables, _trials(trained, home)])
    (folder / "understudy.toml").write_text(settings, encoding="utf-8")
    truth = Truth(FORMAT, end, seed, scale, tuple(truths))
    # last: an account without it counts as unfinished
    text = json.dumps(asdict(truth), indent=1, default=lambda value: value.isoformat())
    (folder / TRUTH).write_text(text + "\n", encoding="utf-8")
    return truth


def _fresh(folder: Path, now: datetime, scale: float, seed: int) -> bool:
    try:
        found = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
        end = datetime.fromisoformat(found["end"])
        made = (found["format"], found["scale"], found["seed"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return made == (FORMAT, scale, seed) and end <= now <= end + MAX_AGE


def _make(folder: Path, *, now: datetime, scale: float, seed: int) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / TRUTH).exists():
        raise SourceError(
            f"{folder} is not empty and is not a demo account: name another folder for the demo."
        )
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    half = f".{folder.name}.half-made-"
    for left in [beside for beside in folder.parent.iterdir() if beside.name.startswith(half)]:
        # of a process that was killed while it made the account: the lock says it is gone
        shutil.rmtree(left, ignore_errors=True)
    new, old = (folder.with_name(half + word) for word in ("new", "old"))
    try:
        _generate(new, home=folder, end=end, scale=scale, seed=seed)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    finally:
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)


def _truth(
    test: ShadowTest,
    written: tuple[captures.Written, captures.Written],
    told: labels.WrittenLabels | None,
    came: outcomes.WrittenOutcomes | None,
) -> TestTruth:
    production = test.production_answers.status == OK
    shadow = test.shadow_answers.status == OK
    shadow[test.uncaptured] = False
    whole = production & shadow
    for positions in test.damaged:
        whole[positions] = False
    return TestTruth(
        name=test.name,
        production=written[0],
        shadow=written[1],
        requests=len(test.time_ms),
        pairs=int(whole.sum()),
        paired_rows=int(test.rows[whole].sum()),
        agreed=int(test.agreed[whole].sum()),
        without_id=sum(1 for at in np.flatnonzero(whole) if test.ids[at] is None),
        repeated_ids=test.repeated_ids,
        missing_shadow=int((production & ~shadow).sum()),
        missing_production=int((shadow & ~production).sum()),
        labels=told,
        outcomes=came,
    )


def _prices() -> str:
    lines = ["# Made-up prices: those of AWS differ by region and over time."]
    for name, price in fleets.PRICES.items():
        lines += [f"[instances.{json.dumps(name)}]", f"price_per_hour = {price}", ""]
    return "\n".join(lines)


def _trials(trained: Sequence[trials.Trained], home: Path) -> str:
    """The trials' part of ``understudy.toml``."""
    lines = []
    for each in trained:
        place = home / "trials" / each.job
        lines += [
            f"[trials.{each.job}]",
            f"location = {json.dumps(str(place / 'debug-output'))}",
            f"profiler = {json.dumps(str(place / 'profiler-output'))}",
            f"job = {json.dumps(each.job)}",
            f"description = {json.dumps(each.description)}",
            "",
        ]
    return "\n".join(lines)


def _reference(test: ShadowTest, home: Path) -> list[str]:
    """Where the training inputs lie: Model Monitor's files of them, or themselves."""
    if not test.monitored:
        return [f"baseline = {json.dumps(str(home / 'baselines' / f'{test.name}.csv'))}"]
    place = home / "monitoring" / test.name
    return [
        f"baseline = {json.dumps(str(place / 'baseline' / 'statistics.json'))}",
        f"violations = {json.dumps(str(place / 'reports'))}",
    ]


def _table(
    test: ShadowTest,
    home: Path,
    told: labels.WrittenLabels | None,
    came: outcomes.WrittenOutcomes | None,
) -> str:
    """The test's part of ``understudy.toml``; JSON's strings are TOML's, quotes and all."""
    if test.logged:
        about = [
            f"log = {json.dumps(str(home / 'logs' / test.name))}",
            "capture_percent = 100",
            "shadow_percent = 90",
        ]
    else:
        about = [
            f"captures = {json.dumps(str(home / 'captures' / test.name))}",
            f"endpoint = {json.dumps(test.name)}",
            f"production = {json.dumps(test.production)}",
            f"shadow = {json.dumps(test.shadow)}",
            f"features = {json.dumps(list(test.features))}",
            *_reference(test, home),
            "capture_percent = 100",
            "shadow_percent = 100",
        ]
    lines = [
        f"[tests.{test.name}]",
        f"description = {json.dumps(test.description)}",
        *about,
        "",
        f"[tests.{test.name}.prediction]",
        *test.prediction,
        "",
    ]
    if test.name in trials.OF_A_TEST:
        production, shadow = trials.OF_A_TEST[test.name]
        lines += [
            f"[tests.{test.name}.training]",
            f"production = {json.dumps(production)}",
            f"shadow = {json.dumps(shadow)}",
            "",
        ]
    if test.name == functions.FUNCTION:
        lines += [
            f"[tests.{test.name}.deployment]",
            'kind = "alias"',
            f"function = {json.dumps(functions.FUNCTION)}",
            f"alias = {json.dumps(functions.ALIAS)}",
            f"version = {json.dumps(functions.TESTED)}",
            "",
        ]
    if told is not None:
        place = json.dumps(str(home / "labels" / told.location))
        lines += [f"[tests.{test.name}.truth]", f"location = {place}", ""]
    if came is not None:
        place = json.dumps(str(home / "outcomes" / came.location))
        lines += [
            f"[tests.{test.name}.outcomes]",
            f"location = {place}",
            f"columns = {json.dumps(came.columns)}",
            "",
        ]
    return "\n".join(lines)
