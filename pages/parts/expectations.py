"""What does the reader expect of a test that is not there yet?

Every value lives in the address, so that a plan can be sent on, and may be taken from a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import streamlit as st

from analysis.errors import ERROR_KINDS
from analysis.planning import LATENCIES, Expected, Traffic
from analysis.policy import Policy, PredictionKind
from pages.parts import escape, loading, states, words
from pages.parts.found_before import ERROR_KEYS, MOST_LABELS, values_of
from queries import cached_answers

if TYPE_CHECKING:
    from analysis.report import Report
    from queries.config import Config

DEFAULTS: dict[str, float] = {
    "per_hour": 1_000.0,
    "captured": 100.0,
    "copied": 100.0,
    "agree": 98.5,
    "bias": 0.0,
    "spread": 0.2,
    "distance": 0.02,
    "slower_p50": 0.0,
    "slower_p99": 0.0,
    "cluster": 1.0,
    "alike": 0.0,
    "production_4xx": 0.2,
    "shadow_4xx": 0.2,
    "production_5xx": 0.01,
    "shadow_5xx": 0.01,
    "production_model": 0.01,
    "shadow_model": 0.01,
}


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
    with st.expander("Expected of scores, labels and errors", icon=":material/tune:"):
        bias, spread, distance = _scores(kind, scored)
        rates = _rates()
    with st.expander("Expected of latency and users", icon=":material/timer:"):
        slower, varies, (cluster, alike) = _hourly()
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
        slower,
        varies,
        cluster,
        alike,
    ), policy


def _scores(kind: PredictionKind, scored: bool) -> tuple[float, float, float]:
    """Ask how far the scores lie apart, or the labels where there are none."""
    if not scored and kind in ("binary", "multiclass"):
        with st.columns(3)[0]:
            label = "Drift of the labels (Cramér’s V)"
            moved = _number("distance", label, 1.0, step=0.01, decimals=4)
        return DEFAULTS["bias"], DEFAULTS["spread"], moved
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
                key = f"{side}_{ERROR_KEYS[kind]}"
                found.append(_number(key, label, 100.0, step=0.01, decimals=4) / 100)
        rates[side] = (found[0], found[1], found[2])
    return rates


def _hourly() -> tuple[tuple[float, float], tuple[float | None, float | None], tuple[float, float]]:
    """Ask how latency changes and varies, by percentile, and how many pairs hang together."""
    cells = [*st.columns(3), *st.columns(3)]
    slower: list[float] = []
    varies: list[float | None] = []
    for row, name in enumerate(LATENCIES):
        key = name.removesuffix("_latency")
        with cells[3 * row]:
            label = f"Change of the {key} latency (%)"
            slower.append(_number(f"slower_{key}", label, 1e4, step=1.0, least=-100.0) / 100)
        with cells[3 * row + 1]:
            spread = _optional(f"varies_{key}", "It varies from hour to hour by (%)")
            varies.append(None if spread is None else spread / 100)
    with cells[2]:
        size = _number("cluster", "Pairs of one user or record", 1e6, step=1.0, least=1.0)
    with cells[5]:
        alike = _number("alike", "How alike they are (ICC)", 1.0, step=0.01, decimals=3)
    st.caption(
        "From hour to hour: the standard deviation of the change in one hour, at this traffic; "
        "without it latency is not planned. Pairs of one user or record: among how many a usual "
        "pair is, itself included, and the correlation of two of them, in agreement, labels and "
        "scores alike."
    )
    return (slower[0], slower[1]), (varies[0], varies[1]), (size, alike)


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


def _optional(key: str, label: str) -> float | None:
    """Ask for a number that nobody may know."""
    return st.number_input(
        label,
        0.0,
        1e4,
        None,
        step=0.1,
        format="%.2f",
        placeholder="not known",
        key=key,
        bind="query-params",
        persist_state="session",
    )
