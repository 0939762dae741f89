"""Who is told of a change, in which words? A topic and a webhook, as ``[notify]`` says.

Of each change it is told that it is asked for or begun, and what came of it. Slack's form is that
of https://api.slack.com/reference/block-kit/blocks, with plain texts only: what people typed can
neither format, nor link, nor call on anyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from actions.records import line, sum_of
from actions.sending import Outbox, to_topic, to_webhook

if TYPE_CHECKING:
    from actions.records import Intent, Record, Stage
    from actions.steps import Action
    from queries.config import Aws, Config
    from queries.config_actions import Notify

_WHAT: Mapping[Action, str] = {
    "promote": "the promotion",
    "rollback": "the rollback",
    "abort": "the abort of an update",
    "repair": "the repair",
    "complete_experiment": "the completion of its shadow test",
    "cancel_experiment": "the cancellation of its shadow test",
    "resample": "the change of its shadow's share",
    "extend_experiment": "the extension of its shadow test",
    "start_shadow": "the start of a shadow test",
    "blue_green": "the blue/green promotion",
    "remove_green": "the removal of its green endpoint",
    "remove_alarms": "the removal of alarms of an update",
    "shift_weights": "the shift of traffic",
    "promote_alias": "the promotion",
    "promote_stage": "the promotion",
    "stop_training": "the stop of the training",
    "publish": "the publication of its comparison",
}
_CAME: Mapping[Stage, str] = {
    "asked": "needs a second person",
    "begun": "has begun",
    "done": "is done",
    "found": "is done",
    "failed": "has failed",
    "unclear": "is unclear",
}
_LONGEST_SUBJECT, _LONGEST_HEADER, _LONGEST_TEXT = 100, 150, 3_000
_LONGEST_FACT = 500  # escaped it may be five times as long, and must be less than a text


@dataclass(frozen=True, slots=True)
class Message:
    """What is told: a headline, facts as (name, text), and the address of the history or ""."""

    headline: str
    facts: tuple[tuple[str, str], ...]
    link: str
    attributes: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """All of it, a line each."""
        facts = [f"{name}: {said}" for name, said in self.facts]
        return "\n".join([self.headline, "", *facts, *([self.link] if self.link else [])])


OUTBOX = Outbox()
"""That of the process: what one session could not send is seen by the next, too."""


def notifier(config: Config) -> Notifier:
    """Whoever tells what the configuration says is to be told."""
    tests = {test.endpoint or test.name: test.name for test in config.tests}
    return Notifier(config.notify, config.aws, link=config.actions.link or "", tests=tests)


class Notifier:
    """Tells of the records of changes: called as ``actions.stepping.Tell``.

    A call returns at once; what could not be sent is among the outbox's ``problems``. ``tests``
    are the names of tests by endpoint, ``link`` the address under which others reach the page.
    """

    def __init__(
        self,
        notify: Notify,
        aws: Aws,
        *,
        link: str,
        tests: Mapping[str, str],
        outbox: Outbox = OUTBOX,
    ) -> None:
        self.outbox = outbox
        self._notify = notify
        self._aws = aws
        self._link = link
        self._tests = tests

    def __call__(self, record: Record, intent: Intent) -> None:
        """Tell of a record, in threads of its own."""
        notify, aws = self._notify, self._aws
        found = message(record, intent, link=self.history(record.target))
        if notify.topic_arn is not None:
            topic, subject = notify.topic_arn, _subject(found.headline)
            self.outbox.send(
                f"the topic {topic}",
                lambda: to_topic(aws, topic, subject, found.text, dict(found.attributes)),
            )
        if notify.webhook is not None:
            name = notify.webhook
            self.outbox.send(
                f"the webhook of {name}", lambda: to_webhook(name, slack_document(found))
            )

    def history(self, target: str) -> str:
        """The address of the history of a target, "" where that is not known."""
        if not self._link:
            return ""
        asked = {"test": self._tests[target]} if target in self._tests else {}
        query = f"?{urlencode(asked, quote_via=quote)}" if asked else ""
        return f"{self._link.rstrip('/')}/history{query}"


def message(record: Record, intent: Intent, *, link: str = "") -> Message:
    """What is told of a record: who, what, why, where, on which evidence, and what came of it."""
    plan = intent.plan
    unknown = intent.known_by in ("", intent.person)
    facts = (
        ("Who", intent.person if unknown else f"{intent.person} ({intent.known_by})"),
        ("Asked for by", intent.asked_by),
        ("Why", intent.reason),
        ("Target", record.target),
        ("From config", plan.previous),
        ("To config", plan.config_name),
        ("Verdict", intent.verdict),
        ("Outcome", record.text),
        ("Change", record.change),
        ("Head of the audit", sum_of(line(record))),
    )
    return Message(
        headline=_one_line(f"{record.target}: {_WHAT[plan.action]} {_CAME[record.stage]}"),
        facts=tuple((name, _one_line(said)) for name, said in facts if said),
        link=link,
        attributes=(
            ("action", record.action),
            ("stage", record.stage),
            ("target", record.target),
        ),
    )


def slack_document(told: Message) -> dict[str, Any]:
    """A message in the form of Slack's webhooks."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(_escaped(told.headline[:_LONGEST_HEADER]))}
    ]
    texts = [""]
    for name, said in told.facts:
        fact = _escaped(f"{name}: {said}")
        if len(texts[-1]) + len(fact) >= _LONGEST_TEXT:
            texts.append("")
        texts[-1] += f"\n{fact}" if texts[-1] else fact
    blocks += [{"type": "section", "text": _plain(text)} for text in texts]
    if told.link:
        button = {"type": "button", "text": _plain("Open the history"), "url": told.link}
        blocks.append({"type": "actions", "elements": [button]})
    # what stands in a notification on a phone; Slack would read it as its own markup
    return {"text": _escaped(told.headline), "blocks": blocks}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _escaped(text: str) -> str:
    """As https://api.slack.com/reference/surfaces/formatting#escaping asks for."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _one_line(text: str) -> str:
    """Text as one line of visible signs, cut where it is very long."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return shown if len(shown) <= _LONGEST_FACT else f"{shown[: _LONGEST_FACT - 1]}…"


def _subject(headline: str) -> str:
    """SNS takes up to 100 signs of ASCII."""
    return headline.encode("ascii", errors="replace").decode()[:_LONGEST_SUBJECT]
