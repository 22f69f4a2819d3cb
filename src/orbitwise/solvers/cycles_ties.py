"""Exact maximum cycle means of many float rewards at once, for telling ties from near-ties.

A float reward is a whole number ``y`` times a power of two. Against a cycle of ``L`` nodes and sum ``S`` the weights
``L y(u) - S``, and all potentials made of them, are whole numbers, too large for 64 bits but not much: each is carried
as a *pair*, a float that says how large it is up to an error ``E``, and its remainder modulo 2^64. Two numbers that
differ by more than ``E`` are told apart by the floats, all others by the remainders, whose difference is then the true
one. With pairs the search of ``cycles`` decides every inequality exactly; it starts from the best cycle that floats
found, and leaves what runs long to policy iteration (``cycles_howard_exact``).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import numba
import numpy as np

from orbitwise.solvers.cycles import CycleGraph, Workspace, find_good_cycle, load_reward, make_workspace, margin
from orbitwise.solvers.cycles_howard import copy_cycle, iterate_policies
from orbitwise.solvers.cycles_howard_exact import BITS, LIMIT, UNIT, remainder, settle_block, sum_cycle
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["ExactMeans", "compare_means", "find_exact_means", "read_mean"]

BUDGET = 60  # work allowed to a search, in edges of the graph


class ExactMeans(NamedTuple):
    """The best cycle of each reward: its sum, as a pair, in units of ``2**-shifts``, and its length."""

    sums: FloatArray  # (n_rewards,) correct up to a relative error of 2^-52 per node of the cycle
    remainders: IntArray  # (n_rewards,) the sum modulo 2^64
    lengths: IntArray  # (n_rewards,)
    shifts: IntArray  # (n_rewards,) the same for every graph, given the same rewards
    known: BoolArray  # (n_rewards,) False where a number was too long for pairs or the search too long


def find_exact_means(graph: CycleGraph, rewards: FloatArray) -> ExactMeans:
    """The best cycle of each reward, exactly.

    **Guarantee:** where ``known``, no cycle has a larger mean than sum / length, and one has it.
    **Cost:** that of ``bound_cycle_means`` and of one more search.

    Parameters
    ----------
    graph
        At least one node.
    rewards
        Shape (n_rewards, n_states), finite, of moderate size (see ``bound_gain``).
    """
    n_rewards = len(rewards)
    exponents = np.frexp(np.abs(rewards).max(axis=1, initial=0.0))[1].astype(np.int64)
    found = ExactMeans(
        np.zeros(n_rewards),
        np.zeros(n_rewards, dtype=np.int64),
        np.ones(n_rewards, dtype=np.int64),
        BITS - exponents,
        np.zeros(n_rewards, dtype=np.bool_),
    )
    _solve_batch(graph, np.ascontiguousarray(rewards), found)
    return found


def read_mean(means: ExactMeans, i: int) -> Fraction:
    """The exact mean of the best cycle for reward ``i``, which must be known."""
    low = int(means.remainders[i])
    total = low + (round((Fraction(float(means.sums[i])) - low) / 2**64) << 64)
    return Fraction(total, int(means.lengths[i])) / Fraction(2) ** int(means.shifts[i])


def compare_means(first: ExactMeans, second: ExactMeans) -> tuple[IntArray, BoolArray]:
    """Signs of the differences of the means, and where they are certain."""
    size = first.lengths * second.lengths
    sums = first.sums * second.lengths - second.sums * first.lengths
    remainders = first.remainders * second.lengths - second.remainders * first.lengths  # modulo 2^64, as meant
    error = 2.0 ** (BITS + 1) * size * (first.lengths + second.lengths + 4) * UNIT
    certain = first.known & second.known & (error < LIMIT)
    clear = np.abs(sums) > 2 * error
    return np.where(clear, np.sign(sums), np.sign(remainders)).astype(np.int64), certain


@numba.njit(cache=True, nogil=True)
def _solve_batch(graph: CycleGraph, rewards: FloatArray, found: ExactMeans) -> None:
    n = len(graph.states)
    work = make_workspace(n)
    remainders = np.zeros(n, dtype=np.int64)
    for i in range(len(rewards)):
        least, most = load_reward(graph, rewards[i], work)
        step = margin(least, most, n)
        done, _, _, length = find_good_cycle(graph, most, step, work)
        if done:
            _scale(work.x, found.shifts[i])
            done = _settle(graph, work, remainders, length, i, found)
        if not done:
            load_reward(graph, rewards[i], work)
            _settle_blocks(graph, work, step, i, found)


@numba.njit(cache=True, nogil=True)
def _settle_blocks(graph: CycleGraph, work: Workspace, step: float, i: int, found: ExactMeans) -> None:
    """Exact policy iteration on every strong component that may hold the best cycle."""
    n_blocks = len(graph.blocks) - 1
    highs = np.empty(n_blocks)
    lowest = -np.inf
    potential = np.zeros(len(work.x))
    for b in range(n_blocks):
        low, highs[b], _ = iterate_policies(
            graph.loops, graph.offsets, graph.successors, graph.back_offsets, graph.predecessors,
            graph.blocks[b : b + 2], work.x, step, potential, work.cycle,
        )  # fmt: skip
        lowest = max(lowest, low)
    _scale(work.x, found.shifts[i])
    for b in range(n_blocks):
        if highs[b] < lowest:
            continue
        certain, total, rest, length = settle_block(
            graph.loops, graph.offsets, graph.successors, graph.back_offsets, graph.predecessors,
            work.x, potential, graph.blocks[b], graph.blocks[b + 1], work.cycle,
        )  # fmt: skip
        if not certain:
            found.known[i] = False
            return
        known_length = found.lengths[i]
        rise = total * known_length - found.sums[i] * length
        error = 2.0 ** (BITS + 1) * length * known_length * (length + known_length + 4) * UNIT
        if error > LIMIT:
            found.known[i] = False
            return
        better = rise > 2.0 * error
        if abs(rise) <= 2.0 * error:
            better = rest * known_length - found.remainders[i] * length > 0
        if better or not found.known[i]:
            found.sums[i] = total
            found.remainders[i] = rest
            found.lengths[i] = length
            found.known[i] = True


@numba.njit(cache=True, nogil=True)
def _scale(x: FloatArray, shift: int) -> None:
    """Multiply by ``2**shift``; what would become tiny becomes 1/4, which is no whole number either."""
    first = math.ldexp(1.0, shift // 2)
    second = math.ldexp(1.0, shift - shift // 2)
    for u in range(len(x)):
        value = x[u] * first * second
        x[u] = value if abs(value) >= 0.25 or x[u] == 0.0 else math.copysign(0.25, x[u])


@numba.njit(cache=True, nogil=True)
def _settle(graph: CycleGraph, work: Workspace, remainders: IntArray, length: int, i: int, found: ExactMeans) -> bool:
    """Replace the cycle in ``work.cycle`` by better ones until none is better; write the last to ``found``."""
    budget = BUDGET * (len(work.x) + len(graph.successors)) + 10_000
    closed = 0
    while closed >= 0 and budget > 0:
        whole, total, rest = sum_cycle(work.x, work.cycle, length)
        if not whole:
            return False
        closed, n_touched, budget = _search(graph, work, remainders, total, rest, length, budget)
        if closed >= 0:
            length = copy_cycle(work.follow, closed, work.cycle)
        elif closed == -1:
            found.sums[i] = total
            found.remainders[i] = rest
            found.lengths[i] = length
            found.known[i] = True
        for k in range(n_touched):
            u = work.touched[k]
            work.potential[u] = 0.0
            work.follow[u] = -1
            work.queued[u] = False
            remainders[u] = 0
    return closed == -1


@numba.njit(cache=True, nogil=True)
def _search(
    graph: CycleGraph, work: Workspace, remainders: IntArray, total: float, rest: int, length: int, budget: int
) -> tuple[int, int, int]:
    """Raise potentials, in pairs, until none violates its inequality or a better cycle closes.

    Returns
    -------
    A node of the better cycle in ``work.follow`` (-1: there is none, -2: undecided), nodes touched, budget left.
    """
    x, potential, follow, queued, queue, touched = (
        work.x, work.potential, work.follow, work.queued, work.queue, work.touched
    )  # fmt: skip
    n = len(x)
    weight_error = 2.0 ** (BITS + 1) * length * (length + 4) * UNIT
    bottom = total / length - 2.0 * weight_error
    closed, n_touched = _find_seeds(graph, work, remainders, total, rest, length, bottom, weight_error)
    if closed != -1:
        return closed, n_touched, budget
    head = 0
    tail = n_touched
    top = 0.0
    size = len(queue)
    while head != tail:
        v = queue[head]
        head = head + 1 if head + 1 < size else 0
        queued[v] = False
        top = max(top, abs(potential[v]))
        error = n * (weight_error + top * UNIT)
        if error > LIMIT or budget <= 0:
            return -2, n_touched, budget
        budget -= graph.back_offsets[v + 1] - graph.back_offsets[v]
        for e in range(graph.back_offsets[v], graph.back_offsets[v + 1]):
            u = graph.predecessors[e]
            raised = (length * x[u] - total) + potential[v]
            if raised < potential[u] - 2.0 * error:
                continue
            if x[u] != np.floor(x[u]):
                return -2, n_touched, budget
            left = length * remainder(x[u]) - rest + remainders[v]
            if raised > potential[u] + 2.0 * error or left - remainders[u] > 0:
                w = v
                while w >= 0 and w != u:
                    w = follow[w]
                    budget -= 1
                if follow[u] < 0 and potential[u] == 0.0 and remainders[u] == 0:
                    touched[n_touched] = u
                    n_touched += 1
                follow[u] = v
                potential[u] = raised
                remainders[u] = left
                if w == u:
                    return u, n_touched, budget
                if not queued[u]:
                    queued[u] = True
                    queue[tail] = u
                    tail = tail + 1 if tail + 1 < size else 0
    return -1, n_touched, budget


@numba.njit(cache=True, nogil=True)
def _find_seeds(
    graph: CycleGraph,
    work: Workspace,
    remainders: IntArray,
    total: float,
    rest: int,
    length: int,
    bottom: float,
    error: float,
) -> tuple[int, int]:
    """Queue the nodes whose reward alone is above the mean, with their potentials.

    Returns
    -------
    A node with a loop that is a better cycle (-1: there is none, -2: undecided), and how many nodes were queued.
    """
    x = work.x
    count = 0
    for u in range(len(x)):
        if x[u] < bottom:
            continue
        if x[u] != np.floor(x[u]):
            return -2, count
        weight = length * x[u] - total
        weight_rest = length * remainder(x[u]) - rest
        if weight > 2.0 * error or (weight >= -2.0 * error and weight_rest > 0):
            work.potential[u] = weight
            remainders[u] = weight_rest
            work.queued[u] = True
            work.queue[count] = u
            work.touched[count] = u
            count += 1
            if graph.loops[u]:
                work.follow[u] = u
                return u, count
    return -1, count
