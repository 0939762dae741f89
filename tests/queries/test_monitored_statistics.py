"""Is Model Monitor's statistics.json read as a baseline, and what it lacks told?"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import model_monitor
from queries import baselines, monitored_statistics
from queries.baselines import Baseline, CategoryColumn, SketchColumn
from queries.config import Aws
from queries.errors import NotComparable, SourceError
from queries.inputs import input_drift
from tests.queries.bucket import BUCKET, StandIn
from tests.queries.test_baselines import corpus
from tests.queries.test_inputs import by_name, moving, opened

REAL = ["oxayavongsa__statistics.json", "ScottReidux__statistics.json"]


def sketched(baseline: Baseline, name: str) -> SketchColumn:
    column = baseline.column(name)
    assert isinstance(column, SketchColumn)
    return column


def statistics(folder: Path, rows: list[str], names: tuple[str, ...]) -> str:
    """The statistics.json of these CSV rows."""
    cells = [row.split(",") for row in rows]
    columns = {name: [row[at] for row in cells] for at, name in enumerate(names)}
    path = folder / "statistics.json"
    path.write_text(json.dumps(model_monitor.about(columns, np.random.default_rng(0))))
    return str(path)


def entries(path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path(path).read_text())["features"]
    return found


@pytest.mark.parametrize("name", REAL)
def test_real_sketches_reproduce_their_buckets(name: str) -> None:
    """A value of level h stands for 2^h rows: so weighted, all buckets of a file come out."""
    baseline = baselines.load(corpus(name))
    compared = 0
    for entry in entries(corpus(name)):
        held = entry.get("numerical_statistics")
        if held is None:
            continue
        sketch = sketched(baseline, entry["name"]).sketch
        assert sketch.n == held["common"]["num_present"]
        buckets = held["distribution"]["kll"]["buckets"]
        edges = [bucket["lower_bound"] for bucket in buckets] + [buckets[-1]["upper_bound"]]
        counts, _ = np.histogram(sketch.values, edges, weights=sketch.weights)
        assert counts.tolist() == [bucket["count"] for bucket in buckets]
        compared += 1
    assert compared > 7


@pytest.mark.parametrize("name", REAL)
def test_real_sketches_keep_within_their_error(name: str) -> None:
    """Of a feature with two values the exact shares follow from its mean: the bound holds."""
    baseline = baselines.load(corpus(name))
    compared = 0
    for entry in entries(corpus(name)):
        held = entry.get("numerical_statistics")
        if held is None or held["approximate_num_distinct_values"] != 2:
            continue
        sketch = sketched(baseline, entry["name"]).sketch
        low, high = held["min"], held["max"]
        assert set(sketch.values) == {low, high}
        exact = (held["mean"] - low) / (high - low)
        assert abs((sketch.mean - low) / (high - low) - exact) <= sketch.error < 0.007
        compared += 1
    assert compared


def test_a_real_file_says_what_it_lacks() -> None:
    """Texts of many values are not listed by Model Monitor: named, with how many there were."""
    baseline = baselines.load(corpus("ScottReidux__statistics.json"))
    assert (len(baseline.names), len(baseline.columns), baseline.rows) == (14, 11, 23_432)
    (note,) = baseline.notes
    assert "city (it lists none of its about 2,477 values)" in note
    state = baseline.column("state")
    assert isinstance(state, CategoryColumn)
    assert (len(state.categories), int(state.counts.sum())) == (54, 23_432)
    assert "0.28 percentage points" in baseline.about


def test_a_file_without_numbers_states_no_error() -> None:
    """The SDK's own example holds one text of one value."""
    baseline = baselines.load(corpus("sagemaker-python-sdk__statistics.json"))
    (message,) = baseline.columns
    assert isinstance(message, CategoryColumn)
    assert (message.categories, message.counts.tolist()) == (
        ("preproc-not-YET-supported-for-csv-json",),
        [418],
    )
    assert "sketch" not in baseline.about


def test_statistics_and_rows_give_the_same_drift(tmp_path: Path) -> None:
    """The sketch of a table and the table itself judge alike, within the error that is stated."""
    names = ("steady", "moved", "kind")
    table = moving(30_000, seed=1)
    given = moving()
    csv = tmp_path / "baseline.csv"
    csv.write_text("\n".join([",".join(names), *table]) + "\n")
    exact = by_name(
        input_drift(opened(tmp_path / "exact", given, baseline=str(csv)), "all", "baseline")
    )
    location = statistics(tmp_path, table, names)
    found = input_drift(opened(tmp_path / "sketch", given, baseline=location), "all", "baseline")
    for name, sketch in by_name(found).items():
        rows = exact[name]
        assert (sketch.n_reference, sketch.missing_reference) == (30_000, 0)
        assert abs(sketch.effect.value - rows.effect.value) <= sketch.reference_error
        assert sketch.effect.low <= rows.effect.low
        assert rows.effect.high <= sketch.effect.high
        assert sketch.state == rows.state
        assert sketch.psi == pytest.approx(rows.psi, abs=0.01)
    assert by_name(found)["kind"].effect == exact["kind"].effect
    assert 0 < by_name(found)["steady"].reference_error < 0.01
    assert "numbers are sketches" in found.reference


def test_missing_values_of_the_file_count(tmp_path: Path) -> None:
    """num_missing is the reference's missing share."""
    table = [f"{n if n % 4 else ''},{'x' if n % 5 else ''}" for n in range(400)]
    location = statistics(tmp_path, table, ("a", "b"))
    given = [f"{n},x" for n in range(50)]
    found = by_name(input_drift(opened(tmp_path, given, baseline=location), "all", "baseline"))
    assert (found["a"].n_reference, found["a"].missing_reference) == (300, 100)
    assert (found["b"].n_reference, found["b"].missing_reference) == (320, 80)


def test_texts_against_a_sketch_are_told(tmp_path: Path) -> None:
    """A sketch cannot be counted as categories: the feature is named, the others compared."""
    location = statistics(tmp_path, [f"{n},{n}" for n in range(200)], ("code", "n"))
    given = [f"c{n % 3},{n}" for n in range(100)]
    found = input_drift(opened(tmp_path, given, baseline=location), "all", "baseline")
    assert set(by_name(found)) == {"n"}
    assert "Numbers in the sketch, texts in the requests: code." in found.note


def test_constraints_alone_cannot_be_compared(tmp_path: Path) -> None:
    """Without a statistics.json beside it there is no distribution; with one, it is used."""
    path = tmp_path / "constraints.json"
    path.write_text('{"features": [{"name": "a", "inferred_type": "Integral"}]}')
    with pytest.raises(NotComparable, match=r"no statistics\.json lies beside it"):
        baselines.load(str(path))
    location = statistics(tmp_path, ["1", "2"], ("a",))
    assert baselines.load(str(path)).location == location


def test_both_files_lie_in_s3(tmp_path: Path) -> None:
    """In S3 too the file beside the one that is named is found."""
    server = StandIn(tmp_path)
    try:
        (tmp_path / BUCKET).mkdir()
        server.put("base/constraints.json", b'{"features": [{"name": "x"}]}')
        aws, location = Aws(endpoint_url=server.url), f"s3://{BUCKET}/base/constraints.json"
        with pytest.raises(NotComparable, match="no distributions"):
            baselines.load(location, aws=aws)
        server.put("base/statistics.json", json.dumps({"features": [numerical()]}).encode())
        found = baselines.load(location, aws=aws)
        assert found.location == f"s3://{BUCKET}/base/statistics.json"
        assert sketched(found, "x").sketch.n == 4
    finally:
        server.stop()


def numerical(**change: Any) -> dict[str, Any]:
    """An entry of four numbers 0, 1, 2, 3, changed."""
    held: dict[str, Any] = {
        "common": {"num_present": 4, "num_missing": 1},
        "mean": 1.5,
        "min": 0,
        "max": 3,
        "distribution": {
            "kll": {"sketch": {"parameters": {"c": 0.64, "k": 2048}, "data": [[3, 1, 0, 2]]}}
        },
    }
    return {"name": "x", "numerical_statistics": {**held, **change}}


def listed(**change: Any) -> dict[str, Any]:
    """An entry of three texts, changed."""
    buckets = [{"value": "a", "count": 2}, {"value": "b", "count": 1}]
    held: dict[str, Any] = {
        "common": {"num_present": 3, "num_missing": 0},
        "distribution": {"categorical": {"buckets": buckets}},
    }
    return {"name": "x", "string_statistics": {**held, **change}}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"name": "x"}, "it holds no statistics"),
        (numerical(distribution={}), "it holds no sketch of the distribution"),
        (numerical(common={"num_present": 3, "num_missing": 0}), "stands for 4 values, but there"),
        (numerical(mean=2.5), "its sketch has the mean 1.5, its rows 2.5"),
        (numerical(common=None), "its entry cannot be read at numerical_statistics.common"),
        (listed(distribution={}), "it lists none of its values"),
        (listed(common={"num_present": 9, "num_missing": 0}), "it lists 3 of 9 values"),
        ({"name": 7}, "its entry cannot be read at name"),
    ],
)
def test_an_entry_that_lacks_something_is_named(
    tmp_path: Path, entry: dict[str, Any], why: str
) -> None:
    """What cannot be compared is told with its reason; the whole entries beside it are used."""
    path = tmp_path / "statistics.json"
    path.write_text(json.dumps({"features": [entry, {**numerical(), "name": "whole"}]}))
    baseline = baselines.load(str(path))
    assert [column.name for column in baseline.columns] == ["whole"]
    assert why in baseline.notes[0]


def test_values_outside_the_sketch_are_missing(tmp_path: Path) -> None:
    """Present but no number, as in a column of few words: neither lost nor made up."""
    entry = numerical(common={"num_present": 5, "num_missing": 1}, mean=None)
    path = tmp_path / "statistics.json"
    path.write_text(json.dumps({"features": [entry]}))
    column = sketched(baselines.load(str(path)), "x")
    assert (column.sketch.n, column.missing) == (4, 2)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    *("name", "common", "num_present", "num_missing", "distribution", "kll"),
                    *("sketch", "data", "parameters", "k", "categorical", "buckets", "value"),
                    *("count", "mean"),
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.binary(max_size=40)
    | anything.map(lambda value: json.dumps(value).encode())
    | st.lists(
        st.fixed_dictionaries(
            {"name": st.text(max_size=3)},
            optional={"numerical_statistics": anything, "string_statistics": anything},
        ),
        max_size=3,
    ).map(lambda value: json.dumps({"features": value}).encode())
    | st.tuples(anything, anything).map(
        lambda pair: json.dumps(
            {"features": [numerical(distribution=pair[0]), listed(common=pair[1])]}
        ).encode()
    )
)
def test_any_bytes_are_a_baseline_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """Nothing that a file can hold is a traceback."""
    path = tmp_path_factory.getbasetemp() / "statistics.json"
    path.write_bytes(content)
    with suppress(SourceError):
        found = monitored_statistics.read(str(path), None)
        assert len(found.columns) <= len(found.names)
        baselines.features(str(path))
