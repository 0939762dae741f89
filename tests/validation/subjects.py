"""Which intervals and tests does the product show, and which of them are not simulated, and why?"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

from tests.validation import (
    clustered,
    clustered_differences,
    curves,
    differences,
    latencies,
    means,
    models,
    over_time,
    quantiles,
    searches,
    shares,
    together,
)
from tests.validation.rows import Lab

ANALYSIS = Path(__file__).parents[2] / "analysis"

SECTIONS: dict[str, Callable[[Lab], None]] = {
    "Shares": shares.measure,
    "Shares of clusters": clustered.measure,
    "Differences of clusters": clustered_differences.measure,
    "Differences of shares": differences.measure,
    "Means": means.measure,
    "Quantiles": quantiles.measure,
    "Blocks of time": latencies.measure,
    "Distributions": curves.measure,
    "Over time": over_time.measure,
    "Whole requests": together.measure,
    "Agreement and quality": models.measure,
    "Searches": searches.measure,
}

WITHOUT_ROWS = {
    "agreement.agreement_sequence": "share_sequence under another name",
    "agreement.agreement_series": "wilson_bands, block by block",
    "agreement.assess": "puts together what is simulated by itself",
    "agreement.label_agreement": "share under another name",
    "block_means.half_width": "simulated through mean_difference and ratio_difference",
    "chance.smirnov_limit": "smirnov_p, solved for the distance",
    "chances.association": "the chance of cramer_v to decide, held to labels drawn",
    "chances.bias": "the chance of bias_sequence to decide, held to scores drawn",
    "chances.difference": "the chance of difference_sequence to decide, held to every table",
    "chances.distance": "whether distribution_half_width decides: 0 or 1",
    "chances.latency": "the chance of latency.difference to decide, held to hours drawn",
    "chances.share": "the chance of bernoulli_sequence to decide, held to every count and to users",
    "chances.within": "two sides of chances.difference",
    "clustered_drift.divided": "a chi-square, simulated through of_clusters",
    "clustered_shares.clustered_difference_sequence": "simulated through rate_sequence",
    "clustered_shares.least_worth": "a number of pairs, not an interval",
    "clusters.assess": "puts together what is simulated by itself",
    "consequences.consequence": "wilson, newcombe and Student's t, simulated each",
    "correctness.paired_share": "newcombe_paired with its value",
    "correctness.who_was_right": "counts for mcnemar",
    "correctness.watched": "bernoulli_sequence of the discordant pairs, and its evidence",
    "deltas.scores": "puts together what is simulated by itself",
    "deltas.standardised_half_width": "simulated through bias_sequence",
    "confusion.change_sequence": "simulated through label_shift",
    "design_effects.watched_effect": "simulated through ratio_sequence",
    "design_effects.worth": "simulated through ratio",
    "design_effects.worth_foreseen": "watched_effect of what is expected, held equal to it",
    "drift.categorical_drift": "cramer_v, chi_square and population_stability, simulated each",
    "drift.numeric_drift_sorted": "simulated through numeric_drift, which sorts first",
    "drift.state_of": "names what an effect and its p say, which are simulated",
    "errors.error_rate": "newcombe and difference_sequence, simulated each",
    "estimates.no_estimate": "no data, no interval",
    "estimates.no_test": "no data, no test",
    "intervals.normal_quantile": "a quantile, held to tables",
    "intervals.share": "wilson with its value",
    "intervals.student_quantile": "a quantile, held to tables",
    "intervals.wilson_bands": "wilson's formula on arrays, held equal to it",
    "labels.selection": "newcombe",
    "latency.compare": "difference, percentile by percentile",
    "measured.no_measure": "no data, no interval",
    "measures.agreement": "bernoulli_sequence at the verdict's error",
    "measures.client_errors": "difference_sequence at the verdict's error",
    "measures.label_shift": "difference_sequence for the labels that can decide, as in label_shift",
    "measures.model_errors": "difference_sequence at the verdict's error",
    "measures.p50_latency": "latency.difference and sequence_half_width",
    "measures.p99_latency": "latency.difference and sequence_half_width",
    "measures.prediction_drift": "distribution_half_width twice, or cramer_v",
    "measures.score_bias": "bias_sequence at the verdict's error",
    "measures.server_errors": "difference_sequence at the verdict's error",
    "moved_mass.chance": "simulated through over_time",
    "noise.noise_floor": "wilson, newcombe_paired and difference_sequence, simulated each",
    "paired_latency.measure": "puts together what is simulated by itself",
    "quality.accuracy_series": "wilson_bands, block by block",
    "resources.compare": "mean_difference and ratio_difference, simulated each",
    "running.running": "bernoulli_sequence and wilson_bands, look by look",
    "sequences.prior_strength": "tunes a sequence; any strength is valid",
    "sequences.share_sequence": "bernoulli_sequence with its value",
    "several.estimate": "the sequences of its measures, at an error that all shadows share",
    "worst_slice.slices": "bernoulli_sequence for the slices that can decide, divided by all",
}
"""Public functions without a row of their own, and why."""

UNCERTAIN = {
    "Estimate",
    "TestResult",
    "Measure",
    "McNemar",
    "Stability",
    "Slope",
    "LabelShift",
    "Independence",
}
"""Results that carry an interval or a p-value."""


def shown() -> set[str]:
    """Every public function of ``analysis`` that gives an interval or a test, by its signature.

    One that is asked with a confidence or an error, answers with an estimate or a test, or is named
    as a p-value.
    """
    found = set()
    for path in ANALYSIS.rglob("*.py"):
        module = ".".join(path.relative_to(ANALYSIS).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                asked = {each.arg for each in (*node.args.args, *node.args.kwonlyargs)}
                answer = {
                    n.id for n in ast.walk(node.returns or ast.Pass()) if isinstance(n, ast.Name)
                }
                if (
                    {"confidence", "alpha"} & asked
                    or UNCERTAIN & answer
                    or node.name.endswith("_p")
                ):
                    found.add(f"{module}.{node.name}")
    return found
