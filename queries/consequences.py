"""What came of production's answers, in one window of a test?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.consequences import Cell, Consequences, consequence
from queries.errors import QuestionError
from queries.filtered import Relation
from queries.windows import bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from queries.answers import Answer
    from queries.opened import Opened

MOST_ANSWERS = 30
"""Combinations of two answers that are told one by one, the most frequent ones."""


def consequences(opened: Opened, window_text: str) -> Consequences:
    """Every outcome that is configured, by how both variants answered.

    Raises
    ------
    QuestionError
        When the test has no outcomes, or ``window_text`` names no window.
    SourceError
        When the outcomes cannot be read.
    UnderstudyError
        Whatever else the engine meets.
    """
    if opened.test.outcomes is None:
        raise QuestionError(
            f"Nothing says where outcomes of {opened.test.name} lie; add `location` and `columns` "
            f"to [tests.{opened.test.name}.outcomes]."
        )
    window = opened.window(window_text)
    totals = opened.engine.run("agreement_by_block", block_s=86_400, **bounds(window))
    read, found = [], []
    for name, joined in zip(opened.test.outcomes.columns, opened.outcomes, strict=True):
        read.append(joined.read())
        outcome = Relation("outcome", f"SELECT * FROM {joined.relation}")
        rows = opened.engine.run("consequences", given=[outcome], **bounds(window))
        found.append(
            consequence(
                name,
                _cells(rows),
                int(totals["n"].sum()),
                confidence=opened.policy.confidence,
                most=MOST_ANSWERS,
            )
        )
    return Consequences(
        tuple(each.counts for each in read),
        read[0].ids,
        tuple(found),
        tuple(each.behind() for each in opened.outcomes),
    )


def _cells(rows: Answer) -> Iterator[Cell]:
    for agreed, production, shadow, n, total, squares, ones in zip(
        *(np.asarray(rows[name]).tolist() for name in rows), strict=True
    ):
        yield Cell(bool(agreed), production or "", shadow or "", int(n), total, squares, int(ones))
