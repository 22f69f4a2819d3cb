"""Maximal end components: where play can stay for ever, and the ranks that prove there is no other such place.

An end component is a set of nodes, with some of their choices, that no choice of them can leave and in which every node
can be reached from every other. What a policy meets infinitely often is almost surely an end component, so every state
that is recurrent under some policy lies in a maximal one.

To find those of several nodes, set aside the choices that surely return to their own node, which connect nothing. Then
remove nodes without choices, split what is left into strongly connected components, take away the choices that may
leave their component, and begin again with the components that lost something. Of the other nodes, those with a choice
set aside are components by themselves.

With every maximal component drawn together to one node, no part of what remains can hold a play for ever; so removing
nodes without choices, then choices that may lead to them, and so on, removes everything, and the rounds of removal are
ranks: every choice that does not stay in its component has a successor of smaller rank.

References
----------
de Alfaro, *Formal Verification of Probabilistic Systems* (1997), chapter 3; theorem T5 of the certificate format.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.reachability import find_removal_rounds, find_sure_loops
from orbitwise.typing import BoolArray, IntArray

__all__ = ["EndComponents", "find_end_components", "rank_components"]


@dataclass(frozen=True, eq=False)
class EndComponents:
    """The maximal end components of a graph, numbered by their smallest nodes.

    Parameters
    ----------
    component
        Shape (n_nodes,), the component of each node, -1 for nodes in none.
    internal
        Shape (n_choices,), whether all successors lie in the component of the choice's own node.
    n_components
        Number of components.
    """

    component: IntArray
    internal: BoolArray
    n_components: int


def find_end_components(graph: ChoiceGraph) -> EndComponents:
    """The maximal end components.

    A node with a choice that surely returns to it is an end component by itself if it is in no larger one.

    **Guarantee:** exact.
    **Cost:** linear in a deterministic graph; otherwise linear for each round, where a round works only on the
    components that lost a choice in the round before.

    Examples
    --------
    >>> ring = ChoiceGraph(np.arange(4), np.arange(4), np.array([1, 2, 1]), np.ones(3))
    >>> find_end_components(ring).component.tolist()
    [-1, 0, 0]
    """
    component = np.full(graph.n_nodes, -1, dtype=np.int64)
    loops = find_sure_loops(graph)
    work, names = _shrink(graph, ~loops)  # names: the node of ``graph`` that each node of ``work`` is
    n_found = 0
    while work.n_nodes > 0:
        n_labels, label = _strong_components(work)
        whole, stays = _settled(work, label, n_labels)
        final = whole[label]
        component[names[final]] = n_found + np.cumsum(whole)[label[final]] - 1
        n_found += int(whole.sum())
        work, kept = _shrink(work, stays & ~final[work.choice_nodes])
        names = names[kept]
    looping = np.zeros(graph.n_nodes, dtype=np.bool_)
    looping[graph.choice_nodes[loops]] = True
    alone = np.flatnonzero(looping & (component < 0))
    component[alone] = n_found + np.arange(len(alone))
    n_found += len(alone)
    component = _number_by_first(component, n_found)
    same = component[graph.successors] == component[graph.choice_nodes[graph.entry_choices]]
    internal = component[graph.choice_nodes] >= 0
    internal[graph.entry_choices[~same]] = False
    return EndComponents(component, internal, n_found)


def rank_components(graph: ChoiceGraph, components: EndComponents) -> IntArray:
    """Ranks that prove that every end component lies inside one of the maximal ones.

    **Guarantee:** every choice that is not internal to a component has a successor with a smaller rank than its node,
    and the nodes of one component have equal ranks.
    **Cost:** linear.

    Parameters
    ----------
    graph
        The graph.
    components
        ``find_end_components(graph)``.

    Returns
    -------
    Shape (n_nodes,), at least 0.
    """
    n_components = components.n_components
    transient = components.component < 0
    drawn = components.component.copy()  # each component becomes one node, each transient node stays itself
    drawn[transient] = n_components + np.arange(int(transient.sum()))
    leaving = ~components.internal
    new_index = np.cumsum(leaving) - 1
    entries = leaving[graph.entry_choices]
    rounds = find_removal_rounds(
        n_components + int(transient.sum()),
        drawn[graph.choice_nodes[leaving]],
        new_index[graph.entry_choices[entries]],
        drawn[graph.successors[entries]],
    )
    ranks: IntArray = rounds[drawn]
    return ranks


def _strong_components(graph: ChoiceGraph) -> tuple[int, IntArray]:
    offsets = graph.entry_offsets[graph.choice_offsets]
    links = csr_array(
        (np.ones(len(graph.successors), dtype=np.int8), graph.successors, offsets), shape=(graph.n_nodes, graph.n_nodes)
    )
    n_labels, label = connected_components(links, directed=True, connection="strong")
    return int(n_labels), label.astype(np.int64)


def _settled(graph: ChoiceGraph, label: IntArray, n_labels: int) -> tuple[BoolArray, BoolArray]:
    """Which strong components are end components as they stand, and which choices stay in their component.

    A component that only loses choices without a successor inside it stays strongly connected.
    """
    inside = label[graph.successors] == label[graph.choice_nodes[graph.entry_choices]]
    stays = np.ones(graph.n_choices, dtype=np.bool_)
    stays[graph.entry_choices[~inside]] = False  # a lone node keeps no choice: those that return to it were set aside
    whole = np.zeros(n_labels, dtype=np.bool_)
    whole[label[graph.choice_nodes[stays]]] = True
    torn = inside & ~stays[graph.entry_choices]
    whole[label[graph.successors[torn]]] = False
    return whole, stays


def _shrink(graph: ChoiceGraph, kept: BoolArray) -> tuple[ChoiceGraph, IntArray]:
    """The kept choices without the nodes that must leave them, renumbered, and the old index of each node."""
    entries = kept[graph.entry_choices]
    new_choice = np.cumsum(kept) - 1
    owners = graph.choice_nodes[kept]
    entry_choices, successors = new_choice[graph.entry_choices[entries]], graph.successors[entries]
    safe = find_removal_rounds(graph.n_nodes, owners, entry_choices, successors) < 0
    stays = safe[owners]
    stays[entry_choices[~safe[successors]]] = False
    entries_left = stays[entry_choices]
    new_node = np.cumsum(safe) - 1
    lengths = np.bincount(entry_choices, minlength=len(owners))[stays]
    counts = np.bincount(owners[stays], minlength=graph.n_nodes)[safe]
    shrunk = ChoiceGraph(
        choice_offsets=np.concatenate(([0], np.cumsum(counts))),
        entry_offsets=np.concatenate(([0], np.cumsum(lengths))),
        successors=new_node[successors[entries_left]],
        probabilities=graph.probabilities[entries][entries_left],
    )
    return shrunk, np.flatnonzero(safe)


def _number_by_first(component: IntArray, n_components: int) -> IntArray:
    """Components renumbered in the order of their smallest nodes."""
    members = np.flatnonzero(component >= 0)[::-1]
    first = np.empty(n_components, dtype=np.int64)
    first[component[members]] = members  # the smallest member is written last
    is_first = np.zeros(len(component), dtype=np.int64)
    is_first[first] = 1
    number = np.append(np.cumsum(is_first)[first] - 1, -1)  # the last entry serves nodes in no component
    return number[component]
