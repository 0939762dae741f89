"""What can go wrong for a reader of the screen, each error a sentence with a remedy.

* ``UnderstudyError``
    * ``ConfigError`` — ``understudy.toml`` cannot be used as it stands
    * ``SourceError`` — a folder, file or AWS call did not give what was asked
        * ``LargeRead`` — there is more to be read than is read without a word
        * ``AwsError`` — AWS answered with an error (names call, code and request id)
        * ``Damaged`` — a file of a trial does not hold what its format says
    * ``NotComparable`` — everything was read, but the two variants cannot be compared
    * ``QuestionError`` — a question was asked that the engine cannot answer
        * ``Expensive`` — it could, at a price that the reader should know before
    * ``NotDone`` — something that was to be changed in AWS was not changed

A message says what happened, where, and what to do about it. Pages print it as it stands.
"""

from __future__ import annotations

from typing import Literal

Remedy = Literal["earlier window", "shorter window", "longer window", "later"]


class UnderstudyError(Exception):
    """Any failure whose message is meant for the reader of a page or terminal."""


class ConfigError(UnderstudyError):
    """The configuration cannot be used; the message lists one sentence for each fault."""


class SourceError(UnderstudyError):
    """A folder, file or service did not give what was asked of it."""


class LargeRead(SourceError):
    """So much is to be read of ``test`` that the reader should know before; nothing was."""

    def __init__(self, message: str, *, test: str) -> None:
        super().__init__(message)
        self.test = test


class AwsError(SourceError):
    """AWS refused or failed a call.

    Attributes
    ----------
    call
        The operation as AWS names it, such as ``ListObjectsV2``.
    code
        AWS's error code, such as ``AccessDenied``; the exception's name where no answer came.
    request_id
        What AWS support asks for; ``None`` where no answer came.
    """

    def __init__(
        self, message: str, *, call: str = "", code: str = "", request_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.call = call
        self.code = code
        self.request_id = request_id


class Damaged(SourceError):
    """A file of a trial does not hold what its format says; what else the trial holds is sound."""


class NotComparable(UnderstudyError):
    """The captures were read, but what is asked for cannot be set side by side.

    Attributes
    ----------
    remedy
        What helps at once: the ``earlier window`` in place of the baseline, a ``shorter window`` or
        a ``longer window``; ``later`` where what is missing may still come; ``None`` where only
        other captures or another configuration help.
    """

    def __init__(self, message: str, *, remedy: Remedy | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy


class QuestionError(UnderstudyError):
    """A question is unknown, or one of its parameters is."""


class Expensive(QuestionError):
    """A question that might cost more than is asked for without a word; it was not asked.

    Attributes
    ----------
    bytes
        The most that it might read.
    usd
        The most that it might cost.
    """

    def __init__(self, message: str, *, bytes: int, usd: float) -> None:
        super().__init__(message)
        self.bytes = bytes
        self.usd = usd


class NotDone(UnderstudyError):
    """A change was not made: not allowed, not confirmed, no longer what was shown, or refused."""
