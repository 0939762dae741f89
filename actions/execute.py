"""How is a plan carried out: once, by one who may, against the state it was made from?

A plan is claimed by its first record, and each step by a record of its own before AWS is asked.
Nothing waits here: ``advance`` is called again and again, by whoever looks, and takes the next step
once the one before is through; so it goes on after a restart, and beside a second viewer.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from actions import hours, people, strict
from actions.fingerprints import fingerprint, name_of
from actions.ledger import sound
from actions.records import Intent, Record, masked
from actions.standings import Standing, of, standings, unfinished
from actions.stepping import Hands, take
from queries.errors import NotDone

if TYPE_CHECKING:
    from collections.abc import Callable

    from actions.fingerprints import Clients
    from actions.ledger import Ledger
    from actions.people import Person
    from actions.records import Chain
    from actions.standings import State
    from actions.stepping import Rehearse, Tell
    from actions.steps import Plan
    from queries.config import Config

_LONGEST_REASON = 1024


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far a plan has come: ``sentence`` says what is so, or waited for, or went wrong.

    ``head`` is the SHA-256 of the newest record, which no record vouches for: send it elsewhere.
    """

    change: str
    target: str
    state: State
    sentence: str
    requests: tuple[str, ...]
    head: str


def execute(
    plan: Plan,
    *,
    ledger: Ledger,
    config: Config,
    client_of: Clients,
    person: Person,
    reason: str,
    typed: str,
    evidence: bytes | None = None,
    verdict: str = "",
    change: str = "",
    approves: str = "",
    rehearse: Rehearse | None = None,
    tell: Tell | None = None,
    now: datetime | None = None,
) -> Receipt:
    """Carry out a plan as far as it goes without waiting.

    Parameters
    ----------
    client_of
        Clients that sign as the role that acts; each is asked for once.
    typed
        The target's name, as the person typed it.
    evidence, verdict
        The report that the decision rests on, as it is to be kept, and what it says in a sentence.
    change
        The mark of all its records, where the clients were made for it; else one is made up.
    approves
        The change that another person asked for and this one lets through, "" where that is not
        asked for.
    rehearse, tell
        See ``actions.stepping``.

    Raises
    ------
    NotDone
        When it is not allowed or not confirmed, AWS would refuse a request, the target is no longer
        as it was, another change of it goes on, or the audit cannot be written. AWS was not asked.
    SourceError
        When the audit or the target cannot be read, or what AWS took could not be written down.
    """
    moment = now or datetime.now(UTC)
    chain = sound(ledger.read(plan.target))
    asked = _asked(chain, plan, approves)
    asked_by = asked.intent.person if asked is not None else ""
    refused = people.may(person, plan.action, config, moment)
    if refused is None and people.needs_another(plan.action, config.actions):
        if not asked_by:
            refused = "Two people are asked for here: what one requests, another approves."
        else:
            refused = people.may_approve(person, plan.action, config, moment, asked_by=asked_by)
    if refused is None and plan.action not in people.AT_ONCE:
        refused = hours.closed(config.actions, moment)
    if refused is not None:
        raise NotDone(refused)
    _refuse_a_second(plan, chain)  # and again when it is claimed
    client_of = cache(client_of)
    _unchanged(plan, client_of)
    intent = _intent(plan, ledger, config, person, reason, typed, evidence, verdict, asked)
    change = approves or change or uuid.uuid4().hex

    def claim(chain: Chain) -> Record:
        _refuse_a_second(plan, chain)
        _asked(chain, plan, approves)
        return Record(plan.target, plan.action, change, "begun", _told(plan), intent=intent)

    begun = ledger.append(plan.target, claim)
    hands = Hands(ledger, client_of, rehearse, tell)
    hands.announce(begun, intent)
    return _onward(change, plan.target, hands)


def request(
    plan: Plan,
    *,
    ledger: Ledger,
    config: Config,
    client_of: Clients,
    person: Person,
    reason: str,
    typed: str,
    evidence: bytes | None = None,
    verdict: str = "",
    tell: Tell | None = None,
    now: datetime | None = None,
) -> Receipt:
    """Ask a second person to let a plan through; ``execute`` with ``approves`` does. As there.

    Raises
    ------
    NotDone, SourceError
        As ``execute``.
    """
    refused = people.may(person, plan.action, config, now or datetime.now(UTC))
    if refused is not None:
        raise NotDone(refused)
    _unchanged(plan, client_of)
    intent = _intent(plan, ledger, config, person, reason, typed, evidence, verdict, None)
    change = uuid.uuid4().hex
    text = f"{person.name} asks for a second person to let this through."
    wanted = Record(plan.target, plan.action, change, "asked", text, intent=intent)

    def ask(chain: Chain) -> Record:
        _refuse_a_second(plan, chain)
        return wanted

    asked = ledger.append(plan.target, ask)
    Hands(ledger, client_of, None, tell).announce(asked, intent)
    return receipt(ledger.read(plan.target), change)


def advance(
    target: str,
    *,
    ledger: Ledger,
    acting: Callable[[Standing], Clients],
    rehearse: Rehearse | None = None,
    tell: Tell | None = None,
    act: bool = True,
) -> tuple[Receipt, ...]:
    """Take what steps can be taken of every change of a target that goes on; how far each is.

    It asks not again who may: that was looked at when the change was begun, and who calls this with
    ``act`` has to be one who may. With ``act`` False nothing is asked of AWS but how things are,
    which is written down. ``acting`` gives clients for a change.

    Raises
    ------
    NotDone
        When the audit is broken or cannot be written.
    SourceError
        When the audit cannot be read, or what AWS took could not be written down.
    """
    return tuple(
        _onward(each.change, target, Hands(ledger, cache(acting(each)), rehearse, tell, act))
        for each in unfinished(sound(ledger.read(target)))
    )


def give_up(
    target: str, change: str, *, ledger: Ledger, person: Person, config: Config, reason: str
) -> Receipt:
    """End a change between two of its steps, or decline it; what was done of it stays as it is.

    Raises
    ------
    NotDone
        When the person may not, it is over, or a step of it is being taken.
    """
    why = _reason(reason)

    def end(chain: Chain) -> Record:
        found = of(chain, change)
        if found is None or found.state not in ("asked", "unfinished"):
            raise NotDone("That change is over already; look again at what came of it.")
        refused = people.may(person, found.plan.action, config, datetime.now(UTC))
        if refused is not None:
            raise NotDone(refused)
        if found.attempts and found.attempts[-1].stage == "begun":
            raise NotDone("A step of it is being taken; wait until it is known what comes of it.")
        left = len(found.plan.steps) - found.step
        told = "declined it" if found.state == "asked" else f"ended it with {left} steps to come"
        text = f"{person.name} {told}: {why}"
        return Record(target, found.plan.action, change, "failed", text)

    ledger.append(target, end)
    return receipt(ledger.read(target), change)


def receipt(chain: Chain, change: str) -> Receipt:
    """How far a change has come, by its records.

    Raises
    ------
    LookupError
        When the chain has none of that name.
    """
    found = of(chain, change)
    if found is None:
        raise LookupError(change)
    sentence = next((r.text for r in reversed(found.records) if r.text), "")
    return Receipt(change, chain.target, found.state, sentence, found.requests, chain.head)


def _onward(change: str, target: str, hands: Hands) -> Receipt:
    waiting = take(change, target, hands)
    found = receipt(hands.ledger.read(target), change)
    return replace(found, sentence=waiting) if waiting and found.state == "unfinished" else found


def _intent(
    plan: Plan,
    ledger: Ledger,
    config: Config,
    person: Person,
    reason: str,
    typed: str,
    evidence: bytes | None,
    verdict: str,
    asked: Standing | None,
) -> Intent:
    why = _reason(reason)
    if plan.action != "abort" and typed.strip() != name_of(plan):
        raise NotDone(f"Type the name, {name_of(plan)}, to confirm.")
    wrong = [
        fault
        for call in plan.calls
        for fault in strict.faults(call.service, call.operation, call.parameters)
    ]
    if wrong:
        raise NotDone(f"AWS would refuse this, so nothing was asked of it: {' '.join(wrong)}")
    written = masked(plan)
    if written.steps != plan.steps:
        raise NotDone(
            "A request holds values of a container's environment, which are not written down; it "
            "could not be resumed, so it is not begun."
        )
    kept = asked.intent.evidence if asked is not None else ""
    return Intent(
        person=person.name,
        known_by=person.known_by,
        signed_in=person.signed_in_at.isoformat() if person.signed_in_at else "",
        reason=why,
        role=config.actions.role_arn or config.aws.role_arn or "the one that reads",
        plan=written,
        evidence=ledger.keep(plan.target, evidence) if evidence else kept,
        asked_by=asked.intent.person if asked is not None else "",
        verdict=verdict or (asked.intent.verdict if asked is not None else ""),
    )


def _reason(reason: str) -> str:
    why = " ".join(reason.split())
    if not why:
        raise NotDone("Say why: the reason is kept.")
    if len(why) > _LONGEST_REASON:
        raise NotDone(f"The reason is longer than {_LONGEST_REASON:,} characters.")
    return why


def _asked(chain: Chain, plan: Plan, approves: str) -> Standing | None:
    """What is approved, None where nothing is.

    Raises
    ------
    NotDone
        When it is not asked for any more, or was another plan.
    """
    if not approves:
        return None
    found = of(chain, approves)
    if found is None or found.state != "asked":
        raise NotDone("What is approved here is not asked for any more; look again.")
    if (found.plan.steps, found.plan.fingerprint) != (plan.steps, plan.fingerprint):
        raise NotDone("What was asked for is another plan than this one; look again.")
    return found


def _unchanged(plan: Plan, client_of: Clients) -> None:
    if plan.fingerprint and fingerprint(plan, client_of) != plan.fingerprint:
        raise NotDone(
            f"{name_of(plan)} is no longer as it was when this was planned: look again at what "
            "runs, and plan anew."
        )


def _refuse_a_second(plan: Plan, chain: Chain) -> None:
    """Of two changes of a target one goes on; beside it, it alone may be aborted, and once."""
    going = next((each for each in unfinished(chain) if each.plan.action != "abort"), None)
    if plan.action == "abort":
        if going is None:
            raise NotDone(f"Nothing goes on at {name_of(plan)} that could be aborted.")
        since = going.records[0].number
        aborts = [each for each in standings(chain) if each.plan.action == "abort"]
        if any(each.records[0].number > since and each.state != "failed" for each in aborts):
            raise NotDone("Somebody has aborted this already; look at what comes of it.")
    elif going is not None:
        begun = next(each for each in going.records if each.stage == "begun")
        raise NotDone(
            f"{going.intent.person} began to {going.plan.action.replace('_', ' ')} this at "
            f"{begun.time[:19].replace('T', ' ')} UTC (record {begun.number} of the audit), and it "
            "goes on; look at what comes of it."
        )


def _told(plan: Plan) -> str:
    asks = ", ".join(f"{call.service}:{call.operation}" for call in plan.calls)
    return f"{len(plan.steps)} steps: {asks}."
