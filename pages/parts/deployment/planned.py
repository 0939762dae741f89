"""Which plan follows from what was chosen, for the endpoint as it was read?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from actions import proposals
from actions.plans import experiments
from actions.plans.promote import promote

if TYPE_CHECKING:
    from datetime import datetime

    from actions.plans.alarms import Guard
    from actions.steps import Plan
    from pages.parts.deployment.desk import Desk
    from pages.parts.deployment.how import Chosen
    from queries.live import Live

UNSAID = "The reason given when it is confirmed"
"""What stands in a shown request where a reason will."""


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """A promotion as it was chosen on the page, from which the same plan can be made again."""

    desk: Desk[Live]
    chosen: Chosen
    at: datetime

    @property
    def guard(self) -> Guard | None:
        """What the new fleet must hold to, where it is guarded."""
        desk, chosen = self.desk, self.chosen
        if not chosen.guarded or not chosen.strategy.waits:
            return None
        return proposals.guard(desk.test.deployment, chosen.strategy, desk.report)

    def plan(self, reason: str = UNSAID) -> Plan:
        """The plan to carry out.

        Raises
        ------
        NotDone
            When AWS would not do it so; the message says why.
        """
        live, chosen = self.desk.live, self.chosen
        if chosen.way == "experiment":
            return experiments.complete(
                live, promote=True, reason=reason, instances=chosen.instances
            )
        planned = promote(
            live,
            chosen.strategy,
            instances=chosen.instances,
            guard=self.guard,
            at=self.at,
        )
        return proposals.led_up_to(
            planned,
            live,
            self.desk.test.deployment,
            self.desk.config,
            rehearsed=chosen.way == "blue_green",
            reason=reason,
        )
