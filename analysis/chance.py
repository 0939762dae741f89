"""How large a distance between two samples would chance alone explain?"""

from __future__ import annotations

import math

import numpy as np


def dkw_margin(n: float, *, alpha: float) -> float:
    """Distance that a sample's cumulative curve stays within of the true one, for one look.

    √(ln(2/alpha)/(2n)): Dvoretzky, Kiefer & Wolfowitz 1956 with Massart's constant 1990.
    """
    return math.sqrt(math.log(2 / alpha) / (2 * n))


def smirnov_p(distance: float, n: int, m: int) -> float:
    """Asymptotic p of the two-sample KS distance (Smirnov 1939), with Stephens's small-n factor.

    √e + 0.12 + 0.11/√e in place of √e, e = nm/(n + m) (Stephens 1970).
    """
    from scipy.special import kolmogorov

    root = math.sqrt(n * m / (n + m))
    return float(kolmogorov((root + 0.12 + 0.11 / root) * distance))


def smirnov_limit(n: int, m: int, *, alpha: float) -> float:
    """The two-sample KS distance exceeded by chance with probability alpha: ``smirnov_p`` inverted.

    At most 1, which no distance exceeds.
    """
    from scipy.special import kolmogi

    root = math.sqrt(n * m / (n + m))
    return min(1.0, float(kolmogi(alpha)) / (root + 0.12 + 0.11 / root))


def cramer_von_mises_p(statistic: float, n: int, m: int) -> float:
    """Asymptotic p of the two-sample Cramér–von Mises statistic.

    The statistic is brought to the mean 1/6 and variance 1/45 of the limit (Anderson 1962), whose
    distribution is the series of Csörgő & Faraway 1996, eq. 1.2. With many ties it errs on the
    quiet side.
    """
    from scipy.special import gammaln, kv

    whole, product = n + m, n * m
    mean = (1 + 1 / whole) / 6
    spread = (whole + 1) * (4 * product * whole - 3 * (n * n + m * m) - 2 * product)
    variance = spread / (45 * whole**2 * 4 * product)
    if not variance > 0:
        return 1.0
    limit = 1 / 6 + (statistic - mean) / math.sqrt(45 * variance)
    if limit < 0.003:
        return 1.0
    k = np.arange(12)
    y = 4 * k + 1.0
    q = y * y / (16 * limit)
    terms = np.exp(gammaln(k + 0.5) - gammaln(k + 1) - q) * np.sqrt(y) * kv(0.25, q)
    return float(min(1.0, max(0.0, 1 - terms.sum() / (math.pi**1.5 * math.sqrt(limit)))))
