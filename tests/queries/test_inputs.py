"""Are the requests held against the right reference, feature by feature?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from queries.config import Config, Test
from queries.errors import NotComparable, SourceError
from queries.inputs import InputDrift, input_drift
from queries.opened import Opened, open_test
from tests.queries.capturing import JSON, capture_file, line


def opened(folder: Path, given: list[Any], **test: Any) -> Opened:
    """A test whose requests are these inputs, one a minute."""
    encodings = ("CSV", "CSV") if isinstance(given[0], str) else JSON
    for variant in ("AllTraffic", "Shadow"):
        lines = [
            line(one, "0.5", at=60 * n, inference=f"r{n}", encodings=encodings)
            for n, one in enumerate(given)
        ]
        capture_file(folder / "captures", lines, variant=variant)
    asked = Test(
        name="t",
        captures=str(folder / "captures"),
        production="AllTraffic",
        shadow="Shadow",
        **test,
    )
    return open_test(Config(tests=(asked,), cache=folder / "cache"), asked)


def by_name(found: InputDrift) -> dict[str, Any]:
    return {feature.name: feature for feature in found.features}


def moving(count: int = 400, seed: int = 7) -> list[str]:
    """Two numbers and a category; in the second half one number and the category have moved."""
    rng = np.random.default_rng(seed)
    steady, shifted = rng.normal(size=count), rng.normal(size=count)
    shifted[count // 2 :] += 2
    kinds = ["a" if n % 2 else "b" for n in range(count // 2)] + ["c"] * (count - count // 2)
    return [f"{s:.6f},{m:.6f},{k}" for s, m, k in zip(steady, shifted, kinds, strict=True)]


def test_the_second_half_is_held_against_the_first(tmp_path: Path) -> None:
    """Of everything, the later half is judged by the earlier one, worst feature first."""
    given = moving()
    found = input_drift(opened(tmp_path, given), "all", "previous")
    assert [feature.name for feature in found.features] == ["f2", "f1", "f0"]
    assert [feature.state for feature in found.features][:2] == ["drift", "drift"]
    assert (found.n_reference, found.n_current) == (200, 200)
    values = np.array([float(one.split(",")[1]) for one in given])
    expected = stats.ks_2samp(values[:200], values[200:]).statistic
    assert by_name(found)["f1"].effect.value == pytest.approx(expected)
    # every category of the first half gave way to another: Cramer's V is 1 before its correction
    assert by_name(found)["f2"].effect.value > 0.95
    assert "against those of 2024-03-31 12:00 to 2024-03-31 15:19 UTC" in found.reference


def test_a_length_is_held_against_the_length_before(tmp_path: Path) -> None:
    """An hour is judged by the hour before it."""
    found = input_drift(opened(tmp_path, moving(180)), "1h", "previous")
    assert (found.n_reference, found.n_current) == (60, 60)


def test_nothing_before_is_told(tmp_path: Path) -> None:
    """Where nothing was captured before the window there is a sentence, not an empty reference."""
    shown = opened(tmp_path, moving(180))
    with pytest.raises(NotComparable, match="Nothing was captured before this window"):
        input_drift(shown, "2024-03-31T12:00:00Z/2024-03-31T13:00:00Z", "previous")


def baseline(folder: Path, header: str, rows: list[str]) -> str:
    path = folder / "baseline.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def test_a_baseline_names_and_judges(tmp_path: Path) -> None:
    """Columns of a baseline name the features; each is held against its own column."""
    given = moving()
    location = baseline(tmp_path, "steady,moved,kind", given[:200])
    found = input_drift(opened(tmp_path, given, baseline=location), "all", "baseline")
    features = by_name(found)
    assert set(features) == {"steady", "moved", "kind"}
    assert features["steady"].state != "drift"
    assert (features["steady"].n_reference, features["steady"].n_current) == (200, 400)
    values = np.array([float(one.split(",")[1]) for one in given])
    assert features["moved"].effect.value == pytest.approx(
        stats.ks_2samp(values[:200], values).statistic
    )
    assert (found.n_reference, found.n_current) == (200, 400)
    assert location in found.reference


def test_what_is_not_in_the_baseline_is_told(tmp_path: Path) -> None:
    """A feature without its column is named in the note, the others are compared."""
    location = baseline(tmp_path, "steady,other,kind", moving()[:200])
    shown = opened(tmp_path, moving(), baseline=location, features=("steady", "moved", "kind"))
    found = input_drift(shown, "all", "baseline")
    assert set(by_name(found)) == {"steady", "kind"}
    assert "not compared: moved." in found.note


def test_a_baseline_of_other_names_is_told(tmp_path: Path) -> None:
    """Without one common name there is a sentence that says how to name features."""
    location = baseline(tmp_path, "a,b,c,d", ["1,2,x,3"] * 5)
    with pytest.raises(NotComparable, match="is named like a feature of the requests"):
        input_drift(opened(tmp_path, moving(), baseline=location), "all", "baseline")


def test_numbers_against_texts_are_categories(tmp_path: Path) -> None:
    """A code that is a number on one side and a text on the other is compared as a category."""
    given = [f"{1_000_000 + n % 3},{n}" for n in range(300)]
    texts = [f"{1_000_000 + n % 3}.0,{n}" if n % 3 else f"none,{n}" for n in range(300)]
    location = baseline(tmp_path, "code,n", texts)
    found = by_name(input_drift(opened(tmp_path, given, baseline=location), "all", "baseline"))
    code = found["code"]
    assert code.kind == "categorical"
    shares = dict(zip(code.labels, code.current_shares, strict=True))
    assert shares["1000001"] == pytest.approx(1 / 3)
    reference = dict(zip(code.labels, code.reference_shares, strict=True))
    assert reference["1000001"] == pytest.approx(1 / 3)
    assert reference["1000000"] == 0


def test_missing_values_are_counted_apart(tmp_path: Path) -> None:
    """An empty cell is missing, of a number as of a category, and in no distribution."""
    given = [f"{n if n % 4 else ''},{'x' if n % 5 else ''}" for n in range(400)]
    found = by_name(input_drift(opened(tmp_path, given), "all", "previous"))
    assert (found["f0"].n_current, found["f0"].missing_current) == (150, 50)
    assert (found["f1"].n_reference, found["f1"].missing_reference) == (160, 40)


def test_named_features_of_json(tmp_path: Path) -> None:
    """JSON members are features by their own names."""
    given = [{"age": n % 7, "city": "ab"[n % 2]} for n in range(200)]
    found = by_name(input_drift(opened(tmp_path, given), "all", "previous"))
    assert {name: feature.kind for name, feature in found.items()} == {
        "age": "numeric",
        "city": "categorical",
    }


def test_requests_without_features_are_told(tmp_path: Path) -> None:
    """Sentences and images hold no features: a sentence says so."""
    shown = opened(tmp_path, ["just some words"] * 10)
    for reference in ("baseline", "previous"):
        with pytest.raises(NotComparable, match="hold no features that can be read"):
            input_drift(shown, "all", reference)  # type: ignore[arg-type] # both are references


def test_without_a_baseline_the_sentence_says_so(tmp_path: Path) -> None:
    """Asking for a baseline that is not configured names the key to set."""
    with pytest.raises(NotComparable, match="t has no baseline; set `baseline`"):
        input_drift(opened(tmp_path, moving(20)), "all", "baseline")


def test_a_baseline_that_is_gone_is_told(tmp_path: Path) -> None:
    """A baseline removed after the test was opened raises with its place."""
    location = baseline(tmp_path, "a,b,c", moving(20))
    shown = opened(tmp_path, moving(20), baseline=location)
    Path(location).unlink()
    with pytest.raises(SourceError, match=r"baseline\.csv"):
        input_drift(shown, "all", "baseline")


def test_names_that_do_not_fit_are_told(tmp_path: Path) -> None:
    """Names of the wrong number are not used, and the answer says so."""
    found = input_drift(opened(tmp_path, moving(), features=("a", "b")), "all", "previous")
    assert set(by_name(found)) == {"f0", "f1", "f2"}
    assert "names 2 features, but the requests hold 3" in found.note
