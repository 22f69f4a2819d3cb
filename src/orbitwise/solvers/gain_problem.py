"""From an arena to its long-run skeleton: where a play can stay for ever, and how it gets there.

Almost surely a play ends in an end component: a set of nodes that some choices keep it in, each node within reach of
every other. All that average reward needs of an arena is the gain of each component inside ``end_nodes`` and the
quotient in which every maximal end component is one node: there a policy either stays (and earns a component's gain) or
moves on, no policy can dally for ever, and the best average is the best expected gain at absorption (de Alfaro 1997).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.cycles import CycleGraph, make_cycle_graph
from orbitwise.solvers.end_components import find_end_components
from orbitwise.solvers.reachability import find_almost_surely_reaching, find_reachable, restrict_to_nodes
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["CyclePart", "Flow", "GainProblem", "MixedPart", "Quotient", "as_flow", "prepare_gain"]


class Flow(NamedTuple):
    """The arrays of a choice graph, as compiled code takes them."""

    choice_offsets: IntArray  # (n_nodes + 1,)
    entry_offsets: IntArray  # (n_choices + 1,)
    successors: IntArray  # (n_entries,)
    probabilities: FloatArray  # (n_entries,)


@dataclass(frozen=True, eq=False)
class MixedPart:
    """An end component with a random transition: the choices that keep the play inside, on nodes of its own."""

    states: IntArray  # (n_nodes,) the reward coordinate of each node
    graph: ChoiceGraph  # probabilities are the exact ones, rounded once
    stays: int  # the quotient node that contains it


@dataclass(frozen=True, eq=False)
class CyclePart:
    """Deterministic end components that one quotient node, or one set of initial nodes, chooses the best cycle of."""

    cycles: CycleGraph
    stays: int


@dataclass(frozen=True, eq=False)
class Quotient:
    """What remains of the arena when every maximal end component is one node."""

    graph: ChoiceGraph  # choices that leave their node with positive probability
    initial: FloatArray  # (n_nodes,)
    initial_exact: tuple[tuple[int, Fraction], ...]  # (node, probability), for the initial nodes
    may_stay: BoolArray  # (n_nodes,) whether some part stays there


@dataclass(frozen=True, eq=False)
class GainProblem:
    """The long-run skeleton of an arena.

    When every choice of the quotient is deterministic, each initial node simply takes the best part that it can reach:
    then ``quotient`` has one node per initial node and no choices.
    """

    parts: tuple[CyclePart | MixedPart, ...]
    quotient: Quotient
    n_states: int

    @property
    def is_deterministic(self) -> bool:
        """Whether the gain is a maximum cycle mean (from every initial node)."""
        return self.quotient.graph.n_choices == 0 and all(isinstance(part, CyclePart) for part in self.parts)


def prepare_gain(arena: Arena) -> GainProblem:
    """The long-run skeleton of an arena, for use with many batches of rewards.

    **Guarantee:** exact; only the graph and exact probabilities are used.
    **Cost:** linear in the transitions times the few rounds that end components need.

    Raises
    ------
    InvalidInput
        No policy of the arena surely ends in its ``end_nodes``.
    NotSupported
        The arena must enter states and is random, so that a best policy need not exist among those that do.
    """
    graph, component, internal = _restrict(arena)
    labels = _quotient_labels(graph)
    quotient = _make_quotient(arena, graph, labels)
    mixed = [
        _make_mixed(arena.node_states, graph, np.flatnonzero(component == c), internal, labels)
        for c in np.flatnonzero(_mixed_components(graph, component, internal)[:-1])
    ]
    if quotient.graph.is_deterministic:
        parts, quotient = _spread_over_starts(arena.node_states, graph, component, internal, labels, mixed, quotient)
        return GainProblem(parts, quotient, arena.n_states)
    parts = (*_make_cycle_parts(arena.node_states, graph, component, internal, labels), *mixed)
    quotient.may_stay[[part.stays for part in parts]] = True
    return GainProblem(parts, quotient, arena.n_states)


def as_flow(graph: ChoiceGraph) -> Flow:
    """The arrays of a choice graph."""
    return Flow(graph.choice_offsets, graph.entry_offsets, graph.successors, graph.probabilities)


def _restrict(arena: Arena) -> tuple[ChoiceGraph, IntArray, BoolArray]:
    """The part of the arena that can be reached and from which play surely ends where it may, with its components."""
    graph = arena.graph
    inside = _end_nodes(arena)
    if inside is None:
        graph, _ = restrict_to_nodes(graph, find_reachable(graph, arena.initial_nodes))
        found = find_end_components(graph)
        return graph, found.component, found.internal
    staying, _ = restrict_to_nodes(graph, inside & find_reachable(graph, arena.initial_nodes))
    targets = np.flatnonzero(find_end_components(staying).component >= 0)
    winning = find_almost_surely_reaching(graph, targets)[0]
    if not winning[arena.initial_nodes].all():
        raise InvalidInput(
            "expected a policy that surely ends in the given nodes, found none from the initial nodes; "
            "widen the set of nodes in which the play may end",
            where="arena",
        )
    graph, _ = restrict_to_nodes(graph, winning)
    graph, _ = restrict_to_nodes(graph, find_reachable(graph, arena.initial_nodes))
    staying, kept = restrict_to_nodes(graph, inside)
    found = find_end_components(staying)
    internal = np.zeros(graph.n_choices, dtype=np.bool_)
    internal[kept[found.internal]] = True
    return graph, found.component, internal


def _end_nodes(arena: Arena) -> BoolArray | None:
    """The nodes in which the play may end: those given, and only those that remember all that had to be entered."""
    full: BoolArray = (arena.node_memory & arena.full_memory) == arena.full_memory
    if full[arena.initial_nodes].all():
        return arena.end_nodes
    if len(arena.initial_nodes) > 1 or not arena.graph.is_deterministic:
        raise NotSupported(
            "expected a deterministic environment for the average reward of policies that must enter states, found "
            "random transitions; use a discount, or drop the condition",
            where="arena",
        )
    return full if arena.end_nodes is None else full & arena.end_nodes


def _quotient_labels(graph: ChoiceGraph) -> IntArray:
    """The quotient node of each node: one per maximal end component, one per other node with choices, else -1."""
    component = find_end_components(graph).component
    n_components = int(component.max(initial=-1)) + 1
    alone = (component < 0) & (np.diff(graph.choice_offsets) > 0)
    labels = component.copy()
    labels[alone] = n_components + np.arange(int(alone.sum()))
    return labels


def _make_quotient(arena: Arena, graph: ChoiceGraph, labels: IntArray) -> Quotient:
    """The graph on labels, without the choices that surely stay in their label."""
    n_labels = int(labels.max()) + 1
    owner = labels[graph.choice_nodes]
    leaves = np.zeros(graph.n_choices, dtype=np.bool_)
    leaves[graph.entry_choices[labels[graph.successors] != owner[graph.entry_choices]]] = True
    moving, _ = graph.keep_choices(leaves)
    order = np.argsort(labels[moving.choice_nodes], kind="stable")
    exact = None if moving.is_deterministic else moving.exact_probabilities
    offsets = [0]
    successors: list[int] = []
    probabilities: list[Fraction] = []
    for choice in order.tolist():
        start, stop = moving.entry_offsets[choice : choice + 2].tolist()
        row: dict[int, Fraction] = {}
        for e in range(start, stop):
            head = int(labels[moving.successors[e]])
            row[head] = row.get(head, Fraction(0)) + (Fraction(1) if exact is None else exact[e])
        successors.extend(row)
        probabilities.extend(row.values())
        offsets.append(len(successors))
    counts = np.bincount(labels[moving.choice_nodes], minlength=n_labels)
    start_exact: dict[int, Fraction] = {}
    for node, probability in zip(labels[arena.initial_nodes].tolist(), arena.initial_exact, strict=True):
        start_exact[node] = start_exact.get(node, Fraction(0)) + probability
    initial = np.zeros(n_labels)
    initial[list(start_exact)] = [float(p) for p in start_exact.values()]
    return Quotient(
        graph=ChoiceGraph(
            choice_offsets=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
            entry_offsets=np.array(offsets, dtype=np.int64),
            successors=np.array(successors, dtype=np.int64),
            probabilities=np.array([float(p) for p in probabilities]),
            exact=np.array(probabilities, dtype=object),
        ),
        initial=initial,
        initial_exact=tuple(start_exact.items()),
        may_stay=np.zeros(n_labels, dtype=np.bool_),
    )


def _make_cycle_parts(
    states: IntArray, graph: ChoiceGraph, component: IntArray, internal: BoolArray, groups: IntArray
) -> list[CyclePart]:
    """The deterministic components of each group of nodes (-1: none), as one part that stays in the group's node."""
    members = np.flatnonzero(
        (groups >= 0) & (component >= 0) & ~_mixed_components(graph, component, internal)[component]
    )
    members = members[np.argsort(groups[members], kind="stable")]
    new = np.full(graph.n_nodes, -1, dtype=np.int64)
    new[members] = np.arange(len(members))
    entries = np.flatnonzero(internal[graph.entry_choices])
    tails, heads = new[graph.choice_nodes[graph.entry_choices[entries]]], new[graph.successors[entries]]
    order = np.argsort(tails, kind="stable")
    tails, heads = tails[order], heads[order]
    bounds = np.flatnonzero(np.diff(groups[members], prepend=-1, append=-1))
    parts = []
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        first, last = np.searchsorted(tails, [start, stop])
        own = members[start:stop]
        cycles = make_cycle_graph(states[own], component[own], tails[first:last] - start, heads[first:last] - start)
        parts.append(CyclePart(cycles, int(groups[own[0]])))
    return parts


def _mixed_components(graph: ChoiceGraph, component: IntArray, internal: BoolArray) -> BoolArray:
    """Whether each component keeps a choice with several successors; one more entry, False, for component -1."""
    mixed = np.zeros(int(component.max(initial=-1)) + 2, dtype=np.bool_)
    several = internal & (np.diff(graph.entry_offsets) > 1)
    mixed[component[graph.choice_nodes[several]]] = True
    mixed[-1] = False
    return mixed


def _make_mixed(
    states: IntArray, graph: ChoiceGraph, nodes: IntArray, internal: BoolArray, labels: IntArray
) -> MixedPart:
    """The component on ``nodes`` as a graph of its own."""
    new = np.full(graph.n_nodes, -1, dtype=np.int64)
    new[nodes] = np.arange(len(nodes))
    kept, _ = graph.keep_choices(internal & (new[graph.choice_nodes] >= 0))
    exact = kept.exact_probabilities
    return MixedPart(
        states=states[nodes],
        graph=ChoiceGraph(
            choice_offsets=np.concatenate(([0], kept.choice_offsets[nodes + 1])),
            entry_offsets=kept.entry_offsets,
            successors=new[kept.successors],
            probabilities=np.array([float(p) for p in exact]),
            exact=exact,
        ),
        stays=int(labels[nodes[0]]),
    )


def _spread_over_starts(
    states: IntArray,
    graph: ChoiceGraph,
    component: IntArray,
    internal: BoolArray,
    labels: IntArray,
    mixed: list[MixedPart],
    quotient: Quotient,
) -> tuple[tuple[CyclePart | MixedPart, ...], Quotient]:
    """For a deterministic quotient: to each initial node the parts it can reach, its cycles merged into one part."""
    parts: list[CyclePart | MixedPart] = []
    for k, (label, _) in enumerate(quotient.initial_exact):
        reached = find_reachable(quotient.graph, np.array([label]))
        groups = np.where((labels >= 0) & reached[labels], k, -1)
        parts.extend(_make_cycle_parts(states, graph, component, internal, groups))
        parts.extend(MixedPart(part.states, part.graph, k) for part in mixed if reached[part.stays])
    n_starts = len(quotient.initial_exact)
    empty = ChoiceGraph(
        choice_offsets=np.zeros(n_starts + 1, dtype=np.int64),
        entry_offsets=np.zeros(1, dtype=np.int64),
        successors=np.zeros(0, dtype=np.int64),
        probabilities=np.zeros(0),
    )
    exact = tuple((k, probability) for k, (_, probability) in enumerate(quotient.initial_exact))
    initial = np.array([float(probability) for _, probability in exact])
    return tuple(parts), Quotient(empty, initial, exact, np.ones(n_starts, dtype=np.bool_))
