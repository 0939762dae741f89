"""As which variant of which test did a model of the demo answer what is recorded?"""

from __future__ import annotations

PRODUCTION_AND_SHADOW = {
    "fraud-scores": (("fraud-2026-10", "AllTraffic"), ("fraud-2026-11", "Shadow-01")),
    "ticket-routing": (("routing-7", "router-7"), ("routing-8-distilled", "router-8")),
    "delivery-minutes": (("eta-2026-10", "eta-2026-10"), ("eta-2026-11", "eta-2026-11")),
    "fraud-compact": (("fraud-2026-10", "AllTraffic"), ("fraud-compact-1", "Shadow-01")),
}
"""Model and variant of both sides, by the test's name."""


def variant_of(model: str) -> tuple[str, str] | None:
    """The test and the variant of a model; None where nothing of it is recorded."""
    for test, sides in PRODUCTION_AND_SHADOW.items():
        for name, variant in sides:
            if name == model:
                return test, variant
    return None
