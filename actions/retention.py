"""Can a record be taken out of the audit, once it is written?

S3 holds what is written for as long as the default retention of the bucket's Object Lock says
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actions.steps import Check
from queries import aws as account

if TYPE_CHECKING:
    from queries.config import Aws

_NONE = ("ObjectLockConfigurationNotFoundError",)
_CALL = "GetObjectLockConfiguration"
_TAKEN_OUT = "who may delete there can take records out"
_HOLD = (
    "Turn Object Lock on at the bucket, with a default retention in COMPLIANCE mode that is as "
    "long as records are to be kept: aws s3api put-object-lock-configuration."
)


def retention(location: str, aws: Aws) -> Check | None:
    """Whether a bucket holds records against being taken out; None of a folder, which cannot.

    Raises
    ------
    SourceError
        When the address names no bucket.
    AwsError
        When no client can be made.
    """
    if not location.startswith("s3://"):
        return None
    from botocore.exceptions import BotoCoreError, ClientError

    from queries.s3 import address_of

    bucket = address_of(location).bucket
    client = account.client(aws, "s3")
    try:
        answer = client.get_object_lock_configuration(Bucket=bucket)
    except (BotoCoreError, ClientError) as error:
        if account.code_of(error) in _NONE:
            return Check(
                "retention",
                "warn",
                f"The bucket {bucket} has no Object Lock: {_TAKEN_OUT}, and of the end of a chain "
                "the chain itself does not show it.",
                _HOLD,
            )
        return Check(
            "retention",
            "unknown",
            f"Whether records can be taken out of {bucket} is not known. "
            f"{account.explain(error, call=_CALL)}",
            "Let the role that reads call s3:GetBucketObjectLockConfiguration on the bucket.",
        )
    return _told(bucket, answer.get("ObjectLockConfiguration") or {})


def _told(bucket: str, found: dict[str, Any]) -> Check:
    rule = (found.get("Rule") or {}).get("DefaultRetention") or {}
    span = _span(rule)
    if found.get("ObjectLockEnabled") != "Enabled" or not span:
        return Check(
            "retention",
            "warn",
            f"The bucket {bucket} has Object Lock and no default retention: {_TAKEN_OUT}, and of "
            "the end of a chain the chain itself does not show it.",
            _HOLD,
        )
    if rule.get("Mode") == "GOVERNANCE":
        return Check(
            "retention",
            "ok",
            f"Object Lock holds each record in {bucket} for {span} in GOVERNANCE mode: only who "
            "may s3:BypassGovernanceRetention can take it out before.",
        )
    return Check(
        "retention",
        "ok",
        f"Object Lock holds each record in {bucket} for {span}; nobody can take it out before.",
    )


def _span(rule: dict[str, Any]) -> str:
    for key, unit in (("Days", "day"), ("Years", "year")):
        count = rule.get(key)
        if count:
            return f"{count:,} {unit}{'s' if count != 1 else ''}"
    return ""
