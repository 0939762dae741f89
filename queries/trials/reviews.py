"""What do all rules say of a trial: ours, AWS's own and the user's?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.training.catalogue import Given, judge
from analysis.training.findings import Finding, Status
from analysis.training.recording import MODES, Mode

if TYPE_CHECKING:
    from analysis.training.machines import Machines
    from analysis.training.recording import Recording
    from queries.trials.jobs import Evaluation, Job
    from queries.trials.opened import OpenedTrial

_ORDER: tuple[Status, ...] = ("fired", "unknown", "not_fired")


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one mode that were saved."""

    mode: Mode
    count: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Review:
    """Every finding about one training, and what it was made of.

    ``findings`` holds those that fired first, the critical ones before the others; then those that
    can't tell, then the rest; last those that do not apply. ``newest`` is when the last value was
    saved, None where none was. ``aws`` are the verdicts of AWS's own rules, () where no job is
    known; ``against`` names the trial it is compared with. ``at`` and ``newest`` are aware UTC.
    """

    trial: str
    location: str
    at: datetime
    steps: tuple[Steps, ...]
    newest: datetime | None
    ended: bool
    workers: tuple[str, ...]
    tensors: tuple[str, ...]
    collections: Mapping[str, tuple[str, ...]]
    findings: tuple[Finding, ...]
    aws: tuple[Evaluation, ...] = ()
    against: str = ""
    notes: tuple[str, ...] = ()

    def of(self, status: Status) -> tuple[Finding, ...]:
        """The findings of one status, in order, of the rules that apply."""
        return tuple(each for each in self.findings if each.status == status and each.applies)

    @property
    def beside_the_point(self) -> tuple[Finding, ...]:
        """The rules that judge another kind of model."""
        return tuple(each for each in self.findings if not each.applies)

    @property
    def fired(self) -> tuple[Finding, ...]:
        """What fired, the critical first."""
        return self.of("fired")

    @property
    def critical_fired(self) -> tuple[Finding, ...]:
        """What fired and is critical."""
        return tuple(each for each in self.fired if each.critical)


def review(
    opened: OpenedTrial | None,
    *,
    name: str = "",
    settings: Given | None = None,
    machines: Machines | None = None,
    other: Recording | None = None,
    job: Job | None = None,
    custom: Sequence[Finding] = (),
    now: datetime | None = None,
) -> Review:
    """Judge a trial by every rule.

    Parameters
    ----------
    opened : OpenedTrial or None
        None for a training of which only the machines were watched; then ``name`` calls it.
    settings : mapping, optional
        What is set of the rules, as ``Config.rules``.
    other : Recording, optional
        The trial to compare with.
    job : Job, optional
        Its training job, which knows what AWS's own rules said.
    custom : sequence of Finding
        What the user's own rules found (``custom_rules``).

    Raises
    ------
    ValueError
        For settings of a rule or a parameter that there is not.
    """
    at = now or datetime.now(UTC)
    findings = judge(opened, machines, settings=settings, other=other, now=at.timestamp())
    known = opened is not None and math.isfinite(opened.last_time)
    return Review(
        trial=name or (opened.name if opened else ""),
        location=opened.location if opened else "",
        at=at,
        steps=_steps(opened) if opened else (),
        newest=datetime.fromtimestamp(opened.last_time, UTC) if opened and known else None,
        ended=opened.ended if opened else machines is not None and machines.ended,
        workers=opened.workers if opened else (),
        tensors=tuple(tensor.name for tensor in opened.tensors) if opened else (),
        collections=opened.collections if opened else {},
        findings=tuple(sorted((*findings, *custom), key=_rank)),
        aws=job.evaluations if job else (),
        against=other.name if other else "",
        notes=(*(opened.notes if opened else ()), *(machines.notes if machines else ())),
    )


def document(found: Review) -> dict[str, Any]:
    """A review as plain JSON: times as ISO 8601, what is not known as null."""
    return {
        "trial": found.trial,
        "location": found.location,
        "at": found.at.isoformat(),
        "ended": found.ended,
        "newest": found.newest.isoformat() if found.newest else None,
        "modes": [each.mode for each in found.steps],
        "steps": {
            each.mode: {"count": each.count, "first": each.first, "last": each.last}
            for each in found.steps
        },
        "workers": list(found.workers),
        "tensors": list(found.tensors),
        "collections": {name: list(held) for name, held in found.collections.items()},
        "against": found.against or None,
        "rules": [_rule(each) for each in found.findings],
        "aws_rules": [
            {
                "name": each.name,
                "rule": each.rule or None,
                "status": each.status,
                "details": each.details,
                "modified": each.modified.isoformat() if each.modified else None,
            }
            for each in found.aws
        ],
        "notes": list(found.notes),
    }


def _steps(opened: OpenedTrial) -> tuple[Steps, ...]:
    told = opened.statistics
    found = [(mode, np.unique(told.step[told.mode == MODES.index(mode)])) for mode in opened.modes]
    return tuple(Steps(mode, len(steps), int(steps[0]), int(steps[-1])) for mode, steps in found)


def _rank(finding: Finding) -> tuple[bool, int, bool]:
    return not finding.applies, _ORDER.index(finding.status), not finding.critical


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.rule,
        "origin": finding.origin,
        "status": finding.status,
        "critical": finding.critical,
        "applies": finding.applies,
        "first_step": finding.first_step,
        "mode": finding.mode,
        "tensors": list(finding.tensors),
        "value": _number(finding.value),
        "threshold": _number(finding.threshold),
        "unit": finding.unit,
        "sentence": finding.sentence,
        "remedy": finding.remedy,
        "explained": list(finding.explained),
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
