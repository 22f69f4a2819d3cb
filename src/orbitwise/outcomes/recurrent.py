"""Average reward: all recurrent state distributions of an arena, exactly.

The recurrent state distribution (RSD) of a policy is the limit of the normalized visit distribution as the discount
goes to 1 (OPTS 6.10): the mixture, by absorption probability, of the stationary laws of its recurrent classes. In a
deterministic arena the RSDs are the uniform laws on the simple cycles that can be reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from orbitwise.compute.linear import solve_linear
from orbitwise.errors import NotSupported
from orbitwise.outcomes.stationary import Chain, check_plays, iter_plays, recurrent_classes
from orbitwise.outcomes.vectors import Outcomes, SparseVector
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.reachability import find_reachable, restrict_to_nodes
from orbitwise.typing import BoolArray, IntArray

__all__ = ["list_recurrent_distributions", "meets_conditions"]

WORK_PER_CYCLE = 100  # edges gone through for each cycle that the limit allows; 2e6 edges take about 1.5 s
MIN_CYCLES = 10  # a component for which the work allows fewer is not begun


def list_recurrent_distributions(arena: Arena, *, limit: int = 20_000) -> Outcomes:
    """Every recurrent state distribution of the arena's policies.

    **Guarantee:** exact and complete.
    **Cost:** linear in its strongly connected component for each simple cycle (deterministic), an exact linear solve
    for each play (stochastic). Both are bounded: about five seconds at the default limit.

    Parameters
    ----------
    arena
        What the policies may do.
    limit
        The largest number of cycles to go through; a quarter of it for plays.

    Raises
    ------
    NotSupported
        There are more; the message says how many at least.
    """
    if arena.graph.is_deterministic and len(arena.initial_nodes) == 1:
        return Outcomes.of(_iter_cycles(arena, limit=limit), arena.n_states)
    check_plays(arena, limit=limit // 4)
    return Outcomes.of(_iter_mixtures(arena, limit=limit // 4), arena.n_states)


def _iter_cycles(arena: Arena, *, limit: int) -> Iterator[SparseVector]:
    """Uniform laws on the simple cycles, one strongly connected component after the other."""
    kept: BoolArray = find_reachable(arena.graph, arena.initial_nodes)
    kept = kept & (arena.node_memory == arena.full_memory)
    if arena.end_nodes is not None:
        kept = kept & arena.end_nodes
    inside, _ = restrict_to_nodes(arena.graph, kept)
    loops_here: BoolArray = np.zeros(inside.n_nodes, dtype=np.bool_)
    loops_here[inside.choice_nodes[inside.choice_nodes == inside.successors]] = True
    loops = np.flatnonzero(loops_here)
    work = limit * WORK_PER_CYCLE - WORK_PER_CYCLE * len(loops)
    if work < 0:
        raise NotSupported(f"at least {len(loops):,} simple cycles; up to {limit:,} are listed")
    for node in loops.tolist():
        yield {int(arena.node_states[node]): Fraction(1)}
    for edges in _components(inside):
        for cycle in _component_cycles(edges, kept=int(kept.sum()), work=work):
            work -= len(edges)
            yield dict.fromkeys(arena.node_states[np.array(cycle)].tolist(), Fraction(1, len(cycle)))


def _components(graph: ChoiceGraph) -> Iterator[IntArray]:
    """The edges, shape (n_edges, 2), of each strongly connected component of two or more nodes."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    sources, targets = graph.choice_nodes, graph.successors
    adjacency = csr_array((np.ones(len(targets)), (sources, targets)), shape=(graph.n_nodes, graph.n_nodes))
    _, label = connected_components(adjacency, connection="strong")
    inner = (label[sources] == label[targets]) & (sources != targets)
    edges = np.unique(np.column_stack((label[sources[inner]], sources[inner], targets[inner])), axis=0)
    starts = np.flatnonzero(np.diff(edges[:, 0], prepend=-1))
    yield from (part[:, 1:] for part in np.split(edges, starts[1:]) if len(part))


def _component_cycles(edges: IntArray, *, kept: int, work: int) -> Iterator[list[int]]:
    """Simple cycles of one component; each costs about its edges, and the work is bounded."""
    import networkx

    most = work // len(edges)
    refusal = NotSupported(f"more than {most:,} simple cycles of several nodes on {kept:,} nodes; no more are listed")
    if most < MIN_CYCLES:
        raise refusal
    for count, cycle in enumerate(networkx.simple_cycles(networkx.DiGraph(edges.tolist()))):
        if count >= most:
            raise refusal
        yield cycle


def _iter_mixtures(arena: Arena, *, limit: int) -> Iterator[SparseVector]:
    for chain in iter_plays(arena, limit=limit):
        classes = recurrent_classes(chain)
        if meets_conditions(arena, chain, classes):
            yield _recurrent_distribution(arena, chain, classes)


def meets_conditions(arena: Arena, chain: Chain, classes: list[list[int]]) -> bool:
    """Whether a play enters all that it must enter and ends where it must end."""
    entered = 0
    for node in chain:
        entered |= int(arena.node_memory[node])
    ends = arena.end_nodes is None or all(bool(arena.end_nodes[node]) for members in classes for node in members)
    return entered == arena.full_memory and ends


def _recurrent_distribution(arena: Arena, chain: Chain, classes: list[list[int]]) -> SparseVector:
    absorbed = _absorption(arena, chain, classes)
    distribution: dict[int, Fraction] = {}
    for members, mass in zip(classes, absorbed, strict=True):
        for node, share in zip(members, _stationary_law(chain, members), strict=True):
            state = int(arena.node_states[node])
            distribution[state] = distribution.get(state, Fraction(0)) + mass * share
    return distribution


def _absorption(arena: Arena, chain: Chain, classes: list[list[int]]) -> list[Fraction]:
    """Probability of ending in each recurrent class, by the expected visits to the transient nodes."""
    owner = {node: k for k, members in enumerate(classes) for node in members}
    transient = [node for node in chain if node not in owner]
    place = {node: i for i, node in enumerate(transient)}
    absorbed = [Fraction(0)] * len(classes)
    inflow = [Fraction(0)] * len(transient)
    for node, mass in zip(arena.initial_nodes.tolist(), arena.initial_exact, strict=True):
        if node in owner:
            absorbed[owner[node]] += mass
        else:
            inflow[place[node]] += mass
    rows: list[dict[int, Fraction]] = [{i: Fraction(1)} for i in range(len(transient))]
    for node in transient:
        for successor, p in chain[node]:
            if successor in place:
                row = rows[place[successor]]
                row[place[node]] = row.get(place[node], Fraction(0)) - p
    for node, visits in zip(transient, solve_linear(rows, inflow), strict=True):
        for successor, p in chain[node]:
            if successor in owner:
                absorbed[owner[successor]] += visits * p
    return absorbed


def _stationary_law(chain: Chain, members: list[int]) -> list[Fraction]:
    """Stationary law of one recurrent class: x P = x with the last equation replaced by sum x = 1."""
    n = len(members)
    place = {node: i for i, node in enumerate(members)}
    rows: list[dict[int, Fraction]] = [{i: Fraction(-1)} for i in range(n)]
    for node in members:
        for successor, p in chain[node]:
            row = rows[place[successor]]
            row[place[node]] = row.get(place[node], Fraction(0)) + p
    rows[-1] = {i: Fraction(1) for i in range(n)}
    return solve_linear(rows, [Fraction(0)] * (n - 1) + [Fraction(1)])
