"""Does an endpoint that nobody uses yet answer captured requests as production answered them?

Every request goes to the endpoint that the plan itself starts, and to no other. One that fails, or
whose answer cannot be read, counts as answered differently: to a caller it would be.
"""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import fields, structured
from analysis.estimates import Estimate, no_estimate
from analysis.intervals import order_statistic_ranks, share
from analysis.structured import Rules
from queries.captured_requests import CapturedRequest, captured_requests, readable
from queries.comparing import rules_of
from queries.errors import NotDone
from queries.reading import Row, rows_of
from queries.records import Side, decode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from actions.steps import Plan, Rehearsal
    from queries.opened import Opened

_IN_A_ROW = 5  # failures after which no more is sent: each may take a minute


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """How it went. ``sent = agreed + differed + unreadable + failed``.

    ``agreement`` is the share of what was sent, with its interval for one look; ``p50_ms`` and
    ``p99_ms`` are of the requests that were answered, from sending to the whole answer as seen
    from here. ``failures`` are the first words of each kind of failure and how often it came.
    """

    target: str
    sent: int
    agreed: int
    differed: int
    unreadable: int
    failed: int
    failures: tuple[tuple[str, int], ...]
    agreement: Estimate
    p50_ms: Estimate
    p99_ms: Estimate
    least: float
    stopped: bool

    @property
    def passed(self) -> bool:
        """Whether the plan may go on."""
        return not self.stopped and self.sent > 0 and self.agreement.value >= self.least

    @property
    def sentence(self) -> str:
        """What came of it, with its numbers."""
        told = (
            f"{self.target} answered {self.agreed:,} of {self.sent:,} captured requests as "
            f"production did ({_percent(self.agreement.value)}, interval "
            f"{_percent(self.agreement.low)} to {_percent(self.agreement.high)}); at least "
            f"{_percent(self.least)} were asked for."
        )
        counted = [
            f"{n:,} {word}"
            for n, word in (
                (self.differed, "differently"),
                (self.unreadable, "in a form that cannot be read"),
                (self.failed, "not at all"),
            )
            if n
        ]
        if counted:
            told += f" It answered {', '.join(counted)}."
        if self.failures:
            told += " " + " ".join(f"{n:,} times: {what}." for what, n in self.failures)
        if self.stopped:
            told += f" After {_IN_A_ROW} failures in a row no more was sent."
        if self.p50_ms.known:
            told += (
                f" Latency as seen from here: p50 {self.p50_ms.value:,.4g} ms, p99 "
                f"{self.p99_ms.value:,.4g} ms (n = {self.p50_ms.n:,})."
            )
        return told


def rehearse(
    client: Any,
    plan: Plan,
    step: Rehearsal,
    opened: Opened,
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Rehearsed:
    """Send captured requests of a test to the plan's green endpoint and compare the answers.

    ``client`` is a boto3 client of ``sagemaker-runtime``; ``clock`` gives seconds.

    Raises
    ------
    NotDone
        When the endpoint is none that the plan starts, or no captured request can be sent again.
        Nothing was sent.
    """
    hold_to(plan, step)
    requests = captured_requests(opened, step.requests)
    if not requests:
        raise NotDone(
            f"No captured request of {opened.test.name} can be sent again: none has a content type "
            "and an answer of production that can be read."
        )
    outcomes: list[str] = []
    took: list[float] = []
    failures: dict[str, int] = {}
    stopped = False
    same = _Same(opened)
    for request in requests:
        began = clock()
        try:
            answer = _answer(client, step.target, request)
        except _Failed as failure:
            outcomes.append("failed")
            failures[str(failure)] = failures.get(str(failure), 0) + 1
            stopped = outcomes[-_IN_A_ROW:] == ["failed"] * _IN_A_ROW
            if stopped:
                break
            continue
        took.append(1000 * (clock() - began))
        outcomes.append(same.outcome(request.answered, answer))
    agreed = outcomes.count("agreed")
    confidence = opened.policy.confidence
    times = np.sort(np.asarray(took, dtype=np.float64))
    return Rehearsed(
        target=step.target,
        sent=len(outcomes),
        agreed=agreed,
        differed=outcomes.count("differed"),
        unreadable=outcomes.count("unreadable"),
        failed=outcomes.count("failed"),
        failures=tuple(failures.items()),
        agreement=share(agreed, len(outcomes), confidence=confidence),
        p50_ms=_quantile(times, 0.5, confidence),
        p99_ms=_quantile(times, 0.99, confidence),
        least=step.least,
        stopped=stopped,
    )


def hold_to(plan: Plan, step: Rehearsal) -> None:
    """Raise ``NotDone`` unless the step is the plan's and its endpoint is one the plan starts."""
    started = {
        call.parameters["EndpointName"]
        for call in plan.calls
        if (call.service, call.operation) == ("sagemaker", "CreateEndpoint")
    }
    if step not in plan.steps or step.target not in started - {plan.target}:
        raise NotDone(
            f"{step.target} is no endpoint that this plan starts; nothing was sent to it."
        )


class _Failed(Exception):
    """There is no answer; the text says why, without what differs from request to request."""


def _answer(client: Any, endpoint: str, request: CapturedRequest) -> Side:
    """What the endpoint answers, as a capture would hold it."""
    from botocore.exceptions import BotoCoreError, ClientError

    asked = {"EndpointName": endpoint, "Body": request.body, "ContentType": request.content_type}
    if request.accept:
        asked["Accept"] = request.accept
    try:
        found = client.invoke_endpoint(**asked)
        body = found["Body"].read()
    except ClientError as error:
        told = error.response.get("Error") or {}
        status = error.response.get("OriginalStatusCode")
        raise _Failed(
            f"{told.get('Code') or 'unknown'}{f' (the model answered {status})' if status else ''}"
        ) from error
    except BotoCoreError as error:
        raise _Failed(type(error).__name__) from error
    return Side(base64.b64encode(body).decode(), "BASE64", found.get("ContentType") or "")


class _Same:
    """Whether two answers are the same, by the rule that the test itself is compared by."""

    def __init__(self, opened: Opened) -> None:
        self._reading = opened.shadow_reading
        self._kind = opened.reading.kind
        self._threshold = opened.test.prediction.threshold
        self._tolerance = opened.policy.tolerance
        self._rules: Rules = opened.rules or rules_of(
            opened.test, self._kind, opened.policy.tolerance
        )
        self._ignore = fields.ignoring(self._rules.ignore)

    def outcome(self, production: Sequence[Row], answer: Side) -> str:
        """``agreed``, ``differed`` or ``unreadable``: of several rows, all have to agree."""
        rows = rows_of(self._reading, None, decode(answer))
        if not readable(rows, self._reading):
            return "unreadable"
        if len(rows) != len(production):
            return "differed"
        pairs = zip(production, rows, strict=True)
        return "agreed" if all(self._agree(mine, theirs) for mine, theirs in pairs) else "differed"

    def _agree(self, production: Row, shadow: Row) -> bool:
        if production.answer is not None and shadow.answer is not None:
            found = structured.compare(production.answer, shadow.answer, self._rules, self._ignore)
            return found is not None and found.agreed
        if self._kind == "regression":
            return fields.same_value(production.score, shadow.score, self._tolerance)
        return self._label(production) == self._label(shadow) is not None

    def _label(self, row: Row) -> str | None:
        if row.label is None and row.score is not None and self._kind == "binary":
            return "1" if row.score >= self._threshold else "0"
        return row.label


def _quantile(times: NDArray[np.float64], p: float, confidence: float) -> Estimate:
    """A quantile with the order statistics around it; an end that n cannot bound is infinite."""
    n = len(times)
    if not n:
        return no_estimate("ms")
    low, high = order_statistic_ranks(n, p, confidence=confidence)
    return Estimate(
        value=float(np.quantile(times, p, method="inverted_cdf")),
        low=float(times[low - 1]) if low >= 1 else -math.inf,
        high=float(times[high - 1]) if high <= n else math.inf,
        n=n,
        unit="ms",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
