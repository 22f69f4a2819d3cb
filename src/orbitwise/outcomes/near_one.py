"""Blackwell optimality on listed outcomes: each Laurent series at discount 1 packed into one number.

In t = 1 - g the value of an outcome is a series c_0/t + c_1 + c_2 t + ..., and of two outcomes the one with the
lexicographically larger coefficients is better at all discounts near enough to 1. Coefficients c_k of a reward are
integers, after scaling, below some B/4 in size; then c_0 B^K + c_1 B^(K-1) + ... + c_K orders like the coefficients up
to c_K do. Two values that differ do so in one of them when K exceeds the degrees of a numerator and a denominator
together. So, for rewards up to a given size, Blackwell optimality is the comparison of finitely many exact vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from flint import fmpq, fmpq_poly

from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.visit_functions import VisitFunction

__all__ = ["pack_series"]

Series = dict[int, list[Fraction]]  # state -> coefficients, the first one that of 1/t


def pack_series(
    sides: Sequence[Sequence[VisitFunction]], n_coordinates: int, reward: Sequence[Fraction]
) -> tuple[Outcomes, ...]:
    """Vectors that compare, on the orbit of a reward and on all rewards no larger, as the functions do near discount 1.

    **Guarantee:** exact, ties included.
    **Cost:** quadratic in the degrees for each state of each function.

    Parameters
    ----------
    sides
        The outcome functions of A, of B, ...
    n_coordinates
        d.
    reward
        Shape (d,), exact.
    """
    functions = [f for side in sides for f in side]
    degree = max(p.degree() for f in functions for p in f.numerators.values())
    n_terms = degree + max(f.denominator.degree() for f in functions) + 2
    expanded = [[_expand(f, n_terms) for f in side] for side in sides]
    coefficients = [c for side in expanded for series in side for terms in series.values() for c in terms]
    scale = lcm(*(c.denominator for c in coefficients))
    largest = int(max(map(abs, coefficients)) * scale) + 1
    sizes = [x * lcm(*(y.denominator for y in reward)) for x in reward]
    base = 1 << (4 * n_coordinates * largest * (1 + int(max(map(abs, sizes))))).bit_length()
    return tuple(Outcomes.of((_pack(series, base, scale) for series in side), n_coordinates) for side in expanded)


def _pack(series: Series, base: int, scale: int) -> dict[int, Fraction]:
    packed = {}
    for state, terms in series.items():
        total = 0
        for term in terms:
            total = total * base + int(term * scale)
        packed[state] = Fraction(total)
    return packed


def _expand(function: VisitFunction, n_terms: int) -> Series:
    """The Laurent coefficients of each entry at t = 0: the denominator has the factor t once."""
    turn = fmpq_poly([1, -1])
    below = list(function.denominator(turn).coeffs())[1:]
    return {s: _divide(list(p(turn).coeffs()), below, n_terms) for s, p in function.numerators.items()}


def _divide(above: list[fmpq], below: list[fmpq], n_terms: int) -> list[Fraction]:
    """The first coefficients of a quotient of power series."""
    found: list[fmpq] = []
    for k in range(n_terms):
        rest = above[k] if k < len(above) else fmpq(0)
        for j in range(1, min(k, len(below) - 1) + 1):
            rest -= below[j] * found[k - j]
        found.append(rest / below[0])
    return [Fraction(int(c.p), int(c.q)) for c in found]
