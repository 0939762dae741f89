"""Is what runs at an endpoint read as of one moment, and whole?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo import sagemaker
from queries.errors import AwsError, SourceError
from queries.reading_live import read_live
from queries.revisions import revision, revisions
from queries.surroundings import Unknown, read_surroundings
from tests.actions.cloud import CONFIG, ENDPOINT, MODELS, PRODUCTION, SHADOW, Cloud, served, variant


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """An endpoint with a shadow at the stand-in for AWS."""
    with served(tmp_path) as account:
        yield account


def test_all_parts_are_read(cloud: Cloud) -> None:
    """Variants with models, instances and weights, the config, its tags and the models."""
    live = read_live(cloud.client(), ENDPOINT)
    assert (live.endpoint, live.status, live.config_name) == (ENDPOINT, "InService", CONFIG)
    assert live.production.model == MODELS[0]
    assert (live.production.name, live.production.instances) == (PRODUCTION, 4)
    assert live.production.weight == 1.0
    assert live.shadow is not None
    assert (live.shadow.name, live.shadow.model) == (SHADOW, MODELS[1])
    assert (live.shadow.desired_instances, live.shadow.weight) == (2, 100.0)
    assert dict(live.tags) == {"team": "fraud", "cost-centre": "4711"}
    assert set(live.models) == set(MODELS)
    assert (live.pending, live.experiment) == (None, None)
    assert "ResponseMetadata" not in {*live.config, *live.endpoint_answer}


def test_the_same_state_has_the_same_fingerprint(cloud: Cloud) -> None:
    """Two readings of one state agree; an update changes the fingerprint from its first moment."""
    client = cloud.client()
    first = read_live(client, ENDPOINT)
    assert read_live(client, ENDPOINT).fingerprint == first.fingerprint
    client.create_endpoint_config(
        EndpointConfigName="fraud-scores-2", ProductionVariants=[variant(MODELS[1])]
    )
    assert read_live(client, ENDPOINT).fingerprint == first.fingerprint
    client.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="fraud-scores-2")
    changing = read_live(client, ENDPOINT)
    assert changing.fingerprint != first.fingerprint
    assert changing.pending is not None
    assert changing.config_name == CONFIG


class Restless:
    """A client of SageMaker of an endpoint that is changed each time just after it was looked at.

    It asks the server for everything: it only orders a change in between.
    """

    def __init__(self, cloud: Cloud, times: int) -> None:
        self._client, self._left, self._cloud = cloud.client(), times, cloud

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def describe_endpoint_config(self, **asked: Any) -> Any:
        if self._left:
            self._left -= 1
            self._cloud.clock.skip(60)
            self._client.update_endpoint_weights_and_capacities(
                EndpointName=ENDPOINT,
                DesiredWeightsAndCapacities=[
                    {"VariantName": PRODUCTION, "DesiredInstanceCount": 5 + self._left}
                ],
            )
            self._cloud.clock.skip(3_600)
        return self._client.describe_endpoint_config(**asked)


def test_what_changes_while_it_is_read_is_read_anew(cloud: Cloud) -> None:
    """No reading mixes two states; an endpoint that never rests is an error in a sentence."""
    live = read_live(Restless(cloud, 1), ENDPOINT)
    assert live.production.desired_instances == 5
    assert live.fingerprint == read_live(cloud.client(), ENDPOINT).fingerprint
    with pytest.raises(SourceError, match="changed 3 times while it was read"):
        read_live(Restless(cloud, 3), ENDPOINT)


def test_an_endpoint_that_is_not_there_is_a_sentence(cloud: Cloud) -> None:
    """AWS's words and the call are told."""
    with pytest.raises(AwsError, match="DescribeEndpoint") as raised:
        read_live(cloud.client(), "loan-limits-9")
    assert "loan-limits-9" in str(raised.value)


def test_a_model_that_is_gone_is_not_among_the_models(cloud: Cloud) -> None:
    """An endpoint runs on although its model was deleted, and is read all the same."""
    lose_model(cloud, MODELS[0])
    live = read_live(cloud.client(), ENDPOINT)
    assert set(live.models) == {MODELS[1]}
    assert live.production.model == MODELS[0]


def test_an_experiment_that_runs_is_found_by_its_endpoint(cloud: Cloud) -> None:
    """Of all experiments the one on this endpoint, with the share of requests it copies."""
    client = cloud.client()
    start_experiment(cloud)
    live = read_live(client, ENDPOINT)
    assert live.experiment is not None
    assert live.experiment["Name"] == "fraud-shadow"
    assert live.shadow is not None
    assert live.shadow.weight == 50.0


def start_experiment(cloud: Cloud) -> None:
    """Replace the shadow of the endpoint's own config by one of an experiment, at 50 %."""
    client = cloud.client()
    client.create_endpoint_config(
        EndpointConfigName="fraud-scores-plain", ProductionVariants=[variant(MODELS[0])]
    )
    client.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="fraud-scores-plain")
    cloud.clock.skip(7_200)
    client.describe_endpoint(EndpointName=ENDPOINT)
    fleet = {
        "InfrastructureType": "RealTimeInference",
        "RealTimeInferenceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
    }
    client.create_inference_experiment(
        Name="fraud-shadow",
        Type="ShadowMode",
        RoleArn="arn:aws:iam::111122223333:role/models",
        EndpointName=ENDPOINT,
        ModelVariants=[
            {"ModelName": model, "VariantName": name, "InfrastructureConfig": fleet}
            for model, name in zip(MODELS, (PRODUCTION, SHADOW), strict=True)
        ],
        ShadowModeConfig={
            "SourceModelVariantName": PRODUCTION,
            "ShadowModelVariants": [{"ShadowModelVariantName": SHADOW, "SamplingPercentage": 50}],
        },
    )
    cloud.clock.skip(7_200)
    client.describe_inference_experiment(Name="fraud-shadow")


def test_earlier_configs_are_those_of_the_name_and_of_the_audit(cloud: Cloud) -> None:
    """The newest first, without the one in force; another endpoint's are left out."""
    client = cloud.client()
    for name in ("fraud-scores-2", "fraud-scoresheet-1", "chosen-by-hand"):
        cloud.clock.skip(60)
        client.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant(MODELS[1], count=3)]
        )
    found = revisions(cloud.aws, ENDPOINT, besides=CONFIG)
    assert [each.config for each in found] == ["fraud-scores-2"]
    recorded = ["chosen-by-hand", "fraud-scores-gone"]
    found = revisions(cloud.aws, ENDPOINT, recorded=recorded, besides=CONFIG)
    assert [each.config for each in found] == [
        "chosen-by-hand",
        "fraud-scores-2",
        "fraud-scores-gone",
    ]
    assert found[0].variants[0].model == MODELS[1]
    assert found[0].variants[0].desired_instances == 3
    assert not found[2].usable
    assert found[2].created is None


def test_a_config_whose_model_is_gone_cannot_be_gone_back_to(cloud: Cloud) -> None:
    """What is missing is a sentence; what cannot be looked for is not taken for there."""
    there = revision(cloud.aws, CONFIG)
    assert there.usable
    lose_model(cloud, MODELS[0])
    gone = revision(cloud.aws, CONFIG)
    assert gone.missing == (f"The model {MODELS[0]} is gone.",)
    assert not gone.usable


def test_data_that_are_gone_forbid_to_go_back(cloud: Cloud) -> None:
    """A model outlives its data in S3, and cannot be started without them."""
    client = cloud.client()
    place = "s3://demo-training/deleted/model.tar.gz"
    image = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/serve:1"
    client.create_model(
        ModelName="fraud-2026-09",
        ExecutionRoleArn="arn:aws:iam::111122223333:role/models",
        PrimaryContainer={"Image": image, "ModelDataUrl": place},
    )
    client.create_endpoint_config(
        EndpointConfigName="fraud-scores-0", ProductionVariants=[variant("fraud-2026-09")]
    )
    found = revision(cloud.aws, "fraud-scores-0")
    assert found.missing == (f"The data of the model fraud-2026-09 are gone: {place}.",)


def lose_model(cloud: Cloud, name: str) -> None:
    """Take a model out of the account, as its owner may while an endpoint runs it."""
    file = cloud.folder / sagemaker.CHANGED
    held = json.loads(file.read_text(encoding="utf-8"))
    del held["models"][name]
    file.write_text(json.dumps(held), encoding="utf-8")


def test_what_surrounds_an_endpoint_is_told_or_said_to_be_unknown(cloud: Cloud) -> None:
    """Tags tell who else sets the endpoint; where nobody answers, it is unknown and not "none"."""
    client = cloud.client()
    live = read_live(client, ENDPOINT)
    plain = read_surroundings(cloud.aws, live, ())
    assert plain.owners == ()
    assert plain.marketplace == ()
    client.add_tags(ResourceArn=live.arn, Tags=[{"Key": "managed-by", "Value": "terraform/fraud"}])
    owned = read_surroundings(cloud.aws, live, ())
    assert owned.owners == ("Terraform (tag managed-by = terraform/fraud)",)
    nowhere = replace(cloud.aws, endpoint_url="http://127.0.0.1:9")
    silent = read_surroundings(nowhere, live, ("p99",))
    for part in (silent.alarms, silent.scaling, silent.owners):
        assert isinstance(part, Unknown)
        assert "could not be asked" in part.why
