"""A small account at the stand-in for AWS, whose time a test sets and whose faults it orders."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from demo import deployments, sagemaker, training_jobs
from demo.clock import Clock
from demo.faults import Faults
from demo.identity import Identity
from demo.moment import Surroundings
from demo.standin import StandIn, operations
from demo.topics import Topics
from demo.wire import Lost, Operation, application
from queries.aws import client
from queries.config import Aws

ENDPOINT, CONFIG = "fraud-scores", "fraud-scores-1"
PRODUCTION, SHADOW = "AllTraffic", "Shadow-01"
MODELS = ("fraud-2026-10", "fraud-2026-11")
ROLE = "arn:aws:iam::111122223333:role/models"
TAGS = [{"Key": "team", "Value": "fraud"}, {"Key": "cost-centre", "Value": "4711"}]
CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://captures/fraud-scores",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
}


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """The account, served at ``url``; ``aws`` is the configuration that leads there.

    ``clock`` stands still but for ``clock.skip(seconds)``; ``faults`` are ordered by their names;
    ``identity`` knows who took on which role, and ``topics`` what was published; ``taken`` are the
    operations that took effect or were answered, in order, and ``spent`` the seconds of each.
    """

    url: str
    aws: Aws
    clock: Clock
    faults: Faults
    folder: Path
    identity: Identity = field(default_factory=Identity)
    topics: Topics = field(default_factory=Topics)
    taken: list[str] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)

    def client(self, service: str = "sagemaker") -> Any:
        """A boto3 client, as the product makes it."""
        return client(self.aws, service)

    def once(self, service: str = "sagemaker") -> Any:
        """A boto3 client that asks once, so that every refusal is seen."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            region_name=self.aws.region,
            endpoint_url=self.url,
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=40),
        )


def variant(model: str, name: str = PRODUCTION, *, count: int = 4, **more: Any) -> dict[str, Any]:
    """A variant of an endpoint config."""
    return {
        "VariantName": name,
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": count,
        "InitialVariantWeight": 1.0,
        **more,
    }


@contextmanager
def served(folder: Path, clock: Clock | None = None) -> Iterator[Cloud]:
    """An account in an empty folder, with one endpoint that has a shadow, and a few models."""
    sagemaker.write(folder, [], end_ms=1_760_000_000_000)
    training_jobs.write(folder, [])
    with again(folder, clock or Clock()) as cloud:
        fill(cloud)
        yield cloud


@contextmanager
def again(folder: Path, clock: Clock) -> Iterator[Cloud]:
    """The account that is in the folder already, served by a process of its own, as it were."""
    faults = Faults()
    around = Surroundings(clock=clock, faults=faults)
    taken: list[str] = []
    spent: list[float] = []
    server = StandIn(application(noted(operations(folder, around), taken, spent)))
    aws = Aws(region="eu-central-1", endpoint_url=server.url)
    try:
        beside = (around.identity, around.topics, taken, spent)
        yield Cloud(server.url, aws, clock, faults, folder, *beside)
    finally:
        server.stop()


def noted(given: Iterable[Operation], taken: list[str], spent: list[float]) -> list[Operation]:
    """The same operations; where one took effect it adds its name, and how long it took."""

    def noting(operation: Operation) -> Operation:
        def answer(asked: dict[str, Any]) -> dict[str, Any]:
            began = time.perf_counter()
            try:
                answered = operation.answer(asked)
            except Lost:
                taken.append(operation.name)
                raise
            taken.append(operation.name)
            spent.append(time.perf_counter() - began)
            return answered

        return replace(operation, answer=answer)

    return [noting(each) for each in given]


def fill(cloud: Cloud) -> None:
    """Create the endpoint, four instances of production and two of the shadow."""
    made = cloud.once()
    made.create_endpoint_config(
        EndpointConfigName=CONFIG,
        ProductionVariants=[variant(MODELS[0])],
        ShadowProductionVariants=[variant(MODELS[1], SHADOW, count=2)],
        DataCaptureConfig=CAPTURE,
        Tags=TAGS,
    )
    made.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG, Tags=TAGS)
    cloud.clock.skip(deployments.LAUNCH_S)
    made.describe_endpoint(EndpointName=ENDPOINT)
