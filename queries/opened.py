"""A test that is read and paired: ready to be asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from analysis.estimates import Window
from analysis.policy import STRUCTURED
from queries import filters, store
from queries import ingest as ingesting
from queries.captured_here import CapturedHere, made_of
from queries.duckdb_engine import DuckEngine
from queries.errors import ConfigError, NotComparable, QuestionError, SourceError
from queries.ingest import Ingested, ingest
from queries.pairing import pair
from queries.progress import Progress
from queries.reading import Reading
from queries.samples import Captures
from queries.truth import LabelsHere
from queries.windows import window_of

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.policy import Policy
    from analysis.structured import Rules
    from queries.accounts import Segment
    from queries.captured import Captured
    from queries.comparing import Compared
    from queries.conditions import Filter
    from queries.config import Config, Test
    from queries.engine import Engine
    from queries.labelled import PairLabels
    from queries.outlay import Outlay

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """Everything the questions about one test need. ``reading`` is production's.

    ``compared`` and ``rules`` are there for answers of several parts only, ``labels`` for tests
    with a ground truth, ``outcomes`` one for each column of
    outcomes; ``where`` is the filter that every question is asked under, None for all requests.
    """

    config: Config
    test: Test
    policy: Policy
    captured: Captured
    reading: Reading
    shadow_reading: Reading
    engine: Engine
    compared: Compared | None = None
    rules: Rules | None = None
    labels: PairLabels | None = None
    outcomes: tuple[PairLabels, ...] = ()
    where: Filter | None = None

    def within(self, where: str) -> Opened:
        """The same test, whose questions see only the requests that meet a filter; "" is none.

        Raises
        ------
        QuestionError
            When the text is no filter of this test's requests (``filters``).
        """
        if not where.strip():
            return replace(self, engine=self.engine.whole, where=None)
        found = filters.parse(where, self.reading)
        return replace(self, engine=self.engine.whole.within(found), where=found)

    @property
    def state(self) -> str:
        """Names what was read and how: where it is the same, so are the answers."""
        told = (_settings(self.config), self.test, self.captured.name)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

    @property
    def intact(self) -> bool:
        """Whether what it rests on is still there."""
        return self.captured.intact

    def is_of(self, config: Config, test: Test, made_of: object) -> bool:
        """Whether what is captured now would be opened as this again."""
        ours = _settings(self.config), self.test, self.captured.made_of
        return ours == (_settings(config), test, made_of) and self.intact

    @property
    def endpoint(self) -> str | None:
        """The endpoint's name: declared, or as the keys of the captures say."""
        if self.test.endpoint or self.test.log:
            return self.test.endpoint
        return self.captured.endpoint

    def extent(self) -> tuple[datetime, datetime] | None:
        """The times of the first and the last record of the test; None where none has a time.

        A filter moves neither: a window means the same time with it and without.

        Records of the hours beside the test, which lie in the same files, are not the test's.
        """
        extent = self.captured.extent()
        if extent is None:
            return None
        first, last = extent
        start, end = self.test.start or first, self.test.end or last + SECOND
        first, last = max(first, start), min(last, end - SECOND)
        return (first, last) if first <= last else None

    def window(self, text: str) -> Window:
        """The window a text names (``windows``), inside the time of the test.

        Raises
        ------
        NotComparable
            When no record of the test carries a time.
        QuestionError
            When the text names no window, or one outside the time of the test.
        """
        extent = self.extent()
        if extent is None:
            during = " within its start and end" if self.test.start or self.test.end else ""
            raise NotComparable(
                f"No captured record of {self.test.name} carries a readable inferenceTime{during}, "
                "so no window of time can be chosen."
            )
        window = window_of(text, *extent)
        start = max(window.start, self.test.start or window.start)
        end = min(window.end, self.test.end or window.end)
        if start >= end:
            raise QuestionError(f"{text!r} lies outside the time of the test {self.test.name}.")
        return Window(start, end)


def read(
    config: Config,
    test: Test,
    *,
    whole_since: datetime | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Ingested:
    """Read what is new of a test's captures, as :func:`queries.ingest.ingest` does.

    Raises
    ------
    ConfigError
        When neither the configuration nor SageMaker says where the captures lie.
    SourceError
        When the captures cannot be listed, the baseline's names cannot be read, or Athena reads
        the captures.
    """
    captures, folder = _captures(config, test)
    return ingest(
        captures,
        folder,
        config.aws,
        prices=config.prices,
        whole_since=whole_since,
        progress=progress,
    )


def estimate(
    config: Config, test: Test, *, progress: Callable[[Progress], None] | None = None
) -> Outlay:
    """What reading what is new of a test's captures would ask of S3; nothing is read.

    Raises
    ------
    ConfigError, SourceError
        As :func:`read`; also when the captures lie on this machine.
    """
    captures, folder = _captures(config, test)
    return ingesting.estimate(captures, folder, config.aws, prices=config.prices, progress=progress)


def folder_of(config: Config, test: Test) -> Path:
    """Where what is read of a test is kept."""
    return store.folder_of(config.cache, test.source, test.production, test.shadow, test.name)


def _captures(config: Config, test: Test) -> tuple[Captures, Path]:
    """What is read of a test, and where it is kept."""
    if test.engine == "athena":
        raise SourceError(
            f"The captures of {test.name} are read by Athena: `cli.py athena status {test.name}` "
            f"says what waits to be read, and what that costs; `cli.py athena update {test.name}` "
            "reads it."
        )
    _refuse_incomplete(test)
    names = test.features
    if names is None and test.baseline is not None:
        from queries import baselines

        names = baselines.feature_names(test.baseline, aws=config.aws)
    return Captures.of(test, names), folder_of(config, test)


def open_test(
    config: Config,
    test: Test,
    *,
    before: Opened | None = None,
    whole_since: datetime | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Opened:
    """Read, pair and open a test; ``before`` itself where that would give it again.

    Raises
    ------
    NotComparable
        When a variant has no captures at all.
    SourceError
        When the captures cannot be listed, or not one object of a variant can be read.
    UnderstudyError
        Whatever else ``athena.opening`` raises, where the rows lie in Athena.
    """
    if test.engine == "athena":
        _refuse_incomplete(test)
        from queries.athena.opening import open_on_athena

        return open_on_athena(config, test, before=before)
    ingested = read(config, test, whole_since=whole_since, progress=progress)
    if before is not None and before.is_of(config, test, made_of(ingested)):
        return before
    return _open_read(config, test, ingested)


def _open_read(config: Config, test: Test, ingested: Ingested) -> Opened:
    """Pair and open a test that is read."""
    production, shadow = ingested.of(test.production), ingested.of(test.shadow)
    for variant, segments in ((test.production, production), (test.shadow, shadow)):
        if not segments:
            raise NotComparable(_no_captures(test, variant, ingested), remedy="later")
        if not any(segment.parts for segment in segments):
            raise SourceError(_none_readable(variant, segments))
    reading, shadow_reading = ingested.readings[test.production], ingested.readings[test.shadow]
    paired = pair(ingested.store, production, shadow, by_line=test.log is not None)
    policy = config.policy(test)
    compared, rules = None, None
    if reading.kind in STRUCTURED:
        from queries import comparing

        rules = comparing.rules_of(test, reading.kind, policy.tolerance)
        compared = comparing.compare_pairs(ingested.store, paired, production, shadow, rules)
    engine = DuckEngine(
        ingested.store,
        production,
        shadow,
        paired,
        kind=reading.kind,
        threshold=test.prediction.threshold,
        tolerance=policy.tolerance,
        compared=compared,
    )
    store = ingested.store
    labels = None
    if test.truth is not None:
        labels = LabelsHere(test.truth, config.aws, store, paired, production, engine, reading.kind)
    outcomes = tuple(
        # numbers, whatever the answers are
        LabelsHere(
            *(outcome, config.aws, store, paired, production, engine, "regression"),
            relation=relation,
        )
        for relation, outcome in (test.outcomes.each if test.outcomes is not None else ())
    )
    return Opened(
        config,
        test,
        policy,
        CapturedHere(test, config.aws, ingested, paired, engine),
        reading,
        shadow_reading,
        engine,
        compared,
        rules,
        labels,
        outcomes=outcomes,
    )


def _settings(config: Config) -> Config:
    """What a configuration says of every test: another test is no news for this one."""
    return replace(config, tests=())


def _refuse_incomplete(test: Test) -> None:
    if test.complete:
        return
    missing = [key for key in ("captures", "production", "shadow") if not getattr(test, key)]
    asked = test.experiment or test.endpoint
    raise ConfigError(
        f"Nothing says what {' and '.join(missing)} of the test {test.name} are: not the "
        f"configuration, and not SageMaker, asked for {asked}. Add `{'`, `'.join(missing)}` to "
        f"[tests.{test.name}], or turn data capture on."
    )


def _none_readable(variant: str, segments: Sequence[Segment]) -> str:
    """What a reader must know first where, say, the key of all objects is refused."""
    failed = [each for segment in segments for each in segment.failed]
    return (
        f"None of the {len(failed):,} files of {variant} could be read. "
        f"{failed[0].file}: {failed[0].reason}"
    )


def _no_captures(test: Test, variant: str, ingested: Ingested) -> str:
    seen = sorted({segment.variant for segment in ingested.segments if segment.variant})
    found = f"there are captures of {', '.join(seen)}" if seen else "there are no captures at all"
    if test.log is not None:
        return (
            f"{test.source} holds no line in which {variant} of {test.name} was asked; check `log` "
            "and the window in the configuration, and that the proxy writes both sides."
        )
    return (
        f"{test.captures} holds no captures of the variant {variant} of {test.name}; {found}. "
        "Check `production`, `shadow` and the window in the configuration, and that data capture "
        "is on for both variants: the first file arrives a few minutes after the first request."
    )
