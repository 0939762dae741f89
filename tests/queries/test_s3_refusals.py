"""Does each refusal of S3 become a sentence with address, call, code and what helps?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queries.config import Aws
from queries.errors import AwsError
from queries.objects import CaptureObject, list_objects, reader
from tests.queries.bucket import BUCKET, REQUEST, StandIn

LOCATION = f"s3://{BUCKET}"
KEY = "arn:aws:kms:eu-central-1:210987654321:key/5050781f-9e88-4210-9c08-90acdd5446e0"
USER = "User: arn:aws:sts::123456789012:assumed-role/reader/understudy is not authorized to perform"
OBJECT = f"arn:aws:s3:::{BUCKET}/one.jsonl"
NOT_SAID = "Access Denied"

# Status, code and message as S3 sends them. Messages of KMS keys: its "The ciphertext refers to a
# customer master key …" in github.com/ministryofjustice/modernisation-platform/issues/3468, and the
# codes KMS.… as localstack checks them against AWS (github.com/localstack/localstack/pull/8423).
# Those with a reason: docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html.
REFUSALS = [
    (
        (
            403,
            "AccessDenied",
            f"{USER}: kms:Decrypt on resource: {KEY} because no resource-based policy allows the "
            "kms:Decrypt action",
        ),
        f"Ask for kms:Decrypt on the key {KEY} for the role",
    ),
    (
        (
            403,
            "AccessDenied",
            "The ciphertext refers to a customer master key that does not exist, does not exist in "
            "this region, or you are not allowed to access.",
        ),
        "Ask for kms:Decrypt on the KMS key of the object",
    ),
    ((400, "KMS.DisabledException", f"{KEY} is disabled."), f"Have the key {KEY} enabled"),
    (
        (400, "KMS.KMSInvalidStateException", f"{KEY} is pending deletion."),
        f"Have the key {KEY} put in order",
    ),
    (
        (400, "KMS.NotFoundException", f"Key '{KEY}' does not exist"),
        f"Check whether the key {KEY} still exists",
    ),
    (
        (
            400,
            "InvalidRequest",
            "The object was stored using a form of Server Side Encryption. The correct parameters "
            "must be provided to retrieve the object.",
        ),
        "(SSE-C) and cannot be read here",
    ),
    (
        (
            403,
            "InvalidObjectState",
            "The operation is not valid for the object's storage class",
        ),
        "restore it (`aws s3api restore-object`)",
    ),
    (
        (403, "AllAccessDisabled", "All access to this object has been disabled"),
        "AWS has closed this bucket",
    ),
    (
        (
            403,
            "AccessDenied",
            f"{USER}: s3:GetObject on resource: {OBJECT} because no identity-based policy allows "
            "the s3:GetObject action",
        ),
        "Have s3:GetObject on this bucket added to the identity-based policy.",
    ),
    (
        (
            403,
            "AccessDenied",
            f"{USER}: s3:GetObject on resource: {OBJECT} because no permissions boundary allows "
            "the s3:GetObject action",
        ),
        "Have s3:GetObject on this bucket added to the permissions boundary.",
    ),
    (
        (
            403,
            "AccessDenied",
            f"{USER}: s3:GetObject on resource: {OBJECT} with an explicit deny in a service "
            "control policy",
        ),
        "A service control policy forbids it",
    ),
    ((403, "AccessDenied", NOT_SAID), "A bucket of another account has to allow it in its bucket"),
    ((403, "AccessDenied", NOT_SAID), "`requester_pays = true` in [aws] agrees to"),
    ((403, "", ""), "Ask for s3:GetObject on this bucket"),
    ((404, "NoSuchKey", "The specified key does not exist."), "The object is gone"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """A bucket with one object."""
    stand_in = StandIn(tmp_path_factory.mktemp("s3"))
    stand_in.put("one.jsonl", b"one\n")
    yield stand_in
    stand_in.stop()


@pytest.fixture
def found(server: StandIn) -> CaptureObject:
    """The object, listed while nothing was refused yet."""
    server.fault = lambda path, count: None
    (listed,) = server.list().objects
    server.requests.clear()
    return listed


@pytest.mark.parametrize(("answer", "remedy"), REFUSALS)
def test_a_refused_object_is_told_with_what_helps(
    server: StandIn, found: CaptureObject, answer: tuple[int, str, str], remedy: str
) -> None:
    """Address, call, code, AWS's own words, the remedy and the request id: all in one text."""
    server.fault = lambda path, count: answer
    with pytest.raises(AwsError) as caught:
        reader(LOCATION, Aws(endpoint_url=server.url)).read(found)
    _, code, said = answer
    assert (caught.value.call, caught.value.code) == ("GetObject", code or "403")
    assert caught.value.request_id == REQUEST
    assert str(caught.value).startswith(f"{LOCATION}/one.jsonl: AWS answered GetObject with ")
    assert said.rstrip(".") in str(caught.value)
    assert remedy in str(caught.value)


def test_a_refused_listing_names_the_permission_by_its_own_name(server: StandIn) -> None:
    """No permission is called ListObjectsV2; the address says which prefix was refused."""
    server.fault = lambda path, count: (403, "AccessDenied", NOT_SAID)
    with pytest.raises(AwsError, match=f"^{LOCATION}/fraud: .*Ask for s3:ListBucket") as caught:
        server.list("fraud")
    assert (caught.value.call, caught.value.code) == ("ListObjectsV2", "AccessDenied")


def test_readers_pay_only_where_they_agreed_to(server: StandIn, found: CaptureObject) -> None:
    """A bucket whose readers pay answers those who agree; the others hear of the key."""

    def pays(path: str, count: int) -> tuple[int, str, str] | None:
        agreed = server.requests[-1].headers.get("x-amz-request-payer") == "requester"
        return None if agreed else (403, "AccessDenied", NOT_SAID)

    server.fault = pays
    with pytest.raises(AwsError, match="requester_pays = true"):
        reader(LOCATION, Aws(endpoint_url=server.url)).read(found)
    assert "x-amz-request-payer" not in server.requests[-1].headers
    agreed = Aws(endpoint_url=server.url, requester_pays=True)
    server.requests.clear()
    assert [each.key for each in list_objects(LOCATION, aws=agreed).objects] == [found.key]
    assert reader(LOCATION, agreed).read(found) == b"one\n"
    assert reader(LOCATION, agreed).read_range(found, 1, 3) == b"ne"
    for asked in server.requests:
        assert asked.headers["x-amz-request-payer"] == "requester"
        # S3 refuses a header of its own that is not signed
        signed = asked.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0]
        assert "x-amz-request-payer" in signed.split(";")


def test_who_pays_already_is_not_told_to(server: StandIn, found: CaptureObject) -> None:
    """The hint is one only as long as the key is not set."""
    server.fault = lambda path, count: (403, "AccessDenied", NOT_SAID)
    with pytest.raises(AwsError, match="s3:GetObject") as caught:
        reader(LOCATION, Aws(endpoint_url=server.url, requester_pays=True)).read(found)
    assert "requester_pays" not in str(caught.value)


def test_an_object_put_again_is_never_read_for_the_one_listed(
    server: StandIn, found: CaptureObject
) -> None:
    """Same key and size, other content: neither the whole nor a range of it is taken."""
    server.put("one.jsonl", b"two\n")
    objects = reader(LOCATION, Aws(endpoint_url=server.url))
    for read in (lambda: objects.read(found), lambda: objects.read_range(found, 0, 2)):
        with pytest.raises(AwsError, match="changed since it was listed; load again"):
            read()
    server.put("one.jsonl", b"one\n")
