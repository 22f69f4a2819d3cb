"""The most that B can win: branch and bound over the regions into which the planes cut the cone of rewards, exactly.

Winning is an open condition, so the most is won inside one of the full-dimensional regions. A region is a cone, held as
its extreme rays (primitive integer vectors) with the facets that each lies on. A plane that no ray crosses has one sign
throughout. Where what B might still win exceeds the most known, the region is cut by a plane that matters, as in the
double description method: the rays on each side, and one new ray for each pair of adjacent rays on different sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from orbitwise.evidence.constants_planes import Planes, Point, exact_value, find_signs, find_won
from orbitwise.typing import BoolArray, IntArray, SignArray

__all__ = ["Most", "find_most"]

SAMPLES = 256
SEED = 1
PER_REGION = 300_000  # elementary steps, about a nanosecond each
PER_NUMBER = 4


@dataclass(frozen=True)
class Most:
    """The largest weight of cases that B wins at one reward, as far as it was looked for.

    Parameters
    ----------
    weight, point
        What was found, and where; what was known before, and None, when nothing beat it.
    bound
        Nothing larger exists; equal to ``weight`` when the search was complete.
    regions, steps
        How many regions were looked at, and elementary steps taken.
    """

    weight: int
    point: Point | None
    bound: int
    regions: int
    steps: int


@dataclass(frozen=True, eq=False)
class _Region:
    """A part of the cone, and what is known on it."""

    rays: tuple[Point, ...]
    facets: tuple[int, ...]  # of each ray, those it lies on, as bits
    n_facets: int
    planes: IntArray  # those whose sign may be open and matters
    signs: SignArray  # (n_planes, n_rays)
    known: SignArray  # over all planes: the sign throughout, or 0 where it is open or does not matter
    won: IntArray  # cases that B wins throughout
    cases: IntArray  # cases that B wins at some places only, as far as is known
    bound: int  # B wins no more here


def find_most(
    planes: Planes, weights: IntArray, cliques: IntArray, *, known: int, enough: int, step_limit: int
) -> Most:
    """The largest weight of cases that B wins at one point of the cone of non-negative coordinates.

    **Guarantee:** exact: ``weight`` is won at ``point``, and more than ``bound`` nowhere.
    **Cost:** a fraction of a millisecond for each region; their number is not known before.

    Parameters
    ----------
    planes, weights
        The comparisons in each case, and the weights of the cases, shape (n_cases,).
    cliques
        (n_cases,), a partition into cases that exclude each other pairwise.
    known
        Weight that is won at some other reward; only more is looked for.
    enough
        The search ends when so much is won.
    step_limit
        Elementary steps allowed.
    """
    best, point = _sample(planes, weights, known)
    pending = [_whole(planes, weights)]
    regions = steps = 0
    while pending and best < enough and steps < step_limit:
        region = pending.pop()
        if region.bound <= best:
            continue
        regions += 1
        steps += PER_REGION + PER_NUMBER * (region.signs.size * len(region.rays[0]) + planes.side[region.cases].size)
        region = _settle(planes, weights, cliques, region)
        if region.bound <= best:
            continue
        inside = _inside(region.rays)
        value = _weight_at(planes, weights, region, inside)
        if value > best:
            best, point = value, inside
        if region.bound > best:
            pending.extend(_cut(planes, weights, region))
    return Most(best, point, max([best, *(region.bound for region in pending)]), regions, steps)


def _sample(planes: Planes, weights: IntArray, known: int) -> tuple[int, Point | None]:
    """The best of some random points, gaps of very different sizes among them, if better than what is known."""
    rng = np.random.default_rng(SEED)
    table = np.rint(10 ** rng.uniform(0, 4, size=(SAMPLES, planes.floats.shape[1]))).astype(np.int64)
    points: list[Point] = [tuple(row) for row in table.tolist()]
    signs = find_signs(planes, np.arange(len(planes.normals)), points)
    found = [int(weights[find_won(planes, column)].sum()) for column in signs.T]
    best = int(np.argmax(found))
    return (found[best], points[best]) if found[best] > known else (known, None)


def _whole(planes: Planes, weights: IntArray) -> _Region:
    """The whole cone, of which nothing is known."""
    k, n = planes.floats.shape[1], len(planes.normals)
    rays = tuple(tuple(int(i == j) for i in range(k)) for j in range(k))
    facets = tuple((1 << k) - 1 - (1 << j) for j in range(k))
    everything = np.arange(n)
    return _Region(
        rays,
        facets,
        n_facets=k,
        planes=everything,
        signs=find_signs(planes, everything, rays),
        known=np.zeros(n, dtype=np.int8),
        won=np.zeros(0, dtype=np.int64),
        cases=np.arange(len(weights)),
        bound=int(weights.sum()),
    )


def _settle(planes: Planes, weights: IntArray, cliques: IntArray, region: _Region) -> _Region:
    """The region with what its rays decide: planes that none crosses, cases that B wins or loses throughout."""
    above, below = (region.signs > 0).any(axis=1), (region.signs < 0).any(axis=1)
    known = region.known.copy()
    known[region.planes] = above.astype(np.int8) - below.astype(np.int8)
    crossed = above & below
    signs = known[planes.index[region.cases]] * planes.side[region.cases]
    wins: BoolArray = np.any(np.all(signs > 0, axis=2), axis=1)
    won = np.concatenate([region.won, region.cases[wins]])
    taken = np.zeros(len(weights), dtype=np.bool_)
    taken[cliques[won]] = True
    undecided = region.cases[np.any(np.all(signs >= 0, axis=2), axis=1) & ~wins]
    undecided = undecided[~taken[cliques[undecided]]]
    most = np.zeros(len(weights), dtype=np.int64)
    np.maximum.at(most, cliques[undecided], weights[undecided])
    return replace(
        region,
        planes=region.planes[crossed],
        signs=region.signs[crossed],
        known=known,
        won=won,
        cases=undecided,
        bound=int(weights[won].sum() + most.sum()),
    )


def _inside(rays: tuple[Point, ...]) -> Point:
    """A point inside the cone of the rays, near its middle."""
    largest = [max(map(abs, ray)) for ray in rays]
    scale = max(largest)
    point = [
        sum(column)
        for column in zip(
            *([x * (scale // most) for x in ray] for ray, most in zip(rays, largest, strict=True)), strict=True
        )
    ]
    return _primitive(point)


def _weight_at(planes: Planes, weights: IntArray, region: _Region, point: Point) -> int:
    """What B wins at a point of a settled region."""
    signs = region.known.copy()
    signs[region.planes] = find_signs(planes, region.planes, [point])[:, 0]
    wins = (signs[planes.index[region.cases]] == planes.side[region.cases]).all(axis=2).any(axis=1)
    return int(weights[region.won].sum() + weights[region.cases[wins]].sum())


def _cut(planes: Planes, weights: IntArray, region: _Region) -> Iterator[_Region]:
    """The two parts of a settled region on the sides of the plane that matters to most of the undecided cases."""
    index = planes.index[region.cases]
    signs = region.known[index] * planes.side[region.cases]
    open_here = (signs == 0) & (signs >= 0).all(axis=2, keepdims=True)
    matter = np.broadcast_to(weights[region.cases][:, np.newaxis, np.newaxis], signs.shape)
    counts = np.bincount(index[open_here], weights=matter[open_here], minlength=len(planes.normals))[region.planes]
    kept = counts > 0
    chosen = int(np.argmax(counts))
    heights = [exact_value(planes.normals[region.planes[chosen]], ray) for ray in region.rays]
    new_rays, new_facets = _crossings(region, heights)
    new_signs = find_signs(planes, region.planes[kept], new_rays)
    for side in (-1, 1):
        stay = [i for i, height in enumerate(heights) if height * side >= 0]
        bit = 1 << region.n_facets
        facets = [region.facets[i] | (0 if heights[i] else bit) for i in stay]
        yield replace(
            region,
            rays=(*(region.rays[i] for i in stay), *new_rays),
            facets=(*facets, *(common | bit for common in new_facets)),
            n_facets=region.n_facets + 1,
            planes=region.planes[kept],
            signs=np.concatenate([region.signs[kept][:, stay], new_signs], axis=1),
        )


def _crossings(region: _Region, heights: list[int]) -> tuple[list[Point], list[int]]:
    """Where the edges of the region cross a plane, and the facets that each of them lies on."""
    rays, facets = [], []
    fewest = len(region.rays[0]) - 2
    for i, up in enumerate(heights):
        for j, down in enumerate(heights):
            if up <= 0 or down >= 0:
                continue
            common = region.facets[i] & region.facets[j]
            if common.bit_count() < fewest or sum(other & common == common for other in region.facets) != 2:
                continue
            rays.append(_primitive([up * y - down * x for x, y in zip(region.rays[i], region.rays[j], strict=True)]))
            facets.append(common)
    return rays, facets


def _primitive(vector: list[int]) -> Point:
    scale = gcd(*vector)
    return tuple([x // scale for x in vector])
