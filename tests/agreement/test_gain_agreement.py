"""Gains from every door agree: certified bounds, exact fractions, exact signs, and the enumeration of all policies."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from orbitwise.errors import InvalidInput
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.gain import bound_gain
from orbitwise.solvers.gain_exact import gain_exactly
from orbitwise.solvers.gain_problem import prepare_gain
from orbitwise.solvers.gain_signs import compare_gains

REWARD_KINDS = (
    "uniform",
    "few values",
    "negative and large",
    "offset",
    "spread",
    "near-ties",
    "huge",
    "tiny",
    "constant",
)


def random_graph(rng, n, determinism):
    choice_offsets, entry_offsets, successors, exact = [0], [0], [], []
    for _ in range(n):
        for _ in range(int(rng.integers(1, 3))):
            size = 1 if rng.random() < determinism else int(rng.integers(1, min(n, 3) + 1))
            weights = rng.integers(1, 6, size)
            successors += rng.choice(n, size, replace=False).tolist()
            exact += [Fraction(int(w), int(weights.sum())) for w in weights]
            entry_offsets.append(len(successors))
        choice_offsets.append(len(entry_offsets) - 1)
    return ChoiceGraph(
        np.array(choice_offsets),
        np.array(entry_offsets),
        np.array(successors),
        np.array([float(p) for p in exact]),
        np.array(exact, dtype=object),
    )


def make_arena(graph, initial, end_nodes=None):
    n = graph.n_nodes
    exact = tuple(initial.values())
    return Arena(
        graph=graph,
        node_states=np.arange(n),
        n_states=n,
        prefix=np.zeros(0, dtype=np.int64),
        initial_nodes=np.array(list(initial)),
        initial_probabilities=np.array([float(p) for p in exact]),
        initial_exact=exact,
        node_memory=np.zeros(n, dtype=np.int64),
        full_memory=0,
        choice_labels=np.zeros(graph.n_choices, dtype=np.int64),
        end_nodes=end_nodes,
    )


def random_arena(rng, trial, n):
    graph = random_graph(rng, n, (0.3, 0.8, 1.0)[trial % 3])
    starts = rng.choice(n, int(rng.integers(1, min(3, n) + 1)) if trial % 5 == 0 else 1, replace=False)
    weights = rng.integers(1, 5, len(starts))
    initial = {int(s): Fraction(int(w), int(weights.sum())) for s, w in zip(starts, weights, strict=True)}
    return make_arena(graph, initial, rng.random(n) < 0.5 if trial % 2 else None)


def random_rewards(rng, kind, shape):
    if kind == "uniform":
        return rng.random(shape)
    if kind == "few values":
        return rng.integers(0, 3, shape).astype(float)
    if kind == "negative and large":
        return -1e12 * rng.random(shape)
    if kind == "offset":
        return 1e9 + rng.integers(0, 2, shape) * 1e-6
    if kind == "spread":
        return np.exp(50 * rng.standard_normal(shape))
    if kind == "near-ties":
        return 1 + rng.integers(0, 2, shape) * 2.0**-52
    if kind == "huge":
        return (2 * rng.random(shape) - 1) * 1.7e308
    if kind == "constant":
        return np.full(shape, rng.standard_normal())
    return rng.random(shape) * 1e-310


def fractions_of(values):
    return [Fraction(value) for value in values.tolist()]


def solve(rows, right):
    n = len(right)
    matrix = fmpq_mat(n, n, [fmpq(x.numerator, x.denominator) for row in rows for x in row])
    solution = matrix.solve(fmpq_mat(n, 1, [fmpq(x.numerator, x.denominator) for x in right]))
    return [Fraction(int(solution[k, 0].p), int(solution[k, 0].q)) for k in range(n)]


def limit_distribution(kernel, initial):
    """The recurrent state distribution of a chain: absorption probabilities times stationary laws."""
    n = len(kernel)
    reach = [{u} for u in range(n)]
    for _ in range(n):
        reach = [set().union(*(reach[v] | {v} for v in range(n) if kernel[u][v]), {u}) for u in range(n)]
    recurrent = [all(u in reach[v] for v in reach[u]) for u in range(n)]
    transient = [u for u in range(n) if not recurrent[u]]
    result = [Fraction(0)] * n
    for members in {tuple(sorted(reach[u])) for u in range(n) if recurrent[u]}:
        k = len(members)
        rows = [[kernel[v][u] - (u == v) for v in members] for u in members[:-1]] + [[Fraction(1)] * k]
        law = solve(rows, [Fraction(0)] * (k - 1) + [Fraction(1)])
        absorbed = {u: Fraction(u in members) for u in range(n) if recurrent[u]}
        if transient:
            rows = [[(u == v) - kernel[u][v] for v in transient] for u in transient]
            found = solve(rows, [sum((kernel[u][v] for v in members), Fraction(0)) for u in transient])
            absorbed |= dict(zip(transient, found, strict=True))
        weight = sum(p * absorbed[u] for u, p in initial.items())
        for u, share in zip(members, law, strict=True):
            result[u] += weight * share
    return result


def all_outcomes(arena):
    """The recurrent state distributions of all deterministic stationary policies that end where they must."""
    graph = arena.graph
    initial = dict(zip(arena.initial_nodes.tolist(), arena.initial_exact, strict=True))
    found = set()
    for policy in itertools.product(*itertools.starmap(range, itertools.pairwise(graph.choice_offsets.tolist()))):
        kernel = [[Fraction(0)] * graph.n_nodes for _ in range(graph.n_nodes)]
        for u, c in enumerate(policy):
            for e in range(graph.entry_offsets[c], graph.entry_offsets[c + 1]):
                kernel[u][graph.successors[e]] += graph.exact_probabilities[e]
        law = limit_distribution(kernel, initial)
        if arena.end_nodes is None or all(arena.end_nodes[u] for u, share in enumerate(law) if share):
            found.add(tuple(law))
    return found


def best_of(outcomes, reward):
    return max(sum((x * r for x, r in zip(law, reward, strict=True)), Fraction(0)) for law in outcomes)


def check_bounds(seed, n_models):
    rng = np.random.default_rng(seed)
    methods = set()
    for trial in range(n_models):
        arena = random_arena(rng, trial, int(rng.integers(1, 7)))
        outcomes = all_outcomes(arena)
        if not outcomes:
            with pytest.raises(InvalidInput, match="surely ends"):
                prepare_gain(arena)
            continue
        rewards = random_rewards(rng, REWARD_KINDS[trial % len(REWARD_KINDS)], (3, arena.n_states))
        bounds = bound_gain(arena, rewards)
        methods.add(bounds.method)
        for reward, low, high in zip(rewards, bounds.low, bounds.high, strict=True):
            assert low <= best_of(outcomes, fractions_of(reward)) <= high
            size, width = np.abs(reward).max(), reward.max() / 4 - reward.min() / 4
            assert high / 4 - low / 4 <= 1.01e-8 * width + 1e-13 * size + 1e-300
        exact = fractions_of(rewards[0])
        assert gain_exactly(arena, exact) == best_of(outcomes, exact)
    return methods


def check_signs(seed, n_models):
    rng = np.random.default_rng(seed)
    counts = {-1: 0, 0: 0, 1: 0}
    for trial in range(n_models):
        n = int(rng.integers(2, 6))
        first = random_arena(rng, trial, n)
        ours = all_outcomes(first)
        if not ours:
            continue
        graph = first.graph if trial % 3 == 0 else random_graph(rng, n, (0.3, 0.8, 1.0)[trial % 3])
        second = make_arena(graph, {int(rng.integers(n)): Fraction(1)})
        theirs = all_outcomes(second)
        rewards = random_rewards(rng, REWARD_KINDS[trial % len(REWARD_KINDS)], (2, n))
        found = compare_gains(first, second, rewards)
        assert found.decided.all()
        for reward, sign in zip(rewards, found.signs, strict=True):
            difference = best_of(ours, fractions_of(reward)) - best_of(theirs, fractions_of(reward))
            assert sign == (difference > 0) - (difference < 0)
            counts[int(sign)] += 1
    return counts


def test_bounds_and_fractions_agree_with_the_enumeration_of_policies():
    """On random models of every kind the exact gain lies in the interval and equals gain_exactly."""
    assert len(check_bounds(0, 600)) == 4  # all four methods have been met


def test_signs_agree_with_the_enumeration_of_policies():
    """Certain signs and exact ties are those of the best policies' exact gains."""
    assert min(check_signs(1, 500).values()) > 50


@pytest.mark.slow
def test_twenty_thousand_models_agree_with_the_enumeration_of_policies():
    """The exact gain lies in every returned interval, and every sign is right."""
    check_bounds(2, 20_000)
    check_signs(3, 10_000)
