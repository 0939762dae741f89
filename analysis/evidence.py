"""What does a verdict rest on?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.agreement import Agreement
    from analysis.coverage import HoursOfWeek, Pairing
    from analysis.deltas import Scores
    from analysis.drift import FeatureDrift
    from analysis.errors import Errors
    from analysis.estimates import Window
    from analysis.latency import Latency
    from analysis.policy import PredictionKind
    from analysis.slices import Search
    from analysis.soundness import Training


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All that a verdict rests on.

    ``rows`` are the single answers of both variants that could be read, ``unreadable`` those that
    could not. A part that is None has no data; ``scores`` is None also where the answers have no
    score. ``training`` and ``slices`` are there only where the policy asks for them.
    """

    kind: PredictionKind
    agreement: Agreement | None
    scores: Scores | None
    prediction_drift: FeatureDrift | None
    latency: Latency | None
    errors: Errors | None
    pairing: Pairing
    hours: HoursOfWeek
    window: Window
    unreadable: int
    rows: int
    training: Training | None = None
    slices: Search | None = None
