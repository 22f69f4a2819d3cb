"""Distributions over rewards: independent values with one law, named as users name them.

A law is its name and parameters: ``uniform`` is uniform(0, 1), ``uniform(-1, 1)``, ``normal(0, 1)``,
``exponential(1)``. A distribution of independent, identically distributed values is invariant under every permutation
of the coordinates, so a bound for every orbit is a bound for it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from orbitwise.compute.exact import parse_fraction
from orbitwise.errors import InvalidInput
from orbitwise.rewards import sampling
from orbitwise.rewards.batches import RewardBatch
from orbitwise.typing import FloatArray

__all__ = ["LAWS", "Distribution", "draw_rewards", "find_support", "parse_distribution"]

LAWS = {  # parameter names and defaults
    "uniform": (("low", 0.0), ("high", 1.0)),
    "normal": (("mean", 0.0), ("deviation", 1.0)),
    "exponential": (("mean", 1.0),),
}
PATTERN = re.compile(r"\s*([a-z]+)\s*(?:\(([^()]*)\))?\s*")


@dataclass(frozen=True)
class Distribution:
    """Independent values with one law on every coordinate.

    Parameters
    ----------
    law
        A name in :data:`LAWS`.
    parameters
        Its parameters, in the order of :data:`LAWS`; in units of reward.
    """

    law: str
    parameters: tuple[float, ...]

    def __str__(self) -> str:
        return f"{self.law}({', '.join(f'{x:g}' for x in self.parameters)})"


def parse_distribution(text: str, *, where: str = "reward") -> Distribution:
    """Read a distribution's name, with parameters in brackets if wanted.

    Parameters
    ----------
    text
        For example ``"uniform"``, ``"uniform(-1, 1)"``, ``"normal(0, 2)"``, ``"exponential"``.
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
    match = PATTERN.fullmatch(text)
    if match is None or match.group(1) not in LAWS:
        raise InvalidInput(f"expected a distribution, found {text!r}; known are {', '.join(LAWS)}", where=where)
    law, inside = match.groups()
    defaults = LAWS[law]
    given = [] if inside is None or not inside.strip() else inside.split(",")
    if given and len(given) != len(defaults):
        names = ", ".join(name for name, _ in defaults)
        raise InvalidInput(f"expected {law}({names}), found {text!r}; give all parameters or none", where=where)
    parameters = tuple(float(parse_fraction(x.strip(), where=where)) for x in given) or tuple(x for _, x in defaults)
    _check_parameters(law, parameters, where)
    return Distribution(law, parameters)


def draw_rewards(
    distribution: Distribution, n_rewards: int, n_coordinates: int, *, seed: int, start: int = 0
) -> RewardBatch:
    """Independent rewards: numbers ``start`` to ``start + n_rewards - 1`` of a seed's stream.

    **Guarantee:** row i depends on the seed and on ``start + i`` only, however the stream is cut.
    **Cost:** linear in ``n_rewards`` x d; uniform values about a nanosecond each.
    """
    uniforms = sampling.draw_uniform(n_rewards, n_coordinates, seed=seed, start=start)
    return RewardBatch(_transform(distribution, uniforms))


def find_support(distribution: Distribution, n_coordinates: int) -> tuple[float, float]:
    """The least interval that every value of every reward is in; infinite where a law is unbounded.

    Examples
    --------
    >>> find_support(parse_distribution("uniform(-1, 1)"), 3)
    (-1.0, 1.0)
    """
    match distribution.law, distribution.parameters:
        case "uniform", (low, high):
            return low, high
        case "exponential", _:
            return 0.0, math.inf
        case _:
            return -math.inf, math.inf


def _transform(distribution: Distribution, uniforms: FloatArray) -> FloatArray:
    """Values of the law at these quantiles; quantiles are taken in the middle of their steps of 2^-53, never 0 or 1."""
    from scipy.special import ndtri

    middle = uniforms + 2.0**-54
    match distribution.law, distribution.parameters:
        case "uniform", (low, high):
            return low + (high - low) * uniforms
        case "normal", (mean, deviation):
            return np.asarray(mean + deviation * ndtri(np.minimum(middle, 1 - 2.0**-53)))
        case "exponential", (mean,):
            return np.asarray(-mean * np.log1p(-np.minimum(middle, 1 - 2.0**-53)))
        case _:
            raise InvalidInput(f"expected a law among {', '.join(LAWS)}, found {distribution}", where="reward")


def _check_parameters(law: str, parameters: tuple[float, ...], where: str) -> None:
    if not all(math.isfinite(x) and abs(x) <= 1e100 for x in parameters):
        raise InvalidInput(f"expected parameters of size at most 1e100, found {parameters}", where=where)
    if law == "uniform" and not parameters[0] < parameters[1]:
        raise InvalidInput(f"expected uniform(low, high) with low < high, found {parameters}", where=where)
    if law != "uniform" and not parameters[-1] > 0:
        name = LAWS[law][-1][0]
        raise InvalidInput(f"expected a positive {name} of {law}, found {parameters[-1]:g}", where=where)
