"""Do the charts of a training show what the result says, in both themes, and stay light?"""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest

from analysis.training import losses
from analysis.training.distributions import distribution
from analysis.training.grids import grid, rows_of
from analysis.training.importance import importances
from analysis.training.picture import Picture, picture
from analysis.training.series import series
from pages.charts import curves, gradients, layers, logarithmic, theme
from pages.charts.theme import Chart
from tests.analysis.training.recorded import Recorded, recording

HOSTILE = "<img src=x onerror=alert(1)>"
NORM = "gradient/Net_fc.{}.weight"


def trained(*sizes: list[float], name: str = NORM, workers: int = 1) -> Recorded:
    """A gradient of ten equal numbers for each list, one of it at each step."""
    return recording(
        {
            name.format(layer): {
                ("TRAIN", 10 * step, f"worker_{worker}"): np.full(10, size * (1 + worker))
                for step, size in enumerate(each)
                for worker in range(workers)
            }
            for layer, each in reversed(list(enumerate(sizes)))
        }
    )


def drawn(made: Recorded, **given: object) -> Picture:
    rows = rows_of(made, "gradient")
    return picture(grid(made, rows, "gradient", "norm", **{"mode": "TRAIN", **given}))


def of(chart: Chart) -> dict:
    found: dict = json.loads(chart.figure.to_json())
    return found


def cells(chart: Chart) -> np.ndarray:
    """What Plotly is told to colour, in the order of rows and columns."""
    z = of(chart)["data"][0]["z"]
    shape = [int(each) for each in z["shape"].split(",")]
    return np.frombuffer(b64decode(z["bdata"]), z["dtype"]).reshape(shape)


def colour(chart: Chart, place: float) -> str:
    """The colour of the last stop of the scale at or below a place."""
    trace = of(chart)["data"][0]
    share = (place - trace["zmin"]) / (trace["zmax"] - trace["zmin"])
    return [each for at, each in trace["colorscale"] if at <= share + 1e-9][-1]


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=lambda p: p.name)
def test_each_state_has_its_own_colour(colours: theme.Palette):
    """Vanished, exploding and not finite are coloured beyond the range, and each by itself."""
    made = trained([1e-9, 0.1, 0.1, 0.1], [0.1, 0.1, 1e9, np.nan])
    chart = gradients.picture(drawn(made), colours)
    found = cells(chart)
    assert found[0, 0] < 0
    assert 0 <= found[0, 1] <= 1
    assert found[1, 2] > 1
    assert found[1, 3] > found[1, 2]
    assert [colour(chart, found[at]) for at in ((0, 0), (1, 2), (1, 3))] == [
        colours.faded,
        colours.breach,
        colours.broken,
    ]
    assert "1 vanished" in chart.alt
    assert "1 not finite" in chart.alt
    text = of(chart)["data"][0]["text"]
    assert (text[0][0], text[1][2], text[1][3]) == ("▽", "▲", "✕")


def test_the_range_is_the_same_for_every_training():
    """One small and one large gradient have their places on one scale, 10⁻⁸ to 1."""
    small = cells(gradients.picture(drawn(trained([1e-6])), theme.LIGHT))
    large = cells(gradients.picture(drawn(trained([0.1])), theme.LIGHT))
    norms = np.log10([1e-6 * 10**0.5, 0.1 * 10**0.5])
    assert [small[0, 0], large[0, 0]] == pytest.approx(((norms + 8) / 8).tolist(), abs=1e-6)


def test_a_step_that_was_not_saved_is_empty():
    """No data is a hole in the picture, through which its ground is seen."""
    chart = gradients.picture(drawn(trained([0.1, 0.1], [0.1])), theme.LIGHT)
    assert np.isnan(cells(chart)[1, 1])
    hover = of(chart)["data"][-1]["hovertext"]
    assert hover[-1].endswith("TRAIN step 10: no data")


def test_every_cell_can_be_clicked():
    """One unseen marker a cell, on its row, inside its column."""
    found = of(gradients.picture(drawn(trained([0.1] * 3, [0.1] * 3)), theme.LIGHT))["data"][-1]
    assert found["y"] == [0, 0, 0, 1, 1, 1]
    assert found["x"] == [5.0, 15.0, 25.0] * 2
    assert found["marker"]["opacity"] == 0


def test_the_spread_of_workers_is_told():
    """The hover names how far the workers are apart."""
    chart = gradients.picture(drawn(trained([0.1], workers=2)), theme.LIGHT)
    assert "largest worker 2 times the smallest" in of(chart)["data"][-1]["hovertext"][0]


def test_names_are_text_in_the_picture():
    """A name with tags is written as its characters, on the axis and in the hover."""
    made = trained([0.1], name=f"gradient/{HOSTILE}.weight")
    text = gradients.picture(drawn(made), theme.LIGHT).figure.to_json()
    assert "<img" not in text
    assert "\\u003cimg" not in text


def large(size: np.ndarray) -> Recorded:
    """A recording of one number a tensor and step, without going through values one by one."""
    tensors, steps = size.shape
    made = recording(
        {
            f"gradient/Net_encoder.layers.{at}.attention.weight": {("TRAIN", 0): np.ones(1)}
            for at in range(tensors)
        }
    )
    every = made.statistics.take(np.repeat(np.arange(tensors), steps))
    finite, flat = np.isfinite(size).ravel(), np.where(np.isfinite(size), size, np.nan).ravel()
    told = replace(
        every,
        step=np.tile(np.arange(steps), tensors),
        nans=np.where(finite, 0.0, 1.0),
        l2=flat,
        mean_abs=flat,
    )
    return replace(made, statistics=told, values=())


def test_a_large_training_stays_light():
    """500 tensors at 1,000 steps: 2 MB at most, 100,000 cells, 4,000 markers, and all is seen."""
    size = 10.0 ** np.random.default_rng(1).uniform(-4, 0, (500, 1_000))
    size[250, 777] = 1e-12
    size[499, 3] = np.nan
    found = drawn(large(size))
    chart = gradients.picture(found, theme.LIGHT)
    text = chart.figure.to_json()
    assert len(text.encode()) < 2_000_000
    told = cells(chart)
    assert told.shape == (500, 200)
    assert (told < 0).sum() == 1
    assert (told > 1).sum() == 1
    data = json.loads(text)["data"]
    assert len(data[-1]["hovertext"]) <= gradients.MOST_MARKERS
    # one bad cell of 100,000 would not be seen: a sign stands on it
    assert data[1]["y"] == [250, 499]
    assert data[1]["marker"]["symbol"] == ["triangle-down", "x"]
    assert [x // 5 for x in data[1]["x"]] == [777 // 5, 3 // 5]
    assert found.steps_a_column == 5


def test_two_pictures_share_their_steps():
    """A step axis for two ends where the longer of them does."""
    short, long = drawn(trained([0.1] * 3)), drawn(trained([0.1] * 9))
    steps = gradients.span(short, long)
    assert steps == (0.0, 90.0)
    chart = gradients.picture(short, theme.LIGHT, steps=steps)
    assert of(chart)["layout"]["xaxis"]["range"] == [0.0, 90.0]


def test_a_picture_of_nothing_says_so():
    """A mode without values has an empty picture, and words that say it."""
    chart = gradients.picture(drawn(trained([0.1]), mode="EVAL"), theme.LIGHT)
    assert chart.alt.startswith("No data")


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=lambda p: p.name)
def test_a_tensor_is_drawn_from_step_to_step(colours: theme.Palette):
    """Bands lie in order, the histogram holds every element, the workers' band the median."""
    rng = np.random.default_rng(2)
    made = recording(
        {
            NORM.format(0): {
                ("TRAIN", step, worker): rng.standard_normal(100)
                for step in range(4)
                for worker in ("a", "b")
            }
        }
    )
    found = distribution(made, 0, mode="TRAIN")
    bands = of(layers.bands(found, colours, mode="TRAIN"))["data"]
    assert len(bands) == 9
    histogram = of(layers.histogram(found, colours, mode="TRAIN"))["data"][0]
    share = np.frombuffer(b64decode(histogram["customdata"]["bdata"]), "f4").reshape(-1, 4)
    assert share.sum(axis=0).tolist() == pytest.approx([100.0] * 4, abs=0.1)
    line = series(made, 0, "gradient", "norm", mode="TRAIN")
    traces = of(layers.over_steps(line, "gradient", colours, mode="TRAIN"))["data"]
    assert len(traces) == 3


def test_overfitting_is_marked_where_it_begins():
    """The lowest validation loss is named, and all after it is shaded."""
    steps = {("TRAIN", 10 * at): np.float64(1 / (1 + at)) for at in range(10)}
    rising = {("EVAL", at): np.float64(1 + abs(at - 3)) for at in range(10)}
    made = recording({"CrossEntropyLoss_output_0": {**steps, **rising}})
    told = made.statistics
    # an evaluation after each ten steps of training
    told.global_step[told.mode == 1] = 10 * told.step[told.mode == 1] + 5
    lines = losses.curves(made)
    sides = losses.rounds(lines)
    chart = curves.losses([curves.Losses("net", "shadow", lines, sides)], theme.LIGHT)
    found = of(chart)
    assert [each.get("text") for each in found["data"] if each.get("text")] == [
        ["lowest 1: overfits from here"]
    ]
    assert found["layout"]["shapes"][0]["x0"] == 35
    assert {each["line"]["color"] for each in found["data"][:2]} == {theme.LIGHT.shadow}


def test_importance_is_drawn_of_the_largest():
    """Of many features those with the largest share, which the words name too."""
    made = recording(
        {
            f"feature_importance/gain/f{at}": {("GLOBAL", 0): [1.0 + at], ("GLOBAL", 1): [1.0 + at]}
            for at in range(12)
        }
    )
    chart = curves.importance(importances(made)[0], theme.DARK)
    assert [each["name"] for each in of(chart)["data"]] == [f"f{at}" for at in range(11, 3, -1)]
    assert "8 of 12 features" in chart.alt


def test_a_logarithmic_axis_has_ticks_one_can_read():
    """Whole powers over many decades, 1, 2 and 5 over few, the values themselves over none."""
    wide = logarithmic.axis([np.array([1e-12, 9e3])])
    assert wide["ticktext"] == ["10⁻¹²", "10⁻⁹", "10⁻⁶", "0.001", "1", "1,000"]
    assert logarithmic.axis([np.array([0.02, 0.3, 0.0])])["ticktext"] == [
        *("0.02", "0.05", "0.1", "0.2"),
    ]
    near = logarithmic.axis([np.array([2.305, 2.311])])
    assert near["tickvals"] == [2.305, 2.311]
    assert "tickvals" not in logarithmic.axis([np.array([0.0, np.nan])])
