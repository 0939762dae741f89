"""Which shadow tests are there in the account, and what does SageMaker know of each?

Inference experiments, and endpoints with ShadowProductionVariants. ``understudy.toml`` only has to
add what SageMaker cannot know, and what it states always wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from queries import sagemaker
from queries.errors import AwsError

if TYPE_CHECKING:
    from queries.config import Aws, Config, Test
    from queries.sagemaker import Endpoint, Experiment, Variant

_Read = TypeVar("_Read")
_WORKERS = 8
RUNNING = ("Created", "Starting", "Running", "Updating", "InService", "SystemUpdating")
"""States in which new captures may still come, of experiments and of endpoints."""

LOW_PERCENT = 20.0
"""Below this share of the traffic a test takes weeks to say something: worth a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """One shadow test as SageMaker knows it; what it does not say is None.

    ``state`` is AWS's word for the experiment or the endpoint; ``captures`` where the records lie;
    ``start`` and ``end`` bound them, for two tests of one endpoint write into the same folders;
    ``left`` is the time until the experiment ends by itself. ``warnings`` are sentences.
    """

    name: str
    source: Literal["experiment", "endpoint"]
    state: str
    reason: str | None
    endpoint: str
    production: Variant | None
    shadow: Variant | None
    captures: str | None
    capture_percent: float | None
    shadow_percent: float | None
    kms_key: str | None
    start: datetime | None
    end: datetime | None
    left: timedelta | None
    warnings: tuple[str, ...]

    @property
    def running(self) -> bool:
        """Whether more captures may come."""
        return self.state in RUNNING


@dataclass(frozen=True, slots=True)
class Discovery:
    """Every shadow test found, what could not be asked, and when that was."""

    found: tuple[Discovered, ...]
    problems: tuple[str, ...]
    at: datetime

    def of(self, test: Test) -> Discovered | None:
        """What SageMaker knows of a test."""
        return next((each for each in self.found if _same(test, each)), None)


def discover(aws: Aws, *, now: datetime | None = None) -> Discovery:
    """Ask SageMaker for every shadow test; what is refused of one of them hides no other.

    Raises
    ------
    AwsError
        When neither experiments nor endpoints can be listed.
    """
    from queries.aws import client

    at = now or datetime.now(UTC)
    asked = client(aws, "sagemaker")
    problems: list[str] = []
    names = [
        _listed(lister, asked, problems)
        for lister in (sagemaker.experiment_names, sagemaker.endpoint_names)
    ]
    if len(problems) == len(names):
        # both were refused: there is nothing to show but the reason
        sagemaker.experiment_names(asked)
    with ThreadPoolExecutor(_WORKERS) as pool:
        experiments = _described(pool, sagemaker.experiment, asked, names[0], problems)
        endpoints = {
            each.name: each
            for each in _described(pool, sagemaker.endpoint, asked, names[1], problems)
        }
    disks = _fullest_disks(aws, endpoints.values(), at, problems)
    found = [_of_experiment(each, endpoints.get(each.endpoint), at) for each in experiments]
    taken = {each.endpoint for each in found if each.running}
    found += [
        _of_endpoint(each) for each in endpoints.values() if each.shadow and each.name not in taken
    ]
    return Discovery(
        tuple(
            sorted(
                (_with_disks(each, disks) for each in found),
                key=lambda each: (not each.running, each.name),
            )
        ),
        tuple(problems),
        at,
    )


def merge(config: Config, discovery: Discovery) -> Config:
    """The configuration with what SageMaker knows: its tests completed, further ones added."""
    configured = [_completed(test, discovery) for test in config.tests]
    known = {id(discovery.of(test)) for test in config.tests}
    names = {test.name for test in configured}
    added: list[Test] = []
    for each in discovery.found:
        if id(each) in known:
            continue
        test = _completed(_bare(each, names), discovery)
        names.add(test.name)
        added.append(test)
    return replace(config, tests=(*configured, *added))


def _bare(found: Discovered, taken: Iterable[str]) -> Test:
    """A test that names nothing but its experiment or its endpoint."""
    from queries.config import Test

    name = found.name
    if name in taken:
        name = f"{found.name} ({found.source})"
    experiment = found.name if found.source == "experiment" else None
    return Test(name=name, endpoint=found.endpoint, experiment=experiment)


def _completed(test: Test, discovery: Discovery) -> Test:
    found = discovery.of(test)
    if found is None or test.log is not None:
        return test
    return replace(
        test,
        captures=test.captures or found.captures or "",
        production=test.production or (found.production.name if found.production else ""),
        shadow=test.shadow or (found.shadow.name if found.shadow else ""),
        endpoint=test.endpoint or found.endpoint,
        start=test.start or found.start,
        # an end that is still to come would cut nothing but the window
        end=test.end or (None if found.running else found.end),
        capture_percent=test.capture_percent or found.capture_percent or None,
        shadow_percent=test.shadow_percent or found.shadow_percent or None,
    )


def _same(test: Test, found: Discovered) -> bool:
    """Whether a configured test is the one found: by experiment, else by endpoint and shadow."""
    if test.log is not None:
        return False
    if test.experiment is not None:
        return found.source == "experiment" and found.name == test.experiment
    shadow = found.shadow.name if found.shadow else None
    return test.endpoint == found.endpoint and test.shadow in ("", shadow)


def _listed(lister: Callable[[Any], list[str]], client: Any, problems: list[str]) -> list[str]:
    try:
        return lister(client)
    except AwsError as error:
        problems.append(str(error))
        return []


def _described(
    pool: ThreadPoolExecutor,
    describe: Callable[[Any, str], _Read],
    client: Any,
    names: Sequence[str],
    problems: list[str],
) -> list[_Read]:
    def one(name: str) -> _Read | AwsError:
        try:
            return describe(client, name)
        except AwsError as error:
            return error

    found: list[_Read] = []
    for name, each in zip(names, pool.map(one, names), strict=True):
        if isinstance(each, AwsError):
            problems.append(f"{name} is not shown whole: {each}")
        else:
            found.append(each)
    return found


def _of_experiment(found: Experiment, endpoint: Endpoint | None, now: datetime) -> Discovered:
    models = {each.name: each for each in found.models}
    running = found.status in RUNNING
    left = found.end - now if running and found.end is not None else None
    capture = endpoint.capture if endpoint is not None else None
    destination = found.destination or (capture.destination if capture else None)
    percent = None if found.destination else (capture.percent if capture else None)
    warnings = []
    if destination is None:
        warnings.append(
            "The experiment keeps no answers: it has no DataStorageConfig, and data capture of the "
            "endpoint is off. Agreement cannot be computed."
        )
    elif not found.destination and capture is not None:
        warnings += _capture_warnings(capture.enabled, capture.status, capture.percent)
    warnings += _sampling_warnings(found.sampling_percent)
    if left is not None and timedelta(0) < left < timedelta(days=1):
        warnings.append(
            "The experiment ends by itself in less than a day; the endpoint then returns to what "
            "it was before, without the shadow."
        )
    if found.status == "Cancelled":
        why = f" ({found.reason})" if found.reason else ""
        warnings.append(
            f"The experiment was cancelled{why}: ended early by somebody, or because an operation "
            "failed."
        )
    return Discovered(
        name=found.name,
        source="experiment",
        state=found.status,
        reason=found.reason,
        endpoint=found.endpoint,
        production=models.get(found.production or ""),
        shadow=models.get(found.shadow or ""),
        captures=destination,
        capture_percent=percent,
        shadow_percent=found.sampling_percent,
        kms_key=found.kms_key or (capture.kms_key if capture else None),
        start=found.start or found.created,
        end=found.completed or found.end,
        left=left,
        warnings=tuple(warnings),
    )


def _of_endpoint(found: Endpoint) -> Discovered:
    production, shadow = found.production[0] if found.production else None, found.shadow[0]
    capture = found.capture
    warnings = []
    if capture is None or not capture.destination:
        warnings.append(
            "Data capture was never configured for this endpoint, so no answers are kept; it needs "
            "a new endpoint configuration with DataCaptureConfig."
        )
    else:
        warnings += _capture_warnings(capture.enabled, capture.status, capture.percent)
    share = _mirrored(production, shadow)
    warnings += _sampling_warnings(share)
    if found.failure:
        warnings.append(f"The last update of the endpoint failed: {found.failure.rstrip('.')}.")
    return Discovered(
        name=found.name,
        source="endpoint",
        state=found.status,
        reason=found.failure,
        endpoint=found.name,
        production=production,
        shadow=shadow,
        captures=(capture.destination or None) if capture else None,
        capture_percent=capture.percent if capture else None,
        shadow_percent=share,
        kms_key=capture.kms_key if capture else None,
        start=None,
        end=None,
        left=None,
        warnings=tuple(warnings),
    )


def _mirrored(production: Variant | None, shadow: Variant) -> float | None:
    """The share of production's traffic that is copied, in per cent: the ratio of the weights."""
    if production is None or not production.weight or shadow.weight is None:
        return None
    return min(100.0, 100 * shadow.weight / production.weight)


def _capture_warnings(enabled: bool, status: str, percent: float | None) -> list[str]:
    if not enabled:
        return ["Data capture is switched off: no new answers are kept."]
    warnings = []
    if status == "Stopped":
        warnings.append("Data capture has stopped: no new answers are kept.")
    if percent is not None and percent < LOW_PERCENT:
        warnings.append(
            f"Only {percent:g} % of the requests are captured; if both variants are drawn "
            f"separately, {percent * percent / 100:.2g} % make pairs."
        )
    return warnings


def _sampling_warnings(percent: float | None) -> list[str]:
    if percent is None or percent >= LOW_PERCENT:
        return []
    return [f"Only {percent:g} % of the requests are copied to the shadow."]


def _fullest_disks(
    aws: Aws, endpoints: Iterable[Endpoint], now: datetime, problems: list[str]
) -> dict[tuple[str, str], float]:
    """The fullest disk of each variant of the last hours, a share, by endpoint and variant."""
    from queries.disks import fullest

    asked = [
        (each.name, variant.name)
        for each in endpoints
        if each.shadow
        for variant in (*each.production, *each.shadow)
    ]
    if not asked:
        return {}
    try:
        return fullest(aws, asked, now)
    except AwsError as error:
        problems.append(f"Whether disks are full is not known: {error}")
        return {}


def _with_disks(found: Discovered, disks: dict[tuple[str, str], float]) -> Discovered:
    from analysis.resources import CAPTURE_STOPS_AT

    full = [
        f"The disk of {variant.name} was {100 * used:.0f} % full in the last hours; SageMaker "
        f"stops data capture near {100 * CAPTURE_STOPS_AT:.0f} %, so captures may be missing."
        for variant in (found.production, found.shadow)
        if variant is not None
        and (used := disks.get((found.endpoint, variant.name), 0.0)) >= CAPTURE_STOPS_AT
    ]
    return replace(found, warnings=(*found.warnings, *full)) if found.running else found
