"""Rewards at the door: their shape, whether they are finite, and how large they are, in one pass over the memory."""

from __future__ import annotations

import math

import numba
import numpy as np

from orbitwise.errors import InvalidInput
from orbitwise.solvers.lanes import LANES, add, largest, load, magnitude, spread, store, times
from orbitwise.typing import BoolArray, FloatArray

__all__ = ["check_rewards", "is_moderate", "parse_shape"]

MODERATE = 1e290


def check_rewards(rewards: FloatArray, n_states: int, *, first: int = 0) -> tuple[FloatArray, FloatArray]:
    """The rewards as a float matrix with a column for each state, and the largest absolute value of each row.

    ``first`` is the number of the first row, for messages.

    Raises
    ------
    InvalidInput
        The shape is wrong, or a value is not finite.
    """
    rewards = np.ascontiguousarray(parse_shape(rewards, n_states))
    sizes = np.empty(len(rewards))
    _measure(rewards.reshape(-1), n_states, sizes, np.empty(LANES))
    wrong = np.flatnonzero(np.isnan(sizes))
    if len(wrong):
        i = int(wrong[0])
        s = int(np.flatnonzero(~np.isfinite(rewards[i]))[0])
        raise InvalidInput(
            f"expected finite rewards, found {rewards[i, s]}; replace it by a number",
            where=f"rewards[{first + i}, {s}]",
        )
    return rewards, sizes


def parse_shape(rewards: FloatArray, n_states: int) -> FloatArray:
    """The rewards as a float matrix with a column for each state, in whatever order they lie in memory.

    Raises
    ------
    InvalidInput
        The shape is wrong.
    """
    rewards = np.asarray(rewards, dtype=np.float64)
    if rewards.ndim != 2 or rewards.shape[1] != n_states:
        raise InvalidInput(
            f"expected shape (n_rewards, {n_states}), found {rewards.shape}; give one row for each reward",
            where="rewards",
        )
    return rewards


def is_moderate(sizes: FloatArray) -> BoolArray:
    """Whether sums and differences of rewards of these sizes neither overflow nor vanish."""
    moderate: BoolArray = (sizes < MODERATE) & (sizes > 1 / MODERATE) | (sizes == 0)
    return moderate


@numba.njit(cache=True, nogil=True)
def _measure(rewards: FloatArray, n_states: int, sizes: FloatArray, row: FloatArray) -> None:
    """Largest absolute value of each row; NaN where a value is not finite."""
    for i in range(len(sizes)):
        at = i * n_states
        end = at + n_states
        size = 0.0
        spoiled = 0.0
        if n_states >= LANES:
            zero = spread(load(rewards, at), 0.0)
            most = zero
            poison = zero
            while at + LANES <= end:
                values = load(rewards, at)
                most = largest(magnitude(values), most)
                poison = add(poison, times(values, zero))
                at += LANES
            store(row, 0, most)
            for lane in range(LANES):
                size = max(size, row[lane])
            store(row, 0, poison)
            for lane in range(LANES):
                spoiled += row[lane]
        for k in range(at, end):
            size = max(size, abs(rewards[k]))
            spoiled += rewards[k] * 0.0
        sizes[i] = math.nan if spoiled != 0.0 else size
