"""ND: the non-dominated outcomes, those that are the unique best for some reward, that is the vertices of conv X.

A linear program in floats proposes; exact arithmetic decides. x is dominated when exact convex weights over the others
give x; it is a vertex when an exact direction r has x.r > y.r for every other y. Where neither comes out of the
floats, the exact simplex method is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from orbitwise.compute.linear import solve_linear
from orbitwise.compute.linear_program import find_nonnegative_combination
from orbitwise.errors import SolverFailed
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.typing import FloatArray

__all__ = ["Weights", "find_convex_weights", "find_vertices", "iter_dominated"]

Vector = tuple[tuple[int, Fraction], ...]
Weights = dict[int, Fraction]  # position in a list of vectors -> positive weight; the weights sum to 1


def find_vertices(outcomes: Outcomes) -> list[int]:
    """Positions of the vertices of the convex hull of an outcome set.

    **Guarantee:** exact: each position left out has exact convex weights over the others, each one kept is separated
    from them by an exact direction.
    **Cost:** one linear program with d + 1 rows for each outcome that is not seen to be a vertex at once.

    References
    ----------
    OPTS, definition of non-dominated (3.6) and E.33.
    """
    kept = list(range(len(outcomes)))
    for position in range(len(outcomes)):
        if _is_separated_at_once(outcomes, position):
            continue
        others = [j for j in kept if j != position]
        if find_convex_weights(outcomes.vectors[position], [outcomes.vectors[j] for j in others]) is not None:
            kept = others
    return kept


def iter_dominated(outcomes: Outcomes, vertices: Sequence[int]) -> list[tuple[int, Weights]]:
    """Each outcome that is no vertex, with weights over ``vertices`` (positions in that list)."""
    chosen = [outcomes.vectors[j] for j in vertices]
    members = set(vertices)
    found = []
    for position in range(len(outcomes)):
        if position not in members:
            weights = find_convex_weights(outcomes.vectors[position], chosen)
            if weights is None:
                raise SolverFailed(f"expected outcome {position} in the convex hull of the vertices, found it outside")
            found.append((position, weights))
    return found


def find_convex_weights(vector: Vector, others: Sequence[Vector]) -> Weights | None:
    """Exact convex weights over other vectors that give this one; None when there are none.

    **Guarantee:** exact either way.

    **Cost:** one or two linear programs; an exact one where floats cannot decide.
    """
    if vector in others:
        return {list(others).index(vector): Fraction(1)}
    used = _inside_support(vector, others)
    if not used:
        return None
    candidates = [others[j] for j in used]
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


def _is_separated_at_once(outcomes: Outcomes, position: int) -> bool:
    """Whether a vector has the strictly largest entry somewhere, so that one unit reward prefers it alone."""
    column = outcomes.floats
    own = column[position]
    rest = np.delete(column, position, axis=0)
    if len(rest) == 0:
        return True
    top = rest.max(axis=0)
    return bool((own > top + 1e-9).any())


def _inside_support(vector: Vector, others: Sequence[Vector]) -> list[int]:
    """Non-negative combinations of non-negative vectors cannot use a coordinate that the vector lacks."""
    if any(x < 0 for v in (vector, *others) for _, x in v):
        return list(range(len(others)))
    support = {i for i, _ in vector}
    return [j for j, v in enumerate(others) if all(i in support for i, _ in v)]


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
    exact = all(sum((w * x for w, x in zip(weights, row[:-1], strict=True)), Fraction(0)) == row[-1] for row in rows)
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
