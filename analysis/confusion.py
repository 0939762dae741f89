"""Which label of production meets which label of shadow?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.clustered_shares import clustered_difference_sequence, moved
from analysis.estimates import Estimate, TestResult, no_estimate, no_test
from analysis.intervals import newcombe_paired, normal_quantile
from analysis.sequences import difference_sequence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from analysis.clustered_shares import Moves


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


def kappa(table: Confusion, *, confidence: float) -> Estimate:
    """Cohen's kappa: agreement beyond what two such label frequencies give by chance.

    κ = (po − pe) / (1 − pe) (Cohen 1960) with the standard error of Fleiss, Cohen & Everitt 1969.
    Read it beside the agreement itself: where one label has nearly all pairs, kappa is small even
    when the variants almost always agree (Feinstein & Cicchetti 1990). nan without pairs, and where
    both variants only ever give one and the same label, for then chance explains everything. Where
    all pairs agree, or none, it has a value and no interval: that is no certainty.

    >>> pairs = confusion(["0", "0", "1", "1"], ["0", "1", "0", "1"], [20, 5, 10, 15])
    >>> round(kappa(pairs, confidence=0.95).value, 3)
    0.4
    """
    n = table.n
    if n == 0:
        return no_estimate()
    shares = table.counts / n
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, chance = float(np.trace(shares)), float(rows @ columns)
    rest = 1 - chance
    if rest <= 0:
        return Estimate(math.nan, math.nan, math.nan, n)
    value = (observed - chance) / rest
    both = rows[None, :] + columns[:, None]  # both[i, j] = shadow's share of i + production's of j
    agreeing = np.diag(shares) @ (rest - np.diag(both) * (1 - observed)) ** 2
    apart = float((shares * both**2).sum() - np.diag(shares) @ np.diag(both) ** 2)
    variance = (
        agreeing + (1 - observed) ** 2 * apart - (observed * chance - 2 * chance + observed) ** 2
    ) / (n * rest**4)
    # rounding may leave a hair of a variance where nothing varies
    if variance <= 1e-12 / n:
        return Estimate(value, math.nan, math.nan, n)
    half = normal_quantile(confidence) * math.sqrt(variance)
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), n)


def bowker(table: Confusion) -> TestResult:
    """Test of symmetry: is "a became b" as frequent as "b became a", for every two labels?

    Bowker 1948; for two labels it is McNemar's test without correction. Pairs of labels that were
    never exchanged say nothing and have no degree of freedom; without any exchange p is 1.
    """
    if table.n == 0:
        return no_test()
    upper = np.triu_indices(len(table.labels), 1)
    there = table.counts[upper].astype(np.float64)
    back = table.counts.T[upper].astype(np.float64)
    exchanged = there + back > 0
    there, back = there[exchanged], back[exchanged]
    return _chi_square(float(((there - back) ** 2 / (there + back)).sum()), len(there), table.n)


def stuart_maxwell(table: Confusion) -> TestResult:
    """Test of the margins: does each variant give each label equally often?

    Stuart 1955, Maxwell 1970. Labels without disagreement are left out, and where the remaining
    ones fall into groups that never mix, the degrees of freedom are the rank of the covariance.
    """
    if table.n == 0:
        return no_test()
    counts = table.counts.astype(np.float64)
    margins = counts.sum(axis=1) + counts.sum(axis=0)
    used = margins - 2 * np.diag(counts) > 0
    counts = counts[np.ix_(used, used)]
    shift = counts.sum(axis=1) - counts.sum(axis=0)
    covariance = -(counts + counts.T)
    np.fill_diagonal(covariance, counts.sum(axis=1) + counts.sum(axis=0) - 2 * np.diag(counts))
    if not len(shift):
        return _chi_square(0.0, 0, table.n)
    rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
    statistic = float(shift @ np.linalg.pinv(covariance, hermitian=True) @ shift)
    return _chi_square(max(0.0, statistic), rank, table.n)


def _chi_square(statistic: float, df: int, n: int) -> TestResult:
    if df == 0:
        return TestResult(statistic, 0, 1.0, n)
    from scipy.special import chdtrc

    return TestResult(statistic, df, float(chdtrc(df, statistic)), n)


def label_shift(
    table: Confusion,
    *,
    alpha: float,
    confidence: float | None = None,
    planned: int = 10_000,
    moves: Sequence[Moves] | None = None,
) -> tuple[LabelShift, ...]:
    """How much more often does shadow give each label? Largest change first.

    Parameters
    ----------
    alpha : float
        Chance that any of the sequences ever misses; it is split evenly over the labels.
    confidence : float, optional
        Of each label's interval for one look (Newcombe's paired method 10); 1 − alpha by default.
    planned : int
        Pairs planned, which tunes the sequences.
    moves : sequence of Moves, optional
        What each label gained and lost in clusters of pairs, which both intervals then allow for.
    """
    n = table.n
    if n == 0:
        return ()
    level = 1 - alpha if confidence is None else confidence
    each = alpha / len(table.labels)
    shifts = []
    for i, label in enumerate(table.labels):
        both, gained, lost = label_changes(table, i)
        if moves is None:
            low, high = newcombe_paired(
                both, gained, lost, n - both - gained - lost, confidence=level
            )
        else:
            low, high = moved(moves[i], both, confidence=level)
        value = (gained - lost) / n
        ends = change_sequence(table, i, moves, alpha=each, planned=planned)
        shifts.append(
            LabelShift(
                label,
                production=(both + lost) / n,
                shadow=(both + gained) / n,
                difference=Estimate(value, low, high, n, "share"),
                sequence=Estimate(value, *ends, n, "share"),
            )
        )
    return tuple(sorted(shifts, key=lambda shift: -abs(shift.difference.value)))


def label_changes(table: Confusion, i: int) -> tuple[int, int, int]:
    """Pairs in which both variants give label ``i``, only shadow does, and only production does."""
    both = int(table.counts[i, i])
    return both, int(table.counts[:, i].sum()) - both, int(table.counts[i].sum()) - both


def change_sequence(
    table: Confusion,
    i: int,
    moves: Sequence[Moves] | None,
    *,
    alpha: float,
    planned: int,
    times: float = 1.0,
) -> tuple[float, float]:
    """Ends of the confidence sequence of how much more often shadow gives label ``i``.

    Parameters
    ----------
    moves : sequence of Moves or None
        As in :func:`label_shift`.
    times : float
        Asks for the ends after so many times the pairs there are, all alike.
    """
    if moves is not None:
        gained, lost = moves[i].gained, moves[i].lost
        return clustered_difference_sequence(
            gained, lost, alpha=alpha, planned=planned, times=times
        )
    n, (gain, loss) = table.n * times, (times * each for each in label_changes(table, i)[1:])
    return difference_sequence(gain, n, loss, n, alpha=alpha, planned=planned)
