"""How does each variant answer when the same input comes again, in one window of a test?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis import fields
from analysis.noise import NoiseFloor, Repeat, noise_floor
from analysis.structured import compare
from queries.windows import bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.estimates import Window
    from analysis.structured import Rules
    from queries.opened import Opened

MOST_COMPARED = 5_000
"""Inputs whose answers of several parts are compared, where more came again: a sample by hash."""


def noise(opened: Opened, window_text: str) -> NoiseFloor:
    """What answers to identical inputs vary by, and what the two variants differ by beyond it.

    Raises
    ------
    QuestionError
        When ``window_text`` names no window.
    UnderstudyError
        Whatever else the engine meets.
    """
    window = opened.window(window_text)
    repeats, total = (
        _counted(opened, window)
        if opened.rules is None
        else _compared(opened, window, opened.rules)
    )
    policy = opened.policy
    return noise_floor(
        repeats,
        total,
        confidence=policy.confidence,
        alpha=1 - policy.confidence,
        planned=policy.planned_pairs,
    )


def _counted(opened: Opened, window: Window) -> tuple[list[Repeat], int]:
    rows = opened.engine.run("repeated_inputs", tolerance=opened.policy.tolerance, **bounds(window))
    columns = (rows[name] for name in ("production_same", "shadow_same", "agreed"))
    found = [
        Repeat(bool(production), bool(shadow), bool(agreed), int(n))
        for production, shadow, agreed, n in zip(*columns, rows["n"], strict=True)
    ]
    return found, sum(each.n for each in found)


def _compared(opened: Opened, window: Window, rules: Rules) -> tuple[list[Repeat], int]:
    """By the rule by which the two variants' answers are compared."""
    rows = opened.engine.run("repeated_answers", most=MOST_COMPARED, **bounds(window))
    ignored = fields.ignoring(rules.ignore)

    def same(side: str) -> Iterator[bool]:
        both = rows[f"{side}_answer"].tolist(), rows[f"{side}_again"].tolist()
        for first, second in zip(*both, strict=True):
            likeness = compare(first, second, rules, ignored)
            yield likeness is not None and likeness.agreed

    found = [
        Repeat(production, shadow, bool(agreed), 1)
        for production, shadow, agreed in zip(
            same("production"), same("shadow"), rows["agreed"], strict=True
        )
    ]
    return found, int(rows["total"][0]) if found else 0
