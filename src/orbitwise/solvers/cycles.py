"""Maximum cycle means: the best long-run average in a deterministic environment, certified from both sides.

For rewards ``r`` on nodes, the best average over all cycles is the least ``m`` with a potential ``p`` such that
``r(u) - m + p(v) <= p(u)`` for every edge ``u -> v`` (sum along a cycle: the potentials cancel). A cycle bounds the
value from below by its mean, a potential from above by ``m`` plus the worst violation.

The search keeps ``p = 0`` wherever it can. With ``m`` the best mean found so far only nodes with ``r > m`` violate
their inequality, and raising their potentials touches only the few paths that lead to them: the cost is a scan of the
rewards plus a neighborhood of the best ones. A path that closes on itself is a better cycle and raises ``m``; when
nothing is left to raise, ``p`` is the certificate. Rewards on which this runs long are finished by Howard's policy
iteration (``cycles_howard``), whose last policy gives both bounds.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from orbitwise.solvers.cycles_howard import copy_cycle, iterate_policies, mean_along
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["CycleGraph", "bound_cycle_means", "make_cycle_graph"]

SEARCH_BUDGET = 12  # work allowed to the search, in edges of the graph, before Howard's iteration takes over
UNIT = 2.0**-52


class CycleGraph(NamedTuple):
    """The edges that lie on cycles, loops apart; the nodes of a strong component have neighboring numbers.

    A named tuple, because compiled code takes those as they are.
    """

    states: IntArray  # (n_nodes,) the reward coordinate of each node
    loops: BoolArray  # (n_nodes,) whether the node has an edge to itself
    offsets: IntArray  # (n_nodes + 1,)
    successors: IntArray  # (n_edges,) without loops, all inside the node's strong component
    returns: BoolArray  # (n_edges,) whether the reversed edge exists too
    back_offsets: IntArray  # (n_nodes + 1,)
    predecessors: IntArray  # (n_edges,)
    blocks: IntArray  # (n_components + 1,) node ranges of the strong components


class Workspace(NamedTuple):
    """What one search needs, made once for a batch; between rewards ``potential`` is 0 and ``follow`` -1 everywhere."""

    x: FloatArray  # (n_nodes,) the reward of each node
    potential: FloatArray  # (n_nodes,)
    follow: IntArray  # (n_nodes,) the successor that raised the potential
    queued: BoolArray  # (n_nodes,)
    queue: IntArray  # (n_nodes + 1,) a ring
    touched: IntArray  # (n_nodes,) nodes whose potential was raised
    seeds: IntArray  # (n_nodes,) nodes above the best mean
    cycle: IntArray  # (n_nodes,) the best cycle


def make_cycle_graph(states: IntArray, component: IntArray, tails: IntArray, heads: IntArray) -> CycleGraph:
    """The graph of all edges inside the given strong components.

    Parameters
    ----------
    states
        Shape (n_nodes,), the reward coordinate of each node.
    component
        Shape (n_nodes,), the strong component of each node, -1 for nodes to leave out.
    tails, heads
        Shape (n_edges,), the edges; those that leave a component or touch an omitted node are dropped.
    """
    old = np.flatnonzero(component >= 0)
    old = old[np.argsort(component[old], kind="stable")]
    n = len(old)
    new = np.full(len(states), -1, dtype=np.int64)
    new[old] = np.arange(n)
    inside = (component[tails] == component[heads]) & (component[tails] >= 0)
    tail, head = new[tails[inside]], new[heads[inside]]
    loops = np.zeros(n, dtype=np.bool_)
    loops[tail[tail == head]] = True
    code = np.unique(tail[tail != head] * max(n, 1) + head[tail != head])
    tail, head = np.divmod(code, max(n, 1))
    starts = np.flatnonzero(np.diff(component[old], prepend=-1))
    return CycleGraph(
        states=states[old],
        loops=loops,
        offsets=_offsets(tail, n),
        successors=head,
        returns=np.isin(head * max(n, 1) + tail, code),
        back_offsets=_offsets(head, n),
        predecessors=tail[np.argsort(head, kind="stable")],
        blocks=np.append(starts, n).astype(np.int64),
    )


def _offsets(owners: IntArray, n_nodes: int) -> IntArray:
    return np.concatenate(([0], np.cumsum(np.bincount(owners, minlength=n_nodes)))).astype(np.int64)


def bound_cycle_means(graph: CycleGraph, rewards: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Certified bounds on the maximum cycle mean for each reward.

    **Guarantee:** the value for the exact binary values of the rewards lies in [low, high], rounding included.
    **Cost:** one scan of the nodes and a search near the best of them; at worst Howard's iteration.

    Parameters
    ----------
    graph
        At least one node.
    rewards
        Shape (n_rewards, n_states), finite, of absolute value below 1e290 (and 0 or above 1e-290).

    Returns
    -------
    low, high : shape (n_rewards,)
    """
    low = np.empty(len(rewards))
    high = np.empty(len(rewards))
    _bound_batch(graph, np.ascontiguousarray(rewards), low, high)
    return low, high


@numba.njit(cache=True, nogil=True)
def _bound_batch(graph: CycleGraph, rewards: FloatArray, low: FloatArray, high: FloatArray) -> None:
    work = make_workspace(len(graph.states))
    for i in range(len(rewards)):
        least, most = load_reward(graph, rewards[i], work)
        unit = max(abs(least), abs(most)) * UNIT
        step = margin(least, most, len(graph.states))
        done, best, top, length = find_good_cycle(graph, most, step, work)
        if _holds_only(work.x, work.cycle, length, most):
            low[i] = most
            high[i] = most
        elif done:
            low[i] = best - 4.0 * unit
            high[i] = best + step + 4.0 * unit + 4.0 * top * UNIT
        else:
            low[i], high[i], _ = iterate_policies(
                graph.loops, graph.offsets, graph.successors, graph.back_offsets, graph.predecessors, graph.blocks,
                work.x, step, work.potential, work.cycle,
            )  # fmt: skip
            work.potential[:] = 0.0


@numba.njit(cache=True, nogil=True)
def _holds_only(x: FloatArray, cycle: IntArray, length: int, value: float) -> bool:
    """Whether all nodes of a cycle have the same reward: then its mean is exact."""
    same = True
    for k in range(length):
        same = same and x[cycle[k]] == value
    return same


@numba.njit(cache=True, nogil=True)
def make_workspace(n: int) -> Workspace:
    """Work arrays for graphs of ``n`` nodes."""
    return Workspace(
        np.empty(n),
        np.zeros(n),
        np.full(n, -1, dtype=np.int64),
        np.zeros(n, dtype=np.bool_),
        np.empty(n + 1, dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
    )


@numba.njit(cache=True, nogil=True)
def load_reward(graph: CycleGraph, reward: FloatArray, work: Workspace) -> tuple[float, float]:
    """Gather the rewards of the nodes into ``work.x``; their least and largest."""
    x = work.x
    states = graph.states
    least = np.inf
    most = -np.inf
    for u in range(len(states)):
        value = reward[states[u]]
        x[u] = value
        least = value if value < least else least
        most = value if value > most else most
    return least, most


@numba.njit(cache=True, nogil=True)
def margin(least: float, most: float, n: int) -> float:
    """How far above the best mean the search looks: more than its rounding errors, so that it comes to rest."""
    return 8.0 * max(abs(least), abs(most)) * UNIT + (n + 2) * (most - least) * 4.0 * UNIT


@numba.njit(cache=True, nogil=True)
def find_good_cycle(graph: CycleGraph, most: float, step: float, work: Workspace) -> tuple[bool, float, float, int]:
    """A cycle in ``work.cycle`` and, if the search came to rest, the proof that none is better by ``step``.

    Returns
    -------
    Whether the search came to rest, the cycle's mean, the largest potential, the cycle's length.
    """
    best, length = _start_cycle(graph, most, work)
    if best >= most:
        return True, best, 0.0, length
    x = work.x
    n_seeds = 0
    for u in range(len(x)):
        if x[u] > best:
            work.seeds[n_seeds] = u
            n_seeds += 1
    budget = SEARCH_BUDGET * (len(x) + len(graph.successors)) + 1000
    while True:
        level = best + step
        kept = 0
        for k in range(n_seeds):
            u = work.seeds[k]
            if x[u] > level:
                work.seeds[kept] = u
                kept += 1
        n_seeds = kept
        closed, top, n_touched, budget = _raise_potentials(graph, level, n_seeds, work, budget)
        done = closed < 0 and budget > 0
        if closed >= 0:
            mean = mean_along(x, work.follow, closed)
            if mean > best:
                best = mean
                length = copy_cycle(work.follow, closed, work.cycle)
            else:
                budget = 0
        for k in range(n_touched):
            u = work.touched[k]
            work.potential[u] = 0.0
            work.follow[u] = -1
            work.queued[u] = False
        if done or budget <= 0:
            return done, best, top, length


@numba.njit(cache=True, nogil=True)
def _start_cycle(graph: CycleGraph, most: float, work: Workspace) -> tuple[float, int]:
    """The best loop or two-cycle, or where the greedy walk from the best node closes; its mean and length."""
    x, follow, cycle = work.x, work.follow, work.cycle
    best = -np.inf
    length = 0
    top = 0
    for u in range(len(x)):
        if x[u] > best:
            if x[u] > x[top]:
                top = u
            if graph.loops[u]:
                best = x[u]
                length = 1
                cycle[0] = u
                continue
            for e in range(graph.offsets[u], graph.offsets[u + 1]):
                if graph.returns[e]:
                    mean = 0.5 * (x[u] + x[graph.successors[e]])
                    if mean > best:
                        best = mean
                        length = 2
                        cycle[0] = u
                        cycle[1] = graph.successors[e]
    if best >= most or graph.offsets[top] == graph.offsets[top + 1]:
        return best, length
    u = top
    while follow[u] < 0:
        choice = graph.successors[graph.offsets[u]]
        for e in range(graph.offsets[u] + 1, graph.offsets[u + 1]):
            if x[graph.successors[e]] > x[choice]:
                choice = graph.successors[e]
        follow[u] = choice
        u = choice
    mean = mean_along(x, follow, u)
    if mean > best:
        best = mean
        length = copy_cycle(follow, u, cycle)
    u = top
    while follow[u] >= 0:
        after = follow[u]
        follow[u] = -1
        u = after
    return best, length


@numba.njit(cache=True, nogil=True)
def _raise_potentials(
    graph: CycleGraph, level: float, n_seeds: int, work: Workspace, budget: int
) -> tuple[int, float, int, int]:
    """Raise potentials from the seeds until none violates its inequality or a cycle closes.

    Returns
    -------
    A node of the cycle in ``work.follow`` (-1: none), the largest potential, how many nodes were touched, what is left
    of the budget.
    """
    x, potential, follow, queued, queue, touched = (
        work.x, work.potential, work.follow, work.queued, work.queue, work.touched
    )  # fmt: skip
    size = len(queue)
    for k in range(n_seeds):
        u = work.seeds[k]
        potential[u] = x[u] - level
        queued[u] = True
        queue[k] = u
        touched[k] = u
    n_touched = n_seeds
    head = 0
    tail = n_seeds
    top = 0.0
    while head != tail and budget > 0:
        v = queue[head]
        head = head + 1 if head + 1 < size else 0
        queued[v] = False
        ahead = potential[v]
        top = max(top, ahead)
        budget -= graph.back_offsets[v + 1] - graph.back_offsets[v]
        for e in range(graph.back_offsets[v], graph.back_offsets[v + 1]):
            u = graph.predecessors[e]
            raised = (x[u] - level) + ahead
            if raised > potential[u]:
                w = v
                while w >= 0 and w != u:
                    w = follow[w]
                    budget -= 1
                if potential[u] == 0.0:
                    touched[n_touched] = u
                    n_touched += 1
                follow[u] = v
                potential[u] = raised
                if w == u:
                    return u, top, n_touched, budget
                if not queued[u]:
                    queued[u] = True
                    queue[tail] = u
                    tail = tail + 1 if tail + 1 < size else 0
    return -1, top, n_touched, budget
