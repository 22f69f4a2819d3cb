"""Models on which other solvers were wrong: the true value lies in every returned interval, in exact arithmetic.

Forest management, where pymdptoolbox's value iteration is off by a factor of 2 to 5, and the chains of Haddad and
Monmege, on which plain value iteration stops too early, with rewards of every awkward kind. Random models:
``test_exact_values_lie_in_the_intervals_of_twenty_thousand_models`` and
``test_twenty_thousand_models_agree_with_the_enumeration_of_policies`` in tests/agreement.

References
----------
S. Haddad, B. Monmege, *Interval iteration algorithm for MDPs and IMDPs*, Theoretical Computer Science 735 (2018).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from discounted_models import Model, chain, make_graph, random_rewards
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.discounted import bound_discounted
from orbitwise.solvers.discounted_exact import solve_exactly
from orbitwise.solvers.gain import bound_gain
from orbitwise.solvers.gain_exact import gain_exactly

DISCOUNTS = tuple(map(Fraction, ("1/2", "9/10", "99/100", "999/1000")))


def forest() -> tuple[Model, list[Fraction]]:
    """Its state-action pairs as nodes: two a state (wait, cut); a choice says what to do in each next state."""
    fire = Fraction(1, 10)
    model: Model = []
    for age in range(3):
        older = min(age + 1, 2)
        model.append([{a: fire, 2 * older + b: 1 - fire} for a, b in product(range(2), repeat=2)])
        model.append([{a: Fraction(1)} for a in range(2)])
    return model, [Fraction(x) for x in (0, 0, 0, 1, 4, 2)]


@pytest.mark.parametrize(
    ("discount", "published"), [("9/10", (26.244, 29.484, 33.484)), ("99/100", None), ("999/1000", None)]
)
def test_forest_management_lies_in_its_interval(discount, published):
    """Always waiting: V2 = V1 + 4, V1 = g (9 V2 + V0)/10, V0 = g (9 V1 + V0)/10; nothing better exists.

    So V0 = k V1 with k = 9g/(10 - g), and V1 (10 - 9g - g k) = 36 g.
    """
    g = Fraction(discount)
    k = 9 * g / (10 - g)
    middle = 36 * g / (10 - 9 * g - g * k)
    values = (k * middle, middle, middle + 4)
    cut = (g * values[0], 1 + g * values[0], 2 + g * values[0])
    assert all(wait > other for wait, other in zip(values, cut, strict=True))  # the optimality equation holds
    if published is not None:
        assert [float(v) for v in values] == pytest.approx(published, abs=5e-4)
    model, reward = forest()
    pairs = [v for both in zip(values, cut, strict=True) for v in both]
    graph = make_graph(model)
    assert solve_exactly(graph, np.arange(6), reward, g) == pairs
    bounds = bound_discounted(graph, np.arange(6), np.array([[float(x) for x in reward]]), g)
    for low, value, high in zip(bounds.low[0].tolist(), pairs, bounds.high[0].tolist(), strict=True):
        assert Fraction(low) <= value <= Fraction(high)
    assert (bounds.high - bounds.low).max() <= 4e-8 / float(1 - g)


def visits_from_one(model: Model, discount: Fraction) -> list[Fraction]:
    """(I - g P^T)^-1 e_1 of a model without choices, in fractions: its value at node 1 is this times the reward."""
    n = len(model)
    table = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    for u, (choice,) in enumerate(model):
        for v, p in choice.items():
            table[v][u] -= discount * p
    matrix = fmpq_mat(n, n, [fmpq(x.numerator, x.denominator) for row in table for x in row])
    solution = matrix.solve(fmpq_mat(n, 1, [fmpq(int(k == 1)) for k in range(n)]))
    return [Fraction(int(solution[k, 0].p), int(solution[k, 0].q)) for k in range(n)]


def dot(visits: list[Fraction], reward: np.ndarray) -> Fraction:
    return sum((x * Fraction(r) for x, r in zip(visits, reward.tolist(), strict=True)), Fraction(0))


def absorbed_from_one(model: Model) -> list[Fraction]:
    """Where the chain from node 1 ends: visits to the ends once these lead nowhere."""
    n = len(model)
    transient: Model = [[{}], *model[1:-1], [{}]]
    ends = visits_from_one(transient, Fraction(1))
    return [ends[u] if u in (0, n - 1) else Fraction(0) for u in range(n)]


def check_chain(n: int, discounts: tuple[Fraction, ...], rng: np.random.Generator) -> None:
    """All kinds of rewards on the chain, from its slow node 1: discounted, and average."""
    model = chain(n)
    graph = make_graph(model)
    rewards = random_rewards(rng, 18, n + 1)
    assert {bool((row < 0).any()) for row in rewards} == {True, False}
    for discount in discounts:
        visits = visits_from_one(model, discount)
        bounds = bound_discounted(graph, np.arange(n + 1), rewards, discount)
        for reward, low, high in zip(rewards, bounds.low[:, 1].tolist(), bounds.high[:, 1].tolist(), strict=True):
            assert Fraction(low) <= dot(visits, reward) <= Fraction(high)
    ends = absorbed_from_one(model)
    assert sum(ends) == 1
    arena = Arena(
        graph=graph,
        node_states=np.arange(n + 1),
        n_states=n + 1,
        prefix=np.zeros(0, dtype=np.int64),
        initial_nodes=np.array([1]),
        initial_probabilities=np.ones(1),
        initial_exact=(Fraction(1),),
        node_memory=np.zeros(n + 1, dtype=np.int64),
        full_memory=0,
        choice_labels=np.zeros(graph.n_choices, dtype=np.int64),
    )
    gains = bound_gain(arena, rewards)
    for reward, low, high in zip(rewards, gains.low.tolist(), gains.high.tolist(), strict=True):
        assert Fraction(low) <= dot(ends, reward) <= Fraction(high)
    assert gain_exactly(arena, [Fraction(x) for x in rewards[0].tolist()]) == dot(ends, rewards[0])


@pytest.mark.parametrize("n", [10, 20, 24, 33, 47, 60])
def test_haddad_monmege_chains_hold_every_kind_of_reward(n):
    """Negative, huge, tiny, constant, nearly tied and offset rewards, two of each kind; discounts 1/2 to 999/1000."""
    check_chain(n, DISCOUNTS, np.random.default_rng(n))


@pytest.mark.slow
def test_all_haddad_monmege_chains_hold_every_kind_of_reward():
    """Every length from 10 to 60, 180 rewards each."""
    for n in range(10, 61):
        for part in range(10):
            check_chain(n, DISCOUNTS, np.random.default_rng([n, part]))
