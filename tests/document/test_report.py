"""Is the report one file that says what the pages say, opens offline and trusts no capture?"""

from __future__ import annotations

import ast
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
from tests.pages import sample, sample_quality

ROOT = Path(__file__).parents[2]

END = datetime(2026, 11, 23, 5, tzinfo=UTC)
AT = datetime(2026, 11, 23, 6, tzinfo=UTC)
TESTS = ("fraud-scores", "ticket-routing", "delivery-minutes", "support-replies", "fraud-compact")
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
    assert dossier.report.verdict.headline.partition(": ")[2].lower() in said.lower()
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


OF_NO_ONE_TEST = ("planner", "several")


def functions(folder: str, *given: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions of the modules of a folder that say to give one of these types, by ``module.name``.

    Without any type, all of them.
    """
    for path in sorted((ROOT / folder).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                said = {ast.unparse(node.returns)} if node.returns else set()
                if not given or said & set(given):
                    yield f"{path.stem}.{node.name}", node


def used(nodes: list[ast.AST]) -> set[str]:
    """What is named as ``module.name`` below some nodes."""
    return {
        f"{node.value.id}.{node.attr}"
        for root in nodes
        for node in ast.walk(root)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }


def reached(path: Path, seen: set[Path]) -> set[Path]:
    """The parts and charts that a page imports, and what these import."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module in ("pages.parts", "pages.charts"):
            for name in node.names:
                found = ROOT / node.module.replace(".", "/") / f"{name.name}.py"
                if found not in seen:
                    seen.add(found)
                    reached(found, seen)
    return seen


def test_the_report_holds_every_chart_and_table_of_the_pages() -> None:
    """Whatever draws a chart or gives a table to a page of a test is asked by the document too.

    A page that is not about one test has no place in the report of one.
    """
    seen: set[Path] = set()
    for page in (ROOT / "pages" / "shadow_test").glob("*.py"):
        if page.stem not in OF_NO_ONE_TEST:
            reached(page, seen)
    of_a_test = {path.stem for path in seen}

    def asked(folder: str, *given: str) -> dict[str, ast.FunctionDef]:
        found = functions(folder, *given)
        return {name: node for name, node in found if name.partition(".")[0] in of_a_test}

    charts = asked("pages/charts", "Chart", "theme.Chart")
    drawn = asked("pages/parts", "Chart")
    tables = asked("pages/parts", "tables.Table", "tables.Table | None")
    # a chart may be a way to draw another one
    through = used([node for _, node in (*charts.items(), *drawn.items())])
    written = [
        ast.parse(re.sub(r"\bcharts\.", f"{path.stem}.", path.read_text(encoding="utf-8")))
        for path in (ROOT / "pages" / "document").glob("*.py")
    ]
    there = used(written)  # type: ignore[arg-type]
    direct = {name for name in charts if name.partition(".")[2] in {"dots"}}
    assert len(charts) > 15
    assert len(tables) > 15
    assert charts.keys() - there - direct == set()
    assert direct <= {"dots.dots", "categories.dots"}
    assert "dots.dots" in through
    assert drawn.keys() - there == set()
    assert tables.keys() - there == set()


def full(dossiers: dict[str, Dossier], quality: object, **changed: object) -> str:
    """The report of a test whose right answers and instances are known."""
    about = {"quality": quality, "resources": sample.resources(), "slices": sample.slices()}
    about["discovered"] = sample.discovery().found[0]
    return as_html(replace(dossiers["ticket-routing"], **{**about, **changed}), demo=True)


def test_outcomes_are_told_and_no_difference_of_models(dossiers: dict[str, Dossier]) -> None:
    """Each outcome with its sentence, one without pairs with its account, and none at all."""
    text = full(dossiers, None, outcomes=sample_quality.consequences())
    found = Reader(text)
    said = " ".join(found.said)
    assert found.open == []
    assert "no difference of the two models is told here" in said
    assert "it would lose 1.62" in said
    assert "No outcome found its pair" in said
    assert "revenue <b>EUR</b>" in said
    assert "revenue <b>EUR</b>. Since these outcomes were joined" in said
    assert "Not told. Nowhere." in " ".join(Reader(full(dossiers, None, outcomes="Nowhere.")).said)
    assert "No outcomes are configured" in " ".join(Reader(full(dossiers, None)).said)


@pytest.mark.parametrize(
    "quality", [sample_quality.classified, sample_quality.numbers, sample_quality.unmatched]
)
def test_the_further_parts_are_told(dossiers: dict[str, Dossier], quality: object) -> None:
    """Slices, right answers, instances and what SageMaker knows have their numbers in the file."""
    assert callable(quality)
    given = quality()
    text = full(dossiers, given)
    found = Reader(text)
    said = " ".join(found.said)
    assert found.open == []
    assert {"slices", "quality", "resources", "setup"} <= set(found.ids)
    assert "amount ≥ 412.5" in said
    assert "2 × ml.g5.xlarge" in said
    assert "Prices are made up" in said
    assert "CloudWatch counts CPU as 100 for each core" in said
    assert "The experiment ends by itself in less than a day." in said
    assert "9,000" in said
    if given.measures:
        assert "nearer to the truth: " in said
        assert "no random part of the traffic" in said
    else:
        assert "Labels found, but none matches." in said
        assert "ORDER_1" in said


def test_what_failed_is_a_sentence_in_its_place(dossiers: dict[str, Dossier]) -> None:
    """A part that could not be made says why, and the others are there."""
    text = full(dossiers, "No labels here.", slices="No pairs.", resources="No CloudWatch.")
    said = " ".join(Reader(text).said)
    for why in ("No labels here.", "No pairs.", "No CloudWatch."):
        assert why in said
    assert "No right answers are configured" in " ".join(Reader(full(dossiers, None)).said)


def test_labels_ids_and_slices_are_only_text(dossiers: dict[str, Dossier]) -> None:
    """Somebody else's names of classes, slices and files never become elements of the page."""
    quality = sample_quality.classified(("0", HOSTILE))
    quality = replace(quality, counts=replace(quality.counts, location=HOSTILE))
    slices = sample.slices()
    slices = replace(slices, slices=tuple(replace(each, name=HOSTILE) for each in slices.slices))
    resources = replace(sample.resources(), source=HOSTILE)
    unmatched = sample_quality.unmatched()
    unmatched = replace(unmatched, ids=replace(unmatched.ids, truth=(HOSTILE,)))
    for shown in (quality, unmatched):
        text = full(dossiers, shown, slices=slices, resources=resources)
        assert Reader(text).open == []
        assert text.count("<script") == 3
        assert "<img" not in text
        assert "alert(1)" in " ".join(Reader(text).said)


def test_the_data_hold_the_further_parts(dossiers: dict[str, Dossier]) -> None:
    """The JSON holds them too, in numbers."""
    dossier = replace(
        dossiers["ticket-routing"],
        quality=sample_quality.classified(),
        resources=sample.resources(),
        discovered=sample.discovery().found[0],
    )
    found = json.loads(as_json(dossier))
    assert found["quality"]["mcnemar"]["only_shadow"] == 250
    assert found["resources"]["resources"]["hourly"]["production"] == 3.0
    assert found["discovered"]["left"] == 7 * 3600
