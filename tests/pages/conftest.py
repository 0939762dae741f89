"""The whole app with answers made by hand in place of the loaders: no captures, no AWS."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from queries import cached, cached_answers
from queries.careful import Reject
from queries.config import Aws, Config, Test, Truth
from queries.dimensions import dimensions_of
from queries.discovery import Discovery
from queries.errors import UnderstudyError
from queries.filters import parse
from queries.freshness import Freshness, State
from queries.inputs import InputDrift
from queries.inputs_over_time import InputsOverTime
from queries.payloads import DisagreementRow, Disagreements, Payload, PayloadPair, Unread
from queries.progress import Progress
from tests.pages import sample, sample_quality

ROOT = Path(__file__).parents[2]
NAMES = ("fraud-v7", "mail-router", "eta-v2")


@dataclass
class Answers:
    """What the loaders answer, and how they were asked."""

    config: Config
    report: object = field(default_factory=sample.report)
    features: tuple = field(default_factory=sample.features)
    over_time: object = field(default_factory=sample.over_time)
    together: object = field(default_factory=sample.together)
    slices: object = field(default_factory=sample.slices)
    monitored: object = None
    noise: object = field(default_factory=sample.noise)
    second_source: object = field(default_factory=sample.second_source)
    reports: dict = field(default_factory=dict)
    spans: dict = field(default_factory=dict)
    outcomes: object = field(default_factory=sample_quality.consequences)
    resources: object = field(default_factory=sample.resources)
    usual: object = field(default_factory=sample.usual)
    quality: object = field(default_factory=sample_quality.classified)
    problem: UnderstudyError | None = None
    output: str = '{"score": 0.31, "label": "0"}'
    asked: list = field(default_factory=list)
    discovery: Discovery = field(default_factory=sample.discovery)
    state: State = "ended"
    freshness: Freshness = field(default_factory=sample.freshness)
    read_at: datetime | None = sample.END
    look_problem: str | None = None
    unwritten: tuple = ()

    def answer(self, what: str, *arguments: object, value: object) -> object:
        self.asked.append((what, *arguments))
        if self.problem is not None:
            raise self.problem
        return value

    def row(self, number: int) -> DisagreementRow:
        return DisagreementRow(
            time=datetime(2026, 3, 5, 12, number % 60, 3, tzinfo=UTC),
            row=number,
            production_label="0",
            production_score=0.31,
            shadow_label="1",
            shadow_score=0.55,
            method="inference_id",
            production_ref=f"p{number}",
            shadow_ref=f"s{number}",
        )

    def payload(self, variant: str, output: str) -> Payload:
        return Payload(
            event_id="5f2bd1e4",
            inference_id="order-17",
            time=datetime(2026, 3, 5, 12, 3, 3, tzinfo=UTC),
            content_type_in="text/csv",
            content_type_out="application/json",
            encoding_in="CSV",
            encoding_out="JSON",
            input="12.5,web,![x](http://evil.example/x.png)",
            output=output,
            address=f"s3://bucket/captures/fraud/{variant}/2026/03/05/12/03-01-221-3bb0ff9e.jsonl",
            line=17,
            truncated=False,
        )


def inside(where: str) -> tuple[str, ...]:
    """The filter among the arguments of a loader, where there is one."""
    return (where,) if where else ()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    tests = tuple(
        Test(
            name=name,
            captures="/captures",
            production="AllTraffic",
            shadow="Shadow-01",
            baseline="/baseline.csv",
            truth=Truth(location="s3://bucket/truth"),
            endpoint=name,
        )
        for name in NAMES
    )
    given = Answers(Config(tests=tests, demo=True, aws=Aws(region="eu-central-1")))
    seen = {
        "account": lambda wanted=None: given.config,
        "discovery": lambda: given.answer("discovery", value=given.discovery),
        "was_read": lambda test: True,
        "prepare": lambda test, tell, renew=True: tell(
            Progress(174, 348, 13_000_000, 26_000_000, 1.5)
        ),
        "state": lambda test: given.state,
        "freshness": lambda test: given.freshness,
        "read_at": lambda test: given.read_at,
        "problem": lambda test: given.look_problem,
        "unwritten": lambda test: given.unwritten,
        "refresh": lambda test: given.asked.append(("refresh", test)),
    }
    answered = {
        "span": lambda test, window: given.answer(
            "span", test, window, value=given.spans.get(test, sample.report().window)
        ),
        "report": lambda test, window, where="": given.answer(
            *("report", test, window, *inside(where)),
            value=given.reports.get(test, given.report),
        ),
        "input_drift": lambda test, window, reference, where="": given.answer(
            *("input_drift", test, window, reference, *inside(where)),
            value=InputDrift(
                features=given.features,
                reference="baseline.csv of 2026-02-01.",
                n_reference=30_000,
                n_current=20_000,
                note="",
            ),
        ),
        "inputs_over_time": lambda test, window, reference, every, where="": given.answer(
            *("inputs_over_time", test, window, reference, every, *inside(where)),
            value=InputsOverTime(given.over_time, "baseline.csv of 2026-02-01.", 30_000, ""),
        ),
        "inputs_together": lambda test, window, reference, where="": given.answer(
            *("inputs_together", test, window, reference, *inside(where)), value=given.together
        ),
        "monitored": lambda test, window, where="": given.monitored,
        "disagreements": (
            lambda test, window, production_label, shadow_label, limit=100, where="": given.answer(
                *("disagreements", test, window, production_label, shadow_label, *inside(where)),
                value=Disagreements(tuple(given.row(i) for i in range(3)), 412),
            )
        ),
        "slices": lambda test, window, where="", progress=None: given.answer(
            *("slices", test, window, *inside(where)), value=given.slices
        ),
        "resources": lambda test, window: given.answer(
            *("resources", test, window), value=given.resources
        ),
        "noise": lambda test, window, where="": given.answer(
            *("noise", test, window, *inside(where)), value=given.noise
        ),
        "second_source": lambda test, window, where="", progress=None: given.answer(
            *("second_source", test, window, *inside(where)), value=given.second_source
        ),
        "consequences": lambda test, window, where="": given.answer(
            *("consequences", test, window, *inside(where)), value=given.outcomes
        ),
        "quality": lambda test, window, where="": given.answer(
            *("quality", test, window, *inside(where)), value=given.quality
        ),
        "usual": lambda test, window: given.answer("usual", test, window, value=given.usual),
        "filtered": lambda test, where: parse(where, sample.READING) if where else None,
        "dimensions": lambda test: dimensions_of(sample.READING),
        "payloads": lambda test, production_ref, shadow_ref: given.answer(
            *("payloads", test, production_ref, shadow_ref),
            value=PayloadPair(
                production=given.payload("AllTraffic", given.output),
                shadow=given.payload("Shadow-01", '{"score": 0.55, "label": "1"}'),
            ),
        ),
        "unread": lambda test, window: given.answer(
            *("unread", test, window),
            value=Unread(17, "shadow", given.payload("Shadow-01", given.output)),
        ),
        "rejects": lambda test: given.answer(
            *("rejects", test),
            value=(Reject("a/b.jsonl", 3, 210, "no <b>JSON</b>"),),
        ),
    }
    for module, loaders in ((cached, seen), (cached_answers, answered)):
        for name, loader in loaders.items():
            monkeypatch.setattr(module, name, loader)
    return given


@pytest.fixture
def app(answers: Answers) -> AppTest:
    assert answers.config.tests
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
