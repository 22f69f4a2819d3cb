"""T2: the group-orbit bound.

A group of permutations maps X = A' u B' onto itself. If x is best in X for a reward r, then g x is best for g r, and
g x runs evenly through the group orbit O of x: on the share |O n A'| / |O| of these variants A' attains the maximum.
Some best vector is no convex combination of other vectors of X, so orbits of vectors that are may be left out of the
minimum.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from orbitwise.checker.case import (
    Case,
    Proved,
    check_dominated,
    check_outcomes,
    iter_combinations,
    read_convex,
    read_vectors,
)
from orbitwise.checker.document import Rejected, fields, items
from orbitwise.checker.exact import Vector, read_vector
from orbitwise.checker.group import Permutation, move, read_permutation

__all__ = ["prove_orbits"]


def prove_orbits(proof: Any, case: Case) -> Proved:
    """Check a proof of kind ``orbits``."""
    found = fields(proof, ("kind", "prefer", "over", "dominated", "generators", "interior"), "proof")
    prefer = read_vectors(found["prefer"], case.index, "proof.prefer")
    over = read_vectors(found["over"], case.index, "proof.over")
    generators = [
        read_permutation(each, case, f"proof.generators[{i}]")
        for i, each in enumerate(items(found["generators"], "proof.generators"))
    ]
    orbits = _orbits(dict.fromkeys(prefer + over), generators, case)
    case.steps.append(f"X: mapped onto itself by {len(generators)} generators, {len(orbits)} orbits")
    if case.every and found["interior"]:
        raise Rejected("weights over X may not hold at every discount", where="proof.interior")
    interior = _read_interior(found["interior"], case, set(prefer + over))
    mine = set(prefer)
    shares = [Fraction(len(orbit & mine), len(orbit)) for orbit in orbits if orbit.isdisjoint(interior)]
    check_outcomes(prefer, case, "proof.prefer")
    check_dominated(over, found["dominated"], case)
    return Proved(min(shares), None, mine.isdisjoint(over))


def _orbits(vectors: dict[Vector, None], generators: list[Permutation], case: Case) -> list[set[Vector]]:
    """The orbits of the vectors; in a finite group, following the generators forward reaches all of an orbit."""
    orbits: list[set[Vector]] = []
    seen: set[Vector] = set()
    for first in vectors:
        if first in seen:
            continue
        orbit, waiting = {first}, [first]
        while waiting:
            vector = waiting.pop()
            for i, generator in enumerate(generators):
                image = move(vector, generator, case)
                if image not in vectors:
                    raise Rejected(f"this sends {case.show(vector)} out of X", where=f"proof.generators[{i}]")
                if image not in orbit:
                    orbit.add(image)
                    waiting.append(image)
        seen |= orbit
        orbits.append(orbit)
    return orbits


def _read_interior(value: Any, case: Case, vectors: set[Vector]) -> set[Vector]:
    """Vectors of X that are shown to be convex combinations of other vectors of X."""

    def other(written: Any, where: str) -> Vector:
        part = read_vector(written, case.index, where)
        if part not in vectors:
            raise Rejected(f"{case.show(part)} is no vector of X", where=where)
        return part

    interior: set[Vector] = set()
    for vector, parts, where in iter_combinations(value, case, "proof.interior", other):
        if vector not in vectors or vector in parts:
            raise Rejected(f"{case.show(vector)} is no vector of X, or combined of itself", where=f"{where}.vector")
        read_convex(vector, parts.items(), case, where)
        interior.add(vector)
    return interior
