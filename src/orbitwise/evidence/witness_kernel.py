"""The compiled count of the cases that B wins, for many candidates; in floats, as a search may."""

from __future__ import annotations

import numba
import numpy as np

from orbitwise.typing import FloatArray, IntArray

__all__ = ["count_won"]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba ships no types
def count_won(
    values: FloatArray, added: FloatArray, assigned: IntArray, rows: FloatArray, n_prefer: int, margin: float
) -> IntArray:
    """In how many cases some outcome of B is worth more than all of A, by a margin; shape (n_candidates,).

    Parameters
    ----------
    values
        (n_candidates, n_values), at most 1 in absolute value.
    added
        (n_candidates, n_rows), what fixed coordinates add to each outcome.
    assigned
        (n_cases, m), which value each coordinate gets.
    rows
        (n_rows, m), the outcomes, those of A first.
    n_prefer
        Outcomes of A.
    margin
        How much more.
    """
    won = np.zeros(len(values), np.int64)
    given = np.empty(assigned.shape[1])
    for candidate in range(len(values)):
        for case in range(len(assigned)):
            for place in range(len(given)):
                given[place] = values[candidate, assigned[case, place]]
            best = -np.inf
            for row in range(n_prefer):
                worth = added[candidate, row]
                for place in range(len(given)):
                    worth += rows[row, place] * given[place]
                best = max(best, worth)
            for row in range(n_prefer, len(rows)):
                worth = added[candidate, row]
                for place in range(len(given)):
                    worth += rows[row, place] * given[place]
                if worth > best + margin:
                    won[candidate] += 1
                    break
    return won
