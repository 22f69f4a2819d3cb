"""The best average reward from every state at once.

A play ends in an end component, and all states of one have the same best average. So each maximal end component is
solved once. In a deterministic environment the best average of a state is then the largest one that it can reach,
found by one pass over the graph of components, last ones first. With random transitions the chances of reaching the
components count: one reaching problem for each group of states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from graphlib import TopologicalSorter

import numpy as np

from orbitwise.environments.mdp import MDP
from orbitwise.errors import NotSupported
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.end_components import find_end_components
from orbitwise.solvers.gain import bound_parts
from orbitwise.solvers.gain_problem import GainProblem, prepare_gain
from orbitwise.solvers.gain_reaching import ReachingOrder, bound_reaching, order_quotient
from orbitwise.solvers.gain_rewards import check_rewards, is_moderate
from orbitwise.solvers.reachability import find_reachable, restrict_to_nodes
from orbitwise.typing import FloatArray, IntArray

__all__ = ["LongRun", "bound_best_averages", "prepare_long_run"]


@dataclass(frozen=True, eq=False)
class Steps:
    """Where one can go from each group of states of a deterministic environment."""

    successors: tuple[tuple[int, IntArray], ...]  # (group, groups one step on), last ones first
    n_groups: int  # end components first, in the order of the problem's starts


@dataclass(frozen=True, eq=False)
class Reaching:
    """How to reach the end components of an environment with random transitions."""

    order: ReachingOrder | None  # None: every group takes the best component that it can reach
    labels: IntArray  # (n_groups,) the quotient node of each group


@dataclass(frozen=True, eq=False)
class LongRun:
    """The long-run skeleton of an environment."""

    problem: GainProblem
    ways: Steps | Reaching
    groups: IntArray  # (n_asked,) the group of each state


def prepare_long_run(environment: MDP, states: IntArray) -> LongRun:
    """What all rewards share.

    **Cost:** deterministic: linear; random: times the number of groups, each one end component or one state in none.
    """
    graph, _ = restrict_to_nodes(environment.graph, find_reachable(environment.graph, states))
    found = find_end_components(graph)
    group = found.component.copy()
    group[group < 0] = found.n_components + np.arange(int((group < 0).sum()))
    if graph.is_deterministic:
        inside, _ = graph.keep_choices(found.internal)
        components, first = np.unique(found.component, return_index=True)
        problem = prepare_gain(_arena(environment, inside, first[components >= 0]))
        return LongRun(problem, _steps(graph, group), group[states])
    _, first, groups = np.unique(group[states], return_index=True, return_inverse=True)
    problem = prepare_gain(_arena(environment, graph, states[first]))
    order = None if problem.quotient.graph.n_choices == 0 else order_quotient(problem.quotient)
    labels = np.array([label for label, _ in problem.quotient.initial_exact])
    return LongRun(problem, Reaching(order, labels), groups.astype(np.int64))


def bound_best_averages(long_run: LongRun, rewards: FloatArray, *, tolerance: float) -> tuple[FloatArray, FloatArray]:
    """Certified bounds on the best average reward, two arrays of shape (n_rewards, n_asked).

    **Guarantee:** the exact values lie between them; the width aims at ``tolerance`` times the range of the reward.

    Raises
    ------
    InvalidInput
        A reward is not finite.
    NotSupported
        A reward is larger than 1e290 or smaller than 1e-290 in size, and not 0.
    """
    rewards, sizes = check_rewards(rewards, long_run.problem.n_states)
    if not is_moderate(sizes).all():
        raise NotSupported("expected rewards between 1e-290 and 1e290 in size, found others; scale them")
    stay = np.full((2, len(rewards), long_run.problem.quotient.graph.n_nodes), -np.inf)
    bounds = bound_parts(long_run.problem, rewards, tolerance=tolerance / 3)
    for side, gains in zip(stay, bounds, strict=True):
        for part, gain in zip(long_run.problem.parts, gains, strict=True):
            np.maximum(side[:, part.stays], gain, out=side[:, part.stays])
    if isinstance(long_run.ways, Steps):
        values = _climb(long_run.ways, stay)
    else:
        values = _reach(long_run.problem, long_run.ways, stay)
    return values[0][:, long_run.groups], values[1][:, long_run.groups]


def _arena(environment: MDP, graph: ChoiceGraph, starts: IntArray) -> Arena:
    n = len(starts)
    return Arena(
        graph=graph,
        node_states=np.arange(environment.n_states),
        n_states=environment.n_states,
        prefix=np.zeros(0, dtype=np.int64),
        initial_nodes=starts,
        initial_probabilities=np.full(n, 1 / n),
        initial_exact=(Fraction(1, n),) * n,
        node_memory=np.zeros(environment.n_states, dtype=np.int64),
        full_memory=0,
        choice_labels=np.zeros(graph.n_choices, dtype=np.int64),
    )


def _steps(graph: ChoiceGraph, group: IntArray) -> Steps:
    n_groups = int(group.max()) + 1
    moves = np.unique(np.stack([group[graph.choice_nodes], group[graph.successors]], axis=1), axis=0)
    moves = moves[moves[:, 0] != moves[:, 1]]
    ends = np.searchsorted(moves[:, 0], np.arange(n_groups + 1))
    ahead = {g: moves[ends[g] : ends[g + 1], 1] for g in range(n_groups) if ends[g] < ends[g + 1]}
    order = TopologicalSorter({g: found.tolist() for g, found in ahead.items()}).static_order()
    return Steps(tuple((g, ahead[g]) for g in order if g in ahead), n_groups)


def _climb(steps: Steps, stay: FloatArray) -> FloatArray:
    """The largest value within reach, shape (2, n_rewards, n_groups)."""
    values = np.full((steps.n_groups, *stay.shape[:2]), -np.inf)  # a group's values lie side by side
    values[: stay.shape[2]] = np.moveaxis(stay, 2, 0)
    for group, successors in steps.successors:
        np.maximum(values[group], values[successors].max(axis=0), out=values[group])
    return np.moveaxis(values, 0, 2)


def _reach(problem: GainProblem, reaching: Reaching, stay: FloatArray) -> FloatArray:
    if reaching.order is None:
        return stay
    values = np.empty((2, stay.shape[1], len(reaching.labels)))
    for group, label in enumerate(reaching.labels.tolist()):
        start = np.zeros(problem.quotient.graph.n_nodes)
        start[label] = 1.0
        values[:, :, group] = bound_reaching(replace(problem.quotient, initial=start), reaching.order, stay[0], stay[1])
    return values
