"""The rows of lanes that one thread works on while it solves a block of rewards."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from orbitwise.solvers.discounted_plan import DiscountedPlan
from orbitwise.solvers.lanes import LANES, aligned_rows
from orbitwise.typing import FloatArray, ObjectArray

__all__ = ["Workspace", "make_workspace"]


class Workspace(NamedTuple):
    """Rows that one thread works on."""

    values: FloatArray
    improved: FloatArray
    rewards: FloatArray
    values_single: npt.NDArray[np.float32]
    improved_single: npt.NDArray[np.float32]
    rewards_single: npt.NDArray[np.float32]
    policy: FloatArray
    right_side: FloatArray
    matrix: FloatArray
    dirty: npt.NDArray[np.uint8]
    lane_stats: FloatArray  # rows: center, range, threshold, fixed part of a sign question, lower bound, upper bound
    residuals: FloatArray  # rows: lowest, highest, largest value, middle
    tile: FloatArray  # (2 * LANES) rows, to turn what is found on its side


def make_workspace(plan: DiscountedPlan, method: int) -> Workspace:
    """Uninitialized rows for one method, side by side in memory."""
    n = plan.n_nodes
    single, policy = (n if method == 2 else 0), (n if method == 3 else 0)
    slots = plan.elimination.n_slots if policy else 0
    values, improved, rewards, chosen, right_side, matrix, lane_stats, residuals, tile = _cut_rows(
        [n, n, n, policy, policy, slots, 6, 4, 2 * LANES], np.float64
    )
    values_single, improved_single, rewards_single = _cut_rows([single] * 3, np.float32)
    return Workspace(
        values=values,
        improved=improved,
        rewards=rewards,
        values_single=values_single,
        improved_single=improved_single,
        rewards_single=rewards_single,
        policy=chosen,
        right_side=right_side,
        matrix=matrix,
        dirty=np.empty(n, dtype=np.uint8),
        lane_stats=lane_stats,
        residuals=residuals,
        tile=tile,
    )


def _cut_rows(counts: list[int], dtype: type) -> list[ObjectArray]:
    """Arrays of so many rows each, side by side in memory."""
    rows = aligned_rows(sum(counts), dtype)
    return [rows[first * LANES : last * LANES] for first, last in pairwise(accumulate(counts, initial=0))]
