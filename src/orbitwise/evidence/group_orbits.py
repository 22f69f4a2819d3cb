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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from operator import itemgetter

import numpy as np

from orbitwise.evidence.proofs import Domination, OrbitsProof
from orbitwise.evidence.symmetries import Permutation, Vector
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.vertices import Hull
from orbitwise.typing import FloatArray

__all__ = ["Group", "OrbitBound", "find_orbit_bound"]

Coded = tuple[int, ...]  # for each column, the place of its value among all values

MAX_VECTORS = 5_000  # of X
SHORT = 60  # vectors of an orbit, up to which all groups are tried before any longer one
MAX_STEPS = 60_000_000  # entries of vectors that are moved, about 20 ns each; afterwards no more groups are tried
TESTING = 5  # such steps for each entry of the vectors that are tested,
PER_IMAGE = 20  # for each vector that is moved, besides,
PER_PROGRAM = 100_000  # and for each linear program
SLACK = 1e-9  # of the quick tests in floats, which only say what need not be tried


@dataclass(frozen=True)
class Group:
    """A group of permutations of coordinates, by its generators, and what it is, in a few words."""

    generators: tuple[Permutation, ...]
    what: str


@dataclass(frozen=True)
class OrbitBound:
    """A bound from group orbits, its proof, which group gave it, and whether groups were left untried."""

    bound: Fraction
    proof: OrbitsProof
    group: Group
    is_cut: bool = False


@dataclass(frozen=True)
class _Search:
    """The question on its columns, each value replaced by its place among all values: whole numbers are quick."""

    columns: tuple[int, ...]  # the coordinates that vectors use or groups have moved, sorted
    values: list[Fraction]
    prefer: list[Coded]
    members: frozenset[Coded]
    alike: Counter[Coded]  # outcomes of A with the same values in any order
    vertices: list[Coded]  # of B

    def decode(self, vector: Coded) -> Vector:
        """The vector with its values."""
        return tuple((c, self.values[x]) for c, x in zip(self.columns, vector, strict=True) if self.values[x])

    def table(self, vectors: Sequence[Coded]) -> FloatArray:
        """The values in floats, shape (n_vectors, n_columns)."""
        floats = np.array([float(x) for x in self.values])
        return np.asarray(floats[np.array(vectors, dtype=np.int64)])


@dataclass(frozen=True)
class _Choice:
    """X for a group, and the bound it gives; empty where it gives none that is of use."""

    bound: Fraction
    vectors: tuple[Vector, ...]
    steps: int
    is_whole: bool  # whether no longer orbits are left to be tried


def find_orbit_bound(
    prefer: Outcomes,
    over: Outcomes,
    vertices: Sequence[Vector],
    groups: Iterable[Group],
    *,
    above: Fraction = Fraction(0),
) -> OrbitBound | str:
    """The best group-orbit bound over the groups that are tried, or why there is none.

    **Guarantee:** exact, and for each of the groups that were tried no other A' and B' give more; that no other group
    does is not claimed. Among equal bounds the first group's is kept.
    **Cost:** for each group its orbits of the outcomes of A, given up where they grow too large to gain anything, and a
    linear program for each vertex of B where they do not; no group is begun after 60 million steps of about 20 ns.

    Parameters
    ----------
    prefer, over
        All outcomes of A and of B.
    vertices
        Outcomes of B whose convex hull contains the others.
    groups
        The groups to try.
    above
        Only a larger bound is of use.
    """
    search = _encode(prefer, vertices, {c for v in (*prefer.vectors, *vertices) for c, _ in v})
    best, winner, steps, is_cut = _Choice(above, (), 0, True), Group((), ""), 0, False
    later: list[Group] = []
    attempts = chain(((group, SHORT) for group in groups), ((group, MAX_VECTORS) for group in later))
    for group, most in attempts if _may_ever_contain(search) else ():
        is_cut = steps > MAX_STEPS
        if best.bound == 1 or is_cut:
            break
        moved = {c for permutation in group.generators for c in permutation}
        if not moved <= set(search.columns):
            search = _encode(prefer, vertices, moved | set(search.columns))
        found = _choose(search, group, best.bound, most)
        steps += found.steps
        if found.bound > best.bound:
            best, winner = found, group
        if not found.is_whole:
            later.append(group)
    if not best.vectors:
        return (
            "no group was found whose orbits of outcomes of A have all outcomes of B inside their convex hull: the "
            "outcomes of B that can be optimal have no like among the outcomes of A"
            + ("; not all groups were tried, because the search stopped at its limit" if is_cut else "")
        )
    return OrbitBound(best.bound, _prove(best, frozenset(prefer.vectors), over, winner), winner, is_cut)


def _encode(prefer: Outcomes, vertices: Sequence[Vector], columns: set[int]) -> _Search:
    values = sorted({Fraction(0), *(x for v in (*prefer.vectors, *vertices) for _, x in v)})
    code = {x: k for k, x in enumerate(values)}
    zero = code[Fraction(0)]
    place = {c: k for k, c in enumerate(sorted(columns))}

    def encode(vector: Vector) -> Coded:
        row = [zero] * len(place)
        for c, x in vector:
            row[place[c]] = code[x]
        return tuple(row)

    mine, theirs = [encode(v) for v in prefer.vectors], [encode(v) for v in vertices]
    return _Search(tuple(place), values, mine, frozenset(mine), Counter(map(_shape, mine)), theirs)


def _choose(search: _Search, group: Group, above: Fraction, most: int) -> _Choice:
    """The best X for a group, of orbits of at most so many vectors, if its bound is larger than ``above``."""
    found, is_whole, steps = _find_orbits(search, group, above, most)
    orbits = sorted(found, key=lambda entry: -entry[0])
    steps += TESTING * len(search.columns) * sum(len(orbit) for _, orbit in orbits)
    if not orbits or not _may_contain(search, [v for _, orbit in orbits for v in orbit]):
        return _Choice(above, (), steps, is_whole)
    vectors: list[Coded] = []
    for k, (share, orbit) in enumerate(orbits):
        vectors += orbit
        if k + 1 < len(orbits) and orbits[k + 1][0] == share:
            continue
        if len(vectors) <= MAX_VECTORS and _may_contain(search, vectors):
            steps += PER_PROGRAM * len(set(search.vertices).difference(vectors))
            if _contains(search, vectors):
                return _Choice(share, tuple(map(search.decode, vectors)), steps, is_whole)
    return _Choice(above, (), steps, is_whole)


def _find_orbits(
    search: _Search, group: Group, above: Fraction, limit: int
) -> tuple[list[tuple[Fraction, list[Coded]]], bool, int]:
    """The orbits of outcomes of A in which A has a larger share than ``above``, with that share.

    And whether only ``MAX_VECTORS`` and not the smaller limit left any out, and the steps.
    """
    place = {c: k for k, c in enumerate(search.columns)}
    movers = []
    for generator in group.generators:
        source = list(range(len(place)))
        for c, target in generator.items():
            source[place[target]] = place[c]
        movers.append(itemgetter(*source))
    seen: set[Coded] = set()
    orbits, is_whole = [], True
    for first in search.prefer:
        if first in seen:
            continue
        most = search.alike[_shape(first)]  # outcomes of A that the orbit can hold
        useful = MAX_VECTORS if not above else min(MAX_VECTORS, (most * above.denominator - 1) // above.numerator)
        longest = min(limit, useful)
        orbit = [first]
        found = {first}
        for vector in orbit:  # grows while it is read
            for mover in movers:
                image = mover(vector)
                if image not in found:
                    found.add(image)
                    orbit.append(image)
            if len(orbit) > longest:
                is_whole &= longest == useful
                break
        else:
            share = Fraction(len(found & search.members), len(orbit))
            if share > above:
                orbits.append((share, orbit))
        seen |= found
    return orbits, is_whole, len(seen) * len(movers) * (len(place) + PER_IMAGE)


def _may_ever_contain(search: _Search) -> bool:
    """False where a direction, put on the coordinates in any order, shows a vertex of B outside all orbits' hull."""
    inside, outside = (
        np.sort(np.hstack([table, np.zeros_like(table)]), axis=1)  # more zeros: more orders, so a weaker test
        for table in (search.table(search.prefer), search.table(search.vertices))
    )
    own = (outside * outside).sum(axis=1)
    tests = [(own, (inside @ outside.T).max(axis=0))]
    for order, sign in ((slice(None), -1), (slice(None, None, -1), 1)):  # sums of the smallest, of the largest values
        mine, theirs = (sign * table[:, order].cumsum(axis=1) for table in (inside, outside))
        tests.append((theirs, mine.max(axis=0)))
    return all((theirs <= best + SLACK * (1 + np.abs(theirs))).all() for theirs, best in tests)


def _may_contain(search: _Search, vectors: Sequence[Coded]) -> bool:
    """False where a direction shows that a vertex of B lies outside the convex hull."""
    inside, outside = search.table(vectors), search.table(search.vertices)
    for directions in (outside, outside - inside.mean(axis=0), -(outside == 0).astype(np.float64)):
        own = (outside * directions).sum(axis=1)
        best = (inside @ directions.T).max(axis=0)
        if (best < own - SLACK * (1 + np.abs(own))).any():
            return False
    return True


def _contains(search: _Search, vectors: Sequence[Coded]) -> bool:
    """Whether all vertices of B lie inside the convex hull, exactly."""
    members = set(vectors)
    hull = Hull(list(map(search.decode, vectors)))
    return all(hull.find_weights(search.decode(v)) is not None for v in search.vertices if v not in members)


def _prove(choice: _Choice, members: frozenset[Vector], over: Outcomes, group: Group) -> OrbitsProof:
    """A' = X n A; B' is the rest of X, with vectors of A only as far as they are needed to span B."""
    prefer = tuple(v for v in choice.vectors if v in members)
    rest = [v for v in choice.vectors if v not in members]
    hulls = [Hull(vectors) for vectors in (rest, choice.vectors) if vectors]
    known = set(choice.vectors)
    spanned: dict[Vector, dict[Vector, Fraction]] = {}
    for vector in over.vectors:
        if vector in known:
            spanned[vector] = {vector: Fraction(1)}
            continue
        for hull in hulls:
            weights = hull.find_weights(vector)
            if weights is not None:
                spanned[vector] = {hull.vectors[k]: w for k, w in weights.items()}
                break
    needed = {v for weights in spanned.values() for v in weights} | set(rest)
    chosen = tuple(v for v in choice.vectors if v in needed)
    place = {v: k for k, v in enumerate(chosen)}
    dominated = tuple(
        Domination(vector, {place[v]: w for v, w in weights.items()})
        for vector, weights in spanned.items()
        if vector not in place
    )
    return OrbitsProof(prefer, chosen, dominated, group.generators, ())


def _shape(vector: Coded) -> Coded:
    return tuple(sorted(vector))
