"""Which lines and tables say how far each feature has moved?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import escape, format, tables, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.drift import FeatureDrift
    from queries.inputs import InputDrift, Reference

REFERENCES: tuple[Reference, ...] = ("baseline", "previous")


def basis(drift: InputDrift) -> str:
    """Say what is compared with what, and how many rows each side has, as Markdown."""
    return escape.markdown(plain_basis(drift), length=1200)


def plain_basis(drift: InputDrift) -> str:
    """Say the same as plain text."""
    sampled = (
        f"Numbers are those of {format.every(drift.step, 'request')}, categories of all. "
        if drift.step > 1
        else ""
    )
    return (
        f"{drift.reference} Reference {format.count(drift.n_reference)} rows, now "
        f"{format.count(drift.n_current)} rows. {sampled}{drift.note}"
    ).strip()


def summary(found: Sequence[FeatureDrift]) -> str:
    """Count the features by state in one sentence."""
    moved = sum(f.state == "drift" for f in found)
    still = sum(f.state == "none" for f in found)
    unsure = sum(f.state == "cannot_tell" for f in found)
    empty = sum(f.state == "no_data" for f in found)
    parts = [f"{moved} of {len(found)} features drifted", f"{still} did not"]
    if unsure:
        parts.append(f"{unsure} cannot be told yet")
    if empty:
        parts.append(f"{empty} have no data")
    return "; ".join(parts) + "."


def ranked(found: Sequence[FeatureDrift]) -> tables.Table:
    """Give the features, worst first, with effect, interval and corrected p."""
    return tables.Table(
        columns=tables.columns(
            "Feature",
            "State",
            "Effect >",
            "Interval >",
            "q >",
            "PSI (no drift) >",
            "Missing then → now >",
        ),
        rows=tuple(
            (
                f.name,
                words.DRIFT_STATES[f.state],
                f"{f.effect_name} {format.number(f.effect.value, decimals=3)}",
                format.interval(f.effect.low, f.effect.high, ""),
                format.p_value(f.q),
                f"{format.number(f.psi, decimals=3)} ({format.number(f.psi_expected, decimals=3)})",
                _missing(f),
            )
            for f in found
        ),
        export_columns=EXPORTED,
        export_rows=tuple(_export(f) for f in found),
    )


def table(test: str, found: Sequence[FeatureDrift]) -> None:
    """Draw the features, worst first, with effect, interval and corrected p."""
    tables.draw(
        ranked(found),
        name=f"{test}-drift",
        key="drift_table",
    )


EXPORTED = (
    *("feature", "kind", "state", "effect_name", "effect", "low", "high", "p", "q"),
    *("psi", "psi_expected", "psi_p", "js", "wasserstein", "wasserstein_scaled", "cvm", "cvm_p"),
    *("n_reference", "n_current", "missing_reference", "missing_current", "reference_error"),
)


def _export(f: FeatureDrift) -> tuple[object, ...]:
    return (
        *(
            f.name,
            f.kind,
            f.state,
            f.effect_name,
            f.effect.value,
            f.effect.low,
            f.effect.high,
            f.p,
            f.q,
        ),
        *(
            f.psi,
            f.psi_expected,
            f.psi_p,
            f.js,
            f.wasserstein,
            f.wasserstein_scaled,
            f.cvm,
            f.cvm_p,
        ),
        *(f.n_reference, f.n_current, f.missing_reference, f.missing_current, f.reference_error),
    )


def _missing(f: FeatureDrift) -> str:
    shares = [
        format.percent(missing / n, decimals=1) if n else format.UNKNOWN
        for missing, n in ((f.missing_reference, f.n_reference), (f.missing_current, f.n_current))
    ]
    return " → ".join(shares)


def statistics(f: FeatureDrift) -> tables.Table:
    """Give every statistic of one comparison."""
    rows = [
        (
            f"Effect ({f.effect_name})",
            format.number(f.effect.value, decimals=4),
            format.interval(f.effect.low, f.effect.high, ""),
        ),
        (
            "PSI",
            format.number(f.psi, decimals=4),
            f"without drift {format.number(f.psi_expected, decimals=4)} is expected; p "
            f"{format.p_value(f.psi_p)}",
        ),
        ("Jensen–Shannon distance", format.number(f.js, decimals=4), "base 2"),
    ]
    if f.kind == "numeric":
        rows += [
            (
                "Wasserstein",
                format.number(f.wasserstein, decimals=4),
                f"{format.number(f.wasserstein_scaled, decimals=3)} sd, without the outermost "
                f"0.1 % at each end",
            ),
            ("Cramér–von Mises", format.number(f.cvm, decimals=3), f"p {format.p_value(f.cvm_p)}"),
        ]
    if f.chi2 is not None:
        rows.append(
            (
                "Chi-square, two samples",
                format.number(f.chi2.statistic),
                f"df {format.number(f.chi2.df, decimals=0)}, p {format.p_value(f.chi2.p)}",
            )
        )
    rows.append(("State", words.DRIFT_STATES[f.state], f"p {format.p_value(f.p)}"))
    return tables.Table(
        columns=tables.columns("Statistic", "Value >", "Remark"),
        rows=tuple(rows),
        export_columns=EXPORTED,
        export_rows=(_export(f),),
    )


def details(f: FeatureDrift) -> None:
    """Draw every statistic of one comparison."""
    tables.draw(
        statistics(f),
        name="prediction-drift",
        key="prediction_drift_table",
    )


def why_effect_decides() -> None:
    """Explain why a tiny p-value is not yet a reason to worry."""
    with st.expander("Why the effect decides and not the p-value"):
        st.markdown(
            "With a million rows a shift of one hundredth of a standard deviation has a p-value "
            "below "
            "0.00001, and nobody would notice it. The p-value says whether there is *any* "
            "difference; with "
            "enough rows there always is. The effect says how large it is: **KS D** is the "
            "widest gap between "
            "the two cumulative curves (0 to 1; a shift by δ standard deviations gives about 0.4 "
            "δ), "
            "**Cramér’s V** the same kind of measure for categories. A feature is called "
            "*drifted* when its "
            "effect is above the tolerance and q, its p-value corrected for the number of features "
            "(Benjamini–Hochberg), is small; *no drift* when the whole interval of the effect is "
            "below the "
            "tolerance; otherwise the data cannot tell. PSI is shown with the value it has on "
            "average when "
            "nothing has drifted: below a few thousand rows the folklore limits 0.1 and 0.25 are "
            "noise."
        )
