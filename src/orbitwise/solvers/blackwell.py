"""Blackwell optimality, exactly: which of two arenas is better at every discount near enough to 1.

With t = 1 - g, the value of a stationary policy is a Laurent series V = v_(-1)/t + v_0 + v_1 t + ..., and

    (I - P) v_(-1) = 0,    (I - P) v_0 = r - v_(-1),    (I - P) v_k = -P v_(k-1) for k >= 1,

where the recurrent classes have mean v_(-1) = gain and, under their stationary laws, mean 0 of every later term. Near
t = 0 series are ordered lexicographically by their terms, an ordered field in which policy iteration works as in the
reals: a choice is changed for one whose expected V is larger in that order (Miller and Veinott 1969), and the last
policy is best at all discounts near 1. Two expected values that differ do so in one of the first n + 2 terms, n the
number of nodes, because their difference is a polynomial of degree n at most over one that is not zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import networkx
import numpy as np
from flint import fmpq, fmpq_mat

from orbitwise.errors import NotSupported
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.discounted_difference import plan_difference
from orbitwise.solvers.gain_exact import rational
from orbitwise.solvers.gain_problem import GainProblem, prepare_gain
from orbitwise.solvers.reachability import find_reachable

__all__ = ["MAX_NODES", "BlackwellPlan", "compare_exactly", "prepare_blackwell"]

MAX_NODES = 400  # that a play may choose at; beyond, policy iteration in fractions takes too long

Row = tuple[tuple[int, fmpq], ...]  # successors with their probabilities


@dataclass(frozen=True, eq=False)
class _Side:
    """An arena as lists, on the nodes that it can reach."""

    rows: list[list[Row]]  # per node, the distinct choices
    states: list[int]  # per node
    initial: Row
    prefix: list[int]


@dataclass(frozen=True, eq=False)
class BlackwellPlan:
    """Two arenas, ready for any number of rewards."""

    gains: tuple[GainProblem, GainProblem]  # these decide most rewards
    arenas: tuple[Arena, Arena]
    n_nodes: int  # of both together


def prepare_blackwell(prefer: Arena, over: Arena) -> BlackwellPlan:
    """What comparing two arenas near discount 1 needs, whatever the reward.

    **Cost:** linear in the transitions times the few rounds that end components need.

    Raises
    ------
    InvalidInput
        The arenas have different states.
    NotSupported
        An arena obliges its policies to enter or to end somewhere where not all of them do.
    """
    plan_difference(prefer, over, Fraction(1, 2))  # refuses what has no optimality equation at any discount
    free = [replace(arena, full_memory=0, end_nodes=None) for arena in (prefer, over)]
    n_nodes = sum(int(find_reachable(arena.graph, arena.initial_nodes).sum()) for arena in free)
    return BlackwellPlan((prepare_gain(free[0]), prepare_gain(free[1])), (free[0], free[1]), n_nodes)


def compare_exactly(plan: BlackwellPlan, reward: Sequence[Fraction]) -> int:
    """The sign of h_A - h_B at all discounts near enough to 1.

    **Guarantee:** exact; 0 means equal at every discount near 1.
    **Cost:** some rounds of policy iteration, each cubic in the largest strong component of the policy's graph, times
    the number of terms that it takes to see a difference; 1 ms up.

    Parameters
    ----------
    plan
        From ``prepare_blackwell``.
    reward
        Exact reward of each state.

    Raises
    ------
    NotSupported
        There are more than MAX_NODES nodes.

    References
    ----------
    Miller & Veinott, *Discrete dynamic programming with a small interest rate* (1969); Puterman (1994), chapter 10.
    """
    if plan.n_nodes > MAX_NODES:
        raise NotSupported(
            f"expected at most {MAX_NODES} nodes for an exact comparison near discount 1, found {plan.n_nodes}; ask "
            "for average reward, or for a discount",
            where="criterion",
        )
    ours, theirs = (_best_series(_make_side(arena), reward) for arena in plan.arenas)
    for k in range(plan.n_nodes + 4):
        first, second = ours.term(k), theirs.term(k)
        if first != second:
            return 1 if first > second else -1
    return 0


def _make_side(arena: Arena) -> _Side:
    nodes = np.flatnonzero(find_reachable(arena.graph, arena.initial_nodes)).tolist()
    place = {u: i for i, u in enumerate(nodes)}
    graph = arena.graph
    exact = None if graph.is_deterministic else graph.exact_probabilities
    rows: list[list[Row]] = []
    for u in nodes:
        found: dict[Row, None] = {}
        first, last = graph.choice_offsets[u : u + 2].tolist()
        for start, stop in pairwise(graph.entry_offsets[first : last + 1].tolist()):
            weights = [fmpq(1)] if exact is None else [rational(p) for p in exact[start:stop]]
            found[tuple((place[v], p) for v, p in zip(graph.successors[start:stop].tolist(), weights, strict=True))] = (
                None
            )
        rows.append(list(found))
    initial = zip(arena.initial_nodes.tolist(), arena.initial_exact, strict=True)
    return _Side(
        rows=rows,
        states=arena.node_states[nodes].tolist(),
        initial=tuple((place[u], rational(p)) for u, p in initial),
        prefix=arena.prefix.tolist(),
    )


class _Series:
    """The Laurent series of h, term by term: the forced first steps, then the best policy."""

    def __init__(self, side: _Side, values: _PolicyValues, reward: Sequence[Fraction]) -> None:
        self._side, self._values = side, values
        self._prefix = [rational(reward[s]) for s in side.prefix]

    def term(self, k: int) -> fmpq:
        """The coefficient of t^(k-1)."""
        known = [fmpq(0), *(_expect(self._side.initial, self._values.term(j)) for j in range(k + 1))]
        for value in reversed(self._prefix):  # r + (1 - t) times what follows
            known = [fmpq(0), *(b - a for a, b in pairwise(known))]
            if k >= 1:
                known[2] += value
        return known[-1]


class _PolicyValues:
    """The Laurent series of a policy's values at all nodes, term by term; term 0 is the gain."""

    def __init__(self, policy: list[Row], reward: list[fmpq]) -> None:
        self._policy, self._reward = policy, reward
        graph = networkx.DiGraph((u, v) for u, row in enumerate(policy) for v, _ in row)
        condensed = networkx.condensation(graph)
        order = reversed(list(networkx.topological_sort(condensed)))
        self._parts = [_Part(policy, sorted(condensed.nodes[c]["members"])) for c in order]
        self._terms: list[list[fmpq]] = []
        self._vanished = False

    def term(self, k: int) -> list[fmpq]:
        """The coefficients of t^(k-1), shape (n_nodes,)."""
        while len(self._terms) <= k:
            self._terms.append(self._next())
        return self._terms[k]

    def _next(self) -> list[fmpq]:
        k = len(self._terms)
        if k >= 2 and self._vanished:
            return self._terms[-1]
        if k == 0:
            right = [fmpq(0)] * len(self._policy)
        elif k == 1:
            right = [r - v for r, v in zip(self._reward, self._terms[0], strict=True)]
        else:
            right = [-_expect(row, self._terms[-1]) for row in self._policy]
        values = [fmpq(0)] * len(self._policy)
        for part in self._parts:
            part.fill(values, right, self._reward if k == 0 else None)
        self._vanished = k >= 1 and not any(values)
        return values


class _Part:
    """A strong component of a policy's graph, and how its values follow from those of the components after it."""

    def __init__(self, policy: list[Row], members: list[int]) -> None:
        self._members = members
        place = {u: i for i, u in enumerate(members)}
        self._outside = [[(v, p) for v, p in policy[u] if v not in place] for u in members]
        self._is_class = not any(self._outside)
        system = fmpq_mat(len(members), len(members))
        for i, u in enumerate(members):
            system[i, i] += 1
            for v, p in policy[u]:
                if v in place:
                    system[i, place[v]] -= p
            if self._is_class:
                system[i, 0] = fmpq(1)  # the first relative value is 0; its column carries the mean
        self._inverse = system.inv()

    def fill(self, values: list[fmpq], right: list[fmpq], reward: list[fmpq] | None) -> None:
        """Write the values of the members; ``reward`` for the first term, which is the gain."""
        if not self._is_class:
            found = self._solve(
                [right[u] + _expect(out, values) for u, out in zip(self._members, self._outside, strict=True)]
            )
        elif reward is not None:
            found = [self._solve([reward[u] for u in self._members])[0]] * len(self._members)
        else:
            relative = [fmpq(0), *self._solve([right[u] for u in self._members])[1:]]
            mean = self._solve(relative)[0]
            found = [value - mean for value in relative]
        for u, value in zip(self._members, found, strict=True):
            values[u] = value

    def _solve(self, right: list[fmpq]) -> list[fmpq]:
        if len(right) == 1:
            return [self._inverse[0, 0] * right[0]]
        return list((self._inverse * fmpq_mat(len(right), 1, right)).entries())


def _expect(row: Sequence[tuple[int, fmpq]], values: list[fmpq]) -> fmpq:
    return sum((p * values[v] for v, p in row), fmpq(0))


def _best_series(side: _Side, reward: Sequence[Fraction]) -> _Series:
    """Policy iteration in the order of the series."""
    own = [rational(reward[s]) for s in side.states]
    policy = [rows[0] for rows in side.rows]
    while True:
        values = _PolicyValues(policy, own)
        better = [_best_row(rows, row, values, len(policy)) for rows, row in zip(side.rows, policy, strict=True)]
        if better == policy:
            return _Series(side, values, reward)
        policy = better


def _best_row(rows: list[Row], current: Row, values: _PolicyValues, n_nodes: int) -> Row:
    """The current choice unless another has a larger expected value."""
    left = rows
    for k in range(n_nodes + 2):
        if len(left) == 1:
            break
        worth = [_expect(row, values.term(k)) for row in left]
        best = max(worth)
        left = [row for row, value in zip(left, worth, strict=True) if value == best]
    return current if current in left else left[0]
