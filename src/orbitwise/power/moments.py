"""Mean and variance of many numbers at once, in one pass, and intervals for the mean.

Chunks are merged by Chan's formulas, in the order of the chunks. For values in [a, b] the interval is Maurer and
Pontil's empirical Bernstein bound: with L = ln(4 / (1 - level)), s^2 the sample variance of n independent values,

    |mean - expectation| <= s sqrt(2 L / n) + 7 (b - a) L / (3 (n - 1))

with probability at least ``level``, for every n >= 2. Without a bound on the values there is no such statement for all
distributions; Student's t interval is then right in the limit of many samples, if the variance is finite.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log

import numpy as np

from orbitwise.typing import FloatArray

__all__ = ["Moments", "bernstein_radius", "mean_radius", "measure", "merge", "student_radius"]


@dataclass(frozen=True, eq=False)
class Moments:
    """Of n values of each quantity: mean, and sum of squared deviations from it."""

    n: int
    mean: FloatArray  # (n_quantities,)
    squares: FloatArray  # (n_quantities,)

    @property
    def variance(self) -> FloatArray:
        """Sample variance, divided by n - 1; infinite for one value."""
        return self.squares / (self.n - 1) if self.n > 1 else np.full_like(self.squares, np.inf)


def measure(values: FloatArray) -> Moments:
    """The moments of a chunk of shape (n, n_quantities)."""
    mean = values.mean(axis=0)
    deviations = values - mean
    return Moments(len(values), mean, np.einsum("ij,ij->j", deviations, deviations))


def merge(first: Moments, second: Moments) -> Moments:
    """The moments of both together."""
    n = first.n + second.n
    gap = second.mean - first.mean
    return Moments(
        n,
        first.mean + gap * (second.n / n),
        first.squares + second.squares + gap**2 * (first.n * second.n / n),
    )


def mean_radius(deviation: FloatArray, n: int, width: float, level: float) -> tuple[FloatArray, str]:
    """Half width of the interval of a mean of n independent values in ranges of a width, and the interval's name.

    **Guarantee:** finite width: it covers with probability at least ``level``. Infinite width: approximately so.
    """
    if isfinite(width):
        return bernstein_radius(deviation, n, width, level), "empirical Bernstein"
    return student_radius(deviation, n, level), "Student t"


def bernstein_radius(deviation: FloatArray, n: int, width: float, level: float) -> FloatArray:
    """Half width of the empirical Bernstein interval of n independent values in ranges of these widths.

    **Guarantee:** the interval covers each expectation with probability at least ``level``.

    References
    ----------
    Maurer and Pontil, *Empirical Bernstein bounds and sample-variance penalization* (2009), theorem 4.
    """
    budget = -log((1 - level) / 4)
    radius: FloatArray = deviation * np.sqrt(2 * budget / n) + 7 * width * budget / (3 * max(n - 1, 1))
    return radius


def student_radius(deviation: FloatArray, n: int, level: float) -> FloatArray:
    """Half width of Student's t interval; infinite for one value."""
    from scipy.stats import t

    if n < 2:
        return np.full_like(deviation, np.inf)
    radius: FloatArray = deviation * (float(t.ppf((1 + level) / 2, n - 1)) / np.sqrt(n))
    return radius
