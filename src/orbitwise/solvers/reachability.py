"""Who can reach what: surely, almost surely, possibly, and who can play on for ever.

All of it is done by breadth-first searches. Forwards along entries, a search finds what may be reached. Backwards, over
the choices that may lead to a node, it either *attracts* (a node joins when one of its choices leads on: the nodes that
may reach the targets) or *removes* (a choice is lost when one of its successors is gone, a node when its last choice is
lost: the nodes from which play must end). Almost sure reaching alternates the two: a node from which the targets cannot
be reached at all must be avoided, and what is left when nothing has to be avoided any more can reach them with
probability one, for at every node some choice comes closer with positive probability and none leaves.

References
----------
Baier and Katoen, *Principles of Model Checking* (2008), section 10.6.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.typing import BoolArray, IntArray

__all__ = [
    "Incoming",
    "find_almost_surely_reaching",
    "find_incoming",
    "find_reachable",
    "find_removal_rounds",
    "find_sure_loops",
    "find_surely_safe",
    "restrict_to_nodes",
]


@dataclass(frozen=True, eq=False)
class Incoming:
    """The choices that may lead to each node: ``choices[offsets[v]:offsets[v + 1]]``, in increasing order."""

    offsets: IntArray  # (n_nodes + 1,)
    choices: IntArray  # (n_entries,)


def find_reachable(graph: ChoiceGraph, initial_nodes: IntArray) -> BoolArray:
    """Nodes that some policy meets with positive probability, the initial nodes among them.

    **Guarantee:** exact.
    **Cost:** linear in the entries that are reached.

    Parameters
    ----------
    graph
        The graph.
    initial_nodes
        Node indices, shape (n_initial,).

    Returns
    -------
    Shape (n_nodes,).

    Examples
    --------
    >>> from orbitwise.solvers.choice_graph import ChoiceGraph
    >>> chain = ChoiceGraph(np.arange(4), np.arange(4), np.array([1, 2, 2]), np.ones(3))
    >>> find_reachable(chain, np.array([1])).tolist()
    [False, True, True]
    """
    reached: BoolArray = _search_forwards(graph.choice_offsets, graph.entry_offsets, graph.successors, initial_nodes)
    return reached


def find_surely_safe(graph: ChoiceGraph) -> BoolArray:
    """The largest set of nodes from which some policy surely plays on for ever.

    Nodes without choices are removed, with the choices that may lead to them, until none is left.

    **Guarantee:** exact.
    **Cost:** linear.

    Returns
    -------
    Shape (n_nodes,).
    """
    safe: BoolArray = find_removal_rounds(graph.n_nodes, graph.choice_nodes, graph.entry_choices, graph.successors) < 0
    return safe


def restrict_to_nodes(graph: ChoiceGraph, kept: BoolArray) -> tuple[ChoiceGraph, IntArray]:
    """The graph, on the same nodes, with the choices that start and surely stay in some nodes.

    Parameters
    ----------
    graph
        The graph.
    kept
        Shape (n_nodes,).

    Returns
    -------
    The restricted graph, and the old index of each of its choices.
    """
    stays = kept[graph.choice_nodes]
    stays[graph.entry_choices[~kept[graph.successors]]] = False
    return graph.keep_choices(stays)


def find_almost_surely_reaching(
    graph: ChoiceGraph, targets: IntArray, *, incoming: Incoming | None = None
) -> tuple[BoolArray, IntArray, IntArray]:
    """Nodes from which some policy reaches the targets with probability one, with such a policy.

    **Guarantee:** exact. Every node found, targets aside, has a choice whose successors are all found and of which one
    has a smaller rank; ranks are as small as the surviving choices allow, so the policy is the same on every run.
    **Cost:** linear for each round of removal; the rounds are few in practice, at most n_nodes.

    Parameters
    ----------
    graph
        The graph; nodes without choices are fine.
    targets
        Node indices, shape (n_targets,).
    incoming
        ``find_incoming(graph)``, to be reused for many sets of targets.

    Returns
    -------
    nodes
        Shape (n_nodes,).
    choice
        Shape (n_nodes,), the policy's choice; -1 at targets and at nodes not found.
    rank
        Shape (n_nodes,), 0 at targets, at least 1 at the other nodes found, -1 elsewhere.
    """
    into = find_incoming(graph) if incoming is None else incoming
    useless = find_sure_loops(graph)
    n_left = np.bincount(graph.choice_nodes[~useless], minlength=graph.n_nodes)
    choice, rank = _attract_and_remove(n_left, useless, graph.choice_nodes, into.offsets, into.choices, targets)
    return rank >= 0, choice, rank


def find_sure_loops(graph: ChoiceGraph) -> BoolArray:
    """Choices that surely return to their own node.

    **Guarantee:** exact.
    **Cost:** linear in the choices.

    Returns
    -------
    Shape (n_choices,).
    """
    loops: BoolArray = np.diff(graph.entry_offsets) == 1
    loops &= graph.successors[graph.entry_offsets[:-1]] == graph.choice_nodes
    return loops


def find_incoming(graph: ChoiceGraph) -> Incoming:
    """The choices that may lead to each node.

    **Guarantee:** exact.
    **Cost:** linear.
    """
    return Incoming(*_group_by_successor(graph.n_nodes, graph.entry_choices, graph.successors))


def find_removal_rounds(n_nodes: int, owners: IntArray, entry_choices: IntArray, successors: IntArray) -> IntArray:
    """When each node is removed, if nodes without choices go, then choices that may lead to them, and so on.

    **Guarantee:** exact. Each choice of a removed node has a successor removed in an earlier round.
    **Cost:** linear.

    Parameters
    ----------
    n_nodes
        Number of nodes.
    owners
        Shape (n_choices,), the node of each choice, in any order.
    entry_choices, successors
        Shape (n_entries,), the choice and the successor of each entry.

    Returns
    -------
    Shape (n_nodes,): 0 for nodes without choices, then 1, 2, ...; -1 for nodes that are never removed.
    """
    offsets, choices = _group_by_successor(n_nodes, entry_choices, successors)
    rounds: IntArray = _remove(np.bincount(owners, minlength=n_nodes), owners, offsets, choices)
    return rounds


@numba.njit(cache=True)
def _search_forwards(
    choice_offsets: IntArray, entry_offsets: IntArray, successors: IntArray, initial_nodes: IntArray
) -> BoolArray:
    n_nodes = len(choice_offsets) - 1
    reached = np.zeros(n_nodes, dtype=np.bool_)
    queue = np.empty(n_nodes, dtype=np.int64)
    length = 0
    for u in initial_nodes:
        if not reached[u]:
            reached[u] = True
            queue[length] = u
            length += 1
    head = 0
    while head < length:
        u = queue[head]
        head += 1
        for v in successors[entry_offsets[choice_offsets[u]] : entry_offsets[choice_offsets[u + 1]]]:
            if not reached[v]:
                reached[v] = True
                queue[length] = v
                length += 1
    return reached


@numba.njit(cache=True)
def _group_by_successor(n_nodes: int, entry_choices: IntArray, successors: IntArray) -> tuple[IntArray, IntArray]:
    offsets = np.zeros(n_nodes + 1, dtype=np.int64)
    for v in successors:
        offsets[v + 1] += 1
    for v in range(n_nodes):
        offsets[v + 1] += offsets[v]
    place = offsets[:-1].copy()
    choices = np.empty(len(successors), dtype=np.int64)
    for k in range(len(successors)):
        v = successors[k]
        choices[place[v]] = entry_choices[k]
        place[v] += 1
    return offsets, choices


@numba.njit(cache=True)
def _remove(n_choices: IntArray, owners: IntArray, offsets: IntArray, choices: IntArray) -> IntArray:
    """Rounds of removal; ``n_choices`` counts the choices each node has left and is used up."""
    n_nodes = len(n_choices)
    rounds = np.full(n_nodes, -1, dtype=np.int64)
    lost = np.zeros(len(owners), dtype=np.bool_)
    queue = np.empty(n_nodes, dtype=np.int64)
    length = 0
    for u in range(n_nodes):
        if n_choices[u] == 0:
            rounds[u] = 0
            queue[length] = u
            length += 1
    head = 0
    while head < length:
        v = queue[head]
        head += 1
        for c in choices[offsets[v] : offsets[v + 1]]:
            if lost[c]:
                continue
            lost[c] = True
            u = owners[c]
            n_choices[u] -= 1
            if n_choices[u] == 0:
                rounds[u] = rounds[v] + 1
                queue[length] = u
                length += 1
    return rounds


@numba.njit(cache=True)
def _attract_and_remove(
    n_left: IntArray, lost: BoolArray, owners: IntArray, offsets: IntArray, choices: IntArray, targets: IntArray
) -> tuple[IntArray, IntArray]:
    """Policy and ranks; ``n_left`` counts the choices of each node that are not ``lost``, and both are used up."""
    n_nodes = len(n_left)
    gone = np.zeros(n_nodes, dtype=np.bool_)
    queue = np.empty(n_nodes, dtype=np.int64)
    while True:
        choice, rank = _attract(owners, offsets, choices, lost, targets, queue)
        length = 0
        for u in range(n_nodes):
            if rank[u] < 0 and not gone[u]:
                gone[u] = True
                queue[length] = u
                length += 1
        if length == 0:
            return choice, rank
        head = 0
        while head < length:
            v = queue[head]
            head += 1
            for c in choices[offsets[v] : offsets[v + 1]]:
                if lost[c]:
                    continue
                lost[c] = True
                u = owners[c]
                n_left[u] -= 1
                if n_left[u] == 0 and rank[u] != 0 and not gone[u]:
                    gone[u] = True
                    queue[length] = u
                    length += 1


@numba.njit(cache=True)
def _attract(
    owners: IntArray, offsets: IntArray, choices: IntArray, lost: BoolArray, targets: IntArray, queue: IntArray
) -> tuple[IntArray, IntArray]:
    """First choice and length of a shortest way to the targets along choices not lost; -1 where there is none."""
    rank = np.full(len(queue), -1, dtype=np.int64)
    choice = np.full(len(queue), -1, dtype=np.int64)
    length = 0
    for t in targets:
        if rank[t] < 0:
            rank[t] = 0
            queue[length] = t
            length += 1
    head = 0
    while head < length:
        v = queue[head]
        head += 1
        for c in choices[offsets[v] : offsets[v + 1]]:
            u = owners[c]
            if rank[u] < 0 and not lost[c]:
                rank[u] = rank[v] + 1
                choice[u] = c
                queue[length] = u
                length += 1
    return choice, rank
