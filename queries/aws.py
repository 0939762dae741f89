"""How is AWS asked, and what does it mean when it refuses?"""

from __future__ import annotations

import ipaddress
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from queries.errors import AwsError

if TYPE_CHECKING:
    from queries.config import Aws

# More than the readers' threads, so that no thread waits for a connection.
_CONNECTIONS = 32
_ATTEMPTS = 5
_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_S = 60


def client(aws: Aws, service: str) -> Any:
    """A boto3 client of ``service`` such as ``"s3"``; safe to share between threads.

    Region, profile and address come from ``[aws]``, else from where boto3 looks (environment,
    ``AWS_ENDPOINT_URL``, ``~/.aws``, the machine's role). Calls are repeated up to five times in
    boto3's standard mode, with growing pauses.

    Raises
    ------
    AwsError
        When no client can be made: no such profile, no region, or no usable address.
    """
    # boto3 takes longer to import than all else here; a page on local captures needs none of it
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

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
    made_up = local and not aws.profile and "AWS_ACCESS_KEY_ID" not in os.environ
    try:
        session = boto3.Session(
            profile_name=aws.profile,
            region_name=aws.region,
            aws_access_key_id="demo" if made_up else None,
            aws_secret_access_key="demo" if made_up else None,
        )
        region = session.region_name or ("us-east-1" if local else None)
        return session.client(
            service,
            region_name=region,
            endpoint_url=aws.endpoint_url,
            config=Config(**settings),
        )
    except (BotoCoreError, ValueError) as error:
        raise explain(error) from error


def is_named(aws: Aws) -> bool:
    """Whether anything says which AWS to ask; without it boto3 would search for half a minute."""
    named = aws.region or aws.profile or aws.endpoint_url
    return bool(named or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"))


def explain(error: Exception, *, call: str = "") -> AwsError:
    """What a botocore error says, in a sentence with call, code, request id and a remedy.

    ``call`` names the operation where botocore's error does not, such as ``GetMetricData``.
    """
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return _explain_answer(error, response, call)
    kinds = [kind.__name__ for kind in type(error).__mro__]
    code = kinds[0]
    remedy = next((_NO_ANSWER[kind] for kind in kinds if kind in _NO_ANSWER), "")
    said = str(error).strip().rstrip(".")
    message = f"AWS could not be asked{f' for {call}' if call else ''}: {said or code}."
    return AwsError(f"{message} {remedy}".strip(), call=call, code=code, request_id=None)


def _explain_answer(error: Exception, response: dict[str, Any], call: str) -> AwsError:
    said = response.get("Error") or {}
    call = getattr(error, "operation_name", "") or call
    code = str(said.get("Code") or "unknown")
    about = response.get("ResponseMetadata") or {}
    request_id = about.get("RequestId") or None
    text = str(said.get("Message") or "no reason given").strip().rstrip(".")
    message = f"AWS answered {call} with {code}: {text}."
    remedy = _remedy(code, call)
    tail = f" (Request id {request_id}.)" if request_id else ""
    return AwsError(
        f"{message} {remedy}".strip() + tail, call=call, code=code, request_id=request_id
    )


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
        "Check the bucket's name in `captures`, and the account that [aws] signs in to.",
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
