"""Orders in which in-place sweeps visit the nodes of a graph."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from orbitwise.typing import IntArray

__all__ = ["order_breadth_first", "order_crosswise", "order_from_corner"]

IndexArray = npt.NDArray[np.signedinteger]
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


def order_from_corner(starts: IntArray, heads: IntArray, nodes: IntArray) -> IntArray:
    """Nodes of a deterministic graph, nearest first to one of them that is far from the first.

    Sweeps carry values along paths that lead away from where the order begins or back to it; those that lead around at
    equal distance advance by one step a sweep. Seen from a corner of a board few paths lead around. Where most steps
    have no way back there are few such paths from anywhere, and the order stays as it is.
    """
    if not _leads_back(starts, heads):
        return nodes
    corner = nodes[_count_steps(starts, heads, nodes[0])[nodes].argmax()]
    return nodes[_nearest_first(_count_steps(starts, heads, corner)[nodes])]


def order_crosswise(starts: OffsetArray, heads: OffsetArray) -> OffsetArray:
    """Breadth-first order from a node far from both ends of the first order, as one corner of a board is from two.

    It takes those paths lengthwise that lead around where the first order begins. Where most steps have no way back,
    the second order is the first.
    """
    if not _leads_back(starts, heads):
        return np.arange(len(starts) - 1, dtype=np.int32)
    from_first = _count_steps(starts, heads, 0)
    nearest = np.minimum(from_first, _count_steps(starts, heads, int(from_first.argmax())))
    between = nearest == nearest.max()  # of a board: its other diagonal
    from_between = _count_steps(starts, heads, int(between.argmax()))
    corner = int(np.where(between, from_between, -1).argmax())
    return _nearest_first(_count_steps(starts, heads, corner)).astype(np.int32)


def _leads_back(starts: IndexArray, heads: IndexArray) -> bool:
    """Whether at least half of the steps have a way back."""
    n_nodes = len(starts) - 1
    tails = np.repeat(np.arange(n_nodes), np.diff(starts))
    return bool(2 * np.isin(heads * n_nodes + tails, tails * n_nodes + heads).sum() >= len(heads))


def _nearest_first(steps: IntArray) -> IntArray:
    return np.argsort(np.where(steps < 0, np.iinfo(steps.dtype).max, steps), kind="stable")


@numba.njit(cache=True)
def _count_steps(starts: IndexArray, heads: IndexArray, first: int) -> IntArray:
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
