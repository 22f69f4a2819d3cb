"""The best long-run average reward as an exact fraction.

Floats propose, rationals decide: a policy found in floating point is evaluated exactly, compared with every
alternative exactly, and improved where an alternative is better. Policy iteration that changes a choice only for a
strictly better one never meets a policy twice, so it ends, and it ends at the optimum: in an end component by Haviv and
Puterman (1991), in the quotient because every policy there is absorbed.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
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
    exact = [Fraction(value) for value in reward]
    stay: list[Fraction | None] = [None] * problem.quotient.graph.n_nodes
    for part in problem.parts:
        gain = _part_gain(part, exact)
        known = stay[part.stays]
        stay[part.stays] = gain if known is None else max(known, gain)
    values = _reach_best(problem.quotient, stay)
    return sum((p * values[q] for q, p in problem.quotient.initial_exact), Fraction(0))


def _part_gain(part: CyclePart | MixedPart, reward: list[Fraction]) -> Fraction:
    own = reward_on(part, reward)
    if isinstance(part, CyclePart):
        scale = lcm(*(value.denominator for value in own))
        return find_best_cycle_mean(part.cycles, [int(value * scale) for value in own]) / scale
    if len(own) > MAX_EXACT_NODES:
        raise NotSupported(
            f"expected random end components of at most {MAX_EXACT_NODES} nodes for an exact gain, found {len(own)}; "
            "use the certified bounds of bound_gain",
            where="arena",
        )
    return _mixed_gain(part, own)


def reward_on(part: CyclePart | MixedPart, reward: list[Fraction]) -> list[Fraction]:
    """The rewards of the part's own nodes."""
    states = part.cycles.states if isinstance(part, CyclePart) else part.states
    return [reward[s] for s in states.tolist()]


def as_floats(values: list[Fraction]) -> FloatArray:
    """Floats that order like the fractions as far as floats can: shifted to zero and scaled to size one."""
    least, most = min(values), max(values)
    width = most - least or Fraction(1)
    return np.array([float((value - least) / width) for value in values])


def _mixed_gain(part: MixedPart, reward: list[Fraction]) -> Fraction:
    """Exact policy iteration in an end component."""
    graph = part.graph
    matrix = csr_array(
        (graph.probabilities, graph.successors, graph.entry_offsets), shape=(graph.n_choices, graph.n_nodes)
    )
    policy = find_good_policy(part, matrix, as_floats(reward))
    while True:
        gain, chosen = max(
            (
                (_class_gain(graph, policy, members, reward), members)
                for members in find_recurrent_classes(matrix[policy])
            ),
            key=lambda found: found[0],
        )
        policy = make_unichain(part, policy, chosen)
        values = _relative_values(graph, policy, reward, gain, int(chosen[0]))
        changed = False
        for u in range(graph.n_nodes):
            best = int(policy[u])
            best_ahead = _ahead(graph, best, values)
            for c in range(int(graph.choice_offsets[u]), int(graph.choice_offsets[u + 1])):
                ahead = _ahead(graph, c, values)
                if ahead > best_ahead:
                    best, best_ahead, changed = c, ahead, True
            policy[u] = best
        if not changed:
            return gain


def _ahead(graph: ChoiceGraph, choice: int, values: list[Fraction]) -> Fraction:
    start, stop = graph.entry_offsets[choice : choice + 2].tolist()
    exact = graph.exact_probabilities
    return sum((exact[e] * values[graph.successors[e]] for e in range(start, stop)), Fraction(0))


def _class_gain(graph: ChoiceGraph, policy: IntArray, members: IntArray, reward: list[Fraction]) -> Fraction:
    """The exact average reward in a recurrent class."""
    place = {int(u): k for k, u in enumerate(members)}
    n = len(members)
    system = [[Fraction(0)] * n for _ in range(n)]
    for k, u in enumerate(members.tolist()):
        system[k][k] += 1
        for v, probability in _row(graph, int(policy[u])):
            system[k][place[v]] -= probability
        system[k][0] = Fraction(1)  # the first relative value is 0; its column carries the gain
    return solve_exactly(system, [reward[u] for u in members.tolist()])[0]


def _row(graph: ChoiceGraph, choice: int) -> list[tuple[int, Fraction]]:
    start, stop = graph.entry_offsets[choice : choice + 2].tolist()
    return list(zip(graph.successors[start:stop].tolist(), graph.exact_probabilities[start:stop], strict=True))


def _relative_values(
    graph: ChoiceGraph, policy: IntArray, reward: list[Fraction], gain: Fraction, zero: int
) -> list[Fraction]:
    """Relative values of a policy whose only recurrent class contains ``zero``."""
    others = [u for u in range(graph.n_nodes) if u != zero]
    if not others:
        return [Fraction(0)]
    place = {u: k for k, u in enumerate(others)}
    system = [[Fraction(0)] * len(others) for _ in others]
    for k, u in enumerate(others):
        system[k][k] += 1
        for v, probability in _row(graph, int(policy[u])):
            if v != zero:
                system[k][place[v]] -= probability
    values = solve_exactly(system, [reward[u] - gain for u in others])
    return [*values[:zero], Fraction(0), *values[zero:]]


def solve_exactly(system: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """The solution of a square, nonsingular rational system."""
    n = len(right)
    entries = [fmpq(value.numerator, value.denominator) for row in system for value in row]
    sides = [fmpq(value.numerator, value.denominator) for value in right]
    solution = fmpq_mat(n, n, entries).solve(fmpq_mat(n, 1, sides))
    return [Fraction(int(solution[k, 0].p), int(solution[k, 0].q)) for k in range(n)]


def _reach_best(quotient: Quotient, stay: list[Fraction | None]) -> list[Fraction]:
    """Exact best values of the quotient's nodes, one strong component after the other, last ones first."""
    graph = quotient.graph
    if graph.n_choices == 0:
        return [Fraction(0) if value is None else value for value in stay]
    order = order_quotient(quotient)
    known = [value for value in stay if value is not None]
    scaled = iter(as_floats(known))
    policy = find_best_policy(quotient, order, np.array([-np.inf if value is None else next(scaled) for value in stay]))
    values = [Fraction(0)] * graph.n_nodes
    for start, stop in zip(order.blocks[:-1].tolist(), order.blocks[1:].tolist(), strict=True):
        block = order.nodes[start:stop].tolist()
        if len(block) > MAX_EXACT_NODES:
            raise NotSupported(
                f"expected at most {MAX_EXACT_NODES} transient nodes that reach each other for an exact gain, found "
                f"{len(block)}; use the certified bounds of bound_gain",
                where="arena",
            )
        changed = True
        while changed:
            _evaluate_block(graph, block, policy, stay, values)
            changed = _improve_block(graph, block, policy, stay, values)
    return values


def _evaluate_block(
    graph: ChoiceGraph, block: list[int], policy: IntArray, stay: list[Fraction | None], values: list[Fraction]
) -> None:
    place = {q: k for k, q in enumerate(block)}
    system = [[Fraction(int(i == k)) for i in range(len(block))] for k in range(len(block))]
    right = [Fraction(0)] * len(block)
    for k, q in enumerate(block):
        remaining = stay[q]
        if policy[q] < 0 and remaining is not None:
            right[k] = remaining
            continue
        for v, probability in _row(graph, int(policy[q])):
            if v in place:
                system[k][place[v]] -= probability
            else:
                right[k] += probability * values[v]
    for q, value in zip(block, solve_exactly(system, right), strict=True):
        values[q] = value


def _improve_block(
    graph: ChoiceGraph, block: list[int], policy: IntArray, stay: list[Fraction | None], values: list[Fraction]
) -> bool:
    changed = False
    for q in block:
        best = values[q]
        remaining = stay[q]
        if remaining is not None and remaining > best:
            policy[q], best, changed = -1, remaining, True
        for c in range(int(graph.choice_offsets[q]), int(graph.choice_offsets[q + 1])):
            ahead = _ahead(graph, c, values)
            if ahead > best:
                policy[q], best, changed = c, ahead, True
    return changed
