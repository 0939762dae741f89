"""A trial lies where the file says, else where its job says; a model's job is verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo import sagemaker, training_jobs
from demo.moment import Surroundings
from demo.resources import ARN, TARGET
from demo.standin import StandIn
from demo.trials import Trained
from demo.wire import Operation, application
from queries.config import Aws, Config, Test, Training, Trial
from queries.errors import AwsError, ConfigError
from queries.trials.sources import source, trainings
from tests.queries.trials.training_jobs import HOOK, denied, described, model, served

PLACE = "s3://bucket/models/{}/output/model.tar.gz"


def test_what_the_file_says_wins() -> None:
    """The job is asked for what is left out, and only for that."""
    more = {"ProfilerConfig": {"S3OutputPath": "s3://bucket/prof"}}
    with served({"j": described("j", **HOOK, **more)}) as aws:
        asked = Trial(name="t", job="j")
        found = source(asked, aws)
        assert found.location == "s3://bucket/debug/j/debug-output"
        assert found.profiler == "s3://bucket/prof/j/profiler-output"
        assert (found.job.name, found.notes) == ("j", ())
        told = source(replace(asked, location="/trial", profiler="/profiler"), aws)
        assert (told.location, told.profiler) == ("/trial", "/profiler")
    assert source(Trial(name="t", location="/trial"), Aws()).job is None


def test_a_job_that_recorded_nothing_is_a_note() -> None:
    """What lies nowhere is None, and a sentence says why; what the file names needs none."""
    with served({"j": described("j")}) as aws:
        found = source(Trial(name="t", job="j"), aws)
        assert (found.location, found.profiler) == (None, None)
        assert [note.split(" (")[0][:26] for note in found.notes] == [
            "j ran without Debugger's h",
            "j ran without the profiler",
        ]
        found = source(Trial(name="t", job="j", location="/trial"), aws)
        assert [note[:26] for note in found.notes] == ["j ran without the profiler"]


def test_a_job_that_cannot_be_asked_hides_no_trial() -> None:
    """Where the file says where the trial lies, AWS's refusal is a note; else it is the answer."""
    with served({}, {}, denied("DescribeTrainingJob")) as aws:
        found = source(Trial(name="t", job="j", location="/trial"), aws)
        assert (found.location, found.job) == ("/trial", None)
        assert "Ask for the permission" in found.notes[0]
        with pytest.raises(AwsError):
            source(Trial(name="t", job="j"), aws)


def endpoint(production: str, shadow: str) -> list[Operation]:
    """An endpoint whose two variants serve these models."""
    config = {
        "EndpointConfigName": "e-config",
        "EndpointConfigArn": f"{ARN}:endpoint-config/e-config",
        "CreationTime": 1,
        "ProductionVariants": [{"VariantName": "Live", "ModelName": production}],
        "ShadowProductionVariants": [{"VariantName": "Next", "ModelName": shadow}],
    }
    about = {
        "EndpointName": "e",
        "EndpointArn": f"{ARN}:endpoint/e",
        "EndpointConfigName": "e-config",
        "EndpointStatus": "InService",
        "CreationTime": 1,
        "LastModifiedTime": 1,
    }
    return [
        Operation("sagemaker", TARGET, "DescribeEndpoint", lambda asked: about),
        Operation("sagemaker", TARGET, "DescribeEndpointConfig", lambda asked: config),
    ]


def package(*containers: dict[str, Any]) -> Operation:
    """A registered model package of these containers."""
    told = {
        "ModelPackageName": "p",
        "ModelPackageArn": f"{ARN}:model-package/p/1",
        "CreationTime": 1,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "InferenceSpecification": {"Containers": list(containers)},
    }
    return Operation("sagemaker", TARGET, "DescribeModelPackage", lambda asked: told)


def of(aws: Aws, **more: Any) -> Config:
    """A configuration with one test on that endpoint."""
    test = Test(name="t", captures="/c", production="Live", shadow="Next", endpoint="e", **more)
    return Config(tests=(test,), aws=aws)


UNPACKED = "s3://bucket/models/b/output/model/"
MODELS = {
    "packed": model({"ModelDataUrl": PLACE.format("a")}),
    "unpacked": model(
        {
            "ModelDataSource": {
                "S3DataSource": {
                    "S3Uri": UNPACKED,
                    "S3DataType": "S3Prefix",
                    "CompressionType": "None",
                }
            }
        }
    ),
    "registered": model({"ModelPackageName": f"{ARN}:model-package/p/1"}),
    "two": model(
        {"Image": "preprocess", "ModelDataUrl": "s3://elsewhere/scaler.tar.gz"},
        {"ModelDataUrl": PLACE.format("a")},
    ),
    "both": model({"ModelDataUrl": PLACE.format("a")}, {"ModelDataUrl": PLACE.format("c")}),
    "copied": model({"ModelDataUrl": "s3://other/a/output/model.tar.gz"}),
    "brought": model({"ModelDataUrl": "s3://other/brought.tar.gz"}),
    "bare": model({"Image": "image"}),
}
JOBS = {
    "a": described("a"),
    "b": described("b", ModelArtifacts={"S3ModelArtifacts": UNPACKED.rstrip("/")}),
    "c": described("c"),
}


@pytest.mark.parametrize(
    ("name", "job", "words"),
    [
        ("packed", "a", None),
        ("unpacked", "b", None),
        ("registered", "a", None),
        ("two", "a", None),
        ("both", "a", "has parts that 2 training jobs made; shown is a"),
        ("copied", None, "No training job was found that made shadow's model copied"),
        ("brought", None, "(its data lie at s3://other/brought.tar.gz)"),
        ("bare", None, "(it names no data in S3)"),
        ("unknown", None, "How unknown was trained is not known"),
    ],
)
def test_a_model_leads_to_the_job_that_wrote_it(
    name: str, job: str | None, words: str | None
) -> None:
    """Only a job that says it wrote exactly these data counts, wherever they were copied to."""
    registered = package({"ModelDataUrl": PLACE.format("a"), "Image": "image"})
    with served(JOBS, MODELS, *endpoint("packed", name), registered) as aws:
        found = trainings(of(aws), of(aws).test())
    assert found.production == Trial(name="production", job="a", description="Made packed")
    assert (found.shadow.job if found.shadow else None) == job
    assert len(found.notes) == (words is not None)
    assert all(words in note for note in found.notes)


def test_names_of_the_file_are_taken_as_they_are() -> None:
    """Nothing is asked where both are named; a name that is not there is a fault of the file."""
    named = (Trial(name="old", location="/old"), Trial(name="new", location="/new"))
    training = Training(production="old", shadow="new")
    nowhere = Aws(region="eu-central-1", endpoint_url="http://127.0.0.1:9")
    config = replace(of(nowhere, training=training), trials=named)
    found = trainings(config, config.test())
    assert (found.production, found.shadow) == named
    with pytest.raises(ConfigError):
        trainings(replace(config, trials=named[:1]), config.test())


def test_without_an_account_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test on local captures has no trainings unless the file names them."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    found = trainings(of(Aws()), of(Aws()).test())
    assert (found.production, found.shadow, found.notes) == (None, None, ())


def test_a_variant_that_is_gone_is_a_note() -> None:
    """A shadow disappears with its test; how it was trained is then for the file to say."""
    with served(JOBS, MODELS, *endpoint("packed", "packed")) as aws:
        config = of(aws)
        found = trainings(config, replace(config.test(), shadow="Gone"))
    assert (found.production.job, found.shadow) == ("a", None)
    assert [note[:40] for note in found.notes] == ["How Gone's model was trained is not know"]


def test_refusals_are_notes() -> None:
    """That SageMaker may not be asked leaves the page without a training, and says why."""
    with served(JOBS, MODELS, denied("DescribeEndpoint")) as aws:
        found = trainings(of(aws), of(aws).test())
        assert found.production is None
        assert "Which models e serves is not known" in found.notes[0]
    refused = denied("DescribeTrainingJob")
    with served(JOBS, MODELS, *endpoint("packed", "packed"), refused) as aws:
        found = trainings(of(aws), of(aws).test())
        assert found.shadow is None
        assert any("Ask for the permission DescribeTrainingJob" in note for note in found.notes)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Aws]:
    """The demo account's own answers on endpoints, models and jobs."""
    import numpy as np

    from demo import fraud_scores

    test = fraud_scores.build(np.random.default_rng(1), end_ms=1_700_000_000_000, scale=0.01)
    sagemaker.write(tmp_path, [test], end_ms=1_700_000_000_000)
    jobs = [
        Trained("fraud-net-production", "", 2, 1_000.0, 1_500.0, 1_600.0),
        Trained("fraud-net-shadow", "", 1, 2_000.0, 2_500.0, 2_600.0),
    ]
    training_jobs.write(tmp_path, jobs)
    around = Surroundings(clock=lambda: 1_700_000_000)
    answers = [*sagemaker.operations(tmp_path, around), *training_jobs.operations(tmp_path)]
    server = StandIn(application(answers))
    yield Aws(region="eu-central-1", endpoint_url=server.url)
    server.stop()


@pytest.mark.parametrize("experiment", [None, "fraud-scores-shadow"])
def test_the_demos_models_lead_to_their_jobs(demo: Aws, experiment: str | None) -> None:
    """By the endpoint as it is, or by the experiment, which knows its models when it is over."""
    test = Test(
        name="t",
        production="AllTraffic",
        shadow="Shadow-01",
        endpoint="fraud-scores",
        experiment=experiment,
    )
    found = trainings(Config(tests=(test,), aws=demo), test)
    assert (found.production.job, found.shadow.job) == ("fraud-net-production", "fraud-net-shadow")
    assert found.notes == ()
