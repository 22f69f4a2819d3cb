"""What a distribution of rewards is made of: the nouns; ``distributions`` has the verbs.

The plain form is independent values with one law (``laws``). A structure changes that: laws of single coordinates,
coordinates with equal reward, correlation (a Gaussian copula), mixtures, tables of rewards with weights, or a user's
sampler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from orbitwise.rewards.laws import Parameters
from orbitwise.typing import FloatArray

__all__ = ["Distribution", "Marginals", "Mixture", "Sampler", "Table"]


@dataclass(frozen=True)
class Marginals:
    """What differs from independent values with one law.

    Parameters
    ----------
    overrides
        Coordinates with a law of their own: (coordinate, law, parameters).
    groups
        Coordinates that have equal rewards, those of the law of the first one.
    correlation
        Of the normal scores whose quantiles the values are: one number for every pair of groups, or a matrix of shape
        (d, d); 0: independent.
    """

    overrides: tuple[tuple[int, str, Parameters], ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    correlation: float | tuple[tuple[float, ...], ...] = 0.0


@dataclass(frozen=True)
class Mixture:
    """One of some distributions, chosen at random for each reward."""

    weights: tuple[float, ...]  # sum to 1
    parts: tuple[Distribution, ...]


@dataclass(frozen=True)
class Table:
    """One of some exact rewards, chosen at random."""

    weights: tuple[float, ...]  # sum to 1
    rewards: tuple[tuple[Fraction, ...], ...]  # (n_rewards, d)


@dataclass(frozen=True)
class Sampler:
    """What a user's function draws: ``function(rng, n)`` gives n rewards, shape (n, d)."""

    function: Callable[[np.random.Generator, int], FloatArray]
    support: tuple[float, float]  # what the user promises of every value; infinite: nothing


@dataclass(frozen=True)
class Distribution:
    """Independent values with one law on every coordinate, unless a structure says more.

    Parameters
    ----------
    law
        A name of :mod:`orbitwise.rewards.laws`; ``"mixture"``, ``"table"`` or ``"sampler"`` for those structures.
    parameters
        Its parameters, in units of reward.
    structure
        What differs; None: nothing.
    text
        How to show it; by default law and parameters.
    """

    law: str
    parameters: Parameters
    structure: Marginals | Mixture | Table | Sampler | None = None
    text: str = ""

    def __str__(self) -> str:
        return self.text or f"{self.law}({', '.join(f'{x:g}' for x in self.parameters)})"
