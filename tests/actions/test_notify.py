"""Whoever is to know of a change is told all of it, and a message that fails holds up nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from actions import notify
from actions.notify import Notifier, message, slack_document
from actions.records import Intent, Record, line, sum_of
from actions.sending import Outbox, to_webhook
from actions.steps import Plan
from demo.deployments import LAUNCH_S, TERMINATE_S
from demo.standin import StandIn
from demo.topics import MOST_BYTES, TOPIC, Topics
from demo.wire import application
from queries.config import Actions, Aws, Config, Notify, Test
from queries.errors import ConfigError, SourceError
from tests.actions.acting_on import desk
from tests.actions.cloud import Cloud

PLAN = Plan(
    action="promote",
    target="fraud-scores",
    fingerprint="f" * 64,
    steps=(),
    now={},
    after={},
    config_name="fraud-scores-2",
    previous="fraud-scores-1",
)
INTENT = Intent(
    person="ann@example.com",
    known_by="sign-in",
    signed_in="2026-11-25T12:00:00+00:00",
    reason="99 % agree,\n<!channel> see [the report](https://evil.example) & *go*",
    role="",
    plan=PLAN,
    verdict="Promote: nothing speaks against it.",
    asked_by="bob@example.com",
)
RECORD = Record(
    "fraud-scores", "promote", "c0ffee", "done", "fraud-scores-2 is in force.", number=9
)


class Hook:
    """A webhook on this machine: what it was sent, and how it answers."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.status = 200
        self.location = ""
        self.opened = threading.Event()
        self.opened.set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                hook.opened.wait(10)
                body = self.rfile.read(int(self.headers["content-length"]))
                hook.sent.append(json.loads(body))
                self.send_response(hook.status)
                if hook.location:
                    self.send_header("location", hook.location)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            do_POST = do_GET = answer  # noqa: N815 # http.server's names

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/services/T0/secret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.opened.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    made = Hook()
    monkeypatch.setenv("A_WEBHOOK", made.url)
    yield made
    made.stop()


@pytest.fixture
def topics() -> Iterator[tuple[Topics, Aws]]:
    kept = Topics()
    server = StandIn(application(kept.operations()))
    yield kept, Aws(region="eu-central-1", endpoint_url=server.url)
    server.stop()


def telling(aws: Aws | None = None, **where: Any) -> Notifier:
    link, tests = "https://understudy.example/", {"fraud-scores": "fraud"}
    return Notifier(Notify(**where), aws or Aws(), link=link, tests=tests, outbox=Outbox())


def test_a_message_says_all_there_is_to_know() -> None:
    """Who, what, why, from where to where, on which verdict, with the head of the chain."""
    told = message(RECORD, INTENT, link="https://understudy.example/history?test=fraud").text
    assert told.startswith("fraud-scores: the promotion is done\n")
    for said in (
        "Who: ann@example.com (sign-in)",
        "Asked for by: bob@example.com",
        "From config: fraud-scores-1",
        "To config: fraud-scores-2",
        "Verdict: Promote: nothing speaks against it.",
        "Outcome: fraud-scores-2 is in force.",
        f"Head of the audit: {sum_of(line(RECORD))}",
        "https://understudy.example/history?test=fraud",
    ):
        assert said in told.split("\n")


@pytest.mark.parametrize("stage", ["asked", "begun", "done", "failed"])
@pytest.mark.parametrize("action", list(notify._WHAT))
def test_every_action_and_stage_has_words(action: Any, stage: Any) -> None:
    """No change is told of without saying which, and how far it is."""
    told = message(replace(RECORD, stage=stage), replace(INTENT, plan=replace(PLAN, action=action)))
    assert told.headline.startswith("fraud-scores: the ")


def test_a_fact_that_is_not_known_is_left_out() -> None:
    """Nothing is told with an empty text beside its name."""
    told = message(
        RECORD, replace(INTENT, asked_by="", verdict="", plan=replace(PLAN, previous=""))
    )
    names = [name for name, _ in told.facts]
    assert not {"Asked for by", "Verdict", "From config"} & set(names)
    assert all(said for _, said in told.facts)


def test_what_people_typed_is_no_markup() -> None:
    """In Slack's form no text can call on a channel, link or format: all of it is plain."""
    document = slack_document(message(RECORD, INTENT, link="https://u.example/history"))
    texts = [block["text"] for block in document["blocks"] if "text" in block]
    assert {each["type"] for each in texts} == {"plain_text"}
    written = json.dumps(document)
    assert "<!channel>" not in written
    assert "&lt;!channel&gt;" in written
    assert "&amp; *go*" in written
    (button,) = document["blocks"][-1]["elements"]
    assert button["url"] == "https://u.example/history"


def test_a_long_reason_fits() -> None:
    """Slack refuses a text above 3,000 signs; a reason has up to 1,024, and a name as many."""
    long = replace(INTENT, reason="x" * 1024, person="y" * 1024, verdict="&" * 1024)
    document = slack_document(message(replace(RECORD, text="z" * 4000), long))
    assert all(len(b["text"]["text"]) <= 3000 for b in document["blocks"] if b["type"] == "section")


def test_topic_and_webhook_are_both_told(hook: Hook, topics: tuple[Topics, Aws]) -> None:
    """One record, one message to each, over HTTP, with attributes to filter by."""
    kept, aws = topics
    tell = telling(aws, topic_arn=TOPIC, webhook="A_WEBHOOK")
    tell(RECORD, INTENT)
    assert tell.outbox.finish() == ()
    (published,) = kept.published
    assert published.subject == "fraud-scores: the promotion is done"
    assert published.attributes == {
        "action": "promote",
        "stage": "done",
        "target": "fraud-scores",
    }
    assert "https://understudy.example/history?test=fraud" in published.message
    (sent,) = hook.sent
    assert sent["text"] == "fraud-scores: the promotion is done"


def test_a_slow_webhook_holds_up_nothing(hook: Hook) -> None:
    """Telling returns while the webhook has not answered; what takes too long is told of once."""
    hook.opened.clear()
    tell = telling(webhook="A_WEBHOOK")
    tell.outbox = Outbox(limit_s=0.05)
    tell(RECORD, INTENT)
    assert hook.sent == []
    time.sleep(0.1)
    (problem,) = tell.outbox.problems
    assert problem.sentence == (
        "No message went to the webhook of A_WEBHOOK: there was no answer within 0.05 s."
    )
    hook.opened.set()
    assert len(tell.outbox.finish()) == 1


@pytest.mark.parametrize(
    ("name", "address", "words"),
    [
        ("NOT_THERE", "", "there is no address under NOT_THERE"),
        ("PLAIN", "http://hooks.example/secret", "no address that begins with https://"),
        ("A_FILE", "file:///etc/passwd", "no address that begins with https://"),
        ("NO_HOST", "https:///secret", "no address that begins with https://"),
        ("ODD", "https://[secret", "no address that begins with https://"),
        ("CLOSED", "http://127.0.0.1:9/secret", "it could not be reached"),
    ],
)
def test_what_is_no_webhook_is_a_sentence_without_it(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str, words: str
) -> None:
    """An address is a secret: the sentence names where it is kept, never the address."""
    if address:
        monkeypatch.setenv(name, address)
    tell = telling(webhook=name)
    tell(RECORD, INTENT)
    (problem,) = tell.outbox.finish()
    assert words in problem.sentence
    assert problem.sentence.startswith(f"No message went to the webhook of {name}: ")
    assert "secret " not in problem.sentence.replace("secrets.toml", "")
    assert "hooks.example" not in problem.sentence


def test_a_redirect_is_not_followed(hook: Hook) -> None:
    """What is told to one host is told to no other."""
    other = Hook()
    for status in (301, 302, 303, 307, 308):
        hook.status, hook.location = status, other.url
        with pytest.raises(SourceError, match=rf"{status}; redirects are not followed"):
            to_webhook("A_WEBHOOK", {"text": "x"})
    assert other.sent == []
    other.stop()


def test_the_address_may_lie_in_streamlit_s_secrets(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the environment says nothing, .streamlit/secrets.toml does."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError):
        to_webhook("IN_A_FILE", {"text": "x"})
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(f'IN_A_FILE = "{hook.url}"\n')
    to_webhook("IN_A_FILE", {"text": "x"})
    assert hook.sent == [{"text": "x"}]


def test_a_topic_that_is_not_there_is_a_sentence(topics: tuple[Topics, Aws]) -> None:
    """What SNS answers is told, and nothing is published."""
    kept, aws = topics
    tell = telling(aws, topic_arn=f"{TOPIC}-other")
    tell(RECORD, INTENT)
    (problem,) = tell.outbox.finish()
    assert "AWS answered Publish with NotFound: Topic does not exist" in problem.sentence
    assert kept.published == []


def test_the_largest_message_fits_a_topic() -> None:
    """SNS takes 256 KiB; facts are cut long before."""
    long = replace(INTENT, reason="ü" * 10**6)
    assert len(message(RECORD, long).text.encode()) < MOST_BYTES / 10


def test_too_many_at_once_are_not_sent() -> None:
    """A flood makes problems, not threads without end."""
    held, outbox = threading.Event(), Outbox()
    block: Callable[[], None] = lambda: held.wait(10) and None  # noqa: E731
    for _ in range(40):
        outbox.send("the webhook of X", block)
    assert len(outbox.problems) == 8
    assert "32 messages wait to be sent already" in outbox.problems[0].sentence
    held.set()
    outbox.finish()


def test_what_one_session_could_not_send_another_sees() -> None:
    """There is one outbox in a process, and the link names the test that is at the endpoint."""
    test = Test(name="fraud", captures="/c", endpoint="fraud-scores")
    config = Config(tests=(test,), actions=Actions(link="https://u.example"))
    one, other = notify.notifier(config), notify.notifier(replace(config, actions=Actions()))
    assert one.outbox is other.outbox is notify.OUTBOX
    assert one.history("fraud-scores") == "https://u.example/history?test=fraud"
    assert one.history("unknown") == "https://u.example/history"
    assert other.history("fraud-scores") == ""


def test_a_change_is_told_of_from_its_beginning_to_its_end(cloud: Cloud, tmp_path: Path) -> None:
    """Once each, with the head of the audit as it was then; the last is the head as it is."""
    at = desk(cloud, tmp_path)
    tell = telling(cloud.aws, topic_arn=TOPIC)
    plan = at.plan()
    at.execute(plan, verdict="Promote.", tell=tell)
    cloud.clock.skip(LAUNCH_S + TERMINATE_S + 60)
    at.advance(tell=tell)
    assert tell.outbox.finish() == ()
    told = sorted(cloud.topics.published, key=lambda each: each.attributes["stage"])
    assert [each.subject for each in told] == [
        "fraud-scores: the promotion has begun",
        "fraud-scores: the promotion is done",
    ]
    for each in told:
        assert "Who: ann@example.com (sign-in)" in each.message
        assert "Why: better on every slice" in each.message
        assert f"From config: {plan.previous}" in each.message
        assert f"To config: {plan.config_name}" in each.message
    assert f"Head of the audit: {at.ledger.read('fraud-scores').head}" in told[-1].message


def test_a_webhook_that_fails_fails_no_action(cloud: Cloud, tmp_path: Path, hook: Hook) -> None:
    """The endpoint is updated, the ledger says so, and the outbox says who was not told."""
    hook.status = 500
    at = desk(cloud, tmp_path)
    tell = telling(webhook="A_WEBHOOK")
    at.execute(at.plan(), tell=tell)
    cloud.clock.skip(LAUNCH_S + TERMINATE_S + 60)
    assert at.advance(tell=tell).state == "done"
    assert [each.sentence for each in tell.outbox.finish()] == [
        "No message went to the webhook of A_WEBHOOK: it answered with 500."
    ] * 2
