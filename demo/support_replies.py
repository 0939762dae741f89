"""The demo's support replies: free text by a language model, mirrored by a proxy into a log."""

from __future__ import annotations

import json

import numpy as np

from demo.traffic import (
    FAILED,
    OK,
    Answers,
    Form,
    ShadowTest,
    Speed,
    arrivals,
    latencies,
    load,
    uuids,
)

FEATURES = ("topic", "language", "channel", "words")
TOPICS = ("delivery", "invoice", "login", "refund", "warranty")
_TOPIC_SHARE = (0.34, 0.24, 0.2, 0.12, 0.1)
_LANGUAGES = ("en", "de", "fr")
_CHANNELS = ("chat", "mail")
_ASKED = {
    "delivery": "Where is my parcel {number}? It was due on {day}.",
    "invoice": "Please send me the invoice for order {number} once more.",
    "login": "I cannot sign in since {day}, the code never arrives.",
    "refund": "I returned order {number} on {day} and have no money back.",
    "warranty": "The display of order {number} broke on {day}. What now?",
}
_ANSWERED = {
    "delivery": "Your parcel {number} left our warehouse and arrives within two working days. "
    "You can follow it with the link in your confirmation.",
    "invoice": "We have sent the invoice for order {number} to your e-mail address again. "
    "Please look into your spam folder too.",
    "login": "We have reset your sign-in. Please request a new code and use it within ten minutes.",
    "refund": "Your return of order {number} is with us. The money is transferred within five "
    "working days.",
    "warranty": "Your device from order {number} is under warranty. Please send it to us with "
    "the attached label, free of charge.",
}
# What the shadow says of some refunds: another promise, not other words for the same one.
_OTHERWISE = (
    "We could not find a return for order {number}. Please contact the carrier and send us the "
    "proof of posting."
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_FORM = Form("application/json", "TEXT")


def build(rng: np.random.Generator, *, end_ms: int, scale: float) -> ShadowTest:
    """5,200 requests over 174 hours at scale 1: the shadow agrees but for refunds, and is slower.

    One request in ten was not copied; every fourth refund is answered otherwise.
    """
    n = max(1, round(5_200 * scale))
    time_ms = arrivals(rng, end_ms=end_ms, hours=174, requests=n)
    topics = np.array(TOPICS)[rng.choice(len(TOPICS), n, p=_TOPIC_SHARE)].tolist()
    numbers = rng.integers(100_000, 999_999, n).tolist()
    days = np.array(_DAYS)[rng.integers(0, len(_DAYS), n)].tolist()
    otherwise = (np.array(topics) == "refund") & (rng.random(n) < 0.25)
    politer = rng.random(n) < 0.2
    asked, production, shadow = [], [], []
    languages = np.array(_LANGUAGES)[rng.choice(3, n, p=(0.7, 0.2, 0.1))].tolist()
    channels = np.array(_CHANNELS)[rng.integers(0, 2, n)].tolist()
    for at, topic in enumerate(topics):
        about = {"number": numbers[at], "day": days[at]}
        text = _ASKED[topic].format(**about)
        asked.append(
            json.dumps(
                {
                    "inputs": text,
                    "topic": topic,
                    "language": languages[at],
                    "channel": channels[at],
                    "words": len(text.split()),
                }
            )
        )
        answer = _ANSWERED[topic].format(**about)
        production.append(json.dumps({"generated_text": answer}))
        other = _OTHERWISE.format(**about) if otherwise[at] else answer
        ending = " Thank you!" if politer[at] else ""
        shadow.append(json.dumps({"generated_text": other + ending}))
    status = (np.full(n, OK, np.int16), np.full(n, OK, np.int16))
    status[1][rng.permutation(n)[: round(3 * scale)]] = FAILED
    status[1][rng.random(n) < 0.1] = 0
    timing = latencies(
        rng,
        load(time_ms),
        production=Speed(420.0, 0.45, overhead_ms=0.0),
        shadow=Speed(510.0, 0.45, overhead_ms=0.0),
    )
    return ShadowTest(
        name="support-replies",
        description="Drafts of replies, by a smaller language model",
        production="production",
        shadow="shadow",
        time_ms=time_ms,
        inputs=asked,
        ids=[f"ticket-{text[:13]}" for text in uuids(rng, n)],
        rows=np.ones(n, np.int64),
        agreed=(~otherwise).astype(np.int64),
        input_form=_FORM,
        output_form=_FORM,
        production_answers=Answers(production, status[0], np.zeros(n, int), *timing[:2]),
        shadow_answers=Answers(shadow, status[1], np.zeros(n, int), *timing[2:]),
        damaged=(np.array([], int), np.array([], int)),
        repeated_ids=0,
        prediction=('kind = "text"', 'path = "$.generated_text"'),
        features=FEATURES,
        baseline="",
        logged=True,
    )
