"""Proofs of T1, T2 and T3 written out section by section.

A *section* of a vector x puts each coordinate i with x_i on one of the copies of i. A lifted proof has all sections of
every vector; a permutation that sends i to j sends copy k of i to copy k of j. Outcomes of B that are no sections of B'
get convex weights over them, found by a linear program and made exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

from orbitwise.environments.state_map import StateMap
from orbitwise.evidence.proofs import BlocksProof, CopiesProof, Domination, OrbitsProof, Permutation
from orbitwise.evidence.symmetries import Vector
from orbitwise.outcomes.vertices import find_convex_weights
from orbitwise.solvers.end_components import find_end_components

__all__ = ["Lift", "VectorProof", "lift_proof", "make_lift"]

MAX_VECTORS = 5_000  # of one proof, once all sections are written out

VectorProof = CopiesProof | OrbitsProof | BlocksProof
Weighted = tuple[tuple[Vector, Fraction], ...]


@dataclass(frozen=True)
class Lift:
    """Shape (d,): the coordinates of the other environment on which each coordinate may be put, in order."""

    copies: tuple[tuple[int, ...], ...]

    def sections(self, vector: Vector) -> tuple[Vector, ...]:
        """All sections of a vector; none if one of its coordinates is gone."""
        return tuple(
            move_to(vector, dict(zip((i for i, _ in vector), picked, strict=True))) for picked in self.ways(vector)
        )

    def ways(self, vector: Vector) -> Iterable[tuple[int, ...]]:
        """The ways to pick a copy of each coordinate of a vector."""
        return product(*(self.copies[i] for i, _ in vector))

    def all_sections(self, vectors: Iterable[Vector]) -> tuple[Vector, ...]:
        """The sections of all vectors, one vector after the other."""
        return tuple(section for vector in vectors for section in self.sections(vector))

    def move(self, permutation: Permutation) -> Permutation:
        """The permutation of the copies."""
        pairs = (zip(self.copies[s], self.copies[t], strict=True) for s, t in permutation.items())
        return {source: image for pair in pairs for source, image in pair}


def move_to(vector: Vector, place: Mapping[int, int]) -> Vector:
    """The vector with its coordinates at other places."""
    return tuple(sorted((place[i], x) for i, x in vector))


def make_lift(states: StateMap, *, average: bool, to_fine: bool) -> Lift | str:
    """The copies that outcomes can visit, or why there is no single place for a coordinate of the coarse environment.

    Under average reward only states of end components are visited.
    """
    visited = [True] * states.fine.n_states
    if average:
        visited = (find_end_components(states.fine.graph).component >= 0).tolist()
    copies = tuple(tuple(f for f in fiber if visited[f]) for fiber in states.fibers)
    if to_fine:
        return Lift(copies)
    if any(len(fiber) > 1 for fiber in copies):
        return "drawing copies together may change the bound, so it is not carried; search for it there"
    target = {fiber[0]: (c,) for c, fiber in enumerate(copies) if fiber}
    return Lift(tuple(target.get(f, ()) for f in range(states.fine.n_states)))


def lift_proof(proof: VectorProof, lift: Lift, outcomes: Sequence[Vector]) -> VectorProof | str:
    """The proof in the other environment, whose B has these outcomes, or why it cannot be written.

    **Guarantee:** none; the checker decides. **Cost:** linear in the sections, and a linear program for each outcome of
    B that is none of them.
    """
    vectors, permutations = _parts(proof)
    if any(len(lift.copies[s]) != len(lift.copies[t]) for p in permutations for s, t in p.items()):
        return "a permutation moves a state to one with another number of copies; split or merge both sides alike"
    size = sum(prod(len(lift.copies[i]) for i, _ in vector) for vector in vectors)
    if size > MAX_VECTORS:
        return f"the proof would have {size:,} vectors, more than {MAX_VECTORS:,}; split into fewer copies"
    blocks = proof.over if isinstance(proof, BlocksProof) else (proof.over,)
    lifted = tuple(lift.all_sections(block) for block in blocks)
    dominated = _dominate([v for block in lifted for v in block], outcomes)
    if dominated is None:
        return "B has an outcome there that is no mixture of sections of B'"
    match proof:
        case CopiesProof():
            return CopiesProof(lifted[0], dominated, tuple(map(lift.move, proof.involutions)))
        case OrbitsProof():
            interior = tuple(each for entry in proof.interior for each in _lift_interior(*entry, lift))
            generators = tuple(map(lift.move, proof.generators))
            return OrbitsProof(lift.all_sections(proof.prefer), lifted[0], dominated, generators, interior)
        case BlocksProof():
            prefer = tuple(map(lift.all_sections, proof.prefer))
            return BlocksProof(prefer, lifted, dominated, tuple(tuple(map(lift.move, row)) for row in proof.swaps))


def _parts(proof: VectorProof) -> tuple[list[Vector], list[Permutation]]:
    """The vectors and the permutations of a proof."""
    match proof:
        case CopiesProof():
            return list(proof.over), list(proof.involutions)
        case OrbitsProof():
            return [*proof.prefer, *proof.over], list(proof.generators)
        case BlocksProof():
            return [v for b in (*proof.prefer, *proof.over) for v in b], [p for row in proof.swaps for p in row]


def _dominate(over: Sequence[Vector], outcomes: Iterable[Vector]) -> tuple[Domination, ...] | None:
    known = set(over)
    found = []
    for outcome in outcomes:
        if outcome not in known:
            weights = find_convex_weights(outcome, over)
            if weights is None:
                return None
            found.append(Domination(outcome, weights))
    return tuple(found)


def _lift_interior(vector: Vector, weights: Weighted, lift: Lift) -> Iterable[tuple[Vector, Weighted]]:
    """Every section of a mixture is the same mixture of sections, with the copies picked alike."""
    for picked in lift.ways(vector):
        place = dict(zip((i for i, _ in vector), picked, strict=True))
        if all(i in place for part, _ in weights for i, _ in part):
            yield move_to(vector, place), tuple((move_to(part, place), w) for part, w in weights)
