"""What passes through a demo endpoint: requests, and what two models answer to each of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

HOUR_MS = 3_600_000
OK, REFUSED, FAILED, NOT_ASKED = 200, 400, 500, 0
# One weight an hour of the day (UTC): quiet nights, a peak before noon and one in the evening.
_NIGHT = (30, 24, 20, 19, 22, 32)
_MORNING = (52, 80, 108, 126, 134, 138)
_AFTERNOON = (130, 122, 120, 118, 122, 132)
_EVENING = (140, 134, 112, 84, 60, 42)
_DAY = np.array(_NIGHT + _MORNING + _AFTERNOON + _EVENING)
_WEEKDAY = np.array([1.0, 1.04, 1.02, 1.0, 0.97, 0.58, 0.5])  # Monday first


@dataclass(frozen=True, slots=True)
class Form:
    """How one side of a record is captured: its content type and encoding."""

    content_type: str
    encoding: str


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """One variant's answers, one entry a request.

    ``outputs`` are payload texts; ``status`` is OK, REFUSED, FAILED or NOT_ASKED; ``lag_ms`` is
    how much later than the request the variant stamps it; latencies are in whole microseconds.
    """

    outputs: list[str]
    status: np.ndarray
    lag_ms: np.ndarray
    model_us: np.ndarray
    overhead_us: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class RightAnswers:
    """What turned out to be right, one entry a request: drawn from the data, not from any answer.

    ``texts`` are labels, one a row with commas between them; ``known_ms`` is when they were known;
    ``given`` of which requests they ever were; ``table`` says that they come as a CSV file.
    """

    texts: list[str]
    known_ms: np.ndarray
    given: np.ndarray
    table: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What came of production's answers, one entry a request: numbers by the name of their column.

    ``known_ms`` is when they were known; ``given`` of which requests they ever were.
    """

    values: dict[str, np.ndarray]
    known_ms: np.ndarray
    given: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class ShadowTest:
    """Everything one demo test writes: requests in time order and both variants' answers.

    ``time_ms`` is epoch milliseconds; ``rows`` how many instances a request holds and ``agreed``
    how many of them both models answer alike; ``damaged`` lists the positions of requests whose
    (production, shadow) line is damaged on its way to disk; ``logged`` says that a proxy mirrored
    the requests into a log, ``monitored`` that Model Monitor looks at them. ``beside`` names the
    test whose requests these are too, and whose labels; ``uncaptured`` lists the positions of
    requests that the shadow answered while its disk was too full to capture.
    """

    name: str
    description: str
    production: str
    shadow: str
    time_ms: np.ndarray
    inputs: list[str]
    ids: list[str | None]
    rows: np.ndarray
    agreed: np.ndarray
    input_form: Form
    output_form: Form
    production_answers: Answers
    shadow_answers: Answers
    damaged: tuple[np.ndarray, np.ndarray]
    repeated_ids: int
    prediction: tuple[str, ...]
    features: tuple[str, ...]
    baseline: str
    logged: bool = False
    labels: RightAnswers | None = None
    outcomes: Outcomes | None = None
    monitored: bool = False
    beside: str | None = None
    uncaptured: np.ndarray = field(default_factory=lambda: np.array([], int))


def arrivals(rng: np.random.Generator, *, end_ms: int, hours: int, requests: int) -> np.ndarray:
    """Sorted arrival times (epoch ms) over the whole hours before ``end_ms``.

    Every hour has a request as long as there are as many requests as hours: a week of the demo
    shows every hour of the week.
    """
    start = end_ms - hours * HOUR_MS
    begin = start + HOUR_MS * np.arange(hours)
    rate = _DAY[begin // HOUR_MS % 24] * _WEEKDAY[(begin // (24 * HOUR_MS) + 3) % 7]
    sure = 1 if requests >= hours else 0
    counts = sure + rng.multinomial(requests - sure * hours, rate / rate.sum())
    times = np.repeat(begin, counts) + rng.integers(0, HOUR_MS, requests)
    times.sort()
    # two seconds short of the end, so that the slower variant's stamp is inside the window too
    return np.minimum(times, end_ms - 2_000)


def load(time_ms: np.ndarray) -> np.ndarray:
    """How busy the endpoint is at each time, 1 on an average weekday hour."""
    weekday = _WEEKDAY[(time_ms // (24 * HOUR_MS) + 3) % 7]
    return _DAY[time_ms // HOUR_MS % 24] / _DAY.mean() * weekday


@dataclass(frozen=True, slots=True)
class Speed:
    """A variant's latency: lognormal, its median in ms and the spread of its logarithm."""

    median_ms: float
    spread: float
    overhead_ms: float = 2.6


def latencies(
    rng: np.random.Generator, busy: np.ndarray, *, production: Speed, shadow: Speed
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Model and overhead latency in µs: production's two, then shadow's two.

    A hard request is hard for both models, and a busy hour slows both: so the two variants are
    correlated, as they are on a real endpoint.
    """
    n = len(busy)
    hard = rng.standard_normal(n) * np.sqrt(0.4)
    found = []
    for speed in (production, shadow):
        noise = hard + rng.standard_normal(n) * np.sqrt(0.6)
        model = speed.median_ms * np.maximum(busy, 0.2) ** 0.12 * np.exp(speed.spread * noise)
        overhead = speed.overhead_ms * np.exp(0.35 * rng.standard_normal(n))
        found += [
            np.rint(model * 1_000).astype(np.int64),
            np.rint(overhead * 1_000).astype(np.int64),
        ]
    return found[0], found[1], found[2], found[3]


def statuses(
    rng: np.random.Generator, n: int, *, refused: float, failed: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """What became of each request at (production, shadow).

    ``refused`` is the share of requests that are wrong and that both variants refuse; ``failed``
    are the numbers of requests at which (production, shadow) alone breaks or times out.
    """
    both = np.full(n, OK, np.int16)
    both[rng.random(n) < refused] = REFUSED
    production, shadow = both.copy(), both.copy()
    answered = rng.permutation(np.flatnonzero(both == OK))
    production[answered[: failed[0]]] = FAILED
    shadow[answered[failed[0] : sum(failed)]] = FAILED
    return production, shadow


def uuids(rng: np.random.Generator, n: int) -> list[str]:
    """``n`` random UUIDs (version 4) from a seeded generator."""
    raw = rng.integers(0, 256, (n, 16), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    text = raw.tobytes().hex()
    return [
        f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
        for h in (text[at : at + 32] for at in range(0, 32 * n, 32))
    ]
