"""In whose name is AWS asked, where [aws] names a role to take on?"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from queries import aws as account

if TYPE_CHECKING:
    from queries.config import Aws
    from queries.errors import AwsError

_SESSION_NAME = "understudy"  # what CloudTrail of the role's account shows
# AWS tells these three apart for nobody, so as not to help one who guesses.
_REFUSED = (
    "Three things are needed: the role's trust policy names whom Understudy signs in as, that one "
    "has the permission sts:AssumeRole on the role, and `external_id` in [aws] is the one the "
    "trust policy asks for, if it asks for one."
)
_LOCK = threading.Lock()
_TAKEN: dict[Aws, Any] = {}


def session(aws: Aws) -> Any:
    """A botocore session that signs as ``aws.role_arn``.

    The role is taken on at the first call, once for all clients of this process, and again by
    botocore before an hour has passed; where that is refused, the call raises ``AwsError``.
    """
    import botocore.session

    signing = botocore.session.get_session()
    signing.register_component("credential_provider", _Signature(_credentials(aws)))
    return signing


class _Signature:
    """Where a botocore session looks for credentials."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Any:
        """The role's, and no others."""
        return self._credentials


def _credentials(aws: Aws) -> Any:
    from botocore.credentials import DeferredRefreshableCredentials

    with _LOCK:
        if aws not in _TAKEN:
            _TAKEN[aws] = DeferredRefreshableCredentials(lambda: _take_on(aws), "assume-role")
        return _TAKEN[aws]


def _take_on(aws: Aws) -> dict[str, str]:
    """New credentials of the role, asked for as whoever is signed in by now."""
    from botocore.credentials import create_assume_role_refresher
    from botocore.exceptions import BotoCoreError, ClientError

    asked = {"RoleArn": aws.role_arn, "RoleSessionName": _SESSION_NAME}
    if aws.external_id is not None:
        asked["ExternalId"] = aws.external_id
    sts = account.client(replace(aws, role_arn=None, external_id=None), "sts")
    try:
        found: dict[str, str] = create_assume_role_refresher(sts, asked)()
    except (BotoCoreError, ClientError) as error:
        raise refusal(error, f"The role {aws.role_arn} cannot be taken on", _REFUSED) from error
    return found


def refusal(error: Exception, about: str, remedy: str) -> AwsError:
    """Why a role cannot be taken on; the ``remedy`` is for a role that denies it."""
    denied = "AccessDenied" in account.code_of(error)
    return account.explain(error, call="AssumeRole", about=about, remedy=remedy if denied else "")
