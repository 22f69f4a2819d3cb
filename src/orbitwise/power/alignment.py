"""How far two agents want the same states: the correlation of their POWER over the joint states.

POWER is known up to sampling noise that both agents share, so the correlation of the estimates is biased. With the
group means x_g and y_g of both agents (vectors over states, less their mean), the average of x_g . y_h over pairs of
different groups is an unbiased estimate of the covariance c_xy over states, and so are those of the variances. The
alignment is c_xy / s with s = sqrt(c_xx c_yy). Its interval holds every r for which c_xy - r s is not significantly
different from 0, in the jackknife over groups (Fieller): it is [-1, 1] where s itself is not.

References
----------
Harris & Suo, *Misalignment-by-default in multi-agent systems* (2022), section 3 (alignment plots).
Fieller, *Some problems in interval estimation* (1954); Tukey, *Bias and confidence in not quite large samples* (1958).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from orbitwise.typing import FloatArray

__all__ = ["Alignment", "align"]

CONSTANT = 1e-12  # POWER that varies by less over states, relative to its size, is the same everywhere


@dataclass(frozen=True)
class Alignment:
    """Pearson's correlation of the two agents' POWER over the joint states, with an approximate interval."""

    value: float
    low: float
    high: float


def align(means: FloatArray, level: float) -> Alignment | None:
    """The correlation over states, or None where one agent has the same POWER everywhere.

    **Guarantee:** an estimate; the interval covers approximately. **Cost:** linear in the groups times the states.

    Parameters
    ----------
    means
        Shape (n_groups, 2, n_states): POWER of both agents as each of some groups of samples estimates it, groups of
        nearly the same size.
    level
        Coverage, inside (0, 1).
    """
    from scipy.stats import t

    n = len(means)
    centered = means - means.mean(axis=2, keepdims=True)
    total = centered.sum(axis=0)
    own = np.einsum("gas,gbs->gab", centered, centered)
    lengths = np.einsum("as,as->a", total, total)
    if (lengths <= CONSTANT**2 * np.einsum("gas,gas->a", means, means) * n).any():
        return None
    plain = float(total[0] @ total[1]) / sqrt(lengths[0] * lengths[1])
    unknown = Alignment(max(-1.0, min(1.0, plain)), -1.0, 1.0)
    if n < 3:
        return unknown
    whole = (total @ total.T - own.sum(axis=0)) / (n * (n - 1))
    others = total - centered
    left = (np.einsum("gas,gbs->gab", others, others) - own.sum(axis=0) + own) / ((n - 1) * (n - 2))
    shared, size = (n * f(whole) - (n - 1) * f(left) for f in (_covariance, _size))
    reach = float(t.ppf((1 + level) / 2, n - 1)) ** 2 / n
    spread = reach * np.cov(shared, size)
    p, q = float(shared.mean()), float(size.mean())
    a, b, c = q * q - spread[1, 1], p * q - spread[0, 1], p * p - spread[0, 0]
    if a <= 0 or q <= 0:
        return unknown
    root = sqrt(max(0.0, b * b - a * c))
    low, value, high = np.clip([(b - root) / a, p / q, (b + root) / a], -1, 1).tolist()
    return Alignment(value, low, high)


def _covariance(moments: FloatArray) -> FloatArray:
    return np.asarray(moments[..., 0, 1])


def _size(moments: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.maximum(moments[..., 0, 0], 0) * np.maximum(moments[..., 1, 1], 0)))
