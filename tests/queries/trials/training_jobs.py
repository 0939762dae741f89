"""Training jobs and models as SageMaker would describe them, served over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from demo import training_jobs
from demo.resources import ARN, TARGET, missing
from demo.standin import StandIn
from demo.wire import Operation, Refusal, application
from queries.config import Aws

HOOK = {"DebugHookConfig": {"S3OutputPath": "s3://bucket/debug/"}}


def described(name: str, *, status: str = "Completed", **more: Any) -> dict[str, Any]:
    """The least that SageMaker says of a job; ``more`` are members of its answer."""
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"{ARN}:training-job/{name}",
        "ModelArtifacts": {"S3ModelArtifacts": f"s3://bucket/models/{name}/output/model.tar.gz"},
        "TrainingJobStatus": status,
        "SecondaryStatus": "Training" if status == "InProgress" else status,
        "StoppingCondition": {},
        "CreationTime": 1_700_000_000,
        **more,
    }


def model(*containers: dict[str, Any], name: str = "m") -> dict[str, Any]:
    """A model of one container or several."""
    about = {"ModelName": name, "ModelArn": f"{ARN}:model/{name}", "CreationTime": 1}
    if len(containers) == 1:
        return {**about, "PrimaryContainer": containers[0]}
    return {**about, "Containers": list(containers)}


def denied(name: str) -> Operation:
    """An operation that this account may not use."""

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        raise Refusal(
            f"User: arn:aws:iam::1:user/ann is not authorized to perform: sagemaker:{name}",
            code="AccessDeniedException",
        )

    return Operation("sagemaker", TARGET, name, answer)


@contextmanager
def served(
    jobs: dict[str, dict[str, Any]],
    models: dict[str, dict[str, Any]] | None = None,
    *more: Operation,
) -> Iterator[Aws]:
    """An account with these jobs and models; later operations take the place of earlier ones."""
    known = models or {}

    def described_model(asked: dict[str, Any]) -> dict[str, Any]:
        if asked["ModelName"] not in known:
            raise missing("model", asked["ModelName"])
        return known[asked["ModelName"]]

    asking = Operation("sagemaker", TARGET, "DescribeModel", described_model)
    server = StandIn(application([*training_jobs.answering(jobs), asking, *more]))
    yield Aws(region="eu-central-1", endpoint_url=server.url)
    server.stop()
