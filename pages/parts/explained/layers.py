"""How are the numbers of the page Gradients computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_FAMILIES = {"gradient": "gradient", "weight": "weight", "activation": "activation"}
_SAVED = "What the hook saved is what the training computed with; a step between two is not known."
_DEBUGGER = "The files of SageMaker Debugger"
_STATISTICS, _PICTURE = "Statistics of a tensor", "The picture of a training"
_LOSSES = "Losses, classes, trees and runs"
_CELL = (
    "A cell is one tensor at one saved step: its norm √Σx², the mean of |x|, the share of zeros or "
    "of what is not finite, or the norm of W − W before over that of W before; of several workers "
    "the median. "
)

_PICTURES = {
    "picture": Explanation(
        "Every layer at every saved step",
        _CELL + "Vanished: mean |g| below the limit of VanishingGradient, weights and activations "
        "all zero, an update below 1e-8. Exploding: more than 1,000 times what was usual and more "
        "than 1, an update above 10. Usual is the larger of two medians, of the first five values "
        "and of all before.",
        _SAVED + " Where only an l2 was saved, l2/√n stands for the mean of |g|: it is no smaller.",
        _DEBUGGER + "; limits of AWS’s rules VanishingGradient and WeightUpdateRatio",
        "What is so by design is marked too, a bias before a BatchNorm for one. Above 200 steps a "
        "cell holds several and shows the worst. A jump between two saved steps is not seen.",
        _PICTURE,
    ),
    "picture_beside": Explanation(
        "The training it is compared with",
        _CELL + "The colours span the same range for every training. In words below: the median of "
        "each layer over its saved steps against the other’s, in powers of ten, of shares in "
        "points.",
        "A layer and a parameter of the same name are the same in both.",
        _DEBUGGER,
        "A median says how a layer usually was, not how it began; steps saved at other places of "
        "the training are compared as if they were the same.",
        _PICTURE,
    ),
}
_BANDS = {
    f"{family}_bands": Explanation(
        f"Percentiles of one {name}",
        "Of the finite elements at each saved step: minimum, median, maximum, and the percentiles "
        "at ±0.5, ±1 and ±1.5 standard deviations of a normal distribution (p7 to p93).",
        "Above a million elements every k-th stands for all: a share is off by 0.1 points or so.",
        "Order statistics, the nine that TensorBoard draws; " + _DEBUGGER,
        "Elements that repeat with the period k mislead; NaN and ∞ are left out, and counted in "
        "the table. It is one worker’s, which the line below names.",
        _PICTURE,
    )
    for family, name in _FAMILIES.items()
}
_HISTOGRAMS = {
    f"{family}_histogram": Explanation(
        f"Histogram of one {name}",
        "Share of the finite elements in each bin, a column a saved step. Bins are even in "
        "asinh(x / s), s being the power of ten below the median of the mean of |x|, and the same "
        "at every step.",
        "Above a million elements every k-th stands for all.",
        "Counts of the saved values; " + _DEBUGGER,
        "Bins are not equally wide in x: compare colours along a row, not heights with a density.",
        _PICTURE,
    )
    for family, name in _FAMILIES.items()
}
_NORMS = {
    f"{family}_norm": Explanation(
        f"Norm of one {name}",
        "√Σx² of the finite elements at each saved step; of several workers the median, with the "
        "least and the most.",
        _SAVED,
        _DEBUGGER + "; where only reductions were saved, the hook’s l2",
        "It grows with the number of elements: layers of other sizes compare by the mean of |x|. "
        "An l2 of smdebug’s `reduction_value` is the largest singular value.",
        _STATISTICS,
    )
    for family, name in _FAMILIES.items()
}
_ZEROS = {
    f"{family}_zeros": Explanation(
        f"Zeros of one {name}",
        "Elements that are exactly 0, divided by all elements, at each saved step; of several "
        "workers the median, with the least and the most.",
        "The values were saved: reductions do not tell zeros, unless the largest |x| is 0.",
        "Counts of the saved values; " + _DEBUGGER,
        "Behind a ReLU half of all may be 0 by design; what underflowed is 0 as well.",
        _STATISTICS,
    )
    for family, name in _FAMILIES.items()
}
_TABLES = {
    f"{family}_table": Explanation(
        f"One {name} step by step",
        "Zeros, NaN and ±∞ are counted among all elements; mean, standard deviation (divisor n), "
        "extremes, √Σx² and the mean of |x| are of the finite ones.",
        "Sums are right to 3 × 10⁻⁷ of Σ|x|.",
        _DEBUGGER + ": values where saved, else the hook’s reductions as they are",
        "PyTorch’s saved `std` has divisor n − 1. What does not follow from the reductions is "
        "unknown and shown as such, never 0.",
        _STATISTICS,
    )
    for family, name in _FAMILIES.items()
}

EXPLAINED = {
    **_PICTURES,
    **_BANDS,
    **_HISTOGRAMS,
    **_NORMS,
    **_ZEROS,
    **_TABLES,
    "weight_update": Explanation(
        "Update of one weight",
        "Norm of W − W before, divided by the norm of W before: by what share of itself a weight "
        "moved since the saved step before.",
        "Two saved steps of the same weight by the same worker.",
        "Ratio of updates to weights, Karpathy, CS231n; AWS’s WeightUpdateRatio",
        "Between steps saved k apart it is k updates: a swing back and forth, and accumulated "
        "gradients, do not show. It is infinite where a weight began at 0.",
        _PICTURE,
    ),
    "losses": Explanation(
        "Losses",
        "Mean of the workers’ losses at each saved step. The best step is the lowest finite one. "
        "Overfitting begins at the lowest validation loss, where that ends 10 % higher while the "
        "training loss has not risen.",
        "A training and a validation loss measure the same; steps of TRAIN and EVAL are laid side "
        "by side by the global step.",
        _DEBUGGER + ", collection losses",
        "A loss of one batch is no loss of the model: single dips are noise. Dropout and the "
        "like raise the training loss alone, so that validation looks better than it is.",
        _LOSSES,
    ),
    "importances": Explanation(
        "Feature importance",
        "Importance of a feature divided by that of all features, at each saved round.",
        "A feature without a number at a round was used by no tree of it: its share is 0.",
        "XGBoost’s own importance (weight, gain, cover), as the hook saved it",
        "Weight counts splits and favours features of many values; of two that say the same one "
        "may take all.",
        _LOSSES,
    ),
    "metrics": Explanation(
        "Metrics of the rounds",
        "XGBoost’s own metrics of each data set, at each saved round, as they are.",
        "Nothing: nothing is computed of them here.",
        "XGBoost’s evaluation, as the hook saved it",
        "Of some metrics more is better (auc, ndcg), of others less (rmse, logloss); a metric of "
        "the training data flatters.",
        _LOSSES,
    ),
}
