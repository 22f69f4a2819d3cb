"""E[max_i y_i.r] for independent uniform(0, 1) rewards r, exactly.

Each y_i >= 0 sums to 1. Those that are unit vectors on a coordinate of their own, k in number, come in by a formula:
with h the maximum over the others, E[max] = (k + E[h^(k+1)]) / (k + 1), so k / (k + 1) if there are no others. On the
cube of the others' coordinates h is linear on the cells C_i = {r : y_i.r >= y_j.r for all j}. The vertices of the cells
are points at which m of the y_i agree, are largest, and all but m - 1 coordinates are 0 or 1; every cell is cut into
simplices by drawing all its faces from a corner, and over a simplex with corners v_0, ..., v_d

    integral of (y.r)^p = |det| p! / (p + d)! H_p(y.v_0, ..., y.v_d)

with H_p the sum of all monomials of degree p (Grundmann and Moeller 1978; Baldoni et al. 2011). All in fractions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, product
from math import comb, factorial

from flint import fmpq, fmpq_mat

from orbitwise.errors import NotSupported, SolverFailed
from orbitwise.outcomes.vectors import SparseVector

__all__ = ["MOST_CANDIDATES", "expected_maximum"]

MOST_CANDIDATES = 30_000  # points that may be vertices; about a second
Point = tuple[fmpq, ...]
Row = tuple[fmpq, ...]


def expected_maximum(vectors: Sequence[SparseVector]) -> Fraction:
    """The expectation of the largest y.r over these vectors, for r uniform on the unit cube.

    **Guarantee:** exact. **Cost:** grows like the number of ways to choose vertices; bounded, about seconds.

    Parameters
    ----------
    vectors
        Distinct, non-negative, each with sum 1, each the unique maximizer of some r (``find_vertices``).

    Raises
    ------
    NotSupported
        There may be more than 30,000 vertices.

    Examples
    --------
    >>> half = Fraction(1, 2)
    >>> expected_maximum([{0: Fraction(1)}, {1: Fraction(1)}]), expected_maximum([{0: half, 1: half}])
    (Fraction(2, 3), Fraction(1, 2))
    """
    users = Counter(i for vector in vectors for i in vector)
    others = [vector for vector in vectors if len(vector) > 1 or users[next(iter(vector))] > 1]
    alone = len(vectors) - len(others)
    if not others:
        return Fraction(alone, alone + 1)
    coordinates = sorted({i for vector in others for i in vector})
    zero = Fraction(0)
    rows = [tuple(rational(vector.get(i, zero)) for i in coordinates) for vector in others]
    moment = _moment(rows, alone + 1)
    return (alone + moment) / (alone + 1)


def rational(value: Fraction) -> fmpq:
    """The same number for FLINT."""
    return fmpq(value.numerator, value.denominator)


def _moment(rows: list[Row], power: int) -> Fraction:
    """E[h^power] over the cube."""
    d = len(rows[0])
    work = sum(comb(len(rows), m) * comb(d, m - 1) * 2 ** (d - m + 1) for m in range(1, min(len(rows), d + 1) + 1))
    if work > MOST_CANDIDATES:
        raise NotSupported(
            f"exact POWER goes through at most {MOST_CANDIDATES:,} points, here there are {work:,}; use an estimate"
        )
    vertices = _find_vertices(rows)
    points = list(vertices)
    walls = [frozenset(k for k, p in enumerate(points) if p[j] == side) for j in range(d) for side in (0, 1)]
    best = [frozenset(k for k, p in enumerate(points) if i in vertices[p]) for i in range(len(rows))]
    volume, total = fmpq(0), fmpq(0)
    for i, row in enumerate(rows):
        for simplex in _iter_simplices(best[i], walls + best[:i] + best[i + 1 :]):
            corners = [points[k] for k in simplex]
            size = abs(fmpq_mat(d, d, [x - y for p in corners[1:] for x, y in zip(p, corners[0], strict=True)]).det())
            volume += size
            total += size * _complete_symmetric([_dot(row, p) for p in corners], power)
    if volume != factorial(d):
        raise SolverFailed(
            f"expected cells of volume 1 together, found {volume / factorial(d)}; please report the model"
        )
    result = total * factorial(power) / factorial(power + d)
    return Fraction(int(result.p), int(result.q))


def _find_vertices(rows: list[Row]) -> dict[Point, frozenset[int]]:
    """The vertices of all cells, each with the rows that are largest there."""
    d = len(rows[0])
    found: dict[Point, frozenset[int]] = {}
    for m in range(1, min(len(rows), d + 1) + 1):
        for tied in combinations(range(len(rows)), m):
            for free in combinations(range(d), m - 1):
                for point in _iter_ties([rows[i] for i in tied], free):
                    if point not in found and all(0 <= x <= 1 for x in point):
                        values = [_dot(row, point) for row in rows]
                        top = max(values)
                        if values[tied[0]] == top:
                            found[point] = frozenset(i for i, value in enumerate(values) if value == top)
    return found


def _iter_ties(tied: list[Row], free: tuple[int, ...]) -> Iterator[Point]:
    """Points at which these rows agree and all coordinates but the free ones are 0 or 1."""
    d, m = len(tied[0]), len(tied)
    table = fmpq_mat(m, m, [x for row in tied for x in (*(row[j] for j in free), fmpq(-1))])
    if table.det() == 0:
        return
    inverse = table.inv()
    fixed = [j for j in range(d) if j not in free]
    for sides in product((0, 1), repeat=len(fixed)):
        right = [-sum((row[j] for j, side in zip(fixed, sides, strict=True) if side), fmpq(0)) for row in tied]
        solution = inverse * fmpq_mat(m, 1, right)
        point = [fmpq(0)] * d
        for j, side in zip(fixed, sides, strict=True):
            point[j] = fmpq(side)
        for k, j in enumerate(free):
            point[j] = solution[k, 0]
        yield tuple(point)


def _iter_simplices(face: frozenset[int], walls: Sequence[frozenset[int]]) -> Iterator[tuple[int, ...]]:
    """Cut a face, given by its vertices, into simplices: its first vertex with those of the facets not through it."""
    if len(face) == 1:
        yield tuple(face)
        return
    apex = min(face)
    parts = {face & wall for wall in walls} - {face, frozenset()}
    for facet in parts:
        if apex not in facet and not any(facet < other for other in parts):
            for simplex in _iter_simplices(facet, walls):
                yield (apex, *simplex)


def _complete_symmetric(values: list[fmpq], degree: int) -> fmpq:
    """The sum of all monomials of a degree in these values."""
    sums = [fmpq(1)] + [fmpq(0)] * degree
    for value in values:
        for k in range(1, degree + 1):
            sums[k] += value * sums[k - 1]
    return sums[degree]


def _dot(row: Row, point: Point) -> fmpq:
    return sum((x * y for x, y in zip(row, point, strict=True)), fmpq(0))
