"""How does a message get out, without anything that waits for it, and what if it does not?

Each message has a thread of its own and a time by which it must be out. What went wrong is kept as
a sentence, and never holds up or undoes what the message is about.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from actions.kept import SECRETS, kept
from queries import aws as account
from queries.errors import ConfigError, SourceError, UnderstudyError

if TYPE_CHECKING:
    from queries.config import Aws

LIMIT_S = 15.0
"""How long sending may take."""

_MOST_WAITING = 32
_MOST_PROBLEMS = 20
_log = logging.getLogger("understudy.notify")


@dataclass(frozen=True, slots=True)
class Problem:
    """What was not sent, and when that was known (aware UTC)."""

    at: datetime
    sentence: str


@dataclass(eq=False, slots=True)
class _Sending:
    whither: str
    thread: threading.Thread
    began: float
    told: bool = False


class Outbox:
    """Messages on their way, and what became of those that did not arrive."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._sending: list[_Sending] = []
        self._problems: deque[Problem] = deque(maxlen=_MOST_PROBLEMS)

    def send(self, whither: str, deliver: Callable[[], None]) -> None:
        """Deliver something in a thread of its own; ``whither`` names the place in a sentence."""
        self._look()
        with self._lock:
            if len(self._sending) >= _MOST_WAITING:
                self._tell(whither, f"{_MOST_WAITING} messages wait to be sent already")
                return
            thread = threading.Thread(
                target=self._deliver, args=(whither, deliver), name="understudy-notify", daemon=True
            )
            self._sending.append(_Sending(whither, thread, time.monotonic()))
            thread.start()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be sent, the oldest first; at most the last twenty."""
        self._look()
        with self._lock:
            return tuple(self._problems)

    def finish(self) -> tuple[Problem, ...]:
        """Wait, within the limit, until all is sent: for a process that ends; the problems."""
        with self._lock:
            waiting = list(self._sending)
        for each in waiting:
            each.thread.join(max(0.0, each.began + self._limit_s - time.monotonic()))
        return self.problems

    def _deliver(self, whither: str, deliver: Callable[[], None]) -> None:
        try:
            deliver()
        except UnderstudyError as error:
            self._failed(whither, str(error).rstrip("."))
        except Exception as error:
            # its text may hold the webhook's address
            self._failed(whither, type(error).__name__)

    def _failed(self, whither: str, why: str) -> None:
        with self._lock:
            me = threading.current_thread()
            mine = next((each for each in self._sending if each.thread is me), None)
            if mine is None or not mine.told:
                self._tell(whither, why)

    def _look(self) -> None:
        """Forget what is sent, and tell of what takes longer than it may."""
        with self._lock:
            self._sending = [each for each in self._sending if each.thread.is_alive()]
            for each in self._sending:
                if not each.told and time.monotonic() - each.began >= self._limit_s:
                    each.told = True
                    self._tell(each.whither, f"there was no answer within {self._limit_s:g} s")

    def _tell(self, whither: str, why: str) -> None:
        sentence = f"No message went to {whither}: {why}."
        _log.warning(sentence)
        self._problems.append(Problem(datetime.now(UTC), sentence))


def to_topic(aws: Aws, topic: str, subject: str, text: str, attributes: Mapping[str, str]) -> None:
    """Publish a text to an SNS topic.

    Raises
    ------
    AwsError
    """
    from botocore.exceptions import BotoCoreError, ClientError

    told = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
    }
    try:
        account.client(aws, "sns").publish(
            TopicArn=topic, Subject=subject, Message=text, MessageAttributes=told
        )
    except (BotoCoreError, ClientError) as error:
        raise account.explain(error, call="Publish") from None


def to_webhook(name: str, document: Mapping[str, Any]) -> None:
    """Send a document to the webhook whose address is kept under ``name``.

    Raises
    ------
    ConfigError
        When there is no address under that name, or not one of a webhook. It is not told.
    SourceError
        When the webhook cannot be reached or does not take it.
    """
    url = _address(name)
    request = urllib.request.Request(  # noqa: S310 # _address lets https alone through
        url,
        data=json.dumps(document).encode(),
        headers={"content-type": "application/json", "user-agent": "understudy"},
        method="POST",
    )
    handlers: list[urllib.request.BaseHandler] = [_Unmoved()]
    if _is_here(url):
        # a proxy for the internet cannot reach this machine's own address
        handlers.append(urllib.request.ProxyHandler({}))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=LIMIT_S) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        error.close()
        moved = "; redirects are not followed" if 300 <= error.code < 400 else ""
        raise SourceError(f"it answered with {error.code}{moved}") from None
    except urllib.error.URLError as error:
        reason = getattr(error.reason, "strerror", None) or type(error.reason).__name__
        raise SourceError(f"it could not be reached ({reason})") from None


class _Unmoved(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: what is told is told to no other host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _address(name: str) -> str:
    """The address under a name: of the environment, else of Streamlit's secrets."""
    url = kept(name)
    if not url:
        raise ConfigError(
            f"there is no address under {name}; set it in the environment or in {SECRETS}"
        )
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    except ValueError:
        scheme, host = "", None
    if not host or not (scheme == "https" or (scheme == "http" and _is_here(url))):
        raise ConfigError(f"what is kept under {name} is no address that begins with https://")
    return url


def _is_here(url: str) -> bool:
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
