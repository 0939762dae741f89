"""An exported script, run, does what the plan would: a read endpoint is promoted and put back."""

from __future__ import annotations

import runpy
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions import exports
from actions.plans.alarms import Guard
from actions.plans.promote import promote
from actions.plans.rollback import rollback
from actions.plans.strategies import Strategy
from actions.steps import Plan
from queries.reading_live import endpoint_config, read_live
from tests.actions.cloud import CONFIG, ENDPOINT, MODELS, Cloud

CANARY = Strategy(size=50, wait_s=120, final_wait_s=60)


def canary(cloud: Cloud) -> Plan:
    at = datetime.fromtimestamp(cloud.clock(), UTC)
    live = read_live(cloud.client(), ENDPOINT)
    return promote(live, CANARY, guard=Guard(bake_s=60), at=at)


def run(plan: Plan, cloud: Cloud, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a plan's Python script as it stands: its pauses pass in the stand-in's time."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.url)
    monkeypatch.setattr(time, "sleep", cloud.clock.skip)
    script = folder / "script.py"
    script.write_text(exports.boto3(plan), encoding="utf-8")
    runpy.run_path(str(script))


def test_a_script_promotes_and_another_puts_back(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """After the first the shadow's model serves under production's name; after the second not."""
    before = read_live(cloud.client(), ENDPOINT)
    plan = canary(cloud)
    run(plan, cloud, tmp_path, monkeypatch)
    after = read_live(cloud.client(), ENDPOINT)
    assert (after.status, after.config_name) == ("InService", plan.config_name)
    assert after.production.model == MODELS[1]
    assert after.production.name == before.production.name
    assert after.production.desired_instances == before.production.desired_instances
    assert after.shadow is None
    assert after.tags == before.tags
    assert after.config["DataCaptureConfig"] == before.config["DataCaptureConfig"]
    old = endpoint_config(cloud.client(), CONFIG)
    assert old is not None
    run(rollback(after, old), cloud, tmp_path, monkeypatch)
    back = read_live(cloud.client(), ENDPOINT)
    assert (back.config_name, back.variants) == (CONFIG, before.variants)


def test_a_script_does_not_call_a_silent_rollback_a_success(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The endpoint is InService again, with the old config: the script fails and says so."""
    cloud.faults.roll_back(ENDPOINT)
    with pytest.raises(SystemExit, match=f"is InService with {CONFIG}, not with"):
        run(canary(cloud), cloud, tmp_path, monkeypatch)


def test_an_endpoint_scaled_since_is_promoted_at_its_size(cloud: Cloud):
    """What autoscaling has made of the count and the weight is in the new config."""
    wanted = {"VariantName": "AllTraffic", "DesiredInstanceCount": 6, "DesiredWeight": 0.5}
    cloud.once().update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT, DesiredWeightsAndCapacities=[wanted]
    )
    cloud.clock.skip(3_600)
    cloud.once().describe_endpoint(EndpointName=ENDPOINT)
    plan = canary(cloud)
    (variant,) = plan.after["ProductionVariants"]
    assert (variant["InitialInstanceCount"], variant["InitialVariantWeight"]) == (6, 0.5)
    assert any("written for 4 instances" in note for note in plan.notes)
