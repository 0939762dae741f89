"""In whose name is AWS asked for one click?

The role that acts is taken on for that click alone, in the name of the person who clicked, with a
policy that allows what the plan says and nothing besides. CloudTrail shows the person as
SourceIdentity, which no later role can change
(https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from actions.permissions import place_of, session_policy
from queries import aws as account
from queries.roles import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from actions.people import Person
    from actions.standings import Standing
    from actions.steps import Plan
    from queries.config import Config

LASTS_S = 900
"""How long a role is taken on: the shortest that AWS allows."""

THE_READER = "the one that reads"
"""What is said in place of a role where [actions] names none."""

_LONGEST_NAME = 64
_SPARE = timedelta(minutes=1)
_REFUSED = (
    "Its trust policy must allow sts:AssumeRole, sts:SetSourceIdentity and sts:TagSession to whom "
    "Understudy signs in as, and that one must be allowed all three on the role."
)


class Acting:
    """Clients for one click of one person. It is made for the click and dropped after it."""

    def __init__(self, config: Config, person: Person, plan: Plan, *, change: str = "") -> None:
        """``change`` marks the session, so that CloudTrail leads to the audit's records.

        Nothing is asked yet: that is done for the first client.
        """
        self._config, self._person = config, person
        self._aws = replace(config.aws, role_arn=None, external_id=None)
        self._reader = config.aws
        self._external_id = config.aws.external_id
        self._role_arn = config.actions.role_arn
        self._name = session_name(person.name)
        self._plan, self._change = plan, change
        self._taken: dict[str, Any] | None = None

    @property
    def role(self) -> str:
        """As whom AWS is asked, for the screen and the audit."""
        return self._role_arn or THE_READER

    def client(self, service: str) -> Any:
        """A boto3 client that signs as the role that acts.

        A plan may wait longer than a session lasts: ask anew for each step. Without a role, it is
        the client that reads.

        Raises
        ------
        AwsError
            When the role cannot be taken on, or no client can be made.
        NotDone
            When the plan asks for what no session can be allowed.
        """
        if self._role_arn is None:
            return account.client(self._reader, service)
        if self._taken is None or datetime.now(UTC) > self._taken["Expiration"] - _SPARE:
            self._taken = self._take_on(self._role_arn)
        import botocore.session

        # one for each client: boto3 adds to a session what it may be given once
        signing = botocore.session.get_session()
        signing.set_credentials(
            *(self._taken[key] for key in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
        )
        return account.client(self._aws, service, signing=signing)

    def of(self, standing: Standing) -> Callable[[str], Any]:
        """Clients for a change of the same target that goes on: these, or of a session of its own.

        An abort goes on beside what it aborts, and may other things.
        """
        if standing.plan.steps == self._plan.steps:
            return self.client
        return Acting(self._config, self._person, standing.plan, change=standing.change).client

    def _take_on(self, role_arn: str) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        place = place_of(role_arn, self._aws.region)
        asked: dict[str, Any] = {
            "RoleArn": role_arn,
            "RoleSessionName": self._name,
            "SourceIdentity": self._name,
            "DurationSeconds": LASTS_S,
            "Policy": session_policy(self._plan, place),
            "Tags": [{"Key": "understudy-target", "Value": _tag(self._plan.target)}],
        }
        if self._change:
            asked["Tags"].append({"Key": "understudy-change", "Value": _tag(self._change)})
        if self._external_id is not None:
            asked["ExternalId"] = self._external_id
        try:
            answer = account.client(self._aws, "sts").assume_role(**asked)
        except (BotoCoreError, ClientError) as error:
            about = f"The role {role_arn} cannot be taken on to act"
            raise refusal(error, about, _REFUSED) from error
        credentials: dict[str, Any] = answer["Credentials"]
        return credentials


def session_name(name: str) -> str:
    """A person's name as STS takes it: 2 to 64 of letters, digits and ``_ = , . @ -``.

    Two names stay two: where something had to be left out, a piece of the whole name's hash is
    added.
    """
    clean = re.sub(r"[^\w=,.@-]", "-", name, flags=re.ASCII)
    if clean == name and 2 <= len(clean) <= _LONGEST_NAME:
        return clean
    mark = "-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return clean[: _LONGEST_NAME - len(mark)] + mark


def _tag(value: str) -> str:
    return re.sub(r"[^\w .:/=+@-]", "-", value)[:256]
