"""One address speaks every protocol: what botocore sends arrives whole, and comes back whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.standin import StandIn
from demo.validation import answer_faults, faults
from demo.wire import Operation, Refusal, application, caller
from queries.aws import client
from queries.config import Aws

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1
)
ROLE = "arn:aws:iam::111122223333:role/acting"


class Echo:
    """Operations that keep what they were asked, and answer what they are told to."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.callers: list[str] = []
        self.answer: dict[str, Any] = {}

    def operations(self) -> list[Operation]:
        def answer(asked: dict[str, Any]) -> dict[str, Any]:
            self.asked = asked
            self.callers.append(caller.get())
            if isinstance(self.answer, Refusal):
                raise self.answer
            return self.answer

        named = [
            ("sns", "Publish"),
            ("sts", "AssumeRole"),
            ("lambda", "UpdateAlias"),
            ("lambda", "ListVersionsByFunction"),
            ("apigateway", "UpdateStage"),
            ("apigateway", "CreateDeployment"),
            ("sagemaker-runtime", "InvokeEndpoint"),
        ]
        json_service = ("application-autoscaling", "AnyScaleFrontendService")
        return [
            *(Operation(service, "", name, answer) for service, name in named),
            Operation(*json_service, "DescribeScalableTargets", answer),
        ]


@pytest.fixture(scope="module")
def echo() -> Echo:
    return Echo()


@pytest.fixture(scope="module")
def aws(echo: Echo) -> Iterator[Aws]:
    server = StandIn(application(echo.operations()))
    yield Aws(region="eu-central-1", endpoint_url=server.url)
    server.stop()


@settings(max_examples=30, deadline=None)
@given(
    message=TEXTS,
    attributes=st.dictionaries(
        st.from_regex(r"[a-z]{1,9}", fullmatch=True), TEXTS, min_size=0, max_size=4
    ),
)
def test_a_form_arrives_as_it_was_sent(
    aws: Aws, echo: Echo, message: str, attributes: dict[str, str]
) -> None:
    """Texts and maps of structures, whatever signs they hold."""
    echo.answer = {"MessageId": "m"}
    told = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
    }
    asked: dict[str, Any] = {"TopicArn": "t", "Message": message}
    if told:
        asked["MessageAttributes"] = told
    assert client(aws, "sns").publish(**asked)["MessageId"] == "m"
    assert echo.asked == asked


def test_a_form_s_lists_numbers_and_times_are_typed(aws: Aws, echo: Echo) -> None:
    """Lists of structures and numbers there, times and escaped texts back."""
    end = datetime(2026, 11, 25, 12, tzinfo=UTC)
    echo.answer = {
        "Credentials": {
            "AccessKeyId": "ASIA0000000000000000",
            "SecretAccessKey": "<&>",
            "SessionToken": "t",
            "Expiration": end.timestamp(),
        },
        "PackedPolicySize": 7,
    }
    asked = {
        "RoleArn": ROLE,
        "RoleSessionName": "ann",
        "DurationSeconds": 900,
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
        "TransitiveTagKeys": ["a", "b"],
    }
    found = client(aws, "sts").assume_role(**asked)
    assert echo.asked == asked
    assert found["Credentials"]["Expiration"] == end
    assert found["Credentials"]["SecretAccessKey"] == "<&>"
    assert found["PackedPolicySize"] == 7


def test_path_query_and_body_arrive_by_the_api_s_names(aws: Aws, echo: Echo) -> None:
    """REST: what lies in a path is decoded, what lies in a query typed, keys of a body renamed."""
    echo.answer = {"Name": "live", "FunctionVersion": "8"}
    asked = {
        "FunctionName": "arn:aws:lambda:eu-central-1:111122223333:function:replies",
        "Name": "live",
        "FunctionVersion": "8",
        "RoutingConfig": {"AdditionalVersionWeights": {"9": 0.1}},
    }
    found = client(aws, "lambda").update_alias(**asked)
    assert echo.asked == asked
    assert found["FunctionVersion"] == "8"
    echo.answer = {"Versions": []}
    client(aws, "lambda").list_versions_by_function(FunctionName="replies", MaxItems=7)
    assert echo.asked == {"FunctionName": "replies", "MaxItems": 7}
    made = datetime(2026, 11, 25, 12, tzinfo=UTC)
    echo.answer = {"stageName": "prod", "createdDate": made.timestamp()}
    patches = [{"op": "copy", "from": "/a", "path": "/b"}]
    found = client(aws, "apigateway").update_stage(
        restApiId="x1", stageName="a b/c", patchOperations=patches
    )
    assert echo.asked == {"restApiId": "x1", "stageName": "a b/c", "patchOperations": patches}
    assert found["createdDate"] == made
    echo.answer = {"id": "d1"}
    found = client(aws, "apigateway").create_deployment(restApiId="x1", stageName="prod")
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 201


@settings(max_examples=20, deadline=None)
@given(body=st.binary(max_size=2_000))
def test_a_body_of_bytes_stays_as_it_is(aws: Aws, echo: Echo, body: bytes) -> None:
    """A payload is no JSON; content types and the variant travel as headers."""
    echo.answer = {"Body": body[::-1], "ContentType": "text/x", "InvokedProductionVariant": "A"}
    found = client(aws, "sagemaker-runtime").invoke_endpoint(
        EndpointName="e", Body=body, ContentType="text/csv", InferenceId="i-1"
    )
    asked = {"EndpointName": "e", "Body": body, "ContentType": "text/csv", "InferenceId": "i-1"}
    assert asked.items() <= echo.asked.items()
    assert found["Body"].read() == body[::-1]
    assert (found["ContentType"], found["InvokedProductionVariant"]) == ("text/x", "A")


CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "sns": ("publish", {"TopicArn": "t", "Message": "m"}),
    "lambda": ("update_alias", {"FunctionName": "f", "Name": "live"}),
    "sagemaker-runtime": ("invoke_endpoint", {"EndpointName": "e", "Body": b""}),
    "application-autoscaling": ("describe_scalable_targets", {"ServiceNamespace": "sagemaker"}),
}


@pytest.mark.parametrize("service", list(CALLS))
def test_a_refusal_has_code_words_and_a_request_id(aws: Aws, echo: Echo, service: str) -> None:
    """In each protocol the client finds all three where it looks for them."""
    method, asked = CALLS[service]
    echo.answer = Refusal("<not> now & here", code="Odd", status=409)  # type: ignore[assignment]
    with pytest.raises(ClientError) as caught:
        getattr(client(aws, service), method)(**asked)
    error = caught.value.response
    assert (error["Error"]["Code"], error["Error"]["Message"]) == ("Odd", "<not> now & here")
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert len(error["ResponseMetadata"]["RequestId"]) == 36


def test_members_of_an_error_come_through(aws: Aws, echo: Echo) -> None:
    """What a model's container answered is among what the client is told."""
    echo.answer = Refusal(  # type: ignore[assignment]
        "no", code="ModelError", status=424, OriginalStatusCode=400, OriginalMessage="bad row"
    )
    with pytest.raises(ClientError) as caught:
        client(aws, "sagemaker-runtime").invoke_endpoint(EndpointName="e", Body=b"")
    assert caught.value.response["OriginalMessage"] == "bad row"


@pytest.mark.parametrize(
    ("service", "method", "asked", "code", "words"),
    [
        (
            "sts",
            "assume_role",
            {"RoleArn": ROLE, "RoleSessionName": "a b"},
            "ValidationError",
            "regular expression",
        ),
        (
            "lambda",
            "update_alias",
            {"FunctionName": "f", "Name": "1"},
            "InvalidParameterValueException",
            "regular expression",
        ),
        (
            "apigateway",
            "create_deployment",
            {"restApiId": "x", "cacheClusterSize": "7"},
            "BadRequestException",
            "enum value set",
        ),
        (
            "application-autoscaling",
            "describe_scalable_targets",
            {"ServiceNamespace": "here"},
            "ValidationException",
            "enum value set",
        ),
    ],
)
def test_each_service_judges_a_request_by_its_model(
    aws: Aws, echo: Echo, service: str, method: str, asked: dict[str, Any], code: str, words: str
) -> None:
    """Patterns and enums, which botocore lets pass, in each protocol, with the service's code."""
    with pytest.raises(ClientError, match=words) as caught:
        getattr(client(aws, service), method)(**asked)
    assert caught.value.response["Error"]["Code"] == code


def test_an_answer_of_the_wrong_shape_is_our_own_fault(aws: Aws, echo: Echo) -> None:
    """A stand-in that answers what AWS never would is found out at once."""
    import boto3
    from botocore.config import Config

    once = boto3.client(
        "lambda",
        region_name="eu-central-1",
        endpoint_url=aws.endpoint_url,
        aws_access_key_id="AKIAONE",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )
    echo.answer = {"Name": "live", "Version": "8"}
    with pytest.raises(ClientError, match="answered UpdateAlias wrongly: Unknown parameter"):
        once.update_alias(FunctionName="f", Name="live")
    assert echo.callers[-1] == "AKIAONE"


@pytest.mark.parametrize(
    ("path", "headers", "body"),
    [
        ("/", {"x-amz-target": "Nobody.Knows"}, b"{}"),
        ("/", {"content-type": "application/x-www-form-urlencoded"}, b"Action=Nothing&Version=1"),
        ("/", {"content-type": "application/x-www-form-urlencoded"}, b"\xff\xfe"),
        ("/nowhere/at/all", {}, b""),
        ("/2015-03-31/functions/f/aliases/live", {}, b"not json"),
        ("/", {"x-amz-target": "AnyScaleFrontendService.DescribeScalableTargets"}, b"[]"),
        ("/", {"x-amz-target": "AnyScaleFrontendService.DescribeScalableTargets"}, b"{"),
    ],
)
def test_what_is_no_request_is_refused(
    aws: Aws, path: str, headers: dict[str, str], body: bytes
) -> None:
    """No byte that arrives ends in a failure of the server."""
    method = "PUT" if "aliases" in path else "POST"
    connection = HTTPConnection(urlsplit(aws.endpoint_url or "").netloc)
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    assert 400 <= answer.status < 500
    assert answer.headers["x-amzn-requestid"]
    connection.close()


def test_answers_are_judged_by_the_model_too() -> None:
    """Maps, blobs, required members and unknown ones, of what goes out."""
    assert answer_faults("sagemaker-runtime", "InvokeEndpoint", {"Body": 7})
    assert "must not be null" in answer_faults("sagemaker-runtime", "InvokeEndpoint", {})[0]
    weights = {"RoutingConfig": {"AdditionalVersionWeights": {"8": 2.0}}}
    assert "less than or equal to 1" in answer_faults("lambda", "GetAlias", weights)[0]
    assert faults("cloudwatch", "DeleteAlarms", {"AlarmNames": ["a"]}) == []
    assert answer_faults("cloudwatch", "DeleteAlarms", {"a": 1})
    assert faults("cloudwatch", "DeleteAlarms", {"AlarmNames": "a"})
