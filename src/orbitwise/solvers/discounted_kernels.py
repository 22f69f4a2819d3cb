"""The synchronous backup: how any guess at the values of one block of rewards is certified, and one way to guess.

``certify`` applies the optimality operator T once to given values V and returns the extreme residuals
lo <= (TV)(u) - V(u) <= hi of every lane. Since T is monotone and T(V + c) = TV + g c for a constant c,

    V + lo / (1 - g)  <=  V*  <=  V + hi / (1 - g)       (MacQueen 1966),

whatever V is. So the kernels that guess may stop, jump and round as they like: they are judged here, and only here.

``iterate_single`` guesses by synchronous backups in single precision, the values kept near 0 by a shift (relative
value iteration): best where play spreads over the whole graph quickly, so that lo and hi meet long before V arrives.
In-place sweeps are in ``discounted_sweeps``, policy iteration in ``discounted_policy``. Every kernel returns the
number of rows it read, the measure of work by which a pilot run compares them.

References
----------
J. MacQueen, *A modified dynamic programming method for Markovian decision problems*, J. Math. Anal. Appl. 14 (1966).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from orbitwise.solvers.discounted_plan import Backups, OffsetArray
from orbitwise.solvers.lanes import (
    LANES,
    add,
    any_greater,
    element,
    largest,
    load,
    magnitude,
    multiply_add,
    smallest,
    spread,
    store,
    subtract,
    times,
)
from orbitwise.typing import FloatArray

__all__ = ["certify", "is_sign_certain", "iterate_single", "load_rewards", "scale_rows"]

SingleArray = npt.NDArray[np.float32]

SINGLE_FLOOR = 5e-7  # residual span, relative to the range of the rewards, below which single precision is noise


@numba.njit(cache=True, nogil=True, error_model="numpy")
def load_rewards(
    flat: FloatArray,
    row_stride: int,
    column_stride: int,
    first: int,
    last: int,
    states: OffsetArray,
    rewards: FloatArray,
    lane_stats: FloatArray,
) -> None:
    """Rewards ``first`` to ``last - 1`` of a batch as centered rows, one per node.

    ``lane_stats`` rows: 0 the center that was subtracted, 1 the range (twice the largest centered magnitude), 2 the
    largest magnitude before, NaN where a reward is not finite.
    """
    n_nodes = len(states)
    if column_stride >= LANES and row_stride == 1 and last - first == LANES:
        for u in range(n_nodes):
            store(rewards, u * LANES, load(flat, element(states, u) * column_stride + first))
    else:
        for u in range(n_nodes):
            column = element(states, u) * column_stride
            for lane in range(LANES):
                rewards[u * LANES + lane] = flat[min(first + lane, last - 1) * row_stride + column]
    low = load(rewards, 0)
    high = low
    zero = spread(low, 0.0)
    poison = zero
    for u in range(n_nodes):
        row = load(rewards, u * LANES)
        low = smallest(row, low)
        high = largest(row, high)
        poison = multiply_add(row, zero, poison)
    store(lane_stats, 2 * LANES, add(largest(magnitude(low), magnitude(high)), poison))
    center = multiply_add(spread(low, 0.5), high, times(spread(low, 0.5), low))
    store(lane_stats, 0, center)
    span = largest(magnitude(subtract(high, center)), magnitude(subtract(low, center)))
    store(lane_stats, LANES, add(span, span))
    for u in range(n_nodes):
        store(rewards, u * LANES, subtract(load(rewards, u * LANES), center))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def certify(
    backups: Backups,
    deterministic: bool,
    discount: float,
    values: FloatArray,
    rewards: FloatArray,
    improved: FloatArray,
    residuals: FloatArray,
) -> int:
    """One synchronous backup of all values; ``residuals`` rows: 0 lowest, 1 highest residual, 2 largest ``|V|``.

    ``improved`` becomes T V less the middle residual of the previous call, which is found in row 3 of ``residuals`` and
    then replaced by this call's middle.
    """
    like = load(values, 0)
    factor = spread(like, discount)
    lowest = spread(like, np.inf)
    highest = spread(like, -np.inf)
    size = spread(like, 0.0)
    shift = load(residuals, 3 * LANES)
    poison = spread(like, 0.0)  # becomes NaN when any residual is not finite, and then the bounds do
    n_nodes = len(backups.choice_starts) - 1
    c = 0
    k = 0
    for u in range(n_nodes):
        best = spread(like, -np.inf)
        last_choice = element(backups.choice_starts, u + 1)
        if deterministic:
            while c < last_choice:
                best = largest(best, load(values, element(backups.rows, c)))
                c += 1
        else:
            while c < last_choice:
                total = spread(like, 0.0)
                last_entry = element(backups.entry_starts, c + 1)
                while k < last_entry:
                    weight = spread(like, element(backups.probabilities, k))
                    total = multiply_add(weight, load(values, element(backups.rows, k)), total)
                    k += 1
                best = largest(best, total)
                c += 1
        old = load(values, u * LANES)
        new = multiply_add(factor, best, load(rewards, u * LANES))
        residual = subtract(new, old)
        lowest = smallest(lowest, residual)
        highest = largest(highest, residual)
        poison = multiply_add(residual, spread(like, 0.0), poison)
        size = largest(size, magnitude(old))
        store(improved, u * LANES, subtract(new, shift))
    lowest = add(lowest, poison)
    highest = add(highest, poison)
    store(residuals, 0, lowest)
    store(residuals, LANES, highest)
    store(residuals, 2 * LANES, size)
    store(residuals, 3 * LANES, times(spread(like, 0.5), add(lowest, highest)))
    return len(backups.rows)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def is_sign_certain(
    values: FloatArray,
    weighted_rows: OffsetArray,
    weights: FloatArray,
    constants: FloatArray,
    below: FloatArray,
    above: FloatArray,
) -> bool:
    """Whether constants + sum of weights times V* has a sure sign in every lane, V* lying in [V + below, V + above].

    A heuristic stop (rounding is left out): the caller certifies afterwards.
    """
    low = load(constants, 0)
    high = low
    for q in range(len(weighted_rows)):
        weight = weights[q]
        value = load(values, weighted_rows[q])
        under = add(value, load(below, 0))
        over = add(value, load(above, 0))
        if weight < 0:
            under, over = over, under
        low = multiply_add(spread(low, weight), under, low)
        high = multiply_add(spread(low, weight), over, high)
    sure = largest(low, subtract(spread(low, 0.0), high))
    return not any_greater(spread(low, 1e-300), sure)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def iterate_single(
    backups: Backups,
    probabilities: SingleArray,
    discount: float,
    values: SingleArray,
    improved: SingleArray,
    rewards: SingleArray,
    tolerance: float,
    max_work: int,
) -> int:
    """Relative values by synchronous backups in single precision, of rewards scaled to range 1; from those given."""
    like = load(values, 0)
    factor = spread(like, np.float32(discount))
    shift = spread(like, np.float32(0.0))
    floor = spread(like, np.float32(max(tolerance, SINGLE_FLOOR)))
    previous = spread(like, np.float32(np.inf))
    n_nodes = len(backups.choice_starts) - 1
    current, other = values, improved
    work = 0
    while work < max_work:
        lowest = spread(like, np.float32(np.inf))
        highest = spread(like, np.float32(-np.inf))
        c = 0
        k = 0
        for u in range(n_nodes):
            best = spread(like, np.float32(-np.inf))
            last_choice = element(backups.choice_starts, u + 1)
            while c < last_choice:
                total = spread(like, np.float32(0.0))
                last_entry = element(backups.entry_starts, c + 1)
                while k < last_entry:
                    weight = spread(like, element(probabilities, k))
                    total = multiply_add(weight, load(current, element(backups.rows, k)), total)
                    k += 1
                best = largest(best, total)
                c += 1
            new = multiply_add(factor, best, subtract(load(rewards, u * LANES), shift))
            residual = subtract(new, load(current, u * LANES))
            lowest = smallest(lowest, residual)
            highest = largest(highest, residual)
            store(other, u * LANES, new)
        current, other = other, current
        work += len(backups.rows)
        shift = add(shift, times(spread(like, np.float32(0.5)), add(lowest, highest)))
        span = subtract(highest, lowest)
        if not any_greater(span, floor):
            break
        if not any_greater(times(spread(like, np.float32(0.98)), previous), span) and not any_greater(
            span, spread(like, np.float32(20.0) * np.float32(SINGLE_FLOOR))
        ):
            break
        previous = span
    for i in range(len(values)):
        values[i] = current[i]
    return work // 2


@numba.njit(cache=True, nogil=True, error_model="numpy")
def scale_rows(rows: FloatArray, lane_stats: FloatArray, target: SingleArray) -> None:
    """Rows divided by the range of their lane (row 1 of ``lane_stats``), in single precision."""
    for lane in range(LANES):
        span = lane_stats[LANES + lane]
        factor = 1.0 / span if span > 0 else 0.0
        for i in range(lane, len(rows), LANES):
            target[i] = np.float32(rows[i] * factor)
