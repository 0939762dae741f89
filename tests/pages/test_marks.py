"""Is every time axis marked where captures are missing, and is it told in words too?"""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from streamlit.testing.v1 import AppTest

from analysis.interruptions import Interruption
from pages.charts import capacity, marks, theme, timelines
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import charts, plain, show

ROOT = Path(__file__).parents[2]
FOUND = (
    Interruption(
        *("gap", "shadow", sample.START + timedelta(hours=28), sample.START + timedelta(hours=31)),
        missing=240.4,
    ),
    Interruption(
        *("disk", "production", sample.END - timedelta(hours=9), sample.END - timedelta(hours=1)),
        missing=float("nan"),
    ),
)


def test_a_chart_is_shaded_behind_every_axis_and_says_so():
    """Three pictures on one time axis have both stretches each; the words have them once."""
    chart = marks.interrupted(timelines.latency(sample.latency(), theme.LIGHT), FOUND, theme.LIGHT)
    shades = [s for s in chart.figure.layout.shapes if s.type == "rect"]
    assert len(shades) == 2 * len(timelines.SHOWN)
    assert {s.xref for s in shades} == {"x", "x2", "x3"}
    assert "nothing captured of shadow, 03 Mar 04:00 to 07:00 UTC, about 240 rows" in chart.alt
    assert "a disk of production more than 75" in chart.alt
    assert {a.text for a in chart.figure.layout.annotations} >= {
        "▨ no captures, shadow",
        "◍ disk full, production",
    }


def test_no_name_hides_another():
    """A full disk and the gap that it made, of both variants at once: four names, four lines."""
    at_once = [
        replace(FOUND[0], kind=kind, variant=variant)
        for kind in ("gap", "disk")
        for variant in ("production", "shadow")
    ]
    chart = marks.interrupted(
        timelines.pairing(sample.pairing().series, theme.LIGHT), at_once, theme.LIGHT
    )
    places = sorted(each.yshift for each in chart.figure.layout.annotations)
    assert [below - above for above, below in pairwise(places)] == [marks.LINE_PX] * 3
    assert marks.LINE_PX > theme.SIZE


def test_nothing_is_marked_where_nothing_was_interrupted():
    """The chart is the very same."""
    chart = capacity.series(sample.resources().resources, theme.LIGHT)
    assert marks.interrupted(chart, (), theme.LIGHT) is chart


def test_of_many_interruptions_all_are_shaded_and_the_longest_are_named():
    """Names one above the other could not be read; the rest is counted."""
    many = tuple(
        replace(
            FOUND[0],
            start=sample.START + timedelta(hours=3 * i),
            end=sample.START + timedelta(hours=3 * i + 1, minutes=i),
        )
        for i in range(20)
    )
    chart = marks.interrupted(
        timelines.pairing(sample.pairing().series, theme.DARK), many, theme.DARK
    )
    assert len(chart.figure.layout.shapes) == 20
    assert len(chart.figure.layout.annotations) == marks.MOST_WRITTEN
    assert "; 12 more." in chart.alt


OVER_TIME = ("TIME_AXIS", "time (UTC)", "over time", "series_start")
"""What a chart says of itself that has a time axis."""
DRAWING = [
    path
    for folder in ("shadow_test", "document", "parts")
    for path in sorted((ROOT / "pages" / folder).glob("*.py"))
]


def of_a_test() -> dict[str, ast.Module]:
    """The modules of charts from which the document draws, by the name they are imported as."""
    found: dict[str, ast.Module] = {}
    for path in (ROOT / "pages" / "document").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "pages.charts":
                for each in node.names:
                    charts = ROOT / "pages" / "charts" / f"{each.name}.py"
                    found[each.name] = ast.parse(charts.read_text(encoding="utf-8"))
    return found


def test_every_chart_over_time_is_marked():
    """No page and no section of the report draws time without the interruptions on it."""
    over_time = {
        f"{module}.{node.name}"
        for module, tree in of_a_test().items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and ast.unparse(node.returns or ast.Pass()).endswith("Chart")
        and any(word in ast.unparse(node) for word in OVER_TIME)
    } - {"marks.interrupted"}
    assert {"timelines.agreement", "timelines.latency", "capacity.series"} <= over_time
    assert {"quality.over_time", "quality.coverage"} <= over_time
    drawn = set()
    for path in DRAWING:
        text = path.read_text(encoding="utf-8")
        for module in of_a_test():
            if f"from pages.charts import {module} as charts" in text:
                text = text.replace("charts.", f"{module}.")
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        marked = {
            id(call.args[0])
            for call in calls
            if ast.unparse(call.func) in ("marks.interrupted", "timeline")
        }
        for call in calls:
            if ast.unparse(call.func) in over_time:
                drawn.add(ast.unparse(call.func))
                assert id(call) in marked, f"{path.name}:{call.lineno}"
    assert drawn == over_time


def test_interruptions_are_on_the_page_and_in_its_table(app: AppTest, answers: Answers):
    """The chart has them, and the list of what was not compared counts them."""
    answers.report = replace(sample.report(), interruptions=FOUND)
    show(app, "agreement")
    assert any("no captures, shadow" in str(chart) for chart in charts(app))
    app.session_state["left_out"] = True
    show(app.switch_page("pages/shadow_test/overview.py"), "overview")
    assert "Stretches without captures of the shadow" in plain(app)
