"""Array aliases and the one Protocol that users implement."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

__all__ = ["BoolArray", "FloatArray", "IntArray", "ObjectArray", "SignArray", "SupportFunction"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
SignArray: TypeAlias = npt.NDArray[np.int8]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
ObjectArray: TypeAlias = npt.NDArray[Any]


@runtime_checkable
class SupportFunction(Protocol):
    """Anything that maps a batch of rewards to the best value over an outcome set."""

    def support(self, rewards: FloatArray) -> FloatArray:
        """Best value ``max_x x.r`` per reward.

        Parameters
        ----------
        rewards
            Shape (n_rewards, n_coordinates).

        Returns
        -------
        Shape (n_rewards,).
        """
        ...
