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

import numpy as np
from flint import fmpq, fmpq_mat
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from orbitwise.errors import NotSupported
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted import bound_planned
from orbitwise.solvers.discounted_plan import parse_discount, plan_discounted
from orbitwise.typing import IntArray

__all__ = ["solve_exactly"]

MAX_COMPONENT = 300  # unknowns of one rational system: 41 ms for 200 with small entries


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
    start = plan_discounted(graph, node_states, exact_discount, nodes=nodes)
    plan = plan_discounted(graph, node_states, exact_discount, nodes=start.order)
    local = plan.local_graph
    successors = [[_targets(local, c) for c in _choices(local, u)] for u in range(plan.n_nodes)]
    weights = [[_weights(local, c) for c in _choices(local, u)] for u in range(plan.n_nodes)]
    rewards = [_fmpq(Fraction(reward[state])) for state in plan.states.tolist()]
    factor = _fmpq(exact_discount)
    policy = _float_policy(local, plan.states.astype(np.int64), reward, exact_discount)
    while True:
        values = _evaluate(policy, successors, weights, rewards, factor, max_component)
        if not _improve(policy, successors, weights, values):
            break
    return [Fraction(int(values[q].p), int(values[q].q)) for q in start.queries.tolist()]


def _choices(graph: ChoiceGraph, node: int) -> range:
    return range(int(graph.choice_offsets[node]), int(graph.choice_offsets[node + 1]))


def _targets(graph: ChoiceGraph, choice: int) -> list[int]:
    targets: list[int] = graph.successors[graph.entry_offsets[choice] : graph.entry_offsets[choice + 1]].tolist()
    return targets


def _weights(graph: ChoiceGraph, choice: int) -> list[fmpq]:
    exact = graph.exact_probabilities[graph.entry_offsets[choice] : graph.entry_offsets[choice + 1]]
    return [_fmpq(p) for p in exact.tolist()]


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _float_policy(graph: ChoiceGraph, states: IntArray, reward: Sequence[Fraction], discount: Fraction) -> list[int]:
    """For each node the number of a choice that is best for certified float values, give or take their rounding."""
    counts = np.diff(graph.choice_offsets)
    if counts.max() == 1:
        return [0] * graph.n_nodes
    size = max((abs(value) for value in reward), default=Fraction(0)) or Fraction(1)
    floats = np.array([[float(value / size) for value in reward]])
    bounds = bound_planned(plan_discounted(graph, states, discount), floats)
    values = (bounds.low + bounds.high)[0] / 2
    expected = np.add.reduceat(graph.probabilities * values[graph.successors], graph.entry_offsets[:-1])
    ends = pairwise(graph.choice_offsets.tolist())
    return [int(np.argmax(expected[first:last])) for first, last in ends]


def _evaluate(
    policy: list[int],
    successors: list[list[list[int]]],
    weights: list[list[list[fmpq]]],
    rewards: list[fmpq],
    factor: fmpq,
    max_component: int,
) -> list[fmpq]:
    played = [choices[c] for choices, c in zip(successors, policy, strict=True)]
    values: list[fmpq] = [fmpq(0)] * len(policy)
    for component in _components_last_first(played):
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
            total = fmpq(0)
            for v, weight in zip(played[u], weights[u][policy[u]], strict=True):
                if v in place:
                    matrix[i, place[v]] = matrix[i, place[v]] - factor * weight
                else:
                    total += weight * values[v]
            right[i, 0] = rewards[u] + factor * total
        if len(component) == 1:
            values[component[0]] = right[0, 0] / matrix[0, 0]
            continue
        solution = matrix.solve(right)
        for u, i in place.items():
            values[u] = solution[i, 0]
    return values


def _components_last_first(successors: list[list[int]]) -> list[list[int]]:
    """Strong components, each after all that it leads to."""
    n_nodes = len(successors)
    heads = np.array([v for targets in successors for v in targets])
    tails = np.repeat(np.arange(n_nodes), [len(targets) for targets in successors])
    links = csr_array((np.ones(len(heads)), (tails, heads)), shape=(n_nodes, n_nodes))
    n_components, labels = connected_components(links, directed=True, connection="strong")
    between = labels[tails] != labels[heads]
    arcs = np.unique(labels[tails[between]].astype(np.int64) * n_components + labels[heads[between]])
    waiting = np.bincount(arcs // n_components, minlength=n_components).tolist()
    users: list[list[int]] = [[] for _ in range(n_components)]
    for arc in arcs.tolist():
        users[arc % n_components].append(arc // n_components)
    members: list[list[int]] = [[] for _ in range(n_components)]
    for u, label in enumerate(labels.tolist()):
        members[label].append(u)
    ready = [c for c in range(n_components) if waiting[c] == 0]
    for c in ready:  # grows while it is read
        for user in users[c]:
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    return [members[c] for c in ready]


def _improve(
    policy: list[int], successors: list[list[list[int]]], weights: list[list[list[fmpq]]], values: list[fmpq]
) -> bool:
    """Replace every choice that another beats, by the best; whether any was replaced."""
    changed = False
    for u, choices in enumerate(successors):
        if len(choices) == 1:
            continue
        worth = [
            sum((p * values[v] for p, v in zip(weights[u][c], choice, strict=True)), fmpq(0))
            for c, choice in enumerate(choices)
        ]
        best = max(range(len(choices)), key=worth.__getitem__)
        if worth[best] > worth[policy[u]]:
            policy[u] = best
            changed = True
    return changed
