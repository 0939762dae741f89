"""Does every chart show what the result says, in both themes?"""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.measured import no_measure
from pages.charts import (
    capacity,
    categories,
    distributions,
    heatmaps,
    intervals,
    multiples,
    quality,
    running,
    theme,
    timelines,
)
from pages.charts.theme import Chart, Palette
from pages.parts import answers, usual
from tests.pages import sample, sample_quality

HOSTILE = "<img src=x onerror=alert(1)>"
LIMITS = {"4xx_errors": 0.005, "5xx_errors": 0.001, "model_errors": 0.001}


def every_chart(colours: Palette, label: str = "b") -> dict[str, Chart]:
    found = sample.report()
    return {
        "checks": intervals.checks(found.verdict.guardrails, colours),
        "latency differences": intervals.latency_differences(
            found.latency.differences, {0.5: 0.1, 0.99: 0.1}, colours
        ),
        "error differences": intervals.error_differences(found.errors.rates, LIMITS, colours),
        "share differences": categories.share_differences(
            sample.categorical("f", ("a", label)), colours
        ),
        "Bland-Altman": distributions.bland_altman(found.scores, colours),
        "differences": distributions.differences(found.scores, colours),
        "prediction curves": distributions.prediction_curves(found.prediction_drift, colours),
        "agreement": timelines.agreement(found.agreement.series, 0.95, colours),
        "running": running.sequence(answers.running_of(found), colours),
        "latency": timelines.latency(found.latency, colours),
        "invocations": timelines.invocations(found.errors.series[0], colours),
        "errors": timelines.errors(found.errors.series[0], "4xx", colours),
        "pairing": timelines.pairing(found.pairing.series, colours),
        "confusion": heatmaps.confusion(sample.agreement(("a", label)).confusion, colours),
        "hours": heatmaps.hours_of_week(found.hours, colours),
        "against usual": heatmaps.against_usual(usual.met_of(found, sample.usual()), colours),
        "resources": capacity.series(sample.resources().resources, colours),
        "quality": quality.differences(sample_quality.classified().measures, colours),
        "quality of numbers": quality.differences(sample_quality.numbers().measures, colours),
        "accuracy": quality.over_time(sample_quality.classified().series, colours),
        "errors of numbers": quality.over_time(sample_quality.numbers().series, colours),
        "labels": quality.coverage(sample_quality.coverage().series, colours),
        "multiples": multiples.features(
            (sample.categorical(label, ("a", label)), *sample.features()), colours
        ),
    }


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_every_chart_can_be_drawn_and_described(colours: Palette):
    """Each is valid JSON for the browser, has a height, and words for those who cannot see it."""
    for name, chart in every_chart(colours).items():
        spec = json.loads(chart.figure.to_json())
        assert spec["data"], name
        assert 150 <= spec["layout"]["height"] <= 1000, name
        assert len(chart.alt) > 20, name


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_no_chart_holds_a_captured_tag(colours: Palette):
    """A label that is HTML is drawn as its characters."""
    for name, chart in every_chart(colours, HOSTILE).items():
        assert "<img" not in chart.figure.to_json(), name


def test_the_palettes_hold_the_same_roles_in_other_colours():
    """Dark is no light palette on black: each role has its own colour, legible on it."""
    for role in ("production", "shadow", "breach", "good", "text", "grid", "background"):
        assert getattr(theme.LIGHT, role) != getattr(theme.DARK, role)
    for palette in (theme.LIGHT, theme.DARK):
        for role in ("production", "shadow", "breach", "good", "context", "text"):
            assert contrast(getattr(palette, role), palette.background) > 2, (palette.name, role)


def contrast(one: str, two: str) -> float:
    """WCAG 2 contrast ratio."""
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_theme_file_and_the_charts_use_one_palette():
    """Streamlit's own widgets and our charts show a role in the same colour."""
    import tomllib
    from pathlib import Path

    config = Path(__file__).parents[2] / ".streamlit" / "config.toml"
    themes = tomllib.loads(config.read_text(encoding="utf-8"))["theme"]
    for palette in (theme.LIGHT, theme.DARK):
        told = themes[palette.name]
        assert told["primaryColor"] == told["blueColor"] == palette.production
        assert told["orangeColor"] == palette.shadow
        assert told["redColor"] == palette.breach
        assert told["greenColor"] == palette.good
        assert told["textColor"] == palette.text
        assert told["backgroundColor"] == palette.background


def test_the_running_interval_marks_where_it_decided_and_shows_its_limit():
    """The line stands at the pairs since which it has decided; undecided, there is none."""
    found = answers.running_of(sample.report())
    assert found.since is not None
    drawn = running.sequence(found, theme.LIGHT)
    low, high = drawn.figure.layout.yaxis.range
    assert low <= found.limit <= high
    assert [s.x0 for s in drawn.figure.layout.shapes if s.type == "line"][-1] == found.n[
        found.since
    ]
    assert f"since {found.n[found.since]:,} pairs" in drawn.alt
    open_ = replace(found, since=None, status="inconclusive")
    assert "since" not in running.sequence(open_, theme.LIGHT).alt


def test_a_status_has_its_own_shape():
    """Within, over, inconclusive and no data can be told apart without colour."""
    drawn = intervals.checks(sample.verdict().guardrails, theme.LIGHT).figure
    symbols = [trace.marker.symbol for trace in drawn.data]
    assert len(symbols) == len(set(symbols)) == 4


def test_what_is_far_over_its_limit_is_drawn_at_the_edge_with_an_arrow():
    """A value beyond the scale is not left out and does not squeeze the others."""
    drawn = intervals.checks(sample.verdict().guardrails, theme.LIGHT).figure
    assert max(max(trace.x) for trace in drawn.data) == intervals.SHOWN_USE
    assert [a.text for a in drawn.layout.annotations] == ["▶"]


@pytest.mark.parametrize("ends", [(math.nan, math.nan), (-math.inf, math.inf)])
def test_an_interval_without_ends_is_drawn(ends: tuple[float, float]):
    """Unknown and infinite ends of an interval break no chart."""
    low, high = ends
    guardrail = sample.guardrail(
        *("agreement", "inconclusive", 0.5, 0.1), used_low=low, used_high=high
    )
    drawn = intervals.checks([guardrail], theme.LIGHT).figure
    assert "NaN" not in drawn.to_json()
    rates = sample.errors().rates
    unsure = replace(rates[0], difference=replace(rates[0].difference, low=low, high=high))
    intervals.error_differences([unsure], LIMITS, theme.LIGHT)


def test_a_gap_in_the_data_is_a_gap_in_the_line():
    """An hour without requests is missing, not zero, and no line runs across it."""
    found = sample.latency()
    drawn = timelines.latency(found, theme.LIGHT).figure
    assert np.isnan(drawn.data[0].y[30])
    assert drawn.data[0].connectgaps is False
    band = timelines.agreement(sample.agreement().series, 0.95, theme.LIGHT).figure.data[0]
    assert None in list(band.y)[:-1]


def test_what_fills_up_is_drawn_against_all_there_is():
    """Memory and disk end at 100 %, with a line at which capture stops; CPU ends at its highest."""
    used = sample.resources().resources
    drawn = capacity.series(used, theme.LIGHT).figure
    metrics = [each.metric for each in used.utilisations]
    axes = [drawn.layout["yaxis" + str(at or "")] for at in [0, *range(2, len(metrics) + 1)]]
    ends = {m: axis.range for m, axis in zip(metrics, axes, strict=True)}
    assert ends["memory"] == ends["disk"] == (0, 1)
    assert ends["cpu"] is None
    assert [shape.y0 for shape in drawn.layout.shapes] == [0.75]


def test_better_and_worse_have_a_word_and_a_shape():
    """Exchange the two models and better becomes worse, in word, shape and place."""
    found = sample_quality.classified().measures[0]
    other = replace(
        found,
        difference=replace(
            found.difference,
            value=-found.difference.value,
            low=-found.difference.high,
            high=-found.difference.low,
        ),
    )
    drawn = [quality.differences([each], theme.LIGHT).figure for each in (found, other)]
    assert [figure.data[0].marker.symbol for figure in drawn] == ["triangle-up", "triangle-down"]
    assert [figure.layout.annotations[0].text for figure in drawn] == ["▲ better", "▼ worse"]
    assert drawn[0].data[0].x[0] == -drawn[1].data[0].x[0] > 0


def test_measures_of_one_unit_share_an_axis():
    """Shares, an area and a loss are never drawn on one scale; zero is on each."""
    drawn = quality.differences(sample_quality.classified().measures, theme.LIGHT).figure
    axes = [axis for axis in drawn.layout if axis.startswith("xaxis")]
    assert len(axes) == 3
    for axis in axes:
        low, high = drawn.layout[axis].range
        assert low < 0 < high
    assert len([shape for shape in drawn.layout.shapes if shape.x0 == 0]) == 3


def test_no_measure_draws_an_empty_picture():
    """Without any known difference there is a picture that says so, and no failure."""
    nothing = [no_measure("rmse", better="lower")]
    assert "no data" in quality.differences(nothing, theme.LIGHT).alt


def test_the_limit_is_drawn_where_it_bites():
    """The limit of p99 lies at the allowed share of production's own p99."""
    found = sample.latency().differences
    drawn = intervals.latency_differences(found, {0.99: 0.1}, theme.LIGHT).figure
    limits = [s.y0 for s in drawn.layout.shapes if s.line.dash == "dash"]
    assert limits == pytest.approx([0.1 * found[-1].production_ms])


def test_a_click_on_a_cell_finds_its_labels():
    """Every cell has a marker at its place: column shadow, row production."""
    table = sample.agreement(("a", "b", "c")).confusion
    counted, cells = heatmaps.confusion(table, theme.LIGHT).figure.data
    assert len(cells.x) == 9
    place = list(zip(cells.y, cells.x, strict=True)).index((0, 2))
    assert "production a, shadow c: 20 pairs" in cells.hovertext[place]
    assert counted.text[0][2].startswith(str(table.counts[0, 2]))


def test_the_largest_move_comes_first():
    """Categories are ranked by how far their share moved, whatever its sign."""
    feature = sample.categorical("channel")
    sizes = [abs(move.points) for move in categories.moves(feature, most=10)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(categories.moves(feature, most=2)) == 2


@pytest.mark.parametrize("count", [1, 3, 5, 43])
def test_any_number_of_features_fits(count: int):
    """One small picture a feature, four to a row."""
    found = [sample.numeric(f"f{i}", 0.1) for i in range(count)]
    drawn = multiples.features(found, theme.LIGHT).figure
    assert len(drawn.data) == 2 * count
    assert len(drawn.layout.annotations) == count
