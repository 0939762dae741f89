"""Between which values does the truth lie, however often one looks?

A confidence sequence is an interval that may be looked at after every request: the chance that it
*ever* misses is at most alpha. All here are two-sided and need only counts and sums, so that a
look costs the same after a thousand requests and after ten million. Counts may be fractions: the
verdict asks what the same rate would say with more data.
"""

from __future__ import annotations

import math

from analysis.estimates import Estimate, no_estimate

TUNED_AT = 0.1
"""A sequence is tightest at this share of the planned pairs (statistics.md, "Sequences")."""


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _log_likelihood(successes: float, failures: float, p: float) -> float:
    """Log of p^successes (1−p)^failures, with 0·log 0 = 0."""
    gained = successes * math.log(p) if successes else 0.0
    lost = failures * math.log1p(-p) if failures else 0.0
    return gained + lost


def log_evidence(successes: float, n: float, p: float, strength: float) -> float:
    """Log of the evidence against p: a Beta mixture centred at p over the likelihood at p."""
    a, b = p * strength, (1 - p) * strength
    return (
        _log_beta(a + successes, b + n - successes)
        - _log_beta(a, b)
        - _log_likelihood(successes, n - successes, p)
    )


def prior_strength(tuned_at: float, alpha: float) -> float:
    """Weight of the mixture, in observations, that makes it tightest after ``tuned_at`` of them.

    The rule of Howard et al. 2021 (§3.5, eq. 3.7 there for the normal mixture), which for a
    Bernoulli share comes out the same for every p.
    """
    growth = 2 * math.log(1 / alpha)
    return max(1.0, tuned_at / (growth + math.log1p(growth)) - 1)


def bernoulli_sequence(
    successes: float, n: float, *, alpha: float, planned: int
) -> tuple[float, float]:
    """Return the ends of a share's confidence sequence after ``n`` trials.

    Beta-binomial mixture (Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021), re-centred at
    each p: every p whose mixture likelihood ratio is below 1/alpha belongs to it. Exact, also for
    rare errors, where asymptotic sequences fail.

    Parameters
    ----------
    successes, n : float
        Raises ValueError for more successes than trials.
    planned : int
        Observations planned for the test; the sequence is tightest at a tenth of them and valid
        whatever is planned, as long as it is not chosen by looking at the data.

    >>> [round(end, 3) for end in bernoulli_sequence(950, 1000, alpha=0.05, planned=10_000)]
    [0.927, 0.969]
    """
    if n <= 0:
        return math.nan, math.nan
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials are no share.")
    strength = prior_strength(TUNED_AT * planned, alpha)
    limit = math.log(1 / alpha)
    estimate = successes / n

    def edge(outer: float) -> float:
        inner = estimate
        for _ in range(48):
            middle = (inner + outer) / 2
            if middle in (inner, outer) or not 0 < middle < 1:
                break
            if log_evidence(successes, n, middle, strength) >= limit:
                outer = middle
            else:
                inner = middle
        return outer

    return (edge(0.0) if successes > 0 else 0.0), (edge(1.0) if successes < n else 1.0)


def difference_sequence(
    successes: float,
    n: float,
    base_successes: float,
    base_n: float,
    *,
    alpha: float,
    planned: int,
) -> tuple[float, float]:
    """Return the ends of the confidence sequence of a difference of shares, first minus base.

    Two sequences at alpha/2 (union bound), so nothing is assumed about how the two depend on each
    other: it holds for shares of the same pairs as well.
    """
    low, high = bernoulli_sequence(successes, n, alpha=alpha / 2, planned=planned)
    base_low, base_high = bernoulli_sequence(
        base_successes, base_n, alpha=alpha / 2, planned=planned
    )
    return low - base_high, high - base_low


def quantile_rank_sequence(n: int, p: float, *, alpha: float, planned: int) -> tuple[int, int]:
    """Ranks whose order statistics enclose the p-quantile at every look.

    The number of values below the quantile is binomial with *known* p, so the same mixture bounds
    it; the ranks it does not refute give the order statistics (the mixture case of Howard & Ramdas
    2022). ``planned`` as in :func:`bernoulli_sequence`.

    Returns
    -------
    tuple of int
        1-based ranks (l, u); l = 0 and u = n + 1 say that this side is not bounded yet.
    """
    strength = prior_strength(TUNED_AT * planned, alpha)
    limit = math.log(1 / alpha)

    def refuted(rank: int) -> bool:
        return log_evidence(rank, n, p, strength) >= limit

    outside, inside = -1, math.floor(p * n)
    while inside - outside > 1:
        middle = (inside + outside) // 2
        outside, inside = (middle, inside) if refuted(middle) else (outside, middle)
    low = inside
    inside, outside = math.ceil(p * n), n + 1
    while outside - inside > 1:
        middle = (inside + outside) // 2
        outside, inside = (middle, inside) if refuted(middle) else (outside, middle)
    return low, inside + 1


def mean_half_width(n: float, sd: float, *, alpha: float, tuned_at: float) -> float:
    """Half the width of a mean's asymptotic confidence sequence after ``n`` observations.

    Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024, eq. 1 and, for the tuning, appendix B. It
    holds for light tails once there are some dozens of observations; never use it for rare events
    (statistics.md measures 41 % misses at a rate of one in a hundred).

    Parameters
    ----------
    sd : float
        Standard deviation of one observation; the result has its unit.
    tuned_at : float
        Observations at which the sequence is tightest.
    """
    if n <= 0:
        return math.nan
    growth = 2 * math.log(1 / alpha)
    rho = (growth + math.log1p(growth)) / tuned_at
    spread = n * rho + 1
    return sd * math.sqrt(2 * spread / (n * n * rho) * math.log(math.sqrt(spread) / alpha))


def distribution_half_width(n: float, *, alpha: float) -> float:
    """Distance that a sample's cumulative curve never leaves the true one by, at any look.

    Howard & Ramdas 2022 (Bernoulli 28:1704–1728), Theorem 2 with A = 0.85: an iterated-logarithm
    form of the Dvoretzky–Kiefer–Wolfowitz bound. At most 1; nan without observations.
    """
    if n <= 0:
        return math.nan
    growth = math.log1p(math.log(n)) + 0.8 * math.log(1612 / alpha)
    return min(1.0, 0.85 * math.sqrt(growth / n))


def share_sequence(successes: int, n: int, *, alpha: float, planned: int) -> Estimate:
    """Return the share of ``successes`` among ``n`` with an interval for every look."""
    if n <= 0:
        return no_estimate("share")
    low, high = bernoulli_sequence(successes, n, alpha=alpha, planned=planned)
    return Estimate(successes / n, low, high, n, "share")
