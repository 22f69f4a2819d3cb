"""Rewards: parsing, orbits under permutation, distributions; the same seed gives the same numbers everywhere."""

from __future__ import annotations

from orbitwise.rewards.batches import RewardBatch
from orbitwise.rewards.distributions import Distribution, draw_rewards, parse_distribution, sampler_distribution
from orbitwise.rewards.orbits import Orbit, draw_permutations, iter_orbit, orbit_of, orbit_size
from orbitwise.rewards.parsing import parse_reward

__all__ = [
    "Distribution",
    "Orbit",
    "RewardBatch",
    "draw_permutations",
    "draw_rewards",
    "iter_orbit",
    "orbit_of",
    "orbit_size",
    "parse_distribution",
    "parse_reward",
    "sampler_distribution",
]
