"""What does an operation of SageMaker see, and who else may look at the same time? Nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from demo.deployments import alarms
from demo.faults import Faults
from demo.held import Held
from demo.identity import Identity
from demo.resources import TARGET
from demo.topics import Topics
from demo.wire import Operation


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What there is now, to be looked at and changed by one operation alone.

    ``state`` has the answers to the describing calls by kind (``endpoints``, ``configs``,
    ``models``, ``experiments``) and name, ``tags`` by ARN, what goes on as ``deployments`` by
    endpoint, as ``traffic`` who had which share of it since when, and as ``runs`` where an
    experiment's endpoint is to get. ``alarms`` are the states of the alarms that an update names,
    "" for one that is not there; ``scaled`` the resource ids (``endpoint/…/variant/…``) that are
    autoscaled.
    """

    state: dict[str, Any]
    now: float
    speed: float
    faults: Faults
    alarms: Mapping[str, str]
    scaled: Collection[str]


Answer = Callable[[Moment, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What is around SageMaker: the time, how much faster it works than AWS, and other services.

    ``alarm_state`` gives an alarm's state by its name, "" where there is none; ``scaled`` the
    resource ids that are registered with Application Auto Scaling. ``identity`` knows who took on
    which role, ``topics`` what was published.
    """

    clock: Callable[[], float] = time.time
    speed: float = 1.0
    faults: Faults = field(default_factory=Faults)
    alarm_state: Callable[[str], str] = lambda name: ""
    scaled: Callable[[], Collection[str]] = frozenset
    identity: Identity = field(default_factory=Identity)
    topics: Topics = field(default_factory=Topics)


def operations(
    held: Held,
    around: Surroundings,
    answers: Mapping[str, Answer],
    advance: Callable[[Moment], None],
) -> list[Operation]:
    """The operations that give these answers, each after ``advance`` brought all to its time."""

    def operation(name: str, answer: Answer) -> Operation:
        def answered(asked: dict[str, Any]) -> dict[str, Any]:
            with held.open() as state:
                named = [
                    alarm for each in state["deployments"].values() for alarm in each["alarms"]
                ]
            named += alarms(asked.get("DeploymentConfig", {}))
            # other services are asked before anything is locked: they may ask back
            states = {alarm: around.alarm_state(alarm) for alarm in named}
            scaled = around.scaled()
            with held.open() as state:
                moment = Moment(state, around.clock(), around.speed, around.faults, states, scaled)
                advance(moment)
                return answer(moment, asked)

        return Operation("sagemaker", TARGET, name, answered)

    return [operation(name, answer) for name, answer in answers.items()]
