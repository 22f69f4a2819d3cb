"""Blocks of like outcomes: how B' falls into blocks and which disjoint copies of them lie in A.

A block is a set of vectors held together by the coordinates that move. Copies of blocks are found one by one: a single
vector by pairing its equal values, several vectors by a subgraph isomorphism (LAD, through igraph). Two copies are
compatible when swapping one with any block of B leaves the other where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from orbitwise.evidence.symmetries import Permutation, Vector, move

__all__ = ["Block", "BlockClass", "find_block_classes", "swap"]

MAX_EXACT_PACKING = 400
MAX_SUBGRAPH = 5_000  # vertices of the graph that is searched; the search has no other bound on its time


@dataclass(frozen=True)
class Block:
    """A copy of a pattern: its vectors, and where each moving coordinate of the pattern lies in it."""

    vectors: tuple[Vector, ...]
    place: tuple[int, ...]  # the coordinates that stand for the pattern's moving coordinates, in the pattern's order


@dataclass(frozen=True)
class BlockClass:
    """Blocks of B' that are copies of one pattern, and the compatible copies of it found in A."""

    over: tuple[Block, ...]
    prefer: tuple[Block, ...]


def swap(left: Block, right: Block) -> Permutation:
    """The involution that exchanges two copies of a pattern."""
    pairs = [(i, j) for i, j in zip(left.place, right.place, strict=True) if i != j]
    return {**dict(pairs), **{j: i for i, j in pairs}}


def find_block_classes(
    prefer: Sequence[Vector], over: Sequence[Vector], *, is_permutable: Callable[[int], bool]
) -> list[BlockClass]:
    """The blocks of B' (without what it shares with A) by pattern, each with a packing of compatible copies in A.

    **Guarantee:** every pair of blocks is exchanged by :func:`swap` with all others left as sets (checked exactly); the
    packing is the largest one when single vectors are packed and there are at most 400 of them, else greedy.
    **Cost:** one subgraph search for each copy of a block of several vectors; none in graphs of over 5,000 vertices.
    """
    if not over:
        return []
    still = _constant_coordinates((*prefer, *over))
    stays = {c for v in over for c, _ in v if c in still or not is_permutable(c)}
    blocks = _connected(over, stays)
    classes: list[list[Block]] = []
    for vectors in blocks:
        for members in classes:
            copy = _embed(members[0], vectors, stays, set(), is_permutable)
            if copy is not None and len(copy.vectors) == len(vectors):
                members.append(copy)
                break
        else:
            moving = tuple(sorted({c for v in vectors for c, _ in v} - stays))
            classes.append([Block(vectors, moving)])
    taken = {c for members in classes for block in members for c in block.place}
    found = []
    for members in classes:
        copies = _copies(members[0], prefer, stays, taken, is_permutable)
        packed = _pack(members, copies)
        taken |= {c for block in packed for c in block.place}
        found.append(BlockClass(tuple(members), packed))
    return found


def _constant_coordinates(vectors: Sequence[Vector]) -> set[int]:
    """Coordinates with one and the same value in all vectors."""
    common = set(vectors[0])
    for v in vectors[1:]:
        common &= set(v)
    return {c for c, _ in common}


def _connected(vectors: Sequence[Vector], stays: set[int]) -> list[tuple[Vector, ...]]:
    """The vectors in groups that share no moving coordinate with each other."""
    from scipy.cluster.hierarchy import DisjointSet

    sets = DisjointSet(range(len(vectors)))
    first: dict[int, int] = {}
    for k, vector in enumerate(vectors):
        for c, _ in vector:
            if c not in stays:
                sets.merge(k, first.setdefault(c, k))
    return [tuple(vectors[k] for k in sorted(group)) for group in sorted(map(sorted, sets.subsets()))]


def _copies(
    pattern: Block,
    vectors: Sequence[Vector],
    stays: set[int],
    taken: set[int],
    is_permutable: Callable[[int], bool],
) -> list[Block]:
    """Copies of a pattern among vectors, on coordinates that are not taken; those that move least come first."""
    if len(pattern.vectors) == 1:
        matches = (_embed(pattern, (v,), stays, taken, is_permutable) for v in vectors)
        return [block for block in matches if block is not None]
    found: list[Block] = []
    rest = list(vectors)
    blocked = set(taken)
    while len(rest) >= len(pattern.vectors):
        block = _embed(pattern, rest, stays, blocked, is_permutable)
        if block is None:
            break
        found.append(block)
        used = set(block.vectors)
        rest = [v for v in rest if v not in used]
        blocked |= set(block.place)
    return found


def _embed(
    pattern: Block, vectors: Sequence[Vector], stays: set[int], taken: set[int], is_permutable: Callable[[int], bool]
) -> Block | None:
    """One copy of the pattern among the vectors, or None."""
    if len(pattern.vectors) == 1 and len(vectors) == 1:
        return _pair_values(pattern, vectors[0], stays, taken, is_permutable)
    shapes = {_shape(v) for v in pattern.vectors}
    alike = [v for v in vectors if _shape(v) in shapes]
    if len(alike) < len(pattern.vectors):
        return None
    place = _find_subgraph(pattern, alike, stays, taken, is_permutable)
    if place is None:
        return None
    moved = tuple(move(place, v) for v in pattern.vectors)
    return Block(moved, tuple(place[c] for c in pattern.place))


def _shape(vector: Vector) -> tuple[Fraction, ...]:
    return tuple(sorted(x for _, x in vector))


def _pair_values(
    pattern: Block, vector: Vector, stays: set[int], taken: set[int], is_permutable: Callable[[int], bool]
) -> Block | None:
    """Match two vectors coordinate by coordinate with equal values, equal coordinates first."""
    own, other = dict(pattern.vectors[0]), dict(vector)
    if any(own.get(c) != other.get(c) for c in stays if c in own or c in other):
        return None
    place = {c: c for c in pattern.place if other.get(c) == own[c]}
    free = sorted((x, c) for c, x in other.items() if c not in place and c not in stays)
    need = sorted((own[c], c) for c in pattern.place if c not in place)
    if [x for x, _ in free] != [x for x, _ in need] or any(c in taken or not is_permutable(c) for _, c in free):
        return None
    place.update({c: t for (_, c), (_, t) in zip(need, free, strict=True)})
    return Block((vector,), tuple(place[c] for c in pattern.place))


def _find_subgraph(
    pattern: Block, vectors: Sequence[Vector], stays: set[int], taken: set[int], is_permutable: Callable[[int], bool]
) -> dict[int, int] | None:
    """Where each coordinate of the pattern goes so that its vectors become some of the given ones."""
    import igraph

    small, large = _entry_graph(pattern.vectors), _entry_graph(vectors)
    if len(large.colors) > MAX_SUBGRAPH:
        return None
    moving = set(pattern.place)
    domains = []
    for kind, key in small.colors:
        if kind == "coordinate":
            fits = [
                k
                for k, (other, c) in enumerate(large.colors)
                if other == kind
                and (
                    c == key
                    or (key in moving and c not in stays and c not in taken and c not in moving and is_permutable(c))
                )
            ]
        else:
            fits = [k for k, color in enumerate(large.colors) if color == (kind, key)]
        if not fits:
            return None
        domains.append(fits)
    target = igraph.Graph(n=len(large.colors), edges=large.edges)
    found, mapping = target.subisomorphic_lad(
        igraph.Graph(n=len(small.colors), edges=small.edges), domains=domains, return_mapping=True
    )
    if not found:
        return None
    return {key: large.colors[mapping[k]][1] for k, (kind, key) in enumerate(small.colors) if kind == "coordinate"}


@dataclass(frozen=True)
class EntryGraph:
    """Vectors, coordinates and entries as one graph; colors say what a vertex is."""

    colors: list[tuple[str, Any]]  # what a vertex is, and its shape, coordinate or value
    edges: list[tuple[int, int]]


def _entry_graph(vectors: Iterable[Vector]) -> EntryGraph:
    colors: list[tuple[str, Any]] = []
    edges: list[tuple[int, int]] = []
    vertex: dict[int, int] = {}
    for vector in vectors:
        row = len(colors)
        colors.append(("vector", _shape(vector)))
        for c, x in vector:
            if c not in vertex:
                vertex[c] = len(colors)
                colors.append(("coordinate", c))
            entry = len(colors)
            colors.append(("entry", x))
            edges.extend(((row, entry), (entry, vertex[c])))
    return EntryGraph(colors, edges)


def _pack(over: Sequence[Block], copies: Sequence[Block]) -> tuple[Block, ...]:
    """A large set of copies such that swapping any with a block of B leaves every other block as it is."""
    usable = [
        block
        for block in sorted(copies, key=lambda b: sum(i != j for i, j in zip(b.place, over[0].place, strict=True)))
        if all(_leaves(swap(block, over[j]), over[k]) for j in range(len(over)) for k in range(len(over)) if j != k)
    ]
    if len(usable) <= MAX_EXACT_PACKING:
        conflicts = [
            (i, j)
            for j in range(len(usable))
            for i in range(j)
            if not all(_leaves(swap(usable[i], b), usable[j]) and _leaves(swap(usable[j], b), usable[i]) for b in over)
        ]
        return tuple(usable[i] for i in _largest_compatible(len(usable), conflicts))
    packed: list[Block] = []
    for block in usable:
        if all(_leaves(swap(block, b), p) and _leaves(swap(p, b), block) for p in packed for b in over):
            packed.append(block)
    return tuple(packed)


def _leaves(permutation: Permutation, block: Block) -> bool:
    moved = set(permutation)
    if not any(c in moved for v in block.vectors for c, _ in v):
        return True
    return {move(permutation, v) for v in block.vectors} == set(block.vectors)


def _largest_compatible(n: int, conflicts: Sequence[tuple[int, int]]) -> list[int]:
    """A largest subset of 0..n-1 without a conflicting pair (a small integer program)."""
    if not conflicts:
        return list(range(n))
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    rows = np.repeat(np.arange(len(conflicts)), 2)
    table = coo_array((np.ones(2 * len(conflicts)), (rows, np.ravel(conflicts))), shape=(len(conflicts), n))
    result = milp(
        -np.ones(n),
        integrality=np.ones(n, dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(table.tocsr(), ub=1),
        options={"time_limit": 5.0},
    )
    chosen: list[int] = []
    order = range(n) if result.x is None else sorted(range(n), key=lambda i: -float(result.x[i]))
    banned = {i: {j for pair in conflicts if i in pair for j in pair if j != i} for i in range(n)}
    for i in order:
        if (result.x is None or result.x[i] > 0.5) and not banned[i] & set(chosen):
            chosen.append(i)
    return sorted(chosen)
