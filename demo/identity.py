"""Who calls, and may they act as another role? What STS answers in the demo account.

The rules beside the service's model are those of
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo.wire import Operation, Refusal, caller

ACCOUNT = "111122223333"
DEFAULT_S = 3_600
_MOST_POLICY = 2_048


@dataclass(frozen=True, slots=True)
class Assumed:
    """A role that was taken on: by whose access key, with what, and until when (epoch seconds)."""

    access_key: str
    role: str
    session: str
    source_identity: str
    policy: dict[str, Any] | None
    seconds: int
    expires: float
    by: str

    @property
    def arn(self) -> str:
        """The ARN that the account knows the session by."""
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.role.rpartition('/')[2]}/{self.session}"


class Identity:
    """The sessions of the account; ``assumed`` are those that were begun, in order."""

    def __init__(self) -> None:
        self.assumed: list[Assumed] = []
        self._lock = threading.Lock()

    def of(self, access_key: str) -> Assumed | None:
        """The session whose access key this is."""
        return next((each for each in self.assumed if each.access_key == access_key), None)

    def operations(self, *, clock: Callable[[], float] = time.time) -> list[Operation]:
        """The operations of STS that the demo account has; ``clock`` gives epoch seconds."""

        def assume(asked: dict[str, Any]) -> dict[str, Any]:
            return self._assume(asked, clock())

        def who(asked: dict[str, Any]) -> dict[str, Any]:
            return self._who(clock())

        return [
            Operation("sts", "", "AssumeRole", assume),
            Operation("sts", "", "GetCallerIdentity", who),
        ]

    def _assume(self, asked: dict[str, Any], now: float) -> dict[str, Any]:
        role = asked["RoleArn"]
        if not role.startswith(f"arn:aws:iam::{ACCOUNT}:role/"):
            raise _denied(f"sts:AssumeRole on resource: {role}")
        if asked.get("SourceIdentity", "").startswith("aws:"):
            raise Refusal("SourceIdentity must not begin with aws:", code="ValidationError")
        seconds = asked.get("DurationSeconds", DEFAULT_S)
        before = self.of(caller.get())
        if before is not None and seconds > DEFAULT_S:
            raise Refusal(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
                "by role chaining",
                code="ValidationError",
            )
        if before is not None and before.source_identity != asked.get(
            "SourceIdentity", before.source_identity
        ):
            # it is kept through a chain of roles, and cannot be changed in it
            raise _denied(f"sts:SetSourceIdentity on resource: {role}")
        policy = _policy(asked["Policy"]) if "Policy" in asked else None
        with self._lock:
            begun = Assumed(
                access_key=f"ASIA{len(self.assumed):016d}",
                role=role,
                session=asked["RoleSessionName"],
                source_identity=asked.get("SourceIdentity", ""),
                policy=policy,
                seconds=seconds,
                expires=now + seconds,
                by=caller.get(),
            )
            self.assumed.append(begun)
        answer = {
            "Credentials": {
                "AccessKeyId": begun.access_key,
                "SecretAccessKey": "made-up",
                "SessionToken": f"made-up-{begun.access_key}",
                "Expiration": begun.expires,
            },
            "AssumedRoleUser": {"AssumedRoleId": f"AROAMADEUP:{begun.session}", "Arn": begun.arn},
        }
        if begun.source_identity:
            answer["SourceIdentity"] = begun.source_identity
        return answer

    def _who(self, now: float) -> dict[str, Any]:
        found = self.of(caller.get())
        if found is None:
            arn = f"arn:aws:iam::{ACCOUNT}:user/understudy"
            return {"UserId": "AIDAMADEUP", "Account": ACCOUNT, "Arn": arn}
        if found.expires <= now:
            raise Refusal(
                "The security token included in the request is expired", code="ExpiredToken"
            )
        user = f"AROAMADEUP:{found.session}"
        return {"UserId": user, "Account": ACCOUNT, "Arn": found.arn}


def _policy(text: str) -> dict[str, Any]:
    """A session policy, as far as it can be one."""
    if len(text) > _MOST_POLICY:
        said = f"Packed policy consumes {100 * len(text) // _MOST_POLICY}% of allotted space"
        raise Refusal(said, code="PackedPolicyTooLarge")
    try:
        found = json.loads(text)
    except ValueError:
        raise Refusal("This policy contains invalid Json", code="MalformedPolicyDocument") from None
    statements = found.get("Statement") if isinstance(found, dict) else None
    for each in [statements] if isinstance(statements, dict) else statements or [None]:
        known = isinstance(each, dict) and each.get("Effect") in ("Allow", "Deny")
        if not known or not {"Action", "NotAction"} & set(each):
            said = "Syntax errors in policy."
            raise Refusal(said, code="MalformedPolicyDocument")
        if not {"Resource", "NotResource"} & set(each):
            said = "Policy statement must contain resources."
            raise Refusal(said, code="MalformedPolicyDocument")
    return dict(found)


def _denied(action: str) -> Refusal:
    who = f"arn:aws:iam::{ACCOUNT}:user/understudy"
    said = f"User: {who} is not authorized to perform: {action}"
    return Refusal(said, code="AccessDenied", status=403)
