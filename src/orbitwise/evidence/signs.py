"""The sign of h_A - h_B for each reward of a batch, as an interval of signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orbitwise.typing import BoolArray, IntArray

__all__ = ["Signs"]


@dataclass(frozen=True, eq=False)
class Signs:
    """Intervals that contain the signs of h_A - h_B."""

    low: IntArray  # (n_rewards,) in {-1, 0, 1}
    high: IntArray  # (n_rewards,)
    steps: int = 0  # elementary steps that it took, about a nanosecond each; the same on every machine

    @property
    def at_least(self) -> BoolArray:
        """Where A is proved at least as good as B."""
        return np.asarray(self.low >= 0)

    @property
    def worse(self) -> BoolArray:
        """Where A is proved worse than B."""
        return np.asarray(self.high < 0)

    @property
    def decided(self) -> BoolArray:
        """Where the sign is known."""
        return np.asarray(self.low == self.high)
