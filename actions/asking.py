"""How is a request sent to AWS, and what does it mean when no good answer comes?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from queries.aws import code_of, message_of

if TYPE_CHECKING:
    from actions.steps import Call

_UNSEEN = ("could not find endpoint configuration", "could not find model")
_PAUSES_S = (0.5, 1.0, 2.0, 4.0)
# The same request may be taken later: AWS is busy or broken, or who asks has to sign in again.
_PASSING = (
    *("Throttl", "TooManyRequests", "SlowDown", "RequestLimitExceeded", "Internal"),
    *("ServiceUnavailable", "ServiceFailure", "ExpiredToken", "RequestExpired"),
    *("TokenRefreshRequired", "RequestTimeout"),
)
_WRONG = ("ParamValidationError", "UnknownParameterError")
_SERVER = 500


def send(call: Call, client: Any, *, pause: Callable[[float], None] = time.sleep) -> str:
    """Send it, and give AWS's request id.

    What was just created may not be known everywhere at once: asked for in the next moment it
    could not be found. That is asked again a few times, with growing pauses.

    Raises
    ------
    botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError
    """
    from botocore import xform_name
    from botocore.exceptions import ClientError

    ask = getattr(client, xform_name(call.operation))
    for wait in (*_PAUSES_S, None):
        try:
            answer: dict[str, Any] = ask(**call.parameters)
        except ClientError as error:
            unseen = any(words in message_of(error).lower() for words in _UNSEEN)
            if wait is None or not unseen:
                raise
            pause(wait)
        else:
            break
    return str(answer["ResponseMetadata"].get("RequestId", ""))


def passes(error: Exception) -> bool:
    """Whether the same request may be taken later; else AWS has refused it."""
    code = code_of(error)
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return code not in _WRONG
    status = (response.get("ResponseMetadata") or {}).get("HTTPStatusCode", 0)
    return status >= _SERVER or any(word in code for word in _PASSING)
