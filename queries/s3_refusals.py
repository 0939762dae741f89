"""What does it mean when S3 refuses a listing or an object, and what helps?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from queries import aws as account

if TYPE_CHECKING:
    from queries.config import Aws
    from queries.errors import AwsError

# The permission has another name than the call where one permission serves several calls.
_PERMISSIONS = {"ListObjectsV2": "s3:ListBucket", "GetObject": "s3:GetObject"}
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[\w:/-]*[\w-]")
# As AWS says it to callers of the bucket's own account: "because no identity-based policy allows
# the s3:GetObject action", "with an explicit deny in a service control policy".
_ALLOWED_BY_NONE = re.compile(r"because no ([a-z -]+? (?:policy|boundary)) allows")
_DENIED_BY = re.compile(r"with an explicit deny in an? ([a-z -]+? (?:policy|boundary))")


def explain(error: Exception, *, call: str, about: str, aws: Aws) -> AwsError:
    """What S3's refusal of ``about``, an ``s3://`` address, says, in a sentence with a remedy."""
    code, said = account.code_of(error), account.message_of(error)
    return account.explain(error, call=call, about=about, remedy=_remedy(code, said, call, aws))


def _remedy(code: str, said: str, call: str, aws: Aws) -> str:
    """What helps; empty where S3's answer means what it means of any other service."""
    if code.startswith("KMS.") or "kms:" in said or "customer master key" in said:
        return _encrypted(code, said)
    if code == "InvalidRequest" and "Server Side Encryption" in said:
        return (
            "It is encrypted with a key that S3 does not keep (SSE-C) and cannot be read here; "
            "have captures encrypted with an S3 or KMS key, which needs no setting."
        )
    if code == "InvalidObjectState":
        return (
            "It is archived (Glacier); restore it (`aws s3api restore-object`) and load again, or "
            "leave it out with `start`."
        )
    if code == "AllAccessDisabled":
        return (
            "AWS has closed this bucket, or its account, to everybody; ask its owner, and check "
            "the bucket's name in `captures`."
        )
    if code == "PreconditionFailed":
        return "It changed since it was listed; load again."
    if "AccessDenied" in code or code in ("403", "Forbidden"):
        return _denied(said, _PERMISSIONS[call], aws)
    return ""


def _encrypted(code: str, said: str) -> str:
    named = _KEY.search(said)
    key = f"the key {named.group()}" if named else "the KMS key of the object"
    if "Disabled" in code:
        return f"Have {key} enabled; until then nobody can read what it encrypts."
    if "InvalidState" in code:
        return (
            f"Have {key} put in order: the deletion of one that is pending deletion can be "
            "cancelled, and then it has to be enabled."
        )
    if "NotFound" in code:
        return (
            f"Check whether {key} still exists and in which region; without it nobody can read "
            "what it encrypts."
        )
    return (
        f"Ask for kms:Decrypt on {key} for the role that Understudy runs as; where the key "
        "belongs to another account, its key policy has to allow that too."
    )


def _denied(said: str, permission: str, aws: Aws) -> str:
    denied, missing = _DENIED_BY.search(said), _ALLOWED_BY_NONE.search(said)
    if denied:
        return f"A {denied.group(1)} forbids it; ask who keeps that policy for an exception."
    if missing:
        return f"Have {permission} on this bucket added to the {missing.group(1)}."
    # without a reason it is another account's bucket, or the owner chose to say no more
    payer = (
        ""
        if aws.requester_pays
        else "; or the bucket may be one whose readers pay, which `requester_pays = true` in [aws] "
        "agrees to"
    )
    return (
        f"Ask for {permission} on this bucket for the role that Understudy runs as. A bucket of "
        "another account has to allow it in its bucket policy too, as has the policy of the key "
        f"that encrypts it (kms:Decrypt){payer}."
    )
