"""Whatever goes wrong in AWS: the screen, the audit and what is in force there say the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from actions import asking, stepping
from actions.standings import standings
from demo.faults import Faults
from queries.config_actions import Deployment
from queries.reading_live import read_live
from tests.actions.cloud import CONFIG, ENDPOINT, MODELS, PRODUCTION, Cloud
from tests.pages.conftest import Answers
from tests.pages.test_deploy import app, cloud, ledger_of, press, ready, show, text

__all__ = ["app", "cloud", "ready"]

# more than botocore tries by itself
OFTEN = 12
WRITES = ("CreateEndpointConfig", "UpdateEndpoint")


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, and what it comes to: whether the model is promoted, and what is said meanwhile."""

    order: Callable[[Faults], None]
    promoted: bool
    says: str
    status: str = "InService"


def every(operation: str, fault: str) -> Callable[[Faults], None]:
    def order(faults: Faults) -> None:
        getattr(faults, fault)(operation, OFTEN if fault != "lose_answer" else 1)

    return order


CASES = {
    "a rollback without a reason": Case(
        lambda faults: faults.roll_back(ENDPOINT), False, "SageMaker gives no reason"
    ),
    "a rollback with a reason": Case(
        lambda faults: faults.roll_back(ENDPOINT, "Container died."), False, "Container died."
    ),
    "a rollback that fails": Case(
        lambda faults: faults.fail_rollback(ENDPOINT, "No capacity."),
        False,
        "instances of both configs",
        "UpdateRollbackFailed",
    ),
    "a config that is not seen yet": Case(lambda faults: faults.hide_new_configs(2), True, ""),
    **{
        f"{operation} throttled": Case(every(operation, "throttle"), True, "Rate exceeded")
        for operation in WRITES
    },
    **{
        f"{operation} fails": Case(every(operation, "fail"), True, "InternalFailure")
        for operation in WRITES
    },
    **{
        f"the answer of {operation} is lost": Case(every(operation, "lose_answer"), True, "")
        for operation in WRITES
    },
}


@pytest.fixture(autouse=True)
def at_once(ready: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once, and nothing waited for between two tries: neither here nor by botocore."""
    (test,) = ready.config.tests
    ready.config = replace(
        ready.config, tests=(replace(test, deployment=Deployment(strategy="all_at_once")),)
    )
    monkeypatch.setattr(stepping, "_FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(asking, "_PAUSES_S", (0.0,) * 4)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", nothing)


def nothing(*_: Any) -> float:
    return 0.0


def agree(app: AppTest, ready: Answers, cloud: Cloud) -> str:
    """What came of it, after the screen, the audit and the account were found to agree."""
    live = read_live(cloud.client(), ENDPOINT)
    (change,) = standings(ledger_of(ready).read(ENDPOINT))
    said = text(app)
    in_force = live.config_name == change.plan.config_name and live.pending is None
    assert (change.state == "done") == (in_force and live.status == "InService")
    assert ("Promote: done." in said) == (change.state == "done")
    assert ("Promote: not done." in said) == (change.state == "failed")
    if change.state != "unfinished":
        assert f":blue[●] {PRODUCTION}: **{live.production.model}**" in said
        assert f"Config **{live.config_name}**" in said
        assert f"-badge[{live.status}]" in said
    # nothing was sent twice
    assert all(cloud.taken.count(each) <= 1 for each in WRITES)
    return change.state


@pytest.mark.parametrize("fault", CASES)
def test_screen_audit_and_account_agree(
    app: AppTest, ready: Answers, cloud: Cloud, fault: str
) -> None:
    """While it goes on and when it is over; what AWS was asked for took effect once at the most."""
    case = CASES[fault]
    show(app)
    cloud.taken.clear()
    case.order(cloud.faults)
    press(app, "Promote…", "Promote")
    assert not app.exception
    heard = text(app)
    assert agree(app, ready, cloud) == "unfinished"
    app.run()
    heard += text(app)
    for _ in range(2):
        cloud.clock.skip(5_000)
        app.run()
    assert not app.exception
    heard += text(app)
    assert case.says in heard
    assert agree(app, ready, cloud) == ("done" if case.promoted else "failed")
    live = read_live(cloud.client(), ENDPOINT)
    assert live.status == case.status
    assert live.production.model == MODELS[case.promoted]
    assert (live.config_name == CONFIG) != case.promoted


def test_credentials_that_expire_are_told_and_nothing_is_lost(
    app: AppTest, ready: Answers, cloud: Cloud
) -> None:
    """Nothing is claimed to be so while AWS says nothing; signed in again, it goes on."""
    press(show(app), "Promote…", "Promote")
    cloud.taken.clear()
    cloud.faults.expire()
    app.run()
    assert not app.exception
    said = text(app)
    assert "expired" in said
    assert "Promote: done." not in said
    assert "Promote: not done." not in said
    cloud.faults.reset()
    for _ in range(2):
        cloud.clock.skip(5_000)
        app.run()
    assert agree(app, ready, cloud) == "done"
    assert not set(cloud.taken) & set(WRITES)


def test_maintenance_is_neither_success_nor_failure(
    app: AppTest, ready: Answers, cloud: Cloud
) -> None:
    """While AWS maintains the endpoint the change goes on; afterwards what came of it is told."""
    show(app)
    cloud.taken.clear()
    press(app, "Promote…", "Promote")
    cloud.clock.skip(5_000)
    cloud.client().describe_endpoint(EndpointName=ENDPOINT)
    cloud.faults.maintain(ENDPOINT, 600)
    app.run()
    said = text(app)
    assert "AWS maintains" in said
    assert "Promote: done." not in said
    cloud.clock.skip(601)
    app.run()
    assert agree(app, ready, cloud) == "done"
