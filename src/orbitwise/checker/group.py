"""Permutations of the reward's coordinates, and how they move outcomes.

A permutation that sends the coordinate c to c' sends a vector x to the vector with x's entry c at c', and a reward
likewise: so the worth x.r does not change when both move.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from orbitwise.checker.case import Case
from orbitwise.checker.document import Rejected, items, show
from orbitwise.checker.exact import Vector

__all__ = ["Permutation", "move", "move_all", "read_involution", "read_permutation"]

Permutation: TypeAlias = dict[int, int]  # coordinates that are not listed stay


def read_permutation(value: Any, case: Case, where: str) -> Permutation:
    """A permutation of permutable coordinates written as a list of pairs [c, c'], c being sent to c'."""
    sent: Permutation = {}
    for i, pair in enumerate(items(value, where)):
        at = f"{where}[{i}]"
        source, image = (case.coordinate(each, at) for each in items(pair, at, length=2))
        for each in (source, image):
            if each not in case.permutable:
                raise Rejected(f"the coordinate {show(case.coordinates[each])} is not permutable", where=at)
        if source in sent:
            raise Rejected(f"the coordinate {show(case.coordinates[source])} is sent to two places", where=at)
        sent[source] = image
    if set(sent.values()) != set(sent):
        raise Rejected("the pairs do not form a bijection of the coordinates they name", where=where)
    return sent


def read_involution(value: Any, case: Case, where: str) -> Permutation:
    """The permutation that swaps the coordinates of each listed pair; all are distinct, or one has two images."""
    both: list[Any] = []
    for i, pair in enumerate(items(value, where)):
        both += [pair, items(pair, f"{where}[{i}]", length=2)[::-1]]
    return read_permutation(both, case, where)


def move(vector: Vector, permutation: Permutation, case: Case) -> Vector:
    """The vector to which the permutation sends a vector."""
    bits = sum(value.numerator.bit_length() + value.denominator.bit_length() for _, value in vector)
    case.budget.spend(16 * (1 + len(vector)) + (bits >> 8))
    return Vector(sorted((permutation.get(coordinate, coordinate), value) for coordinate, value in vector))


def move_all(vectors: frozenset[Vector], permutation: Permutation, case: Case) -> frozenset[Vector]:
    """The set to which the permutation sends a set of vectors."""
    return frozenset(move(vector, permutation, case) for vector in vectors)
