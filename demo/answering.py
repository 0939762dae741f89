"""What does a model of the demo answer to a request? What it answered to the same one before.

A payload that was captured gets the captured answer. The fraud models also score payments that
they have not seen; the others know only what was captured.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from demo import fraud_compact, fraud_scores
from demo.recorded import variant_of

_SCORES: Mapping[str, Callable[[str], str]] = {
    "fraud-2026-10": partial(fraud_scores.scored, shadow=False),
    "fraud-2026-11": partial(fraud_scores.scored, shadow=True),
    "fraud-compact-1": fraud_compact.scored,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A payload and its content type."""

    content_type: str
    body: bytes


class NotAnswered(Exception):
    """The model cannot make anything of the request; the text is what its container would log."""


class Models:
    """The models of the account in a folder, by name."""

    def __init__(self, folder: Path) -> None:
        self._captures = folder / "captures"
        self._recorded = lru_cache(maxsize=4)(self._read)

    def reply(self, model: str, body: bytes) -> Reply:
        """The answer of a model.

        Raises
        ------
        NotAnswered
            When it has none.
        """
        recorded = variant_of(model)
        if recorded is not None:
            found = self._recorded(*recorded).get(body)
            if found is not None:
                return found
        if model not in _SCORES:
            raise NotAnswered(f"{model} is a stand-in: it answers requests that were captured")
        try:
            scores = [_SCORES[model](row) for row in body.decode().strip().split("\n")]
        except ValueError as error:
            raise NotAnswered(f"could not read the payments: {error}") from None
        return Reply("text/csv; charset=utf-8", "\n".join(scores).encode())

    def _read(self, endpoint: str, variant: str) -> dict[bytes, Reply]:
        return dict(_pairs(self._captures / endpoint / variant))


def _pairs(folder: Path) -> Iterator[tuple[bytes, Reply]]:
    """Every captured request of a variant with its answer; damaged lines are passed over."""
    for file in sorted(folder.rglob("*.jsonl")):
        for line in file.read_bytes().split(b"\n"):
            try:
                data = json.loads(line)["captureData"]
                given, answered = data["endpointInput"], data["endpointOutput"]
            except (ValueError, TypeError, KeyError):
                continue
            yield _payload(given), Reply(answered["observedContentType"], _payload(answered))


def _payload(side: dict[str, str]) -> bytes:
    text = side["data"]
    return base64.b64decode(text) if side["encoding"] == "BASE64" else text.encode()
