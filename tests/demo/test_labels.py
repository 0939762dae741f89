"""Are the demo's right answers what its account says of them, and taken from neither model?"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from analysis.quality import Quality
from demo import account
from demo.account import TestTruth
from queries import config_file
from queries.opened import open_test
from queries.quality import quality

LABELLED = ("fraud-scores", "delivery-minutes", "fraud-compact")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[TestTruth, Quality]]:
    """What was written of each labelled test, and what is read of it."""
    folder = tmp_path_factory.mktemp("labels") / "account"
    end = datetime(2026, 11, 23, 5, tzinfo=UTC)
    written = account.generate(folder, end=end, scale=0.1)
    config = config_file.parse(folder / "understudy.toml")
    config = dataclasses.replace(config, cache=folder / "cache")
    truth = {test.name: test for test in written.tests}
    assert tuple(name for name in truth if config.test(name).truth) == LABELLED
    return {
        name: (truth[name], quality(open_test(config, config.test(name)), "all"))
        for name in LABELLED
    }


@pytest.mark.parametrize("name", LABELLED)
def test_the_lines_are_those_of_the_account(
    found: dict[str, tuple[TestTruth, Quality]], name: str
) -> None:
    """Every line written is read, and has the fate that was meant for it."""
    truth, read = found[name]
    labels, counts = truth.labels, read.counts
    assert labels is not None
    assert labels.lines == labels.requests + labels.unknown + labels.duplicates == counts.lines
    assert (counts.duplicates, counts.unknown_id) == (labels.duplicates, labels.unknown)
    assert counts.used + counts.unpaired == labels.requests
    assert (counts.failed, counts.misfit, counts.unreadable, counts.without_id) == (0, 0, 0, 0)
    assert counts.unpaired <= truth.missing_shadow


def test_labels_come_late_and_of_a_part(found: dict[str, tuple[TestTruth, Quality]]) -> None:
    """Chargebacks take days, so about half of the week has none yet; a delivery takes an hour."""
    fraud, minutes, _ = (found[name][1].coverage for name in LABELLED)
    assert 0.4 < fraud.share < 0.65
    assert 86_400 < fraud.delay.seconds[0] < 4 * 86_400
    assert fraud.series.labelled[-24:].sum() < fraud.series.labelled[:24].sum()
    assert 0.4 < minutes.share < 0.65
    assert 1_800 < minutes.delay.seconds[0] < 2 * 3_600


def test_neither_model_is_the_truth(found: dict[str, tuple[TestTruth, Quality]]) -> None:
    """Both are wrong at times, and about as often: what is right was drawn from the data."""
    fraud, minutes, _ = (found[name][1] for name in LABELLED)
    area = fraud.measure("auc")
    assert area is not None
    for side in (area.production, area.shadow):
        assert 0.85 < side.value < 0.95
    assert abs(area.difference.value) < 0.01
    error = minutes.measure("mae")
    assert error is not None
    for side in (error.production, error.shadow):
        assert 2 < side.value < 5
    assert abs(error.difference.value) < 0.3
