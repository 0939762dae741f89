"""Are answers of several parts told in full: every measure, every field, no field as markup?"""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.comparison import (
    Comparison,
    DeltaSums,
    FieldDifference,
    field_difference,
    measured,
    most_different_first,
)
from analysis.policy import STRUCTURED, PredictionKind
from analysis.report import Report
from analysis.structured import MEASURES, RANGES, Rules
from pages.charts.theme import LIGHT
from pages.parts import likeness
from queries.embeddings import MEASURE
from queries.payloads import Disagreements
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import HOSTILE, charts, plain, show, text

N = 400


def field(name: str, changed: int, deltas: DeltaSums | None = None) -> FieldDifference:
    none = DeltaSums(0, 0.0, 0.0, math.nan)
    return field_difference(name, N, changed, (3, 5), deltas or none, confidence=0.95)


def comparison(kind: PredictionKind, *names: str, measures: tuple[str, ...] = ()) -> Comparison:
    """Pairs of one kind; the fields named differ ever less often."""
    rng = np.random.default_rng(3)
    values = np.where(rng.random(N) < 0.8, 1.0, np.round(rng.random(N)))
    rules = Rules(kind)
    return Comparison(
        kind=kind,
        rule=rules.sentence,
        limit=rules.limit,
        n=N,
        not_compared=7,
        cut=2,
        measures=tuple(
            measured(name, values, span=RANGES[name], confidence=0.95, planned=1_000)
            for name in (*MEASURES[kind], *measures)
        ),
        fields=most_different_first(field(name, 90 - at) for at, name in enumerate(names)),
    )


def report(found: Comparison) -> Report:
    known = sample.report()
    assert known.agreement is not None
    return replace(
        known,
        kind=found.kind,
        comparison=found,
        scores=None,
        agreement=replace(
            known.agreement,
            confusion=None,
            kappa=None,
            bowker=None,
            stuart_maxwell=None,
            shifts=(),
        ),
    )


@pytest.fixture
def several(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Pairs whose answers are told whole, the least alike first."""
    rows = tuple(
        replace(
            answers.row(at),
            production_label=None,
            production_score=None,
            shadow_label=None,
            shadow_score=None,
            production_answer="yes",
            shadow_answer="no",
            likeness=at / 10,
        )
        for at in range(3)
    )
    monkeypatch.setattr(
        "queries.cached_answers.disagreements", lambda *_, **__: Disagreements(rows, 412, "overlap")
    )
    return answers


@pytest.mark.parametrize("kind", STRUCTURED)
def test_every_measure_has_a_tile_and_the_rule_a_sentence(
    app: AppTest, several: Answers, kind: PredictionKind
):
    """All measures of a kind are shown by name, each on its pairs, and when answers agree."""
    found = comparison(kind, *(() if kind == "text" else ("$.a", "$.b")))
    several.report = report(found)
    show(app, "agreement")
    assert not app.exception
    shown = [metric.label for metric in app.metric]
    for name in MEASURES[kind]:
        assert likeness.NAMES[name] in shown
    assert found.rule.replace("\\", "") in plain(app)
    # the main measure or its fields, agreement over time, and the interval look by look
    assert len(charts(app)) == (3 if kind == "text" else 4)
    assert "3 of 412 pairs, those that are least alike first" in plain(app)


def test_every_measure_and_kind_has_its_words():
    """No measure, that of a model included, and no kind with fields is without a name."""
    names = {name for measures in MEASURES.values() for name in measures} | {MEASURE}
    assert likeness.NAMES.keys() == names
    assert likeness.FIELD_WORDS.keys() == set(STRUCTURED) - {"text"}
    assert names >= likeness.SHARES


def test_shares_are_told_as_shares_and_means_as_means():
    """Per cent where each pair is yes or no; else a mean with what it is over."""
    shown = {tile.name: tile for tile in likeness.tiles_of(report(comparison("text")))}
    assert "%" in shown["Exactly equal"].value
    mean = shown["Similarity of the letters"]
    assert "%" not in mean.value
    assert mean.basis.startswith("mean · ")
    assert "However often one looks: 0." in str(mean.help)
    assert shown["Words, shadow ÷ production"].help is None


def test_of_a_measure_with_a_range_one_interval_holds_at_every_look():
    """No second interval is told that would be the same."""
    part = measured("letters", [0.5, 0.7, 1.0], span=(0, 1), confidence=0.95, planned=1_000)
    tile = likeness.tiles_of(report(replace(comparison("text"), measures=(part,))))[0]
    assert tile.help == "The interval below holds however often one looks."


def test_a_measure_that_applies_to_no_pair_is_unknown():
    """nan everywhere is a dash, and some of it is counted."""
    found = comparison("ranking")
    none = measured("tau", [math.nan] * 5, span=(-1, 1), confidence=0.95, planned=1_000)
    some = measured("rbo", [0.5, 0.7, math.nan], span=(0, 1), confidence=0.95, planned=1_000)
    tiles = likeness.tiles_of(report(replace(found, measures=(none, some))))
    assert (tiles[0].value, tiles[0].basis) == ("—", "no data")
    assert tiles[1].basis.endswith("1 without")


def test_quantiles_are_those_of_measures_that_spread():
    """A share has no quantiles worth a table; where all are shares there is none."""
    found = comparison("text", measures=(MEASURE,))
    table = likeness.quantiles(found)
    assert table is not None
    assert [row[0] for row in table.export_rows] == [
        *("similarity", "letters", "length_ratio", "length_change", "meaning"),
    ]
    assert all(len(row) == len(table.export_columns) for row in table.export_rows)
    exact = measured("exact", [0.0, 1.0], span=(0, 1), confidence=0.95, planned=1_000)
    assert likeness.quantiles(replace(found, measures=(exact,))) is None


def test_every_field_is_in_the_table_and_the_worst_in_the_picture():
    """The picture ends after twenty; the file holds all, with unrounded numbers."""
    names = [f"$.f{at}" for at in range(30)]
    found = comparison("json", *names)
    table = likeness.fields(found)
    assert [row[0] for row in table.export_rows] == names
    first = dict(zip(table.export_columns, table.export_rows[0], strict=True))
    assert first["differs"] == (90 + 3 + 5) / N
    assert (first["only_production"], first["only_shadow"]) == (3, 5)
    # no field is a number on both sides: no columns of nothing but dashes
    assert len(table.columns) == len(table.rows[0]) == 6
    chart = likeness.fields_chart(found, LIGHT)
    assert len(chart.figure.layout.yaxis.ticktext) == likeness.MOST_FIELDS
    assert "20 fields" in chart.alt


def test_numbers_have_their_difference():
    """Fields that are numbers on both sides show mean and largest difference."""
    found = comparison("multioutput", "eta")
    deltas = DeltaSums(100, 50.0, 125.0, 4.0)
    table = likeness.fields(replace(found, fields=(field("eta", 9, deltas), field("name", 1))))
    assert len(table.columns) == len(table.rows[0]) == len(table.rows[1]) == 8
    eta, name = (dict(zip(table.export_columns, row, strict=True)) for row in table.export_rows)
    assert (eta["mean_difference"], eta["largest_difference"]) == (0.5, 4.0)
    assert math.isnan(name["mean_difference"])
    assert table.rows[1][-1] == "—"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_field_is_never_markup(app: AppTest, several: Answers, hostile: str):
    """A field's name is captured: in charts, tables and sentences it is text."""
    several.report = report(comparison("json", hostile, "$.b"))
    show(app, "agreement")
    assert not app.exception
    assert "<img" not in re.sub(r"\\.", "", text(app))
    for chart in charts(app):
        assert "<img" not in json.dumps(chart)
        assert "<a href" not in json.dumps(chart)


def test_a_sample_of_the_measures_is_told(app: AppTest, several: Answers):
    """Where rows would have to travel: of which pairs the measures are; else there is no word."""
    found = comparison("multioutput", "a")
    assert likeness.sampled(found) == ""
    several.report = report(replace(found, step=12))
    show(app, "agreement")
    assert not app.exception
    assert "The measures are those of every 12th pair" in plain(app)
