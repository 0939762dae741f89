"""Are both models judged by the truth as one would by hand, for every kind of answer?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.quality import Quality
from queries import dossier
from queries.config import Prediction
from queries.errors import QuestionError
from queries.opened import Opened
from queries.quality import quality
from tests.queries.capturing import JSON, line
from tests.queries.labelling import labelled_test, monitored, truth_file
from tests.queries.test_filtered import made as without_truth

REGRESSION = Prediction(kind="regression", column=0)
LABELS = Prediction(kind="multiclass", path="$.class")

# Ten labelled requests an hour apart: production is right on 8, the shadow on 7, both on 6.
TRUTH = (1, 1, 1, 1, 0, 0, 0, 0, 0, 0)
PRODUCTION = (0.9, 0.8, 0.7, 0.4, 0.1, 0.2, 0.3, 0.1, 0.2, 0.6)
SHADOW = (0.9, 0.8, 0.3, 0.6, 0.1, 0.2, 0.3, 0.1, 0.7, 0.9)


def scored(scores: Sequence[float], *, every: int = 3600) -> list[bytes]:
    return [line("1,2", str(s), at=every * at, inference=f"r{at}") for at, s in enumerate(scores)]


def binary(folder: Path, *, swap: bool = False, extra: Sequence[bytes] = (), **more: Any) -> Opened:
    """The ten requests, and two more that have no label."""
    labels = [monitored(str(label), event=f"r{at}") for at, label in enumerate(TRUTH)]
    truth_file(folder / "truth" / "2024/03/31/23/a.jsonl", [*labels, *extra])
    sides = scored((*PRODUCTION, 0.9, 0.1)), scored((*SHADOW, 0.9, 0.9))
    return labelled_test(folder, *(sides[::-1] if swap else sides), **more)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """The binary test, opened once."""
    return binary(tmp_path_factory.mktemp("binary"))


@pytest.fixture(scope="module")
def found(opened: Opened) -> Quality:
    """Its quality over all time."""
    return quality(opened, "all")


def values(found: Quality, name: str) -> tuple[float, float]:
    """A measure of production and of the shadow, rounded."""
    measure = found.measure(name)
    assert measure is not None
    assert measure.difference.value == pytest.approx(
        measure.shadow.value - measure.production.value, nan_ok=True
    )
    return round(measure.production.value, 6), round(measure.shadow.value, 6)


def test_binary_answers_by_hand(found: Quality) -> None:
    """Production 3 of 4 found and 1 false alarm; the shadow 3 of 4 and 2 false alarms."""
    assert values(found, "accuracy") == (0.8, 0.7)
    assert values(found, "precision") == (0.75, 0.6)
    assert values(found, "recall") == (0.75, 0.75)
    assert values(found, "f1") == (0.75, round(6 / 9, 6))
    assert found.positive == "1"
    assert [measure.name for measure in found.measures] == [
        "accuracy", "precision", "recall", "f1", "ece", "auc", "log_loss", "brier",
    ]  # fmt: skip


def test_mcnemar_by_hand(found: Quality) -> None:
    """Both right on 6, production alone on r2 and r8, the shadow alone on r3, neither on r9."""
    told = found.mcnemar
    assert told is not None
    assert (told.both, told.only_production, told.only_shadow, told.neither) == (6, 2, 1, 1)
    assert told.exact_p == 1.0


def test_areas_and_losses_by_hand(found: Quality) -> None:
    """Of 24 pairs of a positive and a negative production orders 23, the shadow 18, ties half."""
    # production: 0.9, 0.8, 0.7 above all six; 0.4 above all but 0.6
    # shadow: 0.9 ties with 0.9 above five, 0.8 above five, 0.3 above four and a tie, 0.6 above four
    shadow = (5.5 + 5 + 3.5 + 4) / 24
    assert values(found, "auc") == (round(23 / 24, 6), round(shadow, 6))
    expected = [
        -np.mean([math.log(s if label else 1 - s) for s, label in zip(side, TRUTH, strict=True)])
        for side in (PRODUCTION, SHADOW)
    ]
    assert values(found, "log_loss") == pytest.approx(expected, abs=1e-6)


def test_coverage_and_delay(found: Quality) -> None:
    """Ten of twelve pairs; the folder of 23 h says midnight, 12 hours after the first request."""
    coverage = found.coverage
    assert (coverage.pairs, coverage.labelled) == (12, 10)
    assert coverage.by_method == (("inference_id", 10),)
    assert coverage.delay.n == 10
    # requests at 12, 13, … 21 h, labels by 24 h: 12, 11, … 3 hours; the median by rank is 7
    assert coverage.delay.seconds == (7 * 3600, 11 * 3600, 12 * 3600)
    assert coverage.series.pairs.tolist() == [1] * 12
    assert coverage.series.labelled.tolist() == [1] * 10 + [0] * 2
    # of the labelled all agree but r2, r3 and r8; of the two others one does
    assert (coverage.agreement.value, coverage.agreement_rest.value) == (0.7, 0.5)


def test_classes_and_series(found: Quality) -> None:
    """Both labels, the frequent one first; an accuracy of every hour."""
    assert [(each.label, each.support) for each in found.classes] == [("0", 6), ("1", 4)]
    assert found.series is not None
    assert found.series.measure == "accuracy"
    assert found.series.n.tolist() == [1] * 10
    assert found.series.production.value.tolist() == [1, 1, 1, 0, 1, 1, 1, 1, 1, 0]
    assert found.series.shadow.value.tolist() == [1, 1, 0, 1, 1, 1, 1, 1, 0, 0]
    assert str(found.series.start[0]) == "2024-03-31T12:00:00"


def test_swapping_the_variants_flips_every_difference(tmp_path: Path, found: Quality) -> None:
    """The same evidence from the other side: signs flip, ends exchange, p stays."""
    other = quality(binary(tmp_path, swap=True), "all")
    for measure, mirrored in zip(found.measures, other.measures, strict=True):
        here, there = measure.difference, mirrored.difference
        assert there.value == pytest.approx(-here.value)
        assert (there.low, there.high) == pytest.approx((-here.high, -here.low), nan_ok=True)
        for side, again in (("production", "shadow"), ("shadow", "production")):
            one, same = getattr(measure, side), getattr(mirrored, again)
            assert (same.value, same.low, same.high) == pytest.approx(
                (one.value, one.low, one.high), nan_ok=True
            )
    assert found.mcnemar is not None
    assert other.mcnemar is not None
    assert other.mcnemar.exact_p == found.mcnemar.exact_p


def test_the_threshold_decides_what_is_right(tmp_path: Path) -> None:
    """At 0.35 production finds all four and the shadow three; scores and labels are the same."""
    lower = Prediction(kind="binary", column=0, threshold=0.35)
    found = quality(binary(tmp_path, prediction=lower), "all")
    assert values(found, "recall") == (1.0, 0.75)
    assert values(found, "auc")[0] == round(23 / 24, 6)


def test_the_positive_label_is_chosen(tmp_path: Path) -> None:
    """Precision is of the label named; scores of the other label are not taken for its own."""
    found = quality(binary(tmp_path, positive="0"), "all")
    assert found.positive == "0"
    assert values(found, "precision") == (round(5 / 6, 6), 0.8)
    assert found.measure("auc") is None


def test_labels_that_cannot_be_given_are_told(tmp_path: Path) -> None:
    """A score and a threshold give 0 or 1: what is neither counts for no model and against none."""
    extra = [monitored("maybe", event="r10"), monitored("2", event="r11")]
    found = quality(binary(tmp_path, extra=extra), "all")
    assert (found.coverage.labelled, found.n, found.foreign) == (12, 10, 2)
    assert found.foreign_labels == ("2", "maybe")
    assert values(found, "accuracy") == (0.8, 0.7)


def test_a_score_that_is_no_probability_has_no_log_loss(tmp_path: Path) -> None:
    """Log odds order as probabilities do, so there is an area; their logarithm means nothing."""
    truth_file(tmp_path / "truth" / "a.csv", b"id,y\nr0,1\nr1,0\nr2,0\n")
    both = scored((2.5, -1.0, 0.1)), scored((1.5, -1.0, 3.0))
    found = quality(labelled_test(tmp_path, *both), "all")
    assert values(found, "auc") == (1.0, 0.5)
    assert found.measure("log_loss") is None


def test_a_score_beside_a_label_is_not_taken_for_the_positives(tmp_path: Path) -> None:
    """It may be how sure the model is of whichever label it gave: right labels, and no area."""
    truth_file(tmp_path / "truth" / "a.csv", "id,y\nr0,1\nr1,0\nr2,0\n")
    given = [
        line("1", {"predicted_label": label, "score": 0.9 - label / 5}, at=at, inference=f"r{at}",
             encodings=JSON)
        for at, label in enumerate((1, 0, 1))
    ]  # fmt: skip
    opened = labelled_test(tmp_path, given, given, prediction=Prediction(kind="binary"))
    assert opened.reading.output.label is not None
    assert opened.reading.output.score is not None
    found = quality(opened, "all")
    assert values(found, "recall") == (1.0, 1.0)
    assert values(found, "precision") == (0.5, 0.5)
    assert found.measure("auc") is None


def test_an_unreadable_answer_is_neither_right_nor_wrong(tmp_path: Path) -> None:
    """labelled = compared + unreadable + foreign."""
    truth_file(tmp_path / "truth" / "a.csv", b"id,y\nr0,1\nr1,0\nr2,1\n")
    shadow = scored((0.9, 0.1))
    shadow.append(line("1,2", "oops", at=7200, inference="r2"))
    found = quality(labelled_test(tmp_path, scored((0.9, 0.9, 0.9)), shadow), "all")
    assert (found.coverage.labelled, found.n, found.unreadable, found.foreign) == (3, 2, 1, 0)
    assert values(found, "accuracy") == (0.5, 1.0)


def test_a_window_and_a_filter_choose_pairs(opened: Opened) -> None:
    """Hours of the requests, not of the labels; the account of the files stays that of all."""
    first = quality(opened, "2024-03-31T12:00:00Z/2024-03-31T15:00:00Z")
    assert (first.n, first.coverage.pairs) == (3, 3)
    assert values(first, "accuracy") == (1.0, round(2 / 3, 6))
    inside = quality(opened.within("hour >= 16 and hour < 22"), "all")
    assert (inside.n, inside.coverage.pairs) == (6, 6)
    assert values(inside, "accuracy") == (round(5 / 6, 6), round(4 / 6, 6))
    parts = [quality(opened.within(where), "all").n for where in ("hour < 16", "hour >= 16")]
    assert sum(parts) == quality(opened, "all").n == 10
    assert inside.counts == quality(opened, "all").counts


def test_no_label_is_no_data(opened: Opened) -> None:
    """Where nothing is labelled every number is unknown, and nothing is said to be better."""
    found = quality(opened.within("hour < 2"), "all")
    assert (found.n, found.coverage.labelled) == (0, 0)
    assert [measure.state for measure in found.measures] == ["no_data"] * 8
    assert found.calibration is None
    assert found.series is None
    assert found.mcnemar is not None
    assert math.isnan(found.mcnemar.exact_p)


def test_classes_have_means(tmp_path: Path) -> None:
    """Three classes: accuracy by hand, and each class weighs alike in the means."""
    truth = ("cat", "cat", "cat", "dog", "dog", "owl")
    mine = ("cat", "cat", "dog", "dog", "dog", "owl")
    theirs = ("cat", "cat", "cat", "dog", "owl", "owl")
    truth_file(tmp_path / "t.csv", "id,y\n" + "".join(
        f"r{at},{label}\n" for at, label in enumerate(truth)
    ))  # fmt: skip
    sides = [
        [
            line("1", {"class": label}, at=60 * at, inference=f"r{at}", encodings=JSON)
            for at, label in enumerate(side)
        ]
        for side in (mine, theirs)
    ]
    location = str(tmp_path / "t.csv")
    found = quality(labelled_test(tmp_path, *sides, prediction=LABELS, location=location), "all")
    assert found.kind == "multiclass"
    assert found.positive is None
    assert values(found, "accuracy") == (round(5 / 6, 6), round(5 / 6, 6))
    assert values(found, "macro_recall") == (
        round((2 / 3 + 1 + 1) / 3, 6),
        round((1 + 1 / 2 + 1) / 3, 6),
    )
    assert values(found, "macro_precision") == (
        round((1 + 2 / 3 + 1) / 3, 6),
        round((1 + 1 + 1 / 2) / 3, 6),
    )
    assert [each.label for each in found.classes] == ["cat", "dog", "owl"]


def numbers(folder: Path, truth: Sequence[object], *, swap: bool = False) -> Opened:
    truth_file(folder / "t.csv", "id,actual\n" + "".join(
        f"r{at},{label}\n" for at, label in enumerate(truth)
    ))  # fmt: skip
    sides = scored((10, 20, 30, 40, 50)), scored((12, 19, 30, 44, 50))
    return labelled_test(
        folder,
        *(sides[::-1] if swap else sides),
        prediction=REGRESSION,
        location=str(folder / "t.csv"),
    )


def test_regression_by_hand(tmp_path: Path) -> None:
    """Errors −1, 2, 0, −2 against 1, 1, 0, 2: mean 1.25 and 1, squares 9/4 and 6/4."""
    found = quality(numbers(tmp_path, (11, 18, 30, 42, "soon")), "all")
    assert (found.n, found.foreign, found.foreign_labels) == (4, 1, ("soon",))
    assert values(found, "mae") == (1.25, 1.0)
    assert values(found, "rmse") == (1.5, round(math.sqrt(1.5), 6))
    assert values(found, "bias") == (-0.25, 1.0)
    assert found.series is not None
    assert found.series.measure == "mae"
    assert found.series.production.value.tolist() == [1, 2, 0, 2]
    assert found.mcnemar is None
    assert found.classes == ()


def test_regression_without_labels(tmp_path: Path) -> None:
    """No data: nan with n = 0, and no series."""
    found = quality(numbers(tmp_path, ()), "all")
    assert [measure.state for measure in found.measures] == ["no_data"] * 3
    assert (found.n, found.series) == (0, None)


def test_texts_have_a_coverage_and_no_measures(tmp_path: Path) -> None:
    """What is right of a text is not decided by comparing it, letter by letter, with another."""
    replies = [f"Dear customer, we have looked into case number {at}." for at in range(4)]
    lines = [
        line("hello", reply, at=60 * at, inference=f"r{at}", types=("text/plain", "text/plain"))
        for at, reply in enumerate(replies)
    ]
    truth_file(tmp_path / "truth" / "a.jsonl", [monitored("Sorry,\nyes.", event="r0")])
    prediction = Prediction(kind="text")
    found = quality(labelled_test(tmp_path, lines, lines, prediction=prediction), "all")
    assert (found.coverage.pairs, found.coverage.labelled, found.n) == (4, 1, 1)
    assert (found.measures, found.mcnemar, found.series) == ((), None, None)
    assert found.counts.misfit == 0


def test_a_test_without_truth_says_so(tmp_path: Path) -> None:
    """The sentence names the key to add; a report has none and is no worse for it."""
    opened = without_truth(tmp_path, 8)
    with pytest.raises(QuestionError, match=r"right answers of t lie.*\[tests.t.truth\]"):
        quality(opened, "all")
    assert dossier.collect(opened, "all").quality is None


def test_a_report_holds_the_quality(opened: Opened, tmp_path: Path) -> None:
    """Labels that cannot be read cost a report one sentence, and nothing else."""
    assert isinstance(dossier.collect(opened, "all").quality, Quality)
    gone = labelled_test(tmp_path, scored(PRODUCTION), scored(SHADOW))
    told = dossier.collect(gone, "all").quality
    assert isinstance(told, str)
    assert "does not exist" in told
