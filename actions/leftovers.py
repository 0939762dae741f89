"""What of a change that is over still stands: a green endpoint, the alarms of an update?

The audit says what was made from here, AWS what of it is still there. Nothing else is ever offered
to be removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actions.effects import endpoint_answer
from actions.plans import alarms, blue_green
from actions.standings import standings, unfinished
from actions.steps import Call
from queries.surroundings import read_alarms

if TYPE_CHECKING:
    from actions.fingerprints import Clients
    from actions.records import Chain
    from actions.standings import Standing
    from actions.steps import Plan
    from queries.config import Test

CHANGING = ("Creating", "Updating", "SystemUpdating", "RollingBack")
"""The states of an endpoint in which AWS does not delete it."""

_TOOK = ("done", "found")
_MADE = ("begun", *_TOOK)  # what was begun and never answered may be there


@dataclass(frozen=True, slots=True, eq=False)
class Green:
    """A green endpoint that stands and serves nobody; ``change`` is the one that started it."""

    name: str
    status: str
    change: Standing

    def removal(self) -> Plan:
        """What removes it."""
        return blue_green.retire(self.change.plan)


@dataclass(frozen=True, slots=True, eq=False)
class Alarms:
    """Alarms of an update that are still in CloudWatch; ``change`` is the one that made them."""

    names: tuple[str, ...]
    change: Standing

    def removal(self) -> Plan:
        """What deletes them."""
        plan = self.change.plan
        return alarms.clean_up(plan.target, plan.config_name, self.names)


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What is left of the changes of one endpoint, the newest first."""

    greens: tuple[Green, ...] = ()
    alarms: tuple[Alarms, ...] = ()


def leftovers(chain: Chain, client_of: Clients, *, tests: Iterable[Test]) -> Leftovers:
    """Look for what is left of an endpoint's changes.

    AWS is asked only where the audit names something that was made and not removed, and nothing is
    offered while a change goes on, or where the audit is broken and vouches for nothing. A green
    endpoint that one of the ``tests`` names, or was put on another config since, is somebody's.

    Raises
    ------
    AwsError
        When AWS refuses to say.
    """
    if chain.broken is not None or unfinished(chain):
        return Leftovers()
    endpoints, names = _made(chain)
    there = read_alarms(client_of("cloudwatch"), tuple(names)) if names else {}
    by_change: dict[str, list[str]] = {}
    for name in names:
        if name in there:
            by_change.setdefault(names[name].change, []).append(name)
    changes = {each.change: each for each in names.values()}
    serving = {test.endpoint for test in tests}
    greens = (_green(name, each, client_of) for name, each in reversed(endpoints.items()))
    return Leftovers(
        tuple(each for each in greens if each is not None and each.name not in serving),
        tuple(Alarms(tuple(by_change[each]), changes[each]) for each in reversed(by_change)),
    )


def _made(chain: Chain) -> tuple[dict[str, Standing], dict[str, Standing]]:
    """The green endpoints and the alarms that were made and not removed, by name, oldest first."""
    changes = {each.change: each for each in standings(chain)}
    endpoints: dict[str, Standing] = {}
    names: dict[str, Standing] = {}
    for record in chain.records:
        change = changes[record.change]
        step = None if record.step is None else change.plan.steps[record.step]
        if not isinstance(step, Call):
            continue
        asked = step.parameters
        match step.operation:
            case "CreateEndpoint" if record.stage in _MADE:
                endpoints[asked["EndpointName"]] = change
            case "DeleteEndpoint" if record.stage in _TOOK:
                endpoints.pop(asked["EndpointName"], None)
            case "PutMetricAlarm" if record.stage in _MADE:
                names[asked["AlarmName"]] = change
            case "DeleteAlarms" if record.stage in _TOOK:
                for name in asked["AlarmNames"]:
                    names.pop(name, None)
    return endpoints, names


def _green(name: str, change: Standing, client_of: Clients) -> Green | None:
    found = endpoint_answer(name, client_of("sagemaker"))
    if found is None or found["EndpointStatus"] == "Deleting":
        return None
    if found.get("EndpointConfigName") != change.plan.config_name:
        return None
    return Green(name, str(found["EndpointStatus"]), change)
