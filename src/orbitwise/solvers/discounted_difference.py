"""The difference of two arenas' best discounted values, as an interval for every reward.

An arena is worth h = sum_t<L g^t r(prefix_t) + g^L sum_j p_j V*(initial_j), L the length of its prefix. The difference
of two is a weighted sum of rewards and of values on one graph: the two arenas' graphs side by side, where nodes from
which the same can be done are the same node, so that shared parts are solved once and cancel exactly. All weights
together sum to zero when a value counts 1 / (1 - g): a constant added to every reward cancels, and is taken out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted import NO_QUESTION, enclose, find_unfit, parse_rewards, scale_to_fit
from orbitwise.solvers.discounted_blocks import UNIT, Enclosure, SignQuestion
from orbitwise.solvers.discounted_exact import ExactModel, make_exact
from orbitwise.solvers.discounted_plan import DiscountedPlan, parse_discount, plan_discounted
from orbitwise.solvers.end_components import find_end_components
from orbitwise.solvers.lanes import LANES
from orbitwise.solvers.reachability import find_reachable
from orbitwise.typing import FloatArray, IntArray

__all__ = ["DifferenceBounds", "DifferencePlan", "bound_difference", "plan_difference"]


@dataclass(frozen=True, eq=False)
class DifferencePlan:
    """Two arenas at one discount, ready for any number of rewards: D = sum of a r(state) + sum of w V*(node)."""

    values: DiscountedPlan  # its queries are the nodes that the difference weighs
    weights: tuple[Fraction, ...]  # (n_queries,) w, none of them 0
    states: IntArray  # (n_fixed,) reward coordinates that the difference weighs by themselves
    state_weights: tuple[Fraction, ...]  # (n_fixed,) a, none of them 0

    @cached_property
    def question(self) -> SignQuestion:
        """The difference, for kernels that stop when its sign is certain."""
        return SignQuestion(
            rows=self.values.queries * np.int32(LANES),
            weights=np.array([float(w) for w in self.weights]),
            states=self.states.astype(np.int32),
            state_weights=np.array([float(w) for w in self.state_weights]),
        )

    @cached_property
    def exact_model(self) -> ExactModel:
        """The choices of ``every_value`` with exact weights."""
        return make_exact(self.every_value.local_graph, self.values.discount)

    @cached_property
    def every_value(self) -> DiscountedPlan:
        """The same graph, in the same order, with every node queried."""
        inner = self.values
        return plan_discounted(inner.local_graph, inner.states.astype(np.int64), inner.discount)


@dataclass(frozen=True, eq=False)
class DifferenceBounds:
    """Intervals that contain the true differences."""

    low: FloatArray  # (n_rewards,)
    high: FloatArray  # (n_rewards,)
    method: str  # which kernel ran, and why


def plan_difference(prefer: Arena, over: Arena, discount: float | Fraction) -> DifferencePlan:
    """Prepare the difference of two arenas.

    **Guarantee:** exact weights. **Cost:** linear in the entries of both arenas.

    Parameters
    ----------
    prefer, over
        Two arenas over the same states.
    discount
        In [0, 1), dimensionless.

    Raises
    ------
    InvalidInput
        The arenas have different states, or the discount is outside [0, 1).
    NotSupported
        An arena obliges its policies to enter or to end somewhere where not all of them do: no optimality equation then
        holds for the best of those that do.
    """
    exact_discount = parse_discount(discount)
    if prefer.n_states != over.n_states:
        raise InvalidInput(
            f"expected two arenas with the same states, found {prefer.n_states} and {over.n_states} states",
            where="over",
        )
    for arena, where in ((prefer, "prefer"), (over, "over")):
        _check_unconditional(arena, where)
    graph, node_states, over_names = _join(prefer, over)
    weights: defaultdict[int, Fraction] = defaultdict(Fraction)
    state_weights: defaultdict[int, Fraction] = defaultdict(Fraction)
    for arena, sign, names in ((prefer, 1, None), (over, -1, over_names)):
        factor = Fraction(sign)
        for state in arena.prefix.tolist():
            state_weights[state] += factor
            factor *= exact_discount
        initial = arena.initial_nodes if names is None else names[arena.initial_nodes]
        for node, probability in zip(initial.tolist(), arena.initial_exact, strict=True):
            weights[node] += factor * probability
    nodes = [node for node in sorted(weights) if weights[node] != 0] or sorted(weights)[:1]
    states = [state for state in sorted(state_weights) if state_weights[state] != 0]
    return DifferencePlan(
        values=plan_discounted(graph, node_states, exact_discount, nodes=np.array(nodes)),
        weights=tuple(weights[node] for node in nodes),
        states=np.array(states, dtype=np.int64),
        state_weights=tuple(state_weights[state] for state in states),
    )


def _check_unconditional(arena: Arena, where: str) -> None:
    """Every policy does what the arena obliges it to, since every end component does."""
    if arena.end_nodes is None and arena.full_memory == 0:
        return
    matters = find_reachable(arena.graph, arena.initial_nodes) & (find_end_components(arena.graph).component >= 0)
    ends = np.ones_like(matters) if arena.end_nodes is None else arena.end_nodes
    if not (ends & (arena.node_memory == arena.full_memory))[matters].all():
        raise NotSupported(
            "expected a policy set without a duty to enter or to end somewhere, or one where nothing else is possible; "
            "ask with avoid or take, or for the average reward",
            where=where,
        )


def _join(prefer: Arena, over: Arena) -> tuple[ChoiceGraph, IntArray, IntArray]:
    """Both graphs in one, the states of its nodes, and the name there of each node of ``over``.

    A node of ``over`` is named like the node of ``prefer`` with its number when both have the same choices and so have
    all that follow: the largest such naming, found by taking away what does not fit.
    """
    first, second = prefer.graph, over.graph
    names = _find_shared(prefer, over)
    fresh = np.flatnonzero(names < 0)
    names[fresh] = first.n_nodes + np.arange(len(fresh))
    if len(fresh) == 0:
        return first, prefer.node_states, names
    kept, _ = second.keep_choices(np.isin(second.choice_nodes, fresh))
    exact = None
    if not (first.is_deterministic and second.is_deterministic):
        exact = np.concatenate([first.exact_probabilities, kept.exact_probabilities])
    graph = ChoiceGraph(
        choice_offsets=np.concatenate([first.choice_offsets, first.n_choices + kept.choice_offsets[fresh + 1]]),
        entry_offsets=np.concatenate([first.entry_offsets, len(first.successors) + kept.entry_offsets[1:]]),
        successors=np.concatenate([first.successors, names[kept.successors]]),
        probabilities=np.concatenate([first.probabilities, kept.probabilities]),
        exact=exact,
    )
    return graph, np.concatenate([prefer.node_states, over.node_states[fresh]]), names


def _find_shared(prefer: Arena, over: Arena) -> IntArray:
    first, second = prefer.graph, over.graph
    names = np.full(second.n_nodes, -1, dtype=np.int64)
    n_common = min(first.n_nodes, second.n_nodes)
    fits = np.zeros(second.n_nodes, dtype=np.bool_)
    fits[:n_common] = prefer.node_states[:n_common] == over.node_states[:n_common]
    if first is not second:
        for u in np.flatnonzero(fits).tolist():
            fits[u] = _same_choices(first, second, u)
    tails = second.choice_nodes[second.entry_choices]
    while True:
        broken = tails[fits[tails] & ~fits[second.successors]]
        if len(broken) == 0:
            break
        fits[broken] = False
    names[fits] = np.flatnonzero(fits)
    return names


def _same_choices(first: ChoiceGraph, second: ChoiceGraph, node: int) -> bool:
    ours, theirs = _range_of(first, node), _range_of(second, node)
    if not np.array_equal(_lengths(first, node), _lengths(second, node)):
        return False
    if not np.array_equal(first.successors[ours], second.successors[theirs]):
        return False
    if first.exact is None and second.exact is None:
        return np.array_equal(first.probabilities[ours], second.probabilities[theirs])
    return bool((first.exact_probabilities[ours] == second.exact_probabilities[theirs]).all())


def _lengths(graph: ChoiceGraph, node: int) -> IntArray:
    return np.diff(graph.entry_offsets[graph.choice_offsets[node] : graph.choice_offsets[node + 1] + 1])


def _range_of(graph: ChoiceGraph, node: int) -> slice:
    first, last = graph.choice_offsets[node], graph.choice_offsets[node + 1]
    return slice(graph.entry_offsets[first], graph.entry_offsets[last])


def bound_difference(
    plan: DifferencePlan,
    rewards: FloatArray,
    *,
    until_sign: bool = False,
    tolerance: float = 1e-8,
    n_threads: int = 1,
) -> DifferenceBounds:
    """The best value of ``prefer`` less that of ``over``, as intervals.

    **Guarantee:** certified, as in ``bound_discounted``, and for every reward within a relative 2^-53 of those given,
    so that rewards may be rounded fractions. **Cost:** as there; with ``until_sign`` about half of it.

    Parameters
    ----------
    plan
        From ``plan_difference``.
    rewards
        Shape (n_rewards, n_states), finite.
    until_sign
        Stop working on rewards when the sign of the difference is certain; their intervals stay wide.
    tolerance
        Wanted error of each value relative to (max - min) / (1 - g).
    n_threads
        Threads to use; they change the time, not the result.

    Raises
    ------
    InvalidInput
        A reward that is not finite, or wrong shapes.
    """
    rewards = parse_rewards(rewards, plan.values)
    question = plan.question if until_sign else NO_QUESTION
    found, method = enclose(plan.values, rewards, tolerance=tolerance, n_threads=n_threads, question=question)
    with np.errstate(over="ignore", invalid="ignore"):  # of rewards that are not fit for floats, which come next
        low, high = _combine(plan, found, rewards)
    rows = find_unfit(found)
    if len(rows):
        scaled, exponents = scale_to_fit(rewards, rows, np.union1d(plan.values.states, plan.states))
        again = bound_difference(plan, scaled, until_sign=until_sign, tolerance=tolerance, n_threads=n_threads)
        low[rows] = np.nextafter(np.ldexp(again.low, exponents), -np.inf)
        high[rows] = np.nextafter(np.ldexp(again.high, exponents), np.inf)
    return DifferenceBounds(low, high, method)


def _combine(plan: DifferencePlan, found: Enclosure, rewards: FloatArray) -> tuple[FloatArray, FloatArray]:
    weights, state_weights = plan.question.weights, plan.question.state_weights
    fixed = rewards[:, plan.states] - found.center[:, None]
    middle = found.values @ weights + fixed @ state_weights
    gained, lost = weights[weights > 0].sum(), -weights[weights < 0].sum()
    low = middle + gained * found.below - lost * found.above
    high = middle + gained * found.above - lost * found.below
    rate = 1.0 / (1.0 - float(plan.values.discount))
    all_weights, all_fixed = float(np.abs(weights).sum()), float(np.abs(state_weights).sum())
    largest_fixed = np.abs(fixed).max(axis=1, initial=0.0)
    error = np.maximum(np.abs(found.below), np.abs(found.above))
    terms = all_weights * (found.size + error) + all_fixed * largest_fixed
    largest_reward = np.abs(found.center) + found.span + largest_fixed
    slack = UNIT * ((len(weights) + len(state_weights) + 8) * terms)
    slack += UNIT * 1.01 * largest_reward * (all_fixed + all_weights * rate)
    return low - slack, high + slack
