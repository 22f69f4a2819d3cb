"""Discounted values where each reward brings its own MDP: of every node only a range of choices is open to it.

All rewards share the choices of one graph; reward k may take at node u the choices ``first[k, u]`` to
``last[k, u] - 1``. (What an agent can do beside another whose policy depends on the reward is such a range.) Two steps:

- ``find_values`` approximates the optimal values by policy iteration. Where choices are sure, a policy is a map of the
  nodes to themselves, evaluated in one walk over each node, around its cycle first; else by in-place sweeps, or by
  elimination where these are slow.
- ``decide_ranges`` certifies: from values V with |V - V*| <= e (by the residual max |TV - V| / (1 - g), or known), a
  choice whose expected next value is within 2e + rounding of the best may be optimal, all others cannot. The first such
  choice is taken. It is the first optimal one for certain if all such choices have the same law of successors; else the
  node is said to be undecided.

References
----------
Howard, *Dynamic Programming and Markov Processes* (1960); Puterman, *Markov Decision Processes* (1994), theorem 6.3.1.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numba
import numpy as np

from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["Decisions", "RangeModel", "decide_ranges", "find_values", "make_ranges"]

UNIT = 2.0**-53
ROUNDS = 200  # of policy iteration, at most; a handful is usual
SWEEPS = 20_000  # of one evaluation, at most; then, or when they have cost as much, elimination
KEEP = 1e-13  # a policy is kept unless another choice is better by this, relative to the size of values
STILL = 2e-15  # an evaluation ends when no value changes by more, relative to their size


class RangeModel(NamedTuple):
    """The graph and the discount as the kernels take them."""

    entry_offsets: IntArray  # (n_choices + 1,)
    successors: IntArray  # (n_entries,)
    probabilities: FloatArray  # (n_entries,) nearest to the exact ones
    law_codes: IntArray  # (n_choices,) equal where two choices have exactly the same law of successors
    is_sure: bool  # every choice has one successor
    discount: float
    rest: float  # 1 - g, rounded from the exact one
    roundings: int  # of one backup


class Decisions(NamedTuple):
    """What is certain about each reward and node."""

    choices: IntArray  # (n_rewards, n_nodes) the first choice that may be optimal
    ahead: FloatArray  # (n_rewards, n_nodes) the best expected next value, E V*
    error: FloatArray  # (n_rewards,) of it, at most
    undecided: BoolArray  # (n_rewards, n_nodes) whether that is not certain


def make_ranges(graph: ChoiceGraph, discount: Fraction) -> RangeModel:
    """Prepare a graph; its choices keep their numbers.

    **Cost:** linear in the entries.
    """
    exact = [Fraction(1)] * graph.n_choices if graph.is_deterministic else graph.exact_probabilities.tolist()
    entries = list(zip(graph.successors.tolist(), exact, strict=True))
    ends = graph.entry_offsets.tolist()
    known: dict[frozenset[tuple[int, Fraction]], int] = {}
    codes = [known.setdefault(frozenset(entries[a:b]), len(known)) for a, b in pairwise(ends)]
    return RangeModel(
        entry_offsets=graph.entry_offsets.astype(np.int64),
        successors=graph.successors.astype(np.int64),
        probabilities=np.array([float(p) for p in exact]),
        law_codes=np.array(codes, dtype=np.int64),
        is_sure=graph.is_deterministic,
        discount=float(discount),
        rest=float(1 - discount),
        roundings=int(np.diff(graph.entry_offsets).max()) + 8,
    )


def find_values(model: RangeModel, first: IntArray, last: IntArray, rewards: FloatArray) -> FloatArray:
    """Approximate optimal values, shape (n_rewards, n_nodes); ``decide_ranges`` says how good they are.

    **Cost:** a reward takes a handful of passes over its open choices; where they are not sure, also some hundred
    sweeps over the nodes for each, at most as much as solving n_nodes equations.

    Parameters
    ----------
    model
        From ``make_ranges``.
    first, last
        Shape (n_rewards, n_nodes): the open choices, at least one a node.
    rewards
        Shape (n_rewards, n_nodes), finite.
    """
    values = np.empty(rewards.shape)
    _iterate(model, first, last, np.ascontiguousarray(rewards), values)
    return values


def decide_ranges(
    model: RangeModel,
    first: IntArray,
    last: IntArray,
    rewards: FloatArray,
    values: FloatArray,
    error: FloatArray | None = None,
) -> Decisions:
    """The optimal choices and the best expected next values, with what is certain about them.

    **Guarantee:** certified. For the exact probabilities and discount and the rewards as the floats they are, E V* of
    the best choice is within ``error`` of ``ahead``; the choice is the first optimal one unless the node is undecided.
    **Cost:** two passes over the open choices of a reward.

    Parameters
    ----------
    model, first, last, rewards
        As in ``find_values``.
    values
        Shape (n_rewards, n_nodes), near the optimal values.
    error
        Shape (n_rewards,): how near, if that is known; None: by the residual.
    """
    shape = rewards.shape
    found = Decisions(
        choices=np.empty(shape, dtype=np.int64),
        ahead=np.empty(shape),
        error=np.empty(shape[0]),
        undecided=np.zeros(shape, dtype=np.bool_),
    )
    known = np.full(shape[0], np.nan) if error is None else error
    _decide(model, first, last, np.ascontiguousarray(rewards), np.ascontiguousarray(values), known, found)
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _expect(model: RangeModel, choice: int, values: FloatArray) -> float:
    total = 0.0
    for k in range(model.entry_offsets[choice], model.entry_offsets[choice + 1]):
        total += model.probabilities[k] * values[model.successors[k]]
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _iterate(model: RangeModel, first: IntArray, last: IntArray, rewards: FloatArray, out: FloatArray) -> None:
    n_rewards, n_nodes = rewards.shape
    policy = np.empty(n_nodes, dtype=np.int64)
    marks = np.empty(n_nodes, dtype=np.int64)
    path = np.empty(n_nodes, dtype=np.int64)
    for k in range(n_rewards):
        values, reward = out[k], rewards[k]
        size = np.abs(reward).max() / model.rest
        values[:] = reward
        policy[:] = -1
        for _ in range(ROUNDS):
            if not _improve(model, first[k], last[k], values, policy, KEEP * size):
                break
            if model.is_sure:
                _walk(model, reward, policy, values, marks, path)
            elif not _sweep(model, reward, policy, values, STILL * size):
                _eliminate(model, reward, policy, values)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _improve(
    model: RangeModel, first: IntArray, last: IntArray, values: FloatArray, policy: IntArray, keep: float
) -> bool:
    """Replace a node's choice where another is better by more than ``keep``; whether any was replaced."""
    changed = False
    for u in range(len(policy)):
        best, chosen = -np.inf, policy[u]
        if chosen >= 0:
            best = _expect(model, chosen, values) + keep
        for c in range(first[u], last[u]):
            worth = _expect(model, c, values)
            if worth > best:
                best, chosen = worth, c
        if chosen != policy[u]:
            policy[u] = chosen
            changed = True
    return changed


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _walk(
    model: RangeModel, reward: FloatArray, policy: IntArray, values: FloatArray, marks: IntArray, path: IntArray
) -> None:
    """The values of a policy that leads each node to one other: V(u) = r(u) + g V(next(u))."""
    marks[:] = -1
    for start in range(len(policy)):
        length, u = 0, start
        while marks[u] < 0:
            marks[u] = start
            path[length] = u
            length += 1
            u = model.successors[model.entry_offsets[policy[u]]]
        if marks[u] == start and length > 0:  # the walk has closed a cycle at u
            total, factor, place = 0.0, 1.0, length
            while True:
                place -= 1
                if path[place] == u:
                    break
            for i in range(place, length):
                total += factor * reward[path[i]]
                factor *= model.discount
            values[u] = total / (1.0 - factor)
        ahead = values[u]
        for i in range(length - 1, -1, -1):
            ahead = reward[path[i]] + model.discount * ahead
            values[path[i]] = ahead


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sweep(model: RangeModel, reward: FloatArray, policy: IntArray, values: FloatArray, still: float) -> bool:
    """The values of a policy, by sweeps in place (the chance to stay is solved for); whether they have come to rest."""
    n_nodes = len(policy)
    n_entries = 0
    for u in range(n_nodes):
        n_entries += model.entry_offsets[policy[u] + 1] - model.entry_offsets[policy[u]]
    for _ in range(min(SWEEPS, 1 + n_nodes**3 // (3 * n_entries))):
        change = 0.0
        for u in range(n_nodes):
            total, stays = 0.0, 0.0
            for k in range(model.entry_offsets[policy[u]], model.entry_offsets[policy[u] + 1]):
                if model.successors[k] == u:
                    stays += model.probabilities[k]
                else:
                    total += model.probabilities[k] * values[model.successors[k]]
            value = (reward[u] + model.discount * total) / (1.0 - model.discount * stays)
            change = max(change, abs(value - values[u]))
            values[u] = value
        if change <= still:
            return True
    return False


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _eliminate(model: RangeModel, reward: FloatArray, policy: IntArray, values: FloatArray) -> None:
    """The values of a policy from (I - g P) V = r, whose rows are dominated by the diagonal: no pivots are sought."""
    n_nodes = len(policy)
    matrix = np.zeros((n_nodes, n_nodes + 1))
    for u in range(n_nodes):
        matrix[u, u], matrix[u, n_nodes] = 1.0, reward[u]
        for k in range(model.entry_offsets[policy[u]], model.entry_offsets[policy[u] + 1]):
            matrix[u, model.successors[k]] -= model.discount * model.probabilities[k]
    for i in range(n_nodes):
        for u in range(i + 1, n_nodes):
            factor = matrix[u, i] / matrix[i, i]
            if factor != 0.0:
                for t in range(i + 1, n_nodes + 1):
                    matrix[u, t] -= factor * matrix[i, t]
    for i in range(n_nodes - 1, -1, -1):
        total = matrix[i, n_nodes]
        for t in range(i + 1, n_nodes):
            total -= matrix[i, t] * values[t]
        values[i] = total / matrix[i, i]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _decide(
    model: RangeModel,
    first: IntArray,
    last: IntArray,
    rewards: FloatArray,
    all_values: FloatArray,
    known: FloatArray,
    found: Decisions,
) -> None:
    n_rewards, n_nodes = rewards.shape
    for k in range(n_rewards):
        values, reward = all_values[k], rewards[k]
        size = np.abs(reward).max() + np.abs(values).max()
        rounding = model.roundings * UNIT * size
        residual = 0.0
        for u in range(n_nodes):
            best = -np.inf
            for c in range(first[k, u], last[k, u]):
                best = max(best, _expect(model, c, values))
            found.ahead[k, u] = best
            residual = max(residual, abs(reward[u] + model.discount * best - values[u]))
        error = known[k]
        if np.isnan(error):
            error = (residual + rounding) / model.rest * (1.0 + 8 * UNIT)
        found.error[k] = error + rounding
        for u in range(n_nodes):
            chosen = -1
            for c in range(first[k, u], last[k, u]):
                if _expect(model, c, values) >= found.ahead[k, u] - 2 * found.error[k]:
                    if chosen < 0:
                        chosen = c
                    elif model.law_codes[c] != model.law_codes[chosen]:
                        found.undecided[k, u] = True
            found.choices[k, u] = chosen
