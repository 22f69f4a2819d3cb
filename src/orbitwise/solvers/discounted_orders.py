"""Orders in which in-place sweeps visit the nodes of a graph."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from orbitwise.typing import IntArray

__all__ = ["order_breadth_first", "order_crosswise"]

OffsetArray = npt.NDArray[np.int32]


@numba.njit(cache=True)
def order_breadth_first(
    choice_offsets: IntArray, entry_offsets: IntArray, successors: IntArray, first: IntArray
) -> IntArray:
    """The nodes that can be reached from the first ones, nearest first."""
    n_nodes = len(choice_offsets) - 1
    seen = np.zeros(n_nodes, dtype=np.bool_)
    order = np.empty(n_nodes, dtype=np.int64)
    n_seen = 0
    for u in first:
        if not seen[u]:
            seen[u] = True
            order[n_seen] = u
            n_seen += 1
    head = 0
    while head < n_seen:
        u = order[head]
        head += 1
        for k in range(entry_offsets[choice_offsets[u]], entry_offsets[choice_offsets[u + 1]]):
            v = successors[k]
            if not seen[v]:
                seen[v] = True
                order[n_seen] = v
                n_seen += 1
    return order[:n_seen].copy()


def order_crosswise(starts: OffsetArray, heads: OffsetArray) -> OffsetArray:
    """Breadth-first order from a node far from both ends of the first order, as one corner of a board is from two.

    Sweeps in the first order carry values along paths that lead away from the queries or back to them; those that lead
    around at equal distance advance by one step a sweep. This order takes such paths lengthwise. Where most steps have
    no way back there are few such paths, and the second order is the first.
    """
    n_nodes = len(starts) - 1
    arcs = np.repeat(np.arange(n_nodes), np.diff(starts)) * n_nodes + heads
    if 2 * np.isin(arcs % n_nodes * n_nodes + arcs // n_nodes, arcs).sum() < len(arcs):
        return np.arange(n_nodes, dtype=np.int32)
    from_first = _count_steps(starts, heads, 0)
    from_last = _count_steps(starts, heads, int(from_first.argmax()))
    corner = int(np.minimum(from_first, from_last).argmax())
    steps = _count_steps(starts, heads, corner)
    return np.argsort(np.where(steps < 0, len(steps), steps), kind="stable").astype(np.int32)


@numba.njit(cache=True)
def _count_steps(starts: OffsetArray, heads: OffsetArray, first: int) -> IntArray:
    """The distance of every node from one, -1 where it cannot be reached."""
    n_nodes = len(starts) - 1
    steps = np.full(n_nodes, -1, dtype=np.int64)
    steps[first] = 0
    queue = np.empty(n_nodes, dtype=np.int64)
    queue[0] = first
    count = 1
    head = 0
    while head < count:
        u = queue[head]
        head += 1
        for k in range(starts[u], starts[u + 1]):
            v = heads[k]
            if steps[v] < 0:
                steps[v] = steps[u] + 1
                queue[count] = v
                count += 1
    return steps
