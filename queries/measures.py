"""How alike are the answers of several parts in one window?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.comparison import (
    Comparison,
    field_difference,
    measured,
    most_different_first,
)
from analysis.structured import MEASURES
from queries.windows import bounds

if TYPE_CHECKING:
    from analysis.estimates import Window
    from queries.opened import Opened

# Measures that may leave the range from 0 to 1.
UNBOUNDED = ("length_ratio", "tau")


def comparison(opened: Opened, window: Window) -> Comparison | None:
    """How alike answers of several parts are, by every measure and field."""
    if opened.rules is None or opened.compared is None:
        return None
    names, confidence = MEASURES[opened.rules.kind], opened.policy.confidence
    values = opened.engine.run("measure_values", columns=names, **bounds(window))
    answer = opened.engine.run("field_differences", **bounds(window))
    columns = (answer[name].tolist() for name in answer)
    return Comparison(
        kind=opened.rules.kind,
        rule=opened.rules.sentence,
        n=values.rows,
        measures=tuple(
            measured(name, values[name], confidence=confidence, bounded=name not in UNBOUNDED)
            for name in names
        ),
        fields=most_different_first(
            field_difference(
                opened.compared.fields[int(field)],
                int(n),
                int(changed),
                (int(mine), int(theirs)),
                (mean, largest),
                confidence=confidence,
            )
            for field, n, changed, mine, theirs, mean, largest in zip(*columns, strict=True)
        ),
    )
