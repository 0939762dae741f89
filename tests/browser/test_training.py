"""Can a training be reviewed by eye: the picture, a click into it, one beside it, a live one?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from demo import trials
from demo.hook import LOSS, Hook
from tests.browser.conftest import photograph, serving, settled

pytestmark = pytest.mark.browser

PRODUCTION, SHADOW = "fraud-net-production", "fraud-net-shadow"
LAYERS = 6


class Running:
    """A training that goes on, and the address of a server that shows it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ""
        self._hook = Hook(folder, "worker_0", 1, dict.fromkeys(("gradients", "losses"), 1))
        self._rng = np.random.default_rng(5)
        self.steps = 0

    def save(self, *, size: float = 0.1) -> None:
        """One step more; ``size`` is that of the first layer's gradient."""
        values = {
            f"gradient/Net_fc.{at}.weight": self._rng.normal(0, size if at == 0 else 0.1, (8, 8))
            for at in reversed(range(LAYERS))
        }
        values[LOSS] = np.float32(1 / (1 + self.steps)).reshape(())
        self._hook.save("TRAIN", 10 * self.steps, 10 * self.steps, values, time.time())
        self._hook.describe(list(values))
        self.steps += 1


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with the demo's trainings and one that runs, looked at every second."""
    home = tmp_path_factory.mktemp("training")
    trials.write(home, end_ms=round(time.time() * 1_000), seed=1)
    made = Running(home / "running")
    for _ in range(12):
        made.save()
    config = home / "understudy.toml"
    tables = [
        f'[trials.{name}]\nlocation = "{home / name / "debug-output"}"\n'
        for name in (SHADOW, PRODUCTION)
    ]
    tables.append(f'[trials.running]\nlocation = "{made.folder}"\n')
    config.write_text("".join(tables))
    with serving(home, look_every_s=1.0, UNDERSTUDY_CONFIG=str(config)) as address:
        made.address = address
        yield made


def open_page(visit: Callable, running: Running, path: str, **context: object):
    # the front page first: a new server loads any other twice
    page = visit("", address=running.address, **context)
    page.goto(f"{running.address}/gradients?{path}")
    settled(page)
    return page


def click_cell(page, row: int, of: int, name: str) -> None:
    """Click into the first chart, in the middle of a row, once the cell has told its name."""
    chart = page.get_by_test_id("stPlotlyChart").first
    ground = chart.locator(".nsewdrag").first.bounding_box()
    x, y = ground["x"] + 0.52 * ground["width"], ground["y"] + ground["height"] * (row + 0.5) / of
    page.mouse.move(x, y, steps=4)
    page.mouse.move(x + 2, y)
    chart.locator(".hoverlayer").get_by_text(name).wait_for()
    page.mouse.click(x + 2, y)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_click_leads_to_the_layer(visit: Callable, running: Running, shots: Path, scheme: str):
    """A cell of the picture opens its layer below: percentiles, histogram, norm."""
    page = open_page(visit, running, "trial=running", color_scheme=scheme)
    click_cell(page, 4, LAYERS, "fc.4.weight")
    page.wait_for_function("location.search.includes('layer=fc.4')")
    settled(page)
    chosen = page.get_by_test_id("stSelectbox").filter(has_text="Layer")
    assert chosen.get_by_role("combobox").input_value() == "fc.4"
    page.get_by_text("Percentiles over the steps").first.wait_for()
    page.get_by_text("fc.4.weight").first.wait_for()
    photograph(page, shots / f"training-layer-{scheme}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_trainings_stand_side_by_side(
    visit: Callable, running: Running, shots: Path, scheme: str
):
    """The shadow's training beside production's, with the difference in words."""
    path = f"trial={SHADOW}&against={PRODUCTION}"
    page = open_page(visit, running, path, color_scheme=scheme)
    page.get_by_text("powers of ten smaller").first.wait_for()
    assert page.get_by_test_id("stException").count() == 0
    photograph(page, shots / f"training-{scheme}.png")


def test_a_running_training_renews_itself(visit: Callable, running: Running):
    """A step that is saved meanwhile is in the picture by itself, and what was chosen stays."""
    page = open_page(visit, running, "trial=running&layer=fc.2")
    before = running.steps
    page.get_by_text(f"{before} TRAIN steps").first.wait_for()
    running.save(size=1e-12)
    page.get_by_text(f"{before + 1} TRAIN steps").first.wait_for()
    page.get_by_text("Vanished").first.wait_for()
    settled(page)
    chosen = page.get_by_test_id("stSelectbox").filter(has_text="Layer")
    assert chosen.get_by_role("combobox").input_value() == "fc.2"
