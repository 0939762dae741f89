"""How does SageMaker name what it holds, list it, and say that it is not there?"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from demo.wire import Refusal

TARGET = "SageMaker"
ARN = "arn:aws:sagemaker:eu-central-1:111122223333"
_WORDS = {
    "endpoint": "endpoint",
    "endpoint-config": "endpoint configuration",
    "model": "model",
    "inference-experiment": "inference experiment",
}


def arn(kind: str, name: str) -> str:
    """The ARN of a resource; ``kind`` is the word in it, such as ``endpoint-config``."""
    return f"{ARN}:{kind}/{name}"


def invalid(message: str) -> Refusal:
    """A request that the service's model allows and the service does not."""
    return Refusal(message, code="ValidationException")


def missing(kind: str, name: str) -> Refusal:
    """There is no such resource."""
    code = "ResourceNotFound" if kind == "inference-experiment" else "ValidationException"
    return Refusal(f'Could not find {_WORDS[kind]} "{arn(kind, name)}".', code=code)


def existing(kind: str, name: str) -> Refusal:
    """There is such a resource already."""
    code = "ConflictException" if kind == "inference-experiment" else "ValidationException"
    said = f'Cannot create already existing {_WORDS[kind]} "{arn(kind, name)}".'
    return Refusal(said, code=code)


def listing(
    found: Iterable[dict[str, Any]], asked: dict[str, Any], *, key: str, names: tuple[str, ...]
) -> dict[str, Any]:
    """A page of summaries: ``names`` of each document, the first of them its name.

    Filtered and sorted as asked, else the newest first.
    """
    name = names[0]
    kept = [each for each in found if _wanted(each, asked, name)]
    by = asked.get("SortBy", "CreationTime")
    member = {"Name": name, "Status": "EndpointStatus" if name == "EndpointName" else "Status"}
    kept.sort(
        key=lambda each: each[member.get(by, by)],
        reverse=asked.get("SortOrder", "Descending") == "Descending",
    )
    summaries = [{n: each[n] for n in names if n in each} for each in kept]
    return page(summaries, asked, key)


def _wanted(found: dict[str, Any], asked: dict[str, Any], name: str) -> bool:
    status = found.get("EndpointStatus", found.get("Status"))
    return (
        asked.get("NameContains", "").lower() in found[name].lower()
        and asked.get("StatusEquals") in (None, status)
        and all(
            asked.get(f"{time}After", 0) <= found.get(time, 0) <= asked.get(f"{time}Before", 2**62)
            for time in ("CreationTime", "LastModifiedTime")
        )
    )


def page(found: list[dict[str, Any]], asked: dict[str, Any], key: str) -> dict[str, Any]:
    """At most ``MaxResults`` (10 where not asked); ``NextToken`` says where to go on."""
    first = 0
    if "NextToken" in asked:
        try:
            first = int(base64.b64decode(asked["NextToken"], validate=True))
        except (binascii.Error, ValueError):
            raise invalid("The next token is invalid.") from None
    last = first + asked.get("MaxResults", 10)
    answer: dict[str, Any] = {key: found[first:last]}
    if last < len(found):
        answer["NextToken"] = base64.b64encode(str(last).encode()).decode()
    return answer
