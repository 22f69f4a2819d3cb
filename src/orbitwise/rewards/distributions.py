"""Distributions over rewards, named as users name them or built of parts; every draw is a function of the seed alone.

All but a user's sampler turn a row of independent uniform values into a reward, so that reward number i depends on the
seed and on i only, and quasi-random points can take their place.

A distribution that no permutation of the coordinates changes is *exchangeable*; for those a bound for every orbit is a
bound for the distribution.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from orbitwise.errors import InvalidInput
from orbitwise.rewards import sampling
from orbitwise.rewards.batches import RewardBatch
from orbitwise.rewards.laws import LAWS, Parameters, find_law_support, has_variance, parse_law
from orbitwise.rewards.structures import Distribution, Marginals, Mixture, Sampler, Table
from orbitwise.rewards.transforms import count_uniforms, draw_blocks, transform
from orbitwise.typing import FloatArray

__all__ = [
    "LAWS",
    "Distribution",
    "draw_rewards",
    "find_support",
    "has_finite_variance",
    "is_exchangeable",
    "parse_distribution",
    "sampler_distribution",
]


def parse_distribution(text: str, *, where: str = "reward") -> Distribution:
    """Read a distribution's name, with parameters in brackets if wanted.

    Parameters
    ----------
    text
        For example ``"uniform"``, ``"uniform(-1, 1)"``, ``"normal(0, 2)"``, ``"beta(2, 3)"``.
    where
        The place to name in errors.

    Raises
    ------
    InvalidInput
        An unknown law, a wrong number of parameters, or parameters that define no law.

    Examples
    --------
    >>> str(parse_distribution("uniform"))
    'uniform(0, 1)'
    """
    return Distribution(*parse_law(text, where=where))


def sampler_distribution(
    function: Callable[[np.random.Generator, int], FloatArray],
    *,
    support: tuple[float, float] = (-np.inf, np.inf),
    name: str = "sampler",
) -> Distribution:
    """The distribution of what a function draws.

    Parameters
    ----------
    function
        ``function(rng, n)`` returns an array of shape (n, d) and draws from ``rng`` alone. It is called for blocks of
        64 rewards, each with a generator of its own, so that no reward depends on where it is drawn.
    support
        Bounds of all values, if there are any: the intervals of POWER then hold for every number of samples. Values
        outside are refused.
    name
        How to show it.

    Raises
    ------
    InvalidInput
        The bounds are not in order.

    Examples
    --------
    >>> pair = sampler_distribution(lambda rng, n: rng.random((n, 2)), support=(0, 1))
    >>> draw_rewards(pair, 3, 2, seed=0).floats.shape
    (3, 2)
    """
    low, high = float(support[0]), float(support[1])
    if not low < high:
        raise InvalidInput(f"expected (low, high) with low < high, found {support}", where="support")
    return Distribution("sampler", (), Sampler(function, (low, high)), name)


def draw_rewards(
    distribution: Distribution,
    n_rewards: int,
    n_coordinates: int,
    *,
    seed: int,
    start: int = 0,
    replicate: int | None = None,
) -> RewardBatch:
    """Rewards ``start`` to ``start + n_rewards - 1`` of a seed's stream: independent, or from quasi-random points.

    **Guarantee:** row i depends on the seed, the replicate and ``start + i`` only, however the stream is cut.
    **Cost:** linear in ``n_rewards`` x d; uniform values about a nanosecond each.

    Parameters
    ----------
    replicate
        None: independent rewards. A number: those of the points of this scrambled Sobol sequence.

    Raises
    ------
    InvalidInput
        The distribution is for another number of coordinates, a user's sampler returned something else, or it or more
        than 21,201 coordinates are asked for quasi-random points.
    """
    if isinstance(distribution.structure, Sampler):
        if replicate is not None:
            raise InvalidInput("expected no sampler with Sobol points; use independent points", where="points")
        return RewardBatch(draw_blocks(distribution.structure, n_rewards, n_coordinates, seed=seed, start=start))
    width = count_uniforms(distribution, n_coordinates)
    if replicate is None:
        uniforms = sampling.draw_uniform(n_rewards, width, seed=seed, start=start)
    else:
        uniforms = sampling.draw_sobol(n_rewards, width, seed=seed, replicate=replicate, start=start)
    return transform(distribution, uniforms, n_coordinates)


def find_support(distribution: Distribution, n_coordinates: int) -> tuple[float, float]:
    """The least interval that every value of every reward is known to lie in; infinite where there is no bound.

    Examples
    --------
    >>> find_support(parse_distribution("uniform(-1, 1)"), 3)
    (-1.0, 1.0)
    """
    match distribution.structure:
        case Sampler(support=support):
            return support
        case Table(rewards=rewards):
            values = [float(x) for reward in rewards for x in reward]
            return float(np.nextafter(min(values), -np.inf)), float(np.nextafter(max(values), np.inf))
        case Mixture(parts=parts):
            ends = [find_support(part, n_coordinates) for part in parts]
        case _:
            ends = [find_law_support(*law) for law in _laws_used(distribution, n_coordinates)]
    return min(low for low, _ in ends), max(high for _, high in ends)


def has_finite_variance(distribution: Distribution, n_coordinates: int) -> bool:
    """Whether every value has a finite mean and variance, as far as is known (a sampler is trusted)."""
    match distribution.structure:
        case Sampler() | Table():
            return True
        case Mixture(parts=parts):
            return all(has_finite_variance(part, n_coordinates) for part in parts)
        case _:
            return all(has_variance(*law) for law in _laws_used(distribution, n_coordinates))


def is_exchangeable(distribution: Distribution) -> bool:
    """Whether permuting the coordinates changes nothing; False where that is not known."""
    match distribution.structure:
        case None:
            return True
        case Marginals(overrides=(), groups=(), correlation=float()):
            return True
        case Mixture(parts=parts):
            return all(is_exchangeable(part) for part in parts)
        case _:
            return False


def _laws_used(distribution: Distribution, n_coordinates: int) -> set[tuple[str, Parameters]]:
    structure = distribution.structure
    if not isinstance(structure, Marginals):
        return {(distribution.law, distribution.parameters)}
    used = {(law, parameters) for _, law, parameters in structure.overrides}
    if len(structure.overrides) < n_coordinates:
        used.add((distribution.law, distribution.parameters))
    return used
