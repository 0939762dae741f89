"""What does SageMaker say of the demo's training jobs, and can one be stopped?

Answers come from a file; that a job was told to stop is kept in another beside it.
Shapes follow https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.resources import ARN, TARGET
from demo.trials import Trained
from demo.wire import Operation, Refusal

FILE, STOPPED = "training_jobs.json", "stopped_jobs.json"
STOPPING_S = 20
"""How long a job takes to stop; SageMaker gives one 120 s."""

_OUTPUT = "s3://demo-training"
_SAVED = ("weights", "biases", "gradients", "losses")
# The rules of AWS that the jobs were evaluated by, and the step at which each condition was met.
_RULES: dict[str, dict[str, int | None]] = {
    "fraud-net-production": {
        "VanishingGradient": None,
        "ExplodingTensor": None,
        "LossNotDecreasing": None,
    },
    "fraud-net-shadow": {"VanishingGradient": 0, "ExplodingTensor": None},
    "fraud-net-next": {"ExplodingTensor": None},
}


def write(folder: Path, trained: Sequence[Trained]) -> None:
    """Write what the API answers about the jobs that left these trials."""
    document = {"jobs": {each.job: _job(each) for each in trained}}
    (folder / FILE).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def operations(folder: Path, *, clock: Callable[[], float] = time.time) -> list[Operation]:
    """The operations on training jobs that the demo account has."""
    held = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return answering(held["jobs"], kept=folder / STOPPED, clock=clock)


def answering(
    jobs: Mapping[str, dict[str, Any]],
    *,
    kept: Path | None = None,
    clock: Callable[[], float] = time.time,
) -> list[Operation]:
    """The operations, over given answers to DescribeTrainingJob.

    When each job was told to stop is kept in a file, where one is named.
    """
    told: dict[str, float] = {}
    if kept is not None and kept.exists():
        told = json.loads(kept.read_text(encoding="utf-8"))
    lock = threading.Lock()

    def describe(asked: dict[str, Any]) -> dict[str, Any]:
        found = jobs.get(asked["TrainingJobName"])
        if found is None:
            raise Refusal("Requested resource not found.", code="ValidationException")
        begun = told.get(asked["TrainingJobName"])
        if begun is None:
            return found
        if clock() < begun + STOPPING_S:
            return found | {"TrainingJobStatus": "Stopping", "SecondaryStatus": "Stopping"}
        ended = begun + STOPPING_S
        return found | {
            "TrainingJobStatus": "Stopped",
            "SecondaryStatus": "Stopped",
            "TrainingEndTime": ended,
            "LastModifiedTime": ended,
        }

    def stop(asked: dict[str, Any]) -> dict[str, Any]:
        with lock:
            status = describe(asked)["TrainingJobStatus"]
            if status != "InProgress":
                raise Refusal(
                    f"The request was rejected because the training job is in status {status}.",
                    code="ValidationException",
                )
            told[asked["TrainingJobName"]] = clock()
            if kept is not None:
                kept.write_text(json.dumps(told) + "\n", encoding="utf-8")
        return {}

    answers = {"DescribeTrainingJob": describe, "StopTrainingJob": stop}
    return [Operation("sagemaker", TARGET, name, answer) for name, answer in answers.items()]


def _job(trained: Trained) -> dict[str, Any]:
    began, ended = trained.began, trained.ended
    status, secondary = ("InProgress", "Training") if ended is None else ("Completed", "Completed")
    answer: dict[str, Any] = {
        "TrainingJobName": trained.job,
        "TrainingJobArn": f"{ARN}:training-job/{trained.job}",
        "ModelArtifacts": {"S3ModelArtifacts": artifact(trained.job)},
        "TrainingJobStatus": status,
        "SecondaryStatus": secondary,
        "StoppingCondition": {"MaxRuntimeInSeconds": 86_400},
        "CreationTime": began - 240,
        "TrainingStartTime": began,
        "LastModifiedTime": began if ended is None else ended,
        "DebugHookConfig": {
            "S3OutputPath": _OUTPUT,
            "CollectionConfigurations": [{"CollectionName": name} for name in _SAVED],
        },
        "DebugRuleConfigurations": [
            {
                "RuleConfigurationName": rule,
                "RuleEvaluatorImage": "503895931360.dkr.ecr.eu-central-1.amazonaws.com/"
                "sagemaker-debugger-rules:latest",
                "RuleParameters": {"rule_to_invoke": rule},
            }
            for rule in _RULES[trained.job]
        ],
        "DebugRuleEvaluationStatuses": [
            _evaluation(trained, rule, met) for rule, met in _RULES[trained.job].items()
        ],
        "ProfilerConfig": {
            "S3OutputPath": _OUTPUT,
            "ProfilingIntervalInMilliseconds": 500,
            "DisableProfiler": False,
        },
        "ProfilingStatus": "Enabled",
    }
    if ended is not None:
        answer["TrainingEndTime"] = ended
    return answer


def _evaluation(trained: Trained, rule: str, met: int | None) -> dict[str, Any]:
    status = "InProgress" if trained.ended is None else "NoIssuesFound"
    answer: dict[str, Any] = {
        "RuleConfigurationName": rule,
        "RuleEvaluationJobArn": f"{ARN}:processing-job/{trained.job}-{rule}-5f1c".lower(),
        "RuleEvaluationStatus": status,
        "LastModifiedTime": trained.began if trained.ended is None else trained.ended,
    }
    if met is not None:
        answer["RuleEvaluationStatus"] = "IssuesFound"
        answer["StatusDetails"] = (
            f"RuleEvaluationConditionMet: Evaluation of the rule {rule} at step {met} resulted in "
            "the condition being met\n"
        )
    return answer


def artifact(job: str) -> str:
    """Where a job left its model."""
    return f"{_OUTPUT}/{job}/output/model.tar.gz"
