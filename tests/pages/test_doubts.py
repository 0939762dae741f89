"""Is it told which intervals are less sure than they look, and of no other?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.clustered_shares import Moves
from analysis.clusters import ClusterSums
from analysis.deltas import ScoreSpreads
from analysis.design_effects import Spread
from analysis.drift import CRAMER_V
from analysis.errors import ErrorClusters
from analysis.report import Report
from pages.parts.doubts import doubts
from tests.pages import sample

SUMS = ClusterSums(1000, 20_000, 40, 20, 0, 400_000.0, 800.0, 80.0, 4.0)
SPREAD = Spread(1000, 20_000, 20, 400_000.0, 4e4, 2e4, 16.0)


def clustered(*names: str) -> Report:
    """A report whose pairs hang together, of which so many numbers say that they allow for it."""
    found = sample.report()
    assert found.agreement is not None
    assert found.scores is not None
    assert found.errors is not None
    agreement = replace(found.agreement, clusters=sample.clusters("customAttributes:user"))
    if "labels" in names:
        agreement = replace(agreement, moves=(Moves(SUMS, SUMS, 0.0),) * 2)
    scores, errors = found.scores, found.errors
    if "scores" in names:
        scores = replace(scores, spreads=ScoreSpreads(SPREAD, SPREAD))
    if "errors" in names:
        sums = ErrorClusters(SUMS, SUMS)
        errors = replace(errors, rates=tuple(replace(r, clusters=sums) for r in errors.rates))
    return replace(found, agreement=agreement, scores=scores, errors=errors)


@pytest.mark.parametrize(
    ("names", "allow", "do_not"),
    [
        (
            (),
            "agreement",
            "label shift, score bias, prediction drift and errors (CloudWatch knows no key)",
        ),
        (
            ("labels", "scores"),
            "agreement, label shift and score bias",
            "prediction drift and errors (CloudWatch knows no key)",
        ),
        (
            ("labels", "scores", "errors"),
            "agreement, label shift, score bias and errors",
            "prediction drift",
        ),
    ],
)
def test_what_allows_for_clusters_is_told_from_what_does_not(names, allow, do_not):
    """Each judged number stands on one side, and the factor is the root of the design effect."""
    said = doubts(clustered(*names))
    assert said == (
        f"The intervals of {allow} allow for pairs that hang together. Those of {do_not}, and "
        "whatever else is shown of pairs, take each for itself: where pairs hang together there as "
        "much as in agreement, an interval should be 2.2 times as wide."
    )


def test_the_drift_of_labels_allows_for_clusters():
    """Cramér's V is divided by the labels' design effect; KS D of scores is not."""
    found = clustered("labels", "scores")
    assert found.prediction_drift is not None
    of_labels = replace(found.prediction_drift, effect_name=CRAMER_V)
    said = doubts(replace(found, prediction_drift=of_labels))
    assert "The intervals of agreement, label shift, score bias and prediction drift allow" in said
    said = doubts(replace(found, prediction_drift=of_labels, errors=None))
    assert "hang together. Whatever else is shown of pairs takes each for itself" in said


def test_nothing_is_told_where_pairs_hardly_hang_together():
    """A design effect below 1.2, no clusters and no agreement are no doubt."""
    found = clustered()
    assert found.agreement is not None
    assert found.agreement.clusters is not None
    slight = replace(found.agreement.clusters, design_effect=1.1)
    assert doubts(replace(found, agreement=replace(found.agreement, clusters=slight))) == ""
    assert doubts(sample.report()) == ""
    assert doubts(sample.without_pairs()) == ""
