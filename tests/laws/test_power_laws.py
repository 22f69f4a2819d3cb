"""Laws of POWER: affine rewards, relabeling, its bounds, smoothness between neighbors and along the discount."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import brute_force
import orbitwise as ow
from orbitwise.errors import NotSupported

DISCOUNTS = [Fraction(1, 10), Fraction(1, 2), Fraction(9, 10)]


def models(seed, n, *, n_states=4):
    """Random environments, every second one with random transitions."""
    rng = np.random.default_rng(seed)
    return [brute_force.random_mdp(rng, n_states, stochastic=k % 2 == 1) for k in range(n)]


def exact_powers(mdp, g):
    """Exact POWER of every state; None where it has too many outcomes."""
    found = []
    for name in mdp.states:
        try:
            at_end = g in (0, 1)
            found.append(
                ow.power_limit_exactly(mdp, limit=int(g), at=name)
                if at_end
                else ow.power_exactly(mdp, discount=g, at=name)
            )
        except NotSupported:
            found.append(None)
    return found


def relabeled(mdp, order):
    """The same environment with its states added in another order, under other names."""
    builder = ow.Builder("relabeled")
    graph = mdp.graph
    for state in order:
        for choice, action in zip(mdp.choices(state), mdp.action_names(state), strict=True):
            start, stop = graph.entry_offsets[choice : choice + 2]
            law = {
                f"new {s}": p
                for s, p in zip(graph.successors[start:stop], graph.exact_probabilities[start:stop], strict=True)
            }
            builder.add(f"new {state}", action, law)
    return builder.build()


@pytest.mark.parametrize("g", [0, *DISCOUNTS, 1])
def test_power_lies_between_the_mean_and_the_expected_maximum(g):
    """1/2 <= POWER <= d / (d + 1) for d states and uniform rewards, exactly (OPTS, proposition 5.4)."""
    for mdp in models(1, 6):
        for power in exact_powers(mdp, g):
            if power is not None:
                assert Fraction(1, 2) <= power <= Fraction(mdp.n_states, mdp.n_states + 1)


@pytest.mark.parametrize("g", [0, *DISCOUNTS, 1])
def test_relabeling_the_states_relabels_power(g):
    """An isomorphism of environments carries POWER along, exactly."""
    rng = np.random.default_rng(2)
    for mdp in models(3, 4):
        order = rng.permutation(mdp.n_states).tolist()
        there = dict(zip([f"new {s}" for s in order], exact_powers(relabeled(mdp, order), g), strict=True))
        for state, power in enumerate(exact_powers(mdp, g)):
            assert there[f"new {state}"] == power


@pytest.mark.parametrize("g", DISCOUNTS)
def test_a_sure_step_bounds_how_much_power_can_fall(g):
    """If s can surely step to t then POWER(s) >= g POWER(t) + (1 - g)/2, exactly.

    p(s) >= (1 - g) V(t) = g p(t) + (1 - g) r(t) for every reward, and rewards have mean 1/2.
    """
    checked = 0
    for mdp in models(4, 8):
        powers = exact_powers(mdp, g)
        for state in range(mdp.n_states):
            for choice in mdp.choices(state):
                targets = mdp.successors(choice).tolist()
                if len(targets) == 1 and None not in (powers[state], powers[targets[0]]):
                    assert powers[state] >= g * powers[targets[0]] + (1 - g) / 2
                    checked += 1
    assert checked > 20


@pytest.mark.parametrize("g", ["1/10", "9/10", "999/1000"])
def test_power_is_smooth_between_neighbors_that_reach_each_other(g):
    """Of two states one step apart both ways POWER differs by at most (1 - g)(high - low) (OPTS, proposition 5.5)."""
    grid = ow.gallery.load("powerplay-grid", n=4)
    power = ow.estimate_power(grid, discount=g, reward="uniform(-1, 2)", samples=1_000)
    for state in range(grid.n_states):
        for choice in grid.choices(state):
            gap = abs(power.value[state] - power.value[grid.successors(choice)[0]])
            assert gap <= float(1 - Fraction(g)) * 3 + 2 * power.error.max()


@pytest.mark.parametrize(("a", "b"), [(2.0, 0.0), (0.5, -3.0), (100.0, 7.0)])
def test_affine_rewards_give_affine_power(a, b):
    """POWER under a r + b is a POWER + b: the same rewards, so to the solver's error, in random environments."""
    for mdp in models(5, 4):
        for g in DISCOUNTS:
            plain = ow.estimate_power(mdp, discount=g, samples=300)
            moved = ow.estimate_power(mdp, discount=g, samples=300, reward=f"uniform({b}, {a + b})")
            assert (
                np.abs(moved.value - (a * plain.value + b)) <= a * plain.error + moved.error + 1e-12 * (a + 3)
            ).all()
            np.testing.assert_allclose(moved.standard_error, a * plain.standard_error, rtol=1e-6, atol=1e-12)


def test_distinct_sure_successors_give_k_over_k_plus_1_at_discount_0():
    """The limit at 0 of a state with k different sure successors, in random deterministic environments."""
    for mdp in models(6, 12)[::2]:
        for state, power in enumerate(exact_powers(mdp, 0)):
            k = len({int(mdp.successors(choice)[0]) for choice in mdp.choices(state)})
            assert power == Fraction(k, k + 1)


def test_the_limits_are_limits():
    """Exact POWER at 1e-6 and at 1 - 1e-6 is within 1e-4 of the values at 0 and 1."""
    for mdp in models(7, 2):
        for near, end in ((Fraction(1, 10**6), 0), (1 - Fraction(1, 10**6), 1)):
            for power, limit in zip(exact_powers(mdp, near), exact_powers(mdp, end), strict=True):
                if power is not None and limit is not None:
                    assert abs(power - limit) < Fraction(1, 10**4)


def test_more_states_at_hand_give_more_power():
    """Cutting choices away never raises POWER: the star with a spoke less, the same rewards, every state."""
    large, small = (ow.gallery.load("star", cycles=k) for k in (5, 4))
    for g in DISCOUNTS:
        assert ow.power_exactly(small, discount=g, at="center") < ow.power_exactly(large, discount=g, at="center")
