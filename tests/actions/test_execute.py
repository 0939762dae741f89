"""A plan is carried out once, as it was shown, by one who may; the ledger says what AWS shows."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions import asking, stepping
from actions.execute import Receipt, give_up, receipt, request
from actions.people import NOBODY, Person
from actions.reconcile import reconcile
from actions.records import Intent, Record, line
from actions.standings import asked_for, unfinished
from actions.steps import Call, Plan
from demo.deployments import LAUNCH_S, TERMINATE_S
from queries.config_actions import Freeze
from queries.errors import NotDone, SourceError
from tests.actions.acting_on import ANN, CANARY, EVE, Desk, desk
from tests.actions.cloud import CONFIG, ENDPOINT, MODELS, Cloud, variant

ROOT = Path(__file__).parents[2]


@pytest.fixture
def at(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The account, with nothing waited for between two tries."""
    monkeypatch.setattr(stepping, "_LONGEST_PAUSE_S", 0.0)
    return desk(cloud, tmp_path)


def through(at: Desk) -> None:
    """Let the time go by that an update all at once takes."""
    at.cloud.clock.skip(LAUNCH_S + TERMINATE_S + 60)


def test_a_promotion_is_carried_out_and_written_down(at: Desk) -> None:
    """Intent and result of the plan and of each step, with who, why, as whom, and request ids."""
    plan = at.plan()
    begun = at.execute(plan, evidence=b"<html>", verdict="promote", reason=" better\non all ")
    assert begun.state == "unfinished"
    assert "is being updated to" in begun.sentence
    assert at.live().pending is not None
    through(at)
    done = at.advance()
    assert done.state == "done"
    assert "nothing is pending" in done.sentence
    assert len(done.requests) == len(plan.calls)
    assert at.stages() == [
        (None, "begun"),
        *((step, stage) for step in (0, 1) for stage in ("begun", "done")),
        (2, "done"),
        (None, "done"),
    ]
    assert at.live().config_name == plan.config_name
    assert at.live().production.model == MODELS[1]
    intent = at.records()[0].intent
    assert intent is not None
    assert (intent.person, intent.known_by) == (ANN.name, "sign-in")
    assert (intent.reason, intent.role) == ("better on all", "the one that reads")
    assert intent.plan.steps == plan.steps
    assert at.ledger.report(ENDPOINT, intent.evidence) == b"<html>"
    assert at.records()[1].fingerprint == plan.fingerprint
    assert done.head == at.ledger.read(ENDPOINT).head


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reason": " \n"}, "Say why"),
        ({"reason": "x" * 1025}, "longer than 1,024"),
        ({"typed": "fraud"}, "Type the name, fraud-scores"),
        ({"person": EVE}, "may look, not act"),
        ({"person": NOBODY}, "Nobody is signed in"),
        ({"approves": "unknown"}, "is not asked for any more"),
    ],
)
def test_what_is_not_allowed_or_not_confirmed_is_not_begun(
    at: Desk, given: dict, words: str
) -> None:
    """AWS is not asked, and the ledger stays empty."""
    plan, before = at.plan(), at.live().fingerprint
    with pytest.raises(NotDone, match=words):
        at.execute(plan, **given)
    assert at.records() == ()
    assert at.live().fingerprint == before


def test_nothing_is_begun_while_it_is_frozen(at: Desk) -> None:
    """It is looked at when it is pressed, whatever the screen showed before."""
    now = datetime.now(UTC)
    freeze = Freeze(start=now - timedelta(days=1), end=now + timedelta(days=1), reason="holidays")
    frozen = replace(at.config, actions=replace(at.config.actions, freeze=(freeze,)))
    with pytest.raises(NotDone, match="holidays"):
        at.execute(at.plan(), config=frozen)
    assert at.records() == ()


def test_what_aws_would_refuse_is_not_begun(at: Desk) -> None:
    """Every request is looked at before the first one is sent."""
    plan = at.plan()
    wrong = Call("sagemaker", "DeleteEndpoint", {"EndpointName": "x" * 64}, "Deletes it.")
    with pytest.raises(NotDone, match="AWS would refuse this"):
        at.execute(replace(plan, steps=(*plan.steps, wrong)))
    assert at.records() == ()


def test_a_request_with_secrets_is_not_begun(at: Desk) -> None:
    """It could not be resumed, for what is hidden is not written down."""
    container = {"Image": "i", "Environment": {"TOKEN": "secret"}}
    model = {"ModelName": "m", "PrimaryContainer": container}
    call = Call("sagemaker", "CreateModel", model, "Makes it.")
    with pytest.raises(NotDone, match="container's environment"):
        at.execute(replace(at.plan(), steps=(call,)))
    assert at.records() == ()


def test_what_changed_since_it_was_planned_is_not_touched(at: Desk) -> None:
    """Whether before the click, or between two steps: the plan was made of another state."""
    plan = at.plan()
    shift(at.cloud)
    with pytest.raises(NotDone, match="no longer as it was when this was planned"):
        at.execute(plan)
    assert at.records() == ()
    plan = at.plan()
    at.cloud.faults.throttle("CreateEndpointConfig")
    assert at.execute(plan).state == "unfinished"
    shift(at.cloud)
    ended = at.advance()
    assert ended.state == "failed"
    assert "was changed by somebody else" in ended.sentence
    assert at.live().config_name == CONFIG


def shift(cloud: Cloud) -> None:
    """What somebody else does meanwhile."""
    wanted = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 5}]
    cloud.clock.skip(1)
    cloud.client().update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT, DesiredWeightsAndCapacities=wanted
    )
    cloud.clock.skip(1000)
    cloud.client().describe_endpoint(EndpointName=ENDPOINT)


def test_a_double_click_acts_once(at: Desk) -> None:
    """The second is told who was first, while it goes on and when it is over."""
    plan = at.plan()
    at.execute(plan)
    with pytest.raises(NotDone, match=r"^ann@example.com began to promote this at 20.*record 1 "):
        at.execute(plan)
    through(at)
    assert at.advance().state == "done"
    with pytest.raises(NotDone, match="no longer as it was"):
        at.execute(plan)
    assert at.cloud.taken.count("UpdateEndpoint") == 1
    assert [record.stage for record in at.records()].count("begun") == 1 + len(plan.calls)


def test_eight_threads_of_two_people_act_once(at: Desk) -> None:
    """All press at the same moment on the same plan: AWS is asked once for each step."""
    plan = at.plan()
    at.cloud.taken.clear()
    bob = replace(ANN, name="bob@example.com")
    actions = replace(at.config.actions, operators=(ANN.name, bob.name))
    config = replace(at.config, actions=actions)

    def press(number: int) -> str:
        person = replace((ANN, bob)[number % 2], signed_in_at=datetime.now(UTC))
        try:
            return at.execute(plan, person=person, config=config).state
        except NotDone as error:
            return f"no: {error}"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, range(8)))
    assert [answer for answer in answers if not answer.startswith("no: ")] == ["unfinished"]
    acted_once(at, plan)


def acted_once(at: Desk, plan: Plan) -> None:
    """AWS took each call once, and each step was begun and done once."""
    asked = [call.operation for call in plan.calls]
    assert [name for name in at.cloud.taken if name in asked] == asked
    taken = [(record.step, record.stage) for record in at.records()]
    assert len(taken) == len(set(taken)) == 1 + 2 * len(plan.calls)


def test_eight_who_look_on_take_each_step_once(at: Desk) -> None:
    """The fragments of eight viewers advance the same change: nothing happens twice."""
    plan = at.plan(CANARY)
    at.cloud.faults.throttle(plan.calls[0].operation)
    at.execute(plan)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            list(pool.map(lambda _: advance_quietly(at), range(8)))
    results = [(r.step, r.stage) for r in at.records() if r.stage in ("done", "found")]
    assert sorted(results) == [(step, "done") for step in range(len(plan.calls))]
    assert at.live().pending["EndpointConfigName"] == plan.config_name


def advance_quietly(at: Desk) -> Receipt:
    return at.advance()


PRESS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from actions.records import parse
from queries.errors import NotDone
from tests.actions.acting_on import elsewhere
plan = parse(Path(sys.argv[2]).read_bytes()).intent.plan
at = elsewhere(sys.argv[1], Path(sys.argv[3]))

def press(number):
    try:
        return at.execute(plan).state
    except NotDone as error:
        return f"no: {error}"

with ThreadPoolExecutor(4) as pool:
    print(*pool.map(press, range(4)), sep="\\n")
"""


def test_two_processes_of_four_threads_act_once(at: Desk, tmp_path: Path) -> None:
    """Two servers of the same dashboard share the ledger and nothing else."""
    plan = at.plan()
    at.cloud.taken.clear()
    write(plan, tmp_path / "plan")
    pressed = [
        subprocess.Popen(
            [sys.executable, "-c", PRESS, at.cloud.url, str(tmp_path / "plan"), str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [line for each in pressed for line in each.communicate()[0].splitlines()]
    assert sorted(answer[:3] for answer in answers) == [*["no:"] * 7, "unf"]
    acted_once(at, plan)


def write(plan: Plan, file: Path) -> None:
    intent = Intent("", "", "", "", "", plan)
    file.write_bytes(line(Record(plan.target, plan.action, "", "asked", intent=intent)))


def in_aws(at: Desk, plan: Plan) -> tuple[bool, bool]:
    """Whether the config is there, and whether the endpoint is being put on it."""
    configs = at.client("sagemaker").list_endpoint_configs(MaxResults=100)["EndpointConfigs"]
    live = at.live()
    pending = (live.pending or {}).get("EndpointConfigName", live.config_name)
    return (
        plan.config_name in {each["EndpointConfigName"] for each in configs},
        pending == plan.config_name,
    )


def test_an_answer_that_was_lost_is_looked_for(at: Desk) -> None:
    """Both writes took effect and nobody heard: they are found, and not asked for again."""
    plan = at.plan()
    for operation in ("CreateEndpointConfig", "UpdateEndpoint"):
        at.cloud.faults.lose_answer(operation)
    assert at.execute(plan).state == "unfinished"
    assert at.stages()[1:] == [(0, "begun"), (0, "found"), (1, "begun"), (1, "found")]
    assert in_aws(at, plan) == (True, True)
    through(at)
    assert at.advance().state == "done"


def test_what_botocore_sent_twice_took_effect_once(at: Desk) -> None:
    """It repeats what was not answered and is refused, for it is done: that is no failure."""
    plan = at.plan()
    for operation in ("CreateEndpointConfig", "UpdateEndpoint"):
        at.cloud.faults.lose_answer(operation)
    assert at.execute(plan, client_of=at.cloud.client).state == "unfinished"
    assert at.stages()[1:] == [(0, "begun"), (0, "found"), (1, "begun"), (1, "found")]
    assert all(record.request_id for record in at.records() if record.stage == "found")
    through(at)
    assert at.advance().state == "done"


@pytest.mark.parametrize("operation", ["CreateEndpointConfig", "UpdateEndpoint"])
@pytest.mark.parametrize("fault", ["throttle", "fail"])
def test_what_aws_is_too_busy_for_is_tried_again(at: Desk, fault: str, operation: str) -> None:
    """botocore's tries are used up: it is told, and the next look goes on from there."""
    plan = at.plan()
    getattr(at.cloud.faults, fault)(operation)
    told = at.execute(plan)
    assert told.state == "unfinished"
    assert operation in told.sentence
    assert in_aws(at, plan)[("CreateEndpointConfig", "UpdateEndpoint").index(operation)] is False
    assert at.records()[-1].stage == "unclear"
    at.advance()
    assert in_aws(at, plan) == (True, True)
    assert [stage for _, stage in at.stages()].count("unclear") == 1


def test_what_is_tried_again_waits_longer_each_time(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks on every few seconds asks AWS no sooner; after an hour it is given up."""
    monkeypatch.setattr(stepping, "_FIRST_PAUSE_S", 1_000.0)
    monkeypatch.setattr(stepping, "_LONGEST_PAUSE_S", 5_000.0)
    at = desk(cloud, tmp_path)
    at.cloud.faults.throttle("CreateEndpointConfig")
    at.execute(at.plan())
    assert re.search(r"tried again in (9\d\d|1000) s\.$", at.advance().sentence)
    assert len(at.records()) == 3
    monkeypatch.setattr(stepping, "_GIVE_UP", timedelta(0))
    ended = at.advance()
    assert ended.state == "failed"
    assert ended.sentence.startswith("Given up after an hour. ")
    assert "Rate exceeded" in ended.sentence


def test_credentials_that_ran_out_can_be_renewed(at: Desk) -> None:
    """It says so, nothing is lost, and who signed in again goes on."""
    plan = at.plan()
    at.cloud.faults.throttle("UpdateEndpoint")
    at.execute(plan)
    at.cloud.faults.reset()
    at.cloud.faults.expire()
    told = at.advance()
    assert told.state == "unfinished"
    assert "sign in again" in told.sentence
    at.cloud.faults.reset()
    at.advance()
    assert in_aws(at, plan) == (True, True)


@pytest.mark.parametrize("operation", ["CreateEndpointConfig", "UpdateEndpoint"])
def test_what_is_forbidden_ends_the_plan(at: Desk, operation: str) -> None:
    """In AWS's words with a remedy; what was done before stays, and it may be begun anew."""
    plan = at.plan()
    at.cloud.faults.deny(operation)
    told = at.execute(plan)
    assert told.state == "failed"
    assert f"Ask for the permission {operation}" in told.sentence
    assert at.stages()[-2:] == [(plan_step(plan, operation), "failed"), (None, "failed")]
    assert in_aws(at, plan) == (operation == "UpdateEndpoint", False)
    at.cloud.faults.reset()
    # a config of that name and content is there, perhaps
    assert at.execute(plan).state == "unfinished"
    assert in_aws(at, plan) == (True, True)


def plan_step(plan: Plan, operation: str) -> int:
    return [call.operation for call in plan.calls].index(operation)


def test_a_config_that_is_not_seen_yet_is_asked_for_again(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was created a moment ago may be unknown elsewhere: within one step, a few times."""
    monkeypatch.setattr(asking, "_PAUSES_S", (0.0, 0.0, 0.0, 0.0))
    plan = at.plan()
    at.cloud.faults.hide_new_configs(2)
    at.execute(plan)
    assert in_aws(at, plan) == (True, True)
    assert at.stages()[-1] == (1, "done")


def test_another_config_of_the_same_name_ends_the_plan(at: Desk) -> None:
    """It is never taken for the planned one."""
    plan = at.plan()
    other = {**plan.after, "ProductionVariants": [variant(MODELS[0])]}
    at.client("sagemaker").create_endpoint_config(**other)
    told = at.execute(plan)
    assert told.state == "failed"
    assert "already existing" in told.sentence
    assert in_aws(at, plan) == (True, False)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda faults: faults.roll_back(ENDPOINT), "gives no reason"),
        (lambda faults: faults.roll_back(ENDPOINT, "Container died."), "Container died."),
        (lambda faults: faults.fail_rollback(ENDPOINT, "No capacity."), "Repair it"),
    ],
)
def test_an_update_that_goes_back_is_told_as_that(at: Desk, fault: Any, words: str) -> None:
    """InService with the old config is no success: the ledger agrees with what is in force."""
    plan = at.plan()
    fault(at.cloud.faults)
    at.execute(plan)
    at.cloud.clock.skip(5_000)
    told = at.advance()
    assert told.state == "failed"
    assert words in told.sentence
    assert at.stages()[-2:] == [(2, "failed"), (None, "failed")]
    assert at.live().config_name == CONFIG


def test_an_update_that_went_back_unheard_is_not_asked_for_again(at: Desk) -> None:
    """Its answer was lost, nobody looked, and it was taken back: sent again it would be twice."""
    plan = at.plan()
    at.cloud.faults.roll_back(ENDPOINT)
    blind(at, plan)
    at.cloud.clock.skip(5_000)
    (told,), _ = reconcile(at.ledger, at.client)
    assert told.state == "failed"
    assert "Whether UpdateEndpoint took effect cannot be told" in told.sentence
    assert "gives no reason" in told.sentence
    assert at.live().config_name == CONFIG
    assert at.live().pending is None


def blind(at: Desk, plan: Plan) -> None:
    """Carry it out by hands that lose their sight with the last answer."""
    at.cloud.faults.lose_answer("UpdateEndpoint")
    clients = {"sagemaker": at.cloud.once(), "cloudwatch": at.cloud.once("cloudwatch")}
    ask = clients["sagemaker"].update_endpoint

    def last(**asked: Any) -> Any:
        try:
            return ask(**asked)
        finally:
            at.cloud.faults.expire()

    clients["sagemaker"].update_endpoint = last
    assert at.execute(plan, client_of=clients.__getitem__).state == "unfinished"
    assert at.records()[-1].stage == "unclear"
    at.cloud.faults.reset()


def test_maintenance_by_aws_is_waited_for(at: Desk) -> None:
    """SystemUpdating after the update was taken is no failure."""
    plan = at.plan()
    at.execute(plan)
    through(at)
    at.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    at.cloud.faults.maintain(ENDPOINT, 600)
    told = at.advance()
    assert (told.state, "AWS maintains" in told.sentence) == ("unfinished", True)
    at.cloud.clock.skip(601)
    assert at.advance().state == "done"
    assert at.live().config_name == plan.config_name


def test_who_only_looks_changes_nothing(at: Desk) -> None:
    """The next step is named, and is not taken."""
    plan = at.plan()
    at.cloud.faults.throttle("CreateEndpointConfig")
    at.execute(plan)
    told = at.advance(act=False)
    assert told.sentence.startswith("Next: Writes down what is to run")
    assert in_aws(at, plan) == (False, False)
    assert len(at.records()) == 3


def test_a_change_can_be_ended_between_two_steps(at: Desk) -> None:
    """By one who may, with a reason; and then another may begin."""
    at.cloud.faults.throttle("CreateEndpointConfig")
    begun = at.execute(at.plan())
    asked = {"ledger": at.ledger, "config": at.config, "reason": "not today"}
    with pytest.raises(NotDone, match="may look, not act"):
        give_up(ENDPOINT, begun.change, person=EVE, **asked)
    now = replace(ANN, signed_in_at=datetime.now(UTC))
    ended = give_up(ENDPOINT, begun.change, person=now, **asked)
    assert ended.state == "failed"
    assert ended.sentence == "ann@example.com ended it with 3 steps to come: not today"
    with pytest.raises(NotDone, match="over already"):
        give_up(ENDPOINT, begun.change, person=now, **asked)
    assert at.execute(at.plan()).state == "unfinished"


def test_a_broken_audit_forbids_to_act(at: Desk, tmp_path: Path) -> None:
    """It is named, by whoever acts and at the next start, and AWS is not asked."""
    plan = at.plan()
    at.cloud.faults.deny("CreateEndpointConfig")
    at.execute(plan)
    at.cloud.faults.reset()
    (first, *_) = sorted((tmp_path / "audit" / ENDPOINT).glob("*.json"))
    first.write_bytes(first.read_bytes().replace(b"better", b"bitter"))
    with pytest.raises(NotDone, match="does not follow from the one before it"):
        at.execute(plan)
    assert "Record 2 of fraud-scores" in str(at.ledger.read(ENDPOINT).broken)
    assert reconcile(at.ledger, at.client) == ((), ())
    assert in_aws(at, plan) == (False, False)


def test_what_cannot_be_written_down_is_not_done(at: Desk, tmp_path: Path) -> None:
    """Without an audit there is no action."""
    (tmp_path / "audit").write_text("", encoding="utf-8")
    plan = at.plan()
    with pytest.raises((NotDone, SourceError), match="is a file"):
        at.execute(plan)
    assert in_aws(at, plan) == (False, False)


def test_of_what_two_people_are_asked_for_one_asks_and_another_lets_through(at: Desk) -> None:
    """The very plan that was asked for, by another person, who approves; and once."""
    zoe = Person("zoe@example.com", "approver", "sign-in", datetime.now(UTC))
    actions = replace(at.config.actions, four_eyes=True, approvers=(zoe.name,))
    config = replace(at.config, actions=actions)
    plan = at.plan()
    with pytest.raises(NotDone, match="Two people are asked for here"):
        at.execute(plan, config=config)
    asked = request(
        plan,
        ledger=at.ledger,
        config=config,
        client_of=at.client,
        person=replace(ANN, signed_in_at=datetime.now(UTC)),
        reason="it is better",
        typed=ENDPOINT,
        evidence=b"<html>",
    )
    assert asked.state == "asked"
    (waiting,) = asked_for(at.ledger.read(ENDPOINT))
    assert reconcile(at.ledger, at.client) == ((), ())
    assert in_aws(at, plan) == (False, False)
    with pytest.raises(NotDone, match="another has to approve"):
        at.execute(plan, config=config, approves=asked.change, person=replace(zoe, name=ANN.name))
    other = replace(plan, steps=plan.steps[:1])
    with pytest.raises(NotDone, match="another plan than this one"):
        at.execute(other, config=config, approves=asked.change, person=zoe)
    done = at.execute(
        waiting.plan, config=config, approves=asked.change, person=zoe, reason="I agree"
    )
    assert (done.change, done.state) == (asked.change, "unfinished")
    assert in_aws(at, plan) == (True, True)
    intent = at.records()[1].intent
    assert intent is not None
    assert (intent.person, intent.asked_by, intent.reason) == (zoe.name, ANN.name, "I agree")
    assert intent.evidence == waiting.intent.evidence != ""
    with pytest.raises(NotDone, match="not asked for any more"):
        at.execute(plan, config=config, approves=asked.change, person=zoe)


def test_whoever_is_told_cannot_make_it_fail(at: Desk) -> None:
    """Told once when it is begun and once when it is over, by whoever wrote that down."""
    told: list[tuple[str, str]] = []

    def tell(record: Record, intent: Intent) -> None:
        told.append((record.stage, intent.person))
        raise RuntimeError("the webhook is down")

    at.execute(at.plan(), tell=tell)
    through(at)
    assert at.advance(tell=tell).state == "done"
    assert told == [("begun", ANN.name), ("done", ANN.name)]
    assert unfinished(at.ledger.read(ENDPOINT)) == ()
    assert receipt(at.ledger.read(ENDPOINT), at.records()[0].change).state == "done"
