"""Is the report one file that says what the pages say, opens offline and trusts no capture?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from demo import account
from pages.document.report import as_html
from queries import config
from queries.dossier import Dossier, as_json, collect
from queries.opened import Opened, open_test

END = datetime(2026, 11, 23, 5, tzinfo=UTC)
AT = datetime(2026, 11, 23, 6, tzinfo=UTC)
TESTS = ("fraud-scores", "ticket-routing", "delivery-minutes", "support-replies")
LIMIT = 5_000_000


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Opened]:
    """Every test of a reduced demo account; nothing answers for AWS."""
    folder = tmp_path_factory.mktemp("report")
    account.generate(folder / "demo", end=END, scale=0.05)
    loaded = config.load(folder / "demo" / "understudy.toml")
    loaded = replace(loaded, cache=folder / "cache", aws=config.Aws())
    return {name: open_test(loaded, loaded.test(name)) for name in TESTS}


@pytest.fixture(scope="module")
def dossiers(opened: dict[str, Opened]) -> dict[str, Dossier]:
    """What is known of each."""
    return {name: collect(opened[name], "all", at=AT) for name in TESTS}


class Reader(HTMLParser):
    """The elements of a page: ids, addresses and the texts of its cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        if about.get("id"):
            self.ids.append(about["id"] or "")
        self.addresses += [about[name] or "" for name in ("src", "href") if about.get(name)]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.said.append(data)


def scripts(text: str) -> Iterator[tuple[str, str]]:
    """Id and content of the data that a page carries."""
    yield from re.findall(r'<script type="[^"]+" id="(\w+)">(.*?)</script>', text, re.DOTALL)


@pytest.mark.parametrize("name", TESTS)
def test_the_file_is_whole_and_asks_for_nothing(dossiers: dict[str, Dossier], name: str) -> None:
    """Its elements are closed, its ids unique, its links lead inside, and it is under 5 MB."""
    text = as_html(dossiers[name])
    found = Reader(text)
    assert found.open == []
    assert len(set(found.ids)) == len(found.ids)
    assert all(address.startswith("#") for address in found.addresses)
    assert {address[1:] for address in found.addresses} <= set(found.ids)
    assert len(text.encode()) < LIMIT
    assert "default-src 'none'" in text


@pytest.mark.parametrize("name", TESTS)
def test_every_check_is_told_in_its_sentence(dossiers: dict[str, Dossier], name: str) -> None:
    """The verdict's sentences stand in the file, and each chart has a place and data."""
    dossier = dossiers[name]
    text = as_html(dossier)
    said = " ".join(Reader(text).said)
    for guardrail in dossier.report.verdict.guardrails:
        assert guardrail.sentence in said
    assert dossier.report.verdict.headline.partition(": ")[2] in said
    charts = json.loads(dict(scripts(text))["charts"])
    places = re.findall(r'<div class="chart" id="([^"]+)"', text)
    assert sorted(charts) == sorted(places)
    assert len(charts) >= 5


def test_what_is_missing_is_said(dossiers: dict[str, Dossier]) -> None:
    """Without AWS the report is there, and says what it could not ask."""
    dossier = dossiers["fraud-scores"]
    said = " ".join(Reader(as_html(dossier)).said)
    assert dossier.report.latency_problem is not None
    assert dossier.report.latency_problem in said
    assert "What was not compared" in said
    assert dossier.policy_hash in said


def test_the_same_facts_give_the_same_bytes(
    opened: dict[str, Opened], dossiers: dict[str, Dossier]
) -> None:
    """A report made twice of the same data at the same time is the same file."""
    name = "ticket-routing"
    assert as_html(collect(opened[name], "all", at=AT)) == as_html(dossiers[name])


def test_the_hashes_tell_settings_and_policy_apart(
    opened: dict[str, Opened], dossiers: dict[str, Dossier]
) -> None:
    """Another limit changes the policy's hash, and another setting that of the settings."""
    before, name = dossiers["fraud-scores"], "fraud-scores"
    changed = replace(opened[name], policy=replace(opened[name].policy, min_pairs=7))
    assert collect(changed, "all", at=AT).policy_hash != before.policy_hash
    other = replace(opened[name], test=replace(opened[name].test, description="other"))
    found = collect(other, "all", at=AT)
    assert found.config_hash != before.config_hash
    assert found.policy_hash == before.policy_hash


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u2028\"'&"


def test_captured_text_is_only_text(dossiers: dict[str, Dossier]) -> None:
    """Labels, file names and descriptions reach the file as characters, in tables and in charts."""
    dossier = dossiers["ticket-routing"]
    agreement = dossier.report.agreement
    assert agreement is not None
    assert agreement.confusion is not None
    labels = (HOSTILE, *agreement.confusion.labels[1:])
    table = replace(agreement.confusion, labels=labels)
    report = replace(dossier.report, agreement=replace(agreement, confusion=table), test=HOSTILE)
    text = as_html(replace(dossier, report=report))
    found = Reader(text)
    assert found.open == []
    assert text.count("<script") == 3
    assert "<img" not in text
    assert "\u2028" not in text
    assert "alert(1)" in " ".join(found.said)


@pytest.mark.parametrize("name", TESTS)
def test_the_data_are_those_of_the_page(dossiers: dict[str, Dossier], name: str) -> None:
    """The JSON is strict JSON and holds the numbers that the page shows."""
    dossier = dossiers[name]

    def refuse(constant: str) -> float:
        raise AssertionError(constant)

    found = json.loads(as_json(dossier), parse_constant=refuse)
    assert found["test"] == name
    assert found["report"]["verdict"]["decision"] == dossier.report.verdict.decision
    agreement = dossier.report.agreement
    assert agreement is not None
    assert found["report"]["agreement"]["fixed"]["value"] == agreement.fixed.value
    assert found["report"]["pairing"]["paired"] == dossier.report.pairing.paired
    assert found["config_hash"] == dossier.config_hash
    assert set(found["inputs"]) == {"baseline", "previous"}


def test_many_classes_and_features_stay_small(dossiers: dict[str, Dossier], tmp_path: Path) -> None:
    """Two hundred labels and sixty features are all listed, within the size of any other report."""
    import numpy as np

    from analysis.agreement import confusion

    dossier = dossiers["ticket-routing"]
    names = [f"label-{at:03d}" for at in range(200)]
    rng = np.random.default_rng(1)
    table = confusion(
        rng.choice(names, 4000).tolist(), rng.choice(names, 4000).tolist(), np.ones(4000, int)
    )
    agreement = dossier.report.agreement
    assert agreement is not None
    report = replace(dossier.report, agreement=replace(agreement, confusion=table))
    inputs = dict(dossiers["fraud-scores"].inputs)["baseline"]
    assert not isinstance(inputs, str)
    many = replace(inputs, features=inputs.features * 6)
    text = as_html(replace(dossier, report=report, inputs=(("baseline", many),)))
    assert len(text.encode()) < LIMIT
    assert text.count("label-199") > 1
