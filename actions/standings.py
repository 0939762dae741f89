"""How far is each plan that was begun, and what is to be done next?

Told by the records alone: whoever reads the same chain comes to the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from actions.steps import Call, Plan

if TYPE_CHECKING:
    from actions.records import Chain, Intent, Record

State = Literal["asked", "unfinished", "done", "failed"]

TOUCHING = {
    *("UpdateEndpoint", "UpdateEndpointWeightsAndCapacities", "StopInferenceExperiment"),
    *("CreateInferenceExperiment", "UpdateInferenceExperiment", "UpdateAlias", "UpdateStage"),
    *("CreateDeployment", "StopTrainingJob"),
}
"""Calls that change the target itself, after which it is no longer what the plan was made from."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """A plan and its records, oldest first."""

    change: str
    intent: Intent
    records: tuple[Record, ...]

    @property
    def plan(self) -> Plan:
        """What is being done."""
        return self.intent.plan

    @property
    def state(self) -> State:
        """``asked`` while it waits for a second person, ``unfinished`` while steps are to come."""
        last = self._of(None)[-1]
        if last.stage in ("asked", "done", "failed"):
            return last.stage
        return "unfinished"

    @property
    def step(self) -> int:
        """The step to take, or that is being taken; the number of steps where none is left."""
        taken = {r.step for r in self.records if r.stage in ("done", "found")}
        return next(
            (i for i in range(len(self.plan.steps)) if i not in taken), len(self.plan.steps)
        )

    @property
    def failed(self) -> Record | None:
        """The record of a step that ended the plan, None where none did."""
        return next((r for r in self.records if r.stage == "failed" and r.step is not None), None)

    @property
    def attempts(self) -> tuple[Record, ...]:
        """What was written of the step so far."""
        return tuple(self._of(self.step))

    @property
    def touched(self) -> bool:
        """Whether a step before this one changed the target, or may have."""
        return any(
            isinstance(step, Call) and step.operation in TOUCHING
            for step in self.plan.steps[: self.step]
        )

    @property
    def requests(self) -> tuple[str, ...]:
        """AWS's ids of the requests that were answered."""
        return tuple(record.request_id for record in self.records if record.request_id)

    def _of(self, step: int | None) -> list[Record]:
        return [record for record in self.records if record.step == step]


def standings(chain: Chain) -> tuple[Standing, ...]:
    """Every change of a chain, oldest first."""
    changes: dict[str, list[Record]] = {}
    for record in chain.records:
        changes.setdefault(record.change, []).append(record)
    return tuple(_standing(change, records) for change, records in changes.items())


def unfinished(chain: Chain) -> tuple[Standing, ...]:
    """The changes that were begun and are not over, oldest first."""
    return tuple(each for each in standings(chain) if each.state == "unfinished")


def asked_for(chain: Chain) -> tuple[Standing, ...]:
    """The changes that wait for a second person, oldest first."""
    return tuple(each for each in standings(chain) if each.state == "asked")


def of(chain: Chain, change: str) -> Standing | None:
    """One change, None where the chain has none of that name."""
    return next((each for each in standings(chain) if each.change == change), None)


def _standing(change: str, records: Iterable[Record]) -> Standing:
    kept = tuple(records)
    intent = next(record.intent for record in reversed(kept) if record.intent is not None)
    return Standing(change, intent, kept)
