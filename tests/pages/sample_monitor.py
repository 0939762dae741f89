"""What Model Monitor could have said of the made-up test, in every state that a page tells."""

from __future__ import annotations

from datetime import timedelta

from analysis.constraints import Broken
from queries.monitor import Finding, Monitored
from queries.monitored_constraints import Checked
from queries.violations import Reports, Violation, ViolationReport
from tests.pages import sample

MOVED = Violation("amount", "baseline_drift_check", "Baseline drift distance: 0.31 exceeds")
GONE = Violation("total <b>", "data_type_check", "Value: 0.98 does not meet ![x](http://evil)")
NEGATIVE = Broken("feature_0", "is_non_negative", 12, 20_000, 0.0)
WINDOW = sample.report().window


def reports(*violations: Violation, inside: bool = True) -> Reports:
    """The newest of three reports, that of the window's last hour."""
    hour = WINDOW.end - timedelta(hours=1)
    read = ViolationReport("2026/constraint_violations.json", hour, violations)
    return Reports("s3://bucket/reports", (read,), 3 if inside else 0, inside, ())


def checked(*broken: Broken) -> Checked:
    """Three features looked at; one of the constraints is of no request."""
    return Checked("constraints.json", broken, ("amount", "channel", "feature_0"), ("pay",), True)


def monitored() -> Monitored:
    """One violation of a feature that moved, one of a stranger, one broken constraint."""
    found = reports(MOVED, GONE)
    findings = (
        Finding("amount", MOVED.check, MOVED.description, 1, found.read[0], None, True),
        Finding("feature_0", NEGATIVE.check, "", 0, None, NEGATIVE, True),
        Finding(GONE.about, GONE.check, GONE.description, 1, found.read[0], None, False),
    )
    return Monitored(WINDOW, findings, found, checked(NEGATIVE), ())


def quiet() -> Monitored:
    """A report without violations, and constraints that are kept."""
    return Monitored(WINDOW, (), reports(), checked(), ())


def silent() -> Monitored:
    """No report at all."""
    return Monitored(WINDOW, (), Reports("s3://bucket/reports", (), 0, False, ()), None, ())


def late() -> Monitored:
    """No report of the window, and a file that could not be read."""
    problem = "x.json is not a constraint_violations.json of Model Monitor; give that file."
    return Monitored(WINDOW, (), reports(inside=False), None, (problem,))
