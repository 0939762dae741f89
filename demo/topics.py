"""What was published to the demo account's topics? What SNS answers, and keeps.

Limits follow https://docs.aws.amazon.com/sns/latest/api/API_Publish.html.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from typing import Any

from demo.identity import ACCOUNT
from demo.wire import Operation, Refusal

TOPIC = f"arn:aws:sns:eu-central-1:{ACCOUNT}:understudy"
MOST_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Published:
    """One message, with its attributes' values by name."""

    topic: str
    subject: str
    message: str
    attributes: dict[str, str]


class Topics:
    """Topics by ARN; ``published`` holds every message, in order."""

    def __init__(self, *arns: str) -> None:
        self.published: list[Published] = []
        self._arns = arns or (TOPIC,)
        self._lock = threading.Lock()

    def operations(self) -> list[Operation]:
        """The operations of SNS that the demo account has."""
        return [Operation("sns", "", "Publish", self._publish)]

    def _publish(self, asked: dict[str, Any]) -> dict[str, Any]:
        topic = asked.get("TopicArn")
        if topic is None:
            raise _invalid("TopicArn or TargetArn Reason: no value for required parameter")
        if topic not in self._arns:
            raise Refusal("Topic does not exist", code="NotFound", status=404)
        subject, message = asked.get("Subject", ""), asked["Message"]
        plain = subject.isascii() and subject.isprintable() and not subject.startswith(" ")
        if len(subject) > 100 or not plain:
            raise _invalid("Subject")
        if not message:
            raise _invalid("Empty message")
        if len(message.encode()) > MOST_BYTES:
            raise _invalid("Message too long")
        given = asked.get("MessageAttributes", {})
        attributes = {name: each.get("StringValue", "") for name, each in given.items()}
        with self._lock:
            self.published.append(Published(topic, subject, message, attributes))
        return {"MessageId": str(uuid.uuid4())}


def _invalid(what: str) -> Refusal:
    return Refusal(f"Invalid parameter: {what}", code="InvalidParameter")
