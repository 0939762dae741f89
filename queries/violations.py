"""What has Model Monitor reported against its own constraints?

Every execution of a monitoring schedule writes a ``constraint_violations.json`` into the folder
``yyyy/mm/dd/hh`` of its hour. Monitors of quality and bias name a metric in place of a feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from queries import monitored_files
from queries.errors import SourceError
from queries.objects import is_s3, list_objects, reader

if TYPE_CHECKING:
    from analysis.estimates import Window
    from queries.config import Aws
    from queries.keys import CaptureObject

EXPECTED = "a constraint_violations.json of Model Monitor"
SUFFIXES = ("violations.json",)
MOST_REPORTS = 48
"""Reports read at most, the newest ones: two days of hourly executions."""

# An execution looks at the time before the hour whose folder it writes into.
_LATER = timedelta(hours=1)


class _Violation(BaseModel):
    feature_name: str | None = None
    metric_name: str | None = None
    constraint_check_type: str
    description: str = ""


class _File(BaseModel):
    violations: list[_Violation]


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation: the feature or metric it is about, the check, and Model Monitor's words."""

    about: str
    check: str
    description: str


@dataclass(frozen=True, slots=True)
class ViolationReport:
    """One file; ``hour`` is that of its folder (UTC), ``None`` outside such a folder."""

    name: str
    hour: datetime | None
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports of a window, newest first, or the newest of all where the window has none.

    ``found`` counts the files in the window, ``inside`` says whether there are any, and
    ``problems`` are sentences on files that could not be read.
    """

    location: str
    read: tuple[ViolationReport, ...]
    found: int
    inside: bool
    problems: tuple[str, ...]


def reports(location: str, window: Window, aws: Aws | None) -> Reports:
    """The reports that lie in a window, at most the newest ``MOST_REPORTS``.

    A report outside an hour's folder belongs to any window. Without one in the window, the newest
    is read.

    Raises
    ------
    SourceError
        When the place is not there or cannot be listed.
    """
    if not is_s3(location) and not Path(location).expanduser().exists():
        raise SourceError(
            f"{location} does not exist on this machine; correct `violations`, or copy the "
            "reports there."
        )
    listed = list_objects(location, aws=aws, suffixes=SUFFIXES).objects
    newest = sorted(listed, key=_age, reverse=True)
    inside = [each for each in newest if _lies_in(each.hour, window)]
    chosen = inside[:MOST_REPORTS] or newest[:1]
    read, problems = [], []
    for found, content in reader(location, aws).read_many(chosen):
        try:
            if isinstance(content, SourceError):
                raise content
            read.append(ViolationReport(found.name, found.hour, parse(content, found.name)))
        except SourceError as error:
            problems.append(str(error))
    return Reports(location, tuple(read), len(inside), bool(inside), tuple(problems))


def parse(content: bytes, name: str) -> tuple[Violation, ...]:
    """The violations of one file.

    Raises
    ------
    SourceError
        When it is no such file.
    """
    found = monitored_files.parse(content, _File, name, expected=EXPECTED)
    return tuple(
        Violation(
            each.feature_name or each.metric_name or "the whole data set",
            each.constraint_check_type,
            each.description.strip(),
        )
        for each in found.violations
    )


def _age(found: CaptureObject) -> tuple[bool, float, str]:
    """Order of reports: by hour, those of no hour first, then by key."""
    return found.hour is not None, found.hour.timestamp() if found.hour else 0.0, found.key


def _lies_in(hour: datetime | None, window: Window) -> bool:
    return hour is None or window.start < hour <= window.end + _LATER
