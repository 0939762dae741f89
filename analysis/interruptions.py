"""When was nothing captured though there was traffic, and when were disks too full to capture?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.resources import CAPTURE_STOPS_AT

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_EXPECTED = 10.0
"""Rows that must be missing: by chance so many fail to come in one stretch of 22,000 (Poisson)."""

Kind = Literal["gap", "disk"]
Whose = Literal["production", "shadow"]


@dataclass(frozen=True, slots=True)
class Interruption:
    """A stretch of time in which captures of a variant are missing, or may be.

    Attributes
    ----------
    kind : str
        ``gap``: no row was captured, and there was traffic. ``disk``: an instance's disk was so
        full that SageMaker stops capturing.
    variant : str
        ``production`` or ``shadow``.
    start, end : datetime
        UTC, of the blocks of time that were looked at.
    missing : float
        Of a gap, the rows that were to be expected; nan for a disk.
    """

    kind: Kind
    variant: Whose
    start: datetime
    end: datetime
    missing: float


def gaps(
    start: NDArray[np.datetime64],
    block_s: int,
    production: NDArray[np.int64],
    shadow: NDArray[np.int64],
    requests: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
) -> tuple[Interruption, ...]:
    """Find the stretches in which a variant has no row and should have had ``LEAST_EXPECTED``.

    What should have been is told by CloudWatch's count of the variant's requests or, where that is
    not known, by the other variant's rows; either brought to rows at the ratio of the whole window.
    Hours in which nobody asked anything are no gap, and neither are those in which captures of both
    are missing while nobody else counted.

    Parameters
    ----------
    start : array (t,) of datetime64
        Start of each block, none left out, UTC.
    block_s : int
        Length of a block.
    production, shadow : array (t,) of int
        Captured rows.
    requests : two arrays (t,) of float, or None
        Requests of production and of the shadow; 0 where there were none.
    """
    rows = production, shadow
    found: list[Interruption] = []
    names: tuple[Whose, Whose] = ("production", "shadow")
    for side, name in enumerate(names):
        counted = None if requests is None else requests[side]
        if counted is None or not counted.any():
            counted = rows[1 - side].astype(np.float64)
        # only blocks in which both counted say how many rows belong to a request
        both = (rows[side] > 0) & (counted > 0)
        if not both.any():
            continue
        expected = counted * (rows[side][both].sum() / counted[both].sum())
        for first, last in stretches(rows[side] == 0):
            missing = float(expected[first:last].sum())
            if missing >= LEAST_EXPECTED:
                found.append(_stretch("gap", name, start, block_s, first, last, missing))
    return tuple(found)


def full_disks(
    start: NDArray[np.datetime64],
    period_s: int,
    production: NDArray[np.float64],
    shadow: NDArray[np.float64],
) -> tuple[Interruption, ...]:
    """Find the stretches in which the fullest disk of a variant was above ``CAPTURE_STOPS_AT``.

    Parameters
    ----------
    start : array (t,) of datetime64
    period_s : int
        Length of a period.
    production, shadow : array (t,) of float
        Highest use of a disk as a share; nan where it was not measured.
    """
    sides: tuple[tuple[Whose, NDArray[np.float64]], ...] = (
        ("production", production),
        ("shadow", shadow),
    )
    return tuple(
        _stretch("disk", name, start, period_s, first, last, np.nan)
        for name, used in sides
        for first, last in stretches(np.nan_to_num(used) > CAPTURE_STOPS_AT)
    )


def stretches(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Give each unbroken run of true values: its first place, and the one after its last.

    >>> stretches(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _stretch(
    kind: Kind,
    variant: Whose,
    start: NDArray[np.datetime64],
    block_s: int,
    first: int,
    last: int,
    missing: float,
) -> Interruption:
    begun = int(start[first].astype("datetime64[s]").astype(np.int64))
    ended = int(start[last - 1].astype("datetime64[s]").astype(np.int64)) + block_s
    return Interruption(
        kind,
        variant,
        datetime.fromtimestamp(begun, UTC),
        datetime.fromtimestamp(ended, UTC),
        float(missing),
    )
