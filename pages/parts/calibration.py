"""Which sentences and tables say whether scores are probabilities?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.parts import format, tables

if TYPE_CHECKING:
    from analysis.calibration import Calibration, Reliability

TITLE = "Are the scores probabilities?"
ABOUT = (
    "Labelled pairs in bins of about as many, by the score alone; bars are Wilson’s intervals, for "
    "one look. The calibration error is the mean distance from the diagonal: of perfect "
    "probabilities it is not 0 either, but what chance makes of it. Its intervals hold whatever "
    "the signs of the distances, so they are wide; the Brier score among the measures above tells "
    "more finely whose scores are the better probabilities."
)


def sentences(found: Calibration) -> str:
    """Say of each model whether its scores are shown not to be probabilities."""
    return " ".join(
        _sentence(name, side)
        for name, side in (("Production", found.production), ("The shadow", found.shadow))
    )


def _sentence(name: str, found: Reliability) -> str:
    error = format.estimate(found.error)
    chance = f"about {format.percent(found.by_chance)} would be chance"
    if found.error.low > 0:
        return (
            f"{name}’s scores are no probabilities: they are off by {error} on average, where "
            f"{chance}; {_direction(found)}."
        )
    return (
        f"That {name[0].lower()}{name[1:]}’s scores are no probabilities is not shown: they are "
        f"off by {error} on average, where {chance}."
    )


def _direction(found: Reliability) -> str:
    """Whether positives are rarer or more frequent than the scores say, over all pairs."""
    off = float(found.n @ (found.observed - found.score)) / found.error.n
    if abs(off) < found.error.value / 2:
        return "too high in places and too low in others"
    return "too high for the most part" if off < 0 else "too low for the most part"


def bins(found: Calibration) -> tables.Table:
    """Give every bin of both models."""
    every = tuple(
        (variant, *row)
        for variant, side in (("production", found.production), ("shadow", found.shadow))
        for row in zip(
            *(c.tolist() for c in (side.score, side.observed, side.low, side.high, side.n)),
            strict=True,
        )
    )
    return tables.Table(
        columns=tables.columns("Variant", "Mean score >", "Positive >", "Interval >", "Pairs >"),
        rows=tuple(
            (
                variant,
                format.number(score, decimals=4),
                format.percent(observed),
                format.interval(low, high, "share"),
                format.count(n),
            )
            for variant, score, observed, low, high, n in every
        ),
        export_columns=("variant", "score", "positive", "low", "high", "n"),
        export_rows=every,
    )
