"""The demo's delivery times: regression in batches, BASE64 answers, and a test begun yesterday."""

from __future__ import annotations

import numpy as np

from demo.traffic import (
    Answers,
    Form,
    RightAnswers,
    ShadowTest,
    Speed,
    arrivals,
    latencies,
    load,
    statuses,
    uuids,
)

FEATURES = ("distance_km", "items", "courier_load", "prep_minutes", "rain_mm", "vehicle", "zone")
TOLERANCE = 0.05  # the share of production's answer within which the shadow agrees
_VEHICLES = np.array(["bike", "scooter", "car"])
_ZONES = np.array(["north", "east", "south", "west", "centre"])
_ROW = "%.2f,%d,%d,%.1f,%.1f,%s,%s"


def build(rng: np.random.Generator, *, end_ms: int, scale: float) -> ShadowTest:
    """About 7,000 rows in 1,820 requests over 30 hours at scale 1; too early to decide."""
    n = max(1, round(1_820 * scale))
    time_ms = arrivals(rng, end_ms=end_ms, hours=30, requests=n)
    rows = rng.choice(np.arange(1, 9), n, p=(0.12, 0.16, 0.2, 0.18, 0.12, 0.09, 0.07, 0.06))
    orders, minutes = _orders(rng, int(rows.sum()))
    production = np.round(minutes, 2)
    new = rng.normal(0.002, 0.018, len(minutes))
    shadow = np.round(minutes * np.exp(new), 2)
    near = np.abs(shadow - production) <= TOLERANCE * np.abs(production)
    first = np.concatenate([[0], np.cumsum(rows)[:-1]])
    status = statuses(rng, n, refused=0.001, failed=(0, 0))
    timing = latencies(
        rng, load(time_ms), production=Speed(27.0, 0.3), shadow=Speed(26.0, 0.3, overhead_ms=2.7)
    )
    lag = rng.integers(0, 300, n)
    named = (rng.random(n) < 0.6).tolist()
    ids = [f"quote-{t[:13]}" if k else None for t, k in zip(uuids(rng, n), named, strict=True)]
    baseline, _ = _orders(rng, max(500, round(4_000 * min(1.0, scale))))
    # half of what the shadow sees anew is there, so neither is nearer yet
    labels = _arrivals(rng.spawn(1)[0], time_ms, minutes * np.exp(new / 2), first)
    return ShadowTest(
        name="delivery-minutes",
        description="Minutes until a delivery arrives, with rain radar as a new input",
        production="eta-2026-10",
        shadow="eta-2026-11",
        time_ms=time_ms,
        inputs=["\n".join(orders[a : a + k]) for a, k in zip(first, rows, strict=True)],
        ids=ids,
        rows=rows,
        agreed=np.add.reduceat(near.astype(np.int64), first),
        input_form=Form("text/csv", "CSV"),
        output_form=Form("application/json", "BASE64"),
        production_answers=Answers(
            _lists(production, first, rows), status[0], np.zeros(n, int), *timing[:2]
        ),
        shadow_answers=Answers(_lists(shadow, first, rows), status[1], lag, *timing[2:]),
        damaged=(np.array([], int), np.array([], int)),
        repeated_ids=0,
        prediction=('kind = "regression"', 'path = "$[*]"'),
        features=FEATURES,
        baseline="\n".join([",".join(FEATURES), *baseline, ""]),
        labels=labels,
    )


def _arrivals(
    rng: np.random.Generator, time_ms: np.ndarray, minutes: np.ndarray, first: np.ndarray
) -> RightAnswers:
    """How long each delivery took, known when the last of its request has arrived."""
    taken = np.round(minutes * np.exp(rng.normal(0.0, 0.11, len(minutes))), 1)
    ends = np.append(first[1:], len(taken))
    texts = [
        ",".join(f"{v:.1f}" for v in taken[a:b].tolist())
        for a, b in zip(first.tolist(), ends.tolist(), strict=True)
    ]
    last = np.maximum.reduceat(taken, first)
    known = time_ms + np.rint(last * 60_000).astype(np.int64)
    return RightAnswers(texts, known, rng.random(len(first)) < 0.9, table=True)


def _orders(rng: np.random.Generator, n: int) -> tuple[list[str], np.ndarray]:
    """CSV rows of orders, and the minutes each takes by production's reckoning."""
    distance = np.round(rng.gamma(2.4, 1.5, n), 2)
    items = 1 + rng.poisson(2.1, n)
    busy = rng.poisson(1.8, n)
    prep = np.round(rng.gamma(6, 2, n), 1)
    rain = np.round(np.where(rng.random(n) < 0.7, 0, rng.exponential(1.6, n)), 1)
    vehicle = rng.choice(3, n, p=(0.5, 0.33, 0.17))
    zone = rng.choice(5, n, p=(0.18, 0.2, 0.2, 0.17, 0.25))
    pace = np.array([3.9, 3.0, 2.6])[vehicle]
    minutes = 4 + prep + distance * pace + 4.5 * busy + 1.3 * rain + 0.4 * items
    columns = (distance, items, busy, prep, rain, _VEHICLES[vehicle], _ZONES[zone])
    return [_ROW % row for row in zip(*(c.tolist() for c in columns), strict=True)], minutes


def _lists(values: np.ndarray, first: np.ndarray, rows: np.ndarray) -> list[str]:
    cells = [f"{v:.2f}" for v in values.tolist()]
    return [f"[{','.join(cells[a : a + k])}]" for a, k in zip(first, rows, strict=True)]
