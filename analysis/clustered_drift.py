"""How far apart are the labels of both variants, where pairs hang together?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.categories import cramer_v
from analysis.clustered_shares import effect_on_labels
from analysis.drift import state_of
from analysis.estimates import TestResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.clustered_shares import Moves
    from analysis.drift import FeatureDrift


def of_clusters(
    drift: FeatureDrift, moves: Sequence[Moves], both: Sequence[int], *, alpha: float
) -> FeatureDrift:
    """The same drift of labels, its chi-square and Cramér's V those of independent pairs.

    Both the statistic and its rows are divided by the labels' mean design effect (Rao & Scott 1981,
    1984), never less than 1. PSI's p and the label that moved most stay as they are.

    Parameters
    ----------
    moves : sequence of Moves
        What each label gained and lost.
    both : sequence of int
        Pairs in which both variants give the label, in the same order.
    alpha : float
        Of the interval and the test.
    """
    if drift.chi2 is None or drift.chi2.df == 0:
        return drift
    test = divided(drift.chi2, effect_on_labels(moves, both))
    found = replace(cramer_v(test, alpha=alpha), n=drift.effect.n)
    made = replace(drift, chi2=test, effect=found, p=test.p)
    return replace(made, state=state_of(made, test.p, alpha))


def divided(chi2: TestResult, effect: float) -> TestResult:
    """A chi-square as so many fewer independent rows would give it."""
    from scipy.special import chdtrc

    statistic = chi2.statistic / effect
    p = float(chdtrc(chi2.df, statistic))
    return TestResult(statistic, chi2.df, p, round(chi2.n / effect))
