"""Does the page System say what the machines did, on what that rests, and where nobody watched?"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analysis.training import step_times, timeline, utilisation
from demo import profiler as made_up
from pages.charts import machines as charts
from pages.charts import step_times as step_charts
from pages.charts import theme
from pages.parts import machines as page
from queries import cached
from queries.config import Config, Trial
from queries.trials.profiler import look_again
from tests.analysis.training.machinery import BEGUN, events, together
from tests.analysis.training.machinery import machines as made
from tests.pages.conftest import ROOT
from tests.pages.test_explaining import drawn as numbers_on
from tests.pages.test_explaining import offered, tiles_explain
from tests.pages.test_pages import charts as drawn_on
from tests.pages.test_pages import plain
from tests.queries.trials.saved import write_trial

PAGE = "pages/training/system.py"
HOSTILE = "<b>![x](http://evil.example/x.png)</b>"


@pytest.fixture(scope="module")
def starved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("job") / "profiler-output"
    steps = BEGUN + 60 + 3.0 * np.arange(200)
    made_up.write(folder, steps=steps, begun=BEGUN, until=BEGUN + 660, starved=True)
    return folder


@pytest.fixture
def account(starved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Trials with profiler files, without, with a wrong place, and with machines alone."""
    saved = tmp_path / "debug-output"
    write_trial(saved)
    place = str(saved)
    config = Config(
        tests=(),
        trials=(
            Trial(name="starved", location=place, profiler=str(starved)),
            Trial(name="bare", location=place),
            Trial(name="wrong", location=place, profiler=str(tmp_path / "nowhere")),
            Trial(name="empty", location=place, profiler=place),
        ),
        cache=tmp_path / "cache",
    )
    monkeypatch.setattr(cached, "configured", lambda: config)
    st.cache_data.clear()
    st.cache_resource.clear()
    return tmp_path


def show(trial: str, **more: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in {"trial": trial, **more}.items():
        app.query_params[key] = value
    app.run()
    app.switch_page(PAGE).run()
    return app


@pytest.mark.usefixtures("account")
def test_a_starved_training_is_shown_to_be_one():
    """Tiles, the two rules that fire, the picture over time, every metric and the steps."""
    app = show("starved")
    assert not app.exception
    assert not app.error
    tiles_explain(app)
    # and a button on each of the cards of the two rules that fire
    assert offered(app) == numbers_on(app) + 2
    tiles = {metric.label: metric.value for metric in app.metric}
    assert set(tiles) == {"CPU, p95", "GPU, p95", "GPU memory, p95", "Memory, p95"}
    said = plain(app)
    assert "1 node · 23,760 readings · one of each metric every 0.5\u202fs" in said
    assert "400 events of the framework" in said
    assert "UTC (11\u202fmin)" in said
    assert "n\u202f=\u202f5,280 readings" in said  # 1,320 looks at four cores
    assert "✕" in said
    assert "CPUBottleneck" in said
    assert "a GPU was below 10\u202f% while some core was above 90\u202f%" in said
    assert "LowGPUUtilization" in said
    assert "VanishingGradient" not in said
    assert "drawn in 600 bins of 1.1\u202fs" in said
    assert "200 TRAIN steps on algo-1, by the framework's events" in said
    over_time, durations = drawn_on(app)
    titles = [note["text"] for note in over_time["layout"]["annotations"]]
    assert titles[:3] == [
        "CPU, % of 4 cores, together",
        "GPU, %: gpu0 solid, gpu1 dashed",
        "GPU memory, %: gpu0 solid, gpu1 dashed",
    ]
    assert "GPU idle, CPU full" in titles
    assert over_time["layout"]["shapes"]
    assert durations["data"][0]["type"] == "bar"


@pytest.mark.usefixtures("account")
def test_where_nobody_watched_the_page_says_how_to():
    """No place, and a place without such files, are the same to the reader."""
    for trial in ("bare", "empty"):
        app = show(trial)
        assert not app.exception
        assert not app.metric
        assert "No profiler files" in app.info[0].value
        assert "ProfilingIntervalInMilliseconds" in app.code[-1].value
    assert "There is no file of system metrics" in plain(app)


@pytest.mark.usefixtures("account")
def test_a_wrong_place_is_a_sentence():
    """What is wrong, where, and what to do; the page ends there."""
    app = show("wrong")
    assert not app.exception
    assert "correct `profiler` in the configuration" in plain(app)
    assert not app.metric


@pytest.mark.usefixtures("account")
def test_another_training_stands_beside_it():
    """Every metric of the one that it is compared with; one that cannot be read ends nothing."""
    app = show("starved", against="wrong")
    assert not app.exception
    assert len(drawn_on(app)) == 2
    assert "nowhere do not exist" in plain(app)
    assert "starved beside it" not in plain(app)


def test_the_table_holds_every_reading(starved: Path):
    """Quantiles of the table are those of the pooled readings, and all readings are counted."""
    machines = look_again(starved).machines
    table = page.table(machines)
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert all(len(row) == len(table.export_columns) for row in table.export_rows)
    assert sum(row[-1] for row in table.export_rows) == sum(len(s.value) for s in machines.series)
    cpu = np.concatenate([s.value for s in machines.series if s.dimension == "CPUUtilization"])
    assert table.export_rows[0][6] == pytest.approx(np.quantile(cpu, 0.95))
    assert [row[1] for row in table.rows] == [name for name, _, _ in utilisation.METRICS]


def test_a_node_with_many_cores_is_a_picture_of_each(starved: Path):
    """Beyond eight cores one band and a map; a chart is no larger for a longer training."""
    cores = [np.full(4_000, float(at)) for at in range(96)]
    found = timeline.of_node(made({"cpu": cores}), "algo-1")
    assert found is not None
    chart = charts.timeline(found, theme.LIGHT)
    assert [trace.type for trace in chart.figure.data] == ["scatter"] * 3 + ["heatmap"]
    assert chart.figure.data[3].z.shape == (96, 600)
    machines = look_again(starved).machines
    drawn = timeline.of_node(machines, "algo-1", BEGUN + np.linspace(0, 600, 50_000))
    assert drawn is not None
    chart = charts.timeline(drawn, theme.DARK)
    assert len(chart.figure.to_json()) < 600_000
    assert "GPU idle, CPU full for" in chart.alt


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK])
def test_what_a_job_calls_itself_is_only_text(colours: theme.Palette):
    """Names of nodes, phases and parts come from files: no markup of theirs reaches a chart."""
    happened = events([(HOSTILE, f"Step:{HOSTILE}", HOSTILE, BEGUN + at, 0.5) for at in range(120)])
    machines = made(
        {"cpu": [np.zeros(300)], "gpu": [np.zeros(300)] * 2}, node=HOSTILE, happened=happened
    )
    drawn = timeline.of_node(machines, HOSTILE, BEGUN + np.arange(10.0))
    (steps,) = step_times.step_times(machines, None)
    assert drawn is not None
    for chart in (
        charts.timeline(drawn, colours),
        step_charts.durations(steps, colours, far_s=0.6),
    ):
        assert "<b>!" not in chart.figure.to_json().replace("\\u003c", "<")
    assert "<b>" in page.lasted(steps, 0.6)  # escaped where it is drawn, by the page


def test_two_nodes_are_two_rows_of_each_metric():
    """A table a node, and basis and tiles of all of them together."""
    one = made({"cpu": [np.zeros(10)]})
    machines = together(one, made({"cpu": [np.full(30, 100.0)]}, node="algo-2"))
    assert [row[0] for row in page.table(machines).rows] == ["algo-1", "algo-2"]
    (used,) = utilisation.of_node(machines)
    tile = page.tile(used)
    assert tile.value == "100.0\u202f%"
    assert "n\u202f=\u202f40 readings" in tile.basis
    assert page.basis(machines).startswith("2 nodes · 40 readings")


def test_the_chart_is_plain_json(starved: Path):
    """What reaches the browser holds no value that JSON has not: a gap is null."""
    found = timeline.of_node(look_again(starved).machines, "algo-1")
    assert found is not None
    json.loads(charts.timeline(found, theme.LIGHT).figure.to_json(), parse_constant=pytest.fail)
