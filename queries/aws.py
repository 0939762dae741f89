"""How is AWS asked, and what does it mean when it refuses?"""

from __future__ import annotations

import ipaddress
import os
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from queries.errors import AwsError

if TYPE_CHECKING:
    from queries.config import Aws

# More than the readers' threads, so that no thread waits for a connection.
_CONNECTIONS = 40
_ATTEMPTS = 5
_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_S = 60


def client(aws: Aws, service: str, *, signing: Any = None) -> Any:
    """A boto3 client of ``service`` such as ``"s3"``; safe to share between threads.

    Region, profile and address come from ``[aws]``, else from where boto3 looks (environment,
    ``AWS_ENDPOINT_URL``, ``~/.aws``, the machine's role). Calls are repeated up to five times in
    boto3's standard mode, with growing pauses. With a ``role_arn`` they are signed as that role;
    where it cannot be taken on, the first call raises ``AwsError``. ``signing`` is a botocore
    session whose credentials are used in place of all these.

    Raises
    ------
    AwsError
        When no client can be made: no such profile, no region, or no usable address.
    """
    # boto3 takes longer to import than all else here; a page on local captures needs none of it
    import boto3
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    from queries import roles

    local = _is_local(aws.endpoint_url)
    settings: dict[str, Any] = {
        "retries": {"mode": "standard", "total_max_attempts": _ATTEMPTS},
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "read_timeout": _READ_TIMEOUT_S,
        "max_pool_connections": _CONNECTIONS,
        "user_agent_extra": "understudy",
    }
    if _addressed(aws, service):
        # stand-ins and other makers' stores seldom answer to bucket.host
        settings["s3"] = {"addressing_style": "path"}
    if local:
        # a proxy for the internet cannot reach this machine's own address
        settings["proxies"] = {}
    # A stand-in on this machine checks no signature, so the demo needs no sign-in; credentials
    # that are in the environment are used as they are.
    if signing is None and aws.role_arn:
        signing = roles.session(aws)
    signed_in = aws.profile or signing or "AWS_ACCESS_KEY_ID" in os.environ
    made_up = "demo" if local and not signed_in else None
    session_below = signing or botocore.session.get_session()
    session_below.register_component("data_loader", _models())
    try:
        session = boto3.Session(
            profile_name=aws.profile,
            region_name=aws.region,
            aws_access_key_id=made_up,
            aws_secret_access_key=made_up,
            botocore_session=session_below,
        )
        # each session adds the same folder once more
        _models().search_paths[:] = dict.fromkeys(_models().search_paths)
        # who asks only for a role may have named no region: STS answers in this one for all
        anywhere = local or service == "sts"
        made = session.client(
            service,
            region_name=session.region_name or ("us-east-1" if anywhere else None),
            endpoint_url=aws.endpoint_url,
            config=Config(**settings),
        )
    except (BotoCoreError, ValueError) as error:
        raise explain(error) from error
    if aws.requester_pays and service == "s3":
        made.meta.events.register("before-call.s3", _agree_to_pay)
    return made


@cache
def _models() -> Any:
    """botocore's models of the services, read once: those of SageMaker take 0.3 s."""
    import botocore.session

    return botocore.session.get_session().get_component("data_loader")


def _agree_to_pay(params: dict[str, Any], **_: Any) -> None:
    params["headers"]["x-amz-request-payer"] = "requester"


def is_named(aws: Aws) -> bool:
    """Whether anything says which AWS to ask; without it boto3 would search for half a minute."""
    named = aws.region or aws.profile or aws.endpoint_url
    return bool(named or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"))


def explain(error: Exception, *, call: str = "", about: str = "", remedy: str = "") -> AwsError:
    """What a botocore error says, in a sentence with call, code, request id and a remedy.

    ``call`` names the operation where botocore's error does not, such as ``GetMetricData``;
    ``about`` what was asked for, where AWS may leave that out; ``remedy`` is what helps, where
    the caller knows better than the code alone tells.
    """
    call = getattr(error, "operation_name", "") or call
    code, said = code_of(error), message_of(error).strip().rstrip(".")
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        told = f"AWS answered {call} with {code}: {said or 'no reason given'}."
        remedy = remedy or _remedy(code, call)
        request_id = (response.get("ResponseMetadata") or {}).get("RequestId") or None
    else:
        told = f"AWS could not be asked{f' for {call}' if call else ''}: {said or code}."
        kinds = [kind.__name__ for kind in type(error).__mro__]
        remedy = remedy or next((_NO_ANSWER[kind] for kind in kinds if kind in _NO_ANSWER), "")
        request_id = None
    parts = (
        f"{about}: {told}" if about else told,
        remedy,
        f"(Request id {request_id}.)" if request_id else "",
    )
    return AwsError(" ".join(filter(None, parts)), call=call, code=code, request_id=request_id)


def code_of(error: Exception) -> str:
    """AWS's error code, such as ``AccessDenied``; the exception's name where no answer came."""
    answer = _answer(error)
    return type(error).__name__ if answer is None else str(answer.get("Code") or "unknown")


def message_of(error: Exception) -> str:
    """What AWS gives as the reason; what botocore says where no answer came."""
    answer = _answer(error)
    return str(error) if answer is None else str(answer.get("Message") or "")


def _answer(error: Exception) -> dict[str, Any] | None:
    """AWS's own words, where an answer came."""
    response = getattr(error, "response", None)
    return (response.get("Error") or {}) if isinstance(response, dict) else None


def _remedy(code: str, call: str) -> str:
    for words, remedy in _ANSWERS:
        if any(word in code for word in words):
            return remedy.format(call=call)
    return ""


def _is_local(url: str | None) -> bool:
    host = urlsplit(url or "").hostname
    if host is None or host == "localhost":
        return host is not None
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _addressed(aws: Aws, service: str) -> bool:
    named = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")
    return service == "s3" and bool(aws.endpoint_url or any(os.environ.get(n) for n in named))


# The first entry with a word that is part of the code counts.
_ANSWERS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("ExpiredToken", "RequestExpired", "TokenRefreshRequired"),
        "The sign-in has run out; sign in again (such as `aws sso login`) and reload.",
    ),
    (
        ("InvalidClientTokenId", "UnrecognizedClient", "InvalidAccessKeyId", "SignatureDoesNot"),
        "The access key is not one that AWS knows; check the profile in [aws] or the environment.",
    ),
    (
        ("AccessDenied", "Unauthorized", "Forbidden", "NotAuthorized", "403"),
        "Ask for the permission {call} on this resource for the role that Understudy runs as "
        "(for encrypted captures also kms:Decrypt).",
    ),
    (
        ("Throttl", "TooManyRequests", "SlowDown", "RequestLimitExceeded", "LimitExceeded"),
        "AWS asks for fewer calls; wait a minute and reload.",
    ),
    (
        ("NoSuchBucket",),
        "Check the bucket's name in the configuration, and the account that [aws] signs in to.",
    ),
    (("NoSuchKey",), "The object is gone; reload to list what is there now."),
    (
        ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint", "301"),
        "The bucket lies in another region; set `region` in [aws].",
    ),
    (("RequestTimeTooSkewed",), "This machine's clock is wrong; set it and reload."),
    (
        ("ResourceNotFound", "NotFound", "404"),
        "Check the name in understudy.toml, and the region and account in [aws].",
    ),
    (
        ("Internal", "ServiceUnavailable", "ServiceFailure", "500", "502", "503", "504"),
        "The fault is on AWS's side; wait a minute and reload.",
    ),
    (
        ("Validation", "InvalidParameter", "MissingParameter", "UnknownOperation"),
        "The request itself was refused; report it with the request id.",
    ),
)

_SIGN_IN = "Sign in (such as `aws sso login`) or name a working `profile` in [aws]."
_NETWORK = "Check the network, the proxy and `region` and `endpoint_url` in [aws], and reload."
# By the name of botocore's exception or of one of its bases, so that botocore need not be loaded.
_NO_ANSWER = {
    "NoCredentialsError": _SIGN_IN,
    "PartialCredentialsError": "The credentials are incomplete. " + _SIGN_IN,
    "CredentialRetrievalError": _SIGN_IN,
    "NoAuthTokenError": _SIGN_IN,
    "SSOError": _SIGN_IN,
    "TokenRetrievalError": _SIGN_IN,
    "ProfileNotFound": "Correct `profile` in [aws]; `aws configure list-profiles` shows them all.",
    "NoRegionError": "Set `region` in [aws], or AWS_REGION in the environment.",
    "InvalidRegionError": "Correct `region` in [aws].",
    "ConnectTimeoutError": _NETWORK,
    "ReadTimeoutError": "AWS took too long; reload, or choose a shorter window.",
    "EndpointConnectionError": _NETWORK,
    "ConnectionError": _NETWORK,
    "HTTPClientError": _NETWORK,
    "ParamValidationError": "The request itself is wrong; check the names in understudy.toml.",
    "ValueError": "Check `endpoint_url` in [aws].",
}
