"""Are names and reference data of the inputs read as they stand, and is the rest told?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from queries import baselines
from queries.baselines import CategoryColumn, Feature, NumericColumn
from queries.errors import SourceError
from queries.tables import MOST_CATEGORIES

CORPUS = Path(__file__).parents[2].parent / "shared/corpus/captures/monitor_outputs"


def written(folder: Path, text: str, name: str = "baseline.csv") -> str:
    """The path of a file with this text."""
    path = folder / name
    path.write_text(text, "utf-8")
    return str(path)


def corpus(name: str) -> str:
    """The path of a real file of Model Monitor, or a skip."""
    if not CORPUS.exists():
        pytest.skip("shared/corpus is not beside this checkout")
    return str(CORPUS / name)


def numeric(baseline: baselines.Baseline, name: str) -> NumericColumn:
    """A column that must be numeric."""
    column = baseline.column(name)
    assert isinstance(column, NumericColumn)
    return column


def test_a_csv_gives_numbers_and_categories(tmp_path: Path) -> None:
    """Numbers become float64 with nan for what is missing, text becomes counted categories."""
    text = "age,country\n31,de\n,fr\n40.5,\nNA,de\n"
    baseline = baselines.load(written(tmp_path, text))
    assert baseline.names == ("age", "country")
    assert baseline.rows == 4
    assert baseline.notes == ()
    age = numeric(baseline, "age")
    np.testing.assert_array_equal(age.values, [31.0, np.nan, 40.5, np.nan])
    assert age.missing == 2
    country = baseline.column("country")
    assert isinstance(country, CategoryColumn)
    assert (country.categories, country.counts.tolist(), country.missing) == (
        ("de", "fr"),
        [2, 1],
        1,
    )
    assert baseline.column("income") is None


def test_names_come_from_the_header_or_not_at_all(tmp_path: Path) -> None:
    """A CSV without a header has no names; its data are named as Model Monitor names them."""
    assert baselines.feature_names(written(tmp_path, "a,b\n1,x\n2,y\n")) == ("a", "b")
    headless = written(tmp_path, "1,2\n3,4\n")
    assert baselines.feature_names(headless) is None
    assert baselines.load(headless).names == ("_c0", "_c1")


def test_broken_lines_are_counted_and_told(tmp_path: Path) -> None:
    """A line that does not fit is left out, with its number and the reason."""
    lines = [f"{n},x" for n in range(50)]
    lines[9] = "9"
    lines[19] = "19,x,y,z"
    baseline = baselines.load(written(tmp_path, "a,b\n" + "\n".join(lines)))
    assert baseline.rows == 48
    (note,) = baseline.notes
    assert note.startswith("2 lines of")
    assert "the first in line 11" in note


def test_stray_text_among_numbers_is_missing(tmp_path: Path) -> None:
    """A few words in a column of numbers do not turn it into thousands of categories."""
    values = [str(n) for n in range(2000)]
    values[7] = "n/k"
    baseline = baselines.load(written(tmp_path, "a,b\n" + "\n".join(f"{v},1" for v in values)))
    assert numeric(baseline, "a").missing == 1
    assert baseline.notes == ("1 values of the column a are not numbers: taken as missing.",)


def test_identifiers_are_left_out_aloud(tmp_path: Path) -> None:
    """A text column with ever new values is not compared, and that is said."""
    rows = "\n".join(f"id-{n},{n}" for n in range(MOST_CATEGORIES + 1))
    baseline = baselines.load(written(tmp_path, "id,n\n" + rows))
    assert baseline.names == ("n",)
    assert "The column id has more than 1,000 different values" in baseline.notes[0]


def test_rows_are_capped_aloud(tmp_path: Path) -> None:
    """Of a long file the first rows are used, in their order, and that is said."""
    path = written(tmp_path, "a\n" + "\n".join(str(n) for n in range(100)))
    baseline = baselines.load(path, most_rows=10)
    assert baseline.rows == 10
    np.testing.assert_array_equal(numeric(baseline, "a").values, np.arange(10.0))
    assert "Only the first 10 rows" in baseline.notes[0]
    assert baselines.load(path, most_rows=100).notes == ()


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    """Decimals and booleans have their kinds; lists are left out aloud."""
    import duckdb

    path = tmp_path / "baseline.parquet"
    duckdb.sql(
        'SELECT i::DECIMAL(9, 2) AS "am""ount", i % 2 = 0 AS even, [i] AS list '
        "FROM range(4) AS r(i)"
    ).write_parquet(str(path))
    assert baselines.features(str(path)) == (
        Feature('am"ount', "numeric"),
        Feature("even", "categorical"),
        Feature("list", "unknown"),
    )
    baseline = baselines.load(str(path))
    assert baseline.names == ('am"ount', "even")
    np.testing.assert_array_equal(numeric(baseline, 'am"ount').values, [0, 1, 2, 3])
    assert baseline.notes == ("The column list holds neither numbers nor text: left out.",)


def test_infinite_values_are_missing(tmp_path: Path) -> None:
    """No statistic can take an infinite value; it counts as missing."""
    baseline = baselines.load(written(tmp_path, "a\n1\ninf\n3\n"))
    assert numeric(baseline, "a").missing == 1


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("empty.csv", "", "holds no rows"),
        ("only-header.csv", "a,b\n", "holds no rows"),
        ("not.parquet", "a,b\n1,2\n", "cannot be read as a baseline"),
        ("statistics.json", "{}", "is not a statistics.json"),
    ],
)
def test_a_file_without_data_is_a_sentence(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    """What cannot serve as a baseline is told with what can."""
    with pytest.raises(SourceError, match=sentence):
        baselines.load(written(tmp_path, text, name))


@pytest.mark.parametrize("text", ["{}", "[]", "nonsense", '{"features": [1]}', '{"features": 1}'])
def test_other_json_is_a_sentence(tmp_path: Path, text: str) -> None:
    """A JSON file that Model Monitor did not write is refused."""
    with pytest.raises(SourceError, match=r"not a statistics\.json or constraints\.json"):
        baselines.feature_names(written(tmp_path, text, "constraints.json"))


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    """A path that leads nowhere is told."""
    with pytest.raises(SourceError, match="is not a file on this machine"):
        baselines.feature_names(str(tmp_path / "nowhere.csv"))


@pytest.mark.parametrize(
    ("name", "first", "count"),
    [
        ("ScottReidux__statistics.json", Feature("id", "categorical"), 14),
        ("ScottReidux__constraints.json", Feature("id", "categorical"), 14),
        ("oxayavongsa__statistics.json", Feature("age", "numeric"), 24),
        ("oxayavongsa__constraints.json", Feature("age", "numeric"), 24),
        ("sagemaker-python-sdk__constraints.json", Feature("message", "categorical"), 2),
    ],
)
def test_real_monitor_files_give_names_and_kinds(name: str, first: Feature, count: int) -> None:
    """Files that Model Monitor wrote give each feature's name and kind, in order."""
    found = baselines.features(corpus(name))
    assert found is not None
    assert (found[0], len(found)) == (first, count)


def test_a_real_baseline_without_a_header() -> None:
    """The SDK's own baseline data set has ten unnamed columns of 418 rows."""
    path = corpus("sagemaker-python-sdk__baseline_dataset.csv")
    assert baselines.feature_names(path) is None
    baseline = baselines.load(path)
    assert (len(baseline.columns), baseline.rows, baseline.notes) == (10, 418, ())
