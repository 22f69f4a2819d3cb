"""Howard's policy iteration for maximum cycle means: the robust way, where the local search of ``cycles`` runs long.

A policy picks a successor for each node; its best cycle has mean ``m``; with every node led to that cycle, its values
``p(u) = r(u) - m + p(next(u))`` are a potential. The worst violation of ``r(u) - m + p(v) <= p(u)`` over all edges,
added to ``m``, bounds the best mean from above; the edges that violate most improve the policy.
"""

from __future__ import annotations

import numba
import numpy as np

from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["copy_cycle", "find_policy_cycle", "iterate_policies", "lead_to", "mean_along"]

ROUNDS = 500
UNIT = 2.0**-52


@numba.njit(cache=True, nogil=True)
def iterate_policies(
    loops: BoolArray,
    offsets: IntArray,
    successors: IntArray,
    back_offsets: IntArray,
    predecessors: IntArray,
    blocks: IntArray,
    x: FloatArray,
    step: float,
    potential: FloatArray,
    cycle: IntArray,
) -> tuple[float, float, int]:
    """Certified bounds on the maximum cycle mean, with the best cycle and the last potentials.

    Parameters
    ----------
    loops, offsets, successors, back_offsets, predecessors, blocks
        The fields of a ``CycleGraph``.
    x
        The reward of each node.
    step
        Improvements below it are taken for rounding.
    potential, cycle
        Shape (n_nodes,), filled.

    Returns
    -------
    low, high, and the length of the cycle
    """
    n = len(x)
    low = -np.inf
    high = -np.inf
    best = -np.inf
    length = 0
    policy = np.empty(n, dtype=np.int64)
    mark = np.empty(n, dtype=np.int64)
    queue = np.empty(n, dtype=np.int64)
    for b in range(len(blocks) - 1):
        start, stop = blocks[b], blocks[b + 1]
        unit = 0.0
        for u in range(start, stop):
            unit = max(unit, 4.0 * abs(x[u]) * UNIT)
            policy[u] = u if loops[u] else successors[offsets[u]]
            for e in range(offsets[u], offsets[u + 1]):
                if x[successors[e]] > x[policy[u]]:
                    policy[u] = successors[e]
        bound = np.inf
        for _ in range(ROUNDS):
            root, mean = find_policy_cycle(x, policy, mark, start, stop)
            if mean > best:
                best = mean
                length = copy_cycle(policy, root, cycle)
            lead_to(root, x, mean, policy, potential, mark, queue, start, stop, back_offsets, predecessors)
            changed, worst, size = _improve(x, mean, step, policy, potential, start, stop, loops, offsets, successors)
            bound = min(bound, mean + worst + 4.0 * size * UNIT + unit)
            low = max(low, mean - unit)
            if not changed or bound <= low:
                break
        high = max(high, bound)
    return low, high, length


@numba.njit(cache=True, nogil=True)
def mean_along(x: FloatArray, follow: IntArray, first: int) -> float:
    """The mean over the cycle through ``first``, summed with compensation (Neumaier): two roundings in all."""
    total = 0.0
    lost = 0.0
    length = 0
    u = first
    while length == 0 or u != first:
        value = float(x[u])
        summed = total + value
        if abs(total) >= abs(value):
            lost += (total - summed) + value
        else:
            lost += (value - summed) + total
        total = summed
        length += 1
        u = follow[u]
    return (total + lost) / length


@numba.njit(cache=True, nogil=True)
def copy_cycle(follow: IntArray, first: int, cycle: IntArray) -> int:
    """Write the cycle through ``first`` to ``cycle``; its length."""
    length = 0
    u = first
    while True:
        cycle[length] = u
        length += 1
        u = follow[u]
        if u == first:
            return length


@numba.njit(cache=True, nogil=True)
def find_policy_cycle(x: FloatArray, policy: IntArray, mark: IntArray, start: int, stop: int) -> tuple[int, float]:
    """A node on the best cycle of a policy, and that cycle's mean."""
    mark[start:stop] = -1
    root = start
    mean = -np.inf
    for first in range(start, stop):
        u = first
        while mark[u] < 0:
            mark[u] = first
            u = policy[u]
        if mark[u] == first:
            value = mean_along(x, policy, u)
            if value > mean:
                mean = value
                root = u
    return root, mean


@numba.njit(cache=True, nogil=True)
def lead_to(
    root: int,
    x: FloatArray,
    mean: float,
    policy: IntArray,
    potential: FloatArray,
    mark: IntArray,
    queue: IntArray,
    start: int,
    stop: int,
    back_offsets: IntArray,
    predecessors: IntArray,
) -> None:
    """Values relative to ``root``; nodes whose policy misses it are led there along other edges."""
    mark[start:stop] = 0
    potential[root] = 0.0
    mark[root] = 1
    queue[0] = root
    count = 1
    adopted = 0
    head = 0
    while head < count or count < stop - start:
        adopting = head == count
        if adopting:
            v = queue[adopted]
            adopted += 1
        else:
            v = queue[head]
            head += 1
        for e in range(back_offsets[v], back_offsets[v + 1]):
            u = predecessors[e]
            if mark[u] == 0 and (adopting or policy[u] == v):
                policy[u] = v
                mark[u] = 1
                potential[u] = (x[u] - mean) + potential[v]
                queue[count] = u
                count += 1


@numba.njit(cache=True, nogil=True)
def _improve(
    x: FloatArray,
    mean: float,
    step: float,
    policy: IntArray,
    potential: FloatArray,
    start: int,
    stop: int,
    loops: BoolArray,
    offsets: IntArray,
    successors: IntArray,
) -> tuple[bool, float, float]:
    """Switch to successors better by ``step``; (whether any was, largest violation, largest number met)."""
    changed = False
    worst = 0.0
    size = 0.0
    for u in range(start, stop):
        best = policy[u]
        if loops[u] and potential[u] > potential[best]:
            best = u
        for e in range(offsets[u], offsets[u + 1]):
            if potential[successors[e]] > potential[best]:
                best = successors[e]
        worst = max(worst, (x[u] - mean) + potential[best] - potential[u])
        size = max(size, abs(potential[u]) + abs(potential[best]) + abs(x[u] - mean))
        if potential[best] > potential[policy[u]] + step:
            policy[u] = best
            changed = True
    return changed, worst, size
