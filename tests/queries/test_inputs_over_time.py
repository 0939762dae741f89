"""Are the requests of each block held against the right reference, bin by bin?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from analysis.categories import jensen_shannon
from analysis.estimates import Window
from queries.errors import NotComparable, QuestionError
from queries.inputs_over_time import (
    MOST_BLOCKS,
    MOST_CATEGORIES,
    InputsOverTime,
    fitting,
    inputs_over_time,
    possible,
)
from tests.queries.capturing import NOON
from tests.queries.test_inputs import baseline, opened

AN_HOUR = 240


def by_name(found: InputsOverTime) -> dict:
    return {feature.name: feature for feature in found.drift.features}


def hours(count: int, shifted_from: int, seed: int = 3) -> list[str]:
    """So many hours of 240 requests, four a minute; from one hour on a number and a text move."""
    rng = np.random.default_rng(seed)
    found = []
    for hour in range(count):
        moved = hour >= shifted_from
        for _ in range(AN_HOUR):
            kind = "c" if moved and rng.random() < 0.5 else "ab"[int(rng.integers(2))]
            steady, shifted = rng.normal(), rng.normal(2 if moved else 0)
            found.append(f"{steady:.6f},{shifted:.6f},{kind}")
    return found


def every_quarter_minute(folder: Path, given: list[str], **test: object):
    """A test with these inputs at four a minute, from noon on."""
    from queries.config import Config, Test
    from queries.opened import open_test
    from tests.queries.capturing import capture_file, line

    for variant in ("AllTraffic", "Shadow"):
        lines = [
            line(one, "0.5", at=15 * n, inference=f"r{n}", encodings=("CSV", "CSV"))
            for n, one in enumerate(given)
            if one
        ]
        capture_file(folder / "captures", lines, variant=variant)
    asked = Test(
        name="t",
        captures=str(folder / "captures"),
        production="AllTraffic",
        shadow="Shadow",
        **test,  # type: ignore[arg-type]
    )
    return open_test(Config(tests=(asked,), cache=folder / "cache"), asked)


@pytest.fixture(scope="module")
def given() -> list[str]:
    return hours(12, shifted_from=7)


@pytest.fixture(scope="module")
def against_baseline(tmp_path_factory: pytest.TempPathFactory, given: list[str]) -> InputsOverTime:
    folder = tmp_path_factory.mktemp("over-time")
    location = baseline(folder, "steady,moved,kind", hours(4, shifted_from=9, seed=8))
    shown = every_quarter_minute(folder, given, baseline=location)
    return inputs_over_time(shown, "all", "baseline", "hour")


def test_every_request_is_in_one_bin_of_its_hour(against_baseline: InputsOverTime) -> None:
    """Counts add up: 240 values an hour for every feature, from noon on, and 240 rows."""
    drift = against_baseline.drift
    assert drift.rows.tolist() == [AN_HOUR] * 12
    assert drift.start[0] == np.datetime64(NOON.replace(tzinfo=None))
    for feature in drift.features:
        assert (feature.n + feature.missing).tolist() == [AN_HOUR] * 12
        assert feature.n_reference == 4 * AN_HOUR
    assert against_baseline.n_reference == 4 * AN_HOUR


def test_what_moved_is_marked_at_its_hour(against_baseline: InputsOverTime) -> None:
    """The number and the text moved in the eighth hour, the other number never."""
    features = by_name(against_baseline)
    for name in ("moved", "kind"):
        assert np.flatnonzero(features[name].moved(0.1, 0.05)).tolist() == list(range(7, 12))
        assert [change.at for change in features[name].changes] == [7]
    assert not features["steady"].moved(0.1, 0.05).any()
    assert features["steady"].changes == ()


def test_an_hour_has_the_measures_of_its_own_values(
    against_baseline: InputsOverTime, given: list[str]
) -> None:
    """D is that at the reference's twentieths, Jensen–Shannon that of the counted texts."""
    reference = [line.split(",") for line in hours(4, shifted_from=9, seed=8)]
    hour = [line.split(",") for line in given[8 * AN_HOUR : 9 * AN_HOUR]]
    features = by_name(against_baseline)
    held, now = (np.array([float(row[1]) for row in rows]) for rows in (reference, hour))
    places = np.quantile(held, np.arange(1, 20) / 20, method="inverted_cdf")
    gaps = [abs(np.mean(held <= place) - np.mean(now <= place)) for place in places]
    assert features["moved"].effect.value[8] == pytest.approx(max(gaps))
    counted = [
        [sum(row[2] == kind for row in rows) for kind in "abc"] for rows in (reference, hour)
    ]
    js = next(course for course in features["kind"].courses if course.name.startswith("Jensen"))
    assert js.value[8] == pytest.approx(jensen_shannon(*counted))


def test_the_window_before_is_a_reference_too(tmp_path: Path, given: list[str]) -> None:
    """Of everything the later half is judged, hour by hour, by the whole earlier half."""
    shown = every_quarter_minute(tmp_path, given)
    found = inputs_over_time(shown, "all", "previous", "hour")
    assert len(found.drift.start) == 7
    features = by_name(found)
    assert features["f1"].n_reference == found.n_reference == pytest.approx(6 * AN_HOUR, abs=1)
    assert features["f1"].moved(0.1, 0.05).sum() == 5
    assert not features["f0"].moved(0.1, 0.05).any()
    # the first hour of the later half is like the reference yet
    assert features["f2"].effect.value[1] < 0.1


def test_an_hour_without_captures_is_a_gap(tmp_path: Path, given: list[str]) -> None:
    """Nothing captured is neither drift nor its absence, and under a filter no gap either."""
    silent = [*given[: 3 * AN_HOUR], *[""] * AN_HOUR, *given[4 * AN_HOUR : 6 * AN_HOUR]]
    shown = every_quarter_minute(tmp_path, silent)
    window = "2024-03-31T13:00:00Z/2024-03-31T18:00:00Z"
    found = inputs_over_time(shown, window, "previous", "hour")
    assert found.drift.gaps.tolist() == [False, False, True, False, False]
    assert all(np.isnan(feature.effect.value[2]) for feature in found.drift.features)
    filtered = inputs_over_time(shown.within("f0 < 0"), window, "previous", "hour")
    assert filtered.drift.rows.tolist() == found.drift.rows.tolist()
    assert filtered.drift.features[0].n.sum() < found.drift.features[0].n.sum()


def test_missing_values_have_a_bin_of_their_own(tmp_path: Path) -> None:
    """An empty cell is counted as missing, of a number as of a text."""
    empty = [f"{n if n % 4 else ''},{'x' if n % 5 else ''}" for n in range(2 * AN_HOUR)]
    found = by_name(
        inputs_over_time(every_quarter_minute(tmp_path, empty), "all", "previous", "hour")
    )
    assert int(found["f0"].missing.sum()) == AN_HOUR // 4
    assert int(found["f1"].missing.sum()) == AN_HOUR // 5


def test_rare_texts_are_one_category(tmp_path: Path) -> None:
    """The twenty most frequent of the reference have bins; what is new is with the others."""
    names = [f"{n % 30:02}" + "abc"[n % 3] for n in range(2 * AN_HOUR)]
    location = baseline(tmp_path, "code,n", [f"{name},{n}" for n, name in enumerate(names)])
    fresh = [f"{name if n % 2 else 'new'},{n}" for n, name in enumerate(names)]
    shown = every_quarter_minute(tmp_path, fresh, baseline=location)
    code = by_name(inputs_over_time(shown, "all", "baseline", "hour"))["code"]
    assert code.n.sum() == 2 * AN_HOUR
    assert MOST_CATEGORIES < 30
    assert code.moved(0.1, 0.05).all()


def test_numbers_against_texts_are_categories(tmp_path: Path) -> None:
    """1 and "1.0" are one category, whichever side spells it how."""
    texts = [f"{n % 3}.0,{n}" if n % 3 else f"none,{n}" for n in range(300)]
    location = baseline(tmp_path, "code,n", texts)
    given = [f"{n % 3},{n}" for n in range(2 * AN_HOUR)]
    shown = every_quarter_minute(tmp_path, given, baseline=location)
    code = by_name(inputs_over_time(shown, "all", "baseline", "hour"))["code"]
    assert code.kind == "categorical"
    # 0 came in place of none, a third of all; 1 and 2 are as they were
    v = np.sqrt(1 / 3)
    np.testing.assert_allclose(code.effect.value, v, atol=0.02)


def test_too_many_blocks_are_told(tmp_path: Path) -> None:
    """More blocks than a picture can show are a sentence that says what to choose."""
    shown = opened(tmp_path, ["1,a"] * 20)
    long = "2024-03-31T12:00:00Z/2024-05-31T12:00:00Z"
    with pytest.raises(NotComparable, match="no baseline"):
        inputs_over_time(shown, long, "baseline", "hour")
    location = baseline(tmp_path, "a,b", ["1,a"] * 20)
    shown = opened(tmp_path / "with", ["1,a"] * 20, baseline=location)
    with pytest.raises(QuestionError, match="longer blocks"):
        inputs_over_time(shown, long, "baseline", "hour")


@pytest.mark.parametrize(
    ("length", "blocks"),
    [(5, ("hour",)), (20, ("hour", "6 hours")), (72, ("hour", "6 hours", "day")),
     (24 * 60, ("6 hours", "day")), (24 * 365, ("day",)), (24 * 1000, ("day",))],
)  # fmt: skip
def test_blocks_fit_the_window(length: int, blocks: tuple[str, ...]) -> None:
    """Neither one block nor hundreds; the choice is the shortest with 200 requests on average."""
    window = Window(NOON, NOON + timedelta(hours=length))
    assert possible(window) == blocks
    assert fitting(window, 200 * length) == blocks[0]
    assert fitting(window, 10) == blocks[-1]
    assert MOST_BLOCKS == 400
