"""Are the slices those a reader would cut, counted rightly, and the bad one found?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.documents import plain
from queries.answers import Answer
from queries.config import Aws, Config, Prediction, Test
from queries.cuts import BINS, edges_of
from queries.dimensions import Dimension
from queries.errors import NotComparable
from queries.opened import Opened, open_test
from queries.reports import report
from queries.slice_parts import MOST_VALUES, Part, parts_of
from queries.slices import slices
from queries.windows import bounds
from tests.queries.capturing import capture_file, line
from tests.queries.test_filtered import made

AMOUNT = Dimension("amount", "f0", "float", "feature")
COUNTRY = Dimension("country", "f1", "text", "feature")


def parts(dimension: Dimension, values: list[Any]) -> list[Part]:
    dtype = np.float64 if dimension.numeric else object
    return list(parts_of(dimension, Answer({dimension.column: np.array(values, dtype=dtype)})))


def names(dimension: Dimension, values: list[Any]) -> list[str]:
    return [part.name for part in parts(dimension, values)]


def test_few_numbers_are_slices_as_they_are() -> None:
    """Three values are three slices, beside one for what the sample did not hold, one missing."""
    found = parts(AMOUNT, [0.0, 1.0, 2.0, 1.0, np.nan])
    assert [part.where.text for part in found] == [
        "amount = 0",
        "amount = 1",
        "amount = 2",
        "amount not in (0, 1, 2)",
        "amount is missing",
    ]
    assert found[0].name == "amount = 0"
    assert found[3].name == "amount: all other"


def test_many_numbers_are_eight_bins_with_round_edges() -> None:
    """A thousand even steps are cut near every eighth of them, at numbers one can remember."""
    assert names(AMOUNT, [float(n) for n in range(1000)]) == [
        *("amount < 120", "amount 120 to < 250", "amount 250 to < 370", "amount 370 to < 500"),
        *("amount 500 to < 620", "amount 620 to < 750", "amount 750 to < 870", "amount ≥ 870"),
        "amount is missing",
    ]


def test_a_frequent_value_is_a_slice_of_its_own() -> None:
    """Half of the amounts are zero: they are no bin with the small ones."""
    found = names(AMOUNT, [0.0] * 500 + [float(n) for n in range(1, 501)])
    assert found[:3] == ["amount < 0", "amount = 0", "amount over 0 to < 120"]


def test_frequent_categories_are_slices_and_ids_are_none() -> None:
    """The twelve most frequent have a slice each; where nearly each is its own there are none."""
    many = [f"c{n % 20:02}" for n in range(2000)] + ["c00"] * 50
    found = parts(COUNTRY, many)
    assert len(found) == MOST_VALUES + 2
    assert found[0].where.text == 'country = "c00"'
    assert found[-2].where.text.startswith("country not in (")
    assert names(COUNTRY, [f"id-{n}" for n in range(100)]) == ["country: any", "country is missing"]
    assert names(COUNTRY, [None, None]) == ["country: any", "country is missing"]


@given(
    st.lists(
        st.one_of(
            st.floats(allow_nan=False), st.sampled_from([0.0, -1.0, 3.5]), st.integers(-9, 99)
        ),
        min_size=1,
        max_size=120,
    )
)
def test_edges_divide(values: list[float]) -> None:
    """Edges rise, are at most seven, and the bins are of about equal numbers or one value's own."""
    drawn = np.array(values, dtype=np.float64)
    edges = edges_of(drawn)
    assert len(edges) < BINS
    at = [edge.value for edge in edges]
    assert at == sorted(set(at))
    for edge in edges:
        if edge.alone:
            assert (drawn == edge.value).any()


def holds(part: Part, value: float) -> bool:
    """Whether a number is in a part, worked out without SQL."""
    signs = {
        "<": value < part_value(part, "<"),
        ">=": value >= part_value(part, ">="),
        ">": value > part_value(part, ">"),
        "=": value == part_value(part, "="),
    }
    for condition in part.where.conditions:
        if condition.operator == "is missing":
            return bool(np.isnan(value))
        if condition.operator == "is not missing":
            return not np.isnan(value)
        if condition.operator == "not in":
            return not np.isnan(value) and value not in condition.values
        if condition.operator == "!=":
            return not np.isnan(value) and value != condition.values[0]
        if not signs[condition.operator]:
            return False
    return True


def part_value(part: Part, operator: str) -> float:
    found = [c.values[0] for c in part.where.conditions if c.operator == operator]
    return float(found[0]) if found else np.nan


@given(
    st.lists(st.floats(width=32), min_size=1, max_size=60),
    st.lists(st.floats(width=32), max_size=20),
)
def test_every_number_is_in_one_slice(sample: list[float], later: list[float]) -> None:
    """Whatever was in the sample, each value that comes is in exactly one slice."""
    cut = parts(AMOUNT, sample)
    for value in [*sample, *later]:
        assert sum(holds(part, value) for part in cut) == 1


def test_slices_of_a_dimension_reconcile(tmp_path: Path) -> None:
    """The slices of every dimension hold all pairs that could be compared, and all that agree."""
    opened = made(tmp_path)
    found = slices(opened, "all")
    whole = opened.engine.run("agreement_by_block", block_s=86_400, **bounds(opened.window("all")))
    assert (found.n, found.agreed) == (whole["n"].sum(), whole["agreed"].sum())
    # every listed slice is what its filter keeps
    for each in found.slices:
        inside = opened.within(each.where).engine.run(
            "agreement_by_block", block_s=86_400, **bounds(opened.window("all"))
        )
        assert (inside["n"].sum(), inside["agreed"].sum()) == (each.n, each.agreed)
    assert found.searched + found.held == found.n
    by_dimension: dict[tuple[str, ...], list[int]] = {}
    for each in found.slices:
        by_dimension.setdefault(each.dimensions, []).append(each.n)
    # country has four values of a quarter each (one of them missing): none is small
    assert sum(by_dimension["country",]) == found.n
    assert set(found.dimensions) == {
        *("amount", "country", "hour", "weekday", "content_type", "input_bytes")
    }


def test_the_worst_slice_is_named_first(tmp_path: Path) -> None:
    """Every disagreement of this traffic is in Brazil: it is found, and stands out."""
    found = slices(made(tmp_path), "all")
    worst = found.confirmed[0]
    assert worst.where == 'country = "BR"'
    assert (worst.searched.rest.value, worst.held.rest.value) == (1.0, 1.0)
    assert worst.harm == pytest.approx(worst.n * (1 - worst.shrunken))


def test_slices_inside_a_filter(tmp_path: Path) -> None:
    """Within a filter all counts are of its requests, and what it fixes cuts no further."""
    opened = made(tmp_path)
    found = slices(opened.within("country = BR"), "all")
    assert found.n == 100  # n % 4 == 0 of 400; none of them is a missing answer
    assert "country" in found.undivided
    with pytest.raises(NotComparable):
        slices(opened.within("amount > 1000"), "all")


def generated(
    folder: Path, seed: int, planted: tuple[float, str], *, swap: bool = False, both: bool = False
) -> Opened:
    """4,000 pairs with features at random; 2 % disagree, and 25 % of the planted ones.

    Planted are large amounts or a region, or only where ``both`` meet.
    """
    rng = np.random.default_rng(seed)
    n = 4000
    amount = rng.lognormal(4, 1, n).round(2)
    region = rng.choice(["north", "south", "east", "west"], n)
    noise = rng.normal(size=(n, 3)).round(3)
    level, name = planted
    bad = (amount >= np.quantile(amount, level)) if name == "amount" else region == name
    if both:
        bad &= amount >= np.quantile(amount, level)
    differs = rng.random(n) < np.where(bad, 0.25, 0.02)
    sides: dict[str, list[bytes]] = {"AllTraffic": [], "Shadow": []}
    for at in range(n):
        given_text = f"{amount[at]},{region[at]},{','.join(map(str, noise[at]))}"
        answer = int(rng.random() < 0.3)
        for side, label in (("AllTraffic", answer), ("Shadow", answer ^ int(differs[at]))):
            sides[side].append(line(given_text, f"{label}", at=60 * at, inference=f"r{at}"))
    for variant, lines in sides.items():
        capture_file(folder / "captures", lines, variant=variant)
    production, shadow = ("Shadow", "AllTraffic") if swap else ("AllTraffic", "Shadow")
    test = Test(
        name="t",
        captures=str(folder / "captures"),
        production=production,
        shadow=shadow,
        features=("amount", "region", "a", "b", "c"),
        prediction=Prediction(column=0, kind="multiclass"),
    )
    return open_test(Config(tests=(test,), cache=folder / "cache", aws=Aws()), test)


@pytest.mark.parametrize(
    ("seed", "planted", "dimension"),
    [
        (1, (0.875, "amount"), "amount"),
        (2, (0.0, "west"), "region"),
        (3, (0.9, "amount"), "amount"),
    ],
)
def test_a_planted_segment_is_found_first(
    tmp_path: Path, seed: int, planted: tuple[float, str], dimension: str
) -> None:
    """Among hundreds of slices the planted one does most harm, and noise is not confirmed.

    The size of the input is no noise: it knows how long the region's name is.
    """
    found = slices(generated(tmp_path, seed, planted), "all")
    assert found.confirmed[0].dimensions == (dimension,)
    assert found.tested > 300
    assert all({dimension, "input_bytes"} & {*each.dimensions} for each in found.confirmed)


def test_a_segment_of_two_conditions_is_found_with_its_rule(tmp_path: Path) -> None:
    """Large amounts in the west alone disagree: the rule names both, and keeps just these rows."""
    opened = generated(tmp_path, 4, (0.875, "west"), both=True)
    told: list[float] = []
    found = slices(opened, "all", progress=told.append)
    worst = found.confirmed[0]
    assert worst.dimensions == ("amount", "region")
    assert worst.where.endswith('and region = "west"')
    assert worst.where.startswith("amount >")
    inside = opened.within(worst.where).engine.run(
        "agreement_by_block", block_s=86_400, **bounds(opened.window("all"))
    )
    assert (inside["n"].sum(), inside["agreed"].sum()) == (worst.n, worst.agreed)
    assert told == sorted(told)
    assert told[-1] == 1


def test_the_halves_are_by_the_request_and_stay(tmp_path: Path) -> None:
    """Half and half within chance in every hour, and the same again when asked again."""
    opened = generated(tmp_path, 5, (0.0, "west"))
    found = slices(opened, "all")
    assert found.searched + found.held == found.n
    assert abs(found.searched - found.held) < 4 * found.n**0.5
    for each in found.slices:
        if each.dimensions == ("hour",):
            assert abs(each.searched.agreement.n - each.held.agreement.n) < 4 * each.n**0.5
    assert plain(slices(opened, "all")) == plain(found)


def test_of_many_pairs_some_are_searched_and_half_are_held_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search thins its half by the same hash; what judges is not thinned."""
    opened = generated(tmp_path, 6, (0.0, "west"))
    whole = slices(opened, "all")
    monkeypatch.setattr("queries.slices.MOST_SEARCHED", 500)
    thinned = slices(opened, "all")
    assert thinned.held == whole.held
    assert abs(thinned.searched - 500) < 4 * 500**0.5
    (one,) = [each for each in thinned.slices if each.where == 'region = "west"']
    # harm is of all pairs of the window, about a quarter of which lie in the west
    assert one.harm == pytest.approx(0.23 * 0.25 * whole.n, rel=0.4)


def test_passes_of_any_length_count_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many dimensions are counted at once changes nothing."""
    opened = generated(tmp_path, 7, (0.875, "amount"))
    found = slices(opened, "all")
    monkeypatch.setattr("queries.slices.AT_ONCE", 4)
    assert plain(slices(opened, "all")) == plain(found)


def test_of_too_many_dimensions_those_that_stand_out_are_crossed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two of nine crossed there is one crossing, and it holds the one that stands out."""
    opened = generated(tmp_path, 4, (0.875, "west"), both=True)
    monkeypatch.setattr("queries.slices.MOST_CROSSED", 2)
    found = slices(opened, "all")
    assert found.confirmed[0].dimensions == ("amount", "region")
    assert {each.dimensions for each in found.slices if len(each.dimensions) == 2} == {
        ("amount", "region")
    }


def test_swapping_the_variants_changes_nothing(tmp_path: Path) -> None:
    """Whether two labels are the same does not depend on which model is in production."""
    found = [
        slices(generated(tmp_path / str(swap), 5, (0.0, "west"), swap=swap), "all")
        for swap in (False, True)
    ]
    assert plain(found[0]) == plain(found[1])


def test_a_test_without_features_has_slices_of_time_and_size(tmp_path: Path) -> None:
    """What cannot be read of the input leaves hour, weekday, content type and size."""
    for variant in ("AllTraffic", "Shadow"):
        capture_file(
            tmp_path / "captures",
            [
                line("free text " * (1 + n % 3), "0.9" if n % 2 else "0.1", at=600 * n,
                     inference=f"r{n}", types=("text/plain", "text/csv"))
                for n in range(300)
            ],
            variant=variant,
        )  # fmt: skip
    test = Test(
        name="t", captures=str(tmp_path / "captures"), production="AllTraffic", shadow="Shadow"
    )
    opened = open_test(Config(tests=(test,), cache=tmp_path / "cache", aws=Aws()), test)
    found = slices(opened, "all")
    assert {"hour", "weekday", "content_type", "input_bytes"} <= set(found.dimensions)
    assert "content_type" in found.undivided
    assert found.found == ()


def test_a_bad_slice_stands_in_the_way_where_the_policy_asks(tmp_path: Path) -> None:
    """A quarter of the west disagrees: beyond a tenth it is a breach, and unasked no check."""
    opened = generated(tmp_path, 2, (0.0, "west"))
    assert "slices" not in {each.name for each in report(opened, "all").verdict.guardrails}
    asking = replace(opened, policy=replace(opened.policy, max_slice_disagreement=0.1))
    (check,) = [each for each in report(asking, "all").verdict.guardrails if each.name == "slices"]
    assert check.status == "breach"
    assert "‘region = west’" in check.sentence
