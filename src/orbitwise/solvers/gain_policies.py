"""Policy iteration for the gain of a small end component, one reward at a time, for chains that mix slowly.

A policy's chain is censored state by state (Grassmann, Taksar and Heyman 1985): what leaves a state is summed, never
taken from 1, so that no digit is lost however slow the chain. Along with the probabilities go the reward and the time
that pass until the next state that is left. A state that nothing leaves is the root of a recurrent class, whose gain is
its reward over its time. With several roots, or states that are left so rarely that floats see roots, all nodes are led
to the best one (Haviv and Puterman 1991). The relative values then give bounds by their extreme Bellman steps, and
better choices; the bounds hold for whatever values they are made of.
"""

from __future__ import annotations

import numba
import numpy as np

from orbitwise.solvers.gain_problem import Flow
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["improve_bounds"]

ROUNDS = 60
RARE = 1e-3
LEAST_EXIT = 1e-8  # what leaves a class less often than this is treated as never leaving it
UNIT = 2.0**-52


@numba.njit(cache=True, nogil=True)
def improve_bounds(flow: Flow, reward: FloatArray, values: FloatArray, width: float) -> tuple[float, float]:
    """Certified bounds on the gain, started from the policy that is greedy for ``values``.

    Parameters
    ----------
    flow
        An end component.
    reward, values
        Shape (n_nodes,); rewards in [0, 1]. The values are overwritten.
    width
        Where to stop.
    """
    policy = flow.choice_offsets[:-1].copy()
    longest = 0
    for c in range(len(flow.entry_offsets) - 1):
        longest = max(longest, flow.entry_offsets[c + 1] - flow.entry_offsets[c])
    low, high, changed = _improve(flow, reward, values, policy, longest)
    anchor = 0
    near = np.zeros(len(reward))
    for _ in range(ROUNDS):
        n_roots, anchor = _evaluate_often(flow, reward, policy, values, near, anchor)
        if n_roots > 1:
            _lead_to(flow, policy, near)
            _, anchor = _evaluate_often(flow, reward, policy, values, near, anchor)
        bottom, top, changed = _improve(flow, reward, values, policy, longest)
        low, high = max(low, bottom), min(high, top)
        if not changed or high - low <= width:
            break
    return low, high


@numba.njit(cache=True, nogil=True)
def _evaluate_often(
    flow: Flow, reward: FloatArray, policy: IntArray, values: FloatArray, near: FloatArray, anchor: int
) -> tuple[int, int]:
    """``_evaluate`` relative to a node that is visited often: rare visits are long apart, and cost digits."""
    n_roots, often, share = _evaluate(flow, reward, policy, values, near, anchor)
    if share < RARE:
        n_roots, _, _ = _evaluate(flow, reward, policy, values, near, often)
    return n_roots, often


@numba.njit(cache=True, nogil=True)
def _evaluate(
    flow: Flow, reward: FloatArray, policy: IntArray, values: FloatArray, near: FloatArray, anchor: int
) -> tuple[int, int, float]:
    """Values of a policy relative to its best root; ``anchor``, if it can be, is that root.

    Fills ``values``, and ``near`` with the probabilities to reach the best root.

    Returns
    -------
    The number of roots, the node most visited in the best class, and the root's visits for one visit of that node.
    """
    n = len(reward)
    inner = np.zeros((n, n))
    place = np.arange(n)  # the anchor comes first, and is what remains when all else is censored
    place[0], place[anchor] = anchor, 0
    earned = reward[place]
    passed = np.ones(n)
    leaves = np.zeros(n)
    roots = np.zeros(n, dtype=np.bool_)
    for u in range(n):
        for e in range(flow.entry_offsets[policy[u]], flow.entry_offsets[policy[u] + 1]):
            inner[place[u], place[flow.successors[e]]] += flow.probabilities[e]
    gain = -np.inf
    best = 0
    n_roots = 0
    for k in range(n - 1, -1, -1):
        for j in range(n):
            if j < k or roots[j]:
                leaves[k] += inner[k, j]
        if leaves[k] <= LEAST_EXIT:
            roots[k] = True
            n_roots += 1
            if earned[k] / passed[k] > gain:
                gain = earned[k] / passed[k]
                best = k
            continue
        for i in range(k):
            share = inner[i, k] / leaves[k]
            if share != 0.0:
                for j in range(k):
                    inner[i, j] += share * inner[k, j]
                for j in range(k + 1, n):
                    if roots[j]:
                        inner[i, j] += share * inner[k, j]
                earned[i] += share * earned[k]
                passed[i] += share * passed[k]
    relative = np.zeros(n)
    reaching = np.zeros(n)
    visits = np.zeros(n)
    reaching[best] = 1.0
    visits[best] = 1.0
    for k in range(n):
        if not roots[k]:
            total = earned[k] - gain * passed[k]
            reached = inner[k, best] if best > k else 0.0
            for j in range(k):
                total += inner[k, j] * relative[j]
                reached += inner[k, j] * reaching[j]
                visits[k] += visits[j] * inner[j, k]
            relative[k] = total / leaves[k]
            reaching[k] = reached / leaves[k]
            visits[k] /= leaves[k]
    for u in range(n):
        values[u] = relative[place[u]]
        near[u] = reaching[place[u]]
    often = visits.argmax()
    return n_roots, place[often], 1.0 / visits[often]


@numba.njit(cache=True, nogil=True)
def _lead_to(flow: Flow, policy: IntArray, near: FloatArray) -> None:
    """Send the nodes that probably miss the best root towards those that probably reach it."""
    n = len(policy)
    led = near > 0.5
    left = n - led.sum()
    while left > 0:
        before = led.copy()
        for u in range(n):
            for c in range(flow.choice_offsets[u], flow.choice_offsets[u + 1]):
                if not led[u] and _touches(flow, c, before):
                    policy[u] = c
                    led[u] = True
                    left -= 1


@numba.njit(cache=True, nogil=True)
def _touches(flow: Flow, c: int, led: BoolArray) -> bool:
    hit = False
    for e in range(flow.entry_offsets[c], flow.entry_offsets[c + 1]):
        hit = hit or led[flow.successors[e]]
    return hit


@numba.njit(cache=True, nogil=True)
def _improve(
    flow: Flow, reward: FloatArray, values: FloatArray, policy: IntArray, longest: int
) -> tuple[float, float, bool]:
    """Certified bounds from the Bellman steps of ``values``; changes the policy where another choice is better."""
    size = 1.0
    for u in range(len(values)):
        size = max(size, abs(values[u]))
    error = (longest + 8) * size * UNIT
    low = np.inf
    high = -np.inf
    changed = False
    for u in range(len(values)):
        own = -np.inf
        best = -np.inf
        chosen = policy[u]
        for c in range(flow.choice_offsets[u], flow.choice_offsets[u + 1]):
            ahead = 0.0
            for e in range(flow.entry_offsets[c], flow.entry_offsets[c + 1]):
                ahead += flow.probabilities[e] * values[flow.successors[e]]
            if c == policy[u]:
                own = ahead
            if ahead > best:
                best = ahead
                chosen = c
        step = (best + reward[u]) - values[u]
        low = min(low, step)
        high = max(high, step)
        if best > own + 2.0 * error:
            policy[u] = chosen
            changed = True
    return low - error, high + error, changed
