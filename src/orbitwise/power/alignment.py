"""How far two agents want the same states: the correlation of their POWER over the joint states.

The samples come in groups. With n groups, the correlation c of all samples and c_k of those outside group k, the values
n c - (n - 1) c_k are treated as n independent ones (jackknife): their mean is the estimate, in which most of the bias
of c is gone, and Student's t gives the interval.

References
----------
Harris & Suo, *Misalignment-by-default in multi-agent systems* (2022), section 3 (alignment plots).
Tukey, *Bias and confidence in not quite large samples* (1958).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from orbitwise.typing import FloatArray

__all__ = ["Alignment", "align"]


@dataclass(frozen=True)
class Alignment:
    """Pearson's correlation of the two agents' POWER over the joint states, with an approximate interval."""

    value: float
    low: float
    high: float


def align(means: FloatArray, sizes: Sequence[int], level: float) -> Alignment | None:
    """The jackknifed correlation over states, or None where one agent has the same POWER everywhere.

    **Guarantee:** an estimate; the interval covers approximately. **Cost:** linear in the groups times the states.

    Parameters
    ----------
    means
        Shape (n_groups, 2, n_states): the mean of each group, agent and state.
    sizes
        Samples of each group.
    level
        Coverage, inside (0, 1).
    """
    from scipy.stats import t

    weights = np.array(sizes, dtype=np.float64)
    n, total = len(weights), weights.sum()
    whole = np.einsum("k,kas->as", weights / total, means)
    found = correlate(whole)
    if found is None:
        return None
    pseudo = np.empty(n)
    for k in range(n):
        left = correlate((total * whole - weights[k] * means[k]) / (total - weights[k]))
        pseudo[k] = found if left is None else n * found - (n - 1) * left
    center = float(pseudo.mean())
    radius = float(t.ppf((1 + level) / 2, n - 1)) * float(pseudo.std(ddof=1)) / sqrt(n)
    low, value, high = np.clip([center - radius, center, center + radius], -1, 1).tolist()
    return Alignment(value, low, high)


def correlate(powers: FloatArray) -> float | None:
    """Pearson's correlation of two rows, or None where one is constant to rounding."""
    centered = powers - powers.mean(axis=1, keepdims=True)
    lengths = np.sqrt((centered**2).sum(axis=1))
    if (lengths <= 1e-12 * np.sqrt((powers**2).sum(axis=1))).any():
        return None
    return float(np.clip(centered[0] @ centered[1] / (lengths[0] * lengths[1]), -1, 1))
