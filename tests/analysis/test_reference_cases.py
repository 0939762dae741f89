"""Do the statistics give the values that other projects and papers publish?

Cases lie beside the checkout in ``shared/corpus/statistics``. Every case whose statistic is offered
here is compared; every other is skipped by name, with the reason.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis.categories import jensen_shannon
from analysis.chance import cramer_von_mises_p
from analysis.confusion import Confusion, bowker, stuart_maxwell
from analysis.correctness import mcnemar as exact_mcnemar
from analysis.coverage import sample_ratio
from analysis.intervals import clopper_pearson, order_statistic_ranks, wilson
from analysis.multiplicity import benjamini_hochberg
from analysis.sequences import (
    bernoulli_sequence,
    log_evidence,
    mean_half_width,
    prior_strength,
)
from analysis.sorted_samples import ks_distance, overlay, wasserstein
from analysis.squared_distance import cramer_von_mises

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "statistics"

NOT_OFFERED = {
    "anderson_ksamp_stat": "Anderson–Darling is not offered: KS and CvM are",
    "bhattacharyya_equal_width10_pooled": "no equal-width bins: one outlier empties them",
    "chi2_contingency": "three-way tables are not offered",
    "chi2_contingency_p": "Yates's correction is not offered",
    "chi2_gof_p": "takes the reference for the truth; here both samples are random",
    "cles_prob_superiority": "the probability of superiority is not offered",
    "cohen_d_pooled": "Cohen's d is not offered: differences are in the reference's sd",
    "cohens_kappa_linear": "only the unweighted kappa is offered",
    "double_stitching_bound": "quantile sequences use a mixture, not stitching",
    "energy_distance": "the energy distance is not offered",
    "epps_singleton_p": "Epps–Singleton is not offered",
    "fisher_exact_p": "Fisher's exact test is not offered: Newcombe's interval is",
    "hellinger_cat": "the Hellinger distance is not offered: Jensen–Shannon is",
    "hellinger_doane_ref": "the Hellinger distance is not offered: Jensen–Shannon is",
    "holm_adjusted": "Holm is not offered: features use BH, guardrails Bonferroni",
    "kayenta_classify": "Kayenta's rule has no practical limit and is not used",
    "kayenta_score": "Kayenta's score is not used: guardrails are not averaged",
    "l_infinity_cat": "the L-infinity distance is not offered",
    "mean_ratio": "ratios of means are not offered",
    "normal_log_mixture": "only the bound of the normal mixture is offered",
    "quantile_ab_p_value": "always-valid p-values are not offered: sequences are",
    "tvd_permutation_p": "permutation p-values are not offered",
    "welch_relative_lift_ci": "the relative lift of means is not offered",
    "wilcoxon_asymptotic": "the Wilcoxon test is not offered",
}

Outcome = dict[str, object]


def table(case: Outcome) -> Confusion:
    counts = np.array(case["inputs"]["table"])
    return Confusion(tuple(str(i) for i in range(len(counts))), counts)


def pair(case: Outcome, *, weighted: bool = False):
    inputs = case["inputs"]
    sides = [np.array(inputs[side], float) for side in ("x", "y")]
    if weighted:
        weights = [inputs.get(f"{side}w") for side in ("x", "y")]
        sides = [x if w is None else np.repeat(x, w) for x, w in zip(sides, weights, strict=True)]
    return overlay(*(np.sort(side) for side in sides))


def proportion(case: Outcome) -> Outcome:
    k, n = case["inputs"]["k"], case["inputs"]["n"]
    method = {"wilson": wilson, "exact": clopper_pearson}[case["params"]["method"]]
    low, high = method(k, n, confidence=case["params"]["confidence"])
    return {"low": low, "high": high}


def quantile(case: Outcome) -> Outcome:
    x = np.sort(case["inputs"]["x"])
    low, high = order_statistic_ranks(
        len(x), case["params"]["p"], confidence=case["params"]["confidence"]
    )
    return {"low": x[low - 1], "high": x[high - 1]}


def cvm(case: Outcome) -> Outcome:
    found = pair(case)
    statistic = cramer_von_mises(found)
    p = cramer_von_mises_p(statistic, len(found.reference), len(found.current))
    return {"stat": statistic, "p": p}


def mcnemar(case: Outcome) -> Outcome:
    if case["params"]["correction"]:
        pytest.skip("McNemar's continuity correction is not offered")
    found = bowker(table(case))
    return {"stat": found.statistic, "p": found.p}


def square(test: Callable[[Confusion], object]) -> Callable[[Outcome], Outcome]:
    def run(case: Outcome) -> Outcome:
        found = test(table(case))
        return {"stat": found.statistic, "df": found.df, "p": found.p}

    return run


def ratio(case: Outcome) -> Outcome:
    counts, weights = case["inputs"]["counts"], case["inputs"]["weights"]
    return {"p": sample_ratio(counts[1], weights[1], sum(counts)).p}


def rejections(case: Outcome) -> Outcome:
    p, q = np.array(case["inputs"]["p"]), case["params"]["q"]
    return {
        "bh": int((benjamini_hochberg(p) <= q).sum()),
        "bonferroni": int((p <= q / len(p)).sum()),
    }


def sequence(case: Outcome) -> Outcome:
    inputs, params = case["inputs"], case["params"]
    low, high = bernoulli_sequence(
        inputs["k"], inputs["n"], alpha=params["alpha"], planned=10 * params["t_opt"]
    )
    return {"low": low, "high": high}


def normal_bound(case: Outcome) -> Outcome:
    v, params = case["inputs"]["v"], case["params"]
    half = mean_half_width(v, 1.0, alpha=params["alpha"], tuned_at=params["v_opt"])
    growth = 2 * math.log(1 / params["alpha"])
    return {"bound": v * half, "rho": params["v_opt"] / (growth + math.log1p(growth))}


def mixture(s: float, v: float, params: Outcome) -> float:
    """Their mixture in the sum s at variance v, for values of −g and h, in counts: p is g."""
    g, h = params["g"], params["h"]
    successes, failures = (v + h * s) / h, (v - g * s) / g
    strength = prior_strength(params["v_opt"] / (g * h), params["alpha_opt"])
    return log_evidence(successes, successes + failures, g, strength)


def beta_binomial(case: Outcome) -> Outcome:
    return {"value": mixture(case["inputs"]["s"], case["inputs"]["v"], case["params"])}


def beta_binomial_bound(case: Outcome) -> Outcome:
    v, params = case["inputs"]["v"], case["params"]
    low, high = 0.0, v / params["g"]
    for _ in range(60):
        middle = (low + high) / 2
        inside = mixture(middle, v, params) < math.log(1 / params["alpha"])
        low, high = (middle, high) if inside else (low, middle)
    return {"bound": low}


def jensen_shannon_doane(case: Outcome) -> Outcome:
    with (CORPUS / case["inputs"]["csv"]).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    sides = [np.array([float(r[c]) for r in rows if r[c]]) for c in case["inputs"]["columns"]]
    edges = np.histogram_bin_edges(sides[0], "doane")
    counts = [np.histogram(side, edges)[0] for side in sides]
    beyond = [len(side) - count.sum() for side, count in zip(sides, counts, strict=True)]
    return {
        "value": jensen_shannon(*(np.append(c, b) for c, b in zip(counts, beyond, strict=True)))
    }


OFFERED: dict[str, Callable[[Outcome], Outcome]] = {
    "bernoulli_confidence_sequence_howard": sequence,
    "beta_binomial_log_mixture": beta_binomial,
    "beta_binomial_mixture_bound": beta_binomial_bound,
    "bowker_symmetry": square(bowker),
    "cvm_2samp": cvm,
    "fdr_bh_adjusted": lambda case: {"adj": benjamini_hochberg(case["inputs"]["p"])},
    "fdr_bh_rejections": rejections,
    "js_distance_doane_ref_base2": jensen_shannon_doane,
    # Only the distance: p is asymptotic here, and these are exact.
    "ks_2samp_exact": lambda case: {"stat": ks_distance(pair(case))},
    "mcnemar_chi2": mcnemar,
    "mcnemar_exact_p": lambda case: {
        "p": exact_mcnemar(*np.ravel(case["inputs"]["table"]).tolist()).exact_p
    },
    "normal_mixture_bound": normal_bound,
    "proportion_ci": proportion,
    "quantile_ci_order_statistics": quantile,
    "srm_chi2_p": ratio,
    "stuart_maxwell": square(stuart_maxwell),
    "wasserstein": lambda case: {"value": wasserstein(pair(case, weighted=True))[0]},
}


def cases() -> list[object]:
    if not CORPUS.is_dir():
        return [
            pytest.param(None, marks=pytest.mark.skip("shared/corpus is not beside this checkout"))
        ]
    given = json.loads((CORPUS / "cases.json").read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["id"]) for case in given]


@pytest.mark.parametrize("case", cases())
def test_published_values(case):
    """Every expected number that is offered, within the tolerance the case states."""
    statistic = case["statistic"]
    if statistic in NOT_OFFERED:
        pytest.skip(f"{statistic}: {NOT_OFFERED[statistic]}")
    found = OFFERED[statistic](case)
    compared = 0
    for name, expected in case["expected"].items():
        if name in found:
            assert found[name] == pytest.approx(expected, abs=case["atol"], rel=case["rtol"])
            compared += 1
    assert compared


def test_every_statistic_is_offered_or_named():
    """No case can be left out silently."""
    if not CORPUS.is_dir():
        pytest.skip("shared/corpus is not beside this checkout")
    given = json.loads((CORPUS / "cases.json").read_text(encoding="utf-8"))["cases"]
    assert {case["statistic"] for case in given} <= set(OFFERED) | set(NOT_OFFERED)
    assert not set(OFFERED) & set(NOT_OFFERED)
