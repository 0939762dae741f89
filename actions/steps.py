"""Of what is a plan made: which calls, in which order, and what is waited for between them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from queries import config_actions

Action = config_actions.Action
"""What may be done. ``[actions] allow`` names them."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, exactly as it is sent.

    ``service`` is botocore's name of the service (``sagemaker``), ``operation`` the API's
    (``UpdateEndpoint``); ``purpose`` says in a sentence what it does. Asked again after it took
    effect, an ``idempotent`` call changes nothing more (or is refused as done already).
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    purpose: str
    idempotent: bool = True


@dataclass(frozen=True, slots=True)
class Wait:
    """What must be so before the next step. ``until`` is looked at again and again, on ``target``.

    ``settled``: an endpoint is InService with the config ``wanted`` and nothing pending.
    ``gone``: it does not exist any more.
    """

    until: Literal["settled", "gone"]
    target: str
    wanted: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Captured requests sent to ``target``, whose answers are compared with production's.

    At least ``least`` of ``requests`` must agree, else the plan ends there.
    """

    target: str
    requests: int
    least: float
    purpose: str = ""


Step = Call | Wait | Rehearsal


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between what runs and what would.

    ``path`` is such as ``ProductionVariants[AllTraffic].ModelName``; both values are texts, ""
    where there is none. Values of containers' environments are masked.
    """

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What will be done, to the letter.

    ``target`` is the endpoint (or function, or stage, or job). ``fingerprint`` is that of what the
    plan was made from: before the first call it must still be so. ``now`` and ``after`` are the
    endpoint configs (or their like) as documents; ``config_name`` is the one that would be in
    force, ``previous`` the one to go back to. ``notes`` say in sentences what to know of it.
    """

    action: Action
    target: str
    fingerprint: str
    steps: tuple[Step, ...]
    now: Mapping[str, Any]
    after: Mapping[str, Any]
    changes: tuple[Change, ...] = ()
    config_name: str = ""
    previous: str = ""
    notes: tuple[str, ...] = ()

    @property
    def calls(self) -> tuple[Call, ...]:
        """Its calls, in order."""
        return tuple(step for step in self.steps if isinstance(step, Call))


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at before acting. ``blocked`` forbids it, ``warn`` does not.

    ``unknown`` could not be found out, and is treated as a warning. ``remedy`` says what to do, ""
    where there is nothing to.
    """

    name: str
    status: Literal["ok", "warn", "blocked", "unknown"]
    sentence: str
    remedy: str = ""
