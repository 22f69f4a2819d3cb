"""Laws that every gain obeys, on random arenas that are too large to enumerate."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.gain import bound_gain
from orbitwise.solvers.gain_problem import prepare_gain
from orbitwise.solvers.gain_signs import compare_gains


def random_arena(rng, n, n_choices, n_successors):
    """A random arena in which every choice has ``n_successors`` successors, equally likely."""
    successors = np.concatenate([rng.choice(n, n_successors, replace=False) for _ in range(n * n_choices)])
    graph = ChoiceGraph(
        np.arange(n + 1) * n_choices,
        np.arange(n * n_choices + 1) * n_successors,
        successors,
        np.full(len(successors), 1 / n_successors),
        np.full(len(successors), Fraction(1, n_successors), dtype=object),
    )
    return Arena(
        graph=graph,
        node_states=np.arange(n),
        n_states=n,
        prefix=np.zeros(0, dtype=np.int64),
        initial_nodes=np.array([0]),
        initial_probabilities=np.ones(1),
        initial_exact=(Fraction(1),),
        node_memory=np.zeros(n, dtype=np.int64),
        full_memory=0,
        choice_labels=np.zeros(graph.n_choices, dtype=np.int64),
    )


def relabel(arena, order):
    """The same arena with node u renamed order[u]."""
    graph = arena.graph
    n = graph.n_nodes
    old = np.argsort(order)
    counts = np.diff(graph.choice_offsets)[old]
    choices = np.concatenate([np.arange(*graph.choice_offsets[u : u + 2]) for u in old])
    entries = np.concatenate([np.arange(*graph.entry_offsets[c : c + 2]) for c in choices])
    renamed = ChoiceGraph(
        np.concatenate(([0], np.cumsum(counts))),
        np.concatenate(([0], np.cumsum(np.diff(graph.entry_offsets)[choices]))),
        order[graph.successors[entries]],
        graph.probabilities[entries],
        graph.exact[entries],
    )
    return replace(arena, graph=renamed, node_states=np.arange(n), initial_nodes=order[arena.initial_nodes])


SHAPES = [(40, 2, 1), (40, 3, 2), (150, 2, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_names_of_states_do_not_matter(shape):
    """Intervals of an arena and of its relabeling meet."""
    rng = np.random.default_rng(0)
    arena = random_arena(rng, *shape)
    order = rng.permutation(shape[0])
    rewards = rng.random((20, shape[0]))
    moved = np.empty_like(rewards)
    moved[:, order] = rewards
    one, other = bound_gain(arena, rewards), bound_gain(relabel(arena, order), moved)
    assert (one.low <= other.high).all()
    assert (other.low <= one.high).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_gains_move_with_the_reward(shape):
    """A constant added to the reward is added to the gain, a positive factor multiplies it, more reward never hurts."""
    rng = np.random.default_rng(1)
    arena = random_arena(rng, *shape)
    rewards = rng.integers(0, 50, (20, shape[0])).astype(float)
    bounds = bound_gain(arena, rewards)
    moved = bound_gain(arena, 8 * rewards - 3)
    assert (8 * bounds.low - 3 <= moved.high).all()
    assert (moved.low <= 8 * bounds.high - 3).all()
    more = bound_gain(arena, rewards + rng.integers(0, 2, rewards.shape))
    assert (bounds.low <= more.high).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_fewer_choices_are_never_better(shape):
    """A part of an arena has at most its gain, by exact comparison where the solver can afford it."""
    rng = np.random.default_rng(2)
    arena = random_arena(rng, *shape)
    kept = rng.random(arena.graph.n_choices) < 0.6
    kept[arena.graph.choice_offsets[:-1]] = True
    part = replace(arena, graph=arena.graph.keep_choices(kept)[0])
    found = compare_gains(part, arena, rng.integers(0, 3, (10, shape[0])).astype(float))
    assert found.decided.all()
    assert (found.signs <= 0).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_comparison_is_antisymmetric_and_threads_change_nothing(shape):
    """Signs change with the order of the arguments, and bits do not change with the number of threads."""
    rng = np.random.default_rng(3)
    first, second = (prepare_gain(random_arena(rng, *shape)) for _ in range(2))
    rewards = rng.permuted(np.tile(np.arange(shape[0]) % 4, (1500, 1)).astype(float), axis=1)
    few = rewards[:20]
    there, back = compare_gains(first, second, few), compare_gains(second, first, few)
    np.testing.assert_array_equal(there.signs, -back.signs)
    one, two = bound_gain(first, rewards), bound_gain(first, rewards, n_threads=2)
    np.testing.assert_array_equal(one.low, two.low)
    np.testing.assert_array_equal(one.high, two.high)


def test_a_constant_reward_is_the_gain():
    """Whatever the policy, a constant is earned; the interval is that constant up to rounding."""
    for shape in SHAPES:
        arena = random_arena(np.random.default_rng(4), *shape)
        for constant in (0.0, 1.0, -1e9, 1e-300, 1e300):
            bounds = bound_gain(arena, np.full((1, shape[0]), constant))
            assert bounds.low[0] <= constant <= bounds.high[0]
            assert bounds.high[0] - bounds.low[0] <= 1e-13 * abs(constant)
