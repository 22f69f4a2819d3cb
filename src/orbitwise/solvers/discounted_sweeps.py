"""In-place sweeps: values of one block of rewards, overwritten as they improve.

A sweep from the farthest node to the queries and the next one back carry a change along the whole graph in two sweeps,
where synchronous backups carry it one step each. Self-loops are solved in closed form beforehand (``discounted_plan``).
After a few full sweeps only the nodes of which a successor changed are computed again.

On deterministic graphs the values start below the truth, at what some policy surely earns, and only rise; what a longer
cycle earns for ever is not left to the sweeps but evaluated in closed form now and then.
"""

from __future__ import annotations

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
    smallest,
    spread,
    store,
    subtract,
    times,
)
from orbitwise.typing import FloatArray

__all__ = ["sweep_deterministic", "sweep_stochastic"]

ByteArray = npt.NDArray[np.uint8]

FULL_SWEEPS = 4  # before nodes are skipped
FIRST_JUMP = 12  # sweeps before cycles are looked for: on graphs where staying is allowed 7-10 sweeps suffice
JUMP_EVERY = 4


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
