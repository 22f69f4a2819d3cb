"""Paths that no chance can disturb: a tree of sure choices from one root to targets.

A breadth-first search along the choices with exactly one successor, cut back to what leads to a target. In a
deterministic environment that is every way to reach anything, in space linear in the nodes for all targets together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.typing import BoolArray, IntArray

__all__ = ["SureTree", "find_sure_tree"]


@dataclass(frozen=True, eq=False)
class SureTree:
    """Shortest paths along sure choices from one root, in breadth-first order."""

    nodes: IntArray  # (n_tree,) the root first
    parents: IntArray  # (n_tree,) position of the parent in ``nodes``, -1 for the root
    choices: IntArray  # (n_tree,) the sure choice at the parent, -1 for the root


def find_sure_tree(graph: ChoiceGraph, root: int, targets: IntArray) -> SureTree:
    """Shortest paths from a root to targets by sure choices, those with one successor.

    **Guarantee:** exact. A target is in the tree when sure choices lead to it; every other node leads on to a target.
    **Cost:** linear.

    Parameters
    ----------
    graph
        The graph.
    root
        The node where all paths start.
    targets
        Node indices, shape (n_targets,).
    """
    nodes, parents, choices = _grow_tree(graph.choice_offsets, graph.entry_offsets, graph.successors, root)
    wanted = np.zeros(graph.n_nodes, dtype=np.bool_)
    wanted[targets] = True
    kept = _mark_paths(parents, wanted[nodes])
    place = np.append(np.cumsum(kept) - 1, -1)  # the last entry serves the root, whose parent is -1
    return SureTree(nodes[kept], place[parents[kept]], choices[kept])


@numba.njit(cache=True)
def _grow_tree(
    choice_offsets: IntArray, entry_offsets: IntArray, successors: IntArray, root: int
) -> tuple[IntArray, IntArray, IntArray]:
    n_nodes = len(choice_offsets) - 1
    seen = np.zeros(n_nodes, dtype=np.bool_)
    nodes = np.empty(n_nodes, dtype=np.int64)
    parents = np.empty(n_nodes, dtype=np.int64)
    steps = np.empty(n_nodes, dtype=np.int64)
    seen[root] = True
    nodes[0] = root
    parents[0] = -1
    steps[0] = -1
    length = 1
    head = 0
    while head < length:
        u = nodes[head]
        for c in range(choice_offsets[u], choice_offsets[u + 1]):
            if entry_offsets[c + 1] - entry_offsets[c] != 1:
                continue
            v = successors[entry_offsets[c]]
            if not seen[v]:
                seen[v] = True
                nodes[length] = v
                parents[length] = head
                steps[length] = c
                length += 1
        head += 1
    return nodes[:length].copy(), parents[:length].copy(), steps[:length].copy()


@numba.njit(cache=True)
def _mark_paths(parents: IntArray, wanted: BoolArray) -> BoolArray:
    """The wanted positions of a tree, all positions on the way to them, and the root."""
    marked = wanted.copy()
    marked[0] = True
    for k in range(len(parents) - 1, 0, -1):
        if marked[k]:
            marked[parents[k]] = True
    return marked
