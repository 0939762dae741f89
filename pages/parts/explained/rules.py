"""How are the numbers of the rules on tensors computed, which the page Rules shows?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_SECTION = "Gradients, weights and activations"
_AWS = "AWS’s published parameters of its rule of this name; what Debugger’s hook saved"
_OURS = "A rule of our own; what Debugger’s hook saved"


def _of(
    rule: str, how: str, assumes: str, wrong: str, source: str = _AWS
) -> dict[str, Explanation]:
    return {f"rule_{rule}": Explanation(rule, how, assumes, source, wrong, _SECTION)}


EXPLAINED = {
    **_of(
        "VanishingGradient",
        "Mean of |g| of each gradient at each saved step by each worker; fires where one is below "
        "the limit. Where only l2 was saved, from l2/n ≤ mean ≤ l2/√n, if that leaves no doubt.",
        "The limit is absolute: losses are of a usual size.",
        "A loss divided by a million makes every gradient vanish; a converged training has small "
        "ones.",
    ),
    **_of(
        "ExplodingTensor",
        "Elements that are NaN or ±∞ are counted in each tensor; fires on the first.",
        "No tensor holds them by design but XGBoost’s leaves.",
        "Attention masks may hold −∞ by design: choose tensors, or `only_nan`.",
    ),
    **_of(
        "FiniteExplosion",
        "log₁₀ of the norm at a step against usual, the larger of two medians, of the first five "
        "values and of all before; fires at 3, or 6 standard deviations if that is more, above it "
        "and at 10 times the largest first norm of its kind. The deviation is 1.4826 × the median "
        "absolute deviation of the changes from step to step.",
        "Changes of the logarithm from step to step are alike over the training.",
        "A jump that falls back between two saved steps is not seen; before the sixth value the "
        "noise is not known.",
        _OURS,
    ),
    **_of(
        "WeightUpdateRatio",
        "Norm of W − W before, divided by the norm of W before (+ 10⁻⁹), between two saved steps; "
        "fires above the large limit or below the small one.",
        "Values of the same weight at two steps of one mode.",
        "Steps saved k apart give the ratio of k updates: a swing back and forth does not show.",
    ),
    **_of(
        "UnchangedTensor",
        "Saved steps in a row at which every element is within 10⁻⁵ of itself plus 10⁻⁸ of the "
        "saved step before.",
        "The values were saved: extremes tell that a tensor changes, never that it rests.",
        "What is frozen rests by design; that is known only where gradients were saved.",
    ),
    **_of(
        "PoorWeightInitialization",
        "In the first saved steps: p95 − p5 of a gradient, or variances of the inputs of ReLU "
        "layers, the largest over the smallest; fires where the loss finds no new low as well. "
        "Percentiles are of 4,096 evenly spaced elements.",
        "The first saved steps are the first of the training.",
        "A slow warm-up looks the same as a poor start.",
    ),
    **_of(
        "DeadRelu",
        "Share of a layer’s units, of which less than the set share of the examples is above 0. A "
        "unit is a feature of the last axis, of PyTorch’s images a channel.",
        "A saved batch stands for the data.",
        "Of a batch of 32, less than 1 % means none.",
    ),
    **_of(
        "SaturatedActivation",
        "Share of a layer’s units, of which less than the set share of the examples lies where "
        "tanh or sigmoid still rises.",
        "The inputs of the activation were saved, and a batch stands for the data.",
        "Of a small batch, less than 1 % means none; gates are meant to saturate now and then.",
    ),
    **_of(
        "AllZero",
        "Zeros divided by all elements of a weight or gradient, at each saved step.",
        "What is below the smallest number of the type was saved as 0.",
        "A bias that starts at 0, and an embedding of rare words, are zero by design.",
    ),
    **_of(
        "TensorVariance",
        "Square of the standard deviation (divisor n) of each tensor, against the limits set.",
        "The limits that were set: there are none by default.",
        "Of saved reductions PyTorch’s divisor is n − 1: small tensors differ by that.",
    ),
    **_of(
        "LearningRateTooHigh",
        "By what share of itself the median weight moves in a step; fires where that is above the "
        "limit and the loss then reaches twice its first value, or NaN. Between steps saved k "
        "apart a weight is taken to move √k times as far as in one.",
        "A weight moves as a random walk between two saved steps.",
        "A weight that drifts moves less per step than said, one that swings moves more.",
        _OURS + "; Karpathy, CS231n, ratio of weights:updates",
    ),
    **_of(
        "LearningRateTooLow",
        "By what share of itself the weight that moves most moves in a step, the median over "
        "steps; fires below the limit where the loss falls by less than 10 % from its first to its "
        "last quarter. Between steps saved k apart √k as far as in one.",
        "A weight moves as a random walk between two saved steps.",
        "A training that begins converged moves little, and is none the worse for it.",
        _OURS + "; Karpathy, CS231n, ratio of weights:updates",
    ),
    **_of(
        "WorkerDivergence",
        "Difference of a weight’s norm between workers at one step, as a share of it; or the "
        "median over three steps or more of one worker’s gradients or losses over another’s.",
        "All workers hold the same weights.",
        "Workers of a sharded or pipelined model hold different weights by design.",
        _OURS,
    ),
    "aws_rules": Explanation(
        "AWS’s own verdicts",
        "Each status as AWS gives it, beside what the rule of the same name says here.",
        "The same settings: AWS judged by those of the job, here those on this screen count.",
        "DescribeTrainingJob, DebugRuleEvaluationStatuses",
        "AWS saw each step while the job ran, here only what was saved is judged; where our rules "
        "depart from AWS’s docs/decisions says why.",
        _SECTION,
    ),
}
