"""Which label of production meets which label of shadow?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Pairs counted by both answers.

    Attributes
    ----------
    labels : tuple of str
        The k labels either variant gave, in the order of rows and columns.
    counts : ndarray (k, k) of int64
        Rows are production's labels, columns are shadow's.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.int64]

    @property
    def n(self) -> int:
        """Pairs in the table."""
        return int(self.counts.sum())

    @property
    def agreed(self) -> int:
        """Pairs whose two labels are the same."""
        return int(np.trace(self.counts))

    def swapped(self) -> Confusion:
        """Return the same pairs with production and shadow exchanged."""
        return Confusion(self.labels, self.counts.T.copy())


def confusion(production: Sequence[str], shadow: Sequence[str], counts: ArrayLike) -> Confusion:
    """Turn counted pairs of labels (long form, one entry a combination) into a square table.

    Labels are sorted as numbers when every one of them is a number, as text otherwise; a
    combination that comes twice is added up.

    >>> confusion(["0", "0", "1"], ["0", "1", "1"], [90, 4, 6]).counts.tolist()
    [[90, 4], [0, 6]]
    """
    given = np.asarray(counts, dtype=np.int64)
    labels = ordered({*production, *shadow})
    place = {label: i for i, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)), dtype=np.int64)
    rows = [place[label] for label in production]
    columns = [place[label] for label in shadow]
    np.add.at(table, (rows, columns), given)
    return Confusion(labels, table)


def ordered(labels: set[str]) -> tuple[str, ...]:
    """Sort labels as numbers when all of them are numbers, otherwise as text.

    >>> ordered({"10", "9"}), ordered({"10", "9", "a"})
    (('9', '10'), ('10', '9', 'a'))
    """
    try:
        return tuple(sorted(labels, key=lambda label: (float(label), label)))
    except ValueError:
        return tuple(sorted(labels))


@dataclass(frozen=True, slots=True)
class LabelShift:
    """How much more often shadow gives one label than production does.

    Attributes
    ----------
    label : str
    production, shadow : float
        Share of all pairs to which each variant gave this label.
    difference : Estimate
        shadow − production with an interval for one look.
    sequence : Estimate
        The same difference with an interval that holds at every look, for all labels at once.
    """

    label: str
    production: float
    shadow: float
    difference: Estimate
    sequence: Estimate
