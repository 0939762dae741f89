"""What SageMaker says of a job is read as it stands, and every part of it may be missing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from demo.resources import ARN
from queries.errors import AwsError
from queries.trials.jobs import Evaluation, HookCollection, job
from tests.queries.trials.training_jobs import denied, described, served

AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)  # 1,700,000,000 s


def test_a_job_without_debugger_says_only_that(capsys: pytest.CaptureFixture[str]) -> None:
    """No hook, no profiler, no rules: nothing is made up, and a sentence says what is missing."""
    with served({"plain": described("plain")}) as aws:
        found = job("plain", aws)
    assert (found.trial, found.profiler, found.evaluations, found.collections) == (
        *(None, None),
        *((), ()),
    )
    assert (found.created, found.started, found.ended, found.failure) == (AT, None, None, None)
    assert not found.running
    assert "ran without Debugger's hook" in found.without_trial
    assert "ran without the profiler" in found.without_profiler


def test_a_job_says_where_its_records_lie_and_what_aws_found() -> None:
    """The places are those SageMaker writes to; each rule has name, state, details and its job."""
    told = described(
        "full",
        status="InProgress",
        TrainingStartTime=1_700_000_060,
        DebugHookConfig={
            "S3OutputPath": "s3://bucket/debug/",
            "CollectionConfigurations": [
                {"CollectionName": "gradients", "CollectionParameters": {"save_interval": "10"}},
                {"CollectionName": "losses"},
            ],
        },
        DebugRuleConfigurations=[
            {
                "RuleConfigurationName": "Vanishing",
                "RuleEvaluatorImage": "image",
                "RuleParameters": {"rule_to_invoke": "VanishingGradient"},
            }
        ],
        DebugRuleEvaluationStatuses=[
            {
                "RuleConfigurationName": "Vanishing",
                "RuleEvaluationJobArn": f"{ARN}:processing-job/full-v",
                "RuleEvaluationStatus": "IssuesFound",
                "StatusDetails": "at step 10",
                "LastModifiedTime": 1_700_000_000,
            },
            {"RuleConfigurationName": "Mine", "RuleEvaluationStatus": "InProgress"},
        ],
        ProfilerConfig={"S3OutputPath": "s3://bucket/profiler"},
        ProfilerRuleEvaluationStatuses=[{"RuleConfigurationName": "BatchSize"}],
    )
    with served({"full": told}) as aws:
        found = job("full", aws)
    assert found.running
    assert found.secondary == "Training"
    assert found.trial == "s3://bucket/debug/full/debug-output"
    assert found.profiler == "s3://bucket/profiler/full/profiler-output"
    assert found.collections == (
        HookCollection("gradients", (("save_interval", "10"),)),
        HookCollection("losses", ()),
    )
    assert found.evaluations == (
        Evaluation(
            *("Vanishing", "VanishingGradient", "tensors", "IssuesFound"),
            *("at step 10", AT, "full-v"),
        ),
        Evaluation("Mine", "", "tensors", "InProgress", "", None, ""),
        Evaluation("BatchSize", "", "machines", "", "", None, ""),
    )


@pytest.mark.parametrize(
    "more",
    [
        {"ProfilingStatus": "Disabled", "ProfilerConfig": {"S3OutputPath": "s3://b/p"}},
        {"ProfilerConfig": {"S3OutputPath": "s3://b/p", "DisableProfiler": True}},
    ],
)
def test_a_profiler_that_was_switched_off_left_nothing(more: dict) -> None:
    """A place is named even where nothing is written to it; it is not looked at then."""
    with served({"off": described("off", **more)}) as aws:
        assert job("off", aws).profiler is None


def test_an_unknown_job_and_a_refusal_say_what_helps() -> None:
    """The name, or the permission; with AWS's code and request id."""
    with served({}) as aws, pytest.raises(AwsError) as caught:
        job("nobody", aws)
    assert str(caught.value).startswith("The training job nobody is not known: AWS answered")
    assert "Check `job` in [trials.NAME]" in str(caught.value)
    assert caught.value.request_id
    with served({}, {}, denied("DescribeTrainingJob")) as aws, pytest.raises(AwsError) as caught:
        job("nobody", aws)
    assert "Ask for the permission DescribeTrainingJob" in str(caught.value)
