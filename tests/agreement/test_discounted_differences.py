"""Discounted differences from every door agree: intervals, signs, exact fractions, and solvers that share no code."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from discounted_models import Model, grid, make_graph, random_model, random_rewards, solve_by_fractions
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.discounted_difference import bound_difference, plan_difference
from orbitwise.solvers.discounted_signs import compare_discounted, compare_planned


def arena_of(model: Model, initial: dict[int, Fraction], prefix=(), **changes) -> Arena:
    graph = make_graph(model)
    settings = {
        "graph": graph,
        "node_states": np.arange(len(model)),
        "n_states": len(model),
        "prefix": np.array(prefix, dtype=np.int64),
        "initial_nodes": np.array(list(initial)),
        "initial_probabilities": np.array([float(p) for p in initial.values()]),
        "initial_exact": tuple(initial.values()),
        "node_memory": np.zeros(len(model), dtype=np.int64),
        "full_memory": 0,
        "choice_labels": np.zeros(graph.n_choices, dtype=np.int64),
    }
    return Arena(**(settings | changes))


def exact_worth(model: Model, initial, prefix, reward, discount) -> Fraction:
    values = solve_by_fractions(model, reward, discount)
    worth = sum((discount**t * reward[s] for t, s in enumerate(prefix)), Fraction(0))
    return worth + discount ** len(prefix) * sum(p * values[v] for v, p in initial.items())


def random_initial(rng, n_nodes):
    nodes = rng.choice(n_nodes, int(rng.integers(1, min(3, n_nodes) + 1)), replace=False).tolist()
    return {v: Fraction(1, len(nodes)) for v in nodes}


@pytest.mark.parametrize("discount", ["0", "1/1000", "1/2", "9/10", "99/100", "999/1000"])
@pytest.mark.parametrize("deterministic", [True, False])
def test_signs_and_intervals_hold_for_arenas_that_share_little_or_much(discount, deterministic):
    """Every decided sign is that of the exact difference, ties included, and the difference lies in every interval."""
    g = Fraction(discount)
    rng = np.random.default_rng([3, int(1000 * g), deterministic])
    n_ties = 0
    for trial in range(12):
        n = int(rng.integers(2, 7))
        model = random_model(rng, n, deterministic=deterministic)
        other = [list(choices) for choices in model]
        if trial % 3:
            u = int(rng.integers(n))
            other[u] = random_model(rng, n, deterministic=deterministic)[u]
        starts = random_initial(rng, n), random_initial(rng, n)
        prefixes = [rng.integers(0, n, int(rng.integers(0, 3))).tolist() for _ in range(2)]
        prefer, over = (
            arena_of(m, start, prefix) for m, start, prefix in zip((model, other), starts, prefixes, strict=True)
        )
        rewards = random_rewards(rng, 20, n)
        plan = plan_difference(prefer, over, g)
        narrow, loose = bound_difference(plan, rewards), bound_difference(plan, rewards, until_sign=True)
        signs = compare_planned(plan, rewards, n_threads=2)
        assert signs.decided.all()
        for i, row in enumerate(rewards):
            reward = [Fraction(x) for x in row.tolist()]
            worth = [exact_worth(m, s, p, reward, g) for m, s, p in zip((model, other), starts, prefixes, strict=True)]
            difference = worth[0] - worth[1]
            assert Fraction(narrow.low[i]) <= difference <= Fraction(narrow.high[i])
            assert Fraction(loose.low[i]) <= difference <= Fraction(loose.high[i])
            assert signs.signs[i] == (difference > 0) - (difference < 0)
            n_ties += difference == 0
    assert n_ties > 0


def test_signs_of_a_grid_agree_with_exact_values_near_ties_and_at_ties():
    """Permuted small integers on a grid tie often; signs, ties included, are those of exact policy iteration."""
    model = grid(3)
    rng = np.random.default_rng(11)
    prefer, over = arena_of(model, {1: Fraction(1)}, [0]), arena_of(model, {3: Fraction(1)}, [0])
    base = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2]) / 8
    rewards = np.array([rng.permutation(base) for _ in range(60)])
    rewards[::3, 5] += 2.0**-50
    found = compare_discounted(prefer, over, rewards, 0.9)
    signs = []
    for row in rewards:
        reward = [Fraction(x) for x in row.tolist()]
        values = solve_by_fractions(model, reward, Fraction(9, 10))
        signs.append((values[1] > values[3]) - (values[1] < values[3]))
    assert found.signs.tolist() == signs
    assert 0 in signs
    assert found.n_exact >= signs.count(0)


def test_rounded_fractions_are_decided_as_the_fractions_that_they_stand_for():
    """Thirds that add up exactly tie, though as floats they do not: the exact reward decides."""
    model: Model = [[{0: Fraction(1)}], [{1: Fraction(1)}]]
    prefer, over = (
        arena_of(model, {0: Fraction(1, 3), 1: Fraction(2, 3)}),
        arena_of(model, {0: Fraction(1, 2), 1: Fraction(1, 2)}),
    )
    exact = [[Fraction(1, 3), Fraction(1, 3)], [Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**30)]]
    floats = np.array([[float(x) for x in row] for row in exact])
    found = compare_planned(plan_difference(prefer, over, 0.9), floats, exact_reward=lambda row: exact[row])
    assert found.signs.tolist() == [0, 1]
    assert found.decided.all()


def test_rounding_of_large_fractions_does_not_pass_for_a_difference():
    """A million and a third, and a fifth, average to a million and 4/15 exactly; the floats next to them do not."""
    model: Model = [[{u: Fraction(1)}] for u in range(3)]
    prefer, over = arena_of(model, {0: Fraction(1, 2), 1: Fraction(1, 2)}), arena_of(model, {2: Fraction(1)})
    million = 10**6
    exact = [million + Fraction(1, 3), million + Fraction(1, 5), million + Fraction(4, 15)]
    floats = np.array([[float(x) for x in exact]])
    assert sum(map(Fraction, floats[0, :2].tolist())) != 2 * Fraction(floats[0, 2].item())
    plan = plan_difference(prefer, over, 0.9)
    assert compare_planned(plan, floats, exact_reward=lambda _: exact).signs.tolist() == [0]
    assert compare_planned(plan, floats).signs.tolist() != [0]


def test_an_arena_against_itself_is_always_a_tie():
    """Equal arenas tie for every reward, and that is known without solving anything."""
    arena = arena_of(grid(4), {5: Fraction(1)}, [1])
    found = compare_discounted(arena, arena, np.random.default_rng(0).random((50, 16)), 0.99)
    assert found.signs.tolist() == [0] * 50
    assert found.decided.all()


def test_rewards_out_of_reach_of_exact_arithmetic_are_reported_undecided():
    """Where the rational system is larger than allowed, a tie is not called a tie."""
    n = 6
    ring: Model = [[{(u + 1) % n: Fraction(1)}] for u in range(n)]
    prefer, over = arena_of(ring, {0: Fraction(1)}), arena_of(ring, {1: Fraction(1)})
    rewards = np.array([[1.0] * n, [1.0] + [0.0] * (n - 1)])
    found = compare_planned(plan_difference(prefer, over, 0.5), rewards, max_component=3)
    assert found.decided.tolist() == [False, True]
    assert found.signs.tolist() == [0, 1]


def test_more_threads_give_the_same_signs():
    """The signs of 1, 2 and 4 threads are equal."""
    model = grid(5)
    prefer, over = arena_of(model, {1: Fraction(1)}, [0]), arena_of(model, {5: Fraction(1)}, [0])
    rewards = np.random.default_rng(2).random((300, 25))
    first = compare_discounted(prefer, over, rewards, 0.99)
    for n_threads in (2, 4):
        assert np.array_equal(first.signs, compare_discounted(prefer, over, rewards, 0.99, n_threads=n_threads).signs)


def test_duties_that_not_every_policy_meets_are_not_supported():
    """An arena that must end somewhere is refused, unless nothing else can happen."""
    model: Model = [[{1: Fraction(1)}, {2: Fraction(1)}], [{1: Fraction(1)}], [{2: Fraction(1)}]]
    free = arena_of(model, {0: Fraction(1)})
    bound = arena_of(model, {0: Fraction(1)}, end_nodes=np.array([False, True, False]))
    idle = arena_of(model, {0: Fraction(1)}, end_nodes=np.array([False, True, True]))
    with pytest.raises(NotSupported, match="avoid or take"):
        plan_difference(bound, free, 0.9)
    assert plan_difference(idle, free, 0.9).values.n_nodes == 3


def test_arenas_over_different_states_are_refused():
    """A difference needs one reward for both."""
    with pytest.raises(InvalidInput, match="same states"):
        plan_difference(arena_of(grid(2), {0: Fraction(1)}), arena_of(grid(3), {0: Fraction(1)}), 0.9)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_exact_values_lie_in_the_intervals_of_twenty_thousand_models(part):
    """A thousand random models a part, four adversarial rewards each: every exact value lies in its interval."""
    from orbitwise.solvers.discounted import bound_discounted

    rng = np.random.default_rng([99, part])
    for trial in range(1000):
        model = random_model(rng, int(rng.integers(1, 6)), deterministic=trial % 2 == 0)
        discount = Fraction(("0", "1/1000", "1/2", "9/10", "99/100", "999/1000")[int(rng.integers(6))])
        rewards = random_rewards(rng, 9, len(model))[rng.permutation(9)[:4]]
        bounds = bound_discounted(make_graph(model), np.arange(len(model)), rewards, discount)
        for reward, low, high in zip(rewards, bounds.low, bounds.high, strict=True):
            exact = solve_by_fractions(model, [Fraction(x) for x in reward.tolist()], discount)
            assert all(
                Fraction(a) <= v <= Fraction(b) for a, v, b in zip(low.tolist(), exact, high.tolist(), strict=True)
            )
