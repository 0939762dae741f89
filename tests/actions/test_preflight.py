"""Is everything that may go wrong looked at before acting, and what is not known told as that?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from actions.checks import updating
from actions.people import Person
from actions.plans import rollback as back
from actions.plans.alarms import Guard, clean_up
from actions.plans.blue_green import blue_green, retire
from actions.plans.experiments import complete
from actions.plans.promote import promote
from actions.plans.strategies import Strategy
from actions.preflight import Known, find_out, forbids, preflight
from actions.steps import Check, Plan
from analysis.compatibility import Answers
from analysis.estimates import Window as Looked
from analysis.policy import Policy
from analysis.report import Report
from analysis.verdict import Decision, Verdict
from queries.config import Config
from queries.config_actions import Actions, Freeze, Window
from queries.live import Live
from queries.quotas import Quota
from queries.reading_live import endpoint_config, read_live
from queries.revisions import Revision
from queries.surroundings import Alarm, Scaling, Surroundings, Unknown
from tests.actions.cloud import ENDPOINT, MODELS, Cloud, variant
from tests.actions.plans.living import BEGUN, NOW, PRODUCTION, experiment, live

ADA = Person("ada", "operator", "sign-in", NOW - timedelta(minutes=2))
BOB = Person("bob", "approver", "sign-in", NOW - timedelta(minutes=2))
ALLOWED = Actions(
    allow=("promote", "rollback", "complete_experiment", "remove_green", "remove_alarms"),
    operators=("ada",),
    approvers=("bob",),
)
ANSWERS = Answers(200, {"text/csv": 9}, {"text/csv": 9}, {"column 0": {"number": 200}}, {})
CANARY = Strategy("canary", size=50, alarms=("p99-too-high",))


def planned(found: Live, strategy: Strategy = CANARY, **wish: Any) -> Plan:
    return promote(found, strategy, guard=Guard(bake_s=600, latency_ms=100), at=NOW, **wish)


def report(decision: Decision = "promote", *, age: timedelta = timedelta(hours=2)) -> Report:
    """Of a report only what the checks look at: its test, window and verdict."""
    others = dict.fromkeys(Report.__dataclass_fields__)
    found = Report(**others)  # type: ignore[arg-type]
    return replace(
        found,
        test="fraud",
        window=Looked(BEGUN, NOW - age),
        verdict=Verdict(decision, (), f"{decision.capitalize()}: as told.", Policy(), 0.01),
    )


def alarm(state: Any = "OK", *, minutes: float = 60) -> Alarm:
    return Alarm("p99-too-high", state, NOW - timedelta(minutes=minutes), "")


ROOM = (Quota("ml.m5.large", 20, 4, "counted at 2 endpoints"),)
AROUND = Surroundings(
    alarms={"p99-too-high": alarm()}, scaling=(), owners=(), marketplace=(), quotas=ROOM
)
BACK = Revision("fraud-config", BEGUN, ())


def known(**more: Any) -> Known:
    """Everything is in order, but for what is given."""
    all_well: dict[str, Any] = {
        "config": Config(tests=(), actions=ALLOWED),
        "person": ADA,
        "now": NOW,
        "report": report(),
        "answers": (ANSWERS, ANSWERS),
        "revision": BACK,
        "surroundings": AROUND,
    }
    return Known(**{**all_well, **more})


def check(name: str, found: Live | None = None, plan: Plan | None = None, **more: Any) -> Check:
    """One check, of a plan to promote unless another is given."""
    runs = found or live()
    every = preflight(plan or planned(runs), runs, known(**more))
    (one,) = [each for each in every if each.name == name]
    return one


def test_where_all_is_well_nothing_stands_in_the_way() -> None:
    """Everything is ok; each check once."""
    found = live()
    checks = preflight(planned(found), found, known())
    names = [each.name for each in checks]
    assert len(names) == len(set(names))
    assert [each.name for each in checks if each.status != "ok"] == []
    assert all(each.sentence.endswith(".") for each in checks)
    assert not forbids(checks)


def test_what_was_not_found_out_is_unknown_and_never_ok() -> None:
    """With nothing known, every check that rests on asking is unknown."""
    found = live()
    nothing = Known(config=Config(tests=(), actions=ALLOWED), person=ADA, now=NOW)
    statuses = {each.name: each.status for each in preflight(planned(found), found, nothing)}
    asked = ("verdict", "compatibility", "way_back", "scaling", "owner", "features", "alarms")
    assert {statuses[name] for name in asked} == {"unknown"}
    refused = Unknown("AWS answered with AccessDenied.")
    around = Surroundings(refused, refused, refused, refused)
    for name in ("scaling", "owner", "features", "alarms"):
        one = check(name, surroundings=around)
        assert one.status == "unknown"
        assert "AccessDenied" in one.sentence


def test_what_forbids_stands_first() -> None:
    """Checks are in the order of their weight."""
    found = live(status="Updating")
    statuses = [each.status for each in preflight(planned(found), found, known())]
    order = ["blocked", "warn", "unknown", "ok"]
    assert statuses == sorted(statuses, key=order.index)
    assert statuses[0] == "blocked"


@pytest.mark.parametrize(
    "status", ["Updating", "SystemUpdating", "RollingBack", "Failed", "UpdateRollbackFailed"]
)
def test_an_endpoint_that_is_not_in_service_is_not_promoted(status: str) -> None:
    """Every other state forbids it, with what to do about it."""
    found = check("status", live(status=status))
    assert found.status == "blocked"
    assert status in found.sentence
    assert found.remedy


@pytest.mark.parametrize("status", ["Updating", "UpdateRollbackFailed", "InService"])
def test_what_an_earlier_change_left_can_be_removed_in_any_state(status: str) -> None:
    """Neither endpoint nor config is touched, so that neither is asked for, nor any verdict."""
    runs = live(status=status)
    green = blue_green(planned(live()), live(), requests=5, least=0.9, prices={}, currency="USD")
    for plan in (retire(green), clean_up(runs.endpoint, green.config_name, ["understudy-a"])):
        found = preflight(plan, runs, known(report=None, answers=None))
        assert not forbids(found)
        assert not {"verdict", "way_back", "quota", "alarms"} & {each.name for each in found}


def test_a_pending_deployment_forbids_another() -> None:
    """InService is not enough: nothing may be pending."""
    found = check("status", live(pending={"EndpointConfigName": "fraud-2"}))
    assert found.status == "blocked"
    assert "fraud-2" in found.sentence


def test_a_plan_is_of_one_state_only() -> None:
    """What changed after the plan was made forbids it."""
    runs = live()
    plan = planned(runs)
    assert check("unchanged", runs, plan).status == "ok"
    assert check("unchanged", replace(runs, fingerprint="0" * 64), plan).status == "blocked"


@pytest.mark.parametrize(
    ("decision", "status"), [("promote", "ok"), ("hold", "warn"), ("reject", "blocked")]
)
def test_the_verdict_decides(decision: Decision, status: str) -> None:
    """A rejected shadow is not promoted; one on hold only by somebody who says why."""
    assert check("verdict", report=report(decision)).status == status


def test_an_old_verdict_is_told() -> None:
    """Its age is that of the last answer it rests on."""
    found = check("verdict_age", report=report(age=timedelta(hours=30)))
    assert found.status == "warn"
    assert "given 30 h ago" in found.sentence


def test_a_change_since_the_answers_began_is_told() -> None:
    """Answers from before a change may be another model's than the one to be promoted."""
    assert check("analysed").status == "ok"
    changed = replace(live(), modified=NOW - timedelta(hours=5))
    assert "while answers were compared" in check("analysed", changed).sentence
    after = replace(live(), modified=NOW - timedelta(hours=1))
    assert "after the last answer" in check("analysed", after).sentence
    assert check("analysed", after).status == "warn"


def test_answers_in_another_form_forbid_it() -> None:
    """What callers would miss forbids it; what they need not read is told."""
    other = replace(ANSWERS, outputs={"$.score": {"number": 200}})
    found = check("compatibility", answers=(ANSWERS, other))
    assert found.status == "blocked"
    assert "'column 0'" in found.sentence
    more = replace(ANSWERS, outputs={**ANSWERS.outputs, "column 1": {"text": 200}})
    assert check("compatibility", answers=(ANSWERS, more)).status == "warn"
    none = replace(ANSWERS, n=0)
    assert check("compatibility", answers=(ANSWERS, none)).status == "unknown"


def test_no_way_back_forbids_it() -> None:
    """A model that is gone, or data that are, leave no way back; not to know is told as that."""
    gone = replace(BACK, missing=("The model fraud-1 is gone.",))
    assert check("way_back", revision=gone).status == "blocked"
    unsure = replace(BACK, unknown=("S3 refused.",))
    assert check("way_back", revision=unsure).status == "unknown"
    assert check("way_back", revision=Revision("other", BEGUN, ())).status == "unknown"


@pytest.mark.parametrize(
    ("alarms", "status", "word"),
    [
        ({}, "blocked", "There is no alarm p99-too-high"),
        ({"p99-too-high": alarm("ALARM")}, "blocked", "In ALARM already"),
        ({"p99-too-high": alarm("INSUFFICIENT_DATA")}, "warn", "Without data"),
        ({"p99-too-high": alarm("INSUFFICIENT_DATA", minutes=5)}, "ok", "none in ALARM"),
        ({"p99-too-high": alarm()}, "ok", "none in ALARM"),
    ],
)
def test_alarms_must_exist_and_be_at_rest(alarms: Any, status: str, word: str) -> None:
    """Those that the plan makes itself need not exist yet; every other one must."""
    found = check("alarms", surroundings=replace(AROUND, alarms=alarms))
    assert (found.status, word in found.sentence) == (status, True)


def test_an_update_that_nothing_watches_is_told() -> None:
    """All at once and without a wait there is no alarm, and that is said."""
    runs = live()
    plan = planned(runs, Strategy("all_at_once", wait_s=0, final_wait_s=0))
    assert check("alarms", runs, plan).status == "warn"


@pytest.mark.parametrize(
    ("of_variant", "word"),
    [
        ({"InstanceType": "ml.inf1.xlarge"}, "Inf1"),
        ({"AcceleratorType": "ml.eia2.large"}, "Elastic"),
    ],
)
def test_what_would_silently_fall_back_forbids_it(of_variant: Any, word: str) -> None:
    """SageMaker would take the request and watch no alarm."""
    runs = live(production=[{**PRODUCTION, **of_variant}])
    found = check("features", runs)
    assert found.status == "blocked"
    assert word in found.sentence
    assert "without watching" in found.sentence
    # all at once is what it comes to anyway, so that it can be asked for
    at_once = planned(runs, Strategy("all_at_once", final_wait_s=0))
    found = check("features", runs, at_once)
    assert (found.status, word in found.sentence) == ("warn", True)
    assert "the update is all at once" in found.sentence


def test_a_bought_model_would_silently_fall_back() -> None:
    """A container of AWS Marketplace is excluded as well."""
    found = check("features", surroundings=replace(AROUND, marketplace=("fraud-2",)))
    assert found.status == "blocked"


def test_autoscaling_hinders_another_instance_type_only() -> None:
    """AWS refuses another type for a scaled variant; else scaling stands still, which is told."""
    scaled = replace(AROUND, scaling=(Scaling("AllTraffic", 2, 8),))
    assert check("scaling", surroundings=scaled).status == "warn"
    runs = live()
    other = planned(runs, Strategy("all_at_once", final_wait_s=0), instances="shadow")
    found = check("scaling", runs, other, surroundings=scaled)
    assert found.status == "blocked"
    assert "ml.c6i.large" in found.sentence


def test_an_owner_that_would_undo_it_is_told() -> None:
    """Infrastructure as code sets its config again."""
    owned = replace(AROUND, owners=("the CloudFormation stack fraud",))
    assert check("owner", surroundings=owned).status == "warn"


def test_an_experiment_holds_its_endpoint_and_ends_by_itself() -> None:
    """An update waits for it; to complete it is told how long it runs, and warned when it ends."""
    runs = live(experiment=experiment())
    assert check("experiment", runs).status == "blocked"
    plan = complete(runs, promote=True, reason="Done")
    found = check("experiment", runs, plan)
    assert found.status == "ok"
    assert "4 days" in found.sentence
    late = known(now=NOW + timedelta(days=3, hours=12))
    (soon,) = [c for c in preflight(plan, runs, late) if c.name == "experiment"]
    assert soon.status == "warn"
    assert "in 12 h;" in soon.sentence


def actions(**more: Any) -> Config:
    return Config(tests=(), actions=replace(ALLOWED, **more))


def test_a_freeze_and_closed_hours_forbid_it_but_not_going_back() -> None:
    """Nothing is deployed then; a way back waits for nobody."""
    freeze = Freeze(
        start=NOW - timedelta(days=1), end=NOW + timedelta(days=1), reason="Black Friday"
    )
    for closed in (
        actions(freeze=(freeze,)),
        actions(windows=(Window(start=time(1), end=time(2)),)),
    ):
        assert check("hours", config=closed).status == "blocked"
        runs = live()
        earlier = {**runs.config, "EndpointConfigName": "fraud-0"}
        found = check("hours", runs, back.rollback(runs, earlier), config=closed)
        assert found.status == "warn"


def test_who_may_not_is_told_why() -> None:
    """A viewer, an action that is not allowed, and a sign-in that is too old."""
    assert check("person").status == "ok"
    assert check("person", person=replace(ADA, role="viewer")).status == "blocked"
    assert check("person", config=actions(allow=())).status == "blocked"
    old = replace(ADA, signed_in_at=NOW - timedelta(hours=1))
    assert check("person", person=old).status == "blocked"


def test_two_people_are_two() -> None:
    """With four eyes who asked cannot approve, an approver can, and going back needs no second."""
    two = actions(four_eyes=True)
    assert check("second_person", config=two).status == "blocked"
    assert check("second_person", config=two, person=BOB, asked_by="ada").status == "ok"
    assert check("second_person", config=two, person=BOB, asked_by="bob").status == "blocked"
    runs = live()
    plan = back.rollback(runs, {**runs.config, "EndpointConfigName": "fraud-0"})
    assert check("second_person", runs, plan, config=two).status == "ok"


@pytest.mark.parametrize(
    "strategy",
    [
        Strategy("all_at_once", wait_s=0),
        Strategy("canary", size=50, alarms=("a",)),
        Strategy("linear", size=1, unit="instances", wait_s=60, alarms=("a", "b")),
        Strategy("rolling", size=50, final_wait_s=0, timeout_s=7200),
    ],
)
def test_a_strategy_is_read_back_from_its_request(strategy: Strategy) -> None:
    """What the request says is the strategy it was written from, its timeout told."""
    document = strategy.deployment_config(4)
    assert updating.read_back(document).deployment_config(4) == document


def test_the_way_traffic_moves_is_told_in_words() -> None:
    """The strategy's own timeline, for the instances that there will be."""
    found = check("strategy")
    assert found.status == "ok"
    assert "1 of 2 new instances serve" in found.sentence


def test_a_request_that_aws_would_refuse_forbids_it() -> None:
    """Each request is looked at by AWS's own model, whatever made it."""
    runs = live()
    plan = planned(runs)
    wrong = replace(plan.calls[-1], parameters={"EndpointName": "no_such_name"})
    found = check("requests", runs, replace(plan, steps=(wrong,)))
    assert found.status == "blocked"
    assert "EndpointConfigName is missing" in found.sentence


def test_what_can_be_asked_is_found_out(cloud: Cloud) -> None:
    """At the stand-in everything that AWS is asked for is known, the way back by S3 too."""
    now = datetime.now(NOW.tzinfo)
    runs = read_live(cloud.client(), ENDPOINT)
    plan = planned(runs, Strategy("canary", size=25))
    account = Config(tests=(), actions=ALLOWED, aws=cloud.aws)
    found = find_out(plan, runs, Known(config=account, person=ADA, now=now))
    statuses = {each.name: each.status for each in preflight(plan, runs, found)}
    for name in ("way_back", "scaling", "owner", "features", "alarms", "quota", "status"):
        assert statuses[name] == "ok", found.revision


def test_the_config_gone_back_to_is_the_one_looked_at(cloud: Cloud) -> None:
    """Of a rollback the config to come must exist with all it needs, not the one that is left."""
    client = cloud.client()
    client.create_endpoint_config(
        EndpointConfigName="fraud-scores-0", ProductionVariants=[variant(MODELS[1])]
    )
    runs = read_live(client, ENDPOINT)
    config = endpoint_config(client, "fraud-scores-0")
    assert config is not None
    plan = back.rollback(runs, config)
    account = Config(tests=(), actions=ALLOWED, aws=cloud.aws)
    found = find_out(plan, runs, Known(config=account, person=ADA, now=NOW))
    assert found.revision is not None
    assert (found.revision.config, found.revision.unknown) == ("fraud-scores-0", ())
    assert found.revision.usable
