"""What one reward contributes to POWER: p_r(s) = ((1 - g) / g) (V*_r(s) - r(s)), and its limits.

V* counts r(s) at time 0, which no choice changes; without it and scaled, p_r(s) = (1 - g) max_a E_{T(s,a)} V*_r lies
between the least and the largest reward. As g goes to 0 it becomes max_a E_{T(s,a)} r, as g goes to 1 the best average
reward (gain) from s, the maximum of x.r over the recurrent state distributions x of s. POWER is its mean over rewards
(OPTS 5.2). The normalized optimal value is (1 - g) V*_r(s) = g p_r(s) + (1 - g) r(s), in all three cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

import numpy as np
from scipy.sparse import csr_array

from orbitwise.environments.mdp import MDP
from orbitwise.power.long_run import LongRun, bound_best_averages, prepare_long_run
from orbitwise.solvers.discounted import bound_planned
from orbitwise.solvers.discounted_plan import DiscountedPlan, plan_discounted
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
class Terms:
    """One environment and discount, ready for any number of rewards."""

    states: IntArray  # (n_asked,)
    discount: Fraction  # in [0, 1]; 0 and 1 stand for the limits
    problem: DiscountedPlan | OneStep | LongRun


def prepare_terms(environment: MDP, discount: Fraction, states: IntArray) -> Terms:
    """Prepare an environment for many rewards; a discount of 0 or 1 stands for the limit there.

    **Cost:** linear in the transitions; at 1 with random transitions, times the number of end components and states
    in none.
    """
    if discount == 0:
        return Terms(states, discount, _one_step(environment, states))
    if discount == 1:
        return Terms(states, discount, prepare_long_run(environment, states))
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
            return bound_best_averages(terms.problem, rewards, tolerance=2 * tolerance)
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
