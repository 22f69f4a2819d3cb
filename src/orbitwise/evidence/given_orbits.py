"""T2 for sets A' and B' that are given: the orbits of their own symmetries, and which of them may be left out.

An orbit whose vectors are convex combinations of other vectors of X never holds a best vector alone. Needed where A'
and B' cannot be chosen freely: up to an epsilon (T6), and for all discounts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from orbitwise.evidence.dominating import Dominating
from orbitwise.evidence.group_orbits import MAX_VECTORS, Group, OrbitBound
from orbitwise.evidence.proofs import OrbitsProof
from orbitwise.evidence.symmetries import Vector, find_symmetries, vector_orbits
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.vertices import find_convex_weights

__all__ = ["find_given_bound", "improve_orbit_bound"]


def find_given_bound(
    prefer: Outcomes,
    choices: Sequence[tuple[Dominating, tuple[Vector, ...]]],
    *,
    is_permutable: Callable[[int], bool],
    interior: bool = True,
) -> OrbitBound | str:
    """The best group-orbit bound over the choices of A' and B' that are tried, or why there is none.

    **Guarantee:** the bound is exact for the sets it names; that no other choice gives more is not claimed.
    **Cost:** a graph automorphism computation for each choice, and a linear program for each orbit left out.

    Parameters
    ----------
    prefer
        All outcomes of A.
    choices
        Candidate sets B', each with outcomes of A that are known to be copies of it.
    is_permutable
        Whether a coordinate may move.
    interior
        Whether orbits inside the convex hull of the others may be left out.
    """
    best: OrbitBound | None = None
    for choice, copies in choices:
        for candidate in _candidates(prefer, choice, copies):
            if len(candidate) + len(choice.vectors) > MAX_VECTORS:
                continue
            found = improve_orbit_bound(candidate, choice, is_permutable, interior=interior)
            if best is None or found.bound > best.bound:
                best = found
    if best is None or best.bound == 0:
        return (
            "no permutation carries some best outcome of B into A: the outcomes of B that can be optimal have no "
            "like among the outcomes of A"
        )
    return best


def _candidates(prefer: Outcomes, choice: Dominating, copies: tuple[Vector, ...]) -> Iterator[tuple[Vector, ...]]:
    """A': the outcomes of A that look like one of B' (same multiset of values), the known copies, all of A."""
    shapes = {_shape(v) for v in choice.vectors}
    alike = tuple(v for v in prefer.vectors if _shape(v) in shapes)
    yield alike
    if 0 < len(copies) < len(alike):
        yield copies
    if len(alike) < len(prefer):
        yield prefer.vectors


def _shape(vector: Vector) -> tuple[Fraction, ...]:
    return tuple(sorted(x for _, x in vector))


def improve_orbit_bound(
    prefer: tuple[Vector, ...], choice: Dominating, is_permutable: Callable[[int], bool], *, interior: bool = True
) -> OrbitBound:
    """The bound for A', then again without the vectors of A' that share no orbit with B' (they only cost symmetry)."""
    best = _bound(prefer, choice, is_permutable, interior)
    while True:
        over = set(choice.vectors)
        vectors = tuple(dict.fromkeys((*best.proof.prefer, *choice.vectors)))
        orbits = vector_orbits(vectors, best.proof.generators)
        mixed = {vectors[k] for orbit in orbits if any(vectors[j] in over for j in orbit) for k in orbit}
        fewer = tuple(v for v in best.proof.prefer if v in mixed)
        if len(fewer) == len(best.proof.prefer):
            return best
        found = _bound(fewer, choice, is_permutable, interior)
        if found.bound < best.bound:
            return best
        best = found


def _bound(
    prefer: tuple[Vector, ...], choice: Dominating, is_permutable: Callable[[int], bool], interior: bool
) -> OrbitBound:
    vectors = tuple(dict.fromkeys((*prefer, *choice.vectors)))
    members = set(prefer)
    generators = find_symmetries(vectors, is_permutable=is_permutable)
    shares = sorted(
        (Fraction(sum(vectors[k] in members for k in orbit), len(orbit)), orbit)
        for orbit in vector_orbits(vectors, generators)
    )
    inner = []
    while interior and len(shares) > 1 and shares[0][0] < 1:
        inside = _interior(vectors, shares[0][1][0])
        if inside is None:
            break
        inner.append((vectors[shares[0][1][0]], inside))
        shares.pop(0)
    proof = OrbitsProof(prefer, choice.vectors, choice.dominated, generators, tuple(inner))
    return OrbitBound(shares[0][0], proof, Group(generators, "the symmetries of A' and B'"))


def _interior(vectors: tuple[Vector, ...], position: int) -> tuple[tuple[Vector, Fraction], ...] | None:
    """Weights over the other vectors that give this one, so that it need never be the best alone."""
    others = [v for k, v in enumerate(vectors) if k != position]
    weights = find_convex_weights(vectors[position], others)
    return None if weights is None else tuple((others[k], w) for k, w in sorted(weights.items()))
