"""Which trainings are there to be reviewed, and which model of which test did each make?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from queries.config import Config, Trial
    from queries.trials.sources import Trainings

Side = Literal["production", "shadow"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A trial that can be reviewed; ``test`` and ``side`` say whose model it made, where known."""

    trial: Trial
    test: str = ""
    side: Side | None = None


def choices(config: Config, test: str = "", found: Trainings | None = None) -> tuple[Choice, ...]:
    """Every trial that the configuration names, and those that were found for one test's models.

    A trial that was found is called after its test and side: ``fraud-v7/shadow``.
    """
    of: dict[str, tuple[str, Side]] = {}
    for each in config.tests:
        if each.training.production is not None:
            of[each.training.production] = each.name, "production"
        if each.training.shadow is not None:
            of[each.training.shadow] = each.name, "shadow"
    named = [Choice(trial, *of.get(trial.name, ("", None))) for trial in config.trials]
    if found is None:
        return tuple(named)
    sides: tuple[tuple[Side, Trial | None], ...] = (
        ("production", found.production),
        ("shadow", found.shadow),
    )
    return (
        *named,
        *(
            Choice(replace(trial, name=f"{test}/{side}"), test, side)
            for side, trial in sides
            if trial is not None and trial not in config.trials
        ),
    )
