"""Exact linear feasibility: non-negative combinations, by the simplex method over the rationals with Bland's rule.

Floating-point solvers (HiGHS) come first wherever speed matters; this one decides what they leave open, for example
points that are apart by less than their tolerance. No exact linear programming library installs from PyPI on all our
platforms.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

__all__ = ["find_nonnegative_combination"]


def find_nonnegative_combination(
    columns: Sequence[Sequence[Fraction]], target: Sequence[Fraction]
) -> dict[int, Fraction] | None:
    """Weights w >= 0 with sum_j w_j columns[j] = target, those that are positive; None when there are none.

    **Guarantee:** exact either way; at most as many weights as the target has entries.
    **Cost:** exponential in the worst case, in practice a few pivots for each entry of the target; each pivot is
    (entries) x (columns) rational operations.

    Parameters
    ----------
    columns
        n vectors of m entries.
    target
        m entries.

    Examples
    --------
    >>> one, zero = Fraction(1), Fraction(0)
    >>> find_nonnegative_combination([(one, zero), (zero, one), (one, one)], (one, 2 * one))
    {0: Fraction(1, 1), 1: Fraction(2, 1)}
    """
    m, n = len(target), len(columns)
    table = np.zeros((m + 1, n + m + 1), dtype=object) + Fraction(0)  # n columns, m artificials, the right-hand side
    for j, column in enumerate(columns):
        table[:m, j] = column
    table[:m, -1] = target
    table[:m][table[:m, -1] < 0] *= -1
    for i in range(m):
        table[i, n + i] = Fraction(1)
    basis = list(range(n, n + m))
    table[m] = -table[:m].sum(axis=0)  # phase one: the sum of artificials as a function of the others
    table[m, n : n + m] = Fraction(0)
    while True:
        entering = next((j for j in range(n) if table[m, j] < 0), None)
        if entering is None:
            break
        ratios = [(table[i, -1] / table[i, entering], basis[i], i) for i in range(m) if table[i, entering] > 0]
        _, _, row = min(ratios)
        table[row] = table[row] / table[row, entering]
        for i in range(m + 1):
            if i != row and table[i, entering]:
                table[i] = table[i] - table[row] * table[i, entering]
        basis[row] = entering
    if table[m, -1] != 0:
        return None
    return {j: table[i, -1] for i, j in enumerate(basis) if j < n and table[i, -1] > 0}
