"""Four ways to approximate the optimal values of one block of rewards, and the one way that any of them is certified.

``certify`` applies the optimality operator T once to given values V and returns the extreme residuals
lo <= (TV)(u) - V(u) <= hi of every lane. Since T is monotone and T(V + c) = TV + g c for a constant c,

    V + lo / (1 - g)  <=  V*  <=  V + hi / (1 - g)       (MacQueen 1966),

whatever V is. So the other kernels may stop, guess and round as they like: their work is judged here, and only here.

- ``sweep_deterministic``: in-place sweeps from below, alternating far-to-near and near-to-far, of the nodes of which a
  successor changed; cycles that no single step reveals are evaluated in closed form now and then.
- ``sweep_stochastic``: the same for weighted successors, from any starting value.
- ``iterate_single``: synchronous backups in single precision with the values kept near 0 by a shift (relative value
  iteration): best where play spreads over the whole graph quickly, so that lo and hi meet long before V arrives.
- policy iteration lives in ``discounted_policy``.

Every kernel returns the number of rows it read, the measure of work by which a pilot run compares them.

References
----------
J. MacQueen, *A modified dynamic programming method for Markovian decision problems*, J. Math. Anal. Appl. 14 (1966).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from orbitwise.solvers.discounted_plan import Backups, OffsetArray, Sweeps
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

__all__ = ["certify", "iterate_single", "load_rewards", "sweep_deterministic", "sweep_stochastic"]

SingleArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]

FIRST_JUMP = 12  # sweeps before cycles are looked for: on graphs where staying is allowed 7-10 sweeps suffice
JUMP_EVERY = 4
FULL_SWEEPS = 4  # before nodes are skipped
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

    ``lane_stats`` rows: 0 the center that was subtracted, 1 the range (twice the largest centered magnitude).
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
    for u in range(1, n_nodes):
        row = load(rewards, u * LANES)
        low = smallest(low, row)
        high = largest(high, row)
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
def sweep_deterministic(
    sweeps: Sweeps,
    discount: float,
    values: FloatArray,
    rewards: FloatArray,
    dirty: ByteArray,
    thresholds: FloatArray,
    max_work: int,
    weighted_rows: OffsetArray,
    weights: FloatArray,
    constants: FloatArray,
) -> int:
    """Optimal values of a deterministic graph by in-place sweeps; ``thresholds``: one row, the change to ignore."""
    like = load(values, 0)
    factor = spread(like, discount)
    zero = spread(like, 0.0)
    horizon = 1.0 / (1.0 - discount)
    threshold = load(thresholds, 0)
    n_nodes = len(sweeps.choice_starts) - 1
    work = int(start_from_below(sweeps, discount, values, rewards))
    dirty[:] = 1
    marks = np.empty((2, n_nodes), dtype=np.int32)
    bounds = np.zeros(2 * LANES)  # rows: how much a value may still rise, nothing
    first_jump = FIRST_JUMP if n_nodes > np.sum(sweeps.stays) else 4 * FIRST_JUMP
    for sweep in range(FULL_SWEEPS):
        work += sweep_all(sweeps, discount, values, rewards, sweep % 2 == 0)
    sweep = FULL_SWEEPS
    changed = True
    while changed and work < max_work:
        changed = False
        growth = zero
        backward = sweep % 2 == 0
        for i in range(n_nodes):
            u = n_nodes - 1 - i if backward else i
            if element(dirty, u) == 0:
                continue
            dirty[u] = 0
            best = spread(like, -np.inf)
            first = element(sweeps.choice_starts, u)
            last = element(sweeps.choice_starts, u + 1)
            for c in range(first, last):
                best = largest(best, load(values, element(sweeps.rows, c)))
            work += last - first + 2
            old = load(values, u * LANES)
            new = largest(multiply_add(factor, best, load(rewards, u * LANES)), old)
            if any_greater(subtract(new, old), threshold):
                store(values, u * LANES, new)
                growth = largest(growth, subtract(new, old))
                changed = True
                for p in range(element(sweeps.user_starts, u), element(sweeps.user_starts, u + 1)):
                    dirty[element(sweeps.users, p)] = 1
        sweep += 1
        store(bounds, 0, times(spread(like, horizon), growth))
        if len(weighted_rows) > 0 and is_sign_certain(
            values, weighted_rows, weights, constants, bounds[LANES:], bounds
        ):
            break
        if changed and sweep >= first_jump and (sweep - first_jump) % JUMP_EVERY == 0:
            raise_cycles(sweeps, discount, values, rewards, dirty, marks, bounds)
            work += 8 * len(sweeps.rows)
    return work


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sweep_all(sweeps: Sweeps, discount: float, values: FloatArray, rewards: FloatArray, backward: bool) -> int:
    """One in-place sweep of every node: at first nearly all change, and asking which costs more than it saves."""
    like = load(values, 0)
    factor = spread(like, discount)
    n_nodes = len(sweeps.choice_starts) - 1
    for i in range(n_nodes):
        u = n_nodes - 1 - i if backward else i
        best = spread(like, -np.inf)
        for c in range(element(sweeps.choice_starts, u), element(sweeps.choice_starts, u + 1)):
            best = largest(best, load(values, element(sweeps.rows, c)))
        new = multiply_add(factor, best, load(rewards, u * LANES))
        store(values, u * LANES, largest(new, load(values, u * LANES)))
    return len(sweeps.rows) + 2 * n_nodes


@numba.njit(cache=True, nogil=True, error_model="numpy")
def start_from_below(sweeps: Sweeps, discount: float, values: FloatArray, rewards: FloatArray) -> int:
    """Values that some policy reaches: stay, go to and fro between two nodes, or at worst the worst reward always."""
    worst = load(rewards, 0)
    n_nodes = len(sweeps.choice_starts) - 1
    for u in range(1, n_nodes):
        worst = smallest(worst, load(rewards, u * LANES))
    horizon = spread(worst, 1.0 / (1.0 - discount))
    for u in range(n_nodes):
        if sweeps.stays[u]:
            store(values, u * LANES, times(horizon, load(rewards, u * LANES)))
        else:
            store(values, u * LANES, times(horizon, worst))
    double = spread(worst, 1.0 / (1.0 - discount * discount))
    for i in range(len(sweeps.pairs)):
        u = sweeps.pairs[i, 0]
        there = multiply_add(spread(worst, discount), load(rewards, sweeps.pairs[i, 1]), load(rewards, u))
        store(values, u, largest(load(values, u), times(double, there)))
    return 3 * n_nodes + 2 * len(sweeps.pairs)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def raise_cycles(
    sweeps: Sweeps,
    discount: float,
    values: FloatArray,
    rewards: FloatArray,
    dirty: ByteArray,
    marks: npt.NDArray[np.int32],
    growth: FloatArray,
) -> None:
    """In the lanes that still grow, lift nodes on the greedy policy's cycles to what going round for ever is worth."""
    n_nodes = len(sweeps.choice_starts) - 1
    greedy, seen = marks[0], marks[1]
    for lane in range(LANES):
        if growth[lane] <= 0:
            continue
        for u in range(n_nodes):
            best = -np.inf
            greedy[u] = -1
            for c in range(sweeps.choice_starts[u], sweeps.choice_starts[u + 1]):
                value = values[sweeps.rows[c] + lane]
                if value > best:
                    best = value
                    greedy[u] = sweeps.rows[c] // LANES
            if sweeps.stays[u] and rewards[u * LANES + lane] >= (1 - discount) * values[u * LANES + lane]:
                greedy[u] = -1
        seen[:] = -1
        for start in range(n_nodes):
            u = start
            while u >= 0 and seen[u] < 0:
                seen[u] = start
                u = greedy[u]
            if u < 0 or seen[u] != start:
                continue
            total = 0.0
            factor = 1.0
            v = u
            while True:
                total += factor * rewards[v * LANES + lane]
                factor *= discount
                v = greedy[v]
                if v == u:
                    break
            value = total / (1.0 - factor)
            if value > values[u * LANES + lane]:
                values[u * LANES + lane] = value
                for p in range(sweeps.user_starts[u], sweeps.user_starts[u + 1]):
                    dirty[sweeps.users[p]] = 1


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sweep_stochastic(
    sweeps: Sweeps, values: FloatArray, rewards: FloatArray, dirty: ByteArray, thresholds: FloatArray, max_work: int
) -> int:
    """Optimal values by in-place sweeps from the values given; ``thresholds``: one row, the change to ignore."""
    like = load(values, 0)
    threshold = load(thresholds, 0)
    n_nodes = len(sweeps.choice_starts) - 1
    dirty[:] = 1
    work = 0
    backward = True
    changed = True
    while changed and work < max_work:
        changed = False
        for i in range(n_nodes):
            u = n_nodes - 1 - i if backward else i
            if element(dirty, u) == 0:
                continue
            dirty[u] = 0
            reward = load(rewards, u * LANES)
            best = spread(like, -np.inf)
            first = element(sweeps.choice_starts, u)
            last = element(sweeps.choice_starts, u + 1)
            k = element(sweeps.entry_starts, first)
            work += element(sweeps.entry_starts, last) - k + 2
            for c in range(first, last):
                total = times(spread(like, element(sweeps.gains, c)), reward)
                last_entry = element(sweeps.entry_starts, c + 1)
                while k < last_entry:
                    weight = spread(like, element(sweeps.weights, k))
                    total = multiply_add(weight, load(values, element(sweeps.rows, k)), total)
                    k += 1
                best = largest(best, total)
            if any_greater(magnitude(subtract(best, load(values, u * LANES))), threshold):
                store(values, u * LANES, best)
                changed = True
                for p in range(element(sweeps.user_starts, u), element(sweeps.user_starts, u + 1)):
                    dirty[element(sweeps.users, p)] = 1
        backward = not backward
    return work


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
