"""Howard's policy iteration decided exactly, in pairs (see ``cycles_ties``): for best cycles that are long.

It starts from the policy that is greedy for float potentials, evaluates it in whole numbers along the tree that leads
to its best cycle, and tests every edge. Each switch is a strict improvement; a policy that has none left is optimal.
"""

from __future__ import annotations

import numba
import numpy as np

from orbitwise.solvers.cycles_howard import copy_cycle, find_policy_cycle, lead_to
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["BITS", "LIMIT", "UNIT", "remainder", "settle_block", "sum_cycle"]

BITS = 72  # the largest reward is scaled to about 2**BITS; what is not whole then is left to big integers
LIMIT = 2.0**60  # pairs are exact while the floats' error stays below
ROUNDS = 50
UNIT = 2.0**-52


@numba.njit(cache=True, nogil=True, inline="always")
def remainder(value: float) -> int:
    """A whole float below 2^94 in size, modulo 2^64."""
    high = np.floor(value * 2.0**-32)
    return (np.int64(high) << 32) + np.int64(value - high * 2.0**32)  # type: ignore[return-value]  # wraps


@numba.njit(cache=True, nogil=True)
def sum_cycle(x: FloatArray, cycle: IntArray, length: int) -> tuple[bool, float, int]:
    """Whether all rewards on a cycle are whole, and their sum as a pair."""
    whole = True
    total = 0.0
    rest = 0
    for k in range(length):
        value = x[cycle[k]]
        whole = whole and value == np.floor(value)
        total += value
        rest += remainder(value)
    return whole, total, rest


@numba.njit(cache=True, nogil=True)
def settle_block(
    loops: BoolArray,
    offsets: IntArray,
    successors: IntArray,
    back_offsets: IntArray,
    predecessors: IntArray,
    x: FloatArray,
    potential: FloatArray,
    start: int,
    stop: int,
    cycle: IntArray,
) -> tuple[bool, float, int, int]:
    """The best cycle of one strong component.

    Parameters
    ----------
    loops, offsets, successors, back_offsets, predecessors
        The fields of a ``CycleGraph``.
    x
        The reward of each node, scaled so that whole numbers are meant.
    potential
        Potentials that are nearly optimal; overwritten.
    start, stop
        The component's nodes.
    cycle
        Shape (n_nodes,), filled.

    Returns
    -------
    Whether it is certain, and the best cycle's sum, the sum's remainder, and its length.
    """
    n = len(x)
    policy = np.empty(n, dtype=np.int64)
    mark = np.empty(n, dtype=np.int64)
    queue = np.empty(n, dtype=np.int64)
    rests = np.zeros(n, dtype=np.int64)
    for u in range(start, stop):
        policy[u] = u if loops[u] else successors[offsets[u]]
        for e in range(offsets[u], offsets[u + 1]):
            if potential[successors[e]] > potential[policy[u]]:
                policy[u] = successors[e]
        if x[u] != np.floor(x[u]):
            return False, 0.0, 0, 1
    for _ in range(ROUNDS):
        root, mean = find_policy_cycle(x, policy, mark, start, stop)
        length = copy_cycle(policy, root, cycle)
        _, total, rest = sum_cycle(x, cycle, length)
        lead_to(root, x, mean, policy, potential, mark, queue, start, stop, back_offsets, predecessors)
        top = _evaluate(x, policy, queue[: stop - start], length, total, rest, potential, rests)
        error = (stop - start) * (2.0 ** (BITS + 1) * length * (length + 4) + top) * UNIT
        if error > LIMIT:
            return False, total, rest, length
        if not _improve(
            loops, offsets, successors, x, start, stop, length, total, rest, error, potential, rests, policy
        ):
            return True, total, rest, length
    return False, total, rest, length


@numba.njit(cache=True, nogil=True)
def _evaluate(
    x: FloatArray,
    policy: IntArray,
    queue: IntArray,
    length: int,
    total: float,
    rest: int,
    potential: FloatArray,
    rests: IntArray,
) -> float:
    """Potentials in pairs along the tree that leads to the root of ``queue``, nearest first; the largest size."""
    top = 0.0
    potential[queue[0]] = 0.0
    rests[queue[0]] = 0
    for u in queue[1:]:
        potential[u] = (length * x[u] - total) + potential[policy[u]]
        rests[u] = (length * remainder(x[u]) - rest) + rests[policy[u]]
        top = max(top, abs(potential[u]))
    return top


@numba.njit(cache=True, nogil=True)
def _improve(
    loops: BoolArray,
    offsets: IntArray,
    successors: IntArray,
    x: FloatArray,
    start: int,
    stop: int,
    length: int,
    total: float,
    rest: int,
    error: float,
    potential: FloatArray,
    rests: IntArray,
    policy: IntArray,
) -> bool:
    """Switch to successors that are better by exact arithmetic; whether any was."""
    changed = False
    for u in range(start, stop):
        weight = length * x[u] - total
        weight_rest = length * remainder(x[u]) - rest
        best = policy[u]
        if loops[u] and (weight > 2.0 * error or (weight >= -2.0 * error and weight_rest > 0)):
            best = u
        for e in range(offsets[u], offsets[u + 1]):
            v = successors[e]
            rise = (weight + potential[v]) - potential[u]
            if rise < -2.0 * error:
                continue
            better = rise > 2.0 * error or (weight_rest + rests[v]) - rests[u] > 0
            if better and best != u and (best == policy[u] or potential[v] > potential[best]):
                best = v
        if best != policy[u]:
            policy[u] = best
            changed = True
    return changed
