"""What does Model Monitor say of the requests, and do those of this window keep its constraints?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from queries import monitored_constraints, violations
from queries.errors import SourceError

if TYPE_CHECKING:
    from analysis.constraints import Broken
    from analysis.estimates import Window
    from queries.monitored_constraints import Checked
    from queries.opened import Opened
    from queries.violations import Reports, ViolationReport


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of one feature that Model Monitor reported, or that this window breaks, or both.

    ``reports`` are those of the window that hold it and ``description`` the newest's words;
    ``broken`` is this window's own count. ``ours`` says whether the requests have the feature.
    """

    feature: str
    check: str
    description: str
    reports: int
    newest: ViolationReport | None
    broken: Broken | None
    ours: bool


@dataclass(frozen=True, slots=True)
class Monitored:
    """Everything of Model Monitor that belongs to a window.

    ``reports`` and ``checked`` are ``None`` where there are none to read; ``problems`` say in
    sentences what could not be.
    """

    window: Window
    findings: tuple[Finding, ...]
    reports: Reports | None
    checked: Checked | None
    problems: tuple[str, ...]


def monitored(opened: Opened, window_text: str) -> Monitored | None:
    """Model Monitor's violations beside the constraints that this window's requests break.

    ``None`` where neither ``violations`` nor constraints are configured. Reports are Model
    Monitor's own and know of no filter.

    Raises
    ------
    NotComparable
        When no record carries a time.
    """
    window = opened.window(window_text)
    problems: list[str] = []
    reports, checked = None, None
    try:
        checked = monitored_constraints.check(opened, window)
    except SourceError as error:
        problems.append(str(error))
    if opened.test.violations is not None:
        try:
            reports = violations.reports(opened.test.violations, window, opened.config.aws)
            problems += reports.problems
        except SourceError as error:
            problems.append(str(error))
    if reports is None and checked is None and not problems:
        return None
    found = _joined(reports, checked, opened.reading.input.names)
    return Monitored(window, found, reports, checked, tuple(problems))


def _joined(
    reports: Reports | None, checked: Checked | None, ours: tuple[str, ...]
) -> tuple[Finding, ...]:
    """One finding for each feature and check: ours first, in the order of the requests."""
    told: dict[tuple[str, str], tuple[str, ViolationReport]] = {}
    times: dict[tuple[str, str], int] = {}
    for report in reports.read if reports is not None else ():
        for key in dict.fromkeys((each.about, each.check) for each in report.violations):
            times[key] = times.get(key, 0) + 1
        for each in report.violations:
            told.setdefault((each.about, each.check), (each.description, report))
    broken = {(b.feature, b.check): b for b in checked.broken} if checked is not None else {}
    place = {name: at for at, name in enumerate(ours)}
    keys = sorted({*told, *broken}, key=lambda key: (place.get(key[0], len(ours)), *key))
    return tuple(
        Finding(
            feature=feature,
            check=check,
            description=told[feature, check][0] if (feature, check) in told else "",
            reports=times.get((feature, check), 0),
            newest=told[feature, check][1] if (feature, check) in told else None,
            broken=broken.get((feature, check)),
            ours=feature in place,
        )
        for feature, check in keys
    )
