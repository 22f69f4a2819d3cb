"""A proof that B wins no more than so many cases: the cones of sorted rewards, cut until that is seen in each.

A cone is held by its corners. Inside it an outcome of B can beat one of A only if it does so at some corner; so B can
win a case there only by an outcome that beats each outcome of A at some corner. Where too many cases are possible, a
new corner is put on an edge of the cone, where a plane that matters crosses it, and each half is looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import gcd

import numpy as np

from orbitwise.evidence.constants_cases import Cases
from orbitwise.evidence.constants_planes import Planes, Point, exact_value, find_signs, make_planes
from orbitwise.typing import BoolArray, IntArray, SignArray

__all__ = ["MAX_LEAVES", "Cut", "find_tree"]

Cut = tuple[int, int, int, int]  # corners i and j, and p, q: the new corner is p x corner i + q x corner j
Cone = tuple[tuple[Point, ...], SignArray]  # the corners, and their signs at the planes (n_planes, n_corners)

MAX_LEAVES = 2_000
MAX_STEPS = 2 * 10**9  # elementary steps, about a nanosecond each
PER_NODE = 200_000
PER_FORM = 20


def find_tree(
    cases: Cases, most: int, *, max_leaves: int = MAX_LEAVES, max_steps: int = MAX_STEPS
) -> tuple[Cut | None, ...] | str:
    """How to cut the cones until B can win no more than ``most`` cases in each, in preorder; or why there is no tree.

    **Guarantee:** exact: every cone of a leaf (None) was seen to allow no more. **Cost:** about a millisecond for each
    node with 120 cases, more with more; stopped at the limits.

    Parameters
    ----------
    cases
        The cases, with their weights.
    most
        What B may win, in weight.
    max_leaves, max_steps
        Leaves allowed, and elementary steps.
    """
    tree: list[Cut | None] = []
    leaves = steps = 0
    if cases.forms.shape[1] == cases.n_prefer:
        return tuple(None for _ in product((1, -1), repeat=len(cases.free)))  # B has nothing of its own to win with
    for flips in product((1, -1), repeat=len(cases.free)):
        planes = make_planes(cases, flips)
        k, everything = planes.floats.shape[1], np.arange(len(planes.normals))
        corners = tuple(tuple(int(i == j) for i in range(k)) for j in range(k))
        pending: list[Cone] = [(corners, find_signs(planes, everything, corners))]
        while pending:
            cone = pending.pop()
            steps += PER_NODE + PER_FORM * planes.side.size
            counts = _open_planes(planes, cases.weights, cone[1], most)
            if counts is None:
                leaves += 1
                tree.append(None)
                continue
            if leaves + len(pending) >= max_leaves or steps > max_steps:
                return f"more than {leaves:,} leaves are needed, which is as far as was tried"
            if not counts.any():
                return "B wins more cases at some reward"
            cut, halves = _cut(planes, cone, counts)
            tree.append(cut)
            pending.extend(reversed(halves))
    return tuple(tree)


def _open_planes(planes: Planes, weights: IntArray, signs: SignArray, most: int) -> IntArray | None:
    """To how much weight of possible cases each plane matters that crosses the cone; None when few enough are possible.

    Shape (n_planes,).
    """
    above: BoolArray = np.any(signs > 0, axis=1)
    below: BoolArray = np.any(signs < 0, axis=1)
    wins = np.where(planes.side > 0, above[planes.index], below[planes.index])  # b beats a at some corner
    ways: BoolArray = np.all(wins, axis=2)
    possible = np.any(ways, axis=1)
    if int(weights[possible].sum()) <= most:
        return None
    open_here = ways[:, :, np.newaxis] & (above & below)[planes.index]
    matter = np.broadcast_to(weights[:, np.newaxis, np.newaxis], open_here.shape)
    counts: IntArray = np.bincount(
        planes.index[open_here], weights=matter[open_here], minlength=len(planes.normals)
    ).astype(np.int64)
    return counts


def _cut(planes: Planes, cone: Cone, counts: IntArray) -> tuple[Cut, list[Cone]]:
    """The cone cut in two, on the edge that the planes cross that matter most and cross few edges."""
    corners, signs = cone
    above, below = (signs > 0).astype(np.float64), (signs < 0).astype(np.float64)
    edges = above.sum(axis=1) * below.sum(axis=1)
    merit = np.where(edges > 0, counts / np.maximum(edges, 1), 0)
    across = (above * merit[:, np.newaxis]).T @ below  # (n_corners, n_corners)
    i, j = map(int, np.unravel_index(int(np.argmax(across + across.T)), across.shape))
    best = int(np.argmax(np.where(signs[:, i] * signs[:, j] < 0, merit, -1)))
    heights = [abs(exact_value(planes.normals[best], corners[place])) for place in (i, j)]
    p, q = (height // gcd(*heights) for height in reversed(heights))
    sums = [p * x + q * y for x, y in zip(corners[i], corners[j], strict=True)]
    new = tuple([x // gcd(*sums) for x in sums])
    column = find_signs(planes, np.arange(len(planes.normals)), [new])
    return (i, j, p, q), [_with_corner(cone, replaced, new, column) for replaced in (i, j)]


def _with_corner(cone: Cone, place: int, corner: Sequence[int], column: SignArray) -> Cone:
    corners, signs = cone
    signs = signs.copy()
    signs[:, place] = column[:, 0]
    return (*corners[:place], tuple(corner), *corners[place + 1 :]), signs
