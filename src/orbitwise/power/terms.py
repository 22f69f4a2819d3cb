"""What one reward contributes to POWER: p_r(s) = ((1 - g) / g) (V*_r(s) - r(s)), and its limits.

V* counts r(s) at time 0, which no choice changes; without it and scaled, p_r(s) = (1 - g) max_a E_{T(s,a)} V*_r lies
between the least and the largest reward. As g goes to 0 it becomes max_a E_{T(s,a)} r, as g goes to 1 the best average
reward (gain) from s, the maximum of x.r over the recurrent state distributions x of s. POWER is its mean over rewards
(OPTS 5.2). The normalized optimal value is (1 - g) V*_r(s) = g p_r(s) + (1 - g) r(s), in all three cases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import assert_never

import numpy as np
from scipy.sparse import csr_array

from orbitwise.environments.mdp import MDP
from orbitwise.errors import NotSupported
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.discounted import bound_planned
from orbitwise.solvers.discounted_plan import DiscountedPlan, plan_discounted
from orbitwise.solvers.end_components import find_end_components
from orbitwise.solvers.gain import bound_parts
from orbitwise.solvers.gain_problem import GainProblem, prepare_gain
from orbitwise.solvers.gain_reaching import ReachingOrder, bound_reaching, order_quotient
from orbitwise.solvers.gain_rewards import check_rewards, is_moderate
from orbitwise.typing import FloatArray, IntArray

__all__ = ["Terms", "bound_terms", "prepare_terms"]

UNIT = 2.0**-53


@dataclass(frozen=True, eq=False)
class OneStep:
    """The successors' laws: p is the best expected reward one step ahead."""

    laws: csr_array  # (n_choices, n_states), the choices of the states asked for
    first_choices: IntArray  # (n_asked,)
    widest: int  # successors of a choice, at most


@dataclass(frozen=True, eq=False)
class LongRun:
    """The long-run skeleton: p is the best average reward."""

    problem: GainProblem
    order: ReachingOrder | None  # None: every state takes the best cycle that it can reach
    labels: IntArray  # (n_groups,) the quotient node of each group of states with one gain
    groups: IntArray  # (n_asked,)


@dataclass(frozen=True, eq=False)
class Terms:
    """One environment and discount, ready for any number of rewards."""

    states: IntArray  # (n_asked,)
    discount: Fraction  # in [0, 1]; 0 and 1 stand for the limits
    problem: DiscountedPlan | OneStep | LongRun


def prepare_terms(environment: MDP, discount: Fraction, states: IntArray) -> Terms:
    """Prepare an environment for many rewards; a discount of 0 or 1 stands for the limit there.

    **Cost:** linear in the transitions; at 1, times the number of groups of states that cannot reach one another.
    """
    if discount == 0:
        return Terms(states, discount, _one_step(environment, states))
    if discount == 1:
        return Terms(states, discount, _long_run(environment, states))
    names = np.arange(environment.n_states)
    return Terms(states, discount, plan_discounted(environment.graph, names, discount, nodes=states))


def bound_terms(terms: Terms, rewards: FloatArray, *, tolerance: float) -> tuple[FloatArray, FloatArray]:
    """Certified bounds on p for each reward and each state asked for, two arrays of shape (n_rewards, n_asked).

    **Guarantee:** the exact p, for the exact probabilities and the rewards as the floats they are, lies between them.
    The width aims at 2 ``tolerance`` times the range of the reward; rounding can make it wider, and it still holds.

    Raises
    ------
    InvalidInput
        A reward is not finite.
    """
    match terms.problem:
        case DiscountedPlan():
            return _discounted(terms, terms.problem, rewards, tolerance)
        case OneStep():
            return _best_step(terms.problem, rewards)
        case LongRun():
            return _best_average(terms.problem, rewards, tolerance)
        case _:
            assert_never(terms.problem)


def _discounted(
    terms: Terms, plan: DiscountedPlan, rewards: FloatArray, tolerance: float
) -> tuple[FloatArray, FloatArray]:
    found = bound_planned(plan, rewards, tolerance=2 * tolerance * float(terms.discount))
    rate = float((1 - terms.discount) / terms.discount)
    now = rewards[:, terms.states]
    low, high = rate * (found.low - now), rate * (found.high - now)
    return low - 4 * UNIT * np.abs(low), high + 4 * UNIT * np.abs(high)


def _one_step(environment: MDP, states: IntArray) -> OneStep:
    graph = environment.graph
    counts = np.diff(graph.choice_offsets)[states]
    first = np.cumsum(counts) - counts
    choices = np.concatenate([np.arange(*graph.choice_offsets[s : s + 2]) for s in states.tolist()])
    exact = graph.probabilities if graph.is_deterministic else graph.exact_probabilities.astype(np.float64)
    laws = csr_array((exact, graph.successors, graph.entry_offsets), shape=(graph.n_choices, environment.n_states))
    return OneStep(laws[choices], first, int(np.diff(graph.entry_offsets).max()))


def _best_step(problem: OneStep, rewards: FloatArray) -> tuple[FloatArray, FloatArray]:
    ahead = np.maximum.reduceat(problem.laws @ rewards.T, problem.first_choices, axis=0).T
    slack = (problem.widest + 2) * UNIT * np.abs(rewards).max(axis=1, keepdims=True)
    return ahead - slack, ahead + slack


def _long_run(environment: MDP, states: IntArray) -> LongRun:
    """One start for each group of states with the same gain: those of one end component, or a state alone."""
    component = find_end_components(environment.graph).component
    alone = component < 0
    label = component.copy()
    label[alone] = environment.n_states + np.flatnonzero(alone)
    _, first, groups = np.unique(label[states], return_index=True, return_inverse=True)
    n = len(first)
    arena = Arena(
        graph=environment.graph,
        node_states=np.arange(environment.n_states),
        n_states=environment.n_states,
        prefix=np.zeros(0, dtype=np.int64),
        initial_nodes=states[first],
        initial_probabilities=np.full(n, 1 / n),
        initial_exact=(Fraction(1, n),) * n,
        node_memory=np.zeros(environment.n_states, dtype=np.int64),
        full_memory=0,
        choice_labels=environment.choice_actions,
    )
    problem = prepare_gain(arena)
    order = None if problem.quotient.graph.n_choices == 0 else order_quotient(problem.quotient)
    return LongRun(problem, order, np.array([q for q, _ in problem.quotient.initial_exact]), groups.astype(np.int64))


def _best_average(long_run: LongRun, rewards: FloatArray, tolerance: float) -> tuple[FloatArray, FloatArray]:
    rewards, sizes = check_rewards(rewards, long_run.problem.n_states)
    if not is_moderate(sizes).all():
        raise NotSupported("expected rewards between 1e-290 and 1e290 in size, found others; scale them")
    quotient = long_run.problem.quotient
    stay_low = np.full((len(rewards), quotient.graph.n_nodes), -np.inf)
    stay_high = stay_low.copy()
    lows, highs = bound_parts(long_run.problem, rewards, tolerance=2 * tolerance / 3)
    for part, low, high in zip(long_run.problem.parts, lows, highs, strict=True):
        np.maximum(stay_low[:, part.stays], low, out=stay_low[:, part.stays])
        np.maximum(stay_high[:, part.stays], high, out=stay_high[:, part.stays])
    if long_run.order is None:
        return stay_low[:, long_run.groups], stay_high[:, long_run.groups]
    gains = np.empty((2, len(rewards), len(long_run.labels)))
    for group, label in enumerate(long_run.labels.tolist()):
        start = np.zeros(quotient.graph.n_nodes)
        start[label] = 1.0
        gains[:, :, group] = bound_reaching(replace(quotient, initial=start), long_run.order, stay_low, stay_high)
    return gains[0][:, long_run.groups], gains[1][:, long_run.groups]
