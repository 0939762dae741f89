"""Which sentences and numbers say whether the requests changed as a whole?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.parts import format, tables

if TYPE_CHECKING:
    from queries.inputs_together import InputsTogether

MOST_EXPLAINED = 12
WITHOUT = (
    "Whether a model can tell the requests of now from the reference, and by which features, is "
    "asked where scikit-learn is installed: `pip install -r requirements-classifier.txt`."
)


def headline(found: InputsTogether, alpha: float) -> str:
    """Say whether the requests differ as a whole beyond chance, and how well they can be told."""
    model = found.separation
    seen = [found.energy.p] if model is None else [found.energy.p, model.p]
    # two questions about one thing share the error
    if min(seen) >= alpha / len(seen):
        return (
            "As a whole the requests do not differ from the reference beyond chance, as far as "
            "this sample can tell."
        )
    if model is None or model.p >= alpha / 2:
        return "As a whole the requests differ from the reference beyond chance."
    right = format.percent(model.area.value, decimals=0)
    return (
        "As a whole the requests differ from the reference beyond chance: of one request of either "
        f"side a model picks the one of now in {right} of cases, where half would be guessing."
    )


def basis(found: InputsTogether) -> str:
    """Say which rows were held against which, and what was left out."""
    of = found.separation or found.energy
    return (
        f"{found.reference} {len(found.features)} features together, in a sample of "
        f"{format.count(of.n_reference)} rows of the reference and {format.count(of.n_current)} "
        f"of this window. {found.note}"
    ).strip()


def numbers(found: InputsTogether, confidence: float) -> tables.Table:
    """Give both tests: the size of the difference, what chance brings, p and the rows."""
    energy, model = found.energy, found.separation
    rows = [
        (
            "Energy distance",
            f"{format.number(energy.value, decimals=4)} of 1",
            f"without drift below {format.number(energy.chance, decimals=4)}",
            format.p_value(energy.p),
            f"{format.count(energy.n_reference)} + {format.count(energy.n_current)}",
        )
    ]
    if model is not None:
        rows.append(
            (
                "Classifier: area under the curve",
                format.number(model.area.value, decimals=3),
                f"{format.interval(model.area.low, model.area.high, '')}; guessing is 0.5",
                format.p_value(model.p),
                f"{format.count(model.n_reference)} + {format.count(model.n_current)}",
            )
        )
    return tables.Table(
        columns=tables.columns("Test", "Size >", "Interval or chance", "p >", "Rows >"),
        rows=tuple(rows),
        export_columns=(
            *("test", "value", "low", "high", "without_drift_below", "confidence", "p"),
            *("n_reference", "n_current"),
        ),
        export_rows=(
            (
                *("energy distance", energy.value, None, None, energy.chance, confidence),
                *(energy.p, energy.n_reference, energy.n_current),
            ),
            *(
                (
                    *("classifier", model.area.value, model.area.low, model.area.high, 0.5),
                    *(confidence, model.p, model.n_reference, model.n_current),
                )
                for model in (found.separation,)
                if model is not None
            ),
        ),
    )
