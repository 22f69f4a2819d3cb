"""The planes on which comparisons change, and on which side of them points lie, exactly.

In case c outcome b of B beats outcome a of A where their forms differ by a positive number. Different cases share many
of these differences up to sign and scale, so they are kept once, as primitive integer vectors. Signs are computed in
floating point with a bound on its error; what the bound leaves open is decided with integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from orbitwise.evidence.constants_cases import Cases
from orbitwise.typing import BoolArray, FloatArray, IntArray, ObjectArray, SignArray

__all__ = ["Planes", "Point", "exact_value", "find_signs", "find_won", "make_planes"]

Point = tuple[int, ...]
ROUNDING = 1e-14  # relative; products of up to 40 terms of rounded numbers stay well within
TINY = 1e-290


@dataclass(frozen=True, eq=False)
class Planes:
    """All differences of an outcome of B and one of A, over all cases.

    Parameters
    ----------
    normals
        n_planes distinct primitive integer vectors whose first non-zero entry is positive.
    floats
        (n_planes, k), the same, scaled to a largest entry of 1.
    index, side
        (n_cases, n_over, n_prefer): the difference is a positive multiple of side (1 or -1) times normals[index].
    """

    normals: tuple[Point, ...]
    floats: FloatArray
    index: IntArray
    side: SignArray


def make_planes(cases: Cases, flips: Sequence[int]) -> Planes:
    """The planes in the coordinates in which each free coordinate is multiplied by its flip (1 or -1)."""
    forms = cases.forms.copy()
    first = forms.shape[2] - len(flips)
    for j, flip in enumerate(flips):
        forms[:, :, first + j] *= flip
    n = cases.n_prefer
    differences = forms[:, n:, np.newaxis, :] - forms[:, np.newaxis, :n, :]
    shape = differences.shape[:3]
    index: IntArray = np.empty(shape, dtype=np.int64)
    side: SignArray = np.empty(shape, dtype=np.int8)
    known: dict[Point, int] = {}
    for place in np.ndindex(shape):
        vector = differences[place].tolist()
        scale = gcd(*vector)
        if next(x for x in vector if x) < 0:
            scale = -scale
        index[place] = known.setdefault(tuple([x // scale for x in vector]), len(known))
        side[place] = 1 if scale > 0 else -1
    return Planes(tuple(known), _scaled(tuple(known)), index, side)


def find_signs(planes: Planes, which: IntArray, points: Sequence[Point]) -> SignArray:
    """On which side of some planes points lie: 1, 0 or -1, shape (n_which, n_points), int8.

    **Guarantee:** exact. **Cost:** a matrix product, and one exact product for each point that is near a plane.
    """
    if not points:
        return np.zeros((len(which), 0), dtype=np.int8)
    normals, columns = planes.floats[which], _scaled(points).T
    values = normals @ columns
    signs: SignArray = np.sign(values).astype(np.int8)
    doubtful = np.abs(values) <= ROUNDING * (np.abs(normals) @ np.abs(columns)) + TINY
    for i, j in np.argwhere(doubtful).tolist():
        value = exact_value(planes.normals[which[i]], points[j])
        signs[i, j] = (value > 0) - (value < 0)
    return signs


def exact_value(normal: Point, point: Point) -> int:
    """The product of two integer vectors."""
    return sum([x * y for x, y in zip(normal, point, strict=True)])


def find_won(planes: Planes, signs: IntArray) -> BoolArray:
    """In which cases some outcome of B beats all of A, from signs of shape (n_planes,)."""
    won: BoolArray = (signs[planes.index] == planes.side).all(axis=2).any(axis=1)
    return won


def _scaled(vectors: Sequence[Point]) -> FloatArray:
    """The vectors, each divided by its largest absolute entry, correctly rounded."""
    rows: ObjectArray = np.array(vectors, dtype=object)
    largest = np.abs(rows).max(axis=1)[:, np.newaxis]
    return np.asarray(rows / largest, dtype=np.float64)
