"""An experiment is ended as AWS's console ends it, and changed only where AWS lets it be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.plans.experiment_settings import STAGES, extend, latest_end, planned_end, resample
from actions.plans.experiments import before, cancel, complete
from actions.plans.promote import Custom, promote
from actions.plans.strategies import Strategy
from queries.errors import NotDone
from tests.actions.plans.living import (
    BEGUN,
    NOW,
    PRODUCTION,
    assert_accepted,
    experiment,
    live,
    operations,
)

RUNNING = live(experiment=experiment())


def desired(call_parameters: Any) -> tuple[str, str, str, int]:
    (wanted,) = call_parameters["DesiredModelVariants"]
    fleet = wanted["InfrastructureConfig"]["RealTimeInferenceConfig"]
    return (
        wanted["VariantName"],
        wanted["ModelName"],
        fleet["InstanceType"],
        fleet["InstanceCount"],
    )


@pytest.mark.parametrize(
    ("instances", "machine", "count"),
    [
        ("production", "ml.m5.large", 2),
        ("shadow", "ml.c6i.large", 1),
        (Custom("ml.m6i.xlarge", 3), "ml.m6i.xlarge", 3),
    ],
)
def test_the_shadow_is_promoted_on_the_instances_chosen(
    instances: Any, machine: str, count: int
) -> None:
    """Production is removed, the shadow promoted, and what would run says so."""
    plan = complete(RUNNING, promote=True, reason="it is\nbetter", instances=instances)
    (call,) = plan.calls
    assert_accepted(call)
    assert operations(plan) == ["StopInferenceExperiment", "Wait"]
    assert call.parameters["ModelVariantActions"] == {
        "AllTraffic": "Remove",
        "Candidate": "Promote",
    }
    assert call.parameters["DesiredState"] == "Completed"
    assert call.parameters["Reason"] == "it is better"
    assert desired(call.parameters) == ("Candidate", "fraud-2", machine, count)
    (variant,) = plan.after["ProductionVariants"]
    assert (variant["ModelName"], variant["InstanceType"]) == ("fraud-2", machine)
    assert "ShadowProductionVariants" not in plan.after
    assert plan.previous == "fraud-config"
    assert any("not verified" in note for note in plan.notes)
    assert any("no canary" in note for note in plan.notes)


@pytest.mark.parametrize("state", ["Completed", "Cancelled"])
def test_production_is_left_untouched(state: str) -> None:
    """Ended without a promotion, or cancelled: production is retained, and no instances named."""
    plan = (
        cancel(RUNNING, reason="too slow")
        if state == "Cancelled"
        else complete(RUNNING, promote=False, reason="too slow")
    )
    (call,) = plan.calls
    assert_accepted(call)
    assert call.parameters["ModelVariantActions"] == {
        "AllTraffic": "Retain",
        "Candidate": "Remove",
    }
    assert call.parameters["DesiredState"] == state
    assert "DesiredModelVariants" not in call.parameters
    assert plan.after["ProductionVariants"] == [PRODUCTION]
    assert all("Shadow" in change.path for change in plan.changes)
    assert plan.action == f"{'cancel' if state == 'Cancelled' else 'complete'}_experiment"


@pytest.mark.parametrize(
    ("given_experiment", "asked", "words"),
    [
        (None, {}, "No inference experiment runs on fraud"),
        (experiment(status="Created"), {}, "is Created; this can be done while it is Running"),
        (experiment(), {"reason": "  "}, "1 to 1,024 characters, not 0"),
        (experiment(), {"reason": "x" * 1025}, "not 1,025"),
        (experiment(percent=50), {"instances": "shadow"}, "were sent 50 % of the requests"),
    ],
)
def test_what_cannot_be_completed_is_said(given_experiment: Any, asked: Any, words: str) -> None:
    """In a sentence, and no plan is made."""
    found = live(experiment=given_experiment)
    with pytest.raises(NotDone, match=words):
        complete(found, **{"promote": True, "reason": "better", **asked})


def test_an_experiment_that_has_not_begun_can_be_cancelled() -> None:
    """Created ones too; a finished one cannot."""
    assert cancel(live(experiment=experiment(status="Created")), reason="changed our mind").calls
    with pytest.raises(NotDone, match="is Completed"):
        cancel(live(experiment=experiment(status="Completed")), reason="too late")


def test_sampling_goes_up_in_stages() -> None:
    """10, 50, 100 %: each one call that names nothing but what may be changed."""
    assert STAGES == (10, 50, 100)
    plan = resample(live(experiment=experiment(percent=10)), 50)
    (call,) = plan.calls
    assert_accepted(call)
    assert call.parameters == {
        "Name": "fraud-shadow",
        "ShadowModeConfig": {
            "SourceModelVariantName": "AllTraffic",
            "ShadowModelVariants": [
                {"ShadowModelVariantName": "Candidate", "SamplingPercentage": 50}
            ],
        },
    }
    (change,) = plan.changes
    assert (change.before, change.after) == ("10", "50")
    assert "next stage is 100 %" in plan.notes[0]
    assert "last stage" in resample(live(experiment=experiment(percent=50)), 100).notes[0]


@given(before=st.integers(1, 100), after=st.integers(1, 100))
def test_sampling_back_is_where_it_was(before: int, after: int) -> None:
    """Going there and back asks for what there was."""
    if before == after:
        return
    there = resample(live(experiment=experiment(percent=before)), after)
    back = resample(live(experiment=experiment(percent=after)), before)
    assert back.after == there.now
    assert back.now == there.after


@pytest.mark.parametrize(("percent", "words"), [(0, "not 0 %"), (101, "not 101 %"), (100, "alr")])
def test_a_share_that_is_none_is_refused(percent: int, words: str) -> None:
    """Nothing, more than everything, and what it is already."""
    with pytest.raises(NotDone, match=words):
        resample(RUNNING, percent)


def test_the_end_moves_within_thirty_days() -> None:
    """Only the end is sent, as AWS allows once it has begun, and none past 30 days of its start."""
    latest = BEGUN + timedelta(days=30)
    plan = extend(RUNNING, latest, now=NOW)
    (call,) = plan.calls
    assert_accepted(call)
    assert call.parameters == {
        "Name": "fraud-shadow",
        "Schedule": {"EndTime": int(latest.timestamp())},
    }
    (change,) = plan.changes
    assert change.before == "2026-11-29 12:00 UTC"
    assert change.after == "2026-12-22 12:00 UTC"
    assert latest_end(RUNNING.experiment or {}) == latest
    with pytest.raises(NotDone, match="it ends by 2026-12-22 12:00 UTC"):
        extend(RUNNING, latest + timedelta(minutes=1), now=NOW)
    with pytest.raises(NotDone, match="has passed"):
        extend(RUNNING, NOW, now=NOW)
    end = planned_end(RUNNING.experiment or {})
    assert end is not None
    with pytest.raises(NotDone, match="It ends on 2026-11-29 12:00 UTC as it is"):
        extend(RUNNING, end, now=NOW)


def test_an_experiment_makes_way_for_a_promotion_of_our_own() -> None:
    """It is completed with production as it is, waited for, and only then the promotion begins."""
    promotion = promote(RUNNING, Strategy("all_at_once", final_wait_s=0), at=NOW)
    plan = before(promotion, RUNNING, reason="it is better")
    assert_accepted(*plan.calls)
    assert operations(plan) == ["StopInferenceExperiment", "Wait", *operations(promotion)]
    stop = plan.calls[0].parameters
    assert stop["ModelVariantActions"] == {"AllTraffic": "Retain", "Candidate": "Remove"}
    assert (plan.after, plan.config_name) == (promotion.after, promotion.config_name)
    assert plan.previous == ""
    with pytest.raises(NotDone, match="No inference experiment"):
        before(promotion, live(), reason="it is better")
