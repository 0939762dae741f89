"""What is the next step of a plan that was begun, is it its time, and what came of it?

A step is claimed by a record before it is taken. One that was begun and has no result, because a
process ended or an answer was lost, is looked at in AWS first, and only taken again where it did
not take effect. What is written down is what was seen.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from actions.asking import passes, send
from actions.effects import effect
from actions.fingerprints import fingerprint
from actions.ledger import is_over
from actions.records import Record
from actions.settling import settled
from actions.standings import of
from actions.steps import Call, Rehearsal, Wait
from queries import aws as account
from queries.errors import AwsError, SourceError, UnderstudyError

if TYPE_CHECKING:
    from actions.effects import Effect
    from actions.fingerprints import Clients
    from actions.ledger import Ledger
    from actions.records import Chain, Intent, Stage
    from actions.rehearsal import Rehearsed
    from actions.standings import Standing
    from actions.steps import Plan

Rehearse = Callable[["Plan", Rehearsal], "Rehearsed"]
"""Sends what a rehearsal sends, and compares the answers: ``actions.rehearsal.rehearse``."""

Tell = Callable[[Record, "Intent"], None]
"""Is told when a plan is asked for or begun, and what came of it, once each."""

# More than all tries of one request take. A step that another machine began is left alone so long.
_CUT_OFF = timedelta(minutes=10)
# A step that AWS is too busy for is tried again with growing pauses, but not for ever.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 5.0, 60.0
_GIVE_UP = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hands:
    """With what a plan is carried out; with ``act`` False AWS is only looked at."""

    ledger: Ledger
    client_of: Clients
    rehearse: Rehearse | None = None
    tell: Tell | None = None
    act: bool = True

    def announce(self, record: Record, intent: Intent) -> None:
        """Tell of a record of a plan as a whole; whoever is told cannot make the plan fail."""
        if self.tell is not None:
            with suppress(Exception):
                self.tell(record, intent)


def take(change: str, target: str, hands: Hands) -> str:
    """Take every step whose time has come; "", or a sentence about what is waited for.

    Raises
    ------
    NotDone
        When the audit is broken or cannot be written.
    SourceError
        When the audit cannot be read, or what AWS took could not be written down.
    """
    waiting = ""
    while not waiting:
        found = of(hands.ledger.read(target), change)
        if found is None or found.state != "unfinished":
            break
        step = None if found.step == len(found.plan.steps) else found.plan.steps[found.step]
        if found.failed is not None:
            _end(found, hands, "failed", found.failed.text)
        elif step is None:
            _end(found, hands, "done", found.records[-1].text)
        elif isinstance(step, Call):
            waiting = _call(step, found, hands)
        elif isinstance(step, Wait):
            waiting = _wait(step, found, hands)
        else:
            waiting = _rehearsal(step, found, hands)
    return waiting


def _call(call: Call, found: Standing, hands: Hands) -> str:
    last = found.attempts[-1] if found.attempts else None
    if last is not None:
        if _going_on(last):
            return f"{call.operation} is being asked for since {last.at:%H:%M:%S} UTC."
        seen, told = _seen(call, found, hands)
        if seen is None:
            return told
        if seen != "did not":
            return _write(found, hands, "found" if seen == "took effect" else "failed", told)
        if last.stage == "begun":
            return _write(found, hands, "unclear", told)
    if not hands.act:
        return f"Next: {call.purpose}"
    if last is not None:
        rest = _rest(found)
        if rest is None:
            return _write(found, hands, "failed", f"Given up after an hour. {last.text}")
        if rest > timedelta(0):
            return f"{last.text} It is tried again in {rest.total_seconds():.0f} s."
    return _ask(call, found, hands)


def _ask(call: Call, found: Standing, hands: Hands) -> str:
    """Claim the step, look whether all is as planned, send it, and write down what came of it."""
    from botocore.exceptions import BotoCoreError, ClientError

    text = f"{call.service}:{call.operation}. {call.purpose}"
    try:
        mark = fingerprint(found.plan, hands.client_of) if found.plan.fingerprint else ""
    except SourceError as error:
        return str(error)
    if mark != found.plan.fingerprint and not found.touched:
        told = f"{found.plan.target} was changed by somebody else since this was planned"
        return _write(found, hands, "failed", f"{told}, so {call.operation} was not asked for.")
    begun = _claimed(found, hands, text, mark)
    if begun is None:
        return "Another goes on with it at this moment."
    try:
        request_id = send(call, hands.client_of(call.service))
    except (BotoCoreError, ClientError, AwsError) as error:
        return _not_answered(call, error, begun, hands)
    told = f"AWS took {call.operation}."
    try:
        return _write(begun, hands, "done", told, request_id)
    except UnderstudyError as error:
        raise SourceError(
            f"{told} That could not be written down (request id {request_id}): {error} It is "
            "looked at and written down the next time."
        ) from error


def _not_answered(call: Call, error: Exception, begun: Standing, hands: Hands) -> str:
    refused = error if isinstance(error, AwsError) else account.explain(error, call=call.operation)
    seen, told = _seen(call, begun, hands)
    request_id = refused.request_id or ""
    if seen == "took effect":
        return _write(begun, hands, "found", told, request_id)
    if seen is None or (seen == "did not" and passes(error)):
        _write(begun, hands, "unclear", str(refused), request_id)
        return str(refused)
    text = str(refused) if seen == "did not" else f"{refused} {told}"
    return _write(begun, hands, "failed", text, request_id)


def _seen(call: Call, found: Standing, hands: Hands) -> tuple[Effect | None, str]:
    """Whether a call took effect, as the live state shows, and a sentence; None: not to be seen."""
    begun = next(each for each in reversed(found.attempts) if each.stage == "begun")
    plan = found.plan
    try:
        mark = fingerprint(plan, hands.client_of) if begun.fingerprint else ""
        seen = effect(call, hands.client_of, untouched=mark == begun.fingerprint)
        if seen == "took effect":
            return seen, f"{call.operation} took effect: what it asked for is so."
        if seen == "did not":
            return seen, f"{call.operation} did not take effect."
        waits = (s for s in plan.steps[found.step :] if isinstance(s, Wait))
        wait = next((each for each in waits if each.target == plan.target), None)
        told = settled(plan, wait, begun.at, hands.client_of).sentence if wait else ""
    except SourceError as error:
        return None, str(error)
    since = f"Whether {call.operation} took effect cannot be told: {plan.target} changed since."
    return seen, f"{since} {told}".strip()


def _wait(wait: Wait, found: Standing, hands: Hands) -> str:
    began = next(each.at for each in reversed(found.records) if each.stage == "begun")
    try:
        seen = settled(found.plan, wait, began, hands.client_of)
    except SourceError as error:
        return str(error)
    if seen.state == "going on":
        return seen.sentence
    stage: Stage = "done" if seen.state == "so" else "failed"
    _append(found, hands, found.step, stage, seen.sentence, config=seen.config)
    return ""


def _rehearsal(step: Rehearsal, found: Standing, hands: Hands) -> str:
    if found.attempts and _going_on(found.attempts[-1]):
        return f"{step.target} is being rehearsed since {found.attempts[-1].at:%H:%M:%S} UTC."
    if hands.rehearse is None or not hands.act:
        return f"Next: {step.purpose}"
    begun = _claimed(found, hands, step.purpose)
    if begun is None:
        return "Another rehearses it at this moment."
    try:
        rehearsed = hands.rehearse(found.plan, step)
    except UnderstudyError as error:
        _write(begun, hands, "unclear", str(error))
        return str(error)
    stage: Stage = "done" if rehearsed.passed else "failed"
    return _write(begun, hands, stage, rehearsed.sentence)


def _going_on(last: Record) -> bool:
    """Whether who claimed a step may still be at it."""
    young = datetime.now(UTC) - last.at < _CUT_OFF
    return last.stage == "begun" and young and not is_over(last.process)


def _rest(found: Standing) -> timedelta | None:
    """How long until a step may be tried again; None when it has been tried for long enough."""
    begun = [each for each in found.attempts if each.stage == "begun"]
    if found.attempts[-1].at - begun[0].at > _GIVE_UP:
        return None
    growing = _FIRST_PAUSE_S * 2.0 ** (len(begun) - 1)
    pause = timedelta(seconds=min(growing, _LONGEST_PAUSE_S))
    return found.attempts[-1].at + pause - datetime.now(UTC)


def _claimed(found: Standing, hands: Hands, text: str, mark: str = "") -> Standing | None:
    """The change with the step begun by us; None where another was faster."""
    wrote = _append(found, hands, found.step, "begun", text, mark=mark)
    return None if wrote is None else replace(found, records=(*found.records, wrote))


def _write(found: Standing, hands: Hands, stage: Stage, text: str, request_id: str = "") -> str:
    """Write down what came of a step, unless another has done so; nothing is waited for then."""
    _append(found, hands, found.step, stage, text, request_id)
    return ""


def _end(found: Standing, hands: Hands, stage: Stage, text: str) -> None:
    wrote = _append(found, hands, None, stage, text)
    if wrote is not None:
        hands.announce(wrote, found.intent)


def _append(
    found: Standing,
    hands: Hands,
    step: int | None,
    stage: Stage,
    text: str,
    request_id: str = "",
    *,
    mark: str = "",
    config: str = "",
) -> Record | None:
    """Write a record if the change is still as it was looked at, so that it is written once."""
    plan = found.plan

    def draft(chain: Chain) -> Record | None:
        now = of(chain, found.change)
        if now is None or now.records[-1].number != found.records[-1].number:
            return None
        return Record(
            *(plan.target, plan.action, found.change, stage, text, step, request_id, mark, config)
        )

    return hands.ledger.append(plan.target, draft)
