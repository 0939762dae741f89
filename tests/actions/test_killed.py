"""A process killed between any two calls leaves nothing untrue, and nothing happens twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actions import stepping
from actions.reconcile import reconcile
from actions.standings import unfinished
from actions.steps import Call, Plan
from tests.actions.acting_on import CANARY, Desk, desk
from tests.actions.cloud import served
from tests.actions.dying import Dying
from tests.actions.test_every_way import WAYS, Agreed

# of ways that make the same calls in the same order, one
ALIKE = ("promote", "start_shadow as a variant", "extend_experiment")
EVERY_WAY: dict[str, Callable[[Desk], Plan]] = {
    **{name: way for name, way in WAYS.items() if name not in ALIKE},
    "promote by a canary": lambda at: at.plan(CANARY),
}


@pytest.fixture(scope="module")
def dying() -> Iterator[Dying]:
    process = Dying()
    yield process
    process.stop()


@pytest.mark.parametrize("way", EVERY_WAY)
def test_a_process_killed_between_any_two_calls_is_made_good(
    dying: Dying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The next start tells what took effect and asks for nothing; then each call is taken once."""
    monkeypatch.setattr(stepping, "_FIRST_PAUSE_S", 0.0)
    killed, point = True, 0
    while killed:
        point += 1
        folder = tmp_path / str(point)
        (folder / "cloud").mkdir(parents=True)
        with served(folder / "cloud") as cloud:
            at = desk(cloud, folder)
            plan = EVERY_WAY[way](at)
            before = len(at.records(plan.target))
            cloud.taken.clear()
            killed = dying.carry_out(plan, at, folder, point=point)
            made_good(at, plan, before)
    # the plan and its end, of each call two records and the request, and of each wait one
    assert point > 2 + 3 * len(plan.calls)


def made_good(at: Desk, plan: Plan, before: int) -> None:
    """What the next start says, does not do, and then does; ``before`` are older records."""
    mine = {call.operation for call in plan.calls}
    took = [name for name in at.cloud.taken if name in mine]
    begun = len(at.records(plan.target)) > before
    receipts, problems = reconcile(at.ledger, at.client)
    assert problems == ()
    # it told the truth, and asked for nothing
    assert [name for name in at.cloud.taken if name in mine] == took
    change = [record for record in at.records(plan.target)[before:] if record.step is not None]
    told = [
        step.operation
        for number, step in enumerate(plan.steps)
        if isinstance(step, Call)
        and any(each.step == number and each.stage in ("done", "found") for each in change)
    ]
    assert told == took == [call.operation for call in plan.calls][: len(took)]
    if not begun:
        assert (receipts, took) == ((), [])
        return
    while unfinished(at.ledger.read(plan.target)):
        at.advance(plan.target, rehearse=lambda *_: Agreed())
        at.cloud.clock.skip(3_600)
    asked = Counter(name for name in at.cloud.taken if name in mine)
    assert asked == Counter(call.operation for call in plan.calls)
    results = [
        (record.step, record.stage)
        for record in at.records(plan.target)[before:]
        if record.stage in ("done", "found", "failed")
    ]
    assert [step for step, _ in results] == [*range(len(plan.steps)), None]
    assert {stage for _, stage in results} <= {"done", "found"}
