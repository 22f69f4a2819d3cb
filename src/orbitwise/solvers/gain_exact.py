"""The best long-run average reward as an exact fraction.

Floats propose, rationals decide: a policy found in floating point is evaluated exactly, compared with every
alternative exactly, and improved where an alternative is better. Policy iteration that changes a choice only for a
strictly better one never meets a policy twice, so it ends, and it ends at the optimum: in an end component by Haviv and
Puterman (1991), in the quotient because every policy there is absorbed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import lcm

import numpy as np
from flint import fmpq, fmpq_mat
from scipy.sparse import csr_array

from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.cycles_exact import find_best_cycle_mean
from orbitwise.solvers.gain_mixed import find_good_policy, find_recurrent_classes, make_unichain
from orbitwise.solvers.gain_problem import CyclePart, GainProblem, MixedPart, Quotient, prepare_gain
from orbitwise.solvers.gain_reaching import find_best_policy, order_quotient
from orbitwise.typing import FloatArray, IntArray

__all__ = ["MAX_EXACT_NODES", "gain_exactly"]

MAX_EXACT_NODES = 250  # of a random component, or of a strong component of the quotient: the size of one exact solve


def gain_exactly(arena: Arena | GainProblem, reward: Sequence[Fraction]) -> Fraction:
    """The best long-run average reward from the arena's initial distribution.

    **Guarantee:** exact, for the exact probabilities of the arena.
    **Cost:** deterministic: as for floats, in integers; random: a few exact linear solves in the size of the largest
    component.

    Parameters
    ----------
    arena
        The arena, or ``prepare_gain(arena)``.
    reward
        Exact reward of each state, length n_states.

    Raises
    ------
    InvalidInput
        The reward has the wrong length; or no policy of the arena ends where it must.
    NotSupported
        A random component has more than MAX_EXACT_NODES nodes; or see ``prepare_gain``.
    """
    problem = prepare_gain(arena) if isinstance(arena, Arena) else arena
    if len(reward) != problem.n_states:
        raise InvalidInput(
            f"expected {problem.n_states} rewards, one for each state, found {len(reward)}", where="reward"
        )
    values = reach_exactly(problem, [Fraction(value) for value in reward])
    return mix_exactly(problem, values)


def reach_exactly(problem: GainProblem, reward: Sequence[Fraction]) -> list[fmpq]:
    """The exact best gain from each node of the quotient."""
    stay: list[fmpq | None] = [None] * problem.quotient.graph.n_nodes
    for part in problem.parts:
        gain = _part_gain(part, reward)
        known = stay[part.stays]
        stay[part.stays] = gain if known is None else max(known, gain)
    return _reach_best(problem.quotient, stay)


def mix_exactly(problem: GainProblem, values: list[fmpq]) -> Fraction:
    """The exact gain from the initial distribution, given that of each node of the quotient."""
    total = sum((rational(p) * values[q] for q, p in problem.quotient.initial_exact), fmpq(0))
    return Fraction(int(total.p), int(total.q))


def rational(value: Fraction) -> fmpq:
    """The same number as FLINT takes it."""
    return fmpq(value.numerator, value.denominator)


def _part_gain(part: CyclePart | MixedPart, reward: Sequence[Fraction]) -> fmpq:
    own = reward_on(part, reward)
    if isinstance(part, CyclePart):
        scale = lcm(*(value.denominator for value in own))
        return rational(find_best_cycle_mean(part.cycles, [int(value * scale) for value in own]) / scale)
    if len(own) > MAX_EXACT_NODES:
        raise NotSupported(
            f"expected random end components of at most {MAX_EXACT_NODES} nodes for an exact gain, found {len(own)}; "
            "use the certified bounds of bound_gain",
            where="arena",
        )
    return _mixed_gain(part, own)


def reward_on(part: CyclePart | MixedPart, reward: Sequence[Fraction]) -> list[Fraction]:
    """The rewards of the part's own nodes."""
    states = part.cycles.states if isinstance(part, CyclePart) else part.states
    return [reward[s] for s in states.tolist()]


def as_floats(values: Sequence[Fraction]) -> FloatArray:
    """Floats that order like the fractions as far as floats can: shifted to zero and scaled to size one."""
    least, most = min(values), max(values)
    width = most - least or Fraction(1)
    return np.array([float((value - least) / width) for value in values])


def _mixed_gain(part: MixedPart, reward: list[Fraction]) -> fmpq:
    """Exact policy iteration in an end component."""
    graph = part.graph
    matrix = csr_array(
        (graph.probabilities, graph.successors, graph.entry_offsets), shape=(graph.n_choices, graph.n_nodes)
    )
    policy = find_good_policy(part, matrix, as_floats(reward))
    exact = [rational(value) for value in reward]
    rows = _rows(graph)
    while True:
        classes = find_recurrent_classes(matrix[policy])
        gains = [_class_gain(rows, policy, members.tolist(), exact) for members in classes]
        gain = max(gains)
        chosen = classes[gains.index(gain)]
        policy = make_unichain(part, policy, chosen)
        values = _relative_values(rows, policy, exact, gain, int(chosen[0]))
        if not _improve(graph, rows, range(graph.n_nodes), policy, values):
            return gain


def _rows(graph: ChoiceGraph) -> list[list[tuple[int, fmpq]]]:
    """The successors and exact probabilities of every choice."""
    exact = [rational(p) for p in graph.exact_probabilities]
    entries = list(zip(graph.successors.tolist(), exact, strict=True))
    return [entries[a:b] for a, b in pairwise(graph.entry_offsets.tolist())]


def _improve(
    graph: ChoiceGraph, rows: list[list[tuple[int, fmpq]]], nodes: Iterable[int], policy: IntArray, values: list[fmpq]
) -> bool:
    """Replace choices by strictly better ones; whether any was. A policy that stays (-1) has its node's value."""
    changed = False
    for u in nodes:
        best = values[u] if policy[u] < 0 else _ahead(rows[policy[u]], values)
        for c in range(int(graph.choice_offsets[u]), int(graph.choice_offsets[u + 1])):
            ahead = _ahead(rows[c], values)
            if ahead > best:
                policy[u], best, changed = c, ahead, True
    return changed


def _ahead(row: list[tuple[int, fmpq]], values: list[fmpq]) -> fmpq:
    return sum((probability * values[v] for v, probability in row), fmpq(0))


def _class_gain(rows: list[list[tuple[int, fmpq]]], policy: IntArray, members: list[int], reward: list[fmpq]) -> fmpq:
    """The exact average reward in a recurrent class."""
    place = {u: k for k, u in enumerate(members)}
    system = fmpq_mat(len(members), len(members))
    for k, u in enumerate(members):
        system[k, k] += 1
        for v, probability in rows[policy[u]]:
            system[k, place[v]] -= probability
        system[k, 0] = fmpq(1)  # the first relative value is 0; its column carries the gain
    return _solve(system, [reward[u] for u in members])[0]


def _relative_values(
    rows: list[list[tuple[int, fmpq]]], policy: IntArray, reward: list[fmpq], gain: fmpq, zero: int
) -> list[fmpq]:
    """Relative values of a policy whose only recurrent class contains ``zero``."""
    others = [u for u in range(len(reward)) if u != zero]
    if not others:
        return [fmpq(0)]
    place = {u: k for k, u in enumerate(others)}
    system = fmpq_mat(len(others), len(others))
    for k, u in enumerate(others):
        system[k, k] += 1
        for v, probability in rows[policy[u]]:
            if v != zero:
                system[k, place[v]] -= probability
    values = _solve(system, [reward[u] - gain for u in others])
    return [*values[:zero], fmpq(0), *values[zero:]]


def _solve(system: fmpq_mat, right: list[fmpq]) -> list[fmpq]:
    """The solution of a square, nonsingular rational system."""
    solution = system.solve(fmpq_mat(len(right), 1, right))
    return [solution[k, 0] for k in range(len(right))]


def _reach_best(quotient: Quotient, stay: list[fmpq | None]) -> list[fmpq]:
    """Exact best values of the quotient's nodes, one strong component after the other, last ones first."""
    graph = quotient.graph
    if graph.n_choices == 0:
        return [fmpq(0) if value is None else value for value in stay]
    order = order_quotient(quotient)
    known = iter(as_floats([Fraction(int(value.p), int(value.q)) for value in stay if value is not None]))
    policy = find_best_policy(quotient, order, np.array([-np.inf if value is None else next(known) for value in stay]))
    rows = _rows(graph)
    values = [fmpq(0)] * graph.n_nodes
    for start, stop in pairwise(order.blocks.tolist()):
        block = order.nodes[start:stop].tolist()
        if len(block) > MAX_EXACT_NODES:
            raise NotSupported(
                f"expected at most {MAX_EXACT_NODES} transient nodes that reach each other for an exact gain, found "
                f"{len(block)}; use the certified bounds of bound_gain",
                where="arena",
            )
        changed = True
        while changed:
            _evaluate_block(rows, block, policy, stay, values)
            changed = _improve(graph, rows, block, policy, values)
            for q in block:
                remaining = stay[q]
                if policy[q] >= 0 and remaining is not None and remaining > _ahead(rows[policy[q]], values):
                    policy[q], changed = -1, True
    return values


def _evaluate_block(
    rows: list[list[tuple[int, fmpq]]],
    block: list[int],
    policy: IntArray,
    stay: list[fmpq | None],
    values: list[fmpq],
) -> None:
    """Fill in the values of a policy on one strong component of the quotient."""
    place = {q: k for k, q in enumerate(block)}
    system = fmpq_mat(len(block), len(block))
    right = [fmpq(0)] * len(block)
    for k, q in enumerate(block):
        system[k, k] += 1
        remaining = stay[q]
        if policy[q] < 0 and remaining is not None:
            right[k] = remaining
            continue
        for v, probability in rows[policy[q]]:
            if v in place:
                system[k, place[v]] -= probability
            else:
                right[k] += probability * values[v]
    for q, value in zip(block, _solve(system, right), strict=True):
        values[q] = value
