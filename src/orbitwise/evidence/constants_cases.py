"""The cases of a comparison: how sorted values can meet the coordinates that matter, as linear forms in the gaps.

Over an orbit only the sorted values v_0 >= v_1 >= ... count. With gaps g_k = v_k - v_{k+1} >= 0, value j is the sum of
the gaps from j on, up to a constant. A case gives a value to every coordinate that matters; in it each outcome is worth
a linear form in the gaps and in free coordinates of either sign: the constant (it matters only when outcomes differ in
their sums) and the values of coordinates that stay in place, one for each direction in which they can move the
comparison. Cases that differ by a symmetry of the question, a permutation of coordinates that maps A to A and B to B,
compare alike: one of them stands for all, with its weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

import numpy as np

from orbitwise.evidence.counts_reduction import Reduction
from orbitwise.evidence.symmetries import Permutation, Vector, find_symmetries
from orbitwise.outcomes.question import Question
from orbitwise.typing import BoolArray, IntArray, ObjectArray

__all__ = ["Cases", "find_side_symmetries", "list_cases"]


@dataclass(frozen=True, eq=False)
class Cases:
    """The cases of a question for a number of sorted values.

    Parameters
    ----------
    forms
        (n_cases, n_rows, k) integers: the worth of each outcome, those of A first; the k variables are the gaps, then
        the free coordinates.
    weights
        (n_cases,), how many cases each stands for.
    n_prefer
        Number of outcomes of A.
    n_values
        Number of sorted values.
    free
        What the free coordinates are: -1 for the constant, else a position in the reduction's fixed coordinates.
    """

    forms: ObjectArray
    weights: IntArray
    n_prefer: int
    n_values: int
    free: tuple[int, ...]

    @property
    def total(self) -> int:
        """Number of cases, each with its weight."""
        return int(self.weights.sum())

    def values_at(self, point: Sequence[int]) -> tuple[list[int], dict[int, int]]:
        """The sorted values at a point, and the values of fixed coordinates by their position in the reduction."""
        n_gaps = self.n_values - 1
        moved = dict(zip(self.free, point[n_gaps:], strict=True))
        values = [moved.pop(-1, 0)]
        for gap in reversed(point[:n_gaps]):
            values.append(values[-1] + gap)
        return values[::-1], moved


def find_side_symmetries(question: Question, prefer: Sequence[Vector], over: Sequence[Vector]) -> list[Permutation]:
    """Generators of the permutations that map A to A and B to B; a marked coordinate keeps the sides apart."""
    mark = question.n_coordinates
    marked = [(*vector, (mark, Fraction(1))) for vector in prefer]
    return list(
        find_symmetries([*marked, *over], is_permutable=lambda i: i != mark and bool(question.permutable_mask[i]))
    )


def list_cases(reduction: Reduction, symmetries: Sequence[Permutation], n_values: int) -> Cases:
    """All cases for a number of values, which is at least that of the permutable coordinates that matter.

    **Guarantee:** exact. **Cost:** n! / (n - m)! cases of m coordinates are gone through, a few microseconds each.
    """
    positions = [i for group in reduction.groups for i in group]
    table = reduction.dense(object)
    columns = [table[g] for g, group in enumerate(reduction.groups) for _ in group]
    assigned, weights = _choose_assignments(positions, symmetries, n_values)
    free = _free_directions(columns, table[len(reduction.groups) :])
    n_gaps = n_values - 1
    forms = np.zeros((len(weights), reduction.n_rows, n_gaps + len(free)), dtype=object)
    for place, column in enumerate(columns):
        reached: BoolArray = assigned[:, place, np.newaxis] <= np.arange(n_gaps)  # value j holds the gaps from j on
        forms[:, :, :n_gaps] += reached[:, np.newaxis, :].astype(object) * column[np.newaxis, :, np.newaxis]
    for j, direction in enumerate(free.values()):
        forms[:, :, n_gaps + j] = direction
    return Cases(forms, weights, reduction.n_prefer, n_values, tuple(free))


def _choose_assignments(
    positions: Sequence[int], symmetries: Sequence[Permutation], n_values: int
) -> tuple[IntArray, IntArray]:
    """One assignment (value of each position) from each orbit under the symmetries, and the sizes of the orbits."""
    place = {coordinate: k for k, coordinate in enumerate(positions)}
    sources = []
    for symmetry in symmetries:
        source = list(range(len(positions)))
        for start, end in symmetry.items():
            if start in place:
                source[place[end]] = place[start]
        if source != sorted(source):
            sources.append(tuple(source))
    seen: set[tuple[int, ...]] = set()
    chosen, weights = [], []
    for first in permutations(range(n_values), len(positions)):
        if first in seen:
            continue
        seen.add(first)
        orbit = [first]
        for member in orbit:
            for places in sources:
                image = tuple([member[i] for i in places])
                if image not in seen:
                    seen.add(image)
                    orbit.append(image)
        chosen.append(first)
        weights.append(len(orbit))
    shape = (len(chosen), len(positions))
    return np.array(chosen, dtype=np.int64).reshape(shape), np.array(weights, dtype=np.int64)


def _free_directions(columns: Sequence[ObjectArray], fixed: ObjectArray) -> dict[int, ObjectArray]:
    """Independent directions in which the constant and the fixed coordinates move the comparison of outcomes."""
    import flint

    found: dict[int, ObjectArray] = {}
    rows: list[list[int]] = []
    for position, column in enumerate([sum(columns), *fixed] if columns else [None, *fixed], start=-1):
        if column is None:
            continue
        row = [int(x - column[0]) for x in column[1:]]
        if flint.fmpz_mat([*rows, row]).rank() > len(rows):
            rows.append(row)
            found[position] = column
    return found
