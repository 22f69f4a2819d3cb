"""Rewards with their own ranges of choices: values against exact arithmetic, ties, and plain NumPy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted_exact import solve_exactly
from orbitwise.solvers.discounted_ranges import decide_ranges, find_values, make_ranges


def random_ranges(rng, *, sure, n_nodes=6, n_rewards=5):
    """A random graph of up to 6 choices a node, and a random non-empty range of them for each reward and node."""
    counts = rng.integers(1, 7, n_nodes)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    rows = []
    for _ in range(offsets[-1]):
        widest = 1 if sure else rng.integers(1, 4)
        successors = rng.choice(n_nodes, widest, replace=False)
        weights = rng.integers(1, 5, widest)
        rows.append([(int(t), Fraction(int(w), int(weights.sum()))) for t, w in zip(successors, weights, strict=True)])
    exact = np.array([p for row in rows for _, p in row], dtype=object)
    graph = ChoiceGraph(
        choice_offsets=offsets,
        entry_offsets=np.cumsum([0, *map(len, rows)]),
        successors=np.array([t for row in rows for t, _ in row]),
        probabilities=exact.astype(float),
        exact=None if sure else exact,
    )
    first = offsets[:-1] + rng.integers(0, counts, (n_rewards, n_nodes))
    last = first + 1 + rng.integers(0, offsets[1:] - first)
    return graph, rows, first, last


def exact_ahead(graph, rows, first, last, reward, discount):
    """For each node the first optimal choice in its range and its expected next value, by exact arithmetic."""
    kept = np.zeros(graph.n_choices, dtype=bool)
    for a, b in zip(first, last, strict=True):
        kept[a:b] = True
    values = solve_exactly(
        graph.keep_choices(kept)[0], np.arange(len(reward)), [Fraction(x) for x in reward.tolist()], discount
    )
    worth = [[sum(p * values[t] for t, p in rows[c]) for c in range(a, b)] for a, b in zip(first, last, strict=True)]
    best = [max(w) for w in worth]
    return best, [int(a) + w.index(b) for a, w, b in zip(first, worth, best, strict=True)]


@pytest.mark.parametrize("sure", [True, False])
@pytest.mark.parametrize("discount", [Fraction(1, 10), Fraction(9, 10), Fraction(999, 1000)])
@pytest.mark.parametrize("tied", [True, False])
def test_bounds_hold_and_choices_are_the_first_optimal_ones(sure, discount, tied):
    """Random graphs and rewards (with ties: 0 or 1): the exact value is within the error, decided choices are right."""
    rng = np.random.default_rng(17)
    undecided = 0
    for _ in range(15):
        graph, rows, first, last = random_ranges(rng, sure=sure)
        rewards = rng.integers(0, 2, first.shape).astype(float) if tied else rng.random(first.shape)
        model = make_ranges(graph, discount)
        found = decide_ranges(model, first, last, rewards, find_values(model, first, last, rewards))
        for k, reward in enumerate(rewards):
            best, chosen = exact_ahead(graph, rows, first[k], last[k], reward, discount)
            for u in range(len(reward)):
                assert abs(Fraction(found.ahead[k, u]) - best[u]) <= Fraction(found.error[k])
                assert found.undecided[k, u] or found.choices[k, u] == chosen[u]
            assert found.error[k] <= 1e-11 / float(1 - discount) ** 2
        undecided += int(found.undecided.sum())
    assert (undecided > 0) == tied


def test_values_agree_with_plain_value_iteration():
    """The reference: V = r + g max over the range of P V, iterated in NumPy until nothing moves."""
    rng = np.random.default_rng(5)
    for sure in (True, False):
        graph, rows, first, last = random_ranges(rng, sure=sure, n_nodes=30, n_rewards=20)
        matrix = np.zeros((graph.n_choices, 30))
        for c, row in enumerate(rows):
            for t, p in row:
                matrix[c, t] = p
        rewards = rng.normal(size=first.shape)
        found = find_values(make_ranges(graph, Fraction(4, 5)), first, last, rewards)
        for k, reward in enumerate(rewards):
            value = np.zeros(30)
            for _ in range(300):
                ahead = matrix @ value
                value = reward + 0.8 * np.array([ahead[a:b].max() for a, b in zip(first[k], last[k], strict=True)])
            np.testing.assert_allclose(found[k], value, atol=1e-10)


def test_equal_laws_are_a_tie_that_is_decided():
    """Two choices with one law: the first is certain; with other successors of equal value it is not."""
    graph = ChoiceGraph(np.array([0, 3, 4, 5]), np.arange(6), np.array([1, 1, 2, 1, 2]), np.ones(5))
    model = make_ranges(graph, Fraction(1, 2))
    rewards = np.array([[0.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
    first, last = np.tile([0, 3, 4], (2, 1)), np.tile([3, 4, 5], (2, 1))
    found = decide_ranges(model, first, last, rewards, find_values(model, first, last, rewards))
    assert found.choices[:, 0].tolist() == [0, 0]
    assert found.undecided[:, 0].tolist() == [True, False]
