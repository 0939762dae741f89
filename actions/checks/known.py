"""What is known when something is about to be done? None is what was not found out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actions.people import Person
    from analysis.compatibility import Answers
    from analysis.report import Report
    from queries.config import Config
    from queries.revisions import Revision
    from queries.surroundings import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that the checks rest on beside the plan and what runs.

    ``now`` is aware UTC; ``report`` what the test found, ``answers`` what production's and the
    shadow's look like; ``revision`` the config to go back to, which a rollback goes to itself;
    ``asked_by`` is who asked for what ``person`` now lets through.
    """

    config: Config
    person: Person
    now: datetime
    report: Report | None = None
    answers: tuple[Answers, Answers] | None = None
    revision: Revision | None = None
    surroundings: Surroundings | None = None
    asked_by: str | None = None
