"""What tests of carrying plans out share: a plan, who may, and a ledger."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, get_args

from actions.execute import Receipt, advance, execute
from actions.fingerprints import Clients
from actions.ledger import Ledger, opened
from actions.people import Person
from actions.plans.promote import promote
from actions.plans.strategies import Strategy
from actions.records import Record
from actions.steps import Plan
from queries.config import Aws, Config
from queries.config_actions import Action, Actions
from queries.reading_live import read_live
from tests.actions.cloud import ENDPOINT, Cloud

ANN = Person("ann@example.com", "operator", "sign-in", datetime.now(UTC))
EVE = Person("eve@example.com", "viewer", "sign-in", datetime.now(UTC))
AT_ONCE = Strategy("all_at_once", final_wait_s=0)
CANARY = Strategy("canary", size=25, wait_s=300, final_wait_s=300)


@dataclass(frozen=True, slots=True)
class Desk:
    """An account, a ledger beside it, and a configuration by which it may be acted on.

    Its clients ask once, so that every refusal is seen.
    """

    cloud: Cloud
    config: Config
    ledger: Ledger
    client: Clients

    def live(self) -> Any:
        return read_live(self.client("sagemaker"), ENDPOINT)

    def plan(self, strategy: Strategy = AT_ONCE) -> Plan:
        return promote(self.live(), strategy, at=datetime.now(UTC))

    def execute(self, plan: Plan, **given: Any) -> Receipt:
        """Carry a plan out with everything as it should be, but for what is given."""
        asked: dict[str, Any] = {
            "ledger": self.ledger,
            "config": self.config,
            "client_of": self.client,
            "person": replace(ANN, signed_in_at=datetime.now(UTC)),
            "reason": "better on every slice",
            "typed": ENDPOINT,
        }
        return execute(plan, **(asked | given))

    def advance(self, target: str = ENDPOINT, **given: Any) -> Receipt:
        """Take the next steps of the only change that goes on."""
        asked = {"ledger": self.ledger, "acting": lambda _: self.client}
        (found,) = advance(target, **(asked | given))
        return found

    def records(self, target: str = ENDPOINT) -> tuple[Record, ...]:
        chain = self.ledger.read(target)
        assert chain.broken is None
        return chain.records

    def stages(self, target: str = ENDPOINT) -> list[tuple[int | None, str]]:
        return [(record.step, record.stage) for record in self.records(target)]


def desk(cloud: Cloud, folder: Path) -> Desk:
    """A desk at an account."""
    allowed = Actions(allow=get_args(Action), operators=(ANN.name,), audit=str(folder / "audit"))
    config = Config(tests=(), aws=cloud.aws, actions=allowed)
    return Desk(cloud, config, opened(allowed.audit, cloud.aws), cache(cloud.once))


def elsewhere(url: str, folder: Path) -> Desk:
    """A desk of another process, that knows the account's address and the folder alone."""
    unknown = {each.name: None for each in fields(Cloud)}
    aws = Aws(region="eu-central-1", endpoint_url=url)
    return desk(Cloud(**(unknown | {"url": url, "aws": aws})), folder)
