"""ND: the non-dominated outcomes, those that are the unique best for some reward, that is the vertices of conv X.

A linear program in floats proposes; exact arithmetic decides. x is dominated when exact convex weights over the others
give x; it is a vertex when an exact direction r has x.r > y.r for every other y. Where neither comes out of the
floats, the exact simplex method is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from orbitwise.compute.linear import solve_linear
from orbitwise.compute.linear_program import find_nonnegative_combination
from orbitwise.errors import SolverFailed
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.typing import BoolArray, FloatArray

__all__ = ["Hull", "Vertices", "Weights", "find_convex_weights", "find_vertices", "iter_dominated", "separate_vertices"]

Vector = tuple[tuple[int, Fraction], ...]
Weights = dict[int, Fraction]  # position in a list of vectors -> positive weight; the weights sum to 1

DIRECTIONS = 256  # random ones that are tried; and how many are multiplied at once
MARGIN = 1e-9  # relative to the largest value that a reward could have


@dataclass(frozen=True, eq=False)
class Vertices:
    """The vertices of the convex hull of an outcome set, by position, and every other outcome's weights over them."""

    positions: tuple[int, ...]
    dominated: dict[int, Weights]  # position of an outcome -> place among ``positions`` -> weight


def find_vertices(outcomes: Outcomes) -> list[int]:
    """Positions of the vertices of the convex hull of an outcome set.

    **Guarantee:** exact: each position left out has exact convex weights over the others, each one kept is separated
    from them by an exact direction.
    **Cost:** one linear program with d + 1 rows for each outcome that is not seen to be a vertex at once, seldom two;
    the result is kept with the set.

    References
    ----------
    OPTS, definition of non-dominated (3.6) and E.33.
    """
    return list(outcomes.vertices.positions)


def iter_dominated(outcomes: Outcomes) -> list[tuple[int, Weights]]:
    """Each outcome that is no vertex, with weights over the vertices (places in the list of these)."""
    return sorted(outcomes.vertices.dominated.items())


def separate_vertices(outcomes: Outcomes) -> Vertices:
    """The vertices and the weights of the others, computed anew."""
    at_once = _separated_at_once(outcomes)
    certain = Hull([outcomes.vectors[k] for k in np.flatnonzero(at_once).tolist()])
    inside = {k: certain.find_weights(outcomes.vectors[k]) for k in np.flatnonzero(~at_once).tolist()}
    hull = Hull(outcomes.vectors)
    dropped = {k for k, weights in inside.items() if weights is not None}
    open_cases = [k for k in inside if k not in dropped]
    for k in open_cases:
        if hull.find_weights(outcomes.vectors[k], without={k, *dropped}) is not None:
            dropped.add(k)
    positions = [k for k in range(len(outcomes)) if k not in dropped]
    final = Hull([outcomes.vectors[k] for k in positions])
    place = {v: j for j, v in enumerate(final.vectors)}
    dominated: dict[int, Weights] = {}
    for k in sorted(dropped):
        known = inside[k]
        weights = final.find_weights(outcomes.vectors[k]) if known is None else known
        if weights is None:
            raise SolverFailed(f"expected outcome {k} in the convex hull of the vertices, found it outside")
        dominated[k] = weights if known is None else {place[certain.vectors[j]]: w for j, w in known.items()}
    return Vertices(tuple(positions), dominated)


def find_convex_weights(vector: Vector, others: Sequence[Vector]) -> Weights | None:
    """Exact convex weights over other vectors that give this one; None when there are none.

    **Guarantee:** exact either way.

    **Cost:** one or two linear programs; an exact one where floats cannot decide.
    """
    return Hull(others).find_weights(vector)


@dataclass(frozen=True, eq=False)
class Hull:
    """The convex hull of vectors, for many questions about it.

    Parameters
    ----------
    vectors
        Distinct sparse vectors.
    """

    vectors: Sequence[Vector]

    @cached_property
    def _place(self) -> dict[Vector, int]:
        return {v: k for k, v in enumerate(self.vectors)}

    @cached_property
    def _supports(self) -> list[frozenset[int]] | None:
        """The coordinates of each vector where all values are non-negative; None where some are not."""
        if any(x < 0 for v in self.vectors for _, x in v):
            return None
        return [frozenset(i for i, _ in v) for v in self.vectors]

    @cached_property
    def _units(self) -> dict[int, tuple[int, Fraction]]:
        """For each coordinate a vector that has no other, by position, and its value."""
        return {v[0][0]: (k, v[0][1]) for k, v in reversed(list(enumerate(self.vectors))) if len(v) == 1}

    def _unit_weights(self, vector: Vector) -> Weights | None:
        """Weights over unit vectors alone, which need no linear program."""
        weights: Weights = {}
        for i, x in vector:
            if i not in self._units:
                return None
            k, unit = self._units[i]
            weights[k] = x / unit
        return weights if sum(weights.values()) == 1 and min(weights.values()) > 0 else None

    def find_weights(self, vector: Vector, *, without: Collection[int] = ()) -> Weights | None:
        """Exact convex weights that give a vector, ``without`` the vectors at some positions; None when none do.

        **Guarantee:** exact either way.

        **Cost:** one or two linear programs; an exact one where floats cannot decide.
        """
        same = self._place.get(vector)
        if same is not None and same not in without:
            return {same: Fraction(1)}
        weights = self._unit_weights(vector)
        if weights is not None and not weights.keys() & set(without):
            return weights
        used = [j for j in self._inside_support(vector) if j not in without]
        if not used:
            return None
        candidates = [self.vectors[j] for j in used]
        coordinates = sorted({i for v in (vector, *candidates) for i, _ in v})
        table = _dense((*candidates, vector), coordinates)
        solution = _solve_program(table[:-1], table[-1])
        if solution is not None:
            weights = _exact_weights(vector, candidates, coordinates, solution)
            if weights is not None:
                return {used[j]: w for j, w in weights.items()}
        if _separates(vector, candidates, coordinates, table):
            return None
        columns = [[Fraction(1), *(dict(v).get(i, Fraction(0)) for i in coordinates)] for v in (*candidates, vector)]
        exact = find_nonnegative_combination(columns[:-1], columns[-1])
        return None if exact is None else {used[j]: w for j, w in exact.items()}

    def _inside_support(self, vector: Vector) -> Sequence[int]:
        """Non-negative combinations of non-negative vectors cannot use a coordinate that the vector lacks."""
        if self._supports is None or any(x < 0 for _, x in vector):
            return range(len(self.vectors))
        support = {i for i, _ in vector}
        return [j for j, own in enumerate(self._supports) if own <= support]


def _separated_at_once(outcomes: Outcomes) -> BoolArray:
    """Which outcomes are the only best one of some of a few rewards, shape (n_outcomes,); vertices for certain.

    The rewards: each unit, each outcome less their mean, minus its zeros, both of these, and some drawn at random. The
    margin is far above what rounding can change, so each reward, read as exact numbers, prefers that outcome alone.
    """
    table = outcomes.floats
    found = np.zeros(len(table), dtype=np.bool_)
    if len(table) < 2:
        return ~found
    used = table[:, np.flatnonzero((table != table[0]).any(axis=0))]
    missing = -(used == 0).astype(np.float64)
    centered = used - used.mean(axis=0)
    drawn = np.random.default_rng(0).normal(size=(DIRECTIONS, used.shape[1]))
    for rewards in (np.eye(used.shape[1]), centered, missing, missing + centered / 16, drawn):
        for start in range(0, len(rewards), DIRECTIONS):
            values = rewards[start : start + DIRECTIONS] @ used.T
            sizes = np.abs(rewards[start : start + DIRECTIONS]) @ np.abs(used).max(axis=0)
            two = np.partition(values, -2, axis=1)[:, -2:]
            alone = two[:, 1] - two[:, 0] > MARGIN * sizes
            found[values[alone].argmax(axis=1)] = True
    return found


def _dense(vectors: Sequence[Vector], coordinates: Sequence[int]) -> FloatArray:
    place = {c: i for i, c in enumerate(coordinates)}
    table = np.zeros((len(vectors), len(coordinates)))
    for row, vector in enumerate(vectors):
        for i, x in vector:
            table[row, place[i]] = float(x)
    return table


def _solve_program(candidates: FloatArray, target: FloatArray) -> FloatArray | None:
    """A basic solution of w >= 0, sum w = 1, w @ candidates = target, or None."""
    from scipy.optimize import linprog

    equations = np.vstack([candidates.T, np.ones(len(candidates))])
    result = linprog(
        np.zeros(len(candidates)), A_eq=equations, b_eq=np.append(target, 1.0), bounds=(0, None), method="highs-ds"
    )
    return np.asarray(result.x) if result.status == 0 else None


def _exact_weights(
    vector: Vector, candidates: Sequence[Vector], coordinates: Sequence[int], solution: FloatArray
) -> Weights | None:
    """The weights of the program's basis, recomputed exactly and checked."""
    support = [j for j, w in enumerate(solution.tolist()) if w > 1e-9]
    columns = [dict(candidates[j]) for j in support]
    target = dict(vector)
    rows = [[column.get(i, Fraction(0)) for column in columns] + [target.get(i, Fraction(0))] for i in coordinates]
    rows.append([Fraction(1)] * (len(columns) + 1))
    basis = _independent_rows(rows, len(columns))
    if len(basis) < len(columns):
        return None
    weights = solve_linear([dict(enumerate(rows[i][:-1])) for i in basis], [rows[i][-1] for i in basis])
    exact = all(sum((w * x for w, x in zip(weights, row, strict=False) if x), Fraction(0)) == row[-1] for row in rows)
    if not exact or any(w <= 0 for w in weights):
        return None
    return dict(zip(support, weights, strict=True))


def _independent_rows(rows: list[list[Fraction]], n_columns: int) -> list[int]:
    """Positions of rows whose left parts are independent, found by exact elimination."""
    import flint

    transposed = flint.fmpq_mat(
        n_columns,
        len(rows),
        [flint.fmpq(row[j].numerator, row[j].denominator) for j in range(n_columns) for row in rows],
    )
    reduced, rank = transposed.rref()
    basis, column = [], 0
    for i in range(rank):
        while reduced[i, column] == 0:
            column += 1
        basis.append(column)
    return basis


def _separates(vector: Vector, candidates: Sequence[Vector], coordinates: Sequence[int], table: FloatArray) -> bool:
    """Whether the direction of largest margin, rounded to fractions, exactly prefers the vector to all candidates."""
    from scipy.optimize import linprog

    n = len(coordinates)
    gaps = table[:-1] - table[-1]
    result = linprog(
        np.append(np.zeros(n), -1.0),
        A_ub=np.hstack([gaps, np.ones((len(gaps), 1))]),
        b_ub=np.zeros(len(gaps)),
        bounds=[(-1, 1)] * n + [(None, 1)],
        method="highs-ds",
    )
    if result.x is None:
        return False
    direction = {
        c: Fraction(float(x)).limit_denominator(10**9) for c, x in zip(coordinates, result.x[:-1], strict=True)
    }
    own = sum((x * direction[i] for i, x in vector), Fraction(0))
    return all(sum((x * direction[i] for i, x in v), Fraction(0)) < own for v in candidates)
