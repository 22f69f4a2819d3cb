"""T2, the group-orbit bound: the fractional scaling law, with the best A' and B' for a group.

X = A' u B' finite, G a group of coordinate permutations with G.X = X. For every r the weak share of A' against B'
over the orbit is at least the minimum, over the G-orbits O of X that contain a vector that can be optimal, of |O n
A'| / |O|.

For a given G the best choice of A' and B' among all finite sets is known. Let s(O) = |O n A| / |O| for the G-orbits O
of outcomes of A; the best bound is the largest t for which B lies inside the convex hull of all O with s(O) >= t, and
X is then their union, A' = X n A. For in any proof with a bound t > 0 each orbit that counts holds an outcome of A,
has s(O) >= t, and these orbits alone span conv X, which contains B. So only the group is left to be searched for, and
of the groups that leave one X in place the largest is the best: its orbits are unions of those of a smaller one, and
the share of a union is a mean of shares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from orbitwise.evidence.proofs import Domination, OrbitsProof
from orbitwise.evidence.symmetries import Permutation, Vector
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.vertices import find_convex_weights

__all__ = ["Group", "OrbitBound", "find_orbit_bound"]

Coded = tuple[tuple[int, int], ...]  # sorted (coordinate, place of the value)

MAX_VECTORS = 5_000  # of X
SLACK = 1e-9  # of the quick test in floats, which only says what need not be tried


@dataclass(frozen=True)
class Group:
    """A group of permutations of coordinates, by its generators, and what it is, in a few words."""

    generators: tuple[Permutation, ...]
    what: str


@dataclass(frozen=True)
class OrbitBound:
    """A bound from group orbits, its proof, and which group gave it."""

    bound: Fraction
    proof: OrbitsProof
    group: Group


@dataclass(frozen=True)
class _Search:
    """The question, with each value replaced by its place among all values: whole numbers are quick to compare."""

    values: list[Fraction]
    prefer: list[Coded]
    members: frozenset[Coded]
    alike: Counter[tuple[int, ...]]  # outcomes of A of each shape
    vertices: list[Coded]  # of B

    def decode(self, vector: Coded) -> Vector:
        """The vector with its values."""
        return tuple((c, self.values[x]) for c, x in vector)


@dataclass(frozen=True)
class _Choice:
    """X for a group, and the bound it gives."""

    bound: Fraction
    vectors: tuple[Vector, ...]


def find_orbit_bound(
    prefer: Outcomes, over: Outcomes, vertices: Sequence[Vector], groups: Iterable[Group]
) -> OrbitBound | str:
    """The best group-orbit bound over the groups that are tried, or why there is none.

    **Guarantee:** exact, and for each of these groups no other A' and B' give more; that no other group does is not
    claimed. Among equal bounds the first group's is kept.
    **Cost:** for each group its orbits of the outcomes of A, given up where they grow too large to gain anything, and a
    linear program for each vertex of B where they do not.

    Parameters
    ----------
    prefer, over
        All outcomes of A and of B.
    vertices
        Outcomes of B whose convex hull contains the others.
    groups
        The groups to try.
    """
    values = sorted({x for v in (*prefer.vectors, *vertices) for _, x in v})
    code = {x: k for k, x in enumerate(values)}
    mine, theirs = ([tuple((c, code[x]) for c, x in v) for v in side] for side in (prefer.vectors, vertices))
    search = _Search(values, mine, frozenset(mine), Counter(map(_shape, mine)), theirs)
    best, winner = _Choice(Fraction(0), ()), Group((), "")
    for group in groups:
        found = _choose(search, group, best.bound)
        if found is not None:
            best, winner = found, group
        if best.bound == 1:
            break
    if best.bound == 0:
        return (
            "no group was found whose orbits of outcomes of A have all outcomes of B inside their convex hull: the "
            "outcomes of B that can be optimal have no like among the outcomes of A"
        )
    return OrbitBound(best.bound, _prove(best, frozenset(prefer.vectors), over, winner), winner)


def _choose(search: _Search, group: Group, above: Fraction) -> _Choice | None:
    """The best X for a group if its bound is larger than ``above``."""
    orbits = sorted(_iter_orbits(search, group, above), key=lambda found: -found[0])
    if not orbits or not _may_contain(search, [v for _, orbit in orbits for v in orbit]):
        return None
    vectors: list[Coded] = []
    for k, (share, orbit) in enumerate(orbits):
        vectors += orbit
        if k + 1 < len(orbits) and orbits[k + 1][0] == share:
            continue
        if len(vectors) <= MAX_VECTORS and _may_contain(search, vectors) and _contains(search, vectors):
            return _Choice(share, tuple(map(search.decode, vectors)))
    return None


def _iter_orbits(search: _Search, group: Group, above: Fraction) -> Iterator[tuple[Fraction, list[Coded]]]:
    """The orbits of outcomes of A in which A has a larger share than ``above``, with that share."""
    seen: set[Coded] = set()
    for first in search.prefer:
        if first in seen:
            continue
        most = search.alike[_shape(first)]  # outcomes of A that the orbit can hold
        longest = MAX_VECTORS if not above else min(MAX_VECTORS, (most * above.denominator - 1) // above.numerator)
        orbit = [first]
        found = {first}
        for vector in orbit:  # grows while it is read
            for generator in group.generators:
                image = tuple(sorted((generator.get(c, c), x) for c, x in vector))
                if image not in found:
                    found.add(image)
                    orbit.append(image)
            if len(orbit) > longest:
                break
        else:
            share = Fraction(len(found & search.members), len(orbit))
            if share > above:
                yield share, orbit
        seen |= found


def _may_contain(search: _Search, vectors: Sequence[Coded]) -> bool:
    """False where a direction shows that a vertex of B lies outside the convex hull."""
    place = {c: k for k, c in enumerate(sorted({c for v in (*vectors, *search.vertices) for c, _ in v}))}
    inside, outside = (np.zeros((len(side), len(place))) for side in (vectors, search.vertices))
    for table, side in ((inside, vectors), (outside, search.vertices)):
        for row, vector in enumerate(side):
            for c, x in vector:
                table[row, place[c]] = search.values[x]
    for directions in (outside, outside - inside.mean(axis=0), -(outside == 0).astype(np.float64)):
        own = (outside * directions).sum(axis=1)
        best = (inside @ directions.T).max(axis=0)
        if (best < own - SLACK * (1 + np.abs(own))).any():
            return False
    return True


def _contains(search: _Search, vectors: Sequence[Coded]) -> bool:
    """Whether all vertices of B lie inside the convex hull, exactly."""
    members = set(vectors)
    exact = [search.decode(v) for v in vectors]
    others = (search.decode(v) for v in search.vertices if v not in members)
    return all(find_convex_weights(v, exact) is not None for v in others)


def _prove(choice: _Choice, members: frozenset[Vector], over: Outcomes, group: Group) -> OrbitsProof:
    """A' = X n A; B' is the rest of X, with vectors of A only as far as they are needed to span B."""
    prefer = tuple(v for v in choice.vectors if v in members)
    rest = [v for v in choice.vectors if v not in members]
    known = set(choice.vectors)
    spanned: dict[Vector, dict[Vector, Fraction]] = {}
    for vector in over.vectors:
        if vector in known:
            spanned[vector] = {vector: Fraction(1)}
            continue
        among: Sequence[Vector] = rest
        weights = find_convex_weights(vector, rest) if rest else None
        if weights is None:
            among = choice.vectors
            weights = find_convex_weights(vector, among) or {}
        spanned[vector] = {among[k]: w for k, w in weights.items()}
    needed = {v for weights in spanned.values() for v in weights} | set(rest)
    chosen = tuple(v for v in choice.vectors if v in needed)
    place = {v: k for k, v in enumerate(chosen)}
    dominated = tuple(
        Domination(vector, {place[v]: w for v, w in weights.items()})
        for vector, weights in spanned.items()
        if vector not in place
    )
    return OrbitsProof(prefer, chosen, dominated, group.generators, ())


def _shape(vector: Coded) -> tuple[int, ...]:
    return tuple(sorted(x for _, x in vector))
