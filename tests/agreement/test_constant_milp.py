"""The constant agrees with a mixed-integer program over the gaps of the sorted reward, which shares no code with it."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

import orbitwise as ow
from orbitwise.evidence.constants import find_constant

MARGIN = 1e-3  # by which B must win, where the gaps sum to 1


def most_won(prefer, over):
    """The largest number of permutations that B wins at one reward, all coordinates permuted, all sums equal.

    Variables: the gaps g >= 0, a binary for each permutation (won) and for each of its outcomes of B (wins it).
    """
    d, n_over = prefer.shape[1], len(over)
    orders = list(permutations(range(d)))
    n_ways = len(orders) * n_over
    n_variables = d - 1 + n_ways + len(orders)
    rows, low = [], []
    for k, order in enumerate(orders):
        for j, b in enumerate(over):
            for a in prefer:
                difference = (b - a)[list(order)]  # the entry that meets each sorted value
                form = np.cumsum(difference)[:-1]  # gap i raises the values 0..i
                big = MARGIN + np.abs(form).max()
                row = np.zeros(n_variables)
                row[: d - 1] = form
                row[d - 1 + k * n_over + j] = -big
                rows.append(row)
                low.append(MARGIN - big)
        row = np.zeros(n_variables)
        row[d - 1 + k * n_over : d - 1 + (k + 1) * n_over] = 1
        row[d - 1 + n_ways + k] = -1
        rows.append(row)
        low.append(0)
    rows.append(np.r_[np.ones(d - 1), np.zeros(n_variables - d + 1)])
    high = [np.inf] * len(low) + [1]
    low.append(1)
    integrality = np.r_[np.zeros(d - 1), np.ones(n_variables - d + 1)]
    objective = np.r_[np.zeros(d - 1 + n_ways), -np.ones(len(orders))]
    found = milp(
        objective, constraints=LinearConstraint(np.array(rows), low, high), integrality=integrality, bounds=Bounds(0, 1)
    )
    assert found.status == 0
    return round(-found.fun), len(orders)


@pytest.mark.parametrize(
    ("d", "n_prefer", "n_over"), [(3, 1, 1), (3, 2, 2), (3, 1, 3), (4, 1, 1), (4, 2, 1), (4, 1, 2)]
)
@pytest.mark.parametrize("seed", range(3))
def test_the_constant_is_the_optimum_of_the_program(seed, d, n_prefer, n_over):
    """Dense outcomes with entries up to 6 and one sum."""
    rows = np.random.default_rng(seed).multinomial(6, np.ones(d) / d, size=n_prefer + n_over)
    prefer, over = rows[:n_prefer], rows[n_prefer:]
    won, cases = most_won(prefer, over)
    constant = find_constant(ow.ask_vectors(prefer=prefer.tolist(), over=over.tolist()))
    assert constant.share == 1 - Fraction(won, cases)
