"""How alike are the answers of several parts in one window?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.comparison import (
    Comparison,
    DeltaSums,
    field_difference,
    measured,
    most_different_first,
)
from analysis.structured import RANGES
from queries.windows import bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.comparison import FieldDifference
    from analysis.estimates import Window
    from queries.opened import Opened


def comparison(opened: Opened, window: Window) -> Comparison | None:
    """How alike answers of several parts are, by every measure and field."""
    if opened.rules is None or opened.compared is None:
        return None
    names, policy = opened.compared.measures, opened.policy
    counts = opened.engine.run("compared_pairs", **bounds(window))
    n = counts.count("comparable")
    engine, step = opened.engine.sampled(n)
    values = engine.run("measure_values", columns=names, **bounds(window))
    return Comparison(
        kind=opened.rules.kind,
        rule=opened.rules.sentence,
        limit=opened.rules.limit,
        n=n,
        not_compared=counts.count("pairs") - n,
        cut=counts.count("cut"),
        measures=tuple(
            measured(
                name,
                values[name],
                span=RANGES[name],
                confidence=policy.confidence,
                planned=policy.planned_pairs,
            )
            for name in names
        ),
        fields=most_different_first(_fields(opened, window)),
        problem=opened.compared.problem,
        step=step,
    )


def _fields(opened: Opened, window: Window) -> Iterator[FieldDifference]:
    names = opened.compared.fields if opened.compared is not None else ()
    answer = opened.engine.run("field_differences", **bounds(window))
    columns = (answer[name].tolist() for name in answer)
    for field, n, changed, mine, theirs, numbers, total, squares, largest in zip(
        *columns, strict=True
    ):
        yield field_difference(
            # told by their names where no file of this machine numbers them
            names[int(field)] if names else str(field),
            int(n),
            int(changed),
            (int(mine), int(theirs)),
            DeltaSums(int(numbers), total, squares, largest),
            confidence=opened.policy.confidence,
        )
