"""Does every number on a page of a test say how it is computed, beside it?"""

from __future__ import annotations

import ast
from dataclasses import fields, replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import explaining
from pages.parts.explained import answers as of_answers
from pages.parts.explained import inputs, machines, plans, shadows, speed, traffic, truth, verdicts
from tests.document.test_report import reached
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import PAGES, show

ROOT = Path(__file__).parents[2]
MODULES = (of_answers, inputs, machines, plans, shadows, speed, traffic, truth, verdicts)
DRAWERS = ("drawing.draw", "drawing.clickable", "tables.draw")
MEASURES = ("accuracy", "mae", "agreement", "p99_latency", "5xx_errors")
GIVEN = {
    "f'{key}_table'": ("latency_table", "overhead_table"),
    "key": ("answers", "inputs"),
    "f'beside_{column.name}'": tuple(f"beside_{name}" for name in MEASURES),
}
"""Keys that are put together, and what becomes of them."""


def of_a_test() -> list[Path]:
    """The pages of a shadow test and the parts they are made of; findings are of trainings."""
    pages = sorted((ROOT / "pages" / "shadow_test").glob("*.py"))
    seen: set[Path] = set()
    for page in pages:
        reached(page, seen)
    parts = {path for path in seen if path.parent.name == "parts" and path.stem != "findings"}
    return [*pages, *sorted(parts)]


def calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def keys() -> dict[str, str]:
    """The key of every chart and table, and of what every tile shows, with where it is drawn."""
    found: dict[str, str] = {}
    for path in of_a_test():
        for call in calls(path):
            name, where = ast.unparse(call.func), f"{path.name}:{call.lineno}"
            given = {each.arg: each.value for each in call.keywords}
            if name in DRAWERS:
                key = ast.unparse(given["key"])
                for each in GIVEN.get(key, (key.strip("'"),)):
                    found[each] = where
            elif name in ("tiles.of", "tiles.Tile"):
                if len(call.args) > 4:
                    explained: ast.expr | None = call.args[4]
                else:
                    explained = given.get("explained")
                found[ast.unparse(explained).strip("'") if explained else ""] = where
    # handed on from the functions that make several tiles alike
    return {key: where for key, where in found.items() if key != "explained"}


def test_every_number_of_a_test_has_an_explanation():
    """Every chart, table and tile names one; a new one is added in pages/parts/explained."""
    missing = {key: where for key, where in keys().items() if key not in explaining.EXPLAINED}
    assert not missing, f"no explanation in pages/parts/explained for {missing}"


def test_no_explanation_explains_nothing():
    """Each is asked for somewhere, and once: two modules never explain the same key."""
    asked = set(keys()) | {"pairs_shown"}
    for path in of_a_test():
        for call in calls(path):
            if ast.unparse(call.func) == "_tile":
                asked |= {ast.literal_eval(k.value) for k in call.keywords if k.arg == "explained"}
    assert set(explaining.EXPLAINED) == asked
    assert sum(len(module.EXPLAINED) for module in MODULES) == len(explaining.EXPLAINED)


def test_an_explanation_is_whole_and_leads_to_its_chapter():
    """Nothing in it is left out, and the chapter it names is one of docs/statistics.md."""
    text = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    chapters = {line.lstrip("# ") for line in text.splitlines() if line.startswith("##")}
    for key, found in explaining.EXPLAINED.items():
        for field in fields(found):
            said = getattr(found, field.name)
            assert said == said.strip(), (key, field.name)
            assert len(said) > 3, (key, field.name)
        assert found.how.endswith((".", "?")), key
        assert found.assumes.endswith("."), key
        assert found.wrong.endswith("."), key
        assert not found.source.endswith("."), key
        assert found.section in chapters, (key, found.section)


@pytest.mark.parametrize("page", PAGES)
def test_it_stands_beside_every_chart_table_and_tile(app: AppTest, answers: Answers, page: str):
    """Each tile tells it where one points, each chart and table has a button that tells it."""
    show(app, page)
    assert not app.exception
    offered = [
        each
        for each in app.get("popover")
        if each.proto is not None and each.proto.popover.label == explaining.LABEL
    ]
    drawn = len(app.get("plotly_chart")) + sum(
        each.label == "CSV" for each in app.get("download_button")
    )
    assert len(offered) == drawn > 0
    for tile in app.metric:
        assert "**How it is computed:**" in tile.help, tile.label
        assert "**Wrong when:**" in tile.help, tile.label


def test_a_tile_without_data_explains_what_is_missing_too(app: AppTest, answers: Answers):
    """What it would be, and why there is none, stand where one points."""
    answers.report = replace(
        sample.report(), latency=None, errors=None, latency_problem="No AWS region is configured."
    )
    show(app, "overview")
    (tile,) = (each for each in app.metric if each.label == "p99 latency")
    assert tile.help.startswith("No AWS region is configured.")
    assert "**How it is computed:**" in tile.help
