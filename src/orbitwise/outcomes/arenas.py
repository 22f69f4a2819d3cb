"""From a policy set to its arena: the part of the environment, with memory, in which exactly its policies play.

``avoid`` and ``always`` take choices away, ``take`` moves the start one step on, each ``enter`` condition doubles the
nodes (a node is a state together with what has been entered), ``end`` marks where the play may stay for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput
from orbitwise.outcomes.policies import PolicySet
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.end_components import find_end_components
from orbitwise.solvers.reachability import (
    find_almost_surely_reaching,
    find_reachable,
    find_surely_safe,
    restrict_to_nodes,
)
from orbitwise.typing import BoolArray, IntArray

__all__ = ["Field", "make_arena", "make_field", "start_arena"]


@dataclass(frozen=True, eq=False)
class Field:
    """What a policy set allows wherever it starts, as long as it has no ``always``: the graph without dead ends."""

    graph: ChoiceGraph
    labels: IntArray  # (n_choices,) each choice's action
    bits: IntArray  # (n_states,) memory bits that visiting each state sets
    safe: BoolArray  # (n_nodes,) nodes from which the play can keep to what is allowed


def make_arena(mdp: MDP, at: int, policies: PolicySet, *, where: str) -> Arena:
    """The arena of a policy set.

    **Guarantee:** exact; the arena's policies are those of the set.
    **Cost:** linear in the transitions, times 2 for each ``enter`` condition.

    Raises
    ------
    InvalidInput
        No policy meets the conditions; the message says which one fails.
    """
    return start_arena(make_field(mdp, at, policies), mdp, at, policies, where=where)


def make_field(mdp: MDP, at: int, policies: PolicySet) -> Field:
    """What a policy set allows; the state ``at`` matters only to ``always``."""
    graph, labels = _restrict(mdp, at, policies)
    bits = _entry_bits(mdp, policies)
    graph, labels = _with_memory(graph, labels, bits, 1 << len(policies.enter))
    safe = find_surely_safe(graph)
    graph, kept = restrict_to_nodes(graph, safe)
    return Field(graph, labels[kept], bits, safe)


def start_arena(field: Field, mdp: MDP, at: int, policies: PolicySet, *, where: str) -> Arena:
    """The arena of a policy set that starts in the state ``at`` of its field.

    Raises
    ------
    InvalidInput
        No policy meets the conditions; the message says which one fails.
    """
    if at in policies.avoid:
        raise InvalidInput(
            f"no policy avoids {mdp.states[at]!r}, where the question starts; the set is empty", where=where
        )
    initial_nodes, initial_exact = _initial(mdp, at, policies, field.bits, where=where)
    if not field.safe[initial_nodes].all():
        raise InvalidInput(f"no policy surely keeps to {policies.text!r} for ever; the set is empty", where=where)
    n_nodes = field.graph.n_nodes
    node_states = np.arange(n_nodes) % mdp.n_states
    arena = Arena(
        graph=field.graph,
        node_states=node_states,
        n_states=mdp.n_states,
        prefix=np.array([] if policies.take is None else [at], dtype=np.int64),
        initial_nodes=initial_nodes,
        initial_probabilities=np.array([float(p) for p in initial_exact]),
        initial_exact=initial_exact,
        end_nodes=None if policies.end is None else np.isin(node_states, sorted(policies.end)),
        node_memory=np.arange(n_nodes) // mdp.n_states,
        full_memory=(1 << len(policies.enter)) - 1,
        choice_labels=field.labels,
    )
    _check_not_empty(arena, policies, where=where)
    return arena


def _restrict(mdp: MDP, at: int, policies: PolicySet) -> tuple[ChoiceGraph, IntArray]:
    """The environment without forbidden choices, and each kept choice's action."""
    graph = mdp.graph
    if not policies.avoid and policies.always is None:
        return graph, mdp.choice_actions
    forbidden: BoolArray = np.zeros(mdp.n_states, dtype=np.bool_)
    forbidden[sorted(policies.avoid)] = True
    kept: BoolArray = ~np.logical_or.reduceat(forbidden[graph.successors], graph.entry_offsets[:-1])
    if policies.always is not None:
        kept[mdp.choices(at)] = False
        always = mdp.choice(at, policies.always)
        kept[always] = not forbidden[mdp.successors(always)].any()
    restricted, old = graph.keep_choices(kept)
    return restricted, mdp.choice_actions[old]


def _entry_bits(mdp: MDP, policies: PolicySet) -> IntArray:
    """Memory bits that visiting each state sets, shape (n_states,)."""
    bits = np.zeros(mdp.n_states, dtype=np.int64)
    for i, members in enumerate(policies.enter):
        bits[sorted(members)] |= 1 << i
    return bits


def _with_memory(graph: ChoiceGraph, labels: IntArray, bits: IntArray, n_memories: int) -> tuple[ChoiceGraph, IntArray]:
    """The graph on nodes memory * n_states + state."""
    if n_memories == 1:
        return graph, labels
    n = graph.n_nodes
    memories = range(n_memories)
    lengths = np.diff(graph.entry_offsets)
    product = ChoiceGraph(
        choice_offsets=np.concatenate(([0], np.cumsum(np.tile(np.diff(graph.choice_offsets), n_memories)))),
        entry_offsets=np.concatenate(([0], np.cumsum(np.tile(lengths, n_memories)))),
        successors=np.concatenate([graph.successors + n * (bits[graph.successors] | m) for m in memories]),
        probabilities=np.tile(graph.probabilities, n_memories),
        exact=None if graph.exact is None else np.tile(graph.exact, n_memories),
    )
    return product, np.tile(labels, n_memories)


def _initial(
    mdp: MDP, at: int, policies: PolicySet, bits: IntArray, *, where: str
) -> tuple[IntArray, tuple[Fraction, ...]]:
    """Initial nodes and their exact probabilities."""
    if policies.take is None:
        return np.array([at + mdp.n_states * bits[at]]), (Fraction(1),)
    choice = mdp.choice(at, policies.take, where=where)
    successors = mdp.successors(choice)
    entered = policies.avoid.intersection(successors.tolist())
    if entered or policies.always not in (None, policies.take):
        problem = f"enters {mdp.states[min(entered)]!r}" if entered else f"is not {policies.always!r}"
        raise InvalidInput(f"action {policies.take!r} {problem}, so no policy meets {policies.text!r}", where=where)
    start, stop = mdp.graph.entry_offsets[choice : choice + 2]
    exact = (Fraction(1),) if len(successors) == 1 else tuple(mdp.graph.exact_probabilities[start:stop])
    return successors + mdp.n_states * (bits[at] | bits[successors]), exact


def _check_not_empty(arena: Arena, policies: PolicySet, *, where: str) -> None:
    reached = find_reachable(arena.graph, arena.initial_nodes)
    for i in range(len(policies.enter)):
        if not (reached & (arena.node_memory >> i & 1).astype(bool)).any():
            raise InvalidInput(f"no policy can enter the states of {policies.text!r}; the set is empty", where=where)
    if arena.end_nodes is None:
        return
    inside, _ = restrict_to_nodes(arena.graph, arena.end_nodes)
    targets = find_end_components(inside).component >= 0
    reaching, _, _ = find_almost_surely_reaching(arena.graph, np.flatnonzero(targets))
    if not reaching[arena.initial_nodes].all():
        raise InvalidInput(f"no policy surely ends as {policies.text!r} says; the set is empty", where=where)
