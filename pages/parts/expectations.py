"""What does the reader expect of a test that is not there yet?

Every value lives in the address, so that a plan can be sent on, and may be taken from a test.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, get_args

import streamlit as st

from analysis.drift import KS_D
from analysis.errors import ERROR_KINDS
from analysis.planning import Expected, Traffic
from analysis.policy import Policy, PredictionKind
from pages.parts import escape, loading, states, words
from queries import cached_answers

if TYPE_CHECKING:
    from analysis.report import Report
    from queries.config import Config, Test

DEFAULTS: dict[str, float] = {
    "per_hour": 1_000.0,
    "captured": 100.0,
    "copied": 100.0,
    "agree": 98.5,
    "bias": 0.0,
    "spread": 0.2,
    "distance": 0.02,
    "production_4xx": 0.2,
    "shadow_4xx": 0.2,
    "production_5xx": 0.01,
    "shadow_5xx": 0.01,
    "production_model": 0.01,
    "shadow_model": 0.01,
}
_ERRORS = {"4xx_errors": "4xx", "5xx_errors": "5xx", "model_errors": "model"}
MOST_LABELS = 1_000


def take(config: Config) -> None:
    """Offer to expect what a test has found; must come before the values that it sets.

    Athena is not asked for it: a plan costs nothing.
    """
    names = [test.name for test in config.tests if test.complete and test.engine != "athena"]
    if not names:
        return
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    name = left.selectbox(
        "Expect what a test has found",
        names,
        index=None,
        placeholder="Choose a test, or write what you expect below",
        key="like",
    )
    pressed = right.button(
        "Take its numbers", icon=":material/input:", disabled=name is None, width="stretch"
    )
    if pressed and name is not None:
        test = config.test(name)

        def found() -> Report:
            loading.read(name)
            return cached_answers.report(name, "all")

        report = states.attempt(found, what=f"the test {name}")
        if report is not None:
            for key, value in values_of(report, test).items():
                st.session_state[key] = value


def values_of(report: Report, test: Test) -> dict[str, Any]:
    """What a test has found, as values to type in; what is not known of it is left out."""
    found: dict[str, Any] = {
        "answers": report.kind,
        "scored": report.scores is not None,
        "policy": report.verdict.policy.name,
        "captured": test.capture_percent,
        "copied": test.shadow_percent,
    }
    requests: float = report.pairing.production / ((test.capture_percent or 100) / 100)
    if report.agreement is not None:
        found["agree"] = round(100 * report.agreement.fixed.value, 3)
        if report.agreement.confusion is not None:
            found["labels"] = min(MOST_LABELS, max(2, len(report.agreement.confusion.labels)))
    if report.scores is not None:
        pairs = report.scores.bland_altman
        found["bias"] = round(report.scores.standardised_bias.value, 4)
        found["spread"] = round(pairs.sd / pairs.production_sd, 4) if pairs.production_sd else None
    moved = report.prediction_drift
    if moved is not None and moved.effect_name == KS_D:
        found["distance"] = round(moved.effect.value, 4)
    if report.errors is not None:
        requests = report.errors.production_invocations or requests
        for rate in report.errors.rates:
            kind = _ERRORS[rate.counts.kind]
            found[f"production_{kind}"] = round(100 * rate.production.value, 4)
            found[f"shadow_{kind}"] = round(100 * rate.shadow.value, 4)
    if report.window.hours > 0:
        found["per_hour"] = round(requests / report.window.hours, 1)
    return {
        key: value
        for key, value in found.items()
        if value is not None and not (isinstance(value, float) and math.isnan(value))
    }


def traffic() -> Traffic:
    """Ask for requests and sampling."""
    requests, captured, copied = st.columns(3)
    with requests:
        per_hour = _number("per_hour", "Requests of production an hour", 1e9, step=100.0)
    with captured:
        share = _number("captured", "Captured (%)", 100.0, step=10.0)
    with copied:
        copy = _number("copied", "Copied to the shadow (%)", 100.0, step=10.0)
    return Traffic(per_hour, share / 100, copy / 100)


def answers(config: Config) -> tuple[Expected, Policy]:
    """Ask for the policy, the kind of answers, and what is expected of them."""
    policies = {policy.name: policy for policy in (*config.policies, Policy())[::-1]}
    limits, kinds, agree, more = st.columns(4, vertical_alignment="bottom")
    with limits:
        policy = policies[
            st.selectbox(
                "Limits of the policy",
                list(policies),
                key="policy",
                bind="query-params",
                persist_state="session",
                format_func=lambda name: escape.clip(escape.visible(name), 60),
            )
        ]
    with kinds:
        kind: PredictionKind = st.selectbox(
            "The models answer",
            get_args(PredictionKind),
            key="answers",
            bind="query-params",
            persist_state="session",
            format_func=lambda kind: words.KINDS[kind],
        )
    with agree:
        agreement = _number("agree", "Agreement (%)", 100.0, step=0.5, decimals=3)
    scored, labels = kind == "regression", 2
    with more:
        if kind == "binary":
            scored = st.toggle(
                "With a score",
                value=True,
                key="scored",
                bind="query-params",
                persist_state="session",
            )
        elif kind == "multiclass":
            labels = st.number_input(
                "Labels",
                2,
                MOST_LABELS,
                5,
                key="labels",
                bind="query-params",
                persist_state="session",
            )
    with st.expander("Expected of scores and errors", icon=":material/tune:"):
        bias, spread, distance = _scores(scored)
        rates = _rates()
    return Expected(
        kind,
        scored,
        labels,
        agreement / 100,
        bias,
        spread,
        distance,
        rates["production"],
        rates["shadow"],
    ), policy


def _scores(scored: bool) -> tuple[float, float, float]:
    """Ask how far the scores lie apart, where there are any."""
    if not scored:
        return tuple(DEFAULTS[key] for key in ("bias", "spread", "distance"))  # type: ignore[return-value]
    names = (
        ("bias", "Mean difference of the scores (sd)", 10.0, -10.0),
        ("spread", "Spread of the differences (sd)", 10.0, 0.0),
        ("distance", "Distance of the distributions (KS D)", 1.0, 0.0),
    )
    found = []
    for cell, (key, label, most, least) in zip(st.columns(3), names, strict=True):
        with cell:
            found.append(_number(key, label, most, step=0.01, decimals=4, least=least))
    st.caption("sd: in standard deviations of production’s score.")
    return found[0], found[1], found[2]


def _rates() -> dict[str, tuple[float, float, float]]:
    """Ask for the rates of errors of both variants, in the order of the kinds."""
    rates = {}
    for side in ("production", "shadow"):
        found = []
        for cell, kind in zip(st.columns(3), ERROR_KINDS, strict=True):
            label = f"{words.CHECKS[kind]} of {'the ' * (side == 'shadow')}{side} (%)"
            with cell:
                key = f"{side}_{_ERRORS[kind]}"
                found.append(_number(key, label, 100.0, step=0.01, decimals=4) / 100)
        rates[side] = (found[0], found[1], found[2])
    return rates


def fleet(config: Config) -> tuple[float | None, int]:
    """Ask on what the shadow will run; gives the price of one instance an hour, and how many."""
    priced = {
        name: each.price_per_hour
        for name, each in config.instances.items()
        if each.price_per_hour is not None
    }
    left, right, rest = st.columns([2, 1, 3], vertical_alignment="bottom")
    with left:
        chosen = st.selectbox(
            "Instances of the second fleet",
            list(priced),
            index=0 if priced else None,
            placeholder="No price is configured",
            disabled=not priced,
            key="instance",
            bind="query-params",
            persist_state="session",
            format_func=lambda name: escape.clip(escape.visible(name), 60),
        )
    with right:
        count = st.number_input(
            "How many", 1, 1_000, 1, key="instances", bind="query-params", persist_state="session"
        )
    whose = "Made-up prices of the demo account." if config.demo else "Prices of the configuration."
    rest.caption(
        whose
        if priced
        else 'Add `price_per_hour` under `[instances."ml.…"]` to see what a fleet costs.'
    )
    return (None if chosen is None else priced[chosen]), count


def _number(
    key: str, label: str, most: float, *, step: float, decimals: int = 1, least: float = 0.0
) -> float:
    return st.number_input(
        label,
        least,
        most,
        DEFAULTS[key],
        step=step,
        format=f"%.{decimals}f",
        key=key,
        bind="query-params",
        persist_state="session",
    )
