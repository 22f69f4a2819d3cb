"""What the functions of this room are asked, checked at the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from orbitwise.compute.exact import parse_fraction
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput
from orbitwise.formats.rewards import read_reward
from orbitwise.rewards.distributions import Distribution, find_support, has_finite_variance
from orbitwise.typing import FloatArray, IntArray

__all__ = [
    "SAMPLES",
    "RewardGiven",
    "check_inside",
    "check_sampling",
    "find_power_support",
    "parse_discount",
    "parse_limit",
    "parse_rewards",
    "parse_states",
]

SAMPLES = 10_000
RewardGiven = Distribution | str | Mapping[str, object] | Callable[[np.random.Generator, int], FloatArray]


def parse_discount(discount: object) -> Fraction:
    """A discount in (0, 1); at its ends the functions for the limits are named."""
    exact = parse_fraction(discount, where="discount")
    if 0 < exact < 1 and 0 < float(exact) < 1:
        return exact
    advice = "choose one inside"
    if exact in (0, 1):
        advice = f"for the limit use estimate_power_limit(..., limit={exact}), on the command line --limit {exact}"
    raise InvalidInput(f"expected 0 < discount < 1, found {discount}; {advice}", where="discount")


def parse_limit(limit: object, instead: str) -> Fraction:
    """0 or 1; ``instead`` is the function for a discount between."""
    if isinstance(limit, bool) or limit not in (0, 1):
        raise InvalidInput(f"expected the limit at 0 or at 1, found {limit!r}; else use {instead}", where="limit")
    return Fraction(int(limit == 1))


def parse_states(environment: MDP, at: Sequence[str] | str | None) -> IntArray:
    """Indices of the states asked for, each once, in the given order."""
    if at is None:
        return np.arange(environment.n_states)
    names = [at] if isinstance(at, str) else list(at)
    found = list(dict.fromkeys(environment.state(name, where="at") for name in names))
    if not found:
        raise InvalidInput("expected at least one state, found none; leave at out for all states", where="at")
    return np.array(found, dtype=np.int64)


def parse_rewards(environment: MDP, reward: RewardGiven) -> Distribution:
    """A distribution of rewards over the environment's states."""
    found = read_reward(reward, environment.states, where="reward")
    if not isinstance(found, Distribution):
        raise InvalidInput(
            "expected a distribution of rewards, found one reward, whose POWER is its optimal value; "
            'write for example "uniform"',
            where="reward",
        )
    return found


def find_power_support(environment: MDP, reward: Distribution) -> tuple[float, float]:
    """Bounds of every reward, hence of p; unbounded rewards must have a mean and a variance."""
    support = find_support(reward, environment.n_states)
    if not np.isfinite(support).all() and not has_finite_variance(reward, environment.n_states):
        raise InvalidInput(
            f"expected rewards with a finite mean and variance, found {reward}, whose POWER has no interval; "
            "choose another law",
            where="reward",
        )
    return support


def check_sampling(samples: int, level: float, seed: int) -> None:
    """Refuse numbers with which nothing can be sampled."""
    if samples < 2:
        raise InvalidInput(f"expected at least 2 samples, found {samples}; try 10000", where="samples")
    if seed < 0:
        raise InvalidInput(f"expected a seed of at least 0, found {seed}; try 0", where="seed")
    check_inside(level, "level", "0.95")


def check_inside(value: float, where: str, advice: str) -> None:
    """Refuse a number outside (0, 1)."""
    if not 0 < value < 1:
        raise InvalidInput(f"expected a number inside (0, 1), found {value}; try {advice}", where=where)
