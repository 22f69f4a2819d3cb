"""The gain of a random end component, for many rewards: relative value iteration in lanes, certified by its spans.

In an end component the best average ``g`` is the same from every node. For *any* vector ``h``, with
``(T h)(u) = r(u) + max over choices of P h``, ``min (T h - h) <= g <= max (T h - h)``: the policy that is greedy for
``h`` earns at least the minimum, no policy more than the maximum (Odoni 1969). Value iteration makes the span shrink;
where it would turn in a cycle, because the chain is periodic, half a step at a time is taken. Rewards on which the
span stops shrinking are finished by policy iteration (Haviv and Puterman 1991), certified by the same spans.
"""

from __future__ import annotations

import numba
import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from orbitwise.solvers.gain_problem import Flow, MixedPart, as_flow
from orbitwise.solvers.lanes import (
    LANES,
    add,
    aligned_rows,
    any_greater,
    largest,
    load,
    multiply_add,
    smallest,
    spread,
    store,
    subtract,
    times,
)
from orbitwise.typing import FloatArray, IntArray

__all__ = ["bound_mixed_gains", "find_good_policy", "find_recurrent_classes", "make_unichain"]

MAX_SWEEPS = 4000
PATIENCE = 24  # sweeps in which the span must halve
POLICY_ROUNDS = 60
UNIT = 2.0**-52


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
    low = np.empty(len(rewards))
    high = np.empty(len(rewards))
    graph = part.graph
    flow = as_flow(graph)
    rows = aligned_rows(3 * len(part.states))
    _bound_batch(flow, np.ascontiguousarray(rewards), part.states, tolerance, rows, low, high)
    ranges = np.ptp(rewards[:, part.states], axis=1)
    matrix = csr_array(
        (graph.probabilities, graph.successors, graph.entry_offsets), shape=(graph.n_choices, graph.n_nodes)
    )
    for i in np.flatnonzero(high - low > 2 * tolerance * ranges):
        refined = _iterate_policies(part, matrix, rewards[i, part.states], tolerance * ranges[i])
        low[i], high[i] = max(low[i], refined[0]), min(high[i], refined[1])
    return low, high


def find_good_policy(part: MixedPart, matrix: csr_array, reward: FloatArray) -> IntArray:
    """A policy (the choice of each node) that floats find best; ``reward`` is that of the part's nodes."""
    return _iterate_policies(part, matrix, reward, 0.0)[2]


@numba.njit(cache=True, nogil=True)
def _bound_batch(
    flow: Flow,
    rewards: FloatArray,
    states: IntArray,
    tolerance: float,
    rows: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> None:
    n = len(states)
    reward = rows[: n * LANES]
    values = rows[n * LANES : 2 * n * LANES]
    work = rows[2 * n * LANES : 3 * n * LANES]
    ends = np.empty(3 * LANES)  # least and largest step, and the width to reach, per lane
    base = np.empty(LANES)
    width = 0
    for c in range(len(flow.entry_offsets) - 1):
        width = max(width, flow.entry_offsets[c + 1] - flow.entry_offsets[c])
    for first in range(0, len(rewards), LANES):
        for lane in range(LANES):
            row = rewards[min(first + lane, len(rewards) - 1)]
            least = np.inf
            most = -np.inf
            for u in range(n):
                least = min(least, row[states[u]])
                most = max(most, row[states[u]])
            base[lane] = least
            ends[2 * LANES + lane] = tolerance * (most - least)
            for u in range(n):
                reward[u * LANES + lane] = row[states[u]] - least
        values[:] = reward
        ends[:LANES] = 0.0
        _iterate(flow, reward, values, work, ends)
        for lane in range(min(LANES, len(rewards) - first)):
            size = 0.0
            for u in range(n):
                size = max(size, abs(values[u * LANES + lane]) + reward[u * LANES + lane])
            slack = (width + 8) * size * UNIT + 4.0 * abs(base[lane]) * UNIT
            low[first + lane] = base[lane] + ends[lane] - slack
            high[first + lane] = base[lane] + ends[LANES + lane] + slack


@numba.njit(cache=True, nogil=True)
def _iterate(flow: Flow, reward: FloatArray, values: FloatArray, work: FloatArray, ends: FloatArray) -> None:
    """Sweep until every lane's span is narrow; leaves in ``ends`` the extreme steps of the ``values`` it leaves."""
    half = False
    before = np.inf
    for sweep in range(MAX_SWEEPS):
        _sweep(flow, reward, values, work, half, ends)
        least = load(ends, 0)
        most = load(ends, LANES)
        if not any_greater(subtract(most, least), load(ends, 2 * LANES)):
            return
        if sweep % PATIENCE == PATIENCE - 1:
            worst = 0.0
            for lane in range(LANES):
                if ends[2 * LANES + lane] > 0.0:
                    worst = max(worst, (ends[LANES + lane] - ends[lane]) / ends[2 * LANES + lane])
            if worst > 0.5 * before:
                if half:
                    return
                half = True
                worst = np.inf
            before = worst
        values[:] = work


@numba.njit(cache=True, nogil=True)
def _sweep(flow: Flow, reward: FloatArray, values: FloatArray, work: FloatArray, half: bool, ends: FloatArray) -> None:
    """One step of value iteration from ``values`` to ``work``; the extreme steps go to ``ends``."""
    center = times(spread(load(ends, 0), 0.5 if half else 1.0), load(values, 0))
    share = spread(center, 0.5 if half else 1.0)
    least = spread(center, np.inf)
    most = spread(center, -np.inf)
    for u in range(len(flow.choice_offsets) - 1):
        best = spread(center, -np.inf)
        for c in range(flow.choice_offsets[u], flow.choice_offsets[u + 1]):
            total = spread(center, 0.0)
            for e in range(flow.entry_offsets[c], flow.entry_offsets[c + 1]):
                total = multiply_add(
                    spread(center, flow.probabilities[e]), load(values, flow.successors[e] * LANES), total
                )
            best = largest(best, total)
        old = load(values, u * LANES)
        step = subtract(add(best, load(reward, u * LANES)), old)
        least = smallest(least, step)
        most = largest(most, step)
        store(work, u * LANES, multiply_add(share, step, subtract(old, center)))
    store(ends, 0, least)
    store(ends, LANES, most)


def _iterate_policies(
    part: MixedPart, matrix: csr_array, reward: FloatArray, width: float
) -> tuple[float, float, IntArray]:
    """Bounds on the gain from policy iteration, and its last policy."""
    policy = part.graph.choice_offsets[:-1].copy()
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
    return [np.flatnonzero(label == c) for c in np.flatnonzero(closed)]


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
