"""Are the classes of the training data balanced, and are some of them taken for others?

Both rules are AWS's, with its published parameters but for those that name collections; where
every sample has a score for each class, the highest is its prediction (AWS asks with ``argmax``).
"""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from analysis.training.findings import Case, Finding, Parameter, Rule
from analysis.training.labelled import Answers, newest_answers
from analysis.training.rules.sentences import many, number, percent, place

SAVE_LABELS = (
    "Save the labels and predictions of some steps, under those names or with a collection whose "
    "include_regex finds them, and name them here (PyTorch: CrossEntropyLoss_input_1 and "
    "CrossEntropyLoss_input_0)."
)


def _class_imbalance(case: Case) -> Finding:
    say = partial(Finding, rule="ClassImbalance", origin="aws", critical=False)
    settings = case.settings
    found = _answers(case, settings.count("samples"), "labels_regex", "predictions_regex")
    if isinstance(found, str):
        return say(status="unknown", sentence=found, remedy=SAVE_LABELS)
    counts = np.bincount(found.label, minlength=len(found.classes))
    seen = np.flatnonzero(counts)  # a class that was only predicted has no samples to be few
    most, least = seen[np.argmax(counts[seen])], seen[np.argmin(counts[seen])]
    ratio = float(counts[most] / counts[least])
    allowed, missed_most = (settings.number(f"threshold_{of}") for of in _THRESHOLDS)
    balance = (
        f"In {_basis(found)} the class {_class(found, int(most))} has {number(ratio)} times as "
        f"many samples as {_class(found, int(least))} ({counts[most]:,} and {counts[least]:,}); "
        f"{number(allowed)} is the limit."
    )
    missed = 1 - np.diag(found.confusion)[seen] / counts[seen]
    worst = int(np.argmax(missed))
    said, value, threshold, unit = balance, ratio, allowed, "times"
    if found.prediction is None:
        said += " What became of each class is not known: predictions were not saved."
    elif missed[worst] > missed_most:
        said = (
            f"In {_basis(found)} {percent(100 * float(missed[worst]))} of the class "
            f"{_class(found, int(seen[worst]))} ({many(int(counts[seen[worst]]), 'sample')}) are "
            f"taken for another; {percent(100 * missed_most)} is the limit. "
            + (balance if ratio > allowed else "")
        ).rstrip()
        value, threshold, unit = 100 * float(missed[worst]), 100 * missed_most, "%"
    else:
        said += (
            f" At most {percent(100 * float(missed[worst]))} of a class are taken for another; "
            f"{percent(100 * missed_most)} is the limit."
        )
    wrong = ratio > allowed or (found.prediction is not None and missed[worst] > missed_most)
    return say(
        status="fired" if wrong else "not_fired",
        sentence=said,
        remedy="Sample or weight the rare classes more, and judge the model by each class, not by "
        "its accuracy."
        if wrong
        else "",
        first_step=found.first if wrong else None,
        mode=found.mode if wrong else None,
        tensors=found.names if wrong else (),
        value=value,
        threshold=threshold,
        unit=unit,
    )


def _confusion(case: Case) -> Finding:
    say = partial(Finding, rule="Confusion", origin="aws", critical=False)
    settings = case.settings
    found = _answers(case, 1, "labels", "predictions", whole_name=True)
    if isinstance(found, str):
        return say(status="unknown", sentence=found, remedy=SAVE_LABELS)
    if found.prediction is None:
        return say(
            status="unknown",
            sentence=f"Predictions of the classes of {found.names[0]} were not saved.",
            remedy=SAVE_LABELS,
        )
    least, most = settings.number("min_diag"), settings.number("max_off_diag")
    confusion = found.confusion
    predicted = confusion.sum(axis=0)
    said_at_all = np.flatnonzero(predicted)
    share = confusion[:, said_at_all] / predicted[said_at_all]
    right = np.array([share[c, at] for at, c in enumerate(said_at_all)])
    share[said_at_all, np.arange(len(said_at_all))] = 0
    wrong_label, wrong_at = np.unravel_index(int(np.argmax(share)), share.shape)
    worst = int(np.argmin(right))
    off = float(share[wrong_label, wrong_at])
    fired = bool(right[worst] < least) or off > most
    at = said_at_all[worst]
    said = (
        f"In {_basis(found)} {percent(100 * float(right[worst]))} of the answers "
        f"{_class(found, int(at))} are right ({many(int(predicted[at]), 'answer')}); "
        f"{percent(100 * least)} are required."
    )
    if off > 0:
        said += (
            f" Most often {_class(found, int(wrong_label))} is taken for "
            f"{_class(found, int(said_at_all[wrong_at]))}, in {percent(100 * off)} of those "
            f"answers; {percent(100 * most)} is allowed."
        )
    return say(
        status="fired" if fired else "not_fired",
        sentence=said,
        remedy="Look at samples of the two classes: are they labelled alike, or is the input too "
        "coarse to tell them apart?"
        if fired
        else "",
        first_step=found.first if fired else None,
        mode=found.mode if fired else None,
        tensors=found.names if fired else (),
        value=100 * float(right[worst]),
        threshold=100 * least,
        unit="%",
    )


def _answers(
    case: Case, samples: int, labels: str, predictions: str, *, whole_name: bool = False
) -> Answers | str:
    if case.recording is None:
        return "No tensors were saved."
    given = [case.settings.text(labels), case.settings.text(predictions)]
    if whole_name:
        given = [f"{re.escape(name)}$" for name in given]
    try:
        return newest_answers(
            case.recording,
            *(given[0], given[1]),
            samples,
            # imbalance is of what is trained on, confusion of what is validated
            ("EVAL", "GLOBAL", "TRAIN") if whole_name else ("TRAIN", "GLOBAL", "EVAL"),
        )
    except re.error as error:
        return f"One of “{given[0]}” and “{given[1]}” is no regular expression: {error}."


def _basis(found: Answers) -> str:
    if found.first == found.last:
        steps = place(found.mode, found.last)
    else:
        steps = f"{place(found.mode, found.first)} to {found.last:,}"
    return f"the {len(found.label):,} newest labels ({steps})"


def _class(found: Answers, at: int) -> str:
    return f"“{found.classes[at]}”"


_THRESHOLDS = ("imbalance", "misprediction")
RULES: tuple[Rule, ...] = (
    Rule(
        "ClassImbalance",
        "aws",
        "Are there enough samples of every class, and are the rare ones told?",
        _class_imbalance,
        (
            Parameter("threshold_imbalance", 10.0, "largest class ÷ smallest class", "times", 1),
            Parameter("threshold_misprediction", 0.7, "share of a class that is missed", "", 0, 1),
            Parameter("samples", 500, "so many labels, the newest, are looked at", "labels", 1),
            Parameter("labels_regex", ".*labels", "the tensor of the labels"),
            Parameter("predictions_regex", ".*predictions", "the tensor of the predictions"),
        ),
    ),
    Rule(
        "Confusion",
        "aws",
        "Is an answer what it says it is?",
        _confusion,
        (
            Parameter("min_diag", 0.9, "the least share of an answer that is right", "", 0, 1),
            Parameter("max_off_diag", 0.1, "the most of it that is one other class", "", 0, 1),
            Parameter("labels", "labels", "the tensor of the labels"),
            Parameter("predictions", "predictions", "the tensor of the predictions"),
        ),
    ),
)
