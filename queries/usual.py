"""When do requests usually come: by CloudWatch's count of earlier weeks, or by the window's own?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis import usual as traffic
from queries.errors import AwsError
from queries.metric_data import Query, ask, column, starts
from queries.periods import Blocks
from queries.windows import bounds

if TYPE_CHECKING:
    from analysis.estimates import Window
    from analysis.usual import Usual
    from queries.opened import Opened

WEEKS = 4
_HOUR_S = 3_600
_WEEK_H = 168


def usual(opened: Opened, window_text: str) -> Usual:
    """Production's requests by hour of the week, for a window of an opened test.

    CloudWatch's of the weeks before the window, where they reach back over a whole week; else those
    of the window with what lies before it; where CloudWatch is not asked, refuses or has nothing,
    production's captured rows of the window. The answer says which.

    Raises
    ------
    NotComparable, QuestionError
        As :meth:`queries.opened.Opened.window`.
    """
    window = opened.window(window_text)
    found = _requests(opened, window)
    return _captured(opened, window, found) if isinstance(found, str) else found


def _requests(opened: Opened, window: Window) -> Usual | str:
    from queries import aws

    endpoint = opened.endpoint
    if opened.test.log is not None or endpoint is None or not aws.is_named(opened.config.aws):
        return "CloudWatch was not asked: it needs the `endpoint` of the test and a `region`."
    begun = int(window.start.timestamp()) // _HOUR_S * _HOUR_S
    first, before = begun - WEEKS * _WEEK_H * _HOUR_S, WEEKS * _WEEK_H
    inside = -(-(int(window.end.timestamp()) - begun) // _HOUR_S)
    query = Query(
        opened.test.production, "Invocations", "Sum", Blocks(first, _HOUR_S, before + inside)
    )
    try:
        counted = column(ask(aws.client(opened.config.aws, "cloudwatch"), endpoint, [query]), query)
    except AwsError as error:
        return str(error)
    start, there = starts(query.blocks), np.isfinite(counted)
    if not there.any():
        return f"CloudWatch has no Invocations of {endpoint} in these weeks."
    reach = before - int(there.argmax())
    if reach >= _WEEK_H:
        there[before:] = False
        return traffic.usual(start[there], counted[there], source="earlier")
    return traffic.usual(
        start[there],
        counted[there],
        source="window",
        problem=f"CloudWatch has Invocations of {endpoint} of {max(0, reach)} h before the window, "
        "less than a week.",
    )


def _captured(opened: Opened, window: Window, problem: str) -> Usual:
    rows = opened.engine.run("rows_by_block", block_s=_HOUR_S, **bounds(window))
    production = rows["variant"] == "production"
    start = (rows["block"][production].astype(np.int64) * _HOUR_S).astype("datetime64[s]")
    return traffic.usual(start, rows["n"][production], source="captured", problem=problem)
