"""The demo's ticket routing: multiclass, JSON in and out, and a shadow that must be rejected."""

from __future__ import annotations

import numpy as np

from demo.traffic import (
    OK,
    Answers,
    Form,
    ShadowTest,
    Speed,
    arrivals,
    latencies,
    load,
    statuses,
    uuids,
)

LABELS = ("account", "billing", "delivery", "other", "returns", "technical")
FEATURES = (
    "channel",
    "language",
    "tier",
    "body_length",
    "attachments",
    "earlier_tickets",
    "sentiment",
    "hours_open",
)
_CHANNELS = np.array(["chat", "email", "form", "phone"])
_CHANNEL_SHARE = {"now": (0.38, 0.36, 0.18, 0.08), "baseline": (0.2, 0.5, 0.2, 0.1)}
_LANGUAGES = np.array(["de", "en", "es", "fr", "it"])
_TIERS = np.array(["free", "plus", "business"])
_INSTANCE = (
    '{"instances":[{"channel":"%s","language":"%s","tier":"%s","body_length":%d,'
    '"attachments":%d,"earlier_tickets":%d,"sentiment":%s,"hours_open":%.2f}]}'
)
_ROW = "%s,%s,%s,%d,%d,%d,%s,%.2f"
_ANSWER = '{"predictions":[{"label":"%s","probabilities":[%.4f,%.4f,%.4f,%.4f,%.4f,%.4f]}]}'


def build(rng: np.random.Generator, *, end_ms: int, scale: float) -> ShadowTest:
    """15,000 requests over 168 hours at scale 1; the shadow agrees on about 90 % and is slow."""
    n = max(1, round(15_000 * scale))
    time_ms = arrivals(rng, end_ms=end_ms, hours=168, requests=n)
    tickets, logits = _tickets(rng, n, period="now")
    # the shadow sees "technical" where production sees "other", and is less sure of itself
    leaning = np.array([0.0, 0.05, 0.0, -0.35, 0.0, 0.3])
    moved = 0.92 * (logits + leaning + rng.standard_normal(logits.shape) * 0.34)
    vectors = [_probabilities(values) for values in (logits, moved)]
    labels = [vector.argmax(axis=1) for vector in vectors]
    status = statuses(rng, n, refused=0.004, failed=(round(4 * scale), round(52 * scale)))
    timing = latencies(
        rng, load(time_ms), production=Speed(42.0, 0.3), shadow=Speed(44.0, 0.425, overhead_ms=2.9)
    )
    lag = rng.integers(0, 420, n)
    answered = rng.permutation(np.flatnonzero((status[0] == OK) & (status[1] == OK)))
    damaged = answered[:4], answered[4:7]
    ids = [f"ticket-{text[:13]}" for text in uuids(rng, n)]
    repeated = _repeat(ids, time_ms, answered[7:], wanted=max(1, round(12 * scale)))
    baseline, _ = _tickets(rng, max(500, round(5_000 * min(1.0, scale))), period="baseline")
    return ShadowTest(
        name="ticket-routing",
        description="Routes support tickets to teams, distilled to a smaller model",
        production="router-7",
        shadow="router-8",
        time_ms=time_ms,
        inputs=[_INSTANCE % ticket for ticket in tickets],
        ids=list(ids),
        rows=np.ones(n, np.int64),
        agreed=(labels[0] == labels[1]).astype(np.int64),
        input_form=Form("application/json", "JSON"),
        output_form=Form("application/json", "JSON"),
        production_answers=Answers(
            _answers(labels[0], vectors[0]), status[0], np.zeros(n, int), *timing[:2]
        ),
        shadow_answers=Answers(_answers(labels[1], vectors[1]), status[1], lag, *timing[2:]),
        damaged=damaged,
        repeated_ids=repeated,
        prediction=(
            'kind = "multiclass"',
            'path = "$.predictions[*].probabilities"',
            "argmax = true",
            "labels = [" + ", ".join(f'"{label}"' for label in LABELS) + "]",
        ),
        features=FEATURES,
        baseline="\n".join(
            [",".join(FEATURES)]
            + [_ROW % (*row[:6], "" if row[6] == "null" else row[6], row[7]) for row in baseline]
            + [""]
        ),
        monitored=True,
    )


def _tickets(
    rng: np.random.Generator, n: int, *, period: str
) -> tuple[list[tuple[object, ...]], np.ndarray]:
    """Features of tickets, and production's logits; chat has grown since the baseline was taken."""
    now = period == "now"
    channel = rng.choice(len(_CHANNELS), n, p=_CHANNEL_SHARE[period])
    language = rng.choice(len(_LANGUAGES), n, p=(0.3, 0.38, 0.12, 0.12, 0.08))
    tier = rng.choice(len(_TIERS), n, p=(0.62, 0.27, 0.11))
    body = np.rint(np.exp(rng.normal(5.2, 0.8, n) - 0.35 * (channel == 0))).astype(int) + 8
    attachments = rng.poisson(0.4, n)
    earlier = rng.poisson(1.3, n)
    sentiment = np.round(np.clip(rng.normal(-0.25 if now else -0.1, 0.4, n), -1, 1), 2)
    hours = np.round(rng.exponential(5.0, n), 2)
    known = rng.random(n) >= 0.01
    shown = [f"{v:.2f}" if k else "null" for v, k in zip(sentiment.tolist(), known, strict=True)]
    x = np.column_stack(
        [
            channel == 0,
            channel == 3,
            tier == 2,
            (np.log(body) - 5) / 0.8,
            attachments,
            earlier - 1.3,
            sentiment * 2,
            np.minimum(hours / 5, 3) - 1,
        ]
    ).astype(float)
    weights = np.random.default_rng(7).normal(0, 0.75, (x.shape[1], len(LABELS)))
    logits = x @ weights + rng.standard_normal((n, len(LABELS))) * 2.3
    columns = (_CHANNELS[channel], _LANGUAGES[language], _TIERS[tier], body, attachments, earlier)
    lists = [*(c.tolist() for c in columns), shown, hours.tolist()]
    return list(zip(*lists, strict=True)), logits


def _probabilities(logits: np.ndarray) -> np.ndarray:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.round(odds / odds.sum(axis=1, keepdims=True), 4)


def _answers(labels: np.ndarray, vectors: np.ndarray) -> list[str]:
    return [
        _ANSWER % (LABELS[label], *vector)
        for label, vector in zip(labels.tolist(), vectors.tolist(), strict=True)
    ]


def _repeat(ids: list[str], time_ms: np.ndarray, free: np.ndarray, *, wanted: int) -> int:
    """Give ``wanted`` pairs of requests one id, ten minutes or more apart: a client retries."""
    done = 0
    for first, second in zip(free[0::2].tolist(), free[1::2].tolist(), strict=False):
        if done == wanted:
            break
        if abs(int(time_ms[first]) - int(time_ms[second])) >= 600_000:
            ids[second] = ids[first]
            done += 1
    return done
