"""Policy iteration in lanes: every reward of a block has its own policy, all share one order of elimination.

Each iteration assembles I - g P for the policies of all lanes, eliminates (``discounted_elimination``) on rows of
lanes, and improves the policies. It takes a handful of iterations however slowly the graph mixes, which is when sweeps
crawl; the price is the fill of the elimination, so it pays on small graphs.
"""

from __future__ import annotations

import numba
import numpy as np

from orbitwise.solvers.discounted_elimination import Elimination
from orbitwise.solvers.discounted_plan import Backups
from orbitwise.solvers.lanes import (
    LANES,
    add,
    any_greater,
    divide,
    element,
    largest,
    load,
    multiply_add,
    select_equal,
    select_greater,
    spread,
    store,
    subtract,
    times,
)
from orbitwise.typing import FloatArray

__all__ = ["iterate_policies"]

MAX_ITERATIONS = 60
HYSTERESIS = (
    4e-13  # a policy is kept unless another is better by this, relative to range / (1 - g): ties must not cycle
)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def iterate_policies(
    backups: Backups,
    elimination: Elimination,
    discount: float,
    values: FloatArray,
    rewards: FloatArray,
    policy: FloatArray,
    right_side: FloatArray,
    matrix: FloatArray,
    lane_stats: FloatArray,
    max_work: int,
) -> int:
    """Optimal values by policy iteration from the policy that is greedy for ``values``; returns the work done."""
    like = load(values, 0)
    keep = times(spread(like, HYSTERESIS / (1.0 - discount)), load(lane_stats, LANES))
    n_nodes = len(backups.choice_starts) - 1
    for u in range(n_nodes):
        store(policy, u * LANES, spread(like, -1.0))
    work = 0
    n_updates = 2 * len(elimination.update_slots) + 3 * elimination.n_slots
    for _ in range(MAX_ITERATIONS):
        changed = improve_policies(backups, values, policy, keep)
        work += len(backups.rows)
        if not changed or work > max_work:
            break
        assemble(backups, elimination, discount, rewards, policy, right_side, matrix)
        eliminate(elimination, values, right_side, matrix)
        work += len(backups.rows) + n_updates
    return work


@numba.njit(cache=True, nogil=True, error_model="numpy")
def improve_policies(backups: Backups, values: FloatArray, policy: FloatArray, keep: FloatArray) -> bool:
    """Replace a node's choice where another is better by more than ``keep``; whether any was replaced."""
    n_nodes = len(backups.choice_starts) - 1
    changed = False
    for u in range(n_nodes):
        old = load(policy, u * LANES)
        best = spread(old, -np.inf)
        chosen = old
        first = element(backups.choice_starts, u)
        for c in range(first, element(backups.choice_starts, u + 1)):
            total = spread(old, 0.0)
            for k in range(element(backups.entry_starts, c), element(backups.entry_starts, c + 1)):
                weight = spread(old, element(backups.probabilities, k))
                total = multiply_add(weight, load(values, element(backups.rows, k)), total)
            index = spread(old, c - first)
            total = select_equal(index, old, add(keep, total), total)
            chosen = select_greater(total, best, index, chosen)
            best = largest(total, best)
        difference = subtract(chosen, old)
        zero = spread(old, 0.0)
        if any_greater(difference, zero) or any_greater(zero, difference):
            changed = True
            store(policy, u * LANES, chosen)
    return changed


@numba.njit(cache=True, nogil=True, error_model="numpy")
def assemble(
    backups: Backups,
    elimination: Elimination,
    discount: float,
    rewards: FloatArray,
    policy: FloatArray,
    right_side: FloatArray,
    matrix: FloatArray,
) -> None:
    """Write I - g P of every lane's policy and its right side r."""
    matrix[:] = 0.0
    n_nodes = len(backups.choice_starts) - 1
    for step in range(n_nodes):
        slot = element(elimination.pivot_slots, step)
        store(matrix, slot, spread(load(matrix, slot), 1.0))
    for u in range(n_nodes):
        reward = load(rewards, u * LANES)
        store(right_side, u * LANES, reward)
        chosen = load(policy, u * LANES)
        zero = spread(reward, 0.0)
        first = element(backups.choice_starts, u)
        for c in range(first, element(backups.choice_starts, u + 1)):
            index = spread(reward, c - first)
            for k in range(element(backups.entry_starts, c), element(backups.entry_starts, c + 1)):
                slot = element(elimination.entry_slots, k)
                weight = spread(reward, -discount * element(backups.probabilities, k))
                old = load(matrix, slot)
                store(matrix, slot, add(select_equal(index, chosen, weight, zero), old))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def eliminate(elimination: Elimination, values: FloatArray, right_side: FloatArray, matrix: FloatArray) -> None:
    """Solve the assembled equations into ``values``; ``matrix`` and ``right_side`` are overwritten."""
    n_nodes = len(elimination.pivots)
    one = spread(load(values, 0), 1.0)
    zero = subtract(one, one)
    update = 0
    for step in range(n_nodes):
        inverse = divide(one, load(matrix, element(elimination.pivot_slots, step)))
        store(matrix, element(elimination.pivot_slots, step), inverse)
        right = load(right_side, element(elimination.pivots, step))
        first = element(elimination.upper_starts, step)
        last = element(elimination.upper_starts, step + 1)
        for i in range(element(elimination.lower_starts, step), element(elimination.lower_starts, step + 1)):
            factor = subtract(zero, times(load(matrix, element(elimination.lower_slots, i)), inverse))
            below = element(elimination.lower_rows, i)
            store(right_side, below, multiply_add(factor, right, load(right_side, below)))
            for j in range(first, last):
                slot = element(elimination.update_slots, update)
                update += 1
                upper = load(matrix, element(elimination.upper_slots, j))
                store(matrix, slot, multiply_add(factor, upper, load(matrix, slot)))
    for back in range(n_nodes):
        step = n_nodes - 1 - back
        total = load(right_side, element(elimination.pivots, step))
        for j in range(element(elimination.upper_starts, step), element(elimination.upper_starts, step + 1)):
            upper = load(matrix, element(elimination.upper_slots, j))
            total = subtract(total, times(upper, load(values, element(elimination.upper_rows, j))))
        store(
            values,
            element(elimination.pivots, step),
            times(total, load(matrix, element(elimination.pivot_slots, step))),
        )
