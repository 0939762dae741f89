"""Does every number say how it is computed, beside it, of a test, a training and an update?"""

from __future__ import annotations

import ast
from dataclasses import fields, replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis.training.catalogue import RULES
from analysis.training.grids import FAMILIES, MEASURES
from pages.parts import explaining
from pages.parts.explained import answers as of_answers
from pages.parts.explained import (
    inputs,
    layers,
    machines,
    outcomes,
    plans,
    rules,
    shadows,
    speed,
    traffic,
    truth,
    updates,
    verdicts,
    waiting,
    watched,
)
from tests.document.test_report import reached
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import PAGES, show

ROOT = Path(__file__).parents[2]
OF_A_TEST = (of_answers, inputs, machines, plans, shadows, speed, traffic, truth, verdicts)
MODULES = (*OF_A_TEST, layers, rules, outcomes, waiting, watched, updates)
ROOMS = ("shadow_test", "training", "deployment")
DRAWERS = ("drawing.draw", "drawing.clickable", "tables.draw", "explaining.beside")
COLUMNS = ("accuracy", "mae", "agreement", "p99_latency", "5xx_errors")
GIVEN = {
    ("performance", "f'{key}_table'"): ("latency_table", "overhead_table"),
    ("drawer", "key"): ("answers", "inputs"),
    ("several", "f'beside_{column.name}'"): tuple(f"beside_{name}" for name in COLUMNS),
    ("findings", "f'rule_{finding.rule}'"): tuple(f"rule_{name}" for name in RULES),
    ("learning", "key"): ("picture", "picture_beside"),
    ("layer", "f'{family}_{measure}'"): tuple(
        f"{family}_{measure}"
        for family in FAMILIES
        for measure in MEASURES[family]
        if measure in ("norm", "update", "zeros")
    ),
    **{
        ("layer", f"f'{{family}}_{shown}'"): tuple(f"{family}_{shown}" for family in FAMILIES)
        for shown in ("bands", "histogram", "table")
    },
}
"""Keys that a module puts together, and what becomes of them."""


def of(room: str) -> list[Path]:
    """The pages of a room and the parts they are made of."""
    pages = sorted((ROOT / "pages" / room).glob("*.py"))
    seen: set[Path] = set()
    for page in pages:
        reached(page, seen)
    # where an explanation is drawn beside whatever key is handed on
    drawers = ("drawing", "tables", "tiles", "explaining")
    parts = {path for path in seen if path.parent.name == "parts" and path.stem not in drawers}
    of_the_room = sorted((ROOT / "pages" / "parts" / room).glob("*.py"))
    return [*pages, *of_the_room, *sorted(parts)]


def calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def keys(*rooms: str) -> dict[str, str]:
    """The key of every chart and table, and of what every tile shows, with where it is drawn."""
    found: dict[str, str] = {}
    for path in {path for room in rooms for path in of(room)}:
        for call in calls(path):
            name, where = ast.unparse(call.func), f"{path.name}:{call.lineno}"
            given = {each.arg: each.value for each in call.keywords}
            if name in DRAWERS:
                named = given.get("explained", given.get("key", call.args[0]))
                key = ast.unparse(named)
                for each in GIVEN.get((path.stem, key), (key.strip("'"),)):
                    found[each] = where
            elif name in ("tiles.of", "tiles.Tile"):
                if len(call.args) > 4:
                    explained: ast.expr | None = call.args[4]
                else:
                    explained = given.get("explained")
                found[ast.unparse(explained).strip("'") if explained else ""] = where
    # handed on from the functions that make several tiles alike
    return {key: where for key, where in found.items() if key != "explained"}


def test_every_number_has_an_explanation():
    """Every chart, table and tile names one; a new one is added in pages/parts/explained."""
    missing = {key: where for key, where in keys(*ROOMS).items() if key not in explaining.EXPLAINED}
    assert not missing, f"no explanation in pages/parts/explained for {missing}"


def test_no_explanation_explains_nothing():
    """Each is asked for somewhere, and once: two modules never explain the same key."""
    asked = set(keys(*ROOMS))
    for path in of("shadow_test"):
        for call in calls(path):
            if ast.unparse(call.func) == "_tile":
                asked |= {ast.literal_eval(k.value) for k in call.keywords if k.arg == "explained"}
    assert set(explaining.EXPLAINED) == asked
    assert sum(len(module.EXPLAINED) for module in MODULES) == len(explaining.EXPLAINED)


def test_a_report_explains_what_its_test_shows():
    """A report is of a shadow test: what only other pages show is not explained there."""
    assert set(explaining.OF_A_TEST) == {key for of in OF_A_TEST for key in of.EXPLAINED}
    assert set(explaining.OF_A_TEST) < set(explaining.EXPLAINED)


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


def offered(app: AppTest) -> int:
    """How many explanations the page offers by a button."""
    return sum(
        each.proto is not None and each.proto.popover.label == explaining.LABEL
        for each in app.get("popover")
    )


def drawn(app: AppTest) -> int:
    """How many charts and tables of numbers the page shows."""
    tables = sum(each.value.startswith("|") for each in app.markdown)
    return len(app.get("plotly_chart")) + tables


def tiles_explain(app: AppTest) -> None:
    """Hold that each tile tells where one points how it is computed."""
    for tile in app.metric:
        assert "**How it is computed:**" in tile.help, tile.label
        assert "**Wrong when:**" in tile.help, tile.label


@pytest.mark.parametrize("page", PAGES)
def test_it_stands_beside_every_chart_table_and_tile(app: AppTest, answers: Answers, page: str):
    """Each tile tells it where one points, each chart and table has a button that tells it."""
    show(app, page)
    assert not app.exception
    shown = len(app.get("plotly_chart")) + sum(
        each.label == "CSV" for each in app.get("download_button")
    )
    assert offered(app) == shown > 0
    tiles_explain(app)


def test_a_tile_without_data_explains_what_is_missing_too(app: AppTest, answers: Answers):
    """What it would be, and why there is none, stand where one points."""
    answers.report = replace(
        sample.report(), latency=None, errors=None, latency_problem="No AWS region is configured."
    )
    show(app, "overview")
    (tile,) = (each for each in app.metric if each.label == "p99 latency")
    assert tile.help.startswith("No AWS region is configured.")
    assert "**How it is computed:**" in tile.help
