"""The demo's fraud scores: binary, CSV in and out, a full week, a shadow worth promoting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from demo.traffic import (
    HOUR_MS,
    Answers,
    Form,
    Outcomes,
    RightAnswers,
    ShadowTest,
    Speed,
    arrivals,
    latencies,
    load,
    statuses,
    uuids,
)

FEATURES = (
    "amount",
    "account_age_days",
    "transactions_24h",
    "distance_km",
    "device_score",
    "chargebacks",
    "card_present",
    "merchant",
    "country",
    "channel",
)
_MERCHANTS = np.array(["grocery", "travel", "fashion", "electronics", "fuel", "gaming", "other"])
_MERCHANT_SHARE = (0.28, 0.09, 0.15, 0.12, 0.14, 0.08, 0.14)
_MERCHANT_RISK = np.array([-0.4, 0.5, 0.0, 0.6, -0.5, 0.9, 0.0])
_COUNTRIES = np.array(["DE", "FR", "NL", "PL", "ES", "GB", "US", "BR"])
_COUNTRY_SHARE = (0.34, 0.17, 0.1, 0.09, 0.1, 0.11, 0.06, 0.03)
_COUNTRY_RISK = np.array([-0.2, 0.0, -0.1, 0.1, 0.0, 0.1, 0.5, 0.8])
_CHANNELS = np.array(["app", "web", "terminal"])
_ROW = "%.2f,%d,%d,%.1f,%s,%d,%d,%s,%s,%s"


def build(rng: np.random.Generator, *, end_ms: int, scale: float) -> ShadowTest:
    """28,000 requests over 174 hours at scale 1; the shadow agrees on 99.3 %, faster."""
    n = max(1, round(28_000 * scale))
    time_ms = arrivals(rng, end_ms=end_ms, hours=174, requests=n)
    inputs, risk = _transactions(rng, n)
    # the shadow was trained on the same data a month later: a little is new, and mildly steeper
    new = rng.standard_normal(n) * 0.135
    moved = risk * 1.01 + new
    scores = [np.round(1 / (1 + np.exp(-z)), 6) for z in (risk, moved)]
    for score in scores:
        score[score == 0.5] = 0.500001
    outputs = ["\n".join(f"{v:.6f}" for v in score.tolist()).split("\n") for score in scores]
    status = statuses(rng, n, refused=0.002, failed=(round(2 * scale), round(1 * scale)))
    timing = latencies(
        rng, load(time_ms), production=Speed(18.0, 0.32), shadow=Speed(15.6, 0.31, overhead_ms=2.5)
    )
    lag = rng.integers(0, 260, n)
    baseline, _ = _transactions(rng, max(500, round(6_000 * min(1.0, scale))))
    labels = _chargebacks(rng.spawn(1)[0], time_ms, risk + new)
    return ShadowTest(
        name="fraud-scores",
        description="Score of card payments, retrained on November's data",
        production="AllTraffic",
        shadow="Shadow-01",
        time_ms=time_ms,
        inputs=inputs,
        ids=[f"payment-{text[:18]}" for text in uuids(rng, n)],
        rows=np.ones(n, np.int64),
        agreed=((scores[0] >= 0.5) == (scores[1] >= 0.5)).astype(np.int64),
        input_form=Form("text/csv", "CSV"),
        output_form=Form("text/csv; charset=utf-8", "CSV"),
        production_answers=Answers(outputs[0], status[0], np.zeros(n, int), *timing[:2]),
        shadow_answers=Answers(outputs[1], status[1], lag, *timing[2:]),
        damaged=(np.array([], int), np.array([], int)),
        repeated_ids=0,
        prediction=('kind = "binary"', "column = 0", "threshold = 0.5"),
        features=FEATURES,
        baseline="\n".join([",".join(FEATURES), *baseline, ""]),
        labels=labels,
        outcomes=_payments(inputs, scores[0] < 0.5, labels),
    )


def _chargebacks(rng: np.random.Generator, time_ms: np.ndarray, risk: np.ndarray) -> RightAnswers:
    """Which payments were fraud, known some days later; of a quarter nobody ever says.

    What decides a single payment is partly seen by neither model, and what the shadow has newly
    learned is true.
    """
    n = len(risk)
    given = rng.random(n) < 0.75
    fraud = rng.random(n) < 1 / (1 + np.exp(-(risk + 0.3 * rng.standard_normal(n))))
    delay = rng.gamma(2.0, 34 * HOUR_MS, n).astype(np.int64)
    texts = np.where(fraud, "1", "0").tolist()
    return RightAnswers(texts, time_ms + delay, given)


def _payments(inputs: list[str], accepted: np.ndarray, labels: RightAnswers) -> Outcomes:
    """Which payments were settled, and the euros that they brought.

    One that production declines brings nothing, nor does one that is charged back: known from the
    same books, of the same payments and at the same time as what was fraud.
    """
    settled = accepted & (np.array(labels.texts) == "0")
    amount = np.array([float(row.partition(",")[0]) for row in inputs])
    values = {"settled": settled.astype(np.int64), "revenue_eur": np.where(settled, amount, 0.0)}
    return Outcomes(values, labels.known_ms, labels.given)


def _transactions(rng: np.random.Generator, n: int) -> tuple[list[str], np.ndarray]:
    """CSV rows of payments, and the log odds that each is fraud."""
    amount = np.round(np.exp(rng.normal(3.6, 1.1, n)), 2)
    age = np.rint(rng.gamma(1.6, 420, n)).astype(int)
    recent = rng.poisson(2.2, n)
    distance = np.round(np.exp(rng.normal(1.9, 1.3, n)), 1)
    device = np.round(rng.beta(5, 2, n), 3)
    chargebacks = rng.poisson(0.06, n)
    present = (rng.random(n) < 0.42).astype(int)
    merchant = rng.choice(len(_MERCHANTS), n, p=_MERCHANT_SHARE)
    country = rng.choice(len(_COUNTRIES), n, p=_COUNTRY_SHARE)
    channel = np.where(present == 1, 2, rng.integers(0, 2, n))
    risk = _risk(amount, age, recent, distance, device, chargebacks, present, merchant, country)
    # one device in fifty cannot be scored: an empty cell, as real captures have them
    seen = rng.random(n) >= 0.02
    cells = [f"{v:.3f}" if known else "" for v, known in zip(device.tolist(), seen, strict=True)]
    columns = (amount, age, recent, distance, cells, chargebacks, present)
    named = (_MERCHANTS[merchant], _COUNTRIES[country], _CHANNELS[channel])
    lists = [c if isinstance(c, list) else c.tolist() for c in (*columns, *named)]
    return [_ROW % row for row in zip(*lists, strict=True)], risk


def _risk(
    amount: Any,
    age: Any,
    recent: Any,
    distance: Any,
    device: Any,
    chargebacks: Any,
    present: Any,
    merchant: Any,
    country: Any,
) -> Any:
    """The log odds of fraud; merchants and countries by their places in the lists above."""
    return (
        -5.4
        + 0.55 * (np.log(amount + 1) - 3.6)
        - 0.0009 * (age - 600)
        + 0.28 * (recent - 2)
        + 0.45 * (np.log(distance + 1) - 2)
        - 5.0 * (device - 0.7)
        + 1.9 * chargebacks
        - 0.7 * present
        + _MERCHANT_RISK[merchant]
        + _COUNTRY_RISK[country]
    ) * 1.5 + 5.3


def scored(row: str, *, shadow: bool) -> str:
    """The score that a model gives a payment it has not seen, a CSV row; its device may be empty.

    What the shadow newly learned of single payments is not in a row, and not in its score.

    Raises
    ------
    ValueError
        When the row is no payment.
    """
    cells = row.strip().split(",")
    if len(cells) != len(FEATURES):
        raise ValueError(f"a row has {len(FEATURES)} cells, this one has {len(cells)}")
    numbers = [float(cell or "0.7") for cell in cells[:7]]
    places = [_MERCHANTS.tolist().index(cells[7]), _COUNTRIES.tolist().index(cells[8])]
    risk = float(_risk(*numbers, *places)) * (1.01 if shadow else 1.0)
    return f"{1 / (1 + math.exp(-risk)):.6f}"
