"""AWS is asked with what [aws] says, and every refusal becomes a sentence with a remedy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from botocore import exceptions as botocore_errors

from demo.standin import StandIn
from demo.wire import Operation, Refusal, application
from queries.aws import _models, client, explain
from queries.config import Aws
from queries.errors import AwsError

ASKED = {
    "MetricDataQueries": [
        {
            "Id": "a",
            "MetricStat": {
                "Metric": {"Namespace": "AWS/SageMaker", "MetricName": "Invocations"},
                "Period": 60,
                "Stat": "Sum",
            },
        }
    ],
    "StartTime": 1_700_000_000,
    "EndTime": 1_700_003_600,
}


def refusing(code: str, status: int = 400) -> StandIn:
    """A CloudWatch that answers every call with one error."""

    def answer(_parameters: dict) -> dict:
        raise Refusal("User demo is not authorized to do this", code=code, status=status)

    return StandIn(
        application(
            [Operation("cloudwatch", "GraniteServiceVersion20100801", "GetMetricData", answer)]
        )
    )


def test_an_answer_of_aws_keeps_call_code_and_request_id() -> None:
    """What AWS support asks for is in the error, and the sentence says what to do."""
    server = refusing("AccessDenied")
    try:
        cloudwatch = client(Aws(region="eu-central-1", endpoint_url=server.url), "cloudwatch")
        with pytest.raises(botocore_errors.ClientError) as caught:
            cloudwatch.get_metric_data(**ASKED)
    finally:
        server.stop()
    found = explain(caught.value)
    assert isinstance(found, AwsError)
    assert (found.call, found.code) == ("GetMetricData", "AccessDenied")
    assert found.request_id == caught.value.response["ResponseMetadata"]["RequestId"]
    assert found.request_id in str(found)
    assert "permission GetMetricData" in str(found)


def test_an_operation_the_stand_in_lacks_is_refused_as_aws_does() -> None:
    """An unknown call is an error with a code and a request id, not a page of HTML."""
    server = refusing("AccessDenied")
    try:
        cloudwatch = client(Aws(region="eu-central-1", endpoint_url=server.url), "cloudwatch")
        with pytest.raises(botocore_errors.ClientError) as caught:
            cloudwatch.list_metrics()
    finally:
        server.stop()
    found = explain(caught.value)
    assert (found.call, found.code) == ("ListMetrics", "UnknownOperationException")
    assert found.request_id


def test_nobody_listening_is_told_with_the_address() -> None:
    """Where no answer came there is no request id, and the remedy is about the network."""
    server = refusing("AccessDenied")
    server.stop()
    cloudwatch = client(Aws(region="eu-central-1", endpoint_url=server.url), "cloudwatch")
    with pytest.raises(botocore_errors.EndpointConnectionError) as caught:
        cloudwatch.list_metrics()
    found = explain(caught.value, call="ListMetrics")
    assert (found.code, found.request_id) == ("EndpointConnectionError", None)
    assert server.url in str(found)
    assert "network" in str(found)


def test_a_profile_that_is_not_there_is_an_error_with_its_remedy() -> None:
    """Making the client already says what is wrong."""
    with pytest.raises(AwsError, match=r"no-such-profile.*Correct `profile`"):
        client(Aws(region="eu-central-1", profile="no-such-profile"), "s3")


def test_an_address_that_is_none_is_an_error_with_its_remedy() -> None:
    """A typing error in endpoint_url is told as such."""
    with pytest.raises(AwsError, match="Check `endpoint_url`"):
        client(Aws(region="eu-central-1", endpoint_url="not an address"), "s3")


def test_a_missing_region_is_an_error_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is guessed: without a region nobody is asked."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(AwsError, match="Set `region`"):
        client(Aws(), "cloudwatch")


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (botocore_errors.NoCredentialsError(), "Sign in"),
        (botocore_errors.ReadTimeoutError(endpoint_url="https://x"), "too long"),
        (botocore_errors.ConnectTimeoutError(endpoint_url="https://x"), "network"),
        (botocore_errors.SSLError(endpoint_url="https://x", error="bad"), "network"),
        (botocore_errors.UnauthorizedSSOTokenError(), "Sign in"),
        (botocore_errors.ParamValidationError(report="Period"), "request itself"),
    ],
)
def test_every_failure_without_an_answer_has_a_remedy(error: Exception, word: str) -> None:
    """The reader is told what to do, whatever kind of failure it was."""
    found = explain(error, call="GetMetricData")
    assert word in str(found)
    assert found.code == type(error).__name__
    assert found.call == "GetMetricData"


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("ExpiredTokenException", "sign in again"),
        ("ThrottlingException", "wait a minute"),
        ("NoSuchBucket", "bucket's name"),
        ("PermanentRedirect", "region"),
        ("KMS.AccessDeniedException", "kms:Decrypt"),
        ("InternalFailure", "AWS's side"),
        ("SomethingNew", "no reason given"),
    ],
)
def test_every_answer_has_its_remedy(code: str, word: str) -> None:
    """A code is part of the sentence, with what to do about it."""
    error = botocore_errors.ClientError({"Error": {"Code": code}}, "GetObject")
    found = explain(error)
    assert code in str(found)
    assert word in str(found)
    assert found.request_id is None


def test_the_demo_needs_no_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in on this machine is asked with made-up credentials, never with none."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:9")  # a proxy nobody can reach
    server = refusing("AccessDenied")
    try:
        cloudwatch = client(Aws(endpoint_url=server.url), "cloudwatch")
        with pytest.raises(botocore_errors.ClientError, match="AccessDenied"):
            cloudwatch.get_metric_data(**ASKED)
    finally:
        server.stop()


def test_boto3_is_loaded_only_when_a_client_is_made() -> None:
    """A page on local captures does not pay for AWS."""
    code = "import queries.aws, queries.cloudwatch, sys; sys.exit('boto3' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_what_botocore_knows_of_a_service_is_read_once() -> None:
    """Clients share a service's description; where it is looked for does not grow with them."""
    paths = []
    descriptions = []
    for _ in range(3):
        made = client(Aws(region="eu-central-1"), "sagemaker")
        descriptions.append(made.meta.service_model.metadata)
        paths.append(len(_models().search_paths))
    assert all(each is descriptions[0] for each in descriptions)
    assert len(set(paths)) == 1
