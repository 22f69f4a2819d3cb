"""The constant: the least share over all rewards, by cases.

Over an orbit only the sorted values of the permutable coordinates count, and those of the fixed ones. A *case* gives k
sorted values to the m <= k permutable coordinates on which the vectors of A' u B' differ; the share over an orbit of
more than k values is the mean over the ways to choose k of them, so a bound for k values is one for all.

Sorted rewards form cones, spanned by as many corners as there are directions: 1..10..0 for each gap between neighboring
values, and one of either sign for each direction in which the common level or a fixed coordinate moves the comparison.
A new corner on the edge between two corners cuts a cone into two, with the new corner in place of one or of the other.
Where b - a is worth at most 0 at every corner it is so in the whole cone (these values are the Farkas multipliers). So
B can win a case inside a cone only by a b of B' that is, for every a of A', worth more than a at some corner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations, product
from math import gcd, lcm
from operator import mul
from typing import Any, TypeAlias

from orbitwise.checker.case import Case, Proved, check_dominated, check_outcomes, read_vectors
from orbitwise.checker.document import Rejected, column, fields, integer, items, show
from orbitwise.checker.exact import ZERO, Budget, Vector

__all__ = ["prove_cases"]

Corner: TypeAlias = tuple[int, ...]  # the sorted values, then those of fixed coordinates that matter
Wins: TypeAlias = list[int]  # for each b and each a, the cases in which b is worth more, as bits


@dataclass(frozen=True)
class Comparison:
    """Integer entries of A' and of the rest of B' on the coordinates that matter: permutable ones, then fixed ones."""

    prefer: list[list[int]]
    over: list[list[int]]
    n_moving: int
    n_values: int
    n_cases: int
    budget: Budget

    def wins_at(self, corner: Corner) -> Wins:
        """Who is worth more at a corner, in each case."""
        rows = self.prefer + self.over
        bits = sum(max((x.bit_length() for x in row), default=0) for row in (corner, [x for row in rows for x in row]))
        products = len(rows) * len(rows[0]) * (1 + (bits * bits >> 18))
        self.budget.spend(self.n_cases * (8 + products + len(self.prefer) * len(self.over)))
        values, fixed = corner[: self.n_values], corner[self.n_values :]
        wins: list[list[str]] = [[] for _ in range(len(self.prefer) * len(self.over))]  # binary digits
        for assigned in permutations(values, self.n_moving):
            reward = assigned + fixed
            mine = [sum(map(mul, row, reward)) for row in self.prefer]
            theirs = [sum(map(mul, row, reward)) for row in self.over]
            for digits, (b, a) in zip(wins, product(theirs, mine), strict=True):
                digits.append("1" if b > a else "0")
        return [int("".join(digits), 2) for digits in wins]

    def count_possible(self, corners: Sequence[Wins]) -> int:
        """In how many cases B can win somewhere in the cone of some corners, at most."""
        n, possible = len(self.prefer), 0
        self.budget.spend(len(corners) * len(self.over) * n * (1 + self.n_cases // 64))
        somewhere = [0] * (n * len(self.over))
        for wins in corners:
            somewhere = [x | y for x, y in zip(somewhere, wins, strict=True)]
        for b in range(len(self.over)):
            beaten = (1 << self.n_cases) - 1
            for ahead in somewhere[b * n : (b + 1) * n]:
                beaten &= ahead
            possible |= beaten
        return possible.bit_count()


def prove_cases(proof: Any, case: Case) -> Proved:
    """Check a proof of kind ``cases``."""
    found = fields(proof, ("kind", "prefer", "over", "dominated", "values", "tree"), "proof")
    prefer = read_vectors(found["prefer"], case.index, "proof.prefer")
    over = read_vectors(found["over"], case.index, "proof.over")
    comparison = _compare(prefer, over, integer(found["values"], "proof.values"), case)
    most = _most_won(comparison, items(found["tree"], "proof.tree"))
    case.steps.append(f"{comparison.n_cases} cases: in no cone of rewards can B win more than {most}")
    check_outcomes(prefer, case, "proof.prefer")
    check_dominated(over, found["dominated"], case)
    return Proved(1 - Fraction(most, comparison.n_cases), None, set(prefer).isdisjoint(over))


def _compare(prefer: list[Vector], over: list[Vector], n_values: int, case: Case) -> Comparison:
    vectors = [dict(vector) for vector in prefer + over]
    used = sorted({i for vector in vectors for i in vector})
    case.budget.spend(8 * len(used) * len(vectors))
    matters = [i for i in used if len({vector.get(i, 0) for vector in vectors}) > 1]
    moving = [i for i in matters if i in case.permutable]
    fixed = [i for i in matters if i not in case.permutable]
    if not len(moving) <= n_values <= len(case.permutable):
        most = len(case.permutable)
        raise Rejected(f"expected {len(moving)} to {most} values, found {show(n_values)}", where="proof.values")
    n_cases = 1
    for i in range(len(moving)):
        n_cases *= n_values - i
        case.budget.spend(n_cases)
    scale = Fraction(1)
    for vector in vectors:
        for entry in vector.values():
            scale = case.budget.add(ZERO, Fraction(lcm(scale.numerator, entry.denominator)))
    rows = [[int(vector.get(i, 0) * scale) for i in moving + fixed] for vector in vectors]
    mine = set(prefer)
    rivals = [row for row, vector in zip(rows[len(prefer) :], over, strict=True) if vector not in mine]
    return Comparison(rows[: len(prefer)], rivals, len(moving), n_values, n_cases, case.budget)


def _most_won(comparison: Comparison, tree: list[Any]) -> int:
    """The most cases that B can win at one reward, at most: the largest number over the leaves of the tree.

    The tree is written in preorder; its forest has one root for each choice of signs of the free directions.
    """
    cones = [[(corner, comparison.wins_at(corner)) for corner in cone] for cone in _sorted_rewards(comparison)][::-1]
    most = 0
    for i, node in enumerate(tree):
        where = f"proof.tree[{i}]"
        if not cones:
            raise Rejected("the tree is complete before this node", where=where)
        cone = cones.pop()
        comparison.budget.spend(len(cone))
        if node is None:
            most = max(most, comparison.count_possible([wins for _, wins in cone]))
            continue
        first, second, p, q = column(items(node, where, length=4), where, low=0)
        if first == second or max(first, second) >= len(cone) or not p or not q:
            raise Rejected(f"expected two of {len(cone)} corners and two positive integers", where=where)
        sums = [p * x + q * y for x, y in zip(cone[first][0], cone[second][0], strict=True)]
        comparison.budget.spend(len(sums) * (max(map(abs, sums)).bit_length() ** 2 >> 17))
        shared = gcd(*sums) or 1
        corner = tuple([comparison.budget.add(ZERO, Fraction(x, shared)).numerator for x in sums])
        new = (corner, comparison.wins_at(corner))
        cones += [[new if j == replaced else each for j, each in enumerate(cone)] for replaced in (second, first)]
    if cones:
        raise Rejected(f"the tree leaves {len(cones)} cones open", where="proof.tree")
    return most


def _sorted_rewards(comparison: Comparison) -> Iterator[list[Corner]]:
    """Cones that contain every sorted reward, up to directions that move no comparison."""
    k, m = comparison.n_values, comparison.n_moving
    rows = comparison.prefer + comparison.over
    n_fixed = len(rows[0]) - m
    comparison.budget.spend((k + n_fixed) ** 2)
    gaps = [tuple(int(i <= j) for i in range(k)) + (0,) * n_fixed for j in range(k - 1)]
    level = (1,) * k + (0,) * n_fixed
    units = [(0,) * k + tuple(int(i == j) for i in range(n_fixed)) for j in range(n_fixed)]
    columns = [[sum(row[:m]) for row in rows], *([row[m + j] for row in rows] for j in range(n_fixed))]
    free = _independent(columns, [level, *units], comparison.budget)
    comparison.budget.spend(1 << min(len(free), 60))
    for signs in product((1, -1), repeat=len(free)):
        yield gaps + [tuple([sign * x for x in each]) for sign, each in zip(signs, free, strict=True)]


def _independent(columns: list[list[int]], directions: list[Corner], budget: Budget) -> list[Corner]:
    """The directions that move the comparison otherwise than those before them, by elimination."""
    known: list[tuple[int, list[Fraction]]] = []
    kept = []
    for entries, direction in zip(columns, directions, strict=True):
        rest = [Fraction(x - entries[0]) for x in entries]
        for pivot, other in known:
            factor = rest[pivot] / other[pivot]
            rest = [budget.add(x, -factor, y) for x, y in zip(rest, other, strict=True)]
        if any(rest):
            known.append((next(i for i, x in enumerate(rest) if x), rest))
            kept.append(direction)
    return kept
