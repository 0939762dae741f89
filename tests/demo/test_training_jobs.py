"""The demo's training jobs answer as SageMaker's do, and the one that runs can be stopped, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from demo import sagemaker, training_jobs
from demo.sagemaker import MODELS
from demo.standin import StandIn
from demo.trials import OF_A_TEST, Trained
from demo.wire import application
from queries.aws import client
from queries.config import Aws

TRAINED = [
    Trained("fraud-net-production", "", 2, 1_000.0, 1_500.0, 1_600.0),
    Trained("fraud-net-shadow", "", 1, 2_000.0, 2_500.0, 2_600.0),
    Trained("fraud-net-next", "", 1, 3_000.0, 3_500.0, None),
]


class Clock:
    """A clock that is set by hand."""

    now = 10_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aws(tmp_path: Path, clock: Clock) -> Iterator[Any]:
    """A real client of a stand-in that knows training jobs, and the account's models."""
    training_jobs.write(tmp_path, TRAINED)
    sagemaker.write(tmp_path, [], end_ms=0)
    jobs = training_jobs.operations(tmp_path, clock=clock)
    server = StandIn(application([*sagemaker.operations(tmp_path), *jobs]))
    yield client(Aws(region="eu-central-1", endpoint_url=server.url), "sagemaker")
    server.stop()


def test_answers_have_the_shape_of_the_service(aws: Any) -> None:
    """Every member that is answered is one of the service's model, and those required are there."""
    model = get_session().get_service_model("sagemaker").operation_model("DescribeTrainingJob")
    shape = model.output_shape
    for each in TRAINED:
        found = aws.describe_training_job(TrainingJobName=each.job)
        assert set(shape.metadata["required"]) <= found.keys()
        assert found.keys() - {"ResponseMetadata"} <= set(shape.members)
        for evaluation in found["DebugRuleEvaluationStatuses"]:
            allowed = shape.members["DebugRuleEvaluationStatuses"].member.members
            assert evaluation["RuleEvaluationStatus"] in allowed["RuleEvaluationStatus"].enum


def test_a_job_that_runs_is_stopped_once(aws: Any, clock: Clock) -> None:
    """InProgress, then Stopping for a while, then Stopped; a second call is refused."""
    aws.stop_training_job(TrainingJobName="fraud-net-next")
    seen = [aws.describe_training_job(TrainingJobName="fraud-net-next")["TrainingJobStatus"]]
    clock.now += training_jobs.STOPPING_S
    found = aws.describe_training_job(TrainingJobName="fraud-net-next")
    seen.append(found["TrainingJobStatus"])
    assert seen == ["Stopping", "Stopped"]
    assert found["TrainingEndTime"].timestamp() == clock.now
    for job in ("fraud-net-next", "fraud-net-production"):
        with pytest.raises(ClientError, match="because the training job is in status"):
            aws.stop_training_job(TrainingJobName=job)


def test_a_stopped_job_stays_stopped(aws: Any, tmp_path: Path, clock: Clock) -> None:
    """Also when the server is started anew: an account does not forget."""
    aws.stop_training_job(TrainingJobName="fraud-net-next")
    again = training_jobs.operations(tmp_path, clock=clock)
    (describe,) = (each for each in again if each.name == "DescribeTrainingJob")
    found = describe.answer({"TrainingJobName": "fraud-net-next"})
    assert found["TrainingJobStatus"] == "Stopping"


def test_unknown_names_are_refused(aws: Any) -> None:
    """As SageMaker does, with a ValidationException."""
    with pytest.raises(ClientError, match="Requested resource not found"):
        aws.describe_training_job(TrainingJobName="nobody")
    with pytest.raises(ClientError, match="Could not find model"):
        aws.describe_model(ModelName="nobody")


def test_models_lead_to_the_jobs_that_made_them(aws: Any) -> None:
    """A model's data lie where its job says that it wrote them."""
    for test, jobs in OF_A_TEST.items():
        for model, job in zip(MODELS[test], jobs, strict=True):
            data = aws.describe_model(ModelName=model)["PrimaryContainer"]["ModelDataUrl"]
            found = aws.describe_training_job(TrainingJobName=job)
            assert found["ModelArtifacts"]["S3ModelArtifacts"] == data
