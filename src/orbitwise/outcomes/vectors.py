"""Explicit outcome sets: finitely many exact vectors over the reward's coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from orbitwise.typing import FloatArray, ObjectArray

if TYPE_CHECKING:
    from orbitwise.outcomes.vertices import Vertices

__all__ = ["Outcomes", "SparseVector", "sparse_key"]

SparseVector = Mapping[int, Fraction]


def sparse_key(vector: SparseVector) -> tuple[tuple[int, Fraction], ...]:
    """A hashable form of a vector, without zeros, sorted by coordinate."""
    return tuple(sorted((i, x) for i, x in vector.items() if x))


@dataclass(frozen=True, eq=False)
class Outcomes:
    """A finite set of distinct exact outcomes.

    Parameters
    ----------
    vectors
        Distinct sparse vectors, each a sorted tuple of (coordinate, value) without zeros.
    n_coordinates
        d.
    """

    vectors: tuple[tuple[tuple[int, Fraction], ...], ...]
    n_coordinates: int

    @classmethod
    def of(cls, vectors: Iterable[SparseVector], n_coordinates: int) -> Outcomes:
        """The set of these vectors; repeated ones are kept once, in order of appearance."""
        return cls(tuple(dict.fromkeys(sparse_key(v) for v in vectors)), n_coordinates)

    def __len__(self) -> int:
        return len(self.vectors)

    @cached_property
    def floats(self) -> FloatArray:
        """Dense values rounded to the nearest double, shape (n_outcomes, n_coordinates)."""
        dense = np.zeros((len(self.vectors), self.n_coordinates))
        for row, vector in enumerate(self.vectors):
            for i, x in vector:
                dense[row, i] = float(x)
        return dense

    @cached_property
    def scaled(self) -> tuple[ObjectArray, int]:
        """Integer numerators over one common denominator, shape (n_outcomes, n_coordinates), and that denominator."""
        denominator = math.lcm(1, *(x.denominator for vector in self.vectors for _, x in vector))
        dense = np.zeros((len(self.vectors), self.n_coordinates), dtype=object)
        for row, vector in enumerate(self.vectors):
            for i, x in vector:
                dense[row, i] = x.numerator * (denominator // x.denominator)
        return dense, denominator

    @cached_property
    def vertices(self) -> Vertices:
        """The vertices of the convex hull, see :mod:`orbitwise.outcomes.vertices`."""
        from orbitwise.outcomes.vertices import separate_vertices

        return separate_vertices(self)

    def support(self, rewards: FloatArray) -> FloatArray:
        """Best value per reward, shape (n_rewards,), in floating point.

        **Guarantee:** none beyond float rounding; exact counts use :attr:`scaled`.
        **Cost:** one matrix product (n_rewards, d) x (d, n_outcomes).
        """
        values: FloatArray = (rewards @ self.floats.T).max(axis=1)
        return values

    def exact_support(self, reward: Sequence[Fraction]) -> Fraction:
        """Best exact value of one reward of shape (d,)."""
        return max(sum((x * reward[i] for i, x in vector), Fraction(0)) for vector in self.vectors)

    def subset(self, rows: Iterable[int]) -> Outcomes:
        """The outcomes with these positions."""
        return Outcomes(tuple(self.vectors[i] for i in rows), self.n_coordinates)
