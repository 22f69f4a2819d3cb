"""T5, domination from below: vectors inside the convex hull of A that look like outcomes of B.

A is worth at least the best of its outcomes, so at least any mixture of them. Where the image of a vector of B' under
a permutation is no outcome of A, it may still be such a mixture, and then serve as a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import islice

import numpy as np

from orbitwise.evidence.proofs import BlocksProof, CopiesProof, Mixture, OrbitsProof, SymmetricProof
from orbitwise.evidence.symmetries import Vector, move
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.vertices import Hull
from orbitwise.typing import FloatArray

__all__ = ["find_mixtures", "mixtures_used", "vectors_of"]

MOST_IMAGES = 300  # of each vector
MOST_NODES = 20_000  # of the search for them
MOST_OUTCOMES = 200
MOST_MIXTURES = 100
DIRECTIONS = 300


def find_mixtures(
    prefer: Outcomes, over: Sequence[Vector], *, is_permutable: Callable[[int], bool]
) -> tuple[Mixture, ...]:
    """Images of the vectors of B' that are no outcomes of A, but mixtures of them.

    **Guarantee:** exact weights; all such images, if each vector has at most 300 inside the box around A and 100
    are mixtures.
    **Cost:** one linear program for each image that no simple test excludes.

    Parameters
    ----------
    prefer
        All outcomes of A.
    over
        B'.
    is_permutable
        Whether a coordinate may move.
    """
    if not 1 < len(prefer) <= MOST_OUTCOMES:
        return ()
    used = sorted({i for v in (*prefer.vectors, *over) for i, _ in v})
    table = [dict(v) for v in prefer.vectors]
    box = {i: (min(v.get(i, Fraction(0)) for v in table), max(v.get(i, Fraction(0)) for v in table)) for i in used}
    known = set(prefer.vectors)
    directions = np.random.default_rng(0).normal(size=(DIRECTIONS, prefer.n_coordinates))
    support = prefer.support(directions)
    hull = Hull(prefer.vectors)
    shapes: set[object] = set()
    found: list[Mixture] = []
    for vector in over:
        values = dict(vector)
        fixed = tuple((i, x) for i, x in vector if not is_permutable(i))
        moving = [i for i in used if is_permutable(i)]
        shape = fixed, tuple(sorted(values.get(i, Fraction(0)) for i in moving))
        if shape in shapes or any(
            not low <= values.get(i, 0) <= high for i, (low, high) in box.items() if i not in moving
        ):
            continue
        shapes.add(shape)
        for image in islice(_iter_images(shape[1], moving, box), MOST_IMAGES):
            candidate = tuple(sorted((*fixed, *image)))
            if candidate in known:
                continue
            known.add(candidate)
            if len(found) == MOST_MIXTURES or _is_outside(candidate, directions, support):
                continue
            weights = hull.find_weights(candidate)
            if weights is not None:
                found.append(Mixture(candidate, tuple((prefer.vectors[j], w) for j, w in sorted(weights.items()))))
    return tuple(found)


def _is_outside(vector: Vector, directions: FloatArray, support: FloatArray) -> bool:
    """Whether one of a few fixed directions already separates the vector from A."""
    own = np.zeros(directions.shape[1])
    for i, x in vector:
        own[i] = float(x)
    return bool((directions @ own > support + 1e-9).any())


def _iter_images(
    values: Sequence[Fraction], places: Sequence[int], box: dict[int, tuple[Fraction, Fraction]]
) -> Iterator[Vector]:
    """All distinct ways to put the values on the places inside the box, as far as the search is allowed to go."""
    counts: dict[Fraction, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    left = MOST_NODES

    def place(k: int, chosen: Vector) -> Iterator[Vector]:
        nonlocal left
        left -= 1
        if left < 0:
            return
        if k == len(places):
            yield chosen
            return
        low, high = box[places[k]]
        for value in counts:
            if counts[value] and low <= value <= high:
                counts[value] -= 1
                yield from place(k + 1, (*chosen, (places[k], value)) if value else chosen)
                counts[value] += 1

    yield from place(0, ())


def vectors_of(proof: SymmetricProof) -> frozenset[Vector]:
    """A' of a proof."""
    match proof:
        case CopiesProof():
            return frozenset(move(phi, v) for phi in proof.involutions for v in proof.over)
        case OrbitsProof():
            return frozenset(proof.prefer)
        case BlocksProof():
            return frozenset(v for block in proof.prefer for v in block)


def mixtures_used(proof: SymmetricProof, mixtures: Sequence[Mixture]) -> tuple[Mixture, ...]:
    """Those mixtures that are vectors of A'."""
    vectors = vectors_of(proof)
    return tuple(m for m in mixtures if m.vector in vectors)
