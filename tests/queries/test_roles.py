"""Is AWS asked as the role that [aws] names, by every client, for longer than an hour?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from queries.aws import client
from queries.config import Aws
from queries.errors import AwsError
from queries.objects import list_objects, reader
from tests.queries.bucket import BUCKET, REQUEST, Asked, StandIn

ROLE = "arn:aws:iam::123456789012:role/captures-reader"
LOCATION = f"s3://{BUCKET}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StandIn]:
    """An account of its own: credentials are taken on once for each address."""
    stand_in = StandIn(tmp_path)
    stand_in.put("one.jsonl", b"one\n")
    yield stand_in
    stand_in.stop()


def of_role(server: StandIn, external_id: str | None = "ours-4711") -> Aws:
    return Aws(
        region="eu-central-1",
        endpoint_url=server.url,
        role_arn=ROLE,
        external_id=external_id,
    )


def as_role(asked: Asked, number: int) -> bool:
    """Whether a request carries the credentials of the n-th AssumeRole, signed with the rest."""
    signed = asked.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0]
    return (
        asked.signed_as == f"ROLE{number}"
        and asked.headers["x-amz-security-token"] == f"token{number}"
        and "x-amz-security-token" in signed
    )


def test_every_client_and_thread_is_the_role_and_it_is_taken_on_once(server: StandIn) -> None:
    """S3, CloudWatch and SageMaker share one AssumeRole, signed as whoever is signed in."""
    aws = of_role(server)
    with ThreadPoolExecutor(8) as pool:
        listings = list(pool.map(lambda _: list_objects(LOCATION, aws=aws), range(16)))
    for service, call in (("cloudwatch", "list_metrics"), ("sagemaker", "list_endpoints")):
        with pytest.raises(ClientError):
            getattr(client(aws, service), call)()
    assert {len(listing.objects) for listing in listings} == {1}
    assert reader(LOCATION, aws).read(listings[0].objects[0]) == b"one\n"
    (taken_on,) = server.taken_on
    assert taken_on.signed_as == "testing"
    assert taken_on.form["RoleArn"] == [ROLE]
    assert taken_on.form["ExternalId"] == ["ours-4711"]
    others = [asked for asked in server.requests if asked is not taken_on]
    assert len(others) >= 16 + 2 + 1
    assert all(as_role(asked, 1) for asked in others)


def test_no_external_id_is_sent_where_none_is_named(server: StandIn) -> None:
    """STS refuses an empty external id; left out means left out."""
    list_objects(LOCATION, aws=of_role(server, external_id=None))
    assert "ExternalId" not in server.taken_on[0].form


def test_credentials_are_renewed_before_they_run_out(server: StandIn) -> None:
    """A page may stay open for days: each client goes on with the credentials that are new."""
    server.role = lambda form: 60 if len(server.taken_on) == 1 else 3600
    objects = reader(LOCATION, of_role(server))
    (found,) = list_objects(LOCATION, aws=of_role(server)).objects
    assert objects.read(found) == objects.read(found) == b"one\n"
    assert len(server.taken_on) == 2
    asked = [each for each in server.requests if each.path.startswith(f"/{BUCKET}")]
    assert as_role(asked[0], 1)
    assert all(as_role(each, 2) for each in asked[1:])


def test_a_role_that_is_refused_is_a_sentence_and_asked_for_again(server: StandIn) -> None:
    """The sentence names role, call, code and remedy; S3 is not asked; a later look may succeed."""
    server.role = lambda form: (
        "AccessDenied",
        f"User: arn:aws:iam::1:user/me is not authorized to perform: sts:AssumeRole on {ROLE}",
    )
    with pytest.raises(AwsError) as caught:
        list_objects(LOCATION, aws=of_role(server))
    assert (caught.value.call, caught.value.code) == ("AssumeRole", "AccessDenied")
    assert caught.value.request_id == REQUEST
    for word in (f"The role {ROLE} cannot be taken on", "trust policy", "external_id", REQUEST):
        assert word in str(caught.value)
    assert not server.lists
    server.role = lambda form: 3600
    assert len(list_objects(LOCATION, aws=of_role(server)).objects) == 1


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("ExpiredToken", "sign in again"),
        ("InvalidClientTokenId", "access key is not one"),
        ("RegionDisabledException", "could not"),
    ],
)
def test_another_refusal_of_sts_keeps_its_own_remedy(server: StandIn, code: str, word: str) -> None:
    """What is wrong with the sign-in is not blamed on the role's trust policy."""
    server.role = lambda form: (code, "STS could not")
    with pytest.raises(AwsError, match=word) as caught:
        list_objects(LOCATION, aws=of_role(server))
    assert (caught.value.call, caught.value.code) == ("AssumeRole", code)
    assert "trust policy" not in str(caught.value)


def test_a_role_needs_no_region(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 and STS answer without one, so neither asks for it."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    assert len(list_objects(LOCATION, aws=Aws(role_arn=ROLE)).objects) == 1
    assert "/us-east-1/sts/" in server.taken_on[0].headers["authorization"]


def test_nobody_signed_in_is_told_before_the_role(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role is taken on by somebody: without credentials the remedy is to sign in."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    with pytest.raises(AwsError, match=r"AssumeRole.*Sign in"):
        list_objects(LOCATION, aws=Aws(region="eu-central-1", role_arn=ROLE))
    assert not server.requests
