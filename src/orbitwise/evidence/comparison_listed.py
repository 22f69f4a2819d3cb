"""Comparing listed outcomes: a matrix product, and exact integers where the doubles are too near a tie.

When all numbers, scaled to integers, keep every sum below 2^53 the product itself is exact. Otherwise it decides where
the difference exceeds a bound on its rounding: (m + 4) u sum_i |r_i| max_x |x_i| for each side, u the unit roundoff, m
the number of coordinates that matter. Unit vectors need no product: the largest value of each side's coordinates does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np

from orbitwise.evidence.counts_reduction import Category, Reduction
from orbitwise.evidence.signs import Signs
from orbitwise.rewards.batches import RewardBatch, scale_to_integers
from orbitwise.typing import FloatArray, IntArray, ObjectArray

__all__ = [
    "Listed",
    "Matrix",
    "UnitVectors",
    "bound_products",
    "compare_listed",
    "find_only_best",
    "make_matrix",
    "prepare_listed",
]

EXACT_FLOAT = 2**53  # sums of integers below it are exact in doubles
UNIT = 2.0**-53


@dataclass(frozen=True, eq=False)
class UnitVectors:
    """Outcomes that are the same multiple of unit vectors."""

    sign: int  # of the multiple
    prefer: IntArray  # (n_prefer,) coordinates
    over: IntArray  # (n_over,)


@dataclass(frozen=True, eq=False)
class Matrix:
    """Any outcomes, over the coordinates that matter."""

    coordinates: IntArray  # (n_mattering,)
    whole: ObjectArray  # (n_mattering, n_rows) integers
    floats: FloatArray  # (n_mattering, n_rows) the same over their scale, rounded
    longest: int  # the largest sum of absolute integers of a row
    n_prefer: int


Listed = UnitVectors | Matrix


def prepare_listed(reduction: Reduction) -> Listed:
    """The outcomes in the form that compares fastest.

    **Cost:** linear in the number of outcomes times the coordinates that matter; linear for unit vectors.
    """
    if reduction.unit is not None:
        coordinates = [*(group for group in reduction.groups), *((i,) for i in reduction.fixed)]
        columns = (*reduction.columns, *reduction.fixed_columns)
        sides: dict[Category, list[int]] = {"prefer": [], "over": [], "both": [], "extra": []}
        for (i,), column in zip(coordinates, columns, strict=True):
            sides[reduction.category(column)].append(i)
        prefer, over = (np.array(sorted(sides[side] + sides["both"])) for side in ("prefer", "over"))
        return UnitVectors(1 if reduction.unit > 0 else -1, prefer, over)
    return make_matrix(reduction)


def make_matrix(reduction: Reduction) -> Matrix:
    """The outcomes as a matrix, unit vectors too.

    **Cost:** linear in the number of outcomes times the coordinates that matter.
    """
    coordinates = [*reduction.groups, *((i,) for i in reduction.fixed)]
    whole = reduction.dense(object)[[k for k, group in enumerate(coordinates) for _ in group]]
    return Matrix(
        coordinates=np.array([i for group in coordinates for i in group], dtype=np.int64),
        whole=whole,
        floats=(whole / reduction.scale).astype(np.float64),
        longest=max(np.abs(whole).sum(axis=0).tolist()) if len(whole) else 0,
        n_prefer=reduction.n_prefer,
    )


def compare_listed(listed: Listed, rewards: RewardBatch) -> Signs:
    """The sign of h_A - h_B for each reward.

    **Guarantee:** exact. **Cost:** one matrix product, and exact sums for the rewards that are too near a tie.
    """
    match listed:
        case UnitVectors():
            signs = _compare_largest(listed, rewards)
        case Matrix():
            signs = _compare_products(listed, rewards)
        case _:
            assert_never(listed)
    return Signs(signs, signs)


def _compare_largest(units: UnitVectors, rewards: RewardBatch) -> IntArray:
    values = rewards.floats if rewards.codes is None else rewards.codes  # codes are in the order of the values
    if units.sign > 0:
        difference = values[:, units.prefer].max(axis=1) - values[:, units.over].max(axis=1)
    else:
        difference = values[:, units.over].min(axis=1) - values[:, units.prefer].min(axis=1)
    return np.asarray(np.sign(difference), dtype=np.int64)


def find_only_best(listed: Listed, rewards: RewardBatch, outcomes: IntArray) -> IntArray:
    """For each reward the position in ``outcomes`` of the best of them, and -1 where several are best.

    **Guarantee:** exact. **Cost:** as :func:`compare_listed`.

    Parameters
    ----------
    outcomes
        Shape (n_outcomes,), different outcomes: coordinates of unit vectors, or rows of a matrix.
    """
    match listed:
        case UnitVectors():
            values = listed.sign * (rewards.floats if rewards.codes is None else rewards.codes)[:, outcomes]
            slack = np.zeros(len(rewards))
        case Matrix():
            totals, slack = _totals(listed, rewards)
            values = totals[:, outcomes]
        case _:
            assert_never(listed)
    best = values.argmax(axis=1)
    several = (values >= (values.max(axis=1) - slack)[:, None]).sum(axis=1) > 1
    if isinstance(listed, Matrix):
        for row in np.flatnonzero(several & (slack > 0)).tolist():
            sums = _exact_sums(listed, rewards, row)[outcomes].tolist()
            best[row], several[row] = sums.index(max(sums)), sums.count(max(sums)) > 1
    return np.where(several, -1, best)


def _compare_products(matrix: Matrix, rewards: RewardBatch) -> IntArray:
    totals, slack = _totals(matrix, rewards)
    difference = _difference(matrix, totals)
    signs = np.sign(difference).astype(np.int64)
    for row in np.flatnonzero((np.abs(difference) <= slack) & (slack > 0)).tolist():
        sums = _exact_sums(matrix, rewards, row).tolist()
        first, second = max(sums[: matrix.n_prefer]), max(sums[matrix.n_prefer :])
        signs[row] = (first > second) - (first < second)
    return signs


def _totals(matrix: Matrix, rewards: RewardBatch) -> tuple[FloatArray, FloatArray]:
    """Products (n_rewards, n_rows) up to a positive factor; by how much differences may be off: 0 where exact."""
    exact = _exact_product(matrix, rewards)
    if exact is not None:
        return exact, np.zeros(len(rewards))
    return _rounded_totals(matrix, rewards)


def _rounded_totals(matrix: Matrix, rewards: RewardBatch) -> tuple[FloatArray, FloatArray]:
    """Products (n_rewards, n_rows), and by how much their differences may be off."""
    values = rewards.floats[:, matrix.coordinates]
    largest = np.abs(matrix.floats).max(axis=1, initial=0.0)
    slack = 4 * (len(matrix.coordinates) + 4) * UNIT * (np.abs(values) @ largest) + 1e-300
    return values @ matrix.floats, slack


def _exact_sums(matrix: Matrix, rewards: RewardBatch, row: int) -> ObjectArray:
    """The products of one reward with every row in integers, up to a positive factor."""
    reward = rewards.exact(row)
    whole = scale_to_integers([reward[i] for i in matrix.coordinates.tolist()])
    return np.asarray(np.array(whole, dtype=object) @ matrix.whole)


def bound_products(matrix: Matrix, rewards: RewardBatch) -> tuple[FloatArray, FloatArray]:
    """Intervals that contain h_A - h_B, each of shape (n_rewards,).

    **Guarantee:** the exact difference, for the exact rewards, lies inside. **Cost:** one matrix product.
    """
    totals, slack = _rounded_totals(matrix, rewards)
    difference = _difference(matrix, totals)
    return difference - slack, difference + slack


def _difference(matrix: Matrix, totals: FloatArray) -> FloatArray:
    """Best of A less best of B, from totals of shape (n_rewards, n_rows)."""
    return np.asarray(totals[:, : matrix.n_prefer].max(axis=1) - totals[:, matrix.n_prefer :].max(axis=1))


def _exact_product(matrix: Matrix, rewards: RewardBatch) -> FloatArray | None:
    """Totals in integers that doubles hold exactly, if they do."""
    if rewards.values is None or rewards.codes is None:
        return None
    whole = scale_to_integers(rewards.values)
    if max(1, *map(abs, whole)) * max(1, matrix.longest) >= EXACT_FLOAT:
        return None
    values = np.array(whole, dtype=np.float64)[rewards.codes[:, matrix.coordinates]]
    return values @ matrix.whole.astype(np.float64)
