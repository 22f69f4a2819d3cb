"""What does not depend on the reward: the nodes that matter, in the order in which they are swept, as flat arrays.

Only the nodes that can be reached from the queried ones matter. They are numbered in breadth-first order from the
queries, or from a corner far from them, so that sweeps back and forth carry values along the graph. A value solves
V(u) = r(u) + g max_c sum_j p_cj V(j); for the sweeps the self-loop of a choice is removed in closed form,

    r(u) + g (p V(u) + sum_{j != u} p_j V(j)) <= V(u)   iff   [r(u) + g sum_{j != u} p_j V(j)] / (1 - g p) <= V(u),

so that staying somewhere for ever costs one step instead of thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from orbitwise.compute.exact import parse_fraction
from orbitwise.errors import InvalidInput
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted_elimination import NO_ELIMINATION, Elimination, plan_elimination
from orbitwise.solvers.discounted_orders import order_breadth_first, order_crosswise, order_from_corner
from orbitwise.solvers.lanes import LANES
from orbitwise.typing import FloatArray, IntArray

__all__ = ["RESERVE", "Backups", "DiscountedPlan", "Model", "Sweeps", "parse_discount", "plan_discounted"]

OffsetArray = npt.NDArray[np.int32]

RESERVE = 12  # roundings of one backup besides those of its weighted sum, with room to spare
MOST_ELIMINATED_NODES = 600  # the symbolic elimination takes a quarter of a second there
MOST_UPDATES_PER_ENTRY = 200  # beyond this fill, sweeps are cheaper


class Backups(NamedTuple):
    """The optimality equation as it stands; choices of a deterministic graph are deduplicated."""

    choice_starts: OffsetArray  # (n_nodes + 1,)
    entry_starts: OffsetArray  # (n_choices + 1,)
    rows: OffsetArray  # (n_entries,) LANES times the successor
    probabilities: FloatArray  # (n_entries,)


class Sweeps(NamedTuple):
    """The optimality equation without self-loops, and who must be looked at again when a node changes."""

    choice_starts: OffsetArray  # (n_nodes + 1,); deterministic: one choice per distinct successor other than the node
    entry_starts: OffsetArray  # (n_choices + 1,)
    rows: OffsetArray  # (n_entries,) LANES times the successor, never the node itself
    weights: FloatArray  # (n_entries,) g p / (1 - g p_self)
    gains: FloatArray  # (n_choices,) 1 / (1 - g p_self)
    stays: npt.NDArray[np.uint8]  # (n_nodes,) 1 where some choice surely stays
    pairs: OffsetArray  # (n_pairs, 2) rows of nodes that lead to each other, where the first cannot stay
    crosswise: OffsetArray  # (n_nodes,) a second order of the nodes (deterministic: else empty)
    user_starts: OffsetArray  # (n_nodes + 1,)
    users: OffsetArray  # the nodes whose value depends on a node


class Model(NamedTuple):
    """A plan as the kernels take it."""

    states: OffsetArray
    queries: OffsetArray
    backups: Backups
    singles: npt.NDArray[np.float32]  # (n_entries,) the probabilities in single precision
    sweeps: Sweeps
    elimination: Elimination
    deterministic: bool
    discount: float
    roundings: int  # of one backup


@dataclass(frozen=True, eq=False)
class DiscountedPlan:
    """One graph, discount and set of queries, ready for any number of rewards."""

    graph: ChoiceGraph
    node_states: IntArray  # (graph.n_nodes,)
    discount: Fraction
    order: IntArray  # (n_nodes,) the graph's node behind each planned node
    states: OffsetArray  # (n_nodes,) the reward coordinate of each planned node
    queries: OffsetArray  # (n_queries,) planned nodes
    backups: Backups
    sweeps: Sweeps
    entries: IntArray  # (n_entries,) the graph's entry behind each planned entry; deterministic: empty
    is_deterministic: bool
    widest: int  # entries of the longest choice, whose weighted sum has that many roundings

    @property
    def n_nodes(self) -> int:
        """Number of nodes that matter."""
        return len(self.order)

    @cached_property
    def model(self) -> Model:
        """The arrays alone, for compiled code."""
        return Model(
            states=self.states,
            queries=self.queries,
            backups=self.backups,
            singles=self.backups.probabilities.astype(np.float32),
            sweeps=self.sweeps,
            elimination=self.elimination,
            deterministic=self.is_deterministic,
            discount=float(self.discount),
            roundings=RESERVE + self.widest,
        )

    @cached_property
    def local_graph(self) -> ChoiceGraph:
        """The planned nodes alone, as a graph; exact probabilities are kept."""
        return ChoiceGraph(
            choice_offsets=self.backups.choice_starts.astype(np.int64),
            entry_offsets=self.backups.entry_starts.astype(np.int64),
            successors=(self.backups.rows // LANES).astype(np.int64),
            probabilities=self.backups.probabilities,
            exact=None if self.is_deterministic else self.graph.exact_probabilities[self.entries],
        )

    @cached_property
    def elimination(self) -> Elimination:
        """The elimination that policy iteration shares, without any node where it would not pay."""
        n_nodes, backups = self.n_nodes, self.backups
        if self.is_deterministic or n_nodes > MOST_ELIMINATED_NODES:
            return NO_ELIMINATION
        owner = np.repeat(np.arange(n_nodes), np.diff(backups.choice_starts))
        sources = owner[np.repeat(np.arange(len(owner)), np.diff(backups.entry_starts))].tolist()
        limit = MOST_UPDATES_PER_ENTRY * len(backups.rows)
        found = plan_elimination(n_nodes, sources, (backups.rows // LANES).tolist(), max_updates=limit)
        return NO_ELIMINATION if found is None else found


def parse_discount(discount: float | Fraction) -> Fraction:
    """The discount as the fraction that a user means (0.9 is 9/10).

    Raises
    ------
    InvalidInput
        It is not in [0, 1).
    """
    exact = parse_fraction(discount, where="discount")
    if not 0 <= exact < 1 or float(exact) >= 1:
        raise InvalidInput(
            f"expected a discount of at least 0 and below 1, found {discount}; for no discounting ask for the average",
            where="discount",
        )
    return exact


def plan_discounted(
    graph: ChoiceGraph, node_states: IntArray, discount: float | Fraction, *, nodes: IntArray | None = None
) -> DiscountedPlan:
    """Prepare a graph for the discounted solver.

    **Guarantee:** the planned nodes are exactly those reachable from the queried ones.
    **Cost:** linear in the entries, plus one exact reading of the probabilities.

    Parameters
    ----------
    graph
        The choices; every reachable node has at least one.
    node_states
        Shape (n_nodes,), the reward coordinate of each node.
    discount
        In [0, 1), dimensionless.
    nodes
        Shape (n_queries,), the nodes whose values are wanted; None: all. If no other nodes matter, they are planned in
        the order given.

    Raises
    ------
    InvalidInput
        A queried node does not exist, a reachable node has no choice, or the discount is outside [0, 1).
    """
    exact_discount = parse_discount(discount)
    queried = np.arange(graph.n_nodes) if nodes is None else np.asarray(nodes, dtype=np.int64).reshape(-1)
    if len(queried) == 0 or queried.min() < 0 or queried.max() >= graph.n_nodes:
        raise InvalidInput(f"expected nodes between 0 and {graph.n_nodes - 1}, found {queried[:5]}", where="nodes")
    choice_offsets, entry_offsets = graph.choice_offsets.astype(np.int64), graph.entry_offsets.astype(np.int64)
    successors = graph.successors.astype(np.int64)
    order = order_breadth_first(choice_offsets, entry_offsets, successors, queried)
    dead = np.flatnonzero(np.diff(choice_offsets)[order] == 0)
    if len(dead):
        raise InvalidInput(
            f"expected a choice at every reachable node, found none at node {order[dead[0]]}; remove dead ends first",
            where="graph",
        )
    if graph.is_deterministic and len(order) > len(np.unique(queried)):
        order = order_from_corner(choice_offsets, successors, order)
    new_index = np.full(graph.n_nodes, -1, dtype=np.int64)
    new_index[order] = np.arange(len(order))
    backups, entries = _select_backups(graph, order, new_index)
    return DiscountedPlan(
        graph=graph,
        node_states=node_states,
        discount=exact_discount,
        order=order,
        states=node_states[order].astype(np.int32),
        queries=new_index[queried].astype(np.int32),
        backups=backups,
        sweeps=_remove_self_loops(backups, float(exact_discount), graph.is_deterministic),
        entries=entries,
        is_deterministic=graph.is_deterministic,
        widest=int(np.diff(backups.entry_starts).max()),
    )


def _ranges(starts: IntArray, lengths: IntArray) -> IntArray:
    """The integers of all half-open ranges, one after the other."""
    before = np.cumsum(lengths) - lengths
    shifts: IntArray = np.repeat(starts - before, lengths)
    return np.arange(len(shifts)) + shifts


def _offsets(counts: IntArray) -> OffsetArray:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)


def _select_backups(graph: ChoiceGraph, order: IntArray, new_index: IntArray) -> tuple[Backups, IntArray]:
    n_choices = np.diff(graph.choice_offsets)[order]
    choices = _ranges(graph.choice_offsets[:-1][order], n_choices)
    lengths = np.diff(graph.entry_offsets)[choices]
    entries = _ranges(graph.entry_offsets[:-1][choices], lengths)
    successors = new_index[graph.successors[entries]]
    if graph.is_deterministic:
        arcs = np.unique(np.repeat(np.arange(len(order)), n_choices) * len(order) + successors)
        counts = np.bincount(arcs // len(order), minlength=len(order))
        backups = Backups(
            choice_starts=_offsets(counts),
            entry_starts=np.arange(len(arcs) + 1, dtype=np.int32),
            rows=(arcs % len(order) * LANES).astype(np.int32),
            probabilities=np.ones(len(arcs)),
        )
        return backups, np.zeros(0, dtype=np.int64)
    backups = Backups(
        choice_starts=_offsets(n_choices),
        entry_starts=_offsets(lengths),
        rows=(successors * LANES).astype(np.int32),
        probabilities=graph.exact_probabilities[entries].astype(np.float64),
    )
    return backups, entries


def _remove_self_loops(backups: Backups, discount: float, deterministic: bool) -> Sweeps:
    n_nodes = len(backups.choice_starts) - 1
    owner = np.repeat(np.arange(n_nodes), np.diff(backups.choice_starts))
    choice = np.repeat(np.arange(len(owner)), np.diff(backups.entry_starts))
    successor = (backups.rows // LANES).astype(np.int64)
    moves = successor != owner[choice]
    staying = np.bincount(choice, weights=backups.probabilities * ~moves, minlength=len(owner))
    gains = 1 / (1 - discount * staying)
    lengths = np.bincount(choice[moves], minlength=len(owner))
    stays = np.bincount(owner, weights=lengths == 0, minlength=n_nodes) > 0
    arcs = np.unique(successor[moves] * n_nodes + owner[choice[moves]])
    kept = lengths > 0 if deterministic else np.ones(len(owner), dtype=np.bool_)  # staying is then the starting value
    return Sweeps(
        choice_starts=_offsets(np.bincount(owner[kept], minlength=n_nodes)),
        entry_starts=_offsets(lengths[kept]),
        rows=backups.rows[moves],
        weights=discount * backups.probabilities[moves] * gains[choice[moves]],
        gains=gains[kept],
        stays=stays.astype(np.uint8),
        pairs=_find_pairs(arcs, n_nodes, stays) if deterministic else np.empty((0, 2), dtype=np.int32),
        crosswise=order_crosswise(backups.choice_starts, backups.rows // LANES)
        if deterministic
        else np.zeros(0, dtype=np.int32),
        user_starts=_offsets(np.bincount(arcs // n_nodes, minlength=n_nodes)),
        users=(arcs % n_nodes).astype(np.int32),
    )


def _find_pairs(arcs: IntArray, n_nodes: int, stays: npt.NDArray[np.bool_]) -> OffsetArray:
    reversed_arcs = arcs % n_nodes * n_nodes + arcs // n_nodes
    both = arcs[np.isin(arcs, reversed_arcs)]
    pairs = np.stack([both // n_nodes, both % n_nodes], axis=1)
    return (pairs[~stays[pairs[:, 0]]] * LANES).astype(np.int32)
