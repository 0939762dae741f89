"""Which tiles, pictures and tables say how alike answers of several parts are?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pages.charts import dots
from pages.parts import escape, format, tables, tiles

if TYPE_CHECKING:
    from analysis.comparison import Comparison, FieldDifference, Measured
    from analysis.report import Report
    from pages.charts.theme import Chart, Palette

NAMES = {
    "exact": "Exactly equal",
    "normalised": "Equal after normalising",
    "similarity": "Similarity of the words",
    "letters": "Similarity of the letters",
    "meaning": "Similarity of the meaning",
    "length_ratio": "Words, shadow ÷ production",
    "length_change": "Characters, shadow − production",
    "top_1": "Same first item",
    "overlap": "Overlap of the first items",
    "rbo": "Rank-biased overlap",
    "tau": "Kendall’s τ-b",
    "jaccard": "Common labels (Jaccard)",
    "hamming": "Labels that differ, of all (Hamming)",
    "within": "Numbers within the tolerance",
    "same_fields": "Fields that are the same",
}
FIELD_WORDS = {
    "multilabel": ("label", "labels"),
    "multioutput": ("number", "numbers"),
    "ranking": ("place", "places"),
    "json": ("field", "fields"),
}
SHARES = {"exact", "normalised", "top_1"}
MOST_FIELDS = 20


def main_measure(found: Comparison) -> Measured:
    """Give the measure that the rule of agreement looks at, or the nearest to it."""
    return found.measures[0]


def tiles_of(report: Report) -> list[tiles.Tile]:
    """Make a tile of every measure."""
    if report.comparison is None:
        return []
    return [_tile(each) for each in report.comparison.measures]


def sampled(found: Comparison) -> str:
    """Say of which pairs the measures are, where they are not of all."""
    if found.step == 1:
        return ""
    return (
        f"The measures are those of {format.every(found.step, 'pair')}; agreement and fields are "
        "counted over all."
    )


def _tile(found: Measured) -> tiles.Tile:
    name = NAMES[found.name]
    if not found.mean.known:
        return tiles.Tile(name, format.UNKNOWN, "no data", explained="likeness")
    share = found.name in SHARES
    unit = "share" if share else ""
    what = "" if share else "mean · "
    between = format.interval(found.mean.low, found.mean.high, unit)
    missing = f" · {format.count(found.missing)} without" if found.missing else ""
    return tiles.Tile(
        name,
        format.quantity(found.mean.value, unit),
        f"{what}{between} · {format.n(found.mean.n)}{missing}",
        _watched(found, unit),
        "likeness",
    )


def _watched(found: Measured, unit: str) -> str | None:
    """Say the interval that holds however often one looks; of what nothing bounds there is none."""
    low, high = found.watched
    if math.isnan(low):
        return None
    if (low, high) == (found.mean.low, found.mean.high):
        return "The interval below holds however often one looks."
    return (
        "The interval below is for one look. However often one looks: "
        f"{format.interval(low, high, unit)}."
    )


def quantiles(found: Comparison) -> tables.Table | None:
    """Give the quantiles of every measure that is no share; None where all are shares."""
    measures = [each for each in found.measures if each.quantiles and each.name not in SHARES]
    if not measures:
        return None
    shares = [share for share, _ in measures[0].quantiles]
    return tables.Table(
        columns=tables.columns("", *(f"{format.quantile(share)} >" for share in shares)),
        rows=tuple(
            (
                NAMES[each.name],
                *(format.number(value, decimals=3) for _, value in each.quantiles),
            )
            for each in measures
        ),
        export_columns=("measure", *(format.quantile(share) for share in shares)),
        export_rows=tuple(
            (each.name, *(value for _, value in each.quantiles)) for each in measures
        ),
    )


def quantiles_table(test: str, found: Comparison) -> None:
    """Draw the quantiles of every measure that is no share."""
    table = quantiles(found)
    if table is not None:
        tables.draw(table, name=f"{test}-likeness", key="likeness_table")


def fields_chart(found: Comparison, colours: Palette) -> Chart:
    """Draw in which share of the pairs each field differs, the most different first."""
    shown = found.fields[:MOST_FIELDS]
    return dots.dots(
        [
            dots.Dot(
                _name(field),
                field.differs.value,
                field.differs.low,
                field.differs.high,
                f"{escape.plotly(_name(field))}: differs in {format.estimate(field.differs)}",
            )
            for field in shown
        ],
        colours,
        title="pairs in which it differs",
        percent=True,
        alt=f"How often each of {len(shown)} {FIELD_WORDS[found.kind][1]} differs.",
    )


def fields(found: Comparison) -> tables.Table:
    """Give every field with its counts."""
    numeric = any(field.bias.known for field in found.fields)
    columns = ["", "Pairs >", "Differs >", "Interval >", "Only production >", "Only shadow >"]
    return tables.Table(
        columns=tables.columns(*columns, *(["Mean difference >", "Largest >"] * numeric)),
        rows=tuple(_field_row(field, numeric=numeric) for field in found.fields),
        export_columns=(
            *("field", "pairs", "differs", "low", "high", "only_production", "only_shadow"),
            *("mean_difference", "largest_difference"),
        ),
        export_rows=tuple(
            (
                *(f.name, f.n, f.differs.value, f.differs.low, f.differs.high),
                *(f.only_production, f.only_shadow, f.bias.value, f.largest),
            )
            for f in found.fields
        ),
    )


def fields_table(test: str, found: Comparison) -> None:
    """Draw every field with its counts."""
    tables.draw(
        fields(found),
        name=f"{test}-fields",
        key="fields_table",
    )


def _field_row(field: FieldDifference, *, numeric: bool) -> tuple[str, ...]:
    numbers = (
        format.number(field.bias.value, decimals=4, signed=True),
        format.number(field.largest, decimals=4),
    )
    return (
        escape.clip(_name(field), 60),
        format.count(field.n),
        format.percent(field.differs.value),
        format.interval(field.differs.low, field.differs.high, "share"),
        format.count(field.only_production),
        format.count(field.only_shadow),
        *(numbers if numeric else ()),
    )


def _name(field: FieldDifference) -> str:
    return escape.visible(field.name)
