"""In-place sweeps: values of one block of rewards, overwritten as they improve.

A sweep from the farthest node to the queries and the next one back carry a change along the whole graph in two sweeps,
where synchronous backups carry it one step each. Self-loops are solved in closed form beforehand (``discounted_plan``).

On deterministic graphs the values start below the truth, at what some policy surely earns, and only rise; what a longer
cycle earns for ever is not left to the sweeps but evaluated in closed form now and then. Two sweeps in one order are
followed by two in another that crosses it, which halves the sweeps that a large board needs. On random graphs only the
nodes of which a successor changed are computed again.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from orbitwise.solvers.discounted_kernels import is_sign_certain
from orbitwise.solvers.discounted_plan import OffsetArray, Sweeps
from orbitwise.solvers.lanes import (
    LANES,
    any_greater,
    element,
    largest,
    load,
    magnitude,
    multiply_add,
    select_greater,
    smallest,
    spread,
    store,
    subtract,
    times,
)
from orbitwise.typing import FloatArray

__all__ = ["sweep_deterministic", "sweep_stochastic"]

ByteArray = npt.NDArray[np.uint8]

FIRST_JUMP = 12  # sweeps before cycles are looked for: on graphs where staying is allowed 7-10 sweeps suffice
JUMP_EVERY = 4


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sweep_deterministic(
    sweeps: Sweeps,
    discount: float,
    values: FloatArray,
    rewards: FloatArray,
    thresholds: FloatArray,
    max_work: int,
    weighted_rows: OffsetArray,
    weights: FloatArray,
    constants: FloatArray,
) -> int:
    """Optimal values of a deterministic graph by in-place sweeps; ``thresholds``: one row, the change to ignore."""
    like = load(values, 0)
    zero = spread(like, 0.0)
    horizon = spread(like, 1.0 / (1.0 - discount))
    threshold = load(thresholds, 0)
    n_nodes = len(sweeps.choice_starts) - 1
    work = int(start_from_below(sweeps, discount, values, rewards))
    marks = np.empty((2, n_nodes), dtype=np.int32)
    bounds = np.zeros(2 * LANES)  # rows: how much a value may still rise, nothing
    first_jump = FIRST_JUMP if n_nodes > np.sum(sweeps.stays) else 4 * FIRST_JUMP
    sweep = 0
    while work < max_work:
        growth = sweep_once(sweeps, discount, values, rewards, sweep)
        work += len(sweeps.rows) + 2 * n_nodes
        sweep += 1
        if not any_greater(growth, threshold):
            break
        store(bounds, 0, times(horizon, growth))
        if len(weighted_rows) > 0 and is_sign_certain(
            values, weighted_rows, weights, constants, bounds[LANES:], bounds
        ):
            break
        if sweep >= first_jump and (sweep - first_jump) % JUMP_EVERY == 0:
            store(bounds, 0, select_greater(growth, threshold, growth, zero))
            raise_cycles(sweeps, discount, values, rewards, marks, bounds)
            work += 8 * len(sweeps.rows)
    return work


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sweep_once(sweeps: Sweeps, discount: float, values: FloatArray, rewards: FloatArray, sweep: int) -> Any:
    """One in-place sweep of every node, back or forth in one of the two orders; the row of the largest rises.

    All nodes, because to ask which may have changed costs more than it saves.
    """
    like = load(values, 0)
    factor = spread(like, discount)
    growth = spread(like, 0.0)
    n_nodes = len(sweeps.choice_starts) - 1
    for i in range(n_nodes):
        u = n_nodes - 1 - i if sweep % 2 == 0 else i
        if sweep % 4 >= 2:
            u = int(element(sweeps.crosswise, u))
        best = spread(like, -np.inf)
        for c in range(element(sweeps.choice_starts, u), element(sweeps.choice_starts, u + 1)):
            best = largest(best, load(values, element(sweeps.rows, c)))
        old = load(values, u * LANES)
        new = largest(multiply_add(factor, best, load(rewards, u * LANES)), old)
        growth = largest(subtract(new, old), growth)
        store(values, u * LANES, new)
    return growth


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
