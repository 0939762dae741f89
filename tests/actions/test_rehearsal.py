"""A green endpoint is sent what was captured, and judged by what production answered to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from actions.plans.blue_green import blue_green
from actions.plans.promote import promote
from actions.plans.shadows import AT_ONCE
from actions.rehearsal import Rehearsed, rehearse
from actions.steps import Plan, Rehearsal
from analysis.intervals import wilson
from demo import account
from demo.clock import Clock
from demo.standin import StandIn
from demo.wire import Operation, Refusal, application
from queries import captured_requests as captured
from queries.aws import client
from queries.captured_requests import captured_requests
from queries.config import Aws, Comparing, Config, Prediction, Test, load
from queries.errors import NotDone
from queries.opened import Opened, open_test
from queries.reading_live import read_live
from queries.windows import bounds
from tests.actions.cloud import again
from tests.actions.plans.living import NOW, live
from tests.queries.capturing import base64_of, capture_file, line

Model = Callable[[bytes], tuple[str, bytes]]


@dataclass
class Runtime:
    """SageMaker's runtime with one model behind every endpoint; ``seen`` is what it was sent."""

    client: Any
    seen: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def serving(model: Model) -> Iterator[Runtime]:
    seen: list[dict[str, Any]] = []

    def invoke(asked: dict[str, Any]) -> dict[str, Any]:
        seen.append(asked)
        content_type, body = model(asked["Body"])
        return {"Body": body, "ContentType": content_type, "InvokedProductionVariant": "AllTraffic"}

    server = StandIn(application([Operation("sagemaker-runtime", "", "InvokeEndpoint", invoke)]))
    try:
        aws = Aws(region="eu-central-1", endpoint_url=server.url)
        yield Runtime(client(aws, "sagemaker-runtime"), seen)
    finally:
        server.stop()


def opened(folder: Path, lines: Sequence[bytes], **about: Any) -> Opened:
    """A test of these captures, which both variants have."""
    for variant in ("AllTraffic", "Candidate"):
        capture_file(folder / "captures", lines, variant=variant)
    return open_folder(folder, **about)


def open_folder(folder: Path, **about: Any) -> Opened:
    test = Test(
        name="fraud",
        captures=str(folder / "captures"),
        production="AllTraffic",
        shadow="Candidate",
        **about,
    )
    return open_test(Config(tests=(test,), cache=folder / "cache"), test)


def scores(n: int) -> list[bytes]:
    """Requests 0, 1, … that production scored 0.0, 0.1, … 0.9, 0.0, … in CSV."""
    return [
        line(f"{at},{at % 7}", f"0.{at % 10}", at=float(at), event=f"e{at}", inference=f"i{at}")
        for at in range(n)
    ]


def as_production(body: bytes) -> tuple[str, bytes]:
    return "text/csv", b"0.%d" % (int(body.split(b",")[0]) % 10)


def planned(*, requests: int = 50, least: float = 0.95) -> tuple[Plan, Rehearsal]:
    found = live()
    promotion = promote(found, AT_ONCE, at=NOW)
    plan = blue_green(promotion, found, requests=requests, least=least, prices={}, currency="USD")
    return plan, next(step for step in plan.steps if isinstance(step, Rehearsal))


def rehearsed(runtime: Runtime, test: Opened, **more: Any) -> Rehearsed:
    plan, step = planned(**more)
    return rehearse(runtime.client, plan, step, test)


def test_what_was_captured_is_sent_to_the_green_endpoint_alone(tmp_path: Path) -> None:
    """To the byte, with its content type and asking for the answer's; all agree."""
    test = opened(tmp_path, scores(30))
    with serving(as_production) as runtime:
        found = rehearsed(runtime, test, requests=20)
    _, step = planned()
    assert {asked["EndpointName"] for asked in runtime.seen} == {step.target}
    sent = sorted(asked["Body"] for asked in runtime.seen)
    assert len(sent) == len(set(sent)) == found.sent == 20
    assert set(sent) <= {f"{at},{at % 7}".encode() for at in range(30)}
    assert {(each["ContentType"], each["Accept"]) for each in runtime.seen} == {
        ("text/csv", "text/csv")
    }
    assert (found.agreed, found.agreement.value) == (20, 1.0)
    assert found.passed
    assert "20 of 20 captured requests" in found.sentence


def test_nothing_is_sent_to_an_endpoint_that_the_plan_does_not_start(tmp_path: Path) -> None:
    """Neither to production nor to one of another plan, whatever the step says."""
    test = opened(tmp_path, scores(12))
    plan, step = planned()
    aimed = replace(step, target="fraud")
    with serving(as_production) as runtime:
        for other, asked in (
            (plan, aimed),
            (replace(plan, steps=(*plan.steps, aimed)), aimed),
            (replace(plan, steps=(step,)), step),
            (replace(plan, target=step.target), step),
        ):
            with pytest.raises(NotDone, match="nothing was sent"):
                rehearse(runtime.client, other, asked, test)
    assert runtime.seen == []


def test_counts_add_up_and_the_interval_is_wilsons(tmp_path: Path) -> None:
    """Every request is one of four things; three kinds of fault are told apart and all count."""
    test = opened(tmp_path, scores(40))

    def faulty(body: bytes) -> tuple[str, bytes]:
        at = int(body.split(b",")[0])
        if at % 10 == 1:
            raise Refusal(
                "no", code="ModelError", status=424, OriginalStatusCode=500, OriginalMessage="x"
            )
        if at % 10 == 2:
            return "text/csv", b"sorry"
        if at % 10 in (3, 6):  # to the other side of one half
            return "text/csv", b"0.%d" % (9 - at % 10)
        return as_production(body)

    with serving(faulty) as runtime:
        found = rehearsed(runtime, test, requests=40)
    assert (found.sent, found.agreed, found.failed) == (40, 24, 4)
    assert (found.differed, found.unreadable) == (8, 4)
    assert found.failures == (("ModelError (the model answered 500)", 4),)
    low, high = wilson(24, 40, confidence=0.95)
    assert (found.agreement.low, found.agreement.high) == (low, high)
    assert not found.passed
    assert "8 differently, 4 in a form that cannot be read, 4 not at all" in found.sentence
    with serving(faulty) as runtime:
        assert rehearsed(runtime, test, requests=40, least=0.6).passed


def test_an_endpoint_that_only_fails_is_given_up(tmp_path: Path) -> None:
    """After five failures in a row nothing more is sent, and it has not passed, whatever least."""
    test = opened(tmp_path, scores(30))

    def broken(body: bytes) -> tuple[str, bytes]:
        raise Refusal("no", code="ValidationError")

    with serving(broken) as runtime:
        found = rehearsed(runtime, test, least=0.0)
    assert (found.sent, found.failed, len(runtime.seen)) == (5, 5, 5)
    assert found.stopped
    assert not found.passed
    assert "no more was sent" in found.sentence
    assert not found.p99_ms.known


def test_latency_is_of_the_answers(tmp_path: Path) -> None:
    """Each takes one second by this clock; 20 of them cannot bound a p99 from above."""
    test = opened(tmp_path, scores(20))
    ticks = count()
    plan, step = planned(requests=20)
    with serving(as_production) as runtime:
        found = rehearse(runtime.client, plan, step, test, clock=lambda: float(next(ticks)))
    assert (found.p50_ms.value, found.p50_ms.n, found.p50_ms.unit) == (1000.0, 20, "ms")
    assert (found.p99_ms.value, found.p99_ms.high) == (1000.0, float("inf"))


@pytest.mark.parametrize(
    ("answer", "agreed"), [(b"100", True), (b"104.9", True), (b"105.1", False), (b"x", False)]
)
def test_numbers_agree_within_the_tolerance(tmp_path: Path, answer: bytes, agreed: bool) -> None:
    """Of five per cent of production's, as everywhere in the test."""
    lines = [line(f"{at},1", "100", at=float(at), inference=f"i{at}") for at in range(12)]
    test = opened(tmp_path, lines, prediction=Prediction(kind="regression", column=0))
    with serving(lambda body: ("text/csv", answer)) as runtime:
        found = rehearsed(runtime, test)
    assert found.agreed == (12 if agreed else 0)


def test_documents_agree_by_the_rules_of_the_test(tmp_path: Path) -> None:
    """What the test ignores is ignored here, and what differs differs."""
    lines = [
        line(
            {"id": at},
            {"label": "spam", "parts": {"a": at}, "request_id": f"r{at}"},
            at=float(at),
            inference=f"i{at}",
            encodings=("JSON", "JSON"),
        )
        for at in range(12)
    ]
    test = opened(
        tmp_path,
        lines,
        prediction=Prediction(kind="json"),
        compare=Comparing(ignore=("$.request_id",)),
    )

    def answering(body: bytes) -> tuple[str, bytes]:
        at = json.loads(body)["id"]
        label = "ham" if at == 3 else "spam"
        answer = {"label": label, "parts": {"a": at}, "request_id": "another"}
        return "application/json", json.dumps(answer).encode()

    with serving(answering) as runtime:
        found = rehearsed(runtime, test)
    assert (found.agreed, found.differed, found.sent) == (11, 1, 12)


def test_a_batch_agrees_as_a_whole(tmp_path: Path) -> None:
    """Every row of it; a row too few is another answer."""
    lines = [
        line(f"{at}\n{at + 1}", "0.9\n0.1", at=float(at), inference=f"i{at}") for at in range(12)
    ]
    test = opened(tmp_path, lines)
    for answer, agreed in ((b"0.8\n0.2", 12), (b"0.8\n0.7", 0), (b"0.9", 0)):
        with serving(lambda body, answer=answer: ("text/csv", answer)) as runtime:
            assert rehearsed(runtime, test).agreed == agreed


def test_bytes_are_sent_as_they_were_and_what_has_no_type_is_not(tmp_path: Path) -> None:
    """BASE64 is undone to the byte; without a content type or an answer nothing is sent."""
    raw = [bytes([at, 0, 255]) for at in range(12)]
    lines = [
        line(base64_of(each), "0.5", at=float(at), encodings=("BASE64", "CSV"), inference=f"i{at}")
        for at, each in enumerate(raw)
    ]
    lines.append(line("1,2", "0.5", types=(None, "text/csv")))
    lines.append(line("3,4", None))
    lines.append(line("5,6", "nothing to read"))
    test = opened(tmp_path, lines, prediction=Prediction(kind="binary", column=0))
    found = captured_requests(test, 100)
    assert sorted(each.body for each in found) == raw
    assert {each.content_type for each in found} == {"application/octet-stream"}


def test_requests_are_picked_from_all_over_the_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of each file in turn, none twice, none that is too long, no more than asked for."""
    for at in range(5):
        same = line("0,0", "0.5", inference=f"same{at}")
        own = [line(f"{at},{n}", "0.5", inference=f"{at}-{n}") for n in range(1, 9)]
        for variant in ("AllTraffic", "Candidate"):
            files = tmp_path / "captures"
            capture_file(files, [same, *own], variant=variant, name=f"{at}.jsonl")
    test = open_folder(tmp_path)
    found = [each.body.decode() for each in captured_requests(test, 6)]
    assert found == ["0,0", "0,1", "1,1", "2,1", "3,1", "4,1"]
    assert len(captured_requests(test, 1000)) == 41
    monkeypatch.setattr(captured, "LONGEST", 2)
    assert captured_requests(test, 6) == ()
    with pytest.raises(NotDone, match="can be sent again"), serving(as_production) as runtime:
        rehearsed(runtime, test)


def test_in_the_demo_the_shadow_answers_as_its_captures_do(tmp_path: Path) -> None:
    """A green endpoint with the shadow's model agrees as often as the shadow test found."""
    folder = tmp_path / "demo"
    account.generate(folder, end=datetime(2026, 11, 23, 5, tzinfo=UTC), scale=0.05)
    config = load(folder / "understudy.toml")
    test = open_test(config, config.test("fraud-scores"))
    with again(folder, Clock()) as cloud:
        sagemaker = cloud.client()
        found = read_live(sagemaker, "fraud-scores")
        promotion = promote(found, AT_ONCE, at=NOW)
        plan = blue_green(promotion, found, requests=300, least=0.5, prices={}, currency="USD")
        step = next(step for step in plan.steps if isinstance(step, Rehearsal))
        create, start, *_ = plan.calls
        sagemaker.create_endpoint_config(**create.parameters)
        sagemaker.create_endpoint(**start.parameters)
        cloud.clock.skip(600)
        result = rehearse(cloud.client("sagemaker-runtime"), plan, step, test)
    assert (result.sent, result.failed, result.unreadable) == (300, 0, 0)
    counted = test.engine.run("agreement_by_block", block_s=3600, **bounds(test.window("all")))
    low, high = wilson(result.agreed, result.sent, confidence=0.999)
    assert low <= counted["agreed"].sum() / counted["n"].sum() <= high < 1
