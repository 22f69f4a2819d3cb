"""Quantiles of many quantities in one pass: a histogram for each, laid out by the first chunk of values.

The bins of a quantity reach beyond the values of the first chunk by half their range on both sides; smaller and larger
values fall into two open bins, so nothing is lost. With n independent samples the empirical distribution function is
within e = sqrt(ln(2 / (1 - level)) / (2 n)) of the true one everywhere (Dvoretzky, Kiefer, Wolfowitz; Massart), so the
q-quantile lies between the ends of the bins of the sample quantiles q - e and q + e, for all q together.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, sqrt

import numpy as np

from orbitwise.typing import FloatArray, IntArray

__all__ = ["N_BINS", "Bins", "Quantiles", "bracket_quantiles", "count_bins", "lay_bins"]

N_BINS = 256  # inner bins of each quantity
MARGIN = 0.5


@dataclass(frozen=True, eq=False)
class Bins:
    """Where the bins of each quantity begin, and how wide they are."""

    start: FloatArray  # (n_quantities,)
    width: FloatArray  # (n_quantities,) positive

    def edge(self, position: IntArray) -> FloatArray:
        """Left ends of the inner bins with these positions, shape (n_quantities,); outside: infinite."""
        inner = self.start + position * self.width
        return np.where(position < 0, -np.inf, np.where(position > N_BINS, np.inf, inner))


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Sample quantiles, intervals for those of the distribution, and the histogram that they come from."""

    levels: tuple[float, ...]
    value: FloatArray  # (n_levels, n_quantities) the middle of the bin of the sample quantile
    low: FloatArray  # (n_levels, n_quantities)
    high: FloatArray  # (n_levels, n_quantities)
    bins: Bins
    counts: IntArray  # (n_quantities, N_BINS + 2); the first and the last bin are open


def lay_bins(values: FloatArray) -> Bins:
    """Bins for values like these, of shape (n, n_quantities)."""
    least, most = values.min(axis=0), values.max(axis=0)
    spread = np.maximum(most - least, 1e-12 * np.maximum(np.abs(most), np.abs(least)) + 1e-300)
    return Bins(least - MARGIN * spread, spread * ((1 + 2 * MARGIN) / N_BINS))


def count_bins(bins: Bins, values: FloatArray) -> IntArray:
    """How many values lie in each bin, shape (n_quantities, N_BINS + 2); the first and the last bin are open."""
    n_quantities = values.shape[1]
    place = np.clip(np.floor((values - bins.start) / bins.width), -1, N_BINS).astype(np.int64) + 1
    place += np.arange(n_quantities) * (N_BINS + 2)
    counts = np.bincount(place.ravel(order="K"), minlength=n_quantities * (N_BINS + 2))
    table: IntArray = counts.reshape(n_quantities, N_BINS + 2)
    return table


def bracket_quantiles(
    bins: Bins, counts: IntArray, levels: tuple[float, ...], *, confidence: float, error: FloatArray
) -> Quantiles:
    """Quantiles from the counts, each value within ``error`` (n_quantities,) of the true one.

    **Guarantee:** for independent samples, low and high bracket the distribution's quantiles of one quantity, for all
    levels together, with probability at least ``confidence``.
    """
    below = np.cumsum(counts, axis=1)
    n = int(below[0, -1])
    slack = sqrt(log(2 / (1 - confidence)) / (2 * n))
    value, low, high = [], [], []
    for level in levels:
        place = _bin_of(below, level * n)
        left, right = bins.edge(place), bins.edge(place + 1)
        middle = np.where(np.isfinite(left), np.where(np.isfinite(right), (left + right) / 2, left), right)
        value.append(middle)
        low.append(bins.edge(_bin_of(below, (level - slack) * n)) - error)
        high.append(bins.edge(_bin_of(below, (level + slack) * n) + 1) + error)
    return Quantiles(levels, np.array(value), np.array(low), np.array(high), bins, counts)


def _bin_of(below: IntArray, rank: float) -> IntArray:
    """The inner bin that holds the value of this rank; -1 and N_BINS are the open ones, -2 and more are beyond all."""
    if rank <= 0:
        return np.full(len(below), -2)
    if rank > below[0, -1]:
        return np.full(len(below), N_BINS + 1)
    found: IntArray = (below < ceil(rank)).sum(axis=1) - 1
    return found
