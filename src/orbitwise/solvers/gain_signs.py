"""Which of two arenas has the larger gain, reward by reward, decided exactly.

Certified intervals that do not meet decide at once. Where they meet the two gains are computed as fractions: a tie is a
tie because the fractions are equal, never because a difference is small.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.gain import bound_gain, check_rewards
from orbitwise.solvers.gain_exact import gain_exactly
from orbitwise.solvers.gain_problem import GainProblem, prepare_gain
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["GainSigns", "compare_gains"]


@dataclass(frozen=True, eq=False)
class GainSigns:
    """The sign of a difference of gains, for each reward."""

    signs: IntArray  # (n_rewards,) 1: the first arena is better, 0: exactly equal, -1: the second is better
    decided: BoolArray  # (n_rewards,) False: the intervals meet and exact gains are out of reach; the sign is then 0
    n_exact: int  # how many rewards needed exact arithmetic


def compare_gains(
    prefer: Arena | GainProblem,
    over: Arena | GainProblem,
    rewards: FloatArray,
    *,
    tolerance: float = 1e-8,
    n_threads: int = 1,
) -> GainSigns:
    """The sign of (best average reward of ``prefer``) - (best average reward of ``over``), for each reward.

    **Guarantee:** every decided sign is exact, for the exact probabilities and the exact binary values of the rewards.
    **Cost:** that of ``bound_gain`` for both arenas, and of ``gain_exactly`` where the intervals meet.

    Parameters
    ----------
    prefer, over
        Arenas, or what ``prepare_gain`` makes of them.
    rewards
        Shape (n_rewards, n_states), finite.
    tolerance, n_threads
        See ``bound_gain``; they change the time, not the result.

    Raises
    ------
    InvalidInput
        The arenas have different states; or see ``bound_gain``.
    """
    first = prepare_gain(prefer) if isinstance(prefer, Arena) else prefer
    second = prepare_gain(over) if isinstance(over, Arena) else over
    if first.n_states != second.n_states:
        raise InvalidInput(
            f"expected two arenas with the same states, found {first.n_states} and {second.n_states} states",
            where="over",
        )
    rewards = check_rewards(rewards, first.n_states)
    ours = bound_gain(first, rewards, tolerance=tolerance, n_threads=n_threads)
    theirs = bound_gain(second, rewards, tolerance=tolerance, n_threads=n_threads)
    signs = (ours.low > theirs.high).astype(np.int64) - (ours.high < theirs.low).astype(np.int64)
    decided = signs != 0
    meeting = np.flatnonzero(~decided)
    for i in meeting:
        reward = [Fraction(value) for value in rewards[i].tolist()]
        try:
            difference = gain_exactly(first, reward) - gain_exactly(second, reward)
        except NotSupported:
            break
        signs[i] = (difference > 0) - (difference < 0)
        decided[i] = True
    return GainSigns(signs, decided, len(meeting))
