"""Optimal reaching: the best expected gain at absorption, for many rewards, with bounds that hold on slow walks too.

In the quotient every policy is absorbed, so ``W``, the largest expected number of steps to absorption, is finite, and
``W >= 1 + P W`` for every choice. For *any* vector ``x`` whose Bellman residual lies in [-down, up] everywhere,
``x - down W <= value <= x + up W``: one rounding error cannot hide behind a chain that takes 2^40 steps, because ``W``
says so. ``x`` comes from policy iteration, one strong component of the quotient after the other, last ones first.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from orbitwise.solvers.gain_problem import Flow, Quotient, as_flow
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["ReachingOrder", "bound_reaching", "find_best_policy", "order_quotient"]

UNIT = 2.0**-52
POLICY_ROUNDS = 100


class ReachingOrder(NamedTuple):
    """The order in which a quotient is solved, and how long its walks can be."""

    nodes: IntArray  # (n_nodes,) every strong component's nodes together, after all that they can move on to
    blocks: IntArray  # (n_blocks + 1,) ranges of ``nodes``
    steps: FloatArray  # (n_nodes,) W, infinite where floats cannot certify it


def order_quotient(quotient: Quotient) -> ReachingOrder:
    """The strong components of the quotient, last ones first, and certified bounds on the steps to absorption."""
    graph = quotient.graph
    tails = graph.choice_nodes[graph.entry_choices]
    links = csr_array((np.ones(len(tails)), (tails, graph.successors)), shape=(graph.n_nodes, graph.n_nodes))
    n_blocks, found = connected_components(links, directed=True, connection="strong")
    label: IntArray = found.astype(np.int64)
    rank = _last_first(n_blocks, label[tails], label[graph.successors])[label]
    nodes = np.argsort(rank, kind="stable").astype(np.int64)
    blocks = np.concatenate(([0], np.cumsum(np.bincount(rank, minlength=n_blocks)))).astype(np.int64)
    steps = np.zeros(graph.n_nodes)
    stays = np.where(quotient.may_stay, 1.0, -np.inf)
    policy = np.full(graph.n_nodes, -1, dtype=np.int64)
    _solve_blocks(as_flow(graph), nodes, blocks, stays, 1.0, steps, policy)
    ahead = csr_array(
        (graph.probabilities, graph.successors, graph.entry_offsets), shape=(graph.n_choices, graph.n_nodes)
    )
    slack = steps.copy()
    np.minimum.at(slack, graph.choice_nodes, steps[graph.choice_nodes] - ahead @ steps)
    width = int(np.diff(graph.entry_offsets).max(initial=1))
    margin = float(slack.min()) - (width + 4) * UNIT * float(np.abs(steps).max())
    return ReachingOrder(
        nodes, blocks, steps / margin * (1 + 4 * UNIT) if margin > 0 else np.full(graph.n_nodes, np.inf)
    )


def _last_first(n_blocks: int, tails: IntArray, heads: IntArray) -> IntArray:
    """A number for each component, larger than those of all components that it leads to."""
    out: list[set[int]] = [set() for _ in range(n_blocks)]
    into: list[set[int]] = [set() for _ in range(n_blocks)]
    for tail, head in zip(tails.tolist(), heads.tolist(), strict=True):
        if tail != head:
            out[tail].add(head)
            into[head].add(tail)
    left = [len(heads_of) for heads_of in out]
    ready = [block for block in range(n_blocks) if left[block] == 0]
    for block in ready:  # grows while it is read
        for tail in sorted(into[block]):
            left[tail] -= 1
            if left[tail] == 0:
                ready.append(tail)
    rank = np.empty(n_blocks, dtype=np.int64)
    rank[ready] = np.arange(n_blocks)
    return rank


def bound_reaching(
    quotient: Quotient, order: ReachingOrder, stay_low: FloatArray, stay_high: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Certified bounds on the best expected gain from the initial distribution.

    Parameters
    ----------
    quotient, order
        The quotient and ``order_quotient(quotient)``.
    stay_low, stay_high
        Bounds on the best gain of staying, shape (n_rewards, n_nodes), -inf where no policy may stay.
    """
    low = np.empty(len(stay_low))
    high = np.empty(len(stay_low))
    _bound_batch(as_flow(quotient.graph), order, stay_low, stay_high, quotient.may_stay, quotient.initial, low, high)
    return low, high


def find_best_policy(quotient: Quotient, order: ReachingOrder, stay: FloatArray) -> IntArray:
    """A policy of the quotient that floats find best: a choice for each node, -1 to stay."""
    graph = quotient.graph
    policy = np.full(graph.n_nodes, -1, dtype=np.int64)
    _solve_blocks(as_flow(graph), order.nodes, order.blocks, stay, 0.0, np.zeros(graph.n_nodes), policy)
    return policy


@numba.njit(cache=True, nogil=True)
def _bound_batch(
    flow: Flow,
    order: ReachingOrder,
    stay_low: FloatArray,
    stay_high: FloatArray,
    may_stay: BoolArray,
    initial: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> None:
    n = len(order.nodes)
    stay = np.empty(n)
    values = np.empty(n)
    policy = np.empty(n, dtype=np.int64)
    width = 4
    for c in range(len(flow.entry_offsets) - 1):
        width = max(width, flow.entry_offsets[c + 1] - flow.entry_offsets[c])
    for i in range(len(low)):
        least = np.inf
        most = -np.inf
        slack = 0.0
        for q in range(n):
            if may_stay[q]:
                least = min(least, stay_low[i, q])
                most = max(most, stay_high[i, q])
                slack = max(slack, stay_high[i, q] - stay_low[i, q])
        for q in range(n):
            middle = stay_low[i, q] + 0.5 * (stay_high[i, q] - stay_low[i, q])
            stay[q] = middle - least if may_stay[q] else -np.inf
        policy[:] = -1
        _solve_blocks(flow, order.nodes, order.blocks, stay, 0.0, values, policy)
        up, down = _residuals(flow, stay, values)
        size = 0.0
        for q in range(n):
            size = max(size, abs(values[q]))
        error = (width + 4) * UNIT * (size + most - least)
        value = 0.0
        walk = 0.0
        for q in range(n):
            if initial[q] > 0.0:
                value += initial[q] * values[q]
                walk += initial[q] * order.steps[q]
        spare = 0.5 * slack + n * UNIT * size + 4.0 * UNIT * max(abs(least), abs(most)) + 2.0 * error
        bottom = least + value - (max(down, 0.0) + error) * walk * (1.0 + n * UNIT) - spare
        top = least + value + (max(up, 0.0) + error) * walk * (1.0 + n * UNIT) + spare
        low[i] = max(bottom, least) if bottom == bottom else least
        high[i] = min(top, most) if top == top else most


@numba.njit(cache=True, nogil=True)
def _residuals(flow: Flow, stay: FloatArray, values: FloatArray) -> tuple[float, float]:
    """How far one step of value iteration raises and lowers a value at most."""
    up = 0.0
    down = 0.0
    for q in range(len(values)):
        best = stay[q]
        for c in range(flow.choice_offsets[q], flow.choice_offsets[q + 1]):
            best = max(best, _ahead(flow, c, values))
        up = max(up, best - values[q])
        down = max(down, values[q] - best)
    return up, down


@numba.njit(cache=True, nogil=True, inline="always")
def _ahead(flow: Flow, c: int, values: FloatArray) -> float:
    total = 0.0
    for e in range(flow.entry_offsets[c], flow.entry_offsets[c + 1]):
        total += flow.probabilities[e] * values[flow.successors[e]]
    return total


@numba.njit(cache=True, nogil=True)
def _solve_blocks(
    flow: Flow,
    nodes: IntArray,
    blocks: IntArray,
    stay: FloatArray,
    cost: float,
    values: FloatArray,
    policy: IntArray,
) -> None:
    """Best values of ``cost`` for each move plus the value of staying; fills ``values`` and ``policy``."""
    place = np.full(len(nodes), -1, dtype=np.int64)
    for b in range(len(blocks) - 1):
        block = nodes[blocks[b] : blocks[b + 1]]
        if len(block) == 1:
            q = block[0]
            values[q] = stay[q]
            policy[q] = -1
            for c in range(flow.choice_offsets[q], flow.choice_offsets[q + 1]):
                total = cost
                returns = 0.0
                leaves = 0.0
                for e in range(flow.entry_offsets[c], flow.entry_offsets[c + 1]):
                    if flow.successors[e] == q:
                        returns += flow.probabilities[e]
                    else:
                        leaves += flow.probabilities[e]
                        total += flow.probabilities[e] * values[flow.successors[e]]
                if returns > 0.0:
                    total /= leaves
                if total > values[q]:
                    values[q] = total
                    policy[q] = c
        else:
            _solve_block(flow, block, place, stay, cost, values, policy)


@numba.njit(cache=True, nogil=True)
def _solve_block(
    flow: Flow,
    block: IntArray,
    place: IntArray,
    stay: FloatArray,
    cost: float,
    values: FloatArray,
    policy: IntArray,
) -> None:
    """Policy iteration with dense solves on one strong component."""
    m = len(block)
    for k in range(m):
        place[block[k]] = k
        if stay[block[k]] == -np.inf and policy[block[k]] < 0:
            policy[block[k]] = flow.choice_offsets[block[k]]
    inner = np.empty((m, m))
    right = np.empty(m)
    exits = np.empty(m)
    for _ in range(POLICY_ROUNDS):
        inner[:] = 0.0
        for k in range(m):
            c = policy[block[k]]
            right[k] = stay[block[k]] if c < 0 else cost
            exits[k] = 1.0 if c < 0 else 0.0
            if c >= 0:
                for e in range(flow.entry_offsets[c], flow.entry_offsets[c + 1]):
                    if place[flow.successors[e]] >= 0:
                        inner[k, place[flow.successors[e]]] += flow.probabilities[e]
                    else:
                        exits[k] += flow.probabilities[e]
                        right[k] += flow.probabilities[e] * values[flow.successors[e]]
        size = _eliminate(inner, right, exits)
        for k in range(m):
            values[block[k]] = right[k]
        changed = False
        for k in range(m):
            q = block[k]
            least = values[q] + 16.0 * UNIT * size
            if stay[q] > least and policy[q] >= 0:
                policy[q] = -1
                least = stay[q]
                changed = True
            for c in range(flow.choice_offsets[q], flow.choice_offsets[q + 1]):
                if c != policy[q]:
                    total = cost + _ahead(flow, c, values)
                    if total > least:
                        policy[q] = c
                        least = total
                        changed = True
        if not changed:
            break
    for k in range(m):
        place[block[k]] = -1


@numba.njit(cache=True, nogil=True)
def _eliminate(inner: FloatArray, right: FloatArray, exits: FloatArray) -> float:
    """Solve ``x = inner x + right`` in place in ``right``; the largest absolute value.

    States are censored one by one, and what leaves a state is summed instead of being taken from 1 (Grassmann, Taksar
    and Heyman 1985): no cancellation, however small the probability of leaving.
    """
    m = len(right)
    for k in range(m - 1, 0, -1):
        leaves = exits[k]
        for j in range(k):
            leaves += inner[k, j]
        inner[k, k] = leaves
        for i in range(k):
            share = inner[i, k]
            if share != 0.0:
                share /= leaves
                for j in range(k):
                    inner[i, j] += share * inner[k, j]
                right[i] += share * right[k]
                exits[i] += share * exits[k]
    size = 0.0
    for k in range(m):
        total = right[k]
        for j in range(k):
            total += inner[k, j] * right[j]
        right[k] = total / (exits[0] if k == 0 else inner[k, k])
        size = max(size, abs(right[k]))
    return size
