"""What an orbit count depends on: the coordinates that matter, grouped where they matter alike, in exact integers.

Coordinate i matters through its column (x_i over all outcomes x of A, B and C). A constant column adds the same amount
to every outcome and drops out. Permutable coordinates with equal columns matter only through the multiset of values
that they get. Positive scaling changes no comparison, so all numbers are made integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import factorial, gcd, lcm, prod
from typing import Literal

import numpy as np

from orbitwise.outcomes.vectors import Outcomes
from orbitwise.typing import ObjectArray

__all__ = ["Category", "Column", "Reduction", "Values", "reduce_outcomes", "reduce_values"]

Column = tuple[tuple[int, int], ...]  # (row, integer), without zeros
Category = Literal["prefer", "over", "both", "extra"]


@dataclass(frozen=True, eq=False)
class Reduction:
    """Outcomes, restricted to the coordinates that matter.

    Rows are the outcomes of A, then those of B, then those of C that are in neither.

    Parameters
    ----------
    scale
        All integers are outcomes times this number.
    n_prefer, n_over, n_extra
        Numbers of rows.
    groups, columns
        Permutable coordinates that matter, those with equal columns together, and the column of each group.
    fixed, fixed_columns
        Coordinates that matter and stay where they are, and their columns.
    """

    scale: int
    n_prefer: int
    n_over: int
    n_extra: int
    groups: tuple[tuple[int, ...], ...]
    columns: tuple[Column, ...]
    fixed: tuple[int, ...]
    fixed_columns: tuple[Column, ...]

    @property
    def n_rows(self) -> int:
        """Number of outcomes, those of both A and B twice."""
        return self.n_prefer + self.n_over + self.n_extra

    @property
    def n_mattering(self) -> int:
        """Number of permutable coordinates that matter."""
        return sum(map(len, self.groups))

    @cached_property
    def unit(self) -> int | None:
        """The number c if every outcome is c times a unit vector, else None."""
        entries = [entry for column in (*self.columns, *self.fixed_columns) for entry in column]
        scales = {value for _, value in entries}
        rows = {row for row, _ in entries}
        if len(scales) != 1 or len(rows) != self.n_rows or len(entries) != self.n_rows:
            return None
        if any(len(group) > 1 for group in self.groups):
            return None
        return scales.pop()

    def best(self, column: Column) -> tuple[int, int]:
        """The largest value in a column over the rows of A, and over those of B."""
        prefer = [value for row, value in column if row < self.n_prefer]
        over = [value for row, value in column if self.n_prefer <= row < self.n_prefer + self.n_over]
        return (
            max(prefer) if len(prefer) == self.n_prefer else max(0, *prefer, 0),
            max(over) if len(over) == self.n_over else max(0, *over, 0),
        )

    def category(self, column: Column) -> Category:
        """Whose outcome a unit column belongs to."""
        prefer = any(row < self.n_prefer for row, _ in column)
        over = any(self.n_prefer <= row < self.n_prefer + self.n_over for row, _ in column)
        if prefer:
            return "both" if over else "prefer"
        return "over" if over else "extra"

    @cached_property
    def largest(self) -> int:
        """The largest absolute value in the columns."""
        return max((abs(x) for column in (*self.columns, *self.fixed_columns) for _, x in column), default=0)

    def dense(self, dtype: type) -> ObjectArray:
        """The columns, groups then fixed ones, shape (n_groups + n_fixed, n_rows)."""
        table: ObjectArray = np.zeros((len(self.columns) + len(self.fixed_columns), self.n_rows), dtype=dtype)
        for i, column in enumerate((*self.columns, *self.fixed_columns)):
            for row, value in column:
                table[i, row] = value
        return table


@dataclass(frozen=True, eq=False)
class Values:
    """A reward over the coordinates that matter, as integers.

    Parameters
    ----------
    distinct, multiplicities
        The values of the permutable coordinates, ascending, and how often each occurs.
    fixed
        The values of the fixed coordinates that matter.
    """

    distinct: tuple[int, ...]
    multiplicities: tuple[int, ...]
    fixed: tuple[int, ...]

    @cached_property
    def orbit_size(self) -> int:
        """Number of elements of the orbit."""
        return factorial(sum(self.multiplicities)) // prod(map(factorial, self.multiplicities))


def reduce_outcomes(prefer: Outcomes, over: Outcomes, within: Outcomes | None, permutable: Sequence[int]) -> Reduction:
    """The coordinates that matter for comparing A and B inside C.

    **Guarantee:** exact; every comparison has the same result.
    **Cost:** linear in the non-zero entries.

    Parameters
    ----------
    prefer, over
        A and B.
    within
        Further outcomes of C; None when C is A u B.
    permutable
        Sorted coordinates that are permuted.
    """
    known = {*prefer.vectors, *over.vectors}
    extra = [] if within is None else [vector for vector in within.vectors if vector not in known]
    rows = [*prefer.vectors, *over.vectors, *extra]
    scale = lcm(1, *(x.denominator for vector in rows for _, x in vector))
    entries: dict[int, list[tuple[int, int]]] = {}
    for row, vector in enumerate(rows):
        for i, x in vector:
            entries.setdefault(i, []).append((row, x.numerator * (scale // x.denominator)))
    may_move = set(permutable)
    groups: dict[Column, list[int]] = {}
    fixed: dict[int, Column] = {}
    for i in sorted(entries):
        column = tuple(entries[i])
        if len(column) == len(rows) and len({value for _, value in column}) == 1:
            continue
        if i in may_move:
            groups.setdefault(column, []).append(i)
        else:
            fixed[i] = column
    return Reduction(
        scale=scale,
        n_prefer=len(prefer),
        n_over=len(over),
        n_extra=len(extra),
        groups=tuple(map(tuple, groups.values())),
        columns=tuple(groups),
        fixed=tuple(fixed),
        fixed_columns=tuple(fixed.values()),
    )


def reduce_values(reduction: Reduction, reward: Sequence[Fraction], permutable: Sequence[int]) -> Values:
    """The part of a reward of shape (d,) that matters, scaled to small integers.

    **Guarantee:** exact up to a positive factor. **Cost:** linear in d.
    """
    fixed = [reward[i] for i in reduction.fixed]
    counts: dict[Fraction, int] = {}
    for i in permutable:
        counts[reward[i]] = counts.get(reward[i], 0) + 1
    scale = lcm(1, *(x.denominator for x in (*counts, *fixed)))
    whole = {x: x.numerator * (scale // x.denominator) for x in (*counts, *fixed)}
    shared = gcd(*whole.values()) or 1
    distinct = sorted(counts)
    return Values(
        distinct=tuple(whole[x] // shared for x in distinct),
        multiplicities=tuple(counts[x] for x in distinct),
        fixed=tuple(whole[x] // shared for x in fixed),
    )
