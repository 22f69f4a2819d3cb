"""Laws of discounted values: what must happen to every interval when reward, discount or graph change."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from discounted_models import Model, make_graph, random_model
from orbitwise.solvers.discounted import bound_discounted
from orbitwise.solvers.discounted_exact import solve_exactly

seeds = st.integers(0, 2**32 - 1)
discounts = st.sampled_from([Fraction(0), Fraction(1, 1000), Fraction(1, 2), Fraction(9, 10), Fraction(99, 100)])


def some_model(seed: int) -> tuple[Model, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return random_model(rng, int(rng.integers(1, 7)), deterministic=bool(rng.integers(2))), rng


def values(model: Model, reward: list[Fraction], discount: Fraction) -> list[Fraction]:
    return solve_exactly(make_graph(model), np.arange(len(model)), reward, discount)


def bounds(model: Model, rewards: np.ndarray, discount: Fraction):
    return bound_discounted(make_graph(model), np.arange(len(model)), rewards, discount)


@settings(max_examples=40, deadline=None)
@given(seeds, discounts)
def test_exact_values_solve_the_optimality_equation(seed, discount):
    """V(u) = r(u) + g max over choices of the expected V: an equation that only the optimal values solve."""
    model, rng = some_model(seed)
    reward = [Fraction(int(x), 3) for x in rng.integers(-5, 6, len(model))]
    found = values(model, reward, discount)
    for u, choices in enumerate(model):
        best = max(sum(p * found[v] for v, p in choice.items()) for choice in choices)
        assert found[u] == reward[u] + discount * best


@settings(max_examples=30, deadline=None)
@given(seeds, discounts)
def test_discounting_is_termination(seed, discount):
    """Going to a worthless end with probability 1/4 each step, at discount g, is discount 3 g / 4 without that end."""
    model, rng = some_model(seed)
    n = len(model)
    quarter = Fraction(1, 4)
    ending: Model = [
        [{**{v: p * (1 - quarter) for v, p in choice.items()}, n: quarter} for choice in choices] for choices in model
    ]
    ending.append([{n: Fraction(1)}])
    rewards = rng.integers(-3, 4, (3, n)).astype(float)
    found = bounds(ending, np.column_stack([rewards, np.zeros(3)]), discount)
    for i, row in enumerate(rewards):
        exact = values(model, [Fraction(x) for x in row.tolist()], discount * (1 - quarter))
        for u in range(n):
            assert Fraction(found.low[i, u]) <= exact[u] <= Fraction(found.high[i, u])


@settings(max_examples=40, deadline=None)
@given(seeds, discounts, st.integers(-3, 3))
def test_adding_a_constant_and_scaling_move_every_interval_along(seed, discount, power):
    """V(2^k r + c) = 2^k V(r) + c / (1 - g): the intervals of both sides meet."""
    model, rng = some_model(seed)
    rewards = rng.normal(size=(5, len(model)))
    plain, moved = bounds(model, rewards, discount), bounds(model, rewards * 2.0**power + 8.0, discount)
    offset = 8.0 / float(1 - discount)
    slack = 1e-9 * offset
    assert (plain.low * 2.0**power + offset <= moved.high + slack).all()
    assert (moved.low <= plain.high * 2.0**power + offset + slack).all()


@settings(max_examples=40, deadline=None)
@given(seeds, discounts)
def test_better_rewards_and_more_choices_never_hurt(seed, discount):
    """A reward that is nowhere smaller, or one more choice at a node, gives values that are nowhere smaller."""
    model, rng = some_model(seed)
    rewards = rng.integers(-3, 4, (4, len(model))).astype(float)
    richer = [list(choices) for choices in model]
    richer[0].append({int(rng.integers(len(model))): Fraction(1)})
    plain = bounds(model, rewards, discount)
    assert (plain.low <= bounds(model, rewards + rng.random(rewards.shape), discount).high).all()
    assert (plain.low <= bounds(richer, rewards, discount).high).all()


@settings(max_examples=40, deadline=None)
@given(seeds, discounts)
def test_names_of_nodes_do_not_matter(seed, discount):
    """Renumbering the nodes renumbers the exact values, and every interval still meets its counterpart."""
    model, rng = some_model(seed)
    n = len(model)
    new = rng.permutation(n)
    renamed: Model = [[] for _ in range(n)]
    for u, choices in enumerate(model):
        renamed[new[u]] = [{int(new[v]): p for v, p in choice.items()} for choice in choices]
    rewards = rng.normal(size=(3, n))
    other = np.empty_like(rewards)
    other[:, new] = rewards
    plain, moved = bounds(model, rewards, discount), bounds(renamed, other, discount)
    assert (plain.low <= moved.high[:, new]).all()
    assert (moved.low[:, new] <= plain.high).all()
