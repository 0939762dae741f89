"""A job is stopped once, by one who may, after it was looked at anew, and with a record of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actions import stepping
from actions.fingerprints import JOB
from actions.ledger import opened
from actions.people import NOBODY, Person
from actions.records import Record
from actions.stop_training import Receipt, hindrance, stop
from demo.wire import Operation, Refusal
from queries.config import Actions, Config
from queries.config_actions import IN_WORDS
from queries.errors import AwsError, NotDone, SourceError
from queries.trials.jobs import Job, job
from tests.queries import bucket
from tests.queries.trials.training_jobs import TARGET, denied, described, served

ANN = Person("ann@example.com", "operator", "sign-in", datetime.now(UTC))


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    """An account with a job that runs and one that is over, in which a training may be stopped."""
    jobs = {
        "runs": described("runs", status="InProgress"),
        "over": described("over"),
    }
    with served(jobs) as aws:
        allowed = Actions(
            allow=("stop_training",),
            max_sign_in_age_min=1440,
            audit=str(tmp_path / "audit"),
        )
        yield Config(tests=(), aws=aws, actions=allowed)


def shown(config: Config, name: str = "runs") -> Job:
    return job(name, config.aws)


def confirmed(config: Config, found: Job, **more: Any) -> Receipt:
    """Stop a job with everything as it should be, but for what is given."""
    given = {"reason": "the loss is infinite", "typed": found.name, "by": ANN, **more}
    return stop(config, found, **given)


def records(config: Config) -> tuple[Record, ...]:
    chain = opened(config.actions.audit, config.aws).read(f"{JOB}runs")
    assert chain.broken is None
    return chain.records


STOPPED = [(None, "begun"), (0, "begun"), (0, "done"), (None, "done")]


def stages(config: Config) -> list[tuple[int | None, str]]:
    return [(record.step, record.stage) for record in records(config)]


def test_a_job_is_stopped_and_that_is_written_down(config: Config) -> None:
    """Before and after: who, why, what, in whose role, with AWS's request id; then it stops."""
    found = shown(config)
    receipt = confirmed(config, found, reason=" the loss\nis infinite ")
    assert shown(config).status == "Stopping"
    begun, *_, done, over = records(config)
    assert stages(config) == STOPPED
    intent = begun.intent
    assert intent is not None
    assert (intent.person, intent.known_by) == ("ann@example.com", "sign-in")
    assert (intent.reason, intent.role) == ("the loss is infinite", "the one that reads")
    (call,) = intent.plan.calls
    assert (call.operation, call.parameters) == ("StopTrainingJob", {"TrainingJobName": "runs"})
    assert intent.plan.fingerprint == found.created.isoformat()
    assert done.request_id == receipt.request_id != ""
    assert over.step is None


def test_nobody_signed_in_is_written_as_that(config: Config) -> None:
    """No name is made up for who is not known."""
    anyone = replace(config, actions=replace(config.actions, without_sign_in=IN_WORDS))
    confirmed(anyone, shown(config), by=NOBODY)
    intent = records(config)[0].intent
    assert intent is not None
    assert (intent.person, intent.known_by) == ("not signed in", "not signed in")


@pytest.mark.parametrize(
    ("actions", "by", "words"),
    [
        ({"allow": ()}, ANN, "Understudy may not do this here"),
        ({}, replace(ANN, role="viewer"), "ann@example.com may look, not act"),
        ({}, replace(ANN, signed_in_at=datetime(2026, 1, 1, tzinfo=UTC)), "Sign in again"),
        ({}, NOBODY, "Nobody is signed in"),
        ({"operators": ("not signed in",)}, NOBODY, "Nobody is signed in"),
        ({"without_sign_in": IN_WORDS}, NOBODY, None),
        ({}, ANN, None),
    ],
)
def test_only_who_may_can(config: Config, actions: dict, by: Person, words: str | None) -> None:
    """By the configuration, when the button is drawn and again when it is pressed."""
    asked = replace(config, actions=replace(config.actions, **actions))
    found = shown(config)
    told = hindrance(asked, found, by)
    if words is None:
        assert told is None
        assert confirmed(asked, found, by=by).job == "runs"
        return
    assert words in str(told)
    with pytest.raises(NotDone, match=words):
        confirmed(asked, found, by=by)
    assert records(asked) == ()
    assert shown(config).running


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reason": " \n"}, "Say why"),
        ({"reason": "x" * 1025}, "longer than 1,024"),
        ({"typed": "run"}, "Type the name, runs"),
        ({"typed": ""}, "Type the name, runs"),
    ],
)
def test_what_is_not_confirmed_is_not_done(config: Config, given: dict, words: str) -> None:
    """A reason and the job's whole name are needed; else AWS is not asked."""
    with pytest.raises(NotDone, match=words):
        confirmed(config, shown(config), **given)
    assert records(config) == ()
    assert shown(config).running


def test_a_job_that_is_over_cannot_be_stopped(config: Config) -> None:
    """As the button says, and as the fresh look says where the screen was old."""
    over = shown(config, "over")
    assert hindrance(config, over, ANN) == ("over does not run any more: SageMaker says Completed.")
    assert "which training job" in str(hindrance(config, None, ANN)).lower()
    with pytest.raises(NotDone, match="SageMaker says Completed"):
        confirmed(config, replace(over, status="InProgress"))
    assert records(config) == ()


def test_a_job_that_was_started_anew_is_another(config: Config) -> None:
    """A name may be used again; what was shown is what is stopped, or nothing."""
    found = shown(config)
    earlier = replace(found, created=found.created.replace(year=2020))
    with pytest.raises(NotDone, match="runs is no longer as it was"):
        confirmed(config, earlier)
    assert shown(config).running


def test_two_at_once_stop_it_once(config: Config) -> None:
    """All looked when it ran: AWS is asked once, and the others are told, or that it is done."""
    found = shown(config)

    def press(name: str) -> str:
        try:
            return confirmed(config, found, by=replace(ANN, name=name)).request_id
        except NotDone as error:
            return f"no: {error}"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, "abcd"))
    assert {answer for answer in answers if not answer.startswith("no: ")} == {
        records(config)[2].request_id
    }
    assert stages(config) == STOPPED


def refusing(code: str, message: str) -> Operation:
    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        raise Refusal(message, code=code)

    return Operation("sagemaker", TARGET, "StopTrainingJob", answer)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (denied("StopTrainingJob"), "Ask for the permission StopTrainingJob"),
        (refusing("ValidationException", "the training job is in status Stopped."), "Stopped"),
    ],
)
def test_what_aws_refuses_is_written_down_and_told(
    config: Config, refusal: Operation, words: str
) -> None:
    """With code and request id; and it may be tried again."""
    jobs = {"runs": described("runs", status="InProgress")}
    with served(jobs, {}, refusal) as aws:
        asked = replace(config, aws=aws)
        for _ in range(2):
            with pytest.raises(NotDone, match=words):
                confirmed(asked, shown(asked))
    refused = [(None, "begun"), (0, "begun"), (0, "failed"), (None, "failed")]
    assert stages(config) == refused * 2
    assert records(config)[-2].request_id in records(config)[-2].text
    assert words in records(config)[-1].text


def test_a_stop_that_was_cut_off_goes_on(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS did not answer the first time: pressed again it is the same stop, with both in one."""
    jobs = {"runs": described("runs", status="InProgress")}
    with served(jobs, {}, refusing("InternalFailure", "try later")) as aws:
        asked = replace(config, aws=aws)
        with pytest.raises(NotDone, match="try later"):
            confirmed(asked, shown(asked))
    assert stages(config)[-1] == (0, "unclear")
    monkeypatch.setattr(stepping, "_FIRST_PAUSE_S", 60.0)
    with pytest.raises(NotDone, match="tried again in"):
        confirmed(config, shown(config))
    monkeypatch.setattr(stepping, "_FIRST_PAUSE_S", 0.0)
    assert confirmed(config, shown(config)).job == "runs"
    assert shown(config).status == "Stopping"
    assert len({record.change for record in records(config)}) == 1


def test_what_cannot_be_written_down_is_not_done(config: Config, tmp_path: Path) -> None:
    """Without an audit there is no action."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    asked = replace(config, actions=replace(config.actions, audit=str(tmp_path / "file" / "a")))
    with pytest.raises(SourceError, match="cannot be read"):
        confirmed(asked, shown(config))
    assert shown(config).running


def test_the_role_that_may_write_is_taken_on_for_the_change_alone(
    config: Config, tmp_path: Path
) -> None:
    """The plan names it; the fresh look and the stop are signed as it, whatever [aws] reads as."""
    arn = "arn:aws:iam::123456789012:role/operator"
    found = shown(config)
    server = bucket.StandIn(tmp_path)
    elsewhere = replace(config.aws, endpoint_url=server.url)
    asked = replace(config, aws=elsewhere, actions=replace(config.actions, role_arn=arn))
    try:
        # it is no SageMaker, and refuses what is asked first: the job as it is now
        with pytest.raises(AwsError):
            stop(asked, found, reason="r", typed="runs", by=ANN)
    finally:
        server.stop()
    (taken_on,) = server.taken_on
    assert taken_on.form["RoleArn"] == [arn]
    others = [request.signed_as for request in server.requests if request is not taken_on]
    assert others
    assert set(others) == {"ROLE1"}
    assert records(config) == ()
