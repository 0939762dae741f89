"""A test that is read and paired: ready to be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from queries import store
from queries.engine import Engine
from queries.errors import NotComparable
from queries.ingest import Captures, Ingested, Progress, ingest
from queries.keys import place_of
from queries.pairing import Paired, pair
from queries.reading import Reading

if TYPE_CHECKING:
    from analysis.policy import Policy
    from queries.config import Config, Test


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """Everything the questions about one test need. ``reading`` is production's."""

    config: Config
    test: Test
    policy: Policy
    ingested: Ingested
    paired: Paired
    reading: Reading
    shadow_reading: Reading
    engine: Engine

    @property
    def endpoint(self) -> str | None:
        """The endpoint's name: declared, or as the keys of the captures say."""
        if self.test.endpoint:
            return self.test.endpoint
        keys = (part.key for segment in self.ingested.segments for part in segment.parts)
        return next((place_of(key.rpartition("/")[0]).endpoint for key in keys), None)

    def extent(self) -> tuple[datetime, datetime] | None:
        """The times of the first and the last record; None where no record has a time."""
        answer = self.engine.run("extent")
        first, last = answer.one("first_ts"), answer.one("last_ts")
        return None if first is None else (_utc(first), _utc(last))


def read(
    config: Config, test: Test, *, progress: Callable[[Progress], None] | None = None
) -> Ingested:
    """Read what is new of a test's captures.

    Raises
    ------
    SourceError
        When the captures cannot be listed, or the baseline's names cannot be read.
    """
    names = test.features
    if names is None and test.baseline is not None:
        from queries import baselines

        names = baselines.feature_names(test.baseline, aws=config.aws)
    folder = store.folder_of(config.cache, test.captures, test.production, test.shadow, test.name)
    return ingest(Captures.of(test, names), folder, config.aws, progress=progress)


def open_test(
    config: Config, test: Test, *, progress: Callable[[Progress], None] | None = None
) -> Opened:
    """Read, pair and open a test.

    Raises
    ------
    NotComparable
        When a variant has no captures at all.
    SourceError
        When the captures cannot be listed.
    """
    ingested = read(config, test, progress=progress)
    production, shadow = ingested.of(test.production), ingested.of(test.shadow)
    for variant, segments in ((test.production, production), (test.shadow, shadow)):
        if not segments:
            raise NotComparable(_no_captures(test, variant, ingested))
    reading, shadow_reading = ingested.readings[test.production], ingested.readings[test.shadow]
    paired = pair(ingested.store, production, shadow)
    policy = config.policy(test)
    engine = Engine(
        ingested.store,
        production,
        shadow,
        paired,
        kind=reading.kind,
        threshold=test.prediction.threshold,
        tolerance=policy.tolerance,
    )
    return Opened(config, test, policy, ingested, paired, reading, shadow_reading, engine)


def _no_captures(test: Test, variant: str, ingested: Ingested) -> str:
    seen = sorted({segment.variant for segment in ingested.segments if segment.variant})
    found = f"there are captures of {', '.join(seen)}" if seen else "there are no captures at all"
    return (
        f"{test.captures} holds no captures of the variant {variant} of {test.name}; {found}. "
        "Check `production`, `shadow` and the window in the configuration, and that data capture "
        "is on for both variants: the first file arrives a few minutes after the first request."
    )


def _utc(value: Any) -> datetime:
    time: datetime = value.astype("datetime64[us]").item()
    return time.replace(tzinfo=UTC)
