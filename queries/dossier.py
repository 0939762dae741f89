"""What is all that is known of a test in one window, with the proof of what it rests on?

A part that cannot be made is a sentence in its place: a report is never lost for one of its parts.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, TypeVar

from analysis.documents import plain
from queries import inputs, inputs_over_time, inputs_together, monitor, noise, payloads, reports
from queries.errors import UnderstudyError
from queries.settings import settings_in_force

if TYPE_CHECKING:
    from analysis.consequences import Consequences
    from analysis.noise import NoiseFloor
    from analysis.quality import Quality
    from analysis.report import Report
    from analysis.slices import Search
    from analysis.usual import Usual
    from queries.careful import Reject
    from queries.config import Test
    from queries.discovery import Discovered
    from queries.inputs import InputDrift, Reference
    from queries.inputs_over_time import InputsOverTime
    from queries.inputs_together import InputsTogether
    from queries.monitor import Monitored
    from queries.opened import Opened
    from queries.resources import ResourceReading
    from queries.second_source import AgainstSecond
    from queries.settings import Setting

_Part = TypeVar("_Part")
REFERENCES: tuple[Reference, ...] = ("baseline", "previous")
_PACKAGES = ("duckdb", "numpy", "scipy", "plotly", "streamlit")


@dataclass(frozen=True, slots=True, eq=False)
class Dossier:
    """The report on one window with its further parts; a text stands for one that failed.

    ``config_hash`` and ``policy_hash`` are SHA-256 of the settings in force and of the limits:
    two reports with the same hashes were read and judged alike. ``at`` is when it was put together.
    ``discovered`` is what SageMaker is known to say of the test; None where it was not asked.
    """

    test: Test
    discovered: Discovered | None
    report: Report
    inputs: tuple[tuple[Reference, InputDrift | str], ...]
    inputs_over_time: tuple[tuple[Reference, InputsOverTime | str], ...]
    inputs_together: tuple[tuple[Reference, InputsTogether | str], ...]
    monitor: Monitored | str | None
    slices: Search | str
    noise: NoiseFloor | str
    second_source: AgainstSecond | str | None
    quality: Quality | str | None
    outcomes: Consequences | str | None
    resources: ResourceReading | str
    usual: Usual | str
    rejects: tuple[Reject, ...]
    settings: tuple[Setting, ...]
    versions: tuple[tuple[str, str], ...]
    config_hash: str
    policy_hash: str
    at: datetime


def collect(
    opened: Opened,
    window: str,
    *,
    discovered: Discovered | None = None,
    at: datetime | None = None,
) -> Dossier:
    """Put together all that is known of a test in a window.

    Raises
    ------
    NotComparable
        When there is nothing to compare at all.
    QuestionError
        When ``window`` names no window.
    """
    from queries import resources, slices, usual

    config, test = opened.config, opened.test
    settings = settings_in_force(config, test)
    report = reports.report(opened, window)
    return Dossier(
        test=test,
        discovered=discovered,
        report=report,
        inputs=tuple((each, _input_drift(opened, window, each)) for each in REFERENCES),
        inputs_over_time=tuple(
            (each, _over_time(opened, window, each, report)) for each in REFERENCES
        ),
        inputs_together=tuple((each, _together(opened, window, each)) for each in REFERENCES),
        monitor=_part(lambda: monitor.monitored(opened, window)),
        slices=_part(lambda: slices.slices(opened, window)),
        noise=_part(lambda: noise.noise(opened, window)),
        second_source=None if test.noise_source is None else _part(lambda: _second(opened, window)),
        quality=None if test.truth is None else _part(lambda: _quality(opened, window)),
        outcomes=None if test.outcomes is None else _part(lambda: _outcomes(opened, window)),
        resources=_part(lambda: resources.resources(opened, window)),
        usual=_part(lambda: usual.usual(opened, window)),
        rejects=payloads.rejects(opened),
        settings=settings,
        versions=versions(),
        config_hash=_hash({each.key: each.value for each in settings}),
        policy_hash=_hash(plain(opened.policy)),
        at=at or datetime.now(UTC),
    )


def as_json(dossier: Dossier) -> str:
    """Write the whole dossier as JSON, its parts field by field; docs/cli.md lists the outer ones.

    What is no number, or no answer at all, is null.
    """
    found: dict[str, Any] = plain(
        {
            "test": dossier.test.name,
            "discovered": dossier.discovered,
            "report": dossier.report,
            "inputs": dict(dossier.inputs),
            "inputs_over_time": dict(dossier.inputs_over_time),
            "inputs_together": dict(dossier.inputs_together),
            "monitor": dossier.monitor,
            "slices": dossier.slices,
            "noise": dossier.noise,
            "second_source": dossier.second_source,
            "quality": dossier.quality,
            "outcomes": dossier.outcomes,
            "resources": dossier.resources,
            "usual": dossier.usual,
            "rejects": dossier.rejects,
            "settings": {each.key: each.value for each in dossier.settings},
            "versions": dict(dossier.versions),
            "config_hash": dossier.config_hash,
            "policy_hash": dossier.policy_hash,
            "written": dossier.at,
        }
    )
    return json.dumps(found, ensure_ascii=False, indent=1)


def versions() -> tuple[tuple[str, str], ...]:
    """Name and version of what the numbers were computed with."""

    def installed(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "unknown"

    return (
        ("python", platform.python_version()),
        *((package, installed(package)) for package in _PACKAGES),
    )


def _input_drift(opened: Opened, window: str, reference: Reference) -> InputDrift | str:
    return _part(lambda: inputs.input_drift(opened, window, reference))


def _over_time(
    opened: Opened, window: str, reference: Reference, report: Report
) -> InputsOverTime | str:
    every = inputs_over_time.fitting(report.window, report.pairing.production)
    return _part(lambda: inputs_over_time.inputs_over_time(opened, window, reference, every))


def _together(opened: Opened, window: str, reference: Reference) -> InputsTogether | str:
    return _part(lambda: inputs_together.inputs_together(opened, window, reference))


def _second(opened: Opened, window: str) -> AgainstSecond:
    from queries import second_source

    return second_source.second_source(opened, window)


def _quality(opened: Opened, window: str) -> Quality:
    from queries import quality

    return quality.quality(opened, window)


def _outcomes(opened: Opened, window: str) -> Consequences:
    from queries import consequences

    return consequences.consequences(opened, window)


def _part(make: Callable[[], _Part]) -> _Part | str:
    try:
        return make()
    except UnderstudyError as error:
        return str(error)


def _hash(value: object) -> str:
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
