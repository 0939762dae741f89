"""How does a second fleet of production's own model answer the requests of a test?

Its captures are read into a store of their own, and the ladder that finds the shadow's answer to a
request finds this one's too. Each pair of production and the shadow is then held beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.estimates import Window
from analysis.second_source import Differing, Fates, SecondFloor, second_floor
from queries import sagemaker, store
from queries.answers import Answer
from queries.aws import client, is_named
from queries.bulk import parquet, quoted
from queries.captured_here import CapturedHere, endpoint_of
from queries.duckdb_engine import pairs_of
from queries.errors import AwsError, NotComparable, QuestionError, SourceError
from queries.filtered import Relation
from queries.ingest import Ingested, ingest
from queries.objects import is_s3
from queries.pairing import Paired, pair
from queries.progress import Progress
from queries.samples import Captures
from queries.store import Store
from queries.windows import bounds, said

if TYPE_CHECKING:
    from queries.accounts import Segment
    from queries.config import Config, Test
    from queries.opened import Opened

SECOND = "second_pairs"
_COUNTS = ("clusters", "requests", "largest", "second", "shadow", "both")
_SUMS = (
    *("size_squares", "second_products", "shadow_products"),
    *("second_squares", "shadow_squares", "crossed", "second_by_size", "shadow_by_size"),
)


@dataclass(frozen=True, slots=True)
class AgainstSecond:
    """The noise floor of one window by a second source.

    ``location`` and ``variant`` say which; ``by_method`` counts the rows of the whole test that
    were paired with production's, by what they were found; ``model`` says in a sentence whether it
    is known to run production's model.
    """

    floor: SecondFloor
    window: Window
    location: str
    variant: str
    by_method: tuple[tuple[str, int], ...]
    model: str


def second_source(
    opened: Opened, window_text: str, *, progress: Callable[[Progress], None] | None = None
) -> AgainstSecond:
    """Hold what the shadow answers otherwise against what production's own model does.

    Raises
    ------
    NotComparable
        When the second source holds no such captures, those of the test itself, none of its time or
        none of its requests; when it is read otherwise than production, or runs another model.
    QuestionError
        When the test names no such source, or ``window_text`` no window.
    SourceError
        When its captures are not there, or cannot be listed.
    UnderstudyError
        Whatever else the engine meets.
    """
    test, captured = opened.test, opened.captured
    if test.noise_source is None or not isinstance(captured, CapturedHere):
        raise QuestionError(
            f"{test.name} has no second source that is read on this machine: name its captures in "
            f"`noise_source` of [tests.{test.name}]."
        )
    window = opened.window(window_text)
    variant = test.noise_variant or test.production
    read = _read(opened, test.noise_source, variant, progress)
    second = read.of(variant)
    _refuse_its_own(test, captured.ingested, second)
    model = _same_model(opened, endpoint_of(second), variant)
    _refuse_another_time(opened, read, second)
    production = captured.ingested.of(test.production)
    beside = _Beside(read.store.folder, captured.ingested.store, production)
    paired = pair(beside, production, second)
    if not paired.pairs:
        raise NotComparable(
            f"Not one of {paired.production:,} requests of production was found among the "
            f"{paired.shadow:,} of {test.noise_source}, neither by an id nor by the same input "
            "within seconds. Send both the same requests, with the same InferenceId."
        )
    found = opened.engine.run(
        "second_answers",
        given=[Relation(SECOND, _pairs(opened, beside, paired, production, second))],
        **bounds(window),
    )
    policy = opened.policy
    floor = second_floor(
        Fates(*(found.count(n) for n in ("requests", "unanswered", "other_input", "unread"))),
        _differing(found),
        confidence=policy.confidence,
        alpha=1 - policy.confidence,
        planned=policy.planned_pairs,
    )
    return AgainstSecond(floor, window, test.noise_source, variant, paired.by_method, model)


class _Beside(Store):
    """The store of a second source, in which production's segments are found where they lie."""

    def __init__(self, folder: Path, other: Store, segments: tuple[Segment, ...]) -> None:
        super().__init__(folder)
        self._others = {segment.name: other.parquet(segment) for segment in segments}

    def parquet(self, segment: Segment) -> Path:
        return self._others.get(segment.name) or super().parquet(segment)


def _read(
    opened: Opened,
    location: str,
    variant: str,
    progress: Callable[[Progress], None] | None,
) -> Ingested:
    """What is captured of it, read as answers of production's kind; inputs are production's."""
    config, test = opened.config, opened.test
    if not is_s3(location) and not Path(location).exists():
        raise SourceError(
            f"The captures {location} do not exist on this machine; correct `noise_source` in "
            f"[tests.{test.name}], or copy the files there."
        )
    read = ingest(
        Captures(
            location=location,
            shadow=variant,
            start=test.start,
            end=test.end,
            prediction=replace(test.prediction, kind=opened.reading.kind),
        ),
        folder_of(config, test),
        config.aws,
        prices=config.prices,
        progress=progress,
    )
    if not any(segment.parts for segment in read.of(variant)):
        raise NotComparable(
            _nothing_there(test, variant, read),
            # what lies there under another name does not come by waiting
            remedy="later" if read.failed or not read.ignored else None,
        )
    ours, theirs = opened.reading, read.readings[variant]
    if ours.output != theirs.output:
        raise NotComparable(
            f"Its answers are read otherwise than production's ({theirs.sentence}; production: "
            f"{ours.sentence}), so a difference would be none of the models. Say in "
            f"[tests.{test.name}.prediction] where the prediction stands."
        )
    return read


def folder_of(config: Config, test: Test) -> Path:
    """Where what is read of the second source of a test is kept."""
    named = (test.noise_source or "", test.noise_variant or test.production, test.name)
    return store.folder_of(config.cache, *named, "second source")


def _nothing_there(test: Test, variant: str, read: Ingested) -> str:
    if read.failed:
        first = read.failed[0]
        return f"None of its {len(read.failed):,} files could be read. {first.file}: {first.reason}"
    other = next((f" {each.name} {each.reason}." for each in read.ignored), "")
    return (
        f"{test.noise_source} holds no captures of the variant {variant} in the time of "
        f"{test.name}.{other} Check `noise_source`, name its variant in `noise_variant` where it "
        "is called otherwise than production, and see that its data capture is on."
    )


def _refuse_its_own(test: Test, ours: Ingested, second: tuple[Segment, ...]) -> None:
    known = {part.identity for segment in ours.segments for part in segment.parts}
    if any(part.identity in known for segment in second for part in segment.parts):
        raise NotComparable(
            f"{test.noise_source} holds captures of the test itself: an answer held against itself "
            "never differs. Name the captures of a second fleet in `noise_source`, or its variant "
            "in `noise_variant`."
        )


def _refuse_another_time(opened: Opened, read: Ingested, second: tuple[Segment, ...]) -> None:
    import duckdb

    files = ", ".join(quoted(str(read.store.parquet(segment))) for segment in second)
    with duckdb.connect() as database:
        row = database.execute(
            f"SELECT min(ts), max(ts) FROM read_parquet([{files}]) WHERE ok"
        ).fetchone()
    first, last = row or (None, None)
    ours = opened.extent()
    if ours is None:
        return
    if first is None:
        raise NotComparable(
            f"No record of {opened.test.noise_source} carries a readable inferenceTime."
        )
    theirs = Window(first.replace(tzinfo=UTC), last.replace(tzinfo=UTC))
    if theirs.end < ours[0] or theirs.start > ours[1]:
        raise NotComparable(
            f"{opened.test.noise_source} was captured from {said(theirs)}, and the test from "
            f"{said(Window(*ours))}: it has to answer the same requests at the same time."
        )


def _same_model(opened: Opened, endpoint: str | None, variant: str) -> str:
    """Whether it runs production's model, by what SageMaker says runs now."""
    test, aws = opened.test, opened.config.aws
    trusted = "That it runs production's model is taken from the configuration"
    if test.end is not None and test.end <= datetime.now(UTC):
        return f"{trusted}: the test is over, and SageMaker knows only what runs now."
    if endpoint is None or opened.endpoint is None or not is_named(aws):
        return f"{trusted}: SageMaker was not asked."
    try:
        asked = client(aws, "sagemaker")
        ours = _model(sagemaker.endpoint(asked, opened.endpoint), test.production)
        theirs = _model(sagemaker.endpoint(asked, endpoint), variant)
    except AwsError as error:
        return f"{trusted}: {error}"
    if ours is None or theirs is None:
        return f"{trusted}: SageMaker does not say which models the two variants run."
    if ours != theirs:
        raise NotComparable(
            f"{variant} of {endpoint} runs the model {theirs}, and production runs {ours}: what "
            "they answer otherwise is no noise. Name a second fleet of production's model, or give "
            f"[tests.{test.name}] an `end` where production was changed since."
        )
    return f"SageMaker says that both run the model {ours}."


def _model(found: sagemaker.Endpoint, variant: str) -> str | None:
    variants = (*found.production, *found.shadow)
    return next((each.model for each in variants if each.name == variant), None)


def _pairs(
    opened: Opened,
    beside: Store,
    paired: Paired,
    production: tuple[Segment, ...],
    second: tuple[Segment, ...],
) -> str:
    """DuckDB's query of production's answers with the second source's, by the test's own rule."""
    if opened.rules is not None:
        from queries import comparing

        compared = comparing.compare_pairs(beside, paired, production, second, opened.rules)
        return parquet(compared.pairs(beside))
    return pairs_of(
        beside,
        paired,
        opened.reading.kind,
        opened.test.prediction.threshold,
        opened.policy.tolerance,
    )


def _differing(found: Answer) -> Differing:
    return Differing(
        *(found.count(name) for name in _COUNTS),
        *(float(found.one(name) or 0) for name in _SUMS),
    )
