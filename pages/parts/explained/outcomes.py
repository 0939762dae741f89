"""How are the numbers of the rules on losses, data, trees and runs computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_SECTION = "Losses, classes, trees and runs"
_AWS = "AWS’s published parameters of its rule of this name; what Debugger’s hook saved"
_OURS = "A rule of our own; what Debugger’s hook saved"


def _of(
    rule: str, how: str, assumes: str, wrong: str, source: str = _AWS
) -> dict[str, Explanation]:
    return {f"rule_{rule}": Explanation(rule, how, assumes, source, wrong, _SECTION)}


EXPLAINED = {
    **_of(
        "LossNotDecreasing",
        "Every so many steps: by how many percent the loss is below the newest one at least that "
        "many steps before. Of losses of single batches it fires only where Mann–Kendall’s z of "
        "those between shows no falling trend either (z ≥ −1.645).",
        "Noise of the batches is independent from step to step.",
        "A converged training does not fall any more: then stop it.",
        _AWS + "; Mann 1945; Kendall 1975",
    ),
    **_of(
        "Underfitting",
        "Median of the last quarter of the training losses, divided by the first loss, or by what "
        "the best constant answer would cost where labels tell and that is less; fires where it is "
        "high and the second half has no falling trend.",
        "The first loss is that of a model that knows nothing.",
        "A model that was trained before starts low. Losses at 0 or below are not judged.",
        _OURS,
    ),
    **_of(
        "Overfit",
        "(validation − training) ÷ training, at each evaluation, the training loss being the mean "
        "of those since the evaluation before, ten at most; fires where it is above the limit for "
        "more evaluations in a row than `patience`, of those that are no new low.",
        "Both losses measure the same.",
        "Near a loss of 0 ratios mean little; dropout raises the training loss alone.",
    ),
    **_of(
        "Overtraining",
        "Losses in a row that are not lower than the lowest before by the set amount; counted of "
        "the training and of the validation losses.",
        "The amount is absolute: losses are of a usual size.",
        "A schedule that lowers the learning rate late may bring new lows after a long rest.",
    ),
    **_of(
        "ClassImbalance",
        "Labels of the largest class over those of the smallest; or the share of a class that was "
        "taken for another.",
        "The newest 500 labels, or the whole data set, stand for the data.",
        "Labels rounded to few values are numbers, and may be taken for classes.",
    ),
    **_of(
        "Confusion",
        "Of all that was answered i: the share that is i, and the largest share of one other "
        "class.",
        "Labels and predictions of one saved step belong together in order.",
        "A rare class rests on few answers; AWS prints another formula for the first share, which "
        "no two classes can meet together.",
    ),
    **_of(
        "TreeDepth",
        "Splits on the longest way from a tree’s root; where children were not saved, the least "
        "depth that so many nodes can have.",
        "The trees were saved as XGBoost numbers them.",
        "Deep trees are meant where `max_depth` says so.",
    ),
    **_of(
        "FeatureImportanceOverweight",
        "Importance of the largest features, three by default, divided by that of all.",
        "Importance is XGBoost’s `weight`: how often a feature is split on.",
        "Weight favours features of many values; of few features a few hold much by nature.",
    ),
    **_of(
        "StalledTraining",
        "Seconds since the newest saved tensor, where no end of the training was written.",
        "The clocks of the training and of this machine agree.",
        "A save interval longer than the limit fires on a healthy job.",
    ),
    **_of(
        "SimilarAcrossRuns",
        "Tensors of which size, mean, spread, extremes or norm differ by more than the limit from "
        "the other run’s at the same step.",
        "The runs saved the same steps under the same names.",
        "Numbers that agree do not prove equal values; another seed alone makes all differ.",
    ),
}
