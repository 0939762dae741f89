"""The demo's compact fraud model: a rival of the fraud scores' shadow, on an endpoint of its own.

SageMaker gives an endpoint one shadow at a time, so the caller sends every payment to a second
endpoint too. Production is the same model there and answers alike; the shadow is a smaller one,
distilled from it, that needs half the fleet and takes payments for games too lightly.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from demo import fraud_scores
from demo.fleets import FLEETS, full
from demo.traffic import FAILED, HOUR_MS, OK, Answers, ShadowTest, Speed, latencies, load

NAME = "fraud-compact"
_STEEP, _MISSED = 0.97, 1.6
_LIGHTLY = "gaming"
_MERCHANT = fraud_scores.FEATURES.index("merchant")


def beside(test: ShadowTest, rng: np.random.Generator) -> ShadowTest:
    """The rival of the fraud scores' shadow, over the same requests; it agrees on about 97 %.

    For some hours its disk is full, so that nothing of it is captured.
    """
    n = len(test.time_ms)
    scores = np.array([float(text) for text in test.production_answers.outputs])
    lightly = np.array([_merchant(row) == _LIGHTLY for row in test.inputs])
    moved = _moved(_logit(scores), lightly) + rng.standard_normal(n) * 0.3
    rival = np.round(1 / (1 + np.exp(-moved)), 6)
    rival[rival == 0.5] = 0.500001
    # what was wrong with a request is wrong here too; what failed there did not fail here
    status = np.where(test.production_answers.status == FAILED, OK, test.production_answers.status)
    failing = status.copy()
    failing[rng.choice(np.flatnonzero(status == OK), min(n // 9_000, 3), replace=False)] = FAILED
    timing = latencies(
        rng, load(test.time_ms), production=Speed(18.0, 0.32), shadow=Speed(18.2, 0.321)
    )
    hours = (test.time_ms - test.time_ms[0] // HOUR_MS * HOUR_MS) / HOUR_MS
    shadow = Answers(
        outputs=[f"{value:.6f}" for value in rival.tolist()],
        status=failing,
        lag_ms=rng.integers(0, 260, n),
        model_us=timing[2],
        overhead_us=timing[3],
    )
    return replace(
        test,
        name=NAME,
        description="A compact model for card payments, on a second endpoint with the same traffic",
        beside=test.name,
        agreed=((scores >= 0.5) == (rival >= 0.5)).astype(np.int64),
        production_answers=replace(
            test.production_answers, status=status, model_us=timing[0], overhead_us=timing[1]
        ),
        shadow_answers=shadow,
        uncaptured=np.flatnonzero((failing == OK) & full(FLEETS[NAME][1], hours)),
        labels=None,
        outcomes=None,
    )


def scored(row: str) -> str:
    """The score that the compact model gives a payment it has not seen, a CSV row.

    Raises
    ------
    ValueError
        When the row is no payment.
    """
    z = _logit(np.array([float(fraud_scores.scored(row, shadow=False))]))
    moved = float(_moved(z, np.array([_merchant(row) == _LIGHTLY]))[0])
    return f"{1 / (1 + math.exp(-moved)):.6f}"


def _merchant(row: str) -> str:
    return row.strip().split(",")[_MERCHANT]


def _logit(scores: np.ndarray) -> np.ndarray:
    # scores have six places: what is nearer to 0 or 1 is not told apart
    inside = np.clip(scores, 5e-7, 1 - 5e-7)
    return np.log(inside / (1 - inside))


def _moved(logits: np.ndarray, lightly: np.ndarray) -> np.ndarray:
    return logits * _STEEP - _MISSED * lightly
