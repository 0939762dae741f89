"""By what do requests hang together, and where does a record say so?

A key is written ``customAttributes:NAME``, ``inferenceId:REGEX``, ``eventId:REGEX`` or
``feature:NAME``. It is read three times, by DuckDB, by Python and by Trino, so only what all three
read alike is taken: regular expressions of a common part of their languages, and of a record's
texts those of printable ASCII, which is all that SageMaker lets a caller write.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from queries.errors import ConfigError

if TYPE_CHECKING:
    from queries.records import Record

Source = Literal["customAttributes", "inferenceId", "eventId", "feature"]

OUTSIDE = "[^ -~]"
"""What a text may not hold in which a key is looked for: all but printable ASCII."""
_ATTRIBUTE = re.compile(r"[A-Za-z0-9_.-]+")
# Lookarounds, flags and names of groups; classes and escapes that not all three know; repetitions
# that hold on to what they took, or begin with nothing; a class within a class.
_FOREIGN = re.compile(
    r"\(\?(?!:)|\\(?![dDwW]|[^A-Za-z0-9])|[*+?}]\+|(?<!\\)\{(?!\d+(?:,\d*)?\})|&&"
    r"|\[[^\]\\]*\[|\[\^?\]|[^ -~]"
)
_REPEATED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
# the most that RE2 repeats
_MOST = 1000


@dataclass(frozen=True, slots=True)
class ClusterKey:
    """Where a record says which cluster it belongs to.

    ``pattern`` is searched for in the text of the source, and its ``group`` is the cluster;
    ``feature`` is the place among the features, where the source is one.
    """

    source: Source
    pattern: str = ""
    group: int = 0
    feature: int | None = None


def checked(text: str) -> str:
    """A key as it is configured, if it can be read; raises ValueError with a sentence."""
    source, colon, rest = text.partition(":")
    if source not in get_args(Source) or not colon or not rest:
        raise ValueError(
            "a key such as customAttributes:user_id, feature:NAME, inferenceId:REGEX or "
            "eventId:REGEX is expected"
        )
    if source == "customAttributes" and not _ATTRIBUTE.fullmatch(rest):
        raise ValueError(
            "the name of a custom attribute is written with letters, digits, `_`, `.` and `-`"
        )
    if source in ("inferenceId", "eventId"):
        _check_pattern(rest)
    return text


def key_of(text: str | None, names: Sequence[str], *, logged: bool) -> ClusterKey | None:
    """The key as the records of a variant are read by it; ``names`` are those of its features.

    Raises
    ------
    ConfigError
        When there is no such feature, or a paired log, which has one id only, is asked for more.
    """
    if text is None:
        return None
    source, _, rest = text.partition(":")
    if source == "feature":
        if rest not in names:
            known = ", ".join(names) or "none"
            raise ConfigError(
                f"`cluster` names the feature {rest!r}, which is not there; the features are: "
                f"{known}."
            )
        return ClusterKey("feature", feature=list(names).index(rest))
    if source == "customAttributes":
        if logged:
            raise ConfigError(_NOT_IN_A_LOG.format(source))
        # NAME=value, parted from what else there is by one of these signs
        pattern = f"(?:^|[,;& ]){re.escape(rest)}=([^,;& ]+)"
        return ClusterKey("customAttributes", pattern, 1)
    groups = re.compile(rest).groups
    if source == "eventId":
        if logged:
            raise ConfigError(_NOT_IN_A_LOG.format(source))
        return ClusterKey("eventId", rest, groups)
    return ClusterKey("inferenceId", rest, groups)


def cluster_of(record: Record, key: ClusterKey | None) -> str | None:
    """The cluster that a record says it belongs to; None where it says none.

    Of a feature, which each row has for itself, the reader of the rows knows it.
    """
    if key is None or key.feature is not None:
        return None
    if key.source == "customAttributes":
        text: str | None = ",".join(record.custom_attributes)
    else:
        text = record.inference_id if key.source == "inferenceId" else record.event_id
    if text is None or re.search(OUTSIDE, text):
        return None
    found = re.search(key.pattern, text, re.ASCII)
    return (found[key.group] or None) if found else None


_NOT_IN_A_LOG = (
    "`cluster` asks for {}, and the lines of a paired log have none: name inferenceId:REGEX, which "
    "is their `id`, or feature:NAME."
)


def _check_pattern(pattern: str) -> None:
    foreign = _FOREIGN.search(pattern)
    if foreign:
        raise ValueError(
            f"{foreign[0]!r} is not read alike by all engines: the expression may hold letters, "
            r"digits, signs, . * + ? {m,n} | ( ) (?: ) [ ] ^ $ \d \w and signs after a \ "
        )
    try:
        groups = re.compile(pattern, re.ASCII).groups
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None
    if groups > 1:
        raise ValueError("one group ( ) at most names the cluster; write (?: ) for the others")
    if any(int(each or 0) > _MOST for found in _REPEATED.findall(pattern) for each in found):
        raise ValueError(f"a part may be repeated {_MOST:,} times at most")
