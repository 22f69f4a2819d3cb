"""Exact optimal discounted values: policy iteration in rational arithmetic.

A policy is evaluated component by component of the graph that it plays, last ones first: V = r + g P V is a rational
linear system within a strong component once all that it leads to is known. A node changes its choice only when another
is better by a positive fraction, so no policy recurs and the last one is optimal, exactly. Started from the policy that
floats find, there is rarely anything left to change.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from flint import fmpq, fmpq_mat

from orbitwise.errors import NotSupported
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted import bound_planned
from orbitwise.solvers.discounted_plan import parse_discount, plan_discounted
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["ExactModel", "expect", "make_exact", "solve_exactly", "solve_kept"]

MAX_COMPONENT = 300  # unknowns of one rational system: 41 ms for 200 with small entries


class ExactModel(NamedTuple):
    """A graph as lists of its choices, which are numbered as in the graph."""

    first_choice: list[int]  # (n_nodes + 1,)
    targets: list[list[int]]  # per choice
    weights: list[list[fmpq]]  # per choice, exact probabilities times the discount


def solve_exactly(
    graph: ChoiceGraph,
    node_states: IntArray,
    reward: Sequence[Fraction],
    discount: float | Fraction,
    *,
    nodes: IntArray | None = None,
    max_component: int = MAX_COMPONENT,
) -> list[Fraction]:
    """The exact optimal values of the queried nodes.

    **Guarantee:** exact, for the graph's exact probabilities and the discount read as a decimal.
    **Cost:** a few evaluations, each cubic in the largest strong component that the policy plays in.

    Parameters
    ----------
    graph, node_states
        The choices, and the reward coordinate of each node, shape (n_nodes,).
    reward
        Shape (n_coordinates,).
    discount
        In [0, 1), dimensionless.
    nodes
        Shape (n_queries,), the nodes whose values are wanted; None: all.
    max_component
        Most unknowns that one rational system may have.

    Raises
    ------
    InvalidInput
        A reachable node without choice, or a discount outside [0, 1).
    NotSupported
        A strong component is larger than ``max_component``.

    Examples
    --------
    >>> graph = ChoiceGraph(np.array([0, 2, 3]), np.array([0, 1, 2, 3]), np.array([0, 1, 1]), np.ones(3))
    >>> solve_exactly(graph, np.array([0, 1]), [Fraction(0), Fraction(1)], 0.9)
    [Fraction(9, 1), Fraction(10, 1)]
    """
    exact_discount = parse_discount(discount)
    order = plan_discounted(graph, node_states, exact_discount, nodes=nodes).order
    plan = plan_discounted(graph, node_states, exact_discount, nodes=order)
    local = plan.local_graph
    states = plan.states.astype(np.int64)
    size = max((abs(reward[state]) for state in states), default=Fraction(0)) or Fraction(1)
    floats = np.zeros((1, len(reward)))
    floats[0, states] = [float(reward[state] / size) for state in states]
    bounds = bound_planned(plan, floats)
    place = np.empty(graph.n_nodes, dtype=np.int64)
    place[plan.order] = np.arange(plan.n_nodes)
    queries = place if nodes is None else place[nodes]
    return solve_kept(
        make_exact(local, exact_discount),
        np.ones(local.n_choices, dtype=np.bool_),
        expect(local, (bounds.low + bounds.high)[0] / 2),
        states,
        reward,
        queries.tolist(),
        max_component=max_component,
    )


def make_exact(graph: ChoiceGraph, discount: Fraction) -> ExactModel:
    """The graph's choices with exact discounted weights."""
    offsets, successors = graph.entry_offsets.tolist(), graph.successors.tolist()
    known = {p: _fmpq(p * discount) for p in set(graph.exact_probabilities.tolist())}
    weights = [known[p] for p in graph.exact_probabilities.tolist()]
    return ExactModel(
        graph.choice_offsets.tolist(),
        [successors[a:b] for a, b in pairwise(offsets)],
        [weights[a:b] for a, b in pairwise(offsets)],
    )


def expect(graph: ChoiceGraph, values: FloatArray) -> FloatArray:
    """The expected value of each choice's successor, shape (n_choices,)."""
    return np.asarray(np.add.reduceat(graph.probabilities * values[graph.successors], graph.entry_offsets[:-1]))


def solve_kept(
    model: ExactModel,
    kept: BoolArray,
    expected: FloatArray,
    states: IntArray,
    reward: Sequence[Fraction],
    queries: Sequence[int],
    *,
    max_component: int = MAX_COMPONENT,
) -> list[Fraction]:
    """Exact optimal values of some nodes when only some choices may be taken.

    **Guarantee:** exact. **Cost:** that of the nodes reachable by the kept choices.

    Parameters
    ----------
    model
        From ``make_exact``.
    kept
        Shape (n_choices,); every reachable node keeps one.
    expected
        Shape (n_choices,); the first policy takes the kept choices that are largest here.
    states
        Shape (n_nodes,), the reward coordinate of each node.
    reward
        Shape (n_coordinates,).
    queries
        The nodes whose values are wanted.
    max_component
        Most unknowns that one rational system may have.

    Raises
    ------
    NotSupported
        A strong component is larger than ``max_component``.
    """
    allowed: dict[int, list[int]] = {}
    waiting = list(queries)
    for u in waiting:  # grows while it is read
        if u not in allowed:
            first, last = model.first_choice[u], model.first_choice[u + 1]
            allowed[u] = (np.flatnonzero(kept[first:last]) + first).tolist()
            for c in allowed[u]:
                waiting += model.targets[c]
    rewards = {u: _fmpq(Fraction(reward[states[u]])) for u in allowed}
    policy = {u: max(choices, key=expected.__getitem__) for u, choices in allowed.items()}
    while True:
        values = _evaluate(model, policy, rewards, max_component)
        if not _improve(model, allowed, policy, values):
            break
    return [Fraction(int(values[q].p), int(values[q].q)) for q in queries]


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _evaluate(
    model: ExactModel, policy: dict[int, int], rewards: dict[int, fmpq], max_component: int
) -> dict[int, fmpq]:
    values: dict[int, fmpq] = {}
    for component in _components_last_first({u: model.targets[c] for u, c in policy.items()}):
        if len(component) > max_component:
            raise NotSupported(
                f"expected strong components of at most {max_component} nodes, found {len(component)}; "
                "raise max_component or use bound_discounted"
            )
        place = {u: i for i, u in enumerate(component)}
        matrix = fmpq_mat(len(component), len(component))
        right = fmpq_mat(len(component), 1)
        for u, i in place.items():
            matrix[i, i] = 1
            total = rewards[u]
            for v, weight in zip(model.targets[policy[u]], model.weights[policy[u]], strict=True):
                if v in place:
                    matrix[i, place[v]] = matrix[i, place[v]] - weight
                else:
                    total += weight * values[v]
            right[i, 0] = total
        solution = [right[0, 0] / matrix[0, 0]] if len(component) == 1 else matrix.solve(right).entries()
        values.update(zip(component, solution, strict=True))
    return values


def _components_last_first(successors: dict[int, list[int]]) -> list[list[int]]:
    """Strong components, each after all that it leads to (Tarjan 1972)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    open_nodes: set[int] = set()
    components: list[list[int]] = []
    for root in successors:
        work = [] if root in index else [(root, iter(successors[root]))]
        while work:
            u, rest = work[-1]
            if u not in index:
                index[u] = low[u] = len(index)
                stack.append(u)
                open_nodes.add(u)
            for v in rest:
                if v not in index:
                    work.append((v, iter(successors[v])))
                    break
                if v in open_nodes:
                    low[u] = min(low[u], low[v])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[u])
                if low[u] == index[u]:
                    first = stack.index(u)
                    components.append(stack[first:])
                    del stack[first:]
                    open_nodes.difference_update(components[-1])
    return components


def _improve(model: ExactModel, allowed: dict[int, list[int]], policy: dict[int, int], values: dict[int, fmpq]) -> bool:
    """Replace every choice that another beats, by the best; whether any was replaced."""
    changed = False
    for u, choices in allowed.items():
        if len(choices) == 1:
            continue
        worth = {
            c: sum((p * values[v] for p, v in zip(model.weights[c], model.targets[c], strict=True)), fmpq(0))
            for c in choices
        }
        best = max(choices, key=worth.__getitem__)
        if worth[best] > worth[policy[u]]:
            policy[u] = best
            changed = True
    return changed
