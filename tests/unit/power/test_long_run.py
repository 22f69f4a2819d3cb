"""The best average reward of every state at once agrees with the exact gain of each state alone."""

from __future__ import annotations

import numpy as np
import pytest

import brute_force
import orbitwise as ow
from orbitwise.outcomes.arenas import make_arena
from orbitwise.outcomes.policies import PolicySet
from orbitwise.power.long_run import bound_best_averages, prepare_long_run
from orbitwise.rewards import draw_rewards, parse_distribution
from orbitwise.solvers.gain_exact import gain_exactly


def check(mdp, states, seed):
    """Certified bounds around the exact gains of these states, for three normal rewards."""
    rewards = draw_rewards(parse_distribution("normal"), 3, mdp.n_states, seed=seed)
    low, high = bound_best_averages(prepare_long_run(mdp, states), rewards.floats, tolerance=1e-9)
    for k, state in enumerate(states.tolist()):
        arena = make_arena(mdp, state, PolicySet("anything"), where="test")
        for i in range(len(rewards)):
            assert low[i, k] <= gain_exactly(arena, rewards.exact(i)) <= high[i, k]
    assert (high - low).max() < 1e-7


@pytest.mark.parametrize("stochastic", [False, True])
def test_every_state_has_its_exact_gain(stochastic):
    """Random environments of 7 states: all states, and some of them in another order."""
    rng = np.random.default_rng(9)
    for seed in range(12):
        mdp = brute_force.random_mdp(rng, 7, stochastic=stochastic)
        check(mdp, np.arange(7), seed)
        check(mdp, rng.permutation(7)[:3], seed)


@pytest.mark.parametrize("name", ["candy", "opts-figure-1", "pac-man", "chain-fork", "shutdown", "russell-norvig"])
def test_gallery_states_have_their_exact_gain(name):
    """Chains, forks, traps and grids; states are asked for last ones first."""
    mdp = ow.gallery.load(name)
    check(mdp, np.arange(mdp.n_states)[::-1], 0)
