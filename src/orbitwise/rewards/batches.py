"""A batch of rewards: doubles for the solvers, and what each reward is exactly.

Rewards that permute one multiset share its few distinct values: the batch stores which value goes where. Rewards drawn
from a distribution are doubles, and exactly the binary fractions that these doubles are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from orbitwise.typing import FloatArray, IntArray

__all__ = ["RewardBatch", "scale_to_integers"]


@dataclass(frozen=True, eq=False)
class RewardBatch:
    """Some rewards over d coordinates.

    Parameters
    ----------
    floats
        Shape (n_rewards, d), each value rounded to the nearest double.
    values
        The distinct exact values; None when the doubles are exact themselves.
    codes
        Shape (n_rewards, d), positions in ``values``; None when the doubles are exact themselves.
    """

    floats: FloatArray
    values: tuple[Fraction, ...] | None = None
    codes: IntArray | None = None

    @classmethod
    def of_codes(cls, values: tuple[Fraction, ...], codes: IntArray) -> RewardBatch:
        """The rewards with these exact values at these places."""
        return cls(np.array([float(v) for v in values])[codes], values, codes)

    def __len__(self) -> int:
        return len(self.floats)

    def exact(self, row: int) -> tuple[Fraction, ...]:
        """One reward exactly, shape (d,)."""
        if self.values is None or self.codes is None:
            return tuple(Fraction(x) for x in self.floats[row].tolist())
        return tuple(self.values[code] for code in self.codes[row].tolist())

    def rows(self, kept: IntArray) -> RewardBatch:
        """The rewards in these rows."""
        return RewardBatch(self.floats[kept], self.values, None if self.codes is None else self.codes[kept])


def scale_to_integers(values: Sequence[Fraction]) -> list[int]:
    """The values times their least common denominator; no comparison of outcomes changes."""
    scale = lcm(1, *(x.denominator for x in values))
    return [x.numerator * (scale // x.denominator) for x in values]
