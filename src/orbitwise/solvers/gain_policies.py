"""Policy iteration for the gain of a small end component, one reward at a time, for chains that mix slowly.

A policy's chain is censored state by state (Grassmann, Taksar and Heyman 1985): what leaves a state is summed, never
taken from 1, so that no digit is lost however slow the chain. Along with the probabilities go the reward and the time
that pass until the next state that is left. A state that nothing leaves is the root of a recurrent class, whose gain is
its reward over its time. With several roots, all nodes are led to the best one (Haviv and Puterman 1991). The relative
values then give bounds by their extreme Bellman steps, and better choices.
"""

from __future__ import annotations

import numba
import numpy as np

from orbitwise.solvers.gain_problem import Flow
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["improve_bounds"]

ROUNDS = 60
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
    for _ in range(ROUNDS):
        roots, best = _evaluate(flow, reward, policy, values)
        if roots.sum() > 1:
            _lead_to(flow, policy, best)
            _evaluate(flow, reward, policy, values)
        bottom, top, changed = _improve(flow, reward, values, policy, longest)
        low, high = max(low, bottom), min(high, top)
        if not changed or high - low <= width:
            break
    return low, high


@numba.njit(cache=True, nogil=True)
def _evaluate(flow: Flow, reward: FloatArray, policy: IntArray, values: FloatArray) -> tuple[BoolArray, int]:
    """Fill ``values`` relative to the best root; the roots of all recurrent classes, and the best of them."""
    n = len(reward)
    inner = np.zeros((n, n))
    earned = reward.copy()
    passed = np.ones(n)
    exits = np.zeros(n)
    leaves = np.zeros(n)
    roots = np.zeros(n, dtype=np.bool_)
    for u in range(n):
        for e in range(flow.entry_offsets[policy[u]], flow.entry_offsets[policy[u] + 1]):
            inner[u, flow.successors[e]] += flow.probabilities[e]
    gain = -np.inf
    best = 0
    for k in range(n - 1, -1, -1):
        leaves[k] = exits[k]
        for j in range(k):
            leaves[k] += inner[k, j]
        if leaves[k] == 0.0:
            roots[k] = True
            if earned[k] / passed[k] > gain:
                gain = earned[k] / passed[k]
                best = k
        for i in range(k):
            share = inner[i, k]
            if share != 0.0:
                if roots[k]:
                    exits[i] += share
                    continue
                share /= leaves[k]
                for j in range(k):
                    inner[i, j] += share * inner[k, j]
                exits[i] += share * exits[k]
                earned[i] += share * earned[k]
                passed[i] += share * passed[k]
    for k in range(n):
        values[k] = 0.0
        if not roots[k]:
            total = earned[k] - gain * passed[k]
            for j in range(k):
                total += inner[k, j] * values[j]
            values[k] = total / leaves[k]
    return roots, best


@numba.njit(cache=True, nogil=True)
def _lead_to(flow: Flow, policy: IntArray, root: int) -> None:
    """Change the policy, at nodes that miss the recurrent class of ``root``, so that all nodes end in it."""
    n = len(policy)
    led = np.zeros(n, dtype=np.bool_)
    led[root] = True
    n_led = 1
    while n_led < n:
        before = n_led
        for u in range(n):
            if not led[u] and _touches(flow, policy[u], led):
                led[u] = True
                n_led += 1
        if n_led == before:
            for u in range(n):
                if led[u] or n_led > before:
                    continue
                for c in range(flow.choice_offsets[u], flow.choice_offsets[u + 1]):
                    if not led[u] and _touches(flow, c, led):
                        policy[u] = c
                        led[u] = True
                        n_led += 1


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
