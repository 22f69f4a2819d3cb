"""The gain of a random end component, for many rewards, certified by the spans of Bellman steps.

In an end component the best average ``g`` is the same from every node. For *any* vector ``h``, with
``(T h)(u) = r(u) + max over choices of P h``, ``min (T h - h) <= g <= max (T h - h)``: the policy that is greedy for
``h`` earns at least the minimum, no policy more than the maximum (Odoni 1969). Value iteration (``gain_sweeps``) makes
the span shrink; rewards on which it stops shrinking are finished by policy iteration for communicating processes (Haviv
and Puterman 1991), certified by the same spans.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from orbitwise.solvers.gain_problem import MixedPart
from orbitwise.solvers.gain_sweeps import UNIT, sweep_to_bounds
from orbitwise.typing import FloatArray, IntArray

__all__ = ["bound_mixed_gains", "find_good_policy", "find_recurrent_classes", "make_unichain"]

POLICY_ROUNDS = 60


def bound_mixed_gains(part: MixedPart, rewards: FloatArray, *, tolerance: float) -> tuple[FloatArray, FloatArray]:
    """Certified bounds on the gain of a component for each reward.

    **Guarantee:** the gain under the exact probabilities lies in [low, high], rounding included; the width is at most
    ``tolerance`` times the range of the reward on the component unless rounding or both iterations stand in the way.
    **Cost:** a multiplication and addition for each entry, sweep and reward.

    Parameters
    ----------
    rewards
        Shape (n_rewards, n_states), finite, of moderate size (see ``bound_gain``).
    """
    graph = part.graph
    low, high, values = sweep_to_bounds(graph, part.states, np.ascontiguousarray(rewards), tolerance)
    ranges = np.ptp(rewards[:, part.states], axis=1)
    matrix = csr_array(
        (graph.probabilities, graph.successors, graph.entry_offsets), shape=(graph.n_choices, graph.n_nodes)
    )
    for i in np.flatnonzero(high - low > 2 * tolerance * ranges):
        if not values.shape[1]:
            break  # dense policy iteration has done what floats can do
        refined = _iterate_policies(part, matrix, rewards[i, part.states], values[i], tolerance * ranges[i])
        low[i], high[i] = max(low[i], refined[0]), min(high[i], refined[1])
    return low, high


def find_good_policy(part: MixedPart, matrix: csr_array, reward: FloatArray) -> IntArray:
    """A policy (the choice of each node) that floats find best; ``reward`` is that of the part's nodes."""
    return _iterate_policies(part, matrix, reward, np.zeros(len(reward)), 0.0)[2]


def _iterate_policies(
    part: MixedPart, matrix: csr_array, reward: FloatArray, values: FloatArray, width: float
) -> tuple[float, float, IntArray]:
    """Bounds on the gain from policy iteration, and its last policy; it starts greedy for ``values``."""
    policy, _ = _improve_policy(part, part.graph.choice_offsets[:-1], matrix @ values, 0.0)
    low, high = -np.inf, np.inf
    slack = (int(np.diff(part.graph.entry_offsets).max()) + 8) * UNIT
    base = reward.min()
    reward = reward - base
    for _ in range(POLICY_ROUNDS):
        try:
            policy, values = _evaluate(part, matrix, policy, reward)
        except RuntimeError:  # the factorization met a zero pivot: the chain mixes too slowly for floats
            break
        ahead = matrix @ values
        steps = np.maximum.reduceat(ahead, part.graph.choice_offsets[:-1]) + reward - values
        error = slack * (np.abs(values).max() + reward.max()) + 4 * UNIT * abs(base)
        low, high = max(low, steps.min() - error + base), min(high, steps.max() + error + base)
        if not high - low > width:
            break
        policy, changed = _improve_policy(part, policy, ahead, 4 * slack * (np.abs(values).max() + reward.max()))
        if not changed:
            break
    return float(low), float(high), policy


def _improve_policy(part: MixedPart, policy: IntArray, ahead: FloatArray, least: float) -> tuple[IntArray, bool]:
    """The policy with every choice replaced that a best one betters by more than ``least``, and whether one was."""
    offsets = part.graph.choice_offsets
    best = np.maximum.reduceat(ahead, offsets[:-1])
    is_best = np.flatnonzero(ahead == best[part.graph.choice_nodes])
    _, first = np.unique(part.graph.choice_nodes[is_best], return_index=True)
    better = best > ahead[policy] + least
    return np.where(better, is_best[first], policy), bool(better.any())


def _evaluate(part: MixedPart, matrix: csr_array, policy: IntArray, reward: FloatArray) -> tuple[IntArray, FloatArray]:
    """Relative values of the policy, made to end in its best recurrent class."""
    kernel = matrix[policy]
    best, chosen = -np.inf, np.zeros(0, dtype=np.int64)
    for members in find_recurrent_classes(kernel):
        gain = float(reward[members[0]])
        if len(members) > 1:
            gain = _solve(csr_array(kernel[members][:, members]), reward[members], 0)[1]
        if gain > best:
            best, chosen = gain, members
    policy = make_unichain(part, policy, chosen)
    values, _ = _solve(csr_array(matrix[policy]), reward, int(chosen[0]))
    return policy, values


def find_recurrent_classes(kernel: csr_array) -> list[IntArray]:
    """The closed strong components of a chain."""
    n_classes, label = connected_components(kernel, directed=True, connection="strong")
    entries = coo_array(kernel)
    closed = np.ones(n_classes, dtype=np.bool_)
    closed[label[entries.row[label[entries.row] != label[entries.col]]]] = False
    nodes = np.argsort(label, kind="stable")
    ends = np.cumsum(np.bincount(label, minlength=n_classes))
    return [nodes[ends[c - 1] if c else 0 : ends[c]] for c in np.flatnonzero(closed)]


def make_unichain(part: MixedPart, policy: IntArray, chosen: IntArray) -> IntArray:
    """The policy changed, at nodes that may miss the chosen recurrent class, so that all nodes end in it."""
    graph = part.graph
    led = np.zeros(graph.n_nodes, dtype=np.bool_)
    led[chosen] = True
    policy = policy.copy()
    own = np.zeros(graph.n_choices, dtype=np.bool_)
    own[policy] = True
    while not led.all():
        hits = np.zeros(graph.n_choices, dtype=np.bool_)
        hits[graph.entry_choices[led[graph.successors]]] = True
        hits &= ~led[graph.choice_nodes]
        choices = np.flatnonzero(hits & own)
        if not len(choices):
            choices = np.flatnonzero(hits)
        nodes, first = np.unique(graph.choice_nodes[choices], return_index=True)
        policy[nodes] = choices[first]
        led[nodes] = True
    return policy


def _solve(kernel: csr_array, reward: FloatArray, zero: int) -> tuple[FloatArray, float]:
    """Relative values of a chain with one recurrent class that contains ``zero``, and its gain."""
    n = len(reward)
    entries = coo_array(kernel)
    kept = entries.col != zero
    rows = np.concatenate((np.arange(n), entries.row[kept], np.arange(n)))
    columns = np.concatenate((np.arange(n), entries.col[kept], np.full(n, zero)))
    data = np.concatenate((np.where(np.arange(n) == zero, 0.0, 1.0), -entries.data[kept], np.ones(n)))
    solution = splu(csc_array((data, (rows, columns)), shape=(n, n))).solve(reward)
    gain = float(solution[zero])
    solution[zero] = 0.0
    return solution, gain
