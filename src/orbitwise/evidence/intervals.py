"""Intervals for a mean that are right whenever one stops.

**Successes and failures.** For s successes and f failures in any order, the mixture M(p) = B(s + 1/2, f + 1/2) /
B(1/2, 1/2) / (p^s (1 - p)^f) is a non-negative martingale of mean 1 if p is the true share, so it ever exceeds 1/alpha
with probability at most alpha (Ville). The p with M(p) < 1/alpha form an interval, valid at every sample size at once.

**Values in [0, 1].** If x_1, x_2, ... have mean m given those before, then for a bet c in [0, 1] the capital
K_c(m) = prod_i (1 - c + c x_i / m) is a non-negative martingale of mean 1, and so is the average over several bets that
were fixed beforehand: it ever reaches 2/alpha with probability at most alpha/2. Every factor falls when m grows, so the
m whose capital stays below form an interval that ends at 1; 1 - x and 1 - m give the other end. The bet that grows
fastest is near m (mean - m) / variance. The bets halve from one to the next, so one of them is near it, and the width
follows the variance of the values; the mixture above, valid for such values too, has the width of a coin's.

References
----------
Robbins, *Statistical methods related to the law of the iterated logarithm* (1970); Ville (1939).
Waudby-Smith, Ramdas, *Estimating means of bounded random variables by betting*, JRSS B 86 (2024), sections 4.1 to 4.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, lgamma, log, nextafter

import numpy as np

from orbitwise.typing import FloatArray

__all__ = ["confidence_interval", "mean_interval"]

BETS = np.array([*(2.0**-k for k in range(1, 15)), 0.75, 0.875, 0.9375, 1.0])
SLACK = 1e-9  # a sample; covers the rounding of the logarithms
ROUNDING = 2.0**-52  # of the values themselves
SMALLEST = 1e-300  # a mean below which no value is divided by it


def confidence_interval(successes: int, failures: int, level: float) -> tuple[float, float]:
    """The anytime-valid interval of a success probability after so many successes and failures.

    **Guarantee:** intervals computed at any number of stages all cover the probability, together, with probability at
    least ``level``; ends are rounded outward.

    Examples
    --------
    >>> low, high = confidence_interval(60, 40, 0.95)
    >>> round(low, 2), round(high, 2)
    (0.43, 0.75)
    """
    if successes + failures == 0:
        return 0.0, 1.0
    budget = -log(1 - level) + SLACK * (1 + successes + failures)
    mixture = lgamma(successes + 0.5) + lgamma(failures + 0.5) - lgamma(successes + failures + 1.0) - 2 * lgamma(0.5)

    def covered(p: float) -> bool:
        likelihood = (successes * log(p) if successes else 0.0) + (failures * log(1 - p) if failures else 0.0)
        return mixture - likelihood < budget

    center = successes / (successes + failures)
    low = 0.0 if successes == 0 else _last_uncovered(covered, nextafter(0.0, 1.0), center)
    high = 1.0 if failures == 0 else _last_uncovered(covered, nextafter(1.0, 0.0), center)
    return low, high


def mean_interval(values: Sequence[float], counts: Sequence[int], level: float) -> tuple[float, float]:
    """The anytime-valid interval of the mean of values in [0, 1] that were met so often.

    **Guarantee:** as :func:`confidence_interval`; values may be off by a rounding.
    **Cost:** some 10^4 logarithms for each different value.

    Parameters
    ----------
    values
        Different values in [0, 1]; dimensionless.
    counts
        How often each was met.

    Examples
    --------
    >>> low, high = mean_interval([0.5, 0.75], [500, 500], 0.95)
    >>> round(low, 2), round(high, 2)
    (0.61, 0.64)
    """
    met = np.array([x for x, n in zip(values, counts, strict=True) if n], dtype=np.float64)
    times = np.array([n for n in counts if n], dtype=np.float64)
    low = _low_end(met, times, level)
    high = 1 - _low_end(1 - met, times, level)
    return max(0.0, low - ROUNDING), min(1.0, high + ROUNDING)


def _low_end(values: FloatArray, times: FloatArray, level: float) -> float:
    if not values.any():
        return 0.0
    budget = log(2 / (1 - level)) + log(len(BETS)) + SLACK * (1 + float(times.sum()))

    def covered(mean: float) -> bool:
        with np.errstate(divide="ignore"):  # a bet of everything on a value of 0 leaves nothing
            grown = np.log(1 - BETS[:, None] + BETS[:, None] * (values / mean)) @ times
        return float(np.logaddexp.reduce(grown)) < budget

    return _last_uncovered(covered, SMALLEST, float(values @ times) / float(times.sum()))


def _last_uncovered(covered: Callable[[float], bool], outside: float, inside: float) -> float:
    """A point outside the interval, next to its end between ``outside`` and ``inside``."""
    if covered(outside):
        return 0.0 if outside < inside else 1.0
    for _ in range(100):
        middle = (outside + inside) / 2
        if middle in (outside, inside):
            break
        if covered(middle):
            inside = middle
        else:
            outside = middle
    return nextafter(outside, -inf if outside < inside else inf)
