"""The compiled depth-first loop over assignments of values to positions, in exact 64-bit arithmetic.

Nothing is checked here: the caller has bounded every sum and weight.
"""

from __future__ import annotations

import numba
import numpy as np

from orbitwise.typing import IntArray

__all__ = ["LIMB_BITS", "enumerate_assignments"]

LIMB_BITS = 40  # sums of four million limbs stay within 63 bits


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba ships no types
def enumerate_assignments(
    products: IntArray,
    sums: IntArray,
    counts: IntArray,
    to_come: IntArray,
    in_group: IntArray,
    n_prefer: int,
    n_over: int,
    labeled: bool,
    weight: int,
    totals: IntArray,
) -> None:
    """Add the weight of every assignment to one of ``totals``: A only, B only, both, neither.

    Parameters
    ----------
    products
        (n_positions, n_values, n_limbs, n_rows), what a value adds to each row's sum at a position.
    sums
        (n_positions + 1, n_limbs, n_rows), scratch; the first entry holds the sums to start from.
    counts
        (n_values,), how often each value is available; restored at the end.
    to_come, in_group
        (n_positions,), positions of the same group that follow, and place within the group, from 1.
    n_prefer, n_over
        Rows of A, then of B; the rest is neither's.
    labeled
        Whether weights count labeled values chosen, or elements of an orbit of which ``weight`` are at the start.
    weight
        Weight at the start; 1 when labeled.
    totals
        (4,), added to.
    """
    n_positions, n_values = products.shape[0], products.shape[1]
    if n_positions == 0:
        totals[_verdict(sums[0], n_prefer, n_over)] += weight
        return
    chosen = np.full(n_positions, -1, np.int64)
    runs = np.zeros(n_positions, np.int64)
    taken = np.zeros(n_positions, np.bool_)
    weights = np.empty(n_positions + 1, np.int64)
    weights[0] = weight
    left = counts.sum()
    p = 0
    while p >= 0:
        if taken[p]:
            counts[chosen[p]] += 1
            taken[p] = False
        j = _next_value(counts, chosen[p] + 1, to_come[p])
        if j == n_values:
            p -= 1
            continue
        run = 1
        if in_group[p] > 1 and chosen[p - 1] == j:
            run = runs[p - 1] + 1
        w = weights[p] * counts[j]
        if not labeled:
            w = w // (left - p) * in_group[p]
        if run > 1:
            w //= run
        chosen[p] = j
        runs[p] = run
        counts[j] -= 1
        taken[p] = True
        for limb in range(products.shape[2]):
            for row in range(products.shape[3]):
                sums[p + 1, limb, row] = sums[p, limb, row] + products[p, j, limb, row]
        if p == n_positions - 1:
            totals[_verdict(sums[p + 1], n_prefer, n_over)] += w
        else:
            weights[p + 1] = w
            p += 1
            chosen[p] = chosen[p - 1] - 1 if in_group[p] > 1 else -1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _next_value(counts: IntArray, start: int, to_come: int) -> int:
    """The next available value from which on enough are left for the rest of the group; n_values when there is none."""
    n_values = len(counts)
    j = start
    while j < n_values and counts[j] == 0:
        j += 1
    if to_come > 0 and counts[j:].sum() <= to_come:
        return n_values
    return j


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _verdict(sums: IntArray, n_prefer: int, n_over: int) -> int:
    """0: only A attains the largest sum, 1: only B, 2: both, 3: neither."""
    n_rows = sums.shape[1]
    if sums.shape[0] == 1:
        prefer, over = sums[0, 0], sums[0, n_prefer]
        for row in range(1, n_prefer):
            prefer = max(prefer, sums[0, row])
        for row in range(n_prefer + 1, n_prefer + n_over):
            over = max(over, sums[0, row])
        rest = max(prefer, over)
        for row in range(n_prefer + n_over, n_rows):
            rest = max(rest, sums[0, row])
        first, second = prefer == rest, over == rest
    else:
        best = _largest_row(sums, 0, n_rows)
        first = _sign(sums, _largest_row(sums, 0, n_prefer), best) == 0
        second = _sign(sums, _largest_row(sums, n_prefer, n_prefer + n_over), best) == 0
    if first:
        return 2 if second else 0
    return 1 if second else 3


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _largest_row(sums: IntArray, start: int, stop: int) -> int:
    best = start
    for row in range(start + 1, stop):
        if _sign(sums, row, best) > 0:
            best = row
    return best


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sign(sums: IntArray, row: int, other: int) -> int:
    """Sign of the difference of two sums held in limbs: the highest part decides unless it is 0 after carrying."""
    carry = 0
    low_is_zero = True
    last = sums.shape[0] - 1
    for limb in range(last):
        difference = sums[limb, row] - sums[limb, other] + carry
        carry = difference >> LIMB_BITS
        low_is_zero = low_is_zero and (difference & ((1 << LIMB_BITS) - 1)) == 0
    high = sums[last, row] - sums[last, other] + carry
    if high > 0 or (high == 0 and not low_is_zero):
        return 1
    return 0 if high == 0 else -1
