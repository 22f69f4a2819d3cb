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
from orbitwise.solvers.cycles_ties import ExactMeans, compare_means, find_exact_means, read_mean
from orbitwise.solvers.gain import bound_gain, bound_parts
from orbitwise.solvers.gain_exact import mix_exactly, reach_exactly
from orbitwise.solvers.gain_problem import CyclePart, GainProblem, prepare_gain
from orbitwise.solvers.gain_rewards import check_rewards, is_moderate
from orbitwise.solvers.gain_ties import find_shared_ties, have_equal_gains, have_equal_values
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["GainSigns", "compare_gains"]


@dataclass(frozen=True, eq=False)
class GainSigns:
    """The sign of a difference of gains, for each reward."""

    signs: IntArray  # (n_rewards,) 1: the first arena is better, 0: exactly equal, -1: the second is better
    decided: BoolArray  # (n_rewards,) False: the intervals meet and exact gains are out of reach; the sign is then 0
    n_close: int  # how many rewards certified intervals could not decide


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
    rewards, sizes = check_rewards(rewards, first.n_states)
    if have_equal_gains(first, second):
        return GainSigns(np.zeros(len(rewards), dtype=np.int64), np.ones(len(rewards), dtype=np.bool_), 0)
    ours = bound_gain(first, rewards, tolerance=tolerance, n_threads=n_threads)
    theirs = bound_gain(second, rewards, tolerance=tolerance, n_threads=n_threads)
    signs = (ours.low > theirs.high).astype(np.int64) - (ours.high < theirs.low).astype(np.int64)
    decided = signs != 0
    meeting = np.flatnonzero(~decided)
    if first.is_deterministic and second.is_deterministic:
        signs[meeting], decided[meeting] = _compare_cycles(first, second, rewards[meeting], is_moderate(sizes[meeting]))
    else:
        decided[meeting] = _find_ties(first, second, rewards[meeting], is_moderate(sizes[meeting]), tolerance)
    left = np.flatnonzero(~decided)
    for i in left:
        reward = [Fraction(value) for value in rewards[i].tolist()]
        try:
            difference = _subtract_exactly(first, second, reward)
        except NotSupported:
            break
        signs[i] = (difference > 0) - (difference < 0)
        decided[i] = True
    return GainSigns(signs, decided, len(meeting))


def _find_ties(
    first: GainProblem, second: GainProblem, rewards: FloatArray, usable: BoolArray, tolerance: float
) -> BoolArray:
    """Ties that show in the bounds on the parts."""
    tied = np.zeros(len(rewards), dtype=np.bool_)
    ours, theirs = (bound_parts(p, rewards[usable], tolerance=tolerance / 2) for p in (first, second))
    tied[usable] = find_shared_ties(first, second, ours, theirs)
    return tied


def _subtract_exactly(first: GainProblem, second: GainProblem, reward: list[Fraction]) -> Fraction:
    values = reach_exactly(first, reward)
    others = values if have_equal_values(first, second) else reach_exactly(second, reward)
    return mix_exactly(first, values) - mix_exactly(second, others)


def _compare_cycles(
    first: GainProblem, second: GainProblem, rewards: FloatArray, usable: BoolArray
) -> tuple[IntArray, BoolArray]:
    """Exact signs for deterministic arenas, and where they are certain."""
    ours, theirs = (
        [find_exact_means(part.cycles, rewards[usable]) for part in cycle_parts(p)] for p in (first, second)
    )
    signs = np.zeros(len(rewards), dtype=np.int64)
    certain = np.zeros(len(rewards), dtype=np.bool_)
    if len(ours) == len(theirs) == 1:
        signs[usable], certain[usable] = compare_means(ours[0], theirs[0])
        return signs, certain
    for k, i in enumerate(np.flatnonzero(usable)):
        if all(means.known[k] for means in (*ours, *theirs)):
            difference = _mix(first, ours, k) - _mix(second, theirs, k)
            signs[i], certain[i] = (difference > 0) - (difference < 0), True
    return signs, certain


def cycle_parts(problem: GainProblem) -> list[CyclePart]:
    """The parts that are maximum cycle means."""
    return [part for part in problem.parts if isinstance(part, CyclePart)]


def _mix(problem: GainProblem, means: list[ExactMeans], k: int) -> Fraction:
    """The exact gain for reward ``k``: one part for each initial node."""
    probability = dict(problem.quotient.initial_exact)
    parts = zip(cycle_parts(problem), means, strict=True)
    return sum((probability[part.stays] * read_mean(found, k) for part, found in parts), Fraction(0))
