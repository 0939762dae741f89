"""An update of ours that goes on is aborted by its alarm, once, and both ends are written down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actions.abort import ONLY_BAKING, abort_plan
from actions.plans.alarms import abort_name
from actions.steps import Plan
from demo.deployments import LAUNCH_S
from queries.errors import NotDone
from tests.actions.acting_on import AT_ONCE, CANARY, Desk, desk
from tests.actions.cloud import CONFIG, ENDPOINT, Cloud


@pytest.fixture
def at(cloud: Cloud, tmp_path: Path) -> Desk:
    return desk(cloud, tmp_path)


def planned(at: Desk, reason: str = "p99 doubled") -> Plan:
    return abort_plan(ENDPOINT, ledger=at.ledger, client_of=at.client, reason=reason)


def test_an_abort_while_it_bakes_brings_the_old_config_back(at: Desk) -> None:
    """SageMaker takes it back for the alarm; promotion and abort each say what came of them."""
    promotion = at.plan(CANARY)
    at.execute(promotion)
    at.cloud.clock.skip(LAUNCH_S + 60)
    at.advance()
    plan = planned(at)
    assert plan.notes == (ONLY_BAKING, "It bakes now: SageMaker goes back within moments.")
    done = at.execute(plan, typed="")
    assert done.state == "done"
    alarm = abort_name(ENDPOINT, promotion.config_name)
    (found,) = at.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert (found["StateValue"], found["StateReason"]) == ("ALARM", "p99 doubled")
    assert at.advance().state == "unfinished"
    at.cloud.clock.skip(5_000)
    ended = at.advance()
    assert ended.state == "failed"
    assert alarm in ended.sentence
    assert at.live().config_name == CONFIG
    assert [record.action for record in at.records() if record.step is None] == [
        *("promote", "abort", "abort", "promote")
    ]


def test_an_abort_while_instances_start_says_when_it_acts(at: Desk) -> None:
    """It may be asked for; that it does nothing before the first bake is told."""
    at.execute(at.plan(CANARY))
    assert planned(at).notes[1] == "It is launching now: SageMaker goes back when it next bakes."


def test_two_people_abort_once(at: Desk) -> None:
    """Each with a reason of their own: the alarm is set once, and the other is told."""
    at.execute(at.plan(CANARY))
    at.cloud.clock.skip(LAUNCH_S + 60)

    def press(reason: str) -> str:
        try:
            return at.execute(planned(at, reason), typed="").state
        except NotDone as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(press, ["too slow", "too many 5xx", "wrong", "no"]))
    told = "Somebody has aborted this already; look at what comes of it."
    assert answers == [told, told, told, "done"]


def test_where_nothing_goes_on_there_is_nothing_to_abort(at: Desk) -> None:
    """Before an update, after it, or where somebody else's goes on."""
    with pytest.raises(NotDone, match="none to abort"):
        planned(at)
    plan = at.plan(AT_ONCE)
    at.execute(plan)
    with pytest.raises(NotDone, match="begun without an alarm to abort by"):
        planned(at)
    at.cloud.clock.skip(5_000)
    with pytest.raises(NotDone, match=r"There is nothing to abort\. fraud-scores serves by"):
        planned(at)
    at.advance()
    with pytest.raises(NotDone, match="Once an update is over, going back is a rollback"):
        planned(at)
